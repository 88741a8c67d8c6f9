"""Images without instances, refused batches, types and sizes of tensors: MeanAveragePrecision beside torchmetrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from test_torch import assert_same_result
from torch_scenes import Scenes
from torchmetrics.detection import MeanAveragePrecision as Reference

import maskmetrics
from maskmetrics import Evaluator, InputError, Pasted, Prototypes
from maskmetrics._torch_inputs import naming_positions
from maskmetrics.torch import MeanAveragePrecision

HEIGHT, WIDTH = 24, 32
MASK = torch.zeros(1, HEIGHT, WIDTH, dtype=torch.bool)
MASK[0, 4:16, 5:20] = True
TRUTH = {"boxes": torch.tensor([[5.0, 4.0, 20.0, 16.0]]), "masks": MASK, "labels": torch.tensor([2])}
FOUND = {**TRUTH, "scores": torch.tensor([0.9])}
SHAPES = [(0,), (0, 0), (0, 4), (0, HEIGHT, WIDTH), (0, 28, 28), (0, 1, HEIGHT, WIDTH), (0, 0, 0)]
TYPES = [torch.float32, torch.float64, torch.int16, torch.int64, torch.bool]
KINDS: list[Any] = ["bbox", "segm", ("bbox", "segm")]


def flat(side: dict) -> dict:
    return {
        name: each if name in ("boxes", "masks") or not isinstance(each, torch.Tensor) else each.reshape(-1)
        for name, each in side.items()
    }


def both(batches: list[tuple[list, list]], **arguments: Any) -> dict[str, Any]:
    """The result, which is torchmetrics'."""
    results = []
    for metric in (MeanAveragePrecision(**arguments), Reference(**arguments)):
        # torchmetrics takes labels and scores of one dimension alone.
        given = flat if type(metric) is Reference else dict
        for batch in batches:
            metric.update(*([given(each) for each in side] for side in batch))
        results.append(metric.compute())
    assert_same_result(*results)
    return results[0]


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_tensors_without_elements_are_no_instances(kinds: Any, shape: tuple[int, ...]) -> None:
    for kind in TYPES:
        nothing = torch.zeros(shape, dtype=kind)
        no_truth = {"boxes": nothing, "masks": nothing, "labels": nothing, "iscrowd": nothing, "area": nothing}
        no_found = {name: nothing for name in FOUND}
        batches = [([FOUND, no_found, FOUND, no_found], [TRUTH, TRUTH, no_truth, no_truth])]
        arguments = {"iou_type": kinds, "class_metrics": True, "extended_summary": True}
        result = both(batches, **arguments)
        assert float(result["segm_map" if isinstance(kinds, tuple) else "map"]) == pytest.approx(0.50495, abs=1e-4)
        for average in ("macro", "micro"):
            both([([no_found], [no_truth])], iou_type=kinds, average=average, extended_summary=True)
        # and where only some of the tensors have that form
        usual = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64), "scores": torch.zeros(0)}
        both([([{**no_found, **usual}, FOUND], [TRUTH, {**no_truth, "labels": usual["labels"]}])], iou_type=kinds)


@pytest.mark.parametrize("kind", ["image", "torchvision", "detectron2", "prototypes"])
def test_maps_without_elements_are_no_instances(kind: str) -> None:
    boxes = torch.tensor([[0.0, 0.0, WIDTH, HEIGHT]])
    maps = {"masks": torch.full((1, 1, 7, 7), 0.9), "prototypes": torch.ones(2, 6, 8), "coefficients": torch.ones(1, 2)}
    found = {**maps, "boxes": boxes, "scores": torch.tensor([0.5]), "labels": torch.tensor([2])}
    whole = {"masks": torch.ones_like(MASK), "labels": torch.tensor([2])}
    metric = MeanAveragePrecision(iou_type="segm", from_logits=kind, count_empty_images=True)
    for shape in [(0,), (0, 1, 7, 7), (0, 4)]:
        nothing = torch.zeros(shape)
        no_found = {name: nothing for name in found}
        no_truth = {"masks": torch.zeros(0, HEIGHT, WIDTH), "labels": nothing}
        metric.update([found, no_found, found, no_found], [whole, whole, no_truth, no_truth])
        metric.update([{**no_found, "prototypes": maps["prototypes"]}], [{**no_truth, "masks": nothing}])
    assert float(metric.compute()["mar_100"]) > 0.4
    with pytest.raises(InputError, match=r"preds\[0\]: size: expected height and width"):
        metric.update([found], [{"masks": torch.zeros(0), "labels": torch.zeros(0)}])
    with pytest.raises(InputError, match="`size` in `preds` to be height and width, got 3"):
        metric.update([{**found, "size": 3}], [whole])
    metric.update(
        [{**found, "size": torch.tensor([HEIGHT, WIDTH])}], [{"masks": torch.zeros(0), "labels": torch.zeros(0)}]
    )


