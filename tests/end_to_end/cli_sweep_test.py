"""Many results files against one ground truth: what is printed and written, names, failures.

Usage: cli_sweep_test.py COMMAND [unittest arguments]
"""

import json
import os
import subprocess
import unittest

from cli_command import NEARLY_ONE, ground_truth, results
from cli_sweep import METRICS, STATE, SweepTest, worse


class Sweep(SweepTest):
    TABLE = """\
results       AP     AP50     AP75      APs      APm      APl     AR@1    AR@10   AR@100      ARs      ARm      ARl
best       1.000    1.000    1.000    1.000    1.000        -    1.000    1.000    1.000    1.000    1.000        -
half       0.500    0.500    0.500    0.000    1.000        -    0.500    0.500    0.500    0.000    1.000        -
none       0.000    0.000    0.000    0.000    0.000        -    0.000    0.000    0.000    0.000    0.000        -
"""

    def test_sorts_by_ap_and_writes_three_tables(self):
        self.assertEqual(self.swept(), self.TABLE)
        rows = self.table()
        self.assertEqual(list(rows[0]), ["results", "file", *METRICS, "error"])
        self.assertEqual([row["results"] for row in rows], ["best", "half", "none"])
        self.assertEqual([row["file"] for row in rows], ["runs/best.json", "runs/half.json", "runs/none.json"])
        self.assertEqual([float(row["AP"]) for row in rows], [NEARLY_ONE, NEARLY_ONE / 2, 0])
        markdown = (self.folder / "out" / "table.md").read_text(encoding="utf-8").splitlines()
        self.assertEqual(markdown[0], "| results | " + " | ".join(METRICS) + " |")
        self.assertEqual(markdown[1], "|---|" + "---:|" * 12)
        self.assertTrue(markdown[2].startswith("| best | 1.000 | 1.000 |"), markdown[2])
        self.assertEqual(self.files(), [STATE, "best.json", "half.json", "none.json", "table.csv", "table.md"])

    def test_reports_are_those_of_eval(self):
        choices = ["--max-dets", "1,2,100", "--categories", "cat,traffic light", "--ar-curve", "1,5", "--cap", "image"]
        self.swept(*choices)
        for name in ("best", "half", "none"):
            files = ["--gt", "gt.json", "--dt", f"runs/{name}.json", "--iou", "bbox"]
            self.succeed(self.call("eval", *files, "--output", "one.json", *choices))
            expected = json.loads((self.folder / "one.json").read_text(encoding="utf-8"))
            del expected["timings"]
            self.assertEqual(self.report(name), expected)

    def test_masks_and_boundaries(self):
        self.put("runs/fewer.json", json.dumps(results(masks=True)[1:]))
        for iou in ("segm", "boundary"):
            files = ["--gt", "gt.json", "--dt", "runs/fewer.json", "masks.json", "--output", iou]
            self.succeed(self.call("sweep", *files, "--iou", iou))
            for name, file in (("masks", "masks.json"), ("fewer", "runs/fewer.json")):
                self.succeed(self.call("eval", "--gt", "gt.json", "--dt", file, "--iou", iou, "--output", "one.json"))
                expected = json.loads((self.folder / "one.json").read_text(encoding="utf-8"))
                del expected["timings"]
                self.assertEqual(self.report(name, iou), expected)

    def test_does_not_depend_on_threads(self):
        for threads in ("1", "2", "7"):
            self.assertEqual(self.swept("--threads", threads, output=threads), self.TABLE)
        self.assertEqual(self.table("1"), self.table("2"))
        self.assertEqual(self.table("1"), self.table("7"))

    def test_what_is_true_of_the_ground_truth_is_said_once(self):
        done = self.sweep("--images", "1,2,99")
        self.assertEqual((done.returncode, done.stdout), (0, self.TABLE))
        self.assertRegex(done.stderr, r"\Amaskmetrics: warning: [^\n]*\[unknown_image_in_subset\]\n\Z")
        self.assertEqual([w["code"] for w in self.report("none")["warnings"]], ["unknown_image_in_subset"])
        self.assertEqual(self.sweep("--images", "1,2,99", "--again", "--quiet").stderr, "")

    def test_why_every_number_is_minus_one_is_said_once(self):
        data = ground_truth()
        for annotation in data["annotations"]:
            annotation["iscrowd"] = 1
        self.put("gt.json", json.dumps(data))
        done = self.sweep()
        self.assertEqual(done.returncode, 0)
        self.assertEqual(
            done.stderr,
            "maskmetrics: warning: all 2 annotations are crowds or ignored: there is nothing to find, so that every AP and AR is "
            "-1 (2 times) [all_annotations_ignored]\n",
        )
        for name in ("best", "half", "none"):
            self.assertEqual([(w["code"], w["count"]) for w in self.report(name)["warnings"]], [("all_annotations_ignored", 2)])
        self.assertEqual(self.sweep("--again", "--quiet").stderr, "")

    def test_summaries_are_needed(self):
        done = self.sweep("--max-dets", "100")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("needs three", done.stderr)
        self.assertFalse((self.folder / "out").exists())
        self.swept("--max-dets", "100", "--parity", "corrected")
        self.assertIn("AR@100", self.table()[0])


