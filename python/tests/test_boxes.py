"""Boxes in other layouts and units than pixels from the top left corner, and what is said where they look so."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import quietly
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval

import maskmetrics
from maskmetrics import COCO, evaluate
from maskmetrics.errors import InputError, InputTypeError, ProtocolError

Data = tuple[dict, list]


def stats_of_reference(gt: dict, dt: list) -> np.ndarray:
    """What pycocotools makes of boxes that were converted by hand."""

    def run() -> np.ndarray:
        coco = ReferenceCOCO()
        coco.dataset = gt
        coco.createIndex()
        evaluator = ReferenceEval(coco, coco.loadRes(dt), "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        return evaluator.stats

    return quietly(run)


def with_boxes(rows: list, change: Callable[[dict], list]) -> list:
    return [{**row, "bbox": change(row)} for row in rows]


@pytest.fixture(scope="module")
def data(coco_data: Path) -> Data:
    """A real ground truth with boxes alone, and results for it."""
    gt = json.loads((coco_data / "gt.json").read_text())
    for each in gt["annotations"]:
        del each["segmentation"]
    return gt, json.loads((coco_data / "dt_bbox.json").read_text())


def sizes_of(gt: dict) -> dict[int, tuple[int, int]]:
    return {image["id"]: (image["height"], image["width"]) for image in gt["images"]}


def written(data: Data, layout: str, units: str) -> tuple[Data, Data]:
    """The data as a file in this layout and unit has it, and as NumPy reads that."""
    gt, dt = data
    sizes = sizes_of(gt)

    def scale(row: dict) -> np.ndarray:
        height, width = sizes[row["image_id"]]
        return np.array([width, height, width, height], float) if units == "relative" else np.ones(4)

    def write(row: dict) -> list:
        x, y, w, h = row["bbox"]
        numbers = {"xywh": [x, y, w, h], "xyxy": [x, y, x + w, y + h], "cxcywh": [x + w / 2, y + h / 2, w, h]}[layout]
        return (np.array(numbers) / scale(row)).tolist()

    def read(row: dict) -> list:
        a, b, c, d = (np.array(row["bbox"]) * scale(row)).tolist()
        return {"xywh": [a, b, c, d], "xyxy": [a, b, c - a, d - b], "cxcywh": [a - c / 2, b - d / 2, c, d]}[layout]

    stored = {**gt, "annotations": with_boxes(gt["annotations"], write)}, with_boxes(dt, write)
    converted = {**gt, "annotations": with_boxes(stored[0]["annotations"], read)}, with_boxes(stored[1], read)
    return stored, converted


@pytest.mark.parametrize("units", ["pixels", "relative"])
@pytest.mark.parametrize("layout", ["xywh", "xyxy", "cxcywh"])
def test_equals_pycocotools_on_converted_boxes(layout: str, units: str, data: Data, tmp_path: Path) -> None:
    (gt, dt), (converted_gt, converted_dt) = written(data, layout, units)
    expected = stats_of_reference(copy.deepcopy(converted_gt), copy.deepcopy(converted_dt))
    files = tmp_path / "gt.json", tmp_path / "dt.json"
    for file, content in zip(files, (gt, dt), strict=True):
        file.write_text(json.dumps(content))
    array = np.array([[r["image_id"], *r["bbox"], r["score"], r["category_id"]] for r in dt])
    coco = quietly(lambda: COCO(str(files[0])))
    truths = [str(files[0]), gt, coco]
    results = [files[1], dt, array]
    for truth, found in [(truths[0], each) for each in results] + [(each, results[0]) for each in truths]:
        result = evaluate(truth, found, iou="bbox", box_layout=layout, box_units=units)
        assert np.array_equal(result.stats, expected)
        assert result.warnings == []
    mixed = evaluate(converted_gt, files[1], iou="bbox", dt_box_layout=layout, dt_box_units=units)
    assert np.array_equal(mixed.stats, expected)


@pytest.mark.parametrize("told", [{"box_layout": "xyxy"}, {"dt_box_layout": "cxcywh"}, {"dt_box_units": "relative"}])
def test_results_that_were_read_have_their_layout(told: dict, data: Data, tmp_path: Path) -> None:
    """loadRes() makes areas, polygons, and boxes, which are of the boxes as it reads them."""
    gt, dt = data
    path = tmp_path / "dt.json"
    path.write_text(json.dumps(dt))
    coco = COCO()
    coco.dataset = gt
    quietly(coco.createIndex)
    reference = ReferenceCOCO()
    reference.dataset = gt
    quietly(reference.createIndex)
    read = quietly(lambda: coco.loadRes(str(path)))
    assert read.anns
    listed = quietly(lambda: coco.loadRes(copy.deepcopy(dt)))
    for results in (quietly(lambda: coco.loadRes(str(path))), read, listed, quietly(lambda: reference.loadRes(dt))):
        with pytest.raises(ProtocolError, match=r"dt_box_layout: .*loadRes"):
            evaluate(coco, results, iou="bbox", **told)
        given = evaluate(coco, results, iou="bbox", dt_box_layout="xywh", dt_box_units="pixels")
        assert np.array_equal(given.stats, stats_of_reference(gt, copy.deepcopy(dt)))


def tiny(size: dict[str, int] | None = None) -> Data:
    """Two images with a crate; everything is relative to their 100 x 80 px. The result is right."""
    images = [{"id": i, "file_name": f"{name}.png", **(size or {})} for i, name in ((1, "a"), (2, "b"))]
    boxes = [[0.0, 0.0625, 0.2, 0.25], [0.3, 0.0625, 0.2, 0.25]]
    annotations = [
        {"id": i + 1, "image_id": i + 1, "category_id": 1, "bbox": box, "area": 0.05, "iscrowd": 0}
        for i, box in enumerate(boxes)
    ]
    results = [{"image_id": i + 1, "category_id": 1, "bbox": box, "score": 0.9} for i, box in enumerate(boxes)]
    return {"images": images, "categories": [{"id": 1, "name": "crate"}], "annotations": annotations}, results


@pytest.mark.parametrize("kind", ["by name", "by id", "csv", "json", "folder"])
def test_sizes_may_come_from_elsewhere(kind: str, tmp_path: Path) -> None:
    gt, dt = tiny()
    with pytest.raises(InputError, match="the size of their image, and that of image 1 is not known"):
        evaluate(gt, dt, iou="bbox", box_units="relative")
    sizes: Any = {"a": (80, 100), "b.png": (80, 100)}
    if kind == "by id":
        sizes = {1: (80, 100), 2: (80, 100)}
    elif kind == "csv":
        sizes = tmp_path / "sizes.csv"
        sizes.write_text("image,width,height\na.png,100,80\n2,100,80\n")
    elif kind == "json":
        sizes = str(tmp_path / "sizes.json")
        Path(sizes).write_text(json.dumps({"images": tiny({"height": 80, "width": 100})[0]["images"]}))
    elif kind == "folder":
        image = pytest.importorskip("PIL.Image")
        sizes = tmp_path
        image.new("RGB", (100, 80)).save(tmp_path / "a.jpg")
        image.new("RGB", (100, 80)).save(tmp_path / "b.png")
    result = evaluate(gt, dt, iou="bbox", box_units="relative", image_sizes=sizes)
    assert result.metrics["AP"] == pytest.approx(1)
    # 0.05 of 8000 px is small, as 400 px are.
    assert result.metrics["APs"] == pytest.approx(1) and result.metrics["APm"] == -1


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "bmp", "webp", "tif"])
def test_sizes_of_images_are_those_that_pillow_reads(kind: str, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    gt, dt = tiny()
    turned = image.Exif()
    turned[0x0112] = 6
    for name, more in (("a", {}), ("b", {"exif": turned} if kind == "jpg" else {})):
        image.new("RGB", (100, 80) if not more else (80, 100)).save(tmp_path / f"{name}.{kind}", **more)
    result = evaluate(gt, dt, iou="bbox", box_units="relative", image_sizes=tmp_path)
    known = evaluate(*tiny({"height": 80, "width": 100}), iou="bbox", box_units="relative")
    assert np.array_equal(result.stats, known.stats)
    (tmp_path / f"b.{kind}").write_bytes((tmp_path / f"b.{kind}").read_bytes()[:8])
    with pytest.raises(InputError, match=rf"b\.{kind}"):
        evaluate(gt, dt, iou="bbox", box_units="relative", image_sizes=tmp_path)


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        (7, InputTypeError, "expected a file, a folder, or a dictionary, got int"),
        ({"a": (80,)}, InputError, r"\['a'\].*expected height and width"),
        ({"a": (0, 100)}, InputError, r"\['a'\].*expected 1 to 2\^31 - 1 pixels"),
        ({"a": ("x", 100)}, InputError, r"\['a'\]"),
        ({None: (80, 100)}, InputError, r"\[None\]"),
        ("none.csv", InputError, "none.csv: cannot be opened"),
    ],
)
def test_bad_sizes(sizes: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        evaluate(*tiny(), iou="bbox", image_sizes=sizes)


def test_bad_words() -> None:
    for name, value in (("box_layout", "yxyx"), ("box_units", "mm"), ("dt_box_layout", "x"), ("dt_box_units", "x")):
        with pytest.raises(ProtocolError, match=f"{name}: expected .*, got '{value}'"):
            evaluate(*tiny(), iou="bbox", **{name: value})


def codes(result: maskmetrics.Evaluation) -> dict[str, int]:
    return {each.code: each.count for each in result.warnings}


def test_says_that_boxes_look_relative(tmp_path: Path) -> None:
    gt, dt = tiny({"height": 80, "width": 100})
    expected = {"ground_truth_boxes_look_relative": 2, "result_boxes_look_relative": 2}
    (tmp_path / "dt.json").write_text(json.dumps(dt))
    array = np.array([[r["image_id"], *r["bbox"], r["score"], r["category_id"]] for r in dt])
    coco = COCO()
    coco.dataset = copy.deepcopy(gt)
    quietly(coco.createIndex)
    for found in (dt, tmp_path / "dt.json", array, quietly(lambda: coco.loadRes(copy.deepcopy(dt)))):
        assert codes(evaluate(gt, found, iou="bbox")) == expected
    assert codes(evaluate(gt, dt, iou="bbox", box_units="pixels")) == {}
    assert codes(evaluate(gt, dt, iou="bbox", box_units="relative")) == {}


def test_says_that_boxes_look_like_corners() -> None:
    gt, dt = tiny({"height": 80, "width": 100})
    for rows in (gt["annotations"], dt):
        for row, box in zip(rows, ([10, 5, 50, 25], [60, 30, 90, 70]), strict=True):
            row |= {"bbox": box}
    assert codes(evaluate(gt, dt, iou="bbox")) == {
        "ground_truth_boxes_look_like_corners": 2,
        "result_boxes_look_like_corners": 2,
    }
    assert codes(evaluate(gt, dt, iou="bbox", box_layout="xyxy")) == {}


def test_counts_scores_that_are_no_probabilities() -> None:
    gt, dt = tiny({"height": 80, "width": 100})
    dt[0]["score"] = 1.0000001192092896  # 1 in single precision, rounded up
    dt[1]["score"] = 3.5
    result = evaluate(gt, dt, iou="bbox", box_units="relative")
    assert codes(result) == {"score_outside_0_1": 1}
    assert "[1].score of dt: 3.5" in result.warnings[0].message
    assert result.metrics["AP"] == pytest.approx(1)


def test_evaluator_says_the_same() -> None:
    gt, dt = tiny({"height": 80, "width": 100})
    evaluator = maskmetrics.Evaluator(iou="bbox")
    for truth, found in zip(gt["annotations"], dt, strict=True):
        evaluator.update(
            truth["image_id"],
            scores=[found["score"] + 1],
            labels=[1],
            boxes=[found["bbox"]],
            ground_truth={"labels": [1], "boxes": [truth["bbox"]]},
        )
    result = evaluator.compute()
    assert codes(result) == {
        "score_outside_0_1": 2,
        "ground_truth_boxes_look_relative": 2,
        "result_boxes_look_relative": 2,
    }
    assert "the first is of image 1: 1.9" in result.warnings[0].message


def test_evaluator_reads_its_ground_truth_as_told() -> None:
    gt, dt = tiny({"height": 80, "width": 100})
    expected = evaluate(gt, dt, iou="bbox", box_units="relative")
    evaluator = maskmetrics.Evaluator(iou="bbox", ground_truth=gt, box_units="relative")
    for found in dt:
        box = (np.array(found["bbox"]) * [100, 80, 100, 80]).tolist()
        evaluator.update(found["image_id"], scores=[found["score"]], labels=[1], boxes=[box])
    result = evaluator.compute()
    assert np.array_equal(result.precision, expected.precision) and codes(result) == {}


def test_an_evaluator_without_ground_truth_reads_none() -> None:
    for told in ({"box_layout": "xyxy"}, {"box_units": "pixels"}, {"image_sizes": {1: (5, 5)}}):
        with pytest.raises(ProtocolError, match=r"update.. has a box_format"):
            maskmetrics.Evaluator(iou="bbox", **told)
    for told in ({"box_layout": "nonsense"}, {"box_layout": 3}, {"image_sizes": 7}):
        with pytest.raises((ProtocolError, InputError), match=next(iter(told))):
            maskmetrics.Evaluator(iou="bbox", **told)


@pytest.mark.parametrize("size", [{}, {"height": 170, "width": 200}])
def test_large_objects_do_not_look_like_corners(size: dict) -> None:
    """Boxes of one image, or one of each, whose sizes are above their places."""
    images = [{"id": i, **size} for i in (1, 2)]
    for boxes, of in (
        ([[60, 60, 100, 100], [40, 50, 110, 120]], (1, 2)),
        ([[10, 8, 90, 60], [60, 40, 95, 80]], (1, 1)),
    ):
        rows = [
            {"id": i, "image_id": image, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for i, (image, box) in enumerate(zip(of, boxes, strict=True), start=1)
        ]
        gt = {"images": images, "categories": [{"id": 1}], "annotations": rows}
        dt = [{**{k: row[k] for k in ("image_id", "category_id", "bbox")}, "score": 0.5} for row in rows]
        assert codes(evaluate(gt, dt, iou="bbox")) == {}


def test_real_data_raises_no_eyebrow(coco_data: Path) -> None:
    for name in ("dt_bbox.json", "dt_segm.json"):
        for iou in ("bbox", "segm"):
            assert evaluate(coco_data / "gt.json", coco_data / name, iou=iou).warnings == []
