"""Files behind COCO and LVIS objects: read once, as columns; dictionaries are made of them only where somebody asks."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import _core
from ._typed import typed
from .errors import InputAssertionError, InputError

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
        sizes = [(_side(imgs[i].get("height")), _side(imgs[i].get("width"))) for i in image_ids.tolist()]
        heights, widths = np.array(sizes, dtype=np.uint32).reshape(-1, 2).T
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
    return _core.Dataset.of_tables(image_ids, np.ascontiguousarray(heights), np.ascontiguousarray(widths), category_ids)


def _side(value: Any) -> int:
    """A side of an image; 0 where it is no number of pixels."""
    try:
        pixels = int(value)
        return pixels if pixels == value and 0 <= pixels < 2**32 else 0
    except (OverflowError, TypeError, ValueError):
        return 0


def load_json(path: str | os.PathLike, results: bool = False) -> Any:
    """The JSON of a file, decompressed.

    Args:
        results: whether the file was given as results, for messages

    Raises:
        OSError: a file that cannot be opened
        InputError: a file of another kind, where it is recognized
        ValueError: a file that is no JSON
    """
    with typed(str(path), "path"):
        try:
            content = _core.Text.read(os.fspath(path)).to_bytes()
        except InputError:
            with open(path, "rb"):  # a file that cannot be opened raises what the reference raises
                raise
    # json.loads() takes other encodings as well, the library UTF-8 alone.
    kind = "" if _looks_like_json(content) else _core.describe_wrong_file(content, results)
    if kind:
        raise InputError(os.fspath(path), "", f"expected JSON, got {kind}")
    try:
        return json.loads(content)
    except ValueError as error:
        kind = _core.describe_wrong_file(content, results)
        if kind:
            raise InputError(os.fspath(path), "", f"expected JSON, got {kind}") from error
        raise


def require_known_form(dataset: dict, source: str) -> None:
    """Refuses files of other tools and tasks, in which nothing is found that the reference knows either.

    Raises:
        InputAssertionError: a dictionary without annotations and images, or a panoptic one
    """
    annotations = dataset.get("annotations")
    first = annotations[0] if isinstance(annotations, list) and annotations else None
    foreign = not {"images", "annotations", "categories"} & dataset.keys()
    panoptic = isinstance(first, dict) and "segments_info" in first
    kind = kind_of(dataset, results=False) if foreign or panoptic else ""
    if kind:
        raise InputAssertionError(source, "", f"annotation file format not supported{kind}")


def _looks_like_json(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") and b"\0" not in content[:4]


def kind_of(data: Any, results: bool) -> str:
    """What dictionaries and lists seem to be that cannot be read as a data set or as results: "; this is ...", or
    nothing where that is not known."""
    text = json.dumps(_skeleton(data, 4)).encode()
    kind = _core.describe_wrong_file(text, results) if text[:1] in (b"{", b"[") else ""
    return f"; this is {kind}" if kind else ""


def _skeleton(data: Any, depth: int) -> Any:
    """Keys of dictionaries, and the first element of every list."""
    if isinstance(data, dict) and depth:
        keys = itertools.islice(data, 64)
        return {str(key): _skeleton(data[key], depth - 1) for key in keys}
    if isinstance(data, (list, tuple)):
        return [_skeleton(element, depth - 1) for element in data[:1]]
    return None


@contextmanager
def explaining(data: Any, results: bool) -> Iterator[None]:
    """Adds what the data seems to be to an InputError."""
    try:
        yield
    except InputError as error:
        raise type(error)(error.source, error.place, error.problem + kind_of(data, results)) from None
