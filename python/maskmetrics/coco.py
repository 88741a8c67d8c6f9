"""Access to a data set in COCO's format; takes the place of pycocotools.coco 2.0.11.

A COCO object of a file holds columns until somebody looks at its dictionaries (dataset, anns, imgs, ...): the way from
two files to an evaluation makes no Python object per annotation.
"""

from __future__ import annotations

import copy
import itertools
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.request import urlretrieve

import numpy as np

from . import _core, _sources, mask
from ._memory import many_objects
from .errors import InputAssertionError, InputKeyError

__all__ = ["COCO"]

# Guards the change from columns to dictionaries.
_materializing = threading.RLock()


def _is_array_like(value: Any) -> bool:
    return hasattr(value, "__iter__") and hasattr(value, "__len__")


def _as_list(value: Any) -> Any:
    return value if _is_array_like(value) else [value]


def _lookup(values: Any) -> Any:
    """Something to ask "in"; a set where that means the same and is quicker."""
    if isinstance(values, str) or len(values) < 8:
        return values
    try:
        return set(values)
    except TypeError:
        return values


def _lazy(name: str, doc: str) -> property:
    """An attribute that is there once the object's file has become dictionaries."""
    stored = "_" + name

    def read(self: COCO) -> Any:
        self._materialize()
        try:
            return self.__dict__[stored]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def write(self: COCO, value: Any) -> None:
        self._materialize()
        self.__dict__[stored] = value

    return property(read, write, doc=doc)


