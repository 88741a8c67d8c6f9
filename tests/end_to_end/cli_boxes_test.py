"""Boxes in other layouts and units, on the command line. Usage: cli_boxes_test.py COMMAND [unittest arguments]"""

import json
import struct
import unittest

from cli_command import CommandTest, ground_truth, results

WIDTH, HEIGHT = 120, 100


def corners(box):
    x, y, width, height = box
    return [x, y, x + width, y + height]


def centered(box):
    x, y, width, height = box
    return [x + width / 2, y + height / 2, width, height]


def relative(box):
    return [n / side for n, side in zip(box, (WIDTH, HEIGHT) * 2, strict=True)]


def png(width, height):
    """The bytes of a PNG that tell its size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\x00\x00\x00"


class Json(CommandTest):
    """The numbers of a file do not depend on how it writes its boxes."""

    def put_boxes(self, of_gt, of_dt):
        truth, found = ground_truth(), results()
        for each in truth["annotations"]:
            each["bbox"] = of_gt(each["bbox"])
        for each in found:
            each["bbox"] = of_dt(each["bbox"])
        self.put("gt.json", json.dumps(truth))
        self.put("dt.json", json.dumps(found))

    def setUp(self):
        super().setUp()
        self.expected = self.evaluated()["metrics"]

    def test_reads_every_layout(self):
        for layout, write in (("xyxy", corners), ("cxcywh", centered), ("xywh", list)):
            self.put_boxes(write, write)
            self.assertEqual(self.evaluated("--box-layout", layout)["metrics"], self.expected, layout)

    def test_reads_results_of_another_layout(self):
        self.put_boxes(list, corners)
        self.assertEqual(self.evaluated("--dt-box-layout", "xyxy")["metrics"], self.expected)
        self.put_boxes(corners, list)
        self.assertEqual(self.evaluated("--box-layout", "xyxy", "--dt-box-layout", "xywh")["metrics"], self.expected)

    def test_reads_relative_boxes(self):
        self.put_boxes(relative, list)
        report = self.evaluated("--box-units", "relative", "--dt-box-units", "pixels")
        self.assertEqual(report["metrics"], self.expected)
        self.put_boxes(lambda box: relative(centered(box)), lambda box: relative(centered(box)))
        report = self.evaluated("--box-units", "relative", "--box-layout", "cxcywh")
        self.assertEqual(report["metrics"], self.expected)

    def test_lvis_and_explain_take_them_too(self):
        self.put_boxes(corners, corners)
        plain = self.succeed(self.explain("--category", "cat", "--box-layout", "xyxy"))
        self.assertIn("AP 1.000", plain)
        truth = json.loads((self.folder / "gt.json").read_text(encoding="utf-8"))
        for image in truth["images"]:
            image |= {"neg_category_ids": [3], "not_exhaustive_category_ids": []}
        truth["categories"] = [each | {"frequency": "f"} for each in truth["categories"]]
        self.put("gt.json", json.dumps(truth))
        report = self.evaluated("--protocol", "lvis", "--box-layout", "xyxy")
        self.assertAlmostEqual(report["metrics"]["AP"], 1)

    def test_warns_where_boxes_look_relative(self):
        self.put_boxes(relative, relative)
        done = self.eval()
        self.assertEqual((done.returncode, done.stdout.count("= 1.000")), (0, 10), done.stdout)
        self.assertIn("all 2 boxes of gt.json are within [0, 1]; boxes are in pixels", done.stderr)
        self.assertIn("all 3 boxes of dt.json are within [0, 1]; boxes are in pixels", done.stderr)
        self.assertIn("unless --dt-box-units relative says so", done.stderr)
        self.assertEqual(self.eval("--quiet").stderr, "")

    def test_warns_of_scores(self):
        found = results()
        found[1]["score"] = 12.5
        self.put("dt.json", json.dumps(found))
        self.assertEqual(
            self.eval().stderr,
            "maskmetrics: warning: scores outside of 0 to 1, which are taken as they are; the first is [1].score of "
            "dt.json: 12.5 [score_outside_0_1]\n",
        )

    def test_sizes_may_come_from_elsewhere(self):
        self.put_boxes(relative, list)
        truth = json.loads((self.folder / "gt.json").read_text(encoding="utf-8"))
        for image in truth["images"]:
            del image["height"], image["width"]
            image["file_name"] = f"train/{image['id']}.png"
        self.put("gt.json", json.dumps(truth))
        options = ("--box-units", "relative", "--dt-box-units", "pixels")
        self.fail_with(
            self.eval(*options), 1,
            "gt.json: annotations[0].bbox: relative boxes need the size of their image, and that of image 1 is not known; "
            "--image-sizes FILE or FOLDER (image_sizes in Python) gives sizes",
        )
        self.put("sizes.csv", f"image,width,height\n1,{WIDTH},{HEIGHT}\n2.png,{WIDTH},{HEIGHT}\n")
        self.put("sizes.json", json.dumps({"images": ground_truth()["images"]}))
        (self.folder / "images").mkdir()
        for image in (1, 2):
            (self.folder / "images" / f"{image}.png").write_bytes(png(WIDTH, HEIGHT))
        for sizes in ("sizes.csv", "sizes.json", "images"):
            report = self.evaluated(*options, "--image-sizes", sizes)
            self.assertEqual(report["metrics"], self.expected, sizes)
        self.fail_with(self.eval("--image-sizes", "none.csv"), 1, "none.csv: cannot be opened: No such file or directory")


class Sweep(CommandTest):
    def sweep(self, *options):
        self.succeed(self.call("sweep", "--gt", "gt.json", "--dt", "dt.json", "--iou", "bbox", "--output", "out", "--quiet", *options))
        return json.loads((self.folder / "out" / "dt.json").read_text(encoding="utf-8"))["metrics"]

    def test_reads_and_remembers_the_layout(self):
        expected = self.sweep()
        found = results()
        for each in found:
            each["bbox"] = corners(each["bbox"])
        self.put("dt.json", json.dumps(found))
        self.assertNotEqual(self.sweep(), expected)
        self.assertEqual(self.sweep("--dt-box-layout", "xyxy"), expected)


class Text(CommandTest):
    """One image, a.png, with a cat."""

    CAT = [30, 20, 48, 40]

    def setUp(self):
        super().setUp()
        for name in ("gts", "dets", "images"):
            (self.folder / name).mkdir()
        (self.folder / "images" / "a.png").write_bytes(png(WIDTH, HEIGHT))
        self.put_line("gts", ["cat", *self.CAT])
        self.put_line("dets", ["cat", 0.9, *self.CAT])

    def put_line(self, folder, values):
        self.put(f"{folder}/a.txt", " ".join(map(str, values)) + "\n")

    def voc(self, *arguments):
        return self.call("eval", "--protocol", "voc", "--gt", "gts", "--dt", "dets", "--iou", "bbox", *arguments)

    def test_reads_corners(self):
        expected = self.succeed(self.voc())
        self.put_line("dets", ["cat", 0.9, *corners(self.CAT)])
        self.assertEqual(self.succeed(self.voc("--dt-box-layout", "xyxy")), expected)
        self.put_line("gts", ["cat", *corners(self.CAT)])
        self.assertEqual(self.succeed(self.voc("--box-layout", "xyxy")), expected)

    def test_reads_yolo(self):
        expected = self.succeed(self.voc())
        box = relative(centered(self.CAT))
        self.put_line("gts", ["cat", *box])
        self.put_line("dets", ["cat", *box, 0.9])
        options = ("--box-layout", "cxcywh", "--box-units", "relative", "--image-sizes", "images")
        self.assertEqual(self.succeed(self.voc(*options, "--dt-score", "last")), expected)
        self.put_line("dets", ["cat", 0.9, *box])
        self.assertEqual(self.succeed(self.voc(*options, "--dt-score", "first")), expected)
        self.fail_with(
            self.voc(*options),
            1,
            "dets: lines of relative boxes have the score before the box (Padilla et al.) or behind it (YOLO), and "
            "nothing tells which; --dt-score first or --dt-score last does",
        )

    def test_refuses_what_looks_relative(self):
        self.put_line("gts", ["cat", *relative(self.CAT)])
        self.fail_with(
            self.voc(), 1,
            "gts/a.txt: line 1: all coordinates are between 0 and 1: these look like parts of the image; boxes must be in "
            "pixels; --box-units relative converts them, and --box-layout cxcywh reads centers, as YOLO writes them",
        )
        self.assertEqual(self.voc("--box-units", "pixels").returncode, 0)

    def test_refuses_damaged_images(self):
        (self.folder / "images" / "a.png").write_bytes(png(WIDTH, HEIGHT)[:20])
        self.fail_with(self.voc("--image-sizes", "images"), 1, "images/a.png: ends within its header")

    def test_hints_at_corners(self):
        boxes = ([10, 5, 50, 25], [60, 30, 90, 70])
        self.put("gts/a.txt", "".join(f"cat {' '.join(map(str, box))}\n" for box in boxes))
        done = self.voc()
        self.assertEqual(done.returncode, 0)
        self.assertIn("they look like corners, and were read as x y width height; --box-layout xyxy reads", done.stderr)
        self.assertIn("[ground_truth_boxes_look_like_corners]", done.stderr)

    def test_misuse(self):
        self.fail_with(self.eval("--dt-score", "last"), 2, "--dt-score: only --protocol voc reads text files")
        done = self.eval("--box-layout", "yxyx")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--box-layout", done.stderr)


if __name__ == "__main__":
    unittest.main()
