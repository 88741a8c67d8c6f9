"""Which values of fields the maskmetrics command takes, and what it says of the others.

Usage: cli_values_test.py COMMAND [unittest arguments]
"""

import copy
import json
import unittest

from cli_command import COMMAND, CommandTest, ground_truth, results  # noqa: F401


class Values(CommandTest):
    def put_ground_truth(self, change):
        data = copy.deepcopy(ground_truth())
        change(data)
        self.put("gt.json", json.dumps(data))

    def put_results(self, change, masks=False):
        rows = results(masks)
        for row in rows:
            change(row)
        self.put("dt.json", json.dumps(rows))

    def numbers(self, *arguments, iou="bbox"):
        """The metrics, and the warnings by code."""
        done = self.call("eval", "--gt", "gt.json", "--dt", "dt.json", "--iou", iou, "--output", "r.json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads((self.folder / "r.json").read_text(encoding="utf-8"))
        return report["metrics"], {each["code"]: each for each in report["warnings"]}

    def failure(self, *arguments, iou="bbox"):
        done = self.call("eval", "--gt", "gt.json", "--dt", "dt.json", "--iou", iou, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stderr


class ImageSizes(Values):
    def test_boxes_need_none(self):
        expected = {protocol: self.numbers("--protocol", protocol)[0] for protocol in ("coco", "voc")}
        for height, width, counted in (
            (-1, -1, 1),
            (None, None, 1),
            ("", "", 1),
            ("900", "600", 1),
            (899.5, 600, 1),
            (100000, 90000, 0),
        ):
            with self.subTest(height=height):
                self.put_ground_truth(lambda data: data["images"][1].update(height=height, width=width))
                for protocol in ("coco", "voc"):
                    metrics, warnings = self.numbers("--protocol", protocol)
                    self.assertEqual(metrics, expected[protocol])
                    self.assertEqual("image_size_not_usable" in warnings, bool(counted))
                if counted:
                    self.assertEqual(warnings["image_size_not_usable"]["count"], 1)
                    self.assertIn("images[1].height of gt.json: ", warnings["image_size_not_usable"]["message"])
                    self.assertIn(
                        "gt.json: images[1].height: expected an integer", self.failure("--parity", "corrected")
                    )
                else:
                    self.assertEqual(self.numbers("--parity", "corrected")[0], expected["coco"])

    def test_lvis_needs_none_for_boxes(self):
        def change(data):
            for image in data["images"]:
                image.update(neg_category_ids=[1, 2], not_exhaustive_category_ids=[], height=None)
            for category in data["categories"]:
                category["frequency"] = "f"
            for annotation in data["annotations"]:
                annotation["iscrowd"] = "nobody reads it"

        self.put_ground_truth(change)
        metrics, warnings = self.numbers("--protocol", "lvis")
        self.assertGreater(metrics["AP50"], 0.99)
        self.assertEqual(warnings["image_size_not_usable"]["count"], 2)

    def test_polygons_need_one(self):
        for size, problem in (
            ({}, 'image 2 has no "height" and no "width"'),
            ({"height": 100}, 'image 2 has no "width"'),
            ({"height": -1, "width": 120}, 'image 2 has "height" -1'),
            ({"height": "900", "width": None}, 'image 2 has "height" "900" and "width" null'),
            ({"height": 100000, "width": 90000}, "image 2 has 100000 x 90000 pixels, more than 2^31 - 1"),
        ):
            with self.subTest(size=size):
                self.put_ground_truth(lambda data: data["images"].__setitem__(1, {"id": 2, **size}))
                end = problem + "; polygons need the size of their image\n"
                self.put_results(lambda row: None, masks=True)
                place = "gt.json: annotations[1].segmentation: annotation id 2: "
                for iou in ("segm", "boundary"):
                    self.assertTrue(self.failure(iou=iou).endswith(place + end), self.failure(iou=iou))
                # Boxes of results are polygons, too.
                self.put_ground_truth(
                    lambda data: (
                        data["images"].__setitem__(1, {"id": 2, **size}),
                        data["annotations"][1].update(
                            segmentation={"size": [100, 120], "counts": "0d0`2" + 37 * "0" + "`h9"}
                        ),
                    )
                )
                self.put_results(lambda row: None)
                self.assertTrue(self.failure(iou="segm").endswith("dt.json: [2].segmentation: result 3: " + end))

    def test_codes_need_none(self):
        def change(data):
            data["images"][1].update(height=None, width=-1)
            data["annotations"][1]["segmentation"] = {"size": [100, 120], "counts": "0d0`2" + 37 * "0" + "`h9"}

        self.put_ground_truth(change)
        self.put_results(lambda row: None, masks=True)
        self.assertGreater(self.numbers(iou="segm")[0]["AP50"], 0.99)

    def test_relative_areas_name_what_was_found(self):
        self.put_ground_truth(lambda data: data["images"][1].update(width="120"))
        self.assertIn(
            'gt.json: images: image 2 has "width" "120"; relative areas need the size of the image',
            self.failure("--relative-area-ranges", "0:1"),
        )


class Results(Values):
    def test_a_score_as_fifth_number(self):
        expected, _ = self.numbers(iou="segm")
        self.put_results(lambda row: row["bbox"].append(row["score"]))
        self.assertEqual(self.numbers(iou="segm")[0], expected)
        self.assertIn("dt.json: [0].bbox: expected an array of four numbers, found one of 5", self.failure())

    def test_keypoints_are_boxes(self):
        expected, _ = self.numbers()

        def change(row):
            x, y, width, height = row.pop("bbox")
            row["keypoints"] = [x + width, y, 2, x, y + height, 2, x + 1, y + 1, 0]

        self.put_results(change)
        self.assertEqual(self.numbers()[0], expected)
        self.assertIn('dt.json: [0]: has "keypoints" and no "segmentation"', self.failure(iou="segm"))

    def test_captions(self):
        self.put_results(lambda row: row.update(caption="a cat"))
        self.assertIn("dt.json: [0]: captions cannot be evaluated here", self.failure())
        self.assertEqual(self.numbers("--protocol", "voc")[0]["AP@0.5 cat"], 1.0)

    def test_a_category_that_is_none(self):
        expected, _ = self.numbers()
        rows = results()
        self.put("dt.json", json.dumps([*rows, {**rows[0], "category_id": None, "score": "high"}]))
        metrics, warnings = self.numbers()
        self.assertEqual(metrics, expected)
        self.assertIn("[3]: category_id null", warnings["unknown_category"]["message"])


class Ids(Values):
    def test_of_annotations(self):
        expected, _ = self.numbers()
        for change in (str, lambda number: number + 2**63, lambda number: number + 0.5):
            self.put_ground_truth(lambda data: [each.update(id=change(each["id"])) for each in data["annotations"]])
            metrics, warnings = self.numbers()
            self.assertEqual(metrics, expected)
            self.assertEqual(warnings["annotation_id_not_integer"]["count"], 2)

    def test_zero_is_the_fault_of_the_reference_in_quotes_too(self):
        for zero in (0, "0", "0.0"):
            self.put_ground_truth(lambda data: data["annotations"][1].update(id=zero))
            metrics, warnings = self.numbers()
            self.assertLess(metrics["AP50"], 0.75)
            self.assertEqual(warnings["ground_truth_id_zero"]["count"], 1)
            self.assertIn("annotations[1] of gt.json", warnings["ground_truth_id_zero"]["message"])

    def test_of_images_and_categories(self):
        for table, found in (("images", '"a"'), ("categories", '"a"'), ("images", str(2**63))):
            self.put_ground_truth(lambda data: data[table][0].update(id=json.loads(found)))
            message = self.failure()
            self.assertIn(f"gt.json: {table}[0].id: expected an integer of 64 bits, found {found}; ", message)
            self.assertIn("COCOeval", message)

    def test_a_category_that_is_none(self):
        expected, _ = self.numbers()
        row = {**ground_truth()["annotations"][0], "id": 9, "category_id": None, "area": "unread", "bbox": None}
        self.put_ground_truth(lambda data: data["annotations"].append(row))
        metrics, warnings = self.numbers()
        self.assertEqual(metrics, expected)
        self.assertIn(
            "annotations[2] of gt.json: category_id null", warnings["annotation_of_unknown_category"]["message"]
        )


class Texts(Values):
    def test_half_of_a_surrogate_pair(self):
        def change(data):
            data["categories"][0]["name"] = "gear \ud83d"
            data["\ud83d"] = {"\udd27": "\ud83d"}
            data["images"][0].update({"file_name": "\ud83d.png", "\ud83d": 1})

        self.put_ground_truth(change)
        self.put_results(lambda row: row.update({"\ud83d": "\ud83d"}))
        report = self.evaluated()
        self.assertEqual(report["categories"][0]["name"], "gear \ufffd")


if __name__ == "__main__":
    unittest.main()
