#!/usr/bin/env python3
"""The race: maskmetrics against its peers, as whole processes, side by side.

  bench/race/race.py run                                     small workloads, every peer
  bench/race/race.py run --workloads coco5k lvis5k lvis20k   the large ones; hours with the slow peers
  bench/race/race.py run --peers hotcoco pycocotools==2.0.11 --iou segm
  bench/race/race.py run --gt instances_val2017.json --dt results.json
  bench/race/race.py chart RESULT.json                       the chart and the README's table

Workloads are made by bin/maskmetrics-workload, peers are installed from PyPI into a virtual environment, both once, below
build/race. Then everybody runs in turn, round by round; what the kernel counted of each process is saved as JSON after
every run. bench/README.md says what the columns mean. "run --help" and "chart --help" tell the rest.
"""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import environment  # noqa: E402
import results  # noqa: E402
import workloads  # noqa: E402
from contestants import KNOWN, OURS, OVERLAPS, UnknownContestant, parse_contestants  # noqa: E402
from progress import make_progress  # noqa: E402

HERE = Path(__file__).resolve().parent
BUILD = environment.REPOSITORY / "build"
DENSE = {"torchmetrics", "torchmetrics[faster-coco-eval]", results.OURS_IN_PYTHON}


class Race:
    """Everything that one race needs; runs are added one by one."""

    def __init__(self, arguments, peers, venv):
        self.arguments = arguments
        self.peers = {peer.name: peer for peer in peers}
        self.venv = venv
        self.not_there = {}  # contestant: why
        self.slow = set()
        self.race = {
            "schema": results.SCHEMA,
            "date": environment.now(),
            "command": shlex.join(["bench/race/race.py", *sys.argv[1:]]),
            "commit": environment.commit(),
            "machine": environment.machine(),
            "versions": {},
            "workloads": {},
            "runs": [],
        }

    def prepare_peers(self, progress):
        if not self.peers:
            return
        if not self.arguments.no_install:
            self.venv.create()
            for peer in self.peers.values():
                progress.say(f"installing {' '.join(peer.requirements())}")
                problem = self.venv.install(peer.requirements())
                if problem:
                    self.not_there[peer.name] = f"not installed: {problem}"
        packages = {package for peer in self.peers.values() for package in peer.packages}
        self.race["versions"] = self.venv.versions(sorted(packages))
        for peer in self.peers.values():
            missing = [package for package in peer.packages if package not in self.race["versions"]]
            if missing:
                self.not_there.setdefault(peer.name, f"not installed: {', '.join(missing)}")

    def prepare_ours(self):
        done = subprocess.run([self.arguments.ours, "--version"], capture_output=True, text=True)
        self.race["versions"][OURS] = done.stdout.strip().removeprefix("maskmetrics ")

    def lineup(self, workload, iou):
        names = [name for name, peer in self.peers.items() if (workload.rules, iou) in peer.races]
        return names if workload.rules == "dense" else [OURS, *names]

    def command_of(self, contestant, workload, iou, report):
        files = [workload.gt, workload.dt]
        if contestant == OURS:
            return [self.arguments.ours, "eval", "--gt", files[0], "--dt", files[1], "--iou", iou,
                    "--protocol", workload.rules, "--device", "cpu", "--quiet", "--output", report]  # fmt: skip
        cores = len(os.sched_getaffinity(0))
        job = [iou, workload.rules, cores, workload.num_images]
        return [self.venv.python, HERE / "adapters.py", contestant, *files, *job]

    def run_one(self, contestant, workload, iou, number):
        run = {"workload": workload.name, "rules": workload.rules, "iou": iou, "contestant": contestant,
               "round": number, "load_before": round(os.getloadavg()[0], 2)}  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            command = self.command_of(contestant, workload, iou, report)
            measured = measure(command, self.arguments.limit, folder)
            run.update(measured)
            run.update(outcome_of(measured, contestant, report, Path(folder)))
        if measured["wall_s"] > self.arguments.slow:
            self.slow.add((contestant, workload.name, iou))
        return run

    def turns(self, chosen):
        """Every contestant of every race, round by round, each round beginning with another one."""
        for workload in chosen:
            for iou in workload.overlaps(self.arguments.iou):
                names = self.lineup(workload, iou)
                for number in range(self.arguments.rounds):
                    at = number % len(names) if names else 0
                    for contestant in names[at:] + names[:at]:
                        yield contestant, workload, iou, number

    def hold(self, chosen, progress):
        turns = list(self.turns(chosen))
        progress.start(len(turns))
        warmed = None
        for contestant, workload, iou, number in turns:
            label = f"{workload.name} {iou} {contestant}"
            failed = any(same_race(run, contestant, workload, iou) and run["error"] for run in self.race["runs"])
            if failed or (contestant, workload.name, iou) in self.slow:
                progress.finished(f"{label}: not again, it {'failed' if failed else 'is slow'}")
                continue
            if warmed != workload.name:
                workloads.warm(workload)
                warmed = workload.name
            progress.running(label)
            if contestant in self.not_there:
                run = {"workload": workload.name, "rules": workload.rules, "iou": iou, "contestant": contestant,
                       "round": number, "error": self.not_there[contestant]}  # fmt: skip
            else:
                run = self.run_one(contestant, workload, iou, number)
            self.race["runs"].append(run)
            results.save(self.race, self.arguments.output)
            progress.finished(f"{label}: {run['error'] or describe(run)}")


