"""The training example: it trains, and what it validates with gives torchmetrics' numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch.nn.functional import interpolate
from torchmetrics.detection import MeanAveragePrecision as TheirMeanAveragePrecision

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(EXAMPLES)
    import train_and_validate

    return train_and_validate


def test_precision_rises(example: ModuleType) -> None:
    before = example.train(600, max_steps=1, num_validated=40)
    results = example.train(600, max_steps=120, evaluate_every=60, num_validated=40)
    assert len(before) == 1 and len(results) == 2
    assert before[0]["AP50"] < 0.05
    assert results[-1]["AP50"] > 0.4
    assert results[-1]["AP"] > before[0]["AP"] + 0.2


def test_validation_is_that_of_masks_at_full_size(example: ModuleType) -> None:
    """Against torchmetrics, which is given the masks that the prototypes stand for."""
    torch.manual_seed(0)
    model = example.TinyYolact().train()
    samples = next(example.batches(torch.Generator().manual_seed(3), 16))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(40):
        loss = example.loss_of(model, samples, torch.device("cpu"))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ours = example.validate(model, [samples], torch.device("cpu"))
    theirs = TheirMeanAveragePrecision(iou_type="segm")
    model.eval()
    found = example.predict(model, torch.stack([each.image for each in samples]))
    pixels = torch.arange(example.SIZE)
    for one, sample in zip(found, samples, strict=True):
        maps = torch.einsum("nc,chw->nhw", one["coefficients"], one["prototypes"])
        values = interpolate(maps[None], size=(example.SIZE, example.SIZE), mode="bilinear", align_corners=False)[0]
        x0, y0, x1, y1 = (each[:, None] for each in one["boxes"].unbind(1))
        rows, columns = (pixels >= y0) & (pixels < y1), (pixels >= x0) & (pixels < x1)
        masks = (values > 0) & rows[:, :, None] & columns[:, None, :]
        theirs.update(
            [{"masks": masks, "scores": one["scores"], "labels": one["labels"]}],
            [{"masks": sample.masks, "labels": sample.labels}],
        )
    expected = theirs.compute()
    assert expected["map"] > 0.05
    assert ours["AP"] == pytest.approx(expected["map"].item(), abs=1e-3)
    assert ours["AP50"] == pytest.approx(expected["map_50"].item(), abs=1e-3)


def test_command_line() -> None:
    program = [
        sys.executable,
        str(EXAMPLES / "train_and_validate.py"),
        "--steps",
        "2",
        "--every",
        "1",
        "--images",
        "20",
    ]
    run = subprocess.run(program, check=True, capture_output=True, text=True, timeout=300)
    lines = run.stdout.splitlines()
    assert lines[0].split()[:4] == ["step", "loss", "AP", "AP50"]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"]
