"""Compiled models: with their secrets, and their public side."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import _native
from . import claims as claim
from .accuracy import Accuracy, Data, Labels, Measure
from .arrays import given, stacked
from .claims import Claims, Entries, texts
from .errors import InputError
from .openings import Opening
from .progress import Progress, listener
from .report import Pairs, Report
from .saturation import heard
from .statements import Committed, Context, Names, Said, Statement, context_bytes, listed

__all__ = ["Model", "Public"]

Path_ = str | os.PathLike[str]


class Public:
    """What everyone may have of a model: its verifying key and its card.

    It is compared, hashed, copied and pickled by what it holds.
    """

    __slots__ = ("_description", "_native", "card_text", "key")

    def __init__(self, key: bytes, card: str | None = None) -> None:
        self.key = bytes(key)
        """The verifying key."""
        self.card_text = card
        """The model card's JSON, if there is one. It is what the model's maker says; only the key counts."""
        self._native = _native.Key(self.key, "verifying key")
        self._description: dict[str, Any] = json.loads(self._native.report)

    @classmethod
    def open(cls, path: Path_) -> Public:
        """Read a model's folder or the ``public`` folder in it, or a verifying key."""
        key, card = _native.read_public(os.fspath(path))
        return cls(key, card)

    def save(self, path: Path_, *, replace: bool = False) -> None:
        """Write a ``public`` folder."""
        _native.save_public(os.fspath(path), self.key, self.card_text, replace)

    @property
    def id(self) -> str:
        """The model's published identifier, a digest of its commitment and architecture."""
        return str(self._description["model_id"])

    @property
    def weights(self) -> str:
        """Whether the weights are ``"public"`` or ``"private"``. Who sees inputs and outputs is said in every statement."""
        return str(self._description["weights_visibility"])

    def statement(
        self,
        *,
        private: Names = (),
        commit: Names = (),
        committed: Committed = MappingProxyType({}),
        claims: Claims = (),
        start: Names = (),
        stop: Names = (),
        context: Context = b"",
    ) -> Statement:
        """A statement about a run of this model: everything is public of which nothing else is said.

        Names are those of inputs and outputs; ``"inputs"`` and ``"outputs"`` are all of a kind, and ``"input:NAME"`` and
        ``"output:NAME"`` tell two of one name apart.

        :param private: what a proof hides.
        :param commit: what a proof hides behind a fresh commitment, which other proofs may read.
        :param committed: what was committed before: an opening or the identifier of a commitment by name.
        :param claims: what is claimed of inputs and outputs, as text (``"score[0] >= 0.8"``) or as an expression
            (``public.output("score")[0] >= 0.8``); :meth:`explain` says what it means.
        :param start: the tensors where a part of the model begins, if not all of it is run; they are its inputs, and all other names
            are then those of the part.
        :param stop: the tensors where the part ends; they are its outputs.
        :param context: what a proof has to be bound to, such as a request's nonce.
        :raises InputError: if a name is unknown, two things are said of one tensor, or a claim is none, whose place is shown.
        """
        before = [(str(name), what.id if isinstance(what, Opening) else what) for name, what in committed.items()]
        said = Said(
            listed(private), listed(commit), before, texts(claims), listed(start), listed(stop), context_bytes(context)
        )
        return Statement._of(*self._native.statement(said))

    def explain(self, claims: Claims, *, start: Names = (), stop: Names = ()) -> list[str]:
        """Which integers satisfy claims, to the last one: a line for each comparison.

        >>> public.explain("score[0] >= 0.8")
        ['`score[0] >= 0.8` means n >= 13108, where n is the integer of `score[0]`, in units of 2^-14']

        :param start: as for :meth:`statement`, and so is ``stop``.
        :raises InputError: if a claim is none; its place in the text is shown.
        """
        explained = self._native.explain(texts(claims), listed(start), listed(stop))
        return [line for _, lines in explained for line in lines]

    def input(self, name: str) -> Entries:
        """An input of the model in a claim: ``public.input("age")[0] >= 18``."""
        return claim.input(_known("input", name, self.inputs))

    def output(self, name: str) -> Entries:
        """An output of the model in a claim: ``public.output("score").argmax() == 3``."""
        return claim.output(_known("output", name, self.outputs))

    def slice_plan(self, *, memory: int | None = None, parts: int | None = None) -> dict[str, Any]:
        """Where to cut the model into parts that are proven apart, as ``inferproof slice plan --json`` prints it.

        :param memory: the bytes that a prover of a part has; the fewest parts are chosen.
        :param parts: instead, so many parts, which take as little memory as possible.
        :raises InputError: if a part that cannot be cut further takes more.
        """
        if (memory is None) == (parts is None):
            raise TypeError("slice_plan: give either memory or parts")
        plan: dict[str, Any] = json.loads(_native.plan_slices(self._native, memory, parts))
        return plan

    @property
    def feeds(self) -> dict[str, str]:
        """The outputs that are the next run's inputs, and which, as the program says."""
        return {feed["output"]: feed["input"] for feed in self._description["feeds"]}

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the inputs, by name."""
        return {tensor["name"]: tuple(tensor["shape"]) for tensor in self._description["inputs"]}

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the outputs, by name."""
        return {tensor["name"]: tuple(tensor["shape"]) for tensor in self._description["outputs"]}

    @property
    def card(self) -> dict[str, Any] | None:
        """The model card."""
        return json.loads(self.card_text) if self.card_text is not None else None

    def inspect(self) -> dict[str, Any]:
        """What the key states, as ``inferproof inspect`` prints it."""
        return dict(self._description)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Public):
            return NotImplemented
        return (self.key, self.card_text) == (other.key, other.card_text)

    def __hash__(self) -> int:
        return hash(self.key)

    def __reduce__(self) -> tuple[type[Public], tuple[bytes, str | None]]:
        return Public, (self.key, self.card_text)

    def __repr__(self) -> str:
        return f"<Public side of model {self.id[:16]}...>"


