"""Methods and states of MeanAveragePrecision beside those of torchmetrics, and modules that hold it."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from test_torch import assert_same_result
from test_torch_subclasses import BASES, BATCHES, Once, assert_same_outcome
from torchmetrics.detection import MeanAveragePrecision as Reference

from maskmetrics import InputError, ProtocolError
from maskmetrics.errors import MissingPackageError, UnsupportedError
from maskmetrics.torch import MeanAveragePrecision

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


class Model(torch.nn.Module):
    def __init__(self, metric: Any) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)
        self.val_map = metric

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


def test_a_module_that_holds_the_metric() -> None:
    model = Model(MeanAveragePrecision(iou_type=("bbox", "segm"), class_metrics=True))
    scripted = torch.jit.script(model)
    assert torch.equal(scripted(torch.ones(1, 2)), model(torch.ones(1, 2)))
    torch.jit.script(model.val_map)
    model = Model(MeanAveragePrecision())
    model.val_map.update(*BATCHES[0])
    expected = model.val_map.compute()
    for moved in (model.half(), model.double(), model.to("cpu"), model.val_map.set_dtype(torch.float16)):
        metric = getattr(moved, "val_map", moved)
        metric._computed = None
        assert_same_result({k: v.float() if k != "classes" else v for k, v in metric.compute().items()}, expected)
    assert_same_result(pickle.loads(pickle.dumps(model)).val_map.compute(), expected)
    assert set(model.state_dict()) == {"layer.weight", "layer.bias"}


def test_the_one_state() -> None:
    metric = MeanAveragePrecision()
    assert set(metric.metric_state) == {"retained_images"}
    metric.update(*BATCHES[0])
    other = MeanAveragePrecision()
    other.retained_images = metric.metric_state["retained_images"]
    other.update(*BATCHES[1])
    expected = Reference()
    for batch in BATCHES[:2]:
        expected.update(*batch)
    assert_same_result(other.compute(), expected.compute())
    merged = Once()
    merged.update(*BATCHES[2])
    earlier = Once()
    earlier.update(*BATCHES[0])
    before = earlier.compute()["map"]
    merged.merge_state(earlier)
    assert torch.equal(earlier.compute()["map"], before)
    expected.reset()
    for batch in (BATCHES[0], BATCHES[2]):
        expected.update(*batch)
    assert torch.equal(merged.compute()["map"], expected.compute()["map"])
    with pytest.raises(AttributeError, match="retains no detection_box"):
        _ = metric.detection_box
    with pytest.raises(InputError, match="state of a MeanAveragePrecision"):
        metric.retained_images = torch.ones(20, dtype=torch.uint8)


def test_arguments_that_change_after_the_first_image() -> None:
    metric = MeanAveragePrecision()
    metric.max_detection_thresholds = [1, 3, 7]
    metric.update(*BATCHES[0])
    reference = Reference(max_detection_thresholds=[1, 3, 7], class_metrics=True)
    reference.update(*BATCHES[0])
    metric.class_metrics = True
    assert_same_result(metric.compute(), reference.compute())
    metric.max_detection_thresholds = [1, 10, 100]
    metric._computed = None
    for call in (metric.compute, lambda: metric.update(*BATCHES[1])):
        with pytest.raises(ProtocolError, match=r"max_detection_thresholds: expected \[1, 3, 7\]"):
            call()
    metric.reset()
    metric.update(*BATCHES[0])
    loaded = MeanAveragePrecision(average="micro")
    loaded.retained_images = metric.retained_images
    with pytest.raises(ProtocolError, match=r"average: expected 'macro'.*, got 'micro'"):
        loaded.compute()


def test_gathers_by_a_function_of_the_users() -> None:
    def program(base: type) -> list:
        arguments = {
            "distributed_available_fn": lambda: True,
            "dist_sync_fn": lambda tensor, group: [tensor, tensor],
            "extended_summary": True,
        }
        metric = base(**arguments)
        for batch in BATCHES:
            metric.update(*batch)
        first = metric.compute()
        metric.update(*BATCHES[0])
        return [first, metric.compute()]

    assert len(assert_same_outcome(program)) == 2


def test_plot() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    import matplotlib as mpl

    mpl.use("Agg")

    def program(base: type) -> list:
        metric = type("MeanAveragePrecision", (base,), {})()
        values = [metric(*BATCHES[0]) for _ in range(3)]
        drawn = []
        for figure, axes in (metric.plot(), metric.plot(values), metric.plot(values[0])):
            drawn.append([line.get_ydata().tolist() for line in axes.get_lines()])
            drawn.append(list(axes.get_ylim()))
            pyplot.close(figure)
        return drawn

    assert len(assert_same_outcome(program)) == 6


@pytest.mark.parametrize("package", ["torchmetrics", "matplotlib"])
def test_plot_says_what_to_install(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    metric = MeanAveragePrecision()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=f"pip install {package}") as caught:
        metric.plot()
    assert isinstance(caught.value, ModuleNotFoundError)


@pytest.mark.parametrize("kinds", ["bbox", "segm", ("bbox", "segm")])
def test_coco_to_tm(kinds: Any, coco_data: Path, tmp_path: Path) -> None:
    if isinstance(kinds, tuple):
        files = [json.loads((coco_data / f"dt_{kind}.json").read_text()) for kind in kinds]
        results = tmp_path / "results.json"
        results.write_text(json.dumps([{**box, **segm} for box, segm in zip(*files, strict=True)]))
    else:
        results = coco_data / f"dt_{kinds}.json"
    theirs, ours = (base().coco_to_tm(str(results), str(coco_data / "gt.json"), kinds) for base in BASES)
    for actual, expected in zip(ours, theirs, strict=True):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_same_result(one, other)
    metric = MeanAveragePrecision(box_format="xywh", iou_type=kinds)
    metric.update(*ours)
    with pytest.raises(UnsupportedError, match=r"write the files where predictions are made"):
        metric.tm_to_coco(str(tmp_path / "x"))
    with pytest.raises(ProtocolError, match="iou_type"):
        metric.coco_to_tm(str(results), str(coco_data / "gt.json"), "keypoints")
