"""The package as it is installed: names, version, command, types."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from compare import assert_same

import maskmetrics

REPOSITORY = Path(__file__).resolve().parents[2]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120, **options)


def test_version_stands_in_one_place() -> None:
    header = (REPOSITORY / "include" / "maskmetrics" / "version.hpp").read_text()
    version = re.search(r'MASKMETRICS_VERSION "(.*)"', header)[1]
    assert maskmetrics.__version__ == version
    done = run(sys.executable, "-m", "maskmetrics", "--version")
    assert done.stdout == f"maskmetrics {version}\n"
    try:
        from importlib.metadata import version as installed

        assert installed("maskmetrics") == version
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed, only found")


def test_every_name_is_there() -> None:
    for name in maskmetrics.__all__:
        assert getattr(maskmetrics, name) is not None
        assert name in dir(maskmetrics)
    with pytest.raises(AttributeError, match="nonsense"):
        maskmetrics.nonsense  # noqa: B018


def test_importing_loads_nothing() -> None:
    """That is what keeps it quick."""
    done = run(sys.executable, "-c", "import sys, maskmetrics; print(*sorted(sys.modules))")
    loaded = set(done.stdout.split())
    assert "maskmetrics" in loaded
    assert not loaded & {"numpy", "matplotlib", "torch", "pycocotools", "maskmetrics._core", "maskmetrics.coco"}
    done = run(sys.executable, "-c", "import sys, maskmetrics; maskmetrics.COCOeval; print(*sorted(sys.modules))")
    assert not set(done.stdout.split()) & {"matplotlib", "torch", "pycocotools"}


def test_the_command_is_carried_along(coco_data: Path) -> None:
    files = ["eval", "--gt", str(coco_data / "gt.json"), "--dt", str(coco_data / "dt_bbox.json"), "--iou", "bbox"]
    done = run(sys.executable, "-m", "maskmetrics", *files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith("= 0.505")
    assert run(sys.executable, "-m", "maskmetrics", "nonsense").returncode == 2
    script = Path(sys.executable).parent / "maskmetrics"
    if not script.exists():
        pytest.skip("the package is not installed, only found")
    assert_same(run(str(script), *files).stdout, done.stdout)


def test_types_are_told() -> None:
    folder = Path(maskmetrics.__file__).parent
    assert (folder / "py.typed").exists()
    stub = ast.parse((folder / "_core.pyi").read_text())
    told = {node.name for node in stub.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    from maskmetrics import _core

    assert {name for name in dir(_core) if not name.startswith("__")} == told


def test_everything_public_is_documented() -> None:
    for name in maskmetrics.__all__:
        value = getattr(maskmetrics, name)
        assert value.__doc__, name
        if isinstance(value, type) and value.__module__.startswith("maskmetrics"):
            for member, item in vars(value).items():
                if not member.startswith("_") and callable(item):
                    assert item.__doc__, f"{name}.{member}"


def readme_examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), flags=re.DOTALL)


def test_the_readme_has_examples() -> None:
    assert len(readme_examples()) >= 2


@pytest.mark.parametrize("example", readme_examples())
def test_examples_of_the_readme(example: str, coco_data: Path, tmp_path: Path) -> None:
    """They run, one after another, in a folder with the files that they name."""
    for name in ("gt.json", "dt_segm.json", "dt_bbox.json"):
        (tmp_path / name).symlink_to(coco_data / name)
    (tmp_path / "instances_val2017.json").symlink_to(coco_data / "gt.json")
    (tmp_path / "results.json").symlink_to(coco_data / "dt_segm.json")
    done = run(sys.executable, "-c", example, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for line in re.findall(r"print\(.*\)  # (.*)", example):
        assert line in done.stdout
