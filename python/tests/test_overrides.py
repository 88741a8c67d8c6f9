"""Every method of the reference's classes, replaced one at a time, in subclasses of the reference's class and of ours,
on objects, and in the classes themselves: the same calls, numbers, and printed lines."""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import awkward
import lvis
import lvis.eval
import lvis.lvis
import lvis.results
import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
import pytest
from compare import assert_same, printed

import maskmetrics
from maskmetrics import cocoeval, lviseval

# Of each of the reference's classes: its name, and ours.
CLASSES = {
    "COCO": (pycocotools.coco.COCO, maskmetrics.COCO),
    "COCOeval": (pycocotools.cocoeval.COCOeval, maskmetrics.COCOeval),
    "Params": (pycocotools.cocoeval.Params, maskmetrics.Params),
    "LVIS": (lvis.LVIS, maskmetrics.LVIS),
    "LVISResults": (lvis.LVISResults, maskmetrics.LVISResults),
    "LVISEval": (lvis.LVISEval, maskmetrics.LVISEval),
    "LVISParams": (lvis.eval.Params, lviseval.Params),
}


def methods_of(name: str) -> list[str]:
    return [method for method, value in vars(CLASSES[name][0]).items() if inspect.isfunction(value)]


# ---- what the replaced methods do: something that shows in the numbers or in the text --------------------------------


def without_last(self: Any, found: Any) -> Any:
    return found[:-1]


def halved(self: Any, found: Any) -> Any:
    return np.asarray(found) * 0.5 if len(found) else found


def said(self: Any, found: Any) -> Any:
    print("called")
    return found


def empty_mask(self: Any, code: dict) -> dict:
    height, width = code["size"]
    return pycocotools.coco.maskUtils.encode(np.zeros((height, width), np.uint8, order="F"))


def without_an_annotation(self: Any, found: Any) -> Any:
    listed = self.imgToAnns if hasattr(self, "imgToAnns") else self.img_ann_map
    for anns in listed.values():
        del anns[1:]
    return found


def without_detections(self: Any, found: Any) -> Any:
    for key in list(self._dts)[::2]:
        self._dts[key] = self._dts[key][:1]
    return found


def unmatched(self: Any, table: dict | None) -> dict | None:
    if table is not None:
        matches = table["dtMatches" if "dtMatches" in table else "dt_matches"]
        matches[:, ::2] = 0
    return table


def smaller_numbers(self: Any, found: Any) -> Any:
    self.eval["precision"] *= 0.5
    return found


def other_stats(self: Any, found: Any) -> Any:
    if hasattr(self, "stats"):
        self.stats *= 2
    else:
        self.results["AP"] *= 2
    return found


def fewer_thresholds(self: Any, found: Any) -> Any:
    params = getattr(self, "params", self)
    for name in ("iouThrs", "iou_thrs"):
        if hasattr(params, name):
            setattr(params, name, getattr(params, name)[:4])
    return found


def fewer_images(self: Any, dataset: Any) -> Any:
    if isinstance(dataset, dict):
        return {**dataset, "annotations": dataset["annotations"][::2]}
    return dataset[::2]


def with_less(self: Any, found: Any) -> Any:
    return found if found is None else found[::2]


def fewer_tables(self: Any, found: Any) -> Any:
    name = "evalImgs" if hasattr(self, "evalImgs") else "eval_imgs"
    setattr(self, name, [table if place % 3 else None for place, table in enumerate(getattr(self, name))])
    return found


def lower_scores(self: Any, found: Any) -> Any:
    for ann in found.anns.values() if hasattr(found, "anns") else found:
        ann["score"] = float(int(ann["id"] * 7 % 5)) if "id" in ann else ann["score"] * 0.5
    return found


def only_rare(self: Any, groups: list) -> list:
    return [groups[0], groups[0], groups[0]]


def swapped(self: Any, pair: tuple) -> tuple:
    return pair[0][:1], pair[1][:1]


def nothing_more(self: Any, found: Any) -> Any:
    """For __init__: attributes exist, and have been set by the class itself."""
    self.name = "mine"
    return found


