"""Mean average precision for training loops in PyTorch, in torchmetrics' place.

Change one import:

    from maskmetrics.torch import MeanAveragePrecision

Masks are compared where they are; nothing of them is kept, copied or encoded.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import _core
from ._torch_base import Metric, allocator_of, current, gather_bytes, place_among_processes, stream_of
from ._torch_inputs import boxes_as_xywh, check_items, device_of, mask_arrays, size_of
from ._torch_state import State, unpack
from .evaluation import Evaluation
from .evaluator import Evaluator

__all__ = ["MeanAveragePrecision"]

_AREAS = ("all", "small", "medium", "large")


class MeanAveragePrecision(Metric):
    """Mean average precision and recall, with the arguments, keys and numbers of torchmetrics.detection.

    Args:
        box_format: "xyxy", "xywh" or "cxcywh"
        iou_type: "bbox", "segm", or both as a tuple
        iou_thresholds: None: 0.5:0.05:0.95 as torchmetrics has them, which rounds them to single precision
        rec_thresholds: None: 0:0.01:1, the same
        max_detection_thresholds: three of them; None: 1, 10, 100
        class_metrics: also by class
        extended_summary: also precision, recall, scores and IoUs
        average: "macro", or "micro": all labels are one
        backend: of torchmetrics; all give the same numbers
        from_logits: masks of predictions are small maps that are resampled to the image and compared with a threshold
            on the way: "image" (they cover the image: DETR, Mask2Former), "torchvision" or "detectron2" (they cover the
            predictions' "boxes", x0, y0, x1, y1 in pixels), or "prototypes" (predictions have "prototypes" [C, h, w],
            "coefficients" [N, C], and "boxes" that masks are cropped to). The image's size is that of the target's
            masks, or "size" of the predictions
        mask_threshold: of maps and of masks that are floating-point numbers: foreground is what is above it
        count_empty_images: with iou_type "segm" torchmetrics leaves images out that have no object, so that detections
            there are not counted as false; True counts them
        kwargs: of torchmetrics' Metric

    update(preds, target) takes one dictionary an image: preds with scores [N], labels [N] and boxes [N, 4] or masks
    [N, H, W]; target with labels, boxes or masks, and perhaps iscrowd and area. Tensors stay where they are. Masks on
    the CPU are read before it returns; on a GPU, work is queued on the current stream. Where several processes work,
    image i of process r of n counts as image i * n + r of all, as a DistributedSampler deals them.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = True
    plot_lower_bound = 0.0
    plot_upper_bound = 1.0
    warn_on_many_detections = True

    def __init__(
        self,
        box_format: str = "xyxy",
        iou_type: str | tuple[str, ...] = "bbox",
        iou_thresholds: list[float] | None = None,
        rec_thresholds: list[float] | None = None,
        max_detection_thresholds: list[int] | None = None,
        class_metrics: bool = False,
        extended_summary: bool = False,
        average: str = "macro",
        backend: str = "pycocotools",
        from_logits: str | None = None,
        mask_threshold: float = 0.5,
        count_empty_images: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _expect("box_format", box_format, ("xyxy", "xywh", "cxcywh"))
        iou_types = (iou_type,) if isinstance(iou_type, str) else tuple(iou_type)
        if not iou_types or any(each not in ("segm", "bbox") for each in iou_types):
            raise ValueError(
                f"Expected argument `iou_type` to be one of ('segm', 'bbox') or a tuple of, got {iou_type}"
            )
        for name, values in (("iou_thresholds", iou_thresholds), ("rec_thresholds", rec_thresholds)):
            if values is not None and not isinstance(values, list):
                raise ValueError(f"Expected argument `{name}` to either be `None` or a list of floats but got {values}")
        if max_detection_thresholds is not None and not isinstance(max_detection_thresholds, list):
            raise ValueError(
                "Expected argument `max_detection_thresholds` to either be `None` or a list of ints but got "
                f"{max_detection_thresholds}"
            )
        if max_detection_thresholds is not None and len(max_detection_thresholds) != 3:
            raise ValueError(
                "When providing a list of max detection thresholds it should have length 3. Got value "
                f"{len(max_detection_thresholds)}"
            )
        for name, flag in (("class_metrics", class_metrics), ("extended_summary", extended_summary)):
            if not isinstance(flag, bool):
                raise ValueError(f"Expected argument `{name}` to be a boolean")
        _expect("average", average, ("macro", "micro"))
        _expect("backend", backend, ("pycocotools", "faster_coco_eval", "maskmetrics"))
        _expect("from_logits", from_logits, (None, "image", "torchvision", "detectron2", "prototypes"))
        if from_logits is not None and "segm" not in iou_types:
            raise ValueError("Expected argument `iou_type` to contain 'segm' where `from_logits` is given")
        self.box_format, self.iou_type = box_format, iou_types
        self.iou_thresholds = iou_thresholds or torch.linspace(0.5, 0.95, 10).tolist()
        self.rec_thresholds = rec_thresholds or torch.linspace(0.0, 1.0, 101).tolist()
        self.max_detection_thresholds = sorted(max_detection_thresholds or [1, 10, 100])
        self.class_metrics, self.extended_summary, self.average = class_metrics, extended_summary, average
        self.backend, self.from_logits, self.mask_threshold = backend, from_logits, mask_threshold
        self.count_empty_images = count_empty_images
        self._state = State()
        self._synced: State | None = None
        self._persistent = False

    # --- torchmetrics' interface

    def update(self, preds: Sequence[dict[str, Tensor]], target: Sequence[dict[str, Tensor]]) -> None:
        """Takes one dictionary an image; see the class."""
        check_items(preds, target, self.iou_type, self.from_logits)
        rank, world = place_among_processes(getattr(self, "process_group", None))
        images: dict[str, list[dict]] = {key: [] for key in self._evaluator_keys()}
        counted = self._state.num_images
        for number, (found, truth) in enumerate(zip(preds, target, strict=True)):
            if self.warn_on_many_detections and len(found["labels"]) > self.max_detection_thresholds[-1]:
                warnings.warn(
                    f"Encountered more than {self.max_detection_thresholds[-1]} detections in a single image. Those "
                    "with the lowest scores are ignored; `max_detection_thresholds` and "
                    "`warn_on_many_detections` change that.",
                    stacklevel=2,
                )
            self._add_image(images, (counted + number) * world + rank, found, truth)
        device = device_of(preds, target)
        with current(device):
            for key, batch in images.items():
                evaluator = self._evaluator_for(key, device)
                evaluator.update_batch(batch, threshold=self.mask_threshold, stream=_stream(evaluator, device))
        for found, truth in zip(preds, target, strict=True):
            self._state.labels += [found["labels"].detach(), truth["labels"].detach()]
            self._state.num_found += int("bbox" in self.iou_type or len(found["labels"]) > 0)
            self._state.num_truth += int("bbox" in self.iou_type or len(truth["labels"]) > 0)
        self._state.num_images += len(preds)

    def compute(self) -> dict[str, Any]:
        """A dictionary with torchmetrics' keys."""
        state = self._synced or self._state
        result: dict[str, Any] = {}
        for kind in self.iou_type:
            prefix = "" if len(self.iou_type) == 1 else f"{kind}_"
            if state.num_found == 0 or (state.num_truth == 0 and not self.count_empty_images):
                result.update(self._stats([-1.0] * 12, prefix))
                continue
            evaluation = state.evaluators[kind].compute()
            result.update(self._stats(evaluation.stats.tolist(), prefix))
            if self.extended_summary:
                result.update(self._extended(state.evaluators[kind], evaluation, state, prefix))
            result.update(self._by_class(state, kind, evaluation, prefix))
        result["classes"] = torch.tensor(state.classes(), dtype=torch.int32)
        return result

    def forward(self, preds: Sequence[dict[str, Tensor]], target: Sequence[dict[str, Tensor]]) -> dict[str, Any]:
        """update(), and the value of this batch alone."""
        if self._is_synced:
            raise RuntimeError("The metric has been synced; unsync() it before the next batch.")
        self.update(preds, target)
        batch = self._like_this()
        batch.sync_on_compute = batch._to_sync = self.dist_sync_on_step
        batch.warn_on_many_detections = False
        batch.update(preds, target)
        return batch.compute()

    def reset(self) -> None:
        """Forgets all images."""
        super().reset()
        self._state, self._synced = State(), None

    def _sync_dist(self, dist_sync_fn: Any = None, process_group: Any = None) -> None:
        # What is gathered is the compact state: no mask travels.
        group = process_group or getattr(self, "process_group", None)
        self._synced = self._merged(gather_bytes(self._state.pack(), group))

    def unsync(self, should_unsync: bool = True) -> None:
        super().unsync(should_unsync)
        if should_unsync:
            self._synced = None

    def persistent(self, mode: bool = False) -> None:
        """Whether state_dict() holds what was kept."""
        self._persistent = mode

    def state_dict(self, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        destination = super().state_dict(destination=destination, prefix=prefix, keep_vars=keep_vars)
        if self._persistent:
            destination[prefix + "images"] = torch.frombuffer(bytearray(self._state.pack()), dtype=torch.uint8)
        return destination

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any, **kwargs: Any) -> None:
        data = state_dict.pop(prefix + "images", None)
        if data is not None:
            self._state = self._merged([bytes(data.cpu().numpy())])
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state["_state"], state["_synced"] = self._state.pack(), None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        packed = state["_state"]
        super().__setstate__({**state, "_state": None})
        self._state = self._merged([packed])

    def tm_to_coco(self, name: str = "tm_map_input") -> None:
        """Not offered: no mask and no box is kept that could be written."""
        raise NotImplementedError("MeanAveragePrecision keeps no masks; write them where they are made")

    # --- how

    def _evaluator_keys(self) -> list[str]:
        """An evaluator a kind, and one more where classes are wanted although all labels are one."""
        per_class = [f"{kind}_by_class" for kind in self.iou_type if self.average == "micro" and self.class_metrics]
        return [*self.iou_type, *per_class]

    def _evaluator_for(self, key: str, device: torch.device) -> Evaluator:
        """The evaluator of a kind, on a device whose tensors are about to come."""
        kept = self._state.evaluators.get(key)
        on_gpu = device.type == "cuda" and _core.built_with_cuda()
        # One that a saved state or an earlier batch put elsewhere, mostly on the CPU, cannot read these tensors.
        if kept is None or (on_gpu and kept.device != str(device)):
            made = self._make(key, device)
            if kept is not None:
                made.merge(kept)
            kept = self._state.evaluators[key] = made
        return kept

    def _make(self, key: str, device: torch.device) -> Evaluator:
        how = _core.Protocol("coco", key.partition("_")[0])
        how.iou_thresholds, how.recall_thresholds = self.iou_thresholds, self.rec_thresholds
        how.max_dets = self.max_detection_thresholds
        on_gpu = device.type == "cuda" and _core.built_with_cuda()
        if device.type == "cuda" and not on_gpu:
            warnings.warn("maskmetrics was built without CUDA: masks are copied to the CPU", stacklevel=3)
        return Evaluator(
            how,
            device=str(device) if on_gpu else "cpu",
            allocator=allocator_of(device) if on_gpu else None,
            all_pairs=self.extended_summary and "_" not in key,
        )

    def _add_image(self, images: dict[str, list[dict]], image_id: int, found: dict, truth: dict) -> None:
        if self.iou_type == ("segm",) and len(truth["labels"]) == 0 and not self.count_empty_images:
            return
        size = size_of(found, truth)
        move = None if _core.built_with_cuda() else (lambda tensor: tensor.cpu())
        areas = self._target_areas(truth)
        for key, batch in images.items():
            micro = self.average == "micro" and "_" not in key
            one: dict[str, Any] = {"image_id": image_id, "scores": found["scores"], "size": size}
            other: dict[str, Any] = {"areas": areas, "crowd": truth.get("iscrowd")}
            one["labels"], other["labels"] = (
                torch.zeros_like(each["labels"]) if micro else each["labels"] for each in (found, truth)
            )
            if key.startswith("bbox"):
                one["boxes"], other["boxes"] = (
                    boxes_as_xywh(each["boxes"], self.box_format) for each in (found, truth)
                )
            else:
                one["masks"] = mask_arrays(found, self.from_logits, self.mask_threshold, move)
                other["masks"] = mask_arrays(truth, None, self.mask_threshold, move)
            if move is not None:
                one, other = (
                    {k: move(v) if isinstance(v, Tensor) else v for k, v in each.items()} for each in (one, other)
                )
            batch.append({**one, "ground_truth": other})

    def _target_areas(self, truth: dict) -> Tensor | None:
        """Areas that are given, or, with both kinds, those of the masks: torchmetrics measures objects by these."""
        given = truth.get("area")
        if len(self.iou_type) == 1:
            return given
        masks = truth["masks"]
        measured = (masks != 0).flatten(1).sum(1) if len(masks) else torch.zeros(0, device=masks.device)
        return measured.double() if given is None else torch.where(given > 0, given.double(), measured.double())

    def _like_this(self) -> MeanAveragePrecision:
        return MeanAveragePrecision(
            self.box_format,
            self.iou_type,
            list(self.iou_thresholds),
            list(self.rec_thresholds),
            list(self.max_detection_thresholds),
            self.class_metrics,
            self.extended_summary,
            self.average,
            self.backend,
            self.from_logits,
            self.mask_threshold,
            self.count_empty_images,
            process_group=self.process_group,
        )

    def _merged(self, all_packed: list[bytes]) -> State:
        state = State()
        for packed in all_packed:
            parts, evaluators = unpack(packed)
            for key, kept in evaluators.items():
                if key not in state.evaluators:
                    state.evaluators[key] = self._make(key, torch.device("cpu"))
                state.evaluators[key].merge(kept)
            state.labels.append(torch.tensor(parts["classes"], dtype=torch.int64))
            state.num_images += parts["num_images"]
            state.num_found += parts["num_found"]
            state.num_truth += parts["num_truth"]
        return state

    def _stats(self, stats: list[float], prefix: str) -> dict[str, Tensor]:
        first, second, third = self.max_detection_thresholds
        names = (
            "map",
            "map_50",
            "map_75",
            "map_small",
            "map_medium",
            "map_large",
            f"mar_{first}",
            f"mar_{second}",
            f"mar_{third}",
            "mar_small",
            "mar_medium",
            "mar_large",
        )
        return {
            prefix + name: torch.tensor([value], dtype=torch.float32) for name, value in zip(names, stats, strict=True)
        }

    def _extended(self, evaluator: Evaluator, evaluation: Evaluation, state: State, prefix: str) -> dict[str, Any]:
        overlaps = evaluator.overlaps()
        categories = [0] if self.average == "micro" else state.classes()
        ious: dict[tuple[int, int], Any] = {}
        for image in evaluator.image_ids():
            for category in categories:
                found = overlaps.get((image, category))
                ious[image, category] = [] if found is None else torch.tensor(found, dtype=torch.float32)
        result: dict[str, Any] = {f"{prefix}ious": ious}
        places = {int(key): place for place, key in enumerate(evaluation.category_ids)}
        for name, axis in (("precision", 2), ("recall", 1), ("scores", 2)):
            found = getattr(evaluation, name)
            # Classes that are only in images that do not count have no place of their own.
            array = np.full((*found.shape[:axis], len(categories), *found.shape[axis + 1 :]), -1.0)
            for k, category in enumerate(categories):
                if category in places:
                    np.moveaxis(array, axis, 0)[k] = np.moveaxis(found, axis, 0)[places[category]]
            result[prefix + name] = torch.from_numpy(array)
        return result

    def _by_class(self, state: State, kind: str, evaluation: Evaluation, prefix: str) -> dict[str, Tensor]:
        precisions = recalls = torch.tensor([-1], dtype=torch.float32)
        last = self.max_detection_thresholds[-1]
        if self.class_metrics:
            if self.average == "micro":
                evaluation = state.evaluators[f"{kind}_by_class"].compute()
            places = {int(key): place for place, key in enumerate(evaluation.category_ids)}
            # As the reference does, which looks for a cap of 100 by name.
            literal = self.max_detection_thresholds.index(100) if 100 in self.max_detection_thresholds else None
            rows = [places.get(each) for each in state.classes()]
            precisions = torch.tensor(
                [
                    -1.0 if k is None or literal is None else _mean(evaluation.precision[:, :, k : k + 1, 0, literal])
                    for k in rows
                ],
                dtype=torch.float32,
            )
            recalls = torch.tensor(
                [-1.0 if k is None else _mean(evaluation.recall[:, k : k + 1, 0, 2]) for k in rows], dtype=torch.float32
            )
        return {f"{prefix}map_per_class": precisions, f"{prefix}mar_{last}_per_class": recalls}


def _expect(name: str, value: Any, allowed: tuple) -> None:
    if value not in allowed:
        raise ValueError(f"Expected argument `{name}` to be one of {allowed} but got {value}")


def _mean(values: np.ndarray) -> float:
    counted = values[values > -1]
    return float(np.mean(counted)) if counted.size else -1.0


def _stream(evaluator: Evaluator, device: torch.device) -> int:
    return stream_of(device) if evaluator.device != "cpu" and device.type == "cuda" else 0
