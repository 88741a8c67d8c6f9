"""Trains a small instance segmentation model for a minute and validates it on the way.

The model is one of YOLACT's kind: a grid of cells that each say a class, a box and some coefficients, and prototypes
that the coefficients add up to masks. Images are disks, squares and triangles, drawn as they are needed. Validation
takes prototypes and coefficients as they are: no mask is made at the image's size, and none is copied.

    python train_and_validate.py --seconds 60

Where PyTorch has a GPU, --device cuda keeps everything there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, interpolate, smooth_l1_loss
from torchvision.ops import batched_nms

from maskmetrics.torch import MeanAveragePrecision

SIZE = 64  # px, height and width of images
STRIDE = 8  # px, side of a cell
CELLS = SIZE // STRIDE
PROTOTYPE_STRIDE = 2
NUM_PROTOTYPES = 8
CLASSES = ("disk", "square", "triangle")
BACKGROUND = len(CLASSES)


# --- data


@dataclass
class Sample:
    """An image [3, H, W] with its objects, which may hide each other."""

    image: Tensor
    masks: Tensor  # [N, H, W] bool
    boxes: Tensor  # [N, 4] x0, y0, x1, y1 in px
    labels: Tensor  # [N]


def draw_sample(random: torch.Generator) -> Sample:
    def uniform(low: float, high: float) -> float:
        return low + (high - low) * torch.rand((), generator=random).item()

    y, x = torch.meshgrid(torch.arange(SIZE) + 0.5, torch.arange(SIZE) + 0.5, indexing="ij")
    image = 0.3 * torch.rand(3, 1, 1, generator=random) + 0.1 * torch.randn(3, SIZE, SIZE, generator=random)
    owner = torch.full((SIZE, SIZE), -1)
    labels = torch.randint(len(CLASSES), (int(uniform(1, 5)),), generator=random)
    for number, label in enumerate(labels):
        radius = uniform(6, 14)
        cx, cy = (uniform(radius, SIZE - radius) for _ in range(2))
        dx, dy = x - cx, y - cy
        inside = (
            dx**2 + dy**2 < radius**2,
            torch.maximum(dx.abs(), dy.abs()) < 0.85 * radius,
            (dy < 0.6 * radius) & (dy > 2 * dx.abs() - radius),
        )[label]
        owner[inside] = number
        color = 0.5 + 0.5 * torch.rand(3, generator=random)
        image[:, inside] = color[:, None] + 0.1 * torch.randn(3, int(inside.sum()), generator=random)
    masks = owner == torch.arange(len(labels))[:, None, None]
    seen = masks.flatten(1).sum(1) >= 20
    masks, labels = masks[seen], labels[seen]
    return Sample(image, masks, boxes_of(masks), labels)


def boxes_of(masks: Tensor) -> Tensor:
    """Tight boxes of masks that have pixels."""
    columns, rows = masks.any(1).to(torch.uint8), masks.any(2).to(torch.uint8)
    x0, y0 = columns.argmax(1), rows.argmax(1)
    x1, y1 = SIZE - columns.flip(1).argmax(1), SIZE - rows.flip(1).argmax(1)
    return torch.stack((x0, y0, x1, y1), 1).float()


def batches(random: torch.Generator, batch_size: int) -> Iterator[list[Sample]]:
    while True:
        yield [draw_sample(random) for _ in range(batch_size)]


# --- the model


def block(num_in: int, num_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(num_in, num_out, 3, stride, 1, bias=False), nn.BatchNorm2d(num_out), nn.ReLU(inplace=True)
    )


class TinyYolact(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(block(3, 16, 2), block(16, 24))
        self.coarse = nn.Sequential(block(24, 48, 2), block(48, 48), block(48, 64, 2), block(64, 64))
        self.cells = nn.Conv2d(64, BACKGROUND + 1 + 4 + NUM_PROTOTYPES, 1)
        self.prototypes = nn.Sequential(block(24 + 64, 32), nn.Conv2d(32, NUM_PROTOTYPES, 1))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Class logits [B, cells, classes + 1], boxes [B, cells, 4] in px, coefficients [B, cells, C], prototypes."""
        fine = self.fine(images)
        coarse = self.coarse(fine)
        prototypes = self.prototypes(torch.cat((fine, interpolate(coarse, size=fine.shape[2:], mode="bilinear")), 1))
        cells = self.cells(coarse).flatten(2).transpose(1, 2)
        logits, offsets, coefficients = cells.split((BACKGROUND + 1, 4, NUM_PROTOTYPES), 2)
        extents = SIZE / 2 * torch.sigmoid(offsets)  # left, top, right, bottom of the cell's center
        centers = centers_of_cells(images.device)
        boxes = torch.cat((centers - extents[..., :2], centers + extents[..., 2:]), 2)
        return logits, boxes, coefficients, prototypes


def centers_of_cells(device: torch.device) -> Tensor:
    steps = (torch.arange(CELLS, device=device) + 0.5) * STRIDE
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack((x.flatten(), y.flatten()), 1)


# --- training