CHANGES: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    "COCO": {
        "__init__": without_an_annotation,
        "createIndex": without_an_annotation,
        "info": said,
        "getAnnIds": with_less,
        "getCatIds": without_last,
        "getImgIds": lambda self, ids: sorted(ids)[1:],
        "loadAnns": with_less,
        "loadCats": without_last,
        "loadImgs": without_last,
        "showAnns": said,
        "loadRes": lower_scores,
        "download": said,
        "loadNumpyAnnotations": with_less,
        "annToRLE": empty_mask,
        "annToMask": lambda self, pixels: 1 - pixels,
    },
    "COCOeval": {
        "__init__": fewer_thresholds,
        "_prepare": without_detections,
        "evaluate": fewer_tables,
        "computeIoU": halved,
        "computeOks": halved,
        "evaluateImg": unmatched,
        "accumulate": smaller_numbers,
        "summarize": other_stats,
        "__str__": lambda self, text: "text",
    },
    "Params": {"__init__": fewer_thresholds, "setDetParams": fewer_thresholds, "setKpParams": fewer_thresholds},
    "LVIS": {
        "__init__": without_an_annotation,
        "_load_json": fewer_images,
        "_create_index": without_an_annotation,
        "get_ann_ids": with_less,
        "get_cat_ids": without_last,
        "get_img_ids": lambda self, ids: sorted(ids)[1:],
        "_load_helper": with_less,
        "load_anns": with_less,
        "load_cats": lambda self, categories: [{**each, "frequency": "r"} for each in categories],
        "load_imgs": lambda self, images: [{**each, "not_exhaustive_category_ids": []} for each in images],
        "download": said,
        "ann_to_rle": empty_mask,
        "ann_to_mask": lambda self, pixels: 1 - pixels,
    },
    "LVISResults": {
        "__init__": without_an_annotation,
        "limit_dets_per_image": with_less,
        "get_top_results": with_less,
    },
    "LVISEval": {
        "__init__": fewer_thresholds,
        "_to_mask": said,
        "_prepare": without_detections,
        "_prepare_freq_group": only_rare,
        "evaluate": fewer_tables,
        "_get_gt_dt": swapped,
        "compute_iou": halved,
        "evaluate_img": unmatched,
        "accumulate": smaller_numbers,
        "_summarize": lambda self, number: number * 0.5,
        "summarize": other_stats,
        "run": said,
        "print_results": said,
        "get_results": lambda self, results: dict(results),
    },
    "LVISParams": {"__init__": fewer_thresholds},
}
# str(evaluator) fails in pycocotools, whose __str__ returns nothing.
NOT_COMPARED = {("COCOeval", "__str__")}


@pytest.mark.parametrize("name", CLASSES)
def test_every_method_of_the_reference_is_replaced(name: str) -> None:
    assert set(methods_of(name)) == set(CHANGES[name])


def replaced(name: str, method: str, original: Callable, calls: list[str]) -> Callable:
    def changed(self: Any, *arguments: Any, **named: Any) -> Any:
        calls.append(method)
        return CHANGES[name][method](self, original(self, *arguments, **named))

    return changed


# ---- programs --------------------------------------------------------------------------------------------------------


class World:
    """The classes of one side, and what a program has seen of them."""

    def __init__(self, side: int, folder: Path) -> None:
        self.classes = {name: pair[side] for name, pair in CLASSES.items()}
        self.folder = folder
        self.calls: list[str] = []
        self.seen: list[Any] = []
        self.on_object: tuple[str, str] | None = None

    def made(self, name: str, *arguments: Any, **named: Any) -> Any:
        return self.touched(name, self.classes[name](*arguments, **named))

    def touched(self, name: str, thing: Any) -> Any:
        """The object, with a method of its own where that is what the test replaces."""
        if self.on_object is not None and self.on_object[0] == name:
            method = self.on_object[1]
            original = getattr(type(thing), method)
            setattr(thing, method, replaced(name, method, original, self.calls).__get__(thing))
        return thing

    def see(self, call: Callable[[], Any]) -> Any:
        """What a call returns, or the class of its error, and what it prints."""
        result: list[Any] = []

        def run() -> Any:
            try:
                result.append(call())
            except Exception as error:
                return error
            return None

        error, text = printed(run)
        self.seen.append((error if error is not None else result[0], text))
        return result[0] if result else None


