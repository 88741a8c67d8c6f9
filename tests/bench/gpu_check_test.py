"""scripts/gpu_check on a tree of shell scripts, with a GPU and a sanitizer that are shell scripts as well.

Usage: gpu_check_test.py REPOSITORY [unittest arguments]
"""

import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import types
import unittest
from pathlib import Path
from unittest import mock

REPOSITORY = Path(sys.argv.pop(1)).resolve()
SCRIPT = REPOSITORY / "scripts" / "gpu_check"
loader = importlib.machinery.SourceFileLoader("gpu_check", str(SCRIPT))
sys.dont_write_bytecode = True
gpu_check = importlib.util.module_from_spec(importlib.util.spec_from_loader("gpu_check", loader))
loader.exec_module(gpu_check)

import report  # noqa: E402
import tree  # noqa: E402

SMI = "echo 'NVIDIA H100 80GB HBM3, 580.1, 81559 MiB, 9.0'"
TEST = "echo '[  PASSED  ] 3 tests.'"
# A run of gpu_test on a machine with one GPU.
GPU_TEST = """
echo '../stream_test.cu:55: Skipped'
echo 'one device only'
echo
echo '[  SKIPPED ] gpu_stream.of_another_device_is_refused (0 ms)'
"""
BENCH = """
mkdir "$LOCK" || exit 1
for argument; do case $argument in --benchmark_out=*) out=${argument#*=} ;; esac; done
name=$(basename "$0" _bench)/cuda/data/1
row='"run_type": "iteration", "real_time": 2000, "time_unit": "us", "bytes_per_second": 4e9'
echo "{\\"benchmarks\\": [{\\"name\\": \\"$name\\", $row}," '{"name": "BigO", "run_type": "aggregate"}]}' > "$out"
rmdir "$LOCK"
"""
WORKLOAD = 'for last; do :; done; mkdir -p "$last"; touch "$last/gt.json" "$last/dt.json"'
COMMAND = """
while [ $# -gt 1 ]; do
  case $1 in --arrays) arrays=$2 ;; --device) device=$2 ;; esac
  shift
done
mkdir -p "$arrays"
for name in precision recall scores; do echo ${DIFFERENT:+$device} > "$arrays/$name.npy"; done
echo AP
"""
# Runs what it was given last.
SANITIZER = """
for last; do :; done
"$last" || exit
echo '========= ERROR SUMMARY: 0 errors'
"""


class GpuCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.tree, self.results, self.tools = (self.folder / name for name in ("tree", "results", "tools"))
        for name in {name for names in tree.PROGRAMS.values() for name in names}:
            self.program(name, BENCH if name.endswith("_bench") else TEST)
        self.program("gpu_test", GPU_TEST)
        self.program("maskmetrics", COMMAND)
        self.program("maskmetrics-workload", WORKLOAD)
        (self.tree / "commit").write_text("0123456789abcdef0123456789abcdef01234567\n", encoding="utf-8")
        self.tool("nvidia-smi", SMI)
        self.tool("compute-sanitizer", SANITIZER)
        # A probe that ends at once, whatever is installed here.
        self.module("torch", "raise ImportError('no torch here')")

    @staticmethod
    def script(file, text):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n" + text, encoding="utf-8")
        file.chmod(0o755)

    def program(self, name, text):
        self.script(self.tree / "bin" / name, text)

    def tool(self, name, text):
        self.script(self.tools / name, text)

    def module(self, name, text):
        file = self.folder / "modules" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def modules_of_torch(self):
        self.module("torch", "class cuda:\n    is_available = staticmethod(lambda: True)")
        (self.folder / "modules" / "torchmetrics").mkdir()
        self.module("torchmetrics/__init__", "")
        self.module("torchmetrics/detection", "class MeanAveragePrecision:\n    def __init__(self, iou_type):\n"
                    "        raise ModuleNotFoundError('pycocotools is needed for ' + iou_type)")  # fmt: skip

    def start(self, *arguments, **environment):
        named = ["--tree", self.tree] if "--tree" not in arguments else []
        command = [sys.executable, SCRIPT, *named, "--results", self.results, *arguments]
        environment = {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}", "LOCK": str(self.folder / "lock"),
                       "PYTHONPATH": str(self.folder / "modules"), **environment}  # fmt: skip
        return subprocess.Popen([str(part) for part in command], env=environment, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)  # fmt: skip

    def check(self, *arguments, status=0, **environment):
        process = self.start(*arguments, **environment)
        stdout, self.stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, status, stdout + self.stderr)
        return stdout

    def report(self, commit="0123456789ab"):
        file = self.results / f"nvidia-h100-80gb-hbm3-{commit}.json"
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=self.fail)

    def outcomes(self, **more):
        return {check["step"]: check["outcome"] for check in self.report(**more)["checks"]}

    def test_everything(self):
        printed = self.check("--jobs", "8")
        found = self.report()
        self.assertEqual(found["outcome"], "passed", printed)
        self.assertEqual((found["device"], found["driver"]), ("NVIDIA H100 80GB HBM3", "580.1"))
        self.assertEqual(found["commit"], "0123456789ab")
        self.assertEqual({check["group"] for check in found["checks"]}, set(gpu_check.GROUPS))
        # Five times the tests; one more of the evaluator, seven steps of data, and two of torch.
        self.assertEqual(len(found["checks"]), 5 * len(tree.TESTS) + 1 + 7 + len(tree.BENCHES) + 2)
        self.assertEqual(found["tests_skipped"], {"one device only": 5})
        self.assertEqual(found["copy_bytes_per_second"], 4e9)
        self.assertEqual(len(found["benchmarks"]), len(tree.BENCHES))
        row = {"name": "pairwise/cuda/data/1", "milliseconds": 2.0, "bytes_per_second": 4e9, "of_copy": 1.0}
        self.assertIn(row, found["benchmarks"])
        self.assertEqual(found["torchmetrics"], {"left_out": "ImportError: no torch here"})
        self.assertEqual([file.name for file in self.results.iterdir()], ["nvidia-h100-80gb-hbm3-0123456789ab.json"])

    def test_runs_of_parts_become_one_report(self):
        self.check("--only", "benches")
        self.assertEqual(self.report()["outcome"], "incomplete")
        self.check("--only", "stages,end_to_end,torch")
        self.check("--only", "memcheck", "--commit", "another")
        self.check("--only", ",".join(gpu_check.SANITIZERS))
        self.assertEqual(self.report()["outcome"], "passed")
        self.assertEqual(len(self.report()["benchmarks"]), len(tree.BENCHES))
        self.assertEqual({check["group"] for check in self.report("another")["checks"]}, {"memcheck"})

    def test_the_most_telling_first(self):
        self.check("--only", "synccheck,racecheck,memcheck", "--jobs", "1")
        labels = [check["step"] for check in self.report()["checks"]]
        expected = [f"{tool} {name}" for tool in ("memcheck", "racecheck", "synccheck") for name in tree.TESTS]
        self.assertEqual(labels, expected)
        self.assertEqual(labels[0], "memcheck gpu_test")

    def test_a_failure_is_kept_until_it_passes(self):
        self.program("ranking_test", "echo 'ranks differ'; exit 1")
        self.check("--only", "stages", status=1)
        label = "ranking: oracle == CPU == CUDA"
        self.assertEqual(self.outcomes()[label], "failed")
        self.assertEqual(self.report()["outcome"], "failed")
        log = self.results / "nvidia-h100-80gb-hbm3-0123456789ab.log"
        self.assertIn("ranks differ", log.read_text(encoding="utf-8"))
        self.program("ranking_test", TEST)
        printed = self.check("--only", "stages", "--resume")
        self.assertIn("1 passed\n", printed)
        self.assertEqual(set(self.outcomes().values()), {"passed"})

    def test_the_budget(self):
        started = self.folder / "started"
        self.program("gpu_test", f"sleep 300 & echo $! > {started}; wait")
        self.check("--only", "stages", "--jobs", "1", "--budget", "1.5", status=1)
        checks = self.report()["checks"]
        self.assertEqual({check["outcome"] for check in checks}, {"not run"})
        reasons = {check["step"]: check["reason"] for check in checks}
        self.assertEqual(reasons.pop("device, streams, memory, graph"), "stopped: the budget of 1.5 s was spent")
        self.assertEqual(set(reasons.values()), {"the budget of 1.5 s was spent"})
        # What the step had started has ended too.
        child = Path("/proc") / started.read_text(encoding="utf-8").strip() / "stat"
        for _ in range(100):
            if not child.exists() or child.read_text(encoding="utf-8").split()[2] == "Z":
                break
            time.sleep(0.05)
        else:
            self.fail("a child of the stopped step still runs")

    def test_a_step_that_was_not_run_leaves_the_result_before(self):
        self.check("--only", "stages")
        self.check("--only", "stages", "--budget", "0", status=1)
        self.assertEqual(set(self.outcomes().values()), {"passed"})

    def test_several_tests_at_a_time(self):
        # Each waits for the other.
        for mine, other in (("gpu_test", "ranking_test"), ("ranking_test", "gpu_test")):
            wait = f"for i in $(seq 200); do [ -e '{self.folder}/{other}' ] && exit 0; sleep 0.05; done; exit 1"
            self.program(mine, f"touch '{self.folder}/{mine}'; {wait}")
        self.check("--only", "stages", "--jobs", "16")

    def test_stopped_from_outside(self):
        self.program("gpu_test", f"touch {self.folder}/started; exec sleep 300")
        process = self.start("--only", "stages", "--jobs", "1")
        while not (self.folder / "started").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 143)
        self.assertEqual(self.report()["outcome"], "incomplete")

    def test_no_usable_gpu_ends_the_run(self):
        said = "17 GPU tests not run: no CUDA device (no driver)"
        self.program("gpu_test", f"echo '{said}'")
        for group, label in (("stages", "device, streams, memory, graph"), ("memcheck", "memcheck gpu_test")):
            self.check("--only", group, "--jobs", "1", status=1)
            self.assertIn(f"nothing else can be shown: {said}\n", self.stderr)
            checks = {check["step"]: check for check in self.report()["checks"] if check["group"] == group}
            self.assertEqual(checks.pop(label)["reason"], said)
            self.assertEqual({check["outcome"] for check in checks.values()}, {"not run"})

    def test_machine_without_a_gpu(self):
        self.tool("nvidia-smi", "exit 9")
        self.check(status=1)
        self.assertEqual(self.stderr, "gpu_check: nvidia-smi names no GPU: this check needs one\n")

    def test_what_a_sanitizer_finds(self):
        self.tool("compute-sanitizer", "echo '========= RACECHECK SUMMARY: 2 hazards displayed (0 errors, 2 warnings)'")
        self.check("--only", "racecheck", status=1)
        check = self.report()["checks"][0]
        self.assertEqual(check["reason"], "RACECHECK SUMMARY: 2 hazards displayed (0 errors, 2 warnings)")

    def test_a_sanitizer_that_does_not_work_is_given_up(self):
        self.tool("compute-sanitizer", "echo '========= Error: Device not supported'; exit 1")
        self.check("--only", "memcheck,racecheck", "--jobs", "1", status=1)
        outcomes = list(self.outcomes().values())
        self.assertEqual(outcomes, 3 * ["failed"] + (2 * len(tree.TESTS) - 3) * ["not run"])

    def test_benches_that_measure_nothing(self):
        self.program("pairwise_bench", 'for a; do case $a in --benchmark_out=*) : > "${a#*=}" ;; esac; done')
        text = BENCH.replace('"real_time": 2000', '"real_time": NaN')
        self.program("dense_bench", text)
        self.program("ranking_bench", "exit 0")
        self.program("copy_bench", BENCH.replace("4e9", "Infinity"))
        self.check("--only", "benches", status=1)
        reasons = {check["step"]: check.get("reason", "") for check in self.report()["checks"]}
        self.assertEqual(reasons["bench pairwise"], "no benchmark on a GPU")
        self.assertEqual(reasons["bench dense"], "no time of dense/cuda/data/1")
        self.assertIn("cannot be read", reasons["bench ranking"])
        self.assertEqual(self.outcomes()["bench copy"], "passed")
        self.assertIsNone(self.report()["copy_bytes_per_second"])

    def test_other_bytes_on_the_gpu(self):
        self.check("--only", "end_to_end", status=1, DIFFERENT="yes")
        check = next(check for check in self.report()["checks"] if check["outcome"] == "failed")
        self.assertEqual(check["step"], "segm: cpu and cuda are the same bytes")
        self.assertIn("precision.npy differs", check["reason"])

    def test_a_program_that_is_not_in_the_tree(self):
        (self.tree / "bin" / "copy_bench").unlink()
        self.check("--only", "benches", status=1)
        self.assertEqual([step for step, outcome in self.outcomes().items() if outcome == "not run"], ["bench copy"])

    def test_missing_libraries_are_named_at_once(self):
        missing = "echo ' {} => not found'"
        self.tool("ldd", f"{missing.format('libtbb.so.12')}; case $1 in *copy*) {missing.format('libz.so.1')} ;; esac")
        self.check("--only", "benches", status=1)
        self.assertIn(f"missing; put them into {self.tree}/lib:\n", self.stderr)
        self.assertIn("  libtbb.so.12 => not found (copy_bench, accumulate_bench", self.stderr)
        self.assertIn("  libz.so.1 => not found (copy_bench)\n", self.stderr)

    def test_libraries_of_the_tree_are_found(self):
        (self.tree / "lib").mkdir()
        self.program("gpu_test", f'[ "$LD_LIBRARY_PATH" = "{self.tree}/lib:/elsewhere" ]')
        self.check("--only", "stages", LD_LIBRARY_PATH="/elsewhere")

    def test_torchmetrics_that_cannot_be_made(self):
        self.modules_of_torch()
        (self.folder / "modules" / "maskmetrics").mkdir()
        self.module("maskmetrics/__init__", "def built_with_cuda(): return True")
        self.module("maskmetrics/torch", "")
        self.module("pytest", "import sys\nprint(sys.argv[-1].endswith('test_on_gpu.py'), 'passed')")
        self.assertIn("left out", self.check("--only", "torch"))
        reason = "ModuleNotFoundError: pycocotools is needed for segm"
        self.assertEqual(self.report()["torchmetrics"], {"left_out": reason})
        self.assertEqual(self.outcomes(), {"tensors of the GPU": "passed", "beside torchmetrics": "left out"})
        self.module("pytest", "if __name__ == '__main__': raise SystemExit('1 failed')")
        self.check("--only", "torch", status=1)
        self.assertEqual(self.outcomes()["tensors of the GPU"], "failed")

    def test_a_package_for_another_python(self):
        (self.tree / "python").mkdir()
        (self.tree / "python" / "_core.cpython-27-z80.so").touch()
        self.check("--only", "torch")
        self.assertIn("the tree has _core.cpython-27-z80.so", self.report()["torchmetrics"]["left_out"])

    def test_the_package_of_the_tree_is_used(self):
        self.modules_of_torch()
        self.module("maskmetrics", "raise ImportError('an installed one')")
        (self.tree / "python").mkdir()
        (self.tree / "python" / f"_core{importlib.machinery.EXTENSION_SUFFIXES[0]}").touch()
        self.check("--only", "torch")
        # It fails for its empty module, or for numpy where that is missing; the installed one was not looked at.
        self.assertRegex(self.report()["torchmetrics"]["left_out"], "^(?!.*an installed one)")

    def test_a_file_that_is_no_report(self):
        self.check("--only", "torch")
        file = next(self.results.iterdir())
        file.write_text("{", encoding="utf-8")
        self.check("--only", "torch", status=1)
        self.assertIn(f"{file} is no report", self.stderr)

    def test_beside_torchmetrics(self):
        made = object.__new__(gpu_check.Check)
        made.report = types.SimpleNamespace(content={})
        self.assertEqual(made.take_torch('a warning\n{"numbers_agree": true, "times_ours": NaN}\n'), "")
        self.assertEqual(made.report.content["torchmetrics"], {"numbers_agree": True, "times_ours": None})
        self.assertEqual(made.take_torch('{"numbers_agree": false}'), "other numbers than torchmetrics")

    def test_unknown_steps(self):
        self.check("--only", "stages,nonsense", status=2)
        self.assertIn("no step nonsense", self.stderr)

    def test_packed_here_and_run_elsewhere(self):
        # A program with a library that is not everywhere.
        libraries, _ = tree.libraries_of([Path("/bin/ls")], None)
        own = {name for name in libraries if not tree.OF_THE_SYSTEM.match(name)}
        if not own:
            self.skipTest("/bin/ls needs nothing but the C library")
        shutil.copy("/bin/ls", self.tree / "bin" / "ranking_bench")
        (self.tree / "bin" / "copy_bench").unlink()
        archive = self.folder / "packed.tar.xz"
        printed = self.check("--pack", archive)
        self.assertIn("not built, so not packed: copy_bench\n", self.stderr)
        self.assertRegex(printed, r"shared libraries of 0123456789abcdef0123456789abcdef01234567, 0\.\d MiB\n")
        with tarfile.open(archive) as packed:
            names = set(packed.getnames())
        self.assertLessEqual({"commit", "bin/gpu_test", "bin/maskmetrics", *(f"lib/{name}" for name in own)}, names)
        self.assertFalse([name for name in names if "libc." in name or "ld-linux" in name])
        self.check("--tree", archive, "--only", "stages")
        self.assertEqual(list(self.results.iterdir()), [self.results / "nvidia-h100-80gb-hbm3-0123456789ab.json"])
        self.assertEqual(set(self.outcomes().values()), {"passed"})


