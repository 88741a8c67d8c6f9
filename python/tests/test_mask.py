"""maskmetrics.mask against pycocotools.mask."""

from __future__ import annotations

import numpy as np
import pytest
from awkward import compressed, random_counts, random_pixels, random_polygons
from compare import assert_same
from conftest import scaled
from pycocotools import mask as reference

import maskmetrics
from maskmetrics import mask

SEEDS = range(scaled(60))


def random_codes(rng: np.random.Generator, count: int, height: int, width: int) -> list[dict]:
    """Codes of one size; counts as str and bytes, runs of length zero in places."""
    codes = []
    for _ in range(count):
        as_text = bool(rng.random() < 0.5)
        if rng.random() < 0.5:
            code = reference.encode(random_pixels(rng, height, width))
            codes.append({"size": code["size"], "counts": code["counts"].decode() if as_text else code["counts"]})
        else:
            codes.append(compressed(random_counts(rng, height * width), height, width, as_text))
    return codes


@pytest.mark.parametrize("seed", SEEDS)
def test_encode_and_decode(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width, count = (int(v) for v in rng.integers(1, 60, 3) // (1, 1, 10))
    pixels = np.asfortranarray(rng.integers(0, 2 if seed % 2 else 256, (height, width, count)).astype(np.uint8))
    assert_same(mask.encode(pixels), reference.encode(pixels))
    one = random_pixels(rng, height, width)
    assert_same(mask.encode(one), reference.encode(one))
    assert_same(mask.encode(one.astype(bool)), reference.encode(one.astype(bool)))
    codes = random_codes(rng, int(rng.integers(1, 6)), height, width)
    assert_same(mask.decode(codes), reference.decode(codes))
    assert_same(mask.decode(codes[0]), reference.decode(codes[0]))
    assert mask.decode(codes).flags.writeable


@pytest.mark.parametrize("seed", SEEDS)
def test_area_and_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = random_codes(rng, int(rng.integers(0, 6)), *(int(v) for v in rng.integers(1, 60, 2)))
    assert_same(mask.area(codes), reference.area(codes))
    assert_same(mask.toBbox(codes), reference.toBbox(codes))
    if codes:
        assert_same(mask.area(codes[0]), reference.area(codes[0]))
        assert_same(mask.toBbox(codes[0]), reference.toBbox(codes[0]))


@pytest.mark.parametrize("seed", SEEDS)
def test_merge(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # pycocotools writes beyond its memory where there are more runs than pixels.
    size = [int(v) for v in rng.integers(8, 30, 2)]
    for _ in range(10):
        codes = random_codes(rng, 2, *size)
        for intersect in (0, 1, False, True):
            assert_same(mask.merge(codes, intersect), reference.merge(codes, intersect))
    plain = [reference.encode(random_pixels(rng, *size)) for _ in range(int(rng.integers(1, 7)))]
    assert_same(mask.merge(plain), reference.merge(plain))
    assert_same(mask.merge(plain, intersect=True), reference.merge(plain, intersect=True))


def test_merge_of_different_sizes_and_of_one() -> None:
    codes = [{"size": [3, 4], "counts": b"<"}, {"size": [4, 3], "counts": b"<"}]
    assert_same(mask.merge(codes), reference.merge(codes))
    assert mask.merge(codes) == {"size": [0, 0], "counts": b""}
    # One code is returned as it is, a broken one too.
    broken = [{"size": [3, 4], "counts": "11"}]
    assert_same(mask.merge(broken), reference.merge(broken))
    nothing = {"size": [0, 0], "counts": b""}
    assert_same(mask.decode(nothing), reference.decode(nothing))
    assert_same(mask.toBbox(nothing), reference.toBbox(nothing))


@pytest.mark.parametrize("seed", SEEDS)
def test_iou_of_codes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = [int(v) for v in rng.integers(1, 40, 2)]
    dt = random_codes(rng, int(rng.integers(0, 6)), *size)
    gt = random_codes(rng, int(rng.integers(0, 6)), *size)
    if rng.random() < 0.3:
        gt += random_codes(rng, 1, size[1] + 1, size[0])
    crowd = rng.choice([0, 0, 1, 255], len(gt)).tolist()
    assert_same(mask.iou(dt, gt, crowd), reference.iou(dt, gt, crowd))


@pytest.mark.parametrize("seed", SEEDS)
def test_iou_of_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dt, gt = (np.round(rng.random((int(rng.integers(1, 6)), 4)) * 20, 1) for _ in range(2))
    if seed % 5 == 0:
        dt[0, 0] = np.nan
        gt[0, 2] = 0
    crowd = rng.integers(0, 2, len(gt))
    for left in (dt, dt.tolist(), list(dt), dt.astype(np.float32), np.round(np.nan_to_num(dt)).astype(np.int64)):
        for right in (gt, gt.tolist()):
            assert_same(mask.iou(left, right, crowd), reference.iou(left, right, crowd))
    assert_same(mask.iou([], gt, crowd), reference.iou([], gt, crowd))
    assert_same(mask.iou(dt, [], []), reference.iou(dt, [], []))


@pytest.mark.parametrize("seed", SEEDS)
def test_polygons_boxes_and_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(v) for v in rng.integers(1, 80, 2))
    for _ in range(10):
        rings = random_polygons(rng, height, width)
        assert_same(mask.frPyObjects(rings, height, width), reference.frPyObjects(rings, height, width))
    arrays = [np.asarray(ring) for ring in rings]
    assert_same(mask.frPyObjects(arrays, height, width), reference.frPyObjects(arrays, height, width))
    boxes = rng.random((5, 4)) * (width, height, width, height) - 2
    assert_same(mask.frPyObjects(boxes, height, width), reference.frPyObjects(boxes, height, width))
    codes = [{"size": [height, width], "counts": random_counts(rng, height * width)} for _ in range(3)]
    assert_same(mask.frPyObjects(codes, 1, 1), reference.frPyObjects(codes, 1, 1))
    assert_same(mask.frPyObjects(codes[0], 1, 1), reference.frPyObjects(codes[0], 1, 1))


BOXES = [[0, 0, 1, 1]]
CODE = {"size": [2, 3], "counts": b"6"}

# Calls that pycocotools refuses, with what it raises.
REFUSED = [
    (lambda m: m.encode(np.zeros((3, 4, 2), np.uint8)), ValueError),
    (lambda m: m.encode(np.zeros((3, 4), np.uint8)), ValueError),
    (lambda m: m.encode(np.asfortranarray(np.zeros((3, 4), np.int8))), ValueError),
    (lambda m: m.decode({"size": [2, 3], "counts": "9"}), ValueError),
    (lambda m: m.decode({"size": [2, 3]}), KeyError),
    (lambda m: m.decode({"size": [2, 3], "counts": [1, 5]}), TypeError),
    (lambda m: m.decode(5), TypeError),
    (lambda m: m.area([{"counts": b"6"}]), KeyError),
    (lambda m: m.area({"size": [2], "counts": b"6"}), IndexError),
    (lambda m: m.area(({"size": [2, 3], "counts": b"6"},)), TypeError),
    (lambda m: m.iou(BOXES, BOXES, [0, 0]), AssertionError),
    (lambda m: m.iou(BOXES, [CODE], [0]), Exception),
    (lambda m: m.iou(BOXES, [[0, 0, 1, "a"]], [0]), ValueError),
    (lambda m: m.iou([(0, 0, 1, 1)], BOXES, [0]), Exception),
    (lambda m: m.iou("abc", BOXES, [0]), Exception),
    (lambda m: m.iou(np.zeros((2, 3)), BOXES, [0]), Exception),
    (lambda m: m.iou(BOXES, BOXES, [300]), Exception),
    (lambda m: m.iou(BOXES, BOXES, None), Exception),
    (lambda m: m.frPyObjects([], 5, 5), IndexError),
    (lambda m: m.frPyObjects([[0, 0, 1, 1]], 5, 5), TypeError),
    (lambda m: m.frPyObjects([0, 0, 1, 0, 1, 1], 5, 5), TypeError),
    (lambda m: m.frPyObjects([[0, 0]], 5, 5), Exception),
    (lambda m: m.frPyObjects(np.zeros((1, 4), int), 5, 5), ValueError),
    (lambda m: m.frPyObjects("polygon", 5, 5), Exception),
    (lambda m: m.frPyObjects({"size": [2, 3]}, 5, 5), Exception),
    (lambda m: m.frPyObjects({"size": [2, 3], "counts": [1, -5]}, 5, 5), Exception),
]


@pytest.mark.parametrize(("call", "kind"), REFUSED)
def test_refuses_what_pycocotools_refuses(call, kind) -> None:
    with pytest.raises(kind):
        call(reference)
    with pytest.raises(kind) as caught:
        call(mask)
    assert isinstance(caught.value, maskmetrics.InputError)
    assert str(caught.value)


# Calls with which pycocotools hangs, reads foreign memory, or returns nothing.
SHORT = {"size": [5, 5], "counts": "55"}
FULL = {"size": [5, 5], "counts": reference.encode(np.ones((5, 5), np.uint8, order="F"))["counts"]}


@pytest.mark.parametrize(
    "call",
    [
        lambda: mask.merge([SHORT, FULL]),
        lambda: mask.merge([FULL, SHORT], intersect=True),
        lambda: mask.iou([SHORT], [FULL], [0]),
        lambda: mask.iou([FULL], [SHORT], [0]),
        lambda: mask.decode(SHORT),
        lambda: mask.decode([FULL, SHORT]),
        lambda: mask.decode([]),
        lambda: mask.decode({"size": [5, 5], "counts": "5~"}),
        lambda: mask.decode({"size": [5, 5], "counts": "5P"}),
        lambda: mask.decode({"size": [2**31, 2**31], "counts": "5"}),
        lambda: mask.toBbox({"size": [0, 4], "counts": "12"}),
        lambda: mask.encode(np.zeros(3, np.uint8)),
        lambda: mask.encode([[0, 1]]),
        lambda: mask.frPyObjects([[0, 0, float("nan"), 1, 2, 2]], 5, 5),
        lambda: mask.frPyObjects([[0, 0, 1e300, 1, 2, 2]], 5, 5),
        lambda: mask.frPyObjects([[0, 0, 1, 1, 2, None]], 5, 5),
        lambda: mask.frPyObjects([[0, 0, 1, 1, 2, 2]], -5, 5),
        lambda: mask.frPyObjects([[0, 0, 1, 1, 2, 2]], 2**20, 2**20),
    ],
)
def test_refuses_what_pycocotools_does_not_survive(call) -> None:
    with pytest.raises(maskmetrics.InputError) as caught:
        call()
    assert caught.value.source


def test_faults_name_the_row() -> None:
    with pytest.raises(maskmetrics.InputError) as caught:
        mask.area([CODE, {"size": [2, 3], "counts": "\u00e9"}])
    assert caught.value.source == "rleObjs"
    assert caught.value.place == "[1]"
    with pytest.raises(maskmetrics.InputError) as caught:
        mask.frPyObjects([[0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, "x"]], 5, 5)
    assert (caught.value.place, caught.value.problem) == ("[1][5]", "expected a number, found 'x'")