FORMS: list[Any] = [
    [],
    (),
    [[]],
    np.array([]),
    np.zeros((0, 4)),
    np.zeros((0, 28, 28), bool),
    np.zeros((0, 1, 9, 9)),
    np.zeros((0, 3), np.int16),
    np.zeros(0, "S3"),
    torch.zeros(0),
    torch.zeros(0, 4, dtype=torch.int16),
]


@pytest.mark.parametrize("nothing", FORMS, ids=[f"form{i}" for i in range(len(FORMS))])
@pytest.mark.parametrize("iou", ["bbox", "segm", "boundary"])
def test_an_evaluator_takes_every_form_of_nothing(iou: str, nothing: Any) -> None:
    masks = [] if isinstance(nothing, list) else nothing
    truth = {"labels": [2], "boxes": [[5, 4, 15, 12]], "masks": MASK.numpy()}
    found = {"scores": [0.9], **truth}
    columns = dict.fromkeys(("labels", "boxes", "areas", "crowd", "ignore"), nothing)
    no_truth = {**columns, "masks": masks}
    no_found = {"scores": nothing, "labels": nothing, "boxes": nothing, "areas": nothing, "masks": masks}
    evaluator = Evaluator(iou=iou)
    evaluator.update(1, **found, ground_truth=truth)
    evaluator.update(2, **no_found, ground_truth=truth)
    evaluator.update_batch(
        [{"image_id": 3, **found, "ground_truth": no_truth}, {"image_id": 4, **no_found, "ground_truth": no_truth}]
    )
    expected = Evaluator(iou=iou)
    none = {"labels": np.zeros(0, int), "boxes": np.zeros((0, 4)), "masks": np.zeros((0, HEIGHT, WIDTH), bool)}
    for image, (side, other) in enumerate([(found, truth), ({"scores": np.zeros(0), **none}, truth), (found, none)]):
        expected.update(image, **side, ground_truth=other)
    assert np.array_equal(evaluator.compute().precision, expected.compute().precision)
    assert evaluator.num_images == 4


def test_nothing_says_nothing_of_the_size() -> None:
    data = {
        "images": [{"id": 1, "height": HEIGHT, "width": WIDTH}],
        "categories": [{"id": 2, "name": "a"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 2,
                "bbox": [5, 4, 15, 12],
                "area": 180,
                "iscrowd": 0,
                "segmentation": [[5, 4, 20, 4, 20, 16, 5, 16]],
            }
        ],
    }
    registered = Evaluator(iou="segm", ground_truth=data)
    registered.update(1, scores=[], labels=[], masks=np.zeros((0, 28, 28), bool))
    assert registered.compute().metrics["AP"] == 0
    relative = maskmetrics.Protocol("coco", "segm")
    relative.area_unit = "relative"
    evaluator = Evaluator(relative)
    nothing = {"labels": [], "masks": np.zeros((0, 28, 28), bool)}
    evaluator.update(1, scores=[], **nothing, ground_truth=nothing)
    with pytest.raises(InputError, match="relative areas need the image's size"):
        evaluator.update(2, scores=[0.5], labels=[2], masks=[{"size": [2, 2], "counts": [0, 4]}], ground_truth=nothing)
    for maps in (
        Pasted(np.ones((1, 7, 7), np.float32), "image"),
        Prototypes(np.ones((2, 6, 8), np.float32), np.ones((1, 2), np.float32)),
    ):
        with pytest.raises(InputError, match="image 3: size: expected height and width"):
            Evaluator(iou="segm").update(3, scores=[0.5], labels=[2], masks=maps, ground_truth={"labels": []})


