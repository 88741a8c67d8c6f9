"""LVIS' evaluation; takes the place of lvis-api 0.5.3's eval, bit for bit.

Differences to lvis-api: evaluate() may be called again (there, everything then counts twice) and leaves the annotations
as they are; use_cats = 0, with which all its numbers are -1, raises ProtocolError.
"""

from __future__ import annotations

import datetime
import logging
from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np

from . import _core, _inputs, _run
from ._pointers import DetectionPointers, point_to
from ._tables import is_standard
from .errors import InputError, InputKeyError, InputTypeError, ProtocolError
from .lvis import LVIS, LVISResults

__all__ = ["LVISEval", "Params"]


class Params:
    """Parameters of an evaluation.

    Attributes:
        img_ids: [I] image ids
        cat_ids: [K] category ids
        iou_thrs: [T] IoU thresholds
        rec_thrs: [R] recall thresholds
        max_dets: named in the summary; LVISResults applies it
        area_rng: [A] areas [low, high] in pixels, both ends included
        area_rng_lbl: [A] their names
        img_count_lbl: names of the groups of categories: rare, common, frequent
        iou_type: "bbox" or "segm"
    """

    def __init__(self, iou_type: str) -> None:
        self.img_ids: Any = []
        self.cat_ids: Any = []
        self.iou_thrs = np.linspace(0.5, 0.95, 10)
        self.rec_thrs = np.linspace(0.0, 1.0, 101)
        self.max_dets = 300
        self.area_rng = [[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]]
        self.area_rng_lbl = ["all", "small", "medium", "large"]
        self.use_cats = 1
        self.img_count_lbl = ["r", "c", "f"]
        self.iou_type = iou_type