class COCO:
    """A data set, or results for one, with its indices.

    Attributes:
        dataset: the file as it stands: "images", "annotations", "categories", ...
        anns: annotations by id
        imgs: images by id
        cats: categories by id
        imgToAnns: lists of annotations by image id
        catToImgs: lists of image ids by category id, one for each annotation
    """

    anns = _lazy("anns", "Annotations by id.")
    imgToAnns = _lazy("imgToAnns", "Lists of annotations by image id.")
    catToImgs = _lazy("catToImgs", "Lists of image ids by category id, one for each annotation.")

    def __init__(self, annotation_file: str | os.PathLike | None = None) -> None:
        """Reads a file, where there is one.

        Args:
            annotation_file: JSON in COCO's format; may be compressed by gzip or zstd

        Raises:
            OSError, ValueError: a file that is missing or no JSON
            InputError: JSON that is no data set
        """
        self._file: _sources.GroundTruthFile | _sources.ResultsFile | None = None
        self._parent: COCO | None = None  # what images and categories are still to be taken from
        self._head: dict | None = None  # those, where they are known already
        self._set_empty()
        if annotation_file is None:
            return
        print("loading annotations into memory...")
        started = time.time()
        indexed_here = type(self).createIndex is COCO.createIndex
        if indexed_here:
            self._file = _sources.open_ground_truth(annotation_file, _core.Protocol("coco", "segm"))
        if self._file is None:
            dataset = _sources.load_json(annotation_file)
            if type(dataset) is not dict:
                raise InputAssertionError(
                    os.fspath(annotation_file), "", f"annotation file format {type(dataset)} not supported"
                )
            print(f"Done (t={time.time() - started:0.2f}s)")
            self._dataset = dataset
            self.createIndex()
            return
        print(f"Done (t={time.time() - started:0.2f}s)")
        print("creating index...")
        print("index created!")

    # ---- from columns to dictionaries -------------------------------------------------------------------------------

    def _set_empty(self) -> None:
        self._dataset: dict = {}
        self._anns: dict = {}
        self._cats: dict = {}
        self._imgs: dict = {}
        self._imgToAnns: dict = defaultdict(list)
        self._catToImgs: dict = defaultdict(list)

    def __getattr__(self, name: str) -> Any:
        # Subclasses that do not call __init__ find the attributes empty, as those of the reference do once set.
        if name in ("_file", "_parent", "_head"):
            return None
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _materialize(self) -> None:
        """Turns the file into dictionaries, once."""
        if self._file is None:
            return
        with _materializing:
            file = self._file
            if file is None:
                return
            with many_objects():
                if isinstance(file, _sources.GroundTruthFile):
                    self._dataset = file.load()
                else:
                    results = file.load()
                    _prepare_results(results)
                    self._dataset = {"annotations": results}
                self._index(with_categories=True)
            # Last, so that other threads wait above until all is there.
            self._file = None

    def _complete(self) -> None:
        """Takes images and categories from the data set that these are results of."""
        self._materialize()
        if self._parent is None:
            return
        with _materializing:
            parent = self._parent
            if parent is None:
                return
            head = self._head or _head_of(parent)
            if _is_caption(self._dataset.get("annotations", [])):
                _limit_to_captions(head, self._dataset["annotations"])
            self._dataset = {**head, **self._dataset}
            self._index_head()
            self._parent = self._head = None

    @property
    def dataset(self) -> dict:
        """The file as it stands: "images", "annotations", "categories", ..."""
        self._complete()
        return self._dataset

    @dataset.setter
    def dataset(self, value: dict) -> None:
        self._complete()
        self._dataset = value

    @property
    def imgs(self) -> dict:
        """Images by id."""
        self._complete()
        return self._imgs

    @imgs.setter
    def imgs(self, value: dict) -> None:
        self._complete()
        self._imgs = value

    @property
    def cats(self) -> dict:
        """Categories by id."""
        self._complete()
        return self._cats

    @cats.setter
    def cats(self, value: dict) -> None:
        self._complete()
        self._cats = value

    def __deepcopy__(self, memo: dict) -> COCO:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        for name, value in self.__dict__.items():
            # Columns do not change, so copies share them.
            twin.__dict__[name] = value if name == "_file" else copy.deepcopy(value, memo)
        return twin

    def __getstate__(self) -> dict:
        self._complete()
        return self.__dict__

    def _columns(self) -> _core.Dataset | None:
        """The ground truth as columns, unless dictionaries have been handed out, which may have changed."""
        return self._file.columns if isinstance(self._file, _sources.GroundTruthFile) else None

    def _result_columns(self) -> _sources.ResultsFile | None:
        return self._file if isinstance(self._file, _sources.ResultsFile) else None

    def _tables(self) -> _core.Dataset | None:
        return self._columns() or _sources.tables_of(self.imgs, self.cats)

    def _image_ids(self) -> list:
        """Ids of the images in any order, without making dictionaries."""
        columns = self._columns()
        return list(self.imgs) if columns is None else columns.image_ids.tolist()

    def _category_ids(self) -> list:
        """Ids that getCatIds() returns, in any order."""
        columns = self._columns()
        return self.getCatIds() if columns is None else columns.category_ids.tolist()

    # ---- the reference's methods ------------------------------------------------------------------------------------

    def createIndex(self) -> None:
        """Builds anns, imgs, cats, imgToAnns and catToImgs of dataset."""
        print("creating index...")
        self._complete()
        self._index(with_categories="categories" in self._dataset)
        self._index_head()
        print("index created!")

    def _index(self, with_categories: bool) -> None:
        anns: dict = {}
        img_to_anns: dict = defaultdict(list)
        cat_to_imgs: dict = defaultdict(list)
        if "annotations" in self._dataset:
            by_category = cat_to_imgs if with_categories else None
            _core.index_annotations(self._dataset["annotations"], anns, img_to_anns, by_category)
        self._anns, self._imgToAnns, self._catToImgs = anns, img_to_anns, cat_to_imgs
        self._index_head()

    def _index_head(self) -> None:
        self._imgs = {image["id"]: image for image in self._dataset.get("images", ())}
        self._cats = {category["id"]: category for category in self._dataset.get("categories", ())}

    def info(self) -> None:
        """Prints what the file says of itself."""
        for key, value in self.dataset["info"].items():
            print(f"{key}: {value}")

    def getAnnIds(self, imgIds: Any = [], catIds: Any = [], areaRng: Any = [], iscrowd: bool | None = None) -> list:  # noqa: B006
        """Ids of the annotations that pass all filters; an empty one lets everything pass.

        Args:
            imgIds: image ids; the annotations come in this order of images
            catIds: category ids
            areaRng: area between two limits in pixels, both excluded
            iscrowd: True or False
        """
        imgIds, catIds = _as_list(imgIds), _as_list(catIds)
        if len(imgIds) == 0:
            anns = self.dataset["annotations"]
        else:
            listed = self.imgToAnns
            anns = list(itertools.chain.from_iterable(listed[i] for i in imgIds if i in listed))
        if len(catIds) != 0:
            wanted = _lookup(catIds)
            anns = [ann for ann in anns if ann["category_id"] in wanted]
        if len(areaRng) != 0:
            anns = [ann for ann in anns if areaRng[0] < ann["area"] < areaRng[1]]
        if iscrowd is not None:
            anns = [ann for ann in anns if ann["iscrowd"] == iscrowd]
        return [ann["id"] for ann in anns]

    def getCatIds(self, catNms: Any = [], supNms: Any = [], catIds: Any = []) -> list:  # noqa: B006
        """Ids of the categories that pass all filters; an empty one lets everything pass.

        Args:
            catNms: names
            supNms: names of super-categories
            catIds: ids
        """
        cats = self.dataset["categories"]
        for key, wanted in (("name", catNms), ("supercategory", supNms), ("id", catIds)):
            wanted = _as_list(wanted)
            if len(wanted) != 0:
                cats = [cat for cat in cats if cat[key] in wanted]
        return [cat["id"] for cat in cats]

    def getImgIds(self, imgIds: Any = [], catIds: Any = []) -> list:  # noqa: B006
        """Ids of the images that are listed, or all, and that have annotations of every category listed."""
        imgIds, catIds = _as_list(imgIds), _as_list(catIds)
        if len(imgIds) == 0 and len(catIds) == 0:
            return list(self.imgs)
        ids = set(imgIds)
        for place, category in enumerate(catIds):
            having = set(self.catToImgs[category])
            ids = having if place == 0 and not ids else ids & having
        return list(ids)

    def loadAnns(self, ids: Any = []) -> list[dict]:  # noqa: B006
        """Annotations with these ids."""
        return _load(self.anns, ids)

    def loadCats(self, ids: Any = []) -> list[dict]:  # noqa: B006
        """Categories with these ids."""
        return _load(self.cats, ids)

    def loadImgs(self, ids: Any = []) -> list[dict]:  # noqa: B006
        """Images with these ids."""
        return _load(self.imgs, ids)

    def showAnns(self, anns: list[dict], draw_bbox: bool = False) -> int | None:
        """Draws annotations into matplotlib's current axes, or prints captions."""
        if len(anns) == 0:
            return 0
        from . import _drawing

        return _drawing.show(self, anns, draw_bbox)

    def loadRes(self, resFile: str | os.PathLike | list[dict] | np.ndarray) -> COCO:
        """Results for this data set.

        The first result decides whether areas come from boxes or from masks. A list's own dictionaries get "id", "area",
        "iscrowd" and what else they lack, as with pycocotools.

        Args:
            resFile: a JSON file; a list of dictionaries; an array [N, 7] of image, x, y, width, height, score, category

        Raises:
            InputError: results of images that are not in the data set, and what is no list of results
        """
        res = COCO()
        print("Loading and preparing results...")
        started = time.time()
        if isinstance(resFile, (str, os.PathLike)):
            res._file = _sources.open_results(resFile, self._tables(), _core.Protocol("coco", "segm"))
            anns = None if res._file is not None else _sources.load_json(resFile)
        elif isinstance(resFile, np.ndarray):
            anns = self.loadNumpyAnnotations(resFile)
        else:
            anns = resFile
        if anns is not None:
            self._take_results(res, anns)
        print(f"DONE (t={time.time() - started:0.2f}s)")
        res._parent = self
        if self._columns() is None:
            # Dictionaries may change; results keep what stands there now.
            res._head = _head_of(self)
        print("creating index...")
        if res._file is None:
            res._index(with_categories=not _is_caption(res._dataset["annotations"]))
        print("index created!")
        return res

    def _take_results(self, res: COCO, anns: Any) -> None:
        if not isinstance(anns, list):
            raise InputAssertionError("results", "", "results in not an array of objects")
        known = set(self._image_ids())
        for place, ann in enumerate(anns):
            if "image_id" not in ann:
                raise InputKeyError("results", f"[{place}]", "has no 'image_id'")
            if ann["image_id"] not in known:
                raise InputAssertionError(
                    "results",
                    f"[{place}].image_id",
                    f"Results do not correspond to current coco set: there is no image {ann['image_id']!r}",
                )
        _prepare_results(anns)
        res._dataset = {"annotations": anns}

    def download(self, tarDir: str | None = None, imgIds: list = []) -> int | None:  # noqa: B006
        """Downloads images to a folder, those that are not there yet."""
        if tarDir is None:
            print("Please specify target directory")
            return -1
        images = list(self.imgs.values()) if len(imgIds) == 0 else self.loadImgs(imgIds)
        os.makedirs(tarDir, exist_ok=True)
        for i, image in enumerate(images):
            started = time.time()
            path = os.path.join(tarDir, image["file_name"])
            if not os.path.exists(path):
                urlretrieve(image["coco_url"], path)
            print(f"downloaded {i}/{len(images)} images (t={time.time() - started:0.1f}s)")
        return None

    def loadNumpyAnnotations(self, data: np.ndarray) -> list[dict]:
        """Results of an array [N, 7]: image, x, y, width, height, score, category."""
        print("Converting ndarray to lists...")
        if not isinstance(data, np.ndarray):
            raise InputAssertionError("results", "", f"expected an array, found {type(data).__name__}")
        print(data.shape)
        if data.ndim != 2 or data.shape[1] != 7:
            raise InputAssertionError("results", "", f"expected shape [N, 7], found {list(data.shape)}")
        for i in range(0, data.shape[0], 1000000):
            print(f"{i}/{data.shape[0]}")
        # Numbers keep their precision: areas are computed in it.
        rows = data.tolist() if data.dtype == np.float64 else data
        return [
            {
                "image_id": int(row[0]),
                "bbox": [row[1], row[2], row[3], row[4]],
                "score": row[5],
                "category_id": int(row[6]),
            }
            for row in rows
        ]

    def annToRLE(self, ann: dict) -> dict:
        """The annotation's mask as a run-length code."""
        image = self.imgs[ann["image_id"]]
        segmentation = ann["segmentation"]
        if isinstance(segmentation, list):
            return mask.merge(mask.frPyObjects(segmentation, image["height"], image["width"]))
        if isinstance(segmentation["counts"], list):
            return mask.frPyObjects(segmentation, image["height"], image["width"])
        return segmentation

    def annToMask(self, ann: dict) -> np.ndarray:
        """The annotation's mask [height, width], uint8 in Fortran order."""
        return mask.decode(self.annToRLE(ann))