def coco_program(world: World, iou: str, how: str) -> None:
    """Looks around in a data set, loads results, evaluates them, and looks at everything."""
    path, results_path = str(world.folder / "gt.json"), str(world.folder / "dt.json")
    data = world.see(lambda: world.made("COCO", path))
    if data is None:
        return
    first = next(iter(json.loads(Path(path).read_text())["images"]))["id"]
    world.see(data.info)
    world.see(lambda: data.getAnnIds(imgIds=[first]))
    world.see(lambda: data.getCatIds(catIds=[1, 2, 3, 4]))
    world.see(lambda: sorted(data.getImgIds()))
    world.see(lambda: data.loadCats(data.getCatIds()))
    world.see(lambda: data.loadImgs([first]))
    world.see(lambda: [data.annToMask(ann) for ann in data.loadAnns(data.getAnnIds(imgIds=first))])
    world.see(lambda: data.showAnns([]))
    world.see(data.download)
    rows = json.loads(Path(results_path).read_text())
    if how == "array":
        rows = np.array([[r["image_id"], *r["bbox"], r["score"], r["category_id"]] for r in rows])
    results = world.see(lambda: data.loadRes(results_path if how == "file" else rows))
    if results is None:
        return
    if how != "list":
        results = world.touched("COCO", results)
    params = world.see(lambda: world.made("Params", iou))
    evaluator = world.see(lambda: world.made("COCOeval", data, results, iou))
    if evaluator is None or params is None:
        return
    world.see(lambda: dict(sorted(vars(params).items())))
    if iou == "keypoints":
        evaluator.params.kpt_oks_sigmas = np.array([0.5, 0.5])
    world.see(evaluator.evaluate)
    world.see(evaluator.accumulate)
    world.see(evaluator.summarize)
    for attribute in ("stats", "eval", "evalImgs", "ious"):
        world.see(lambda: getattr(evaluator, attribute))  # noqa: B023
    p = evaluator.params
    for image in p.imgIds:
        for category in (p.catIds if p.useCats else [-1])[:2]:
            for step in (evaluator.computeOks if iou == "keypoints" else evaluator.computeIoU,):
                world.see(lambda: step(image, category))  # noqa: B023
            world.see(lambda: evaluator.evaluateImg(image, category, p.areaRng[0], 100))  # noqa: B023
            world.see(lambda: (evaluator._gts[image, category], evaluator._dts[image, category]))  # noqa: B023
    world.see(lambda: {key: anns for key, anns in sorted(evaluator._dts.items()) if anns})


def lvis_program(world: World, iou: str, how: str) -> None:
    path, results_path = str(world.folder / "gt.json"), str(world.folder / "dt.json")
    data = world.see(lambda: world.made("LVIS", path))
    if data is None:
        return
    world.see(lambda: data.get_ann_ids(img_ids=sorted(data.imgs)[:1]))
    world.see(lambda: (data.get_cat_ids(), data.get_img_ids()))
    world.see(lambda: data.load_cats(None))
    world.see(lambda: data.load_imgs(None))
    world.see(lambda: [data.ann_to_mask(ann) for ann in data.load_anns()[:3]])
    world.see(lambda: data.download(str(world.folder / "images"), []))
    rows = results_path if how == "file" else json.loads(Path(results_path).read_text())
    handed = path if how == "path" else data
    results = world.see(lambda: world.made("LVISResults", handed, rows, max_dets=7))
    if results is None:
        return
    world.see(lambda: results.get_top_results(sorted(results.imgs)[0], 0.3))
    world.see(lambda: world.made("LVISParams", iou))
    evaluator = world.see(lambda: world.made("LVISEval", data, results, iou))
    if evaluator is None:
        return
    world.see(evaluator.run)
    world.see(evaluator.print_results)
    world.see(evaluator.get_results)
    for attribute in ("eval", "eval_imgs", "ious", "freq_groups", "img_nel"):
        world.see(lambda: getattr(evaluator, attribute))  # noqa: B023
    p = evaluator.params
    for image in p.img_ids:
        for category in p.cat_ids[:2]:
            world.see(lambda: evaluator._get_gt_dt(image, category))  # noqa: B023
            world.see(lambda: evaluator.compute_iou(image, category))  # noqa: B023
            world.see(lambda: evaluator.evaluate_img(image, category, p.area_rng[0]))  # noqa: B023
    world.see(lambda: {key: anns for key, anns in sorted(evaluator._dts.items()) if anns})
    world.see(evaluator._prepare_freq_group)


