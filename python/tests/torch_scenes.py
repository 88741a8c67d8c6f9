"""Random predictions and targets as torch tensors, with overlaps, ties, crowds and empty images."""

from __future__ import annotations

import torch
from torch import Tensor


class Scenes:
    """A stream of images that depends on the seed only."""

    def __init__(self, seed: int) -> None:
        self._random = torch.Generator().manual_seed(seed)

    def unit(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self._random)

    def below(self, n: int) -> int:
        return int(torch.randint(0, n, (1,), generator=self._random))

    def chance(self, probability: float) -> bool:
        return float(self.unit(1)) < probability

    def labels(self, n: int) -> Tensor:
        return torch.randint(0, 4, (n,), generator=self._random)

    def _objects(self, n: int, height: int, width: int) -> tuple[Tensor, Tensor]:
        corner = self.unit(n, 2) * torch.tensor([width * 0.6, height * 0.6])
        size = self.unit(n, 2) * torch.tensor([width * 0.4, height * 0.4]) + 1
        boxes = torch.cat((corner, corner + size), dim=1)
        masks = torch.zeros(n, height, width, dtype=torch.bool)
        for i, (x0, y0, x1, y1) in enumerate(boxes.int().tolist()):
            masks[i, y0:y1, x0:x1] = True
            masks[i] &= self.unit(height, width) > 0.1
        return boxes, masks

    def image(self, kinds: tuple[str, ...]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """A prediction and a target."""
        num_found, num_truth = self.below(9), self.below(5)
        height, width = 20 + self.below(70), 20 + self.below(70)
        boxes, masks = self._objects(num_found, height, width)
        truth_boxes, truth_masks = self._objects(num_truth, height, width)
        labels, truth_labels = self.labels(num_found), self.labels(num_truth)
        shared = min(num_found, num_truth)
        masks[:shared] = truth_masks[:shared] & (self.unit(height, width) > 0.2)
        boxes[:shared] = truth_boxes[:shared] + self.unit(shared, 4) * 3
        labels[:shared] = truth_labels[:shared]
        found = {"scores": (self.unit(num_found) * 20).round() / 20, "labels": labels}
        truth = {"labels": truth_labels, "iscrowd": (self.unit(num_truth) < 0.15).int()}
        if self.chance(0.5):
            areas = self.unit(num_truth) * 3000
            truth["area"] = torch.where(self.unit(num_truth) < 0.5, areas, torch.zeros(num_truth))
        if "segm" in kinds:
            found["masks"], truth["masks"] = masks, truth_masks
        if "bbox" in kinds:
            found["boxes"], truth["boxes"] = boxes, truth_boxes
        return found, truth

    def batch(self, kinds: tuple[str, ...]) -> tuple[list[dict[str, Tensor]], list[dict[str, Tensor]]]:
        images = [self.image(kinds) for _ in range(1 + self.below(3))]
        return [found for found, _ in images], [truth for _, truth in images]
