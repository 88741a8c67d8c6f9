#!/usr/bin/env python3
"""Is head faster than base? Builds two commits and runs their benches in turn.

  bench/compare.py main .                        main against the working tree
  bench/compare.py v0.1 main --filter segm       what the pattern names, in all benches
  bench/compare.py main . --bench pairwise matching --fail-above 5

Commits are built in git worktrees below build/compare, where they stay for the next time. In every round each bench runs
once for base and once for head, in an order that changes; a ratio is head's time by base's in the same round, so what
slows the machine for longer than a round slows both. A row shows the median ratio and the smallest and largest one: a
spread around 1 says nothing. Below 1 head is faster.

Status 0; 1 where head is slower than --fail-above allows; 2 where nothing could be compared.
"""

import argparse
import json
import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
from pathlib import Path

WORKING_TREE = "."
# Times of complexity and of repetitions are no times of their own.
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


class Stop(Exception):
    """The comparison cannot be made."""


def run(command, **options):
    """Output of a command that succeeds."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace", **options)
    except OSError as missing:
        raise Stop(f"{command[0]} cannot be run: {missing.strerror}") from None
    if done.returncode != 0:
        shown = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise Stop(f"{' '.join(str(part) for part in command)} failed with status {done.returncode}:\n{shown}")
    return done.stdout.strip()


class Repository:
    def __init__(self, folder):
        try:
            self.root = Path(run(["git", "-C", folder, "rev-parse", "--show-toplevel"]))
        except Stop as reason:
            raise Stop(f"{folder} is not in a git repository, so there are no commits to compare\n{reason}") from None
        self.builds = self.root / "build" / "compare"

    def git(self, *arguments):
        return run(["git", "-C", self.root, *arguments])

    def commit_of(self, name):
        try:
            return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except Stop:
            pass
        hint = ""
        if self.git("rev-parse", "--is-shallow-repository") == "true":
            hint = "; the clone is shallow, git fetch --unshallow brings older commits"
        raise Stop(f"there is no commit '{name}' here{hint}")

    def is_dirty(self):
        return bool(self.git("status", "--porcelain"))

    def check_out(self, commit):
        """A worktree of the commit."""
        folder = self.builds / commit[:12]
        if folder.is_dir():
            try:
                if run(["git", "-C", folder, "rev-parse", "HEAD"]) == commit and not run(
                    ["git", "-C", folder, "status", "--porcelain", "--untracked-files=no"]
                ):
                    return folder
            except Stop:
                pass
            shutil.rmtree(folder)
        self.git("worktree", "prune")
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.git("worktree", "add", "--detach", "--force", folder, commit)
        return folder


class Side:
    """One of the two: where its sources and programs are."""

    def __init__(self, repository, name):
        self.name = name
        if name == WORKING_TREE:
            self.label = "working tree"
            self.sources = repository.root
            self.build = repository.builds / "working-tree-build"
        else:
            commit = repository.commit_of(name)
            self.label = f"{name} ({commit[:12]})" if not commit.startswith(name) else commit[:12]
            self.sources = repository.check_out(commit)
            self.build = repository.builds / f"{commit[:12]}-build"

    def stems(self):
        return {file.name.removesuffix("_bench.cpp") for file in (self.sources / "bench").glob("*_bench.cpp")}

    def compile(self, stems, jobs):
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        options = ["-DCMAKE_BUILD_TYPE=Release", "-DMASKMETRICS_BUILD_BENCH=ON"]
        # Both sides' paths count as the same for ccache.
        environment = {**os.environ, "CCACHE_BASEDIR": str(self.sources), "CCACHE_NOHASHDIR": "1"}
        run(["cmake", "-S", self.sources, "-B", self.build, *generator, *options], env=environment)
        targets = [f"{stem}_bench" for stem in stems]
        run(["cmake", "--build", self.build, "--parallel", jobs, "--target", *targets], env=environment)

    def measure(self, stem, pattern, min_time):
        """Seconds by name of benchmark; nothing where the pattern names none of this bench."""
        command = [self.build / "bin" / f"{stem}_bench", "--benchmark_format=json", f"--benchmark_min_time={min_time:g}"]
        if pattern:
            command.append(f"--benchmark_filter={pattern}")
        text = run(command)
        if not text.startswith("{"):
            return {}
        return seconds_by_name(json.loads(text)["benchmarks"])


def seconds_by_name(rows):
    times = {}
    for row in rows:
        if row.get("run_type", "iteration") == "iteration" and not row.get("error_occurred"):
            times[row["name"]] = row["real_time"] * UNITS[row["time_unit"]]
    return times


class Comparison:
    """Times of both sides by benchmark, round by round."""

    def __init__(self):
        self.times = {}  # name: [(base, head), ...]
        self.on_one_side = set()

    def add_round(self, base, head):
        for name in base.keys() & head.keys():
            self.times.setdefault(name, []).append((base[name], head[name]))
        self.on_one_side |= base.keys() ^ head.keys()

    def rows(self):
        """Name, seconds of base and head, median, smallest and largest ratio."""
        rows = []
        for name, pairs in self.times.items():
            ratios = [head / base for base, head in pairs]
            base, head = (statistics.median(side) for side in zip(*pairs))
            rows.append({"name": name, "base_s": base, "head_s": head, "ratio": statistics.median(ratios),
                         "lowest": min(ratios), "highest": max(ratios)})  # fmt: skip
        return rows


def geometric_mean(rows):
    return math.exp(statistics.fmean(math.log(row["ratio"]) for row in rows))


def too_slow(rows, percent):
    """What is slower than allowed: all together, or a benchmark in every round."""
    limit = 1 + percent / 100
    reasons = [f"{row['name']}: at least {row['lowest']:.3f} in every round" for row in rows if row["lowest"] > limit]
    mean = geometric_mean(rows)
    if mean > limit:
        reasons.insert(0, f"the geometric mean: {mean:.3f}")
    return reasons


def time_text(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def table(rows):
    width = max(len("geometric mean"), *(len(row["name"]) for row in rows))
    lines = [f"{'':{width}}  {'base':>9}  {'head':>9}  {'ratio':>6}  spread"]
    for row in rows:
        lines.append(f"{row['name']:{width}}  {time_text(row['base_s']):>9}  {time_text(row['head_s']):>9}  "
                     f"{row['ratio']:6.3f}  {row['lowest']:.3f} .. {row['highest']:.3f}")  # fmt: skip
    lines.append(f"{'geometric mean':{width}}  {'':9}  {'':9}  {geometric_mean(rows):6.3f}")
    return "\n".join(lines)


def chosen_stems(base, head, wanted):
    both = base.stems() & head.stems()
    missing = [stem for stem in wanted if stem not in both]
    if missing:
        raise Stop(f"no bench is called {', '.join(missing)} on both sides; there are {', '.join(sorted(both)) or 'none'}")
    if not both:
        raise Stop("the two have no bench in common")
    return wanted or sorted(both)


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure(base, head, stems, arguments):
    comparison = Comparison()
    for number in range(arguments.rounds):
        for stem in stems:
            say(f"round {number + 1} of {arguments.rounds}: {stem}")
            order = (base, head) if number % 2 == 0 else (head, base)
            found = {side: side.measure(stem, arguments.filter, arguments.min_time) for side in order}
            comparison.add_round(found[base], found[head])
    return comparison


def compare(arguments):
    repository = Repository(arguments.repository)
    if arguments.base == WORKING_TREE:
        raise Stop("only head can be the working tree")
    base, head = Side(repository, arguments.base), Side(repository, arguments.head)
    if arguments.head != WORKING_TREE and repository.is_dirty():
        say("compare: the working tree has changes, which are not measured; head '.' measures them")
    stems = chosen_stems(base, head, arguments.bench)
    for side in (base, head):
        say(f"building {side.label}")
        side.compile(stems, arguments.jobs)
    comparison = measure(base, head, stems, arguments)
    rows = comparison.rows()
    if not rows:
        raise Stop("the filter names no benchmark that both sides have" if arguments.filter else "no benchmark ran on both sides")
    print(f"base {base.label}, head {head.label}, {arguments.rounds} rounds\n\n{table(rows)}")
    if comparison.on_one_side:
        print("\non one side only: " + ", ".join(sorted(comparison.on_one_side)))
    if arguments.output:
        report = {"base": base.label, "head": head.label, "rounds": arguments.rounds,
                  "geometric_mean": geometric_mean(rows), "benchmarks": rows}  # fmt: skip
        Path(arguments.output).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    reasons = too_slow(rows, arguments.fail_above) if arguments.fail_above is not None else []
    for reason in reasons:
        print(f"slower than {arguments.fail_above:g} % allow: {reason}")
    return 1 if reasons else 0


def regular_expression(text):
    try:
        re.compile(text)
    except re.error as problem:
        raise argparse.ArgumentTypeError(f"no regular expression: {problem}") from None
    return text


def positive(kind):
    def check(text):
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError("must be above 0")
        return value

    return check


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="commit, branch or tag")
    parser.add_argument("head", nargs="?", default=WORKING_TREE, help="the same, or . for the working tree (default)")
    parser.add_argument("--filter", type=regular_expression, default="", metavar="REGEX", help="names of benchmarks")
    parser.add_argument("--bench", nargs="+", default=[], metavar="STEM", help="only these benches, e.g. pairwise")
    parser.add_argument("--rounds", type=positive(int), default=5, metavar="N")
    parser.add_argument("--min-time", type=positive(float), default=0.2, metavar="S", help="seconds a benchmark and round")
    parser.add_argument("--fail-above", type=float, metavar="PERCENT", help="status 1 where head is slower by more")
    parser.add_argument("--jobs", type=positive(int), default=os.cpu_count() or 2, metavar="N", help="for building")
    parser.add_argument("--output", metavar="FILE", help="also write the rows as JSON")
    parser.add_argument("--repository", default=Path(__file__).resolve().parent, metavar="DIR", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return compare(parse(sys.argv[1:]))
    except Stop as reason:
        say(f"compare: {reason}")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
