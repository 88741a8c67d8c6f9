"""The lines of COCOeval's summary."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import ProtocolIndexError


def lines(evaluated: dict, p: Any) -> list[tuple[float, str]]:
    """Each line's number, and the line.

    Args:
        evaluated: COCOeval.eval
        p: its parameters

    Raises:
        ProtocolIndexError: parameters that have no summary
    """
    return [_line(evaluated, p, *each) for each in _plan(p)]


def _plan(p: Any) -> list[tuple[bool, float | None, str, int]]:
    """Of each line: precision or recall, IoU threshold, area range, cap."""
    if len(p.iouThrs) == 0:
        raise ProtocolIndexError("params", "iouThrs", "the summary needs one at least, found none")
    if p.iouType == "keypoints":
        which = ((None, "all"), (0.5, "all"), (0.75, "all"), (None, "medium"), (None, "large"))
        return [(is_precision, *each, 20) for is_precision in (True, False) for each in which]
    caps = p.maxDets
    if len(caps) < 3:
        raise ProtocolIndexError("params", "maxDets", f"the summary needs three, found {list(caps)}")
    areas = ("small", "medium", "large")
    return [
        (True, None, "all", 100),
        (True, 0.5, "all", caps[2]),
        (True, 0.75, "all", caps[2]),
        *((True, None, area, caps[2]) for area in areas),
        *((False, None, "all", cap) for cap in caps[:3]),
        *((False, None, area, caps[2]) for area in areas),
    ]


def _line(
    evaluated: dict, p: Any, is_precision: bool, threshold: float | None, area: str, cap: int
) -> tuple[float, str]:
    values = evaluated["precision" if is_precision else "recall"]
    if threshold is not None:
        values = values[np.where(threshold == np.asarray(p.iouThrs))[0]]
    areas = [i for i, label in enumerate(p.areaRngLbl) if label == area]
    caps = [i for i, other in enumerate(p.maxDets) if other == cap]
    values = values[..., areas, caps]
    counted = values[values > -1]
    number = np.mean(counted) if len(counted) else -1
    title, kind = ("Average Precision", "(AP)") if is_precision else ("Average Recall", "(AR)")
    shown = f"{p.iouThrs[0]:0.2f}:{p.iouThrs[-1]:0.2f}" if threshold is None else f"{threshold:0.2f}"
    return number, f" {title:<18} {kind} @[ IoU={shown:<9} | area={area:>6s} | maxDets={cap:>3d} ] = {number:0.3f}"
