"""Every public function, with every argument of every wrong type: it works, or the error is one of the package's."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as reference_mask
import pytest
from compare import quietly
from wrong_types import CODE, DATA, FILE_ERRORS, RESULT, WRONG, attempt, each_kind

from maskmetrics import COCO, LVIS, COCOeval, LVISEval, LVISResults, Params, mask
from maskmetrics.lviseval import Params as LVISParams

pytestmark = pytest.mark.usefixtures("silent")

# ---- functions of masks ----------------------------------------------------------------------------------------------

MASK_CALLS: dict[str, tuple[Any, ...]] = {
    "encode": (np.ones((3, 3), np.uint8, order="F"),),
    "decode": ([CODE],),
    "area": ([CODE],),
    "toBbox": ([CODE],),
    "merge": ([CODE], False),
    "iou": ([CODE], [CODE], [0]),
    "frPyObjects": ([[1, 1, 2, 2, 3, 1]], 3, 3),
}


def test_all_functions_of_masks_are_called() -> None:
    assert set(MASK_CALLS) == set(mask.__all__) - {"_mask"}


def with_argument(arguments: tuple[Any, ...], place: int, value: Any) -> list[Any]:
    arguments = list(copy.deepcopy(arguments))
    arguments[place] = value
    return arguments


def raised(call: Callable[[], Any]) -> BaseException | None:
    try:
        quietly(call)
    except BaseException as error:  # whatever the reference raises
        return error
    return None


# What the reference does with these ends the process, or never ends.
TOO_MUCH = {("frPyObjects", "huge"), ("frPyObjects", "int"), ("frPyObjects", "negative")}


@pytest.mark.parametrize("name", MASK_CALLS)
@each_kind
def test_masks(name: str, kind: str) -> None:
    for place in range(len(MASK_CALLS[name])):
        for wrap in (lambda value: value, lambda value: [value], lambda value: [CODE, value]):
            value = lambda: wrap(WRONG[kind]())  # noqa: B023, E731
            error = attempt(lambda: getattr(mask, name)(*with_argument(MASK_CALLS[name], place, value())))  # noqa: B023
            if (name, kind) in TOO_MUCH or error is None:
                continue
            expected = raised(
                lambda: getattr(reference_mask, name)(*with_argument(MASK_CALLS[name], place, value()))  # noqa: B023
            )
            if type(expected) is TypeError and place == 0:
                assert isinstance(error, TypeError), (error, expected)


@pytest.mark.parametrize("key", ["size", "counts"])
@each_kind
def test_fields_of_masks(key: str, kind: str) -> None:
    for name in ("decode", "area", "toBbox", "merge", "frPyObjects"):
        for code in ({**CODE, key: WRONG[kind]()}, {**CODE, key: [WRONG[kind](), 3]}):
            rest = MASK_CALLS[name][1:]
            attempt(lambda: getattr(mask, name)([code], *rest))  # noqa: B023
            if name != "merge":
                attempt(lambda: getattr(mask, name)(code, *rest))  # noqa: B023


# ---- methods ---------------------------------------------------------------------------------------------------------


def coco() -> COCO:
    data = COCO()
    data.dataset = copy.deepcopy(DATA)
    quietly(data.createIndex)
    return data


def coco_evaluator(iou: str = "bbox") -> COCOeval:
    data = coco()
    return COCOeval(data, quietly(lambda: data.loadRes([dict(RESULT)])), iou)


def evaluated() -> COCOeval:
    evaluator = coco_evaluator()
    quietly(lambda: (evaluator.evaluate(), evaluator.accumulate()))
    return evaluator


@pytest.fixture(scope="module")
def lvis_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    import json

    path = tmp_path_factory.mktemp("lvis") / "gt.json"
    path.write_text(json.dumps(DATA))
    return str(path)


# By class: how an object is made, and good arguments of each of its methods.
COCO_CALLS: dict[str, tuple[Any, ...]] = {
    "createIndex": (),
    "info": (),
    "getAnnIds": ([1], [1], [0, 100], False),
    "getCatIds": (["dog"], ["animal"], [1]),
    "getImgIds": ([1], [1]),
    "loadAnns": ([5],),
    "loadCats": ([1],),
    "loadImgs": ([1],),
    "showAnns": ([], False),
    "loadRes": ([RESULT],),
    "download": (None, []),
    "loadNumpyAnnotations": (np.zeros((1, 7)),),
    "annToRLE": (DATA["annotations"][0],),
    "annToMask": (DATA["annotations"][0],),
}
COCOEVAL_CALLS: dict[str, tuple[Any, ...]] = {
    "evaluate": (),
    "computeIoU": (1, 1),
    "computeOks": (1, 1),
    "evaluateImg": (1, 1, [0, 1e10], 100),
    "accumulate": (Params("bbox"),),
    "summarize": (),
    "_prepare": (),
}
LVIS_CALLS: dict[str, tuple[Any, ...]] = {
    "get_ann_ids": ([1], [1], [0, 100]),
    "get_cat_ids": (),
    "get_img_ids": (),
    "load_anns": ([5],),
    "load_cats": ([1],),
    "load_imgs": ([1],),
    "download": (None, []),
    "ann_to_rle": (DATA["annotations"][0],),
    "ann_to_mask": (DATA["annotations"][0],),
}
RESULTS_CALLS: dict[str, tuple[Any, ...]] = {
    "limit_dets_per_image": ([dict(RESULT)], 1),
    "get_top_results": (1, 0.5),
}
LVISEVAL_CALLS: dict[str, tuple[Any, ...]] = {
    "evaluate": (),
    "compute_iou": (1, 1),
    "evaluate_img": (1, 1, [0, 1e10]),
    "accumulate": (),
    "summarize": (),
    "run": (),
    "print_results": (),
    "get_results": (),
    "_prepare": (),
    "_prepare_freq_group": (),
    "_to_mask": ([DATA["annotations"][0]], None),
    "_get_gt_dt": (1, 1),
}


@pytest.mark.parametrize(
    ("cls", "calls"),
    [
        (COCO, COCO_CALLS),
        (COCOeval, COCOEVAL_CALLS),
        (LVIS, LVIS_CALLS),
        (LVISResults, RESULTS_CALLS),
        (LVISEval, LVISEVAL_CALLS),
    ],
)
def test_all_methods_are_called(cls: type, calls: dict) -> None:
    methods = {name for name, value in vars(cls).items() if inspect.isfunction(value) and not name.startswith("_")}
    assert methods <= set(calls)


@pytest.mark.parametrize("name", COCO_CALLS)
@each_kind
def test_coco(name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    allowed = FILE_ERRORS if name in ("loadRes", "download") else ()
    for place in range(len(COCO_CALLS[name])):
        attempt(
            lambda: getattr(coco(), name)(*with_argument(COCO_CALLS[name], place, WRONG[kind]())),  # noqa: B023
            allowed,
        )
        attempt(
            lambda: getattr(coco(), name)(*with_argument(COCO_CALLS[name], place, [WRONG[kind]()])),  # noqa: B023
            allowed,
        )


@each_kind
def test_coco_of_a_data_set_of_something_else(kind: str) -> None:
    """Data sets, and what is in them, of a wrong type: in the methods that read them."""
    data_sets = [WRONG[kind]()]
    for key, rows in DATA.items():
        data_sets += [{**copy.deepcopy(DATA), key: WRONG[kind]()}, {**copy.deepcopy(DATA), key: [WRONG[kind]()]}]
        for field in rows[0] if isinstance(rows, list) else ():
            data_sets.append({**copy.deepcopy(DATA), key: [{**copy.deepcopy(rows[0]), field: WRONG[kind]()}]})
    for data_set in data_sets:
        data = COCO()
        attempt(lambda: setattr(data, "dataset", data_set))  # noqa: B023
        if attempt(data.createIndex) is not None:
            continue
        for name, arguments in COCO_CALLS.items():
            if name != "createIndex":
                attempt(lambda: getattr(data, name)(*copy.deepcopy(arguments)))  # noqa: B023
        for iou in ("bbox", "segm", "keypoints"):
            attempt(lambda: evaluate_all(data, iou))  # noqa: B023


def evaluate_all(data: COCO, iou: str) -> None:
    evaluator = COCOeval(data, data.loadRes([dict(RESULT)]), iou)
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()
    assert evaluator.evalImgs is not None and evaluator._gts is not None


@pytest.mark.parametrize("field", [*RESULT, "segmentation", "keypoints", "caption"])
@each_kind
def test_results_of_something_else(field: str, kind: str) -> None:
    for rest in (RESULT, {key: value for key, value in RESULT.items() if key != "bbox"}):
        data = coco()
        loaded = []
        attempt(lambda: loaded.append(data.loadRes([{**rest, field: WRONG[kind]()}])))  # noqa: B023
        for results in loaded:
            for iou in ("bbox", "segm", "keypoints"):
                evaluator = COCOeval(data, results, iou)
                attempt(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.evalImgs, evaluator._dts))  # noqa: B023


@each_kind
def test_constructors(kind: str, lvis_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    value = WRONG[kind]
    data = coco()
    results = quietly(lambda: data.loadRes([dict(RESULT)]))
    attempt(lambda: COCO(value()), FILE_ERRORS)
    attempt(lambda: Params(value()))
    for arguments in ((value(), results), (data, value()), (data, results, value())):
        attempt(lambda: COCOeval(*arguments).evaluate())  # noqa: B023
    attempt(lambda: LVIS(value()), FILE_ERRORS)
    attempt(lambda: LVISResults(value(), [dict(RESULT)]), FILE_ERRORS)
    attempt(lambda: LVISResults(lvis_path, value()), FILE_ERRORS)
    attempt(lambda: LVISResults(lvis_path, [value()]))
    attempt(lambda: LVISResults(lvis_path, [dict(RESULT)], value()))
    for field in (*RESULT, "segmentation"):
        attempt(lambda: LVISEval(lvis_path, [{**RESULT, field: value()}], "bbox").run())  # noqa: B023
    for arguments in ((value(), [dict(RESULT)]), (lvis_path, value()), (lvis_path, [dict(RESULT)], value())):
        attempt(lambda: LVISEval(*arguments).run(), FILE_ERRORS)  # noqa: B023


@pytest.mark.parametrize("name", COCOEVAL_CALLS)
@each_kind
def test_evaluators_methods(name: str, kind: str) -> None:
    for place in range(len(COCOEVAL_CALLS[name])):
        for make in (coco_evaluator, evaluated):
            attempt(lambda: getattr(make(), name)(*with_argument(COCOEVAL_CALLS[name], place, WRONG[kind]())))  # noqa: B023


@pytest.mark.parametrize("field", vars(Params("keypoints")))
@each_kind
def test_parameters(field: str, kind: str) -> None:
    """Before an evaluation, between the steps, and with a step that was replaced."""
    for replaced in (False, True):
        for before in (False, True):
            evaluator = coco_evaluator("keypoints" if field == "kpt_oks_sigmas" else "bbox")
            if replaced:
                evaluator.computeIoU = evaluator.computeIoU
            if before:
                attempt(evaluator.evaluate)
            setattr(evaluator.params, field, WRONG[kind]())
            attempt(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))  # noqa: B023
            attempt(evaluator.accumulate)
            attempt(evaluator.summarize)
            attempt(lambda: str(evaluator))  # noqa: B023


@pytest.mark.parametrize("attribute", ["evalImgs", "ious", "_gts", "_dts", "eval", "stats", "params", "_paramsEval"])
@each_kind
def test_results_that_were_set(attribute: str, kind: str) -> None:
    for value in (WRONG[kind](), [WRONG[kind]()], {(1, 1): WRONG[kind]()}):
        evaluator = evaluated()
        setattr(evaluator, attribute, value)
        attempt(lambda: evaluator.evaluateImg(1, 1, [0, 1e10], 100))  # noqa: B023
        attempt(lambda: evaluator.computeIoU(1, 1))  # noqa: B023
        attempt(evaluator.accumulate)
        evaluator = evaluated()
        setattr(evaluator, attribute, value)
        attempt(evaluator.summarize)


@pytest.mark.parametrize("cls", [LVIS, LVISResults, LVISEval])
@each_kind
def test_lvis(cls: type, kind: str, lvis_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make: Callable[[], Any] = {
        LVIS: lambda: LVIS(lvis_path),
        LVISResults: lambda: LVISResults(lvis_path, [dict(RESULT)]),
        LVISEval: lambda: LVISEval(lvis_path, [dict(RESULT)], "bbox"),
    }[cls]
    calls = {LVIS: LVIS_CALLS, LVISResults: {**LVIS_CALLS, **RESULTS_CALLS}, LVISEval: LVISEVAL_CALLS}[cls]
    # As lvis-api has it: nothing to summarize.
    allowed = (RuntimeError,) if cls is LVISEval else ()
    for name, arguments in calls.items():
        attempt(lambda: getattr(make(), name)(*copy.deepcopy(arguments)), (*allowed, TypeError))  # noqa: B023
        for place in range(len(arguments)):
            for value in (WRONG[kind](), [WRONG[kind]()]):
                attempt(
                    lambda: getattr(make(), name)(*with_argument(arguments, place, value)),  # noqa: B023
                    FILE_ERRORS if name == "download" else (),
                )


@pytest.mark.parametrize("field", vars(LVISParams("bbox")))
@each_kind
def test_lvis_parameters(field: str, kind: str, lvis_path: str) -> None:
    for replaced in (False, True):
        for before in (False, True):
            evaluator = LVISEval(lvis_path, [dict(RESULT)], "bbox")
            if replaced:
                evaluator.compute_iou = evaluator.compute_iou
            if before:
                attempt(evaluator.evaluate)
            setattr(evaluator.params, field, WRONG[kind]())
            attempt(lambda: (evaluator.run(), evaluator.print_results()))  # noqa: B023
            attempt(evaluator.accumulate)
            if evaluator.eval:
                attempt(evaluator.summarize)
            attempt(lambda: str(evaluator))  # noqa: B023
