"""One evaluation under COCOeval or LVISEval: arrays at once, tables where somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core
from ._inputs import Inputs


class Run:
    """An evaluation after matching."""

    def __init__(self, inputs: Inputs, detection_ids: np.ndarray | None = None) -> None:
        self.inputs = inputs
        self._matched = _core.MatchedEvaluation(inputs.ground_truth, inputs.results, inputs.protocol)
        self._detection_ids = inputs.results.ids if detection_ids is None else detection_ids
        self.results: dict[bytes, _core.Result] = {}

    def accumulate(self, recall_thresholds: np.ndarray) -> _core.Result:
        return self._matched.accumulate(recall_thresholds)

    def _image_places(self, images: np.ndarray) -> list[int]:
        """Places on the axis of images of rows of the data set."""
        axes = self.inputs.axes
        places = {axes.image_rows[key]: place for place, key in enumerate(axes.image_ids)}
        return [places[row] for row in images.tolist()]

    def overlaps(self, image_ids: list, category_ids: list) -> dict:
        """IoU arrays [D, G] by (image id, category id); [] where either is missing."""
        found = self._matched.overlaps()
        table: dict = {(image, category): [] for image in image_ids for category in category_ids}
        ious, begin = found["ious"], found["begin"].tolist()
        num_d = np.diff(found["detection_begin"]).tolist()
        num_g = np.diff(found["ground_truth_begin"]).tolist()
        places = self._image_places(found["images"])
        for c, category in enumerate(found["categories"].tolist()):
            if num_d[c] and num_g[c]:
                block = ious[begin[c] : begin[c + 1]].reshape((num_d[c], num_g[c]), order="F")
                table[image_ids[places[c]], category_ids[category]] = block
        return table

    def tables(self, num_images: int, num_categories: int, make: Callable[[Any], dict]) -> list:
        """A table for each category, area range and image, in this order; None where there is nothing.

        Args:
            make: from a Cell to a table with the names of COCO or LVIS
        """
        found = self._matched.matches(self._detection_ids)
        num_areas = len(self.inputs.protocol.area_ranges)
        tables: list = [None] * (num_categories * num_areas * num_images)
        cells = Cells(found, self.inputs, self._detection_ids)
        places = self._image_places(found["images"])
        for c, category in enumerate(found["categories"].tolist()):
            for area in range(num_areas):
                place = (category * num_areas + area) * num_images + places[c]
                tables[place] = make(cells.cell(c, area, category, places[c]))
        return tables


class Cell:
    """What one category and image hold in one area range."""

    __slots__ = (
        "area",
        "category",
        "dt_ids",
        "dt_ignore",
        "dt_matches",
        "dt_scores",
        "gt_ids",
        "gt_ignore",
        "gt_matches",
        "image",
    )


class Cells:
    """Cuts the blocks of cell_matches into cells."""

    def __init__(self, found: dict, inputs: Inputs, detection_ids: np.ndarray) -> None:
        rows = found["detection_rows"]
        self._num_areas = len(inputs.protocol.area_ranges)
        self._num_thresholds = len(inputs.protocol.iou_thresholds)
        self._d_begin = found["detection_begin"].tolist()
        self._g_begin = found["ground_truth_begin"].tolist()
        self._dt_ids = detection_ids[rows].tolist()
        self._dt_scores = inputs.results.scores[rows].tolist()
        self._gt_ids = found["ground_truth_ids"].tolist()
        self._gt_ignore = found["ground_truth_ignored"].astype(np.int64)
        self._dt_matches = found["detection_matches"]
        self._gt_matches = found["ground_truth_matches"]
        self._dt_ignore = found["detection_ignored"].view(np.bool_)

    def cell(self, c: int, area: int, category: int, image: int) -> Cell:
        d, d_end = self._d_begin[c], self._d_begin[c + 1]
        g, g_end = self._g_begin[c], self._g_begin[c + 1]
        num_d, num_g, num_t = d_end - d, g_end - g, self._num_thresholds
        cell = Cell()
        cell.category, cell.image, cell.area = category, image, area
        cell.dt_ids, cell.dt_scores = self._dt_ids[d:d_end], self._dt_scores[d:d_end]
        first = (d * self._num_areas + area * num_d) * num_t
        cell.dt_matches = self._dt_matches[first : first + num_t * num_d].reshape(num_t, num_d)
        cell.dt_ignore = self._dt_ignore[first : first + num_t * num_d].reshape(num_t, num_d)
        first = g * self._num_areas + area * num_g
        cell.gt_ids = self._gt_ids[first : first + num_g]
        # As numpy.array([]) is, where there is nothing to tell the type from.
        cell.gt_ignore = self._gt_ignore[first : first + num_g] if num_g else np.array([])
        first *= num_t
        cell.gt_matches = self._gt_matches[first : first + num_t * num_g].reshape(num_t, num_g)
        return cell
