"""What is raced on: files, made by the project's generator or the user's own."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from contestants import OVERLAPS


@dataclass(frozen=True)
class Workload:
    name: str
    rules: str  # coco, lvis or dense
    gt: Path
    dt: Path
    num_images: int
    dets_per_image: int = 0  # 0: the user's files
    seed: int = 1

    def overlaps(self, wanted):
        return [iou for iou in OVERLAPS[self.rules] if not wanted or iou in wanted]

    @property
    def flavour(self):
        return "lvis" if self.rules == "lvis" else "coco"

    def description(self):
        return {"rules": self.rules, "images": self.num_images, "dets_per_image": self.dets_per_image or None,
                "seed": self.seed if self.dets_per_image else None,
                "gt_bytes": os.path.getsize(self.gt), "dt_bytes": os.path.getsize(self.dt)}  # fmt: skip


# Name: rules, images, detections an image. lvis20k has as many images as LVIS v1 val, lvis5k as many as LVIS v0.5 val.
STANDARD = {
    "coco-small": ("coco", 200, 100),
    "lvis-small": ("lvis", 200, 300),
    "dense-small": ("dense", 100, 100),
    "coco5k": ("coco", 5000, 100),
    "lvis5k": ("lvis", 4809, 300),
    "lvis20k": ("lvis", 19809, 300),
}


def standard_workload(name, folder, seed=1):
    rules, num_images, dets_per_image = STANDARD[name]
    place = Path(folder) / f"{name}-seed{seed}"
    return Workload(name, rules, place / "gt.json", place / "dt.json", num_images, dets_per_image, seed)


def own_workload(gt, dt, rules):
    with open(gt, encoding="utf-8") as file:
        num_images = len(json.load(file)["images"])
    return Workload(Path(dt).stem, rules, Path(gt).resolve(), Path(dt).resolve(), num_images)


def make(workload, generator):
    """Makes the files where they are not there yet. The same arguments give the same bytes."""
    if not workload.dets_per_image or (workload.gt.exists() and workload.dt.exists()):
        return
    command = [generator, workload.flavour, "--images", workload.num_images, "--dets-per-image",
               workload.dets_per_image, "--seed", workload.seed, "--results", "both", workload.gt.parent]  # fmt: skip
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def warm(workload):
    """Into the page cache, so that nobody pays for the disk."""
    for file in (workload.gt, workload.dt):
        with open(file, "rb", buffering=0) as stream:
            while stream.read(1 << 24):
                pass
