"""The maskmetrics command under test, a small data set for it, and what it prints for that."""

import ast
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

# The first argument of the test script.
COMMAND = os.path.abspath(sys.argv.pop(1))

PLANE = "飛行機"  # six columns wide on a terminal, nine bytes long

CATEGORIES = [{"id": 1, "name": "cat"}, {"id": 2, "name": "traffic light"}, {"id": 3, "name": PLANE}]


def shape(box):
    """A box with the polygon around it."""
    x, y, width, height = box
    ring = [x, y, x, y + height, x + width, y + height, x + width, y]
    return {"bbox": box, "segmentation": [ring]}


# Compressed run-length codes of boxes in an image of 100 x 120 pixels.
CODES = {
    (60, 60, 10, 10): r"\m5:j200000000000000000\j4",
    (10, 10, 40, 40): "bo0X1l1" + 77 * "0" + "^j6",
    (0, 0, 20, 20): "0d0`2" + 37 * "0" + "`h9",
}


def ground_truth():
    boxes = [(1, 1, [10, 10, 40, 40]), (2, 2, [0, 0, 20, 20])]
    annotations = [
        {"id": row + 1, "image_id": image, "category_id": category, "iscrowd": 0, "area": box[2] * box[3], **shape(box)}
        for row, (image, category, box) in enumerate(boxes)
    ]
    images = [{"id": image, "height": 100, "width": 120} for image in (1, 2)]
    return {"images": images, "categories": CATEGORIES, "annotations": annotations}


def results(masks=False):
    """A true cat, a false cat, a true traffic light."""
    found = [(2, 1, [60, 60, 10, 10], 0.8), (1, 1, [10, 10, 40, 40], 0.9), (2, 2, [0, 0, 20, 20], 0.7)]
    return [
        {"image_id": image, "category_id": category, "score": score}
        | ({"segmentation": {"size": [100, 120], "counts": CODES[tuple(box)]}} if masks else {"bbox": box})
        for image, category, box, score in found
    ]


TWELVE_LINES = """\
 Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000
 Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 1.000
 Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ] = 1.000
 Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 1.000
 Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000
 Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 1.000
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 1.000
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000
 Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 1.000
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000
 Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000
"""

CATEGORY_TABLE = f"""\
category           AP    AP50    AP75      AR  ground truths  detections
cat             1.000   1.000   1.000   1.000              1           2
traffic light   1.000   1.000   1.000   1.000              1           1
{PLANE}              -       -       -       -              0           0
"""

# What one true positive of one detection gives: tp / (fp + tp + eps).
NEARLY_ONE = 0.9999999999999998
# The mean of few enough of them.
NEARER_ONE = 0.9999999999999999


def npy_shape(file):
    """Shape of a NumPy file whose header and length are as they must be."""
    content = file.read_bytes()
    assert content[:8] == b"\x93NUMPY\x01\x00", content[:8]
    data = 10 + int.from_bytes(content[8:10], "little")
    assert data % 64 == 0, data
    header = ast.literal_eval(content[10:data].decode("ascii"))
    assert header["descr"] == "<f8" and header["fortran_order"] is False, header
    cells = 1
    for length in header["shape"]:
        cells *= length
    assert len(content) == data + 8 * cells, (len(content), data, cells)
    return header["shape"]


class CommandTest(unittest.TestCase):
    """A folder with ground truth and results, and ways to call the command there."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.put("gt.json", json.dumps(ground_truth()))
        self.put("dt.json", json.dumps(results()))
        self.put("masks.json", json.dumps(results(masks=True)))

    def put(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def call(self, *arguments, **options):
        """On the CPU where the arguments name no device, so that a GPU here or there changes nothing."""
        if arguments[:1] in (("eval",), ("explain",), ("sweep",)) and "--device" not in arguments and "--help" not in arguments:
            arguments = (arguments[0], "--device", "cpu", *arguments[1:])
        return subprocess.run(
            [COMMAND, *arguments], cwd=self.folder, capture_output=True, encoding="utf-8", timeout=120, **options
        )

    def eval(self, *arguments, **options):
        return self.call("eval", "--gt", "gt.json", "--dt", "dt.json", "--iou", "bbox", *arguments, **options)

    def explain(self, *arguments):
        return self.call("explain", "--gt", "gt.json", "--dt", "dt.json", "--iou", "bbox", *arguments)

    def succeed(self, done):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def fail_with(self, done, status, message):
        self.assertEqual(done.stderr, f"maskmetrics: error: {message}\n")
        self.assertEqual((done.returncode, done.stdout), (status, ""))

    def evaluated(self, *arguments):
        """The JSON report of a call that succeeds without a warning."""
        self.succeed(self.eval("--output", "result.json", *arguments))
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())
