"""Names of lvis-api that patch_pycocotools() provides where the package is not installed, so that imports work."""

from __future__ import annotations

from typing import Any

from .errors import MissingPackageError


class LVISVis:
    """lvis-api draws pictures with OpenCV; maskmetrics does not.

    Raises:
        MissingPackageError: always
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        raise _not_provided("LVISVis")


def colormap(rgb: bool = False) -> Any:
    """The colors of those pictures.

    Raises:
        MissingPackageError: always
    """
    raise _not_provided("colormap")


def _not_provided(name: str) -> MissingPackageError:
    problem = "draws pictures with OpenCV, which maskmetrics does not; install it with: pip install lvis opencv-python"
    return MissingPackageError("lvis", name, problem)
