"""Commands with limits of time, several at once; nothing that was started outlives the run."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

PASSED, FAILED, NOT_RUN, LEFT_OUT = "passed", "failed", "not run", "left out"
SHOWN = {PASSED: "ok", FAILED: "FAILED"}


@dataclass
class Step:
    group: str
    label: str
    command: list
    limit: float  # seconds
    environment: dict = field(default_factory=dict)
    # What is wrong with the output of a command that ended well; empty for nothing.
    check: Callable[[str], str] = lambda output: ""


@dataclass
class Result:
    group: str
    label: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0
    output: str = ""
    command: str = ""


def shortened(text, length):
    """Beginning and end: a sanitizer's first error stands near the beginning, a summary at the end."""
    if len(text) <= length:
        return text
    return f"{text[: length // 2]}\n[{len(text) - length} characters left out]\n{text[-(length // 2) :]}"


def show(result):
    outcome = SHOWN.get(result.outcome, result.outcome)
    print(f"{result.label:44}{outcome:>9} {result.seconds:6.1f} s  {result.reason}".rstrip())
    if result.outcome == FAILED:
        print(f"{shortened(result.output.rstrip(), 3000)}\n--- {result.command}")
    # Whoever reads through a pipe wants to see how far it is.
    print(end="", flush=True)


class Running:
    """A step's process, in a process group of its own, so that it can be ended with all that it started."""

    def __init__(self, step, folder, environment, limit, reason_of_limit):
        self.step, self.limit, self.reason_of_limit = step, limit, reason_of_limit
        self.started = time.monotonic()
        # No pipe: a grandchild that keeps one open would hold up its reader.
        self.output = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(
                [str(part) for part in step.command],
                cwd=folder,
                env={**environment, **step.environment},
                stdin=subprocess.DEVNULL,
                stdout=self.output,
                stderr=subprocess.STDOUT,
                preexec_fn=os.setpgrp,  # safe without threads; process_group needs Python 3.11
            )
        except BaseException:
            self.output.close()
            raise

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def poll(self):
        """The result, once there is one."""
        seconds = time.monotonic() - self.started
        status = self.process.poll()
        late = status is None and seconds > self.limit
        if status is None and not late:
            return None
        if late:
            self.kill()
        self.output.seek(0)
        output = self.output.read().decode(errors="replace")
        self.output.close()
        outcome, reason = PASSED, ""
        if late:
            outcome, reason = self.reason_of_limit
        elif status != 0:
            outcome, reason = FAILED, f"status {status}" if status > 0 else f"ended by {signal.Signals(-status).name}"
        else:
            try:
                reason = self.step.check(output)
            except Exception as unreadable:  # what a program printed must not end the whole check
                reason = f"its output cannot be read: {unreadable!r}"
            if reason:
                outcome = FAILED
        return result_of(self.step, outcome, reason, round(seconds, 1), output)


def result_of(step, outcome, reason, seconds=0.0, output=""):
    command = " ".join(str(part) for part in step.command)
    return Result(step.group, step.label, outcome, reason, seconds, output, command)


class Runner:
    def __init__(self, folder, environment, budget, finished):
        """finished(result) is called for every step as soon as it has one."""
        self.folder, self.environment, self.finished = folder, environment, finished
        self.budget = budget
        self.started = time.monotonic()

    def seconds_left(self):
        return self.budget - (time.monotonic() - self.started)

    def start(self, step):
        """A running step, or the result of one that cannot run."""
        left = self.seconds_left()
        spent = f"the budget of {self.budget:g} s was spent"
        if left <= 0:
            return result_of(step, NOT_RUN, spent)
        is_own = step.limit <= left
        reason_of_limit = (FAILED, f"more than {step.limit:g} s") if is_own else (NOT_RUN, f"stopped: {spent}")
        try:
            return Running(step, self.folder, self.environment, min(step.limit, left), reason_of_limit)
        except OSError as error:
            return result_of(step, FAILED, str(error))

    def run(self, steps, jobs=1, is_broken=None):
        """Runs steps in order, some at a time, and returns their results as they end. Where is_broken is true of the
        first three results, what they all need does not work here, and the others are not run."""
        waiting, running, results = deque(steps), [], []

        def finish(result):
            results.append(result)
            self.finished(result)

        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    if is_broken and len(results) >= 3 and all(map(is_broken, results)):
                        finish(result_of(waiting.popleft(), NOT_RUN, "it does not work here, as others have shown"))
                        continue
                    started = self.start(waiting.popleft())
                    if isinstance(started, Running):
                        running.append(started)
                    else:
                        finish(started)
                for process in list(running):
                    if result := process.poll():
                        running.remove(process)
                        finish(result)
                time.sleep(0.02)
        finally:
            for process in running:
                process.kill()
        return results
