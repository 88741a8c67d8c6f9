"""Tensors of a GPU: the bits of the CPU, in the order of the caller's stream, and no mask is copied.

Tests that mean something on the CPU run there, too: so it is known that they can pass. Nothing here needs pycocotools,
so that `pytest --noconftest` runs this file alone.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch_scenes import Scenes

from maskmetrics import Evaluator, Pasted, Prototypes, built_with_cuda
from maskmetrics.torch import MeanAveragePrecision

FOLDER = str(Path(__file__).resolve().parent)
LONG = 500_000_000  # cycles that a kernel takes to do nothing, about a quarter of a second


def missing() -> str:
    """Why nothing runs on a GPU; empty where it does."""
    if not torch.cuda.is_available():
        return "torch sees no GPU"
    return "" if built_with_cuda() else "maskmetrics was built without CUDA"


needs_gpu = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")


@pytest.fixture(params=["cpu", pytest.param("cuda:0", marks=needs_gpu)])
def device(request: pytest.FixtureRequest) -> torch.device:
    return torch.device(request.param)


def moved(side: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    return {key: value.to(device) for key, value in side.items()}


def assert_same(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    assert set(actual) == set(expected)
    for key, wanted in expected.items():
        if isinstance(wanted, dict):
            assert set(actual[key]) == set(wanted)
            for pair, overlaps in wanted.items():
                found = torch.as_tensor(actual[key][pair])
                assert torch.equal(found.cpu(), torch.as_tensor(overlaps).cpu()), (key, pair)
        else:
            assert torch.equal(actual[key].cpu(), wanted.cpu()), key


@pytest.mark.parametrize("kinds", [("segm",), ("bbox",), ("bbox", "segm")])
def test_metric(kinds: tuple[str, ...], device: torch.device) -> None:
    for seed in range(8):
        scenes = Scenes(seed)
        arguments: dict[str, Any] = {
            "iou_type": kinds if len(kinds) > 1 else kinds[0],
            "class_metrics": scenes.chance(0.5),
            "extended_summary": scenes.chance(0.5),
            "average": "micro" if scenes.chance(0.3) else "macro",
        }
        here, there = MeanAveragePrecision(**arguments), MeanAveragePrecision(**arguments)
        for _ in range(6):
            found, truth = scenes.batch(kinds)
            here.update(found, truth)
            there.update([moved(each, device) for each in found], [moved(each, device) for each in truth])
        assert_same(there.compute(), here.compute())
        # A state travels, and goes on where the next tensors are.
        copied = pickle.loads(pickle.dumps(there))
        found, truth = scenes.batch(kinds)
        here.update(found, truth)
        copied.update([moved(each, device) for each in found], [moved(each, device) for each in truth])
        assert_same(copied.compute(), here.compute())


def test_targets_stay_on_the_host(device: torch.device) -> None:
    scenes = Scenes(50)
    here, there = MeanAveragePrecision(iou_type="segm"), MeanAveragePrecision(iou_type="segm")
    for _ in range(10):
        found, truth = scenes.image(("segm",))
        here.update([found], [truth])
        pinned = {key: value.pin_memory() if device.type == "cuda" else value for key, value in truth.items()}
        there.update([moved(found, device)], [pinned])
    assert_same(there.compute(), here.compute())


class CudaArray:
    """A tensor that has nothing but __cuda_array_interface__."""

    def __init__(self, tensor: Tensor, stream: int | None = None) -> None:
        self._tensor = tensor
        # torch does not hand out booleans, whose bytes are the same.
        shown = tensor.view(torch.uint8) if tensor.dtype == torch.bool else tensor
        self.__cuda_array_interface__ = {**shown.__cuda_array_interface__, "version": 3, "stream": stream}

    def __len__(self) -> int:
        return len(self._tensor)


def numbers_of(count: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Scores, labels and masks of one image."""
    random = torch.Generator().manual_seed(seed)
    masks = torch.rand(count, 40, 70, generator=random) > 0.4
    return torch.rand(count, generator=random), torch.randint(1, 4, (count,), generator=random), masks


