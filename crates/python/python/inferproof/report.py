"""What compiling and checking say, as data; in a notebook it shows itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scatter import scatter

__all__ = ["Check", "Node", "Pairs", "Report", "size", "agreement"]

Pairs = NDArray[np.float64]
"""Output entries, one a row: what the float model gives, and what the integer program gives."""


def size(count: float) -> str:
    """A number of bytes, with three digits."""
    unit = "B"
    for larger in ("kB", "MB"):
        if count >= 999.5:
            count, unit = count / 1000, larger
    return f"{count:,.0f} {unit}" if count >= 99.95 else f"{count:.3g} {unit}"


def duration(seconds: float) -> str:
    """A duration in seconds or milliseconds."""
    return f"{seconds * 1000:.3g} ms" if seconds < 0.1 else f"{seconds:.3g} s"


def agreement(measured: Mapping[str, Any]) -> str:
    """How an integer program compares with the float model, in words."""
    words = [f"greatest error {measured['relative_error']:.2%}"]
    if measured["top1_of"]:
        words.append(f"same answer as the float model {measured['top1']} of {measured['top1_of']} times")
    if measured["saturated"]:
        words.append(f"{measured['saturated']:,} values saturated")
    return ", ".join(words)


class Report:
    """Accuracy, quantization and sizes of a model: what stands in its card, and pictures of how the integers follow the floats.

    The pictures are of the outputs on the data that the model was compiled with. Those may be private, so that they are not kept in
    files: the report of a model that was opened has none.
    """

    __slots__ = ("card", "pairs")

    def __init__(self, card: Mapping[str, Any], pairs: Mapping[str, Pairs] | None = None) -> None:
        self.card = dict(card)
        """The model card."""
        self.pairs = {data: entries for data, entries in (pairs or {}).items() if len(entries)}
        """For ``"calibration"`` and ``"evaluation"`` data the first output entries: float in column 0, integer in column 1."""

    @property
    def calibration(self) -> dict[str, Any]:
        """How the integer program follows the float model on the calibration data."""
        return dict(self.card.get("calibration", {}))

    @property
    def evaluation(self) -> dict[str, Any] | None:
        """The same on other data, with the classes that both get right, if some was given."""
        evaluation = self.card.get("evaluation")
        return dict(evaluation) if evaluation else None

    @property
    def accuracy(self) -> float | None:
        """Which part of the labels the integer program gets right."""
        return self._right("integer_correct")

    @property
    def float_accuracy(self) -> float | None:
        """Which part of the labels the float model gets right."""
        return self._right("float_correct")

    @property
    def quantization(self) -> dict[str, Any]:
        """Bits of weights and activations, the tolerance that was asked for."""
        return dict(self.card.get("quantization", {}))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be said against trusting the model as it is."""
        return tuple(warning["message"] for warning in self.card.get("warnings", ()))

    @property
    def sizes(self) -> dict[str, int]:
        """Numbers of weights and activations, bytes of the key and of every proof."""
        return dict(self.card.get("sizes", {}))

    def to_dict(self) -> dict[str, Any]:
        """The model card."""
        return dict(self.card)

    def _right(self, who: str) -> float | None:
        evaluation = self.evaluation or {}
        correct = evaluation.get(who)
        return correct / evaluation["samples"] if correct is not None else None

    def _rows(self) -> Iterator[tuple[str, str]]:
        card = self.card
        if not card:
            yield "report", "none: this model has no card"
            return
        sizes, bits, calibration = self.sizes, self.quantization, self.calibration
        yield "model", card["model_id"]
        yield "curve", f"{card['curve']}, about {card['security_bits']} bits"
        yield "weights", f"{sizes['weights']:,} of {bits['weight_bits']} bits, {card['weights_visibility']}"
        yield "activations", f"{sizes['activations']:,} of {bits['activation_bits']} bits"
        yield "calibration", f"{agreement(calibration['agreement'])}, on {calibration['samples']} samples"
        if self.evaluation:
            yield "evaluation", f"{agreement(self.evaluation['agreement'])}, on {self.evaluation['samples']} samples"
        if self.accuracy is not None and self.float_accuracy is not None:
            yield "labels", f"{self.accuracy:.1%} right (float model {self.float_accuracy:.1%})"
        for warning in self.warnings:
            yield "warning", warning
        yield "key", size(sizes["key_bytes"])
        estimate = card.get("estimate")
        yield "proofs", f"{size(sizes['argument_bytes'])} each" + (
            f", made in about {duration(estimate['seconds'])} with {size(estimate['memory_bytes'])} of memory" if estimate else ""
        )

    def __repr__(self) -> str:
        return "\n".join(f"{label:<12} {text}" for label, text in self._rows())

    def _repr_html_(self) -> str:
        pictures = "".join(
            f"<div>{scatter(entries, f'{data} data: outputs', 'float model', 'integer program')}</div>"
            for data, entries in self.pairs.items()
        )
        return f'{_table(self._rows())}<div style="display:flex;flex-wrap:wrap;gap:1em">{pictures}</div>'


