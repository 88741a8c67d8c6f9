"""maskmetrics.torch.MeanAveragePrecision in torchmetrics' place: the same keys, shapes, types and bits."""

from __future__ import annotations

import contextlib
import copy
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import scaled
from torch_scenes import Scenes
from torchmetrics import MetricCollection
from torchmetrics.detection import MeanAveragePrecision as Reference

import maskmetrics.torch
from maskmetrics import Evaluator, InputError, ProtocolError
from maskmetrics.torch import MeanAveragePrecision

KINDS = [("segm",), ("bbox",), ("bbox", "segm")]


def assert_same_result(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    assert set(actual) == set(expected)
    for key, wanted in expected.items():
        if isinstance(wanted, dict):
            assert_same_result(actual[key], wanted)
        elif not isinstance(wanted, torch.Tensor):
            assert actual[key] == wanted, key
        else:
            found = actual[key]
            assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype), key
            assert torch.equal(found, wanted), (key, found, wanted)


def random_arguments(scenes: Scenes, kinds: tuple[str, ...]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "iou_type": kinds if len(kinds) > 1 else kinds[0],
        "class_metrics": scenes.chance(0.5),
        "extended_summary": scenes.chance(0.4),
        "average": "micro" if scenes.chance(0.3) else "macro",
    }
    if scenes.chance(0.2):
        arguments["max_detection_thresholds"] = [1, 3, 7]
    if scenes.chance(0.2):
        arguments["iou_thresholds"] = [0.3, 0.5, 0.75]
    if scenes.chance(0.1):
        arguments["rec_thresholds"] = [0.0, 0.5, 1.0]
    return arguments


@pytest.mark.parametrize("kinds", KINDS)
def test_equals_torchmetrics(kinds: tuple[str, ...]) -> None:
    for seed in range(scaled(40)):
        scenes = Scenes(seed)
        arguments = random_arguments(scenes, kinds)
        if len(kinds) > 1 and arguments["average"] == "micro":
            # torchmetrics then sums up the second kind by class all the same; see below.
            arguments["class_metrics"] = False
        ours, reference = MeanAveragePrecision(**arguments), Reference(**arguments)
        ours.warn_on_many_detections = reference.warn_on_many_detections = False
        for _ in range(1 + scenes.below(3)):
            preds, target = scenes.batch(kinds)
            if scenes.chance(0.5):
                ours.update(preds, target)
                reference.update(preds, target)
            else:
                assert_same_result(ours(preds, target), reference(preds, target))
        assert_same_result(ours.compute(), reference.compute())


@pytest.mark.parametrize("box_format", ["xyxy", "xywh", "cxcywh"])
def test_takes_every_box_format(box_format: str) -> None:
    scenes = Scenes(5)
    ours, reference = (cls(box_format=box_format, iou_type="bbox") for cls in (MeanAveragePrecision, Reference))
    for _ in range(5):
        preds, target = scenes.batch(("bbox",))
        ours.update(preds, target)
        reference.update(preds, target)
    assert_same_result(ours.compute(), reference.compute())


def test_micro_average_of_both_kinds_is_micro_for_both() -> None:
    batches = [Scenes(seed).batch(("bbox", "segm")) for seed in range(6)]
    both = MeanAveragePrecision(iou_type=("bbox", "segm"), average="micro", class_metrics=True)
    segm = MeanAveragePrecision(iou_type="segm", average="micro", class_metrics=True, count_empty_images=True)
    for preds, target in batches:
        both.update(preds, target)
        segm.update(preds, target)
    result, alone = both.compute(), segm.compute()
    assert torch.equal(result["segm_map_50"], alone["map_50"])
    assert torch.equal(result["segm_map_per_class"], alone["map_per_class"])