def result_of(scores: Any, labels: Any, masks: Any, truth: Any, **arguments: Any) -> bytes:
    evaluator = Evaluator(iou="segm", device=arguments.pop("device", "cpu"))
    evaluator.update(1, scores=scores, labels=labels, masks=masks, ground_truth=truth, **arguments)
    return evaluator.serialize()


@needs_gpu
@pytest.mark.parametrize("stream", [None, 1, "own"])
def test_cuda_array_interface(stream: Any) -> None:
    scores, labels, masks = numbers_of(9)
    expected = result_of(scores, labels, masks, {"labels": labels, "masks": masks.flip(0)})
    side = torch.cuda.Stream()
    with torch.cuda.stream(side if stream == "own" else torch.cuda.default_stream()):
        torch.cuda._sleep(LONG)
        there = [each.cuda(non_blocking=True) for each in (scores, labels, masks, masks.flip(0))]
        if stream is None:
            torch.cuda.synchronize()  # the entry then says that nothing has to be waited for
        handle = side.cuda_stream if stream == "own" else stream
        arrays = [CudaArray(each, handle) for each in there]
    truth = {"labels": arrays[1], "masks": arrays[3]}
    assert result_of(*arrays[:3], truth, device="cuda:0") == expected


@needs_gpu
def test_cupy() -> None:
    cupy = pytest.importorskip("cupy")
    scores, labels, masks = numbers_of(9)
    expected = result_of(scores, labels, masks, {"labels": labels, "masks": masks.flip(0)})
    there = [cupy.asarray(each.numpy()) for each in (scores, labels, masks, masks.flip(0))]
    assert result_of(*there[:3], {"labels": there[1], "masks": there[3]}, device="cuda:0") == expected


