"""The streaming evaluator: equal to evaluate() on the same images, however they come."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same

import maskmetrics
from maskmetrics import Evaluator
from maskmetrics.errors import Error, InputError

# The reference adds an epsilon to the denominator of precision.
PERFECT = pytest.approx(1, abs=1e-12)
ARRAYS = ("precision", "recall", "scores", "num_ground_truths")


def assert_equal(actual: maskmetrics.Evaluation, expected: maskmetrics.Evaluation) -> None:
    for name in ARRAYS:
        assert_same(getattr(actual, name), getattr(expected, name), name)
    assert actual.metrics == expected.metrics


def by_image(rows: list[dict]) -> dict[int, list[dict]]:
    images: dict[int, list[dict]] = {}
    for row in rows:
        images.setdefault(row["image_id"], []).append(row)
    return images


def detections_of(rows: list[dict], iou: str) -> dict[str, Any]:
    return {
        "scores": np.array([row["score"] for row in rows], dtype=np.float64),
        "labels": np.array([row["category_id"] for row in rows], dtype=np.int64),
        **(
            {"boxes": np.array([row["bbox"] for row in rows]).reshape(-1, 4)}
            if iou == "bbox"
            else {"masks": [row["segmentation"] for row in rows]}
        ),
    }


def truth_of(rows: list[dict]) -> dict[str, Any]:
    return {
        "labels": [row["category_id"] for row in rows],
        "boxes": np.array([row["bbox"] for row in rows]).reshape(-1, 4),
        "masks": [row["segmentation"] for row in rows],
        "areas": np.array([row["area"] for row in rows], dtype=np.float64),
        "crowd": np.array([row["iscrowd"] for row in rows], dtype=np.uint8),
    }


class Recorded:
    def __init__(self, folder: Path, iou: str) -> None:
        self.iou = iou
        self.truth_file = folder / "gt.json"
        self.results_file = folder / ("dt_bbox.json" if iou == "bbox" else "dt_segm.json")
        truth = json.loads(self.truth_file.read_text())
        self.sizes = {image["id"]: (image["height"], image["width"]) for image in truth["images"]}
        self.categories = {category["id"]: category["name"] for category in truth["categories"]}
        self.truth = by_image(truth["annotations"])
        self.results = by_image(json.loads(self.results_file.read_text()))
        self.expected = maskmetrics.evaluate(self.truth_file, self.results_file, iou=iou)

    def update(self, evaluator: Evaluator, image_id: int, own_truth: bool) -> None:
        truth = truth_of(self.truth.get(image_id, [])) if own_truth else None
        evaluator.update(
            image_id,
            **detections_of(self.results.get(image_id, []), self.iou),
            ground_truth=truth,
            size=self.sizes[image_id],
        )


@pytest.fixture(params=["bbox", "segm", "boundary"])
def recorded(request: pytest.FixtureRequest, coco_data: Path) -> Recorded:
    return Recorded(coco_data, request.param)


@pytest.mark.parametrize("queue", [0, 5])
@pytest.mark.parametrize("own_truth", [False, True])
def test_images_in_any_order(recorded: Recorded, queue: int, own_truth: bool) -> None:
    truth = {"categories": recorded.categories} if own_truth else {"ground_truth": recorded.truth_file}
    evaluator = Evaluator(iou=recorded.iou, queue=queue, **truth)
    images = np.random.default_rng(queue).permutation(list(recorded.sizes)).tolist()
    for i, image_id in enumerate(images):
        recorded.update(evaluator, image_id, own_truth)
        if i == len(images) // 2:
            evaluator.compute()  # changes nothing
    assert evaluator.image_ids() == sorted(recorded.sizes)
    assert_equal(evaluator.compute(), recorded.expected)


def test_parts_saved_merged_and_pickled(recorded: Recorded, tmp_path: Path) -> None:
    parts = [Evaluator(iou=recorded.iou, categories=recorded.categories) for _ in range(3)]
    for i, image_id in enumerate(recorded.sizes):
        recorded.update(parts[i % 3], image_id, own_truth=True)
    file = tmp_path / "half.state"
    parts[0].save(file)
    whole = Evaluator(iou=recorded.iou, categories=recorded.categories)
    whole.load(file)
    whole.merge(parts[1].serialize())
    whole.merge(pickle.loads(pickle.dumps(parts[2])))
    assert_equal(whole.compute(), recorded.expected)
    with pytest.raises(InputError, match="is in both"):
        whole.merge(parts[1])
    assert_equal(whole.compute(), recorded.expected)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(Error):
        whole.deserialize(bytes(data))
    with pytest.raises(Error):
        Evaluator(iou="segm" if recorded.iou != "segm" else "bbox").load(file)


def squares() -> dict[str, Any]:
    masks = np.zeros((2, 20, 30), dtype=bool)
    masks[0, 2:9, 2:9] = masks[1, 10:20, 5:25] = True
    return {"scores": np.array([0.9, 0.8]), "labels": np.array([1, 2]), "masks": masks}


def update(evaluator: Evaluator, image_id: int, **changed: Any) -> None:
    given = squares()
    truth = {"labels": given["labels"].copy(), "masks": given["masks"].copy()}
    evaluator.update(image_id, **{**given, "ground_truth": truth, **changed})


@pytest.mark.parametrize(
    "masks",
    [
        lambda m: m.astype(np.uint8) * 255,
        np.asfortranarray,
        lambda m: np.repeat(m, 2, axis=2)[:, :, ::2],
        lambda m: m[:, ::-1].copy()[:, ::-1],
        lambda m: m.astype(np.float32) - 0.5,
        lambda m: m.astype(np.float16) - np.float16(0.5),
    ],
    ids=["bytes", "fortran", "every second column", "rows from below", "float32", "float16"],
)
def test_any_layout_is_the_same_mask(masks: Any) -> None:
    evaluator = Evaluator(iou="segm")
    update(evaluator, 1, masks=masks(squares()["masks"]))
    assert evaluator.compute().metrics["AP"] == PERFECT


def test_arrays_may_go_once_they_were_queued() -> None:
    evaluator = Evaluator(iou="segm", queue=2)
    for image_id in range(40):
        update(evaluator, image_id)  # its arrays have no other owner
    assert evaluator.compute().metrics["AP"] == PERFECT
    assert evaluator.num_images == 40


def test_arrays_may_change_after_update() -> None:
    evaluator = Evaluator(iou="segm")
    given = squares()
    truth = {"labels": given["labels"].copy(), "masks": given["masks"].copy()}
    evaluator.update(1, **given, ground_truth=truth)
    for array in (*given.values(), *truth.values()):
        array[...] = 0
    assert evaluator.compute().metrics["AP"] == PERFECT


def test_nothing_in_an_image() -> None:
    evaluator = Evaluator(iou="segm", categories=[1, 2])
    empty = {"scores": np.zeros(0), "labels": np.zeros(0, int), "masks": np.zeros((0, 20, 30), dtype=bool)}
    update(evaluator, 1, **empty)
    update(evaluator, 2, ground_truth={"labels": [], "masks": np.zeros((0, 20, 30), dtype=bool)})
    update(evaluator, 3)
    metrics = evaluator.compute().metrics
    assert 0 < metrics["AP"] < 1
    assert metrics["AR@100"] == 0.5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scores": np.zeros(3)}, "image 7"),
        ({"labels": np.array([1])}, "labels"),
        ({"labels": np.array([1, 9])}, "9"),
        ({"labels": np.array(["a", "b"])}, "labels"),
        ({"scores": None}, "scores"),
        ({"masks": np.zeros((2, 20, 31), dtype=bool), "size": (20, 30)}, "20 x 31"),
        ({"masks": np.zeros((1, 20, 30), dtype=bool)}, "masks"),
        ({"masks": np.zeros((20, 30), dtype=bool)}, "masks"),
        ({"masks": np.zeros((2, 20, 30), dtype=complex)}, "complex128"),
        ({"masks": None}, "masks"),
        ({"masks": 5}, "int"),
        (
            {"masks": [{"size": [20, 30], "counts": [1, 2]}, {"size": [20, 30], "counts": [600]}], "size": (20, 30)},
            "masks",
        ),
        ({"ground_truth": {"masks": np.zeros((2, 20, 30), dtype=bool)}}, "labels"),
    ],
)
def test_bad_input_is_named_and_loses_nothing(changed: dict, message: str) -> None:
    evaluator = Evaluator(iou="segm", categories=[1, 2])
    update(evaluator, 1)
    with pytest.raises(Error, match=message):
        update(evaluator, 7, **changed)
    with pytest.raises(InputError, match="image 1"):
        update(evaluator, 1)
    update(evaluator, 7)
    assert evaluator.num_images == 2
    assert evaluator.compute().metrics["AP"] == PERFECT


def test_a_batch_counts_whole_or_not_at_all() -> None:
    evaluator = Evaluator(iou="segm")
    good = {"image_id": 1, **squares(), "ground_truth": {"labels": [1, 2], "masks": squares()["masks"]}}
    with pytest.raises(InputError):
        evaluator.update_batch([good, {**good, "image_id": 2, "labels": np.array([1])}])
    assert evaluator.num_images == 0
    evaluator.update_batch([good, {**good, "image_id": 2}])
    assert evaluator.compute().metrics["AP"] == PERFECT


def test_errors_of_queued_work_come_with_a_later_call() -> None:
    evaluator = Evaluator(iou="segm", queue=4)
    with pytest.raises(Error, match="image 3"):
        for image_id in (1, 2, 3, 3, 4):
            update(evaluator, image_id)
        evaluator.flush()
    evaluator.flush()
    assert set(evaluator.image_ids()) >= {1, 2, 3}


def test_overlaps() -> None:
    evaluator = Evaluator(iou="segm", all_pairs=True)
    given = squares()
    shifted = np.roll(given["masks"], 1, axis=2)
    evaluator.update(1, **given, ground_truth={"labels": given["labels"], "masks": shifted})
    overlaps = evaluator.overlaps()
    for i, label in enumerate((1, 2)):
        union = np.logical_or(given["masks"][i], shifted[i]).sum()
        assert overlaps[1, label].item() == np.logical_and(given["masks"][i], shifted[i]).sum() / union
