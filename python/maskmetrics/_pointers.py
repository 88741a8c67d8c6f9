"""Which detections LVISEval counts as true and false positives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class DetectionPointers(dict):
    """Detections, true and false positives by category and area range; made when they are looked at.

    pointers[k][a] is {} or {"dt_ids": [D], "tps": [T, D], "fps": [T, D]}, best first.
    """

    def __init__(self, make: Callable[[], dict]) -> None:
        super().__init__()
        self._make: Callable[[], dict] | None = make

    def _fill(self) -> DetectionPointers:
        if self._make is not None:
            make, self._make = self._make, None
            super().update(make())
        return self

    def __getitem__(self, key: Any) -> Any:
        return dict.__getitem__(self._fill(), key)

    def __iter__(self) -> Any:
        return dict.__iter__(self._fill())

    def __len__(self) -> int:
        return dict.__len__(self._fill())

    def __contains__(self, key: Any) -> bool:
        return dict.__contains__(self._fill(), key)

    def __eq__(self, other: Any) -> bool:
        return dict.__eq__(self._fill(), other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return dict.__repr__(self._fill())

    def __reduce__(self) -> tuple:
        return dict, (dict(self._fill().items()),)

    def keys(self) -> Any:
        return dict.keys(self._fill())

    def values(self) -> Any:
        return dict.values(self._fill())

    def items(self) -> Any:
        return dict.items(self._fill())

    def get(self, key: Any, default: Any = None) -> Any:
        return dict.get(self._fill(), key, default)

    def copy(self) -> dict:
        return dict(self._fill().items())


def point_to(tables: Any, num_categories: int, num_areas: int, num_images: int) -> dict:
    """What DetectionPointers hold, of eval_imgs."""
    pointers: dict = {}
    for k in range(num_categories):
        pointers[k] = {}
        for a in range(num_areas):
            first = (k * num_areas + a) * num_images
            found = [table for table in tables[first : first + num_images] if table is not None]
            pointers[k][a] = _rank(found)
    return pointers


def _rank(tables: list[dict]) -> dict:
    if not tables or not any(np.any(table["gt_ignore"] == 0) for table in tables):
        return {}
    scores = np.concatenate([table["dt_scores"] for table in tables])
    order = np.argsort(-scores, kind="mergesort")
    matched = np.concatenate([table["dt_matches"] for table in tables], axis=1)[:, order]
    counted = ~np.concatenate([table["dt_ignore"] for table in tables], axis=1)[:, order]
    return {
        "dt_ids": np.concatenate([table["dt_ids"] for table in tables])[order],
        "tps": np.logical_and(matched, counted),
        "fps": np.logical_and(np.logical_not(matched), counted),
    }
