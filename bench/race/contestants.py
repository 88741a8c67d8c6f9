"""Who races, and in what."""

import re
from dataclasses import dataclass, field

from environment import REPOSITORY

OURS = "maskmetrics"
OVERLAPS = {"coco": ("bbox", "segm", "boundary"), "lvis": ("bbox", "segm"), "dense": ("segm",)}


@dataclass(frozen=True)
class Contestant:
    name: str
    packages: tuple[str, ...]  # on PyPI, but ours; the first one's version is the contestant's
    races: frozenset[tuple[str, str]]  # (rules, overlap)
    pins: dict = field(default_factory=dict, hash=False)  # what pip is asked for in a package's place

    def requirements(self):
        return [self.pins.get(package, package) for package in self.packages]


def races(**overlaps):
    return frozenset((rules, iou) for rules, names in overlaps.items() for iou in names.split())


EVERYTHING = races(coco="bbox segm boundary", lvis="bbox segm")
DENSE = races(dense="segm")

# faster-coco-eval and ultrafast-pycocotools name an overlap "boundary", too.
KNOWN = {
    one.name: one
    for one in (
        Contestant("pycocotools", ("pycocotools",), races(coco="bbox segm")),
        Contestant("lvis", ("lvis", "numpy", "pycocotools"), races(lvis="bbox segm")),
        Contestant("faster-coco-eval", ("faster-coco-eval",), EVERYTHING),
        Contestant("hotcoco", ("hotcoco", "numpy"), races(coco="bbox segm", lvis="bbox segm")),
        Contestant("ultrafast-pycocotools", ("ultrafast-pycocotools",), EVERYTHING),
        Contestant("vernier", ("vernier",), EVERYTHING),
        Contestant("torchmetrics", ("torchmetrics", "torch", "torchvision", "pycocotools"), DENSE),
        Contestant("torchmetrics[faster-coco-eval]",
                   ("torchmetrics", "torch", "torchvision", "pycocotools", "faster-coco-eval"), DENSE),
        Contestant("maskmetrics (Python)", ("maskmetrics", "numpy", "torch", "torchvision", "pycocotools"), DENSE,
                   {"maskmetrics": str(REPOSITORY)}),
    )
}  # fmt: skip


class UnknownContestant(ValueError):
    pass


def parse_contestants(texts):
    """Contestants by name, with or without a pin: "hotcoco", "pycocotools==2.0.11"."""
    found = []
    for text in texts:
        match = re.fullmatch(r"([A-Za-z0-9()\[\]. _-]+?)\s*((?:[=<>!~]=?|===)[^=].*)?", text)
        known = KNOWN.get(match[1]) if match else None
        if known is None:
            raise UnknownContestant(f"no contestant is called '{text}'; there are {', '.join(KNOWN)}")
        package = known.packages[0]
        pins = {package: package + match[2].replace(" ", "")} if match[2] else known.pins
        found.append(Contestant(known.name, known.packages, known.races, pins))
    return found
