"""bench/race: what is measured, how it is summed up, and that the README shows a saved race.

Usage: race_test.py REPOSITORY COMMAND GENERATOR [unittest arguments]
"""

import copy
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

REPOSITORY = Path(sys.argv.pop(1)).resolve()
COMMAND = Path(sys.argv.pop(1)).resolve()
GENERATOR = Path(sys.argv.pop(1)).resolve()
RACE = REPOSITORY / "bench" / "race"
sys.path.insert(0, str(RACE))

import contestants  # noqa: E402
import markdown  # noqa: E402
import results  # noqa: E402

NUMBERS = {"AP": 0.5, "AP50": 0.75}


def a_run(contestant, wall_s, numbers=None, iou="segm", error=None, **more):
    run = {"workload": "coco-small", "rules": "coco", "iou": iou, "contestant": contestant, "error": error,
           "wall_s": wall_s, "cpu_s": 2 * wall_s, "peak_rss_bytes": int(wall_s * 100) << 20, "seconds": None,
           "numbers": NUMBERS if numbers is None else numbers}  # fmt: skip
    return {**run, **more}


def a_race(*runs):
    return {
        "schema": results.SCHEMA, "date": "2026-01-02T03:04:05+00:00", "command": "bench/race/race.py run",
        "commit": "abc", "versions": {"maskmetrics": "0.1.0", "hotcoco": "1.3.0"}, "workloads": {}, "runs": list(runs),
        "machine": {"cpu": "Z80", "cores": 2, "memory_gib": 8.0, "virtual": True, "system": "Linux 6"},
    }  # fmt: skip