class LVISEval:
    """Evaluates results against ground truth: run(), print_results(), get_results().

    Attributes:
        params: Params; may be changed before run()
        eval_imgs: [K * A * I] tables or None, made when they are looked at
        ious: arrays [D, G] by (image id, category id), made when they are looked at
        eval: "precision" [T, R, K, A], "recall" [T, K, A], "dt_pointers", "counts", "date", "params"
        results: the summary's numbers by name
        freq_groups: places of the rare, common and frequent categories within params.cat_ids
    """

    # Names of two underscores: subclasses have attributes of their own.
    __run: _run.Run | None = None  # after an evaluation
    __tables: Any = None  # eval_imgs, where they are made
    __overlaps: Any = None  # ious, where they are made

    def __init__(self, lvis_gt: Any, lvis_dt: Any, iou_type: str = "segm") -> None:
        """
        Args:
            lvis_gt: LVIS, or its file
            lvis_dt: LVISResults, or a file, or a list of dictionaries
            iou_type: "segm" or "bbox"
        """
        self.logger = logging.getLogger(__name__)
        if iou_type not in ("bbox", "segm"):
            raise ProtocolError("iou_type", "", f"iou_type: {iou_type} is not supported.")
        if isinstance(lvis_gt, str):
            lvis_gt = LVIS(lvis_gt)
        elif not hasattr(lvis_gt, "img_ann_map"):
            raise InputTypeError("lvis_gt", "", f"Unsupported type {type(lvis_gt)} of lvis_gt.")
        if isinstance(lvis_dt, (str, list)):
            lvis_dt = LVISResults(lvis_gt, lvis_dt)
        elif not hasattr(lvis_dt, "img_ann_map"):
            raise InputTypeError("lvis_dt", "", f"Unsupported type {type(lvis_dt)} of lvis_dt.")
        self.lvis_gt, self.lvis_dt = lvis_gt, lvis_dt
        self.eval_imgs = defaultdict(list)
        self.ious = {}
        self.eval: dict = {}
        self.params = Params(iou_type=iou_type)
        self.results: OrderedDict = OrderedDict()
        self.freq_groups: list = []
        quick = isinstance(lvis_gt, LVIS)
        self.params.img_ids = sorted(lvis_gt._image_ids() if quick else lvis_gt.get_img_ids())
        self.params.cat_ids = sorted(lvis_gt._category_ids() if quick else lvis_gt.get_cat_ids())

    def __getstate__(self) -> dict:
        """What copies and pickles hold: tables and overlaps, but no evaluation of the library."""
        if self.__run is not None:
            self.__make_tables()
            self.__make_overlaps()
        return {**self.__dict__, "_LVISEval__run": None}

    def evaluate(self) -> None:
        """Compares and matches, image by image and category by category.

        Raises:
            InputError: annotations or results that cannot be evaluated
            ProtocolError: parameters that make no sense
        """
        p = self.params
        self.logger.info("Running per image evaluation.")
        self.logger.info(f"Evaluate annotation type *{p.iou_type}*")
        if not p.use_cats:
            raise ProtocolError(
                "params",
                "use_cats",
                "0 yields nothing but -1 in lvis-api; maskmetrics.evaluate() can do without categories",
            )
        p.img_ids = list(np.unique(p.img_ids))
        self.__run = None
        inputs = _inputs.gather(self.lvis_gt, self.lvis_dt, self._protocol(), p.img_ids, p.cat_ids, _inputs.LVIS_NAMES)
        detection_ids = None
        if getattr(self.lvis_dt, "_file", None) is not None:
            detection_ids = self.lvis_dt._numbered()
        self.freq_groups = self._prepare_freq_group(inputs)
        self.__tables = self.__overlaps = None
        self.__run = _run.Run(inputs, detection_ids)

    def _protocol(self) -> _core.Protocol:
        p = self.params
        protocol = _core.Protocol("lvis", p.iou_type)
        protocol.iou_thresholds = [float(t) for t in p.iou_thrs]
        protocol.area_ranges = [(str(i), float(r[0]), float(r[1])) for i, r in enumerate(p.area_rng)]
        # Dictionaries hold what LVISResults has left of them; a file's columns hold everything.
        cap = getattr(self.lvis_dt, "_max_dets", -1)
        uncut = getattr(self.lvis_dt, "_file", None) is not None and cap >= 0
        protocol.max_dets = [cap if uncut else _core.Protocol.all_detections]
        protocol.cap = "image" if uncut else "category"
        protocol.validate()
        return protocol

    def _prepare_freq_group(self, inputs: _inputs.Inputs) -> list[list[int]]:
        labels = self.params.img_count_lbl
        groups: list = [[] for _ in labels]
        letters = inputs.ground_truth.frequencies
        for place, category in enumerate(inputs.axes.category_ids):
            known = inputs.axes.category_rows[category]
            frequency = letters[known] if letters else self._frequency(category)
            if frequency not in labels:
                raise InputError(
                    "lvis_gt", f"cats[{category}]['frequency']", f"expected one of {labels}, found {frequency!r}"
                )
            groups[labels.index(frequency)].append(place)
        return groups

    def _frequency(self, category: Any) -> str:
        found = self.lvis_gt.cats.get(category)
        if found is None or "frequency" not in found:
            problem = "there is no such category" if found is None else "has no 'frequency'"
            raise InputKeyError("lvis_gt", f"cats[{category}]", problem)
        return found["frequency"]

    @property
    def eval_imgs(self) -> Any:
        """Tables by category, area range and image, as a flat list; None where an image has nothing of a category."""
        self.__make_tables()
        return self.__tables

    @eval_imgs.setter
    def eval_imgs(self, tables: Any) -> None:
        # What is accumulated from now on is what was put here.
        self.__run = None
        self.__tables = tables

    @property
    def ious(self) -> Any:
        """IoU arrays [D, G] by (image id, category id), D best first; [] where either is missing."""
        self.__make_overlaps()
        return self.__overlaps

    @ious.setter
    def ious(self, overlaps: Any) -> None:
        self.__overlaps = overlaps

    def __require_run(self) -> _run.Run:
        if self.__run is None:
            raise InputError("LVISEval", "", "was not evaluated; call evaluate()")
        return self.__run

    def __make_overlaps(self) -> None:
        if self.__overlaps is None:
            self.__overlaps = self.__require_run().overlaps(self.params.img_ids, self.params.cat_ids)

    def __make_tables(self) -> None:
        if self.__tables is not None:
            return
        run, p = self.__require_run(), self.params

        def make(category: int, area: int, image: int, *parts: Any) -> dict:
            dt_ids, gt_ids, dt_matches, gt_matches, dt_scores, gt_ignore, dt_ignore = parts
            return {
                "image_id": p.img_ids[image],
                "category_id": p.cat_ids[category],
                "area_rng": p.area_rng[area],
                "dt_ids": dt_ids,
                "gt_ids": gt_ids,
                "dt_matches": dt_matches,
                "gt_matches": gt_matches,
                "dt_scores": dt_scores,
                "gt_ignore": gt_ignore,
                "dt_ignore": dt_ignore,
            }

        self.__tables = run.tables(len(p.img_ids), len(p.cat_ids), make)

    def accumulate(self) -> None:
        """Precision and recall curves, to be found in eval."""
        self.logger.info("Accumulating evaluation results.")
        p = self.params
        if self.__run is None and not self.eval_imgs:
            self.logger.warning("Please run evaluate first.")
        counts = [len(p.iou_thrs), len(p.rec_thrs), len(p.cat_ids), len(p.area_rng)]
        if self.__run is not None and is_standard(p.rec_thrs):
            found = self.__run.accumulate(np.asarray(p.rec_thrs, dtype=np.float64).tolist())
            precision, recall = found.precision.reshape(counts), found.recall.reshape(counts[:1] + counts[2:])
        else:
            precision, recall = self._accumulate_tables(counts)
        tables, num_images = (lambda: self.eval_imgs), len(p.img_ids)
        self.eval = {
            "params": p,
            "counts": counts,
            "date": datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
            "precision": precision,
            "recall": recall,
            "dt_pointers": DetectionPointers(lambda: point_to(tables(), counts[2], counts[3], num_images)),
        }

    def _accumulate_tables(self, counts: list[int]) -> tuple[np.ndarray, np.ndarray]:
        p = self.params
        num_images = len(p.img_ids)
        if not self.eval_imgs:
            return -np.ones(counts), -np.ones(counts[:1] + counts[2:])
        precision, recall, _ = _core.accumulate_tables(
            self.eval_imgs,
            ("dt_scores", "dt_matches", "dt_ignore", "gt_ignore"),
            list(range(counts[2])),
            list(range(counts[3])),
            list(range(num_images)),
            counts[3] * num_images,
            num_images,
            counts[0],
            np.asarray(p.rec_thrs, dtype=np.float64).tolist(),
            [_core.Protocol.all_detections],
        )
        return precision[..., 0], recall[..., 0]

    def _summarize(
        self,
        summary_type: str,
        iou_thr: float | None = None,
        area_rng: str = "all",
        freq_group_idx: int | None = None,
    ) -> float:
        p = self.params
        values = self.eval["precision" if summary_type == "ap" else "recall"]
        if iou_thr is not None:
            values = values[np.where(iou_thr == np.asarray(p.iou_thrs))[0]]
        areas = [i for i, label in enumerate(p.area_rng_lbl) if label == area_rng]
        if summary_type == "ap" and freq_group_idx is not None:
            # One area range, so that the axis of categories stays whole.
            values = values[:, :, self.freq_groups[freq_group_idx]][..., areas]
        else:
            values = values[..., areas]
        counted = values[values > -1]
        return np.mean(counted) if len(counted) else -1

    def summarize(self) -> None:
        """Computes the summary's numbers, to be found in results."""
        if not self.eval:
            raise RuntimeError("Please run accumulate() first.")
        cap = self.params.max_dets
        areas = ("small", "medium", "large")
        self.results["AP"] = self._summarize("ap")
        self.results["AP50"] = self._summarize("ap", iou_thr=0.50)
        self.results["AP75"] = self._summarize("ap", iou_thr=0.75)
        for area in areas:
            self.results[f"AP{area[0]}"] = self._summarize("ap", area_rng=area)
        for place, group in enumerate("rcf"):
            self.results[f"AP{group}"] = self._summarize("ap", freq_group_idx=place)
        self.results[f"AR@{cap}"] = self._summarize("ar")
        for area in areas:
            self.results[f"AR{area[0]}@{cap}"] = self._summarize("ar", area_rng=area)

    def run(self) -> None:
        """evaluate(), accumulate() and summarize()."""
        self.evaluate()
        self.accumulate()
        self.summarize()

    def print_results(self) -> None:
        """Prints the summary."""
        print(str(self), end="")

    def __str__(self) -> str:
        return "".join(self._line(key, value) + "\n" for key, value in self.results.items())

    def _line(self, key: str, value: float) -> str:
        p = self.params
        title, kind = ("Average Precision", "(AP)") if "AP" in key else ("Average Recall", "(AR)")
        kept = key[2] if len(key) > 2 else ""
        iou = f"{float(key[2:]) / 100:0.2f}" if kept.isdigit() else f"{p.iou_thrs[0]:0.2f}:{p.iou_thrs[-1]:0.2f}"
        group = kept if kept and kept in "rcf" else "all"
        area = kept if kept and kept in "sml" else "all"
        return (
            f" {title:<18} {kind} @[ IoU={iou:<9} | area={area:>6s} | maxDets={p.max_dets:>3d} catIds={group:>3s}] "
            f"= {value:0.3f}"
        )

    def get_results(self) -> OrderedDict:
        """The summary's numbers by name."""
        if not self.results:
            self.logger.warning("results is empty. Call run().")
        return self.results
