"""scripts/clang_checks: what it finds in a unity source, and what it remembers."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(sys.argv.pop()).resolve()
UNITY = "build/src/CMakeFiles/x.dir/Unity/unity_0_cxx.cxx"
GOOD = {"src/a.hpp": "#pragma once\ninline int twice(int value) { return 2 * value; }\n",
        "src/a.cpp": '#include "a.hpp"\nint first() { return twice(1); }\n',
        "src/b.cpp": '#include "a.hpp"\nint second() { return twice(2); }\n'}  # fmt: skip


class ClangChecks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve() / "a b"
        self.folder.mkdir()
        for name in ("scripts/clang_checks", ".clang-tidy"):
            (self.folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPOSITORY / name, self.folder / name)
        for name, text in GOOD.items():
            self.write(name, text)
        files = "".join(f'#include "{self.folder}/src/{name}.cpp"\n' for name in "ab")
        self.write(UNITY, files)
        command = f"ccache c++ -std=c++20 -Werror -Wno-restrict --param=large-unit-insns=1000000 '-I{self.folder}/src' -MD -MT a.o -MF a.o.d -o a.o -c '{self.folder / UNITY}'"
        entry = {"directory": str(self.folder), "command": command, "file": str(self.folder / UNITY)}
        self.write("build/compile_commands.json", json.dumps([entry]))

    def write(self, name, text):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def check(self):
        environment = {**os.environ, "MASKMETRICS_CHECKS_CACHE": str(self.folder / "cache")}
        return subprocess.run([self.folder / "scripts" / "clang_checks", "build"], cwd=self.folder, env=environment,
                              capture_output=True, text=True, check=False, timeout=120)  # fmt: skip

    def expect(self, last_line, *said):
        done = self.check()
        self.assertEqual(done.stdout.splitlines()[-1], last_line, done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0 if last_line.endswith(" 0 failed") else 1)
        for text in said:
            self.assertIn(text, done.stdout)

    def test_what_passed_is_known_until_a_file_that_it_read_changes(self):
        self.expect("3 checks, 0 of them known to pass, 0 failed", "clang-tidy src", "alone src/b.cpp")
        self.expect("3 checks, 3 of them known to pass, 0 failed")
        self.write("src/b.cpp", GOOD["src/b.cpp"] + "int third() { return twice(3); }\n")
        self.expect("3 checks, 1 of them known to pass, 0 failed")
        self.write("src/a.hpp", GOOD["src/a.hpp"] + "// A comment may silence a finding.\n")
        self.expect("3 checks, 0 of them known to pass, 0 failed")
        self.write(".clang-tidy", (REPOSITORY / ".clang-tidy").read_text() + "\n")
        self.expect("3 checks, 0 of them known to pass, 0 failed")

    def test_names_are_checked_in_files_and_their_headers(self):
        self.write("src/a.hpp", GOOD["src/a.hpp"] + "struct BadName {};\n")
        self.write("src/b.cpp", GOOD["src/b.cpp"] + "int BadFunction() { return 0; }\n")
        self.expect("3 checks, 0 of them known to pass, 1 failed", "invalid case style for struct 'BadName'",
                    "invalid case style for function 'BadFunction'")  # fmt: skip
        self.expect("3 checks, 2 of them known to pass, 1 failed")  # what failed is not remembered

    def test_a_file_must_not_rely_on_the_includes_of_another(self):
        self.write("src/b.cpp", "int second() { return twice(2); }\n")
        self.expect("3 checks, 0 of them known to pass, 1 failed", "src/b.cpp", "was not declared in this scope")


if __name__ == "__main__":
    if shutil.which("clang-tidy") is None:
        print("clang-tidy is not installed")
        sys.exit(77)
    unittest.main()
