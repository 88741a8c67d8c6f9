"""Masks that are made of small maps while they are read."""

from __future__ import annotations

from typing import Any

from ._typed import typed
from .errors import InputError


class Pasted:
    """Masks as small maps, which are resampled to their image and compared with a threshold on the way.

    Args:
        maps: [N, h, w] logits or probabilities, float32, float16 or bfloat16
        like: whose resampling it is: "image": the map covers the image, as torch.nn.functional.interpolate (bilinear,
            align_corners=False) has it; "torchvision": it covers a box, as paste_masks_in_image; "detectron2": the
            same, as detectron2's function of that name
        boxes: [N, 4] x0, y0, x1, y1 in pixels, float32; with "image" they crop the masks and may be missing
        threshold: foreground is what is above it
    """

    @typed("Pasted")
    def __init__(self, maps: Any, like: str, boxes: Any = None, threshold: float = 0.0) -> None:
        if like not in ("image", "torchvision", "detectron2"):
            raise InputError("Pasted", "like", f"expected 'image', 'torchvision' or 'detectron2', found {like!r}")
        self.maps, self.like, self.boxes, self.threshold = maps, like, boxes, threshold

    def __len__(self) -> int:
        return len(self.maps)


class Prototypes:
    """Masks as sums of prototypes, resampled to their image (YOLO-seg).

    Args:
        prototypes: [C, h, w] float32, float16 or bfloat16
        coefficients: [N, C] float32
        boxes: [N, 4] x0, y0, x1, y1 in pixels of the image that masks are cropped to after resampling, or None
        crops: [N, 4] in units of the prototypes that maps are cropped to before resampling, or None
        threshold: foreground is what is above it
    """

    def __init__(
        self, prototypes: Any, coefficients: Any, boxes: Any = None, crops: Any = None, threshold: float = 0.0
    ) -> None:
        self.prototypes, self.coefficients = prototypes, coefficients
        self.boxes, self.crops, self.threshold = boxes, crops, threshold

    def __len__(self) -> int:
        return len(self.coefficients)
