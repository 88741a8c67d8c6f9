"""maskmetrics.COCOeval against pycocotools.cocoeval.COCOeval, every bit of it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import awkward
import numpy as np
import pytest
from compare import assert_same, printed, quietly
from conftest import scaled
from evaluators import assert_same_evaluation, both, loaded, made_of, set_parameters
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval
from pycocotools.cocoeval import Params as ReferenceParams

import maskmetrics
from maskmetrics import COCO, COCOeval, Params

SEEDS = range(scaled(150))


@pytest.mark.parametrize("iou", ["bbox", "segm"])
@pytest.mark.parametrize("name", ["dt_bbox.json", "dt_segm.json"])
@pytest.mark.parametrize("how", ["file", "list", "touched"])
def test_recorded_data(iou: str, name: str, how: str, coco_data: Path) -> None:
    path, results = str(coco_data / "gt.json"), coco_data / name

    def handed() -> Any:
        return json.loads(results.read_text()) if how == "list" else str(results)

    gt, dt = loaded(COCO, path, handed())
    if how == "touched":
        # Dictionaries that somebody has seen may have been changed, and are read anew.
        assert gt.imgs and dt.anns
    expected_gt, expected_dt = loaded(ReferenceCOCO, path, handed())
    actual, expected = both((gt, expected_gt), (dt, expected_dt), iou)
    assert_same_evaluation(actual, expected)
    assert_same(actual.stats, expected.stats)


def is_summary(changed: dict[str, Any]) -> bool:
    return "areaRng" not in changed and len(changed.get("maxDets", "abc")) >= 3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_awkward_data(seed: int, iou: str, tmp_path: Path) -> None:
    ground_truth, results = awkward.coco(seed)
    if not results:
        return
    style = seed % 3
    if style == 1:
        results = awkward.as_masks(results)
    elif style == 2:
        results = awkward.as_boxes(results)
    changed = awkward.coco_parameters(seed, ground_truth)
    if iou == "segm" and any(
        each not in {i["id"] for i in ground_truth["images"]} for each in changed.get("imgIds", [])
    ):
        changed.pop("imgIds")
    (tmp_path / "gt.json").write_text(json.dumps(ground_truth))
    path = str(tmp_path / "gt.json")
    (tmp_path / "dt.json").write_text(json.dumps(results))
    handed = str(tmp_path / "dt.json")
    expected_gt, expected_dt = loaded(ReferenceCOCO, path, handed)
    change = set_parameters(changed)
    for how in ("file", "list", "touched", "reference"):
        if how == "reference":
            # Objects of pycocotools itself, from before they are evaluated.
            gt, dt = loaded(ReferenceCOCO, path, handed)
        else:
            rows = copy.deepcopy(awkward.some_as_bytes(results, seed))
            gt, dt = loaded(COCO, path, rows if how == "list" else handed)
            if how == "touched":
                assert gt.dataset is not None and dt.dataset is not None
        fresh = copy.deepcopy((expected_gt, expected_dt))
        actual, expected = both((gt, fresh[0]), (dt, fresh[1]), iou, change, is_summary(changed))
        assert_same_evaluation(actual, expected)
        if is_summary(changed):
            assert_same(actual.stats, expected.stats)


@pytest.mark.parametrize("seed", range(scaled(30)))
def test_results_with_ids_of_their_own(seed: int) -> None:
    """Data sets put together by hand: ids of results are 0, negative, or there twice."""
    ground_truth, results = awkward.coco(seed)
    rng = np.random.default_rng(seed)
    for each in results:
        each.update(id=int(rng.integers(-2, 12)), area=each["bbox"][2] * each["bbox"][3], iscrowd=0)
    pairs = []
    for cls in (COCO, ReferenceCOCO):
        gt, dt = cls(), cls()
        gt.dataset = copy.deepcopy(ground_truth)
        dt.dataset = {**copy.deepcopy(ground_truth), "annotations": copy.deepcopy(results)}
        quietly(gt.createIndex)
        quietly(dt.createIndex)
        pairs.append((gt, dt))
    for iou in ("bbox", "segm"):
        fresh = copy.deepcopy(pairs)
        actual, expected = both((fresh[0][0], fresh[1][0]), (fresh[0][1], fresh[1][1]), iou)
        assert_same_evaluation(actual, expected)


@pytest.mark.parametrize("seed", range(scaled(20)))
def test_ids_that_are_text(seed: int) -> None:
    """pycocotools takes whatever can be sorted for an id of an image."""
    ground_truth, results = awkward.coco(seed)
    if not results:
        return
    for each in (*ground_truth["annotations"], *results):
        each["image_id"] = f"image {each['image_id']}"
    for each in ground_truth["images"]:
        each["id"] = f"image {each['id']}"
    pairs = [made_of(cls, ground_truth, results) for cls in (COCO, ReferenceCOCO)]
    actual, expected = both((pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), "bbox")
    assert_same_evaluation(actual, expected)


# ---- parts that subclasses replace -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(scaled(25)))
@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_replaced_steps_are_called(seed: int, iou: str, tmp_path: Path) -> None:
    """A class that replaces a step gets the reference's way, step by step, and the same bits."""
    calls = []

    class Watched(COCOeval):
        def computeIoU(self, imgId: Any, catId: Any) -> Any:
            calls.append((imgId, catId))
            return super().computeIoU(imgId, catId)

    ground_truth, results = awkward.coco(seed)
    if not results:
        return
    changed = awkward.coco_parameters(seed, ground_truth)
    changed.pop("imgIds", None)
    (tmp_path / "gt.json").write_text(json.dumps(ground_truth))
    path = str(tmp_path / "gt.json")
    gt, dt = loaded(COCO, path, copy.deepcopy(results))
    expected_gt, expected_dt = loaded(ReferenceCOCO, path, copy.deepcopy(results))
    watched, expected = Watched(gt, dt, iou), ReferenceEval(expected_gt, expected_dt, iou)
    for evaluator in (watched, expected):
        set_parameters(changed)(evaluator)
        quietly(lambda e=evaluator: (e.evaluate(), e.accumulate()))
    assert calls
    assert_same_evaluation(watched, expected)
    assert_same(gt.anns, expected_gt.anns)


