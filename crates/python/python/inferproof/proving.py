"""Proving."""

from __future__ import annotations

import os
from collections.abc import Iterable
from time import perf_counter
from types import MappingProxyType
from typing import Any

from . import _native
from .accuracy import Accuracy, Data, Labels, Measure, bytes_of, counted, data_set, explained, scored
from .arrays import Tensors, given, stacked
from .claims import Claims, texts
from .errors import InputError
from .log import logger
from .models import Model, Public, native
from .openings import Opening
from .progress import Progress, listener
from .proofs import Proof
from .saturation import heard
from .statements import Committed, Context, Names, Statement
from .trust import Where, trust

__all__ = ["Prover"]


class Prover:
    """A model made ready to prove any number of inferences.

    It takes a model, or the folder of one. Threads may share it; a process of its own opens the folder again.

    >>> result, proof = Prover("credit.model").prove(x, context=b"request 17")
    """

    __slots__ = ("_model", "_native", "_plain")

    def __init__(
        self, model: Model | str | os.PathLike[str], *, cache: Where = False, max_work: int | None = None
    ) -> None:
        """:param cache: where to remember that public weights are those that the key commits to, as for :class:`Verifier`.
        :param max_work: the most that the model's key may demand, as for :class:`Verifier`.
        """
        found = native(model)
        self._model = Public(found.key, found.card)
        self._native = _native.Prover(found, trust(cache, max_work))
        self._plain = self._model.statement()

    @property
    def public(self) -> Public:
        """What a verifier needs."""
        return self._model

    def run(self, x: Any, *, strict: bool = False) -> Tensors:
        """The outputs for one input, without a proof: the same integers that :meth:`prove` would prove.

        What lies beyond the ranges that calibration gave is a :class:`SaturationWarning`, and stands in the outputs' ``saturated``.

        :param strict: raise :class:`StrictError` instead.
        """
        outputs, saturated = self._native.run(self._rows(x, self._plain, []), strict)
        return Tensors(outputs, heard(saturated, stacklevel=2))

    def predict(self, x: Any, *, strict: bool = False, progress: Progress = None) -> Any:
        """The outputs for many inputs, without proofs: an array with a row for each, or such arrays by name of several outputs.

        :param x: an array whose first axis counts samples, or such arrays by the names of the inputs, or a table.
        :param strict: raise :class:`StrictError` where there would be a :class:`SaturationWarning`.
        :param progress: see :data:`inferproof.Progress`.
        """
        with listener(progress) as told:
            outputs, saturated = self._native.predict(self._rows(x, self._plain, []), strict, told)
        heard(saturated, stacklevel=2)
        return stacked(outputs)

    def prove(
        self,
        x: Any = None,
        *,
        private: Names = (),
        commit: Names = (),
        committed: Committed = MappingProxyType({}),
        claims: Claims = (),
        start: Names = (),
        stop: Names = (),
        statement: Statement | None = None,
        context: Context = b"",
        strict: bool = False,
        progress: Progress = None,
    ) -> tuple[Tensors, Proof]:
        """Run the model on one input, and prove what a statement says of the run: everything is shown of which nothing else is said.

        :param x: an array, or arrays by the names of the inputs. A first axis of length 1 may be left out. Inputs that were committed
            before are left out: their values are in the openings.
        :param private: names of inputs and outputs that the proof hides.
        :param commit: names of those to which it makes a fresh commitment; what opens them is in the result's ``openings``.
        :param committed: what opens each input or output that was committed before, by name.
        :param claims: what is claimed of inputs and outputs, as text or as an expression: see :meth:`Public.statement`.
        :param start: the tensors where a part of the model begins, if not all of it is run; ``x`` and all names are then those of the
            part. Boundaries are tensors of the part like others: ``commit=`` one here, and say ``committed=`` of it where the next part begins.
        :param stop: the tensors where the part ends.
        :param statement: all of that at once, and the context; ``committed`` has the openings of the commitments that it names.
        :param context: what to bind the proof to, such as a request's nonce. The verifier has to name the same.
        :param strict: raise :class:`StrictError` where :meth:`run` would warn, and prove nothing.
        :param progress: see :data:`inferproof.Progress`.
        :return: the outputs by name, also those that the proof hides, and the proof.
        :raises InputError: if ``x`` does not fit, or the statement does not fit the model or is false.
        :raises FalseClaimError: if a claim does not hold; then nothing is proven.
        """
        about = self._statement(private, commit, committed, claims, start, stop, statement, context)
        openings = _openings(about, committed)
        rows = self._rows(x, about, openings)
        if len(rows) != 1:
            self._native.run(rows, strict)  # which says why
        with listener(progress) as told:
            result, proof, saturated = self._prove(rows, 0, about, openings, strict, told)
        result.saturated = heard(saturated, stacklevel=2)
        return result, proof

    def prove_batch(
        self,
        x: Any,
        *,
        private: Names = (),
        commit: Names = (),
        committed: Committed = MappingProxyType({}),
        claims: Claims = (),
        start: Names = (),
        stop: Names = (),
        statement: Statement | None = None,
        context: Context = b"",
        contexts: Iterable[Context] | None = None,
        strict: bool = False,
        progress: Progress = None,
    ) -> list[tuple[Tensors, Proof]]:
        """Prove many inputs, one after the other. Each has a proof of its own, as :meth:`prove` makes it, which is verified alone.

        :param x: an array whose first axis counts samples, or such arrays by the names of the inputs, or a table.
        :param private: as for :meth:`prove`, and so are ``commit``, ``claims``, ``start``, ``stop`` and ``statement``.
        :param committed: as for :meth:`prove`: what opens the inputs that are the same for all samples and were committed before.
        :param context: what to bind every proof to. Then a proof may stand for another one of the batch, unless what it shows tells.
        :param contexts: what to bind each proof to, one for each sample.
        :param strict: raise :class:`StrictError` where there would be a :class:`SaturationWarning`.
        :param progress: told how many proofs are done, of how many.
        :return: outputs and proof of each sample, in order.
        """
        # Read once: it may be an iterator.
        said = texts(claims)
        if contexts is None:
            each = [self._statement(private, commit, committed, said, start, stop, statement, context)]
        elif context or statement is not None:
            raise ValueError("give contexts, one for each proof, or what every proof is bound to (context, or a statement); not both")
        elif isinstance(contexts, (str, bytes)):
            raise TypeError("contexts: expected one context for each sample, found a single one; that is context=")
        else:
            each = [self._statement(private, commit, committed, said, start, stop, None, one) for one in contexts]
        # Statements that differ in their contexts alone read the same openings, and inputs of the same names.
        one = each[0] if each else self._statement(private, commit, committed, said, start, stop, None, b"")
        openings = _openings(one, committed)
        rows = self._rows(x, one, openings)
        statements = each * len(rows) if contexts is None else each
        if len(statements) != len(rows):
            raise InputError(
                f"contexts: expected {len(rows)}, one for each sample, found {len(statements)}",
                expected=str(len(rows)),
                found=str(len(statements)),
            )
        proven = []
        with listener(progress) as told:
            for row, about in enumerate(statements):
                if told is not None:
                    told("proving", row, len(rows))
                result, proof, saturated = self._prove(rows, row, about, openings, strict, None)
                result.saturated = heard(saturated, stacklevel=2)
                proven.append((result, proof))
            if told is not None:
                told("proving", len(rows), len(rows))
        return proven

    def accuracy(
        self,
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
        memory: int | str = "1GB",
        part: int | None = None,
        strict: bool = False,
        progress: Progress = None,
    ) -> Accuracy:
        """Prove what the model scores on a data set. What it says of a single sample stays hidden.

        >>> prover.accuracy(x_test, y_test, at_least=950).save("accuracy.proof")

        :param data: the samples, as an array or table that everybody may see, or as the :class:`Opening` of a commitment to all of them,
            as :meth:`Verifier.commit_samples` makes it; of several inputs a dictionary.
        :param labels: what is right of each, likewise: classes as numbers, or the strings that the output can say; targets for
            ``measure="error"``. :meth:`Verifier.commit_labels` commits to them.
        :param at_least: claim that so many answers are right.
        :param claims: what else is claimed of the sums: ``"correct[1] >= 0.9 * samples[1]"``, ``"error[0] < 12.5"``.
        :param show: show the sums.
        :param measure: what is counted: see :data:`Measure`.
        :param output: of which output, if the model has several.
        :param groups: count within so many groups, which are numbered from 0; ``group_of`` says which each sample is in.
        :param context: what to bind the proof to.
        :param memory: about how much a part's proof may take, in bytes or as ``"2GB"``; ``part`` sets how many samples a part has instead.
        :param strict: raise :class:`StrictError` where values lie beyond the declared ranges.
        :raises FalseClaimError: if a claim does not hold of the sums; then nothing is proven.
        """
        what = counted(measure, output, groups)
        said = scored(at_least, claims, show, what, context)
        samples = data_set(data, labels, group_of, what, self._model.inputs, proves=True)
        start = perf_counter()
        with listener(progress) as told:
            sums, proof, id, count, claimed, saturated = _native.prove_accuracy(
                self._native, said, samples, bytes_of(memory), _part(part), strict, told
            )
        heard(saturated, stacklevel=2)
        logger.info("proved in %.3f s: %d bytes, model %s, %d samples", perf_counter() - start, len(proof), self._model.id, count)
        return Accuracy(Proof(proof), Tensors(sums), count, id, *explained(claimed))

    def _rows(self, x: Any, about: Statement, openings: list[_native.Opening]) -> _native.Rows:
        return self._native.rows(None if x is None else given(x, "input"), about.to_json(), openings)

    def _prove(
        self,
        rows: _native.Rows,
        row: int,
        about: Statement,
        openings: list[_native.Opening],
        strict: bool,
        told: Any,
    ) -> tuple[Tensors, Proof, str]:
        start = perf_counter()
        outputs, proof, fresh, saturated = self._native.prove(rows, row, about.to_json(), openings, strict, told)
        took = perf_counter() - start
        logger.info("proved in %.3f s: %d bytes, model %s, %s", took, len(proof), self._model.id, about.words())
        result = Tensors(outputs, openings={name: Opening(opening) for name, opening in fresh})
        return result, Proof(proof), saturated

    def _statement(
        self,
        private: Names,
        commit: Names,
        committed: Committed,
        claims: Claims,
        start: Names,
        stop: Names,
        statement: Statement | None,
        context: Context,
    ) -> Statement:
        if statement is None:
            return self._model.statement(
                private=private, commit=commit, committed=committed, claims=claims, start=start, stop=stop, context=context
            )
        if private or commit or texts(claims) or start or stop or context:
            raise ValueError("give a statement, or what it would say (private, commit, claims, start, stop, context); not both")
        return statement

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


def _part(part: int | None) -> int | None:
    if part is not None and (isinstance(part, bool) or not isinstance(part, int) or part < 1):
        raise ValueError(f"part: expected how many samples a part has, found {part!r}")
    return part


def _openings(about: Statement, committed: Committed) -> list[_native.Opening]:
    """What opens the commitments that a statement names."""
    said = [how for tensors in (about.inputs, about.outputs) for how in tensors.values()]
    named = {how["committed"] for how in said if not isinstance(how, str)}
    found = []
    for name, opening in committed.items():
        if not isinstance(opening, Opening):
            raise InputError(
                f"committed: `{name}`: proving takes an Opening, found {type(opening).__name__}: the identifier alone has no values",
                tensor=name,
                expected="an Opening",
                found=type(opening).__name__,
            )
        if opening.id not in named:
            raise InputError(
                f"committed: `{name}`: the statement does not name this opening's commitment, {opening.id[:16]}...",
                tensor=name,
                expected=", ".join(sorted(named)),
                found=opening.id,
            )
        found.append(opening._native)
    return found