@pytest.mark.parametrize(
    "changed",
    [{"boxes": np.zeros((0, 4))}, {"labels": []}, {"areas": np.zeros((0, 2))}, {"boxes": np.zeros((2, 0))}],
)
def test_arrays_with_elements_stay_strict(changed: dict) -> None:
    found = {"scores": [0.5, 0.6], "labels": [1, 2], "boxes": np.ones((2, 4))}
    with pytest.raises(InputError, match=f"image 1: detections.{next(iter(changed))}: expected shape"):
        Evaluator(iou="bbox").update(1, **{**found, **changed}, ground_truth={"labels": []})


INTEGERS = [torch.int8, torch.uint8, torch.int16, torch.int32, torch.uint16, torch.bool]


@pytest.mark.parametrize("kind", INTEGERS)
def test_whole_numbers_of_every_type(kind: torch.dtype) -> None:
    found = {**FOUND, "labels": torch.tensor([1]).to(kind)}
    truth = {**TRUTH, "labels": torch.tensor([1]).to(kind), "iscrowd": torch.tensor([0]).to(kind)}
    assert float(both([([found], [truth])], class_metrics=True)["map"]) == 1
    boxes = torch.tensor([[5, 4, 20, 16]]).to(kind)
    if kind not in (torch.bool, torch.uint16):
        both([([{**FOUND, "boxes": boxes + 1}], [{**TRUTH, "boxes": boxes}])], extended_summary=True)
    for labels in (found["labels"], found["labels"].numpy()):
        evaluator = Evaluator(iou="bbox")
        evaluator.update(
            1,
            scores=[0.5],
            labels=labels,
            boxes=[[5, 4, 15, 12]],
            ground_truth={"labels": labels, "boxes": [[5, 4, 15, 12]]},
        )
        assert evaluator.compute().category_ids.tolist() == [1]


@pytest.mark.parametrize("kinds", KINDS)
def test_keys_of_the_users_own_are_not_looked_at(kinds: Any) -> None:
    foreign = {"size": 3, "areas": "x", "ignore": [1, 2], "image": torch.zeros(0, device="meta"), "prototypes": None}
    if kinds == "bbox":
        foreign["masks"] = "x"
    if kinds == "segm":
        foreign["boxes"] = object()
    both([([{**FOUND, **foreign}], [{**TRUTH, **foreign}])], iou_type=kinds)
    both([([{**FOUND, "size": torch.tensor([240, 320])}], [TRUTH])], iou_type=kinds)


@pytest.mark.parametrize("kinds", ["segm", ("bbox", "segm")])
@pytest.mark.parametrize("kind", [torch.bool, torch.uint8])
def test_masks_of_another_size_than_the_targets_do_not_match(kinds: Any, kind: torch.dtype) -> None:
    scenes = Scenes(5)
    batches = [scenes.batch(("bbox", "segm")) for _ in range(6)]
    for preds, target in batches:
        for i, (found, truth) in enumerate(zip(preds, target, strict=True)):
            found["masks"], truth["masks"] = found["masks"].to(kind), truth["masks"].to(kind)
            if i % 2 == 0:
                found["masks"] = torch.nn.functional.pad(found["masks"], (0, 3, 2, 0))
    arguments = {"iou_type": kinds, "class_metrics": True, "extended_summary": True, "iou_thresholds": [0.0, 0.5]}
    result = both(batches, **arguments)
    name = "segm_ious" if isinstance(kinds, tuple) else "ious"
    assert any(bool((torch.as_tensor(each) == -1).any()) for each in result[name].values())


def test_a_target_without_pixels_has_no_area() -> None:
    box = torch.tensor([[0.0, 0.0, 40.0, 40.0]])
    empty = {"boxes": box, "masks": torch.zeros(1, 50, 50, dtype=torch.bool), "labels": torch.tensor([1])}
    result = both([([{**empty, "scores": torch.tensor([0.9])}], [empty])], iou_type=("bbox", "segm"))
    assert float(result["bbox_map_small"]) == 1 and float(result["bbox_map_medium"]) == -1


def test_maps_of_another_size_than_the_targets() -> None:
    metric = MeanAveragePrecision(iou_type="segm")
    small = {**FOUND, "masks": torch.full((1, 10, 10), 0.4)}
    metric.update([small, {**FOUND, "masks": MASK * 0.6}], [TRUTH, TRUTH])
    assert float(metric.compute()["mar_100"]) == 0.5


