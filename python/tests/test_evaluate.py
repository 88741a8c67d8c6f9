"""maskmetrics.evaluate: one call, whatever the data comes as."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import awkward
import numpy as np
import pytest
from compare import assert_same, quietly
from conftest import scaled
from pycocotools.coco import COCO as ReferenceCOCO
from pycocotools.cocoeval import COCOeval as ReferenceEval

import maskmetrics
from maskmetrics import COCO, LVIS, LVISResults, Protocol, evaluate


def as_array(rows: list[dict]) -> np.ndarray:
    return np.array([[r["image_id"], *r["bbox"], r["score"], r["category_id"]] for r in rows]).reshape(-1, 7)


def reference_stats(gt: str, dt: str, iou: str) -> np.ndarray:
    def run() -> np.ndarray:
        coco = ReferenceCOCO(gt)
        evaluator = ReferenceEval(coco, coco.loadRes(dt), iou)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        return evaluator.stats

    return quietly(run)


@pytest.mark.parametrize("iou", ["bbox", "segm"])
@pytest.mark.parametrize("name", ["dt_bbox.json", "dt_segm.json"])
def test_every_kind_of_input(iou: str, name: str, coco_data: Path) -> None:
    gt, dt = str(coco_data / "gt.json"), str(coco_data / name)
    expected = reference_stats(gt, dt, iou)
    ground_truth, rows = json.loads(Path(gt).read_text()), json.loads(Path(dt).read_text())
    coco = quietly(lambda: COCO(gt))
    touched = quietly(lambda: COCO(gt))
    assert touched.anns
    reference = quietly(lambda: ReferenceCOCO(gt))
    truths = [gt, Path(gt), ground_truth, coco, touched, reference]
    results = [dt, Path(dt), rows, quietly(lambda: coco.loadRes(dt)), quietly(lambda: reference.loadRes(dt))]
    if name == "dt_bbox.json":
        results.append(as_array(rows))
    before = copy.deepcopy((ground_truth, rows))
    for truth in truths:
        for found in results:
            result = evaluate(truth, found, iou=iou)
            assert_same(result.stats, expected)
            assert_same(list(result.metrics.values()), expected.tolist())
    assert (ground_truth, rows) == before, "what is handed in stays as it is"


@pytest.mark.parametrize("seed", range(scaled(60)))
def test_dictionaries_and_files_agree(seed: int, tmp_path: Path) -> None:
    """Numbers, warnings and errors, in either parity."""
    lvis = seed % 3 == 0
    ground_truth, rows = awkward.lvis(seed) if lvis else awkward.coco(seed)
    rows = [rows, awkward.as_boxes(rows), awkward.as_masks(rows)][seed % 3]
    (tmp_path / "gt.json").write_text(json.dumps(ground_truth))
    (tmp_path / "dt.json").write_text(json.dumps(rows))
    files = str(tmp_path / "gt.json"), str(tmp_path / "dt.json")
    names = {files[0]: "gt", files[1]: "dt"}

    def outcome(gt: Any, dt: Any, **how: Any) -> Any:
        try:
            result = evaluate(gt, dt, protocol="lvis" if lvis else "coco", **how)
        except maskmetrics.InputError as error:
            # A file's message says more of the row.
            return names.get(error.source, error.source), error.problem.split(" (")[0].split(":")[0]
        messages = []
        for warning in result.warnings:
            message = warning.message
            for path, name in names.items():
                message = message.replace(path, name)
            messages.append((warning.code, warning.count, message))
        return result.precision, result.recall, result.scores, result.stats, result.categories, messages

    for iou in ("bbox", "segm", "boundary"):
        for parity in ("strict", "corrected"):
            expected = outcome(*files, iou=iou, parity=parity)
            actual = outcome(ground_truth, rows, iou=iou, parity=parity)
            assert_same(actual, expected, f"{iou} {parity}")


def test_lvis_objects(lvis_data: Path) -> None:
    gt, dt = str(lvis_data / "gt.json"), str(lvis_data / "dt_synthetic_seed7.json")
    expected = evaluate(gt, dt, protocol="lvis")
    touched = LVISResults(gt, dt)
    assert touched.anns
    for truth in (gt, json.loads(Path(gt).read_text()), LVIS(gt)):
        for found in (dt, json.loads(Path(dt).read_text()), LVISResults(gt, dt), touched):
            result = evaluate(truth, found, protocol="lvis")
            assert_same(result.precision, expected.precision)
            assert_same(result.metrics, expected.metrics)


def test_settings_change_the_protocol(coco_data: Path) -> None:
    gt, dt = str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json")
    result = evaluate(
        gt,
        dt,
        iou="bbox",
        iou_thresholds=[0.5, 0.75],
        recall_thresholds=np.linspace(0, 1, 11),
        area_ranges={"all": (0, 1e10), "tiny": (0, 256)},
        max_dets=[1, 10, 100, 1000],
        recall_curve=[2, 4],
        image_ids=sorted(json.loads(Path(gt).read_text())["images"][i]["id"] for i in range(50)),
        category_ids=[1, 3, 2],
        parity="corrected",
        threads=2,
        device="cpu",
    )
    assert result.precision.shape == (2, 11, 3, 2, 4)
    assert result.recall.shape == (2, 3, 2, 4)
    assert result.recall_curve.shape == (2, 3, 2, 2)
    assert result.num_images == 50
    assert result.category_ids.tolist() == [1, 2, 3]
    assert "AR@1000" in result.metrics and "AP_tiny" in result.metrics
    assert result.protocol.iou_thresholds == [0.5, 0.75]
    assert result.device == "cpu"
    assert set(result.timings) == {"cells", "pairwise", "matching", "ranking", "accumulate"}
    assert (result.num_ground_truths >= 0).all() and result.num_ground_truths.shape == (3, 2)
    one = evaluate(gt, dt, iou="bbox", use_categories=False)
    assert one.category_ids.tolist() == [-1]
    sizes = evaluate(gt, dt, iou="bbox", relative_area_ranges={"all": (0, 1), "small": (0, 0.1)})
    assert sizes.protocol.area_unit == "relative"
    wide = evaluate(gt, str(coco_data / "dt_segm.json"), iou="boundary", dilation_ratio=0.1)
    assert wide.metrics["AP"] > evaluate(gt, str(coco_data / "dt_segm.json"), iou="boundary").metrics["AP"]


def test_a_protocol_of_ones_own_is_left_alone(coco_data: Path) -> None:
    gt, dt = str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json")
    protocol = Protocol("coco", "bbox")
    protocol.max_dets = [100, 10, 1]
    protocol.area_ranges = [("", 0, 100), ("named", 5, 7)]
    assert protocol.area_ranges == [("all", 0, 100), ("named", 5, 7)]
    result = evaluate(gt, dt, protocol=protocol, iou_thresholds=[0.5])
    assert result.protocol.iou == "bbox"
    assert result.protocol.max_dets == [1, 10, 100]
    assert protocol.max_dets == [100, 10, 1]
    assert len(protocol.iou_thresholds) == 10


def test_shown_as_text_and_in_notebooks(coco_data: Path) -> None:
    result = evaluate(coco_data / "gt.json", coco_data / "dt_bbox.json", iou="bbox")
    assert repr(result) == str(result)
    assert str(result).splitlines()[0] == (
        " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.505"
    )
    page = result._repr_html_()
    assert page.count("<table>") == 2
    assert "<td>AP</td><td>0.505</td>" in page
    assert "<td>person</td>" in page
    assert json.loads(result.to_json())["stats"] == result.stats.tolist()
    assert result.format_categories().splitlines()[1].startswith("person")
    assert result.categories[0]["name"] == "person"
    none = evaluate(coco_data / "gt.json", coco_data / "dt_bbox.json", iou="bbox", max_dets=[5])
    assert none.metrics == {} and none.stats.shape == (0,)
    assert "no summary" in str(none) and "no summary" in none._repr_html_()


def test_names_are_escaped_in_notebooks() -> None:
    data = {
        "images": [{"id": 1, "height": 5, "width": 5}],
        "categories": [{"id": 1, "name": "<b>&"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "area": 4, "iscrowd": 0, "bbox": [0, 0, 2, 2]}],
    }
    results = [{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 2, 2]}]
    page = evaluate(data, results, iou="bbox")._repr_html_()
    assert "&lt;b&gt;&amp;" in page and "<b>" not in page


def test_progress_is_told(coco_data: Path) -> None:
    stages = []
    evaluate(
        coco_data / "gt.json",
        coco_data / "dt_segm.json",
        progress=lambda stage, done, total: stages.append((stage, done <= total or total == 0)),
    )
    assert {stage for stage, _ in stages} >= {"reading ground truth", "reading results", "pairwise", "matching"}
    assert all(fits for _, fits in stages)


def test_an_error_in_progress_is_raised(coco_data: Path) -> None:
    def fail(stage: str, done: int, total: int) -> None:
        if stage == "matching":
            raise LookupError("no more")

    for _ in range(3):
        with pytest.raises(LookupError, match="no more"):
            evaluate(coco_data / "gt.json", coco_data / "dt_bbox.json", iou="bbox", progress=fail)
