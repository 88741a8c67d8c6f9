"""LVIS, caps, recall curves and relative areas. Usage: cli_protocols_test.py COMMAND [unittest arguments]"""

import json
import unittest

from cli_command import CommandTest, npy_shape


def categories():
    return [
        {"id": 1, "name": "cat", "frequency": "f"},
        {"id": 2, "name": "dog", "frequency": "c"},
        {"id": 3, "name": "owl", "frequency": "r"},
    ]


def images():
    """No dog in image 1; perhaps more cats in image 2."""
    size = {"height": 100, "width": 100}
    return [
        {"id": 1, "neg_category_ids": [2], "not_exhaustive_category_ids": [], **size},
        {"id": 2, "neg_category_ids": [], "not_exhaustive_category_ids": [1], **size},
    ]


def ground_truth():
    """A cat in each image."""
    boxes = [(1, [10, 10, 20, 20]), (2, [50, 50, 40, 40])]
    annotations = [
        {"id": row + 1, "image_id": image, "category_id": 1, "area": box[2] * box[3], "bbox": box}
        for row, (image, box) in enumerate(boxes)
    ]
    return {"images": images(), "categories": categories(), "annotations": annotations}


def results():
    """An owl nobody knows of, the cat, a false dog; an unknown and the known cat."""
    found = [
        (1, 3, [10, 10, 20, 20], 0.95),
        (1, 1, [10, 10, 20, 20], 0.9),
        (1, 2, [10, 10, 20, 20], 0.8),
        (2, 1, [0, 0, 5, 5], 0.93),
        (2, 1, [50, 50, 40, 40], 0.5),
    ]
    return [{"image_id": i, "category_id": c, "bbox": box, "score": score} for i, c, box, score in found]


class ProtocolTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.put("lvis.json", json.dumps(ground_truth()))
        self.put("found.json", json.dumps(results()))

    def lvis(self, *arguments, protocol="lvis", command="eval"):
        files = ["--gt", "lvis.json", "--dt", "found.json", "--iou", "bbox"]
        return self.call(command, *files, "--protocol", protocol, *arguments)

    def lvis_report(self, *arguments, **options):
        self.succeed(self.lvis("--output", "result.json", *arguments, **options))
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    def edit(self, change):
        data = ground_truth()
        change(data)
        self.put("lvis.json", json.dumps(data))


