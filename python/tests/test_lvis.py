"""maskmetrics.LVIS, LVISResults and LVISEval against lvis 0.5.3."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import awkward
import numpy as np
import pytest
from compare import assert_same, printed
from conftest import scaled
from lvis import LVIS as ReferenceLVIS
from lvis import LVISEval as ReferenceEval
from lvis import LVISResults as ReferenceResults

import maskmetrics
from maskmetrics import LVIS, LVISEval, LVISResults

OURS = (LVIS, LVISResults, LVISEval)
REFERENCE = (ReferenceLVIS, ReferenceResults, ReferenceEval)


def evaluated(classes: tuple, gt: str, results: Any, iou: str, cap: int = 300, **changed: Any) -> Any:
    data, results_class, eval_class = classes
    ground_truth = data(gt)
    evaluator = eval_class(ground_truth, results_class(ground_truth, results, max_dets=cap), iou)
    for key, value in changed.items():
        setattr(evaluator.params, key, value)
    evaluator.run()
    return evaluator


def assert_same_evaluation(actual: LVISEval, expected: ReferenceEval) -> None:
    assert list(actual.eval) == list(expected.eval)
    for key in ("counts", "precision", "recall"):
        assert_same(actual.eval[key], expected.eval[key], key)
    assert_same(dict(actual.eval["dt_pointers"]), dict(expected.eval["dt_pointers"]), "dt_pointers")
    assert_same(actual.results, expected.results)
    assert_same(actual.get_results(), expected.get_results())
    assert printed(actual.print_results) == printed(expected.print_results)
    assert_same(actual.freq_groups, expected.freq_groups)
    assert_same(actual.eval_imgs, expected.eval_imgs, "eval_imgs")
    assert_same(actual.ious, expected.ious, "ious")


@pytest.mark.parametrize(
    ("iou", "how", "cap"),
    [("bbox", "file", 300), ("segm", "file", 5), ("bbox", "list", 5), ("segm", "masks", 300), ("bbox", "masks", -1)],
)
def test_recorded_data(iou: str, how: str, cap: int, lvis_data: Path) -> None:
    gt, path = str(lvis_data / "gt.json"), lvis_data / "dt_synthetic_seed7.json"

    def handed() -> Any:
        if how == "file":
            return str(path)
        rows = json.loads(path.read_text())
        return awkward.as_masks(rows) if how == "masks" else rows

    actual = evaluated(OURS, gt, handed(), iou, cap)
    expected = evaluated(REFERENCE, gt, handed(), iou, cap)
    assert_same_evaluation(actual, expected)
    assert_same(actual.lvis_dt.anns, expected.lvis_dt.anns)


@pytest.mark.parametrize("seed", range(scaled(50)))
@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_awkward_data(seed: int, iou: str, tmp_path: Path) -> None:
    ground_truth, results = awkward.lvis(seed)
    if not results:
        return
    results = [results, awkward.as_boxes(results), awkward.as_masks(results)][seed % 3]
    rng = np.random.default_rng(seed)
    cap = int(rng.choice([300, 1, 3, 7, -1]))
    changed: dict[str, Any] = {}
    if rng.random() < 0.3:
        changed["img_ids"] = [image["id"] for image in ground_truth["images"]][::2]
    if rng.random() < 0.3:
        changed["cat_ids"] = [category["id"] for category in ground_truth["categories"]][::-1]
    if rng.random() < 0.2:
        changed["iou_thrs"] = np.array([0.3, 0.5, 0.75])
    if rng.random() < 0.2:
        changed["rec_thrs"] = np.array([0.5, 0.1, 0.9])
    (tmp_path / "gt.json").write_text(json.dumps(ground_truth))
    (tmp_path / "dt.json").write_text(json.dumps(results))
    gt, path = str(tmp_path / "gt.json"), str(tmp_path / "dt.json")
    expected = evaluated(REFERENCE, gt, path, iou, cap, **changed)
    rows = awkward.some_as_bytes(copy.deepcopy(results), seed)
    for handed in (path, rows):
        assert_same_evaluation(evaluated(OURS, gt, handed, iou, cap, **changed), expected)
    # Objects whose dictionaries somebody has looked at, and those of lvis itself.
    for classes in (OURS, (ReferenceLVIS, ReferenceResults, LVISEval)):
        data = classes[0](gt)
        found = classes[1](data, path, max_dets=cap)
        assert data.dataset and found.dataset and found.img_ann_map is not None
        evaluator = LVISEval(data, found, iou)
        for key, value in changed.items():
            setattr(evaluator.params, key, value)
        evaluator.run()
        assert_same_evaluation(evaluator, expected)


def test_accumulates_tables_that_were_set(lvis_data: Path) -> None:
    gt, dt = str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json")
    evaluator = LVISEval(gt, dt, "bbox")
    evaluator.run()
    expected = {key: evaluator.eval[key] for key in ("precision", "recall")}
    evaluator.eval_imgs = list(evaluator.eval_imgs)
    evaluator.accumulate()
    for key, value in expected.items():
        assert_same(evaluator.eval[key], value, key)


def test_evaluates_again_without_counting_twice(lvis_data: Path) -> None:
    evaluator = LVISEval(str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json"), "segm")
    evaluator.run()
    once = copy.deepcopy(dict(evaluator.results))
    evaluator.run()
    assert_same(dict(evaluator.results), once)


QUERIES = [
    lambda c: c.get_ann_ids(),
    lambda c: c.get_ann_ids(img_ids=sorted(c.imgs)[:5]),
    lambda c: c.get_ann_ids(img_ids=sorted(c.imgs)[:50], cat_ids=[1, 2, 3, 4, 5, 6]),
    lambda c: c.get_ann_ids(cat_ids=list(range(300)), area_rng=[100, 1000]),
    lambda c: c.get_cat_ids(),
    lambda c: c.get_img_ids(),
    lambda c: c.load_anns(c.get_ann_ids()[:5]),
    lambda c: len(c.load_anns()),
    lambda c: c.load_cats([1, 2]),
    lambda c: c.load_imgs(None),
    lambda c: c.ann_to_rle(c.load_anns()[0]),
    lambda c: c.ann_to_mask(c.load_anns()[1]),
    lambda c: c.cat_img_map,
    lambda c: c.img_ann_map,
]


@pytest.mark.parametrize("query", QUERIES)
def test_queries(query, lvis_data: Path) -> None:
    path = str(lvis_data / "gt.json")
    assert_same(query(LVIS(path)), query(ReferenceLVIS(path)))


def test_top_results(lvis_data: Path) -> None:
    gt, dt = str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json")
    actual, expected = LVISResults(gt, dt), ReferenceResults(gt, dt)
    image = sorted(expected.imgs)[0]
    assert_same(actual.get_top_results(image, 0.4), expected.get_top_results(image, 0.4))


def test_what_is_refused(lvis_data: Path, tmp_path: Path) -> None:
    gt, dt = str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json")
    with pytest.raises(TypeError, match="Unsupported type"):
        LVISResults(5, dt)
    with pytest.raises(AssertionError, match="not a list"):
        LVISResults(gt, {"image_id": 1})
    with pytest.raises(IndexError):
        LVISResults(gt, [])
    with pytest.raises(AssertionError, match="do not correspond"):
        LVISResults(gt, [{"image_id": -5, "category_id": 1, "score": 1, "bbox": [0, 0, 1, 1]}])
    with pytest.raises(maskmetrics.ProtocolError):
        LVISResults(gt, dt, max_dets=0)
    with pytest.raises(ValueError, match="not supported"):
        LVISEval(gt, dt, "keypoints")
    with pytest.raises(TypeError, match="Unsupported type"):
        LVISEval(gt, 5)
    evaluator = LVISEval(gt, dt)
    with pytest.raises(RuntimeError, match="accumulate"):
        evaluator.summarize()
    evaluator.params.use_cats = 0
    with pytest.raises(maskmetrics.ProtocolError, match="use_cats"):
        evaluator.evaluate()
    data = json.loads(Path(gt).read_text())
    for image in data["images"]:
        image.pop("neg_category_ids")
    (tmp_path / "gt.json").write_text(json.dumps(data))
    with pytest.raises(KeyError, match="neg_category_ids"):
        LVISEval(str(tmp_path / "gt.json"), dt).evaluate()
