"""What the maskmetrics command prints and writes. Usage: cli_numbers_test.py COMMAND [unittest arguments]"""

import json
import unittest

from cli_command import CATEGORY_TABLE, NEARER_ONE, NEARLY_ONE, PLANE, TWELVE_LINES
from cli_command import CommandTest, ground_truth, npy_shape


class Eval(CommandTest):
    def test_prints_the_twelve_lines(self):
        self.assertEqual(self.succeed(self.eval()), TWELVE_LINES)

    def test_evaluates_masks(self):
        done = self.call("eval", "--gt", "gt.json", "--dt", "masks.json", "--iou", "segm")
        self.assertEqual(self.succeed(done), TWELVE_LINES)

    def test_evaluates_boundaries(self):
        files = ["--gt", "gt.json", "--dt", "masks.json"]
        done = self.call("eval", *files, "--iou", "boundary", "--dilation-ratio", "0.05", "--output", "result.json")
        self.assertEqual(self.succeed(done), TWELVE_LINES)
        parameters = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))["parameters"]
        self.assertEqual((parameters["iou_type"], parameters["boundary_dilation_ratio"]), ("boundary", 0.05))

    def test_prints_a_table_by_category(self):
        self.assertEqual(self.succeed(self.eval("--per-category")), TWELVE_LINES + "\n" + CATEGORY_TABLE)

    def test_writes_json(self):
        report = self.evaluated()
        self.assertEqual(report["schema_version"], 1)
        self.assertEqual(report["device"], "cpu")
        self.assertEqual(report["num_images"], 2)
        expected = [NEARLY_ONE, NEARER_ONE, NEARER_ONE, NEARLY_ONE, NEARLY_ONE, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0]
        self.assertEqual(report["stats"], expected)
        self.assertEqual(list(report["metrics"].values()), expected)
        self.assertEqual(list(report["metrics"])[:7], ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR@1"])
        self.assertEqual(
            report["categories"][0],
            {
                "id": 1,
                "name": "cat",
                "AP": NEARLY_ONE,
                "AP50": NEARER_ONE,
                "AP75": NEARER_ONE,
                "AR": 1.0,
                "num_ground_truths": 1,
                "num_detections": 2,
            },
        )
        self.assertEqual(report["categories"][2]["name"], PLANE)
        self.assertEqual(report["warnings"], [])
        self.assertEqual(list(report["timings"])[:2], ["read_ground_truth", "read_results"])
        self.assertTrue(all(0 <= seconds < 60 for seconds in report["timings"].values()))

    def test_json_holds_the_parameters(self):
        parameters = self.evaluated()["parameters"]
        self.assertEqual((parameters["iou_type"], parameters["boundary_dilation_ratio"]), ("bbox", None))
        self.assertEqual(parameters["iou_thresholds"][8], 0.8999999999999999)
        self.assertEqual(len(parameters["recall_thresholds"]), 101)
        self.assertEqual(parameters["area_ranges"][3], {"label": "large", "low_px": 9216.0, "high_px": 1e10})
        self.assertEqual(parameters["max_dets"], [1, 10, 100])
        self.assertEqual((parameters["use_categories"], parameters["parity"]), (True, "strict"))
        self.assertEqual((parameters["image_ids"], parameters["category_ids"]), (None, None))

    def test_lists_read_back_exactly(self):
        parameters = self.evaluated(
            "--max-dets", "100,2,30",
            "--iou-thresholds", "0.30000000000000004,0.5,1e-3",
            "--recall-thresholds", "0.0, 0.1 ,1.0",
            "--area-ranges", "0.0:10000000000.0,tiny=0:50.5,1024:inf",
        )["parameters"]  # fmt: skip
        self.assertEqual(parameters["max_dets"], [2, 30, 100])
        self.assertEqual(parameters["iou_thresholds"], [0.30000000000000004, 0.5, 0.001])
        self.assertEqual(parameters["recall_thresholds"], [0.0, 0.1, 1.0])
        self.assertEqual(
            parameters["area_ranges"],
            [
                {"label": "all", "low_px": 0.0, "high_px": 1e10},
                {"label": "tiny", "low_px": 0.0, "high_px": 50.5},
                {"label": "medium", "low_px": 1024.0, "high_px": None},
            ],
        )

    def test_writes_arrays(self):
        outputs = ["--arrays", "new/arrays", "--output", "new/arrays/result.json"]
        self.succeed(self.eval(*outputs, "--iou-thresholds", "0.5"))
        arrays = self.folder / "new" / "arrays"
        self.assertEqual(
            sorted(path.name for path in arrays.iterdir()), ["precision.npy", "recall.npy", "result.json", "scores.npy"]
        )
        self.assertEqual(npy_shape(arrays / "precision.npy"), (1, 101, 3, 4, 3))
        self.assertEqual(npy_shape(arrays / "recall.npy"), (1, 3, 4, 3))
        self.assertEqual(npy_shape(arrays / "scores.npy"), (1, 101, 3, 4, 3))

    def test_takes_categories_for_one(self):
        report = self.evaluated("--no-categories")
        self.assertFalse(report["parameters"]["use_categories"])
        self.assertEqual(len(report["categories"]), 1)
        self.assertEqual(report["categories"][0]["num_detections"], 3)

    def test_takes_images(self):
        self.put("images.txt", "2,\n 1\n")
        self.assertEqual(self.evaluated("--images", "2")["categories"][0]["num_detections"], 1)
        self.assertEqual(self.evaluated("--images", "2")["parameters"]["image_ids"], [2])
        self.assertEqual(self.evaluated("--images", "@images.txt")["categories"][0]["num_detections"], 2)

    def test_takes_categories(self):
        self.put("categories.txt", f"traffic light\n\n{PLANE}\n")
        for text, ids in [("cat", [1]), ("2", [2]), ("traffic light,1", [1, 2]), ("@categories.txt", [2, 3])]:
            report = self.evaluated("--categories", text)
            self.assertEqual([category["id"] for category in report["categories"]], ids, text)

    def test_an_id_nobody_has_is_a_warning(self):
        done = self.eval("--images", "-7,1", "--output", "result.json")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\Amaskmetrics: warning: [^\n]*-7[^\n]* \[unknown_image_in_subset\]\n\Z")
        report = json.loads((self.folder / "result.json").read_text())
        self.assertEqual([warning["code"] for warning in report["warnings"]], ["unknown_image_in_subset"])
        self.assertEqual(self.eval("--images", "-7,1", "--quiet").stderr, "")

    def test_does_not_depend_on_threads(self):
        reports = [self.evaluated("--threads", threads) for threads in ("1", "2", "7")]
        for report in reports:
            del report["timings"]
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], reports[2])

    def test_says_where_strict_ap_is_absent(self):
        done = self.eval("--max-dets", "1,10,300")
        self.assertEqual(done.returncode, 0)
        self.assertIn("[ap_needs_max_dets_100]\n", done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], TWELVE_LINES.splitlines()[0].replace("1.000", "-1.000"))
        self.assertEqual(lines[1], TWELVE_LINES.splitlines()[1].replace("100 ]", "300 ]"))

    def test_strict_sums_up_no_fewer_than_three_max_dets(self):
        done = self.eval("--max-dets", "100")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("needs three", done.stderr)
        done = self.eval("--max-dets", "100", "--arrays", "arrays", "--output", "result.json")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("[summary_needs_three_max_dets]\n", done.stderr)
        self.assertEqual(npy_shape(self.folder / "arrays" / "recall.npy"), (10, 3, 4, 1))
        report = json.loads((self.folder / "result.json").read_text())
        self.assertEqual((report["stats"], report["metrics"]), ([], {}))
        self.assertEqual(report["categories"][0]["AP"], NEARLY_ONE)

    def test_corrected_sums_up_any_max_dets(self):
        lines = self.succeed(self.eval("--max-dets", "7", "--parity", "corrected")).splitlines()
        self.assertEqual(len(lines), 10)
        self.assertEqual(lines[0], TWELVE_LINES.splitlines()[0].replace("100 ]", "  7 ]"))
        self.assertEqual(self.succeed(self.eval("--parity", "corrected")), TWELVE_LINES)


