"""Values of every wrong type, and calls that may fail only in the package's own way."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

import maskmetrics

FILE_ERRORS = (OSError, ValueError)  # of a file that is missing, or is no JSON
CODE = {"size": [3, 3], "counts": b"09"}
IMAGE = {"id": 1, "height": 10, "width": 10, "neg_category_ids": [], "not_exhaustive_category_ids": []}
SQUARE = {"bbox": [0.0, 0.0, 4.0, 4.0], "segmentation": [[0.0, 0.0, 4.0, 0.0, 4.0, 4.0, 0.0, 4.0]], "area": 16.0}
DATA = {
    "info": {"version": 1},
    "images": [IMAGE],
    "categories": [{"id": 1, "name": "dog", "frequency": "r", "supercategory": "animal"}],
    "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "iscrowd": 0, **SQUARE}],
}
RESULT = {"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0.0, 0.0, 4.0, 4.0]}


class Hostile:
    """Has a length and elements, and none of them can be had."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, key: Any) -> Any:
        raise ValueError("no elements")


# Made anew for every call, for calls may use them up or change them.
WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "int": lambda: 77777,
    "negative": lambda: -3,
    "huge": lambda: 10**400,
    "float": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "bool": lambda: True,
    "str": lambda: "no such thing",
    "empty str": lambda: "",
    "surrogate": lambda: "\udcff",
    "bytes": lambda: b"no such thing",
    "list": list,
    "list of None": lambda: [None],
    "list of int": lambda: [1, 2, 3],
    "list of str": lambda: ["a", "b"],
    "list of lists": lambda: [[1], [2]],
    "list of dict": lambda: [{}],
    "tuple": lambda: (1, None),
    "set": lambda: {1, "a"},
    "dict": dict,
    "dict of None": lambda: {"size": None, "counts": None, "id": None, "bbox": None, "images": None},
    "object": object,
    "class": lambda: int,
    "function": lambda: len,
    "generator": lambda: (i for i in range(3)),
    "range": lambda: range(3),
    "complex": lambda: 1j,
    "array of nothing": lambda: np.zeros(0),
    "array of object": lambda: np.array([None, "a"], dtype=object),
    "array of str": lambda: np.array(["a", "b"]),
    "array of complex": lambda: np.zeros((2, 4), dtype=complex),
    "array of datetime": lambda: np.zeros((2, 7), dtype="datetime64[s]"),
    "array of nan": lambda: np.full((2, 7), np.nan),
    "array of int8": lambda: np.zeros((3, 3), dtype=np.int8),
    "array of records": lambda: np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]),
    "0-d array": lambda: np.array(5),
    "4-d array": lambda: np.zeros((1, 2, 3, 4), dtype=np.uint8),
    "hostile": Hostile,
}


def each_kind(test: Callable[..., None]) -> Callable[..., None]:
    """Runs a test for every wrong type in one go; a test each would take longer than the calls."""

    @functools.wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        for kind in WRONG:
            try:
                test(*arguments, kind=kind, **fixtures)
            except BaseException as error:
                error.add_note(f"with {kind}") if hasattr(error, "add_note") else None
                raise

    signature = inspect.signature(test)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[each for name, each in signature.parameters.items() if name != "kind"]
    )
    return run


def attempt(call: Callable[[], Any], allowed: tuple[type[BaseException], ...] = ()) -> BaseException | None:
    """The call's exception, which must be one of the package's."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            result = call()
            if inspect.isgenerator(result):
                list(result)
    except (maskmetrics.Error, *allowed) as error:
        assert str(error)
        assert pickle.loads(pickle.dumps(error)).args == error.args or not isinstance(error, maskmetrics.Error)
        return error
    return None
