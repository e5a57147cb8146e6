"""Progress: a bar of tqdm's, or a function of the caller's."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .log import logger

__all__ = ["Listener", "Progress", "listener"]

Listener = Callable[[str, int, int], object]
"""Told what is being done, how many steps of how many are done. To stop the work it raises an exception."""

Progress = bool | Listener | None
"""``True`` or ``False`` for a bar or none, a listener, or ``None``: a bar on terminals and in notebooks, if the work takes a while."""

# Work that ends sooner is not worth a bar.
PATIENCE_SECONDS = 0.5


@contextmanager
def listener(progress: Progress) -> Iterator[Listener | None]:
    """What the extension module tells of its progress: the caller's listener or bar, and the log."""
    with _shown(progress) as shown:
        yield _logged(shown) if logger.isEnabledFor(logging.DEBUG) else shown


def _logged(shown: Listener | None) -> Listener:
    stages: set[str] = set()

    def told(doing: str, done: int, of: int) -> None:
        if doing not in stages:
            stages.add(doing)
            logger.debug("%s", doing)
        if shown is not None:
            shown(doing, done, of)

    return told


@contextmanager
def _shown(progress: Progress) -> Iterator[Listener | None]:
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
