"""Steps of an evaluation that programs replace, and results that they read.

The library evaluates everything at once. Where a subclass, an instance, or somebody from outside has replaced a method
that the reference calls on the way, the evaluation has to call it, too: is_plain() tells. Results are made when they
are read: Made is such an attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, TypeVar

from . import mask

Class = TypeVar("Class", bound=type)

_own: dict[type, dict[str, Any]] = {}
# Objects of the reference's own classes serve as well as ours.
_REFERENCES = ("pycocotools.coco", "lvis.lvis", "lvis.results")
_MASK_FUNCTIONS = {name: getattr(mask, name) for name in ("iou", "frPyObjects", "merge")}


def remembered(cls: Class) -> Class:
    """Remembers what a class consists of, so that is_plain() notices what is replaced within it later on."""
    _own[cls] = dict(vars(cls))
    return cls


def is_plain(obj: Any, methods: Iterable[str], attributes: Iterable[str] = ()) -> bool:
    """True where everything named is as the package, or the reference, has made it.

    Args:
        attributes: may be missing from the class, as those are that the reference sets in __init__
    """
    cls = type(obj)
    if cls.__getattribute__ is not object.__getattribute__:
        return False
    set_on_it = getattr(obj, "__dict__", {})
    return all(name not in set_on_it and _is_own(cls, name) for name in methods) and all(
        _is_own(cls, name) or not any(name in vars(base) for base in cls.__mro__) for name in attributes
    )


def _is_own(cls: type, name: str) -> bool:
    for base in cls.__mro__:
        if name in vars(base):
            found = vars(base)[name]
            if base in _own:
                return _own[base].get(name) is found
            return (
                base.__module__ in _REFERENCES
                and getattr(found, "__module__", None) == base.__module__
                and getattr(found, "__qualname__", None) == f"{base.__name__}.{name}"
            )
    return False


# pycocotools.mask while it holds our functions: programs that are patched replace them there.
patched_masks: ModuleType | None = None


def mask_function(name: str) -> Any:
    """The function of masks that an evaluation has to call: ours, or what a program has put in its place."""
    own = _MASK_FUNCTIONS[name]
    found = (getattr(module, name, own) for module in (mask, patched_masks) if module is not None)
    return next((function for function in found if function is not own), own)


def masks_are_plain() -> bool:
    """True where nobody has replaced a function of masks that an evaluation calls."""
    return all(mask_function(name) is own for name, own in _MASK_FUNCTIONS.items())


class Made:
    """An attribute of an evaluator that is made when it is read, after an evaluation by the library.

    The evaluator's _to_be_made names what is still to be made. All else is as with any attribute, the place in __dict__
    included.
    """

    def __init__(self, make: Callable[[Any], dict[str, Any]], doc: str) -> None:
        """
        Args:
            make: from an evaluator to attributes by name; those count that are pending
        """
        self._make = make
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, evaluator: Any, owner: type | None = None) -> Any:
        if evaluator is None:
            return self
        if self._name in evaluator._to_be_made:
            for name, value in self._make(evaluator).items():
                if name in evaluator._to_be_made:
                    setattr(evaluator, name, value)
        try:
            return evaluator.__dict__[self._name]
        except KeyError:
            problem = f"{type(evaluator).__name__!r} object has no attribute {self._name!r}"
            raise AttributeError(problem, name=self._name, obj=evaluator) from None

    def __set__(self, evaluator: Any, value: Any) -> None:
        evaluator.__dict__[self._name] = value
        evaluator._to_be_made -= {self._name}

    def __delete__(self, evaluator: Any) -> None:
        if self._name not in evaluator._to_be_made and self._name not in evaluator.__dict__:
            raise AttributeError(f"{type(evaluator).__name__!r} object has no attribute {self._name!r}")
        evaluator.__dict__.pop(self._name, None)
        evaluator._to_be_made -= {self._name}
