"""The contestants' virtual environment, and what a result must say about where it was measured."""

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class Failure(Exception):
    """The race cannot be held; the text says why."""


class Environment:
    """A virtual environment."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.python = self.folder / "bin" / "python"

    def create(self):
        if self.python.exists():
            return
        try:
            subprocess.run([sys.executable, "-m", "venv", self.folder], check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as problem:
            last = (problem.stdout + problem.stderr).strip()
            raise Failure(f"no virtual environment could be made (Debian: apt install python3-venv):\n{last}") from None

    def install(self, requirements):
        """None, or why it failed."""
        command = [self.python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", *requirements]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            return None
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or done.stderr.strip().splitlines()
        return lines[-1] if lines else f"pip ended with {done.returncode}"

    def versions(self, packages):
        """Version of each package that is installed."""
        program = (
            "import json, sys\nfrom importlib.metadata import PackageNotFoundError, version\nfound = {}\n"
            "for name in sys.argv[1:]:\n"
            "    try:\n        found[name] = version(name)\n    except PackageNotFoundError:\n        pass\n"
            "print(json.dumps(found))"
        )
        try:
            done = subprocess.run([self.python, "-c", program, *packages], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as problem:
            raise Failure(f"{self.python} cannot be run: {problem}") from None
        return json.loads(done.stdout)


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def commit():
    name = output_of("git", "rev-parse", "--short=12", "HEAD")
    if not name:
        return "unknown"
    return name + ("-dirty" if output_of("git", "status", "--porcelain") else "")


def fields_of(file):
    """The first value of every "name: value" line."""
    fields = {}
    try:
        with open(file, encoding="utf-8") as stream:
            for line in stream:
                name, _, value = line.partition(":")
                fields.setdefault(name.strip(), value.strip())
    except OSError:
        pass
    return fields


def machine():
    cpu = fields_of("/proc/cpuinfo")
    memory = fields_of("/proc/meminfo").get("MemTotal", "0 kB").split()[0]
    return {
        "cpu": cpu.get("model name", platform.processor() or platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory) / (1 << 20), 1),
        "virtual": "hypervisor" in cpu.get("flags", "").split(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