def test_steps_can_be_called(coco_data: Path) -> None:
    """detectron2's COCOeval_opt prepares, and compares image by image, on its own."""
    path, results = str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json")
    found = []
    for coco_class, eval_class in ((COCO, COCOeval), (ReferenceCOCO, ReferenceEval)):
        evaluator = eval_class(*loaded(coco_class, path, results), "bbox")
        p = evaluator.params
        p.imgIds, p.catIds = list(np.unique(p.imgIds)), list(np.unique(p.catIds))
        evaluator._prepare()
        evaluator.ious = {(i, k): evaluator.computeIoU(i, k) for i in p.imgIds[:9] for k in p.catIds}
        tables = [evaluator.evaluateImg(i, k, p.areaRng[1], 100) for i in p.imgIds[:9] for k in p.catIds]
        found.append((evaluator.ious, tables))
    assert_same(found[0], found[1])


# ---- parameters, boundary --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("iou", ["bbox", "segm", "keypoints"])
def test_default_parameters(iou: str) -> None:
    actual, expected = vars(Params(iou)), vars(ReferenceParams(iou))
    assert set(actual) == set(expected)
    for key, value in expected.items():
        if key == "areaRng":
            assert actual[key] == value
        else:
            assert_same(actual[key], value, key)


def test_use_segm_is_still_understood(coco_data: Path) -> None:
    path, results = str(coco_data / "gt.json"), str(coco_data / "dt_segm.json")
    for value in (0, 1):
        ours, reference = loaded(COCO, path, results), loaded(ReferenceCOCO, path, results)
        actual, expected = both(
            (ours[0], reference[0]),
            (ours[1], reference[1]),
            "segm",
            lambda evaluator, value=value: setattr(evaluator.params, "useSegm", value),
        )
        assert_same(actual.stats, expected.stats)


