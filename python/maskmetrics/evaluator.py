"""Evaluation of images as they come, from arrays of any library, on the host or a GPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from ._arrays import as_array, is_empty, number_array
from ._maps import Pasted, Prototypes
from ._typed import typed
from .errors import InputError, InputTypeError, ProtocolError
from .evaluation import Evaluation, check_run, ground_truth_of, protocol_of, reading_of

__all__ = ["Evaluator", "Pasted", "Prototypes"]

_BOX_FORMATS = ("xywh", "xyxy", "cxcywh")


class Evaluator:
    """Takes images in any order and in any pieces; the result depends on what came, not on when.

    No mask is kept: after update() only scores, areas and the overlaps that can matter stay, some tens of bytes a
    detection. Equal to evaluate() on the same images, bit for bit.

    Args:
        protocol: "coco", "lvis", or a Protocol
        iou: "segm" (the default), "bbox" or "boundary"
        ground_truth: a file, dictionary or COCO object with the ground truth of every image; None: every update brings
            its own
        box_layout, box_units, image_sizes: how its boxes are read, as in evaluate(); update() has a box_format
        categories: {id: name}, or ids, outside of which a label is an error; None: those of the ground truth, or the
            labels that come
        queue: updates that may wait for a thread of the evaluator's own; 0: update() returns when its work is done or,
            on a GPU, queued
        all_pairs: keep every overlap, for overlaps()
        device: "auto", "cpu", "cuda" or "cuda:N"
        threads: CPU threads; 0: all cores
        allocator: (allocate(bytes, stream) -> pointer, deallocate(pointer)) of a framework, for device memory; streams
            are handles, 1 is CUDA's default stream
    """

    @typed("Evaluator")
    def __init__(
        self,
        protocol: str | _core.Protocol = "coco",
        iou: str | None = None,
        *,
        ground_truth: Any = None,
        box_layout: str = "xywh",
        box_units: str | None = None,
        image_sizes: Any = None,
        categories: Mapping[int, str] | Sequence[int] | None = None,
        queue: int = 0,
        all_pairs: bool = False,
        device: str = "auto",
        threads: int = 0,
        allocator: tuple[Callable[[int, int], int], Callable[[int], Any]] | None = None,
    ) -> None:
        check_run(device, threads)
        if queue < 0:
            raise InputError("Evaluator", "queue", f"expected 0 or more, found {queue}")
        how = protocol_of(protocol, iou)
        data = None
        reading = reading_of(box_layout, box_units, image_sizes=image_sizes)
        if ground_truth is None:
            if box_layout != "xywh" or box_units is not None or image_sizes is not None:
                raise ProtocolError(
                    "Evaluator",
                    "box_layout, box_units, image_sizes",
                    "are how ground_truth is read, and there is none; update() has a box_format",
                )
        else:
            data = ground_truth_of(ground_truth, how, threads, None, reading)
        names = categories if isinstance(categories, Mapping) else {key: "" for key in categories or ()}
        allocate, deallocate = allocator or (None, None)
        if allocator and not (callable(allocate) and callable(deallocate)):
            raise InputTypeError("Evaluator", "allocator", f"expected two functions, got {allocator!r:.60}")
        self._settings = (
            how,
            data,
            [(int(key), str(name)) for key, name in names.items()],
            queue,
            all_pairs,
            device,
            threads,
            allocate,
            deallocate,
        )
        self._core = _core.Evaluator(*self._settings)

    @typed("Evaluator.update")
    def update(
        self,
        image_id: int,
        *,
        scores: Any,
        labels: Any,
        boxes: Any = None,
        masks: Any = None,
        areas: Any = None,
        ground_truth: Mapping[str, Any] | None = None,
        size: tuple[int, int] | None = None,
        box_format: str = "xywh",
        threshold: float = 0.0,
        stream: int = 0,
    ) -> None:
        """Takes one image. Arrays may be NumPy's, or of any library that speaks DLPack or __cuda_array_interface__.

        Args:
            image_id: each image once
            scores: [N]
            labels: [N] category ids
            boxes: [N, 4] in the box format; needed by iou "bbox"
            masks: needed by iou "segm" and "boundary": an array [N, H, W] of booleans, bytes, or numbers that are
                compared with the threshold; a list of run-length codes and polygons; Pasted; or Prototypes
            areas: [N] px, where they are not those of the masks or boxes
            ground_truth: a dictionary with labels and boxes or masks, areas, crowd and ignore; None: that of the
                registered data set
            size: (height, width) of the image; needed where no array of masks tells it
            box_format: "xywh", "xyxy" or "cxcywh"
            stream: handle of the CUDA stream on which an evaluator on a GPU queues its work; 0: CUDA's default stream.
                Where arrays were made on other streams, it is made to wait for what DLPack or
                __cuda_array_interface__ says of them

        With a queue, masks in host memory are read after the call has returned: do not change them before flush().

        Raises:
            InputError: naming image, array and value; the image then does not count and may come again. With a queue
                or on a GPU, errors that show only later are raised by a later call.
        """
        self.update_batch(
            [
                {
                    "image_id": image_id,
                    "scores": scores,
                    "labels": labels,
                    "boxes": boxes,
                    "masks": masks,
                    "areas": areas,
                    "ground_truth": ground_truth,
                    "size": size,
                }
            ],
            box_format=box_format,
            threshold=threshold,
            stream=stream,
        )

    @typed("Evaluator.update_batch")
    def update_batch(
        self,
        images: Sequence[Mapping[str, Any]],
        *,
        box_format: str = "xywh",
        threshold: float = 0.0,
        stream: int = 0,
    ) -> None:
        """Takes some images, all of them or none: dictionaries with the arguments of update()."""
        if box_format not in _BOX_FORMATS:
            raise InputError("update", "box_format", f"expected one of {', '.join(_BOX_FORMATS)}, found {box_format!r}")
        made = [_image(each, box_format, threshold, stream) for each in images]
        self._core.update(made, stream)

    def flush(self) -> None:
        """Waits until everything that came has been worked in."""
        self._core.flush()

    def compute(self) -> Evaluation:
        """The result of what came so far; any number of times."""
        return Evaluation(self._core.compute())

    def reset(self) -> None:
        """Forgets all images."""
        self._core.reset()

    def overlaps(self) -> dict[tuple[int, int], np.ndarray]:
        """IoU arrays [D, G] by (image id, category id), as COCOeval.ious; needs all_pairs."""
        found = self._core.overlaps()
        begin = found["begin"].tolist()
        num_g = np.diff(found["ground_truth_begin"]).tolist()
        keys = zip(found["image_ids"].tolist(), found["category_ids"].tolist(), strict=True)
        return {
            key: found["ious"][begin[c] : begin[c + 1]].reshape(-1, num_g[c])
            for c, key in enumerate(keys)
            if begin[c + 1] > begin[c]
        }

    def serialize(self) -> bytes:
        """What was kept, for a file or another process: with a version, the protocol and a checksum."""
        return self._core.state().to_bytes()

    @typed("Evaluator.merge")
    def merge(self, state: bytes | Evaluator, source: str = "state") -> None:
        """Adds what another evaluator kept, with the same protocol and other images."""
        kept = state._core.state() if isinstance(state, Evaluator) else _core.State.from_bytes(state, source)
        self._core.merge(kept)

    @typed("Evaluator.deserialize")
    def deserialize(self, state: bytes, source: str = "state") -> None:
        """Takes a state's place: forgets what was there."""
        kept = _core.State.from_bytes(state, source)
        self._core.reset()
        self._core.merge(kept)

    @typed("Evaluator.save")
    def save(self, file: str | os.PathLike) -> None:
        """Writes the state to a file, whole or not at all."""
        path = Path(file)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(self.serialize())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @typed("Evaluator.load")
    def load(self, file: str | os.PathLike) -> None:
        """Goes on from a saved state."""
        self.deserialize(Path(file).read_bytes(), os.fspath(file))

    def image_ids(self) -> list[int]:
        """Images that came, ascending."""
        return sorted(self._core.state().image_ids.tolist())

    @property
    def device(self) -> str:
        """Where work is done: "cpu", "cuda:0"."""
        return self._core.device

    @property
    def protocol(self) -> _core.Protocol:
        return self._core.protocol

    @property
    def num_images(self) -> int:
        return self._core.state().num_images

    @property
    def num_bytes(self) -> int:
        """Bytes of memory that the state holds."""
        return self._core.state().num_bytes

    def __getstate__(self) -> dict:
        *settings, allocate, _ = self._settings
        if allocate is not None or settings[1] is not None:
            raise TypeError(
                "an evaluator with an allocator or a registered ground truth cannot be pickled; its serialize() can"
            )
        return {"settings": (*_protocol_state(settings[0]), *settings[2:]), "state": self.serialize()}

    def __setstate__(self, state: dict) -> None:
        fields, *rest = state["settings"]
        self._settings = (_protocol_from(fields), None, *rest, None, None)
        self._core = _core.Evaluator(*self._settings)
        self.deserialize(state["state"])


