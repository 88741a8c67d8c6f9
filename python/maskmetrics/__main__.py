"""The maskmetrics command: python -m maskmetrics."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    """Becomes the command that the package carries."""
    # It lies beside the extension module, which an editable installation keeps elsewhere than this file.
    extension = find_spec("maskmetrics._core")
    beside = extension.origin if extension is not None and extension.origin else __file__
    command = Path(beside).parent / "bin" / "maskmetrics"
    try:
        os.execv(command, ["maskmetrics", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"maskmetrics: {command} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
