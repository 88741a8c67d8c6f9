"""Access to a data set in COCO's format; takes the place of pycocotools.coco 2.0.11.

A COCO object of a file holds columns until somebody looks at its dictionaries (dataset, anns, imgs, ...): the way from
two files to an evaluation makes no Python object per annotation.
"""

from __future__ import annotations

import copy
import itertools
import os
import sys
import time
from collections import defaultdict
from typing import Any
from urllib.request import urlretrieve

import numpy as np

from . import _core, _results, _sources
from . import mask as maskUtils
from ._lazy import LazyFile, materializing
from ._steps import is_plain, remembered
from ._typed import typed
from .errors import InputAssertionError

# Programs take the names after COCO from here, as they do from pycocotools.coco.
__all__ = ["COCO", "PYTHON_VERSION", "_isArrayLike", "maskUtils", "urlretrieve"]

PYTHON_VERSION = sys.version_info[0]


def _isArrayLike(obj: Any) -> bool:
    return hasattr(obj, "__iter__") and hasattr(obj, "__len__")


def _as_list(value: Any) -> Any:
    return value if _isArrayLike(value) else [value]


def _lookup(values: Any) -> Any:
    """Something to ask "in"; a set where that means the same and is quicker."""
    if isinstance(values, str) or len(values) < 8:
        return values
    try:
        return set(values)
    except TypeError:
        return values


def _made_by(step: str, name: str, doc: str) -> property:
    """An attribute that is there after a step. It is stored where no subclass has an attribute of its own by chance."""
    stored = f"_COCO__{name}"

    def read(self: COCO) -> Any:
        getattr(self, step)()
        try:
            return self.__dict__[stored]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def write(self: COCO, value: Any) -> None:
        getattr(self, step)()
        self.__dict__[stored] = value

    return property(read, write, doc=doc)


