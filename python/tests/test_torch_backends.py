"""The numbers of torchmetrics' two backends."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
import torch
from conftest import scaled
from test_torch import assert_same_result
from torch_scenes import Scenes
from torchmetrics.detection import MeanAveragePrecision as Reference

from maskmetrics.torch import MeanAveragePrecision

KINDS = [("bbox",), ("segm",), ("bbox", "segm")]
CAPS = [None, [1, 3, 7], [1, 10, 1000], [1, 100, 100], [7, 7, 7], [100, 100, 1], [100, 300, 1000]]


def arguments_of(seed: int, kinds: tuple[str, ...], caps: Any) -> dict[str, Any]:
    average = "micro" if seed % 3 == 0 else "macro"
    return {
        "iou_type": kinds if len(kinds) > 1 else kinds[0],
        "max_detection_thresholds": caps,
        "extended_summary": seed % 2 == 0,
        "average": average,
        # The reference sums up the second kind by class where both kinds are averaged as one class.
        "class_metrics": len(kinds) == 1 or average == "macro",
        "iou_thresholds": [0.75, 0.5] if seed % 5 == 0 else None,
    }


@pytest.mark.parametrize("backend", ["pycocotools", "faster_coco_eval"])
@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("caps", CAPS)
def test_equals_the_backend(backend: str, kinds: tuple[str, ...], caps: Any) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: pip install faster-coco-eval")
    for seed in range(scaled(6)):
        scenes = Scenes(seed)
        results = []
        batches = [scenes.batch(kinds) for _ in range(3)]
        for cls in (MeanAveragePrecision, Reference):
            metric = cls(backend=backend, **arguments_of(seed, kinds, caps))
            metric.warn_on_many_detections = False
            for batch in batches:
                metric.update(*batch)
            results.append(metric.compute())
        assert_same_result(*results)


# Of torchmetrics 1.9.0 with faster-coco-eval 1.6.5 on the same images: (map, map_per_class) by kind and caps.
FASTER: dict[tuple[str, tuple[int, ...]], tuple[float, list[float]]] = {
    ("bbox", (1, 3, 7)): (
        0.0860443189740181,
        [0.10099010169506073, 0.007213578559458256, 0.20000000298023224, 0.035973597317934036],
    ),
    ("bbox", (1, 10, 1000)): (
        0.0860443189740181,
        [0.10099010169506073, 0.007213578559458256, 0.20000000298023224, 0.035973597317934036],
    ),
    ("bbox", (1, 10, 100)): (
        0.0860443189740181,
        [0.10099010169506073, 0.007213578559458256, 0.20000000298023224, 0.035973597317934036],
    ),
    ("segm", (1, 3, 7)): (
        0.3505215644836426,
        [0.4516737461090088, 0.1739273965358734, 0.23333333432674408, 0.5431517958641052],
    ),
    ("segm", (1, 10, 1000)): (
        0.3505215644836426,
        [0.4516737461090088, 0.1739273965358734, 0.23333333432674408, 0.5431517958641052],
    ),
    ("segm", (1, 10, 100)): (
        0.3505215644836426,
        [0.4516737461090088, 0.1739273965358734, 0.23333333432674408, 0.5431517958641052],
    ),
}


@pytest.mark.parametrize(("kind", "caps"), FASTER)
def test_faster_coco_eval_takes_the_largest_cap(kind: str, caps: tuple[int, ...]) -> None:
    results = {}
    for backend in ("faster_coco_eval", "pycocotools", "maskmetrics"):
        metric = MeanAveragePrecision(
            iou_type=kind, max_detection_thresholds=list(caps), class_metrics=True, backend=backend
        )
        for seed in range(4):
            metric.update(*Scenes(seed).batch((kind,)))
        results[backend] = metric.compute()
    found = results["faster_coco_eval"]
    assert (float(found["map"]), found["map_per_class"].tolist()) == FASTER[kind, caps]
    assert_same_result(results["maskmetrics"], results["pycocotools"])
    if 100 not in caps:
        assert float(results["pycocotools"]["map"]) == -1
        assert results["pycocotools"]["map_per_class"].tolist() == [-1.0] * len(found["classes"])


def test_faster_coco_eval_divides_without_an_epsilon() -> None:
    box = torch.tensor([[2.0, 2.0, 9.0, 9.0]])
    perfect = {}
    for backend in ("faster_coco_eval", "pycocotools"):
        metric = MeanAveragePrecision(extended_summary=True, backend=backend)
        labels = torch.tensor([1])
        metric.update(
            [{"boxes": box, "scores": torch.tensor([0.9]), "labels": labels}], [{"boxes": box, "labels": labels}]
        )
        perfect[backend] = float(metric.compute()["precision"][0, 0, 0, 0, 2])
    assert perfect == {"faster_coco_eval": 1.0, "pycocotools": 1 - 2**-52}