def same_race(run, contestant, workload, iou):
    return (run["contestant"], run["workload"], run["iou"]) == (contestant, workload.name, iou)


def describe(run):
    return f"{results.seconds_text(results.seconds_of(run))} s, {results.mebibytes(run)} MiB"


def measure(command, limit, folder):
    """What the kernel says of a command: see runner.py."""
    files = [Path(folder) / "stdout", Path(folder) / "stderr"]
    full = [sys.executable, "-I", "-S", HERE / "runner.py", limit, *files, *command]
    with subprocess.Popen([str(part) for part in full], stdout=subprocess.PIPE) as process:
        try:
            out, _ = process.communicate()
        except BaseException:
            process.terminate()  # and the command with it
            process.communicate()
            raise
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, full)
    return json.loads(out)


def outcome_of(measured, contestant, report, folder):
    """The numbers of a run, or why there are none."""
    if measured["late"]:
        return {"error": f"took longer than {measured['wall_s']:.0f} s"}
    if measured["status"] != 0:
        lines = (folder / "stderr").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        by_signal = measured["status"] < 0
        reason = f"ended by {signal.Signals(-measured['status']).name}" if by_signal else (lines or [""])[-1]
        return {"error": reason[:200] or f"status {measured['status']}"}
    if contestant == OURS:
        return {"error": None, "seconds": None, "numbers": json.loads(report.read_text(encoding="utf-8"))["metrics"]}
    lines = (folder / "stdout").read_text(encoding="utf-8").splitlines()
    return {"error": None, **json.loads(lines[-1])}


def chosen_workloads(arguments):
    if arguments.gt or arguments.dt:
        if not (arguments.gt and arguments.dt):
            raise environment.Failure("--gt and --dt belong together")
        return [workloads.own_workload(arguments.gt, arguments.dt, arguments.rules)]
    return [workloads.standard_workload(name, arguments.folder, arguments.seed) for name in arguments.workloads]


def chosen_peers(arguments, chosen):
    if arguments.peers is not None:
        return parse_contestants(arguments.peers)
    rules = {workload.rules for workload in chosen}
    # torch is large: only who asks for dense masks gets it.
    return parse_contestants(name for name in KNOWN if ("dense" in rules) or name not in DENSE)


