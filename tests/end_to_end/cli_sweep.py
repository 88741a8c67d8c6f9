"""Results files to sweep over, and ways to look at what a sweep leaves."""

import csv
import json

from cli_command import CommandTest, results

METRICS = "AP AP50 AP75 APs APm APl AR@1 AR@10 AR@100 ARs ARm ARl".split()
STATE = ".maskmetrics-sweep"


def worse(keep):
    """The results without those from @p keep on."""
    return results()[:keep]


class SweepTest(CommandTest):
    """runs/best.json, runs/half.json and runs/none.json, whose APs are 1, 0.5 and 0."""

    def setUp(self):
        super().setUp()
        (self.folder / "runs").mkdir()
        self.put("runs/best.json", json.dumps(results()))
        self.put("runs/half.json", json.dumps(worse(2)))
        self.put("runs/none.json", json.dumps(worse(1)))

    def command(self, *arguments, dt=("runs/*.json",), output="out"):
        return ["sweep", "--gt", "gt.json", "--dt", *dt, "--iou", "bbox", "--output", output, *arguments]

    def sweep(self, *arguments, **options):
        return self.call(*self.command(*arguments, **options))

    def swept(self, *arguments, **options):
        return self.succeed(self.sweep(*arguments, **options))

    def table(self, output="out"):
        with open(self.folder / output / "table.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def ranking(self, output="out"):
        return [row["results"] for row in self.table(output)]

    def report(self, name, output="out"):
        report = json.loads((self.folder / output / f"{name}.json").read_text(encoding="utf-8"))
        del report["timings"]
        return report

    def marks(self, output="out"):
        """What changes where a report is written again."""
        return {path.stem: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (self.folder / output).glob("*.json")}

    def rewritten(self, before, output="out"):
        after = self.marks(output)
        return sorted(name for name in after if after[name] != before.get(name))

    def files(self, output="out"):
        return sorted(path.name for path in (self.folder / output).iterdir())
