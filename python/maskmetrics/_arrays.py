"""Arrays of any library as the core takes them, without a copy where that can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from .errors import InputTypeError

_DEVICE_CPU = 1  # DLPack's kDLCPU
_LEGACY_STREAM = 1  # how DLPack and CUDA name the default stream
_TAKEN = ("b1", "u1", "i1", "i4", "i8", "f2", "f4", "f8")


def as_array(value: Any, stream: int, source: str, place: str) -> _core.Array:
    """An array whose memory may be read on the stream, with any strides.

    Args:
        stream: the CUDA stream that will read it; 0: the default one
    """
    if isinstance(value, _core.Array):
        return value
    if isinstance(value, np.ndarray):
        return _core.Array(_taken(value, source, place))
    device = getattr(value, "__dlpack_device__", None)
    if device is not None:
        if getattr(value, "requires_grad", False):
            value = value.detach()
        if device()[0] == _DEVICE_CPU:
            return _core.Array(value.__dlpack__())
        # The producer makes its stream wait for nothing and ours for it.
        return _core.Array(value.__dlpack__(stream=stream or _LEGACY_STREAM))
    interface = getattr(value, "__cuda_array_interface__", None)
    if interface is not None:
        return _core.Array(
            interface["data"][0], list(interface["shape"]), _list(interface.get("strides")), interface["typestr"], value
        )
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise InputTypeError(source, place, f"expected an array, found {type(value).__name__}") from None
    return _core.Array(_taken(array, source, place))


def number_array(value: Any, stream: int, source: str, place: str) -> _core.Array:
    """A small array without gaps; it is copied where it has some."""
    if isinstance(value, (list, tuple)) and not value:
        value = np.zeros(0, dtype=np.int64)  # NumPy would take it for floating-point numbers, which no label is
    if isinstance(value, np.ndarray):
        return _core.Array(np.ascontiguousarray(_taken(value, source, place)))
    if hasattr(value, "is_contiguous") and not value.is_contiguous():
        value = value.contiguous()
    return as_array(value, stream, source, place)


def _taken(array: np.ndarray, source: str, place: str) -> np.ndarray:
    """The array itself, or its numbers in a type that the core reads."""
    kind = array.dtype.str[1:]
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if kind in _TAKEN:
        return array
    if array.size == 0 and array.dtype.kind in "fiub":
        return array.astype(np.float64 if array.dtype.kind == "f" else np.int64)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    raise InputTypeError(source, place, f"expected an array of numbers, found one of {array.dtype}")


def _list(values: Any) -> list[int] | None:
    return None if values is None else [int(value) for value in values]
