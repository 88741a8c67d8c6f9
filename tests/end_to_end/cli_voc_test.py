"""Pascal VOC on the command line. Usage: cli_voc_test.py COMMAND [unittest arguments]"""

import json
import unittest

from cli_command import CommandTest, npy_shape


def xml(*objects):
    """An annotation file; an object is a name, a box of corners and whether it is difficult."""
    parts = [
        f"<object><name>{name}</name><difficult>{difficult}</difficult><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>"
        f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for name, (x1, y1, x2, y2), difficult in objects
    ]
    return "<annotation><size><width>100</width><height>100</height></size>" + "".join(parts) + "</annotation>"


DOG_RESULTS = """\
000002 0.9 10 10 19 19
000001 0.8 10 10 19 19
000001 0.7 11 10 20 19
000001 0.6 50 50 59 59
"""


class VocTest(CommandTest):
    """Two dogs, one of them difficult, and a cat. Of the detections, in the order of their scores: nothing found, a
    dog, the same dog again, the difficult dog."""

    def setUp(self):
        super().setUp()
        for folder in ("annotations", "results"):
            (self.folder / folder).mkdir()
        self.put("annotations/000001.xml", xml(("dog", (10, 10, 19, 19), 0), ("dog", (50, 50, 59, 59), 1)))
        self.put("annotations/000002.xml", xml(("cat", (10, 10, 19, 19), 0)))
        self.put("results/comp4_det_test_dog.txt", DOG_RESULTS)

    def voc(self, *arguments, gt="annotations", dt="results", command="eval"):
        return self.call(command, "--protocol", "voc", "--gt", gt, "--dt", dt, "--iou", "bbox", *arguments)

    def report(self, *arguments, **options):
        self.succeed(self.voc("--output", "result.json", *arguments, **options))
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))


class Eval(VocTest):
    def test_prints_every_class(self):
        start = "Average Precision (mAP) @[ IoU=0.50      | area=   all | points=every | class="
        self.assertEqual(
            self.succeed(self.voc()),
            f" Mean {start}all ] = 0.250\n"
            " Average Precision       (AP) @[ IoU=0.50      | area=   all | points=every | class=cat ] = 0.000\n"
            " Average Precision       (AP) @[ IoU=0.50      | area=   all | points=every | class=dog ] = 0.500\n",
        )

    def test_reports_difficult_as_nothing(self):
        report = self.report("--arrays", "arrays")
        self.assertEqual(report["metrics"], {"mAP@0.5": 0.25, "AP@0.5 cat": 0.0, "AP@0.5 dog": 0.5})
        cat, dog = report["categories"]
        self.assertEqual((dog["AP"], dog["AP50"], dog["AP75"], dog["AP_by_iou_threshold"]), (0.5, 0.5, -1.0, [0.5]))
        self.assertEqual((dog["num_ground_truths"], dog["num_detections"], dog["AR"]), (1, 4, 1.0))
        self.assertEqual((cat["num_ground_truths"], cat["num_detections"]), (1, 0))
        parameters = report["parameters"]
        self.assertEqual((parameters["rules"], parameters["interpolation"]), ("voc", "every_point"))
        self.assertEqual(npy_shape(self.folder / "arrays" / "precision.npy"), (1, 101, 2, 1, 1))
        self.assertEqual(npy_shape(self.folder / "arrays" / "average_precision.npy"), (1, 2, 1, 1))

    def test_takes_points_and_thresholds(self):
        report = self.report("--interpolation", "11", "--iou-thresholds", "0.5,0.95", "--per-category")
        self.assertEqual(list(report["metrics"])[:3], ["mAP", "mAP@0.5", "mAP@0.95"])
        # At .95 the second dog detection is false as before, so nothing changes.
        self.assertEqual(report["categories"][1]["AP_by_iou_threshold"], [0.5, 0.5])
        self.assertEqual(len(report["parameters"]["recall_thresholds"]), 11)

    def test_conventions_differ(self):
        """Nine columns of eleven in common, or eight of ten."""
        self.put("results/comp4_det_test_dog.txt", "000001 0.9 11 10 20 19\n")
        for convention, iou in (("inclusive", 90 / 110), ("continuous", 72 / 90)):
            at = [f"{iou:.6f}", f"{iou + 2e-6:.6f}"]
            thresholds = ",".join(str(float(value) - (1e-6 if i == 0 else 0)) for i, value in enumerate(at))
            report = self.report("--box-convention", convention, "--iou-thresholds", thresholds)
            self.assertEqual(report["categories"][1]["AP_by_iou_threshold"], [1.0, 0.0], convention)

    def test_takes_images_by_name_and_id(self):
        by_name = self.report("--images", "000001")
        self.assertEqual((by_name["num_images"], by_name["metrics"]["AP@0.5 dog"]), (1, 1.0))
        self.assertEqual(self.report("--images", "1")["metrics"], by_name["metrics"])
        self.put("test.txt", "000001\n")
        self.assertEqual(self.report("--images", "@test.txt")["metrics"], by_name["metrics"])
        self.fail_with(self.voc("--images", "x"), 1, "annotations: images: no image is named 'x'")

    def test_reads_text_files(self):
        for folder in ("gts", "dets"):
            (self.folder / folder).mkdir()
        self.put("gts/000001.txt", "dog 10 10 9 9\n")
        self.put("dets/000001.txt", "dog 0.5 10 10 9 9\n")
        self.assertEqual(self.report(gt="gts", dt="dets")["metrics"], {"mAP@0.5": 1.0, "AP@0.5 dog": 1.0})

    def test_reads_coco_files(self):
        data = {
            "images": [{"id": 5, "file_name": "000001.jpg", "height": 99, "width": 99}],
            "categories": [{"id": 3, "name": "dog"}],
            "annotations": [
                {"id": 1, "image_id": 5, "category_id": 3, "area": 81, "bbox": [10, 10, 9, 9]},
                {"id": 2, "image_id": 5, "category_id": 3, "area": 81, "bbox": [50, 50, 9, 9], "difficult": 1},
            ],
        }
        self.put("voc.json", json.dumps(data))
        found = [{"image_id": 5, "category_id": 3, "bbox": [50, 50, 9, 9], "score": 0.9}]
        self.put("found.json", json.dumps(found))
        report = self.report(gt="voc.json", dt="found.json")
        self.assertEqual(report["metrics"], {"mAP@0.5": 0.0, "AP@0.5 dog": 0.0})
        self.assertEqual(report["categories"][0]["num_ground_truths"], 1)
        self.put("comp4_det_test_dog.txt", "000001 0.8 10 10 19 19\n")
        report = self.report(gt="voc.json", dt="comp4_det_test_dog.txt")
        self.assertEqual(report["metrics"]["AP@0.5 dog"], 1.0)

    def test_masks_come_from_coco_files(self):
        self.succeed(self.call("eval", "--protocol", "voc", "--gt", "gt.json", "--dt", "masks.json", "--iou", "segm",
                               "--output", "result.json"))
        report = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))
        self.assertEqual(report["metrics"], {"mAP@0.5": 1.0, "AP@0.5 cat": 1.0, "AP@0.5 traffic light": 1.0})

    def test_does_not_depend_on_threads(self):
        first = self.report("--threads", "1")
        second = self.report("--threads", "7")
        self.assertEqual(first["metrics"], second["metrics"])


