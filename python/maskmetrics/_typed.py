"""From what Python raises about odd values to the package's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import (
    Error,
    InputAssertionError,
    InputError,
    InputIndexError,
    InputKeyError,
    InputTypeError,
    ProtocolError,
    ProtocolIndexError,
    ProtocolTypeError,
)

_OF_PARAMETERS: dict[type[Exception], type[Error]] = {
    AttributeError: ProtocolTypeError,
    IndexError: ProtocolIndexError,
    KeyError: ProtocolError,
    OverflowError: ProtocolError,
    TypeError: ProtocolTypeError,
    ValueError: ProtocolError,
}
_OF_INPUT: dict[type[Exception], type[Error]] = {
    AssertionError: InputAssertionError,
    AttributeError: InputTypeError,
    IndexError: InputIndexError,
    KeyError: InputKeyError,
    OverflowError: InputError,
    TypeError: InputTypeError,
    ValueError: InputError,
}


@contextmanager
def typed(source: str, place: str = "") -> Iterator[None]:
    """Makes Python's own exceptions InputErrors that name a place, and are the same exceptions as well.

    For code that takes values apart, as a with statement or a decorator.
    """
    with _converted(_OF_INPUT, source, place):
        yield


@contextmanager
def typed_parameters(source: str, place: str = "") -> Iterator[None]:
    """The same for parameters, whose errors are ProtocolErrors."""
    with _converted(_OF_PARAMETERS, source, place):
        yield


@contextmanager
def _converted(kinds: dict[type[Exception], type[Error]], source: str, place: str) -> Iterator[None]:
    try:
        yield
    except tuple(kinds) as error:
        # Classes that programs have derived pass: nobody else would catch them.
        if isinstance(error, Error) or type(error).__module__.partition(".")[0] not in ("builtins", "numpy"):
            raise
        kind = next(kind for base, kind in kinds.items() if isinstance(error, base))
        raise kind(source, place, _problem(error)) from error


def _problem(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, KeyError):
        return f"there is no {text}"
    # What nanobind says of a call lists all the types that it takes.
    types = text.rpartition("Invoked with types: ")[2] if "incompatible function arguments" in text else ""
    return f"an argument has a type that is not taken, got {types}" if types else text
