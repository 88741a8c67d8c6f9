"""COCO's evaluation; takes the place of pycocotools.cocoeval 2.0.11, bit for bit.

Differences from pycocotools: evaluate() leaves the annotations as they are (there, masks become RLEs and
"ignore" is overwritten) until somebody reads _gts or _dts, unless it goes step by step: for keypoints, and where a
program has replaced a step. Where pycocotools hangs or reads memory that it does not own, InputError is raised.
"""

from __future__ import annotations

import copy
import datetime
import time
from collections import defaultdict
from typing import Any

import numpy as np

from . import _core, _inputs, _keypoints, _notices, _plain, _run, _summary, _tables
from . import mask as maskUtils  # programs take it from here, as they do from pycocotools.cocoeval
from ._steps import Made, remembered
from ._typed import typed, typed_parameters
from .errors import InputError, ProtocolError, ProtocolTypeError

__all__ = ["COCOeval", "Params", "maskUtils"]


class Params:
    """Parameters of an evaluation.

    Attributes:
        imgIds: [I] image ids
        catIds: [K] category ids
        iouThrs: [T] IoU thresholds
        recThrs: [R] recall thresholds
        maxDets: [M] caps on the detections of an image and category
        areaRng: [A] areas [low, high] in pixels, both ends included
        areaRngLbl: [A] their names
        useCats: 0 takes all categories for one
        iouType: "bbox", "segm", "keypoints", or "boundary", which pycocotools does not know
        kpt_oks_sigmas: for "keypoints": [N] how far each point may lie from where it was annotated
        dilationRatio: for "boundary": its width, part of the image's diagonal
    """

    def __init__(self, iouType: str = "segm") -> None:
        if not isinstance(iouType, str):
            raise ProtocolTypeError("params", "iouType", f"iouType not supported: {iouType!r}")
        if iouType in ("segm", "bbox", "boundary"):
            self.setDetParams()
        elif iouType == "keypoints":
            self.setKpParams()
        else:
            raise ProtocolError("params", "iouType", f"iouType not supported: {iouType!r}")
        self.iouType = iouType
        self.useSegm = None
        if iouType == "boundary":
            self.dilationRatio = 0.02

    def setDetParams(self) -> None:
        """Those for boxes and masks."""
        self._set_common()
        self.maxDets = [1, 10, 100]
        self.areaRng = [[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]]
        self.areaRngLbl = ["all", "small", "medium", "large"]

    def setKpParams(self) -> None:
        """Those for key points."""
        self._set_common()
        self.maxDets = [20]
        self.areaRng = [[0, 1e10], [32**2, 96**2], [96**2, 1e10]]
        self.areaRngLbl = ["all", "medium", "large"]
        sides = [0.35, 0.79, 0.72, 0.62, 1.07, 0.87, 0.89]
        self.kpt_oks_sigmas = np.array([0.26, 0.25, 0.25, *np.repeat(sides, 2)]) / 10.0

    def _set_common(self) -> None:
        self.imgIds: Any = []
        self.catIds: Any = []
        self.iouThrs = np.linspace(0.5, 0.95, 10)
        self.recThrs = np.linspace(0.0, 1.0, 101)
        self.useCats: Any = 1


