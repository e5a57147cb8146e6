"""What opens commitments to tensors: secrets."""

from __future__ import annotations

import os
from typing import Any

from . import _native

__all__ = ["Opening"]


class Opening:
    """What opens a commitment to a tensor: its values and the blinders. It is secret.

    A proof makes one of what is to be committed (``prove(x, commit="state")``, then ``result.openings["state"]``), and
    :meth:`Verifier.commit` makes one of an input outside of any proof. Other proofs read it: ``prove(committed={"x": opening})``.
    It is never pickled or printed.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.Opening) -> None:
        if not isinstance(native, _native.Opening):
            raise TypeError("an opening is made by prove(x, commit=...) or verifier.commit(x), or read by Opening.open(path)")
        self._native = native

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Opening:
        """Read an opening from its file, and check that it opens its commitment."""
        return cls(_native.Opening.open(os.fspath(path)))

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> None:
        """Write it to a file that only its owner may read; never over an existing one unless ``replace=True``."""
        self._native.save(os.fspath(path), replace)

    @property
    def id(self) -> str:
        """The commitment's identifier, which is public: statements name it."""
        return self._native.id

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor."""
        return tuple(self._native.shape)

    @property
    def commitment(self) -> bytes:
        """The commitment, which is public, as a file: what ``inferproof inspect`` reads."""
        return self._native.commitment

    def __eq__(self, other: object) -> bool:
        return self.commitment == other.commitment if isinstance(other, Opening) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __copy__(self) -> Opening:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Opening:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            "an opening is not pickled, which would put its secret values wherever the pickle goes: save it in a file of its own, "
            "or take its id, which is all that a statement needs"
        )

    def __repr__(self) -> str:
        return f"<Opening of commitment {self.id[:16]}..., shape {list(self.shape)}>"