class Rows(unittest.TestCase):
    def test_medians_spread_and_ratios(self):
        runs = [a_run("hotcoco", 3.0), a_run("maskmetrics", 1.0), a_run("maskmetrics", 9.0), a_run("hotcoco", 4.0),
                a_run("hotcoco", 20.0), a_run("maskmetrics", 2.0)]  # fmt: skip
        ours, theirs = results.rows_of(a_race(*runs))
        self.assertEqual((ours["contestant"], ours["seconds"], ours["cpu_s"], ours["runs"]), ("maskmetrics", 2.0, 4.0, 3))
        self.assertEqual((ours["fastest_s"], ours["slowest_s"], ours["time_ratio"]), (1.0, 9.0, 1.0))
        self.assertEqual((theirs["time_ratio"], theirs["memory_ratio"]), (2.0, 2000 / 900))

    def test_agreement(self):
        nearly = {"AP": 0.5 + 2**-53, "AP50": 0.75}
        cases = [({**NUMBERS, "more": 1.0}, "2 of 2 equal"), (nearly, "within 1e-16"), ({"AP": 0.5}, "1 of 1 equal"),
                 ({"AP": 0.5, "AP50": 0.7}, "AP50 differs by 0.05"), ({"other": 1.0}, "-"), ({}, "-")]  # fmt: skip
        for numbers, text in cases:
            with self.subTest(text):
                rows = results.rows_of(a_race(a_run("maskmetrics", 1.0), a_run("hotcoco", 2.0, numbers)))
                self.assertEqual(results.agreement_text(rows[1]), text)

    def test_who_fails_is_a_row_behind_the_others(self):
        rows = results.rows_of(a_race(a_run("lvis", 0.1, error="broken"), a_run("maskmetrics", 1.0)))
        self.assertEqual([(row["contestant"], row["error"]) for row in rows], [("maskmetrics", None), ("lvis", "broken")])
        self.assertIn("coco-small  segm  lvis         broken", results.table(rows))

    def test_one_failed_run_of_several_is_a_failure(self):
        rows = results.rows_of(a_race(a_run("lvis", 1.0), a_run("lvis", 1.0, error="late")))
        self.assertEqual([row["error"] for row in rows], ["late"])

    def test_without_ours_there_are_no_ratios(self):
        row = results.rows_of(a_race(a_run("hotcoco", 1.0)))[0]
        self.assertNotIn("time_ratio", row)
        self.assertIn("hotcoco", results.table([row]))

    def test_the_part_that_counts_of_dense_masks(self):
        runs = [a_run("torchmetrics", 30.0, rules="dense", seconds=6.0), a_run(results.OURS_IN_PYTHON, 9.0, rules="dense", seconds=0.5)]
        rows = results.rows_of(a_race(*runs))
        self.assertEqual([(row["seconds"], row["time_ratio"]) for row in rows], [(0.5, 1.0), (6.0, 12.0)])

    def test_a_saved_race_reads_back(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "new" / "race.json"
            race = a_race(a_run("maskmetrics", 1.0))
            results.save(race, file)
            self.assertEqual(results.load(file), race)
            self.assertEqual([path.name for path in file.parent.iterdir()], ["race.json"])
            results.save({**race, "schema": 99}, file)
            with self.assertRaisesRegex(ValueError, "schema 99, expected 1"):
                results.load(file)


class Contestants(unittest.TestCase):
    def test_pins(self):
        found = contestants.parse_contestants(["hotcoco == 1.3.0", "pycocotools>=2.0.8,<3", "torchmetrics[faster-coco-eval]"])
        self.assertEqual(found[0].requirements(), ["hotcoco==1.3.0", "numpy"])
        self.assertEqual(found[1].requirements(), ["pycocotools>=2.0.8,<3"])
        self.assertEqual(found[2].name, "torchmetrics[faster-coco-eval]")

    def test_unknown_names(self):
        for text in ("nobody", "hotcoco==", "", "hotcoco;rm"):
            with self.subTest(text), self.assertRaises(contestants.UnknownContestant):
                contestants.parse_contestants([text])

    def test_every_contestant_has_an_adapter(self):
        import adapters

        self.assertEqual(set(adapters.CONTESTANTS), set(contestants.KNOWN))


class Runner(unittest.TestCase):
    def run_command(self, *command, limit="60"):
        with tempfile.TemporaryDirectory() as folder:
            files = [f"{folder}/stdout", f"{folder}/stderr"]
            full = [sys.executable, "-I", "-S", RACE / "runner.py", limit, *files, *command]
            done = subprocess.run(full, capture_output=True, text=True, timeout=120)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return json.loads(done.stdout), *(Path(file).read_text() for file in files)

    def python(self, program, **options):
        return self.run_command(sys.executable, "-I", "-S", "-c", program, **options)

    def test_peak_memory_and_cpu_are_the_childs(self):
        measured, out, err = self.python("b = bytearray(200 << 20); del b; print('out'); sum(range(3000000))")
        self.assertEqual((measured["status"], measured["late"], out, err), (0, False, "out\n", ""))
        self.assertTrue(200 << 20 < measured["peak_rss_bytes"] < 260 << 20, measured)
        self.assertTrue(0 < measured["cpu_s"] <= measured["wall_s"] * 1.5 + 0.05, measured)

    def test_a_small_child_looks_small(self):
        self.assertLess(self.run_command("true")[0]["peak_rss_bytes"], 16 << 20)

    def test_failures(self):
        self.assertEqual(self.python("raise SystemExit(3)")[0]["status"], 3)
        self.assertEqual(self.python("import os; os.abort()")[0]["status"], -6)
        measured, _, err = self.run_command("/nowhere/command")
        self.assertEqual((measured["status"], err), (127, "/nowhere/command: No such file or directory\n"))

    def test_who_is_late_is_stopped_with_all_its_children(self):
        with tempfile.TemporaryDirectory() as folder:
            pid_file = Path(folder) / "pid"
            measured, *_ = self.run_command("sh", "-c", f"sleep 1000 & echo $! >{pid_file}; wait", limit="1")
            self.assertTrue(measured["late"] and measured["status"] == -9 and 0.9 < measured["wall_s"] < 30, measured)
            state = Path(f"/proc/{pid_file.read_text().strip()}/stat")
            self.assertTrue(not state.exists() or state.read_text().split()[2] == "Z")


class Markdown(unittest.TestCase):
    RACE = a_race(a_run("maskmetrics", 0.5), a_run("hotcoco", 1.25, {"AP": 0.5, "AP50": 0.7}),
                  a_run("maskmetrics", 2.0, iou="bbox"), a_run("pycocotools", 90, iou="bbox"),
                  a_run("hotcoco", 1.0, iou="bbox", error="took longer than 1 s"))  # fmt: skip
    SECTION = """\
![the race](docs/race.svg)

| workload | maskmetrics | hotcoco | pycocotools |
|---|---|---|---|
| coco-small segm | **0.500 s**, 50 MiB | 1.25 s, 2.50x, 125 MiB ≠ |  |
| coco-small bbox | **2.00 s**, 200 MiB | late | 90.0 s, 45x, 9000 MiB |

Median wall time of whole processes, files in, summary out; times ours; peak memory. maskmetrics 0.1.0, hotcoco 1.3.0.  
Z80, 2 cores, virtual, 8.0 GiB, Linux 6; commit abc; 2026-01-02. `bench/race/race.py run`, saved as [bench/results/r.json](bench/results/r.json).  
≠ other numbers: hotcoco on coco-small segm: AP50 differs by 0.05.  
hotcoco on coco-small bbox: took longer than 1 s.
"""  # noqa: W291

    def test_section(self):
        file, svg = REPOSITORY / "bench" / "results" / "r.json", REPOSITORY / "docs" / "race.svg"
        self.assertEqual(markdown.sections([copy.deepcopy(self.RACE)], [file], svg), self.SECTION)

    def test_of_a_race_in_several_results_the_last_one_counts(self):
        again = a_race(a_run("maskmetrics", 0.25), a_run("vernier", 1))
        races = results.each_once([copy.deepcopy(self.RACE), again])
        self.assertEqual([(run["iou"], run["contestant"]) for run in races[0]["runs"]],
                         [("bbox", "maskmetrics"), ("bbox", "pycocotools"), ("bbox", "hotcoco")])  # fmt: skip
        first, second = markdown.sections(races, ["a.json", "b.json"], None).split("\n| workload |")
        self.assertNotIn("coco-small segm", first)
        self.assertIn("| coco-small segm | **0.250 s**, 25 MiB | 1.00 s, 4.00x, 100 MiB |", second)
        self.assertEqual(results.each_once([copy.deepcopy(again), again])[0]["runs"], [])

    def test_stands_between_markers(self):
        with tempfile.TemporaryDirectory() as folder:
            readme = Path(folder) / "README.md"
            readme.write_text(f"before\n{markdown.BEGIN}\nold\n\nold\n{markdown.END}\nbehind\n")
            markdown.update(readme, "new\n")
            self.assertEqual(readme.read_text(), f"before\n{markdown.BEGIN}\nnew\n{markdown.END}\nbehind\n")
            readme.write_text("no markers\n")
            with self.assertRaisesRegex(ValueError, "README.md: there is no <!-- race -->"):
                markdown.update(readme, "new\n")

    def test_the_readme_shows_the_saved_races(self):
        text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
        shown = markdown.between_markers(text)[1]
        saved = sorted((REPOSITORY / "bench" / "results").glob("race-*.json"))
        if not saved:
            self.assertEqual(shown, markdown.NOTHING)
            return
        svg = REPOSITORY / "docs" / "race.svg"
        self.assertTrue(svg.exists())
        files = re.findall(r"saved as \[(bench/results/[^]]+)\]", shown)
        self.assertEqual(sorted(files), [f"bench/results/{file.name}" for file in saved])
        races = results.each_once([results.load(REPOSITORY / file) for file in files])
        self.assertEqual(shown, markdown.sections(races, [REPOSITORY / file for file in files], svg))


# Stands for the Python of the peers' environment: tells versions, and plays the peers.
FAKE_PYTHON = """\
#!/bin/sh
if [ "$1" = -c ]; then echo '{"hotcoco": "1.3.0", "numpy": "2", "vernier": "1", "pycocotools": "2"}'; exit; fi
case "$2" in
hotcoco) echo chatter; echo '{"numbers": {"AP": 0.25}, "seconds": null}' ;;
vernier) echo "vernier: cannot do that" >&2; exit 3 ;;
pycocotools) echo $$ >"$0.pid"; exec sleep 1000 ;;
esac
"""


class EndToEnd(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        python = self.folder / "venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(FAKE_PYTHON)
        python.chmod(python.stat().st_mode | stat.S_IXUSR)

    def race(self, *arguments):
        output = self.folder / "race.json"
        fixed = ["--ours", COMMAND, "--generator", GENERATOR, "--venv", self.folder / "venv", "--no-install",
                 "--folder", self.folder / "workloads", "--output", output]  # fmt: skip
        done = subprocess.run([sys.executable, "-B", RACE / "race.py", "run", *fixed, *arguments],
                              capture_output=True, text=True, timeout=600)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return results.load(output), done

    def test_everybody_is_a_row(self):
        peers = ["hotcoco", "vernier", "pycocotools==2", "ultrafast-pycocotools"]
        race, done = self.race("--workloads", "coco-small", "--iou", "bbox", "--rounds", "3", "--limit", "4", "--peers", *peers)
        rows = {row["contestant"]: row for row in results.rows_of(race)}
        self.assertEqual(rows["maskmetrics"]["runs"], 3)
        self.assertEqual((rows["maskmetrics"]["error"], len(rows["maskmetrics"]["numbers"])), (None, 12))
        self.assertEqual((rows["hotcoco"]["runs"], rows["hotcoco"]["numbers"]), (3, {"AP": 0.25}))
        self.assertRegex(results.agreement_text(rows["hotcoco"]), r"AP differs by 0\.\d+")
        self.assertEqual(rows["vernier"]["error"], "vernier: cannot do that")
        self.assertEqual(rows["pycocotools"]["error"], "took longer than 4 s")
        self.assertEqual(rows["ultrafast-pycocotools"]["error"], "not installed: ultrafast-pycocotools")
        self.assertIn(results.table(results.rows_of(race)), done.stdout)
        # In turn, each round beginning with another one; who failed is not tried again.
        order = [(run["round"], run["contestant"]) for run in race["runs"]]
        self.assertEqual(order[:5], [(0, name) for name in ["maskmetrics", "hotcoco", "vernier", "pycocotools", "ultrafast-pycocotools"]])
        self.assertEqual(order[5:], [(1, "hotcoco"), (1, "maskmetrics"), (2, "maskmetrics"), (2, "hotcoco")])
        self.assertEqual(race["workloads"]["coco-small"]["images"], 200)
        self.assertEqual(race["versions"]["hotcoco"], "1.3.0")
        self.assertRegex(race["versions"]["maskmetrics"], r"^\d+\.\d+\.\d+$")
        self.assertTrue({"cpu", "cores", "memory_gib", "system"} <= race["machine"].keys())

    def test_slow_ones_run_once_and_own_files(self):
        subprocess.run([GENERATOR, "lvis", "--images", "5", self.folder / "own"], check=True, stdout=subprocess.DEVNULL)
        files = ["--gt", self.folder / "own" / "gt.json", "--dt", self.folder / "own" / "dt.json", "--rules", "lvis"]
        race, _ = self.race(*files, "--rounds", "3", "--slow", "0", "--peers")
        self.assertEqual([(run["iou"], run["contestant"]) for run in race["runs"]], [("bbox", "maskmetrics"), ("segm", "maskmetrics")])
        self.assertEqual(len(race["runs"][0]["numbers"]), 13)
        self.assertEqual(race["workloads"]["dt"]["images"], 5)

    def test_who_is_stopped_leaves_what_was_run_and_nobody_running(self):
        output = self.folder / "race.json"
        arguments = ["run", "--ours", COMMAND, "--generator", GENERATOR, "--venv", self.folder / "venv", "--no-install",
                     "--folder", self.folder / "workloads", "--output", output, "--workloads", "coco-small",
                     "--iou", "bbox", "--peers", "pycocotools"]  # fmt: skip
        with subprocess.Popen([sys.executable, "-B", RACE / "race.py", *arguments], stderr=subprocess.PIPE, text=True) as race:
            pid_file = self.folder / "venv" / "bin" / "python.pid"
            limit = time.monotonic() + 120
            while not (pid_file.exists() and pid_file.read_text().endswith("\n")) and time.monotonic() < limit:
                time.sleep(0.05)
            race.send_signal(signal.SIGINT)
            _, said = race.communicate(timeout=60)
        self.assertEqual(race.returncode, 130)
        self.assertTrue(said.endswith("race: stopped; runs so far are saved\n"), said)
        self.assertEqual([run["contestant"] for run in results.load(output)["runs"]], ["maskmetrics"])
        state = Path(f"/proc/{pid_file.read_text().strip()}/stat")
        self.assertTrue(not state.exists() or state.read_text().split()[2] == "Z")

    def test_chart_prints_the_table(self):
        race = self.folder / "saved.json"
        results.save(Markdown.RACE, race)
        done = subprocess.run([sys.executable, "-B", RACE / "race.py", "chart", race], capture_output=True, text=True, check=True)
        self.assertIn(Markdown.SECTION.split("\n\n")[1], done.stdout)

    def test_errors(self):
        for arguments, message in ((["run", "--peers", "nobody"], "no contestant is called 'nobody'"),
                                   (["run", "--ours", "/nowhere"], "/nowhere is not there"),
                                   (["run", "--gt", "x"], "--gt and --dt belong together"),
                                   (["chart", "/nowhere"], "No such file")):  # fmt: skip
            with self.subTest(message):
                done = subprocess.run([sys.executable, "-B", RACE / "race.py", *arguments], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(message, done.stderr)


def has_altair():
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError:
        return False
    return True


class Chart(unittest.TestCase):
    @unittest.skipUnless(has_altair(), "no altair and vl-convert-python here")
    def test_svg(self):
        from chart import write_svg

        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "race.svg")
            write_svg(Markdown.RACE, file)
            text = Path(file).read_text(encoding="utf-8")
            self.assertTrue(text.startswith("<svg"))
            for name in ("maskmetrics", "hotcoco", "pycocotools", "coco-small segm", "Z80"):
                self.assertIn(name, text)
            with self.assertRaisesRegex(ValueError, "nobody finished"):
                write_svg(a_race(a_run("lvis", 1.0, error="broken")), file)


if __name__ == "__main__":
    unittest.main()
