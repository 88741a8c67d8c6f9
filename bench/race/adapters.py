"""How each contestant is called. Usage: adapters.py CONTESTANT GT DT IOU RULES THREADS NUM_IMAGES

Runs in the contestants' environment and needs nothing else. Reads files and ends with a line of JSON: {"numbers": {name:
value}} and, where masks were prepared beforehand, {"seconds": ...} of the part that counts. Names are those of
maskmetrics' JSON; a contestant that computes only some gives those.
"""

import contextlib
import json
import sys
import time

COCO = "AP AP50 AP75 APs APm APl AR@1 AR@10 AR@100 ARs ARm ARl".split()
LVIS = "AP AP50 AP75 APs APm APl APr APc APf AR@300 ARs@300 ARm@300 ARl@300".split()


def named(values, names=COCO):
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def chosen(values, names):
    return {ours: float(values[theirs]) for theirs, ours in names.items() if theirs in values}


def summed_up(evaluation):
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation


def run_pycocotools(job):
    from pycocotools.coco import COCO as Coco
    from pycocotools.cocoeval import COCOeval

    truth = Coco(job.gt)
    return named(summed_up(COCOeval(truth, truth.loadRes(job.dt), job.iou)).stats)


def run_lvis(job):
    import numpy

    numpy.float = float  # removed from NumPy after lvis 0.5.3 was made
    from lvis import LVIS as Lvis
    from lvis import LVISEval, LVISResults

    truth = Lvis(job.gt)
    evaluation = LVISEval(truth, LVISResults(truth, job.dt, max_dets=300), job.iou)
    evaluation.run()
    return chosen(evaluation.results, {name: name for name in LVIS})


def run_faster_coco_eval(job):
    from faster_coco_eval import COCO as Coco
    from faster_coco_eval import COCOeval_faster

    truth = Coco(job.gt)
    found = truth.loadRes(job.dt)
    evaluation = COCOeval_faster(truth, found, job.iou, lvis_style=job.is_lvis, extra_calc=False)
    if not job.is_lvis:
        return named(summed_up(evaluation).stats)
    evaluation.params.maxDets = [300]
    names = {"AP_all": "AP", "AP_50": "AP50", "AP_75": "AP75", "AP_small": "APs", "AP_medium": "APm", "AP_large": "APl",
             "APr": "APr", "APc": "APc", "APf": "APf", "AR_all": "AR@300", "AR_small": "ARs@300",
             "AR_medium": "ARm@300", "AR_large": "ARl@300"}  # fmt: skip
    return chosen(summed_up(evaluation).stats_as_dict, names)


def run_hotcoco(job):
    import hotcoco

    truth = hotcoco.COCO(job.gt)
    found = truth.load_res(job.dt)
    if not job.is_lvis:
        return named(summed_up(hotcoco.COCOeval(truth, found, job.iou)).stats)
    evaluation = hotcoco.LVISEval(truth, found, job.iou)
    evaluation.run()
    return chosen(evaluation.get_results(), {name: name for name in LVIS})


def run_ultrafast_pycocotools(job):
    from ultrafast_pycocotools import COCO as Coco
    from ultrafast_pycocotools import COCOeval

    truth = Coco(job.gt)
    style = {"lvis_style": True} if job.is_lvis else {}
    evaluation = summed_up(COCOeval(truth, truth.loadRes(job.dt), job.iou, **style))
    return named(evaluation.stats, LVIS if job.is_lvis else COCO)


def run_vernier(job):
    from vernier.instance import Bbox, Boundary, CocoDataset, Evaluator, Segm

    overlap = {"bbox": Bbox, "segm": Segm, "boundary": Boundary}[job.iou]()
    with open(job.gt, "rb") as file:
        read = CocoDataset.from_lvis_json if job.is_lvis else CocoDataset.from_json
        truth = read(file.read())
    with open(job.dt, "rb") as file:
        found = file.read()
    caps = {"max_dets": (1, 10, 300)} if job.is_lvis else {}
    evaluator = Evaluator(iou=overlap, parity_mode="strict", **caps)
    stats = evaluator.evaluate(truth, found, num_threads=job.threads).stats
    if not job.is_lvis:
        return named(stats)
    # Its AP is COCO's, which looks for a cap of 100, and it groups no frequencies.
    names = [None, "AP50", "AP75", "APs", "APm", "APl", None, None, "AR@300", "ARs@300", "ARm@300", "ARl@300"]
    return {name: float(value) for name, value in zip(names, stats, strict=True) if name}


