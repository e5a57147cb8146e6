"""What a model scores on a data set, proven without showing what it says of any sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, Union

from .arrays import Tensors, entries, given, is_table
from .claims import Claims, texts
from .errors import InputError, raise_if_rejected
from .openings import Opening
from .proofs import Proof
from .statements import Context, context_bytes

__all__ = ["Accuracy", "AccuracyVerdict", "Counted", "Data", "Labels", "Measure", "Scored", "counted", "data_set", "scored"]

Measure = Literal["accuracy", "error", "confusion"]
"""What is counted: right answers, absolute differences from targets, or how often each class was taken for each."""

Data = Any
"""The samples: an array whose first axis counts them, a table, or what was committed; or such by the names of the inputs."""

Labels = Any
"""What is right of each sample: an array, or what was committed."""

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Counted:
    """What is counted, as the extension module reads it."""

    measure: str
    output: str | None
    groups: int | None


@dataclass(frozen=True)
class Scored:
    """What is said of it, likewise."""

    counted: Counted
    claims: list[str]
    show: bool
    context: bytes


@dataclass(frozen=True)
class _DataSet:
    """All inputs together, or each tensor by name, likewise."""

    all: Any
    each: dict[str, Any]


@dataclass(frozen=True)
class Accuracy:
    """What was proven of a model's score on a data set."""

    proof: Proof
    """The proof: bytes. :meth:`Verifier.verify_accuracy` verifies it."""
    sums: Tensors
    """What was counted, whether the proof shows it or not: ``correct``, ``error`` or ``confusion``; ``samples`` of each group."""
    samples: int
    """How many samples the data set has."""
    data_set_id: str
    """The data set's identifier: what a tester signs."""
    claims: tuple[str, ...]
    """What is claimed of the sums, in canonical text."""
    meaning: tuple[str, ...]
    """Which integers satisfy it, a comparison a line."""

    def save(self, path: Any, *, replace: bool = False) -> None:
        """Write the proof to a file, as ``inferproof accuracy --verify`` reads it; see :meth:`Proof.save`."""
        self.proof.save(path, replace=replace)

    def __repr__(self) -> str:
        # The sums may be hidden.
        return f"<Accuracy over {self.samples:,} samples: {', '.join(self.claims) or 'nothing is claimed'}; {len(self.proof):,} bytes>"


@dataclass(frozen=True)
class AccuracyVerdict:
    """Whether a proof of a score was accepted: true or false."""

    model_id: str
    """The model of the verifier."""
    reason: str | None
    """Why the proof was rejected; ``None`` if it was accepted."""
    shown: Tensors | None
    samples: int
    """How many samples the data set has."""
    parts: int
    """In how many parts it was proven."""
    data_set_id: str
    """The data set's identifier: compare it with the one that the tester signed."""
    claims: tuple[str, ...]
    """What is claimed of the sums, in canonical text."""
    meaning: tuple[str, ...]
    """Which integers satisfy it, a comparison a line."""

    @property
    def accepted(self) -> bool:
        """Whether the proof was accepted."""
        return self.reason is None

    @property
    def sums(self) -> Tensors | None:
        """What was counted, if the proof shows it."""
        self.raise_if_rejected()
        return self.shown

    def raise_if_rejected(self) -> None:
        """Raise :class:`RejectedProofError` with the reason, unless the proof was accepted."""
        raise_if_rejected(self.reason, self.model_id)

    def __bool__(self) -> bool:
        return self.accepted

    def __repr__(self) -> str:
        if self.reason is not None:
            return f"<AccuracyVerdict: rejected: {self.reason}>"
        return f"<AccuracyVerdict: accepted over {self.samples:,} samples: {', '.join(self.claims) or 'the sums are shown'}>"

    def _repr_html_(self) -> str:
        lines = "".join(f"<li><code>{escape(line)}</code></li>" for line in self.meaning)
        return f"<div>{escape(repr(self)[1:-1])}</div><ul>{lines}</ul>"


def counted(measure: Measure, output: str | None, groups: int | None) -> Counted:
    """As the extension module reads it."""
    if groups is not None and (isinstance(groups, bool) or not isinstance(groups, int) or groups < 1):
        raise ValueError(f"groups: expected how many groups there are, found {groups!r}; group_of says which each sample is in")
    return Counted(str(measure), output, groups)


def scored(
    at_least: int | None, claims: Claims, show: bool, counted: Counted, context: Context
) -> Scored:
    """As the extension module reads it."""
    said = texts(claims)
    if at_least is not None:
        if isinstance(at_least, bool) or not isinstance(at_least, int):
            raise TypeError(f"at_least: expected a number of right answers, found {type(at_least).__name__}")
        said.insert(0, f"output:correct[0] >= {at_least}")
    if not said and not show:
        raise ValueError("nothing is said of the score: give at_least=, claims=, or show=True")
    return Scored(counted, said, bool(show), context_bytes(context))


def data_set(data: Data, labels: Labels, group_of: Any, counted: Counted, inputs: Mapping[str, Any], *, proves: bool) -> _DataSet:
    """As the extension module reads it."""
    if (group_of is None) != (counted.groups is None):
        raise ValueError("groups= says how many groups there are, group_of= which each sample is in: give both or none")
    each = {"targets" if counted.measure == "error" else "labels": _item(labels, "labels", proves)}
    if group_of is not None:
        each["groups"] = _item(group_of, "group_of", proves)
    if isinstance(data, Mapping) and any(_is_committed(value) for value in data.values()):
        return _DataSet(None, {**{str(name): _item(value, str(name), proves) for name, value in data.items()}, **each})
    if _is_committed(data):
        if len(inputs) != 1:
            names = ", ".join(inputs)
            raise InputError(f"data: one commitment for several inputs; give a dictionary with {names}", expected=names)
        (name,) = inputs
        return _DataSet(None, {name: _item(data, name, proves), **each})
    return _DataSet(given(data, "data"), each)


def _is_committed(value: Any) -> bool:
    return isinstance(value, (Opening, bytes))


def _item(value: Any, what: str, proves: bool) -> Any:
    """What is given for one tensor, as the extension module takes it."""
    if isinstance(value, Opening):
        return value._native if proves else value.commitment
    if isinstance(value, bytes):
        if proves:
            raise InputError(
                f"{what}: a commitment does not tell what it holds; to prove, give the Opening", tensor=what, expected="an Opening"
            )
        return value
    if is_table(value):
        raise InputError(f"{what}: a table; give one of its columns", tensor=what, expected="an array", found="a table")
    return entries(value, what)


def bytes_of(memory: Union[int, str]) -> int:
    """A number of bytes, also as people write it."""
    if isinstance(memory, bool) or not isinstance(memory, (int, str)):
        raise TypeError(f"memory: expected a number of bytes or a size such as \"512MB\", found {type(memory).__name__}")
    if isinstance(memory, str):
        digits = memory.rstrip("BKMGbkmg")
        unit = _UNITS.get(memory[len(digits) :].upper())
        if not digits.isascii() or not digits.isdigit() or unit is None:
            raise ValueError(f"memory: expected a size such as \"300MB\" or \"2GB\", found {memory!r}")
        memory = int(digits) * unit
    if not 0 < memory < 2**64:
        raise ValueError(f"memory: expected from 1 to 2^64 - 1 bytes, found {memory}")
    return memory


def explained(claims: list[tuple[str, list[str]]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Claims, and what their comparisons mean."""
    return tuple(text for text, _ in claims), tuple(line for _, lines in claims for line in lines)