_PROTOCOL_FIELDS = (
    "iou",
    "rules",
    "cap",
    "area_unit",
    "parity",
    "dilation_ratio",
    "iou_thresholds",
    "recall_thresholds",
    "area_ranges",
    "max_dets",
    "max_dets_per_category",
    "recall_curve",
    "use_categories",
    "image_ids",
    "category_ids",
)


def _protocol_state(how: _core.Protocol) -> tuple[dict]:
    return ({name: getattr(how, name) for name in _PROTOCOL_FIELDS},)


def _protocol_from(fields: dict) -> _core.Protocol:
    how = _core.Protocol("coco", fields["iou"])
    for name, value in fields.items():
        setattr(how, name, value)
    return how


def _image(given: Mapping[str, Any], box_format: str, threshold: float, stream: int) -> _core.Image:
    place = f"image {given['image_id']}"
    truth = given.get("ground_truth")
    height, width = _size(given, truth, place)
    image = _core.Image(int(given["image_id"]), height, width)
    for name in ("scores", "labels"):
        if given.get(name) is None:
            raise InputError(place, f"detections.{name}", "missing")
    scores = number_array(given["scores"], stream, place, "detections.scores")
    image.start_detections(len(scores))
    image.set_column("detections", "scores", scores)
    _set_columns(image, "detections", given, ("labels", "boxes", "areas"), len(scores), stream, place)
    image.set_box_layout("detections", box_format)
    _set_masks(image, "detections", given.get("masks"), len(scores), threshold, stream, place)
    if truth is None:
        return image
    if truth.get("labels") is None:
        raise InputError(place, "ground_truths.labels", "missing")
    labels = number_array(truth["labels"], stream, place, "ground_truths.labels")
    image.start_ground_truths(len(labels))
    image.set_column("ground_truths", "labels", labels)
    _set_columns(image, "ground_truths", truth, ("boxes", "areas", "crowd", "ignore"), len(labels), stream, place)
    image.set_box_layout("ground_truths", box_format)
    _set_masks(image, "ground_truths", truth.get("masks"), len(labels), threshold, stream, place)
    return image


