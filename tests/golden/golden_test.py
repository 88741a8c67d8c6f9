"""The command on recorded data gives the recorded bits of the references: numbers, arrays and printed lines.

Usage: golden_test.py COMMAND DATA_FOLDER [unittest arguments]
$MASKMETRICS_TEST_DATA replaces DATA_FOLDER. Without the data it exits with 77 (skipped), or fails where $CI is "true".
"""

import ast
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

COMMAND = ""
DATA = Path()


def npy_content(file):
    """Shape and bytes of a NumPy file."""
    content = file.read_bytes()
    data = 10 + int.from_bytes(content[8:10], "little")
    return ast.literal_eval(content[10:data].decode("ascii"))["shape"], content[data:]


def evaluated(ground_truth, results, names, *arguments):
    """What the command prints, its numbers, and shape and bytes of its arrays, which must be those of these names."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "result.json"
        done = subprocess.run(
            [COMMAND, "eval", "--gt", ground_truth, "--dt", results, "--device", "cpu"]
            + ["--arrays", folder, "--output", output, *arguments],
            capture_output=True,
            encoding="utf-8",
            timeout=240,
        )
        if (done.returncode, done.stderr) != (0, ""):
            raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
        written = sorted(file.stem for file in Path(folder).glob("*.npy"))
        if written != sorted(names):
            raise AssertionError(f"arrays {written}, expected {names}")
        stats = json.loads(output.read_text())["stats"]
        return done.stdout, stats, {name: npy_content(Path(folder) / f"{name}.npy") for name in names}


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.recorded = json.loads((DATA / "golden" / "pycocotools_2.0.11__coco_val2014_100.json").read_text())

    def check(self, iou, *arguments):
        expected = self.recorded[f"val2014_100 {iou}"]
        results = "bbox" if iou == "bbox" else "segm"
        scenes = DATA / "coco_val2014_100"
        names = ("precision", "recall", "scores")
        text, stats, arrays = evaluated(scenes / "gt.json", scenes / f"dt_{results}.json", names, "--iou", iou, *arguments)
        self.assertEqual([value.hex() for value in stats], expected["hex"])
        for name, (shape, content) in arrays.items():
            self.assertEqual(hashlib.sha256(content).hexdigest(), expected["sha256"][name], name)
            without_recalls = expected["shape"][:1] + expected["shape"][2:]
            self.assertEqual(list(shape), without_recalls if name == "recall" else expected["shape"], name)
        self.check_lines(text, stats)

    def check_lines(self, text, stats):
        """The printed line of every number, by the reference's format."""
        kinds = ["Average Precision  (AP)"] * 6 + ["Average Recall     (AR)"] * 6
        ious = ["0.50:0.95", "0.50", "0.75"] + ["0.50:0.95"] * 9
        areas = ["all", "all", "all", "small", "medium", "large"] + ["all"] * 3 + ["small", "medium", "large"]
        caps = [100] * 6 + [1, 10] + [100] * 4
        expected = [
            f" {kind} @[ IoU={iou:<9} | area={area:>6} | maxDets={cap:>3} ] = {value:.3f}\n"
            for kind, iou, area, cap, value in zip(kinds, ious, areas, caps, stats)
        ]
        self.assertEqual(text, "".join(expected))

    def test_boxes(self):
        self.check("bbox")

    def test_masks(self):
        self.check("segm")

    def test_masks_with_other_numbers_of_threads(self):
        for threads in ("1", "2", "7"):
            self.check("segm", "--threads", threads)

    def test_boundaries(self):
        self.check("boundary")
        self.check("boundary", "--dilation-ratio", "0.02")

    def test_boundaries_with_other_numbers_of_threads(self):
        for threads in ("1", "2", "7"):
            self.check("boundary", "--threads", threads)


class FederatedCase(unittest.TestCase):
    """Recorded answers for the files of LVIS, by overlap."""

    recorded = {}

    def check(self, iou, *arguments):
        expected = self.recorded[iou]
        files = [DATA / "lvis_val_100" / name for name in ("gt.json", "dt_synthetic_seed7.json")]
        text, stats, arrays = evaluated(*files, ("precision", "recall"), "--protocol", "lvis", "--iou", iou, *arguments)
        self.assertEqual([value.hex() for value in stats], list(expected["hex"].values()))
        shape = expected["shape"]
        for name, (array_shape, content) in arrays.items():
            self.assertEqual(hashlib.sha256(content).hexdigest(), expected["sha256"][name], name)
            self.assertEqual(list(array_shape), shape[:1] + shape[2:] if name == "recall" else shape, name)
        self.check_lines(text, stats)

    def check_lines(self, text, stats):
        kinds = ["Average Precision  (AP)"] * 9 + ["Average Recall     (AR)"] * 4
        ious = ["0.50:0.95", "0.50", "0.75"] + ["0.50:0.95"] * 10
        areas = ["all"] * 3 + ["s", "m", "l"] + ["all"] * 4 + ["s", "m", "l"]
        groups = ["all"] * 6 + ["r", "c", "f"] + ["all"] * 4
        expected = [
            f" {kind} @[ IoU={iou:<9} | area={area:>6} | maxDets=300 catIds={group:>3}] = {value:.3f}\n"
            for kind, iou, area, group, value in zip(kinds, ious, areas, groups, stats)
        ]
        self.assertEqual(text, "".join(expected))


