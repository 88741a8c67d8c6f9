"""Subclasses, copies, collections, and wrappers of MeanAveragePrecision beside those of torchmetrics."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from test_torch import assert_same_result
from torch_scenes import Scenes
from torchmetrics import MetricCollection, wrappers
from torchmetrics.detection import MeanAveragePrecision as Reference

from maskmetrics.torch import MeanAveragePrecision

BASES = (Reference, MeanAveragePrecision)
BATCHES = [Scenes(seed).batch(("bbox",)) for seed in range(3)]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def assert_same(actual: Any, expected: Any) -> None:
    assert type(actual) is type(expected)
    if isinstance(expected, dict):
        assert_same_result(actual, expected)
    elif isinstance(expected, torch.Tensor):
        assert torch.equal(actual, expected)
    else:
        assert actual == expected


def outcome(program: Callable[[type], list], base: type) -> list:
    """The values that a program gives, or the kind of error that it ends with."""
    try:
        return program(base)
    except Exception as error:
        return [type(error).__name__]


def assert_same_outcome(program: Callable[[type], list]) -> list:
    expected, actual = (outcome(program, base) for base in BASES)
    assert len(actual) == len(expected), (actual, expected)
    for ours, theirs in zip(actual, expected, strict=True):
        assert_same(ours, theirs)
    return actual


def use(make: Callable[[], Any]) -> list:
    """The values that forward(), update(), compute(), and copies give, alone and in a collection.

    Without compute groups: the reference would not call update() of the second metric.
    """
    metric = make()
    values = [metric(*BATCHES[0])]
    metric.update(*BATCHES[1])
    values += [metric.compute(), metric.clone().compute(), copy.deepcopy(metric)(*BATCHES[2])]
    values += [metric.update_count, metric.compute()]
    metric.reset()
    values += [metric.update_called, metric(*BATCHES[2]), metric.compute()]
    collection = MetricCollection({"a": make(), "b": make()}, compute_groups=False)
    values.append(collection(*BATCHES[0]))
    collection.update(*BATCHES[1])
    values += [collection.compute(), collection.clone(prefix="x_").compute()]
    collection.reset()
    collection.update(*BATCHES[2])
    return [*values, collection.compute()]


PUBLIC = sorted(
    name
    for name, member in inspect.getmembers(Reference)
    if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_method_may_be_overridden(name: str) -> None:
    def program(base: type) -> list:
        calls: list[str] = []

        def called(self: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return getattr(super(overridden, self), name)(*args, **kwargs)

        def looked_up(self: Any) -> Any:
            calls.append(name)
            return getattr(super(overridden, self), name)

        is_property = isinstance(inspect.getattr_static(base, name), property)
        overridden = type("Overridden", (base,), {name: property(looked_up) if is_property else called})
        if name == "forward":
            overridden.forward = torch.jit.unused(overridden.forward)
        values = use(overridden)
        if name in ("compute", "forward", "update"):
            assert calls
        return values if name == "add_state" else [*values, len(calls)]  # the reference has more states

    assert_same_outcome(program)


def confident(base: type) -> type:
    class Confident(base):
        """Leaves out detections of low scores."""

        def update(self, preds: list, target: list) -> None:
            super().update([{k: v[p["scores"] > 0.5] for k, v in p.items()} for p in preds], target)

    return Confident


def renamed(base: type) -> type:
    class Renamed(base):
        def compute(self) -> dict:
            return {f"val/{key}": value for key, value in super().compute().items()}

    return Renamed


def counting(base: type) -> type:
    class Counting(base):
        """Has states of its own."""

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.add_state("num_updates", torch.tensor(0), dist_reduce_fx="sum")
            self.add_state("sizes", [], dist_reduce_fx="cat")

        def update(self, preds: list, target: list) -> None:
            self.num_updates += 1
            self.sizes.append(torch.tensor([len(preds)]))
            super().update(preds, target)

        def compute(self) -> dict:
            return {**super().compute(), "num_updates": self.num_updates, "sizes": torch.cat(self.sizes)}

    return Counting


def reducing(base: type) -> type:
    class Reducing(counting(base)):
        """Whose forward() updates once."""

        full_state_update = False

    return Reducing


def forgetful(base: type) -> type:
    class Forgetful(base):
        """Keeps the first batch through every reset()."""

        def reset(self) -> None:
            super().reset()
            self.update(*BATCHES[0])

    return Forgetful


@pytest.mark.parametrize("subclass", [confident, renamed, counting, reducing, forgetful])
@pytest.mark.parametrize("arguments", [{}, {"average": "micro", "class_metrics": True}, {"extended_summary": True}])
def test_subclasses(subclass: Callable, arguments: dict) -> None:
    values = assert_same_outcome(lambda base: use(lambda: subclass(base)(**arguments)))
    assert len(values) > 1


def test_metrics_that_differ_only_in_later_batches_stay_apart() -> None:
    first, second = (
        ([{name: each[:0] for name, each in one.items()} for one in side] for side in BATCHES[0]),
        BATCHES[1],
    )
    collection = MetricCollection({"all": counting(MeanAveragePrecision)(), "some": Filtering()})
    collection.update(*first)
    collection.update(*second)
    alone = Filtering()
    alone.update(*second)
    assert (
        float(collection.compute()["some_map"])
        == float(alone.compute()["map"])
        != float(collection["all"].compute()["map"])
    )


Filtering, Reducing = confident(counting(MeanAveragePrecision)), reducing(MeanAveragePrecision)


class Once(MeanAveragePrecision):
    full_state_update = False


class Late(MeanAveragePrecision):
    """For pickle, which wants classes of a module."""

    def compute(self) -> dict:
        return {"late": super().compute()["map"]}


def test_a_pickled_subclass_goes_on() -> None:
    metric = Late(class_metrics=True)
    metric.update(*BATCHES[0])
    buffer = io.BytesIO()
    torch.save(metric, buffer)
    buffer.seek(0)
    for other in (pickle.loads(pickle.dumps(metric)), torch.load(buffer, weights_only=False)):
        assert type(other) is Late
        other(*BATCHES[1])
        expected = Reference()
        for batch in BATCHES[:2]:
            expected.update(*batch)
        assert torch.equal(other.compute()["late"], expected.compute()["map"])


def wrapped(name: str, **arguments: Any) -> Callable[[type], list]:
    def program(base: type) -> list:
        wrapper = getattr(wrappers, name)(base(), **arguments)
        values = [wrapper(*BATCHES[0])]
        wrapper.update(*BATCHES[1])
        return [*values, wrapper.compute()]

    return program


def tracked(base: type) -> list:
    tracker = wrappers.MetricTracker(MetricCollection([base()]), maximize=True)
    for epoch in range(2):
        tracker.increment()
        tracker.update(*BATCHES[epoch])
    return [
        tracker.compute(),
        tracker.n_steps,
        {key: each.tolist() for key, each in tracker.compute_all().items() if "per" not in key and key != "classes"},
    ]


def multitask(base: type) -> list:
    wrapper = wrappers.MultitaskWrapper({"boxes": base(), "more": base(class_metrics=True)})
    preds, target = BATCHES[0]
    wrapper.update({"boxes": preds, "more": preds}, {"boxes": target, "more": target})
    return list(wrapper.compute().values())


@pytest.mark.parametrize(
    "program",
    [
        wrapped("ClasswiseWrapper"),
        wrapped("MinMaxMetric"),
        wrapped("BootStrapper", num_bootstraps=2),
        wrapped("Running", window=2),
        tracked,
        multitask,
    ],
    ids=["ClasswiseWrapper", "MinMaxMetric", "BootStrapper", "Running", "MetricTracker", "MultitaskWrapper"],
)
def test_wrappers(program: Callable[[type], list]) -> None:
    assert_same_outcome(program)


def test_running_over_a_window() -> None:
    # torchmetrics clears the lists of the window, so that its own class gives -1 there.
    running = wrappers.Running(Once(), window=2)
    for batch in BATCHES:
        running.update(*batch)
    expected = Reference()
    for batch in BATCHES[1:]:
        expected.update(*batch)
    assert torch.equal(running.compute()["map"], expected.compute()["map"])
