"""Key points, as COCO compares them. They are evaluated in Python alone: the library knows boxes and masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _plain
from .errors import InputError, InputTypeError, ProtocolError


def compute_oks(evaluator: Any, image: Any, category: Any) -> Any:
    """Similarity of key points [D, G] as pycocotools' computeOks has it, D best first and up to the largest cap."""
    p = evaluator.params
    # A category by its id: without categories the reference compares nothing.
    gts = evaluator._gts[image, category]
    dts = _plain.best_first(evaluator._dts[image, category], _plain.largest_cap(p))
    if not gts or not dts:
        return []
    sigmas = getattr(p, "kpt_oks_sigmas", None)
    if sigmas is None:
        raise ProtocolError("params", "kpt_oks_sigmas", "is missing; Params('keypoints') has it")
    variances = (np.asarray(sigmas) * 2) ** 2
    # One sigma stands for all points.
    num_points = len(variances) if len(variances) != 1 else len(_plain.field(gts[0], "keypoints", "cocoGt")) // 3
    found = np.array([_numbers(dt, "cocoDt", num_points) for dt in dts])
    x, y = found[:, 0::3], found[:, 1::3]
    return np.stack([_similarity(gt, x, y, variances) for gt in gts], axis=1)


def _numbers(ann: dict, source: str, num_points: int) -> np.ndarray:
    """x, y and visibility of each point of an annotation, one after the other, in the type in which they are given."""
    place = f"anns[{ann['id']}]['keypoints']"
    given = _plain.field(ann, "keypoints", source)
    try:
        numbers = np.asarray(given)
    except ValueError:
        raise InputError(source, place, "expected a flat list of numbers") from None
    if numbers.dtype.kind not in "iuf":
        raise InputTypeError(source, place, "expected numbers")
    if numbers.shape != (3 * num_points,):
        raise InputError(source, place, f"expected {3 * num_points} numbers, found {list(numbers.shape)}")
    return numbers


def _similarity(gt: dict, x: np.ndarray, y: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """[D] similarities of one annotation to detections with points x, y [D, N]."""
    numbers = _numbers(gt, "cocoGt", x.shape[1])
    counted = numbers[2::3] > 0
    if counted.any():
        dx, dy = x - numbers[0::3], y - numbers[1::3]
    else:
        # No point is known: every one may lie anywhere in the box, or as far from it as the box is large.
        left, top, width, height = _plain.field(gt, "bbox", "cocoGt")[:4]
        dx = _outside(x, left - width, left + width * 2)
        dy = _outside(y, top - height, top + height * 2)
        counted = np.ones(x.shape[1], dtype=bool)
    # The area may be 0. The order of the operations is the reference's, and with it every bit.
    errors = (dx**2 + dy**2) / variances / (_plain.field(gt, "area", "cocoGt") + np.spacing(1)) / 2
    # compress() leaves rows contiguous, so that they are summed as the reference sums each of them.
    kept = np.compress(counted, errors, axis=1)
    return np.sum(np.exp(-kept), axis=1) / kept.shape[1]


def _outside(values: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """How far values lie below or above a range; in double precision, whatever the values have."""
    zeros = np.zeros(values.shape)
    return np.maximum(zeros, low - values) + np.maximum(zeros, values - high)
