"""scripts/test: which steps run, and what it prints of them."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(sys.argv.pop()).resolve()


class Steps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        shutil.copytree(REPOSITORY / "scripts", self.folder / "scripts")
        (self.folder / "tools").mkdir()

    def stand_in(self, tool, program):
        path = self.folder / "tools" / tool
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)

    def run_script(self, name, *arguments, stderr=subprocess.PIPE):
        environment = {**os.environ, "MASKMETRICS_SKIP_BOOTSTRAP": "1", "MASKMETRICS_REPEAT": "", "CI": "",
                       "PATH": f"{self.folder / 'tools'}:{os.environ['PATH']}"}  # fmt: skip
        return subprocess.run([self.folder / "scripts" / name, *arguments], env=environment, stdout=subprocess.PIPE,
                              stderr=stderr, text=True, check=False, timeout=120)  # fmt: skip

    def test_an_unknown_step_is_named(self):
        done = self.run_script("test", "nonsense")
        self.assertEqual(done.returncode, 2)
        self.assertIn('no step "nonsense"; there are: build lint bench asan tsan fuzz cuda python tests', done.stderr)

    def test_a_step_that_passes_is_timed(self):
        self.stand_in("cmake", "exit 0")
        done = self.run_script("test", "bench")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"(?m)^bench +ok +\d+ s$")
        self.assertRegex(done.stderr, r"(?m)^bench +\d+ +100  $")
        self.assertNotIn("warning", done.stderr)

    def test_a_step_that_fails_shows_the_end_of_its_log_and_how_to_repeat_it(self):
        self.stand_in("cmake", "echo '[1/2] Building a.cpp'; echo 'a.cpp:3: error: no such thing'; exit 1")
        done = self.run_script("test", "bench", "build")
        self.assertEqual(done.returncode, 1)
        for line in ("--- the end of build/logs/bench.log:", "a.cpp:3: error: no such thing",
                     "--- repeat it with: scripts/test bench",
                     "failed: bench build; repeat with: scripts/test bench build"):  # fmt: skip
            self.assertIn(f"\n{line}\n", "\n" + done.stderr)
        self.assertNotIn("Building a.cpp", done.stderr)
        self.assertIn("Building a.cpp", (self.folder / "build" / "logs" / "bench.log").read_text())

    def test_a_step_that_exceeds_its_share_is_a_warning(self):
        script = self.folder / "scripts" / "test"
        script.write_text(script.read_text().replace("[bench]=100", "[bench]=0"))
        self.stand_in("cmake", "sleep 1")
        done = self.run_script("test", "bench")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"warning: bench took \d+ s, and its share is 0 s")

    def test_the_closing_lines_of_ctest_end_the_output(self):
        closing = "100% tests passed, 0 tests failed out of 3\n\nTotal Test time (real) =   0.10 sec\n"
        self.stand_in("cmake", "exit 0")
        self.stand_in("ctest", f"echo '1/3 Test #1: a ... Passed'\nprintf '%s' '{closing}'")
        done = self.run_script("test", "tests")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, closing)

    def test_what_failed_ends_the_output(self):
        self.stand_in("cmake", 'case "$*" in *bench*) exit 1 ;; esac')
        self.stand_in("ctest", "echo '100% tests passed, 0 tests failed out of 3'")
        done = self.run_script("test", "bench", "tests", stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines()[-2:], ["100% tests passed, 0 tests failed out of 3",
                                                         "failed: bench; repeat with: scripts/test bench"])  # fmt: skip

    def test_what_was_not_built_is_not_tested(self):
        self.stand_in("cmake", "exit 1")
        done = self.run_script("test", "build", "tests")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"(?m)^tests +- +300  left out: build failed$")

    def test_every_script_says_how_to_repeat_it(self):
        self.stand_in("cmake", "exit 1")
        done = self.run_script("build", "cpu-release")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.splitlines()[-1], "--- repeat it with: scripts/build cpu-release")

    def test_help_is_the_comment_of_the_script(self):
        done = self.run_script("build", "--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("Usage: scripts/build [preset]", done.stdout)

    def test_an_interrupt_ends_the_run(self):
        # The step ends in its own way, as pytest does.
        self.stand_in("cmake", 'trap "exit 2" INT; kill -INT $PPID $$; sleep 1')
        done = self.run_script("test", "bench", "build")
        self.assertEqual(done.returncode, 130)
        self.assertNotRegex(done.stderr, r"(?m)^build ")

    def test_the_shares_add_up_to_the_limits(self):
        script = (self.folder / "scripts" / "test").read_text()
        share = script.split("declare -A share=(")[1].split(")")[0]
        seconds = {name: int(value) for name, value in
                   (item.removeprefix("[").split("]=") for item in share.split())}  # fmt: skip
        self.assertLessEqual(sum(seconds.values()), 3600)
        self.assertLessEqual(sum(seconds[name] for name in ("build", "python", "tests")), 900)

    def test_a_build_without_a_terminal_shows_progress(self):
        script = self.folder / "scripts" / "common.sh"
        script.write_text(script.read_text().replace("next=30", "next=1"))
        self.stand_in("cmake", "echo '[57/131] Building a.cpp'; sleep 3")
        done = self.run_script("build", "cpu-release")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"(?m)^build cpu-release +57/131 +\d+ s$")


if __name__ == "__main__":
    unittest.main()
