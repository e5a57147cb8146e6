"""Proving and verifying."""

from __future__ import annotations

import os
from typing import Any

from . import _native
from .arrays import Tensors, given
from .models import Model, Public, native
from .progress import Progress, listener
from .proofs import Proof, Verdict
from .saturation import heard

__all__ = ["Prover", "Verifier"]


def _bytes(context: bytes | str) -> bytes:
    return context.encode() if isinstance(context, str) else bytes(context)


class Prover:
    """A model made ready to prove any number of inferences.

    It takes a model, or the folder of one. Threads may share it; a process of its own opens the folder again.

    >>> result, proof = Prover("credit.model").prove(x, context=b"request 17")
    """

    __slots__ = ("_model", "_native")

    def __init__(self, model: Model | str | os.PathLike[str]) -> None:
        found = native(model)
        self._model = Public(found.key, found.card)
        self._native = _native.Prover(found)

    @property
    def public(self) -> Public:
        """What a verifier needs."""
        return self._model

    def run(self, x: Any, *, strict: bool = False) -> Tensors:
        """The outputs for one input, without a proof: the same integers that :meth:`prove` would prove.

        What lies beyond the ranges that calibration gave is a :class:`SaturationWarning`, and stands in the outputs' ``saturated``.

        :param strict: raise :class:`StrictError` instead.
        """
        outputs, saturated = self._native.run(given(x, "input"), strict)
        return Tensors(outputs, heard(saturated, stacklevel=2))

    def prove(
        self, x: Any, *, context: bytes | str = b"", strict: bool = False, progress: Progress = None
    ) -> tuple[Tensors, Proof]:
        """Run the model on one input, and prove the outputs.

        :param x: an array, or arrays by the names of the inputs. A first axis of length 1 may be left out.
        :param context: what to bind the proof to, such as a request's nonce. The verifier has to name the same.
        :param strict: raise :class:`StrictError` where :meth:`run` would warn, and prove nothing.
        :param progress: see :data:`inferproof.Progress`.
        :return: the outputs by name, and the proof.
        :raises InputError: if ``x`` does not fit.
        """
        with listener(progress) as told:
            outputs, proof, saturated = self._native.prove(given(x, "input"), _bytes(context), strict, told)
        return Tensors(outputs, heard(saturated, stacklevel=2)), Proof(proof)

    def __copy__(self) -> Prover:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Prover:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            "a prover is not pickled, which would put the model's secrets wherever the pickle goes: "
            "save the model, and open the folder with Prover(path) in the other process"
        )

    def __repr__(self) -> str:
        return f"<Prover of model {self._model.id[:16]}...>"


class Verifier:
    """A model's key made ready to verify any number of proofs.

    It takes a model's public side, its ``public`` folder, or a verifying key (the file, or its bytes). Making one verifies that the
    weights are in their ranges; this is remembered for every key, as the command line remembers it.

    >>> verdict = Verifier("credit.model/public").verify(proof, context=b"request 17")
    """

    __slots__ = ("_native", "_public")

    def __init__(self, key: Public | bytes | str | os.PathLike[str], *, recheck: bool = False) -> None:
        """:param recheck: verify the ranges of the weights again, though this key has passed before."""
        name = "verifying key"
        if isinstance(key, Public):
            self._public = key
        elif isinstance(key, bytes):
            self._public = Public(key)
        else:
            name = os.fspath(key)
            self._public = Public.open(key)
        self._native = _native.Verifier(self._public.key, name, recheck)

    @property
    def public(self) -> Public:
        """The model's public side."""
        return self._public

    @property
    def id(self) -> str:
        """The model's published identifier. It says which model is verified: compare it with the one that was announced."""
        return self._native.id

    def verify(
        self,
        proof: bytes,
        *,
        context: bytes | str = b"",
        input: Any = None,
        output: Any = None,
        strict: bool = False,
        raises: bool = False,
    ) -> Verdict:
        """Whether a proof is one of this model's, for this context.

        :param proof: a :class:`Proof`, or any bytes. Whatever they are, the worst is a verdict that is false.
        :param context: what the proof must be bound to.
        :param input: reject unless the proof is of this input. Values of it that lie beyond the declared range are a
            :class:`SaturationWarning`: the proof is of the input with them moved to its end.
        :param output: reject unless the proof is of this output.
        :param strict: raise :class:`StrictError` instead of that warning.
        :param raises: raise :class:`RejectedProofError` instead of returning a verdict that is false.
        :raises InputError: if ``input`` or ``output`` do not fit the model, or are private, so that no proof shows them.
        """
        bound = _bytes(context)
        reason, inputs, outputs, saturated = self._native.verify(
            bytes(proof),
            bound,
            None if input is None else given(input, "input"),
            None if output is None else given(output, "output"),
            strict,
        )
        heard(saturated, stacklevel=2)
        verdict = Verdict(
            self.id,
            bound,
            reason,
            None if inputs is None else Tensors(inputs),
            None if outputs is None else Tensors(outputs),
        )
        if raises:
            verdict.raise_if_rejected()
        return verdict

    def __copy__(self) -> Verifier:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Verifier:
        return self

    def __reduce__(self) -> tuple[type[Verifier], tuple[Public]]:
        return Verifier, (self._public,)

    def __repr__(self) -> str:
        return f"<Verifier of model {self.id[:16]}...>"