BAD = {
    "four dimensions": lambda: {**FOUND, "masks": MASK[:, None]},
    "pixels of int64": lambda: {**FOUND, "masks": MASK.to(torch.int64)},
    "fractions": lambda: {**FOUND, "labels": torch.tensor([0.5])},
    "boxes of five numbers": lambda: {**FOUND, "boxes": torch.ones(1, 5)},
    "scores of two dimensions": lambda: {**FOUND, "scores": torch.ones(1, 2)},
}


@pytest.mark.parametrize("arguments", [{}, {"average": "micro", "class_metrics": True}, {"extended_summary": True}])
@pytest.mark.parametrize("kinds", [*KINDS, ("segm", "bbox")])
def test_a_refused_batch_leaves_nothing_behind(kinds: Any, arguments: dict) -> None:
    metric, reference = (cls(iou_type=kinds, **arguments) for cls in (MeanAveragePrecision, Reference))
    num_refused = 0
    for number in range(2):
        for make in BAD.values():
            bad = make()
            for batch in ([FOUND, bad], [bad]):
                try:
                    metric.update(batch, [TRUTH] * len(batch))
                except InputError as error:
                    num_refused += 1
                    assert str(error).startswith(f"preds[{len(batch) - 1}]: "), error
                    assert "image" not in error.source
                else:
                    metric.reset()  # boxes that nobody reads are no error
                    for _ in range(number):
                        metric.update([FOUND, FOUND], [TRUTH, TRUTH])
        with pytest.raises(InputError, match=r"target\[1\]: labels"):
            metric.update([FOUND, FOUND], [TRUTH, {**TRUTH, "labels": torch.tensor([1.5])}])
        metric.update([FOUND, FOUND], [TRUTH, TRUTH])
        reference.update([FOUND, FOUND], [TRUTH, TRUTH])
        if arguments.get("average") != "micro" or not isinstance(kinds, tuple):
            assert_same_result(metric.compute(), reference.compute())
    assert num_refused >= 12
    assert {each.num_images for each in metric._state.evaluators.values()} == {4}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError, InputError])
@pytest.mark.parametrize("late", [1, 2, 3])
def test_an_update_that_ends_late_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, interruption: type, late: int
) -> None:
    arguments = {"iou_type": ("bbox", "segm"), "average": "micro", "class_metrics": True, "extended_summary": True}
    metric, expected = MeanAveragePrecision(**arguments), MeanAveragePrecision(**arguments)
    batches = [Scenes(seed).batch(("bbox", "segm")) for seed in range(3)]
    metric.update(*batches[0])
    whole, calls = Evaluator.update_batch, []

    def interrupted(self: Evaluator, images: Any, **how: Any) -> None:
        whole(self, images, **how)
        calls.extend([1] if images else [])
        if len(calls) == late:
            raise interruption("")

    with monkeypatch.context() as patched:
        patched.setattr(Evaluator, "update_batch", interrupted)
        with pytest.raises(interruption):
            metric.update(*batches[1])
    metric.update(*batches[2])
    for batch in (batches[0], batches[2]):
        expected.update(*batch)
    assert_same_result(metric.compute(), expected.compute())


def test_all_keys_are_checked_before_types() -> None:
    found, truth = {**FOUND, "labels": [1], "scores": [0.5]}, {"labels": [1]}
    messages = []
    for cls in (MeanAveragePrecision, Reference):
        for p, t in (
            (found, truth),
            (found, TRUTH),
            ({**FOUND, "boxes": [1], "labels": [1]}, TRUTH),
            ({**FOUND, "labels": [1]}, {**TRUTH, "boxes": [1]}),
            ({**FOUND, "scores": torch.ones(2)}, {**TRUTH, "labels": torch.ones(2)}),
        ):
            with pytest.raises(ValueError, match="") as caught:
                cls().update([p], [t])
            messages.append(str(caught.value))
    half = len(messages) // 2
    assert messages[:half] == [each.replace(" scores)", " scores)") for each in messages[half:]]


def test_errors_name_positions() -> None:
    for source, place, expected in [
        ("image 7", "detections.masks", "preds[2]: masks: x"),
        ("image 5", "ground_truths.areas", "target[0]: areas: x"),
        ("image 6", "size", "preds[1]: size: x"),
        ("image 2", "ground_truths.labels", "target of image 2 since the last reset(): labels: x"),  # late, on a GPU
        ("update", "", "update: x"),
    ]:
        with pytest.raises(InputError) as caught, naming_positions(5):
            raise InputError(source, place, "x")
        assert str(caught.value) == expected
