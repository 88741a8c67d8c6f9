"""What the tests share: recorded data, quiet evaluators, references."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest

# lvis 0.5.3 names a type that NumPy has dropped, and loads OpenCV for pictures that nobody looks at here.
np.float = float  # type: ignore[attr-defined]
sys.modules.setdefault("cv2", types.ModuleType("cv2"))


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """Folder of recorded data; without it tests are skipped, but fail where CI is "true"."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("MASKMETRICS_TEST_DATA") or default)
    if not folder.is_dir():
        message = f"no recorded data at {folder}; MASKMETRICS_TEST_DATA names it"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def coco_data(recorded_data: Path) -> Path:
    return recorded_data / "coco_val2014_100"


@pytest.fixture(scope="session")
def lvis_data(recorded_data: Path) -> Path:
    return recorded_data / "lvis_val_100"


def scaled(cases: int) -> int:
    """Number of random cases, times MASKMETRICS_TEST_SCALE."""
    return max(1, int(cases * float(os.environ.get("MASKMETRICS_TEST_SCALE", "1"))))
