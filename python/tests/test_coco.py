"""maskmetrics.COCO against pycocotools.coco.COCO."""

from __future__ import annotations

import copy
import gzip
import json
import os
import pickle
from pathlib import Path

import awkward
import numpy as np
import pytest
from compare import assert_same, printed, quietly
from conftest import scaled
from pycocotools.coco import COCO as ReferenceCOCO

import maskmetrics
from maskmetrics import COCO

SEEDS = range(scaled(25))


def write(folder: Path, name: str, data: object) -> str:
    path = folder / name
    path.write_text(json.dumps(data))
    return str(path)


def assert_same_content(actual: COCO, expected: ReferenceCOCO) -> None:
    for name in ("dataset", "anns", "cats", "imgs", "imgToAnns", "catToImgs"):
        assert_same(getattr(actual, name), getattr(expected, name), name)
    for annotation in actual.dataset["annotations"][:20]:
        # One object, however it is reached.
        same_id = [each for each in actual.dataset["annotations"] if each["id"] == annotation["id"]]
        assert actual.anns[annotation["id"]] is same_id[-1]
        assert any(each is annotation for each in actual.imgToAnns[annotation["image_id"]])


@pytest.mark.parametrize("seed", SEEDS)
def test_ground_truth_of_a_file(seed: int, tmp_path: Path) -> None:
    path = write(tmp_path, "gt.json", awkward.coco(seed)[0])
    expected, expected_text = printed(lambda: ReferenceCOCO(path))
    actual, text = printed(lambda: COCO(path))
    assert text == expected_text
    # What was read stays, whatever becomes of the file.
    Path(path).write_text("")
    os.unlink(path)
    assert_same_content(actual, expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", ["both", "boxes", "masks"])
@pytest.mark.parametrize("how", ["file", "list"])
def test_results(seed: int, what: str, how: str, tmp_path: Path) -> None:
    ground_truth, results = awkward.coco(seed)
    results = {"both": lambda r: r, "boxes": awkward.as_boxes, "masks": awkward.as_masks}[what](results)
    if not results:
        return
    path = write(tmp_path, "gt.json", ground_truth)
    if how == "file":
        handed = [write(tmp_path, "dt.json", results)] * 2
    else:
        handed = [copy.deepcopy(awkward.some_as_bytes(results, seed)) for _ in range(2)]
    expected, expected_text = printed(lambda: ReferenceCOCO(path).loadRes(handed[0]))
    actual, text = printed(lambda: COCO(path).loadRes(handed[1]))
    assert text == expected_text
    assert_same_content(actual, expected)
    # A list's own dictionaries are changed, as with pycocotools.
    assert_same(handed[1], handed[0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_results_of_an_array(dtype: type, coco_data: Path) -> None:
    rows = json.loads((coco_data / "dt_bbox.json").read_text())
    array = np.array([[r["image_id"], *r["bbox"], r["score"], r["category_id"]] for r in rows], dtype=dtype)
    path = str(coco_data / "gt.json")
    expected, expected_text = printed(lambda: ReferenceCOCO(path).loadRes(array))
    actual, text = printed(lambda: COCO(path).loadRes(array))
    assert text == expected_text
    assert_same_content(actual, expected)
    assert type(actual.anns[1]["score"]) is type(expected.anns[1]["score"]) is dtype


@pytest.mark.parametrize("seed", SEEDS)
def test_index_of_a_dictionary(seed: int) -> None:
    data = awkward.coco(seed)[0]
    coco_objects = []
    for cls in (COCO, ReferenceCOCO):
        coco = cls()
        coco.dataset = copy.deepcopy(data)
        _, text = printed(coco.createIndex)
        coco_objects.append((coco, text))
    assert coco_objects[0][1] == coco_objects[1][1]
    assert_same_content(coco_objects[0][0], coco_objects[1][0])


QUERIES = [
    lambda c: c.getAnnIds(),
    lambda c: c.getAnnIds(imgIds=sorted(c.imgs)[:5]),
    lambda c: c.getAnnIds(imgIds=sorted(c.imgs)[0]),
    lambda c: c.getAnnIds(imgIds=np.array(sorted(c.imgs)[:9])),
    lambda c: c.getAnnIds(catIds=[1, 3, 5]),
    lambda c: c.getAnnIds(catIds=list(range(1, 40))),
    lambda c: c.getAnnIds(catIds=1, areaRng=[100, 5000]),
    lambda c: c.getAnnIds(areaRng=[0, 1024]),
    lambda c: c.getAnnIds(iscrowd=True),
    lambda c: c.getAnnIds(imgIds=sorted(c.imgs)[:50], catIds=[1], iscrowd=0),
    lambda c: c.getAnnIds(imgIds=[987654321]),
    lambda c: c.getCatIds(),
    lambda c: c.getCatIds(catNms=["person", "dog"]),
    lambda c: c.getCatIds(catNms="person"),
    lambda c: c.getCatIds(supNms=["animal"], catIds=[17, 18, 1]),
    lambda c: c.getCatIds(catIds=18),
    lambda c: c.getImgIds(),
    lambda c: sorted(c.getImgIds(catIds=[1])),
    lambda c: sorted(c.getImgIds(catIds=[1, 3])),
    lambda c: sorted(c.getImgIds(imgIds=sorted(c.imgs)[:30], catIds=1)),
    lambda c: c.getImgIds(catIds=[987654321]),
    lambda c: c.loadAnns(c.getAnnIds()[:5]),
    lambda c: c.loadAnns(c.getAnnIds()[0]),
    lambda c: c.loadCats([1, 2]),
    lambda c: c.loadCats(1),
    lambda c: c.loadImgs(sorted(c.imgs)[:3]),
    lambda c: c.loadImgs(np.int64(sorted(c.imgs)[0])),
    lambda c: c.info(),
    lambda c: c.download(),
]


@pytest.mark.parametrize("query", QUERIES)
def test_queries(query, coco_data: Path) -> None:
    path = str(coco_data / "gt.json")
    expected = printed(lambda: query(quietly(lambda: ReferenceCOCO(path))))
    actual = printed(lambda: query(quietly(lambda: COCO(path))))
    assert_same(actual, expected)


def test_masks_of_annotations(coco_data: Path) -> None:
    path = str(coco_data / "gt.json")
    actual, expected = quietly(lambda: COCO(path)), quietly(lambda: ReferenceCOCO(path))
    for ann_id in expected.getAnnIds():
        assert_same(actual.annToRLE(actual.anns[ann_id]), expected.annToRLE(expected.anns[ann_id]))
    for ann_id in expected.getAnnIds()[:50]:
        assert_same(actual.annToMask(actual.anns[ann_id]), expected.annToMask(expected.anns[ann_id]))


def test_draws_annotations(coco_data: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    coco = quietly(lambda: COCO(str(coco_data / "gt.json")))
    crowds = coco.loadAnns(coco.getAnnIds(iscrowd=True))
    plain = coco.loadAnns(coco.getAnnIds(iscrowd=False)[:4])
    assert coco.showAnns([]) == 0
    figure = plt.figure()
    coco.showAnns(crowds[:1] + plain, draw_bbox=True)
    axes = figure.gca()
    assert len(axes.images) == 1
    num_rings = sum(len(ann["segmentation"]) for ann in plain)
    assert len(axes.collections[0].get_paths()) == num_rings + 5
    plt.close(figure)
    assert printed(lambda: coco.showAnns([{"caption": "a dog"}]))[1] == "a dog\n"
    with pytest.raises(maskmetrics.InputError):
        coco.showAnns([{"id": 1}])


def test_downloads_what_is_missing(tmp_path: Path) -> None:
    source = tmp_path / "source.jpg"
    source.write_bytes(b"picture")
    coco = COCO()
    url = source.as_uri()
    coco.dataset = {"images": [{"id": i, "file_name": f"{i}.jpg", "coco_url": url} for i in range(3)]}
    quietly(coco.createIndex)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.jpg").write_bytes(b"there")
    _, text = printed(lambda: coco.download(str(tmp_path / "out"), [0, 1]))
    assert text == "downloaded 0/2 images (t=s)\ndownloaded 1/2 images (t=s)\n"
    assert (tmp_path / "out" / "0.jpg").read_bytes() == b"picture"
    assert (tmp_path / "out" / "1.jpg").read_bytes() == b"there"


def test_copies_and_pickles(coco_data: Path) -> None:
    path, results = str(coco_data / "gt.json"), str(coco_data / "dt_segm.json")
    gt = quietly(lambda: COCO(path))
    dt = quietly(lambda: gt.loadRes(results))
    untouched = copy.deepcopy((gt, dt))
    assert untouched[0]._columns() is not None, "copies share the columns"
    pickled = pickle.loads(pickle.dumps((gt, dt)))
    expected = quietly(lambda: ReferenceCOCO(path))
    for pair in (untouched, pickled, copy.deepcopy((gt, dt))):
        assert_same_content(pair[0], expected)
        assert_same_content(pair[1], quietly(lambda: expected.loadRes(results)))


def test_reads_compressed_files(coco_data: Path, tmp_path: Path) -> None:
    text = (coco_data / "gt.json").read_bytes()
    path = tmp_path / "gt.json.gz"
    path.write_bytes(gzip.compress(text))
    assert quietly(lambda: COCO(path)).dataset == json.loads(text)


def test_reads_what_is_no_detection_data(tmp_path: Path) -> None:
    captions = {"images": [{"id": 1}, {"id": 2}], "annotations": [{"id": 7, "image_id": 1, "caption": "a dog"}]}
    path = write(tmp_path, "captions.json", captions)
    actual, expected = quietly(lambda: COCO(path)), quietly(lambda: ReferenceCOCO(path))
    assert_same_content(actual, expected)
    results = [{"image_id": 1, "caption": "a cat"}]
    mine = quietly(lambda: actual.loadRes(copy.deepcopy(results)))
    reference = quietly(lambda: expected.loadRes(copy.deepcopy(results)))
    assert mine.dataset["images"] == reference.dataset["images"] == [{"id": 1}]
    assert_same(mine.anns, reference.anns)

    points = {
        "images": [{"id": 1}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{"id": 7, "image_id": 1, "category_id": 1, "keypoints": [1, 2, 2]}],
    }
    path = write(tmp_path, "keypoints.json", points)
    results = [{"image_id": 1, "category_id": 1, "score": 0.5, "keypoints": [1.0, 2.0, 1, 5.0, 7.0, 1]}]
    mine = quietly(lambda: COCO(path).loadRes(copy.deepcopy(results)))
    reference = quietly(lambda: ReferenceCOCO(path).loadRes(copy.deepcopy(results)))
    assert_same(mine.anns, reference.anns)


def test_a_subclass_builds_its_own_index(coco_data: Path) -> None:
    class Counted(COCO):
        def createIndex(self) -> None:
            self.num_annotations = len(self.dataset["annotations"])
            super().createIndex()

    coco = quietly(lambda: Counted(str(coco_data / "gt.json")))
    assert coco.num_annotations == len(coco.anns) == 839


RESULT = {"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 1, 1]}


@pytest.mark.parametrize(
    ("results", "kind", "place"),
    [
        ({"image_id": 1}, AssertionError, ""),
        ([{**RESULT, "image_id": 99}], AssertionError, "[0].image_id"),
        ([RESULT, {"category_id": 1}], KeyError, "[1]"),
        ([RESULT, {"image_id": 1, "category_id": 1, "score": 1}], KeyError, "[1]"),
        ([{**RESULT, "bbox": [0, 0, 1]}], IndexError, "[0]['bbox']"),
        ([{**RESULT, "bbox": 5}], TypeError, "[0]['bbox']"),
        ([{**RESULT, "bbox": [0, 0, 1, "x"]}], TypeError, "[0]['bbox'][3]"),
        ([{"image_id": 1, "category_id": 1, "segmentation": {"size": [2, 2]}}], KeyError, "[0]"),
        ([{"image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3, 4, 5, 6]]}], TypeError, "[0]"),
        (np.zeros((2, 6)), AssertionError, ""),
    ],
)
def test_results_that_are_refused(results, kind, place, coco_data: Path) -> None:
    coco = COCO()
    coco.dataset = {"images": [{"id": 1}], "annotations": [], "categories": [{"id": 1, "name": "dog"}]}
    quietly(coco.createIndex)
    with pytest.raises(kind) as caught:
        quietly(lambda: coco.loadRes(results))
    assert isinstance(caught.value, maskmetrics.InputError)
    assert caught.value.place == place
    assert pickle.loads(pickle.dumps(caught.value)).place == place


def test_files_that_are_refused(tmp_path: Path, coco_data: Path) -> None:
    with pytest.raises(FileNotFoundError):
        quietly(lambda: COCO(str(tmp_path / "missing.json")))
    path = write(tmp_path, "list.json", [])
    with pytest.raises(AssertionError, match="not supported"):
        quietly(lambda: COCO(path))
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(ValueError):
        quietly(lambda: COCO(str(tmp_path / "text.json")))
    coco = quietly(lambda: COCO(str(coco_data / "gt.json")))
    with pytest.raises(FileNotFoundError):
        quietly(lambda: coco.loadRes(str(tmp_path / "missing.json")))


@pytest.mark.parametrize("how", ["list", "file", "array"])
@pytest.mark.parametrize("touched", [False, True])
def test_no_results(how: str, touched: bool, tmp_path: Path, coco_data: Path) -> None:
    """An IndexError, which programs catch: a detector that has found nothing yet."""
    path = write(tmp_path, "none.json", [])
    results = {"list": [], "file": path, "array": np.zeros((0, 7))}[how]
    texts = []
    for cls in (COCO, ReferenceCOCO):
        coco = quietly(lambda cls=cls: cls(str(coco_data / "gt.json")))
        if touched:
            assert coco.dataset

        def load(coco: COCO = coco) -> IndexError:
            with pytest.raises(IndexError) as caught:
                coco.loadRes(results)
            return caught.value

        error, text = printed(load)
        texts.append(text)
        if cls is COCO:
            assert isinstance(error, maskmetrics.InputError)
            assert str(error) == f"{path if how == 'file' else 'results'}: there are no results"
    assert texts[0] == texts[1]


def test_nothing_found_is_a_score_of_zero(tmp_path: Path, coco_data: Path) -> None:
    """What does not stand in for pycocotools takes no results for what they are."""
    gt = str(coco_data / "gt.json")
    for results in ([], np.zeros((0, 7)), write(tmp_path, "none.json", [])):
        for iou in ("bbox", "segm"):
            assert maskmetrics.evaluate(gt, results, iou=iou).stats.tolist() == [0.0] * 12
    evaluator = maskmetrics.Evaluator(iou="bbox", ground_truth=gt)
    for image in json.loads((coco_data / "gt.json").read_text())["images"]:
        evaluator.update(image["id"], scores=np.zeros(0), labels=np.zeros(0, dtype=int), boxes=np.zeros((0, 4)))
    assert evaluator.compute().stats.tolist() == [0.0] * 12


@pytest.mark.parametrize("how", ["list", "tuple", "file"])
def test_boxes_of_five_numbers(how: str, tmp_path: Path, coco_data: Path) -> None:
    """detectron2's rotated boxes: what is behind the fourth number stays and counts for nothing."""
    rows = json.loads((coco_data / "dt_bbox.json").read_text())[:50]
    kind = tuple if how == "tuple" else list
    found = []
    for cls in (COCO, ReferenceCOCO):
        given = [{**row, "bbox": kind([*row["bbox"], 30.0])} for row in rows]
        handed = write(tmp_path, "rotated.json", given) if how == "file" else given
        found.append(quietly(lambda cls=cls, handed=handed: cls(str(coco_data / "gt.json")).loadRes(handed)))
    assert_same_content(*found)
    assert all(len(ann["bbox"]) == 5 for ann in found[0].anns.values())
