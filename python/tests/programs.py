"""Programs that call all of a reference's classes, and what they have seen of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import awkward
import numpy as np
from compare import assert_same, printed
from overrides import CLASSES, replaced


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