@needs_gpu
@pytest.mark.parametrize("own_stream", [False, True])
@pytest.mark.parametrize("queue", [0, 4])
def test_order_of_the_stream(own_stream: bool, queue: int) -> None:
    """Arrays are read after what makes them and before what overwrites them, and nobody waits for it."""
    cases = [numbers_of(9, seed) for seed in range(12)]
    here, there = Evaluator(iou="segm", device="cpu"), Evaluator(iou="segm", device="cuda:0", queue=queue)
    stream = torch.cuda.Stream() if own_stream else torch.cuda.default_stream()
    with torch.cuda.stream(stream):
        buffers = [each.cuda() for each in (*cases[0], cases[0][2])]
        sources = [[each.cuda() for each in (*case, case[2].flip(0))] for case in cases]
        for number, (scores, labels, masks) in enumerate(cases):
            truth = {"labels": labels, "masks": masks.flip(0)}
            here.update(number, scores=scores, labels=labels, masks=masks, ground_truth=truth)
            torch.cuda._sleep(LONG // 10)
            for buffer, source in zip(buffers, sources[number], strict=True):
                buffer.copy_(source)
            truth = {"labels": buffers[1], "masks": buffers[3]}
            handle = stream.cuda_stream  # 0 is the default one
            there.update(
                number, scores=buffers[0], labels=buffers[1], masks=buffers[2], ground_truth=truth, stream=handle
            )
            for buffer in buffers:
                buffer.zero_()
    assert there.compute().precision.tobytes() == here.compute().precision.tobytes()
    assert there.serialize() == here.serialize()


@needs_gpu
def test_update_does_not_wait() -> None:
    scores, labels, masks = (each.cuda() for each in numbers_of(9))
    metric = MeanAveragePrecision(iou_type="segm")
    image = [{"scores": scores, "labels": labels, "masks": masks}], [{"labels": labels, "masks": masks}]
    # More than may be under way at a time, so that all memory that updates need is there.
    for _ in range(12):
        metric.update(*image)
    torch.cuda.synchronize()
    torch.cuda._sleep(4 * LONG)
    metric.update(*image)
    done = torch.cuda.Event()
    done.record()
    assert not done.query(), "it came back after the device was done"
    assert float(metric.compute()["map"]) == pytest.approx(1)


def test_tensors_freed_at_once(device: torch.device) -> None:
    here, there = MeanAveragePrecision(iou_type="segm"), MeanAveragePrecision(iou_type="segm")
    for seed in range(30):
        scores, labels, masks = numbers_of(9, seed)
        found = {"scores": scores, "labels": labels, "masks": masks}
        here.update([found], [{"labels": labels, "masks": masks.flip(0)}])
        there.update([moved(found, device)], [moved({"labels": labels, "masks": masks.flip(0)}, device)])
        # Takes memory that has just been given back.
        _ = [torch.full((9, 40, 70), seed % 2 == 0, device=device) for _ in range(3)]
    assert_same(there.compute(), here.compute())


@needs_gpu
def test_masks_are_not_copied_and_memory_goes_back() -> None:
    masks = torch.rand(100, 480, 640, device="cuda:0") > 0.5
    labels, scores = torch.ones(100, dtype=torch.int64, device="cuda:0"), torch.rand(100, device="cuda:0")
    metric = MeanAveragePrecision(iou_type="segm")
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    for _ in range(5):
        metric.update(
            [{"scores": scores, "labels": labels, "masks": masks}], [{"labels": labels[:5], "masks": masks[:5]}]
        )
    metric.compute()
    assert torch.cuda.max_memory_allocated() - before < masks.numel() / 8
    metric.reset()
    assert torch.cuda.memory_allocated() <= before


LOGITS: dict[str, Callable[[torch.Generator], Any]] = {
    "image": lambda random: Pasted(torch.randn(5, 12, 18, generator=random), "image"),
    "torchvision": lambda random: Pasted(
        torch.rand(5, 28, 28, generator=random), "torchvision", boxes_of(random), threshold=0.5
    ),
    "detectron2": lambda random: Pasted(
        torch.rand(5, 28, 28, generator=random), "detectron2", boxes_of(random), threshold=0.5
    ),
    "prototypes": lambda random: Prototypes(
        torch.randn(8, 12, 18, generator=random), torch.randn(5, 8, generator=random), boxes_of(random)
    ),
    "half": lambda random: torch.randn(5, 48, 72, generator=random).half(),
    "bfloat16": lambda random: torch.randn(5, 48, 72, generator=random).bfloat16(),
    "float": lambda random: torch.randn(5, 48, 72, generator=random),
    "padded": lambda random: (torch.rand(5, 50, 80, generator=random) > 0.5)[:, 1:49, 3:75],
    "by columns": lambda random: (torch.rand(5, 72, 48, generator=random) > 0.5).transpose(1, 2),
}


def boxes_of(random: torch.Generator) -> Tensor:
    first = torch.rand(5, 2, generator=random) * torch.tensor([40.0, 30.0])
    return torch.cat((first, first + 4 + torch.rand(5, 2, generator=random) * 25), dim=1)


def on(masks: Any, device: torch.device) -> Any:
    if isinstance(masks, Pasted):
        boxes = None if masks.boxes is None else masks.boxes.to(device)
        return Pasted(masks.maps.to(device), masks.like, boxes, threshold=masks.threshold)
    if isinstance(masks, Prototypes):
        parts = [each.to(device) for each in (masks.prototypes, masks.coefficients, masks.boxes)]
        return Prototypes(*parts, threshold=masks.threshold)
    return masks.to(device)


@pytest.mark.parametrize("kind", LOGITS)
def test_maps_and_layouts(kind: str, device: torch.device) -> None:
    for seed in range(10):
        random = torch.Generator().manual_seed(seed)
        masks = LOGITS[kind](random)
        labels, scores = torch.ones(5, dtype=torch.int64), torch.rand(5, generator=random)
        truth = torch.rand(5, 48, 72, generator=random) > 0.5
        expected = result_of(scores, labels, masks, {"labels": labels, "masks": truth}, size=(48, 72))
        given = {"labels": labels.to(device), "masks": truth.to(device)}
        found = result_of(
            scores.to(device), labels.to(device), on(masks, device), given, size=(48, 72), device=str(device)
        )
        assert found == expected, seed


@needs_gpu
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_after_the_gpu_was_used() -> None:
    program = """
        import os, sys
        import torch
        from test_on_gpu import numbers_of
        from maskmetrics import DeviceError, Evaluator
        scores, labels, masks = numbers_of(9)
        def update(evaluator, number):
            evaluator.update(number, scores=scores, labels=labels, masks=masks,
                             ground_truth={"labels": labels, "masks": masks.flip(0)})
        evaluator = Evaluator(iou="segm", device="cuda:0")
        update(evaluator, 1)
        child = os.fork()
        if child == 0:
            good = True
            another = lambda: Evaluator(iou="segm", device="cuda:0")
            for call in (evaluator.compute, lambda: update(evaluator, 2), another):
                try:
                    call()
                    good = False
                except DeviceError:
                    pass
            here = Evaluator(iou="segm", device="cpu")
            update(here, 1)
            good = good and here.compute().metrics["AR@100"] >= 0
            del evaluator
            os._exit(0 if good else 1)
        assert os.waitpid(child, 0)[1] == 0
        update(evaluator, 2)
        assert evaluator.num_images == 2 and evaluator.compute().metrics["AR@100"] >= 0
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=120, cwd=FOLDER)


@needs_gpu
def test_nccl(tmp_path: Path) -> None:
    """As many processes as there are GPUs, two at most: NCCL gives each its own."""
    world = min(torch.cuda.device_count(), 2)
    program = """
        import sys
        import torch
        from test_on_gpu import moved
        from torch_scenes import Scenes
        from maskmetrics.torch import MeanAveragePrecision
        rank, world = int(sys.argv[1]), int(sys.argv[2])
        torch.cuda.set_device(rank)
        torch.distributed.init_process_group("nccl", init_method=f"file://{sys.argv[3]}", rank=rank, world_size=world)
        metric = MeanAveragePrecision(iou_type="segm")
        whole = MeanAveragePrecision(iou_type="segm", sync_on_compute=False)
        for i in range(10):
            found, truth = Scenes(i).image(("segm",))
            if i % world == rank:
                metric.update([moved(found, f"cuda:{rank}")], [moved(truth, f"cuda:{rank}")])
        values = metric.compute()
        torch.distributed.destroy_process_group()
        for i in range(10):
            found, truth = Scenes(i).image(("segm",))
            whole.update([found], [truth])
        for key, value in whole.compute().items():
            assert torch.equal(values[key].cpu(), value), key
    """
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(rank), str(world), str(tmp_path / "meeting")],
            cwd=FOLDER,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(world)
    ]
    for worker in workers:
        _, errors = worker.communicate(timeout=240)
        assert worker.returncode == 0, errors


@needs_gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one GPU only")
def test_another_gpu_than_the_current_one() -> None:
    scenes = Scenes(7)
    here, there = MeanAveragePrecision(iou_type="segm"), MeanAveragePrecision(iou_type="segm")
    for _ in range(5):
        found, truth = scenes.image(("segm",))
        here.update([found], [truth])
        there.update([moved(found, torch.device("cuda:1"))], [moved(truth, torch.device("cuda:1"))])
    assert torch.cuda.current_device() == 0
    assert_same(there.compute(), here.compute())


def test_numpy_beside_tensors(device: torch.device) -> None:
    """Columns in one memory, masks in another."""
    scores, labels, masks = numbers_of(9)
    expected = result_of(scores, labels, masks, {"labels": labels, "masks": masks.flip(0)})
    truth = {"labels": labels.numpy(), "masks": np.ascontiguousarray(masks.flip(0).numpy())}
    found = result_of(scores.numpy(), labels.to(device), masks.to(device), truth, device=str(device))
    assert found == expected
