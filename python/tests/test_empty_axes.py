"""Parameters and data sets without categories, images, thresholds, ...: results of the reference's shapes."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import awkward
import numpy as np
import pytest
from compare import assert_same, printed
from evaluators import assert_same_evaluation, both, made_of, set_parameters
from lvis import LVIS as ReferenceLVIS
from lvis import LVISEval as ReferenceLVISEval
from lvis import LVISResults as ReferenceResults
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval

from maskmetrics import COCO, LVIS, COCOeval, LVISEval, LVISResults

EMPTY = {"catIds": [], "imgIds": [], "iouThrs": [], "areaRng": [], "recThrs": []}
COMBINED = [
    names for count in (1, 2, 3) for names in itertools.combinations(EMPTY, count) if count < 3 or "catIds" in names
]


@pytest.mark.parametrize("names", COMBINED, ids="-".join)
@pytest.mark.parametrize("iou", ["bbox", "segm"])
@pytest.mark.parametrize("use_categories", [1, 0])
def test_coco_parameters(names: tuple[str, ...], iou: str, use_categories: int) -> None:
    ground_truth, results = awkward.coco(3)
    pairs = [made_of(cls, ground_truth, results) for cls in (COCO, ReferenceCOCO)]
    changed = {**{name: EMPTY[name] for name in names}, "useCats": use_categories}
    if "areaRng" in names:
        changed["areaRngLbl"] = []
    summarize = "iouThrs" not in names
    actual, expected = both(
        (pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), iou, set_parameters(changed), summarize
    )
    assert_same_evaluation(actual, expected)
    if summarize:
        assert_same(actual.stats, expected.stats)


def test_no_categories_has_an_axis_of_none() -> None:
    ground_truth, results = awkward.coco(3)
    gt, dt = made_of(COCO, ground_truth, results)
    evaluator = COCOeval(gt, dt, "bbox")
    evaluator.params.catIds = []
    printed(lambda: (evaluator.evaluate(), evaluator.accumulate()))
    assert evaluator.eval["precision"].shape == (10, 101, 0, 4, 3)


@pytest.mark.parametrize("value", [0, 1, True, False, 2, None, "", "yes", 0.0, 1.0, np.bool_(False), np.int64(1), []])
@pytest.mark.parametrize("again", [False, True])
def test_values_of_use_cats(value: Any, again: bool) -> None:
    """Whatever is true or false, and 1 in the one place where pycocotools compares with 1; also a second time, after
    accumulate() has made the categories those of the evaluation."""
    ground_truth, results = awkward.coco(3)
    pairs = [made_of(cls, ground_truth, results) for cls in (COCO, ReferenceCOCO)]
    evaluators = [cls(gt, dt, "bbox") for cls, (gt, dt) in zip((COCOeval, ReferenceEval), pairs, strict=True)]
    texts = []
    for evaluator in evaluators:
        evaluator.params.useCats = value

        def run(evaluator: Any = evaluator) -> None:
            for _ in range(1 + again):
                evaluator.evaluate()
                evaluator.accumulate()
            evaluator.summarize()

        texts.append(printed(run)[1])
    assert texts[0] == texts[1]
    assert_same_evaluation(evaluators[0], evaluators[1])
    assert_same(evaluators[0].stats, evaluators[1].stats)


@pytest.mark.parametrize("key", ["images", "categories", "annotations"])
def test_coco_data_sets(key: str) -> None:
    ground_truth, results = awkward.coco(3)
    ground_truth[key] = []
    if key == "images":
        # Results of unknown images are refused, and so are none: only a data set put together by hand has them.
        ground_truth["annotations"] = []
    pairs = []
    for cls in (COCO, ReferenceCOCO):
        gt, dt = cls(), cls()
        gt.dataset = copy.deepcopy(ground_truth)
        rows = [{**row, "id": place, "area": 9.0, "iscrowd": 0} for place, row in enumerate(results, start=1)]
        dt.dataset = {**copy.deepcopy(ground_truth), "annotations": rows}
        printed(lambda gt=gt, dt=dt: (gt.createIndex(), dt.createIndex()))
        pairs.append((gt, dt))
    actual, expected = both((pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), "bbox")
    assert_same_evaluation(actual, expected)
    assert_same(actual.stats, expected.stats)


LVIS_EMPTY = {"cat_ids": [], "img_ids": [], "iou_thrs": np.zeros(0), "area_rng": [], "rec_thrs": np.zeros(0)}
LVIS_COMBINED = [names for count in (1, 2) for names in itertools.combinations(LVIS_EMPTY, count)]


def lvis_run(classes: tuple, gt: str, dt: str, iou: str, changed: dict[str, Any]) -> Any:
    data = classes[0](gt)
    evaluator = classes[2](data, classes[1](data, dt), iou)
    for name, value in changed.items():
        setattr(evaluator.params, name, copy.copy(value))
    evaluator.evaluate()
    evaluator.accumulate()
    # lvis-api cannot summarize groups of categories without area ranges.
    if len(evaluator.params.area_rng):
        evaluator.summarize()
    return evaluator


OURS = (LVIS, LVISResults, LVISEval)
REFERENCE = (ReferenceLVIS, ReferenceResults, ReferenceLVISEval)


def assert_same_lvis(actual: Any, expected: Any) -> None:
    for key in ("counts", "precision", "recall"):
        assert_same(actual.eval[key], expected.eval[key], key)
    assert_same(dict(actual.eval["dt_pointers"]), expected.eval["dt_pointers"])
    assert_same(actual.results, expected.results)
    assert_same(actual.freq_groups, expected.freq_groups)
    assert_same(actual.eval_imgs, expected.eval_imgs)
    assert_same(actual.ious, expected.ious)


@pytest.mark.parametrize("names", LVIS_COMBINED, ids="-".join)
@pytest.mark.parametrize("iou", ["bbox", "segm"])
@pytest.mark.usefixtures("silent")
def test_lvis_parameters(names: tuple[str, ...], iou: str, tmp_path: Path) -> None:
    ground_truth, results = awkward.lvis(3)
    (tmp_path / "gt.json").write_text(json.dumps(ground_truth))
    (tmp_path / "dt.json").write_text(json.dumps(results))
    changed = {name: LVIS_EMPTY[name] for name in names}
    if "area_rng" in names:
        changed["area_rng_lbl"] = []
    paths = str(tmp_path / "gt.json"), str(tmp_path / "dt.json")
    assert_same_lvis(lvis_run(OURS, *paths, iou, changed), lvis_run(REFERENCE, *paths, iou, changed))


@pytest.mark.parametrize("key", ["categories", "annotations"])
@pytest.mark.usefixtures("silent")
def test_lvis_data_sets(key: str, tmp_path: Path) -> None:
    ground_truth, results = awkward.lvis(3)
    ground_truth[key] = []
    if key == "categories":
        ground_truth["annotations"] = []
    (tmp_path / "gt.json").write_text(json.dumps(ground_truth))
    (tmp_path / "dt.json").write_text(json.dumps(results))
    paths = str(tmp_path / "gt.json"), str(tmp_path / "dt.json")
    for iou in ("bbox", "segm"):
        assert_same_lvis(lvis_run(OURS, *paths, iou, {}), lvis_run(REFERENCE, *paths, iou, {}))
