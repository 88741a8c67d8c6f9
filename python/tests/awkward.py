"""Random data sets with everything awkward that a file or a program may hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from pycocotools import mask as reference_mask


def random_pixels(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """[height, width] uint8 in Fortran order: noise, rectangle, ellipse, all, nothing, a column."""
    y, x = np.mgrid[:height, :width]
    kind = rng.integers(6)
    if kind == 0:
        pixels = rng.random((height, width)) < rng.random()
    elif kind == 1:
        (top, bottom), (left, right) = np.sort(rng.integers(0, height + 1, 2)), np.sort(rng.integers(0, width + 1, 2))
        pixels = (y >= top) & (y < bottom) & (x >= left) & (x < right)
    elif kind == 2:
        centre = rng.random(2) * (height, width)
        pixels = np.hypot((y - centre[0]) / height, (x - centre[1]) / width) < rng.random()
    elif kind == 3:
        pixels = np.ones((height, width), dtype=bool)
    elif kind == 4:
        pixels = np.zeros((height, width), dtype=bool)
    else:
        pixels = x == rng.integers(width)
    return np.asfortranarray(pixels.astype(np.uint8))


def random_polygons(rng: np.random.Generator, height: int, width: int) -> list[list[float]]:
    """Rings inside, across and outside of the image, with corners twice, on pixel centres and borders."""
    rings = []
    for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.3 else 1):
        corners = rng.random((int(rng.integers(3, 9)), 2)) * (width, height)
        style = rng.integers(5)
        if style == 0:
            corners = np.round(corners)
        elif style == 1:
            corners = corners * 3 - (width, height)
        elif style == 2:
            corners = np.round(corners * 5) / 5 + 0.1
        elif style == 3:
            corners[-1] = corners[0]
        ring = np.round(corners, 2).reshape(-1).tolist()
        # Four numbers would be a box.
        rings.append(ring if len(ring) != 4 else ring + ring[:2])
    if rng.random() < 0.1:
        rings.append([1.0, 1.0, 2.0, 2.0, 3.0])
    return rings


def random_counts(rng: np.random.Generator, num_pixels: int) -> list[int]:
    """Runs that sum to a number of pixels, of length zero in places."""
    cuts = np.sort(np.repeat(rng.integers(0, num_pixels + 1, rng.integers(0, 7)), 1 + (rng.random() < 0.3)))
    return np.diff(np.concatenate([[0], cuts, [num_pixels]])).tolist()


def compressed(counts: list[int], height: int, width: int, as_text: bool) -> dict:
    code = reference_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": code["size"], "counts": code["counts"].decode() if as_text else code["counts"]}


def random_segmentation(rng: np.random.Generator, height: int, width: int, only_codes: bool = False) -> Any:
    kind = rng.integers(2 if only_codes else 5)
    if kind == 0:
        code = reference_mask.encode(random_pixels(rng, height, width))
        return {"size": code["size"], "counts": code["counts"].decode()}
    if kind == 1:
        return compressed(random_counts(rng, height * width), height, width, as_text=True)
    if kind == 2:
        return {"size": [height, width], "counts": random_counts(rng, height * width)}
    return random_polygons(rng, height, width)


def code_of(segmentation: Any, height: int, width: int) -> dict:
    """As pycocotools' annToRLE."""
    if isinstance(segmentation, list):
        return reference_mask.merge(reference_mask.frPyObjects(segmentation, height, width))
    if isinstance(segmentation["counts"], list):
        return reference_mask.frPyObjects(segmentation, height, width)
    return segmentation


def _ids(rng: np.random.Generator, count: int, with_zero: bool) -> list[int]:
    ids = rng.choice(np.arange(1, 60), count, replace=False).tolist()
    if with_zero and rng.random() < 0.3:
        ids[0] = 0
    return ids


def _jittered(rng: np.random.Generator, box: list[float]) -> list[float]:
    # pycocotools cannot draw what an empty mask's box says.
    drawable = np.minimum(box, 1000)
    return [float(v) for v in drawable + np.round(rng.normal(0, 2, 4)) * (rng.random() < 0.7)]


def _score(rng: np.random.Generator, steps: int) -> float:
    if rng.random() < 0.02:
        return float(rng.choice([0.0, -0.0, 1.0, float("inf"), float("nan")]))
    return float(rng.integers(1, steps)) / steps


