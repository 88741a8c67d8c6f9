"""COCOeval step by step in Python: for key points, and for classes that replace one of its steps."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from . import mask
from .errors import InputError, InputKeyError

_STEPS = ("_prepare", "computeIoU", "evaluateImg")


def is_overridden(evaluator: Any) -> bool:
    """True where a subclass, or somebody from outside, has replaced a step."""
    from .cocoeval import COCOeval

    return any(
        name in evaluator.__dict__ or getattr(type(evaluator), name) is not getattr(COCOeval, name) for name in _STEPS
    )


def evaluate(evaluator: Any) -> None:
    """Fills ious and evalImgs."""
    p = evaluator.params
    evaluator._prepare()
    categories = p.catIds if p.useCats else [-1]
    compare = evaluator.computeOks if p.iouType == "keypoints" else evaluator.computeIoU
    evaluator.ious = {(image, category): compare(image, category) for image in p.imgIds for category in categories}
    evaluator.evalImgs = [
        evaluator.evaluateImg(image, category, area, p.maxDets[-1])
        for category in categories
        for area in p.areaRng
        for image in p.imgIds
    ]


def prepare(evaluator: Any) -> None:
    """Fills _gts and _dts; as in the reference, masks become run-length codes and "ignore" what "iscrowd" says."""
    p = evaluator.params
    found = []
    for name in ("cocoGt", "cocoDt"):
        coco = getattr(evaluator, name)
        if coco is None:
            raise InputError("COCOeval", name, "is missing")
        ids = coco.getAnnIds(imgIds=p.imgIds, catIds=p.catIds) if p.useCats else coco.getAnnIds(imgIds=p.imgIds)
        anns = coco.loadAnns(ids)
        if p.iouType == "segm":
            for ann in anns:
                ann["segmentation"] = coco.annToRLE(ann)
        found.append(anns)
    for ann in found[0]:
        ann["ignore"] = ann.get("iscrowd", False) and ann["iscrowd"]
        if p.iouType == "keypoints":
            ann["ignore"] = field(ann, "num_keypoints", "cocoGt") == 0 or ann["ignore"]
    evaluator._gts, evaluator._dts = (_grouped(anns) for anns in found)
    evaluator.evalImgs = defaultdict(list)
    evaluator.eval = {}


def _grouped(anns: list[dict]) -> dict:
    groups: dict = defaultdict(list)
    for ann in anns:
        groups[ann["image_id"], ann["category_id"]].append(ann)
    return groups


def _cell(evaluator: Any, image: Any, category: Any) -> tuple[list[dict], list[dict]]:
    p = evaluator.params
    categories = [category] if p.useCats else p.catIds
    gts = [ann for each in categories for ann in evaluator._gts[image, each]]
    dts = [ann for each in categories for ann in evaluator._dts[image, each]]
    return gts, dts


def field(ann: dict, key: str, source: str) -> Any:
    """A value of an annotation that must be there."""
    try:
        return ann[key]
    except KeyError:
        raise InputKeyError(source, f"anns[{ann['id']}]", f"has no {key!r}") from None


def best_first(dts: list[dict], cap: int) -> list[dict]:
    order = np.argsort([-dt["score"] for dt in dts], kind="mergesort")
    return [dts[i] for i in order[:cap]]


def compute_iou(evaluator: Any, image: Any, category: Any) -> Any:
    """IoU [D, G], D best first and up to the largest cap."""
    p = evaluator.params
    gts, dts = _cell(evaluator, image, category)
    if not gts and not dts:
        return []
    key = {"segm": "segmentation", "bbox": "bbox"}.get(p.iouType)
    if key is None:
        raise InputError("params", "iouType", f"unknown iouType for iou computation: {p.iouType!r}")
    dts = best_first(dts, p.maxDets[-1])
    return mask.iou([dt[key] for dt in dts], [gt[key] for gt in gts], _crowds(gts))


def _crowds(gts: list[dict]) -> list[int]:
    return [int(field(gt, "iscrowd", "cocoGt")) for gt in gts]


def evaluate_image(evaluator: Any, image: Any, category: Any, area_range: Any, cap: int) -> dict | None:
    """The table of one image, category and area range."""
    gts, dts = _cell(evaluator, image, category)
    if not gts and not dts:
        return None
    low, high = area_range[0], area_range[1]
    for gt in gts:
        gt["_ignore"] = 1 if gt["ignore"] or gt["area"] < low or gt["area"] > high else 0
    order = np.argsort([gt["_ignore"] for gt in gts], kind="mergesort")
    gts = [gts[i] for i in order]
    dts = best_first(dts, cap)
    crowds = _crowds(gts)
    ious = evaluator.ious[image, category]
    if len(ious) > 0:
        ious = np.asarray(ious)[:, order]
    thresholds = evaluator.params.iouThrs
    dt_matches = np.zeros((len(thresholds), len(dts)))
    gt_matches = np.zeros((len(thresholds), len(gts)))
    dt_ignore = np.zeros((len(thresholds), len(dts)))
    gt_ignore = np.array([gt["_ignore"] for gt in gts])
    if len(ious) > 0:
        for t, threshold in enumerate(thresholds):
            for d, dt in enumerate(dts):
                g = _match(ious[d], min(threshold, 1 - 1e-10), gt_matches[t], gt_ignore, crowds)
                if g >= 0:
                    dt_ignore[t, d] = gt_ignore[g]
                    dt_matches[t, d] = gts[g]["id"]
                    gt_matches[t, g] = dt["id"]
    outside = np.array([dt["area"] < low or dt["area"] > high for dt in dts], dtype=bool)
    return {
        "image_id": image,
        "category_id": category,
        "aRng": area_range,
        "maxDet": cap,
        "dtIds": [dt["id"] for dt in dts],
        "gtIds": [gt["id"] for gt in gts],
        "dtMatches": dt_matches,
        "gtMatches": gt_matches,
        "dtScores": [dt["score"] for dt in dts],
        "gtIgnore": gt_ignore,
        "dtIgnore": np.logical_or(dt_ignore, (dt_matches == 0) & outside[np.newaxis, :]),
    }


def _match(overlaps: np.ndarray, best: float, taken: np.ndarray, ignored: np.ndarray, crowds: list[int]) -> int:
    """The ground truth that a detection takes, or -1. Those that count stand first."""
    found = -1
    for g, crowd in enumerate(crowds):
        if taken[g] > 0 and not crowd:
            continue
        if found >= 0 and ignored[found] == 0 and ignored[g] == 1:
            break
        # Written so that a NaN is no less than anything, as in the reference.
        if not overlaps[g] < best:
            best, found = overlaps[g], g
    return found
