"""One evaluation under COCOeval or LVISEval: arrays at once, tables where somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from . import _core
from ._inputs import Inputs
from ._memory import many_objects


class Run:
    """An evaluation after matching."""

    def __init__(
        self, inputs: Inputs, detection_ids: np.ndarray | None = None, score_type: type[np.floating] | None = None
    ) -> None:
        """
        Args:
            detection_ids: [D] ids of the results, where they are not those that they have
            score_type: that of the scores within tables, where it is one of NumPy's, as of results that were an array
        """
        self.inputs = inputs
        self._score_type = score_type
        self._matched = _core.MatchedEvaluation(inputs.ground_truth, inputs.results, inputs.protocol)
        self._detection_ids = inputs.results.ids if detection_ids is None else detection_ids

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
        ious, begin = found["ious"], found["begin"].tolist()
        num_d = np.diff(found["detection_begin"]).tolist()
        num_g = np.diff(found["ground_truth_begin"]).tolist()
        places = self._image_places(found["images"])
        with many_objects():
            table: dict = {(image, category): [] for image in image_ids for category in category_ids}
            for c, category in enumerate(found["categories"].tolist()):
                if num_d[c] and num_g[c]:
                    block = ious[begin[c] : begin[c + 1]].reshape((num_d[c], num_g[c]), order="F")
                    table[image_ids[places[c]], category_ids[category]] = block
        return table

    def tables(self, num_images: int, num_categories: int, make: MakeTable) -> list:
        """A table for each category, area range and image, in this order; None where there is nothing."""
        found = self._matched.matches(self._detection_ids)
        num_areas = len(self.inputs.protocol.area_ranges)
        tables: list = [None] * (num_categories * num_areas * num_images)
        blocks = Blocks(found, self.inputs, self._detection_ids, self._score_type)
        places = self._image_places(found["images"])
        with many_objects():
            for c, category in enumerate(found["categories"].tolist()):
                first = category * num_areas * num_images + places[c]
                for area, parts in enumerate(blocks.of_cell(c)):
                    tables[first + area * num_images] = make(category, area, places[c], *parts)
        return tables


# From places on the axes of categories, area ranges and images, and a cell's parts in the order of Blocks.of_cell(), to
# a table with the names of COCO or LVIS.
MakeTable = Callable[..., dict]


class Blocks:
    """Cuts the blocks of cell_matches into cells and area ranges."""

    def __init__(
        self, found: dict, inputs: Inputs, detection_ids: np.ndarray, score_type: type[np.floating] | None
    ) -> None:
        rows = found["detection_rows"]
        self._num_areas = len(inputs.protocol.area_ranges)
        self._num_thresholds = len(inputs.protocol.iou_thresholds)
        self._d_begin = found["detection_begin"].tolist()
        self._g_begin = found["ground_truth_begin"].tolist()
        self._dt_ids = detection_ids[rows].tolist()
        scores = inputs.results.scores[rows]
        typed = None if score_type is None else scores.astype(score_type)
        exact = typed is not None and np.array_equal(typed, scores, equal_nan=True)
        self._dt_scores = list(typed) if exact else scores.tolist()
        gt_ids = found["ground_truth_ids"]
        self._gt_ids = gt_ids if isinstance(gt_ids, list) else gt_ids.tolist()
        self._gt_ignore = found["ground_truth_ignored"].astype(np.int64)
        self._dt_matches = found["detection_matches"]
        self._gt_matches = found["ground_truth_matches"]
        self._dt_ignore = found["detection_ignored"].view(np.bool_)

    def of_cell(self, c: int) -> Iterator[tuple]:
        """For each area range: dtIds, gtIds, dtMatches, gtMatches, dtScores, gtIgnore, dtIgnore."""
        num_areas, num_t = self._num_areas, self._num_thresholds
        d, d_end = self._d_begin[c], self._d_begin[c + 1]
        g, g_end = self._g_begin[c], self._g_begin[c + 1]
        num_d, num_g, stride = d_end - d, g_end - g, num_areas * num_t
        dt_matches = self._dt_matches[d * stride : d_end * stride].reshape(num_areas, num_t, num_d)
        dt_ignore = self._dt_ignore[d * stride : d_end * stride].reshape(num_areas, num_t, num_d)
        gt_matches = self._gt_matches[g * stride : g_end * stride].reshape(num_areas, num_t, num_g)
        gt_ignore = self._gt_ignore[g * num_areas : g_end * num_areas].reshape(num_areas, num_g)
        first = g * num_areas
        for area in range(num_areas):
            yield (
                self._dt_ids[d:d_end],
                self._gt_ids[first : first + num_g],
                dt_matches[area],
                gt_matches[area],
                self._dt_scores[d:d_end],
                # As numpy.array([]) is, where there is nothing to tell the type from.
                gt_ignore[area] if num_g else np.array([]),
                dt_ignore[area],
            )
            first += num_g
