"""Verifying."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any

import numpy as np

from . import _native
from .accuracy import AccuracyVerdict, Data, Labels, Measure, counted, data_set, explained, scored
from .arrays import Tensors, entries, given
from .chains import ANY, ChainVerdict
from .claims import Claims
from .errors import InputError
from .log import logger
from .models import Model, Public
from .openings import Opening
from .proofs import Proof, Verdict
from .saturation import heard
from .statements import Context, Statement
from .trust import Where, trust

__all__ = ["Verifier"]


class Verifier:
    """A model's key made ready to verify any number of proofs.

    It takes a model's public side, its folder or the ``public`` folder in it, or a verifying key (the file, or its bytes). Making one
    verifies that the weights are in their ranges; ``cache`` remembers that of a key.

    >>> verdict = Verifier("credit.model").verify(proof, context=b"request 17")
    """

    __slots__ = ("_cache", "_max_work", "_native", "_public")

    def __init__(
        self,
        key: Public | Model | bytes | str | os.PathLike[str],
        *,
        cache: Where = False,
        recheck: bool = False,
        max_work: int | None = None,
    ) -> None:
        """:param cache: where to remember that the weights of a key are in their ranges, so that this is not verified again: ``True``
            for the user's cache, which the command line uses too, or a folder, which nobody else may be able to write to.
        :param recheck: verify the ranges of the weights again, though this key has passed before.
        :param max_work: the most that the key may demand, in field operations, of which a million take some 30 milliseconds. By default
            2^28: a key from a stranger cannot keep a verifier busy for longer than some ten seconds.
        """
        name = "verifying key"
        if isinstance(key, (Public, Model)):
            self._public = key if isinstance(key, Public) else key.public
        elif isinstance(key, bytes):
            self._public = Public(key)
        else:
            name = os.fspath(key)
            self._public = Public.open(key)
        self._cache = cache
        self._max_work = max_work
        self._native = _native.Verifier(self._public.key, name, recheck, trust(cache, max_work))

    @property
    def public(self) -> Public:
        """The model's public side."""
        return self._public

    @property
    def id(self) -> str:
        """The model's published identifier. It says which model is verified: compare it with the one that was announced."""
        return self._native.id

    def commit(self, x: Any, name: str | None = None, *, strict: bool = False) -> Opening:
        """Commit to an input of the model, outside of any proof: whoever has its key can.

        :param x: the values of the input.
        :param name: which input, where there are several.
        :param strict: raise :class:`StrictError` where there would be a :class:`SaturationWarning`.
        :return: what opens the commitment, which is secret; its ``id`` is public.
        """
        opening, saturated = self._native.commit(given(x, "input"), name, strict)
        heard(saturated, stacklevel=2)
        return Opening(opening)

    def commit_samples(self, x: Any, name: str | None = None, *, strict: bool = False) -> Opening:
        """Commit to an input of all samples of a data set, for :meth:`Prover.accuracy` to read: once, for any number of proofs.

        :param x: the samples, along the first axis.
        :param name: which input, where there are several.
        :return: what opens the commitment, which is secret; its ``commitment`` is public.
        """
        names = list(self._public.inputs)
        if name is None:
            if len(names) != 1:
                known = ", ".join(names)
                raise InputError(f"the model has several inputs: name the one to commit to, of {known}", expected=known)
            (name,) = names
        opening, saturated = _native.commit_samples(self._native, entries(x, name), name, None, strict)
        heard(saturated, stacklevel=2)
        return Opening(opening)

    def commit_labels(
        self, labels: Any, *, measure: Measure = "accuracy", output: str | None = None, groups: int | None = None
    ) -> Opening:
        """Commit to what is right of each sample of a data set: labels, or targets for ``measure="error"``.

        :param measure: what will be counted, as for :meth:`Prover.accuracy`; so are ``output`` and ``groups``.
        """
        name = "targets" if measure == "error" else "labels"
        opening, _ = _native.commit_samples(self._native, entries(labels, name), name, counted(measure, output, groups), True)
        return Opening(opening)

    def commit_groups(
        self, group_of: Any, groups: int, *, measure: Measure = "accuracy", output: str | None = None
    ) -> Opening:
        """Commit to the group that each sample of a data set is in, of so many that are numbered from 0."""
        what = counted(measure, output, groups)
        opening, _ = _native.commit_samples(self._native, entries(group_of, "groups"), "groups", what, True)
        return Opening(opening)

    def verify_accuracy(
        self,
        proof: bytes | os.PathLike[str],
        data: Data,
        labels: Labels,
        *,
        at_least: int | None = None,
        claims: Claims = (),
        show: bool = False,
        measure: Measure = "accuracy",
        output: str | None = None,
        groups: int | None = None,
        group_of: Any = None,
        context: Context = b"",
        strict: bool = False,
        raises: bool = False,
    ) -> AccuracyVerdict:
        """Whether a proof shows that the model scores on this data set what is expected.

        :param proof: what :meth:`Prover.accuracy` made, as :meth:`verify` takes a proof.
        :param data: the samples: an array that everybody may see, or a commitment (``opening.commitment``, bytes, or the opening).
        :param labels: what is right of each, likewise.
        :param at_least: the claim that so many answers are right.
        :param claims: what else is claimed, all of it: a proof of other claims is rejected.
        :param show: whether the sums are shown.
        :param raises: raise :class:`RejectedProofError` instead of returning a verdict that is false.
        :raises InputError: if the data do not fit the model, or a claim is none.
        """
        what = counted(measure, output, groups)
        said = scored(at_least, claims, show, what, context)
        samples = data_set(data, labels, group_of, what, self._public.inputs, proves=False)
        start = perf_counter()
        reason, sums, parts, id, count, claimed, saturated = _native.verify_accuracy(
            self._native, _proof(proof), said, samples, strict
        )
        heard(saturated, stacklevel=2)
        shown = None if sums is None else Tensors(sums)
        verdict = AccuracyVerdict(self.id, reason, shown, count, parts, id, *explained(claimed))
        if reason is not None:
            logger.warning("rejected: model %s: %s", self.id, reason)
        else:
            logger.info("accepted in %.3f s: model %s, %d samples", perf_counter() - start, self.id, count)
        if raises:
            verdict.raise_if_rejected()
        return verdict

    def verify(
        self,
        proof: bytes | os.PathLike[str],
        *,
        expect: Statement | None = None,
        context: Context = b"",
        input: Any = None,
        output: Any = None,
        strict: bool = False,
        raises: bool = False,
    ) -> Verdict:
        """Whether a proof is one of the statement that is expected: by default, that everything is public, and bound to this context.

        :param proof: a :class:`Proof` or any other bytes, or the path of a file as a ``pathlib.Path``. Whatever bytes they are, the worst
            is a verdict that is false.
        :param expect: the statement that the proof must be of, as :meth:`Public.statement` makes it. What the proof itself says is
            never taken for it: that would let the prover decide what is proven.
        :param context: what the proof must be bound to; a statement has its own.
        :param input: reject unless the proof is of this input. Values of it that lie beyond the declared range are a
            :class:`SaturationWarning`: the proof is of the input with them moved to its end.
        :param output: reject unless the proof is of this output.
        :param strict: raise :class:`StrictError` instead of that warning.
        :param raises: raise :class:`RejectedProofError` instead of returning a verdict that is false.
        :raises InputError: if ``input`` or ``output`` do not fit the model, or the statement hides them, so that no proof shows them; or
            if the statement is of another model.
        """
        data = _proof(proof)
        expect = self._expected(expect, context)
        start = perf_counter()
        judged, saturated = self._native.verify(
            [(data, expect.to_json())],
            None if input is None else given(input, "input"),
            None if output is None else given(output, "output"),
            strict,
        )
        took = perf_counter() - start
        heard(saturated, stacklevel=2)
        [verdict] = [_verdict(expect, *one) for one in judged]
        self._log([verdict], took)
        if raises:
            verdict.raise_if_rejected()
        return verdict

    def verify_chain(
        self,
        proofs: Iterable[bytes | os.PathLike[str]],
        *,
        expect: Statement | None = None,
        context: Context = b"",
        start: Mapping[str, Any] = MappingProxyType({}),
        position: tuple[str, int] | None = None,
        steps: int | None = None,
        raises: bool = False,
    ) -> ChainVerdict:
        """Whether proofs are one chain: parts of one run, in any order, or steps of one history, in the order of the steps.

        :param proofs: the proofs, each as :meth:`verify` takes it.
        :param expect: what all parts have to show together, or each step alone. What a step leaves to the next one is public, or
            ``commit`` on both sides.
        :param context: what every proof must be bound to; a statement has its own.
        :param start: of steps, for every input that the step before leaves, where the first one begins: the program's integers, the
            identifier or opening of a commitment, or :data:`ANY`.
        :param position: of steps, which public input counts them, and its value in the first one.
        :param steps: how many steps there must be.
        :param raises: raise :class:`RejectedProofError` instead of returning a verdict that is false.
        :raises InputError: if what is expected can be no chain of this model.
        """
        expect = self._expected(expect, context)
        files = [(_name(proof, place), _proof(proof)) for place, proof in enumerate(proofs)]
        reason, described = _native.verify_chain(
            self._native, files, expect.to_json(), [_begin(*item) for item in start.items()], position, steps
        )
        verdict = ChainVerdict(expect, reason, described)
        if raises:
            verdict.raise_if_rejected()
        return verdict

    def verify_many(
        self,
        proofs: Iterable[bytes | os.PathLike[str]],
        *,
        expect: Statement | Iterable[Statement] | None = None,
        context: Context = b"",
        contexts: Iterable[Context] | None = None,
        raises: bool = False,
    ) -> list[Verdict]:
        """As :meth:`verify` of each of many proofs, in less time: what the proofs of a model share is computed once.

        >>> verdicts = verifier.verify_many(proofs, contexts=nonces)
        >>> assert all(verdicts)

        :param proofs: the proofs, each as :meth:`verify` takes it.
        :param expect: the statement that each proof must be of, or one for each proof.
        :param context: what each proof must be bound to.
        :param contexts: what each proof must be bound to, one for each.
        :param raises: raise :class:`RejectedProofError` for the first that is rejected instead of returning verdicts that are false.
        :return: a verdict for each proof, in their order.
        """
        if isinstance(proofs, (str, bytes, bytearray, memoryview, os.PathLike)):
            raise TypeError("proofs: expected several proofs, found a single one; verify takes that")
        data = [_proof(proof) for proof in proofs]
        if contexts is not None:
            if context or expect is not None:
                raise ValueError("give contexts, one for each proof, or what each proof is bound to (context, or expect); not both")
            if isinstance(contexts, (str, bytes)):
                raise TypeError("contexts: expected one context for each proof, found a single one; that is context=")
            each = [self._public.statement(context=one) for one in contexts]
            _one_for_each("contexts", each, data)
        elif expect is None or isinstance(expect, Statement):
            each = [self._expected(expect, context)] * len(data)
        elif isinstance(expect, Iterable):
            each = [self._expected(one, context) for one in expect]
            _one_for_each("expect", each, data)
        else:
            each = [self._expected(expect, context)]
        start = perf_counter()
        pairs = [(proof, one.to_json()) for proof, one in zip(data, each)]
        judged, _ = self._native.verify(pairs, None, None, False)
        verdicts = [_verdict(one, *found) for one, found in zip(each, judged)]
        self._log(verdicts, perf_counter() - start)
        if raises:
            for verdict in verdicts:
                verdict.raise_if_rejected()
        return verdicts

    def _expected(self, expect: Statement | None, context: Context) -> Statement:
        """The statement that a proof must be of."""
        if expect is None:
            return self._public.statement(context=context)
        if not isinstance(expect, Statement):
            raise TypeError(f"expect: expected a Statement, found {type(expect).__name__}; Statement.from_json reads one")
        if context:
            raise ValueError("give expect, a statement with its context, or context for the plain statement; not both")
        return expect

    def _log(self, verdicts: list[Verdict], took: float) -> None:
        for verdict in verdicts:
            if verdict.reason is not None:
                logger.warning("rejected: model %s: %s", self.id, verdict.reason)
        accepted = [verdict for verdict in verdicts if verdict.accepted]
        if len(verdicts) == 1:
            for verdict in accepted:
                logger.info("accepted in %.3f s: model %s, %s", took, self.id, verdict.statement.words())
        else:
            logger.info("accepted %d of %d in %.3f s: model %s", len(accepted), len(verdicts), took, self.id)

    def __copy__(self) -> Verifier:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Verifier:
        return self

    def __reduce__(self) -> tuple[Any, tuple[Public, Where, int | None]]:
        return _again, (self._public, self._cache, self._max_work)

    def __repr__(self) -> str:
        return f"<Verifier of model {self.id[:16]}...>"


