"""Messages that say what to do: files of the wrong kind, segmentations that are none, evaluations of nothing."""

from __future__ import annotations

import copy
import gzip
import io
import json
import pickle
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same, quietly

import maskmetrics
from maskmetrics import COCO, LVIS, COCOeval, Evaluator, LVISResults, evaluate

GROUND_TRUTH = {
    "images": [{"id": 1, "height": 20, "width": 20}, {"id": 2, "height": 20, "width": 20}],
    "categories": [{"id": 1, "name": "dog"}],
    "annotations": [
        {
            "id": 5 + image,
            "image_id": image,
            "category_id": 1,
            "area": 16.0,
            "iscrowd": 0,
            "bbox": [0.0, 0.0, 4.0, 4.0],
            "segmentation": [[0.0, 0.0, 4.0, 0.0, 4.0, 4.0, 0.0, 4.0]],
        }
        for image in (1, 2)
    ],
}
RESULTS = [{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0.0, 0.0, 4.0, 4.0]}]
WRAPPED = {**GROUND_TRUTH, "annotations": RESULTS}
PANOPTIC = {**GROUND_TRUTH, "annotations": [{"image_id": 1, "file_name": "a.png", "segments_info": []}]}
LABELME = {"version": "5.0", "flags": {}, "shapes": [], "imagePath": "a.jpg"}
LABEL_STUDIO = [{"id": 1, "annotations": [{"result": []}], "data": {"image": "a.jpg"}}]


def with_segmentation(segmentation: Any) -> dict:
    data = copy.deepcopy(GROUND_TRUTH)
    data["annotations"][0]["segmentation"] = segmentation
    return data


def put(folder: Path, name: str, data: Any) -> str:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return str(path)


# ---- kinds of files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (RESULTS, "an array of results"),
        (PANOPTIC, "a COCO panoptic file"),
        (LABELME, "a labelme file"),
        (LABEL_STUDIO, "a JSON export of Label Studio"),
    ],
)
def test_ground_truth_of_another_kind(data: Any, kind: str, tmp_path: Path) -> None:
    path = put(tmp_path, "gt.json", data)
    for call in (
        lambda: evaluate(data, RESULTS, iou="bbox"),
        lambda: evaluate(path, RESULTS, iou="bbox"),
        lambda: Evaluator("coco", "bbox", ground_truth=path),
        lambda: quietly(lambda: COCO(path)),
        lambda: LVIS(path),
    ):
        with pytest.raises(maskmetrics.InputError, match=kind):
            call()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WRAPPED, 'results are an array: give that of "annotations" alone'),
        (GROUND_TRUTH, r'a ground truth \("annotations" without a score\)'),
        (PANOPTIC, "a COCO panoptic file"),
        (LABELME, "a labelme file"),
    ],
)
def test_results_of_another_kind(data: Any, kind: str, tmp_path: Path) -> None:
    path = put(tmp_path, "dt.json", data)
    coco = quietly(lambda: COCO(put(tmp_path, "gt.json", GROUND_TRUTH)))
    for call in (
        lambda: evaluate(GROUND_TRUTH, data, iou="bbox"),
        lambda: evaluate(GROUND_TRUTH, path, iou="bbox"),
        lambda: quietly(lambda: coco.loadRes(path)),
        lambda: quietly(lambda: coco.loadRes(data)),
    ):
        with pytest.raises(maskmetrics.InputError, match=kind):
            call()
    with pytest.raises(AssertionError, match="results in not an array of objects"):
        quietly(lambda: coco.loadRes(path))


def test_classes_with_an_index_of_their_own_read_panoptic_files(tmp_path: Path) -> None:
    class Panoptic(COCO):
        def createIndex(self) -> None:
            self.segments = self.dataset["annotations"][0]["segments_info"]

    path = put(tmp_path, "panoptic.json", PANOPTIC)
    assert quietly(lambda: Panoptic(path)).segments == PANOPTIC["annotations"][0]["segments_info"]


def test_exports_given_as_results(tmp_path: Path) -> None:
    gt = put(tmp_path, "gt.json", GROUND_TRUTH)
    coco = quietly(lambda: COCO(gt))
    path = put(tmp_path, "dt.json", LABEL_STUDIO)
    for call in (
        lambda: evaluate(gt, path, iou="bbox"),
        lambda: evaluate(gt, LABEL_STUDIO, iou="bbox"),
        lambda: quietly(lambda: coco.loadRes(path)),
        lambda: quietly(lambda: coco.loadRes(LABEL_STUDIO)),
        lambda: LVISResults(coco_as_lvis(tmp_path), LABEL_STUDIO),
    ):
        with pytest.raises(maskmetrics.InputError, match="a JSON export of Label Studio"):
            call()