@remembered
class COCO(LazyFile):
    """A data set, or results for one, with its indices.

    Attributes:
        dataset: the file as it stands: "images", "annotations", "categories", ...
        anns: annotations by id
        imgs: images by id
        cats: categories by id
        imgToAnns: lists of annotations by image id
        catToImgs: lists of image ids by category id, one for each annotation
    """

    __parent: COCO | None = None  # what images and categories are still to be taken from
    __head: dict | None = None  # those, where they are known already

    dataset = _made_by("_complete", "dataset", 'The file as it stands: "images", "annotations", "categories", ...')
    imgs = _made_by("_complete", "imgs", "Images by id.")
    cats = _made_by("_complete", "cats", "Categories by id.")
    anns = _made_by("_materialize", "anns", "Annotations by id.")
    imgToAnns = _made_by("_materialize", "imgToAnns", "Lists of annotations by image id.")
    catToImgs = _made_by("_materialize", "catToImgs", "Lists of image ids by category id, one for each annotation.")

    def __init__(self, annotation_file: str | os.PathLike | None = None) -> None:
        """Reads a file, where there is one.

        Args:
            annotation_file: JSON in COCO's format; may be compressed by gzip or zstd

        Raises:
            OSError, ValueError: a file that is missing or no JSON
            InputError: JSON that is no data set; a file of another kind, which the message names
        """
        self._set_empty()
        if annotation_file is None:
            return
        print("loading annotations into memory...")
        started = time.time()
        indexed_here = is_plain(self, ("createIndex",))
        if indexed_here:
            self._file = _sources.open_ground_truth(annotation_file, _core.Protocol("coco", "segm"))
        if self._file is None:
            dataset = _sources.load_json(annotation_file)
            if type(dataset) is not dict:
                kind = _sources.kind_of(dataset, results=False)
                raise InputAssertionError(
                    os.fspath(annotation_file), "", f"annotation file format {type(dataset)} not supported{kind}"
                )
            if indexed_here:
                _sources.require_known_form(dataset, os.fspath(annotation_file))
            print(f"Done (t={time.time() - started:0.2f}s)")
            self.__dataset = dataset
            self.createIndex()
            return
        print(f"Done (t={time.time() - started:0.2f}s)")
        print("creating index...")
        print("index created!")

    # ---- from columns to dictionaries -------------------------------------------------------------------------------

    def _set_empty(self) -> None:
        self.__dataset: dict = {}
        self.__anns: dict = {}
        self.__cats: dict = {}
        self.__imgs: dict = {}
        self.__imgToAnns: dict = defaultdict(list)
        self.__catToImgs: dict = defaultdict(list)

    def _make_dictionaries(self) -> None:
        if isinstance(self._file, _sources.GroundTruthFile):
            self.__dataset = self._file.load()
        else:
            results = self._file.load()
            _results.prepare(results)
            self.__dataset = {"annotations": results}
        self._index(with_categories=True)

    def _complete(self) -> None:
        """Takes images and categories from the data set that these are results of."""
        self._materialize()
        if self.__parent is None:
            return
        with materializing:
            parent = self.__parent
            if parent is None:
                return
            head = self.__head or _head_of(parent)
            if _results.are_captions(self.__dataset.get("annotations", [])):
                _results.limit_to_captions(head, self.__dataset["annotations"])
            self.__dataset = {**head, **self.__dataset}
            self._index_head()
            self.__parent = self.__head = None

    def __getstate__(self) -> dict:
        self._complete()
        return self.__dict__

    def _tables(self) -> _core.Dataset | None:
        return self._columns() or _sources.tables_of(self.imgs, self.cats)

    def _has_plain_images(self) -> bool:
        """True where getImgIds() would give _image_ids()."""
        return is_plain(self, ("getImgIds",), ("dataset", "imgs"))

    def _image_ids(self) -> list:
        """Ids of the images in any order, without making dictionaries."""
        columns = self._columns()
        return list(self.imgs) if columns is None else columns.image_ids.tolist()

    def _category_ids(self) -> list:
        """Ids that getCatIds() returns, in any order."""
        columns = self._columns()
        return self.getCatIds() if columns is None else columns.category_ids.tolist()

    # ---- the reference's methods ------------------------------------------------------------------------------------

    @typed("COCO.createIndex")
    def createIndex(self) -> None:
        """Builds anns, imgs, cats, imgToAnns and catToImgs of dataset."""
        print("creating index...")
        self._complete()
        self._index(with_categories="categories" in self.__dataset)
        self._index_head()
        print("index created!")

    def _index(self, with_categories: bool) -> None:
        anns: dict = {}
        img_to_anns: dict = defaultdict(list)
        cat_to_imgs: dict = defaultdict(list)
        if "annotations" in self.__dataset:
            by_category = cat_to_imgs if with_categories else None
            _core.index_annotations(self.__dataset["annotations"], anns, img_to_anns, by_category)
        self.__anns, self.__imgToAnns, self.__catToImgs = anns, img_to_anns, cat_to_imgs
        self._index_head()

    def _index_head(self) -> None:
        self.__imgs = {image["id"]: image for image in self.__dataset.get("images", ())}
        self.__cats = {category["id"]: category for category in self.__dataset.get("categories", ())}

    @typed("COCO.info")
    def info(self) -> None:
        """Prints what the file says of itself."""
        for key, value in self.dataset["info"].items():
            print(f"{key}: {value}")

    @typed("COCO.getAnnIds")
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

    @typed("COCO.getCatIds")
    def getCatIds(self, catNms: Any = [], supNms: Any = [], catIds: Any = []) -> list:  # noqa: B006
        """Ids of the categories that pass all filters; an empty one lets everything pass.

        Args:
            catNms: names
            supNms: names of super-categories
            catIds: ids
        """
        cats = self.dataset["categories"]
        for key, names in (("name", catNms), ("supercategory", supNms), ("id", catIds)):
            wanted = _as_list(names)
            if len(wanted) != 0:
                cats = [cat for cat in cats if cat[key] in wanted]
        return [cat["id"] for cat in cats]

    @typed("COCO.getImgIds")
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

    @typed("COCO.loadAnns")
    def loadAnns(self, ids: Any = []) -> list[dict]:  # noqa: B006
        """Annotations with these ids."""
        return _load(self.anns, ids)

    @typed("COCO.loadCats")
    def loadCats(self, ids: Any = []) -> list[dict]:  # noqa: B006
        """Categories with these ids."""
        return _load(self.cats, ids)

    @typed("COCO.loadImgs")
    def loadImgs(self, ids: Any = []) -> list[dict]:  # noqa: B006
        """Images with these ids."""
        return _load(self.imgs, ids)

    @typed("COCO.showAnns")
    def showAnns(self, anns: list[dict], draw_bbox: bool = False) -> int | None:
        """Draws annotations into matplotlib's current axes, or prints captions."""
        if len(anns) == 0:
            return 0
        from . import _drawing

        return _drawing.show(self, anns, draw_bbox)

    def loadRes(self, resFile: str | os.PathLike | list[dict] | np.ndarray) -> COCO:
        """Results for this data set.

        The first result decides whether areas come from boxes, masks or key points. A list's own dictionaries get "id",
        "area", "iscrowd" and what else they lack, as with pycocotools.

        Args:
            resFile: a JSON file; a list of dictionaries; an array [N, 7] of image, x, y, width, height, score, category

        Raises:
            InputError: results of images that are not in the data set, no results, and what is no list of results
        """
        res = COCO()
        print("Loading and preparing results...")
        started = time.time()
        source = "results"
        if isinstance(resFile, (str, os.PathLike)):
            source = os.fspath(resFile)
            if self._has_plain_images() and is_plain(res, ("createIndex",)):
                res._file = _sources.open_results(resFile, self._tables(), _core.Protocol("coco", "segm"))
            if res._file is None:
                self._take_results(res, _sources.load_json(resFile, results=True), source)
            else:
                _results.require_some(res._file.columns, source)
        elif isinstance(resFile, np.ndarray):
            self._take_results(res, self.loadNumpyAnnotations(resFile), source)
        else:
            self._take_results(res, resFile, source)
        print(f"DONE (t={time.time() - started:0.2f}s)")
        res.__parent = self
        if self._columns() is None:
            # Dictionaries may change; results keep what stands there now.
            res.__head = _head_of(self)
        if not is_plain(res, ("createIndex",)):
            res._complete()
            res.createIndex()
            return res
        print("creating index...")
        if res._file is None:
            res._index(with_categories=not _results.are_captions(res.__dataset["annotations"]))
        print("index created!")
        return res

    @typed("results")
    def _take_results(self, res: COCO, anns: Any, source: str) -> None:
        if not isinstance(anns, list):
            kind = _sources.kind_of(anns, results=True)
            raise InputAssertionError(source, "", f"results in not an array of objects{kind}")
        _results.require_some(anns, source)
        known = set(self._image_ids() if self._has_plain_images() else self.getImgIds())
        with _sources.explaining(anns, results=True):
            _results.check_images(anns, known, "coco")
            _results.prepare(anns)
        res.__dataset = {"annotations": anns}

    @typed("COCO.download")
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

    @typed("COCO.loadNumpyAnnotations")
    def loadNumpyAnnotations(self, data: np.ndarray) -> list[dict]:
        """Results of an array [N, 7]: image, x, y, width, height, score, category."""
        print("Converting ndarray to lists...")
        if not isinstance(data, np.ndarray):
            raise InputAssertionError("results", "", f"expected an array, found {type(data).__name__}")
        print(data.shape)
        rows = _results.of_array(data)
        for i in range(0, len(rows), 1000000):
            print(f"{i}/{len(rows)}")
        return rows

    @typed("COCO.annToRLE")
    def annToRLE(self, ann: dict) -> dict:
        """The annotation's mask as a run-length code."""
        return _results.code_of(ann["segmentation"], self.imgs[ann["image_id"]])

    @typed("COCO.annToMask")
    def annToMask(self, ann: dict) -> np.ndarray:
        """The annotation's mask [height, width], uint8 in Fortran order."""
        return maskUtils.decode(self.annToRLE(ann))


def _load(index: dict, ids: Any) -> Any:
    if _isArrayLike(ids):
        return [index[i] for i in ids]
    # As with pycocotools, which takes an int and nothing else.
    return [index[ids]] if type(ids) is int else None


@typed("dataset")
def _head_of(data: COCO) -> dict:
    """What results share with their data set."""
    dataset = data.dataset
    head = {"info": copy.deepcopy(dataset.get("info", {})), "images": list(dataset["images"])}
    if "categories" in dataset:
        head["categories"] = copy.deepcopy(dataset["categories"])
    return head
