"""Data sets and results for evaluators."""

from __future__ import annotations

from typing import Any

from compare import quietly


def loaded(coco_class: type, ground_truth: Any, results: Any) -> tuple[Any, Any]:
    gt = quietly(lambda: coco_class(ground_truth))
    return gt, quietly(lambda: gt.loadRes(results))
