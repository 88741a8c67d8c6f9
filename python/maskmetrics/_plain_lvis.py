"""LVISEval step by step in Python, as lvis-api goes: where a program has replaced a step, or reads what one leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from . import _plain, _steps
from .errors import InputError, InputKeyError, ProtocolError, ProtocolTypeError

_EVALUATOR_STEPS = ("_prepare", "_prepare_freq_group", "_to_mask", "_get_gt_dt", "compute_iou", "evaluate_img")
_RESULTS = ("eval_imgs", "ious", "_gts", "_dts", "img_nel", "freq_groups")
_DATA_STEPS = ("get_ann_ids", "load_anns", "_load_helper")
_GROUND_TRUTH_STEPS = ("load_imgs", "load_cats")
_DATA = ("dataset", "anns", "imgs", "cats", "img_ann_map")
_KEYS = {"segm": "segmentation", "bbox": "bbox"}


def is_needed(evaluator: Any) -> bool:
    """True where the library must not evaluate at once."""
    p = evaluator.params
    steps = (*_DATA_STEPS, "ann_to_rle") if p.iou_type != "bbox" else _DATA_STEPS
    return (
        # Without any of these there are results of no size, which the library does not make.
        any(len(axis) == 0 for axis in (p.img_ids, p.cat_ids, p.iou_thrs, p.area_rng))
        or not _steps.masks_are_plain()
        or not _steps.is_plain(evaluator, _EVALUATOR_STEPS, _RESULTS)
        or not _plain.is_plain_data(evaluator.lvis_gt, (*steps, *_GROUND_TRUTH_STEPS), _DATA)
        or not _plain.is_plain_data(evaluator.lvis_dt, steps, _DATA)
    )


def check_parameters(p: Any) -> None:
    """Looks at all that the steps take apart, so that what is of another type is found before they begin."""
    for threshold in p.iou_thrs:
        float(threshold)
    for area in p.area_rng:
        float(area[0]), float(area[1])
    if not isinstance(p.img_count_lbl, (list, tuple)):
        raise ProtocolTypeError("params", "img_count_lbl", f"expected a list, got {p.img_count_lbl!r:.60}")
    for category in p.cat_ids:
        hash(category)


def evaluate(evaluator: Any) -> None:
    """Fills ious and eval_imgs."""
    p = evaluator.params
    # lvis-api adds to what an evaluation before has left there, so that everything counts twice.
    evaluator._gts, evaluator._dts = defaultdict(list), defaultdict(list)
    evaluator._prepare()
    evaluator.ious = {
        (image, category): evaluator.compute_iou(image, category) for image in p.img_ids for category in p.cat_ids
    }
    evaluator.eval_imgs = [
        evaluator.evaluate_img(image, category, area)
        for category in p.cat_ids
        for area in p.area_rng
        for image in p.img_ids
    ]


def prepare(evaluator: Any) -> None:
    """Adds to _gts and _dts; fills img_nel and freq_groups. As in the reference, masks become RLEs."""
    p = evaluator.params
    gts, dts = _loaded(evaluator, p)
    _plain.grouped(gts, evaluator._gts)
    images = _images(evaluator, p)
    evaluator.img_nel = _listed(images, "not_exhaustive_category_ids")
    _plain.grouped(_counted(gts, dts, images), evaluator._dts)
    evaluator.freq_groups = evaluator._prepare_freq_group()


def found(evaluator: Any, p: Any) -> dict:
    """_gts, _dts, and img_nel as prepare() makes them under some parameters."""
    gts, dts = _loaded(evaluator, p)
    images = _images(evaluator, p)
    return {
        "_gts": _plain.grouped(gts),
        "_dts": _plain.grouped(_counted(gts, dts, images)),
        "img_nel": _listed(images, "not_exhaustive_category_ids"),
    }


def _loaded(evaluator: Any, p: Any) -> tuple[list[dict], list[dict]]:
    gts, dts = (_annotations(evaluator, p, name) for name in ("lvis_gt", "lvis_dt"))
    if p.iou_type == "segm":
        evaluator._to_mask(gts, evaluator.lvis_gt)
        evaluator._to_mask(dts, evaluator.lvis_dt)
    for gt in gts:
        gt.setdefault("ignore", 0)
    return gts, dts


def _images(evaluator: Any, p: Any) -> list[dict]:
    return _plain.method(evaluator.lvis_gt, "load_imgs", "lvis_gt")(ids=p.img_ids)


def _counted(gts: list[dict], dts: list[dict], images: list[dict]) -> Iterator[dict]:
    """Detections of categories that their image is known to have, or not to have."""
    negatives = _listed(images, "neg_category_ids")
    present = defaultdict(set)
    for gt in gts:
        present[gt["image_id"]].add(gt["category_id"])
    for dt in dts:
        if dt["category_id"] in _of_image(negatives, dt) or dt["category_id"] in present[dt["image_id"]]:
            yield dt


def _annotations(evaluator: Any, p: Any, source: str) -> list[dict]:
    data = getattr(evaluator, source)
    categories = p.cat_ids if len(p.cat_ids) else None
    ids = _plain.method(data, "get_ann_ids", source)(img_ids=p.img_ids, cat_ids=categories)
    return _plain.method(data, "load_anns", source)(ids)


def _listed(images: list[dict], key: str) -> dict:
    """Categories that each image lists."""
    for image in images:
        if key not in image:
            raise InputKeyError("lvis_gt", f"imgs[{image['id']!r}]", f"has no {key!r}")
    return {image["id"]: image[key] for image in images}


def _of_image(lists: dict, ann: dict) -> Any:
    image = ann["image_id"]
    if image not in lists:
        raise InputKeyError("lvis_dt", f"anns[{ann['id']!r}]", f"image {image!r} is not among params.img_ids")
    return lists[image]


def to_mask(anns: list[dict], data: Any) -> None:
    """Makes masks RLEs."""
    for ann in anns:
        ann["segmentation"] = _plain.method(data, "ann_to_rle", "lvis")(ann)


def frequency_groups(evaluator: Any) -> list[list[int]]:
    """Places of the categories of each frequency."""
    p = evaluator.params
    categories = _plain.method(evaluator.lvis_gt, "load_cats", "lvis_gt")(p.cat_ids)
    return group_by_frequency(p, (_frequency(category) for category in categories))


def _frequency(category: dict) -> Any:
    if "frequency" not in category:
        raise InputKeyError("lvis_gt", f"cats[{category.get('id')!r}]", "has no 'frequency'")
    return category["frequency"]


def group_by_frequency(p: Any, frequencies: Any) -> list[list[int]]:
    groups: list = [[] for _ in p.img_count_lbl]
    for place, frequency in enumerate(frequencies):
        if frequency not in p.img_count_lbl:
            problem = f"expected one of {p.img_count_lbl}, got {frequency!r}"
            raise InputError("lvis_gt", f"cats[{p.cat_ids[place]!r}]['frequency']", problem)
        groups[p.img_count_lbl.index(frequency)].append(place)
    return groups


def cell(evaluator: Any, image: Any, category: Any) -> tuple[list[dict], list[dict]]:
    """Ground truths and detections of an image and category.

    Without categories the reference takes those of the category that it is asked for, once for each of cat_ids.
    """
    p = evaluator.params
    gts, dts = evaluator._gts[image, category], evaluator._dts[image, category]
    if p.use_cats:
        return gts, dts
    return gts * len(p.cat_ids), dts * len(p.cat_ids)


def compute_iou(evaluator: Any, image: Any, category: Any) -> Any:
    """IoU [D, G], D best first."""
    gts, dts = evaluator._get_gt_dt(image, category)
    if len(gts) == 0 and len(dts) == 0:
        return []
    key = _KEYS.get(evaluator.params.iou_type)
    if key is None:
        raise ProtocolError(
            "params", "iou_type", f"Unknown iou_type for iou computation: {evaluator.params.iou_type!r}"
        )
    dts = _plain.best_first(dts, None, "lvis_dt")
    codes = [_plain.field(dt, key, "lvis_dt") for dt in dts]
    return _steps.mask_function("iou")(codes, [_plain.field(gt, key, "lvis_gt") for gt in gts], [0] * len(gts))


def evaluate_image(evaluator: Any, image: Any, category: Any, area_range: Any) -> dict | None:
    """The table of one image, category and area range."""
    gts, dts = evaluator._get_gt_dt(image, category)
    if len(gts) == 0 and len(dts) == 0:
        return None
    gts, order = _plain.counted_first(gts, area_range, "lvis_gt")
    dts = _plain.best_first(dts, None, "lvis_dt")
    ious = evaluator.ious[image, category]
    thresholds = evaluator.params.iou_thrs
    dt_matches, gt_matches, dt_ignore, gt_ignore = _plain.match(dts, gts, ious, order, thresholds, [0] * len(gts))
    # A category that was not annotated exhaustively has no false positives.
    unwanted = [
        _plain.is_outside(dt, area_range, "lvis_dt") or dt["category_id"] in _of_image(evaluator.img_nel, dt)
        for dt in dts
    ]
    return {
        "image_id": image,
        "category_id": category,
        "area_rng": area_range,
        "dt_ids": [dt["id"] for dt in dts],
        "gt_ids": [gt["id"] for gt in gts],
        "dt_matches": dt_matches,
        "gt_matches": gt_matches,
        "dt_scores": [dt["score"] for dt in dts],
        "gt_ignore": gt_ignore,
        "dt_ignore": _plain.with_unmatched(dt_ignore, dt_matches, unwanted),
    }
