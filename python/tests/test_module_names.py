"""Names that programs import from the reference's modules: ours have them, but for those that docs/parity.md lists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import lvis.vis  # noqa: F401
import pytest
from test_patching import run

COUNTERPARTS = {
    "pycocotools": "maskmetrics",
    "pycocotools._mask": "maskmetrics.mask",
    "pycocotools.coco": "maskmetrics.coco",
    "pycocotools.cocoeval": "maskmetrics.cocoeval",
    "pycocotools.mask": "maskmetrics.mask",
    "lvis": "maskmetrics",
    "lvis.eval": "maskmetrics.lviseval",
    "lvis.lvis": "maskmetrics.lvis",
    "lvis.results": "maskmetrics.lvis",
}
MISSING = {
    "pycocotools": {"_mask"},
    "pycocotools._mask": {
        "Masks",
        "PYTHON_VERSION",
        "RLEs",
        "_frString",
        "_toString",
        "frBbox",
        "frPoly",
        "frUncompressedRLE",
    },
    "pycocotools.coco": {"json"},
    "pycocotools.cocoeval": set(),
    "pycocotools.mask": set(),
    "lvis": {"LVISVis", "colormap", "eval", "logging", "results", "vis"},
    "lvis.eval": set(),
    "lvis.lvis": {"json"},
    "lvis.results": {"deepcopy"},
}
# Under the patch, where the packages are not installed: some of the names above.
MISSING_UNDER_PATCH = {**MISSING, "pycocotools": set(), "lvis": {"logging"}, "lvis.colormap": {"np"}}


def names_of(module: str) -> set[str]:
    """All but what Python and Cython give every module, and the authors' names for themselves."""
    names = dir(importlib.import_module(module))
    return {name for name in names if not re.fullmatch(r"__\w+__", name)} - (
        {"sys"} if module.endswith("._mask") else set()
    )


@pytest.mark.parametrize("module", COUNTERPARTS)
def test_modules_have_the_same_names(module: str) -> None:
    assert names_of(module) - names_of(COUNTERPARTS[module]) == MISSING[module]


def test_the_documentation_lists_the_same() -> None:
    text = (Path(__file__).parents[2] / "docs" / "parity.md").read_text()
    rows = re.findall(r"^\| `((?:pycocotools|lvis)[\w.]*)` \| (.*) \|$", text, re.MULTILINE)
    # What the patch does provide is said behind the names.
    listed = {module: set(re.findall(r"`(\w+)`", names.partition(";")[0])) for module, names in rows}
    assert listed == {module: names for module, names in MISSING.items() if names}


def test_modules_that_the_patch_provides_have_the_same_names() -> None:
    expected = {
        module: sorted(names_of(module) - MISSING_UNDER_PATCH.get(module, set()))
        for module in (*COUNTERPARTS, "lvis.colormap")
    }
    run(
        f"""
        import importlib
        import maskmetrics
        maskmetrics.patch_pycocotools(lvis=True)
        for module, names in {expected!r}.items():
            missing = set(names) - set(dir(importlib.import_module(module)))
            assert not missing, (module, missing)
        from pycocotools.coco import maskUtils, _isArrayLike, PYTHON_VERSION, urlretrieve
        import pycocotools.mask
        from lvis.lvis import mask_utils
        assert maskUtils is mask_utils is pycocotools.mask and maskUtils.iou is maskmetrics.mask.iou
        assert _isArrayLike([1]) and not _isArrayLike(1) and PYTHON_VERSION == 3
        from lvis import LVIS, LVISVis
        from lvis.vis import LVISVis as same
        from lvis.colormap import colormap
        assert LVISVis is same and LVIS is maskmetrics.LVIS
        for call in (lambda: LVISVis(None), colormap):
            try:
                call()
            except maskmetrics.Error as error:
                assert isinstance(error, ImportError) and "pip install lvis" in str(error), error
            else:
                raise AssertionError
        """,
        blocked=("pycocotools", "lvis", "cv2"),
    )


def test_names_under_the_patch_where_the_packages_are_installed() -> None:
    run("""
        import types
        import numpy
        numpy.float = float
        sys.modules["cv2"] = types.ModuleType("cv2")
        import lvis
        drawing = lvis.LVISVis
        import maskmetrics
        with maskmetrics.patch_pycocotools(lvis=True):
            from pycocotools.coco import maskUtils, _isArrayLike, PYTHON_VERSION, urlretrieve
            from pycocotools.cocoeval import maskUtils as other
            from lvis import LVISVis
            from lvis.colormap import colormap
            assert maskUtils is other and maskUtils.iou is maskmetrics.mask.iou
            assert LVISVis is drawing and lvis.vis.LVIS is maskmetrics.LVIS and len(colormap())
    """)
