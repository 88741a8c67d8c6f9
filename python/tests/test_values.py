"""Which values of fields are accepted: what the references evaluate is evaluated here, wherever it comes in."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from compare import assert_same, quietly
from lvis import LVIS as ReferenceLVIS
from lvis import LVISEval as ReferenceLVISEval
from lvis import LVISResults as ReferenceLVISResults
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval

import maskmetrics
from maskmetrics import COCO, LVIS, COCOeval, InputError, LVISEval, LVISResults, evaluate

GROUND_TRUTH = {
    "images": [{"id": 1, "height": 80, "width": 100}, {"id": 2, "height": 80, "width": 100}],
    "categories": [{"id": 1, "name": "gear"}, {"id": 2, "name": "nut"}],
    "annotations": [
        {
            "id": place + 5,
            "image_id": image,
            "category_id": category,
            "bbox": [x, y, width, height],
            "area": width * height,
            "iscrowd": 0,
            "segmentation": [[x, y, x + width, y, x + width, y + height, x, y + height]],
        }
        for place, (image, category, x, y, width, height) in enumerate(
            [(1, 1, 10, 10, 30, 30), (1, 2, 50, 40, 20, 20), (2, 1, 5, 5, 50, 40)]
        )
    ],
}
RESULTS = [
    {"image_id": image, "category_id": category, "score": score, "bbox": [x, y, width, height]}
    for image, category, score, x, y, width, height in [
        (1, 1, 0.9, 11, 10, 29, 30),
        (1, 2, 0.8, 50, 41, 20, 19),
        (2, 1, 0.75, 5, 6, 44, 39),
        (2, 2, 0.7, 1, 1, 9, 9),
    ]
]


def changed(**changes: Any) -> dict:
    """A ground truth whose second image has other values."""
    data = copy.deepcopy(GROUND_TRUTH)
    data["images"][1].update(changes)
    return data


def stats_of(coco: Any, cocoeval: Any, gt: Any, dt: Any, iou: str) -> np.ndarray:
    def run() -> np.ndarray:
        if isinstance(gt, str):
            truth = coco(gt)
        else:
            truth = coco()
            truth.dataset = copy.deepcopy(gt)
            truth.createIndex()
        evaluator = cocoeval(truth, truth.loadRes(dt if isinstance(dt, str) else copy.deepcopy(dt)), iou)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        return evaluator.stats

    return quietly(run)


def written(folder: Path, gt: dict, dt: list) -> tuple[str, str]:
    paths = folder / "gt.json", folder / "dt.json"
    for path, value in zip(paths, (gt, dt), strict=True):
        path.write_text(json.dumps(value))
    return str(paths[0]), str(paths[1])


def expect_reference(
    folder: Path, gt: dict, dt: list, iou: str, also_evaluate: bool = True
) -> list[maskmetrics.Warning]:
    """The reference's numbers by every way in; the warnings of evaluate()."""
    paths = written(folder, gt, dt)
    expected = stats_of(ReferenceCOCO, ReferenceEval, *paths, iou)
    assert expected[0] > 0
    for inputs in (paths, (gt, dt)):
        assert_same(stats_of(COCO, COCOeval, *inputs, iou), expected)
        if also_evaluate:
            found = evaluate(*copy.deepcopy(inputs), iou=iou)
            assert_same(found.stats, expected)
    return found.warnings if also_evaluate else []


def codes(warnings: list[maskmetrics.Warning]) -> dict[str, int]:
    return {each.code: each.count for each in warnings}


SIZES = [-1, None, "", "900", 899.5]


@pytest.mark.parametrize("side", SIZES)
def test_boxes_need_no_image_size(side: Any, tmp_path: Path) -> None:
    warnings = expect_reference(tmp_path, changed(height=side, width=side), RESULTS, "bbox")
    assert codes(warnings) == {"image_size_not_usable": 1}
    with pytest.raises(InputError, match=r"images\[1\].height"):
        evaluate(changed(height=side), RESULTS, iou="bbox", parity="corrected")


def test_boxes_of_whole_slide_images(tmp_path: Path) -> None:
    slide = changed(height=100000, width=90000)
    assert expect_reference(tmp_path, slide, RESULTS, "bbox") == []
    assert evaluate(slide, RESULTS, iou="bbox", parity="corrected").metrics["AP50"] > 0.5


