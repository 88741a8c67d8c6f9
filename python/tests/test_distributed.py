"""Two processes that share the work: the bits of one that does it all."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from test_torch import assert_same_result
from torch_scenes import Scenes

from maskmetrics.torch import MeanAveragePrecision

NUM_IMAGES = 11

WORKER = """
import pickle, sys
import torch
sys.path.insert(0, sys.argv[1])
from test_distributed import KINDS, NUM_IMAGES, Confident, arguments, batch, image
from maskmetrics.torch import MeanAveragePrecision
rank, world, meeting, out = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
results = {}
for kinds in KINDS:
    metric = MeanAveragePrecision(**arguments(kinds))
    for i in range(rank, NUM_IMAGES, world):
        found, truth = image(kinds, i)
        metric.update([found], [truth])
    results[kinds] = metric.compute()
    own = metric._state.next_image
    assert own == len(range(rank, NUM_IMAGES, world)), "the own state stayed"
    found, truth = image(kinds, NUM_IMAGES + rank)
    metric.update([found], [truth])  # and goes on
    results[kinds, "more"] = metric.compute()
    stepwise = Confident(dist_sync_on_step=True, **arguments(kinds))
    results[kinds, "steps"] = [stepwise(*batch(kinds, step * world + rank)) for step in range(2)]
    results[kinds, "after steps"] = stepwise.compute()
with open(out, "wb") as file:
    pickle.dump(results, file)
torch.distributed.destroy_process_group()
"""
KINDS = [("segm",), ("bbox", "segm")]


def arguments(kinds: tuple[str, ...]) -> dict:
    return {"iou_type": kinds if len(kinds) > 1 else kinds[0], "class_metrics": True, "extended_summary": True}


def image(kinds: tuple[str, ...], number: int) -> tuple[dict, dict]:
    return Scenes(100 + number).image(kinds)


def batch(kinds: tuple[str, ...], number: int) -> tuple[list, list]:
    found, truth = image(kinds, number)
    return [found], [truth]


class Confident(MeanAveragePrecision):
    """Leaves out detections of low scores, and counts its updates."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("num_updates", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, preds: list, target: list) -> None:
        self.num_updates += 1
        kept = [{name: each[one["scores"] > 0.3] for name, each in one.items()} for one in preds]
        super().update(kept, target)

    def compute(self) -> dict[str, Any]:
        return {**super().compute(), "num_updates": self.num_updates}


@pytest.mark.parametrize("world", [2, 3])
def test_processes_that_share_the_work(world: int, tmp_path: Path) -> None:
    folder = str(Path(__file__).resolve().parent)
    outputs = [tmp_path / f"rank{rank}" for rank in range(world)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, folder, str(rank), str(world), str(tmp_path / "meeting"), str(out)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, out in enumerate(outputs)
    ]
    for worker in workers:
        _, errors = worker.communicate(timeout=240)
        assert worker.returncode == 0, errors
    found = [pickle.loads(out.read_bytes()) for out in outputs]
    for kinds in KINDS:
        metric = MeanAveragePrecision(**arguments(kinds))
        for i in range(NUM_IMAGES):
            truth, target = image(kinds, i)
            metric.update([truth], [target])
        expected = metric.compute()
        for result in found:
            assert_same_result(result[kinds], expected)
            assert torch.equal(result[kinds, "more"]["classes"], found[0][kinds, "more"]["classes"])
            assert_same_result(result[kinds, "more"], found[0][kinds, "more"])
        all_steps = Confident(**arguments(kinds))
        for step in range(2):
            one_step = Confident(**arguments(kinds))
            for rank in range(world):
                one_step.update(*batch(kinds, step * world + rank))
                all_steps.update(*batch(kinds, step * world + rank))
            for result in found:
                assert_same_result(result[kinds, "steps"][step], one_step.compute())
        for result in found:
            assert_same_result(result[kinds, "after steps"], all_steps.compute())
