"""Proofs and verdicts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from . import _native
from .arrays import Tensors
from .errors import RejectedProofError

__all__ = ["Proof", "Verdict"]


class Proof(bytes):
    """A proof of one inference: bytes, to be sent and stored as such."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Proof:
        """Read a proof from a file."""
        return cls(Path(path).read_bytes())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the proof to a file, whole or not at all."""
        _native.write_file(os.fspath(path), bytes(self))

    def inspect(self) -> dict[str, Any]:
        """What the proof says of itself, as ``inferproof inspect`` prints it: model, curve, sizes. Nothing of it is verified."""
        report: dict[str, Any] = json.loads(_native.inspect_proof(self))
        return report

    def __repr__(self) -> str:
        return f"<Proof of {len(self):,} bytes>"

    __str__ = __repr__


class Verdict:
    """Whether a proof was accepted: true or false; if it was, what it shows.

    ``if verdict: ...`` is all that most callers need. Of a rejected proof nothing can be believed, so asking its verdict for
    inputs or outputs raises :class:`RejectedProofError`.
    """

    __slots__ = ("_inputs", "_outputs", "context", "model_id", "reason")

    def __init__(
        self, model_id: str, context: bytes, reason: str | None, inputs: Tensors | None, outputs: Tensors | None
    ) -> None:
        self.model_id = model_id
        """The model of the verifier."""
        self.context = context
        """What the proof had to be bound to."""
        self.reason = reason
        """Why the proof was rejected; ``None`` if it was accepted."""
        self._inputs = inputs
        self._outputs = outputs

    @property
    def accepted(self) -> bool:
        """Whether the proof was accepted."""
        return self.reason is None

    @property
    def inputs(self) -> Tensors | None:
        """The inputs that the proof is of; ``None`` if they are private."""
        self.raise_if_rejected()
        return self._inputs

    @property
    def outputs(self) -> Tensors | None:
        """The outputs that the model gave; ``None`` if they are private."""
        self.raise_if_rejected()
        return self._outputs

    def raise_if_rejected(self) -> None:
        """Raise :class:`RejectedProofError` with the reason, unless the proof was accepted."""
        if self.reason is not None:
            raise RejectedProofError(f"proof rejected: {self.reason}", reason=self.reason, model_id=self.model_id)

    def __bool__(self) -> bool:
        return self.accepted

    def __repr__(self) -> str:
        if self.reason is not None:
            return f"<Verdict: rejected: {self.reason}>"
        return f"<Verdict: accepted, model {self.model_id[:16]}...>"