def test_images_without_objects_count_where_wanted() -> None:
    masks = torch.zeros(1, 8, 8, dtype=torch.bool)
    masks[0, 2:6, 2:6] = True
    hit = (
        {"masks": masks, "scores": torch.tensor([0.5]), "labels": torch.tensor([0])},
        {"masks": masks, "labels": torch.tensor([0])},
    )
    false = (
        {"masks": masks, "scores": torch.tensor([0.9]), "labels": torch.tensor([0])},
        {"masks": masks[:0], "labels": torch.zeros(0, dtype=torch.int64)},
    )
    found = {}
    for count in (False, True):
        metric = MeanAveragePrecision(iou_type="segm", count_empty_images=count)
        metric.update([hit[0], false[0]], [hit[1], false[1]])
        found[count] = float(metric.compute()["map"])
    reference = Reference(iou_type="segm")
    reference.update([hit[0], false[0]], [hit[1], false[1]])
    assert found[False] == float(reference.compute()["map"]) == 1.0
    assert found[True] == 0.5


def test_nothing_yet() -> None:
    for arguments in ({"iou_type": "segm"}, {"iou_type": ("bbox", "segm"), "class_metrics": True}):
        assert_same_result(MeanAveragePrecision(**arguments).compute(), Reference(**arguments).compute())


def test_in_a_collection_copied_pickled_and_reset() -> None:
    scenes = Scenes(11)
    metric = MeanAveragePrecision(iou_type="segm", class_metrics=True)
    collection = MetricCollection({"ap": metric})
    preds, target = scenes.batch(("segm",))
    collection.update(preds, target)
    expected = collection.compute()
    assert "ap_map" in expected or "map" in expected
    metric = collection["ap"]
    for other in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric)), metric.clone()):
        assert_same_result(other.compute(), metric.compute())
        more = scenes.batch(("segm",))
        other.update(*more)  # and goes on
        assert other._state.next_image == metric._state.next_image + len(more[0])
    metric.reset()
    assert float(metric.compute()["map"]) == -1.0
    metric.update(preds, target)
    assert_same_result(metric.compute(), {k.removeprefix("ap_"): v for k, v in expected.items()})


def test_state_dict_holds_what_was_kept_where_wanted() -> None:
    scenes = Scenes(12)
    metric = MeanAveragePrecision(iou_type="segm")
    metric.update(*scenes.batch(("segm",)))
    assert metric.state_dict() == {}
    metric.persistent(True)
    saved = metric.state_dict()
    other = MeanAveragePrecision(iou_type="segm")
    other.load_state_dict(saved)
    assert_same_result(other.compute(), metric.compute())


class OnClaimedGpu(Evaluator):
    """An evaluator on the CPU that says that it is on the GPU that it was asked for."""

    def __init__(self, *args: Any, device: str, allocator: Any, **kwargs: Any) -> None:
        super().__init__(*args, device="cpu", **kwargs)
        self.claimed = device
        assert (allocator is None) == (device == "cpu")

    @property
    def device(self) -> str:
        return self.claimed


@pytest.fixture
def choose_gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[torch.device]]:
    """From a call on tensors count as those of a device; gives the GPUs that were torch's current ones during work."""

    def choose(name: str) -> list[torch.device]:
        device = torch.device(name)
        current: list[torch.device] = []
        used: list[torch.device] = []

        @contextlib.contextmanager
        def make_current(chosen: torch.device) -> Iterator[None]:
            current.append(chosen)
            yield
            current.pop()

        def stream_of(wanted: torch.device) -> int:
            assert wanted == device
            used.extend(current)
            return 1

        monkeypatch.setattr(maskmetrics.torch._core, "built_with_cuda", lambda: True)
        monkeypatch.setattr(maskmetrics._torch_state, "Evaluator", OnClaimedGpu)
        monkeypatch.setattr(maskmetrics.torch, "device_of", lambda preds, target, keys: device)
        monkeypatch.setattr(maskmetrics._torch_state, "stream_of", stream_of)
        monkeypatch.setattr(torch.cuda, "device", make_current)
        return used

    return choose


def loaded(metric: MeanAveragePrecision) -> MeanAveragePrecision:
    metric.persistent(True)
    other = metric.clone()
    other.reset()
    other.load_state_dict(metric.state_dict())
    return other


