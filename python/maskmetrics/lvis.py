"""Access to a data set in LVIS' format and to results for it; takes the place of lvis-api 0.5.3's lvis and results.

As with COCO, an object of a file holds columns until somebody looks at its dictionaries.
"""

from __future__ import annotations

import copy
import logging
import operator
import os
from collections import defaultdict
from typing import Any
from urllib.request import urlretrieve

import numpy as np

from . import _core, _results, _sources
from . import mask as mask_utils
from ._lazy import LazyFile, lazy
from ._steps import is_plain, remembered
from ._typed import typed, typed_parameters
from .errors import InputAssertionError, InputIndexError, InputTypeError, ProtocolError

# Programs take the last ones from here, as they do from lvis.lvis and lvis.results.
__all__ = ["LVIS", "LVISResults", "mask_utils", "urlretrieve"]


@remembered
class LVIS(LazyFile):
    """A data set with its indices.

    Attributes:
        dataset: the file as it stands
        anns, imgs, cats: annotations, images, categories by id
        img_ann_map: lists of annotations by image id
        cat_img_map: lists of image ids by category id, one for each annotation
    """

    dataset = lazy("dataset", "The file as it stands.")
    anns = lazy("anns", "Annotations by id.")
    imgs = lazy("imgs", "Images by id.")
    cats = lazy("cats", "Categories by id.")
    img_ann_map = lazy("img_ann_map", "Lists of annotations by image id.")
    cat_img_map = lazy("cat_img_map", "Lists of image ids by category id, one for each annotation.")

    def __init__(self, annotation_path: str | os.PathLike) -> None:
        """
        Args:
            annotation_path: JSON in LVIS' format; may be compressed by gzip or zstd

        Raises:
            OSError, ValueError: a file that is missing or no JSON
            InputError: JSON that is no data set
        """
        self.logger = logging.getLogger(__name__)
        self.logger.info("Loading annotations.")
        read_here = is_plain(self, ("_load_json", "_create_index"))
        if read_here:
            self._file = _sources.open_ground_truth(annotation_path, _core.Protocol("lvis", "segm"))
        if self._file is None:
            dataset = self._load_json(annotation_path)
            if type(dataset) is not dict:
                kind = _sources.kind_of(dataset, results=False)
                raise InputAssertionError(
                    _name_of(annotation_path), "", f"Annotation file format {type(dataset)} not supported.{kind}"
                )
            if read_here:
                _sources.require_known_form(dataset, _name_of(annotation_path))
            self.dataset = dataset
            self._create_index()

    def _load_json(self, path: str | os.PathLike) -> Any:
        return _sources.load_json(path, results=isinstance(self, LVISResults))

    def _make_dictionaries(self) -> None:
        self._dataset = self._file.load()
        self._index(self._dataset)

    @typed("dataset")
    def _create_index(self) -> None:
        """Builds anns, imgs, cats, img_ann_map, and cat_img_map of dataset."""
        self.logger.info("Creating index.")
        self._index(self.dataset)
        self.logger.info("Index created.")

    def _index(self, dataset: dict) -> None:
        self._anns: dict = {}
        self._img_ann_map: dict = defaultdict(list)
        self._cat_img_map: dict = defaultdict(list)
        _core.index_annotations(dataset["annotations"], self._anns, self._img_ann_map, self._cat_img_map)
        self._imgs = {image["id"]: image for image in dataset["images"]}
        self._cats = {category["id"]: category for category in dataset["categories"]}

    @typed("LVIS.get_ann_ids")
    def get_ann_ids(self, img_ids: Any = None, cat_ids: Any = None, area_rng: Any = None) -> list:
        """Ids of the annotations that pass all filters; None lets everything pass.

        With a filter on categories or areas, annotations without a positive, finite area do not pass.

        Args:
            img_ids: image ids; the annotations come in this order of images
            cat_ids: category ids
            area_rng: area between two limits in pixels, both excluded
        """
        if img_ids is None:
            anns = self.dataset["annotations"]
        else:
            listed = self.img_ann_map
            anns = [ann for image in img_ids for ann in listed[image]]
        if cat_ids is None and area_rng is None:
            return [ann["id"] for ann in anns]
        if cat_ids is None:
            raise InputTypeError("cat_ids", "", "a filter on areas needs one on categories")
        categories = set(cat_ids)
        low, high = area_rng if area_rng is not None else (0, float("inf"))
        return [ann["id"] for ann in anns if ann["category_id"] in categories and low < ann["area"] < high]

    @typed("LVIS.get_cat_ids")
    def get_cat_ids(self) -> list:
        """Ids of all categories."""
        return list(self.cats)

    @typed("LVIS.get_img_ids")
    def get_img_ids(self) -> list:
        """Ids of all images."""
        return list(self.imgs)

    def _image_ids(self) -> list:
        """Ids of the images in any order, without making dictionaries."""
        columns = self._columns()
        return list(self.imgs) if columns is None else columns.image_ids.tolist()

    def _category_ids(self) -> list:
        columns = self._columns()
        return list(self.cats) if columns is None else columns.category_ids.tolist()

    @typed("LVIS.load_anns")
    def load_anns(self, ids: Any = None) -> list[dict]:
        """Annotations with these ids, or all."""
        return self._load_helper(self.anns, ids)

    @typed("LVIS.load_cats")
    def load_cats(self, ids: Any) -> list[dict]:
        """Categories with these ids, or all for None."""
        return self._load_helper(self.cats, ids)

    @typed("LVIS.load_imgs")
    def load_imgs(self, ids: Any) -> list[dict]:
        """Images with these ids, or all for None."""
        return self._load_helper(self.imgs, ids)

    def _load_helper(self, _dict: dict, ids: Any) -> list:
        return list(_dict.values()) if ids is None else [_dict[i] for i in ids]

    @typed("LVIS.download")
    def download(self, save_dir: str, img_ids: Any = None) -> None:
        """Downloads images to a folder, those that are not there yet."""
        os.makedirs(save_dir, exist_ok=True)
        for image in self.load_imgs(img_ids):
            path = os.path.join(save_dir, image["coco_url"].split("/")[-1])
            if not os.path.exists(path):
                urlretrieve(image["coco_url"], path)

    @typed("LVIS.ann_to_rle")
    def ann_to_rle(self, ann: dict) -> dict:
        """The annotation's mask as a run-length code."""
        return _results.code_of(ann["segmentation"], self.imgs[ann["image_id"]])

    @typed("LVIS.ann_to_mask")
    def ann_to_mask(self, ann: dict) -> np.ndarray:
        """The annotation's mask [height, width], uint8 in Fortran order."""
        return mask_utils.decode(self.ann_to_rle(ann))


