"""What a race shows while it runs: a bar where rich is there and standard error is a terminal, else lines."""

import sys

try:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
except ImportError:
    Console = None


class Lines:
    def __init__(self):
        self.total = self.done = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def start(self, total):
        self.total = total

    def running(self, text):
        """What begins now."""

    def finished(self, text):
        self.done += 1
        self.say(f"[{self.done}/{self.total}] {text}")

    def say(self, text):
        print(text, file=sys.stderr, flush=True)


class Bar(Lines):
    def __init__(self, console):
        super().__init__()
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        self.progress = Progress(*columns, console=console)
        self.task = self.progress.add_task("")

    def __enter__(self):
        self.progress.start()
        return self

    def __exit__(self, *_):
        self.progress.stop()

    def start(self, total):
        super().start(total)
        self.progress.update(self.task, total=total)

    def running(self, text):
        self.progress.update(self.task, description=text)

    def finished(self, text):
        super().finished(text)
        self.progress.advance(self.task)

    def say(self, text):
        self.progress.console.print(text, markup=False, highlight=False)


def make_progress():
    if Console is None or not sys.stderr.isatty():
        return Lines()
    return Bar(Console(stderr=True))
