"""Files behind COCO and LVIS objects: read once, as columns; dictionaries are made of them only where somebody asks."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from . import _core
from .errors import InputError

NO_INDEX = 2**32 - 1


class GroundTruthFile:
    """A ground truth in memory, as text and as columns."""

    def __init__(self, path: str | os.PathLike, protocol: _core.Protocol) -> None:
        self.text = _core.Text.read(os.fspath(path))
        self.columns = _core.Dataset.read(self.text, protocol, boxes=True, masks=True)

    def load(self) -> dict:
        return json.loads(self.text.to_bytes())


class ResultsFile:
    """Results in memory, as text and as columns that refer to the tables of a ground truth."""

    def __init__(self, path: str | os.PathLike, tables: _core.Dataset, protocol: _core.Protocol) -> None:
        self.text = _core.Text.read(os.fspath(path))
        self.tables = tables
        self.columns = _core.Detections.read(self.text, tables, protocol, boxes=True, masks=True)

    def load(self) -> list:
        return json.loads(self.text.to_bytes())


def open_ground_truth(path: Any, protocol: _core.Protocol) -> GroundTruthFile | None:
    """The file as columns; None where it cannot be read so. Then reading it as the reference does tells why, or works:
    files of captions and key points are no less valid."""
    try:
        return GroundTruthFile(path, protocol)
    except (InputError, TypeError):
        return None


def open_results(path: Any, tables: _core.Dataset | None, protocol: _core.Protocol) -> ResultsFile | None:
    """As open_ground_truth(); None as well where there are no tables."""
    if tables is None:
        return None
    try:
        return ResultsFile(path, tables, protocol)
    except (InputError, TypeError):
        return None


def tables_of(imgs: dict, cats: dict) -> _core.Dataset | None:
    """Images and categories of dictionaries as columns; None where an id is no integer."""
    try:
        image_ids = np.array(sorted(imgs), dtype=np.int64, ndmin=1)
        category_ids = np.array(sorted(cats), dtype=np.int64, ndmin=1)
        sizes = [(imgs[i].get("height", 0) or 0, imgs[i].get("width", 0) or 0) for i in image_ids.tolist()]
        heights, widths = np.array(sizes, dtype=np.uint32).reshape(-1, 2).T
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
    return _core.Dataset.of_tables(image_ids, np.ascontiguousarray(heights), np.ascontiguousarray(widths), category_ids)


def load_json(path: str | os.PathLike) -> Any:
    with open(path) as file:
        return json.load(file)
