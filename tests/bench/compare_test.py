"""bench/compare.py, its arithmetic and a comparison from end to end. Usage: compare_test.py REPOSITORY [unittest arguments]"""

import importlib.util
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(sys.argv.pop(1)).resolve()
SCRIPT = REPOSITORY / "bench" / "compare.py"

specification = importlib.util.spec_from_file_location("compare", SCRIPT)
compare = importlib.util.module_from_spec(specification)
specification.loader.exec_module(compare)

LISTS = """\
cmake_minimum_required(VERSION 3.25)
project(fake LANGUAGES CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
add_executable(fake_bench bench/fake_bench.cpp)
"""

# Prints what Google Benchmark would for times that stand in the source.
BENCH = """\
#include <cstdio>
int main(int argc, char** argv) {{
  (void)argc;
  (void)argv;
  std::puts("{{\\"benchmarks\\": ["
            "{{\\"name\\": \\"fake/cpu/1\\", \\"run_type\\": \\"iteration\\", \\"real_time\\": {first}, \\"time_unit\\": \\"ms\\"}},"
            "{{\\"name\\": \\"fake/cpu/2\\", \\"run_type\\": \\"iteration\\", \\"real_time\\": {second}, \\"time_unit\\": \\"us\\"}},"
            "{{\\"name\\": \\"fake_BigO\\", \\"run_type\\": \\"aggregate\\", \\"real_coefficient\\": 1}}]}}");
}}
"""


class Arithmetic(unittest.TestCase):
    def comparison(self, *rounds):
        made = compare.Comparison()
        for base, head in rounds:
            made.add_round(base, head)
        return made

    def test_ratios_are_taken_within_a_round(self):
        # The machine is three times slower in the second round, for both.
        rows = self.comparison(({"a": 1.0}, {"a": 2.0}), ({"a": 3.0}, {"a": 6.6}), ({"a": 1.0}, {"a": 1.9})).rows()
        self.assertEqual(len(rows), 1)
        self.assertAlmostEqual(rows[0]["ratio"], 2.0)
        self.assertAlmostEqual(rows[0]["lowest"], 1.9)
        self.assertAlmostEqual(rows[0]["highest"], 2.2)
        self.assertEqual((rows[0]["base_s"], rows[0]["head_s"]), (1.0, 2.0))

    def test_what_one_side_lacks_is_named(self):
        made = self.comparison(({"a": 1.0, "b": 1.0}, {"a": 1.0, "c": 1.0}))
        self.assertEqual([row["name"] for row in made.rows()], ["a"])
        self.assertEqual(made.on_one_side, {"b", "c"})

    def test_the_geometric_mean_of_twice_and_half_is_one(self):
        rows = self.comparison(({"a": 1.0, "b": 1.0}, {"a": 2.0, "b": 0.5})).rows()
        self.assertAlmostEqual(compare.geometric_mean(rows), 1.0)

    def test_one_slow_round_is_not_too_slow(self):
        rows = self.comparison(({"a": 1.0}, {"a": 1.0}), ({"a": 1.0}, {"a": 1.0}), ({"a": 1.0}, {"a": 9.0})).rows()
        self.assertEqual(compare.too_slow(rows, 5), [])

    def test_too_slow_in_every_round_or_all_together(self):
        rows = self.comparison(({"a": 1.0, "b": 1.0}, {"a": 1.2, "b": 0.5}), ({"a": 1.0, "b": 1.0}, {"a": 1.1, "b": 0.5})).rows()
        self.assertEqual(compare.too_slow(rows, 5), ["a: at least 1.100 in every round"])
        self.assertEqual(compare.too_slow(rows, 10.5), [])
        rows = self.comparison(*[({"a": 1.0, "b": 1.0}, {"a": 1.2, "b": 1.0})] * 3).rows()
        self.assertEqual(compare.too_slow(rows, 5), ["the geometric mean: 1.095", "a: at least 1.200 in every round"])

    def test_times_are_read_in_their_units(self):
        rows = [{"name": "a", "real_time": 2.5, "time_unit": "ms"},
                {"name": "b", "real_time": 1, "time_unit": "ns", "run_type": "iteration"},
                {"name": "c", "real_time": 1, "time_unit": "ns", "run_type": "aggregate"},
                {"name": "d", "real_time": 1, "time_unit": "ns", "error_occurred": True}]  # fmt: skip
        self.assertEqual(compare.seconds_by_name(rows), {"a": 2.5e-3, "b": 1e-9})

    def test_time_text(self):
        for seconds, text in ((2.5, "2.5 s"), (0.0123, "12.3 ms"), (1e-6, "1 us"), (5e-8, "50 ns")):
            self.assertEqual(compare.time_text(seconds), text)


