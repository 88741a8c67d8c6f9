"""Every exception that the library raises.

All are a maskmetrics.Error and one of Python's own: InputError is a ValueError, and where the reference raises, say, a
KeyError in the same place, the InputError raised is a KeyError as well; so is a ProtocolError an IndexError.
"""

from __future__ import annotations


class Error(Exception):
    """Root of the library's exceptions.

    Attributes:
        source: file name, or the name of the argument; may be empty
        place: where in it: "annotations[3].bbox", "byte 120"; may be empty
        problem: what is wrong, with the offending value
    """

    def __init__(self, source: str = "", place: str = "", problem: str = "") -> None:
        self.source = source
        self.place = place
        self.problem = problem
        super().__init__(": ".join(part for part in (source, place, problem) if part))

    def __str__(self) -> str:
        # KeyError and OSError would show something else.
        return str(self.args[0])

    def __reduce__(self):
        return type(self), (self.source, self.place, self.problem)


class InputError(Error, ValueError):
    """A file, table or array that cannot be evaluated."""


class ProtocolError(Error, ValueError):
    """Parameters that make no sense: no threshold, an area range upside down, max_dets of 0."""


class ProtocolIndexError(ProtocolError, IndexError):
    """A ProtocolError where the reference raises an IndexError."""


class ProtocolTypeError(ProtocolError, TypeError):
    """A ProtocolError for a value of another type than the parameter takes."""


class DeviceError(Error, RuntimeError):
    """A device that cannot be used: none present, driver too old, out of memory."""


class OutputError(Error, OSError):
    """An output that cannot be written."""


class MissingPackageError(Error, ModuleNotFoundError):
    """Something that needs a package that is not installed."""


class InputTypeError(InputError, TypeError):
    """An InputError where the reference raises a TypeError."""


class InputKeyError(InputError, KeyError):
    """An InputError where the reference raises a KeyError."""


class InputIndexError(InputError, IndexError):
    """An InputError where the reference raises an IndexError."""


class InputAssertionError(InputError, AssertionError):
    """An InputError where the reference raises an AssertionError."""


class EvaluationWarning(UserWarning):
    """What explains an evaluation's numbers, where its class has no list of warnings."""


class UnsupportedError(Error, NotImplementedError):
    """Something that the reference offers and the library does not."""
