"""Tables that cannot be evaluated: typed errors that name place and value, never a crash."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from compare import quietly

import maskmetrics
from maskmetrics import COCO, COCOeval, evaluate

GROUND_TRUTH = {
    "images": [{"id": 1, "height": 10, "width": 10}],
    "categories": [{"id": 1, "name": "dog"}],
    "annotations": [
        {
            "id": 5,
            "image_id": 1,
            "category_id": 1,
            "area": 16.0,
            "iscrowd": 0,
            "bbox": [0.0, 0.0, 4.0, 4.0],
            "segmentation": [[0.0, 0.0, 4.0, 0.0, 4.0, 4.0, 0.0, 4.0]],
        }
    ],
}
RESULTS = [
    {
        "image_id": 1,
        "category_id": 1,
        "score": 0.5,
        "bbox": [0.0, 0.0, 4.0, 4.0],
        "segmentation": {"size": [10, 10], "counts": "04600000l1"},
    }
]
WRONG = ("text", None, [], {}, ..., [[]], b"bytes")


def changed(data: Any, path: tuple, value: Any) -> Any:
    """A copy in which one value is another, or is not there."""
    data = copy.deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    if value is KeyError:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return data


def test_the_data_itself_is_good() -> None:
    for iou in ("bbox", "segm", "boundary"):
        assert evaluate(GROUND_TRUTH, RESULTS, iou=iou).metrics["AP50"] > 0.9


def parity_that_refuses(key: str, value: Any) -> str:
    """As in the reference, an id that is a text or None is in strict parity that of no image and no category."""
    return "corrected" if key in ("image_id", "category_id") and value in ("text", None) else "strict"


NUMBERS = ("area", "id", "image_id", "category_id", "iscrowd")


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", [*WRONG, KeyError])
def test_numbers_of_annotations(key: str, value: Any) -> None:
    with pytest.raises(maskmetrics.InputError) as caught:
        parity = parity_that_refuses(key, value)
        evaluate(changed(GROUND_TRUTH, ("annotations", 0, key), value), RESULTS, iou="bbox", parity=parity)
    assert caught.value.source == "gt"
    assert caught.value.place.startswith("annotations[0]")
    assert key in str(caught.value)
    assert isinstance(caught.value, (KeyError, TypeError, ValueError))


@pytest.mark.parametrize("key", ["image_id", "category_id", "score", "bbox"])
@pytest.mark.parametrize("value", [*WRONG, KeyError])
def test_fields_of_results(key: str, value: Any) -> None:
    if key == "bbox" and value in ([], KeyError):
        return  # then the mask counts
    with pytest.raises(maskmetrics.InputError) as caught:
        parity = parity_that_refuses(key, value)
        evaluate(GROUND_TRUTH, changed(RESULTS, (0, key), value), iou="bbox", parity=parity)
    assert caught.value.source == "dt"
    assert caught.value.place.startswith("[0]")
    assert key in str(caught.value)


@pytest.mark.parametrize("value", [*WRONG[:2], ..., [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, None], np.zeros((2, 2))])
def test_boxes(value: Any) -> None:
    for path, place in ((("annotations", 0, "bbox"), "annotations[0]"),):
        with pytest.raises(maskmetrics.InputError) as caught:
            evaluate(changed(GROUND_TRUTH, path, value), RESULTS, iou="bbox")
        assert caught.value.place.startswith(place)


MASKS = [
    "text",
    5,
    None,
    ...,
    [],
    [[]],
    [[1, 2, 3, 4]],
    [[1, 2, 3, 4, 5, "x"]],
    [[1, 2, 3, 4, 5, float("nan")]],
    [[1, 2, 3, 4, 5, 1e300]],
    [5],
    {},
    {"size": [10, 10]},
    {"counts": "T3"},
    {"size": [10], "counts": "T3"},
    {"size": ["a", 10], "counts": "T3"},
    {"size": [-1, 10], "counts": "T3"},
    {"size": [10, 2**40], "counts": "T3"},
    {"size": [0, 0], "counts": "0"},
    {"size": [10, 10], "counts": "T"},
    {"size": [10, 10], "counts": "~"},
    {"size": [10, 10], "counts": "T3T3"},
    {"size": [10, 10], "counts": ""},
    {"size": [10, 10], "counts": 5},
    {"size": [10, 10], "counts": [50, 49]},
    {"size": [10, 10], "counts": [50, -50]},
    {"size": [10, 10], "counts": [50, "x"]},
    {"size": [10, 10], "counts": [2**40]},
    {"size": [10, 10], "counts": "\udcff"},
]


@pytest.mark.parametrize("value", [*MASKS, KeyError], ids=repr)
@pytest.mark.parametrize("iou", ["segm", "boundary"])
def test_masks_of_annotations(value: Any, iou: str) -> None:
    with pytest.raises((maskmetrics.InputError, UnicodeEncodeError)) as caught:
        evaluate(changed(GROUND_TRUTH, ("annotations", 0, "segmentation"), value), RESULTS, iou=iou)
    if isinstance(caught.value, maskmetrics.InputError):
        assert caught.value.place.startswith("annotations[0]")


@pytest.mark.parametrize("value", [*MASKS, KeyError], ids=repr)
def test_masks_of_results(value: Any) -> None:
    rows = [{key: item for key, item in RESULTS[0].items() if key != "bbox"}]
    if value is KeyError:
        return
    with pytest.raises((maskmetrics.InputError, UnicodeEncodeError)) as caught:
        evaluate(GROUND_TRUTH, changed(rows, (0, "segmentation"), value), iou="segm")
    if isinstance(caught.value, maskmetrics.InputError):
        assert caught.value.place.startswith("[0]")


def coco_pair(ground_truth: Any, results: Any) -> tuple[COCO, COCO]:
    gt, dt = COCO(), COCO()
    gt.dataset = ground_truth
    dt.dataset = {**ground_truth, "annotations": results}
    quietly(gt.createIndex)
    quietly(dt.createIndex)
    return gt, dt


PREPARED = [{**RESULTS[0], "id": 77, "area": 16.0, "iscrowd": 0}]


@pytest.mark.parametrize("value", [*MASKS, KeyError], ids=repr)
def test_masks_of_coco_objects_are_named_by_id(value: Any) -> None:
    for truth, rows, place in (
        (changed(GROUND_TRUTH, ("annotations", 0, "segmentation"), value), PREPARED, ("cocoGt", "anns[5]")),
        (GROUND_TRUTH, changed(PREPARED, (0, "segmentation"), value), ("cocoDt", "anns[77]")),
    ):
        evaluator = COCOeval(*coco_pair(truth, rows), "segm")
        with pytest.raises((maskmetrics.InputError, UnicodeEncodeError)) as caught:
            quietly(evaluator.evaluate)
        if isinstance(caught.value, maskmetrics.InputError):
            assert caught.value.source == place[0]
            assert caught.value.place.startswith(place[1])


@pytest.mark.parametrize("key", ["area", "iscrowd", "bbox"])
@pytest.mark.parametrize("value", [*WRONG, KeyError])
def test_annotations_of_coco_objects(key: str, value: Any) -> None:
    evaluator = COCOeval(*coco_pair(changed(GROUND_TRUTH, ("annotations", 0, key), value), PREPARED), "bbox")
    with pytest.raises(maskmetrics.InputError) as caught:
        quietly(evaluator.evaluate)
    assert caught.value.place.startswith("anns[5]")
    assert isinstance(caught.value, KeyError) == (value is KeyError)


@pytest.mark.parametrize("key", ["score", "area", "bbox"])
@pytest.mark.parametrize("value", [*WRONG, KeyError])
def test_results_of_coco_objects(key: str, value: Any) -> None:
    evaluator = COCOeval(*coco_pair(GROUND_TRUTH, changed(PREPARED, (0, key), value)), "bbox")
    with pytest.raises(maskmetrics.InputError) as caught:
        quietly(evaluator.evaluate)
    assert caught.value.place.startswith("anns[77]")


@pytest.mark.parametrize(
    ("ground_truth", "place"),
    [
        ({}, ""),
        ({**GROUND_TRUTH, "images": 5}, "['images']"),
        ({**GROUND_TRUTH, "images": [5]}, "images[0]"),
        ({**GROUND_TRUTH, "images": [{"id": 1.5}]}, "images[0]['id']"),
        ({**GROUND_TRUTH, "categories": [{"name": "dog"}]}, "categories[0]"),
        ({**GROUND_TRUTH, "annotations": "none"}, "['annotations']"),
        ({**GROUND_TRUTH, "annotations": [None]}, "annotations[0]"),
    ],
)
def test_tables_of_dictionaries(ground_truth: Any, place: str) -> None:
    with pytest.raises(maskmetrics.InputError) as caught:
        evaluate(ground_truth, RESULTS, iou="bbox")
    assert (caught.value.source, caught.value.place) == ("gt", place)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros(7),
        np.zeros((2, 8)),
        np.zeros((1, 7), dtype=object),
        np.array([["a"] * 7]),
        np.full((1, 7), np.nan),
        np.full((1, 7), np.inf),
        np.zeros((1, 7), dtype=complex),
    ],
)
def test_arrays_of_results(rows: np.ndarray) -> None:
    with pytest.raises(maskmetrics.InputError):
        evaluate(GROUND_TRUTH, rows, iou="bbox")


def test_arrays_may_be_strided_and_of_any_number() -> None:
    row = [1, 0, 0, 4, 4, 0.5, 1]
    wide = np.array([row, row])[:, :7][::2]
    for rows in (
        wide,
        np.asfortranarray(np.array([row])),
        np.array([row], np.float32),
        np.array([[1, 0, 0, 4, 4, 1, 1]]),
    ):
        assert evaluate(GROUND_TRUTH, rows, iou="bbox").metrics["AP50"] > 0.9
    assert evaluate(GROUND_TRUTH, np.zeros((0, 7)), iou="bbox").metrics["AP"] == 0


@pytest.mark.parametrize(
    "how",
    [
        {"protocol": "voc2"},
        {"protocol": 5},
        {"iou": "keypoints"},
        {"cap": "video"},
        {"parity": "loose"},
        {"iou_thresholds": []},
        {"iou_thresholds": [float("nan")]},
        {"recall_thresholds": [0.5, 0.1]},
        {"area_ranges": {"upside down": (5, 2)}},
        {"area_ranges": {"a": (0, 1)}, "relative_area_ranges": {"a": (0, 1)}},
        {"max_dets": [1, 0, 5]},
        {"max_dets": [1, -5, 5]},
        {"max_dets": [2**33]},
        {"image_ids": [1.5]},
        {"dilation_ratio": 0, "iou": "boundary"},
        {"device": "tpu"},
        {"threads": -1},
    ],
    ids=repr,
)
def test_settings_that_make_no_sense(how: dict) -> None:
    with pytest.raises(maskmetrics.ProtocolError) as caught:
        evaluate(GROUND_TRUTH, RESULTS, **how)
    assert str(caught.value)


def test_a_device_that_is_not_there() -> None:
    if maskmetrics.built_with_cuda():
        pytest.skip("the package was built with CUDA")
    with pytest.raises(maskmetrics.DeviceError, match="CUDA"):
        evaluate(GROUND_TRUTH, RESULTS, device="cuda")
    assert issubclass(maskmetrics.DeviceError, RuntimeError)
    assert issubclass(maskmetrics.OutputError, OSError)


@pytest.mark.parametrize("table", [None, 5, {}, {"dtScores": [1]}])
def test_tables_put_together_wrongly(table: Any) -> None:
    evaluator = COCOeval(*coco_pair(GROUND_TRUTH, PREPARED), "bbox")
    quietly(evaluator.evaluate)
    good = evaluator.evalImgs[0]
    broken = {**good, **table} if isinstance(table, dict) and table else table
    tables = [broken] * len(evaluator.evalImgs)
    if isinstance(broken, dict) and broken:
        tables = [{**broken, "dtScores": [1, 2, 3]}] * len(tables)
    evaluator.evalImgs = tables
    if table is None:
        quietly(evaluator.accumulate)
        assert (evaluator.eval["precision"] == -1).all()
        return
    with pytest.raises((maskmetrics.InputError, TypeError, KeyError)):
        quietly(evaluator.accumulate)
    evaluator.evalImgs = [good]
    with pytest.raises(IndexError):
        quietly(evaluator.accumulate)
