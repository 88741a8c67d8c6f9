"""COCOeval step by step in Python, as pycocotools goes: for keypoints, and where a program has replaced a step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from . import _steps
from .errors import InputError, InputKeyError, InputTypeError, ProtocolError, ProtocolIndexError

_EVALUATOR_STEPS = ("_prepare", "computeIoU", "evaluateImg")
_RESULTS = ("evalImgs", "ious", "_gts", "_dts")
_DATA_STEPS = ("getAnnIds", "loadAnns")
_DATA = ("dataset", "anns", "imgs", "imgToAnns")


def is_needed(evaluator: Any) -> bool:
    """True where the library must not evaluate at once."""
    p = evaluator.params
    steps = (*_DATA_STEPS, "annToRLE") if p.iouType != "bbox" else _DATA_STEPS
    return (
        p.iouType == "keypoints"
        or _has_nothing_to_ask(p)
        or not _steps.masks_are_plain()
        or not _steps.is_plain(evaluator, _EVALUATOR_STEPS, _RESULTS)
        or not all(is_plain_data(data, steps, _DATA) for data in (evaluator.cocoGt, evaluator.cocoDt))
    )


def check_parameters(p: Any) -> None:
    """Looks at all that the steps take apart, so that what is of another type is found before they begin."""
    for threshold in p.iouThrs:
        float(threshold)
    for area in p.areaRng:
        float(area[0]), float(area[1])
    for cap in p.maxDets:
        cap + 1
    len(p.catIds), bool(p.useCats)


def largest_cap(p: Any) -> Any:
    """The last of maxDets, which evaluate() has sorted."""
    if not p.maxDets:
        raise ProtocolIndexError("params", "maxDets", "expected one at least, got none")
    return p.maxDets[-1]


def _has_nothing_to_ask(p: Any) -> bool:
    """Without images, categories, thresholds or area ranges there are results of no size, which the library does not
    make."""
    if len(p.imgIds) == 0 or len(p.catIds) == 0:
        return True
    return p.iouType in ("bbox", "segm") and (len(p.iouThrs) == 0 or len(p.areaRng) == 0)


def is_plain_data(data: Any, steps: Iterable[str], attributes: Iterable[str]) -> bool:
    """True where a data set's columns, or its dictionaries, tell what its methods would."""
    if not _steps.is_plain(data, steps, attributes):
        return False
    return getattr(data, "_file", None) is not None or all(
        isinstance(getattr(data, name, None), dict) for name in attributes
    )


def sorted_ids(data: Any, name: str, quick: str, source: str) -> list:
    """Ids as a data set's method returns them, without making dictionaries where it is ours."""
    at_once = _steps.is_plain(data, (name,), ("dataset", "imgs", "cats")) and hasattr(data, quick)
    ids = method(data, quick if at_once else name, source)()
    try:
        return sorted(ids)
    except TypeError as error:
        raise InputTypeError(source, f"{name}()", f"expected ids that can be sorted: {error}") from None


def evaluate(evaluator: Any) -> None:
    """Fills ious and evalImgs."""
    p = evaluator.params
    evaluator._prepare()
    cap = largest_cap(p)  # after what _prepare() finds, as in the reference
    categories = p.catIds if p.useCats else [-1]
    compare = evaluator.computeOks if p.iouType == "keypoints" else evaluator.computeIoU
    evaluator.ious = {(image, category): compare(image, category) for image in p.imgIds for category in categories}
    evaluate_image = evaluator.evaluateImg
    evaluator.evalImgs = [
        evaluate_image(image, category, area, cap)
        for category in categories
        for area in p.areaRng
        for image in p.imgIds
    ]


def prepare(evaluator: Any) -> None:
    """Fills _gts and _dts; as in the reference, masks become RLEs and "ignore" what "iscrowd" says."""
    p = evaluator.params
    gts, dts = (_annotations(getattr(evaluator, name), p, name) for name in ("cocoGt", "cocoDt"))
    evaluator._gts, evaluator._dts = grouped(_with_ignore(gts, p)), grouped(dts)
    evaluator.evalImgs = defaultdict(list)
    evaluator.eval = {}


def ground_truths(evaluator: Any, p: Any) -> dict:
    """What _prepare() makes of the ground truth under some parameters."""
    return {"_gts": grouped(_with_ignore(_annotations(evaluator.cocoGt, p, "cocoGt"), p))}


def detections(evaluator: Any, p: Any) -> dict:
    return {"_dts": grouped(_annotations(evaluator.cocoDt, p, "cocoDt"))}


def _annotations(coco: Any, p: Any, source: str) -> list[dict]:
    if coco is None:
        raise InputError("COCOeval", source, "is missing")
    ask = method(coco, "getAnnIds", source)
    ids = ask(imgIds=p.imgIds, catIds=p.catIds) if p.useCats else ask(imgIds=p.imgIds)
    anns = method(coco, "loadAnns", source)(ids)
    if p.iouType == "segm":
        for ann in anns:
            ann["segmentation"] = method(coco, "annToRLE", source)(ann)
    return anns


def method(data: Any, name: str, source: str) -> Any:
    """A method that a data set must have."""
    try:
        return getattr(data, name)
    except AttributeError:
        raise InputTypeError(source, "", f"expected an object with {name}(), got {type(data).__name__}") from None