def coco_as_lvis(folder: Path) -> LVIS:
    lists = {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    images = [{**image, **lists} for image in GROUND_TRUTH["images"]]
    categories = [{**category, "frequency": "f"} for category in GROUND_TRUTH["categories"]]
    return LVIS(put(folder, "lvis.json", {**GROUND_TRUTH, "images": images, "categories": categories}))


def test_annotations_given_as_results(tmp_path: Path) -> None:
    rows = GROUND_TRUTH["annotations"]
    for dt in (rows, put(tmp_path, "dt.json", rows)):
        with pytest.raises(maskmetrics.InputError, match=r"score.* annotations of a ground truth"):
            evaluate(GROUND_TRUTH, dt, iou="bbox")


def numpy_archive() -> bytes:
    out = io.BytesIO()
    np.savez(out, boxes=np.zeros(3))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pickle.dumps(GROUND_TRUTH), "a pickle of Python"),
        (numpy_archive(), r"a NumPy archive \(\.npz\)"),
        (json.dumps(GROUND_TRUTH).encode("utf-16"), "text in UTF-16"),
        (json.dumps(GROUND_TRUTH).encode("utf-16-le"), "text in UTF-16"),
        (str(GROUND_TRUTH).encode(), "the text of a Python dictionary"),
        (b"<annotations><version>1.1</version></annotations>", "an XML file, as CVAT exports it"),
        (b"0 0.5 0.5 0.1 0.1\n", "lines of numbers"),
        (gzip.compress(b"a,b,c\n1,2,3\n", mtime=0), "comma-separated values"),
        (b'{"id": 1}\n{"id": 2}\n', "JSON Lines"),
    ],
)
def test_files_that_are_no_json(content: bytes, kind: str, tmp_path: Path) -> None:
    path = put(tmp_path, "file", content)
    coco = quietly(lambda: COCO(put(tmp_path, "gt.json", GROUND_TRUTH)))
    for call in (
        lambda: evaluate(path, RESULTS, iou="bbox"),
        lambda: evaluate(GROUND_TRUTH, path, iou="bbox"),
        lambda: quietly(lambda: COCO(path)),
        lambda: quietly(lambda: coco.loadRes(path)),
        lambda: LVIS(path),
    ):
        with pytest.raises(ValueError, match=kind) as caught:
            call()
        assert isinstance(caught.value, maskmetrics.InputError)
        assert caught.value.source == path


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    mark = b"\xef\xbb\xbf"
    gt = put(tmp_path, "gt.json", mark + json.dumps(GROUND_TRUTH).encode())
    dt = put(tmp_path, "dt.json", gzip.compress(mark + json.dumps(RESULTS).encode()))
    expected = evaluate(GROUND_TRUTH, RESULTS, iou="bbox").stats
    assert_same(evaluate(gt, dt, iou="bbox").stats, expected)
    coco = quietly(lambda: COCO(gt))
    evaluator = COCOeval(coco, quietly(lambda: coco.loadRes(dt)), "bbox")
    quietly(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))
    assert_same(evaluator.stats, expected)
    assert coco.dataset == GROUND_TRUTH


def test_captions_are_no_less_valid(tmp_path: Path) -> None:
    """With a byte order mark or compressed, as other files."""
    captions = {"images": [{"id": 1}], "annotations": [{"id": 1, "image_id": 1, "caption": "a dog"}]}
    text = json.dumps(captions).encode()
    for content in (text, b"\xef\xbb\xbf" + text, gzip.compress(text)):
        path = put(tmp_path, "captions.json", content)
        assert quietly(partial(COCO, path)).dataset == captions


def test_missing_files_are_errors_of_the_system(tmp_path: Path) -> None:
    for path, error in ((tmp_path / "missing.json", FileNotFoundError), (tmp_path, IsADirectoryError)):
        with pytest.raises(error):
            quietly(partial(COCO, path))


