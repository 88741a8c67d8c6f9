"""What MeanAveragePrecision is given, checked and converted into the evaluator's form."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import mask
from ._maps import Pasted, Prototypes
from .errors import Error, InputError

_NAMES = {"bbox": "boxes", "segm": "masks"}
_PIXELS = (torch.bool, torch.uint8, torch.int8, torch.float32, torch.float16, torch.bfloat16)
_SIDES = {"detections": "preds", "ground_truths": "target"}
_NOTHING = np.zeros(0, dtype=np.int64)


def columns_of(iou_types: Sequence[str], from_logits: str | None) -> tuple[list[str], list[str]]:
    """Keys of predictions and of targets that hold an entry for each instance, without labels and scores."""
    of_target = [_NAMES[each] for each in iou_types]
    of_preds = list(of_target)
    if from_logits == "prototypes":
        of_preds[of_preds.index("masks")] = "coefficients"
    if from_logits in ("torchvision", "detectron2") and "boxes" not in of_preds:
        of_preds.append("boxes")
    return of_preds, of_target


def check_items(preds: Any, target: Any, iou_types: Sequence[str], from_logits: str | None) -> None:
    """The checks of torchmetrics, in its order and with its messages.

    Raises:
        InputError: naming the key that is missing or does not fit
    """
    for name, value in (("preds", preds), ("target", target)):
        if not isinstance(value, Sequence):
            raise _error(f"Expected argument `{name}` to be of type Sequence, but got {value}")
    if len(preds) != len(target):
        raise _error(
            f"Expected argument `preds` and `target` to have the same length, but got {len(preds)} and {len(target)}"
        )
    of_preds, of_target = columns_of(iou_types, from_logits)
    shared = ["prototypes"] if from_logits == "prototypes" else []
    for items, name, keys in (
        (preds, "preds", [*of_preds, *shared, "labels", "scores"]),
        (target, "target", [*of_target, "labels"]),
    ):
        for key in keys:
            if any(key not in each for each in items):
                raise _error(f"Expected all dicts in `{name}` to contain the `{key}` key")
    for items, name, keys in (
        (preds, "preds", [*of_preds, *shared, "scores", "labels"]),
        (target, "target", [*of_target, "labels"]),
    ):
        for key in keys:
            if not all(isinstance(each[key], Tensor) for each in items):
                raise _error(f"Expected all {key} in `{name}` to be of type Tensor")
    for i, item in enumerate(target):
        _check_target(item, i, of_target)
    for i, item in enumerate(preds):
        _check_preds(item, i, of_preds)


def _check_target(item: dict, i: int, columns: Sequence[str]) -> None:
    labels = count_rows(item, "labels", f"target[{i}]")
    for name in columns:
        rows = count_rows(item, name, f"target[{i}]")
        if rows != labels:
            raise _error(
                f"Input '{name}' and labels of sample {i} in targets have a different length (expected {rows} labels, "
                f"got {labels})"
            )
    for name in ("iscrowd", "area"):
        if isinstance(item.get(name), Tensor) and count_rows(item, name, f"target[{i}]") != labels:
            raise InputError(f"target[{i}]", name, f"expected shape [{labels}], got {list(item[name].shape)}")


def _check_preds(item: dict, i: int, columns: Sequence[str]) -> None:
    labels, scores = (count_rows(item, name, f"preds[{i}]") for name in ("labels", "scores"))
    for name in columns:
        rows = count_rows(item, name, f"preds[{i}]")
        if not rows == labels == scores:
            raise _error(
                f"Input '{name}', labels and scores of sample {i} in predictions have a different length (expected "
                f"{rows} labels and scores, got {labels} labels and {scores} scores)"
            )


def _error(problem: str) -> InputError:
    return InputError("", "", problem)


def count_rows(item: dict, key: str, place: str = "") -> int:
    """Instances that a tensor has entries for: none where it has no elements, whatever its shape."""
    tensor = item[key]
    if tensor.ndim == 0:
        raise InputError(place, key, "expected a tensor with an entry for each instance, got one of no dimension")
    return tensor.size(0) if tensor.numel() else 0


def device_of(preds: Sequence[dict], target: Sequence[dict], keys: Sequence[str]) -> torch.device:
    """A GPU where any tensor that is read is on one, else the CPU."""
    values = (item.get(key) for item in (*preds, *target) for key in keys)
    tensors = (each for each in values if isinstance(each, Tensor))
    return next((each.device for each in tensors if each.device.type == "cuda"), torch.device("cpu"))


@contextlib.contextmanager
def naming_positions(first: int) -> Iterator[None]:
    """Errors about the images of a batch, whose numbers start at @p first, name their position in the batch."""
    try:
        yield
    except Error as error:
        found = re.fullmatch(r"image (\d+)", error.source)
        if found is None:
            raise
        position = int(found[1]) - first
        side, _, place = error.place.partition(".")
        name = _SIDES.get(side, "preds")
        source = f"{name}[{position}]" if position >= 0 else f"{name} of image {found[1]} since the last reset()"
        raise type(error)(source, place if side in _SIDES else error.place, error.problem) from None


def image_of(
    found: dict, truth: dict, iou_types: Sequence[str], box_format: str, from_logits: str | None, threshold: float
) -> dict[str, Any]:
    """An image with boxes and masks as Evaluator.update_batch() takes it, without an id."""
    boxes, masks = "bbox" in iou_types, "segm" in iou_types
    has_preds, has_target = count_rows(found, "labels") > 0, count_rows(truth, "labels") > 0
    image: dict[str, Any] = {"scores": _NOTHING, "labels": _NOTHING}
    target: dict[str, Any] = {"labels": _NOTHING}
    if has_target:
        target = {"labels": whole(truth["labels"]), "crowd": truth.get("iscrowd"), "areas": truth.get("area")}
        if isinstance(target["crowd"], Tensor):
            target["crowd"] = whole(target["crowd"])
        if boxes:
            target["boxes"] = _as_xywh(truth["boxes"], box_format)
        if masks:
            target["masks"] = truth["masks"].detach()
            image["size"] = _size(target["masks"])
        if boxes and masks:
            target["areas"] = _areas_of(target["masks"], target["areas"], threshold)
    if masks and from_logits is not None:
        image["size"] = _size_of_maps(found, truth)
    if has_preds:
        image |= {"scores": found["scores"], "labels": whole(found["labels"])}
        if boxes:
            image["boxes"] = _as_xywh(found["boxes"], box_format)
        if masks:
            image["masks"] = found["masks"].detach() if from_logits is None else _maps(found, from_logits, threshold)
    if has_preds and has_target and masks and from_logits is None and _differ(image["masks"], target["masks"]):
        # RLEs may have any size; those of different sizes do not overlap.
        image["masks"], target["masks"] = (_encoded(each["masks"], threshold) for each in (image, target))
    return {**image, "ground_truth": target}


def whole(labels: Tensor) -> Tensor:
    """Labels in a type that the evaluator reads; floating-point numbers stay, and are refused there."""
    return labels if labels.is_floating_point() or labels.is_complex() else labels.to(torch.int64)


def _as_xywh(boxes: Tensor, box_format: str) -> Tensor:
    """As torchvision's box_convert, in the tensor's own precision."""
    if not boxes.is_floating_point() and not boxes.is_complex():
        boxes = boxes.to(torch.int64)
    if box_format == "xywh" or boxes.ndim != 2 or boxes.shape[1] != 4:
        return boxes  # as they are, or to be refused
    first, second = boxes[:, :2], boxes[:, 2:]
    if box_format == "cxcywh":
        first, second = first - 0.5 * second, first + 0.5 * second
    return torch.cat((first, second - first), dim=1)


def _size(masks: Tensor) -> tuple[int, int] | None:
    return (int(masks.shape[1]), int(masks.shape[2])) if masks.ndim == 3 else None


def _size_of_maps(found: dict, truth: dict) -> tuple[int, int] | None:
    """Of the image that maps are resampled to. Masks of a target without objects say it where nothing else does."""
    if "size" in found:
        try:
            height, width = (int(each) for each in found["size"])
        except (TypeError, ValueError):
            raise InputError(
                "", "", f"Expected `size` in `preds` to be height and width, got {found['size']!r}"
            ) from None
        return height, width
    return _size(truth["masks"])


def _areas_of(masks: Tensor, given: Tensor | None, threshold: float) -> Tensor:
    """Areas that are given, else those of the masks: torchmetrics measures objects with boxes and masks by these."""
    # The evaluator takes 0 for an area that is not given. No area range tells the least number above 0 from it.
    least = torch.finfo(torch.float64).tiny
    measured = _foreground(masks, threshold).flatten(1).sum(1).double().clamp(min=least)
    return measured if given is None else torch.where(given > 0, given.double(), measured)


def _foreground(masks: Tensor, threshold: float) -> Tensor:
    """Booleans, as the evaluator reads pixels."""
    return masks > threshold if masks.is_floating_point() else masks != 0


def _differ(found: Tensor, truth: Tensor) -> bool:
    """Whether masks that can be read have different sizes."""
    readable = all(each.ndim == 3 and each.dtype in _PIXELS for each in (found, truth))
    return readable and found.shape[1:] != truth.shape[1:]


def _encoded(masks: Tensor, threshold: float) -> list[dict]:
    return mask.encode(np.asfortranarray(_foreground(masks, threshold).permute(1, 2, 0).cpu().numpy()))


def _maps(found: dict, from_logits: str, threshold: float) -> Pasted | Prototypes:
    boxes = found["boxes"].detach().float() if from_logits != "image" and "boxes" in found else None
    if from_logits == "prototypes":
        prototypes, coefficients = found["prototypes"].detach(), found["coefficients"].detach().float()
        return Prototypes(prototypes, coefficients, boxes, threshold=threshold)
    maps = found["masks"].detach()
    if maps.ndim == 4:
        maps = maps.squeeze(1)
    return Pasted(maps, from_logits, boxes, threshold)


def moved(value: Any, move: Callable[[Tensor], Tensor]) -> Any:
    """An image of image_of() with every tensor moved."""
    if isinstance(value, Tensor):
        return move(value)
    if isinstance(value, dict):
        return {key: moved(each, move) for key, each in value.items()}
    if isinstance(value, Pasted):
        return Pasted(move(value.maps), value.like, moved(value.boxes, move), value.threshold)
    if isinstance(value, Prototypes):
        arrays = (moved(each, move) for each in (value.prototypes, value.coefficients, value.boxes))
        return Prototypes(*arrays, threshold=value.threshold)
    return value
