"""The maskmetrics command: python -m maskmetrics."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Becomes the command that the package carries."""
    command = Path(__file__).parent / "bin" / "maskmetrics"
    try:
        os.execv(command, ["maskmetrics", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"maskmetrics: {command} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
