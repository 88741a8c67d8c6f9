"""What MeanAveragePrecision is given, checked and brought into the evaluator's form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .evaluator import Pasted, Prototypes

_NAMES = {"bbox": "boxes", "segm": "masks"}


def check_items(preds: Any, target: Any, iou_types: tuple[str, ...], from_logits: str | None) -> None:
    """The checks of torchmetrics, with its messages.

    Raises:
        ValueError: naming what is missing or does not fit
    """
    for name, value in (("preds", preds), ("target", target)):
        if not isinstance(value, Sequence):
            raise ValueError(f"Expected argument `{name}` to be of type Sequence, but got {value}")
    if len(preds) != len(target):
        raise ValueError(
            f"Expected argument `preds` and `target` to have the same length, but got {len(preds)} and {len(target)}"
        )
    columns = [_NAMES[each] for each in iou_types]
    of_preds = list(columns)
    if from_logits == "prototypes":
        of_preds.remove("masks")
        of_preds += ["prototypes", "coefficients"]
    if from_logits in ("torchvision", "detectron2") and "boxes" not in of_preds:
        of_preds.append("boxes")
    _require(preds, "preds", [*of_preds, "labels", "scores"])
    _require(target, "target", [*columns, "labels"])
    for i, item in enumerate(target):
        for name in columns:
            if len(item[name]) != len(item["labels"]):
                raise ValueError(
                    f"Input '{name}' and labels of sample {i} in targets have a different length (expected "
                    f"{len(item[name])} labels, got {len(item['labels'])})"
                )
    for i, item in enumerate(preds):
        for name in of_preds:
            if name != "prototypes" and not len(item[name]) == len(item["labels"]) == len(item["scores"]):
                raise ValueError(
                    f"Input '{name}', labels and scores of sample {i} in predictions have a different length (expected "
                    f"{len(item[name])} labels and scores, got {len(item['labels'])} labels and {len(item['scores'])})"
                )


def _require(items: Sequence[dict], name: str, keys: list[str]) -> None:
    for key in keys:
        if any(key not in each for each in items):
            raise ValueError(f"Expected all dicts in `{name}` to contain the `{key}` key")
    for key in keys:
        if not all(isinstance(each[key], Tensor) for each in items):
            raise ValueError(f"Expected all {key} in `{name}` to be of type Tensor")


def device_of(preds: Sequence[dict], target: Sequence[dict]) -> torch.device:
    """A GPU where any tensor is on one, else the CPU."""
    tensors = [each for item in (*preds, *target) for each in item.values() if isinstance(each, Tensor)]
    return next((each.device for each in tensors if each.device.type == "cuda"), torch.device("cpu"))


def boxes_as_xywh(boxes: Tensor, box_format: str) -> Tensor:
    """As torchvision's box_convert, in the tensor's own precision."""
    if boxes.numel() == 0:
        return boxes.reshape(-1, 4)
    if box_format == "xywh":
        return boxes
    first, second = boxes[:, :2], boxes[:, 2:]
    if box_format == "cxcywh":
        first, second = first - 0.5 * second, first + 0.5 * second
    return torch.cat((first, second - first), dim=1)


def size_of(found: dict, truth: dict) -> tuple[int, int] | None:
    """Height and width of the image, where anything tells."""
    if "size" in found:
        height, width = found["size"]
        return int(height), int(width)
    masks = truth.get("masks")
    if masks is not None and masks.ndim == 3:
        return int(masks.shape[1]), int(masks.shape[2])
    return None


def mask_arrays(item: dict, from_logits: str | None, threshold: float, move: Callable[[Tensor], Tensor] | None) -> Any:
    """Masks as the evaluator takes them. @param move: applied to tensors"""
    move = move or (lambda tensor: tensor)
    if from_logits is None:
        return move(item["masks"].detach())
    boxes = item.get("boxes")
    boxes = None if boxes is None else move(boxes.detach().float())
    if from_logits == "prototypes":
        return Prototypes(
            move(item["prototypes"].detach()), move(item["coefficients"].detach().float()), boxes, threshold=threshold
        )
    maps = item["masks"].detach()
    if maps.ndim == 4:
        maps = maps.squeeze(1)
    return Pasted(move(maps), from_logits, None if from_logits == "image" else boxes, threshold)
