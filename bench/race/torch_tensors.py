#!/usr/bin/env python3
"""maskmetrics.torch against torchmetrics on the same tensors, on any device: seconds of update() of every image and
compute(). Usage: torch_tensors.py [--device cuda] [--images N] [--rounds N]; prints JSON.

Masks [100, 480, 640] of rectangles, 10 objects an image; the tensors of some images take turns. Both run in turn, and
their numbers are compared. torchmetrics copies masks to the CPU, so few images are enough for it.
"""

import argparse
import json
import statistics
import time

import torch
from torchmetrics.detection import MeanAveragePrecision as Theirs

from maskmetrics.torch import MeanAveragePrecision as Ours

HEIGHT, WIDTH, NUM_FOUND, NUM_TRUE, NUM_KINDS = 480, 640, 100, 10, 8


def rectangles(random, count):
    """[count, HEIGHT, WIDTH] booleans."""
    size = torch.tensor([HEIGHT, WIDTH])
    sides = 1 + (torch.rand(count, 2, generator=random) * size / 2).long()
    first = (torch.rand(count, 2, generator=random) * (size - sides + 1)).long()
    (top, left), (bottom, right) = first.T[:, :, None], (first + sides).T[:, :, None]
    rows, columns = torch.arange(HEIGHT), torch.arange(WIDTH)
    return ((rows >= top) & (rows < bottom))[:, :, None] & ((columns >= left) & (columns < right))[:, None, :]


def make_images(device):
    random = torch.Generator().manual_seed(1)
    for _ in range(NUM_KINDS):
        truth = rectangles(random, NUM_TRUE)
        found = torch.cat((truth.roll(3, 2), rectangles(random, NUM_FOUND - NUM_TRUE)))
        scores = torch.rand(NUM_FOUND, generator=random)
        labels = torch.randint(5, (NUM_FOUND,), generator=random)
        prediction = {"masks": found, "scores": scores, "labels": labels}
        target = {"masks": truth, "labels": labels[:NUM_TRUE]}
        yield tuple({key: value.to(device) for key, value in side.items()} for side in (prediction, target))


def validate(metric_type, images, count, device):
    metric = metric_type(iou_type="segm")
    if device != "cpu":
        torch.cuda.synchronize()
    started = time.perf_counter()
    for i in range(count):
        found, truth = images[i % len(images)]
        metric.update([found], [truth])
    values = metric.compute()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - started, {key: values[key].item() for key in ("map", "map_50", "mar_100")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    images = list(make_images(given.device))
    contestants = {"maskmetrics": Ours, "torchmetrics": Theirs}
    seconds = {name: [] for name in contestants}
    numbers = {}
    for number in range(given.rounds + 1):
        for name, metric_type in contestants.items():
            spent, numbers[name] = validate(metric_type, images, given.images, given.device)
            if number > 0:  # the first one warms up
                seconds[name].append(spent / given.images)
    each = {name: statistics.median(times) for name, times in seconds.items()}
    print(json.dumps({
        "device": given.device if given.device == "cpu" else torch.cuda.get_device_name(),
        "images": given.images,
        "milliseconds_an_image": {name: 1000 * value for name, value in each.items()},
        "times_ours": each["torchmetrics"] / each["maskmetrics"],
        "numbers_agree": numbers["maskmetrics"] == numbers["torchmetrics"],
        "numbers": numbers,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
