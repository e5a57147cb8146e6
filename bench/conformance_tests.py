"""The node tests of the ONNX project, made ready for inferproof: which of them are in scope, at an opset that is supported, and with
their parameters as constants. Needs `onnx` and `numpy`; `bench/conformance` installs them."""

import io
import re
import zipfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, defs, numpy_helper

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"

# What inferproof reads, and the IR version that belongs to the newest of these opsets.
OPSETS = (7, 26)
IR_VERSION = 13

# Inputs that exporters always write as constants, but that node tests give as graph inputs, by operation and position: shapes, axes,
# indices, bounds, counts. They become initializers before anything is tried. Whatever is not listed stays an input.
PARAMETERS = {
    "AffineGrid": {1},                      # size
    "BlackmanWindow": {0},                  # size
    "CenterCropPad": {1},                   # shape
    "Col2Im": {1, 2},                       # image shape, block shape
    "ConstantOfShape": {0},                 # shape
    "CumSum": {1},                          # axis
    "CumProd": {1},                         # axis
    "DFT": {1, 2},                          # length, axis
    "Dropout": {1, 2},                      # ratio, training mode
    "Expand": {1},                          # shape
    "Gather": {1},                          # indices
    "GatherElements": {1},                  # indices
    "GatherND": {1},                        # indices
    "HammingWindow": {0},                   # size
    "HannWindow": {0},                      # size
    "Loop": {0, 1},                         # number of steps, whether it begins
    "MaxUnpool": {1, 2},                    # indices, output shape
    "MelWeightMatrix": {0, 1, 2, 3, 4},     # sizes, rates and bounds
    "NonMaxSuppression": {2, 3, 4},         # greatest number of boxes, thresholds
    "OneHot": {1, 2},                       # depth, values
    "Pad": {1, 2, 3},                       # pads, value, axes
    "Range": {0, 1, 2},                     # start, limit, delta
    "Reshape": {1},                         # shape
    "Resize": {1, 2, 3},                    # region, scales, sizes
    "ReverseSequence": {1},                 # lengths
    "RoiAlign": {2},                        # batch indices
    "RotaryEmbedding": {3},                 # position ids
    "STFT": {1, 3},                         # step, length
    "Scatter": {1},                         # indices
    "ScatterElements": {1},                 # indices
    "ScatterND": {1},                       # indices
    "Slice": {1, 2, 3, 4},                  # starts, ends, axes, steps
    "Split": {1},                           # lengths
    "SplitToSequence": {1},                 # lengths
    "Squeeze": {1},                         # axes
    "TensorScatter": {2},                   # write indices
    "Tile": {1},                            # repeats
    "TopK": {1},                            # k
    "Trilu": {1},                           # diagonal
    "Unsqueeze": {1},                       # axes
    "Upsample": {1},                        # scales
}
REDUCTIONS = re.compile(r"Reduce[A-Z]")     # their second input: axes

# Types of tensors that no quantized program of ours is meant for.
FOREIGN_TYPES = {
    getattr(TensorProto, name): name.lower()
    for name in TensorProto.DataType.keys()
    if re.match(r"FLOAT8|FLOAT4|COMPLEX", name)
}
RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
STRINGS = {"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit"}


@dataclass
class NodeTest:
    """One test: a model, its inputs and the outputs it should give. `refused` says why it is not tried."""

    name: str
    op: str
    model: onnx.ModelProto
    inputs: dict       # name to TensorProto, of the graph inputs that stayed inputs
    expected: dict     # name to array
    out_of_scope: str = None
    opset_problem: str = None


def names():
    """All tests that ship with the `onnx` package."""
    return sorted(folder.name for folder in DATA.iterdir() if (folder / "model.onnx").exists())


@lru_cache(maxsize=None)
def base_node(name):
    """The node that a test is about; of an `_expanded` test, which is a function's body, the node that calls the function."""
    base = DATA / name.split("_expanded")[0] / "model.onnx"
    model = onnx.load(base if base.exists() else DATA / name / "model.onnx")
    return model.graph.node[0]


def operation(name):
    """The operation that a test is about."""
    return base_node(name).op_type


def load(name):
    """One test, made ready."""
    folder = DATA / name
    model = onnx.load(folder / "model.onnx")
    test = NodeTest(name, operation(name), model, {}, {})
    test.out_of_scope = out_of_scope(test)
    if test.out_of_scope:
        return test
    data = folder / "test_data_set_0"
    for position, port in enumerate(model.graph.input):
        test.inputs[port.name] = onnx.load_tensor(data / f"input_{position}.pb")
    for position, port in enumerate(model.graph.output):
        test.expected[port.name] = plain(numpy_helper.to_array(onnx.load_tensor(data / f"output_{position}.pb")))
    if drops_entries(test):
        test.out_of_scope = "random numbers"
        return test
    if any(not_finite(array) for array in test.expected.values()):
        test.out_of_scope = "expects infinity or NaN"
        return test
    test.opset_problem = fit_opset(model)
    return with_constants(test, parameters(test))


def parameters(test):
    """The graph inputs that are parameters by the rules above."""
    positions = {1} if REDUCTIONS.match(test.op) else PARAMETERS.get(test.op, set())
    arguments = base_node(test.name).input
    return [name for position, name in enumerate(arguments) if position in positions and name in test.inputs]


def all_but_first(test):
    """The graph inputs other than the first: what a layer takes beside its data."""
    return list(test.inputs)[1:]


def with_constants(test, chosen):
    """The same test with these graph inputs as initializers."""
    model = onnx.ModelProto()
    model.CopyFrom(test.model)
    for name in chosen:
        constant = model.graph.initializer.add()
        constant.CopyFrom(test.inputs[name])
        constant.name = name
    kept = [port for port in model.graph.input if port.name not in chosen]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    inputs = {name: tensor for name, tensor in test.inputs.items() if name not in chosen}
    return replace(test, model=model, inputs=inputs)


