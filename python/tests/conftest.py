"""What the tests share: recorded data, quiet evaluators, references."""

from __future__ import annotations

import logging
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from compare import quietly
from evaluators import loaded
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval

from maskmetrics import COCO, COCOeval

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


@pytest.fixture
def evaluated(coco_data: Path) -> tuple[COCOeval, ReferenceEval]:
    path, results = str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json")
    ours, reference = loaded(COCO, path, results), loaded(ReferenceCOCO, path, results)
    pair = COCOeval(*ours, "bbox"), ReferenceEval(*reference, "bbox")
    for evaluator in pair:
        quietly(evaluator.evaluate)
    return pair


def scaled(cases: int) -> int:
    """Number of random cases, times MASKMETRICS_TEST_SCALE."""
    return max(1, int(cases * float(os.environ.get("MASKMETRICS_TEST_SCALE", "1"))))


@pytest.fixture
def silent() -> Iterator[None]:
    """lvis-api's classes log, and odd numbers make NumPy warn."""
    logging.disable(logging.CRITICAL)
    with np.errstate(all="ignore"):
        yield
    logging.disable(logging.NOTSET)