def test_boundaries_are_an_overlap_too(coco_data: Path) -> None:
    path, results = str(coco_data / "gt.json"), str(coco_data / "dt_segm.json")
    gt, dt = loaded(COCO, path, results)
    evaluator = COCOeval(gt, dt, "boundary")
    quietly(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))
    expected = maskmetrics.evaluate(path, results, iou="boundary")
    assert_same(evaluator.stats, expected.stats)
    golden = json.loads((coco_data.parent / "golden" / "pycocotools_2.0.11__coco_val2014_100.json").read_text())
    assert "boundary" in json.dumps(golden)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"maxDets": [0, 10, 100]}, "maxDets"),
        ({"maxDets": []}, "maxDets"),
        ({"maxDets": [1.5]}, "maxDets"),
        ({"iouThrs": [1.5]}, "iou_thresholds"),
        ({"areaRng": [[5, 2]]}, "area_ranges"),
        ({"areaRng": [[float("nan"), 2]]}, "area_ranges"),
        ({"useCats": 0, "catIds": [1, 2, 1]}, "catIds"),
        ({"iouType": "nonsense"}, "nonsense"),
    ],
)
def test_parameters_that_are_refused(changed: dict, named: str, coco_data: Path) -> None:
    gt, dt = loaded(COCO, str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json"))
    evaluator = COCOeval(gt, dt, "bbox")
    set_parameters(changed)(evaluator)
    with pytest.raises(maskmetrics.ProtocolError, match=named):
        quietly(evaluator.evaluate)
    with pytest.raises(maskmetrics.ProtocolError, match="iouType"):
        COCOeval(gt, dt, "nonsense")


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"maxDets": [100]}, "maxDets"), ({"maxDets": [1, 100]}, "maxDets"), ({"iouThrs": []}, "iouThrs")],
)
def test_what_has_no_summary(changed: dict, named: str, evaluated: tuple[COCOeval, ReferenceEval]) -> None:
    for evaluator in evaluated:
        set_parameters(changed)(evaluator)
        quietly(lambda evaluator=evaluator: (evaluator.evaluate(), evaluator.accumulate()))
        with pytest.raises(IndexError) as caught:
            quietly(evaluator.summarize)
    assert_same_evaluation(*evaluated)
    with pytest.raises(maskmetrics.ProtocolError, match=named) as caught:
        evaluated[0].summarize()
    assert isinstance(caught.value, IndexError)


def test_a_step_with_more_detections_than_were_compared() -> None:
    """Those above the cap have no overlaps, which matters only where a ground truth is still free."""
    gt = {
        "images": [{"id": 1}],
        "categories": [{"id": 1}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0},
        ],
    }
    dt = [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "score": score} for score in (0.9, 0.8)]
    tables = []
    for coco, evaluator in ((COCO, COCOeval), (ReferenceCOCO, ReferenceEval)):
        data = coco()
        data.dataset = gt
        quietly(data.createIndex)
        each = evaluator(data, quietly(lambda data=data: data.loadRes([dict(row) for row in dt])), "bbox")
        each.params.maxDets = [1]
        quietly(each.evaluate)
        tables.append(each.evaluateImg(1, 1, [0, 1e10], 100))
    assert_same(*tables)
    assert tables[0]["dtMatches"][0].tolist() == [1.0, 0.0]


def test_no_caps(evaluated: tuple[COCOeval, ReferenceEval]) -> None:
    for evaluator in evaluated:
        evaluator.params.maxDets = []
        with pytest.raises(IndexError):
            quietly(evaluator.evaluate)


@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_no_area_ranges(iou: str, coco_data: Path) -> None:
    path, results = str(coco_data / "gt.json"), str(coco_data / "dt_segm.json")
    ours, reference = loaded(COCO, path, results), loaded(ReferenceCOCO, path, results)
    change = set_parameters({"areaRng": [], "areaRngLbl": []})
    actual, expected = both((ours[0], reference[0]), (ours[1], reference[1]), iou, change)
    assert_same_evaluation(actual, expected)
    assert_same(actual.stats, expected.stats)
    assert actual.stats.tolist() == [-1.0] * 12


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scores_of_an_array(dtype: type, coco_data: Path) -> None:
    rows = json.loads((coco_data / "dt_bbox.json").read_text())
    array = np.array([[r["image_id"], *r["bbox"], r["score"], r["category_id"]] for r in rows], dtype=dtype)
    ours, reference = (loaded(cls, str(coco_data / "gt.json"), array) for cls in (COCO, ReferenceCOCO))
    actual, expected = both((ours[0], reference[0]), (ours[1], reference[1]), "bbox")
    assert_same_evaluation(actual, expected)
    assert_same(actual.stats, expected.stats)
    assert {type(score) for table in actual.evalImgs if table for score in table["dtScores"]} == {dtype}


def test_printed_as_text(evaluated: tuple[COCOeval, ReferenceEval]) -> None:
    evaluator = evaluated[0]
    assert "not accumulated" in str(COCOeval(iouType="segm"))
    quietly(evaluator.accumulate)
    assert str(evaluator) + "\n" == printed(evaluator.summarize)[1]


def test_subsets_by_unknown_images_are_empty(coco_data: Path) -> None:
    gt, dt = loaded(COCO, str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json"))
    evaluator = COCOeval(gt, dt, "bbox")
    evaluator.params.imgIds = [1, 2]
    quietly(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))
    assert evaluator.stats.tolist() == [-1.0] * 12
