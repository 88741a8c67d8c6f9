"""LVIS' evaluation; takes the place of lvis-api 0.5.3's eval, bit for bit.

Differences from lvis-api: evaluate() may be called again (there, everything then counts twice). It leaves the
annotations as they are until somebody reads _gts, _dts or img_nel, unless it goes step by step, where a program has
replaced a step. use_cats = 0, with which all its numbers are -1, raises ProtocolError.
"""

from __future__ import annotations

import copy
import datetime
import logging
from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np

from . import _core, _inputs, _notices, _plain_lvis, _run
from . import mask as mask_utils  # programs take it from here, as they do from lvis.eval
from ._plain import sorted_ids
from ._pointers import DetectionPointers, point_to
from ._steps import Made, remembered
from ._tables import is_standard
from ._typed import typed, typed_parameters
from .errors import InputKeyError, InputTypeError, ProtocolError
from .lvis import LVIS, LVISResults, is_data_set

__all__ = ["LVISEval", "Params", "mask_utils"]


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


@remembered
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

    freq_groups: list[list[int]]  # after _prepare(), as in the reference

    # Names of two underscores: subclasses have attributes of their own.
    __run: _run.Run | None = None  # after an evaluation by the library
    __asked: Any = None  # its parameters
    _to_be_made: frozenset[str] = frozenset()  # results of it that are still to be made

    eval_imgs = Made(
        lambda self: {"eval_imgs": _tables_of(self.__run, self.__asked)},
        "Tables by category, area range and image, as a flat list; None where an image has nothing of a category.",
    )
    ious = Made(
        lambda self: {"ious": self.__run.overlaps(self.__asked.img_ids, self.__asked.cat_ids)},
        "IoU arrays [D, G] by (image id, category id), D best first; [] where either is missing.",
    )
    _gts = Made(lambda self: _plain_lvis.found(self, self.__asked), "Ground truths by (image id, category id).")
    _dts = Made(lambda self: _plain_lvis.found(self, self.__asked), "Detections that count, by the same.")
    img_nel = Made(
        lambda self: _plain_lvis.found(self, self.__asked),
        "By image id: categories that are not annotated exhaustively in the image.",
    )

    def __init__(self, lvis_gt: Any, lvis_dt: Any, iou_type: str = "segm") -> None:
        """
        Args:
            lvis_gt: LVIS, or its file
            lvis_dt: LVISResults, or a file, or a list of dictionaries
            iou_type: "segm" or "bbox"
        """
        self.logger = logging.getLogger(__name__)
        if not isinstance(iou_type, str) or iou_type not in ("bbox", "segm"):
            raise ProtocolError("iou_type", "", f"iou_type: {iou_type} is not supported.")
        if isinstance(lvis_gt, str):
            lvis_gt = LVIS(lvis_gt)
        elif not is_data_set(lvis_gt):
            raise InputTypeError("lvis_gt", "", f"Unsupported type {type(lvis_gt)} of lvis_gt.")
        if isinstance(lvis_dt, (str, list)):
            lvis_dt = LVISResults(lvis_gt, lvis_dt)
        elif not is_data_set(lvis_dt):
            raise InputTypeError("lvis_dt", "", f"Unsupported type {type(lvis_dt)} of lvis_dt.")
        self.lvis_gt, self.lvis_dt = lvis_gt, lvis_dt
        self.eval_imgs = defaultdict(list)
        self.ious = {}
        self.eval: dict = {}
        self._gts = defaultdict(list)
        self._dts = defaultdict(list)
        self.params = Params(iou_type=iou_type)
        self.results: OrderedDict = OrderedDict()
        self.params.img_ids = sorted_ids(lvis_gt, "get_img_ids", "_image_ids", "lvis_gt")
        self.params.cat_ids = sorted_ids(lvis_gt, "get_cat_ids", "_category_ids", "lvis_gt")

    def __getstate__(self) -> dict:
        """What copies and pickles hold: tables and overlaps, but no evaluation of the library."""
        for name in self._to_be_made & {"eval_imgs", "ious"}:
            getattr(self, name)
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
        with typed_parameters("params"):
            if not p.use_cats:
                raise ProtocolError(
                    "params",
                    "use_cats",
                    "0 yields nothing but -1 in lvis-api; maskmetrics.evaluate() can do without categories",
                )
            p.img_ids = list(np.unique(p.img_ids))
            _plain_lvis.check_parameters(p)
            at_once = not _plain_lvis.is_needed(self)
        if at_once:
            self.__evaluate()
        else:
            _plain_lvis.evaluate(self)

    @typed("LVISEval.evaluate")
    def __evaluate(self) -> None:
        p = self.params
        inputs = _inputs.gather(self.lvis_gt, self.lvis_dt, self.__protocol(), p.img_ids, p.cat_ids, _inputs.LVIS_NAMES)
        detection_ids = None
        if getattr(self.lvis_dt, "_file", None) is not None:
            detection_ids = self.lvis_dt._numbered()
        frequencies = self.__frequencies(inputs)
        self.__run = _run.Run(inputs, detection_ids)
        self.freq_groups = _plain_lvis.group_by_frequency(p, frequencies)
        # What is asked for later on is of these parameters, whatever becomes of those of the evaluator.
        self.__asked = copy.copy(p)
        for name in ("img_ids", "cat_ids", "area_rng"):
            setattr(self.__asked, name, list(getattr(p, name)))
        self._to_be_made = frozenset(("eval_imgs", "ious", "_gts", "_dts", "img_nel"))

    # The steps that programs call and replace.

    def _prepare(self) -> None:
        """Adds to _gts and _dts, by (image id, category id); fills img_nel and freq_groups."""
        _plain_lvis.prepare(self)

    def _prepare_freq_group(self) -> list[list[int]]:
        """Places within params.cat_ids of the categories of each frequency."""
        return _plain_lvis.frequency_groups(self)

    @typed("LVISEval._to_mask")
    def _to_mask(self, anns: list[dict], lvis: Any) -> None:
        """Makes the masks of annotations RLEs."""
        _plain_lvis.to_mask(anns, lvis)

    @typed("LVISEval._get_gt_dt")
    def _get_gt_dt(self, img_id: Any, cat_id: Any) -> tuple[list[dict], list[dict]]:
        """Ground truths and detections of an image and category."""
        return _plain_lvis.cell(self, img_id, cat_id)

    @typed("LVISEval.compute_iou")
    def compute_iou(self, img_id: Any, cat_id: Any) -> Any:
        """IoU [D, G] of an image and category, of what _gts and _dts hold."""
        return _plain_lvis.compute_iou(self, img_id, cat_id)

    @typed("LVISEval.evaluate_img")
    def evaluate_img(self, img_id: Any, cat_id: Any, area_rng: Any) -> dict | None:
        """The table of an image, category and area range, of what _gts, _dts and ious hold."""
        return _plain_lvis.evaluate_image(self, img_id, cat_id, area_rng)

    # ---- what the library needs -------------------------------------------------------------------------------------

    def __protocol(self) -> _core.Protocol:
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

    def __frequencies(self, inputs: _inputs.Inputs) -> list[str]:
        letters, axes = inputs.ground_truth.frequencies, inputs.axes
        if letters:
            return [letters[axes.category_rows[category]] for category in axes.category_ids]
        return [self.__frequency(category) for category in axes.category_ids]

    def __frequency(self, category: Any) -> str:
        found = self.lvis_gt.cats.get(category)
        if found is None or "frequency" not in found:
            problem = "there is no such category" if found is None else "has no 'frequency'"
            raise InputKeyError("lvis_gt", f"cats[{category}]", problem)
        return found["frequency"]

    @typed("LVISEval.accumulate")
    def accumulate(self) -> None:
        """Precision and recall curves, to be found in eval."""
        self.logger.info("Accumulating evaluation results.")
        p = self.params
        # Tables that somebody has seen, or set, count as they are now.
        at_once = self.__run is not None and "eval_imgs" in self._to_be_made
        if not at_once and not self.eval_imgs:
            self.logger.warning("Please run evaluate first.")
        counts = [len(p.iou_thrs), len(p.rec_thrs), len(p.cat_ids), len(p.area_rng)]
        if at_once and _answers(p, self.__asked) and is_standard(p.rec_thrs):
            found = self.__run.accumulate(np.asarray(p.rec_thrs, dtype=np.float64).tolist())
            precision, recall = found.precision.reshape(counts), found.recall.reshape(counts[:1] + counts[2:])
            _notices.issue(found.warnings)
        else:
            precision, recall = self._accumulate_tables(counts)
        pointers = self.__pointers(counts, len(p.img_ids))
        self.eval = {
            "params": p,
            "counts": counts,
            "date": datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
            "precision": precision,
            "recall": recall,
            "dt_pointers": pointers,
        }

    def __pointers(self, counts: list[int], num_images: int) -> dict:
        """dt_pointers of this evaluation, whatever the evaluator is used for later on."""
        if "eval_imgs" not in self._to_be_made:
            return point_to(self.eval_imgs, counts[2], counts[3], num_images)
        run, asked = self.__run, self.__asked
        return DetectionPointers(lambda: point_to(_tables_of(run, asked), counts[2], counts[3], num_images))

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

    @typed("LVISEval.summarize")
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

    @typed("LVISEval.print_results")
    def print_results(self) -> None:
        """Prints the summary."""
        print(str(self), end="")

    @typed("LVISEval")
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


def _answers(p: Params, asked: Params) -> bool:
    """True where the axes are still those of the evaluation."""
    return all(
        len(getattr(p, name)) == len(getattr(asked, name)) for name in ("img_ids", "cat_ids", "iou_thrs", "area_rng")
    )


def _tables_of(run: _run.Run, p: Params) -> list:
    """eval_imgs of an evaluation with these parameters."""

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

    return run.tables(len(p.img_ids), len(p.cat_ids), make)
