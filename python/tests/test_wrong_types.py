"""Every public function, with every argument of every wrong type: it works, or the error is one of the package's."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import io
import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as reference_mask
import pytest
from compare import quietly

import maskmetrics
from maskmetrics import COCO, LVIS, COCOeval, Evaluator, LVISEval, LVISResults, Params, Protocol, mask
from maskmetrics.lviseval import Params as LVISParams

CODE = {"size": [3, 3], "counts": b"09"}
IMAGE = {"id": 1, "height": 10, "width": 10, "neg_category_ids": [], "not_exhaustive_category_ids": []}
SQUARE = {"bbox": [0.0, 0.0, 4.0, 4.0], "segmentation": [[0.0, 0.0, 4.0, 0.0, 4.0, 4.0, 0.0, 4.0]], "area": 16.0}
DATA = {
    "info": {"version": 1},
    "images": [IMAGE],
    "categories": [{"id": 1, "name": "dog", "frequency": "r", "supercategory": "animal"}],
    "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "iscrowd": 0, **SQUARE}],
}
RESULT = {"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0.0, 0.0, 4.0, 4.0]}


class Hostile:
    """Has a length and elements, and none of them can be had."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, key: Any) -> Any:
        raise ValueError("no elements")


# Made anew for every call, for calls may use them up or change them.
WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "int": lambda: 77777,
    "negative": lambda: -3,
    "huge": lambda: 10**400,
    "float": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "bool": lambda: True,
    "str": lambda: "no such thing",
    "empty str": lambda: "",
    "surrogate": lambda: "\udcff",
    "bytes": lambda: b"no such thing",
    "list": list,
    "list of None": lambda: [None],
    "list of int": lambda: [1, 2, 3],
    "list of str": lambda: ["a", "b"],
    "list of lists": lambda: [[1], [2]],
    "list of dict": lambda: [{}],
    "tuple": lambda: (1, None),
    "set": lambda: {1, "a"},
    "dict": dict,
    "dict of None": lambda: {"size": None, "counts": None, "id": None, "bbox": None, "images": None},
    "object": object,
    "class": lambda: int,
    "function": lambda: len,
    "generator": lambda: (i for i in range(3)),
    "range": lambda: range(3),
    "complex": lambda: 1j,
    "array of nothing": lambda: np.zeros(0),
    "array of object": lambda: np.array([None, "a"], dtype=object),
    "array of str": lambda: np.array(["a", "b"]),
    "array of complex": lambda: np.zeros((2, 4), dtype=complex),
    "array of datetime": lambda: np.zeros((2, 7), dtype="datetime64[s]"),
    "array of nan": lambda: np.full((2, 7), np.nan),
    "array of int8": lambda: np.zeros((3, 3), dtype=np.int8),
    "array of records": lambda: np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]),
    "0-d array": lambda: np.array(5),
    "4-d array": lambda: np.zeros((1, 2, 3, 4), dtype=np.uint8),
    "hostile": Hostile,
}


def each_kind(test: Callable[..., None]) -> Callable[..., None]:
    """Runs a test for every wrong type in one go; a test each would take longer than the calls."""

    @functools.wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        for kind in WRONG:
            try:
                test(*arguments, kind=kind, **fixtures)
            except BaseException as error:
                error.add_note(f"with {kind}") if hasattr(error, "add_note") else None
                raise

    signature = inspect.signature(test)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[each for name, each in signature.parameters.items() if name != "kind"]
    )
    return run


