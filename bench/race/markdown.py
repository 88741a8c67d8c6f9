"""The README's section: a table of a saved race, between markers."""

import os
import re
from pathlib import Path

import results
from contestants import OURS

BEGIN, END = "<!-- race -->", "<!-- /race -->"
NOTHING = "No race is saved yet: `bench/race/race.py` holds one ([bench/README.md](bench/README.md)).\n"
DIFFERS = " ≠"


def columns_of(rows):
    """Contestants, ours first, then by how much time they take together with those of the same races."""
    names = []
    for row in rows:
        if row["contestant"] not in names:
            names.append(row["contestant"])
    ours = [name for name in names if name in (OURS, results.OURS_IN_PYTHON)]
    return ours + sorted(name for name in names if name not in ours)


def cell(row):
    if row is None:
        return ""
    if row["error"]:
        return "late" if row["error"].startswith("took longer") else "failed"
    time, memory = f"{results.seconds_text(row['seconds'])} s", f"{results.mebibytes(row)} MiB"
    if row["contestant"] in (OURS, results.OURS_IN_PYTHON):
        return f"**{time}**, {memory}"
    found = row.get("agreement")
    ratio = f", {results.ratio_text(row['time_ratio'])}x" if "time_ratio" in row else ""
    return f"{time}{ratio}, {memory}{DIFFERS if found and not found['within_tolerance'] else ''}"


def table(rows):
    names = columns_of(rows)
    lines = ["| workload | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for race in dict.fromkeys(results.race_name(row) for row in rows):
        cells = {row["contestant"]: row for row in rows if results.race_name(row) == race}
        lines.append(f"| {race} | " + " | ".join(cell(cells.get(name)) for name in names) + " |")
    return "\n".join(lines) + "\n"


def notes(race, rows, source):
    versions = ", ".join(f"{name} {race['versions'][name]}" for name in columns_of(rows) if name in race["versions"])
    lines = [
        f"Median wall time of whole processes, files in, summary out; times ours; peak memory. {versions}.",
        f"{results.heading_of(race)}. `{race['command']}`, saved as [{source}]({source}).",
    ]
    different = [row for row in rows if row.get("agreement") and not row["agreement"]["within_tolerance"]]
    if different:
        named = "; ".join(
            f"{row['contestant']} on {results.race_name(row)}: {results.agreement_text(row)}" for row in different
        )
        lines.append(f"{DIFFERS.strip()} other numbers: {named}.")
    failed = [row for row in rows if row["error"]]
    lines += [f"{row['contestant']} on {results.race_name(row)}: {row['error']}." for row in failed]
    return "\n".join(f"{line}  " for line in lines).rstrip() + "\n"


def relative(file):
    """A path as links in the README need it."""
    root = Path(__file__).resolve().parents[2]
    return os.path.relpath(Path(file).resolve(), root)


def section(race, file):
    rows = results.rows_of(race)
    return f"{table(rows)}\n{notes(race, rows, relative(file))}"


def sections(races, files, svg):
    """What stands between the markers. @p files and @p svg are what it links to."""
    picture = f"![the race]({relative(svg)})\n\n" if svg else ""
    return picture + "\n".join(section(race, file) for race, file in zip(races, files, strict=True) if race["runs"])


def between_markers(text):
    match = re.search(f"{re.escape(BEGIN)}\n(.*?){re.escape(END)}", text, re.DOTALL)
    if not match:
        raise ValueError(f"there is no {BEGIN} with an {END} behind it")
    return match


def update(readme, content):
    path = Path(readme)
    text = path.read_text(encoding="utf-8")
    try:
        match = between_markers(text)
    except ValueError as problem:
        raise ValueError(f"{readme}: {problem}") from None
    path.write_text(text[: match.start(1)] + content + text[match.end(1) :], encoding="utf-8")