def _with_ignore(gts: list[dict], p: Any) -> list[dict]:
    for ann in gts:
        ann["ignore"] = "iscrowd" in ann and ann["iscrowd"]
        if p.iouType == "keypoints":
            ann["ignore"] = field(ann, "num_keypoints", "cocoGt") == 0 or ann["ignore"]
    return gts


def grouped(anns: Iterable[dict], groups: dict | None = None) -> dict:
    """Annotations by (image id, category id), added to groups where there are some."""
    groups = defaultdict(list) if groups is None else groups
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
        raise InputKeyError(source, f"anns[{ann.get('id')!r}]", f"has no {key!r}") from None


def best_first(dts: list[dict], cap: int | None, source: str = "cocoDt") -> list[dict]:
    scores = [field(dt, "score", source) for dt in dts]
    try:
        order = np.argsort([-score for score in scores], kind="mergesort")
    except (TypeError, ValueError):
        raise InputTypeError(source, "['score']", f"expected numbers, got {scores!r:.60}") from None
    return [dts[i] for i in order[:cap]]


def compute_iou(evaluator: Any, image: Any, category: Any) -> Any:
    """IoU [D, G], D best first and up to the largest cap."""
    p = evaluator.params
    gts, dts = _cell(evaluator, image, category)
    if not gts and not dts:
        return []
    key = {"segm": "segmentation", "bbox": "bbox"}.get(p.iouType)
    if key is None:
        problem = f"unknown iouType for iou computation: {p.iouType!r}"
        if p.iouType == "boundary":
            problem = "'boundary' cannot be evaluated step by step, as is needed where a program replaces a method"
        raise ProtocolError("params", "iouType", problem)
    dts = best_first(dts, largest_cap(p))
    crowds = _crowds(gts)
    return _steps.mask_function("iou")(
        [field(dt, key, "cocoDt") for dt in dts], [field(gt, key, "cocoGt") for gt in gts], crowds
    )


def _crowds(gts: list[dict]) -> list[int]:
    return [int(field(gt, "iscrowd", "cocoGt")) for gt in gts]


def evaluate_image(evaluator: Any, image: Any, category: Any, area_range: Any, cap: int) -> dict | None:
    """The table of one image, category and area range."""
    gts, dts = _cell(evaluator, image, category)
    if not gts and not dts:
        return None
    gts, order = counted_first(gts, area_range, "cocoGt")
    dts = best_first(dts, cap)
    ious = evaluator.ious[image, category]
    thresholds = evaluator.params.iouThrs
    dt_matches, gt_matches, dt_ignore, gt_ignore = match(dts, gts, ious, order, thresholds, _crowds(gts))
    outside = [is_outside(dt, area_range, "cocoDt") for dt in dts]
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
        "dtIgnore": with_unmatched(dt_ignore, dt_matches, outside),
    }


def is_outside(ann: dict, area_range: Any, source: str) -> Any:
    area = field(ann, "area", source)
    return area < area_range[0] or area > area_range[1]


def counted_first(gts: list[dict], area_range: Any, source: str) -> tuple[list[dict], np.ndarray]:
    """Ground truths, those that are ignored last, and their places before."""
    for gt in gts:
        gt["_ignore"] = 1 if field(gt, "ignore", source) or is_outside(gt, area_range, source) else 0
    order = np.argsort([gt["_ignore"] for gt in gts], kind="mergesort")
    return [gts[i] for i in order], order


def match(
    dts: list[dict], gts: list[dict], ious: Any, order: np.ndarray, thresholds: Any, crowds: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Matches [T, D] and [T, G], which detections took an ignored ground truth [T, D], and which are ignored [G].

    Args:
        ious: [D, G] of ground truths before they were put in order
        crowds: [G] of those that may be taken again
    """
    if len(ious) > 0:
        ious = np.asarray(ious)[:, order]
    dt_matches = np.zeros((len(thresholds), len(dts)))
    gt_matches = np.zeros((len(thresholds), len(gts)))
    dt_ignore = np.zeros((len(thresholds), len(dts)))
    gt_ignore = np.array([gt["_ignore"] for gt in gts])
    if len(ious) > 0:
        for t, threshold in enumerate(thresholds):
            for d, dt in enumerate(dts):
                g = _match(ious, d, min(threshold, 1 - 1e-10), gt_matches[t], gt_ignore, crowds)
                if g >= 0:
                    dt_ignore[t, d] = gt_ignore[g]
                    dt_matches[t, d] = gts[g]["id"]
                    gt_matches[t, g] = dt["id"]
    return dt_matches, gt_matches, dt_ignore, gt_ignore


def with_unmatched(ignored: np.ndarray, matches: np.ndarray, unwanted: list) -> np.ndarray:
    """Detections that are ignored: those that took an ignored ground truth, and unwanted ones [D] without a match."""
    return np.logical_or(ignored, np.logical_and(matches == 0, np.array(unwanted, dtype=bool)[np.newaxis, :]))


def _match(ious: np.ndarray, d: int, best: float, taken: np.ndarray, ignored: np.ndarray, crowds: list[int]) -> int:
    """The ground truth that a detection takes, or -1. Those that count are first."""
    found = -1
    for g, crowd in enumerate(crowds):
        if taken[g] > 0 and not crowd:
            continue
        if found >= 0 and ignored[found] == 0 and ignored[g] == 1:
            break
        # Written so that a NaN is no less than anything, as in the reference.
        if not ious[d, g] < best:
            best, found = ious[d, g], g
    return found
