"""What people train, as ONNX: in memory, with a batch of one."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError, UnsupportedModelError

__all__ = ["Onnx", "to_onnx"]

# The operation sets that exporters are asked for; inferproof reads 11 to 21.
OPSET = 17
ML_OPSET = 3
# The newest that the converters of trees know.
TREE_OPSET = 15


@dataclass(frozen=True)
class Onnx:
    """An ONNX model's bytes."""

    data: bytes
    name: str
    """For messages and the model card."""
    classes: tuple[Any, ...] | None = None
    """Of a classifier whose label is left out: what its probabilities are of, in order."""


def to_onnx(model: Any, example: Any) -> Onnx:
    """Whatever a user has, as ONNX. ``example`` is an input with samples along the first axis, for what has to be traced."""
    if isinstance(model, (str, os.PathLike)):
        path = Path(model)
        return Onnx(path.read_bytes(), path.name)
    if isinstance(model, (bytes, bytearray, memoryview)):
        return Onnx(bytes(model), "model.onnx")
    name = type(model).__name__
    if hasattr(model, "SerializeToString"):  # onnx.ModelProto
        return Onnx(model.SerializeToString(), f"{name}.onnx")
    if example is None:
        raise UnsupportedModelError(f"{name}: expected the path of an ONNX file, its bytes, or an onnx.ModelProto", path=name)
    if _is_a(model, "torch", "nn", "Module"):
        return Onnx(_torch(model, example), f"{name}.onnx")
    library = next((base.__module__.split(".")[0] for base in type(model).__mro__ if _converts(base)), None)
    if library is not None:
        return _estimator(model, library, _features(example))
    raise UnsupportedModelError(
        f"{name}: expected the path of an ONNX file, its bytes, an onnx.ModelProto, a torch.nn.Module, or a fitted estimator of "
        "scikit-learn, XGBoost or LightGBM",
        path=name,
    )


def _is_a(model: Any, module: str, *names: str) -> bool:
    """Whether a model is of a class of a module that it must have imported already."""
    found: Any = sys.modules.get(module)
    for name in names:
        found = getattr(found, name, None)
    return isinstance(found, type) and isinstance(model, found)


def _converts(base: type) -> bool:
    return base.__module__.split(".")[0] in ("sklearn", "xgboost", "lightgbm")


def _missing(library: str, extra: str) -> UnsupportedModelError:
    return UnsupportedModelError(f"to convert a model of {library}, install inferproof[{extra}]", path=library)


def _torch(model: Any, example: Any) -> bytes:
    import torch

    def one(array: Any) -> Any:
        tensor = torch.as_tensor(array if hasattr(array, "detach") else np.asarray(array))
        return tensor[:1].float() if tensor.is_floating_point() else tensor[:1]

    if isinstance(example, Mapping):
        inputs, names = tuple(one(array) for array in example.values()), [str(name) for name in example]
    else:
        inputs, names = (one(example),), ["input"]
    file = io.BytesIO()
    was_training = model.training
    try:
        model.eval()
        with torch.no_grad(), warnings.catch_warnings():
            # The exporter that traces needs no further packages; that it has a successor is nothing a user could act on.
            warnings.simplefilter("ignore")
            torch.onnx.export(model, inputs, file, input_names=names, output_names=["output"], opset_version=OPSET, dynamo=False)
    except (ModuleNotFoundError, ImportError) as error:
        raise _missing("torch", "torch") from error
    except (RuntimeError, TypeError, torch.onnx.errors.OnnxExporterError) as error:
        raise UnsupportedModelError(
            f"{type(model).__name__}: torch could not export it: {error}", path=type(model).__name__
        ) from error
    finally:
        model.train(was_training)
    return file.getvalue()


def _features(example: Any) -> int:
    shape = np.shape(example)
    if isinstance(example, Mapping) or len(shape) != 2:
        raise InputError(
            f"calibration: an estimator takes an array of samples and features, found shape {list(shape)}",
            tensor="calibration",
            expected="2 axes",
            found=f"{len(shape)} axes",
        )
    return int(shape[1])


def _estimator(model: Any, library: str, features: int) -> Onnx:
    name = type(model).__name__
    try:
        proto = _sklearn(model, features) if library == "sklearn" else _trees(model, library, features)
    except ImportError as error:
        raise _missing(library, "sklearn" if library == "sklearn" else "trees") from error
    except Exception as error:
        # The converters raise whatever comes to hand: only the message helps.
        raise UnsupportedModelError(f"{name}: its converter to ONNX refused it: {error}", path=name) from error
    labelled = len(proto.graph.output) > 1
    if any(node.op_type == "MatMul" for node in proto.graph.node):
        _default_domain_only(proto)
    classes = tuple(model.classes_) if labelled and len(proto.graph.output) == 1 else None
    return Onnx(bytes(proto.SerializeToString()), f"{name}.onnx", classes)


def _sklearn(model: Any, features: int) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    # The probabilities of classifiers as an array, not as a list of dictionaries.
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    return to_onnx(
        model,
        initial_types=[("input", FloatTensorType([1, features]))],
        options=options,
        target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
    )


def _default_domain_only(proto: Any) -> None:
    """Rewrite a neural network that its converter has put between operations for classical models, which are imported apart.

    The scaler in front becomes a subtraction and a product. The label behind is left out: it is that of the greatest probability.
    """
    from onnx import helper

    graph = proto.graph
    del graph.output[:-1]
    nodes = []
    for node in graph.node:
        if node.op_type != "Scaler":
            nodes.append(node)
            continue
        attributes = {attribute.name: list(attribute.floats) for attribute in node.attribute}
        moved = f"{node.output[0]}_moved"
        for operation, attribute, source, target in (
            ("Sub", "offset", node.input[0], moved),
            ("Mul", "scale", moved, node.output[0]),
        ):
            values = attributes[attribute]
            constant = f"{node.output[0]}_{attribute}"
            graph.initializer.append(helper.make_tensor(constant, 1, [len(values)], values))
            nodes.append(helper.make_node(operation, [source, constant], [target], name=f"{node.name}/{operation}"))
    needed, kept = {graph.output[0].name}, []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))


def _trees(model: Any, library: str, features: int) -> Any:
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("input", FloatTensorType([1, features]))]
    options = {"initial_types": types, "target_opset": TREE_OPSET}
    if library == "xgboost":
        return onnxmltools.convert_xgboost(model, **options)
    return onnxmltools.convert_lightgbm(model, zipmap=False, **options)
