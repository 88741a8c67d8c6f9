"""evaluate(), Evaluator, Protocol, and patching, with every argument of every wrong type."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import Any

import pytest
from wrong_types import CODE, DATA, FILE_ERRORS, RESULT, WRONG, attempt, each_kind

import maskmetrics
from maskmetrics import Evaluator, Protocol

pytestmark = pytest.mark.usefixtures("silent")

FIELDS = [name for name in dir(Protocol) if isinstance(inspect.getattr_static(Protocol, name), property)]


def test_protocols_have_fields() -> None:
    assert {"iou", "iou_thresholds", "area_ranges", "max_dets", "image_ids", "use_categories"} <= set(FIELDS)


@each_kind
def test_protocols(kind: str) -> None:
    for field in FIELDS:
        for value in (WRONG[kind](), [WRONG[kind]()]):
            protocol = Protocol("coco", "bbox")
            error = attempt(lambda: setattr(protocol, field, value))  # noqa: B023
            assert error is None or isinstance(error, maskmetrics.ProtocolError)
            if error is None:
                attempt(protocol.validate)
    for arguments in ((WRONG[kind](),), ("coco", WRONG[kind]())):
        assert isinstance(attempt(lambda: Protocol(*arguments)), maskmetrics.ProtocolError)  # noqa: B023


@pytest.mark.parametrize("name", [*inspect.signature(maskmetrics.evaluate).parameters])
@each_kind
def test_evaluate(name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in (WRONG[kind](), [WRONG[kind]()]):
        if name == "progress" and callable(value):
            continue  # it is called, and raises what it likes
        arguments = {"gt": copy.deepcopy(DATA), "dt": [dict(RESULT)], "iou": "bbox", name: value}
        attempt(lambda: maskmetrics.evaluate(**arguments))  # noqa: B023


@pytest.mark.parametrize("name", [*inspect.signature(Evaluator).parameters])
@each_kind
def test_evaluator(name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in (WRONG[kind](), [WRONG[kind]()]):
        attempt(lambda: Evaluator(**{"iou": "bbox", name: value}))  # noqa: B023


UPDATE: dict[str, Any] = {
    "image_id": 1,
    "scores": [0.5],
    "labels": [1],
    "boxes": [[0.0, 0.0, 4.0, 4.0]],
    "ground_truth": {"labels": [1], "boxes": [[0.0, 0.0, 4.0, 4.0]]},
}


@pytest.mark.parametrize("name", [*list(inspect.signature(Evaluator.update).parameters)[1:]])
@each_kind
def test_updates(name: str, kind: str) -> None:
    for value in (WRONG[kind], lambda: [WRONG[kind]()]):
        attempt(lambda: Evaluator(iou="bbox").update(**{**UPDATE, name: value()}))  # noqa: B023
        attempt(lambda: Evaluator(iou="segm").update(**{**UPDATE, "masks": [CODE], "size": (3, 3), name: value()}))  # noqa: B023
    for field in ("labels", "boxes", "masks", "areas", "crowd", "ignore"):
        truth = {**UPDATE["ground_truth"], field: WRONG[kind]()}
        attempt(lambda: Evaluator(iou="bbox").update(**{**UPDATE, "ground_truth": truth}))  # noqa: B023


@each_kind
def test_evaluators_of_images(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("update_batch", "merge", "deserialize", "save", "load"):
        allowed = FILE_ERRORS if name in ("save", "load") else ()
        attempt(lambda: getattr(Evaluator(iou="bbox"), name)(WRONG[kind]()), allowed)  # noqa: B023
        attempt(lambda: getattr(Evaluator(iou="bbox"), name)([WRONG[kind]()]), allowed)  # noqa: B023
    for name in ("merge", "deserialize"):
        state = Evaluator(iou="bbox").serialize()
        attempt(lambda: getattr(Evaluator(iou="bbox"), name)(state, WRONG[kind]()))  # noqa: B023
    for arguments in ((WRONG[kind](), "image"), ([[[1.0]]], WRONG[kind]())):
        attempt(lambda: maskmetrics.Pasted(*arguments))  # noqa: B023
    for thing in (maskmetrics.Pasted(WRONG[kind](), "image"), maskmetrics.Prototypes(WRONG[kind](), WRONG[kind]())):
        attempt(lambda: Evaluator(iou="segm").update(**{**UPDATE, "masks": thing, "size": (3, 3)}))  # noqa: B023


@each_kind
def test_patching(kind: str) -> None:
    attempt(lambda: maskmetrics.patch_pycocotools(lvis=WRONG[kind]()))
    maskmetrics.unpatch_pycocotools()