def run(arguments):
    chosen = chosen_workloads(arguments)
    peers = chosen_peers(arguments, chosen)
    for program in (arguments.ours, arguments.generator):
        if not Path(program).exists():
            raise environment.Failure(f"{program} is not there; scripts/build builds it")
    race = Race(arguments, peers, environment.Environment(arguments.venv))
    cores, load = race.race["machine"]["cores"], os.getloadavg()[0]
    with make_progress() as progress:
        if load > 0.2 * cores:
            progress.say(f"race: the machine is busy (load {load:.1f} on {cores} cores); times will tell little")
        race.prepare_peers(progress)
        race.prepare_ours()
        for workload in chosen:
            progress.say(f"making {workload.name}")
            workloads.make(workload, arguments.generator)
            race.race["workloads"][workload.name] = workload.description()
        race.hold(chosen, progress)
    print(results.heading_of(race.race))
    print(results.table(results.rows_of(race.race)))
    print(f"saved as {arguments.output}")
    return 0


def default_output():
    return BUILD / "race" / "results" / f"race-{environment.now()[:10]}-{environment.commit()}.json"


def add_run(commands):
    known = ", ".join(f"{name} ({count:,} images)" for name, (_, count, _) in workloads.STANDARD.items())
    command = commands.add_parser("run", help="hold a race", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    command.add_argument("--workloads", nargs="+", metavar="NAME", choices=list(workloads.STANDARD),
                         default=["coco-small", "lvis-small"], help=known)  # fmt: skip
    command.add_argument("--gt", metavar="FILE", help="your own ground truth instead")
    command.add_argument("--dt", metavar="FILE", help="your own results")
    command.add_argument("--rules", choices=["coco", "lvis"], default="coco", help="of your own files")
    command.add_argument("--iou", nargs="+", choices=OVERLAPS["coco"], default=None, help="only these overlaps")
    command.add_argument("--peers", nargs="*", metavar="NAME", default=None,
                         help="against whom, with or without a pin (name==1.2); all that can: " + ", ".join(KNOWN))  # fmt: skip
    command.add_argument("--rounds", type=int, default=5, metavar="N", help="how often everybody runs")
    command.add_argument("--slow", type=float, default=120, metavar="S", help="who takes longer runs once")
    command.add_argument("--limit", type=float, default=3600, metavar="S", help="who takes longer is stopped")
    command.add_argument("--seed", type=int, default=1, metavar="N", help="of the workloads")
    command.add_argument("--folder", metavar="DIR", default=BUILD / "race" / "workloads", help="where workloads are made")
    command.add_argument("--venv", metavar="DIR", default=BUILD / "race" / "venv", help="environment of the peers")
    command.add_argument("--no-install", action="store_true", help="take the environment as it is")
    command.add_argument("--ours", metavar="FILE", default=BUILD / "cpu-release" / "bin" / "maskmetrics")
    command.add_argument("--generator", metavar="FILE", default=BUILD / "cpu-release" / "bin" / "maskmetrics-workload")
    command.add_argument("--output", metavar="FILE", default=default_output(), help="result, written after every run")
    command.set_defaults(work=run)


def add_chart(commands):
    command = commands.add_parser("chart", help="chart (SVG) and tables of results")
    command.add_argument("results", metavar="RESULT.json", nargs="+",
                         help="of a race that stands in several, the last one counts")  # fmt: skip
    command.add_argument("--svg", metavar="FILE", help="chart of the first; needs altair and vl-convert-python")
    command.add_argument("--readme", metavar="FILE", help="put the tables between the file's markers; else they are printed")
    command.set_defaults(work=chart)


def chart(arguments):
    import markdown

    races = results.each_once([results.load(file) for file in arguments.results])
    if arguments.svg:
        from chart import write_svg

        write_svg(races[0], arguments.svg)
    if arguments.readme:
        markdown.update(arguments.readme, markdown.sections(races, arguments.results, arguments.svg))
    elif not arguments.svg:
        print(markdown.sections(races, arguments.results, None), end="")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_run(commands)
    add_chart(commands)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return arguments.work(arguments)
    except (environment.Failure, UnknownContestant, ValueError, OSError) as problem:
        print(f"race: {problem}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as problem:
        print(f"race: {shlex.join(str(part) for part in problem.cmd)} failed with {problem.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("race: stopped; runs so far are saved", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
