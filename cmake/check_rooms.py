#!/usr/bin/env python3
"""Checks who includes whom.

The top-level folders are rooms. Inside a room an include is written with quotes, from the room's root
("core/parallel.hpp" in src, "maskmetrics/types.hpp" in include) or from the file's own folder; across rooms, and for
everything else, with angle brackets. RULES says which folders a folder may include; the innermost folder that RULES
names decides.

Usage: check_rooms.py [REPOSITORY]. Prints one line a violation, and exits 1 where there are any.
"""

import re
import sys
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple

ROOMS = ("include", "src", "kernels", "tests", "bench", "python")
# Folders besides a room's own that its includes are written from.
MORE_ROOTS = {"bench": ("bench/support",)}
SUFFIXES = {".hpp", ".cpp", ".cuh", ".cu"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# <vector>, <cstdint>: no folder and no suffix.
STANDARD = re.compile(r"^[a-z_0-9]+$")
CUDA = re.compile(r"^(cuda|cub/|thrust/|cooperative_groups|nvtx|nv/|device_launch_parameters|.*\.cuh$)")


class Rule(NamedTuple):
    """What a folder may include besides the standard library and itself."""

    folders: tuple[str, ...]
    libraries: bool = True
    cuda: bool = False


PUBLIC = "include/maskmetrics"

RULES = {
    PUBLIC: Rule((PUBLIC,), libraries=False),
    f"{PUBLIC}/semantics": Rule(
        tuple(f"{PUBLIC}/{name}.hpp" for name in ("host_device", "types", "view")), libraries=False
    ),
    "src/core": Rule((PUBLIC,)),
    "src/backend": Rule((PUBLIC, "src/core")),
    "src/cpu": Rule((PUBLIC, "src/core", "src/backend")),
    "src/engine": Rule((PUBLIC, "src/core", "src/backend")),
    "src/ingest": Rule((PUBLIC, "src/core")),
    "src/metrics": Rule((PUBLIC, "src/core")),
    "src/report": Rule((PUBLIC, "src/core")),
    "src/cli": Rule((PUBLIC,)),
    "kernels": Rule((PUBLIC, "src/core", "src/backend"), cuda=True),
    "tests": Rule(ROOMS, cuda=True),
    "tests/reference": Rule((), libraries=False),
    "bench": Rule((PUBLIC, "src/backend"), cuda=True),
    "bench/support/workload": Rule((PUBLIC,)),
    "python": Rule((PUBLIC,)),
}


def is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def rule_of(path: str) -> tuple[str, Rule] | None:
    """The innermost folder of RULES that holds the file."""
    folders = [folder for folder in RULES if is_in(path, folder)]
    folder = max(folders, key=len, default=None)
    return (folder, RULES[folder]) if folder else None


def includes_of(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, kind of bracket and name of every include."""
    for number, line in enumerate(text.splitlines(), start=1):
        if match := INCLUDE.match(line):
            yield number, match[1], match[2]


def roots_of(room: str) -> tuple[str, ...]:
    return (room, *MORE_ROOTS.get(room, ()))


def find_in(root: Path, folders: Iterable[str], name: str) -> str | None:
    """The project's file that an include means when the compiler looks into these folders."""
    paths = (f"{folder}/{name}" for folder in folders)
    return next((path for path in paths if (root / path).is_file()), None)


def problem_with(root: Path, path: str, bracket: str, name: str) -> str | None:
    """Why a file may not have this include; None where it may."""
    room = path.split("/")[0]
    found = rule_of(path)
    if found is None:
        return "lies in a folder that no rule of cmake/check_rooms.py covers"
    folder, rule = found

    if ".." in name.split("/"):
        return "leaves its folder by '..'; write it from the room's root"
    if bracket == '"':
        target = find_in(root, (*roots_of(room), path.rpartition("/")[0]), name)
        if target is None:
            return f"is in quotes and no file of {room}/"
    else:
        others = (folder for other in ROOMS if other != room for folder in roots_of(other))
        target = find_in(root, others, name)
        if target is None and find_in(root, roots_of(room), name):
            return "is a file of the same room; write it in quotes"

    if target is not None:
        if is_in(target, folder) or any(is_in(target, allowed) for allowed in rule.folders):
            return None
        return f"is {target}, which {folder} may not include"
    if CUDA.match(name):
        return None if rule.cuda else f"is a CUDA header, which {folder} may not include"
    if STANDARD.match(name) or rule.libraries:
        return None
    return f"is no standard header, and {folder} may include no other library"


def violations(root: Path) -> Iterator[str]:
    for room in ROOMS:
        for file in sorted((root / room).rglob("*")):
            if file.suffix not in SUFFIXES:
                continue
            path = file.relative_to(root).as_posix()
            for number, bracket, name in includes_of(file.read_text(encoding="utf-8")):
                if problem := problem_with(root, path, bracket, name):
                    yield f"{path}:{number}: {name} {problem}"


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    if not (root / PUBLIC).is_dir():
        print(f"check_rooms: {root} has no {PUBLIC}", file=sys.stderr)
        return 1
    found = list(violations(root))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