@pytest.mark.parametrize("side", [*SIZES, KeyError, 100000])
def test_polygons_name_the_size_that_they_lack(side: Any, tmp_path: Path) -> None:
    gt = changed(height=side, width=90000 if side == 100000 else 100)
    if side is KeyError:
        del gt["images"][1]["height"]
    paths = written(tmp_path, gt, RESULTS)
    for inputs in (paths, (gt, RESULTS)):
        for call in (
            lambda i=inputs: evaluate(*i, iou="segm"),
            lambda i=inputs: stats_of(COCO, COCOeval, *i, "segm"),
            lambda i=inputs: evaluate(*i, iou="bbox", relative_area_ranges={"all": (0, 1)}),
        ):
            if (
                side == 100000
                and call.__code__.co_names[-1:] == ("evaluate",)
                and "relative" in str(call.__code__.co_consts)
            ):
                continue  # such an area is one
            with pytest.raises(InputError) as caught:
                call()
            shown = {KeyError: "no 'height'", 100000: "100000 x 90000 pixels", None: "'height' None"}.get(
                side, f"'height' {side!r}"
            )
            message = str(caught.value).replace('"', "'").replace("null", "None")
            assert "image 2 has " in message and (shown in message or "more than 2^31 - 1 pixels" in message), message


def test_evaluator_with_registered_data_without_sizes() -> None:
    gt = changed(height=-1)
    update = {"scores": np.array([0.5]), "labels": np.array([1]), "masks": [[[1, 1, 9, 1, 9, 9]]]}
    boxes = maskmetrics.Evaluator(iou="bbox", ground_truth=gt)
    boxes.update(2, scores=np.array([0.5]), labels=np.array([1]), boxes=np.array([[5.0, 5, 50, 40]]))
    assert boxes.compute().metrics["AP50"] > 0
    with pytest.raises(InputError, match='image 2 has "height" -1; polygons need the size of their image'):
        maskmetrics.Evaluator(iou="segm", ground_truth=gt).update(2, **update)


UNREAD = [
    {"id": 90, "image_id": 777, "category_id": 1, "area": None, "bbox": "x", "iscrowd": "0"},
    {"id": 91, "image_id": 1, "category_id": None},
    {"id": 92, "image_id": "1", "category_id": 1, "segmentation": 5},
    {"id": 93, "image_id": 1, "category_id": 5555, "bbox": [1]},
    {"id": 94, "image_id": 1, "category_id": 1.5},
    {"id": 95, "image_id": 2**64, "category_id": 1},
]


@pytest.mark.parametrize("row", UNREAD)
@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_annotations_that_are_not_evaluated_may_be_anything(row: dict, iou: str, tmp_path: Path) -> None:
    gt = copy.deepcopy(GROUND_TRUTH)
    gt["annotations"].insert(1, row)
    found = codes(expect_reference(tmp_path, gt, RESULTS, iou))
    assert list(found.values()) == [1] and next(iter(found)).startswith("annotation_of_unknown_")


def test_results_of_no_category(tmp_path: Path) -> None:
    for category in (None, "1", 1.5, 2**63, 5555):
        row = {"image_id": 1, "category_id": category, "bbox": [10, 10, 30, 30], "score": "unread"}
        warnings = expect_reference(tmp_path, GROUND_TRUTH, [*RESULTS, row], "bbox")
        assert codes(warnings) == {"unknown_category": 1}


IDS: dict[str, Callable[[int], Any]] = {
    "text": str,
    "large": lambda number: 2**63 + number * 2**20,
    "huge": lambda number: 2**64 + number * 2**20,
    "fraction": lambda number: number + 0.5,
    "zero": lambda number: str(number - 5),
}


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_ids_of_annotations(kind: str, iou: str, tmp_path: Path) -> None:
    gt = copy.deepcopy(GROUND_TRUTH)
    for annotation in gt["annotations"]:
        annotation["id"] = IDS[kind](annotation["id"])
    found = codes(expect_reference(tmp_path, gt, RESULTS, iou))
    assert found.pop("annotation_id_not_integer") == 3
    assert found == ({"ground_truth_id_zero": 1} if kind == "zero" else {})
    tables = []
    for coco, cocoeval in ((ReferenceCOCO, ReferenceEval), (COCO, COCOeval)):
        truth = coco()
        truth.dataset = copy.deepcopy(gt)
        quietly(truth.createIndex)
        evaluator = cocoeval(truth, quietly(lambda truth=truth: truth.loadRes(copy.deepcopy(RESULTS))), iou)
        quietly(evaluator.evaluate)
        tables.append([each and (each["gtIds"], each["dtMatches"].tolist()) for each in evaluator.evalImgs])
    assert tables[0] == tables[1]