def coco(seed: int) -> tuple[dict, list[dict]]:
    """A ground truth and results: ties, crowds, empty images, ids 0, duplicate ids, annotations and results of unknown
    categories, areas on the borders of ranges, masks of all forms, runs of length zero, NaN scores."""
    rng = np.random.default_rng(seed)
    categories = _ids(rng, int(rng.integers(1, 6)), True)
    images, annotations, results = [], [], []
    ids = _ids(rng, int(rng.integers(1, 7)), True)
    annotation_id = int(rng.integers(-1, 4))
    steps = int(rng.integers(2, 50))
    for image_id in ids:
        height, width = (int(v) for v in rng.integers(1, 40, 2))
        images.append({"id": image_id, "height": height, "width": width, "file_name": f"{image_id}.jpg"})
        here = []
        for _ in range(int(rng.integers(0, 7))):
            segmentation = random_segmentation(rng, height, width)
            code = code_of(segmentation, height, width)
            area = float(reference_mask.area(code))
            if rng.random() < 0.2:
                area = float(rng.choice([0.0, 1024.0, 9216.0, 1023.5, area + 0.25]))
            annotations.append(
                {
                    "id": annotation_id,
                    "image_id": image_id,
                    "category_id": int(rng.choice(categories)) if rng.random() < 0.95 else 777,
                    "area": area,
                    "bbox": [float(v) for v in reference_mask.toBbox(code)],
                    "segmentation": segmentation,
                    "iscrowd": int(rng.random() < 0.2),
                }
            )
            if rng.random() < 0.1:
                annotations[-1]["ignore"] = 1
            here.append(annotations[-1])
            annotation_id += int(rng.integers(0 if rng.random() < 0.05 else 1, 4))
        for _ in range(int(rng.integers(0, 14))):
            segmentation = random_segmentation(rng, height, width, only_codes=True)
            box = [float(v) for v in np.round(rng.random(4) * (width, height, width, height), 1)]
            category = int(rng.choice(categories)) if rng.random() < 0.95 else 888
            if here and rng.random() < 0.7:
                near = here[rng.integers(len(here))]
                code = code_of(near["segmentation"], height, width)
                counts = code["counts"]
                segmentation = {"size": code["size"], "counts": counts if isinstance(counts, str) else counts.decode()}
                box, category = _jittered(rng, near["bbox"]), near["category_id"]
            results.append(
                {
                    "image_id": image_id,
                    "category_id": category,
                    "score": _score(rng, steps),
                    "bbox": box,
                    "segmentation": segmentation,
                }
            )
    rng.shuffle(annotations)
    rng.shuffle(results)
    ground_truth = {
        "info": {"description": "awkward"},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": each, "name": f"category {each}", "supercategory": "all"} for each in categories],
    }
    return ground_truth, results


def as_boxes(results: list[dict]) -> list[dict]:
    return [{key: value for key, value in each.items() if key != "segmentation"} for each in results]


def as_masks(results: list[dict]) -> list[dict]:
    return [{key: value for key, value in each.items() if key != "bbox"} for each in results]


def some_as_bytes(rows: list[dict], seed: int) -> list[dict]:
    """Compressed counts as bytes here and there, as programs have them that call mask.encode."""
    rng = np.random.default_rng(seed)

    def changed(row: dict) -> dict:
        segmentation = row.get("segmentation")
        if isinstance(segmentation, dict) and isinstance(segmentation["counts"], str) and rng.random() < 0.5:
            return {**row, "segmentation": {**segmentation, "counts": segmentation["counts"].encode()}}
        return row

    return [changed(row) for row in rows]


def coco_parameters(seed: int, ground_truth: dict) -> dict[str, Any]:
    """Parameters as users change them; some seeds change nothing."""
    rng = np.random.default_rng([seed, 1])
    changed: dict[str, Any] = {}
    if rng.random() < 0.4:
        changed["maxDets"] = sorted(rng.choice([1, 2, 3, 5, 10, 100], 3, replace=False).tolist())
    if rng.random() < 0.1:
        changed["maxDets"] = [100, 1, 10]
    if rng.random() < 0.3:
        changed["iouThrs"] = np.sort(rng.choice([0.1, 0.3, 0.5, 0.75, 1.0], int(rng.integers(1, 4)), replace=False))
    if rng.random() < 0.1:
        changed["iouThrs"] = np.linspace(0, 1, 21)
    if rng.random() < 0.2:
        changed["recThrs"] = np.sort(rng.random(int(rng.integers(1, 20))))
    if rng.random() < 0.3:
        changed["areaRng"] = [[0, 1e10], [0, 50], [50, 1024], [1024, 1e10]][: int(rng.integers(1, 5))]
        changed["areaRngLbl"] = ["all", "small", "medium", "large"][: len(changed["areaRng"])]
    if rng.random() < 0.3:
        changed["useCats"] = 0
    if rng.random() < 0.2:
        ids = [image["id"] for image in ground_truth["images"]]
        changed["imgIds"] = rng.choice(ids, int(rng.integers(1, len(ids) + 1))).tolist() + (
            [4242] if rng.random() < 0.3 else []
        )
    if rng.random() < 0.2:
        ids = [category["id"] for category in ground_truth["categories"]]
        changed["catIds"] = rng.choice(ids, int(rng.integers(1, len(ids) + 1)), replace=False).tolist()
        changed["catIds"] += [777] if rng.random() < 0.3 else []
    return changed


def lvis(seed: int) -> tuple[dict, list[dict]]:
    """A federated ground truth and results: negative and not exhaustively annotated categories, objects without area,
    images above the cap."""
    rng = np.random.default_rng([seed, 2])
    ground_truth, results = coco(seed)
    categories = [category["id"] for category in ground_truth["categories"]]
    for place, category in enumerate(ground_truth["categories"]):
        category["frequency"] = "rcf"[place % 3]
    for image in ground_truth["images"]:
        image["neg_category_ids"] = [each for each in categories if rng.random() < 0.3]
        image["not_exhaustive_category_ids"] = [each for each in categories if rng.random() < 0.3]
    known = {each: None for each in categories}
    ground_truth["annotations"] = [each for each in ground_truth["annotations"] if each["category_id"] in known]
    for place, annotation in enumerate(ground_truth["annotations"], start=1):
        annotation["id"] = place
    results = [each for each in results if each["score"] == each["score"]]
    return ground_truth, results