class Model:
    """A compiled model, with the secrets that prove what it says.

    :func:`inferproof.compile` makes one; :meth:`open` reads one. It cannot be changed, so a copy is the same object.
    """

    __slots__ = ("_native", "_pairs", "_public")

    def __init__(self, native: _native.Model, pairs: Mapping[str, Pairs] | None = None) -> None:
        self._native = native
        self._pairs = dict(pairs or {})
        self._public = Public(native.key, native.card)

    @classmethod
    def open(cls, path: Path_) -> Model:
        """Read the folder that :meth:`save` or ``inferproof compile`` wrote."""
        return cls(_native.Model.open(os.fspath(path)))

    def save(self, path: Path_, *, replace: bool = False) -> None:
        """Write a folder with ``public`` (for everyone) and ``secret`` (readable by its owner only), whole or not at all."""
        self._native.save(os.fspath(path), replace)

    def predict(self, x: Any, *, strict: bool = False, progress: Progress = None) -> Any:
        """The outputs for many inputs, without proofs, as :meth:`Prover.predict` gives them; nothing is made ready for proofs first."""
        with listener(progress) as told:
            outputs, saturated = self._native.predict(given(x, "input"), strict, told)
        heard(saturated, stacklevel=2)
        return stacked(outputs)

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
        """Prove what this model scores on a data set, as :meth:`Prover.accuracy` does."""
        from .proving import Prover

        return Prover(self).accuracy(
            data,
            labels,
            at_least=at_least,
            claims=claims,
            show=show,
            measure=measure,
            output=output,
            groups=groups,
            group_of=group_of,
            context=context,
            memory=memory,
            part=part,
            strict=strict,
            progress=progress,
        )

    def input(self, name: str) -> Entries:
        """An input of the model in a claim, as of :meth:`Public.input`."""
        return self._public.input(name)

    def output(self, name: str) -> Entries:
        """An output of the model in a claim, as of :meth:`Public.output`."""
        return self._public.output(name)

    @property
    def id(self) -> str:
        """The model's published identifier, a digest of its commitment and architecture."""
        return self._native.id

    @property
    def public(self) -> Public:
        """What a verifier needs, and everyone may have."""
        return self._public

    def slice_plan(self, *, memory: int | None = None, parts: int | None = None) -> dict[str, Any]:
        """As :meth:`Public.slice_plan`."""
        return self._public.slice_plan(memory=memory, parts=parts)

    @property
    def report(self) -> Report:
        """Accuracy, quantization and sizes; in a notebook it shows itself."""
        return Report(self._public.card or {}, self._pairs)

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            "a model is not pickled, which would put its secrets wherever the pickle goes: save it in a folder and open that, "
            "or pickle model.public, which is all that a verifier needs"
        )

    def __repr__(self) -> str:
        return f"<Model {self.id[:16]}..., weights {self._public.weights}>"

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def _known(role: str, name: str, tensors: Mapping[str, Any]) -> str:
    if name not in tensors:
        known = ", ".join(tensors)
        raise InputError(f"the model has no {role} `{name}`; it has {known}", tensor=name, expected=known, found=name)
    return name


def native(model: Model | Path_) -> _native.Model:
    """The extension module's model, of a model or its folder."""
    return model._native if isinstance(model, Model) else _native.Model.open(os.fspath(Path(model)))


def public_side(model: Model | Public | bytes) -> Public:
    """The public side of what has one."""
    if isinstance(model, Model):
        return model.public
    return model if isinstance(model, Public) else Public(model)
