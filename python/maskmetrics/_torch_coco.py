"""COCO files as MeanAveragePrecision's input."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .coco import COCO

_TYPES = {
    "scores": torch.float32,
    "labels": torch.int32,
    "iscrowd": torch.int32,
    "area": torch.float32,
    "boxes": torch.float32,
    "masks": torch.uint8,
}


def coco_to_tm(
    preds_file: Any, target_file: Any, iou_types: Sequence[str]
) -> tuple[list[dict[str, Tensor]], list[dict[str, Tensor]]]:
    """Predictions and targets of the images that have an annotation, in the order of their first ones."""
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = COCO(target_file)
        results = ground_truth.loadRes(preds_file)
    shared = [name for kind, name in (("bbox", "boxes"), ("segm", "masks")) if kind in iou_types]
    target = _by_image(ground_truth, ground_truth.dataset["annotations"], ["labels", "iscrowd", "area", *shared])
    preds = _by_image(ground_truth, results.dataset["annotations"], ["scores", "labels", *shared])
    nothing = {name: [] for name in ("scores", "labels", *shared)}
    return [_tensors(preds.get(key, nothing)) for key in target], [_tensors(each) for each in target.values()]


def _by_image(coco: COCO, annotations: Sequence[dict], columns: Sequence[str]) -> dict[Any, dict[str, list]]:
    images: dict[Any, dict[str, list]] = {}
    for ann in annotations:
        image = images.setdefault(ann["image_id"], {name: [] for name in columns})
        for name, values in image.items():
            values.append(_value(coco, ann, name))
    return images


def _value(coco: COCO, ann: dict, name: str) -> Any:
    if name == "masks":
        return coco.annToMask(ann)
    return ann[{"scores": "score", "labels": "category_id", "boxes": "bbox"}.get(name, name)]


def _tensors(image: dict[str, list]) -> dict[str, Tensor]:
    return {name: torch.tensor(np.array(values), dtype=_TYPES[name]) for name, values in image.items()}
