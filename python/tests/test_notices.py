"""Python warnings of the classes that have no list of warnings: why numbers are -1, and what looks wrong."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from compare import quietly

from maskmetrics import COCO, LVIS, COCOeval, LVISEval, LVISResults, evaluate
from maskmetrics.errors import EvaluationWarning
from maskmetrics.torch import MeanAveragePrecision

GROUND_TRUTH = {
    "images": [{"id": 1, "height": 50, "width": 50, "neg_category_ids": [], "not_exhaustive_category_ids": []}],
    "categories": [{"id": 1, "name": "a", "frequency": "f"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0}],
}
RESULTS = [{"image_id": 1, "category_id": 1, "bbox": [5, 5, 20, 20], "score": 0.9}]


def said(call: Callable[[], Any]) -> list[str]:
    """Codes of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quietly(call)
    return [str(each.message).rpartition("[")[2].rstrip("]") for each in caught if each.category is EvaluationWarning]


def with_annotation(**changed: Any) -> dict:
    data = copy.deepcopy(GROUND_TRUTH)
    data["annotations"][0] |= changed
    return data


def by_coco(data: dict, results: list) -> None:
    coco = COCO()
    coco.dataset = data
    coco.createIndex()
    evaluator = COCOeval(coco, coco.loadRes(copy.deepcopy(results)), "bbox")
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()


def by_lvis(data: dict, results: list, folder: Any) -> None:
    import json

    path = folder / "gt.json"
    path.write_text(json.dumps(data))
    lvis = LVIS(str(path))
    LVISEval(lvis, LVISResults(lvis, copy.deepcopy(results)), "bbox").run()


def test_coco_says_why_all_is_minus_one() -> None:
    assert said(lambda: by_coco(GROUND_TRUTH, RESULTS)) == []
    assert said(lambda: by_coco(with_annotation(iscrowd=1), RESULTS)) == ["all_annotations_ignored"]
    empty = {**GROUND_TRUTH, "annotations": []}
    assert said(lambda: by_coco(empty, RESULTS)) == ["no_annotations_evaluated"]


def test_lvis_says_why_all_is_minus_one(tmp_path: Any) -> None:
    assert said(lambda: by_lvis(GROUND_TRUTH, RESULTS, tmp_path)) == []
    assert said(lambda: by_lvis(with_annotation(ignore=1), RESULTS, tmp_path)) == ["all_annotations_ignored"]


def test_printed_evaluations_say_why() -> None:
    assert "warning" not in str(evaluate(GROUND_TRUTH, RESULTS, iou="bbox"))
    last = str(evaluate(with_annotation(iscrowd=1), RESULTS, iou="bbox")).splitlines()[-1]
    assert last.startswith("warning: the only annotation is a crowd or ignored: there is nothing to find")


def batch(score: float = 0.9, crowd: int = 0, scale: float = 1.0) -> tuple[list, list]:
    box, label = torch.tensor([[5.0, 5.0, 25.0, 25.0]]) * scale, torch.tensor([1])
    target = {"boxes": box, "labels": label, "iscrowd": torch.tensor([crowd])}
    return [{"boxes": box, "labels": label, "scores": torch.tensor([score])}], [target]


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        (batch(), []),
        (batch(crowd=1), ["all_annotations_ignored"]),
        (batch(score=90), ["score_outside_0_1"]),
        (batch(scale=0.01), ["ground_truth_boxes_look_relative", "result_boxes_look_relative"]),
    ],
)
def test_a_metric_says_it_once(given: tuple[list, list], codes: list[str]) -> None:
    metric = MeanAveragePrecision()
    assert said(lambda: metric(*given)) == [], "a batch may be odd"
    assert sorted(said(metric.compute)) == codes
    metric.update(*given)
    assert said(metric.compute) == []
