"""What MeanAveragePrecision retains, and how it travels between processes."""

from __future__ import annotations

import contextlib
import json
import uuid
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from . import _core
from ._torch_base import allocator_of, stream_of
from .errors import Error, InputError, ProtocolError
from .evaluator import Evaluator


class Settings(NamedTuple):
    """The metric's arguments that decide what is retained of an image."""

    iou_type: list[str]
    iou_thresholds: list[float]
    rec_thresholds: list[float]
    max_detection_thresholds: list[int]  # different ones, ascending
    extended_summary: bool
    average: str
    class_metrics: bool
    count_empty_images: bool

    def evaluator_keys(self) -> list[str]:
        """One evaluator for each kind, and another one where classes are wanted although all labels are one."""
        by_class = [f"{kind}_by_class" for kind in self.iou_type if self.average == "micro" and self.class_metrics]
        return [*self.iou_type, *by_class]

    def protocol(self, kind: str) -> _core.Protocol:
        protocol = _core.Protocol("coco", kind)
        protocol.iou_thresholds, protocol.recall_thresholds = self.iou_thresholds, self.rec_thresholds
        protocol.max_dets = self.max_detection_thresholds
        return protocol


class State:
    """What is retained of the images so far. Images are numbered in the order in which they were given."""

    def __init__(self) -> None:
        self.settings: Settings | None = None  # those of the first update
        self.evaluators: dict[str, Evaluator] = {}
        self.labels: list[Tensor] = []
        self.next_image = 0
        self.num_found = 0  # images that torchmetrics counts on either side
        self.num_truth = 0
        # Where metrics' states are equal after the first batch, MetricCollection updates only one of them from then on.
        # Metrics that differ only in later batches would get wrong numbers, so no state equals another.
        self._token = uuid.uuid4().hex

    def require(self, settings: Settings) -> None:
        """Adopts the settings while there is no image.

        Raises:
            ProtocolError: where images were retained with others
        """
        if self.next_image == 0 and self.settings != settings:
            self.settings, self.evaluators = settings, {}
        for name, retained, wanted in zip(Settings._fields, self.settings, settings, strict=True):
            if retained != wanted and (name != "class_metrics" or settings.average == "micro"):
                raise ProtocolError(
                    "MeanAveragePrecision",
                    name,
                    f"expected {retained!r}, as when earlier images were given, got {wanted!r}; reset() forgets them",
                )

    def take(
        self, batches: dict[str, list[dict]], labels: Sequence[Tensor], device: torch.device, threshold: float
    ) -> None:
        """Gives each evaluator its images; where one refuses them, none has them afterwards.

        Args:
            batches: images by evaluator
            labels: those of the images, and of images that do not count
            threshold: of masks
        """
        copied = [each.detach().reshape(-1).to(torch.int64, copy=True) for each in labels]
        try:
            for key, batch in batches.items():
                evaluator = self._evaluator_for(key, device)
                stream = stream_of(device) if evaluator.device != "cpu" and device.type == "cuda" else 0
                # RLEs beside dense masks would have to be of the same size.
                encoded = [each for each in batch if isinstance(each.get("masks"), list)]
                dense = [each for each in batch if not isinstance(each.get("masks"), list)]
                for some in filter(None, (dense, encoded)):
                    evaluator.update_batch(some, threshold=threshold, stream=stream)
        except BaseException:
            self._drop_images_that_not_all_have()
            raise
        self.labels += copied

    def _drop_images_that_not_all_have(self) -> None:
        for evaluator in self.evaluators.values():
            with contextlib.suppress(Error):
                evaluator.flush()  # what failed earlier on a device
        states = {key: evaluator._core.state() for key, evaluator in self.evaluators.items()}
        common = set(range(self.next_image)).intersection(*(each.image_ids.tolist() for each in states.values()))
        for key, state in states.items():
            if state.num_images > len(common):
                self.evaluators[key].reset()
                self.evaluators[key]._core.merge(state.only(sorted(common)))

    def _evaluator_for(self, key: str, device: torch.device) -> Evaluator:
        """The evaluator of a kind, on the device of the tensors that it will be given."""
        retained = self.evaluators.get(key)
        on_gpu = device.type == "cuda" and _core.built_with_cuda()
        # One that a saved state or an earlier batch put elsewhere, mostly on the CPU, cannot read these tensors.
        if retained is None or (on_gpu and retained.device != str(device)):
            made = self._make(key, device)
            if retained is not None:
                made.merge(retained)
            retained = self.evaluators[key] = made
        return retained

    def _make(self, key: str, device: torch.device) -> Evaluator:
        on_gpu = device.type == "cuda" and _core.built_with_cuda()
        if device.type == "cuda" and not on_gpu:
            warnings.warn("maskmetrics was built without CUDA: masks are copied to the CPU", stacklevel=5)
        return Evaluator(
            self.settings.protocol(key.partition("_")[0]),
            device=str(device) if on_gpu else "cpu",
            allocator=allocator_of(device) if on_gpu else None,
            all_pairs=self.settings.extended_summary and "_" not in key,
        )

    def classes(self) -> list[int]:
        """Labels so far, ascending."""
        if not self.labels:
            return []
        of_device: dict[torch.device, list[Tensor]] = {}
        for each in self.labels:
            of_device.setdefault(each.device, []).append(each)
        # One copy to the host for each device, because each waits for it.
        self.labels = [torch.cat([torch.cat(some).unique().cpu() for some in of_device.values()]).unique()]
        return self.labels[0].tolist()

    def pack(self) -> bytes:
        """As bytes that travel between processes: the length of a JSON head, the head, the evaluators' states."""
        states = {key: each.serialize() for key, each in self.evaluators.items()}
        head = json.dumps(
            {
                "settings": self.settings,
                "classes": self.classes(),
                "next_image": self.next_image,
                "num_found": self.num_found,
                "num_truth": self.num_truth,
                "lengths": {key: len(each) for key, each in states.items()},
                "token": self._token,
            }
        ).encode()
        return b"".join((len(head).to_bytes(8, "little"), head, *states.values()))

    def add(self, packed: bytes, first: int = 0, step: int = 1) -> State:
        """Adds a packed state, whose image i becomes image first + i * step; gives itself.

        Raises:
            InputError: for bytes that are no packed state
            ProtocolError: for one that was made with other arguments of the metric
        """
        head, evaluators = _unpack(packed)
        if head["settings"] is not None:
            self.require(Settings(*head["settings"]))
        for key, state in evaluators.items():
            if key not in self.evaluators:
                self.evaluators[key] = self._make(key, torch.device("cpu"))
            more = _core.State.from_bytes(state, "retained_images")
            self.evaluators[key]._core.merge(more.renumbered(first, step))
        self.labels.append(torch.tensor(head["classes"], dtype=torch.int64))
        if head["next_image"]:
            self.next_image = max(self.next_image, first + (head["next_image"] - 1) * step + 1)
        self.num_found += head["num_found"]
        self.num_truth += head["num_truth"]
        return self

    def __reduce__(self) -> tuple:
        return _of_packed, (self.pack(),)


def _of_packed(packed: bytes) -> State:
    return State().add(packed)


def _unpack(packed: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The head and the evaluators' states."""
    end = 8 + int.from_bytes(packed[:8], "little")
    try:
        head = json.loads(packed[8:end])
        states = {}
        for key, length in head["lengths"].items():
            states[key] = packed[end : end + length]
            end += length
    except (ValueError, TypeError, KeyError):
        raise InputError(
            "retained_images", "", f"expected the state of a MeanAveragePrecision, got {len(packed)} other bytes"
        ) from None
    return head, states