class Names(SweepTest):
    def test_files_of_one_name_get_reports_of_their_own(self):
        for place, keep in (("x/a", 3), ("x/b", 1), ("y/a", 2)):
            (self.folder / place).mkdir(parents=True)
            self.put(f"{place}/dt.json", json.dumps(worse(keep)))
        self.swept(dt=["*/*/dt.json", "runs/best.json"])
        self.assertEqual(self.ranking(), ["best", "x-a-dt", "y-a-dt", "x-b-dt"])
        self.assertEqual(self.report("x-b-dt")["metrics"]["AP"], 0.0)

    def test_names_stay_when_namesakes_come(self):
        self.swept(dt=["runs/best.json"])
        (self.folder / "more").mkdir()
        self.put("more/best.json", json.dumps(worse(2)))
        before = self.marks()
        self.swept(dt=["more/best.json", "runs/best.json"])
        self.assertEqual(self.ranking(), ["best", "more-best"])
        self.assertEqual(self.rewritten(before), ["more-best"])

    def test_files_that_folders_do_not_tell_apart_are_numbered(self):
        subprocess.run(["gzip", "--keep", "--no-name", self.folder / "runs" / "best.json"], check=True)
        self.swept(dt=["runs/best*"])
        self.assertEqual(self.ranking(), ["best", "best-2"])

    def test_a_file_named_twice_is_evaluated_once(self):
        (self.folder / "link.json").symlink_to("runs/half.json")
        self.swept(dt=["runs/half.json", "./runs/../runs/half.json", "link.json", "runs/h*.json"])
        self.assertEqual(self.ranking(), ["half"])

    def test_patterns_at_any_depth(self):
        for place in ("deep/1/2", "deep/.hidden"):
            (self.folder / place).mkdir(parents=True)
            self.put(f"{place}/dt.json", json.dumps(results()))
        (self.folder / "deep" / "loop").symlink_to(self.folder / "deep")
        self.put("deep/dt.json", json.dumps(worse(2)))
        self.put("deep/[1].json", json.dumps(worse(1)))
        self.swept(dt=["deep/**/dt.json", "deep/[1].json", "runs/[!bn]*.json"])
        self.assertEqual(
            [(row["results"], row["file"]) for row in self.table()],
            [("2-dt", "deep/1/2/dt.json"), ("deep-dt", "deep/dt.json"),
             ("half", "runs/half.json"), ("[1]", "deep/[1].json")],
        )  # fmt: skip

    def test_lists(self):
        self.put("list.txt", "runs/none.json\n\n  runs/b*.json  \n")
        self.swept(dt=["@list.txt", "runs/half.json"])
        self.assertEqual(self.ranking(), ["best", "half", "none"])

    def test_a_pattern_that_no_file_matches(self):
        for words in (["nowhere/*.json"], ["runs/*.json", "runs/*.zip"], ["**/nothing"]):
            with self.subTest(words):
                self.fail_with(self.sweep(dt=words), 2, f"--dt: no file matches '{words[-1]}'")
        self.put("empty.txt", "\n")
        self.fail_with(self.sweep(dt=["@empty.txt"]), 2, "--dt: empty.txt names no file")
        self.fail_with(self.sweep(dt=["@no.txt"]), 1, "no.txt: cannot be read: No such file or directory")
        self.assertFalse((self.folder / "out").exists())

    def test_markup_and_control_characters_in_names(self):
        name = 'a|b,"c"\n*'
        self.put(f"runs/{name}.json", json.dumps(results()))
        shown = self.swept(dt=["runs/a*", "runs/half.json"]).splitlines()
        self.assertTrue(shown[1].startswith('a|b,"c"?*  '), shown[1])
        self.assertEqual(self.ranking(), [name, "half"])
        markdown = (self.folder / "out" / "table.md").read_text(encoding="utf-8").splitlines()
        self.assertTrue(markdown[2].startswith(r'| a\|b,"c"?\* | 1.000'), markdown[2])
        before = self.marks()
        self.swept(dt=["runs/a*", "runs/half.json"])
        self.assertEqual(self.rewritten(before), [])


