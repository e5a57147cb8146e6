"""How proofs and verdicts show themselves in notebooks: self-contained HTML, in which every name and text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Tensors
from .report import size

if TYPE_CHECKING:
    from .statements import Statement

__all__ = ["proof_page", "verdict_page"]

# Of a tensor so many entries are shown, and so many of the greatest of a vector.
ENTRIES = 8
GREATEST = 5
LEFT = 'style="text-align:left"'
# Readable on a light and on a dark page.
GREEN, RED, GREY = "#2e8b57", "#d1495b", "#8a8a8a"


def proof_page(length: int, report: Mapping[str, Any] | None, error: str | None) -> str:
    """A proof: what it says of itself, of which nothing is verified."""
    if report is None:
        return _framed(RED, "not a proof", f"<div>{escape(error or '')}</div>")
    rows = [("model", _code(report["model_id"])), ("curve", escape(str(report["curve"])))]
    for role in ("inputs", "outputs"):
        told = ", ".join(_disclosed(one) for one in report[role])
        rows.append((role, told or "none"))
    rows.append(("size", escape(size(length))))
    return _framed(GREY, "proof, not verified", _table(rows))


def verdict_page(
    statement: Statement, reason: str | None, inputs: Tensors, outputs: Tensors, commitments: Mapping[str, str]
) -> str:
    """A verdict: whether the proof was accepted, of which statement, and what it shows."""
    rows = [
        ("model", _code(statement.model_id)),
        ("context", _code(repr(statement.context)) if statement.context else "none"),
    ]
    if statement.part is not None:
        start, stop = (", ".join(map(_code, names)) for names in statement.part)
        rows.append(("part", f"from {start} to {stop}"))
    rows += [("claim", _code(claim)) for claim in statement.claims]
    if reason is not None:
        return _framed(RED, "rejected", f"<div>{escape(reason)}</div>{_table([*rows, *_expected(statement)])}")
    for role, seen, tensors in (("input", statement.inputs, inputs), ("output", statement.outputs, outputs)):
        for name, how in seen.items():
            if tensors.get(name) is not None:
                told = _values(tensors[name], role == "output")
            elif how == "private":
                told = "private: the proof hides it"
            else:
                fresh = "committed afresh as" if how == "commit" else "what was committed before as"
                told = f"{fresh} {_code(commitments.get(name, ''))}"
            rows.append((f"{role} {_code(name)}", told))
    return _framed(GREEN, "accepted", _table(rows))


def _expected(statement: Statement) -> Iterable[tuple[str, str]]:
    from .statements import seen

    for role, tensors in (("input", statement.inputs), ("output", statement.outputs)):
        for name, how in tensors.items():
            yield f"{role} {_code(name)}", f"expected {escape(seen(how))}"


def _disclosed(one: Any) -> str:
    """Of one tensor, as a proof's report lists it."""
    if isinstance(one, str):
        return escape(one)
    ((what, detail),) = one.items()
    if what == "public":
        return f"public, {int(detail):,} entries"
    return f"committed as {_code(str(detail))}"


def _values(array: NDArray[Any], ranked: bool) -> str:
    """Some entries of a tensor; of a vector of an output the greatest, which are its likeliest classes."""
    shape = "x".join(map(str, array.shape)) or "scalar"
    flat = array.ravel()
    if ranked and flat.size > ENTRIES and flat.dtype.kind == "f" and max(array.shape) == flat.size:
        order = np.argsort(-flat, kind="stable")[:GREATEST]
        told = ", ".join(f"entry {position}: {flat[position]:.6g}" for position in order)
        return f"{shape}, the greatest: {told}"
    entries = ", ".join(_entry(entry) for entry in flat[:ENTRIES])
    more = f", and {flat.size - ENTRIES:,} more" if flat.size > ENTRIES else ""
    return f"{shape}: {entries}{more}"


def _entry(entry: Any) -> str:
    if entry is None:
        return "<i>another string</i>"
    return escape(repr(entry)) if isinstance(entry, str) else f"{float(entry):.6g}"


def _code(text: str) -> str:
    return f'<code style="overflow-wrap:anywhere">{escape(text)}</code>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th {LEFT}>{label}</th><td {LEFT}>{text}</td></tr>" for label, text in rows)
    return f"<table>{cells}</table>"


def _framed(colour: str, title: str, body: str) -> str:
    return f'<div style="border-left:4px solid {colour};padding-left:0.8em"><b style="color:{colour}">{escape(title)}</b>{body}</div>'
