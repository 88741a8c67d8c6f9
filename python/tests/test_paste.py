"""Fused pasting against the frameworks' own operations: they differ at most where a value lies at the threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from conftest import scaled
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate
from torchvision.models.detection.roi_heads import paste_masks_in_image

from maskmetrics import Evaluator, Pasted, Prototypes
from maskmetrics.torch import MeanAveragePrecision

# How far two ways to round a bilinear sample of numbers up to 4 may lie apart.
ROUNDING = 1e-5
SIZES = [(37, 53), (64, 64), (120, 33), (7, 9)]


def framework_grid(maps: Tensor, boxes: Tensor, height: int, width: int) -> Tensor:
    """What detectron2's pasting calls: grid_sample on a grid that spans the box."""
    x0, y0, x1, y1 = boxes.split(1, dim=1)
    ys = ((torch.arange(height) + 0.5)[None] - y0) / (y1 - y0) * 2 - 1
    xs = ((torch.arange(width) + 0.5)[None] - x0) / (x1 - x0) * 2 - 1
    grid = torch.stack((xs[:, None, :].expand(-1, height, -1), ys[:, :, None].expand(-1, -1, width)), dim=3)
    return grid_sample(maps[:, None], grid, align_corners=False)[:, 0]


def random_boxes(random: torch.Generator, n: int, height: int, width: int) -> Tensor:
    """Inside, across the borders, and larger than the image; torchvision pastes no box that misses the image."""
    image = torch.tensor([width, height])
    center = torch.rand(n, 2, generator=random) * (image - 1)
    half = torch.rand(n, 2, generator=random) * image * 0.7 + 1
    return torch.cat((center - half, center + half), dim=1)


def expect_equal_but_at_the_threshold(values: Tensor, threshold: float, masks: Any, size: tuple[int, int]) -> None:
    """Compares fused masks with values > threshold, by their overlaps: each is its own category."""
    expected = values > threshold
    near = ((values - threshold).abs() <= ROUNDING).flatten(1).sum(1)
    n = len(values)
    evaluator = Evaluator(iou="segm", all_pairs=True)
    labels = np.arange(n)
    truth = {"labels": labels, "masks": expected}
    evaluator.update(1, scores=np.ones(n), labels=labels, masks=masks, ground_truth=truth, size=size)
    overlaps = evaluator.overlaps()
    for i in range(n):
        area = int(expected[i].sum())
        overlap = overlaps[1, i].item()
        if area == 0:
            continue  # nothing to overlap with; an own area shows below
        # union - intersection pixels differ, and the union has at most area + near.
        assert (1 - overlap) * (area + int(near[i])) <= int(near[i]) + 1e-6, (i, overlap, area, int(near[i]))
    # A mask that should be empty and is not would have an area in this range.
    stray = Evaluator(iou="segm")
    empty = [i for i in range(n) if not expected[i].any() and not near[i]]
    if empty:
        stray.update(
            1,
            scores=np.ones(n),
            labels=labels,
            masks=masks,
            size=size,
            ground_truth={"labels": labels, "masks": torch.ones(n, *size, dtype=torch.bool)},
        )
        for i in empty:
            assert float(stray.compute().precision[0, 0, i, 0, 0]) == 0.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("size", SIZES)