@remembered
class COCOeval:
    """Evaluates results against ground truth: evaluate(), accumulate(), summarize().

    Attributes:
        params: Params; may be changed before evaluate()
        evalImgs: [K * A * I] tables or None, made when they are looked at
        ious: arrays [D, G] by (image id, category id), made when they are looked at
        eval: "precision" [T, R, K, A, M], "recall" [T, K, A, M], "scores" [T, R, K, A, M], "counts", "date", "params"
        stats: [12] the summary's numbers; [10] of key points
    """

    # Names of two underscores: subclasses have attributes of their own, such as the _evalImgs of detectron2's.
    __run: _run.Run | None = None  # after an evaluation by the library
    __asked: Any = None  # its parameters
    _to_be_made: frozenset[str] = frozenset()  # results of it that are still to be made

    evalImgs = Made(
        lambda self: {"evalImgs": self.__make_tables()},
        "Tables by category, area range and image, as a flat list; None where an image has nothing of a category.",
    )
    ious = Made(
        lambda self: {"ious": self.__make_overlaps()},
        "IoU arrays [D, G] by (image id, category id), D best first; [] where either is missing.",
    )
    _gts = Made(lambda self: _plain.ground_truths(self, self.__asked), "Ground truths by (image id, category id).")
    _dts = Made(lambda self: _plain.detections(self, self.__asked), "Detections by (image id, category id).")

    def __init__(self, cocoGt: Any = None, cocoDt: Any = None, iouType: str = "segm") -> None:
        """
        Args:
            cocoGt: COCO with the ground truth
            cocoDt: COCO with the results, from cocoGt.loadRes()
            iouType: "segm", "bbox", "keypoints" or "boundary"
        """
        with typed_parameters("params", "iouType"):
            if not iouType:
                print("iouType not specified. use default iouType segm")
        self.cocoGt = cocoGt
        self.cocoDt = cocoDt
        self.evalImgs = defaultdict(list)
        self.ious = {}
        self.eval: dict = {}
        self._gts: Any = defaultdict(list)
        self._dts: Any = defaultdict(list)
        self.params = Params(iouType=iouType)
        self._paramsEval: Any = {}
        self.stats: Any = []
        if cocoGt is not None:
            self.params.imgIds = _plain.sorted_ids(cocoGt, "getImgIds", "_image_ids", "cocoGt")
            self.params.catIds = _plain.sorted_ids(cocoGt, "getCatIds", "_category_ids", "cocoGt")

    def __getstate__(self) -> dict:
        """What copies and pickles hold: tables and overlaps, but no evaluation of the library."""
        for name in self._to_be_made & {"evalImgs", "ious"}:
            getattr(self, name)
        return {**self.__dict__, "_COCOeval__run": None}

    # ---- evaluate ---------------------------------------------------------------------------------------------------

    def evaluate(self) -> None:
        """Compares and matches, image by image and category by category.

        Raises:
            InputError: annotations or results that cannot be evaluated
            ProtocolError: parameters that make no sense
        """
        started = time.time()
        print("Running per image evaluation...")
        p = self.params
        with typed_parameters("params"):
            if p.useSegm is not None:
                p.iouType = "segm" if p.useSegm == 1 else "bbox"
                print(f"useSegm (deprecated) is not None. Running {p.iouType} evaluation")
            print(f"Evaluate annotation type *{p.iouType}*")
            p.imgIds = list(np.unique(p.imgIds))
            if p.useCats:
                p.catIds = list(np.unique(p.catIds))
            p.maxDets = sorted(p.maxDets)
            _plain.check_parameters(p)
            at_once = not _plain.is_needed(self)
            if at_once:
                _plain.largest_cap(p)
        self.params = p
        if at_once:
            self.__evaluate()
        else:
            _plain.evaluate(self)
        with typed_parameters("params"):
            self._paramsEval = copy.deepcopy(self.params)
        print(f"DONE (t={time.time() - started:0.2f}s).")

    @typed("COCOeval.evaluate")
    def __evaluate(self) -> None:
        p = self.params
        inputs = _inputs.gather(self.cocoGt, self.cocoDt, _protocol_of(p), p.imgIds, p.catIds, _inputs.COCO_NAMES)
        self.__run = _run.Run(inputs, score_type=_score_type(self.cocoDt))
        self.eval = {}
        # What is asked for later on is of these parameters, whatever becomes of those of the evaluator.
        self.__asked = copy.copy(p)
        for name in ("imgIds", "catIds", "areaRng", "maxDets"):
            setattr(self.__asked, name, list(getattr(p, name)))
        self._to_be_made = frozenset(("evalImgs", "ious", "_gts", "_dts"))

    def __make_overlaps(self) -> dict:
        p = self.__asked
        return self.__run.overlaps(p.imgIds, p.catIds if p.useCats else [-1])

    def __make_tables(self) -> list:
        p = self.__asked
        categories = p.catIds if p.useCats else [-1]
        max_det = p.maxDets[-1]

        def make(category: int, area: int, image: int, *parts: Any) -> dict:
            dt_ids, gt_ids, dt_matches, gt_matches, dt_scores, gt_ignore, dt_ignore = parts
            return {
                "image_id": p.imgIds[image],
                "category_id": categories[category],
                "aRng": p.areaRng[area],
                "maxDet": max_det,
                "dtIds": dt_ids,
                "gtIds": gt_ids,
                "dtMatches": dt_matches,
                "gtMatches": gt_matches,
                "dtScores": dt_scores,
                "gtIgnore": gt_ignore,
                "dtIgnore": dt_ignore,
            }

        return self.__run.tables(len(p.imgIds), len(categories), make)

    # The steps that programs call and replace.

    def _prepare(self) -> None:
        """Fills _gts and _dts by (image id, category id)."""
        _plain.prepare(self)

    @typed("COCOeval.computeIoU")
    def computeIoU(self, imgId: Any, catId: Any) -> Any:
        """IoU [D, G] of an image and category, of what _gts and _dts hold."""
        return _plain.compute_iou(self, imgId, catId)

    @typed("COCOeval.computeOks")
    def computeOks(self, imgId: Any, catId: Any) -> Any:
        """Similarity of keypoints [D, G] of an image and category, of what _gts and _dts hold."""
        return _keypoints.compute_oks(self, imgId, catId)

    @typed("COCOeval.evaluateImg")
    def evaluateImg(self, imgId: Any, catId: Any, aRng: Any, maxDet: int) -> dict | None:
        """The table of an image, category and area range, of what _gts, _dts and ious hold."""
        return _plain.evaluate_image(self, imgId, catId, aRng, maxDet)

    # ---- accumulate -------------------------------------------------------------------------------------------------

    @typed("COCOeval.accumulate")
    def accumulate(self, p: Params | None = None) -> None:
        """Precision and recall curves, to be found in eval.

        Args:
            p: other parameters than those of the evaluation: a subset of its images, categories, area ranges and caps
        """
        print("Accumulating evaluation results...")
        started = time.time()
        # Tables that somebody has seen, or set, count as they are now.
        at_once = self.__run is not None and "evalImgs" in self._to_be_made
        if not at_once and not self.evalImgs:
            print("Please run evaluate() first")
        if p is None:
            p = self.params
        p.catIds = p.catIds if p.useCats == 1 else [-1]
        if at_once and _tables.answer(p, self._paramsEval) and _tables.is_standard(p.recThrs):
            result = self.__run.accumulate(np.asarray(p.recThrs, dtype=np.float64).tolist())
            precision, recall, scores = result.precision, result.recall, result.scores
            _notices.issue(result.warnings)
        else:
            precision, recall, scores = _tables.accumulate(self.evalImgs, p, self._paramsEval)
        self.eval = {
            "params": p,
            "counts": [
                len(p.iouThrs),
                len(p.recThrs),
                len(p.catIds) if p.useCats else 1,
                len(p.areaRng),
                len(p.maxDets),
            ],
            "date": datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
            "precision": precision,
            "recall": recall,
            "scores": scores,
        }
        print(f"DONE (t={time.time() - started:0.2f}s).")

    # ---- summarize --------------------------------------------------------------------------------------------------

    @typed("COCOeval.summarize")
    def summarize(self) -> None:
        """Prints the summary and keeps its numbers in stats.

        Raises:
            InputError: nothing was accumulated
            ProtocolError: parameters that have no summary
        """
        if not self.eval:
            raise InputError("COCOeval", "", "Please run accumulate() first")
        lines = _summary.lines(self.eval, self.params)
        self.stats = np.zeros(len(lines))
        for place, (number, line) in enumerate(lines):
            print(line)
            self.stats[place] = number

    @typed("COCOeval")
    def __str__(self) -> str:
        if not self.eval:
            return f"<COCOeval of {self.params.iouType}, not accumulated>"
        return "\n".join(line for _, line in _summary.lines(self.eval, self.params))