class Commit(unittest.TestCase):
    def commit_of(self, given=None, tree_says=None, git_says="", changes=""):
        said = [git_says] + ([changes] if git_says else [])
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(tree, "output_of", side_effect=said):
            if tree_says:
                (Path(folder) / "commit").write_text(tree_says + "\n", encoding="utf-8")
            return tree.commit_of(given, Path(folder))

    def test_who_says_it(self):
        self.assertEqual(self.commit_of("given", "packed", "git"), "given")
        self.assertEqual(self.commit_of(None, "packed-dirty", "git"), "packed-dirty")
        self.assertEqual(self.commit_of(None, None, "git"), "git")
        self.assertEqual(self.commit_of(None, None, "git", " M file"), "git-dirty")
        with mock.patch("sys.stderr") as stderr:
            self.assertEqual(self.commit_of(), "unknown")
            self.assertIn("the commit is unknown", stderr.write.call_args_list[0].args[0])

    def test_twelve_digits(self):
        self.assertEqual(tree.short(40 * "a" + "-dirty"), 12 * "a" + "-dirty")
        self.assertEqual(tree.short("unknown"), "unknown")


class Parts(unittest.TestCase):
    def test_programs_that_exist_here(self):
        self.assertIn("pairwise", tree.STAGES)
        self.assertEqual(tree.BENCHES[0], "copy")
        self.assertNotIn("ingest", tree.BENCHES)

    def test_libraries_of_the_system(self):
        for name in ("libc.so.6", "libstdc++.so.6", "ld-linux-x86-64.so.2", "libcuda.so.1", "libnvidia-ml.so.1"):
            self.assertTrue(tree.OF_THE_SYSTEM.match(name), name)
        for name in ("libtbb.so.12", "libcudart.so.13", "libz.so.1", "libcrypto.so.3", "libbenchmark.so.1debian"):
            self.assertFalse(tree.OF_THE_SYSTEM.match(name), name)

    def test_skipped_tests(self):
        text = "a.cpp:1: Skipped\nno data\n\nb.cpp:2: Skipped\nno data\n"
        self.assertEqual(report.skipped_tests(text), {"no data": 2})


if __name__ == "__main__":
    unittest.main(verbosity=2)
