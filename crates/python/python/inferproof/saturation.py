"""What a run cut off: values beyond the ranges that calibration gave."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass

from .errors import SaturationWarning
from .log import logger

__all__ = ["Saturated", "heard"]


@dataclass(frozen=True)
class Saturated:
    """Entries of one tensor that lay beyond its range and count as if they lay at its end."""

    of: str
    """``"input"`` of the model, or what a ``"node"`` of it makes."""
    name: str
    """The input's name, or the node's with its operation."""
    entries: int
    """How many entries."""
    total: int
    """How many there are in all."""
    low: float | None
    """The least value that is kept; ``None`` where the model itself cuts off, so that nothing is lost."""
    high: float | None
    """The greatest, likewise."""
    farthest: float
    """The value that lies farthest beyond."""
    message: str
    """All of it in words."""


def heard(text: str, *, stacklevel: int) -> tuple[Saturated, ...]:
    """From what ``--json`` prints as ``saturated``; each is a warning, at the caller of the caller's caller."""
    found = tuple(Saturated(**fields) for fields in json.loads(text))
    for saturated in found:
        logger.warning("%s", saturated.message)
        warnings.warn(saturated.message, SaturationWarning, stacklevel=stacklevel + 1)
    return found