def test_ids_of_annotations_that_are_no_numbers(tmp_path: Path) -> None:
    gt = copy.deepcopy(GROUND_TRUTH)
    gt["annotations"][1]["id"] = "7a"
    paths = written(tmp_path, gt, RESULTS)
    for call in (
        lambda: stats_of(ReferenceCOCO, ReferenceEval, *paths, "bbox"),
        lambda: stats_of(COCO, COCOeval, *paths, "bbox"),
        lambda: stats_of(COCO, COCOeval, gt, RESULTS, "bbox"),
        lambda: evaluate(*paths, iou="bbox"),
        lambda: evaluate(gt, RESULTS, iou="bbox"),
    ):
        with pytest.raises(ValueError, match="7a"):
            call()
    assert evaluate(gt, RESULTS, iou="bbox", parity="corrected").metrics["AP50"] > 0.5


@pytest.mark.parametrize("key", ["image_id", "category_id"])
@pytest.mark.parametrize("kind", ["name", "large"])
def test_ids_of_images_and_categories(key: str, kind: str, tmp_path: Path) -> None:
    gt, dt = copy.deepcopy(GROUND_TRUTH), copy.deepcopy(RESULTS)
    # Texts are sorted as texts: "i2" is behind "i10".
    name = {"name": {1: "i2", 2: "i10"}, "large": {1: 2**63 + 2**40, 2: 2**63}}[kind]
    for row in (*gt["annotations"], *dt):
        row[key] = name[row[key]]
    for row in gt["images" if key == "image_id" else "categories"]:
        row["id"] = name[row["id"]]
    expect_reference(tmp_path, gt, dt, "bbox", also_evaluate=False)
    paths = written(tmp_path, gt, dt)
    for inputs in (paths, (gt, dt)):
        with pytest.raises(InputError, match="COCOeval") as caught:
            evaluate(*inputs, iou="bbox")
        assert str(name[1]) in str(caught.value) and "[0]" in str(caught.value)


def test_a_score_as_fifth_number(tmp_path: Path) -> None:
    dt = [{**row, "bbox": [*row["bbox"], row["score"]]} for row in RESULTS]
    expect_reference(tmp_path, GROUND_TRUTH, dt, "segm")
    for inputs in (written(tmp_path, GROUND_TRUTH, dt), (GROUND_TRUTH, dt)):
        with pytest.raises(InputError, match="bbox"):
            evaluate(*inputs, iou="bbox")
        with pytest.raises(InputError, match="bbox"):
            stats_of(COCO, COCOeval, *inputs, "bbox")


def test_keypoints_are_boxes(tmp_path: Path) -> None:
    points = [(row["bbox"], {k: v for k, v in row.items() if k != "bbox"}) for row in RESULTS]
    dt = [{**row, "keypoints": [x + w, y, 2, x, y + h, 1, x + 1.5, y + 1, 0]} for (x, y, w, h), row in points]
    expect_reference(tmp_path, GROUND_TRUTH, dt, "bbox")
    for inputs in (written(tmp_path, GROUND_TRUTH, dt), (GROUND_TRUTH, dt)):
        with pytest.raises(InputError, match="segmentation"):
            evaluate(*inputs, iou="segm")


def test_numbers_in_quotes_are_errors(tmp_path: Path) -> None:
    rows = [
        ("gt", "iscrowd", "0"),
        ("gt", "area", "900"),
        ("gt", "bbox", ["10", 10, 30, 30]),
        ("dt", "score", "0.9"),
        ("dt", "bbox", [11, 10, 29, "30"]),
    ]
    for side, key, value in rows:
        gt, dt = copy.deepcopy(GROUND_TRUTH), copy.deepcopy(RESULTS)
        (gt["annotations"] if side == "gt" else dt)[0][key] = value
        for inputs in (written(tmp_path, gt, dt), (gt, dt)):
            for call in (
                lambda i=inputs: evaluate(*i, iou="bbox"),
                lambda i=inputs: stats_of(COCO, COCOeval, *i, "bbox"),
            ):
                with pytest.raises(InputError) as caught:
                    call()
                assert key in str(caught.value) and (value if isinstance(value, str) else "0") in str(caught.value)


