"""Objects of a file whose dictionaries are made when somebody looks at them."""

from __future__ import annotations

import copy
import threading
from typing import Any

from . import _core, _sources
from ._memory import many_objects

# Guards the change from columns to dictionaries.
materializing = threading.RLock()


def lazy(name: str, doc: str) -> property:
    """An attribute that is there once the object's file has become dictionaries."""
    stored = "_" + name

    def read(self: LazyFile) -> Any:
        self._materialize()
        try:
            return self.__dict__[stored]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def write(self: LazyFile, value: Any) -> None:
        self._materialize()
        self.__dict__[stored] = value

    return property(read, write, doc=doc)


class LazyFile:
    """What COCO and LVIS objects have in common.

    _file holds columns until dictionaries are asked for; from then on those count, for they may be changed.
    """

    # Subclasses that do not call __init__ have no file either.
    _file: Any = None

    def _make_dictionaries(self) -> None:
        """Fills what lazy() attributes are stored in, from _file."""
        raise NotImplementedError

    def _materialize(self) -> None:
        if self._file is None:
            return
        with materializing:
            if self._file is None:
                return
            with many_objects():
                self._make_dictionaries()
            # Last, so that other threads wait above until all is there.
            self._file = None

    def __deepcopy__(self, memo: dict) -> Any:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        for name, value in self.__dict__.items():
            # Columns do not change, so copies share them; a logger is what its name says.
            twin.__dict__[name] = value if name in ("_file", "logger") else copy.deepcopy(value, memo)
        return twin

    def __getstate__(self) -> dict:
        self._materialize()
        return self.__dict__

    def _columns(self) -> _core.Dataset | None:
        """The ground truth as columns, unless dictionaries have been handed out."""
        return self._file.columns if isinstance(self._file, _sources.GroundTruthFile) else None

    def _result_columns(self) -> _sources.ResultsFile | None:
        return self._file if isinstance(self._file, _sources.ResultsFile) else None
