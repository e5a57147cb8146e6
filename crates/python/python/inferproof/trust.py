"""What is trusted of a key."""

from __future__ import annotations

import os
from dataclasses import dataclass

__all__ = ["Trust", "Where", "trust"]

Where = bool | str | os.PathLike[str]
"""Where to remember what was verified: ``True`` for the user's cache, which the command line uses too, or a folder, which nobody else may
be able to write to."""

_GREATEST = 2**64 - 1


@dataclass(frozen=True)
class Trust:
    """Where it is remembered what was verified, and the most that a key may demand."""

    user_cache: bool
    folder: str | None
    max_work: int | None


def trust(cache: Where, max_work: int | None) -> Trust:
    """As the extension module reads it."""
    if isinstance(max_work, bool) or not (max_work is None or isinstance(max_work, int)):
        raise TypeError(f"max_work: expected a number of field operations, found {type(max_work).__name__}")
    if max_work is not None and not 0 <= max_work <= _GREATEST:
        raise ValueError(f"max_work: expected a number from 0 to 2^64 - 1, found {max_work}")
    folder = None if isinstance(cache, bool) else os.fspath(cache)
    return Trust(cache is True, folder, max_work)