@pytest.mark.parametrize(
    "earlier",
    [loaded, lambda metric: pickle.loads(pickle.dumps(metric)), copy.deepcopy, lambda metric: metric],
    ids=["loaded", "pickled", "copied", "first batch"],
)
def test_goes_on_where_the_tensors_are(choose_gpu: Any, earlier: Any) -> None:
    batches = [Scenes(seed).batch(("segm",)) for seed in range(4)]
    arguments = {"iou_type": "segm", "average": "micro", "class_metrics": True, "extended_summary": True}
    metric, expected = MeanAveragePrecision(**arguments), MeanAveragePrecision(**arguments)
    for batch in batches:
        expected.update(*batch)
    choose_gpu("cpu")
    metric.update(*batches[0])
    metric = earlier(metric)
    assert {each.device for each in metric._state.evaluators.values()} == {"cpu"}
    for name, batch in zip(("cuda:1", "cuda:1", "cuda:0"), batches[1:], strict=True):
        before = dict(metric._state.evaluators)
        used = choose_gpu(name)
        metric.update(*batch)
        assert used == [torch.device(name)] * 2  # one for each evaluator
        moved = {key: each for key, each in metric._state.evaluators.items() if each is not before[key]}
        assert set(moved) == (set() if batch is batches[2] else {"segm", "segm_by_class"})
        assert {each.device for each in metric._state.evaluators.values()} == {name}
    assert_same_result(metric.compute(), expected.compute())


def test_warns_of_many_detections() -> None:
    preds = [{"boxes": torch.rand(101, 4), "scores": torch.rand(101), "labels": torch.zeros(101, dtype=torch.int64)}]
    target = [{"boxes": torch.rand(1, 4), "labels": torch.zeros(1, dtype=torch.int64)}]
    with pytest.warns(UserWarning, match="more than 100 detections"):
        MeanAveragePrecision().update(preds, target)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"box_format": "xyz"}, "box_format"),
        ({"iou_type": "keypoints"}, "iou_type"),
        ({"iou_thresholds": (0.5,)}, "iou_thresholds"),
        ({"rec_thresholds": 0.5}, "rec_thresholds"),
        ({"max_detection_thresholds": [1, 10]}, "length 3"),
        ({"max_detection_thresholds": 100}, "max_detection_thresholds"),
        ({"max_detection_thresholds": [0, 10, 100]}, "1 or more"),
        ({"class_metrics": 1}, "class_metrics"),
        ({"extended_summary": "yes"}, "extended_summary"),
        ({"average": "weighted"}, "average"),
        ({"backend": "other"}, "backend"),
        ({"from_logits": "image"}, "segm"),
        ({"iou_type": "segm", "from_logits": "yolo"}, "from_logits"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        MeanAveragePrecision(**arguments)


def good() -> tuple[dict[str, Any], dict[str, Any]]:
    masks = torch.zeros(2, 6, 5, dtype=torch.bool)
    return (
        {"masks": masks, "scores": torch.rand(2), "labels": torch.tensor([0, 1])},
        {"masks": masks[:1], "labels": torch.tensor([0])},
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, t: p.pop("masks"), "contain the `masks` key"),
        (lambda p, t: p.pop("scores"), "contain the `scores` key"),
        (lambda p, t: t.pop("labels"), "contain the `labels` key"),
        (lambda p, t: p.update(scores=[0.5, 0.5]), "of type Tensor"),
        (lambda p, t: p.update(scores=torch.rand(3)), "different length"),
        (lambda p, t: t.update(labels=torch.tensor([0, 1])), "different length"),
        (lambda p, t: p.update(scores=torch.tensor(0.5)), r"preds\[0\]: scores: .* no dimension"),
        (lambda p, t: t.update(iscrowd=torch.zeros(2)), r"target\[0\]: iscrowd: expected shape \[1\], got \[2\]"),
        (lambda p, t: t.update(area=torch.zeros(1, 2)), r"target\[0\]: areas: expected shape \[1\]"),
        (lambda p, t: p.update(masks=torch.zeros(2, 30, dtype=torch.bool)), r"\[N, H, W\]"),
        (lambda p, t: p.update(masks=torch.zeros(2, 6, 5, dtype=torch.complex64)), "masks of type"),
        (lambda p, t: p.update(labels=torch.tensor([0.0, 1.0])), "whole numbers"),
    ],
)
def test_items_that_make_no_sense(change: Any, message: str) -> None:
    metric = MeanAveragePrecision(iou_type="segm")
    found, truth = good()
    change(found, truth)
    with pytest.raises(InputError, match=message):
        metric.update([found], [truth])
    found, truth = good()
    metric.update([found], [truth])  # nothing of the bad one counted
    assert metric._state.evaluators["segm"].num_images == 1
    with pytest.raises(ValueError, match="same length"):
        metric.update([found], [])
    with pytest.raises(ValueError, match="of type Sequence"):
        metric.update(found, [truth])


