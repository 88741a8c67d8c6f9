"""COCOeval.accumulate of subsets, and of tables from several evaluations."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same, printed, quietly
from evaluators import loaded
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval

import maskmetrics
from maskmetrics import COCO, COCOeval

SUBSETS: list[dict[str, Any]] = [
    {"recThrs": np.array([0.0, 0.5, 1.0])},
    {"recThrs": np.array([0.5, 0.2, 0.9])},
    {"recThrs": np.array([0.1, np.nan, 0.2])},
    {"maxDets": [1, 100]},
    {"maxDets": [100]},
    {"maxDets": [7, 10, 100]},
    {"maxDets": [100, 10, 1]},
    {"areaRng": [[0, 1e10]], "areaRngLbl": ["all"]},
    {"areaRng": [[32**2, 96**2], [1, 2]], "areaRngLbl": ["medium", "odd"]},
    {"catIds": [1, 3, 999]},
    {"imgIds": "half"},
    {"iouThrs": np.linspace(0.5, 0.95, 12)},
]


@pytest.mark.parametrize("subset", SUBSETS, ids=",".join)
def test_accumulates_subsets(subset: dict[str, Any], evaluated: tuple[COCOeval, ReferenceEval]) -> None:
    found = []
    for evaluator in evaluated:
        p = copy.deepcopy(evaluator.params)
        for key, value in subset.items():
            setattr(p, key, p.imgIds[: len(p.imgIds) // 2] if isinstance(value, str) else value)
        found.append(printed(lambda evaluator=evaluator, p=p: evaluator.accumulate(p))[1])
    assert found[0] == found[1]
    for key in ("counts", "precision", "recall", "scores"):
        assert_same(evaluated[0].eval[key], evaluated[1].eval[key], key)


def test_accumulates_again_with_other_recall_thresholds(evaluated: tuple[COCOeval, ReferenceEval]) -> None:
    for thresholds in (np.linspace(0, 1, 11), np.array([0.3]), np.linspace(0, 1, 101)):
        for evaluator in evaluated:
            evaluator.params.recThrs = thresholds
            quietly(evaluator.accumulate)
        assert_same(evaluated[0].eval["precision"], evaluated[1].eval["precision"])


def test_accumulates_without_categories_after_evaluating_with_them(evaluated: tuple[COCOeval, ReferenceEval]) -> None:
    for evaluator in evaluated:
        p = copy.deepcopy(evaluator.params)
        p.useCats = 0
        quietly(lambda evaluator=evaluator, p=p: evaluator.accumulate(p))
    assert_same(evaluated[0].eval["precision"], evaluated[1].eval["precision"])


def test_accumulates_what_torchvision_puts_together(coco_data: Path) -> None:
    """Evaluated batch by batch, tables collected, merged, set, accumulated: torchvision's reference scripts."""
    path = str(coco_data / "gt.json")
    rows = json.loads((coco_data / "dt_segm.json").read_text())
    found = []
    for coco_class, eval_class in ((COCO, COCOeval), (ReferenceCOCO, ReferenceEval)):
        gt = copy.deepcopy(quietly(lambda coco_class=coco_class: coco_class(path)))
        evaluator = eval_class(gt, iouType="segm")
        image_ids, tables = [], []
        every_image = sorted(gt.getImgIds())
        for start in range(0, len(every_image), 7):
            batch = every_image[start : start + 7]
            here = copy.deepcopy([row for row in rows if row["image_id"] in batch])
            evaluator.cocoDt = quietly(lambda gt=gt, here=here, c=coco_class: gt.loadRes(here) if here else c())
            evaluator.params.imgIds = list(batch)
            quietly(evaluator.evaluate)
            shape = (-1, len(evaluator.params.areaRng), len(evaluator.params.imgIds))
            tables.append(np.asarray(evaluator.evalImgs).reshape(shape))
            image_ids.extend(evaluator.params.imgIds)
        merged, places = np.unique(np.array(image_ids), return_index=True)
        evaluator.evalImgs = list(np.concatenate(tables, 2)[..., places].flatten())
        evaluator.params.imgIds = list(merged)
        evaluator._paramsEval = copy.deepcopy(evaluator.params)
        found.append((evaluator, printed(lambda e=evaluator: (e.accumulate(), e.summarize()))[1]))
    assert found[0][1] == found[1][1]
    for key in ("precision", "recall", "scores"):
        assert_same(found[0][0].eval[key], found[1][0].eval[key], key)
    assert_same(found[0][0].stats, found[1][0].stats)


def test_accumulates_nothing_before_evaluate(coco_data: Path) -> None:
    gt, dt = loaded(COCO, str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json"))
    evaluator = COCOeval(gt, dt, "bbox")
    with pytest.raises(maskmetrics.InputError, match="evaluate"):
        quietly(evaluator.accumulate)
    with pytest.raises(maskmetrics.InputError, match="accumulate"):
        evaluator.summarize()
