"""Masks as run-length codes; takes the place of pycocotools.mask 2.0.11, bit for bit.

A code is a dictionary {"size": [height, width], "counts": bytes}; functions also take counts as str. Pixels are counted
column by column. Differences to pycocotools: codes that do not cover their size, with which it never ends or reads
memory that is not its own, and values that are no masks, raise InputError.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from . import _core
from ._typed import typed
from .errors import InputAssertionError, InputError, InputIndexError, InputTypeError

__all__ = ["area", "decode", "encode", "frPyObjects", "iou", "merge", "toBbox"]

# pycocotools has functions of the same names for lists in a compiled module; those here take lists as well.
_mask = sys.modules[__name__]


@typed("mask.encode")
def encode(bimask: np.ndarray) -> dict | list[dict]:
    """Codes one mask or many.

    A run ends wherever the byte changes, so masks should hold 0 and 1 only, as with pycocotools.

    Args:
        bimask: [height, width] or [height, width, N], uint8 or bool, in Fortran order

    Returns:
        a code, or a list of N codes

    Raises:
        InputError: another dtype, number of dimensions or memory order
    """
    if not isinstance(bimask, np.ndarray):
        raise InputTypeError("bimask", "", f"expected an array, found {type(bimask).__name__}")
    if bimask.ndim not in (2, 3):
        raise InputError("bimask", "", f"expected two or three dimensions, found {bimask.ndim}")
    if bimask.dtype not in (np.uint8, np.bool_):
        raise InputError("bimask", "", f"expected dtype uint8 or bool, found {bimask.dtype}")
    if not bimask.flags.f_contiguous:
        raise InputError("bimask", "", "ndarray is not Fortran contiguous; numpy.asfortranarray makes it so")
    masks = bimask.view(np.uint8)
    if bimask.ndim == 2:
        return _core.encode(masks.reshape((*bimask.shape, 1), order="F"))[0]
    return _core.encode(masks)


@typed("mask.decode")
def decode(rleObjs: dict | list[dict]) -> np.ndarray:
    """Pixels of a code or of many.

    Args:
        rleObjs: a code, or a list of N codes of one size

    Returns:
        uint8 in Fortran order, 1 for foreground: [height, width], or [height, width, N]

    Raises:
        InputError: runs that do not sum to the number of pixels
    """
    if isinstance(rleObjs, list):
        return _core.decode(rleObjs)
    return _core.decode([rleObjs])[:, :, 0]


@typed("mask.area")
def area(rleObjs: dict | list[dict]) -> np.ndarray | np.uint32:
    """Foreground pixels of a code, or [N] of many, uint32."""
    if isinstance(rleObjs, list):
        return _core.measure(rleObjs)[0]
    return _core.measure([rleObjs])[0][0]


@typed("mask.toBbox")
def toBbox(rleObjs: dict | list[dict]) -> np.ndarray:
    """Tight box [4] of a code, or [N, 4] of many: x, y, width, height, float64."""
    if isinstance(rleObjs, list):
        return _core.measure(rleObjs)[1]
    return _core.measure([rleObjs])[1][0]


@typed("mask.merge")
def merge(rleObjs: list[dict], intersect: bool = False) -> dict:
    """Union or intersection of codes of one size.

    Codes of different sizes yield a code of size [0, 0], as with pycocotools.

    Raises:
        InputError: runs that do not sum to the number of pixels
    """
    return _core.merge(rleObjs, bool(intersect))


@typed("mask.iou")
def iou(dt: Any, gt: Any, pyiscrowd: Any) -> np.ndarray | list:
    """IoU of every detection with every ground truth; over the detection's area where iscrowd is set.

    Args:
        dt: D codes, or D boxes x, y, width, height: a list, or an array [D, 4]
        gt: G of the same kind
        pyiscrowd: [G], from 0 to 255

    Returns:
        [D, G] float64 in Fortran order; [] where D or G is 0. -1 for codes of different sizes whose boxes overlap.

    Raises:
        InputError: codes and boxes together, another number of iscrowd, runs that do not sum to the number of pixels
    """
    iscrowd = _as_flags(pyiscrowd)
    dt, dt_kind = _as_codes_or_boxes(dt, "dt")
    gt, gt_kind = _as_codes_or_boxes(gt, "gt")
    if len(iscrowd) != len(gt):
        raise InputAssertionError("iscrowd", "", f"expected {len(gt)} flags, as many as gt has, found {len(iscrowd)}")
    if len(dt) == 0 or len(gt) == 0:
        return []
    if dt_kind != gt_kind:
        raise InputTypeError("dt", "", f"holds {dt_kind} and gt {gt_kind}, they must be of one kind")
    compare = _core.iou_of_codes if dt_kind == "codes" else _core.iou_of_boxes
    return compare(dt, gt, iscrowd)


@typed("mask.frPyObjects")
def frPyObjects(pyobj: Any, h: int, w: int) -> dict | list[dict]:
    """Codes of polygons, boxes, or uncompressed codes.

    Args:
        pyobj: a list of polygons [x, y, x, y, ...]; an array of boxes [N, 4], float64; an uncompressed code
            {"size": [height, width], "counts": [...]}, or a list of those, whose own sizes count
        h: height in pixels
        w: width in pixels

    Returns:
        a list of N codes; a code for a single uncompressed one

    Raises:
        InputError: anything else, boxes in a list included, which pycocotools does not take either
    """
    if isinstance(pyobj, np.ndarray):
        return _core.from_boxes(_as_box_array(pyobj), *_size(h, w))
    if isinstance(pyobj, dict):
        return _core.from_counts([_require_code(pyobj)])[0]
    if not isinstance(pyobj, list):
        raise InputError("pyobj", "", f"expected a list, a dictionary or an array, found {type(pyobj).__name__}")
    if not pyobj:
        raise InputIndexError("pyobj", "", "the list is empty")
    first = pyobj[0]
    if isinstance(first, dict):
        _require_code(first)
        return _core.from_counts(pyobj)
    if not hasattr(first, "__len__"):
        raise InputTypeError("pyobj", "[0]", f"expected a polygon, found {first!r}")
    if len(first) == 4:
        raise InputTypeError("pyobj", "[0]", "four numbers are a box or a line, not a polygon; boxes must be an array")
    if len(first) < 4:
        raise InputError("pyobj", "[0]", f"a polygon needs three points or more, found {first!r}")
    return _core.from_polygons(pyobj, *_size(h, w))


def _as_flags(iscrowd: Any) -> np.ndarray:
    try:
        flags = np.array(iscrowd, dtype=np.uint8, ndmin=1)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError("iscrowd", "", f"expected integers from 0 to 255: {error}") from None
    if flags.ndim != 1:
        raise InputError("iscrowd", "", f"expected one dimension, found shape {flags.shape}")
    return flags


def _as_codes_or_boxes(objs: Any, name: str) -> tuple[Any, str]:
    """What iou() compares, and its kind; nothing has the kind of the other side."""
    if isinstance(objs, np.ndarray):
        if len(objs) and (objs.ndim != 2 or objs.shape[1] != 4):
            raise InputTypeError(name, "", f"an array must hold boxes [N, 4], found shape {objs.shape}")
        return np.ascontiguousarray(objs, dtype=np.float64), "boxes"
    if (
        not hasattr(objs, "__len__")
        or isinstance(objs, (str, bytes, dict))
        or (len(objs) and not isinstance(objs, list))
    ):
        raise InputTypeError(name, "", f"expected a list or an array, found {type(objs).__name__}")
    if len(objs) == 0:
        return [], "nothing"
    if isinstance(objs[0], dict) and all(type(obj) is dict or isinstance(obj, dict) for obj in objs):
        return objs, "codes"
    for i, obj in enumerate(objs):
        if not isinstance(obj, (list, np.ndarray)) or len(obj) != 4:
            raise InputTypeError(name, f"[{i}]", f"expected a box of four numbers or a code, found {obj!r:.60}")
    try:
        return np.array(objs, dtype=np.float64), "boxes"
    except (TypeError, ValueError) as error:
        raise InputError(name, "", f"boxes must hold numbers: {error}") from None


def _as_box_array(boxes: np.ndarray) -> np.ndarray:
    if boxes.dtype != np.float64:
        raise InputError("pyobj", "", f"expected dtype float64, found {boxes.dtype}")
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InputError("pyobj", "", f"expected boxes [N, 4], found shape {boxes.shape}")
    return np.ascontiguousarray(boxes)


def _require_code(code: dict) -> dict:
    if "counts" not in code or "size" not in code:
        raise InputError("pyobj", "", f"expected a code with size and counts, found keys {sorted(map(str, code))}")
    return code


def _size(h: Any, w: Any) -> tuple[int, int]:
    for name, side in (("h", h), ("w", w)):
        if not 0 <= side < 2**31:
            raise InputError(name, "", f"expected a number of pixels below 2^31, found {side!r}")
    return int(h), int(w)