def dense_images(job):
    """Every image with its masks as bool arrays: what a training loop holds. Not timed."""
    import numpy
    from pycocotools import mask

    def dense(segmentation, height, width):
        if isinstance(segmentation, list):
            return mask.decode(mask.merge(mask.frPyObjects(segmentation, height, width)))
        if isinstance(segmentation["counts"], list):
            segmentation = mask.frPyObjects(segmentation, height, width)
        return mask.decode(segmentation)

    with open(job.gt, encoding="utf-8") as file:
        truth = json.load(file)
    with open(job.dt, encoding="utf-8") as file:
        found = json.load(file)
    truth["images"] = truth["images"][: job.num_images]
    rows = {image["id"]: ([], []) for image in truth["images"]}
    for side, annotations in ((0, found), (1, truth["annotations"])):
        for annotation in annotations:
            if annotation["image_id"] in rows:
                rows[annotation["image_id"]][side].append(annotation)
    for image in truth["images"]:
        height, width = image["height"], image["width"]
        masks = [
            numpy.stack([dense(row["segmentation"], height, width) for row in side]).astype(bool)
            if side
            else numpy.zeros((0, height, width), bool)
            for side in rows[image["id"]]
        ]
        yield (*masks, *rows[image["id"]])


def dense_metric(job, metric):
    """update() of every image and compute(), of torchmetrics' class or ours, which has its interface."""
    import torch

    def integers(rows, key):
        return torch.tensor([row.get(key, 0) for row in rows], dtype=torch.int64)

    images = []
    for found_masks, true_masks, found, truth in dense_images(job):
        scores = torch.tensor([row["score"] for row in found])
        images.append((
            [{"masks": torch.from_numpy(found_masks), "scores": scores, "labels": integers(found, "category_id")}],
            [{"masks": torch.from_numpy(true_masks), "labels": integers(truth, "category_id"),
              "iscrowd": integers(truth, "iscrowd")}],
        ))  # fmt: skip
    start = time.perf_counter()
    for found, truth in images:
        metric.update(found, truth)
    values = metric.compute()
    seconds = time.perf_counter() - start
    names = {"map": "AP", "map_50": "AP50", "map_75": "AP75", "map_small": "APs", "map_medium": "APm",
             "map_large": "APl", "mar_1": "AR@1", "mar_10": "AR@10", "mar_100": "AR@100", "mar_small": "ARs",
             "mar_medium": "ARm", "mar_large": "ARl"}  # fmt: skip
    return chosen(values, names), seconds


def dense_torchmetrics(job, backend):
    from torchmetrics.detection import MeanAveragePrecision

    return dense_metric(job, MeanAveragePrecision(iou_type="segm", backend=backend))


def dense_maskmetrics(job):
    from maskmetrics.torch import MeanAveragePrecision

    return dense_metric(job, MeanAveragePrecision(iou_type="segm"))


CONTESTANTS = {
    "pycocotools": run_pycocotools,
    "lvis": run_lvis,
    "faster-coco-eval": run_faster_coco_eval,
    "hotcoco": run_hotcoco,
    "ultrafast-pycocotools": run_ultrafast_pycocotools,
    "vernier": run_vernier,
    "torchmetrics": lambda job: dense_torchmetrics(job, "pycocotools"),
    "torchmetrics[faster-coco-eval]": lambda job: dense_torchmetrics(job, "faster_coco_eval"),
    "maskmetrics (Python)": dense_maskmetrics,
}


class Job:
    def __init__(self, arguments):
        self.gt, self.dt, self.iou, rules, threads, num_images = arguments
        self.is_lvis = rules == "lvis"
        self.threads = int(threads)
        self.num_images = int(num_images)


def main():
    name, *job = sys.argv[1:]
    with contextlib.redirect_stdout(sys.stderr):
        result = CONTESTANTS[name](Job(job))
    numbers, seconds = result if isinstance(result, tuple) else (result, None)
    print(json.dumps({"numbers": numbers, "seconds": seconds}))


if __name__ == "__main__":
    main()
