"""From single runs to the rows of a race, and those as text. A race is what race.py saves as JSON."""

import json
import os
import statistics
import tempfile
from pathlib import Path

from contestants import OURS

SCHEMA = 1
TOLERANCE = 1e-9
OURS_IN_PYTHON = "maskmetrics (Python)"


def save(race, file):
    """Whole or not at all."""
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as stream:
        json.dump(race, stream, indent=1)
        stream.write("\n")
    os.chmod(stream.name, 0o644)
    os.replace(stream.name, file)


def load(file):
    with open(file, encoding="utf-8") as stream:
        race = json.load(stream)
    if race.get("schema") != SCHEMA:
        raise ValueError(f"{file} is no result of this race.py: schema {race.get('schema')}, expected {SCHEMA}")
    return race


def each_once(races):
    """The races without the runs of what a later one has measured again."""
    taken = set()
    for race in reversed(races):
        measured = {(run["workload"], run["iou"]) for run in race["runs"]}
        race["runs"] = [run for run in race["runs"] if (run["workload"], run["iou"]) not in taken]
        taken |= measured
    return races


def seconds_of(run):
    """What counts: the whole process, or, where masks are prepared beforehand, the part that the contestant timed."""
    return run["wall_s"] if run.get("seconds") is None else run["seconds"]


def agreement(numbers, ours):
    """How a contestant's numbers compare with ours: those that both have, exactly and by the largest difference."""
    names = [name for name in ours if name in numbers]
    if not names:
        return None
    worst = max(names, key=lambda name: abs(numbers[name] - ours[name]))
    difference = abs(numbers[worst] - ours[worst])
    return {"compared": len(names), "exact": sum(numbers[name] == ours[name] for name in names),
            "largest_difference": difference, "of": worst, "within_tolerance": difference <= TOLERANCE}  # fmt: skip


def row_of(runs):
    """Runs of one contestant in one race."""
    first = runs[0]
    row = {key: first[key] for key in ("workload", "rules", "iou", "contestant")}
    failed = next((run for run in runs if run["error"]), None)
    if failed:
        return {**row, "error": failed["error"]}
    times = [seconds_of(run) for run in runs]
    return {**row, "error": None, "runs": len(runs), "seconds": statistics.median(times), "fastest_s": min(times),
            "slowest_s": max(times), "cpu_s": statistics.median(run["cpu_s"] for run in runs),
            "peak_rss_bytes": max(run["peak_rss_bytes"] for run in runs), "numbers": first["numbers"]}  # fmt: skip


def rows_of(race):
    """One row a contestant, workload and overlap, with ratios to ours and how the numbers agree; fastest first."""
    groups = {}
    for run in race["runs"]:
        groups.setdefault((run["workload"], run["iou"]), {}).setdefault(run["contestant"], []).append(run)
    rows = []
    for contestants in groups.values():
        found = [row_of(runs) for runs in contestants.values()]
        ours = next((row for row in found if row["contestant"] in (OURS, OURS_IN_PYTHON) and not row["error"]), None)
        for row in found:
            if ours and not row["error"]:
                row["time_ratio"] = row["seconds"] / ours["seconds"]
                row["memory_ratio"] = row["peak_rss_bytes"] / ours["peak_rss_bytes"]
                row["agreement"] = agreement(row["numbers"], ours["numbers"])
        rows += sorted(found, key=lambda row: row.get("seconds", float("inf")))
    return rows


def agreement_text(row):
    found = row.get("agreement")
    if row["contestant"] in (OURS, OURS_IN_PYTHON):
        return ""
    if not found:
        return "-"
    if found["exact"] == found["compared"]:
        return f"{found['compared']} of {found['compared']} equal"
    if found["within_tolerance"]:
        return f"within {found['largest_difference']:.0e}"
    return f"{found['of']} differs by {found['largest_difference']:.2g}"


def seconds_text(seconds):
    if seconds < 0.01:
        return f"{seconds:.4f}"
    if seconds < 1:
        return f"{seconds:.3f}"
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}" if seconds < 100 else f"{seconds:.0f}"


def ratio_text(ratio):
    return "" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def mebibytes(row):
    return f"{row['peak_rss_bytes'] / (1 << 20):.0f}"


HEADINGS = ["workload", "iou", "contestant", "s", "spread", "x ours", "CPU s", "MiB", "x ours", "runs", "numbers"]


def race_name(row):
    """A workload and what was compared on it."""
    return f"{row['workload']} {row['iou']}" + (" (update + compute)" if row["rules"] == "dense" else "")


def cells_of(row):
    names = [row["workload"], row["iou"], row["contestant"]]
    if row["error"]:
        return [*names, row["error"]]
    spread = f"{seconds_text(row['fastest_s'])} .. {seconds_text(row['slowest_s'])}"
    return [*names, seconds_text(row["seconds"]), spread, ratio_text(row.get("time_ratio")), seconds_text(row["cpu_s"]),
            mebibytes(row), ratio_text(row.get("memory_ratio")), str(row["runs"]), agreement_text(row)]  # fmt: skip


def table(rows):
    """Aligned text. Errors run over the columns that they have no use for."""
    cells = [cells_of(row) for row in rows]
    whole = [line for line in [HEADINGS, *cells] if len(line) == len(HEADINGS)]
    widths = [max(len(line[i]) for line in whole) for i in range(len(HEADINGS))]
    for line in cells:
        widths[:3] = [max(width, len(cell)) for width, cell in zip(widths, line[:3])]
    left = {0, 1, 2, len(HEADINGS) - 1}

    def text(line):
        if len(line) != len(HEADINGS):
            return "  ".join([*(cell.ljust(width) for cell, width in zip(line[:3], widths)), line[3]])
        return "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()

    return "\n".join(text(line) for line in [HEADINGS, *cells])


def heading_of(race):
    machine = race["machine"]
    where = f"{machine['cpu']}, {machine['cores']} cores{', virtual' if machine['virtual'] else ''}"
    return f"{where}, {machine['memory_gib']} GiB, {machine['system']}; commit {race['commit']}; {race['date'][:10]}"
