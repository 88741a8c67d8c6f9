"""Key points: maskmetrics.COCOeval against pycocotools.cocoeval.COCOeval, every bit of it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same, printed, quietly
from conftest import scaled
from evaluators import assert_same_evaluation, both, loaded, made_of, set_parameters
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval

import maskmetrics
from maskmetrics import COCO, COCOeval, Params


def points(rng: np.random.Generator, count: int, whole: bool) -> list:
    """x, y and visibility of each point."""
    places = np.round(rng.random((count, 2)) * 100, 0 if whole else 2)
    visible = rng.integers(0, 3, count) if rng.random() < 0.8 else np.zeros(count)
    numbers = np.column_stack([places, visible]).reshape(-1).tolist()
    return [int(number) for number in numbers] if whole else numbers


def jittered(rng: np.random.Generator, numbers: list) -> list:
    moved = np.array(numbers, dtype=np.float64).reshape(-1, 3)
    moved[:, :2] += np.round(rng.normal(0, rng.choice([0, 1, 4]), (len(moved), 2)), 1)
    return moved.reshape(-1).tolist()


def parameters(rng: np.random.Generator, image_ids: list[int]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if rng.random() < 0.3:
        changed["maxDets"] = [[1], [3, 20], [5], [20, 1]][rng.integers(4)]
    if rng.random() < 0.2:
        changed["iouThrs"] = np.array([0.0, 0.3, 0.5, 1.0])
    if rng.random() < 0.2:
        changed["recThrs"] = np.array([0.5, 0.1, 0.9])
    if rng.random() < 0.2:
        changed["areaRng"], changed["areaRngLbl"] = [[0, 1e10], [1024, 9216]], ["all", "medium"]
    if rng.random() < 0.1:
        changed["areaRng"], changed["areaRngLbl"] = [], []
    if rng.random() < 0.15:
        changed["useCats"] = 0
    if rng.random() < 0.2:
        changed["imgIds"] = [*image_ids[::2], 4242]
    if rng.random() < 0.2:
        changed["catIds"] = [3, 0] if rng.random() < 0.5 else [3, 777]
    return changed


def key_points(seed: int) -> tuple[dict, list[dict], dict[str, Any]]:
    """Ground truth, results and parameters: crowds, nothing visible, no area, ties, images and categories without
    results, results of unknown categories, whole numbers, sigmas of any number."""
    rng = np.random.default_rng([seed, 3])
    count = 17 if rng.random() < 0.5 else int(rng.choice([1, 2, 5, 8, 9, 16, 21, 133, 140]))
    changed: dict[str, Any] = {}
    if count != 17 or rng.random() < 0.3:
        changed["kpt_oks_sigmas"] = np.round(rng.random(count) + 0.02, 3) / 10
    images = [{"id": i, "height": 100, "width": 100} for i in range(int(rng.integers(1, 6)))]
    categories = [{"id": 3 * i, "name": f"category {i}"} for i in range(int(rng.integers(1, 4)))]
    annotations, results = [], []
    steps = int(rng.integers(2, 40))
    for image in images:
        here = []
        for _ in range(int(rng.integers(0, 6))):
            numbers = points(rng, count, rng.random() < 0.5)
            seen = sum(v > 0 for v in numbers[2::3])
            annotation = {
                "id": len(annotations) + int(rng.random() < 0.98),
                "image_id": image["id"],
                "category_id": int(rng.choice([each["id"] for each in categories])),
                "area": float(rng.choice([0.0, 0.5, 900.0, 1024.0, 4000.0, 20000.0])),
                "bbox": np.round(rng.random(4) * 60, int(rng.integers(0, 2))).tolist(),
                "iscrowd": int(rng.random() < 0.15),
                # Not always what is visible: the reference believes it.
                "num_keypoints": seen if rng.random() < 0.8 else int(rng.integers(0, 2)),
                "keypoints": numbers,
            }
            if rng.random() < 0.1:
                annotation["ignore"] = 1
            annotations.append(annotation)
            here.append(annotation)
        for _ in range(int(rng.integers(0, 30 if rng.random() < 0.2 else 9))):
            near = here[rng.integers(len(here))] if here and rng.random() < 0.7 else None
            results.append(
                {
                    "image_id": image["id"],
                    "category_id": near["category_id"] if near else int(rng.choice([0, 3, 888])),
                    "score": float(rng.integers(1, steps)) / steps if rng.random() < 0.98 else float("nan"),
                    "keypoints": jittered(rng, near["keypoints"]) if near else points(rng, count, rng.random() < 0.3),
                }
            )
    rng.shuffle(annotations)
    rng.shuffle(results)
    changed.update(parameters(rng, [image["id"] for image in images]))
    return {"images": images, "annotations": annotations, "categories": categories}, results, changed


def in_single_precision(results: list[dict]) -> list[dict]:
    return [{**each, "keypoints": list(np.array(each["keypoints"], dtype=np.float32))} for each in results]


@pytest.mark.parametrize("seed", range(scaled(200)))
@pytest.mark.parametrize("how", ["file", "list", "single precision", "touched", "reference"])
def test_awkward_data(seed: int, how: str, tmp_path: Path) -> None:
    ground_truth, results, changed = key_points(seed)
    if not results:
        return
    (tmp_path / "gt.json").write_text(json.dumps(ground_truth))
    (tmp_path / "dt.json").write_text(json.dumps(results))
    path, file = str(tmp_path / "gt.json"), str(tmp_path / "dt.json")

    def handed() -> Any:
        rows = {"list": copy.deepcopy, "single precision": in_single_precision}
        return rows[how](results) if how in rows else file

    gt, dt = loaded(ReferenceCOCO if how == "reference" else COCO, path, handed())
    if how == "touched":
        assert gt.dataset and dt.imgs
    expected_gt, expected_dt = loaded(ReferenceCOCO, path, handed())
    assert_same(dt.dataset, expected_dt.dataset)
    actual, expected = both((gt, expected_gt), (dt, expected_dt), "keypoints", set_parameters(changed))
    assert_same_evaluation(actual, expected)
    assert_same(actual.stats, expected.stats)
    assert len(actual.stats) == 10
    assert_same(gt.anns, expected_gt.anns)
    assert_same(dt.anns, expected_dt.anns)


@pytest.mark.parametrize("seed", range(scaled(20)))
def test_one_sigma_for_all_points(seed: int) -> None:
    ground_truth, results, changed = key_points(seed)
    # The reference can compare those alone of which something is visible.
    for each in ground_truth["annotations"]:
        each["keypoints"][2] = 2
    if not results:
        return
    pairs = [made_of(cls, ground_truth, results) for cls in (COCO, ReferenceCOCO)]
    change = set_parameters({**changed, "kpt_oks_sigmas": np.array([0.05])})
    actual, expected = both((pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), "keypoints", change)
    assert_same_evaluation(actual, expected)


@pytest.mark.parametrize("seed", range(scaled(20)))
def test_single_precision_on_both_sides(seed: int) -> None:
    ground_truth, results, changed = key_points(seed)
    if not results:
        return
    ground_truth["annotations"] = in_single_precision(ground_truth["annotations"])
    pairs = [made_of(cls, ground_truth, in_single_precision(results)) for cls in (COCO, ReferenceCOCO)]
    change = set_parameters(changed)
    actual, expected = both((pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]), "keypoints", change)
    assert_same_evaluation(actual, expected)


def scene() -> tuple[dict, list[dict]]:
    ground_truth, results, _ = next(each for each in map(key_points, range(100)) if not each[2] and len(each[1]) > 20)
    return ground_truth, results


def evaluator_of(cls: type, coco_class: type, ground_truth: dict, results: list[dict]) -> Any:
    return cls(*made_of(coco_class, ground_truth, results), "keypoints")


def test_subclasses_and_replaced_steps() -> None:
    """detectron2 derives its evaluator; some replace the similarity."""
    found = []
    for coco_class, base in ((COCO, COCOeval), (ReferenceCOCO, ReferenceEval)):

        class Halved(base):  # type: ignore[misc, valid-type]
            def computeOks(self, imgId: Any, catId: Any) -> Any:
                return np.asarray(super().computeOks(imgId, catId)) / 2

        for cls in (type("Derived", (base,), {}), Halved):
            evaluator = evaluator_of(cls, coco_class, *scene())
            run = printed(lambda e=evaluator: (e.evaluate(), e.accumulate(), e.summarize()))
            found.append((evaluator.stats, evaluator.eval["precision"], run[1]))
    assert_same(found[:2], found[2:])
    assert found[0][0][0] > found[1][0][0] > 0


def test_accumulates_subsets_and_prints() -> None:
    pair = [evaluator_of(*classes, *scene()) for classes in ((COCOeval, COCO), (ReferenceEval, ReferenceCOCO))]
    for evaluator in pair:
        quietly(evaluator.evaluate)
        p = copy.deepcopy(evaluator.params)
        p.areaRng, p.areaRngLbl = p.areaRng[1:], p.areaRngLbl[1:]
        quietly(lambda evaluator=evaluator, p=p: evaluator.accumulate(p))
    for key in ("precision", "recall", "scores"):
        assert_same(pair[0].eval[key], pair[1].eval[key], key)
    quietly(pair[0].accumulate)
    assert str(pair[0]) + "\n" == printed(pair[0].summarize)[1]


def test_parameters_may_be_set_afterwards(coco_data: Path) -> None:
    ground_truth, results = scene()
    evaluator = evaluator_of(COCOeval, COCO, ground_truth, results)
    expected = evaluator_of(ReferenceEval, ReferenceCOCO, ground_truth, results)
    evaluator = COCOeval(evaluator.cocoGt, evaluator.cocoDt, "bbox")
    p = Params("keypoints")
    p.imgIds, p.catIds = evaluator.params.imgIds, evaluator.params.catIds
    evaluator.params = p
    for each in (evaluator, expected):
        quietly(lambda each=each: (each.evaluate(), each.accumulate(), each.summarize()))
    assert_same(evaluator.stats, expected.stats)


@pytest.mark.parametrize("missing", ["num_keypoints", "keypoints", "iscrowd", "area"])
def test_ground_truth_that_lacks_something(missing: str) -> None:
    ground_truth, results = scene()
    for each in ground_truth["annotations"]:
        each.pop(missing)
    for classes in ((COCOeval, COCO), (ReferenceEval, ReferenceCOCO)):
        evaluator = evaluator_of(*classes, ground_truth, results)
        with pytest.raises(KeyError, match=missing) as caught:
            quietly(evaluator.evaluate)
        if classes[0] is COCOeval:
            assert isinstance(caught.value, maskmetrics.InputError)
            assert caught.value.source == "cocoGt" and caught.value.place.startswith("anns[")


@pytest.mark.parametrize("missing", ["num_keypoints", None])
def test_no_caps(missing: str | None) -> None:
    ground_truth, results = scene()
    for each in ground_truth["annotations"]:
        each.pop(missing, None)
    for classes in ((COCOeval, COCO), (ReferenceEval, ReferenceCOCO)):
        evaluator = evaluator_of(*classes, ground_truth, results)
        evaluator.params.maxDets = []
        with pytest.raises(KeyError if missing else IndexError) as caught:
            quietly(evaluator.evaluate)
        if classes[0] is COCOeval:
            assert isinstance(caught.value, maskmetrics.InputError if missing else maskmetrics.ProtocolError)


@pytest.mark.parametrize("side", ["cocoGt", "cocoDt"])
@pytest.mark.parametrize(
    "numbers", [[1, 2, 2], [1, 2, 2] * 18, [1] * 50, ["a"] * 51, [None] * 51, [[1, 2, 2]] * 17, [[1, 2], 3]], ids=repr
)
def test_points_that_cannot_be_compared(side: str, numbers: list) -> None:
    evaluator = evaluator_of(COCOeval, COCO, *scene())
    for ann in getattr(evaluator, side).anns.values():
        ann["keypoints"] = numbers
    with pytest.raises(maskmetrics.InputError, match="keypoints") as caught:
        quietly(evaluator.evaluate)
    assert caught.value.source == side


def test_what_is_missing() -> None:
    with pytest.raises(maskmetrics.InputError, match="cocoGt"):
        quietly(COCOeval(None, None, "keypoints").evaluate)
    evaluator = evaluator_of(COCOeval, COCO, *scene())
    evaluator.params = Params("bbox")
    evaluator.params.imgIds, evaluator.params.catIds = [0, 1, 2], [0, 3]
    evaluator.params.iouType = "keypoints"
    with pytest.raises(maskmetrics.ProtocolError, match="kpt_oks_sigmas"):
        quietly(evaluator.evaluate)


@pytest.mark.parametrize(
    ("second", "kind"),
    [({}, KeyError), ({"keypoints": []}, ValueError), ({"keypoints": [1.0]}, ValueError)],
)
def test_results_that_are_refused(second: dict, kind: type) -> None:
    ground_truth, _ = scene()
    image = ground_truth["images"][0]["id"]
    rows = [{"image_id": image, "category_id": 0, "score": 0.5, "keypoints": [1.0, 2.0, 1.0]}]
    rows.append({"image_id": image, "category_id": 0, "score": 0.5, **second})
    for cls in (COCO, ReferenceCOCO):
        gt = cls()
        gt.dataset = ground_truth
        quietly(gt.createIndex)
        with pytest.raises(kind) as caught:
            quietly(lambda gt=gt: gt.loadRes(copy.deepcopy(rows)))
        if cls is COCO:
            assert isinstance(caught.value, maskmetrics.InputError)
            assert caught.value.place.startswith("[1]")