def write_data(folder: Path, seed: int, is_lvis: bool, keypoints: bool) -> None:
    ground_truth, results = (awkward.lvis if is_lvis else awkward.coco)(seed)
    rng = np.random.default_rng(seed)
    if keypoints:
        for each in (*ground_truth["annotations"], *results):
            each["keypoints"] = [float(v) for v in rng.integers(0, 30, 6)]
            each["keypoints"][2::3] = [1.0, 2.0]
            each["num_keypoints"] = 2
    for each in results:
        each.pop("segmentation", None)
        # Their masks are drawn; pycocotools cannot draw all of the numbers that a box may have.
        each["bbox"] = [float(v) for v in rng.integers(0, 20, 4)]
    (folder / "gt.json").write_text(json.dumps(ground_truth))
    (folder / "dt.json").write_text(json.dumps(results))


@contextlib.contextmanager
def replacing(world: World, name: str, method: str, where: str) -> Iterator[None]:
    """A method replaced in a subclass, in the class itself, or on every object."""
    cls = world.classes[name]
    original = getattr(cls, method)
    changed = replaced(name, method, original, world.calls)
    if where == "object":
        world.on_object = (name, method)
        yield
    elif where == "class":
        setattr(cls, method, changed)
        try:
            yield
        finally:
            setattr(cls, method, original)
    else:
        derived = type(cls.__name__, (cls,), {method: changed})
        world.classes[name] = derived
        # What the reference's modules make themselves is made of the derived class, too.
        home = importlib.import_module(cls.__module__)
        if name.endswith("Params"):
            setattr(home, cls.__name__, derived)
        try:
            yield
        finally:
            setattr(home, cls.__name__, cls)


def comparable(value: Any) -> Any:
    """Values without what is allowed to differ: addresses, dates, classes of errors derived from the reference's."""
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items() if key not in ("date", "params")}
    if isinstance(value, (list, tuple)):
        return type(value)(comparable(each) for each in value)
    if isinstance(value, (int, float, str, bytes, np.ndarray, np.generic, type(None))):
        return value
    return type(value).__name__


def assert_same_program(ours: World, reference: World) -> None:
    assert len(ours.seen) == len(reference.seen)
    for place, ((actual, text), (expected, expected_text)) in enumerate(zip(ours.seen, reference.seen, strict=True)):
        assert text == expected_text, place
        if isinstance(expected, Exception):
            assert isinstance(actual, type(expected)), (place, actual, expected)
        else:
            assert not isinstance(actual, Exception), (place, actual)
            assert_same(comparable(actual), comparable(expected), f"look {place}")


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


# What is compared, and how results are handed in.
COCO_RUNS = (("bbox", "file"), ("bbox", "array"), ("segm", "list"), ("keypoints", "file"))
LVIS_RUNS = (("bbox", "file"), ("segm", "list"), ("bbox", "path"))
CASES = [
    (name, method, where)
    for name in CLASSES
    for method in methods_of(name)
    for where in ("subclass", "object", "class")
    if (name, method) not in NOT_COMPARED and not (method == "__init__" and where == "object")
]


