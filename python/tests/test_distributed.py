"""Two processes that share the work: the bits of one that does it all."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

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
from test_distributed import KINDS, NUM_IMAGES, arguments, image
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
    own = metric._state.num_images
    assert metric._synced is None and own == len(range(rank, NUM_IMAGES, world)), "the own state stayed"
    found, truth = image(kinds, NUM_IMAGES + rank)
    metric.update([found], [truth])  # and goes on
    results[kinds, "more"] = metric.compute()
with open(out, "wb") as file:
    pickle.dump(results, file)
torch.distributed.destroy_process_group()
"""
KINDS = [("segm",), ("bbox", "segm")]


def arguments(kinds: tuple[str, ...]) -> dict:
    return {"iou_type": kinds if len(kinds) > 1 else kinds[0], "class_metrics": True, "extended_summary": True}


def image(kinds: tuple[str, ...], number: int) -> tuple[dict, dict]:
    return Scenes(100 + number).image(kinds)


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
