"""The command line: ``inferproof``, or ``python -m inferproof``."""

from __future__ import annotations

import sys

from . import _native


def main() -> int:
    """Run the command line with the process's arguments; the answer is the exit code."""
    return _native.main(["inferproof", *sys.argv[1:]], [sys.executable, "-m", "inferproof"])


if __name__ == "__main__":
    sys.exit(main())
