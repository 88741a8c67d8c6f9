"""Evaluators are copied and pickled, and derived classes have attributes of their own."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same, printed, quietly
from evaluators import loaded

from maskmetrics import COCO, LVIS, COCOeval, LVISEval, LVISResults, Params

COPIES = [copy.deepcopy, copy.copy, lambda each: pickle.loads(pickle.dumps(each))]
each_copy = pytest.mark.parametrize("copied", COPIES, ids=["deepcopy", "copy", "pickle"])


def results_of(evaluator: COCOeval) -> dict[str, Any]:
    text = printed(lambda: (evaluator.accumulate(), evaluator.summarize()))[1]
    found = {key: evaluator.eval[key] for key in ("precision", "recall", "scores", "counts")}
    return {**found, "stats": evaluator.stats, "text": text, "tables": evaluator.evalImgs, "ious": evaluator.ious}


@each_copy
@pytest.mark.parametrize("iou", ["bbox", "segm", "boundary"])
@pytest.mark.parametrize("how", ["file", "list"])
@pytest.mark.parametrize("changed", [{}, {"useCats": 0, "maxDets": [1, 2, 100]}], ids=["default", "no categories"])
def test_evaluated(copied: Callable, iou: str, how: str, changed: dict, coco_data: Path) -> None:
    path, file = str(coco_data / "gt.json"), coco_data / "dt_segm.json"
    evaluator = COCOeval(*loaded(COCO, path, json.loads(file.read_text()) if how == "list" else str(file)), iou)
    vars(evaluator.params).update(changed)
    before = copied(evaluator)
    quietly(evaluator.evaluate)
    twin = copied(evaluator)
    accumulated = copied(twin)
    expected = results_of(evaluator)
    assert_same(results_of(twin), expected)
    for each in (accumulated, twin, before):
        each.params.catIds = list(evaluator._paramsEval.catIds)
        quietly(each.evaluate)
        assert_same(results_of(each), expected)
    # And after everything.
    last = copied(evaluator)
    assert_same(last.stats, expected["stats"])
    assert printed(last.summarize) == printed(evaluator.summarize)
    assert_same(results_of(evaluator), expected)


@each_copy
def test_evaluated_key_points(copied: Callable) -> None:
    gt = COCO()
    numbers = np.arange(51).tolist()
    row = {"image_id": 1, "category_id": 1, "keypoints": numbers}
    gt.dataset = {
        "images": [{"id": 1}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{**row, "id": 1, "area": 900.0, "bbox": [0, 0, 9, 9], "iscrowd": 0, "num_keypoints": 17}],
    }
    quietly(gt.createIndex)
    evaluator = COCOeval(gt, quietly(lambda: gt.loadRes([{**row, "score": 0.5}])), "keypoints")
    quietly(evaluator.evaluate)
    twin = copied(evaluator)
    expected = results_of(evaluator)
    assert_same(results_of(twin), expected)
    quietly(twin.evaluate)
    assert_same(results_of(twin), expected)


@each_copy
def test_evaluated_lvis(copied: Callable, lvis_data: Path) -> None:
    gt, dt = str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json")
    data = LVIS(gt)
    evaluator = LVISEval(data, LVISResults(data, dt), "segm")
    before = copied(evaluator)
    evaluator.evaluate()
    twin = copied(evaluator)

    def finish(each: LVISEval) -> dict[str, Any]:
        each.accumulate()
        each.summarize()
        found = {key: each.eval[key] for key in ("precision", "recall", "counts")}
        pointers = dict(each.eval["dt_pointers"])
        return {**found, "pointers": pointers, "results": each.results, "tables": each.eval_imgs, "ious": each.ious}

    expected = finish(evaluator)
    assert_same(finish(twin), expected)
    last = copied(evaluator)
    assert_same(dict(last.eval["dt_pointers"]), expected["pointers"])
    assert_same(last.get_results(), expected["results"])
    for each in (twin, before, last):
        each.evaluate()
        assert_same(finish(each), expected)


@each_copy
@pytest.mark.parametrize("iou", ["bbox", "keypoints", "boundary"])
def test_parameters(copied: Callable, iou: str) -> None:
    p = Params(iou)
    p.imgIds = [3, 4]
    assert_same(vars(copied(p)), vars(p))


def test_subclasses_have_attributes_of_their_own(coco_data: Path, lvis_data: Path) -> None:
    """detectron2's evaluator sets _evalImgs to None."""

    def mark(each: Any, *names: str) -> None:
        vars(each).update({name: None for name in names})

    class MineCOCO(COCO):
        def createIndex(self) -> None:
            super().createIndex()
            mark(self, "_dataset", "_anns", "_imgs", "_cats", "_imgToAnns", "_catToImgs", "_parent", "_head")

    class Mine(COCOeval):
        def evaluate(self) -> None:
            super().evaluate()
            mark(self, "_run", "_evalImgs", "_ious", "_make_tables", "_evaluate", "_line")

    class MineLVIS(LVISEval):
        def evaluate(self) -> None:
            super().evaluate()
            mark(self, "_run", "_eval_imgs", "_ious", "_make_tables")

    path, results = str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json")
    found = []
    for coco_class, eval_class in ((COCO, COCOeval), (MineCOCO, Mine)):
        evaluator = eval_class(*loaded(coco_class, path, results), "bbox")
        quietly(evaluator.evaluate)
        found.append(results_of(evaluator))
    assert_same(found[0], found[1])

    files = str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json")
    pair = [cls(*files, "bbox") for cls in (LVISEval, MineLVIS)]
    for evaluator in pair:
        evaluator.run()
    assert_same(pair[1].results, pair[0].results)
    assert_same(pair[1].eval_imgs, pair[0].eval_imgs)
    assert_same(pair[1].ious, pair[0].ious)


def test_a_subclass_that_evaluates_on_its_own(coco_data: Path) -> None:
    class Mine(COCOeval):
        def evaluate(self) -> None:
            self._prepare()
            self._evalImgs = None
            self._paramsEval = copy.deepcopy(self.params)

    gt, dt = loaded(COCO, str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json"))
    evaluator = Mine(gt, dt, "bbox")
    quietly(evaluator.evaluate)
    assert evaluator.evalImgs == {}