def attempt(call: Callable[[], Any], allowed: tuple[type[BaseException], ...] = ()) -> BaseException | None:
    """The call's exception, which must be one of the package's."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            result = call()
            if inspect.isgenerator(result):
                list(result)
    except (maskmetrics.Error, *allowed) as error:
        assert str(error)
        assert pickle.loads(pickle.dumps(error)).args == error.args or not isinstance(error, maskmetrics.Error)
        return error
    return None


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with np.errstate(all="ignore"):
        yield
    logging.disable(logging.NOTSET)


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


FILE_ERRORS = (OSError, ValueError)  # of a file that is missing, or is no JSON


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


# ---- evaluate(), protocols, patching ---------------------------------------------------------------------------------

FIELDS = [name for name in dir(Protocol) if isinstance(inspect.getattr_static(Protocol, name), property)]


def test_protocols_have_fields() -> None:
    assert {"iou", "iou_thresholds", "area_ranges", "max_dets", "image_ids", "use_categories"} <= set(FIELDS)


@each_kind
def test_protocols(kind: str) -> None:
    for field in FIELDS:
        for value in (WRONG[kind](), [WRONG[kind]()]):
            protocol = Protocol("coco", "bbox")
            error = attempt(lambda: setattr(protocol, field, value))  # noqa: B023
            assert error is None or isinstance(error, maskmetrics.ProtocolError)
            if error is None:
                attempt(protocol.validate)
    for arguments in ((WRONG[kind](),), ("coco", WRONG[kind]())):
        assert isinstance(attempt(lambda: Protocol(*arguments)), maskmetrics.ProtocolError)  # noqa: B023


@pytest.mark.parametrize("name", [*inspect.signature(maskmetrics.evaluate).parameters])
@each_kind
def test_evaluate(name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in (WRONG[kind](), [WRONG[kind]()]):
        if name == "progress" and callable(value):
            continue  # it is called, and raises what it likes
        arguments = {"gt": copy.deepcopy(DATA), "dt": [dict(RESULT)], "iou": "bbox", name: value}
        attempt(lambda: maskmetrics.evaluate(**arguments))  # noqa: B023


@pytest.mark.parametrize("name", [*inspect.signature(Evaluator).parameters])
@each_kind
def test_evaluator(name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in (WRONG[kind](), [WRONG[kind]()]):
        attempt(lambda: Evaluator(**{"iou": "bbox", name: value}))  # noqa: B023


UPDATE: dict[str, Any] = {
    "image_id": 1,
    "scores": [0.5],
    "labels": [1],
    "boxes": [[0.0, 0.0, 4.0, 4.0]],
    "ground_truth": {"labels": [1], "boxes": [[0.0, 0.0, 4.0, 4.0]]},
}


@pytest.mark.parametrize("name", [*list(inspect.signature(Evaluator.update).parameters)[1:]])
@each_kind
def test_updates(name: str, kind: str) -> None:
    for value in (WRONG[kind], lambda: [WRONG[kind]()]):
        attempt(lambda: Evaluator(iou="bbox").update(**{**UPDATE, name: value()}))  # noqa: B023
        attempt(lambda: Evaluator(iou="segm").update(**{**UPDATE, "masks": [CODE], "size": (3, 3), name: value()}))  # noqa: B023
    for field in ("labels", "boxes", "masks", "areas", "crowd", "ignore"):
        truth = {**UPDATE["ground_truth"], field: WRONG[kind]()}
        attempt(lambda: Evaluator(iou="bbox").update(**{**UPDATE, "ground_truth": truth}))  # noqa: B023


@each_kind
def test_evaluators_of_images(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("update_batch", "merge", "deserialize", "save", "load"):
        allowed = FILE_ERRORS if name in ("save", "load") else ()
        attempt(lambda: getattr(Evaluator(iou="bbox"), name)(WRONG[kind]()), allowed)  # noqa: B023
        attempt(lambda: getattr(Evaluator(iou="bbox"), name)([WRONG[kind]()]), allowed)  # noqa: B023
    for name in ("merge", "deserialize"):
        state = Evaluator(iou="bbox").serialize()
        attempt(lambda: getattr(Evaluator(iou="bbox"), name)(state, WRONG[kind]()))  # noqa: B023
    for arguments in ((WRONG[kind](), "image"), ([[[1.0]]], WRONG[kind]())):
        attempt(lambda: maskmetrics.Pasted(*arguments))  # noqa: B023
    for thing in (maskmetrics.Pasted(WRONG[kind](), "image"), maskmetrics.Prototypes(WRONG[kind](), WRONG[kind]())):
        attempt(lambda: Evaluator(iou="segm").update(**{**UPDATE, "masks": thing, "size": (3, 3)}))  # noqa: B023


@each_kind
def test_patching(kind: str) -> None:
    attempt(lambda: maskmetrics.patch_pycocotools(lvis=WRONG[kind]()))
    maskmetrics.unpatch_pycocotools()