class Explain(VocTest):
    TABLE = """\
category dog, IoU threshold 0.5, area all [0, inf] px, max_dets all
ground truths 1, detections 4 (1 ignored), AP by every point 0.500

       image  confidence  TP  FP  cum TP  cum FP  precision  recall  monotone
      000002    0.900000       x       0       1     0.0000  0.0000    0.5000
      000001    0.800000   x           1       1     0.5000  1.0000    0.5000
      000001    0.700000       x       1       2     0.3333  1.0000    0.3333
      000001    0.600000               1       2     0.3333  1.0000    0.3333
"""

    def test_shows_what_counts(self):
        self.assertEqual(self.succeed(self.voc("--category", "dog", command="explain")), self.TABLE)

    def test_takes_boxes_where_no_kind_is_named(self):
        call = self.call("explain", "--protocol", "voc", "--gt", "annotations", "--dt", "results", "--category", "dog")
        self.assertEqual(self.succeed(call), self.TABLE)

    def test_takes_points(self):
        text = self.succeed(self.voc("--category", "dog", "--interpolation", "11", command="explain"))
        self.assertIn("AP 0.500", text)

    def test_writes_csv_with_names(self):
        text = self.succeed(self.voc("--category", "dog", "--csv", "-", command="explain"))
        self.assertEqual(text.splitlines()[1], "2,0,0.9,0,1,0,1,0,0,0.5,000002")


class Failures(VocTest):
    def test_options_of_voc_alone(self):
        for option, value in (("--interpolation", "11"), ("--box-convention", "inclusive")):
            self.fail_with(self.eval(option, value), 2, f"{option}: only --protocol voc has one")
        for value in ("0", "-3", "many", "1000001"):
            self.fail_with(
                self.voc("--interpolation", value),
                2,
                f"--interpolation: '{value}' is neither \"every\" nor a number of points from 1 to 1000000",
            )

    def test_folders_need_voc(self):
        done = self.call("eval", "--gt", "annotations", "--dt", "results", "--iou", "bbox")
        self.fail_with(done, 1, "annotations: is a directory, which only Pascal VOC's rules read")

    def test_folders_have_no_masks(self):
        done = self.call("eval", "--protocol", "voc", "--gt", "annotations", "--dt", "results", "--iou", "segm")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("have boxes alone, no masks; --iou bbox evaluates those", done.stderr)

    def test_names_file_and_line(self):
        self.put("annotations/000001.xml", "<annotation>\n<object><name>dog</name></object></annotation>")
        self.fail_with(
            self.voc(), 1, "annotations/000001.xml: line 2, object 0 (dog): <object> has no <bndbox>"
        )
        self.put("annotations/000001.xml", "<annotation>\n<object>")
        self.fail_with(self.voc(), 1, "annotations/000001.xml: line 2: is no XML: Start-end tags mismatch")

    def test_refuses_results_of_another_data_set(self):
        self.put("results/comp4_det_test_dog.txt", "2008_000001 0.9 1 2 3 4\n")
        self.fail_with(
            self.voc(), 1, "results/comp4_det_test_dog.txt: line 1: the ground truth has no image '2008_000001'"
        )

    def test_leaves_no_file_where_it_fails(self):
        before = self.names()
        self.put("results/comp4_det_test_dog.txt", "000001 0.9 1 2 3\n")
        done = self.voc("--output", "result.json", "--arrays", "arrays")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.names(), before)

    def test_warns_of_unknown_classes(self):
        self.put("results/comp4_det_test_cow.txt", "000001 0.9 1 2 3 4\n")
        done = self.voc()
        self.assertEqual(done.returncode, 0)
        self.assertIn("class 'cow'", done.stderr)


if __name__ == "__main__":
    unittest.main()
