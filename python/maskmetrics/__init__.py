"""Instance segmentation metrics, equal to pycocotools and lvis-api in every bit."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors, mask
    from ._core import Protocol
    from .coco import COCO
    from .cocoeval import COCOeval, Params
    from .errors import DeviceError, Error, InputError, OutputError, ProtocolError
    from .evaluation import Evaluation, evaluate
    from .evaluator import Evaluator, Pasted, Prototypes
    from .lvis import LVIS, LVISResults
    from .lviseval import LVISEval
    from .patching import patch_pycocotools, unpatch_pycocotools

__all__ = [
    "COCO",
    "COCOeval",
    "DeviceError",
    "Error",
    "Evaluation",
    "Evaluator",
    "InputError",
    "LVIS",
    "LVISEval",
    "LVISResults",
    "OutputError",
    "Params",
    "Pasted",
    "Protocol",
    "ProtocolError",
    "Prototypes",
    "errors",
    "evaluate",
    "mask",
    "patch_pycocotools",
    "unpatch_pycocotools",
]

# Where each name lives. Nothing is loaded before it is asked for, so that importing the package costs next to nothing.
_HOMES = {
    "COCO": "coco",
    "COCOeval": "cocoeval",
    "DeviceError": "errors",
    "Error": "errors",
    "Evaluation": "evaluation",
    "Evaluator": "evaluator",
    "InputError": "errors",
    "LVIS": "lvis",
    "LVISEval": "lviseval",
    "LVISResults": "lvis",
    "OutputError": "errors",
    "Params": "cocoeval",
    "Pasted": "evaluator",
    "Protocol": "_core",
    "ProtocolError": "errors",
    "Prototypes": "evaluator",
    "__version__": "_core",
    "built_with_cuda": "_core",
    "evaluate": "evaluation",
    "patch_pycocotools": "patching",
    "unpatch_pycocotools": "patching",
}
_MODULES = ("coco", "cocoeval", "errors", "evaluation", "evaluator", "lvis", "lviseval", "mask", "patching")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    elif name in _MODULES:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_MODULES})
