"""A scatter plot as a small SVG picture, for notebooks without a plotting package."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray

__all__ = ["scatter"]

SIDE = 260
MARGIN = 42


def scatter(points: NDArray[np.float64], title: str, horizontal: str, vertical: str) -> str:
    """Points on two axes of one scale, with the diagonal on which both coordinates are equal."""
    low, high = float(points.min()), float(points.max())
    span = (high - low) or 1.0
    inner = SIDE - 2 * MARGIN

    def right(value: float) -> float:
        return MARGIN + (value - low) / span * inner

    def up(value: float) -> float:
        return SIDE - right(value)

    dots = "".join(f'<circle cx="{right(x):.1f}" cy="{up(y):.1f}" r="1.8"/>' for x, y in points)
    ticks = "".join(
        f'<text x="{right(value):.0f}" y="{SIDE - MARGIN + 14}" text-anchor="middle">{value:.3g}</text>'
        f'<text x="{MARGIN - 6}" y="{up(value) + 4:.0f}" text-anchor="end">{value:.3g}</text>'
        for value in (low, high)
    )
    middle = SIDE / 2
    return (
        f'<svg width="{SIDE}" height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}" font-family="sans-serif" font-size="11" '
        f'fill="currentColor" role="img" aria-label="{escape(title)}">'
        f'<text x="{middle}" y="16" text-anchor="middle">{escape(title)}</text>'
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{inner}" height="{inner}" fill="none" stroke="currentColor" opacity="0.3"/>'
        f'<line x1="{MARGIN}" y1="{SIDE - MARGIN}" x2="{SIDE - MARGIN}" y2="{MARGIN}" stroke="currentColor" opacity="0.3"/>'
        f'<g fill="#3366cc" opacity="0.6">{dots}</g>{ticks}'
        f'<text x="{middle}" y="{SIDE - 8}" text-anchor="middle">{escape(horizontal)}</text>'
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">{escape(vertical)}</text>'
        "</svg>"
    )
