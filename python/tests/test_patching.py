"""patch_pycocotools(): what imports pycocotools uses maskmetrics, until it is taken back."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

BLOCK = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""


def run(code: str, *, blocked: tuple[str, ...] = (), folder: Path | None = None) -> str:
    """Runs a program of its own, in which some packages are not installed."""
    program = BLOCK.format(blocked=blocked) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=folder, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_hand_out_ours_and_take_it_back() -> None:
    run("""
        import pycocotools.coco, pycocotools.cocoeval, pycocotools.mask
        before = (pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval, pycocotools.cocoeval.Params,
                  pycocotools.mask.encode, pycocotools.mask.iou)
        import maskmetrics
        maskmetrics.patch_pycocotools()
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval, Params
        from pycocotools import mask
        assert (COCO, COCOeval, Params) == (maskmetrics.COCO, maskmetrics.COCOeval, maskmetrics.Params)
        for name in ("encode", "decode", "area", "toBbox", "merge", "iou", "frPyObjects"):
            assert getattr(mask, name) is getattr(maskmetrics.mask, name), name
        maskmetrics.patch_pycocotools()  # once is enough
        maskmetrics.unpatch_pycocotools()
        after = (pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval, pycocotools.cocoeval.Params,
                 pycocotools.mask.encode, pycocotools.mask.iou)
        assert all(a is b for a, b in zip(before, after))
        maskmetrics.unpatch_pycocotools()  # nothing to take back
    """)


def test_names_that_others_have_imported_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "trainer.py").write_text(
        "from pycocotools import mask\n"
        "import pycocotools.mask as mask_util\n"
        "from pycocotools.coco import COCO\n"
        "from pycocotools.cocoeval import COCOeval as Evaluator\n"
        "from pycocotools.mask import decode\n"
    )
    run(
        """
        sys.path.insert(0, ".")
        import trainer, maskmetrics
        originals = (trainer.COCO, trainer.Evaluator, trainer.decode, trainer.mask)
        with maskmetrics.patch_pycocotools():
            assert trainer.COCO is maskmetrics.COCO
            assert trainer.Evaluator is maskmetrics.COCOeval
            assert trainer.decode is maskmetrics.mask.decode
            assert trainer.mask is trainer.mask_util and trainer.mask.encode is maskmetrics.mask.encode
        assert (trainer.COCO, trainer.Evaluator, trainer.decode, trainer.mask) == originals
        assert trainer.mask.encode is not maskmetrics.mask.encode
        try:
            with maskmetrics.patch_pycocotools():
                raise LookupError
        except LookupError:
            pass
        assert trainer.COCO is originals[0]
        """,
        folder=tmp_path,
    )


def test_without_pycocotools(coco_data: Path) -> None:
    out = run(
        f"""
        import contextlib, io
        import maskmetrics
        with maskmetrics.patch_pycocotools():
            import pycocotools.mask as mask_util
            from pycocotools.coco import COCO
            from pycocotools.cocoeval import COCOeval
            from pycocotools import mask
            assert mask is mask_util
            with contextlib.redirect_stdout(io.StringIO()):
                gt = COCO({str(coco_data / "gt.json")!r})
                evaluator = COCOeval(gt, gt.loadRes({str(coco_data / "dt_segm.json")!r}), "segm")
                evaluator.evaluate(); evaluator.accumulate(); evaluator.summarize()
            print(evaluator.stats[0])
        assert not [name for name in sys.modules if name.startswith("pycocotools")]
        try:
            import pycocotools
        except ModuleNotFoundError:
            print("gone")
        """,
        blocked=("pycocotools",),
    )
    lines = out.splitlines()
    assert lines[0].startswith("0.3195")
    assert lines[1] == "gone"


def test_keypoints_are_ours() -> None:
    run("""
        import maskmetrics
        with maskmetrics.patch_pycocotools():
            from pycocotools.cocoeval import COCOeval
        # Also after the patch: whoever imported the class has all of it.
        assert type(COCOeval(None, None, "keypoints")) is maskmetrics.COCOeval
    """)


def test_provided_modules_hold_what_pycocotools_imports() -> None:
    """detectron2 takes maskUtils from where pycocotools imports it for itself."""
    program = """
        import maskmetrics, numpy
        with maskmetrics.patch_pycocotools():
            from pycocotools.cocoeval import COCOeval, maskUtils
            from pycocotools.coco import maskUtils as other
            import pycocotools._mask as low_level
            from pycocotools import _mask
            from pycocotools.mask import _mask as of_mask
            import pycocotools.mask
            assert maskUtils is other is pycocotools.mask
            assert _mask is of_mask is low_level
            assert maskUtils.encode is maskmetrics.mask.encode
            codes = _mask.encode(numpy.ones((3, 4, 2), dtype=numpy.uint8, order="F"))
            assert _mask.area(codes).tolist() == [12, 12] and _mask.decode(codes).shape == (3, 4, 2)
            assert _mask.toBbox(codes).shape == (2, 4)
    """
    run(program, blocked=("pycocotools",))
    run(program)


def test_lvis_on_demand(lvis_data: Path) -> None:
    gt, dt = str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json")
    for blocked in ((), ("lvis", "pycocotools")):
        out = run(
            f"""
            import types
            sys.modules.setdefault("cv2", types.ModuleType("cv2"))
            import maskmetrics
            with maskmetrics.patch_pycocotools(lvis=True):
                from lvis import LVIS, LVISEval, LVISResults
                import lvis.eval
                assert lvis.eval.LVISEval is LVISEval is maskmetrics.LVISEval
                data = LVIS({gt!r})
                evaluator = LVISEval(data, LVISResults(data, {dt!r}), "bbox")
                evaluator.run()
                print(evaluator.get_results()["AP"])
            """,
            blocked=blocked,
        )
        assert out.startswith("0.4016")


def test_torchvision_style_subclasses(tmp_path: Path) -> None:
    """Classes derived while patched are derived from ours."""
    run("""
        import maskmetrics
        with maskmetrics.patch_pycocotools():
            from pycocotools.coco import COCO
            class Wrapped(COCO):
                def get_cat_ids(self, cat_names=[], sup_names=[], cat_ids=[]):
                    return self.getCatIds(cat_names, sup_names, cat_ids)
        data = Wrapped()
        data.dataset = {"images": [], "annotations": [], "categories": [{"id": 3, "name": "dog"}]}
        data.createIndex()
        assert data.get_cat_ids(["dog"]) == [3] and isinstance(data, maskmetrics.COCO)
    """)


@pytest.mark.parametrize("first", ["pycocotools.cocoeval", "maskmetrics.cocoeval"])
def test_order_of_imports_does_not_matter(first: str) -> None:
    run(f"""
        import importlib
        importlib.import_module({first!r})
        import maskmetrics
        with maskmetrics.patch_pycocotools():
            import pycocotools.cocoeval
            assert pycocotools.cocoeval.COCOeval is maskmetrics.COCOeval
        assert pycocotools.cocoeval.COCOeval is not maskmetrics.COCOeval
    """)


def test_torchmetrics_gets_the_same_numbers() -> None:
    """Its class imports pycocotools when it computes."""
    pytest.importorskip("torchmetrics")
    run("""
        import warnings
        import torch
        import maskmetrics
        warnings.simplefilter("ignore")

        def compute():
            from torchmetrics.detection import MeanAveragePrecision
            generator = torch.Generator().manual_seed(0)
            metric = MeanAveragePrecision(iou_type=("bbox", "segm"), extended_summary=True, class_metrics=True)
            for _ in range(4):
                corners = torch.rand(9, 2, generator=generator) * 60
                boxes = torch.cat([corners, corners + torch.rand(9, 2, generator=generator) * 30 + 2], 1)
                masks = torch.zeros(9, 100, 100, dtype=torch.bool)
                for mask, (x0, y0, x1, y1) in zip(masks, boxes.long().tolist()):
                    mask[y0:y1, x0:x1] = True
                labels = torch.randint(0, 3, (9,), generator=generator)
                scores = torch.rand(6, generator=generator)
                metric.update([dict(boxes=boxes[:6], masks=masks[:6], labels=labels[:6], scores=scores)],
                              [dict(boxes=boxes[2:], masks=masks[2:], labels=labels[2:])])
            return metric.compute()

        def assert_same(actual, expected):
            if isinstance(expected, dict):
                assert actual.keys() == expected.keys()
                for key in expected:
                    assert_same(actual[key], expected[key])
            else:
                assert torch.equal(torch.as_tensor(actual), torch.as_tensor(expected))

        expected = compute()
        with maskmetrics.patch_pycocotools():
            assert_same(compute(), expected)
    """)