@pytest.mark.parametrize(("name", "method", "where"), CASES)
def test_replaced(name: str, method: str, where: str, tmp_path: Path) -> None:
    is_lvis = name.startswith("LVIS")
    program = lvis_program if is_lvis else coco_program
    runs = LVIS_RUNS if is_lvis else COCO_RUNS
    was_called = False
    for seed, (iou, how) in enumerate(runs, start=3):
        write_data(tmp_path, seed, is_lvis, iou == "keypoints")
        worlds = [World(side, tmp_path) for side in (0, 1)]
        for world in worlds:
            with replacing(world, name, method, where):
                program(world, iou, how)
        reference, ours = worlds
        assert_same_program(ours, reference)
        # Our own code may ask once where the reference asks twice, but asks.
        assert bool(ours.calls) == bool(reference.calls), (iou, how)
        was_called |= bool(reference.calls)
    # Objects get their method after the constructor has called what it calls.
    assert was_called or where == "object"


def test_a_program_that_replaces_nothing_takes_the_fast_way(tmp_path: Path) -> None:
    """Results are arrays of the library, and no dictionaries are made before somebody looks."""
    write_data(tmp_path, 3, False, False)
    path, results = str(tmp_path / "gt.json"), str(tmp_path / "dt.json")
    for iou in ("bbox", "segm"):
        data = printed(lambda: maskmetrics.COCO(path))[0]
        found = printed(lambda: data.loadRes(results))[0]  # noqa: B023
        evaluator = maskmetrics.COCOeval(data, found, iou)
        printed(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))  # noqa: B023
        assert data._columns() is not None and found._result_columns() is not None
        assert evaluator._to_be_made == {"evalImgs", "ious", "_gts", "_dts"}
    write_data(tmp_path, 3, True, False)
    for iou in ("bbox", "segm"):
        data = maskmetrics.LVIS(path)
        found = maskmetrics.LVISResults(data, results)
        evaluator = maskmetrics.LVISEval(data, found, iou)
        evaluator.run()
        assert data._columns() is not None and found._result_columns() is not None
        assert evaluator._to_be_made == {"eval_imgs", "ious", "_gts", "_dts", "img_nel"}
    # The reference's own objects are taken at once as well.
    write_data(tmp_path, 3, False, False)
    data = printed(lambda: pycocotools.coco.COCO(path))[0]
    evaluator = maskmetrics.COCOeval(data, printed(lambda: data.loadRes(results))[0], "bbox")
    printed(evaluator.evaluate)
    assert "evalImgs" in evaluator._to_be_made


@pytest.mark.parametrize("iou", ["bbox", "segm"])
def test_objects_that_only_look_like_data_sets(iou: str, tmp_path: Path) -> None:
    """A class with COCO's methods, in front of whatever holds the annotations."""

    class Front:
        def __init__(self, data: Any) -> None:
            self.data = data
            self.calls: set[str] = set()

        def __getattr__(self, name: str) -> Any:
            self.calls.add(name)
            return getattr(self.data, name)

        def getAnnIds(self, *arguments: Any, **named: Any) -> list:
            return self.data.getAnnIds(*arguments, **named)[::2]

    write_data(tmp_path, 5, False, False)
    worlds = [World(side, tmp_path) for side in (0, 1)]
    for world in worlds:
        data = printed(lambda: world.made("COCO", str(tmp_path / "gt.json")))[0]  # noqa: B023
        results = printed(lambda: data.loadRes(str(tmp_path / "dt.json")))[0]  # noqa: B023
        evaluator = world.made("COCOeval", Front(data), Front(copy.copy(results)), iou)
        world.see(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))  # noqa: B023
        world.see(lambda: (evaluator.eval, evaluator.evalImgs, evaluator.ious, evaluator.stats))  # noqa: B023
        world.see(lambda: sorted(evaluator.cocoGt.calls))  # noqa: B023
    assert_same_program(worlds[1], worlds[0])