class Lvis(ProtocolTest):
    NAMES = "AP AP50 AP75 APs APm APl APr APc APf AR@300 ARs@300 ARm@300 ARl@300".split()

    def test_evaluates_what_is_known(self):
        report = self.lvis_report("--arrays", "arrays")
        metrics = report["metrics"]
        self.assertEqual(list(metrics), self.NAMES)
        self.assertEqual(metrics["AP"], 1.0)  # the unknown cat is ignored
        self.assertEqual((metrics["APr"], metrics["APc"], metrics["APf"]), (-1.0, -1.0, 1.0))
        self.assertEqual(metrics["AR@300"], 1.0)
        self.assertEqual([category["num_detections"] for category in report["categories"]], [3, 1, 0])
        self.assertEqual((report["parameters"]["rules"], report["parameters"]["cap"]), ("lvis", "image"))
        self.assertEqual(npy_shape(self.folder / "arrays" / "precision.npy"), (10, 101, 3, 4))
        self.assertEqual(npy_shape(self.folder / "arrays" / "recall.npy"), (10, 3, 4))
        self.assertFalse((self.folder / "arrays" / "scores.npy").exists())

    def test_prints_the_references_lines(self):
        lines = self.succeed(self.lvis()).splitlines()
        self.assertEqual(len(lines), 13)
        self.assertEqual(
            lines[3], " Average Precision  (AP) @[ IoU=0.50:0.95 | area=     s | maxDets=300 catIds=all] = 1.000"
        )
        self.assertEqual(
            lines[8], " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=300 catIds=  f] = 1.000"
        )

    def test_a_cap_counts_what_is_not_evaluated(self):
        # The best of image 1 is the owl, of image 2 the unknown cat.
        self.assertEqual(self.lvis_report("--max-dets", "1")["metrics"]["AR@1"], 0.0)
        # The next of image 1 is the cat, of image 2 the cat.
        self.assertEqual(self.lvis_report("--max-dets", "2")["metrics"]["AR@2"], 1.0)
        self.assertEqual(self.lvis_report("--max-dets", "1", "--cap", "category")["metrics"]["AR@1"], 0.5)
        report = self.lvis_report("--max-dets", "all")
        self.assertEqual((report["metrics"]["AR@all"], report["parameters"]["max_dets"]), (1.0, [None]))

    def test_every_cap_has_a_recall(self):
        report = self.lvis_report("--max-dets", "2,1", "--arrays", "arrays")
        self.assertEqual((report["metrics"]["AR@1"], report["metrics"]["AR@2"]), (0.0, 1.0))
        self.assertEqual(npy_shape(self.folder / "arrays" / "recall.npy"), (10, 3, 4, 2))

    def test_fixed_caps_categories(self):
        report = self.lvis_report(protocol="lvis-fixed")
        self.assertEqual(report["parameters"]["max_dets_per_category"], 10000)
        self.assertEqual(report["metrics"]["AR@10000"], 1.0)
        found = [{"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "score": 1 - i / 20000} for i in range(10001)]
        self.put("found.json", json.dumps(found + results()))
        report = self.lvis_report(protocol="lvis-fixed")
        # Image 2 lost the cat of score 0.5, but not that of 0.93.
        self.assertEqual(report["categories"][0]["num_detections"], 10000)
        self.assertEqual(report["metrics"]["AR@10000"], 0.5)

    def test_explains(self):
        text = self.succeed(self.lvis("--category", "cat", command="explain"))
        self.assertIn("max_dets 300\nground truths 2, detections 3 (1 ignored), AP 1.000\n", text)

    def test_frequencies_may_be_missing(self):
        self.edit(lambda data: data.update(categories=[{"id": 1, "image_count": 7}]))
        done = self.lvis()
        self.assertEqual(done.returncode, 0)
        self.assertIn("rare up to 10, common up to 100 [frequency_from_image_count]\n", done.stderr)
        self.assertIn("catIds=  r] = 1.000", done.stdout)

    def test_contradictions_are_warnings(self):
        self.edit(lambda data: data["images"][0].update(neg_category_ids=[1], not_exhaustive_category_ids=[3]))
        done = self.lvis()
        self.assertEqual(done.returncode, 0)
        self.assertIn("image 1 of lvis.json, category 1 [category_negative_and_present]\n", done.stderr)
        self.assertIn("image 1 of lvis.json, category 3 [not_exhaustive_without_annotation]\n", done.stderr)

    def test_files_of_the_other_protocol(self):
        self.fail_with(
            self.eval("--protocol", "lvis"), 1, 'gt.json: images[0]: has no "neg_category_ids" (id 1)'
        )
        done = self.lvis(protocol="coco")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertTrue(done.stderr.endswith("is this for --protocol lvis?\n"), done.stderr)
        done = self.lvis("--parity", "corrected", protocol="coco")
        self.assertEqual(done.returncode, 0)
        self.assertIn("(2 times) [category_lists_not_read]\n", done.stderr)

    def test_frequencies_that_nobody_knows(self):
        self.edit(lambda data: data["categories"].append({"id": 4, "frequency": "often"}))
        self.fail_with(
            self.lvis(), 1, 'lvis.json: categories[3].frequency: expected "r", "c" or "f", found "often" (id 4)'
        )

    def test_results_of_another_data_set(self):
        self.put("found.json", json.dumps([dict(results()[0], image_id=77)]))
        self.fail_with(self.lvis(), 1, "found.json: [0].image_id: the ground truth has no image 77")

    def test_caps_that_make_no_sense(self):
        self.fail_with(self.lvis("--max-dets", "0"), 2, "max_dets[0]: 0 keeps no detection")
        self.fail_with(self.lvis("--max-dets", "-1"), 2, "--max-dets: '-1' is not a count")
        self.fail_with(self.lvis("--ar-curve", "5,0"), 2, "recall_curve[1]: 0 keeps no detection")


class Free(ProtocolTest):
    def test_a_cap_on_images(self):
        # Image 1 holds a cat of .9 alone, image 2 a false cat of .8 and a traffic light of .7.
        self.assertEqual(self.evaluated("--max-dets", "1,2,100")["stats"][6:9], [1.0, 1.0, 1.0])
        report = self.evaluated("--max-dets", "1,2,3", "--cap", "image", "--parity", "corrected")
        self.assertEqual([report["metrics"][f"AR@{n}"] for n in (1, 2, 3)], [0.5, 1.0, 1.0])
        self.assertEqual(report["parameters"]["cap"], "image")

    def test_a_recall_curve(self):
        done = self.eval("--cap", "image", "--ar-curve", "2,1,500", "--output", "result.json")
        text = self.succeed(done)
        self.assertEqual(
            text.splitlines()[12:],
            [
                "",
                "  max dets      AR all    AR small   AR medium    AR large",
                "         1       0.500       0.000       1.000           -",
                "         2       1.000       1.000       1.000           -",
                "       500       1.000       1.000       1.000           -",
            ],
        )
        report = json.loads((self.folder / "result.json").read_text())
        self.assertEqual(report["recall_curve"][0], {"max_dets": 1, "AR": [0.5, 0.0, 1.0, -1.0]})
        self.assertEqual(report["parameters"]["recall_curve"], [1, 2, 500])
        self.assertEqual(report["stats"], self.evaluated("--cap", "image")["stats"])

    def test_a_recall_curve_needs_no_summary(self):
        text = self.succeed_with_warning(self.eval("--max-dets", "100", "--ar-curve", "1"))
        self.assertEqual(text.splitlines()[1], "         1       1.000       1.000       1.000           -")

    def succeed_with_warning(self, done):
        self.assertEqual(done.returncode, 0)
        self.assertIn("[summary_needs_three_max_dets]\n", done.stderr)
        return done.stdout

    def test_relative_areas(self):
        # sqrt(1600 / 12000) = .365 and sqrt(400 / 12000) = .183
        report = self.evaluated("--relative-area-ranges", "small=0:0.2,large=0.2:1", "--parity", "corrected")
        self.assertEqual(
            report["parameters"]["area_ranges"],
            [
                {"label": "all", "low": 0.0, "high": None},
                {"label": "small", "low": 0.0, "high": 0.2},
                {"label": "large", "low": 0.2, "high": 1.0},
            ],
        )
        self.assertEqual(report["parameters"]["area_unit"], "relative")
        self.assertEqual((report["metrics"]["ARs"], report["metrics"]["ARl"]), (1.0, 1.0))
        done = self.eval("--relative-area-ranges", "all=0:0.1", "--parity", "corrected", "--output", "result.json")
        self.assertIn("warning: all annotations (2) have areas outside of every area range: ", done.stderr)
        self.assertIn("[no_annotations_in_area_ranges]", done.stderr)
        report = json.loads((self.folder / "result.json").read_text())
        self.assertEqual(report["metrics"]["AR@100"], -1.0)

    def test_relative_areas_need_the_size_of_images(self):
        data = json.loads((self.folder / "gt.json").read_text())
        del data["images"][1]["width"]
        self.put("gt.json", json.dumps(data))
        self.fail_with(
            self.eval("--relative-area-ranges", "0:1"),
            1,
            "gt.json: images: image 2 has no \"width\"; relative areas need the size of the image",
        )

    def test_area_ranges_are_of_one_kind(self):
        self.fail_with(
            self.eval("--relative-area-ranges", "0:1", "--area-ranges", "0:1"),
            2,
            "--relative-area-ranges: stands for --area-ranges, give one",
        )


if __name__ == "__main__":
    unittest.main()