def npz(test):
    """The inputs as an `.npz` file's bytes. `numpy.savez` takes names as keyword arguments, so that not every name would do."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, tensor in test.inputs.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, plain(numpy_helper.to_array(tensor)))
    return out.getvalue()


def plain(array):
    """What numpy has no type for in one that holds it: floats of 16 bits as floats of 32, integers of less than 8 bits as integers of 8;
    strings as numpy's own. All else as it is."""
    array = np.ascontiguousarray(array) if array.ndim else array
    if array.dtype.kind == "O":
        return array.astype(str)
    narrow = re.fullmatch(r"(u?)int[24]", array.dtype.name)
    if narrow:
        return array.astype(np.uint8 if narrow[1] else np.int8)
    return array if array.dtype.kind in "iubU" or array.dtype == np.float64 else array.astype(np.float32)


def empty_dimensions(test):
    """Lengths of zero that inputs are declared with, as `--dim` wants them: a file that says zero may mean any length."""
    told = []
    for port in test.model.graph.input:
        lengths = enumerate(port.type.tensor_type.shape.dim)
        told += [f"{port.name}.{axis}=0" for axis, dim in lengths if dim.WhichOneof("value") == "dim_value" and dim.dim_value == 0]
    return told


# Expected outputs that wrap around where the specification saturates (-236 is given as 20); onnxruntime saturates.
CONTRADICTORY = {f"test_qlinearmatmul_{n}D_int8_{kind}" for n in (2, 3) for kind in ("float16", "float32")}


def out_of_scope(test):
    """Why a test is not about inference on tensors of numbers; `None` if it is."""
    if test.name in CONTRADICTORY:
        return "expects what the specification excludes"
    ops = {node.op_type for node in test.model.graph.node} | {test.op}
    if any(opset.domain == "ai.onnx.preview.training" for opset in test.model.opset_import):
        return "training"
    attributes = {attribute.name: attribute.i for node in test.model.graph.node for attribute in node.attribute}
    if test.op == "BatchNormalization" and attributes.get("training_mode"):
        return "training"
    if ops & RANDOM:
        return "random numbers"
    if ops & STRINGS:
        return "strings"
    if test.op == "ImageDecoder":
        return "image files"
    for port in [*test.model.graph.input, *test.model.graph.output]:
        kind = port.type.WhichOneof("value")
        if kind != "tensor_type":
            return kind.replace("_type", "") + " type"
        if port.type.tensor_type.elem_type in FOREIGN_TYPES:
            return "type " + FOREIGN_TYPES[port.type.tensor_type.elem_type]
    return foreign_cast(test.model)


def drops_entries(test):
    """Whether it is a Dropout that drops entries at random, as in training: its third input says so, and its second is not zero."""
    if test.op != "Dropout" or len(base_node(test.name).input) < 3:
        return False
    ratio, trains = (numpy_helper.to_array(test.inputs[name]) if name else 0.5 for name in base_node(test.name).input[1:3])
    return bool(trains) and float(ratio) != 0


def not_finite(array):
    """Whether an array of floats has entries that no integer stands for."""
    return array.dtype.kind == "f" and not np.isfinite(array).all()


def foreign_cast(model):
    """Whether a cast inside a model leads to a type that is out of scope."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in {"to", "dtype", "output_dtype"} and attribute.i in FOREIGN_TYPES:
                return "type " + FOREIGN_TYPES[attribute.i]
            if attribute.type == onnx.AttributeProto.TENSOR and attribute.t.data_type in FOREIGN_TYPES:
                return "type " + FOREIGN_TYPES[attribute.t.data_type]
    return None


def fit_opset(model):
    """Moves a model to a supported opset if that changes nothing of its meaning; else says what is in the way."""
    for opset in model.opset_import:
        if opset.domain not in {"", "ai.onnx"} or OPSETS[0] <= opset.version <= OPSETS[1]:
            continue
        target = OPSETS[1] if opset.version > OPSETS[1] else OPSETS[0]
        for node in model.graph.node:
            if node.domain in {"", "ai.onnx"} and not same_meaning(node, opset.version, target):
                return f"{'newer' if opset.version > target else 'older'} opset: {node.op_type} of opset {opset.version}"
        opset.version = target
    model.ir_version = min(model.ir_version, IR_VERSION)
    return None


def same_meaning(node, version, target):
    """Whether a node means the same in two opsets. It does if the operation has not changed between them, or if what the node uses of
    it (attributes with their defaults, inputs, outputs) is the same in both: since opset 21, most changes only add types of tensors, or an
    attribute whose absence means what was so before."""
    try:
        then, now = (defs.get_schema(node.op_type, v, "") for v in (version, target))
    except defs.SchemaError:
        return False
    if then.since_version == now.since_version:
        return True
    if then.deprecated or now.deprecated:
        return False
    shared = set(then.attributes) & set(now.attributes)
    return (
        all(attribute.name in shared for attribute in node.attribute)
        and all(signature(then.attributes[name]) == signature(now.attributes[name]) for name in shared)
        and not any(now.attributes[name].required for name in set(now.attributes) - shared)
        and ports(then.inputs, len(node.input)) == ports(now.inputs, len(node.input))
        and ports(then.outputs, len(node.output)) == ports(now.outputs, len(node.output))
    )


def signature(attribute):
    """What matters of an attribute's declaration."""
    return attribute.type, attribute.required, attribute.default_value.SerializeToString()


def ports(formal, count):
    """What matters of the first inputs or outputs' declarations."""
    return [(port.name, port.option) for port in formal][:count]