def _load(index: dict, ids: Any) -> Any:
    if _is_array_like(ids):
        return [index[i] for i in ids]
    # As with pycocotools, which takes an int and nothing else.
    return [index[ids]] if type(ids) is int else None


def _head_of(data: COCO) -> dict:
    """What results share with their data set."""
    dataset = data.dataset
    head = {"info": copy.deepcopy(dataset.get("info", {})), "images": list(dataset["images"])}
    if "categories" in dataset:
        head["categories"] = copy.deepcopy(dataset["categories"])
    return head


def _is_caption(results: list) -> bool:
    return len(results) > 0 and "caption" in results[0]


def _limit_to_captions(head: dict, results: list[dict]) -> None:
    """Results that are captions have no categories, and only the images that they describe."""
    described = {result["image_id"] for result in results}
    head.pop("categories", None)
    head["images"] = [image for image in head["images"] if image["id"] in described]


def _prepare_results(results: list[dict]) -> None:
    """Gives results what evaluation needs of annotations. The first one decides what they are."""
    if not results:
        return
    first = results[0]
    if "caption" in first:
        for place, result in enumerate(results):
            result["id"] = place + 1
    elif "bbox" in first and not (isinstance(first["bbox"], list) and first["bbox"] == []):
        _core.prepare_boxes(results, True)
    elif "segmentation" in first:
        _measure_masks(results)
        for result in results:
            result["iscrowd"] = 0
    elif "keypoints" in first:
        for place, result in enumerate(results):
            _measure_keypoints(result)
            result["id"] = place + 1


def _measure_masks(results: list[dict]) -> None:
    """Areas, ids and boxes of results that are masks alone."""
    try:
        codes = [result["segmentation"] for result in results]
    except KeyError:
        place = next(i for i, result in enumerate(results) if "segmentation" not in result)
        raise InputKeyError("results", f"[{place}]", "has no 'segmentation', which the first result has") from None
    areas, boxes = _core.measure(codes)
    with many_objects():
        for place, (result, area, box) in enumerate(zip(results, areas, boxes, strict=True), start=1):
            result["area"] = area
            if "bbox" not in result:
                result["bbox"] = box
            result["id"] = place


def _measure_keypoints(result: dict) -> None:
    points: Iterable = result["keypoints"]
    x, y = points[0::3], points[1::3]
    x0, x1, y0, y1 = np.min(x), np.max(x), np.min(y), np.max(y)
    result["area"] = (x1 - x0) * (y1 - y0)
    result["bbox"] = [x0, y0, x1 - x0, y1 - y0]
