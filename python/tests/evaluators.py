"""Data sets and results for evaluators; evaluators side by side with the reference's."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from compare import assert_same, printed, quietly
from pycocotools.cocoeval import COCOeval as ReferenceEval

from maskmetrics import COCOeval


def loaded(coco_class: type, ground_truth: Any, results: Any) -> tuple[Any, Any]:
    gt = quietly(lambda: coco_class(ground_truth))
    return gt, quietly(lambda: gt.loadRes(results))


def made_of(coco_class: type, ground_truth: dict, results: list[dict]) -> tuple[Any, Any]:
    """The same of dictionaries, of which each class gets its own."""
    gt = coco_class()
    gt.dataset = copy.deepcopy(ground_truth)
    quietly(gt.createIndex)
    return gt, quietly(lambda: gt.loadRes(copy.deepcopy(results)))


def assert_same_evaluation(actual: COCOeval, expected: ReferenceEval) -> None:
    assert list(actual.eval) == list(expected.eval)
    for key in ("counts", "precision", "recall", "scores"):
        assert_same(actual.eval[key], expected.eval[key], key)
    assert actual.eval["params"] is actual.params
    assert_same(actual.evalImgs, expected.evalImgs, "evalImgs")
    assert_same(actual.ious, expected.ious, "ious")
    for key, value in vars(expected.params).items():
        assert_same(getattr(actual.params, key), value, key)


def both(
    ground_truths: tuple[Any, Any],
    results: tuple[Any, Any],
    iou: str,
    change: Callable[[Any], None] = lambda evaluator: None,
    summarize: bool = True,
) -> tuple[COCOeval, ReferenceEval]:
    """Evaluates with either; the printed text must agree."""
    evaluators, texts = [], []
    for cls, gt, dt in zip((COCOeval, ReferenceEval), ground_truths, results, strict=True):
        evaluator = cls(gt, dt, iou)
        change(evaluator)

        def run(evaluator: Any = evaluator) -> None:
            evaluator.evaluate()
            evaluator.accumulate()
            if summarize:
                evaluator.summarize()

        texts.append(printed(run)[1])
        evaluators.append(evaluator)
    assert texts[0] == texts[1]
    return evaluators[0], evaluators[1]


def set_parameters(changed: dict[str, Any]) -> Callable[[Any], None]:
    def change(evaluator: Any) -> None:
        for key, value in copy.deepcopy(changed).items():
            setattr(evaluator.params, key, value)

    return change
