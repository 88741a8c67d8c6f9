"""COCO's evaluation; takes the place of pycocotools.cocoeval 2.0.11, bit for bit.

Differences to pycocotools: evaluate() leaves the annotations as they are (there, masks become run-length codes and
"ignore" is overwritten), unless it goes step by step, as for key points; what it hangs or reads foreign memory with
raises InputError.
"""

from __future__ import annotations

import copy
import datetime
import time
from collections import defaultdict
from typing import Any

import numpy as np

from . import _core, _inputs, _keypoints, _plain, _run, _summary, _tables
from .errors import InputError, ProtocolError, ProtocolIndexError

__all__ = ["COCOeval", "Params"]


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
    __tables: Any = None  # evalImgs, where they are made
    __overlaps: Any = None  # ious, where they are made

    def __init__(self, cocoGt: Any = None, cocoDt: Any = None, iouType: str = "segm") -> None:
        """
        Args:
            cocoGt: COCO with the ground truth
            cocoDt: COCO with the results, from cocoGt.loadRes()
            iouType: "segm", "bbox", "keypoints" or "boundary"
        """
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
            self.params.imgIds = sorted(_ids(cocoGt, "getImgIds", "_image_ids"))
            self.params.catIds = sorted(_ids(cocoGt, "getCatIds", "_category_ids"))

    def __getstate__(self) -> dict:
        """What copies and pickles hold: tables and overlaps, but no evaluation of the library."""
        if self.__run is not None:
            self.__make_tables()
            self.__make_overlaps()
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
        if p.useSegm is not None:
            p.iouType = "segm" if p.useSegm == 1 else "bbox"
            print(f"useSegm (deprecated) is not None. Running {p.iouType} evaluation")
        print(f"Evaluate annotation type *{p.iouType}*")
        p.imgIds = list(np.unique(p.imgIds))
        if p.useCats:
            p.catIds = list(np.unique(p.catIds))
        p.maxDets = sorted(p.maxDets)
        if not p.maxDets:
            raise ProtocolIndexError("params", "maxDets", "expected one at least, found none")
        self.params = p
        self.__run = None
        if p.iouType == "keypoints" or _has_nothing_to_ask(p) or _plain.is_overridden(self):
            _plain.evaluate(self)
        else:
            self.__evaluate()
        self._paramsEval = copy.deepcopy(self.params)
        print(f"DONE (t={time.time() - started:0.2f}s).")

    def __evaluate(self) -> None:
        if self.cocoGt is None or self.cocoDt is None:
            raise InputError("COCOeval", "cocoGt" if self.cocoGt is None else "cocoDt", "is missing")
        p = self.params
        inputs = _inputs.gather(self.cocoGt, self.cocoDt, _protocol_of(p), p.imgIds, p.catIds, _inputs.COCO_NAMES)
        self.eval = {}
        self.__tables = self.__overlaps = None
        self.__run = _run.Run(inputs, score_type=_score_type(self.cocoDt))

    @property
    def evalImgs(self) -> Any:
        """Tables by category, area range and image, as a flat list; None where an image has nothing of a category."""
        self.__make_tables()
        return self.__tables

    @evalImgs.setter
    def evalImgs(self, tables: Any) -> None:
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
            raise InputError("COCOeval", "", "was not evaluated; call evaluate()")
        return self.__run

    def __make_overlaps(self) -> None:
        if self.__overlaps is None:
            run, p = self.__require_run(), self._paramsEval
            self.__overlaps = run.overlaps(p.imgIds, p.catIds if p.useCats else [-1])

    def __make_tables(self) -> None:
        if self.__tables is not None:
            return
        run, p = self.__require_run(), self._paramsEval
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

        self.__tables = run.tables(len(p.imgIds), len(categories), make)

    # What subclasses build on; evaluate() itself needs it for key points alone.

    def _prepare(self) -> None:
        """Fills _gts and _dts by (image id, category id)."""
        _plain.prepare(self)

    def computeIoU(self, imgId: Any, catId: Any) -> Any:
        """IoU [D, G] of an image and category, of what _prepare() has found."""
        return _plain.compute_iou(self, imgId, catId)

    def computeOks(self, imgId: Any, catId: Any) -> Any:
        """Similarity of key points [D, G] of an image and category, of what _prepare() has found."""
        return _keypoints.compute_oks(self, imgId, catId)

    def evaluateImg(self, imgId: Any, catId: Any, aRng: Any, maxDet: int) -> dict | None:
        """The table of an image, category and area range, of what _prepare() has found and ious hold."""
        return _plain.evaluate_image(self, imgId, catId, aRng, maxDet)

    # ---- accumulate -------------------------------------------------------------------------------------------------

    def accumulate(self, p: Params | None = None) -> None:
        """Precision and recall curves, to be found in eval.

        Args:
            p: other parameters than those of the evaluation: a subset of its images, categories, area ranges and caps
        """
        print("Accumulating evaluation results...")
        started = time.time()
        if self.__run is None and not self.evalImgs:
            print("Please run evaluate() first")
        if p is None:
            p = self.params
        p.catIds = p.catIds if p.useCats == 1 else [-1]
        if self.__run is not None and _tables.answer(p, self._paramsEval) and _tables.is_standard(p.recThrs):
            result = self.__run.accumulate(np.asarray(p.recThrs, dtype=np.float64).tolist())
            precision, recall, scores = result.precision, result.recall, result.scores
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

    def __str__(self) -> str:
        if not self.eval:
            return f"<COCOeval of {self.params.iouType}, not accumulated>"
        return "\n".join(line for _, line in _summary.lines(self.eval, self.params))


def _ids(coco: Any, method: str, quick: str) -> list:
    """Ids as the method returns them, without making dictionaries where it is ours."""
    from .coco import COCO

    ours = isinstance(coco, COCO) and getattr(type(coco), method) is getattr(COCO, method)
    return getattr(coco, quick if ours else method)()


def _has_nothing_to_ask(p: Params) -> bool:
    """Without thresholds or area ranges there are results of no size, which the library does not make."""
    return p.iouType in ("bbox", "segm") and (len(p.iouThrs) == 0 or len(p.areaRng) == 0)


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