class Failures(SweepTest):
    def test_a_broken_file_is_a_row(self):
        self.put("runs/broken.json", "[{]")
        done = self.sweep(dt=["runs/*.json", "runs/missing.json"])
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["results", "best", "half", "none", "broken", "missing"])
        self.assertRegex(lines[4], r"\Abroken   error: runs/broken\.json: byte 2: .")
        self.assertRegex(lines[5], r"\Amissing  error: runs/missing\.json: cannot be opened: No such file or directory\Z")
        errors = done.stderr.splitlines()
        self.assertEqual(len(errors), 3)
        self.assertEqual(errors[2], "maskmetrics: error: 2 of 5 results files could not be evaluated")
        rows = self.table()
        self.assertEqual([row["AP"] for row in rows[3:]], ["", ""])
        self.assertTrue(rows[3]["error"].startswith("runs/broken.json: byte 2: "), rows[3])
        markdown = (self.folder / "out" / "table.md").read_text(encoding="utf-8").splitlines()
        self.assertTrue(markdown[0].endswith(" ARl | error |"), markdown[0])
        self.assertFalse((self.folder / "out" / "broken.json").exists())

    def test_a_mended_file_is_evaluated_and_no_other(self):
        self.test_a_broken_file_is_a_row()
        before = self.marks()
        self.put("runs/broken.json", json.dumps(worse(2)))
        self.put("runs/missing.json", json.dumps(worse(1)))
        self.swept()
        self.assertEqual(self.rewritten(before), ["broken", "missing"])
        self.assertEqual(self.ranking(), ["best", "broken", "half", "missing", "none"])

    def test_a_mask_that_cannot_be_decoded_is_a_row(self):
        bad = results(masks=True)
        bad[0]["segmentation"]["counts"] = "~"
        self.put("runs/bad.json", json.dumps(bad))
        done = self.call("sweep", "--gt", "gt.json", "--dt", "runs/bad.json", "masks.json", "--iou", "segm", "--output", "out")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.ranking(), ["masks", "bad"])
        self.assertIn("[0].segmentation", self.table()[1]["error"])

    def test_nothing_but_broken_files(self):
        self.put("runs/broken.json", "")
        done = self.sweep(dt=["runs/broken.json"])
        self.assertEqual((done.returncode, done.stdout), (1, "results\nbroken   error: runs/broken.json: is empty\n"))
        self.assertEqual(self.table(), [{"results": "broken", "file": "runs/broken.json", "error": "runs/broken.json: is empty"}])

    def test_a_broken_ground_truth_is_the_end(self):
        self.put("gt.json", "{")
        done = self.sweep()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertTrue(done.stderr.startswith("maskmetrics: error: gt.json: "), done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_a_folder_that_cannot_be_written_to(self):
        self.put("file", "")
        self.fail_with(self.sweep(output="file/out"), 1, "cannot write file/out/table.csv: Not a directory")
        self.fail_with(self.sweep(output="file"), 1, "cannot write file/table.csv: Not a directory")
        (self.folder / "out").mkdir()
        (self.folder / "out" / "half.json").mkdir()
        self.fail_with(self.sweep(), 1, "cannot write out/half.json: Is a directory")
        self.assertEqual(self.files(), ["half.json"])

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_without_permission(self):
        (self.folder / "out").mkdir(mode=0o500)
        self.fail_with(self.sweep(), 1, "cannot write out/table.csv: Permission denied")

    def test_no_input_is_overwritten(self):
        before = (self.folder / "runs" / "best.json").read_text()
        self.fail_with(self.sweep(output="runs"), 2, "--output: runs/best.json is an input; name another folder")
        self.assertEqual((self.folder / "runs" / "best.json").read_text(), before)
        self.put("runs/table.csv", before)
        done = self.sweep(dt=["runs/table.csv"], output="runs")
        self.fail_with(done, 2, "--output: runs/table.csv is an input; name another folder")

    def test_an_unknown_device_is_found_before_reading(self):
        done = self.sweep("--device", "cuda:99")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.count("error"), 1, done.stderr)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
