"""What can go wrong. Every exception of inferproof is an :class:`InferproofError`; what it names stands in attributes.

Files that cannot be read or written raise the usual :class:`OSError`, Ctrl-C the usual :class:`KeyboardInterrupt`.
"""

from __future__ import annotations

__all__ = [
    "AccuracyWarning",
    "FalseClaimError",
    "InferproofError",
    "InputError",
    "InternalError",
    "ModelFileError",
    "RejectedProofError",
    "SaturationWarning",
    "StrictError",
    "UnsupportedModelError",
]


class InferproofError(Exception):
    """The base of all exceptions of inferproof."""


class InputError(InferproofError, ValueError):
    """An array does not fit the model: its name, shape, type or a value."""

    def __init__(
        self, message: str, *, tensor: str | None = None, expected: str | None = None, found: str | None = None
    ) -> None:
        super().__init__(message)
        self.tensor = tensor
        """Which tensor, where one is meant."""
        self.expected = expected
        """What the model needs."""
        self.found = found
        """What was given."""


class FalseClaimError(InputError):
    """What was to be proven of a run is false of it: a claim does not hold. It is said before any proving."""

    def __init__(self, message: str, *, claim: str | None = None) -> None:
        super().__init__(message)
        self.claim = claim
        """The claim's canonical text."""


class UnsupportedModelError(InferproofError):
    """A model cannot be imported, quantized or proven."""

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        node: str | None = None,
        op: str | None = None,
        opset: str | None = None,
        tensor: str | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        """The model's file, or what it was called."""
        self.node = node
        """The ONNX node."""
        self.op = op
        """Its operation."""
        self.opset = int(opset) if opset is not None else None
        """The version of its operation set."""
        self.tensor = tensor
        """Which tensor, where one is meant."""


class ModelFileError(InferproofError):
    """A file or folder is not a compiled model's, or is damaged."""

    def __init__(self, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path
        """Which one."""


class RejectedProofError(InferproofError):
    """A proof was rejected."""

    def __init__(self, message: str, *, reason: str | None = None, model_id: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        """Why."""
        self.model_id = model_id
        """The model that it should have been a proof of."""


def raise_if_rejected(reason: str | None, model_id: str) -> None:
    """For verdicts: raises with the reason, if there is one to reject."""
    if reason is not None:
        raise RejectedProofError(f"proof rejected: {reason}", reason=reason, model_id=model_id)


class StrictError(InferproofError):
    """With ``strict=True``: there was something to warn of, so nothing was made."""

    def __init__(self, warnings: list[str]) -> None:
        super().__init__("refused, because of strict=True: " + "; ".join(warnings))
        self.warnings = tuple(warnings)
        """What there was to warn of."""


class InternalError(InferproofError):
    """A mistake of inferproof's; please report it."""


class AccuracyWarning(UserWarning):
    """A compiled model does not follow the float model as closely as asked, or there are too few samples to know."""


class SaturationWarning(UserWarning):
    """Values of an input, or computed from it, lie beyond the ranges that calibration gave; the answer may be poor."""
