"""cmake/check_rooms.py finds planted violations, and nothing in a tree that keeps the rules."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).parents[2] / "cmake" / "check_rooms.py"

CLEAN = {
    "include/maskmetrics/types.hpp": "#include <cstdint>\n#include <vector>\n",
    "include/maskmetrics/view.hpp": '#include "maskmetrics/types.hpp"\n',
    "include/maskmetrics/context.hpp": "",
    "include/maskmetrics/semantics/iou.hpp": '#include <cmath>\n#include "maskmetrics/types.hpp"\n',
    "include/maskmetrics/semantics/matching.hpp": '#include "maskmetrics/semantics/iou.hpp"\n',
    "src/core/parallel.hpp": "#include <tbb/task_arena.h>\n",
    "src/backend/backend.hpp": "#include <maskmetrics/view.hpp>\n",
    "src/cpu/loops.hpp": "",
    "src/cpu/matching.cpp": '#include <maskmetrics/semantics/iou.hpp>\n#include "backend/backend.hpp"\n#include "loops.hpp"\n',
    "src/engine/evaluate.cpp": '#include "backend/backend.hpp"\n',
    "src/ingest/reader.cpp": "#include <simdjson.h>\n",
    "src/cli/main.cpp": "#include <CLI/CLI.hpp>\n#include <maskmetrics/view.hpp>\n",
    "kernels/common/launch.cuh": "",
    "kernels/matching.cu": '#include <cuda_runtime.h>\n#include <cub/cub.cuh>\n#include <backend/backend.hpp>\n#include "common/launch.cuh"\n',
    "tests/reference/iou.hpp": "#include <vector>\n",
    "tests/reference/iou.cpp": '#include "reference/iou.hpp"\n',
    "tests/stages/iou_test.cpp": '#include <gtest/gtest.h>\n#include <core/parallel.hpp>\n#include "reference/iou.hpp"\n',
    "bench/support/workload/scene.hpp": "#include <maskmetrics/types.hpp>\n",
    "bench/iou_bench.cpp": '#include <benchmark/benchmark.h>\n#include "workload/scene.hpp"\n',
    "tests/end_to_end/workload_test.cpp": "#include <workload/scene.hpp>\n",
}

# File, its include, and a part of what the check says.
VIOLATIONS = [
    ("include/maskmetrics/semantics/iou.hpp", '"maskmetrics/context.hpp"', "may not include"),
    ("include/maskmetrics/semantics/iou.hpp", "<tbb/task_arena.h>", "no standard header"),
    ("include/maskmetrics/view.hpp", "<fmt/core.h>", "no standard header"),
    ("include/maskmetrics/view.hpp", "<backend/backend.hpp>", "may not include"),
    ("include/maskmetrics/view.hpp", "<cuda_runtime.h>", "is a CUDA header"),
    ("include/maskmetrics/view.hpp", "<maskmetrics/types.hpp>", "write it in quotes"),
    ("src/core/parallel.hpp", "<cuda_runtime_api.h>", "is a CUDA header"),
    ("src/core/parallel.hpp", "<thrust/sort.h>", "is a CUDA header"),
    ("src/core/parallel.hpp", '"maskmetrics/view.hpp"', "is in quotes and no file of src/"),
    ("src/cpu/matching.cpp", "<backend/backend.hpp>", "write it in quotes"),
    ("src/cpu/matching.cpp", '"../backend/backend.hpp"', "leaves its folder"),
    ("src/cpu/matching.cpp", "<common/launch.cuh>", "kernels/common/launch.cuh, which src/cpu may not include"),
    ("src/engine/evaluate.cpp", '"cpu/loops.hpp"', "src/cpu/loops.hpp, which src/engine may not include"),
    ("src/cli/main.cpp", '"core/parallel.hpp"', "src/core/parallel.hpp, which src/cli may not include"),
    ("src/loose.cpp", "<vector>", "lies in a folder that no rule"),
    ("kernels/matching.cu", "<cpu/loops.hpp>", "src/cpu/loops.hpp, which kernels may not include"),
    ("tests/reference/iou.cpp", "<maskmetrics/types.hpp>", "which tests/reference may not include"),
    ("tests/reference/iou.cpp", "<gtest/gtest.h>", "no standard header"),
    ("bench/iou_bench.cpp", "<workload/scene.hpp>", "write it in quotes"),
    ("bench/iou_bench.cpp", "<core/parallel.hpp>", "src/core/parallel.hpp, which bench may not include"),
]


def check(files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)


class CheckRoomsTest(unittest.TestCase):
    def test_nothing_in_a_clean_tree(self) -> None:
        result = check(CLEAN)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_every_planted_violation(self) -> None:
        for file, include, says in VIOLATIONS:
            with self.subTest(file=file, include=include):
                result = check(CLEAN | {file: f"\n#  include {include}  // planted\n"})
                self.assertEqual(result.returncode, 1)
                self.assertRegex(result.stdout, rf"^{file}:2: [^\n]*\n$")
                self.assertIn(says, result.stdout)

    def test_a_folder_that_is_no_repository(self) -> None:
        self.assertEqual(check({}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
