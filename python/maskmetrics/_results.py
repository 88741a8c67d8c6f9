"""What pycocotools and lvis-api make of results before they are evaluated."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from ._memory import many_objects
from ._steps import mask_function
from .errors import InputAssertionError, InputError, InputIndexError, InputKeyError


def check_images(results: list[dict], known: set, name: str) -> None:
    """Results must be of images that the ground truth has."""
    for place, result in enumerate(results):
        if "image_id" not in result:
            raise InputKeyError("results", f"[{place}]", "has no 'image_id'")
        if not _is_known(result, known):
            raise InputAssertionError(
                "results",
                f"[{place}].image_id",
                f"Results do not correspond to current {name} set: there is no image {result['image_id']!r}",
            )


def _is_known(result: dict, known: set) -> bool:
    """True where there is such an image. A tensor, which is equal to nothing in a set, becomes its number."""
    image = result["image_id"]
    if hasattr(image, "tolist") and not isinstance(image, np.generic):
        image = result["image_id"] = image.tolist()
    return image in known


def require_some(results: Any, source: str) -> None:
    """pycocotools looks at the first result to tell what all are; callers catch the IndexError where there is none."""
    if len(results) == 0:
        raise InputIndexError(source, "", "there are no results")


def are_captions(results: list[dict]) -> bool:
    return len(results) > 0 and "caption" in results[0]


def limit_to_captions(head: dict, results: list[dict]) -> None:
    """Results that are captions have no categories, and only the images that they describe."""
    described = {result["image_id"] for result in results}
    head.pop("categories", None)
    head["images"] = [image for image in head["images"] if image["id"] in described]


def have_boxes(result: dict) -> bool:
    return "bbox" in result and not (isinstance(result["bbox"], list) and result["bbox"] == [])


def prepare(results: list[dict]) -> None:
    """Gives COCO's results what evaluation needs of annotations. The first one decides what they are."""
    first = results[0]
    if are_captions(results):
        _number(results)
    elif have_boxes(first):
        _core.prepare_boxes(results, True)
    elif "segmentation" in first:
        measure_masks(results)
        for result in results:
            result["iscrowd"] = 0
    elif "keypoints" in first:
        for place, result in enumerate(results):
            _measure_keypoints(result, place)


def _number(results: list[dict]) -> None:
    for place, result in enumerate(results, start=1):
        result["id"] = place


def measure_masks(results: list[dict]) -> None:
    """Areas, ids and boxes of results that are masks alone."""
    try:
        codes = [result["segmentation"] for result in results]
    except KeyError:
        place = next(i for i, result in enumerate(results) if "segmentation" not in result)
        raise InputKeyError("results", f"[{place}]", "has no 'segmentation', which the first result has") from None
    areas, boxes = _core.measure(codes)
    with many_objects():
        for place, (result, area, box) in enumerate(zip(results, areas, boxes, strict=True), start=1):
            result["area"] = area
            if "bbox" not in result:
                result["bbox"] = box
            result["id"] = place


def code_of(segmentation: Any, image: dict) -> dict:
    """A segmentation in any form as a run-length code."""
    rasterize = mask_function("frPyObjects")
    if isinstance(segmentation, list):
        return mask_function("merge")(rasterize(segmentation, image["height"], image["width"]))
    if isinstance(segmentation["counts"], list):
        return rasterize(segmentation, image["height"], image["width"])
    return segmentation


def _measure_keypoints(result: dict, place: int) -> None:
    """The area, number and box of a result that is key points alone."""
    if "keypoints" not in result:
        raise InputKeyError("results", f"[{place}]", "has no 'keypoints', which the first result has")
    points: Any = result["keypoints"]
    if len(points) < 2:
        raise InputError("results", f"[{place}]['keypoints']", f"expected a point at least, found {points!r}")
    x, y = points[0::3], points[1::3]
    left, right, top, bottom = np.min(x), np.max(x), np.min(y), np.max(y)
    result["area"] = (right - left) * (bottom - top)
    result["id"] = place + 1
    result["bbox"] = [left, top, right - left, bottom - top]


def of_array(data: np.ndarray) -> list[dict]:
    """Results of rows image, x, y, width, height, score, category."""
    if data.ndim != 2 or data.shape[1] != 7:
        raise InputAssertionError("results", "", f"expected shape [N, 7], found {list(data.shape)}")
    # Numbers keep their type: areas are computed in it.
    columns = (list(column) for column in data.T)
    with many_objects():
        return [
            {"image_id": int(image), "bbox": [x, y, width, height], "score": score, "category_id": int(category)}
            for image, x, y, width, height, score, category in zip(*columns, strict=True)
        ]
