"""From a trained model to a committed one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from . import _native
from .arrays import given, numbers
from .convert import to_onnx
from .errors import AccuracyWarning, InputError
from .log import logger
from .models import Model, Public
from .progress import Progress, listener
from .report import Check

__all__ = ["check", "compile"]

Visibility = Literal["public", "private"]


def check(
    model: Any,
    *,
    dims: Mapping[str, int] | None = None,
    dequantize: bool = False,
    weight_bits: int = 8,
    activation_bits: int = 10,
) -> Check:
    """Whether a model can be compiled, node by node, and what proving it will take.

    :param model: the path of an ONNX file, its bytes, or an ``onnx.ModelProto``.
    :param dims: lengths of dimensions that the model leaves open, as ``{"batch": 1}``.
    :param dequantize: read a quantized model as the float model behind it, with its weights dequantized.
    :param weight_bits: bits of a weight that the estimate is for; :func:`compile` chooses them by accuracy.
    :param activation_bits: bits of an activation, likewise.
    :raises UnsupportedModelError: if it is no ONNX model. What is not supported is no error but an answer.
    """
    onnx = to_onnx(model, None)
    return Check.of_json(_native.check(onnx.data, onnx.name, _dims(dims), dequantize, weight_bits, activation_bits))


def compile(
    model: Any,
    *,
    calibration: Any,
    evaluate: Any = None,
    dims: Mapping[str, int] | None = None,
    dequantize: bool = False,
    weights: Visibility = "private",
    curve: Literal["grumpkin", "bn254"] = "grumpkin",
    weight_bits: int | None = None,
    activation_bits: int | None = None,
    input_bits: int | None = None,
    tolerance: float = 0.02,
    feed: Mapping[str, str] = MappingProxyType({}),
    like: Mapping[str, tuple[Model | Public | str | os.PathLike[str], str]] = MappingProxyType({}),
    strict: bool = False,
    progress: Progress = None,
) -> Model:
    """Quantize a model on real inputs, measure what that costs, and commit to the weights.

    >>> model = compile("model.onnx", calibration=x, evaluate=(x_test, y_test))

    :param model: the path of an ONNX file, its bytes, an ``onnx.ModelProto``, a ``torch.nn.Module``, or a fitted estimator of
        scikit-learn, XGBoost or LightGBM (where those are installed).
    :param calibration: real inputs, from which the scales are chosen: an array whose first axis counts samples, or such arrays by
        the names of the inputs.
    :param evaluate: other inputs to measure accuracy on; with the right answers, as ``(x_test, y_test)``, classes are counted too.
    :param dims: lengths of dimensions that the model leaves open, as ``{"batch": 1}``.
    :param dequantize: read a quantized model as the float model behind it, with its weights dequantized.
    :param weights: whether everyone may have the weights. Who sees inputs and outputs is said when proving.
    :param curve: of the commitments; ``"bn254"`` (about 100 bits of security) is for what meets a chain.
    :param weight_bits: bits of a weight, 2 to 16; chosen by accuracy if not given.
    :param activation_bits: bits of an activation, 2 to 16; chosen by accuracy if not given.
    :param input_bits: bits of an input of real numbers, 2 to 31; those of an activation if not given.
    :param tolerance: the error on calibration data to stay below, relative to the size of each output column.
    :param feed: outputs that are the next run's inputs, as ``{"stateN": "state"}``: both get one scale and one range, so that what one
        proof commits to is what the next reads. Arrays of that input may be left out of ``calibration``, or given for the first sample alone.
    :param like: inputs and outputs that get the scale and range of a tensor of another model, as ``{"W": (server, "W_next")}``: a model, its
        public part or the path of either, and the name of an input or output of it.
    :param strict: raise :class:`StrictError` where there would be an :class:`AccuracyWarning`, and make nothing.
    :param progress: see :data:`inferproof.Progress`.
    :raises UnsupportedModelError: if something in the model is not supported; it names the node.
    :raises InputError: if an array does not fit; it names the tensor.
    """
    onnx = to_onnx(model, calibration)
    samples, labels = _samples_and_labels(evaluate, onnx.classes)
    with listener(progress) as told:
        made, calibrated, evaluated = _native.compile(
            onnx.data,
            onnx.name,
            dims=_dims(dims),
            dequantize=dequantize,
            calibration=given(calibration, "calibration"),
            evaluation=None if samples is None else given(samples, "evaluate"),
            labels=labels,
            weights=weights,
            curve=curve,
            weight_bits=weight_bits,
            activation_bits=activation_bits,
            input_bits=input_bits,
            tolerance=tolerance,
            feeds=[(str(output), str(entry)) for output, entry in feed.items()],
            alike=[(name, *_key(of), tensor) for name, (of, tensor) in like.items()],
            strict=strict,
            listener=told,
        )
    compiled = Model(made, {"calibration": np.array(calibrated), "evaluation": np.array(evaluated)})
    logger.info("compiled %s: model %s, weights %s", onnx.name, compiled.id, weights)
    for warning in compiled.report.warnings:
        logger.warning("%s: %s", onnx.name, warning)
        warnings.warn(warning, AccuracyWarning, stacklevel=2)
    return compiled


def _samples_and_labels(evaluate: Any, classes: tuple[Any, ...] | None) -> tuple[Any, list[int] | None]:
    """The inputs, and what the model's first output says if it is right: a class, or where the class is in a list of them."""
    if not isinstance(evaluate, tuple):
        return evaluate, None
    if len(evaluate) != 2:
        raise InputError("evaluate: expected inputs, or a pair of inputs and labels", expected="(x, y)")
    samples, labels = evaluate
    if classes is not None:
        positions = {label: position for position, label in enumerate(classes)}
        return samples, [positions.get(label, -1) for label in np.ravel(labels)]
    right = numbers(labels, "label").ravel()
    if not np.array_equal(right, np.round(right)):
        raise InputError(
            "evaluate: labels are the numbers of classes; for a regression give the inputs alone",
            tensor="label",
            expected="whole numbers",
            found="fractions",
        )
    return samples, [int(label) for label in right]


def _key(of: Model | Public | str | os.PathLike[str]) -> tuple[str, bytes]:
    """What messages call a key, and its bytes."""
    if isinstance(of, Model):
        of = of.public
    if isinstance(of, Public):
        return f"model {of.id[:16]}", of.key
    return os.fspath(of), Public.open(of).key


def _dims(dims: Mapping[str, int] | None) -> list[str]:
    return [f"{name}={length}" for name, length in (dims or {}).items()]