def loss_of(model: TinyYolact, samples: list[Sample], device: torch.device) -> Tensor:
    logits, boxes, coefficients, prototypes = model(torch.stack([each.image for each in samples]).to(device))
    centers = centers_of_cells(torch.device("cpu")).long()
    classes = torch.full(logits.shape[:2], BACKGROUND, device=device)
    total = logits.new_zeros(())
    num_masks = 0
    for b, sample in enumerate(samples):
        # A cell belongs to the object that covers its center.
        covered = sample.masks[:, centers[:, 1], centers[:, 0]]
        objects, cells = (each.to(device) for each in covered.nonzero(as_tuple=True))
        if len(cells) == 0:
            continue
        classes[b, cells] = sample.labels.to(device)[objects]
        wanted_boxes = sample.boxes.to(device)[objects]
        maps = torch.einsum("nc,chw->nhw", coefficients[b, cells], prototypes[b])
        wanted = interpolate(sample.masks[None].float(), size=maps.shape[1:], mode="bilinear")[0].to(device)[objects]
        near = inside(wanted_boxes / PROTOTYPE_STRIDE, *maps.shape[1:])
        pixels = binary_cross_entropy_with_logits(maps, wanted, reduction="none") * near
        total = total + (pixels.flatten(1).sum(1) / near.flatten(1).sum(1)).sum()
        total = total + smooth_l1_loss(boxes[b, cells] / SIZE, wanted_boxes / SIZE, beta=0.02, reduction="sum")
        num_masks += len(cells)
    return cross_entropy(logits.flatten(0, 1), classes.flatten()) + total / max(1, num_masks)


def inside(boxes: Tensor, height: int, width: int) -> Tensor:
    """Pixels of boxes [N, 4] that are a pixel larger on all sides."""
    y, x = (torch.arange(each, device=boxes.device) + 0.5 for each in (height, width))
    x0, y0, x1, y1 = (each[:, None] for each in boxes.unbind(1))
    rows, columns = (y > y0 - 1) & (y < y1 + 1), (x > x0 - 1) & (x < x1 + 1)
    return (rows[:, :, None] & columns[:, None, :]).float()


# --- validation


@torch.no_grad()
def predict(model: TinyYolact, images: Tensor, max_found: int = 20) -> list[dict[str, Tensor]]:
    """What each image shows, with masks as prototypes and coefficients."""
    found = []
    for logits, unclipped, coefficients, prototypes in zip(*model(images), strict=True):
        scores, labels = logits.softmax(1)[:, :BACKGROUND].max(1)
        boxes = unclipped.clamp(0, SIZE)
        kept = batched_nms(boxes, scores, labels, iou_threshold=0.5)[:max_found]
        kept = kept[scores[kept] > 0.05]
        found.append(
            {
                "scores": scores[kept],
                "labels": labels[kept],
                "boxes": boxes[kept],
                "coefficients": coefficients[kept],
                "prototypes": prototypes,
            }
        )
    return found


def validate(model: TinyYolact, batches: list[list[Sample]], device: torch.device) -> dict[str, float]:
    metric = MeanAveragePrecision(iou_type="segm", from_logits="prototypes", mask_threshold=0.0)
    model.eval()
    seconds = 0.0
    for samples in batches:
        found = predict(model, torch.stack([each.image for each in samples]).to(device))
        truth = [{"masks": each.masks.to(device), "labels": each.labels.to(device)} for each in samples]
        started = time.perf_counter()
        metric.update(found, truth)
        seconds += time.perf_counter() - started
    started = time.perf_counter()
    result = metric.compute()
    seconds += time.perf_counter() - started
    model.train()
    return {"AP": result["map"].item(), "AP50": result["map_50"].item(), "seconds": seconds}


def train(
    seconds: float,
    *,
    max_steps: int | None = None,
    evaluate_every: int = 100,
    num_validated: int = 200,
    seed: int = 0,
    device: str = "cpu",
    report: Callable[[int, float, dict[str, float]], None] = lambda step, loss, result: None,
) -> list[dict[str, float]]:
    """Trains for some seconds or steps; returns what every validation found."""
    torch.manual_seed(seed)
    place = torch.device(device)
    model = TinyYolact().to(place)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    unseen = batches(torch.Generator().manual_seed(seed + 1), 20)
    validated = [next(unseen) for _ in range(max(1, num_validated // 20))]
    started = time.perf_counter()
    results, losses = [], []
    for step, samples in enumerate(batches(torch.Generator().manual_seed(seed), 16), start=1):
        loss = loss_of(model, samples, place)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        last = step == max_steps or time.perf_counter() - started >= seconds
        if last or step % evaluate_every == 0:
            results.append(validate(model, validated, place))
            report(step, sum(losses) / len(losses), results[-1])
            losses = []
        if last:
            return results
    raise AssertionError("there is always another batch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to train (%(default)s)")
    parser.add_argument("--steps", type=int, help="at most so many steps")
    parser.add_argument("--every", type=int, default=100, help="steps between validations (%(default)s)")
    parser.add_argument("--images", type=int, default=200, help="images of a validation (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")
    given = parser.parse_args()
    print(f"{'step':>6}  {'loss':>6}  {'AP':>6}  {'AP50':>6}  validation of {given.images} images")

    def report(step: int, loss: float, result: dict[str, float]) -> None:
        print(
            f"{step:6}  {loss:6.3f}  {result['AP']:6.3f}  {result['AP50']:6.3f}  {1000 * result['seconds']:.0f} ms",
            flush=True,
        )

    train(
        given.seconds,
        max_steps=given.steps,
        evaluate_every=given.every,
        num_validated=given.images,
        seed=given.seed,
        device=given.device,
        report=report,
    )


if __name__ == "__main__":
    main()
