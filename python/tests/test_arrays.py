"""Arrays of any library: in which memory they are, behind which stream they are read, and what is refused. Nothing
here needs a GPU: memory of a device is only claimed, and nobody gets so far as to read it."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
import torch

from maskmetrics import Evaluator, Pasted, Prototypes
from maskmetrics._arrays import as_array
from maskmetrics.errors import DeviceError, InputError, InputTypeError

CPU, CUDA, PINNED, METAL, MANAGED = 1, 2, 3, 8, 13  # DLPack's kinds of memory

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


class Exported:
    """An array of another library, in memory of a kind that it only claims."""

    def __init__(self, array: np.ndarray, kind: int) -> None:
        self.array, self.kind, self.shape = array, kind, array.shape
        self.streams: list[int | None] = []  # that it was asked to make wait

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.kind, 0

    def __dlpack__(self, stream: int | None = None) -> Any:
        if self.kind in (CPU, PINNED) and stream is not None:
            raise RuntimeError("memory of the host has no stream")
        self.streams.append(stream)
        capsule = self.array.__dlpack__()
        # Behind the pointer to the data stand device type and number.
        kind = _pointer_of(capsule, b"dltensor") + ctypes.sizeof(ctypes.c_void_p)
        ctypes.c_int32.from_address(kind).value = self.kind
        return capsule


class OnDevice:
    """What numba and others have; nothing is at the address."""

    def __init__(self, shape: tuple[int, ...], typestr: str, address: int = 0x10000, **entries: Any) -> None:
        self.__cuda_array_interface__ = {
            "shape": shape,
            "typestr": typestr,
            "data": (address, False),
            "version": 3,
            **entries,
        }


def given(**changed: Any) -> dict[str, Any]:
    masks = np.zeros((2, 20, 30), dtype=bool)
    masks[0, 2:9, 2:9] = masks[1, 10:20, 5:25] = True
    arrays = {"scores": np.array([0.9, 0.8]), "labels": np.array([1, 2]), "masks": masks, "size": (20, 30)}
    return {**arrays, "ground_truth": {"labels": [1, 2], "masks": masks}, **changed}


def maps() -> np.ndarray:
    return np.zeros((2, 7, 7), dtype=np.float32)


def rows(width: int) -> np.ndarray:
    return np.ones((2, width), dtype=np.float32)


def test_pinned_memory_is_the_hosts() -> None:
    pinned = {name: Exported(value, PINNED) for name, value in given().items() if isinstance(value, np.ndarray)}
    evaluator = Evaluator(iou="segm")
    evaluator.update(1, **given(**pinned))
    assert evaluator.compute().metrics["AP"] == pytest.approx(1, abs=1e-12)
    assert [each.streams for each in pinned.values()] == [[None]] * 3


@pytest.mark.parametrize("kind", [CUDA, MANAGED])
@pytest.mark.parametrize(("stream", "asked"), [(0, 1), (1, 1), (2, 2), (0x7F00, 0x7F00)])
def test_a_producer_hears_of_the_stream_that_reads(kind: int, stream: int, asked: int) -> None:
    array = Exported(maps(), kind)
    assert as_array(array, stream, "image 1", "masks").on_device
    assert array.streams == [asked]


@pytest.mark.parametrize("entries", [{}, {"stream": None}, {"stream": 1}, {"stream": 2}, {"stream": 0x7F00}])
def test_a_stream_that_must_be_waited_for(entries: dict[str, Any]) -> None:
    array = as_array(OnDevice((2, 7, 7), "<f4", **entries), 0, "image 1", "masks")
    assert array.on_device
    assert array.made_on == entries.get("stream")


@pytest.mark.parametrize(
    "masks", [Exported(given()["masks"], CUDA), OnDevice((2, 20, 30), "|b1"), OnDevice((2, 20, 30), "|b1", stream=2)]
)
def test_an_evaluator_on_the_cpu_reads_no_device_memory(masks: Any) -> None:
    evaluator = Evaluator(iou="segm", device="cpu")
    with pytest.raises(DeviceError, match=r"image 7: detections\.masks: in device memory"):
        evaluator.update(7, **given(masks=masks))
    evaluator.update(7, **given())


@pytest.mark.parametrize(
    ("masks", "error", "message"),
    [
        (Exported(given()["masks"], METAL), InputTypeError, "device type 8"),
        (OnDevice((2, 20, 30), "|b1", stream=0), InputError, "stream of 1 or more"),
        (OnDevice((2, 20, 30), ">f4"), InputError, "type >f4"),
        (OnDevice((2, 20, 30), "<f16"), InputError, "type <f16"),
        (torch.ones(2, 20, 30).to_sparse(), InputError, "layout"),
    ],
)
def test_arrays_that_cannot_be_taken_are_named(masks: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=rf"image 7: detections\.masks: .*{message}"):
        Evaluator(iou="segm", device="cpu").update(7, **given(masks=masks))


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (Pasted(OnDevice((2, 7, 7), "<f4"), "torchvision", rows(4)), "boxes: in host memory, and the maps .* device"),
        (Pasted(maps(), "image", OnDevice((2, 4), "<f4")), "boxes: in device memory, and the maps .* host"),
        (Pasted(maps(), "image", Exported(rows(4), CUDA)), "boxes: in device memory, and the maps .* host"),
        (Prototypes(maps(), OnDevice((2, 2), "<f4")), "coefficients: in device memory, and the maps .* host"),
        (Prototypes(OnDevice((2, 7, 7), "<f4"), rows(2)), "coefficients: in host memory, and the maps .* device"),
        (Prototypes(maps(), rows(2), OnDevice((2, 4), "<f4")), "boxes: in device memory, and the maps .* host"),
        (Prototypes(maps(), rows(2), None, OnDevice((2, 4), "<f4")), "crops: in device memory, and the maps .* host"),
    ],
)
@pytest.mark.parametrize("side", ["detections", "ground_truths"])
def test_maps_and_what_belongs_to_them_lie_in_one_memory(masks: Any, message: str, side: str) -> None:
    changed = {"masks": masks} if side == "detections" else {"ground_truth": {"labels": [1, 2], "masks": masks}}
    with pytest.raises(InputError, match=rf"image 7: {side}\.masks\.{message}"):
        Evaluator(iou="segm", device="cpu").update(7, **given(**changed))


def test_pinned_maps_go_with_other_arrays_of_the_host() -> None:
    evaluator = Evaluator(iou="segm", device="cpu")
    evaluator.update(1, **given(masks=Pasted(Exported(maps(), PINNED), "torchvision", rows(4))))
    evaluator.update(2, **given(masks=Prototypes(maps(), Exported(rows(2), PINNED), rows(4))))
    assert evaluator.num_images == 2


def test_no_masks_may_be_anywhere() -> None:
    nothing = {"scores": np.zeros(0), "labels": np.zeros(0, dtype=int)}
    masks = Pasted(Exported(maps()[:0], PINNED), "torchvision", OnDevice((0, 4), "<f4", address=0))
    evaluator = Evaluator(iou="segm", device="cpu")
    evaluator.update(1, **given(**nothing, masks=masks))
    assert evaluator.num_images == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": OnDevice((2,), "<i8", address=0x10004)}, "labels: must lie at a multiple of the 8 bytes"),
        ({"scores": OnDevice((2,), "<f4", address=0x10002)}, "scores: must lie at a multiple of the 4 bytes"),
        (
            {"masks": Pasted(OnDevice((2, 7, 7), "<f4"), "image", OnDevice((2, 4), "<f4", address=0x10001))},
            r"masks\.boxes: must lie at a multiple of the 4 bytes",
        ),
    ],
)
def test_device_memory_off_its_alignment_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"image 7: detections\.{message}"):
        Evaluator(iou="segm", device="cpu").update(7, **given(**changed))


def off_alignment(array: np.ndarray) -> np.ndarray:
    moved = np.zeros(array.nbytes + 1, dtype=np.uint8)[1:].view(array.dtype).reshape(array.shape)
    moved[...] = array
    assert not moved.flags.aligned
    return moved


def in_records(array: np.ndarray) -> np.ndarray:
    records = np.zeros(len(array), dtype=[("other", "u1"), ("number", array.dtype, array.shape[1:])])
    records["number"] = array
    assert not records["number"].flags.aligned
    return records["number"]


@pytest.mark.parametrize("placed", [off_alignment, in_records])
def test_host_memory_may_lie_anywhere(placed: Any) -> None:
    random = np.random.default_rng(1)
    pixels = random.standard_normal((2, 7, 7)).astype(np.float32)
    boxes = np.array([[1, 2, 20, 15], [5, 0, 29, 18]], dtype=np.float32)
    results = []
    for place in (placed, np.array):
        evaluator = Evaluator(iou="segm", all_pairs=True)
        arrays = {name: place(given()[name]) for name in ("scores", "labels")}
        evaluator.update(1, **given(**arrays, masks=Pasted(place(pixels), "torchvision", place(boxes))))
        evaluator.update(2, **given(**arrays, masks=Prototypes(place(pixels), place(pixels[:, 0, :2].copy()), boxes)))
        results.append(evaluator.overlaps())
    assert results[0] == results[1]
