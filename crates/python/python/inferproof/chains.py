"""Chains: many proofs that are one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .errors import raise_if_rejected

if TYPE_CHECKING:
    from .statements import Statement

__all__ = ["ANY", "ChainVerdict"]


class _Any:
    """Where a chain of steps may begin anywhere."""

    def __repr__(self) -> str:
        return "inferproof.ANY"


ANY = _Any()
"""A start of a chain of steps that may be anything: nothing is known of what was before."""


class ChainVerdict:
    """Whether proofs were accepted as one chain: true or false; if they were, what links them."""

    __slots__ = ("_described", "reason", "statement")

    def __init__(self, statement: Statement, reason: str | None, described: str) -> None:
        self.statement = statement
        """What all parts had to show together, or each step alone."""
        self.reason = reason
        """Why the proofs were rejected; ``None`` if they were accepted."""
        self._described: dict[str, Any] = json.loads(described)

    @property
    def accepted(self) -> bool:
        """Whether the proofs are one chain."""
        return self.reason is None

    def raise_if_rejected(self) -> None:
        """Raise :class:`RejectedProofError` with the reason, unless the proofs were accepted."""
        raise_if_rejected(self.reason, self.statement.model_id)

    @property
    def kind(self) -> str:
        """``"slices"``, parts of one run, or ``"steps"`` of one history."""
        return str(self._of("chain"))

    @property
    def links(self) -> list[dict[str, Any]]:
        """What ties the proofs together, as ``inferproof chain verify --json`` prints it. Of steps, ``end`` is where the last one ends:
        whoever wants one history keeps it, and has what comes later start there."""
        return list(self._of("links"))

    def _of(self, name: str) -> Any:
        self.raise_if_rejected()
        return self._described[name]

    def __bool__(self) -> bool:
        return self.accepted

    def __repr__(self) -> str:
        return f"<ChainVerdict: {'accepted' if self.accepted else f'rejected, {self.reason}'}>"