def _score_type(dt: Any) -> type[np.floating] | None:
    """NumPy's type of the scores of results that are dictionaries made of an array; the first one tells."""
    if getattr(dt, "_file", None) is not None:
        return None
    first = next(iter(dt.anns.values()), {}).get("score")
    return type(first) if isinstance(first, np.floating) else None


def _protocol_of(p: Params) -> _core.Protocol:
    protocol = _core.Protocol("coco", p.iouType)
    protocol.iou_thresholds = [float(t) for t in p.iouThrs]
    # A range without a low end has the lowest number for one.
    lowest = np.finfo(np.float64).min
    protocol.area_ranges = [(str(i), max(float(r[0]), lowest), float(r[1])) for i, r in enumerate(p.areaRng)]
    protocol.max_dets = _caps(p.maxDets)
    protocol.use_categories = bool(p.useCats)
    if p.iouType == "boundary":
        protocol.dilation_ratio = p.dilationRatio
    protocol.validate()
    return protocol


def _caps(caps: Any) -> list[int]:
    found = [int(cap) for cap in caps]
    for place, (cap, given) in enumerate(zip(found, caps, strict=True)):
        if cap != given or cap < 1:
            raise ProtocolError("params", f"maxDets[{place}]", f"expected an integer of at least 1, found {given!r}")
    return [min(cap, _core.Protocol.all_detections) for cap in found]
