"""Sweeps that go on where another one was stopped. Usage: cli_sweep_resume_test.py COMMAND [unittest arguments]"""

import json
import os
import pty
import shutil
import signal
import subprocess
import time
import unittest

from cli_command import COMMAND, NEARLY_ONE, ground_truth
from cli_sweep import STATE, SweepTest, worse


class Resume(SweepTest):
    def test_finished_results_are_not_evaluated_again(self):
        table = self.swept()
        before = self.marks()
        self.assertEqual(self.swept(), table)
        self.assertEqual(self.rewritten(before), [])

    def test_nothing_is_read_where_all_is_finished(self):
        table = self.swept()
        os.truncate(self.folder / "runs" / "half.json", 0)  # nobody could read it
        stamp = os.stat(self.folder / "runs" / "best.json")
        self.put("runs/half.json", json.dumps(worse(2)))
        os.utime(self.folder / "runs" / "half.json", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        before = self.marks()
        self.assertEqual(self.swept(), table)
        self.assertEqual(self.rewritten(before), ["half"])

    def test_again_evaluates_everything(self):
        self.swept()
        before = self.marks()
        self.swept("--again")
        self.assertEqual(self.rewritten(before), ["best", "half", "none"])

    def test_a_changed_results_file_is_evaluated_again(self):
        self.swept()
        before = self.marks()
        self.put("runs/none.json", json.dumps(worse(2)))
        self.swept()
        self.assertEqual(self.rewritten(before), ["none"])
        self.assertEqual(float(self.table()[2]["AP"]), NEARLY_ONE / 2)

    def test_a_change_that_keeps_the_size(self):
        self.swept()
        before = self.marks()
        text = (self.folder / "runs" / "best.json").read_text()
        self.put("runs/best.json", text.replace("0.9", "0.1"))
        os.utime(self.folder / "runs" / "best.json", ns=(0, 12345))
        self.swept()
        self.assertEqual(self.rewritten(before), ["best"])

    def test_a_new_file_is_added(self):
        self.swept(dt=["runs/best.json"])
        before = self.marks()
        self.swept()
        self.assertEqual(self.rewritten(before), ["half", "none"])
        self.assertEqual(self.ranking(), ["best", "half", "none"])
        self.swept(dt=["runs/half.json"])
        self.assertEqual(self.ranking(), ["half"])
        before = self.marks()
        self.swept()
        self.assertEqual(self.rewritten(before), [])

    def test_another_ground_truth_or_protocol_changes_everything(self):
        self.swept()
        for change in ("ground truth", "protocol", "categories", "parity"):
            with self.subTest(change):
                before = self.marks()
                arguments = {"protocol": ["--max-dets", "1,2,100"], "categories": ["--categories", "cat"],
                             "parity": ["--parity", "corrected"]}.get(change, [])  # fmt: skip
                if change == "ground truth":
                    self.put("gt.json", json.dumps(ground_truth()) + "\n")
                self.swept(*arguments)
                self.assertEqual(self.rewritten(before), ["best", "half", "none"])
                before = self.marks()
                self.swept(*arguments)
                self.assertEqual(self.rewritten(before), [])

    def test_another_version_changes_everything(self):
        self.swept()
        before = self.marks()
        state = self.folder / "out" / STATE
        text = state.read_text()
        self.assertIn('key "version ', text)
        state.write_text(text.replace('key "version ', 'key "version 0.'))
        self.swept()
        self.assertEqual(self.rewritten(before), ["best", "half", "none"])

    def test_a_report_that_is_gone_or_altered_is_made_again(self):
        self.swept()
        before = self.marks()
        os.remove(self.folder / "out" / "best.json")
        self.put("out/none.json", "{}")
        self.swept()
        self.assertEqual(self.rewritten(before), ["best", "none"])
        self.assertEqual(self.report("none")["metrics"]["AP"], 0.0)

    def test_a_damaged_state_is_no_state(self):
        table = self.swept()
        state = self.folder / "out" / STATE
        whole = state.read_bytes()
        for damaged in (b"", b"maskmetrics-sweep 1\nkey \"", whole[: len(whole) // 2], b"\xff" * 100, whole[:-9] + b"x"):
            state.write_bytes(damaged)
            self.assertEqual(self.swept(), table)
            before = self.marks()
            self.assertEqual(self.swept(), table)
            self.assertEqual(self.rewritten(before), [])

    def test_a_state_names_no_other_folder(self):
        self.swept(dt=["runs/best.json"])
        state = self.folder / "out" / STATE
        state.write_text(state.read_text().replace('json" "best"', 'json" "../best"'))
        self.swept(dt=["runs/best.json"])
        self.assertFalse((self.folder / "best.json").exists())
        self.assertEqual(self.ranking(), ["best"])


class Interrupted(SweepTest):
    """runs/slow.json is a pipe: who reads it waits until somebody writes."""

    def setUp(self):
        super().setUp()
        os.mkfifo(self.folder / "runs" / "slow.json")
        self.dt = [f"runs/{name}.json" for name in ("best", "half", "slow", "none")]

    def start(self, **options):
        process = subprocess.Popen(
            [COMMAND, *self.command("--device", "cpu", dt=self.dt)],
            cwd=self.folder, stdout=subprocess.PIPE, **options,
        )  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, name):
        limit = time.monotonic() + 60
        while not (self.folder / "out" / name).exists():
            self.assertLess(time.monotonic(), limit, f"{name} did not appear")
            time.sleep(0.01)

    def test_goes_on_where_it_was_stopped(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                process = self.start(stderr=subprocess.PIPE, text=True)
                self.addCleanup(process.stderr.close)
                self.wait_for("half.json")
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
                self.assertEqual((process.returncode, out), (-number, ""))
                self.assertEqual(err, "maskmetrics: stopped; the same command goes on from here\n")
                self.assertEqual(self.files(), [STATE, "best.json", "half.json"])
        before = self.marks()
        os.remove(self.folder / "runs" / "slow.json")
        self.put("runs/slow.json", json.dumps(worse(2)))
        resumed = self.swept(dt=self.dt)
        self.assertEqual(self.rewritten(before), ["none", "slow"])
        self.assertEqual(resumed, self.swept(dt=self.dt, output="fresh"))
        for name in ("table.csv", "table.md"):
            self.assertEqual((self.folder / "out" / name).read_text(), (self.folder / "fresh" / name).read_text())
        for name in ("best", "half", "slow", "none"):
            self.assertEqual(self.report(name), self.report(name, "fresh"))

    def test_an_ignored_signal_stays_ignored(self):
        process = self.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.wait_for("half.json")
        process.send_signal(signal.SIGINT)
        self.put("runs/slow.json", json.dumps(worse(2)))
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.ranking(), ["best", "half", "slow", "none"])

    def test_pipes_are_read_every_time(self):
        for keep, ap in ((3, NEARLY_ONE), (1, 0.0)):
            process = self.start()
            self.put("runs/slow.json", json.dumps(worse(keep)))
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
            self.assertEqual({row["results"]: float(row["AP"]) for row in self.table()}["slow"], ap)

    def test_progress_with_time_left(self):
        terminal, stderr = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = self.start(stderr=stderr)
        os.close(stderr)
        time.sleep(2.5)
        self.put("runs/slow.json", json.dumps(worse(2)))
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        shown = os.read(terminal, 100000).decode()
        self.assertRegex(shown, r"\A\r\x1b\[Kfile 3 of 4  \[#+-*\] +\d+ %  \d+:\d\d left  slow\r\x1b\[K")
        self.assertTrue(shown.endswith("\r\x1b[K"), shown[-100:])


if __name__ == "__main__":
    unittest.main()
