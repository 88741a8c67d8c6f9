"""Warnings of classes that have no list of warnings, because they take the place of others' classes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from .errors import EvaluationWarning

# Where nothing is evaluated, so that every number is -1 or 0.
EMPTY = frozenset(
    (
        "no_images_evaluated",
        "no_annotations_evaluated",
        "all_annotations_ignored",
        "no_annotations_in_area_ranges",
        "no_annotations_in_summary",
        "no_detections_evaluated",
    )
)
_SIDES = ("ground_truth", "result")
_ODD_BOXES = {
    f"{side}_boxes_{what}" for side in _SIDES for what in ("look_relative", "look_like_corners", "leave_images")
}
_NAMED = EMPTY | _ODD_BOXES | {"score_outside_0_1"}


def issue(found: Iterable[tuple[str, int, str]], issued: set[str] | None = None) -> None:
    """Issues those of an evaluation's warnings that explain its numbers.

    Args:
        found: code, count, and message of each
        issued: codes that are not issued again; gets those that are
    """
    for code, _, message in found:
        if code not in _NAMED or (issued is not None and code in issued):
            continue
        if issued is not None:
            issued.add(code)
        warnings.warn(f"{message} [{code}]", EvaluationWarning, stacklevel=4)