class FederatedGolden(FederatedCase):
    """The same of lvis-api."""

    @classmethod
    def setUpClass(cls):
        cls.recorded = json.loads((DATA / "golden" / "lvis_0.5.3__lvis_val_100__dt_synthetic_seed7.json").read_text())

    def test_boxes(self):
        self.check("bbox")

    def test_masks(self):
        self.check("segm")

    def test_masks_with_other_numbers_of_threads(self):
        for threads in ("1", "2", "7"):
            self.check("segm", "--threads", threads)


class FederatedBoundaryGolden(FederatedCase):
    """LVIS with boundaries, as boundary-iou-api (Cheng et al. 2021) finds it for the same files."""

    ANSWER = {
        "hex": {
            "AP": "0x1.7a8ea17706e7cp-2",
            "AP50": "0x1.2d1f9df847d0fp-1",
            "AP75": "0x1.a8c737f4f29fdp-2",
            "APs": "0x1.08353d0e1f052p-2",
            "APm": "0x1.e9acd42342e46p-2",
            "APl": "0x1.18a4436bca886p-1",
            "APr": "0x1.9999999999999p-1",
            "APc": "0x1.652089415225dp-2",
            "APf": "0x1.7bd447bb8c8e3p-2",
            "AR@300": "0x1.ce05f1fd66a82p-2",
            "ARs@300": "0x1.3dd863a025082p-2",
            "ARm@300": "0x1.0e76497b3a76cp-1",
            "ARl@300": "0x1.31a22cafc746bp-1",
        },
        "shape": [10, 101, 1230, 4],
        "sha256": {
            "precision": "392cd5f6f6f4bd1a17c916b5d5a9a6ad354a9a2037ade827ea811eeb30fb7bb8",
            "recall": "c3cd4c231f24d39bb7871e4c6084dc3537f698ade654350482d086e3c8870ef9",
        },
    }

    recorded = {"boundary": ANSWER}

    def test_boundaries(self):
        self.check("boundary")
        self.check("boundary", "--dilation-ratio", "0.02")

    def test_boundaries_with_other_numbers_of_threads(self):
        for threads in ("1", "2", "7"):
            self.check("boundary", "--threads", threads)


class VocGolden(unittest.TestCase):
    """Average precision that the toolkit of Padilla et al. finds for its toy example, by IoU threshold."""

    EXPECTED = {
        "every": {0.1: "0x1.594a734307aafp-2", 0.3: "0x1.f72a940d6d5c6p-3", 0.5: "0x1.6c16c16c16c16p-6", 0.75: "0x0.0p+0"},
        "11": {0.1: "0x1.5555555555555p-2", 0.3: "0x1.12d6fee44b5bfp-2", 0.5: "0x1.f07c1f07c1f07p-6", 0.75: "0x0.0p+0"},
    }
    # The same in decimals, cut and not rounded.
    TEN_DIGITS = {
        "every": ["0.3371980676", "0.2456866804", "0.0222222222", "0.0000000000"],
        "11": ["0.3333333333", "0.2683982683", "0.0303030303", "0.0000000000"],
    }

    def check(self, points, *arguments):
        toy = DATA / "voc_padilla_toy"
        names = ("precision", "recall", "scores", *(["average_precision"] if points == "every" else []))
        expected = self.EXPECTED[points]
        thresholds = ",".join(str(threshold) for threshold in expected)
        options = ["--protocol", "voc", "--iou", "bbox", "--interpolation", points, "--iou-thresholds", thresholds]
        _, stats, arrays = evaluated(toy / "gts", toy / "dets", names, *options, *arguments)
        mean, *by_threshold = stats
        self.assertEqual([value.hex() for value in by_threshold], 2 * list(expected.values()))
        self.assertEqual([f"{value:.14f}"[:12] for value in by_threshold], 2 * self.TEN_DIGITS[points])
        self.assertAlmostEqual(mean, sum(by_threshold[:4]) / 4, places=15)
        if points == "every":
            shape, content = arrays["average_precision"]
            self.assertEqual(shape, (4, 1, 1, 1))
            self.assertEqual([value.hex() for value in struct.unpack("<4d", content)], list(expected.values()))

    def test_every_point(self):
        self.check("every")

    def test_eleven_points(self):
        self.check("11")

    def test_other_numbers_of_threads(self):
        for threads in ("1", "2", "7"):
            self.check("every", "--threads", threads)


if __name__ == "__main__":
    COMMAND = os.path.abspath(sys.argv.pop(1))
    DATA = Path(os.environ.get("MASKMETRICS_TEST_DATA") or sys.argv.pop(1)).resolve()
    if not DATA.is_dir():
        print(f"no recorded data at {DATA} (MASKMETRICS_TEST_DATA)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main(argv=sys.argv[:1])
