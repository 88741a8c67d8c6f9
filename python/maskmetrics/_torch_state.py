"""What MeanAveragePrecision keeps, and how it travels between processes."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor

from .evaluator import Evaluator


class State:
    """What came so far."""

    def __init__(self) -> None:
        self.evaluators: dict[str, Evaluator] = {}
        self.labels: list[Tensor] = []
        self.num_images = 0
        self.num_found = 0  # images that torchmetrics counts on either side
        self.num_truth = 0

    def classes(self) -> list[int]:
        """Labels that came, ascending."""
        if not self.labels:
            return []
        of_device: dict[torch.device, list[Tensor]] = {}
        for each in self.labels:
            of_device.setdefault(each.device, []).append(each.reshape(-1).to(torch.int64))
        # One copy to the host a device, because each waits for it.
        self.labels = [torch.cat([torch.cat(some).unique().cpu() for some in of_device.values()]).unique()]
        return self.labels[0].tolist()

    def pack(self) -> bytes:
        """As bytes that travel between processes: the length of a JSON head, the head, the evaluators' states."""
        states = {key: each.serialize() for key, each in self.evaluators.items()}
        head = json.dumps(
            {
                "classes": self.classes(),
                "num_images": self.num_images,
                "num_found": self.num_found,
                "num_truth": self.num_truth,
                "lengths": {key: len(each) for key, each in states.items()},
            }
        ).encode()
        return b"".join((len(head).to_bytes(8, "little"), head, *states.values()))


def unpack(packed: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The head and the evaluators' states."""
    end = 8 + int.from_bytes(packed[:8], "little")
    head = json.loads(packed[8:end])
    states = {}
    for key, length in head["lengths"].items():
        states[key] = packed[end : end + length]
        end += length
    return head, states
