"""Runs one command and prints what the kernel says of it, as JSON. Usage: python -I -S runner.py LIMIT_S STDOUT STDERR COMMAND...

A process of its own, and a small one: a child's peak memory starts from that of the process that forked it, so that a large
parent would hide how little a small child needs.
"""

import json
import os
import signal
import sys
import time


def main():
    limit_s, stdout, stderr, *command = sys.argv[1:]
    late = []
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        start(command, stdout, stderr)

    def end(signal_number, _frame):
        late.append(signal_number)
        kill_group(child)

    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    signal.setitimer(signal.ITIMER_REAL, float(limit_s))
    _, status, usage = os.wait4(child, 0)
    wall_s = time.perf_counter() - started
    signal.setitimer(signal.ITIMER_REAL, 0)
    kill_group(child)  # what it left behind
    json.dump({"status": os.waitstatus_to_exitcode(status), "late": signal.SIGALRM in late, "wall_s": wall_s,
               "cpu_s": usage.ru_utime + usage.ru_stime, "peak_rss_bytes": usage.ru_maxrss * 1024}, sys.stdout)  # fmt: skip


def start(command, stdout, stderr):
    try:
        os.setsid()
        for file, descriptor in ((stdout, 1), (stderr, 2)):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execvp(command[0], command)
    except OSError as problem:
        os.write(2, f"{command[0]}: {problem.strerror}\n".encode())
    os._exit(127)


def kill_group(child):
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


if __name__ == "__main__":
    main()