def test_tensors_of_every_layout() -> None:
    scenes = Scenes(21)
    preds, target = scenes.batch(("segm",))
    while not all(len(each["labels"]) for each in (*preds, *target)):
        preds, target = scenes.batch(("segm",))
    reference = Reference(iou_type="segm")
    reference.update(preds, target)
    expected = reference.compute()
    layouts = [
        lambda masks: masks.transpose(1, 2).contiguous().transpose(1, 2),
        lambda masks: torch.cat((masks, masks), dim=2)[:, :, : masks.shape[2]],
        lambda masks: masks.flip(1).flip(1),
        lambda masks: masks.to(torch.uint8),
        lambda masks: masks.float().requires_grad_(),
        lambda masks: masks.to(torch.bfloat16),
        lambda masks: masks.half(),
    ]
    for layout in layouts:
        metric = MeanAveragePrecision(iou_type="segm")
        metric.update([{**each, "masks": layout(each["masks"])} for each in preds], target)
        assert_same_result(metric.compute(), expected)


def test_a_tensor_may_go_right_after_update() -> None:
    metric, reference = MeanAveragePrecision(iou_type="segm"), Reference(iou_type="segm")
    for seed in range(10):
        preds, target = Scenes(seed).batch(("segm",))
        reference.update(preds, target)
        metric.update(preds, target)
        for each in (*preds, *target):
            each["masks"].fill_(True)
            each["labels"].fill_(3)
        del preds, target
    expected = Reference(iou_type="segm")
    for seed in range(10):
        expected.update(*Scenes(seed).batch(("segm",)))
    wanted = expected.compute()
    assert torch.equal(metric.compute()["map"], wanted["map"])
    assert torch.equal(metric.compute()["mar_100"], wanted["mar_100"])


WITHOUT_TORCHMETRICS = """
import sys
sys.modules["torchmetrics"] = None
import torch
sys.path.insert(0, sys.argv[1])
from torch_scenes import Scenes
from maskmetrics.torch import MeanAveragePrecision
metric = MeanAveragePrecision(iou_type="segm")
metric.update(*Scenes(3).batch(("segm",)))
batch = metric(*Scenes(4).batch(("segm",)))
whole = metric.compute()["map"]
print(repr(float(whole)), repr(float(batch["map"])), whole.ndim, metric.update_count)
metric.reset()
print(float(metric.compute()["map"]))
import copy, pickle
from maskmetrics.errors import MissingPackageError
class Renamed(MeanAveragePrecision):
    def compute(self):
        return {"renamed": super().compute()["map"]}
metric = Renamed(iou_type="segm")
assert torch.equal(metric(*Scenes(4).batch(("segm",)))["renamed"], batch["map"])
metric.update(*Scenes(3).batch(("segm",)))
metric.persistent(True)
loaded = Renamed(iou_type="segm")
loaded.load_state_dict(metric.state_dict())
for other in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric)), metric.clone(), loaded, metric.half()):
    print(repr(float(other.compute()["renamed"])))
torch.jit.script(metric)
try:
    metric.plot()
except MissingPackageError as error:
    print(error)
"""


def test_without_torchmetrics() -> None:
    folder = str(Path(__file__).resolve().parent)
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCHMETRICS, folder], capture_output=True, text=True, check=True
    )
    whole, batch = Reference(iou_type="segm"), Reference(iou_type="segm")
    whole.update(*Scenes(3).batch(("segm",)))
    whole.update(*Scenes(4).batch(("segm",)))
    batch.update(*Scenes(4).batch(("segm",)))
    values = f"{float(whole.compute()['map'])!r} {float(batch.compute()['map'])!r} 0 2"
    lines = run.stdout.splitlines()
    assert lines[:2] == [values, "-1.0"]
    assert lines[2:7] == [values.split(maxsplit=1)[0]] * 5
    assert lines[7].endswith("pip install torchmetrics")
