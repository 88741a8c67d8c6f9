"""One call from ground truth and results to numbers."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _core, _notices, _sources
from ._typed import typed, typed_parameters
from .errors import InputTypeError, ProtocolError, ProtocolTypeError

__all__ = ["Evaluation", "Warning", "evaluate"]


class Warning(NamedTuple):
    """Something accepted as the reference accepts it, that one should know of."""

    code: str
    count: int
    message: str


class Evaluation:
    """Numbers, curves and facts of an evaluation.

    Attributes:
        metrics: the summary's numbers by name: "AP", "AP50", ..., "AR@100"; empty where the protocol has no summary
        stats: the same numbers in the reference's order, float64
        precision: [T, R, K, A, M] float64; -1 where nothing counts
        recall: [T, K, A, M]
        scores: [T, R, K, A, M] score at which the recall is reached; R is 0 under LVIS' rules
        recall_curve: [T, K, A, N] recall at the protocol's recall_curve
        categories: a dictionary a category: id, name, ap, ap50, ap75, ar, num_ground_truths, num_detections
        category_ids: [K]; [-1] where categories are not used
        num_ground_truths: [K, A] not ignored
        num_detections: [K] after the caps
        num_images: images evaluated
        warnings: what was accepted, and how often
        timings: seconds by stage
        device: where it ran
        protocol: as evaluated
    """

    def __init__(self, result: _core.Result) -> None:
        self._result = result
        summary = result.summarize() if result.can_summarize() else {"metrics": [], "text": "", "warnings": []}
        self.metrics: dict[str, float] = dict(summary["metrics"])
        self.stats = np.array(list(self.metrics.values()))
        self._text = summary["text"] or "no summary: strict parity takes three of max_dets or more\n"
        self.precision = result.precision
        self.recall = result.recall
        self.scores = result.scores
        self.recall_curve = result.recall_curve
        self.categories: list[dict] = result.summarize_categories()
        self.category_ids = result.category_ids
        self.num_ground_truths = result.num_ground_truths
        self.num_detections = result.num_detections
        self.num_images: int = result.num_images
        found = {each[0]: Warning(*each) for each in (*result.warnings, *summary["warnings"])}
        self.warnings: list[Warning] = list(found.values())
        self.timings: dict[str, float] = result.timings
        self.device: str = result.device
        self.protocol: _core.Protocol = result.protocol

    def __str__(self) -> str:
        reasons = [f"warning: {each.message}" for each in self.warnings if each.code in _notices.EMPTY]
        return "\n".join([self._text.rstrip("\n"), *reasons])

    __repr__ = __str__

    def format_categories(self) -> str:
        """The categories as an aligned table."""
        return self._result.format_categories()

    def to_json(self) -> str:
        """Everything but the curves, as the command's --output writes it."""
        return self._result.to_json()

    def _repr_html_(self) -> str:
        """Tables for notebooks: the summary, and the categories folded away."""
        metrics = [(name, _shown(value)) for name, value in self.metrics.items()]
        rows = [_cells_of(category) for category in self.categories]
        parts = [_html_table(("metric", "value"), metrics) if metrics else f"<p>{html.escape(str(self))}</p>"]
        if rows:
            headings = ("category", "AP", "AP50", "AP75", "AR", "ground truths", "detections")
            parts.append(f"<details><summary>{len(rows)} categories</summary>{_html_table(headings, rows)}</details>")
        if self.warnings:
            items = "".join(f"<li>{html.escape(each.message)} ({each.count})</li>" for each in self.warnings)
            parts.append(f"<details><summary>{len(self.warnings)} warnings</summary><ul>{items}</ul></details>")
        return "<div>" + "".join(parts) + "</div>"


