"""What runs on a commit and a device have found, in one file that is whole at any time."""

import datetime
import json
import os
import re
from collections import Counter

from steps import FAILED, LEFT_OUT, NOT_RUN, PASSED, shortened

MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1e3}


def parse(text):
    """JSON, with null for the numbers that it has not: NaN and infinity."""
    return json.loads(text, parse_constant=lambda name: None)


def skipped_tests(output):
    """Why tests were skipped, and how many, as GoogleTest prints it."""
    return Counter(re.findall(r": Skipped\n(.+)", output))


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


class Report:
    def __init__(self, folder, about, groups, quick):
        """about: what stands at the top; device and commit name the file. Results of an earlier run stay there, each
        until its step ends another time."""
        self.groups, self.quick = groups, quick
        name = re.sub(r"[^a-z0-9]+", "-", about["device"].lower()).strip("-")
        self.file = folder / f"{name}-{about['commit']}.json"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            earlier = parse(self.file.read_text(encoding="utf-8")) if self.file.exists() else {}
        except ValueError as reason:
            raise ValueError(f"{self.file} is no report, move it away: {reason}") from None
        self.content = {**about, "checks": [], "benchmarks": [], "torchmetrics": None}
        self.content.update({key: earlier[key] for key in ("checks", "benchmarks", "torchmetrics") if key in earlier})

    def find(self, label):
        return next((check for check in self.content["checks"] if check["step"] == label), None)

    def has_passed(self, label):
        """A quick pass is none where everything is asked for."""
        check = self.find(label)
        return check is not None and check["outcome"] == PASSED and (self.quick or not check.get("quick"))

    def add(self, result):
        earlier = self.find(result.label)
        if earlier and earlier["outcome"] != NOT_RUN and result.outcome in (NOT_RUN, LEFT_OUT):
            return
        check = {"step": result.label, "group": result.group, "outcome": result.outcome, "seconds": result.seconds,
                 "date": now()}  # fmt: skip
        if result.reason:
            check["reason"] = result.reason
        if skipped := skipped_tests(result.output):
            check["tests_skipped"] = skipped
        if self.quick:
            check["quick"] = True
        if earlier:
            self.content["checks"].remove(earlier)
        self.content["checks"].append(check)
        if result.outcome == FAILED:
            with self.file.with_suffix(".log").open("a", encoding="utf-8") as log:
                output = shortened(result.output, 200_000)
                log.write(f"=== {check['date']} {result.label}: {result.reason}\n{result.command}\n{output}\n")

    def add_benchmarks(self, stem, text):
        """Takes Google Benchmark's JSON; returns what is wrong with it, or nothing."""
        # Rows of complexity are no times.
        rows = [row for row in parse(text)["benchmarks"] if row["run_type"] == "iteration"] if text.strip() else []
        if not rows:
            return "no benchmark on a GPU"
        failed = [row["name"] for row in rows if row.get("error_occurred") or not row["real_time"]]
        if failed:
            return "no time of " + ", ".join(failed)
        kept = [row for row in self.content["benchmarks"] if not row["name"].startswith(stem + "/")]
        for row in rows:
            kept.append({"name": row["name"], "milliseconds": row["real_time"] * MILLISECONDS[row["time_unit"]]})
            if row.get("bytes_per_second"):
                kept[-1]["bytes_per_second"] = row["bytes_per_second"]
        self.content["benchmarks"] = kept
        return ""

    def outcome(self):
        """Passed is only what ran as a whole."""
        checks = self.content["checks"]
        outcomes = {check["outcome"] for check in checks}
        if FAILED in outcomes:
            return FAILED
        is_whole = NOT_RUN not in outcomes and {check["group"] for check in checks} == set(self.groups)
        return PASSED if is_whole else "incomplete"

    def write(self):
        """Beside and then renamed, so that who is stopped in between leaves the file before."""
        rows = self.content["benchmarks"]
        copies = [row.get("bytes_per_second", 0) for row in rows if row["name"].startswith("copy/")]
        copied = max(copies, default=0) or None
        for row in rows:
            if "bytes_per_second" in row:
                row["of_copy"] = row["bytes_per_second"] / copied if copied else None
        skipped = sum((Counter(check.get("tests_skipped", {})) for check in self.content["checks"]), Counter())
        about = {"outcome": self.outcome(), "date": now(), "tests_skipped": skipped, "copy_bytes_per_second": copied}
        beside = self.file.with_suffix(".json.new")
        beside.write_text(json.dumps({**about, **self.content}, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        os.replace(beside, self.file)
