"""Claims as expressions: what may be said of a run beyond its being one, such as ``model.output("score")[0] >= 0.8``.

An expression is a way to write the text of a claim, which is what a statement holds: ``str()`` of it is that text, and every text is
taken as well. Numbers are exact. An integer, a ``fractions.Fraction`` and a ``decimal.Decimal`` are what they are; a ``float`` is the
shortest decimal text that stands for it, the one that Python prints: 0.8 is 4/5, as in the text ``score[0] >= 0.8``, and not the
fraction of powers of two next to it.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Union

__all__ = ["Claim", "Claims", "Entries", "Number", "Quantity", "input", "output", "texts"]

Number = Union[int, Fraction, Decimal, float]
"""A number in a claim, which is taken exactly."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = ("and", "or", "not", "in")


class Claim:
    """A predicate over a run's inputs and outputs. ``str(claim)`` is its text, which every ``claims=`` takes.

    Comparisons of quantities make one; ``&``, ``|`` and ``~`` are *and*, *or* and *not*.

    >>> score = model.output("score")
    >>> prover.prove(x, claims=[(score[0] >= 0.8) & ~(score.argmax() == 3)])
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __and__(self, other: Claim) -> Claim:
        return self._joined("and", other)

    def __or__(self, other: Claim) -> Claim:
        return self._joined("or", other)

    def __invert__(self) -> Claim:
        return Claim(f"not ({self._text})")

    def _joined(self, word: str, other: object) -> Claim:
        return Claim(f"({self._text}) {word} ({other._text})") if isinstance(other, Claim) else NotImplemented

    def __bool__(self) -> bool:
        raise TypeError(
            f"the claim {self._text} is neither true nor false before it is proven: join claims by &, | and ~ (not `and`, `or`, `not`), "
            "each in parentheses; instead of `a <= s <= b` say s.between(a, b), instead of `s in list` say s.isin(list)"
        )

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Claim) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"<Claim {self._text}>"


class Quantity:
    """A number of a run that a claim compares: an entry of a tensor, a function of entries, or a sum of such with exact factors."""

    __slots__ = ("_constant", "_terms")

    def __init__(self, terms: Mapping[str, Fraction], constant: Fraction = Fraction(0)) -> None:
        self._terms = {text: factor for text, factor in terms.items() if factor}
        self._constant = constant

    def __add__(self, other: Quantity | Number) -> Quantity:
        return self._plus(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Quantity | Number) -> Quantity:
        return self._plus(other, -1)

    def __rsub__(self, other: Quantity | Number) -> Quantity:
        return (-self)._plus(other, 1)

    def __neg__(self) -> Quantity:
        return self._times(Fraction(-1))

    def __pos__(self) -> Quantity:
        return self

    def __mul__(self, factor: Number) -> Quantity:
        if isinstance(factor, Quantity):
            raise TypeError("a claim has no products of two quantities: one side of * has to be a number")
        return self._times(_exact(factor))

    __rmul__ = __mul__

    def __truediv__(self, divisor: Number) -> Quantity:
        if isinstance(divisor, Quantity):
            raise TypeError("a claim has no quotients of two quantities: what is behind / has to be a number")
        return self._times(1 / _exact(divisor))

    def _plus(self, other: Quantity | Number, sign: int) -> Quantity:
        added = other if isinstance(other, Quantity) else Quantity({}, _exact(other))
        terms = dict(self._terms)
        for text, factor in added._terms.items():
            terms[text] = terms.get(text, Fraction(0)) + sign * factor
        return Quantity(terms, self._constant + sign * added._constant)

    def _times(self, factor: Fraction) -> Quantity:
        return Quantity({text: own * factor for text, own in self._terms.items()}, self._constant * factor)

    def __lt__(self, other: Quantity | Number) -> Claim:
        return self._compared("<", other)

    def __le__(self, other: Quantity | Number) -> Claim:
        return self._compared("<=", other)

    def __gt__(self, other: Quantity | Number) -> Claim:
        return self._compared(">", other)

    def __ge__(self, other: Quantity | Number) -> Claim:
        return self._compared(">=", other)

    def __eq__(self, other: Quantity | Number | str) -> Claim:  # type: ignore[override]
        return self._compared("==", other)

    def __ne__(self, other: Quantity | Number | str) -> Claim:  # type: ignore[override]
        return self._compared("!=", other)

    # Two that are equal would need equal hashes, and == is no answer here.
    __hash__ = None  # type: ignore[assignment]

    def _compared(self, relation: str, other: Quantity | Number | str) -> Claim:
        if isinstance(other, str):
            if relation not in ("==", "!="):
                raise TypeError(f"a text is compared by == and !=, found {relation}; a number is no text: {other!r}")
            return Claim(f"{self} {relation} {_quoted(other)}")
        right = other if isinstance(other, Quantity) else Quantity({}, _exact(other))
        return Claim(f"{self} {relation} {right}")

    def between(self, low: Number, high: Number) -> Claim:
        """That it is in this range, with both ends."""
        return Claim(f"{self} in [{_number(_exact(low))}, {_number(_exact(high))}]")

    def isin(self, members: Iterable[Number] | Iterable[str]) -> Claim:
        """That it is one of several numbers; or of several texts, if it is an entry of a tensor of texts."""
        if isinstance(members, str):
            raise TypeError("isin: expected several numbers or texts, found a single text; compare with that by ==")
        listed = [_quoted(member) if isinstance(member, str) else _number(_exact(member)) for member in members]
        if not listed:
            raise ValueError("isin: an empty list, in which nothing is")
        return Claim(f"{self} in {{{', '.join(listed)}}}")

    def __bool__(self) -> bool:
        raise TypeError(f"the quantity {self} has no value before a run: compare it, as in `quantity >= 0.8`, which makes a claim")

    def __str__(self) -> str:
        parts: list[str] = []
        for text, factor in self._terms.items():
            size = abs(factor)
            multiple = text if size == 1 else f"{_number(size)}*{text}"
            parts.append(_signed(multiple, factor < 0, not parts))
        if self._constant or not parts:
            parts.append(_signed(_number(abs(self._constant)), self._constant < 0, not parts))
        return " ".join(parts)

    def __repr__(self) -> str:
        return f"<Quantity {self}>"


class Entries(Quantity):
    """A tensor of a run, or the entries of it under an index of the first axes; where that is a single one, a quantity itself.

    Axes of length 1 in front may be left out of an index, which counts from 0.
    """

    __slots__ = ("_index", "_name")

    def __init__(self, name: str, index: tuple[int, ...] = ()) -> None:
        self._name = name
        self._index = index
        super().__init__({self._text(): Fraction(1)})

    def _text(self) -> str:
        return f"{self._name}[{', '.join(map(str, self._index))}]" if self._index else self._name

    def __getitem__(self, index: int | tuple[int, ...]) -> Entries:
        indices = index if isinstance(index, tuple) else (index,)
        whole = []
        for one in indices:
            if isinstance(one, bool):
                raise TypeError(f"{self._name}: an index in a claim is a whole number, found {one!r}")
            # Slices and the like are none, which this says.
            whole.append(operator.index(one))
        if any(one < 0 for one in whole):
            raise IndexError(f"{self._name}: an index in a claim counts from 0, found {min(whole)}")
        return Entries(self._name, (*self._index, *whole))

    # Without this, Python would take it for a sequence without an end.
    __iter__ = None

    def max(self) -> Quantity:
        """The greatest of the entries."""
        return self._function("max")

    def min(self) -> Quantity:
        """The least of the entries."""
        return self._function("min")

    def sum(self) -> Quantity:
        """The sum of the entries."""
        return self._function("sum")

    def mean(self) -> Quantity:
        """The mean of the entries."""
        return self._function("mean")

    def argmax(self) -> Quantity:
        """The index of the greatest entry along the last axis; of equal ones, the first."""
        return self._function("argmax")

    def missing(self) -> Claim:
        """That the model was given no value for this entry of an input."""
        return Claim(f"missing({self._text()})")

    def _function(self, name: str) -> Quantity:
        return Quantity({f"{name}({self._text()})": Fraction(1)})

    def __repr__(self) -> str:
        return f"<Entries {self._text()}>"


Claims = Union[str, Claim, Iterable[Union[str, Claim]]]
"""What is claimed of a run: a claim or several, as expressions or as texts."""


def input(name: str) -> Entries:
    """An input of what is run. Of a model, :meth:`Model.input` says at once if there is none of that name."""
    return Entries(f"input:{_name(name)}")


def output(name: str) -> Entries:
    """An output of what is run: of a part of a model (``start=``, ``stop=``) that is a tensor inside of the model."""
    return Entries(f"output:{_name(name)}")


def texts(claims: Claims) -> list[str]:
    """The texts of claims."""
    if isinstance(claims, (str, Claim)):
        claims = [claims]
    if isinstance(claims, Quantity) or not isinstance(claims, Iterable):
        raise TypeError(f"claims: expected claims or their texts, found {type(claims).__name__}; compare a quantity to make a claim")
    found = []
    for claim in claims:
        if not isinstance(claim, (str, Claim)):
            hint = "; compare it to make a claim" if isinstance(claim, Quantity) else ""
            raise TypeError(f"claims: expected a claim or its text, found {type(claim).__name__}{hint}")
        found.append(str(claim))
    return found


def _exact(number: Number) -> Fraction:
    """A number exactly."""
    if isinstance(number, bool):
        raise TypeError("a truth value is no number of a claim")
    if isinstance(number, float):
        if not math.isfinite(number):
            raise ValueError(f"{float(number)} is no number of a claim")
        # A subclass of numpy's prints itself in another way.
        return Fraction(Decimal(float.__repr__(number)))
    if isinstance(number, Decimal):
        if not number.is_finite():
            raise ValueError(f"{number} is no number of a claim")
        return Fraction(number)
    if isinstance(number, (int, Fraction)):
        return Fraction(number)
    try:
        return Fraction(operator.index(number))
    except TypeError:
        raise TypeError(
            f"expected an int, a Fraction, a Decimal or a float, found {type(number).__name__}; a number of another precision "
            "has no one decimal text: say float(x), or write the claim as text"
        ) from None


def _number(number: Fraction) -> str:
    return str(number)


def _signed(text: str, is_negative: bool, is_first: bool) -> str:
    if is_first:
        return f"-{text}" if is_negative else text
    return f"- {text}" if is_negative else f"+ {text}"


def _name(name: str) -> str:
    return name if _PLAIN.match(name) and name not in _RESERVED else _quoted(name)


def _quoted(text: str) -> str:
    def escaped(character: str) -> str:
        if character in '"\\':
            return "\\" + character
        return character if character.isprintable() else f"\\u{{{ord(character):x}}}"

    return '"' + "".join(map(escaped, text)) + '"'