def evaluate(
    gt: Any,
    dt: Any,
    *,
    protocol: str | _core.Protocol = "coco",
    iou: str | None = None,
    iou_thresholds: Sequence[float] | None = None,
    recall_thresholds: Sequence[float] | None = None,
    area_ranges: dict[str, tuple[float, float]] | None = None,
    relative_area_ranges: dict[str, tuple[float, float]] | None = None,
    max_dets: Sequence[int] | None = None,
    cap: str | None = None,
    recall_curve: Sequence[int] | None = None,
    use_categories: bool | None = None,
    image_ids: Sequence[int] | None = None,
    category_ids: Sequence[int] | None = None,
    dilation_ratio: float | None = None,
    parity: str | None = None,
    box_layout: str = "xywh",
    box_units: str | None = None,
    dt_box_layout: str | None = None,
    dt_box_units: str | None = None,
    image_sizes: str | os.PathLike | dict[str | int, tuple[int, int]] | None = None,
    device: str = "auto",
    threads: int = 0,
    progress: Callable[[str, int, int], Any] | None = None,
) -> Evaluation:
    """Evaluates results against ground truth. Nothing that is handed in is changed.

    Args:
        gt: a JSON file (plain, gzip or zstd), a dictionary in COCO's or LVIS' format, or a COCO or LVIS object
        dt: a JSON file, a list of dictionaries, an array [N, 7] of image, x, y, width, height, score, category, or a
            COCO or LVISResults object
        protocol: "coco", "lvis", "lvis-fixed", or a Protocol, which the arguments below change in a copy
        iou: "segm" (the default), "bbox" or "boundary"
        iou_thresholds: [T]
        recall_thresholds: [R] ascending
        area_ranges: (low, high) in pixels by name, both ends included
        relative_area_ranges: the same of sqrt(area / area of the image)
        max_dets: [M] caps on the detections of an image and category
        cap: "category", or "image" for caps on all detections of an image
        recall_curve: further caps at which only recall is wanted
        use_categories: False takes all categories for one
        image_ids: subset of images
        category_ids: subset of categories
        dilation_ratio: width of boundaries, part of the image's diagonal
        parity: "strict", equal to the reference in every bit, or "corrected", without its faults
        box_layout: what the numbers of "bbox" are: "xywh" (left, top, width, height), "xyxy" (two corners), or "cxcywh"
            (center, width, height)
        box_units: "pixels", or "relative": parts of the image's width and height. None: pixels, with a warning where
            boxes look relative
        dt_box_layout, dt_box_units: the same of dt alone; None: as those of gt. A COCO or LVISResults object has read
            its boxes already, and takes xywh in pixels alone
        image_sizes: for relative boxes, of images whose size gt does not tell: {name or id: (height, width)}, a folder
            of images, a CSV file (image,width,height), or a JSON file with COCO's "images"
        device: "auto", "cpu", "cuda" or "cuda:N"
        threads: CPU threads; 0: all cores
        progress: called with stage, units done, and units in all (0: not known)

    Raises:
        InputError: data that cannot be evaluated, naming source, place and value
        ProtocolError: parameters that make no sense
        DeviceError: a device that cannot be used
    """
    check_run(device, threads, progress)
    how = protocol_of(protocol, iou)
    if area_ranges is not None and relative_area_ranges is not None:
        raise ProtocolError("area_ranges", "", "are given in pixels and relative to images, one must do")
    if relative_area_ranges is not None:
        how.area_unit, area_ranges = "relative", relative_area_ranges
    if area_ranges is not None:
        with typed_parameters("area_ranges"):
            how.area_ranges = [(name, float(low), float(high)) for name, (low, high) in area_ranges.items()]
    settings = {
        "iou_thresholds": _floats(iou_thresholds, "iou_thresholds"),
        "recall_thresholds": _floats(recall_thresholds, "recall_thresholds"),
        "max_dets": _integers(max_dets, "max_dets"),
        "cap": cap,
        "recall_curve": _integers(recall_curve, "recall_curve"),
        "use_categories": use_categories,
        "image_ids": _integers(image_ids, "image_ids"),
        "category_ids": _integers(category_ids, "category_ids"),
        "dilation_ratio": dilation_ratio,
        "parity": parity,
    }
    for name, value in settings.items():
        if value is not None:
            setattr(how, name, value)
    how.validate()
    reading = reading_of(box_layout, box_units, dt_box_layout, dt_box_units, image_sizes)
    ground_truth = ground_truth_of(gt, how, threads, progress, reading)
    results = _results(dt, ground_truth, how, threads, progress, reading)
    return Evaluation(_core.evaluate(ground_truth, results, how, device, threads, progress))


def protocol_of(protocol: str | _core.Protocol, iou: str | None) -> _core.Protocol:
    if isinstance(protocol, str):
        with typed_parameters("iou"):
            return _core.Protocol(protocol, iou or "segm")
    if not isinstance(protocol, _core.Protocol):
        raise ProtocolError("protocol", "", f"expected a name or a Protocol, found {type(protocol).__name__}")
    how = protocol.__copy__()
    if iou is not None:
        how.iou = iou
    return how


def check_run(device: Any, threads: Any, progress: Any = None) -> None:
    """Where and how to run."""
    if not isinstance(device, str) or not device.isascii():
        raise ProtocolTypeError("device", "", f"expected the name of a device, got {device!r:.60}")
    if not isinstance(threads, int) or not -(2**31) <= threads < 2**31:
        raise ProtocolTypeError("threads", "", f"expected an integer of 32 bits, got {threads!r:.60}")
    if progress is not None and not callable(progress):
        raise ProtocolTypeError("progress", "", f"expected a function, got {_kind(progress)}")


def _floats(values: Sequence[float] | None, name: str) -> list[float] | None:
    with typed_parameters(name):
        return None if values is None else [float(value) for value in values]


def _integers(values: Sequence[int] | None, name: str) -> list[int] | None:
    with typed_parameters(name):
        return _as_integers(values, name)


def _as_integers(values: Sequence[int] | None, name: str) -> list[int] | None:
    if values is None:
        return None
    found = []
    for place, value in enumerate(values):
        if isinstance(value, float) and not value.is_integer():
            raise ProtocolError(name, f"[{place}]", f"expected an integer, found {value!r}")
        found.append(int(value))
        if name in ("max_dets", "recall_curve") and not 0 < found[-1] < 2**32:
            raise ProtocolError(name, f"[{place}]", f"expected an integer of at least 1, found {value!r}")
    return found