def test_what_was_replaced_under_the_patch(tmp_path: Path) -> None:
    """As above, by the names that programs import."""
    write_data(tmp_path, 5, False, False)
    found = []
    for patched in (False, True):
        with maskmetrics.patch_pycocotools(lvis=True) if patched else contextlib.nullcontext():
            from pycocotools.coco import COCO
            from pycocotools.cocoeval import COCOeval

            class Easy(COCO):
                def getAnnIds(self, *arguments: Any, **named: Any) -> list:
                    return super().getAnnIds(*arguments, **named)[::2]

            class Half(COCOeval):
                def computeIoU(self, imgId: Any, catId: Any) -> Any:
                    return halved(self, super().computeIoU(imgId, catId))

            data = printed(lambda: Easy(str(tmp_path / "gt.json")))[0]
            evaluator = Half(data, printed(lambda: data.loadRes(str(tmp_path / "dt.json")))[0], "bbox")  # noqa: B023
            printed(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))  # noqa: B023
            assert isinstance(evaluator, maskmetrics.COCOeval) == patched
            found.append((evaluator.stats, evaluator.evalImgs))
    assert_same(found[1], found[0])


def test_tables_that_were_changed_count(tmp_path: Path) -> None:
    """Whoever reads evalImgs may change what it holds; what is accumulated is what it holds then."""
    write_data(tmp_path, 5, False, False)
    worlds = [World(side, tmp_path) for side in (0, 1)]
    for world in worlds:
        data = printed(lambda: world.made("COCO", str(tmp_path / "gt.json")))[0]  # noqa: B023
        results = printed(lambda: data.loadRes(str(tmp_path / "dt.json")))[0]  # noqa: B023
        evaluator = world.made("COCOeval", data, results, "bbox")
        printed(evaluator.evaluate)
        for table in evaluator.evalImgs:
            unmatched(evaluator, table)
        world.see(lambda: (evaluator.accumulate(), evaluator.summarize(), evaluator.stats))  # noqa: B023
        world.see(lambda: evaluator._prepare() or (evaluator.ious, evaluator.evalImgs))  # noqa: B023
    assert_same_program(worlds[1], worlds[0])


def test_functions_of_masks_that_were_replaced_under_the_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patched program replaces them where it has imported them from."""
    write_data(tmp_path, 5, False, False)
    found = []
    for patched in (False, True):
        with maskmetrics.patch_pycocotools() if patched else contextlib.nullcontext():
            from pycocotools import mask
            from pycocotools.coco import COCO
            from pycocotools.cocoeval import COCOeval

            with monkeypatch.context() as changing:
                for function in ("iou", "merge"):
                    original = getattr(mask, function)
                    change = halved if function == "iou" else empty_mask
                    changing.setattr(mask, function, lambda *a, f=original, change=change: change(None, f(*a)))
                for iou in ("bbox", "segm"):
                    data = printed(lambda: COCO(str(tmp_path / "gt.json")))[0]
                    results = printed(lambda: data.loadRes(str(tmp_path / "dt.json")))[0]  # noqa: B023
                    evaluator = COCOeval(data, results, iou)
                    printed(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize()))  # noqa: B023
                    found.append((evaluator.stats, evaluator.evalImgs))
    assert_same(found[2:], found[:2])


def test_functions_of_masks_that_were_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs put another overlap in the place of maskUtils.iou."""
    write_data(tmp_path, 5, False, False)
    worlds = [World(side, tmp_path) for side in (0, 1)]
    for world, module in zip(worlds, (pycocotools.cocoeval, cocoeval), strict=True):
        original = module.maskUtils.iou
        monkeypatch.setattr(module.maskUtils, "iou", lambda *a, original=original: halved(None, original(*a)))
        data = printed(lambda: world.made("COCO", str(tmp_path / "gt.json")))[0]  # noqa: B023
        evaluator = world.made("COCOeval", data, printed(lambda: data.loadRes(str(tmp_path / "dt.json")))[0], "bbox")  # noqa: B023
        world.see(lambda: (evaluator.evaluate(), evaluator.accumulate(), evaluator.summarize(), evaluator.stats))  # noqa: B023
    assert_same_program(worlds[1], worlds[0])