def _again(public: Public, cache: Where, max_work: int | None) -> Verifier:
    return Verifier(public, cache=cache, max_work=max_work)


def _verdict(
    expect: Statement, reason: str | None, inputs: list[Any], outputs: list[Any], commitments: list[tuple[str, str]]
) -> Verdict:
    return Verdict(expect, reason, Tensors(inputs), Tensors(outputs), dict(commitments))


def _one_for_each(name: str, each: list[Statement], proofs: list[bytes]) -> None:
    if len(each) != len(proofs):
        message = f"{name}: expected {len(proofs)}, one for each proof, found {len(each)}"
        raise InputError(message, expected=str(len(proofs)), found=str(len(each)))


def _name(proof: bytes | os.PathLike[str], place: int) -> str:
    """What messages call a proof."""
    return os.fspath(proof) if isinstance(proof, os.PathLike) else f"proof {place}"


def _begin(name: str, start: Any) -> tuple[str, list[int] | None, str | None]:
    """Where an input of the first step begins."""
    if start is ANY:
        return name, None, None
    if isinstance(start, (Opening, str)):
        return name, None, start.id if isinstance(start, Opening) else start
    return name, [int(n) for n in np.asarray(start).ravel()], None


def _proof(proof: bytes | os.PathLike[str]) -> bytes:
    """The bytes of a proof, or of the file that has it."""
    if isinstance(proof, (bytes, bytearray, memoryview)):
        return bytes(proof)
    if isinstance(proof, os.PathLike):
        return Proof.open(Path(proof))
    hint = "; a path is a pathlib.Path, or Proof.open(path)" if isinstance(proof, str) else ""
    raise TypeError(f"proof: expected bytes or a path, found {type(proof).__name__}{hint}")