class EndToEnd(unittest.TestCase):
    """A repository of two commits, of which the second is twice as slow."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name) / "fake"
        (self.folder / "bench").mkdir(parents=True)
        self.put("CMakeLists.txt", LISTS)
        self.put(".gitignore", "/build/\n")
        self.git("init", "--quiet", "--initial-branch=main")
        for first, second in ((100, 40), (200, 80)):
            self.put("bench/fake_bench.cpp", BENCH.format(first=first, second=second))
            self.git("add", ".")
            self.git("commit", "--quiet", "--message", f"{first}")

    def put(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def git(self, *arguments):
        who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", self.folder, *who, *arguments], check=True, capture_output=True)

    def compare(self, *arguments):
        return subprocess.run([sys.executable, "-B", SCRIPT, *arguments, "--rounds", "2", "--repository", self.folder],
                              capture_output=True, text=True, timeout=300)  # fmt: skip

    def fail_with(self, done, message):
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(message, done.stderr)

    def test_two_commits_and_the_working_tree(self):
        report = Path(self.folder).parent / "report.json"
        done = self.compare("main~1", "main", "--fail-above", "50", "--output", report)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stdout, r"fake/cpu/1 +100 ms +200 ms +2\.000  2\.000 \.\. 2\.000\n")
        self.assertRegex(done.stdout, r"fake/cpu/2 +40 us +80 us +2\.000  2\.000 \.\. 2\.000\n")
        self.assertRegex(done.stdout, r"geometric mean +2\.000\n")
        self.assertIn("slower than 50 % allow: the geometric mean: 2.000\n", done.stdout)
        self.assertEqual(json.loads(report.read_text())["geometric_mean"], 2.0)
        self.assertEqual(self.compare("main~1", "main", "--fail-above", "100").returncode, 0)

        self.put("bench/fake_bench.cpp", BENCH.format(first=50, second=80))
        done = self.compare("main")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("head working tree, 2 rounds", done.stdout)
        self.assertRegex(done.stdout, r"fake/cpu/1 +200 ms +50 ms +0\.250 ")
        # The change is no part of the commit.
        done = self.compare("main~1", "main")
        self.assertIn("the working tree has changes, which are not measured", done.stderr)
        self.assertRegex(done.stdout, r"fake/cpu/1 +100 ms +200 ms +2\.000 ")

    def test_a_commit_that_does_not_build(self):
        self.put("bench/fake_bench.cpp", "int main() { return fault; }")
        self.fail_with(self.compare("main", "."), "fault")

    def test_errors_before_anything_is_built(self):
        self.fail_with(self.compare("nowhere"), "compare: there is no commit 'nowhere' here\n")
        self.fail_with(self.compare("main", "--bench", "other"), "no bench is called other on both sides; there are fake")
        self.fail_with(self.compare(".", "main"), "only head can be the working tree")
        self.assertEqual(self.compare("main", "--filter", "(").returncode, 2)
        self.assertFalse((self.folder / "build" / "compare" / "working-tree-build").exists())

    def test_a_shallow_clone_says_what_it_lacks(self):
        clone = self.folder.parent / "clone"
        subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{self.folder}", clone], check=True)
        self.folder = clone
        self.fail_with(self.compare("HEAD~1"), "the clone is shallow, git fetch --unshallow brings older commits")

    def test_no_repository(self):
        with tempfile.TemporaryDirectory() as empty:
            self.folder = Path(empty)
            self.fail_with(self.compare("main"), "is not in a git repository")


if __name__ == "__main__":
    unittest.main()
