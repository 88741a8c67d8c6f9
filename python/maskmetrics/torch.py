"""Mean average precision for training loops in PyTorch, in torchmetrics' place.

Change one import:

    from maskmetrics.torch import MeanAveragePrecision

Masks are compared where they are; nothing of them is kept, copied or encoded.
"""

from __future__ import annotations

import contextlib
import importlib.util
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from . import _core, _notices
from ._torch_base import Metric, current, gather_bytes
from ._torch_coco import coco_to_tm
from ._torch_inputs import check_items, columns_of, count_rows, device_of, image_of, moved, naming_positions
from ._torch_results import Curves, named_stats, overlaps_of
from ._torch_state import Settings, State
from .errors import MissingPackageError, ProtocolError, UnsupportedError

__all__ = ["MeanAveragePrecision"]

_BACKENDS = ("pycocotools", "faster_coco_eval", "maskmetrics")
_STATE = "retained_images"
# torchmetrics' states, which hold masks and boxes.
_NOT_RETAINED = (
    *(f"detection_{name}" for name in ("box", "mask", "scores", "labels")),
    *(f"groundtruth_{name}" for name in ("box", "mask", "labels", "crowds", "area")),
)


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
        backend: whose numbers: "pycocotools", or "faster_coco_eval", which takes "map" at the largest cap instead of a
            cap of 100, and divides precision by the number of detections without an epsilon. Neither is needed
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
    [N, H, W]; target with labels, boxes or masks, and perhaps iscrowd and area. A tensor without elements stands for no
    instances, whatever its type and shape. Where an image is refused, nothing of the batch counts. Tensors stay where
    they are. Masks on the CPU are read before it returns; on a GPU, work is queued on the current stream. Where several
    processes work, image i of process r of n counts as image i * n + r of all, as a DistributedSampler deals them.

    The metric's one state is `retained_images`: everything that is retained, packed into bytes.
    """

    __jit_unused_properties__: ClassVar[list[str]] = [*Metric.__jit_unused_properties__, _STATE]
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
        self._state = State()
        _expect("box_format", box_format, ("xyxy", "xywh", "cxcywh"))
        iou_types = _iou_types(iou_type)
        for name, values in (("iou_thresholds", iou_thresholds), ("rec_thresholds", rec_thresholds)):
            if values is not None and not isinstance(values, list):
                raise _error(f"Expected argument `{name}` to either be `None` or a list of floats but got {values}")
        caps = [1, 10, 100] if max_detection_thresholds is None else max_detection_thresholds
        if not isinstance(caps, list):
            raise _error(
                f"Expected argument `max_detection_thresholds` to either be `None` or a list of ints but got {caps}"
            )
        if len(caps) != 3:
            raise _error(
                f"When providing a list of max detection thresholds it should have length 3. Got value {len(caps)}"
            )
        if min(caps) < 1:
            raise _error(f"Expected argument `max_detection_thresholds` to be of ints of 1 or more but got {caps}")
        for name, flag in (("class_metrics", class_metrics), ("extended_summary", extended_summary)):
            if not isinstance(flag, bool):
                raise _error(f"Expected argument `{name}` to be a boolean")
        _expect("average", average, ("macro", "micro"))
        _expect("backend", backend, _BACKENDS)
        _expect("from_logits", from_logits, (None, "image", "torchvision", "detectron2", "prototypes"))
        if from_logits is not None and "segm" not in iou_types:
            raise _error("Expected argument `iou_type` to contain 'segm' where `from_logits` is given")
        self.box_format, self.iou_type = box_format, iou_types
        self.iou_thresholds = iou_thresholds or torch.linspace(0.5, 0.95, 10).tolist()
        self.rec_thresholds = rec_thresholds or torch.linspace(0.0, 1.0, 101).tolist()
        self.max_detection_thresholds = sorted(int(cap) for cap in caps)
        self.class_metrics, self.extended_summary, self.average = class_metrics, extended_summary, average
        self.backend, self.from_logits, self.mask_threshold = backend, from_logits, mask_threshold
        self.count_empty_images = count_empty_images
        self._settings().protocol("bbox").validate()
        self._issued: set[str] = set()  # warnings, each of which is issued once
        self.add_state(_STATE, torch.zeros(0, dtype=torch.uint8), dist_reduce_fx=None)

    def update(self, preds: Sequence[dict[str, Tensor]], target: Sequence[dict[str, Tensor]]) -> None:
        """Takes one dictionary an image; see the class.

        Raises:
            InputError: naming the position in the batch, the key, and what is wrong; nothing of the batch counts then
        """
        check_items(preds, target, self.iou_type, self.from_logits)
        settings, state = self._settings(), self._state
        state.require(settings)
        last = settings.max_detection_thresholds[-1]
        if self.warn_on_many_detections and any(len(each["labels"]) > last for each in preds):
            warnings.warn(
                f"Encountered more than {last} detections in a single image. Those with the lowest scores are ignored; "
                "`max_detection_thresholds` and `warn_on_many_detections` change that.",
                stacklevel=2,
            )
        of_preds, of_target = columns_of(self.iou_type, self.from_logits)
        device = device_of(preds, target, {*of_preds, *of_target, "labels", "scores", "prototypes", "iscrowd", "area"})
        batches: dict[str, list[dict]] = {key: [] for key in settings.evaluator_keys()}
        always = "bbox" in self.iou_type
        counted = [
            (always or count_rows(p, "labels") > 0, always or count_rows(t, "labels") > 0)
            for p, t in zip(preds, target, strict=True)
        ]
        with current(device), naming_positions(state.next_image):
            for number, (found, truth) in enumerate(zip(preds, target, strict=True)):
                if counted[number][1] or self.count_empty_images:
                    self._add_image(batches, state.next_image + number, found, truth)
            labels = [each["labels"] for each in (*preds, *target)]
            state.take(batches, labels, device, threshold=self.mask_threshold)
        state.num_found += sum(found for found, _ in counted)
        state.num_truth += sum(truth for _, truth in counted)
        state.next_image += len(preds)

    def compute(self) -> dict[str, Any]:
        """A dictionary with torchmetrics' keys."""
        state, caps = self._state, self.max_detection_thresholds
        state.require(self._settings())
        result: dict[str, Any] = {}
        for kind in self.iou_type:
            prefix = "" if len(self.iou_type) == 1 else f"{kind}_"
            if state.num_found == 0 or (state.num_truth == 0 and not self.count_empty_images):
                result |= named_stats([-1.0] * 12, prefix, caps)
                continue
            with naming_positions(state.next_image):
                curves = self._curves(kind)
            result |= named_stats(curves.stats(), prefix, caps)
            if self.extended_summary:
                evaluator, categories = state.evaluators[kind], [0] if self.average == "micro" else state.classes()
                result[f"{prefix}ious"] = overlaps_of(evaluator.overlaps(), evaluator.image_ids(), categories)
                result |= {prefix + name: array for name, array in curves.arrays(categories).items()}
            by_class = [[-1.0], [-1.0]]
            if self.class_metrics:
                if self.average == "micro":
                    curves = self._curves(f"{kind}_by_class")
                by_class = [[curves.of_class(each)[i] for each in state.classes()] for i in range(2)]
            for name, values in zip(("map", f"mar_{caps[-1]}"), by_class, strict=True):
                result[f"{prefix}{name}_per_class"] = torch.tensor(values, dtype=torch.float32)
        result["classes"] = torch.tensor(state.classes(), dtype=torch.int32)
        return result

    def reset(self) -> None:
        """Forgets all images."""
        with _without_own(self._defaults):
            super().reset()
        self._state = State()

    def plot(self, val: Any = None, ax: Any = None) -> Any:
        """Draws the numbers of compute(), or of results that are given, as torchmetrics does.

        Raises:
            MissingPackageError: without torchmetrics or matplotlib
        """
        for package in ("torchmetrics", "matplotlib"):
            if importlib.util.find_spec(package) is None:
                raise MissingPackageError("MeanAveragePrecision", "plot", f"{package} is needed: pip install {package}")
        return self._plot(val, ax)

    def coco_to_tm(
        self, coco_preds: Any, coco_target: Any, iou_type: Any = ("bbox",), backend: str = "pycocotools"
    ) -> tuple[list[dict[str, Tensor]], list[dict[str, Tensor]]]:
        """Predictions and targets, as update() takes them, of COCO files; boxes are [x, y, width, height].

        Args:
            coco_preds: file of results
            coco_target: file of ground truth; images without annotations are left out
            iou_type: "bbox", "segm", or both: boxes, masks, or both
            backend: as torchmetrics has it; all give the same
        """
        _expect("backend", backend, _BACKENDS)
        return coco_to_tm(coco_preds, coco_target, _iou_types(iou_type))

    def tm_to_coco(self, name: str = "tm_map_input") -> None:
        """Not offered, because neither masks nor boxes are retained.

        Raises:
            UnsupportedError: saying what to do
        """
        raise UnsupportedError(
            "MeanAveragePrecision",
            "tm_to_coco",
            f"expected masks and boxes to write to {name}_preds.json, got none, because update() retains none: write "
            "the files where predictions are made, with maskmetrics.mask.encode() for masks",
        )

    # --- torchmetrics' states

    @property
    def retained_images(self) -> Tensor:
        """Everything that is retained, packed, uint8; assigning such a tensor replaces what is retained."""
        return torch.frombuffer(bytearray(self._state.pack()), dtype=torch.uint8)

    @retained_images.setter
    def retained_images(self, value: Tensor | State) -> None:
        if isinstance(value, State):
            self._state = value
        else:
            self._state = State().add(bytes(value.cpu().numpy())) if value.numel() else State()

    # torchmetrics' methods know tensors and lists; of this state they would pack and stack the bytes.

    def _copy_state_dict(self) -> dict[str, Any]:
        with _without_own(self._defaults):
            copied = super()._copy_state_dict()
        # Whoever copies assigns another state before the next update, so the state itself does as a copy.
        return {**copied, _STATE: self._state}

    def _reduce_states(self, incoming_state: dict[str, Any]) -> None:
        with _without_own(self._defaults):
            super()._reduce_states(incoming_state)
        own = self._state
        self.retained_images = incoming_state[_STATE]
        self._state.add(own.pack(), first=self._state.next_image)

    def _sync_dist(self, dist_sync_fn: Any = None, process_group: Any = None) -> None:
        # Not a mask is sent.
        all_packed = gather_bytes(self._state.pack(), process_group or self.process_group, dist_sync_fn)
        with _without_own(self._reductions):
            super()._sync_dist(dist_sync_fn, process_group)
        merged = State()
        for rank, packed in enumerate(all_packed):
            merged.add(packed, rank, len(all_packed))
        self._state = merged

    def _apply(self, fn: Any, exclude_state: Sequence[str] = ()) -> Any:
        return super()._apply(fn, exclude_state=(*exclude_state, _STATE))

    def __getattr__(self, name: str) -> Any:
        if name in _NOT_RETAINED:
            raise AttributeError(
                f"MeanAveragePrecision retains no {name}: its state is `retained_images`, which has neither masks nor "
                "boxes; collect them where update() is called"
            )
        return super().__getattr__(name)

    # --- implementation

    def _settings(self) -> Settings:
        return Settings(
            list(self.iou_type),
            [float(each) for each in self.iou_thresholds],
            [float(each) for each in self.rec_thresholds],
            sorted(set(self.max_detection_thresholds)),
            self.extended_summary,
            self.average,
            self.class_metrics,
            self.count_empty_images,
        )

    def _curves(self, key: str) -> Curves:
        evaluation = self._state.evaluators[key].compute()
        # A batch of forward() may well have nothing to find.
        if not getattr(self, "_enable_grad", False):
            _notices.issue(evaluation.warnings, self._issued)
        return Curves(evaluation, self.iou_thresholds, self.rec_thresholds, self.max_detection_thresholds, self.backend)

    def _add_image(self, batches: dict[str, list[dict]], image_id: int, found: dict, truth: dict) -> None:
        image = image_of(found, truth, self.iou_type, self.box_format, self.from_logits, self.mask_threshold)
        if not _core.built_with_cuda():
            image = moved(image, Tensor.cpu)
        for key, batch in batches.items():
            # An evaluator of boxes would check the masks, and the other way round.
            foreign = "masks" if key.startswith("bbox") else "boxes"
            sides = [{k: v for k, v in each.items() if k != foreign} for each in (image, image["ground_truth"])]
            if self.average == "micro" and "_" not in key:
                for side in sides:
                    side["labels"] = side["labels"] * 0
            batch.append({**sides[0], "ground_truth": sides[1], "image_id": image_id})


@contextlib.contextmanager
def _without_own(registry: dict[str, Any]) -> Iterator[None]:
    """Hides the metric's own state from methods of the base class, which look states up in a registry."""
    entry = registry.pop(_STATE)
    try:
        yield
    finally:
        registry[_STATE] = entry


def _iou_types(iou_type: Any) -> tuple[str, ...]:
    iou_types = (iou_type,) if isinstance(iou_type, str) else tuple(iou_type)
    if not iou_types or any(each not in ("segm", "bbox") for each in iou_types):
        raise _error(f"Expected argument `iou_type` to be one of ('segm', 'bbox') or a tuple of, got {iou_type}")
    return iou_types


def _expect(name: str, value: Any, allowed: tuple) -> None:
    if value not in allowed:
        raise _error(f"Expected argument `{name}` to be one of {allowed} but got {value}")


def _error(problem: str) -> ProtocolError:
    return ProtocolError("", "", problem)
