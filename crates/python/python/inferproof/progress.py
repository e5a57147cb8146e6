"""Progress: a bar of tqdm's, or a function of the caller's."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Listener", "Progress", "listener"]

Listener = Callable[[str, int, int], object]
"""Told what is being done, how many steps of how many are done. To stop the work it raises an exception."""

Progress = bool | Listener | None
"""``True`` or ``False`` for a bar or none, a listener, or ``None``: a bar on terminals and in notebooks, if the work takes a while."""

# Work that ends sooner is not worth a bar.
PATIENCE_SECONDS = 0.5


@contextmanager
def listener(progress: Progress) -> Iterator[Listener | None]:
    """What the extension module tells of its progress."""
    if callable(progress):
        yield progress
    elif progress is False or (progress is None and not _watched()):
        yield None
    else:
        with warnings.catch_warnings():
            # Without the package for widgets the bar is made of text, which is as good.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
        delay = 0 if progress else PATIENCE_SECONDS
        with tqdm(total=1, delay=delay, leave=False, bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}]") as bar:
            yield lambda doing, done, of: _show(bar, doing, done, of)


def _show(bar: Any, doing: str, done: int, of: int) -> None:
    bar.set_description(doing, refresh=False)
    bar.total = of
    bar.update(done - bar.n)


def _watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