class Explain(CommandTest):
    TABLE = """\
category cat, IoU threshold 0.5, area all [0, 10000000000] px, max_dets 100
ground truths 1, detections 2 (0 ignored), AP 1.000

       image  confidence  TP  FP  cum TP  cum FP  precision  recall  monotone
           1    0.900000   x           1       0     1.0000  1.0000    1.0000
           2    0.800000       x       1       1     0.5000  1.0000    0.5000
"""
    CSV = """\
image_id,result_row,confidence,true_positive,false_positive,cumulative_true_positives,\
cumulative_false_positives,precision,recall,monotone_precision
1,1,0.9,1,0,1,0,0.9999999999999998,1,0.9999999999999998
2,0,0.8,0,1,1,1,0.5,1,0.5
"""

    def test_prints_the_ranked_table(self):
        self.assertEqual(self.succeed(self.explain("--category", "cat", "--iou-threshold", "0.5")), self.TABLE)
        self.assertEqual(self.succeed(self.explain("--category", "1")), self.TABLE)

    def test_explains_masks_unless_told_otherwise(self):
        done = self.call("explain", "--gt", "gt.json", "--dt", "masks.json", "--category", "cat")
        self.assertEqual(self.succeed(done), self.TABLE)

    def test_writes_csv(self):
        self.assertEqual(self.succeed(self.explain("--category", "cat", "--csv", "-")), self.CSV)
        self.assertEqual(self.succeed(self.explain("--category", "cat", "--csv", "new/table.csv")), self.TABLE)
        self.assertEqual((self.folder / "new" / "table.csv").read_text(), self.CSV)

    def test_takes_area_ranges_by_label_or_bounds(self):
        small = self.succeed(self.explain("--category", "cat", "--area-range", "small")).splitlines()
        self.assertIn("area small [0, 1024] px", small[0])
        self.assertEqual(small[1], "ground truths 0, detections 2 (1 ignored), AP -")
        own = self.succeed(self.explain("--category", "cat", "--area-range", "1600:inf")).splitlines()
        self.assertIn("area 1600:inf [1600, inf] px", own[0])
        self.assertEqual(own[1], "ground truths 1, detections 2 (1 ignored), AP 1.000")

    def test_suggests_names(self):
        self.fail_with(
            self.explain("--category", "trafic Light"),
            1,
            "gt.json: categories: no category is named 'trafic Light'; did you mean traffic light?",
        )
        self.fail_with(
            self.explain("--category", "submarine"),
            1,
            "gt.json: categories: no category is named 'submarine'; there are 3 categories",
        )

    def test_a_shared_name_is_not_enough(self):
        data = ground_truth()
        data["categories"].append({"id": 9, "name": "cat"})
        self.put("gt.json", json.dumps(data))
        data["categories"].pop()
        self.fail_with(
            self.explain("--category", "cat"), 1, "gt.json: categories: the ids 1, 9 are all named 'cat'; give the id"
        )


if __name__ == "__main__":
    unittest.main()