@pytest.mark.parametrize("text", ["gear \ud83d", "\udd27", "\ud83d\udd27 is a pair"])
def test_half_of_a_surrogate_pair(text: str, tmp_path: Path) -> None:
    gt, dt = copy.deepcopy(GROUND_TRUTH), copy.deepcopy(RESULTS)
    gt["categories"][0]["name"] = text
    gt["images"][0].update({"file_name": text, text: text})
    gt[text] = dt[0][text] = {text: text}
    assert expect_reference(tmp_path, gt, dt, "bbox") == []
    name = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for inputs in (written(tmp_path, gt, dt), (gt, dt)):
        assert evaluate(*inputs, iou="bbox").categories[0]["name"] == name


def lvis_ground_truth() -> dict:
    gt = copy.deepcopy(GROUND_TRUTH)
    for image in gt["images"]:
        image.update(neg_category_ids=[1, 2], not_exhaustive_category_ids=[], height=None, width="100")
    for category in gt["categories"]:
        category["frequency"] = "f"
    for annotation in gt["annotations"]:
        annotation.update(iscrowd="unread", id=str(annotation["id"]))
    return gt


def test_lvis(tmp_path: Path) -> None:
    logging.disable(logging.CRITICAL)
    dt = [{**row, "caption": "a gear"} for row in RESULTS]
    paths = written(tmp_path, lvis_ground_truth(), dt)
    found = []
    for lvis, results, lviseval in (
        (ReferenceLVIS, ReferenceLVISResults, ReferenceLVISEval),
        (LVIS, LVISResults, LVISEval),
    ):
        truth = lvis(paths[0])
        evaluator = lviseval(truth, results(truth, paths[1]), "bbox")
        evaluator.run()
        found.append(np.array([float(value) for value in evaluator.get_results().values()]))
    logging.disable(logging.NOTSET)
    assert found[0][0] > 0
    assert_same(found[1], found[0])
    for inputs in (paths, (lvis_ground_truth(), dt)):
        evaluation = evaluate(*inputs, protocol="lvis", iou="bbox")
        assert_same(evaluation.stats, found[0])
        assert codes(evaluation.warnings)["image_size_not_usable"] == 2


class Array:
    """An array of a library that is not known here: it has tolist() and nothing else."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def tolist(self) -> Any:
        return self._value

    def __float__(self) -> float:
        return float(self._value)


def with_tensors(rows: list[dict], make: Callable[[Any], Any], as_list: bool) -> list[dict]:
    made = []
    for row in copy.deepcopy(rows):
        for key, value in row.items():
            if key == "segmentation":
                row[key] = [make(ring) for ring in value] if as_list else make(value)
            elif key == "bbox" and as_list:
                row[key] = [make(number) for number in value]
            elif key != "caption":
                row[key] = make(value)
        made.append(row)
    return made


MAKERS = {
    "tensor": torch.tensor,
    "with a gradient": lambda value: torch.tensor(value, dtype=torch.float64, requires_grad=True),
    "numpy": np.array,
    "array": Array,
}


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_tensors_in_dictionaries(iou: str, name: str, as_list: bool) -> None:
    make = MAKERS[name]
    gt = {**GROUND_TRUTH, "annotations": with_tensors(GROUND_TRUTH["annotations"], make, as_list)}
    # Scores that no single precision changes.
    plain = [{**row, "score": 0.5**place} for place, row in enumerate(RESULTS, start=1)]
    dt = with_tensors(plain, make, as_list)
    expected = evaluate(GROUND_TRUTH, plain, iou=iou).stats
    before = copy.copy(dt[0])
    assert_same(evaluate(gt, dt, iou=iou).stats, expected)
    assert all(dt[0][key] is value for key, value in before.items()), "evaluate() changes nothing"
    truth = COCO()
    truth.dataset = gt
    quietly(truth.createIndex)
    evaluator = COCOeval(truth, quietly(lambda: truth.loadRes(dt)), iou)
    quietly(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))
    assert_same(evaluator.stats, expected)
