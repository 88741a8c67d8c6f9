"""From an evaluation to the numbers of torchmetrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .evaluation import Evaluation

_AREAS = ("all", "small", "medium", "large")
# A precision of 1 of a single detection: pycocotools divides by the number of detections and 2^-52.
_ALMOST_ONE = 1 / (1 + np.spacing(1))


class Curves:
    """Precision [T, R, K, A, M], recall [T, K, A, M] and scores [T, R, K, A, M] as a backend of torchmetrics has them.

    Args:
        evaluation: with the different ones of the caps
        iou_thresholds: [T]
        rec_thresholds: [R]
        caps: [M] ascending, of which some may be equal
        backend: "faster_coco_eval" divides precision by the number of detections alone, and takes the mean average
            precision at the largest cap. With the others it is that at a cap of 100, and -1 where there is none
    """

    def __init__(
        self,
        evaluation: Evaluation,
        iou_thresholds: Sequence[float],
        rec_thresholds: Sequence[float],
        caps: Sequence[int],
        backend: str,
    ) -> None:
        self._iou_thresholds = np.array(iou_thresholds, dtype=np.float64)
        self._num_recalls = len(rec_thresholds)
        self._caps = list(caps)
        self._places = {int(key): place for place, key in enumerate(evaluation.category_ids)}
        self.precision, self.recall, self.scores = evaluation.precision, evaluation.recall, evaluation.scores
        self._is_faster = backend == "faster_coco_eval"
        if len(set(caps)) < len(caps):
            columns = [sorted(set(caps)).index(cap) for cap in caps]
            self.precision, self.recall, self.scores = (
                each[..., columns] for each in (self.precision, self.recall, self.scores)
            )
        if self._is_faster:
            self.precision = np.where(self.precision == _ALMOST_ONE, 1.0, self.precision)

    def stats(self) -> list[float]:
        """The twelve of COCOeval.summarize()."""
        first, second, last = self._caps
        return [
            self._mean_precision(last if self._is_faster else 100),
            self._mean_precision(last, iou_threshold=0.5),
            self._mean_precision(last, iou_threshold=0.75),
            *(self._mean_precision(last, area=area) for area in _AREAS[1:]),
            *(self._mean_recall(cap) for cap in (first, second, last)),
            *(self._mean_recall(last, area=area) for area in _AREAS[1:]),
        ]

    def of_class(self, category: int) -> tuple[float, float]:
        """Mean average precision and recall; -1 for a class without any instance that counts."""
        place = self._places.get(category)
        if place is None:
            return -1.0, -1.0
        rows, last = slice(place, place + 1), self._caps[-1]
        precision = self._mean_precision(last if self._is_faster else 100, rows)
        return precision, self._mean_recall(last, rows)

    def arrays(self, categories: Sequence[int]) -> dict[str, Tensor]:
        """Precision, recall and scores of some categories; -1 for those without any instance that counts."""
        rows = [self._places[each] for each in categories if each in self._places]
        there = [k for k, each in enumerate(categories) if each in self._places]
        arrays = {}
        for name in ("precision", "recall", "scores"):
            found = getattr(self, name)
            front = (len(self._iou_thresholds),) if name == "recall" else (len(self._iou_thresholds), self._num_recalls)
            array = np.full((*front, len(categories), len(_AREAS), len(self._caps)), -1.0)
            if rows:
                array[..., there, :, :] = found[..., rows, :, :]
            arrays[name] = torch.from_numpy(array)
        return arrays

    def _columns(self, cap: int) -> list[int]:
        return [column for column, each in enumerate(self._caps) if each == cap]

    # NumPy's means of these selections have the reference's bits only if the selections have its order of elements.

    def _mean_precision(
        self, cap: int, rows: slice = slice(None), area: str = "all", iou_threshold: float | None = None
    ) -> float:
        precision = self.precision
        if iou_threshold is not None:
            precision = precision[np.where(iou_threshold == self._iou_thresholds)[0]]
        return _mean(precision[:, :, rows][:, :, :, [_AREAS.index(area)], self._columns(cap)])

    def _mean_recall(self, cap: int, rows: slice = slice(None), area: str = "all") -> float:
        return _mean(self.recall[:, rows][:, :, [_AREAS.index(area)], self._columns(cap)])


def _mean(values: np.ndarray) -> float:
    counted = values[values > -1]
    return float(np.mean(counted)) if counted.size else -1.0


def named_stats(stats: Sequence[float], prefix: str, caps: Sequence[int]) -> dict[str, Tensor]:
    """The twelve numbers by torchmetrics' keys."""
    names = (
        *("map", "map_50", "map_75", "map_small", "map_medium", "map_large"),
        *(f"mar_{cap}" for cap in caps),
        *("mar_small", "mar_medium", "mar_large"),
    )
    return {prefix + name: torch.tensor([value], dtype=torch.float32) for name, value in zip(names, stats, strict=True)}


def overlaps_of(overlaps: dict[tuple[int, int], np.ndarray], images: Sequence[int], categories: Sequence[int]) -> dict:
    """As COCOeval.ious, in single precision: an empty list where there is nothing to compare."""
    ious: dict[tuple[int, int], Any] = {}
    for image in images:
        for category in categories:
            found = overlaps.get((image, category))
            ious[image, category] = [] if found is None else torch.tensor(found, dtype=torch.float32)
    return ious
