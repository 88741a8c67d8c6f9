"""Values that must be the same in every bit, whatever they are made of."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np

_SECONDS = re.compile(r"t=[0-9.]+s")


def assert_same(actual: Any, expected: Any, where: str = "") -> None:
    """Same types, keys in the same order, same shapes, dtypes, memory order and bits."""
    if isinstance(expected, np.ndarray):
        assert isinstance(actual, np.ndarray), where
        assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape), where
        assert actual.flags.f_contiguous == expected.flags.f_contiguous, where
        same = actual.tobytes() == expected.tobytes()
        # -0.0 for 0.0 and one NaN for another are not worth a difference.
        assert same or np.array_equal(actual, expected, equal_nan=actual.dtype.kind == "f"), where
    elif isinstance(expected, dict):
        assert isinstance(actual, dict) and list(actual) == list(expected), where
        for key in expected:
            assert_same(actual[key], expected[key], f"{where}[{key!r}]")
    elif isinstance(expected, (list, tuple)):
        assert type(actual) is type(expected) and len(actual) == len(expected), where
        for i, (a, e) in enumerate(zip(actual, expected, strict=True)):
            assert_same(a, e, f"{where}[{i}]")
    elif isinstance(expected, float):
        assert actual == expected or (actual != actual and expected != expected), (where, actual, expected)
    else:
        assert type(actual) is type(expected) and actual == expected, (where, actual, expected)


def printed(call: Callable[[], Any]) -> tuple[Any, str]:
    """What a call returns and prints, without the seconds it took."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        result = call()
    return result, _SECONDS.sub("t=s", out.getvalue())


def quietly(call: Callable[[], Any]) -> Any:
    return printed(call)[0]
