"""The programs that are checked: built here, or built and packed on another machine."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Those of every backend; others run on the CPU alone.
STAGES = sorted(file.name.removesuffix("_test.cpp") for file in (REPOSITORY / "tests" / "stages").glob("*_test.cpp")
                if "backends()" in file.read_text(encoding="utf-8"))  # fmt: skip
# What a copy reaches comes first, because others are compared with it. Reading files is done by the CPU alone.
BENCHES = sorted((file.name.rsplit("_", 1)[0] for file in (REPOSITORY / "bench").glob("*_bench.c*")
                  if file.name != "ingest_bench.cpp"), key=lambda stem: (stem != "copy", stem))  # fmt: skip
# gpu_test first: it needs a GPU for everything, and says so where there is none.
TESTS = ["gpu_test", *(f"{stem}_test" for stem in STAGES)]
PROGRAMS = {
    # A test of the public evaluator, which takes the GPU where there is one.
    "stages": [*TESTS, "evaluator_use_test"],
    "end_to_end": ["maskmetrics", "maskmetrics-workload"],
    "sanitizers": TESTS,
    "benches": [f"{stem}_bench" for stem in BENCHES],
}
# What every machine with a GPU has, or what must be its own.
OF_THE_SYSTEM = re.compile(r"(linux-vdso|ld-linux[^.]*|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|cuda|nvidia.*))\.so")
HEADERS = {
    "tbb/tbb.h": "libtbb-dev",
    "fmt/core.h": "libfmt-dev",
    "simdjson.h": "libsimdjson-dev",
    "pugixml.hpp": "libpugixml-dev",
    "zlib.h": "zlib1g-dev",
    "zstd.h": "libzstd-dev",
    "gtest/gtest.h": "libgtest-dev libgmock-dev",
    "benchmark/benchmark.h": "libbenchmark-dev",
    "CLI/CLI.hpp": "libcli11-dev",
}


class Stop(Exception):
    """The check cannot go on."""


def output_of(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def find_tool(name):
    """A tool of CUDA's, which installers leave out of PATH."""
    named = [os.environ[key] for key in ("CUDA_PATH", "CUDA_HOME") if os.environ.get(key)]
    folders = [Path(folder) / "bin" for folder in (*named, "/usr/local/cuda", "/usr/local/nvidia")]
    return shutil.which(name) or next((str(folder / name) for folder in folders if (folder / name).exists()), None)


def require_headers():
    """Before minutes are spent on a build that cannot end well."""
    hint = "or build and pack the preset cuda-dev elsewhere (--pack) and name what was packed with --tree"
    if not shutil.which("cmake") or not find_tool("nvcc"):
        raise Stop(f"cmake or nvcc is missing; install them, {hint}")
    named = filter(None, os.environ.get("CPATH", "").split(":"))
    folders = [Path(folder) for folder in ("/usr/include", "/usr/local/include", *named)]
    missing = [f"  {header} ({package})" for header, package in HEADERS.items()
               if not any((folder / header).exists() for folder in folders)]  # fmt: skip
    if missing:
        raise Stop("\n".join([f"headers are missing; install them, {hint}:", *missing]))


def opened(path, folder):
    """A tree's folder; an archive is unpacked into the given one."""
    path = Path(path).resolve()
    if path.is_file():
        with tarfile.open(path, "r:*") as archive:
            # Python 3.10 and Debian 12's 3.11.2 have no filters.
            filters = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(folder, **filters)
        path = Path(folder)
    if not (path / "bin").is_dir():
        raise Stop(f"{path} has no folder bin: it is no built tree")
    return path


def environment_of(tree):
    """The environment that the tree's programs run in: its folder lib has shared libraries."""
    if not (tree / "lib").is_dir():
        return dict(os.environ)
    paths = [str(tree / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, paths))}


def modules_of(tree):
    """The extension module of the Python package, where the tree was built with it."""
    return sorted((tree / "python").glob("_core*.so"))


def libraries_of(files, environment):
    """Shared libraries of programs, and where the loader finds them; and what it says it misses, with who needs it."""
    found, missing = {}, {}
    for file in files:
        said = subprocess.run(["ldd", file], check=False, capture_output=True, text=True, env=environment)
        for line in (said.stdout + said.stderr).splitlines():
            if "not found" in line:
                missing.setdefault(line.strip().removeprefix(f"{file}: "), []).append(file.name)
            elif match := re.match(r"\s*(\S+) => (/\S+)", line):
                found[match[1]] = Path(match[2])
    return found, missing


def require_libraries(tree, programs, environment):
    if not shutil.which("ldd"):
        return
    _, missing = libraries_of([file for file in programs if file.exists()], environment)
    if missing:
        lines = [f"  {line} ({', '.join(names)})" for line, names in missing.items()]
        raise Stop("\n".join([f"shared libraries are missing; put them into {tree / 'lib'}:", *lines]))


def commit_of(given, tree):
    """What was built, and "-dirty" where files were changed: as given, else as the tree says, else as git says."""
    commit = given
    if not commit and (tree / "commit").is_file():
        commit = (tree / "commit").read_text(encoding="utf-8").strip()
    if not commit:
        git = ["git", "-C", REPOSITORY]
        commit = output_of([*git, "rev-parse", "HEAD"])
        # Reports of earlier runs change no program.
        if commit and output_of([*git, "status", "--porcelain", "--", ".", ":!bench/results"]):
            commit += "-dirty"
    if not commit:
        reason = "no --commit, no file commit in the tree, and git knows none"
        print(f"gpu_check: the commit is unknown: {reason}", file=sys.stderr)
        return "unknown"
    return commit


def short(commit):
    return re.sub(r"^([0-9a-f]{12})[0-9a-f]{28}\b", r"\1", commit)


def pack(tree, archive, commit):
    """All that a check runs and machines lack, in one archive: bin, lib, python, and the commit."""
    tree = opened(tree, None)
    names = {name for group in PROGRAMS.values() for name in group}
    programs = [tree / "bin" / name for name in sorted(names)]
    absent = [file.name for file in programs if not file.exists()]
    if absent:
        print(f"gpu_check: not built, so not packed: {', '.join(absent)}", file=sys.stderr)
    files = {f"bin/{file.name}": file for file in programs if file.exists()}
    files |= {f"python/{file.name}": file for file in modules_of(tree)}
    found, missing = libraries_of(files.values(), environment_of(tree))
    if missing:
        raise Stop("shared libraries are missing here: " + ", ".join(missing))
    libraries = {f"lib/{name}": file for name, file in found.items() if not OF_THE_SYSTEM.match(name)}
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive, "w:xz", preset=9) as packed:
        for name, file in sorted(files.items()):
            stripped = Path(folder) / file.name
            # Symbols of the host only: a sanitizer names kernels by the device's code.
            strip = ["strip", "-o", stripped, file]
            if shutil.which("strip"):
                subprocess.run(strip, check=False, stderr=subprocess.DEVNULL)
            packed.add(stripped if stripped.exists() else file, name)
        for name, file in sorted(libraries.items()):
            packed.add(file.resolve(), name)
        (Path(folder) / "commit").write_text(commit + "\n", encoding="utf-8")
        packed.add(Path(folder) / "commit", "commit")
    size = Path(archive).stat().st_size
    print(f"{archive}: {len(files)} programs and {len(libraries)} shared libraries of {commit}, {size / 2**20:.1f} MiB")