def test_maps_that_cover_the_image(size: tuple[int, int], dtype: torch.dtype) -> None:
    random = torch.Generator().manual_seed(1)
    for _ in range(scaled(12)):
        h, w = (int(torch.randint(1, 40, (1,), generator=random)) for _ in range(2))
        maps = (torch.randn(4, h, w, generator=random)).to(dtype)
        values = interpolate(maps.float()[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
        expect_equal_but_at_the_threshold(values, 0.0, Pasted(maps, "image"), size)


@pytest.mark.parametrize("size", SIZES)
def test_maps_of_boxes_as_torchvision_pastes_them(size: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(2)
    for _ in range(scaled(12)):
        side = int(torch.randint(1, 30, (1,), generator=random))
        maps = torch.rand(4, side, side, generator=random)
        boxes = random_boxes(random, 4, *size)
        values = paste_masks_in_image(maps[:, None], boxes, size, padding=1)[:, 0]
        expect_equal_but_at_the_threshold(values, 0.5, Pasted(maps, "torchvision", boxes, 0.5), size)


@pytest.mark.parametrize("size", SIZES)
def test_maps_of_boxes_as_detectron2_pastes_them(size: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(3)
    for _ in range(scaled(12)):
        side = int(torch.randint(1, 30, (1,), generator=random))
        maps = torch.rand(4, side, side, generator=random)
        boxes = random_boxes(random, 4, *size)
        values = framework_grid(maps, boxes, *size)
        expect_equal_but_at_the_threshold(values, 0.5, Pasted(maps, "detectron2", boxes, 0.5), size)


@pytest.mark.parametrize("crop_first", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_prototypes(size: tuple[int, int], crop_first: bool) -> None:
    random = torch.Generator().manual_seed(4)
    for _ in range(scaled(12)):
        channels, h, w = 8, int(torch.randint(2, 30, (1,), generator=random)), 17
        prototypes = torch.randn(channels, h, w, generator=random)
        coefficients = torch.randn(4, channels, generator=random) / channels
        boxes = random_boxes(random, 4, *size)
        maps = (coefficients @ prototypes.reshape(channels, -1)).reshape(4, h, w)
        crops = boxes * torch.tensor([w / size[1], h / size[0]] * 2)
        if crop_first:
            maps = maps * inside(crops, h, w)
        values = interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
        if not crop_first:
            values = torch.where(inside(boxes, *size), values, torch.tensor(-1.0))
        masks = Prototypes(prototypes, coefficients, None if crop_first else boxes, crops if crop_first else None, 0.1)
        expect_equal_but_at_the_threshold(values, 0.1, masks, size)


def inside(boxes: Tensor, height: int, width: int) -> Tensor:
    x0, y0, x1, y1 = boxes[:, :, None].unbind(1)
    x, y = torch.arange(width).float(), torch.arange(height).float()
    return ((x >= x0) & (x < x1))[:, None, :] & ((y >= y0) & (y < y1))[:, :, None]


def test_the_metric_takes_maps() -> None:
    random = torch.Generator().manual_seed(5)
    size = (60, 80)
    metrics = {
        kind: MeanAveragePrecision(iou_type="segm", from_logits=kind, mask_threshold=0.5)
        for kind in ("image", "torchvision", "detectron2", "prototypes")
    }
    dense = {kind: MeanAveragePrecision(iou_type="segm") for kind in metrics}
    for _ in range(4):
        maps = torch.rand(3, 14, 14, generator=random)
        boxes = random_boxes(random, 3, *size)
        common = {"scores": torch.rand(3, generator=random), "labels": torch.tensor([0, 1, 1])}
        given = {
            "image": {"masks": maps},
            "torchvision": {"masks": maps[:, None], "boxes": boxes},
            "detectron2": {"masks": maps, "boxes": boxes},
            "prototypes": {"prototypes": maps, "coefficients": torch.eye(3), "boxes": boxes},
        }
        whole = interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
        values = {
            "image": whole,
            "torchvision": paste_masks_in_image(maps[:, None], boxes, size, padding=1)[:, 0],
            "detectron2": framework_grid(maps, boxes, *size),
            "prototypes": torch.where(inside(boxes, *size), whole, torch.tensor(0.0)),
        }
        noise = torch.rand(3, *size, generator=random) > 0.1
        for kind, metric in metrics.items():
            masks = values[kind] > 0.5
            target = [{"masks": masks & noise, "labels": common["labels"]}]
            metric.update([{**common, **given[kind]}], target)
            dense[kind].update([{**common, "masks": masks}], target)
    for kind, metric in metrics.items():
        assert abs(float(metric.compute()["map"]) - float(dense[kind].compute()["map"])) < 1e-3, kind
        assert float(metric.compute()["map"]) > 0.2
