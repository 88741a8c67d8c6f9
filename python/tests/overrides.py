"""Methods that take the place of the reference's: each does something that shows in the numbers or in the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lvis
import lvis.eval
import lvis.lvis
import lvis.results
import numpy as np
import pycocotools.coco
import pycocotools.cocoeval

import maskmetrics
from maskmetrics import lviseval

# Of each of the reference's classes: its name, and ours.
CLASSES = {
    "COCO": (pycocotools.coco.COCO, maskmetrics.COCO),
    "COCOeval": (pycocotools.cocoeval.COCOeval, maskmetrics.COCOeval),
    "Params": (pycocotools.cocoeval.Params, maskmetrics.Params),
    "LVIS": (lvis.LVIS, maskmetrics.LVIS),
    "LVISResults": (lvis.LVISResults, maskmetrics.LVISResults),
    "LVISEval": (lvis.LVISEval, maskmetrics.LVISEval),
    "LVISParams": (lvis.eval.Params, lviseval.Params),
}


def without_last(self: Any, found: Any) -> Any:
    return found[:-1]


def halved(self: Any, found: Any) -> Any:
    return np.asarray(found) * 0.5 if len(found) else found


def said(self: Any, found: Any) -> Any:
    print("called")
    return found


def empty_mask(self: Any, code: dict) -> dict:
    height, width = code["size"]
    return pycocotools.coco.maskUtils.encode(np.zeros((height, width), np.uint8, order="F"))


def without_an_annotation(self: Any, found: Any) -> Any:
    listed = self.imgToAnns if hasattr(self, "imgToAnns") else self.img_ann_map
    for anns in listed.values():
        del anns[1:]
    return found


def without_detections(self: Any, found: Any) -> Any:
    for key in list(self._dts)[::2]:
        self._dts[key] = self._dts[key][:1]
    return found


def unmatched(self: Any, table: dict | None) -> dict | None:
    if table is not None:
        matches = table["dtMatches" if "dtMatches" in table else "dt_matches"]
        matches[:, ::2] = 0
    return table


def smaller_numbers(self: Any, found: Any) -> Any:
    self.eval["precision"] *= 0.5
    return found


def other_stats(self: Any, found: Any) -> Any:
    if hasattr(self, "stats"):
        self.stats *= 2
    else:
        self.results["AP"] *= 2
    return found


def fewer_thresholds(self: Any, found: Any) -> Any:
    params = getattr(self, "params", self)
    for name in ("iouThrs", "iou_thrs"):
        if hasattr(params, name):
            setattr(params, name, getattr(params, name)[:4])
    return found


def fewer_images(self: Any, dataset: Any) -> Any:
    if isinstance(dataset, dict):
        return {**dataset, "annotations": dataset["annotations"][::2]}
    return dataset[::2]


def with_less(self: Any, found: Any) -> Any:
    return found if found is None else found[::2]


def fewer_tables(self: Any, found: Any) -> Any:
    name = "evalImgs" if hasattr(self, "evalImgs") else "eval_imgs"
    setattr(self, name, [table if place % 3 else None for place, table in enumerate(getattr(self, name))])
    return found


def lower_scores(self: Any, found: Any) -> Any:
    for ann in found.anns.values() if hasattr(found, "anns") else found:
        ann["score"] = float(int(ann["id"] * 7 % 5)) if "id" in ann else ann["score"] * 0.5
    return found


def only_rare(self: Any, groups: list) -> list:
    return [groups[0], groups[0], groups[0]]


def swapped(self: Any, pair: tuple) -> tuple:
    return pair[0][:1], pair[1][:1]


def nothing_more(self: Any, found: Any) -> Any:
    """For __init__: attributes exist, and have been set by the class itself."""
    self.name = "mine"
    return found


CHANGES: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    "COCO": {
        "__init__": without_an_annotation,
        "createIndex": without_an_annotation,
        "info": said,
        "getAnnIds": with_less,
        "getCatIds": without_last,
        "getImgIds": lambda self, ids: sorted(ids)[1:],
        "loadAnns": with_less,
        "loadCats": without_last,
        "loadImgs": without_last,
        "showAnns": said,
        "loadRes": lower_scores,
        "download": said,
        "loadNumpyAnnotations": with_less,
        "annToRLE": empty_mask,
        "annToMask": lambda self, pixels: 1 - pixels,
    },
    "COCOeval": {
        "__init__": fewer_thresholds,
        "_prepare": without_detections,
        "evaluate": fewer_tables,
        "computeIoU": halved,
        "computeOks": halved,
        "evaluateImg": unmatched,
        "accumulate": smaller_numbers,
        "summarize": other_stats,
        "__str__": lambda self, text: "text",
    },
    "Params": {"__init__": fewer_thresholds, "setDetParams": fewer_thresholds, "setKpParams": fewer_thresholds},
    "LVIS": {
        "__init__": without_an_annotation,
        "_load_json": fewer_images,
        "_create_index": without_an_annotation,
        "get_ann_ids": with_less,
        "get_cat_ids": without_last,
        "get_img_ids": lambda self, ids: sorted(ids)[1:],
        "_load_helper": with_less,
        "load_anns": with_less,
        "load_cats": lambda self, categories: [{**each, "frequency": "r"} for each in categories],
        "load_imgs": lambda self, images: [{**each, "not_exhaustive_category_ids": []} for each in images],
        "download": said,
        "ann_to_rle": empty_mask,
        "ann_to_mask": lambda self, pixels: 1 - pixels,
    },
    "LVISResults": {
        "__init__": without_an_annotation,
        "limit_dets_per_image": with_less,
        "get_top_results": with_less,
    },
    "LVISEval": {
        "__init__": fewer_thresholds,
        "_to_mask": said,
        "_prepare": without_detections,
        "_prepare_freq_group": only_rare,
        "evaluate": fewer_tables,
        "_get_gt_dt": swapped,
        "compute_iou": halved,
        "evaluate_img": unmatched,
        "accumulate": smaller_numbers,
        "_summarize": lambda self, number: number * 0.5,
        "summarize": other_stats,
        "run": said,
        "print_results": said,
        "get_results": lambda self, results: dict(results),
    },
    "LVISParams": {"__init__": fewer_thresholds},
}


def replaced(name: str, method: str, original: Callable, calls: list[str]) -> Callable:
    def changed(self: Any, *arguments: Any, **named: Any) -> Any:
        calls.append(method)
        return CHANGES[name][method](self, original(self, *arguments, **named))

    return changed
