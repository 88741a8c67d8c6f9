"""Arrays of any library as the core takes them, without a copy where that can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from .errors import InputError, InputTypeError

# DLPack's kinds of memory.
_ON_CPU = 1  # kDLCPU
_ON_HOST = (_ON_CPU, 3)  # and kDLCUDAHost, which is pinned
_ON_DEVICE = (2, 13)  # kDLCUDA and kDLCUDAManaged
_DEFAULT_STREAM = 1  # how DLPack and CUDA name it
_TAKEN = ("b1", "u1", "i1", "i4", "i8", "f2", "f4", "f8")


def as_array(value: Any, stream: int, source: str, place: str) -> _core.Array:
    """An array whose memory may be read on the stream, with any strides.

    Args:
        stream: handle of the CUDA stream that will read it; 0: the default one

    Raises:
        InputError: naming source and place, for memory of another kind or an array that its library cannot hand out
    """
    if isinstance(value, _core.Array):
        return value
    if isinstance(value, np.ndarray):
        return _core.Array(_taken(value, source, place))
    if hasattr(value, "__dlpack_device__"):
        return _of_dlpack(value, stream, source, place)
    if hasattr(value, "__cuda_array_interface__"):
        return _of_cuda_interface(value, source, place)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise InputTypeError(source, place, f"expected an array, found {type(value).__name__}") from None
    return _core.Array(_taken(array, source, place))


def _of_dlpack(value: Any, stream: int, source: str, place: str) -> _core.Array:
    if getattr(value, "requires_grad", False):
        value = value.detach()
    kind = int(value.__dlpack_device__()[0])
    try:
        if kind in _ON_HOST:
            return _core.Array(value.__dlpack__())
        if kind in _ON_DEVICE:
            # The producer makes our stream wait for its own.
            return _core.Array(value.__dlpack__(stream=stream or _DEFAULT_STREAM))
    except BufferError as error:
        raise InputError(source, place, str(error)) from error
    raise InputTypeError(source, place, f"expected memory of the CPU or of CUDA, found DLPack's device type {kind}")


def _of_cuda_interface(value: Any, source: str, place: str) -> _core.Array:
    interface = value.__cuda_array_interface__
    # Behind which work on the array has to be queued. Without the entry, of version 3, nothing has to be waited for.
    made_on = interface.get("stream")
    if made_on == 0:
        raise InputError(source, place, "expected a stream of 1 or more in __cuda_array_interface__, found 0")
    return _core.Array(
        interface["data"][0],
        list(interface["shape"]),
        _list(interface.get("strides")),
        interface["typestr"],
        value,
        made_on,
    )


def is_empty(value: Any) -> bool:
    """Whether an array, or a list of numbers, has no elements, whatever its type and shape."""
    if isinstance(value, (list, tuple)):
        return all(is_empty(each) for each in value)
    shape = getattr(value, "shape", None)
    if shape is None:
        shape = getattr(value, "__cuda_array_interface__", {}).get("shape", ())
    return 0 in tuple(shape)


def number_array(value: Any, stream: int, source: str, place: str) -> _core.Array:
    """A small array without gaps; it is copied where it has some. One without elements has no rows."""
    if is_empty(value):
        return _core.Array(np.zeros(0, dtype=np.int64))
    if not isinstance(value, np.ndarray) and hasattr(value, "__dlpack_device__"):
        value = _as_numpy(value)
    if isinstance(value, np.ndarray):
        array = _taken(value, source, place)
        return _core.Array(np.ascontiguousarray(array.astype(np.int64) if array.dtype == np.int8 else array))
    if hasattr(value, "is_contiguous") and not value.is_contiguous():
        value = value.contiguous()
    return as_array(value, stream, source, place)


def _as_numpy(value: Any) -> Any:
    """NumPy's array of the same memory, because the core reads fewer types of integers; itself where there is none."""
    if int(value.__dlpack_device__()[0]) != _ON_CPU:
        return value
    if getattr(value, "requires_grad", False):
        value = value.detach()
    try:
        return np.from_dlpack(value)
    except (BufferError, RuntimeError, TypeError, ValueError):  # bfloat16, for one
        return value


def _taken(array: np.ndarray, source: str, place: str) -> np.ndarray:
    """The array itself, or its numbers in a type that the core reads."""
    kind = array.dtype.str[1:]
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.aligned:
        array = array.copy()  # numbers between others of a packed record
    if kind in _TAKEN:
        return array
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    raise InputTypeError(source, place, f"expected an array of numbers, found one of {array.dtype}")


def _list(values: Any) -> list[int] | None:
    return None if values is None else [int(value) for value in values]
