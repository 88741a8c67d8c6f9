"""How the maskmetrics command fails, and what it does not leave behind.

Usage: cli_failures_test.py COMMAND [unittest arguments]
"""

import json
import os
import pty
import subprocess
import time
import unittest

from cli_command import COMMAND, CommandTest, ground_truth


class Output(CommandTest):
    def test_an_unwritable_output_leaves_no_arrays(self):
        self.put("file", "")
        self.fail_with(
            self.eval("--arrays", "arrays", "--output", "file/result.json"),
            1,
            "cannot write file/result.json: Not a directory",
        )
        self.assertEqual(self.names(), ["dt.json", "file", "gt.json", "masks.json"])

    def test_an_unwritable_output_is_found_before_reading(self):
        self.fail_with(
            self.call("eval", "--gt", "missing", "--dt", "missing", "--iou", "bbox", "--output", "."),
            1,
            "cannot write .: Is a directory",
        )

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_no_room_leaves_no_arrays(self):
        self.fail_with(
            self.eval("--arrays", "new/arrays", "--output", "/dev/full"),
            1,
            "cannot write /dev/full: No space left on device",
        )
        self.assertEqual(self.names(), ["dt.json", "gt.json", "masks.json"])

    def test_a_failed_evaluation_leaves_what_was_there(self):
        self.put("result.json", "old")
        self.put("dt.json", "[{]")
        done = self.eval("--arrays", "arrays", "--output", "result.json")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertTrue(done.stderr.startswith("maskmetrics: error: dt.json: "), done.stderr)
        self.assertEqual((self.folder / "result.json").read_text(), "old")
        self.assertEqual(self.names(), ["dt.json", "gt.json", "masks.json", "result.json"])

    def test_a_new_result_replaces_the_old(self):
        self.put("result.json", "old")
        self.assertEqual(self.evaluated()["schema_version"], 1)
        self.assertEqual(self.names(), ["dt.json", "gt.json", "masks.json", "result.json"])

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_standard_output_without_room(self):
        with open("/dev/full", "w") as full:
            for arguments in (["--version"], ["eval", "--gt", "gt.json", "--dt", "dt.json", "--iou", "bbox", "--device", "cpu"]):
                done = subprocess.run(
                    [COMMAND, *arguments], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, encoding="utf-8"
                )
                self.assertEqual(
                    (done.returncode, done.stderr),
                    (1, "maskmetrics: error: cannot write to standard output: No space left on device\n"),
                )

    def test_standard_output_that_nobody_reads(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([COMMAND, "--help"], stdout=writer, stderr=subprocess.PIPE, encoding="utf-8")
        os.close(writer)
        self.assertEqual(
            (done.returncode, done.stderr),
            (1, "maskmetrics: error: cannot write to standard output: Broken pipe\n"),
        )

    def eval_on_terminal(self, ground_truth_file, meanwhile=lambda: None):
        """What an evaluation with a warning shows on a terminal behind standard error."""
        terminal, stderr = pty.openpty()
        self.addCleanup(os.close, terminal)
        arguments = ["--gt", ground_truth_file, "--dt", "dt.json", "--iou", "bbox", "--images", "1,99", "--device", "cpu"]
        with subprocess.Popen(
            [COMMAND, "eval", *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=stderr
        ) as process:
            os.close(stderr)
            meanwhile()
            process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0)
        return os.read(terminal, 10000).decode()

    WARNING_LINE = r"maskmetrics: warning: [^\n\x1b]*\[unknown_image_in_subset\]\r\n\Z"

    def test_short_work_draws_no_progress_bar(self):
        self.assertRegex(self.eval_on_terminal("gt.json"), r"\A" + self.WARNING_LINE)

    def test_long_work_draws_a_progress_bar_and_erases_it(self):
        os.mkfifo(self.folder / "slow.json")

        def write_late():
            time.sleep(2.5)
            self.put("slow.json", json.dumps(ground_truth()))

        shown = self.eval_on_terminal("slow.json", write_late)
        self.assertRegex(
            shown, r"\A\r\x1b\[Kreading ground truth  \[#*-*\] +\d+ %[^\n]*\r\x1b\[K" + self.WARNING_LINE
        )


class Usage(CommandTest):
    def test_version(self):
        self.assertRegex(self.succeed(self.call("--version")), r"\Amaskmetrics \d+\.\d+\.\d+\n\Z")

    def test_help_has_every_option_and_an_example(self):
        self.assertIn("eval", self.succeed(self.call("--help")))
        options = {
            "eval": "gt dt protocol iou dilation-ratio max-dets cap ar-curve iou-thresholds recall-thresholds area-ranges "
            "relative-area-ranges no-categories images categories parity device threads per-category output arrays quiet",
            "explain": "gt dt protocol iou dilation-ratio category iou-threshold area-range max-dets parity device threads csv quiet",
            "sweep": "gt dt protocol iou dilation-ratio max-dets cap ar-curve iou-thresholds recall-thresholds area-ranges "
            "relative-area-ranges no-categories images categories parity device threads output again quiet",
        }
        for command, names in options.items():
            text = self.succeed(self.call(command, "--help"))
            self.assertIn(f"Example:\n  maskmetrics {command} --gt", text)
            for name in names.split():
                self.assertIn(f"  --{name} ", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 120)

    def test_command_lines_that_make_no_sense(self):
        more = "; maskmetrics eval --help says more"
        cases = [
            (["--frob"], "The following argument was not expected: --frob" + more),
            (["--output"], "--output: 1 required FILE missing" + more),
            (["--parity", "loose"], "--parity: loose not in {strict,corrected}" + more),
            (["--threads", "-1"], "--threads: Value -1 not in range 0 to 65536" + more),
            (["--device", "tpu"], "device must be auto, cpu, cuda or cuda:N, got 'tpu'"),
            (["--max-dets", "1,x,100"], "--max-dets: 'x' is not a count"),
            (["--max-dets", "1,,100"], "--max-dets: '' is not a count"),
            (["--max-dets", "1,-1,100"], "--max-dets: '-1' is not a count"),
            (["--max-dets", "1,2,99999999999"], "--max-dets: '99999999999' is not a count"),
            (["--max-dets", "0,1,2"], "max_dets[0]: 0 keeps no detection"),
            (["--iou-thresholds", "50%"], "--iou-thresholds: '50%' is not a number"),
            (["--iou-thresholds", "50"], "iou_thresholds[0]: 50 is not between 0 and 1"),
            (["--recall-thresholds", "1,0"], "recall_thresholds[1]: 0 stands after 1, but they must ascend"),
            (["--area-ranges", "7"], "--area-ranges: '7' is not low:high or label=low:high"),
            (["--area-ranges", "9:7"], "area_ranges[0] (all): 9:7 holds no area"),
            (["--dilation-ratio", "0.02"], "--dilation-ratio: only --iou boundary has one"),
            (["--dilation-ratio", "2%"], "Could not convert: --dilation-ratio = 2%" + more),
            (["--images", "one"], "--images: 'one' is not an id"),
            (["--images", ""], "--images: '' is not an id"),
        ]
        for arguments, message in cases:
            with self.subTest(arguments):
                self.fail_with(self.eval(*arguments), 2, message)

    def test_dilation_ratios_that_make_no_sense(self):
        for ratio, shown in (("0", "0"), ("-0.02", "-0.02"), ("nan", "nan"), ("2", "2"), ("inf", "inf")):
            with self.subTest(ratio):
                boundary = ["--iou", "boundary", "--dilation-ratio", ratio]
                self.fail_with(
                    self.call("eval", "--gt", "gt.json", "--dt", "masks.json", *boundary),
                    2,
                    f"boundary_dilation_ratio: {shown} is not above 0 and at most 1",
                )

    def test_no_or_unknown_command(self):
        self.fail_with(self.call(), 2, "a command is needed, eval, explain or sweep; maskmetrics --help says more")
        self.fail_with(
            self.call("frob"), 2, "The following argument was not expected: frob; maskmetrics --help says more"
        )
        self.fail_with(self.call("eval"), 2, "--gt is required; maskmetrics eval --help says more")

    def test_files_that_cannot_be_read(self):
        done = self.call("eval", "--gt", "missing.json", "--dt", "dt.json", "--iou", "bbox")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Amaskmetrics: error: missing\.json: .*No such file or directory\n\Z")
        self.fail_with(
            self.eval("--images", "@missing.txt"), 1, "missing.txt: cannot be read: No such file or directory"
        )
        self.put("images.txt", "1 two")
        self.fail_with(self.eval("--images", "@images.txt"), 1, "images.txt: 'two' is not an id")


if __name__ == "__main__":
    unittest.main()