# ---- segmentations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segmentation", "place", "problem"),
    [
        ([1, 1, 9, 1, 9, 9, 1, 9], "", "got a flat list of 8 numbers"),
        ([[1, 1], [9, 1], [9, 9], [1, 9]], "", "got 4 [x, y] pairs"),
        ([[[1, 1], [9, 1], [9, 9]]], "", "got polygons of [x, y] pairs"),
        ([[1, 1, 9, 1, 9, 9], [1, 1, 9, "10", 9, 9]], "[1][3]", "expected a number"),
        ([[1, 1, 9, 1, 9, 9], None], "[1]", "expected a list"),
        ("mask.png", "", "expected a list of polygons"),
        (None, "", "expected a list of polygons"),
        ([], "", "1 of 2 annotations have no mask; boxes alone are evaluated with iou bbox (--iou bbox)"),
    ],
    ids=repr,
)
def test_segmentations_of_files_and_dictionaries(segmentation: Any, place: str, problem: str, tmp_path: Path) -> None:
    data = with_segmentation(segmentation)
    for gt, between in ((data, "['segmentation']"), (put(tmp_path, "gt.json", data), ".segmentation")):
        with pytest.raises(maskmetrics.InputError) as caught:
            evaluate(gt, [{**RESULTS[0], "segmentation": GROUND_TRUTH["annotations"][0]["segmentation"]}])
        # What the library finds in dictionaries has a place as in a file.
        assert caught.value.place in (f"annotations[0]{between}{place}", f"annotations[0].segmentation{place}")
        assert problem in caught.value.problem


# ---- areas ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_a_missing_area_is_measured_in_corrected_parity(iou: str, tmp_path: Path) -> None:
    with_areas = copy.deepcopy(GROUND_TRUTH)
    with_areas["annotations"][0]["segmentation"] = [[0.0, 0.0, 8.0, 0.0, 8.0, 4.0, 0.0, 4.0]]
    with_areas["annotations"][0]["area"] = 32.0 if iou == "segm" else 16.0
    without = copy.deepcopy(with_areas)
    del without["annotations"][0]["area"]
    how: dict = {"iou": iou, "area_ranges": {"all": (0, 1e9), "20 to 40": (20, 40)}, "parity": "corrected"}
    expected = evaluate(with_areas, RESULTS, **how)
    assert expected.num_ground_truths.tolist() == [[2, 1 if iou == "segm" else 0]]
    assert [each.code for each in expected.warnings] == []
    path = put(tmp_path, "gt.json", without)
    for gt in (without, path, quietly(lambda: COCO(path))):
        actual = evaluate(gt, RESULTS, **how)
        assert_same(actual.precision, expected.precision)
        assert actual.num_ground_truths.tolist() == expected.num_ground_truths.tolist()
        assert [(each.code, each.count) for each in actual.warnings] == [("area_measured", 1)]
        with pytest.raises(maskmetrics.InputError, match=r'"area".*corrected parity'):
            evaluate(gt, RESULTS, iou=iou)


# ---- evaluations of nothing -----------------------------------------------------------------------------------------


def test_why_every_number_is_minus_one() -> None:
    crowds = copy.deepcopy(GROUND_TRUTH)
    for annotation in crowds["annotations"]:
        annotation["iscrowd"] = 1
    empty = {**GROUND_TRUTH, "annotations": []}
    for data, image_ids, code, count, message in (
        (crowds, None, "all_annotations_ignored", 2, "all 2 annotations are crowds or ignored"),
        (empty, None, "no_annotations_evaluated", 1, "the ground truth has no annotations"),
        (GROUND_TRUTH, [77], "no_images_evaluated", 1, "no image is evaluated"),
    ):
        result = evaluate(data, RESULTS, iou="bbox", image_ids=image_ids)
        assert set(result.metrics.values()) == {-1.0}
        found = {each.code: each for each in result.warnings}
        assert found[code].count == count
        assert message in found[code].message
        assert found[code].message.endswith("there is nothing to find, so that every AP and AR is -1")
        written = json.loads(result.to_json())["warnings"]
        assert [each["count"] for each in written if each["code"] == code] == [count]
    evaluator = Evaluator("coco", "bbox", ground_truth=crowds)
    assert [each.code for each in evaluator.compute().warnings] == ["no_images_evaluated"]


def test_why_no_result_counts() -> None:
    result = evaluate(GROUND_TRUTH, [{**RESULTS[0], "category_id": 9}], iou="bbox")
    assert result.metrics["AP"] == 0
    assert [each.code for each in result.warnings] == ["unknown_category", "no_detections_evaluated"]