def reading_of(
    box_layout: str,
    box_units: str | None,
    dt_box_layout: str | None = None,
    dt_box_units: str | None = None,
    image_sizes: Any = None,
) -> _core.BoxReading:
    """How boxes are read. What is not said of dt is as it is said of gt."""
    names = {
        "box_layout": box_layout,
        "box_units": "pixels" if box_units is None else box_units,
        "dt_box_layout": box_layout if dt_box_layout is None else dt_box_layout,
        "dt_box_units": "pixels" if dt_box_units is None else dt_box_units,
    }
    for name, value in names.items():
        if not isinstance(value, str):
            raise ProtocolTypeError(name, "", f"expected a name, got {_kind(value)}")
    if image_sizes is not None and not isinstance(image_sizes, (str, os.PathLike, dict)):
        raise InputTypeError("image_sizes", "", f"expected a file, a folder, or a dictionary, got {_kind(image_sizes)}")
    of_results = box_units if dt_box_units is None else dt_box_units
    with typed("image_sizes"):
        return _core.BoxReading(box_layout, box_units, names["dt_box_layout"], of_results, image_sizes)


@typed("gt")
def ground_truth_of(
    gt: Any, how: _core.Protocol, threads: int, progress: Any, reading: _core.BoxReading
) -> _core.Dataset:
    if isinstance(gt, (str, os.PathLike)):
        return _core.Dataset.map(gt, how, threads, progress, reading)
    file = getattr(gt, "_file", None)
    if file is not None:
        boxes = how.iou == "bbox"
        return _core.Dataset.read(file.text, how, boxes=boxes, masks=not boxes, threads=threads, reading=reading)
    data = gt if isinstance(gt, dict) else getattr(gt, "dataset", None)
    if not isinstance(data, dict):
        kind = _kind(gt) + _sources.kind_of(gt, results=False)
        raise InputTypeError("gt", "", f"expected a file, a dictionary, or a COCO or LVIS object, got {kind}")
    with _sources.explaining(data, results=False):
        return _core.dataset_of_dict(data, how, "gt", reading)


@typed("dt")
def _results(
    dt: Any, ground_truth: _core.Dataset, how: _core.Protocol, threads: int, progress: Any, reading: _core.BoxReading
) -> _core.Detections:
    if isinstance(dt, (str, os.PathLike)):
        return _core.Detections.map(dt, ground_truth, how, threads, progress, reading)
    if isinstance(dt, list):
        with _sources.explaining(dt, results=True):
            return _core.detections_of_list(dt, ground_truth, how, "dt", reading)
    if isinstance(dt, np.ndarray):
        return _core.detections_of_array(_rows(dt), ground_truth, how, "dt", reading)
    if not reading.results_are_plain and hasattr(dt, "anns"):
        # loadRes() has made areas, polygons, and boxes of the numbers as it read them.
        raise ProtocolError(
            "dt_box_layout",
            "",
            "layouts and units are of files, lists, and arrays, got results that loadRes() or LVISResults has read; "
            "give what they were read from, or dt_box_layout='xywh' and dt_box_units='pixels'",
        )
    file = getattr(dt, "_file", None)
    if file is not None:
        boxes = how.iou == "bbox"
        return _core.Detections.read(file.text, ground_truth, how, boxes=boxes, masks=not boxes, threads=threads)
    listed = getattr(dt, "imgToAnns", None) or getattr(dt, "img_ann_map", None)
    if listed is None or not hasattr(dt, "anns"):
        kind = _kind(dt) + _sources.kind_of(dt, results=True)
        raise InputTypeError("dt", "", f"expected a file, a list, an array, or a COCO object, got {kind}")
    image_ids = ground_truth.image_ids.tolist()
    images = {key: row for row, key in enumerate(image_ids)}
    categories = {key: row for row, key in enumerate(ground_truth.category_ids.tolist())}
    return _core.read_detections(dt.anns, listed, image_ids, images, categories, how, "dt", ground_truth, reading)


def _rows(rows: np.ndarray) -> np.ndarray:
    if rows.ndim != 2 or rows.shape[1] != 7:
        raise InputTypeError("dt", "", f"expected an array [N, 7], found shape {list(rows.shape)}")
    if rows.dtype.kind not in "fiu":
        raise InputTypeError("dt", "", f"expected numbers, found dtype {rows.dtype}")
    return np.ascontiguousarray(rows, dtype=np.float64)


def _kind(value: Any) -> str:
    return type(value).__name__


def _cells_of(category: dict) -> list:
    """A category's row of the table."""
    numbers = [_shown(category[key]) for key in ("ap", "ap50", "ap75", "ar")]
    return [category["name"] or category["id"], *numbers, category["num_ground_truths"], category["num_detections"]]


def _shown(value: float) -> str:
    return "-" if value == -1 else f"{value:0.3f}"


def _html_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(each)}</th>" for each in headings)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
