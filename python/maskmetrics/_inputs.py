"""From COCO and LVIS objects and parameters to the library's columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core, _sources
from ._sources import NO_INDEX
from .errors import ProtocolError


@dataclass
class Axes:
    """Images and categories of an evaluation in the order of its tables.

    Attributes:
        image_ids: [I] keys, ascending
        category_ids: [K] keys; one after the other where categories are not used
        image_rows: [I] index of each in the data set
        category_rows: [K] index of each in the data set
    """

    image_ids: list
    category_ids: list
    image_rows: dict
    category_rows: dict


@dataclass
class Inputs:
    """What one evaluation needs."""

    ground_truth: _core.Dataset
    results: _core.Detections
    protocol: _core.Protocol
    axes: Axes


@dataclass
class Accessor:
    """How to reach what COCO and LVIS objects call by different names."""

    img_to_anns: str
    gt_name: str
    dt_name: str


COCO_NAMES = Accessor("imgToAnns", "cocoGt", "cocoDt")
LVIS_NAMES = Accessor("img_ann_map", "lvis_gt", "lvis_dt")


def plain(ids: Any) -> list:
    """Ids as Python's own numbers and strings, which are quicker to look up than NumPy's."""
    return np.asarray(ids).tolist() if len(ids) else []


def gather(gt: Any, dt: Any, protocol: _core.Protocol, image_ids: Any, category_ids: Any, names: Accessor) -> Inputs:
    """Columns of ground truth and results.

    Args:
        gt, dt: objects with dictionaries by id, or files behind them
        protocol: without subsets, which are set here
        image_ids: [I] ascending, unique
        category_ids: [K] in the order of the tables
    """
    images, categories = plain(image_ids), plain(category_ids)
    repeated = {category for category in categories if categories.count(category) > 1} if _repeats(categories) else ()
    if repeated:
        raise ProtocolError("params", "catIds", f"categories that are there more than once: {sorted(repeated)}")
    columns = gt._columns() if hasattr(gt, "_columns") else None
    axes = None if columns is None else _axes_of_columns(columns, images, categories, protocol)
    if axes is None:
        axes = Axes(images, categories, _places(images), _places(categories))
        columns = _core.read_ground_truth(
            gt.imgs,
            gt.anns,
            getattr(gt, names.img_to_anns),
            axes.image_ids,
            axes.image_rows,
            axes.category_rows,
            protocol,
            names.gt_name,
        )
    return Inputs(columns, _results(dt, columns, axes, protocol, names), protocol, axes)


def _places(keys: list) -> dict:
    return {key: place for place, key in enumerate(keys)}


def _repeats(values: list) -> bool:
    return len(set(values)) != len(values)


def _axes_of_columns(columns: _core.Dataset, images: list, categories: list, protocol: _core.Protocol) -> Axes | None:
    """The axes where the file's own tables serve; None where images or categories are asked for that it does not have,
    or in an order that is not its own. Sets the protocol's subsets."""
    known_images, known_categories = columns.image_ids.tolist(), columns.category_ids.tolist()
    image_rows = _rows(known_images, images)
    category_rows = _rows(known_categories, categories)
    if image_rows is None or category_rows is None:
        return None
    if protocol.use_categories and categories != sorted(categories):
        return None
    if images != known_images:
        protocol.image_ids = images
    if categories != known_categories:
        protocol.category_ids = categories
    return Axes(images, categories, image_rows, category_rows)


def _rows(known: list, wanted: list) -> dict | None:
    row_of = _places(known)
    if not all(type(key) is int and key in row_of for key in wanted):
        return None
    return row_of if wanted == known else {key: row_of[key] for key in wanted}


def _results(
    dt: Any, columns: _core.Dataset, axes: Axes, protocol: _core.Protocol, names: Accessor
) -> _core.Detections:
    file: _sources.ResultsFile | None = dt._result_columns() if hasattr(dt, "_result_columns") else None
    # Results of a category that the file's tables do not have are of none in its columns.
    if file is None or axes.category_rows.keys() - file.tables.category_ids.tolist():
        return _core.read_detections(
            dt.anns,
            getattr(dt, names.img_to_anns),
            axes.image_ids,
            axes.image_rows,
            axes.category_rows,
            protocol,
            names.dt_name,
        )
    if file.tables is columns:
        return file.columns
    return file.columns.with_other_tables(
        _moved(file.tables.image_ids, axes.image_rows), _moved(file.tables.category_ids, axes.category_rows)
    )


def _moved(ids: np.ndarray, rows: dict) -> np.ndarray:
    return np.array([rows.get(key, NO_INDEX) for key in ids.tolist()], dtype=np.uint32)
