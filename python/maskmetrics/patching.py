"""Programs that import pycocotools use maskmetrics instead."""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any

from . import _lvis_drawing, _steps, coco, cocoeval, lviseval, mask
from . import lvis as lvis_data
from ._typed import typed_parameters

__all__ = ["patch_pycocotools", "unpatch_pycocotools"]

_lock = threading.RLock()
_MISSING = object()

# What replaces what, by module.
_COCO_NAMES: dict[str, dict[str, Any]] = {
    "pycocotools": {},
    "pycocotools.mask": {name: getattr(mask, name) for name in mask.__all__},
    "pycocotools.coco": {"COCO": coco.COCO},
    "pycocotools.cocoeval": {"COCOeval": cocoeval.COCOeval, "Params": cocoeval.Params},
}
_LVIS_NAMES: dict[str, dict[str, Any]] = {
    "lvis": {"LVIS": lvis_data.LVIS, "LVISResults": lvis_data.LVISResults, "LVISEval": lviseval.LVISEval},
    "lvis.lvis": {"LVIS": lvis_data.LVIS},
    "lvis.results": {"LVISResults": lvis_data.LVISResults, "LVIS": lvis_data.LVIS},
    "lvis.eval": {
        "LVISEval": lviseval.LVISEval,
        "Params": lviseval.Params,
        "LVIS": lvis_data.LVIS,
        "LVISResults": lvis_data.LVISResults,
    },
    "lvis.colormap": {},
    "lvis.vis": {},
}

# What takes the place of modules that are not installed: programs import all kinds of names from them.
_COUNTERPARTS: dict[str, ModuleType] = {
    "pycocotools.mask": mask,
    "pycocotools.coco": coco,
    "pycocotools.cocoeval": cocoeval,
    "lvis": _lvis_drawing,
    "lvis.lvis": lvis_data,
    "lvis.results": lvis_data,
    "lvis.eval": lviseval,
    "lvis.colormap": _lvis_drawing,
    "lvis.vis": _lvis_drawing,
}

# Modules that the provided ones hold under names of their own, by module.
_HELD_MODULES = {
    "pycocotools": {"_mask": "pycocotools._mask"},
    "pycocotools.mask": {"_mask": "pycocotools._mask"},
    "pycocotools.coco": {"maskUtils": "pycocotools.mask"},
    "pycocotools.cocoeval": {"maskUtils": "pycocotools.mask"},
    "lvis.lvis": {"mask_utils": "pycocotools.mask"},
    "lvis.results": {"mask_utils": "pycocotools.mask"},
    "lvis.eval": {"mask_utils": "pycocotools.mask"},
}


class Patch:
    """What has been changed; leaving its context, or unpatch_pycocotools(), changes it back."""

    def __init__(self) -> None:
        self._set: list[tuple[ModuleType, str, Any]] = []
        self._added: list[str] = []

    def __enter__(self) -> Patch:
        return self

    def __exit__(self, *exception: object) -> None:
        unpatch_pycocotools()

    def set(self, module: ModuleType, name: str, value: Any) -> None:
        self._set.append((module, name, module.__dict__.get(name, _MISSING)))
        setattr(module, name, value)

    def add_module(self, name: str) -> ModuleType:
        module = ModuleType(name, "maskmetrics in place of a package that is not installed")
        sys.modules[name] = module
        self._added.append(name)
        return module

    def provides(self, name: str) -> bool:
        return name in self._added

    def undo(self) -> None:
        for module, name, value in reversed(self._set):
            if value is _MISSING:
                module.__dict__.pop(name, None)
            else:
                setattr(module, name, value)
        for name in self._added:
            sys.modules.pop(name, None)


_patch: Patch | None = None


def patch_pycocotools(*, lvis: bool = False) -> Patch:
    """Makes pycocotools' modules hand out maskmetrics' functions and classes.

    Names that other modules have already imported from them ("from pycocotools.coco import COCO") are replaced as
    well; classes derived from them before, and objects, stay what they are. Where pycocotools is not installed, modules
    of its names are provided.

    Calling it again changes nothing. unpatch_pycocotools() takes everything back, as does leaving a with statement:

        with maskmetrics.patch_pycocotools():
            train_and_evaluate()

    Args:
        lvis: replaces those of the lvis package, too
    """
    global _patch
    with typed_parameters("patch_pycocotools", "lvis"):
        lvis = bool(lvis)
    with _lock:
        if _patch is not None:
            return _patch
        patch = Patch()
        replaced: dict[int, Any] = {}
        tables = dict(_COCO_NAMES)
        if lvis:
            tables.update(_LVIS_NAMES)
        for module_name, names in tables.items():
            _replace(patch, module_name, names, replaced)
        _steps.patched_masks = sys.modules["pycocotools.mask"]
        _hold_modules(patch)
        _replace_imported(patch, replaced)
        _patch = patch
        return patch


def unpatch_pycocotools() -> None:
    """Takes back what patch_pycocotools() has changed."""
    global _patch
    with _lock:
        if _patch is not None:
            _steps.patched_masks = None
            _patch.undo()
            _patch = None


def _replace(patch: Patch, module_name: str, names: dict[str, Any], replaced: dict[int, Any]) -> None:
    module = _import_original(module_name)
    if module is None:
        module = patch.add_module(module_name)
        if "." not in module_name:
            module.__path__ = []
        _copy_names(_COUNTERPARTS.get(module_name), module)
    parent, _, child = module_name.rpartition(".")
    if parent and getattr(sys.modules[parent], child, None) is not module:
        patch.set(sys.modules[parent], child, module)
    for name, value in names.items():
        original = module.__dict__.get(name)
        if original is value:
            continue
        if original is not None:
            replaced[id(original)] = (original, value)
        patch.set(module, name, value)


def _copy_names(counterpart: ModuleType | None, module: ModuleType) -> None:
    names = {} if counterpart is None else vars(counterpart)
    vars(module).update({name: value for name, value in names.items() if not name.startswith("__")})


def _hold_modules(patch: Patch) -> None:
    """Gives provided modules what pycocotools' own import for themselves, for programs take it from there."""
    if patch.provides("pycocotools.mask"):
        compiled = patch.add_module("pycocotools._mask")
        _copy_names(mask, compiled)
    for module_name, held in _HELD_MODULES.items():
        if patch.provides(module_name):
            for name, held_name in held.items():
                setattr(sys.modules[module_name], name, sys.modules[held_name])


def _import_original(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _replace_imported(patch: Patch, replaced: dict[int, Any]) -> None:
    """Names of other modules that are bound to what was replaced."""
    for module_name, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType) or module_name.partition(".")[0] == "maskmetrics":
            continue
        for name, value in list(module.__dict__.items()):
            pair = replaced.get(id(value))
            if pair is not None and pair[0] is value and not _is_own_home(module_name, value):
                patch.set(module, name, pair[1])


def _is_own_home(module_name: str, value: Any) -> bool:
    """pycocotools' compiled functions keep their own names, on which its mask functions call them."""
    return module_name == "pycocotools._mask"