# What a file must be read into dictionaries for where a subclass has its own.
_LOADING = ("_load_json", "_create_index", "limit_dets_per_image", "get_img_ids")


@remembered
class LVISResults(LVIS):
    """Results for a data set: of each image the best max_dets over all categories."""

    def __init__(self, lvis_gt: LVIS | str, results: str | list[dict], max_dets: int = 300) -> None:
        """
        Args:
            lvis_gt: the data set, or its file
            results: a JSON file, or a list of dictionaries, which get "id", "area" and what else they lack
            max_dets: cap on the detections of an image; below 0: none

        Raises:
            InputError: no results, results of images that are not in the data set, and what is no list of results
        """
        if not isinstance(lvis_gt, (str, os.PathLike)) and not is_data_set(lvis_gt):
            raise InputTypeError("lvis_gt", "", f"Unsupported type {type(lvis_gt)} of lvis_gt.")
        with typed_parameters("max_dets"):
            if max_dets == 0:
                raise ProtocolError("max_dets", "", "0 keeps no detection")
            operator.index(max_dets)
        self.logger = logging.getLogger(__name__)
        self.logger.info("Loading and preparing results.")
        self._max_dets = max_dets
        self._file = None
        at_once = is_plain(self, _LOADING)
        if isinstance(lvis_gt, (str, os.PathLike)):
            lvis_gt = LVIS(lvis_gt) if at_once else _Loaded(self._load_json(lvis_gt))
        self._parent = lvis_gt
        if isinstance(results, (str, os.PathLike)):
            if at_once:
                self._file = _sources.open_results(results, _tables_of(lvis_gt), _core.Protocol("lvis", "segm"))
            if self._file is not None and len(self._file.columns):
                return
            self._file = None
            results = self._load_json(results)
        else:
            self.logger.warning("Assuming user provided the results in correct format.")
        results = self._prepared(results, at_once)
        self.dataset = {**self._head(), "annotations": results}
        self._create_index()
        if not at_once:
            _results.check_images(results, set(self.get_img_ids()), "LVIS")

    def _make_dictionaries(self) -> None:
        self._dataset = {**self._head(), "annotations": self._prepared(self._file.load(), True)}
        self._index(self._dataset)

    def _head(self) -> dict:
        """What results share with their data set."""
        return copy.deepcopy({key: value for key, value in self._parent.dataset.items() if key != "annotations"})

    @typed("results")
    def _prepared(self, results: Any, check_first: bool) -> list[dict]:
        """The results that remain under the cap, with all that an evaluation needs."""
        if not isinstance(results, list):
            raise InputAssertionError("results", "", f"results is not a list.{_sources.kind_of(results, results=True)}")
        if check_first:
            quick = isinstance(self._parent, LVIS) and is_plain(self._parent, ("get_img_ids",), ("dataset", "imgs"))
            known = self._parent._image_ids() if quick else (image["id"] for image in self._parent.dataset["images"])
            with _sources.explaining(results, results=True):
                _results.check_images(results, set(known), "LVIS")
        if self._max_dets >= 0:
            # A method that the object has been given since counts no more.
            limit = _best_of_each_image if check_first else self.limit_dets_per_image
            results = limit(results, self._max_dets)
        if not results:
            raise InputIndexError("results", "", "there are none")
        if "bbox" in results[0]:
            _core.prepare_boxes(results, False)
        elif "segmentation" in results[0]:
            _results.measure_masks(results)
        return results

    @typed("LVISResults.limit_dets_per_image")
    def limit_dets_per_image(self, anns: list[dict], max_dets: int) -> list[dict]:
        """The best max_dets of each image; of equal scores the first ones stay."""
        return _best_of_each_image(anns, max_dets)

    @typed("LVISResults.get_top_results")
    def get_top_results(self, img_id: Any, score_thrs: float) -> list[dict]:
        """Results of an image with a score above a threshold."""
        return [ann for ann in self.load_anns(self.get_ann_ids(img_ids=[img_id])) if ann["score"] > score_thrs]

    def _numbered(self) -> np.ndarray:
        """[D] ids of the file's results, from 1: as lvis-api numbers them, image by image under a cap; 0: beyond it."""
        columns = self._file.columns
        images, scores = columns.image_indices.astype(np.int64), columns.scores
        rows = np.arange(len(images))
        if self._max_dets < 0:
            return rows + 1
        # Images in the order in which they first appear.
        unique, first = np.unique(images, return_index=True)
        turn = first[np.searchsorted(unique, images)]
        counts = np.unique(images, return_counts=True)[1]
        crowded = (counts > self._max_dets)[np.searchsorted(unique, images)]
        order = np.lexsort((rows, np.where(crowded, -scores, 0.0), turn))
        rank = np.arange(len(order)) - np.searchsorted(turn[order], turn[order])
        kept = ~crowded[order] | (rank < self._max_dets)
        ids = np.zeros(len(images), dtype=np.int64)
        ids[order[kept]] = np.arange(1, np.count_nonzero(kept) + 1)
        return ids


def _tables_of(data: Any) -> _core.Dataset | None:
    columns = data._columns() if isinstance(data, LVIS) else None
    return columns or _sources.tables_of(data.imgs, data.cats)


def _best_of_each_image(anns: list[dict], max_dets: int) -> list[dict]:
    by_image: dict = defaultdict(list)
    for ann in anns:
        by_image[ann["image_id"]].append(ann)
    kept: list = []
    for of_image in by_image.values():
        if len(of_image) > max_dets:
            kept += sorted(of_image, key=lambda ann: ann["score"], reverse=True)[:max_dets]
        else:
            kept += of_image
    return kept


def is_data_set(data: Any) -> bool:
    # Of ours it is known; asking for img_ann_map would make all its dictionaries.
    return isinstance(data, LVIS) or hasattr(data, "img_ann_map")


class _Loaded:
    """A data set that a subclass of LVISResults has loaded in its own way."""

    def __init__(self, dataset: dict) -> None:
        self.dataset = dataset


def _name_of(path: Any) -> str:
    return str(os.fspath(path)) if isinstance(path, (str, os.PathLike)) else ""