def _set_columns(
    image: _core.Image, side: str, given: Mapping[str, Any], names: Sequence[str], count: int, stream: int, place: str
) -> None:
    for name in names:
        # The core takes an array without elements as no boxes only if it is [0, 4].
        if given.get(name) is not None and not (count == 0 and is_empty(given[name])):
            image.set_column(side, name, number_array(given[name], stream, place, f"{side}.{name}"))


def _size(given: Mapping[str, Any], truth: Mapping[str, Any] | None, place: str) -> tuple[int, int]:
    if given.get("size") is not None:
        height, width = given["size"]
        return int(height), int(width)
    shapes = [getattr(masks, "shape", ()) for masks in (given.get("masks"), truth.get("masks") if truth else None)]
    # Masks without elements often have another size than the image, and count only where maps need one.
    is_pasted = isinstance(given.get("masks"), (Pasted, Prototypes)) and len(given["masks"]) > 0
    for shape in shapes:
        if len(shape) == 3 and (0 not in tuple(shape) or (is_pasted and 0 not in tuple(shape)[1:])):
            return int(shape[1]), int(shape[2])
    if is_pasted and truth is not None:
        raise InputError(place, "size", "expected height and width, to which maps are resampled, got none")
    return 0, 0


def _set_masks(
    image: _core.Image, side: str, masks: Any, count: int, threshold: float, stream: int, place: str
) -> None:
    pixels = masks.maps if isinstance(masks, Pasted) else getattr(masks, "coefficients", masks)
    if masks is None or (count == 0 and not isinstance(masks, (list, tuple)) and is_empty(pixels)):
        return
    where = f"{side}.masks"
    if isinstance(masks, Pasted):
        maps = as_array(masks.maps, stream, place, where)
        boxes = None if masks.boxes is None else number_array(masks.boxes, stream, place, f"{where}.boxes")
        image.set_dense(side, maps, masks.threshold, masks.like, boxes)
    elif isinstance(masks, Prototypes):
        arrays = [
            None if each is None else number_array(each, stream, place, f"{where}.{name}")
            for name, each in (
                ("prototypes", masks.prototypes),
                ("coefficients", masks.coefficients),
                ("boxes", masks.boxes),
                ("crops", masks.crops),
            )
        ]
        image.set_prototypes(side, arrays[0], arrays[1], masks.threshold, arrays[2], arrays[3])
    elif isinstance(masks, (list, tuple)):
        image.set_codes(side, masks)
    elif any(hasattr(masks, name) for name in ("shape", "__dlpack__", "__cuda_array_interface__")):
        image.set_dense(side, as_array(masks, stream, place, where), threshold)
    else:
        raise InputTypeError(place, where, f"expected an array or a list, found {type(masks).__name__}")
