"""Every method of the reference's classes, replaced one at a time, in subclasses of the reference's class and of ours,
on objects, and in the classes themselves: the same calls, numbers, and printed lines."""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pycocotools.coco
import pycocotools.cocoeval
import pytest
from compare import assert_same, printed
from overrides import CHANGES, CLASSES, empty_mask, halved, replaced, unmatched
from programs import World, assert_same_program, coco_program, lvis_program, write_data

import maskmetrics
from maskmetrics import cocoeval

pytestmark = pytest.mark.usefixtures("silent")


def methods_of(name: str) -> list[str]:
    return [method for method, value in vars(CLASSES[name][0]).items() if inspect.isfunction(value)]


# str(evaluator) fails in pycocotools, whose __str__ returns nothing.
NOT_COMPARED = {("COCOeval", "__str__")}


@pytest.mark.parametrize("name", CLASSES)
def test_every_method_of_the_reference_is_replaced(name: str) -> None:
    assert set(methods_of(name)) == set(CHANGES[name])


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
