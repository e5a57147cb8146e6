"""Statements: what is proven about a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from .openings import Opening

if TYPE_CHECKING:
    from .models import Model, Public

__all__ = ["Committed", "Context", "Names", "Said", "Seen", "Statement", "context_bytes", "listed", "seen"]

Context = bytes | str
"""What a proof is bound to: bytes, or text in UTF-8."""

Names = str | Iterable[str]
"""Names of inputs and outputs; ``inputs`` and ``outputs`` are all of a kind, ``input:NAME`` and ``output:NAME`` tell two apart."""

Committed = Mapping[str, "Opening | str"]
"""For names of inputs and outputs, what opens the commitment to each, or its identifier."""

Seen = Literal["public", "private", "commit"] | Mapping[str, str]
"""How a tensor is seen; ``{"committed": id}`` of one that was committed before."""


def context_bytes(context: Context) -> bytes:
    """The bytes of a context. Nothing but bytes and text is taken for one: ``bytes(17)`` would be 17 zeros."""
    if isinstance(context, str):
        return context.encode()
    if isinstance(context, bytes):
        return context
    raise TypeError(f"context: expected bytes or str, found {type(context).__name__}; of a number, say context=str(number)")


def listed(names: Names) -> list[str]:
    """A list of names; a text is one name."""
    return [names] if isinstance(names, str) else [str(name) for name in names]


@dataclass(frozen=True)
class Said:
    """What is said of a run, as the extension module reads it."""

    private: list[str]
    commit: list[str]
    committed: list[tuple[str, str]]
    claims: list[str]
    start: list[str]
    stop: list[str]
    context: bytes


class Statement:
    """What is proven about a run of a model: for every input and output how it is seen, what is claimed, and the context.

    :meth:`Public.statement` makes one. It cannot be changed, and is compared, hashed and pickled by what it says; it is the same
    that the command line reads and writes.
    """

    __slots__ = ("_digest", "_document", "_text")

    _text: str
    _digest: str
    _document: dict[str, Any]

    def __init__(self) -> None:
        raise TypeError("a statement is made by public.statement(...), or read by Statement.from_json(public, text)")

    @classmethod
    def _of(cls, text: str, digest: str) -> Statement:
        statement = object.__new__(cls)
        object.__setattr__(statement, "_text", text)
        object.__setattr__(statement, "_digest", digest)
        object.__setattr__(statement, "_document", json.loads(text))
        return statement

    @classmethod
    def from_json(cls, model: Model | Public | bytes, text: str) -> Statement:
        """Read a statement of this model, of which the public side or the key will do.

        :raises InputError: if it is none, or is not of this model, or does not list every input and output.
        """
        from .models import public_side

        return cls._of(*public_side(model)._native.read_statement(text))

    def to_json(self) -> str:
        """The statement as JSON, as ``inferproof verify --expect`` takes it."""
        return self._text

    @property
    def digest(self) -> str:
        """A digest of all of it: two statements are the same if theirs are."""
        return self._digest

    @property
    def model_id(self) -> str:
        """Of which model."""
        return str(self._document["model_id"])

    @property
    def inputs(self) -> Mapping[str, Seen]:
        """How each input is seen: ``"public"``, ``"private"``, ``"commit"``, or ``{"committed": id}``."""
        return MappingProxyType(self._document["inputs"])

    @property
    def outputs(self) -> Mapping[str, Seen]:
        """How each output is seen, likewise."""
        return MappingProxyType(self._document["outputs"])

    @property
    def claims(self) -> tuple[str, ...]:
        """What is claimed of inputs and outputs, in canonical text."""
        return tuple(self._document.get("claims", ()))

    @property
    def part(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The tensors where the part of the model begins and ends that is run; ``None`` if it is the whole model."""
        part = self._document.get("slice")
        return None if part is None else (tuple(part["from"]), tuple(part["to"]))

    @property
    def context(self) -> bytes:
        """What a proof has to be bound to."""
        context = self._document["context"]
        return context.encode() if isinstance(context, str) else bytes.fromhex(context["hex"])

    def words(self) -> str:
        """All of it in words."""
        said = [
            f"{role} `{name}` {seen(how)}"
            for role, tensors in (("input", self.inputs), ("output", self.outputs))
            for name, how in tensors.items()
        ]
        part = ""
        if self.part is not None:
            start, stop = (", ".join(f"`{name}`" for name in names) for names in self.part)
            part = f"the part of the model from {start} to {stop}: "
        claimed = "".join(f", and {claim}" for claim in self.claims)
        return part + ", ".join(said) + claimed + (f", context {self.context!r}" if self.context else "")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: a statement cannot be changed; make another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name}: a statement cannot be changed; make another one")

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Statement) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Statement:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Statement:
        return self

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return Statement._of, (self._text, self._digest)

    def __repr__(self) -> str:
        return f"<Statement of model {self.model_id[:16]}...: {self.words()}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{role}</td><td><code>{escape(name)}</code></td><td>{escape(seen(how))}</td></tr>"
            for role, tensors in (("input", self.inputs), ("output", self.outputs))
            for name, how in tensors.items()
        )
        rows += "".join(f"<tr><td>claim</td><td colspan=2><code>{escape(claim)}</code></td></tr>" for claim in self.claims)
        context = f"bound to <code>{escape(repr(self.context))}</code>" if self.context else "bound to no context"
        return (
            f"<div>Statement of model <code>{escape(self.model_id[:16])}...</code>, {context}</div>"
            f'<table style="text-align:left"><thead><tr><th></th><th>tensor</th><th>seen</th></tr></thead><tbody>{rows}</tbody></table>'
        )


def seen(how: Seen) -> str:
    """How a tensor is seen, in words."""
    if isinstance(how, str):
        return {"public": "public", "private": "private", "commit": "committed afresh"}[how]
    return f"committed before as {how['committed'][:16]}..."