@dataclass(frozen=True)
class Node:
    """A node of an ONNX model."""

    name: str
    """Its name, or that of its first output."""
    op: str
    """Its operation."""
    unsupported: str | None
    """Why it is not supported; ``None`` if it is."""
    shape: tuple[int, ...] | None
    """The shape of what it makes; ``None`` where it was folded into another node."""
    weights: int
    """How many weights it has."""
    multiplications: int
    """How many multiplications it takes."""


@dataclass(frozen=True)
class Check:
    """Whether a model can be compiled, node by node, and what proving it will take. It is true if the model is supported."""

    supported: bool
    """Whether the model can be compiled."""
    error: str | None
    """Why not."""
    nodes: tuple[Node, ...]
    """The nodes, in the file's order."""
    opset: int
    """The version of ONNX's default operation set."""
    producer: str
    """The program that wrote the file."""
    inputs: dict[str, tuple[int, ...]]
    """Shapes by name."""
    outputs: dict[str, tuple[int, ...]]
    """Shapes by name."""
    weights: int
    """How many numbers become weights."""
    multiplications: int
    """How many multiplications one inference takes."""
    estimate: dict[str, float] | None
    """Of one proof: ``seconds`` on 2 cores, ``memory_bytes``, ``proof_bytes``; ``None`` if the model is not supported."""
    widths: dict[str, int]
    """Bits of ``weights`` and ``activations`` that the estimate is for."""

    @classmethod
    def of_json(cls, text: str) -> Check:
        """From what ``inferproof check --json`` prints."""
        fields: dict[str, Any] = json.loads(text)
        fields["nodes"] = tuple(Node(**{**node, "shape": _shape(node["shape"])}) for node in fields["nodes"])
        for ends in ("inputs", "outputs"):
            fields[ends] = {port["name"]: tuple(port["shape"]) for port in fields[ends]}
        return cls(**fields)

    @property
    def unsupported(self) -> tuple[Node, ...]:
        """The nodes that are not supported."""
        return tuple(node for node in self.nodes if node.unsupported is not None)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as plain dictionaries and lists."""
        return asdict(self)

    def __bool__(self) -> bool:
        return self.supported

    def _summary(self) -> Iterator[tuple[str, str]]:
        yield "opset", str(self.opset)
        for label, ports in (("input", self.inputs), ("output", self.outputs)):
            for name, shape in ports.items():
                yield label, f"{name}: {list(shape)}"
        yield "supported", "yes" if self.supported else f"no: {self.error}"
        if self.estimate:
            yield "weights", f"{self.weights:,}"
            yield "estimate", (
                f"prove in {duration(self.estimate['seconds'])}, {size(self.estimate['memory_bytes'])} of memory, "
                f"proofs of {size(self.estimate['proof_bytes'])}, "
                f"with weights of {self.widths['weights']} bits and activations of {self.widths['activations']}"
            )

    def __repr__(self) -> str:
        lines = [
            f"{'no' if node.unsupported else 'yes':<3} {node.name}  {node.op}  {node.unsupported or _text(node.shape)}".rstrip()
            for node in self.nodes
        ]
        return "\n".join([*lines, "", *(f"{label:<12} {text}" for label, text in self._summary())])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{title}</th>" for title in ("", "node", "operation", "shape", "weights", "multiplications"))
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{escape(text)}</td>"
                for text in (
                    "no" if node.unsupported else "yes",
                    node.name,
                    node.op,
                    node.unsupported or _text(node.shape),
                    f"{node.weights:,}" if node.weights else "",
                    f"{node.multiplications:,}" if node.multiplications else "",
                )
            )
            + "</tr>"
            for node in self.nodes
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{_table(self._summary())}"


def _shape(lengths: list[int] | None) -> tuple[int, ...] | None:
    return tuple(lengths) if lengths is not None else None


def _text(shape: tuple[int, ...] | None) -> str:
    return "" if shape is None else "x".join(map(str, shape)) or "scalar"


def _table(rows: Iterator[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(label)}</th><td style="text-align:left">{escape(text)}</td></tr>'
        for label, text in rows
    )
    return f"<table>{cells}</table>"
