"""Proofs and verdicts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import _native
from .arrays import Tensors
from .errors import InferproofError, raise_if_rejected
from .pages import proof_page, verdict_page

if TYPE_CHECKING:
    from .statements import Statement

__all__ = ["Proof", "Verdict"]


class Proof(bytes):
    """A proof of one inference: bytes, to be sent and stored as such."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Proof:
        """Read a proof from a file."""
        return cls(Path(path).read_bytes())

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> None:
        """Write the proof to a file, whole or not at all; never over an existing one unless ``replace=True``."""
        _native.write_file(os.fspath(path), bytes(self), replace)

    def inspect(self) -> dict[str, Any]:
        """What the proof says of itself, as ``inferproof inspect`` prints it: model, curve, sizes. Nothing of it is verified."""
        report: dict[str, Any] = json.loads(_native.inspect_proof(self))
        return report

    def __repr__(self) -> str:
        return f"<Proof of {len(self):,} bytes>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        try:
            report = self.inspect()
        except InferproofError as error:
            return proof_page(len(self), None, str(error))
        return proof_page(len(self), report, None)


class Verdict:
    """Whether a proof was accepted: true or false; if it was, what it shows.

    ``if verdict: ...`` is all that most callers need. Of a rejected proof nothing can be believed, so asking its verdict for
    inputs or outputs raises :class:`RejectedProofError`.
    """

    __slots__ = ("_commitments", "_inputs", "_outputs", "reason", "statement")

    def __init__(
        self,
        statement: Statement,
        reason: str | None,
        inputs: Tensors,
        outputs: Tensors,
        commitments: dict[str, str],
    ) -> None:
        self.statement = statement
        """The statement that the proof had to be of."""
        self.reason = reason
        """Why the proof was rejected; ``None`` if it was accepted."""
        self._inputs = inputs
        self._outputs = outputs
        self._commitments = commitments

    @property
    def accepted(self) -> bool:
        """Whether the proof was accepted."""
        return self.reason is None

    @property
    def model_id(self) -> str:
        """The model of the verifier."""
        return self.statement.model_id

    @property
    def context(self) -> bytes:
        """What the proof had to be bound to."""
        return self.statement.context

    @property
    def inputs(self) -> Tensors:
        """The inputs that the proof is of, by name; ``None`` for each that it hides."""
        self.raise_if_rejected()
        return self._inputs

    @property
    def outputs(self) -> Tensors:
        """The outputs that the model gave, by name; ``None`` for each that the proof hides."""
        self.raise_if_rejected()
        return self._outputs

    @property
    def commitments(self) -> MappingProxyType[str, str]:
        """The identifiers of the commitments to inputs and outputs that the proof reads or comes with, by name."""
        self.raise_if_rejected()
        return MappingProxyType(self._commitments)

    def raise_if_rejected(self) -> None:
        """Raise :class:`RejectedProofError` with the reason, unless the proof was accepted."""
        raise_if_rejected(self.reason, self.model_id)

    def __bool__(self) -> bool:
        return self.accepted

    def __repr__(self) -> str:
        if self.reason is not None:
            return f"<Verdict: rejected: {self.reason}>"
        return f"<Verdict: accepted, model {self.model_id[:16]}...: {self.statement.words()}>"

    def _repr_html_(self) -> str:
        return verdict_page(self.statement, self.reason, self._inputs, self._outputs, self._commitments)
