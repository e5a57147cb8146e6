"""Makes data/ranges.npz and data/ranges/*.onnx: masks in every way that models write them, and numbers of sizes that a range of
integers holds badly; what onnxruntime answers. Needs onnx 1.20.1, onnxruntime and numpy; run it in this folder.

Calibration samples and the samples that are compared differ: most masks hide nothing while calibrating, and what ends in a sigmoid
or softmax sees only one side of it.
"""

import itertools
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent / "data"
MODELS = HERE / "ranges"
CALIBRATION, SAMPLES = 20, 4
LOWEST = float(np.finfo("f").min)
rng = np.random.default_rng(20261128)
arrays = {}


def const(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype=dtype), name)


N = helper.make_node
TYPES = {np.dtype("f"): T.FLOAT, np.dtype("q"): T.INT64, np.dtype("?"): T.BOOL}


def model(case, nodes, make, constants=(), outputs=("y",), opset=17, kinds=None):
    """`make(True)` gives a sample to calibrate with, `make(False)` one to compare."""
    samples = [make(i < CALIBRATION) for i in range(CALIBRATION + SAMPLES)]
    names = list(samples[0])
    inputs = [helper.make_tensor_value_info(n, TYPES[samples[0][n].dtype], samples[0][n].shape) for n in names]
    made = [helper.make_tensor_value_info(n, (kinds or {}).get(n, T.FLOAT), None) for n in outputs]
    graph = helper.make_graph(nodes, case, inputs, made, initializer=list(constants))
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    proto = onnx.shape_inference.infer_shapes(proto)
    onnx.checker.check_model(proto)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    answers = [session.run(list(outputs), feed) for feed in samples]
    (MODELS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    for name in names:
        arrays[f"{case}.in.{name}"] = np.stack([s[name] for s in samples]).astype("f")
    for i, name in enumerate(outputs):
        arrays[f"{case}.out.{name}"] = np.stack([a[i] for a in answers]).astype("f")


def f(*shape, scale=1.0):
    return (rng.uniform(-2, 2, shape) * scale).astype("f")


# How a mask is made of the input m, 1 where something is seen: nodes that give `mask`, to be added, or `hidden`, truth values.
AX = const("ax", [1], np.int64)
VALUES = {"lowest": LOWEST, "inf": -np.inf, "1e9": -1e9, "1e4": -1e4, "half": -65504.0}


def padding(batch, length, some=True):
    """Ones, but for what lies behind a length, sometimes; calibration sees little of it."""

    def make(calibrating):
        m = np.ones((batch, length), np.int64)
        for row in m:
            if not calibrating or rng.random() < 0.3:
                row[rng.integers(1, length + 1):] = 0
        return m

    return make


pad4 = padding(2, 4)


def scores(mask=pad4, shape=(2, 4, 4), kind=np.int64, dead=False):
    def make(calibrating):
        m = mask(calibrating)
        if dead and not calibrating and rng.random() < 0.7:
            m[0] = 0
        if dead and not calibrating:
            m[-1, 0] = 0
        return {"x": f(*shape, scale=2.0), "m": m.astype(kind)}

    return make


def additive(value, kind="q"):
    """(1 - m) * value, broadcast over queries."""
    return [N("Cast", ["m"], ["mf"], to=T.FLOAT), N("Unsqueeze", ["mf", "ax"], ["mu"]),
            N("Sub", ["one", "mu"], ["inv"]), N("Mul", ["inv", "value"], ["mask"])], \
        [AX, const("one", 1.0), const("value", value)]


for name, value in VALUES.items():
    if name == "inf":
        continue  # 0 * -inf is no number
    nodes, c = additive(value)
    model(f"softmax_added_{name}", nodes + [N("Add", ["x", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)], scores(), c)
    model(f"softmax_added_{name}_all_hidden", nodes + [N("Add", ["x", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
          scores(dead=True), c)
    model(f"logsoftmax_added_{name}", nodes + [N("Add", ["x", "mask"], ["l"]), N("LogSoftmax", ["l"], ["y"], axis=-1)], scores(), c)
    model(f"logsoftmax_added_{name}_all_hidden",
          nodes + [N("Add", ["x", "mask"], ["l"]), N("LogSoftmax", ["l"], ["y"], axis=-1)], scores(dead=True), c)

for name, value in VALUES.items():
    select = [N("Cast", ["m"], ["b"], to=T.BOOL), N("Unsqueeze", ["b", "ax"], ["u"]), N("Where", ["u", "x", "value"], ["l"])]
    c = [AX, const("value", value)]
    model(f"softmax_selected_{name}", select + [N("Softmax", ["l"], ["y"], axis=-1)], scores(), c)
    model(f"logsoftmax_selected_{name}", select + [N("LogSoftmax", ["l"], ["y"], axis=-1)], scores(), c)
    model(f"argmax_selected_{name}", select + [N("ArgMax", ["l"], ["y"], axis=-1, keepdims=0)], scores(), c, kinds={"y": T.INT64})
    model(f"argmin_selected_{name}",
          [N("Cast", ["m"], ["b"], to=T.BOOL), N("Unsqueeze", ["b", "ax"], ["u"]), N("Neg", ["value"], ["high"]),
           N("Where", ["u", "x", "high"], ["l"]), N("ArgMin", ["l"], ["y"], axis=-1, keepdims=0)], scores(), c, kinds={"y": T.INT64})
    model(f"reducemax_selected_{name}", select + [N("ReduceMax", ["l"], ["y"], axes=[-1], keepdims=0)], scores(), c)
    model(f"reducemin_selected_{name}",
          [N("Cast", ["m"], ["b"], to=T.BOOL), N("Unsqueeze", ["b", "ax"], ["u"]), N("Neg", ["value"], ["high"]),
           N("Where", ["u", "x", "high"], ["l"]), N("ReduceMin", ["l"], ["y"], axes=[-1], keepdims=0)], scores(), c)
    model(f"topk_selected_{name}", select + [N("TopK", ["l", "k"], ["y", "i"], axis=-1)], scores(), c + [const("k", [2], np.int64)],
          outputs=("y", "i"), kinds={"i": T.INT64})
    model(f"sigmoid_selected_{name}", select + [N("Sigmoid", ["l"], ["y"])], scores(), c)
    model(f"relu_selected_{name}", select + [N("Relu", ["l"], ["y"])], scores(), c)
    model(f"clip_selected_{name}", select + [N("Clip", ["l", "lo", "hi"], ["y"])], scores(), c + [const("lo", -5.0), const("hi", 1.0)])
    model(f"exp_selected_{name}", select + [N("Exp", ["l"], ["y"])], scores(), c)
    model(f"tanh_selected_{name}", select + [N("Tanh", ["l"], ["y"])], scores(), c)
    model(f"greater_selected_{name}", select + [N("Greater", ["l", "t"], ["g"]), N("Cast", ["g"], ["y"], to=T.FLOAT)], scores(),
          c + [const("t", 0.1)])
    model(f"output_selected_{name}", select + [N("Identity", ["l"], ["y"])], scores(), c)
    model(f"max_of_two_selected_{name}", select + [N("Neg", ["l"], ["n"]), N("Neg", ["n"], ["l2"]), N("Max", ["l2", "z"], ["y"])],
          scores(), c + [const("z", [-0.5])])

# A causal mask, as a constant or by a triangle, alone and with padding.
for name, value in VALUES.items():
    causal = np.triu(np.full((4, 4), value if np.isfinite(value) else -np.inf, "f"), 1)[None]
    causal[np.isnan(causal)] = 0
    model(f"softmax_causal_{name}", [N("Add", ["x", "causal"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
          lambda calibrating: {"x": f(2, 4, 4, scale=2.0)}, [const("causal", causal)])
    if name == "inf":
        continue
    nodes, c = additive(value)
    c = c + [const("causal", causal)]
    for suffix, dead in (("", False), ("_left", True)):
        make = scores(dead=dead)
        model(f"softmax_causal_and_padding_{name}{suffix}",
              nodes + [N("Add", ["x", "causal"], ["s"]), N("Add", ["s", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)], make, c)
        model(f"softmax_min_of_two_{name}{suffix}",
              nodes + [N("Min", ["mask", "causal"], ["d"]), N("Add", ["x", "d"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)], make, c)
        model(f"softmax_sum_clipped_{name}{suffix}",
              nodes + [N("Add", ["mask", "causal"], ["s"]), N("Max", ["s", "value"], ["d"]), N("Add", ["x", "d"], ["l"]),
                       N("Softmax", ["l"], ["y"], axis=-1)], make, c)
        model(f"softmax_where_causal_padding_{name}{suffix}",
              nodes + [N("Where", ["tri", "x", "value"], ["s"]), N("Add", ["s", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
              make, c + [const("tri", np.tril(np.ones((1, 4, 4), bool)), bool)])

# Masks by other ways.
nodes, c = additive(-1e9)
model("softmax_expanded", nodes + [N("Expand", ["mask", "shape"], ["e"]), N("Add", ["x", "e"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      scores(), c + [const("shape", [2, 4, 4], np.int64)])
model("softmax_subtracted", [N("Cast", ["m"], ["mf"], to=T.FLOAT), N("Unsqueeze", ["mf", "ax"], ["mu"]), N("Sub", ["mu", "one"], ["inv"]),
                             N("Mul", ["inv", "value"], ["mask"]), N("Add", ["x", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      scores(), [AX, const("one", 1.0), const("value", 1e9)])
model("softmax_float_mask", [N("Unsqueeze", ["m", "ax"], ["mu"]), N("Sub", ["one", "mu"], ["inv"]), N("Mul", ["inv", "value"], ["mask"]),
                             N("Add", ["x", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      scores(kind=np.float32), [AX, const("one", 1.0), const("value", -1e9)])
model("softmax_float_mask_one_hides", [N("Unsqueeze", ["m", "ax"], ["mu"]), N("Mul", ["mu", "value"], ["mask"]),
                                       N("Add", ["x", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      lambda calibrating: {"x": f(2, 4, 4, scale=2.0), "m": 1 - pad4(calibrating).astype("f")}, [AX, const("value", -1e9)])
model("softmax_bool_mask", [N("Not", ["m"], ["h"]), N("Cast", ["h"], ["hf"], to=T.FLOAT), N("Unsqueeze", ["hf", "ax"], ["mu"]),
                            N("Mul", ["mu", "value"], ["mask"]), N("Add", ["x", "mask"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      scores(kind=bool), [AX, const("value", -1e9)])
model("softmax_masked_fill", [N("Equal", ["m", "zero"], ["h"]), N("Unsqueeze", ["h", "ax"], ["u"]), N("Expand", ["u", "shape"], ["e"]),
                              N("Where", ["e", "value", "x"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      scores(), [AX, const("zero", 0, np.int64), const("shape", [2, 4, 4], np.int64), const("value", LOWEST)])
model("softmax_mask_made_as_scores", [N("Cast", ["m"], ["b"], to=T.BOOL), N("Unsqueeze", ["b", "ax"], ["u"]),
                                      N("Where", ["u", "zero", "value"], ["mask"]), N("Add", ["x", "mask"], ["l"]),
                                      N("Softmax", ["l"], ["y"], axis=-1)], scores(), [AX, const("zero", 0.0), const("value", -np.inf)])
model("softmax_of_lengths", [N("Less", ["range", "n"], ["b"]), N("Where", ["b", "x", "value"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      lambda calibrating: {"x": f(3, 6, scale=2.0), "n": (np.full((3, 1), 6) if calibrating else rng.integers(1, 7, (3, 1))).astype("q")},
      [const("range", np.arange(6)[None], np.int64), const("value", -np.inf)])
model("softmax_scaled_after", nodes + [N("Add", ["x", "mask"], ["l"]), N("Mul", ["l", "half"], ["h"]), N("Softmax", ["h"], ["y"], axis=-1)],
      scores(), c + [const("half", 0.125)])
model("softmax_transposed", nodes + [N("Add", ["x", "mask"], ["l"]), N("Transpose", ["l"], ["t"], perm=[0, 2, 1]),
                                     N("Softmax", ["t"], ["y"], axis=1)], scores(), c)
model("softmax_reshaped_heads", nodes + [N("Add", ["x", "mask"], ["l"]), N("Unsqueeze", ["l", "ax"], ["h"]),
                                         N("Softmax", ["h"], ["y"], axis=-1)], scores(), c)
attend = [N("MatMul", ["q", "kt"], ["s0"]), N("Mul", ["s0", "scale"], ["x"])]
model("attention_heads", [N("Unsqueeze", ["m", "ax2"], ["m4"]), N("Cast", ["m4"], ["mf"], to=T.FLOAT), N("Sub", ["one", "mf"], ["inv"]),
                          N("Mul", ["inv", "value"], ["mask"])] + attend +
      [N("Add", ["x", "mask"], ["l"]), N("Softmax", ["l"], ["p"], axis=-1), N("MatMul", ["p", "v"], ["y"])],
      lambda calibrating: {"q": f(2, 2, 5, 4), "kt": f(2, 2, 4, 5), "v": f(2, 2, 5, 4), "m": padding(2, 5)(calibrating)},
      [const("ax2", [1, 2], np.int64), const("one", 1.0), const("value", LOWEST), const("scale", 0.5)])
model("masked_softmax_by_hand", nodes + [N("Add", ["x", "mask"], ["l"]), N("ReduceMax", ["l"], ["g"], axes=[-1]), N("Sub", ["l", "g"], ["d"]),
                                         N("Exp", ["d"], ["e"]), N("ReduceSum", ["e", "last"], ["s"]), N("Div", ["e", "s"], ["y"])],
      scores(), c + [const("last", [-1], np.int64)])
model("logsumexp_masked", nodes + [N("Add", ["x", "mask"], ["l"]), N("ReduceLogSumExp", ["l"], ["y"], axes=[-1], keepdims=0)], scores(), c)

# Actions of a policy.
def actions(calibrating):
    legal = rng.integers(0, 2, (1, 6))
    legal[0, rng.integers(6)] = 1
    return {"o": f(1, 5), "legal": legal}


for name, value in VALUES.items():
    head = [N("MatMul", ["o", "w"], ["x"]), N("Cast", ["legal"], ["b"], to=T.BOOL), N("Where", ["b", "x", "value"], ["l"])]
    c = [const("w", f(5, 6)), const("value", value)]
    model(f"action_{name}", head + [N("ArgMax", ["l"], ["a"], axis=-1, keepdims=0), N("LogSoftmax", ["l"], ["lp"], axis=-1),
                                    N("Softmax", ["l"], ["p"], axis=-1), N("ReduceMax", ["l"], ["v"], axes=[-1], keepdims=0)],
          actions, c, outputs=("a", "lp", "p", "v"), kinds={"a": T.INT64})

# Maxima over positions.
for name, value in VALUES.items():
    head = [N("Cast", ["m"], ["b"], to=T.BOOL), N("Unsqueeze", ["b", "ax"], ["u"]), N("Where", ["u", "x", "value"], ["l"])]
    c = [const("ax", [1], np.int64), const("value", value)]
    w = [const("w", f(3, 3))]
    make = lambda calibrating: {"x": f(2, 3, 8, scale=1.0 if calibrating else 0.8), "m": padding(2, 8)(False)}
    model(f"maxpool_masked_{name}", head + [N("MaxPool", ["l"], ["y"], kernel_shape=[2], strides=[2])], make, c)
    model(f"maxpool_overlapping_masked_{name}", head + [N("MaxPool", ["l"], ["y"], kernel_shape=[3], strides=[1], pads=[1, 1])], make, c)
    model(f"pooled_and_classified_{name}", head + [N("ReduceMax", ["l"], ["g"], axes=[-1], keepdims=0), N("MatMul", ["g", "w"], ["y"])], make, c + w)
    # Over both axes the lowest float is not followed yet on samples in which a row is hidden throughout.
    axes = [2] if name == "lowest" else [1, 2]
    model(f"pooled_over_axes_{name}", head + [N("ReduceMax", ["l"], ["y"], axes=axes, keepdims=0)], make, c)

# Great numbers that are no masks.
model("prices", [N("MatMul", ["x", "w"], ["p"]), N("Mul", ["p", "unit"], ["u"]), N("Add", ["u", "base"], ["a"]), N("Relu", ["a"], ["y"])],
      lambda calibrating: {"x": f(1, 4)}, [const("w", f(4, 1)), const("unit", 20000.0), const("base", 35000.0)])
kinds = itertools.count()
model("prices_by_kind", [N("Cast", ["k"], ["b"], to=T.BOOL), N("Where", ["b", "cheap", "dear"], ["base"]), N("MatMul", ["x", "w"], ["p"]),
                         N("Mul", ["p", "unit"], ["u"]), N("Add", ["u", "base"], ["a"]), N("Relu", ["a"], ["y"])],
      lambda calibrating: {"x": f(1, 4, scale=1.0 if calibrating else 0.7), "k": np.full((1, 1), next(kinds) % 2)},
      [const("w", f(4, 1)), const("unit", 20000.0), const("cheap", -20000.0), const("dear", 50000.0)])
model("rooms", [N("Cast", ["k"], ["r"], to=T.FLOAT), N("Mul", ["r", "unit"], ["a"]), N("Add", ["a", "x"], ["s"]), N("Max", ["s", "least"], ["y"])],
      lambda calibrating: {"x": f(1, 3), "k": rng.integers(0, 6, (1, 3))}, [const("unit", 20000.0), const("least", [30000.0])])
model("sharp_softmax", [N("Mul", ["x", "sharp"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)],
      lambda calibrating: {"x": (rng.permutation(6)[None] * 0.001).astype("f")}, [const("sharp", 20000.0)])

# What ends in a sigmoid or a softmax has its full range.
def detector(calibrating):
    return {"x": rng.uniform(-1, 1, (1, 32)).astype("f") if calibrating else (rng.uniform(0.2, 1, (1, 32)) * rng.choice([-1, 1])).astype("f")}


half = const("w", np.full((32, 1), 0.5))
model("rare_positive", [N("Gemm", ["x", "w", "b"], ["l"]), N("Sigmoid", ["l"], ["y"])], detector, [half, const("b", [-8.0])])
model("rare_positive_and_negative", [N("Gemm", ["x", "w", "b"], ["l"]), N("Sigmoid", ["l"], ["p"]), N("Sub", ["one", "p"], ["n"]),
                                     N("Concat", ["n", "p"], ["y"], axis=1)], detector, [half, const("b", [-8.0]), const("one", [1.0])])
model("rare_class", [N("Gemm", ["x", "w", "b"], ["l"]), N("Softmax", ["l"], ["y"], axis=-1)], detector,
      [const("w", np.stack([np.full(32, 0.5), np.zeros(32), np.full(32, -0.25)], 1)), const("b", [-8.0, 0.0, -3.0])])
model("rare_tanh", [N("Gemm", ["x", "w", "b"], ["l"]), N("Tanh", ["l"], ["y"])], detector, [half, const("b", [-5.0])])

# Logarithms.
model("logsoftmax_far", [N("LogSoftmax", ["x"], ["y"], axis=-1)],
      lambda calibrating: {"x": rng.permutation(np.array([0, -5, -9, -12, -14, -30], "f"))[None]})
model("logsoftmax_farther", [N("LogSoftmax", ["x"], ["y"], axis=-1)], lambda calibrating: {"x": f(1, 10, scale=20.0)})
model("logsoftmax_by_hand", [N("Softmax", ["x"], ["p"], axis=-1), N("Log", ["p"], ["y"])], lambda calibrating: {"x": f(1, 5, scale=2.0)})

# Sizes.
for exponent in (-30, -20, -12, 12, 20, 25):
    size = 10.0 ** exponent
    model(f"output_at_1e{exponent}", [N("MatMul", ["x", "w"], ["p"]), N("Mul", ["p", "size"], ["y"])], lambda calibrating: {"x": f(1, 4)},
          [const("w", f(4, 3)), const("size", size)])
    model(f"input_at_1e{exponent}", [N("Mul", ["x", "size"], ["p"]), N("MatMul", ["p", "w"], ["y"])],
          lambda calibrating, size=size: {"x": f(1, 4, scale=size)}, [const("w", f(4, 3)), const("size", 1 / size)])
    model(f"weights_at_1e{exponent}", [N("MatMul", ["x", "w"], ["y"])], lambda calibrating: {"x": f(1, 4)}, [const("w", f(4, 3, scale=size))])
model("product_at_1e-20", [N("Mul", ["x", "z"], ["y"])],
      lambda calibrating: {"x": f(1, 4, scale=1e-10), "z": f(1, 4, scale=1e-10)})
model("small_then_normalised", [N("Mul", ["x", "tiny"], ["p"]), N("Mul", ["p", "p"], ["q"]), N("Mul", ["q", "huge"], ["y"])],
      lambda calibrating: {"x": f(1, 4)}, [const("tiny", 1e-12), const("huge", 1e24)])

# Functions that are steep near zero, of arguments over many decades.


def decades(least, greatest, *shape):
    """Calibration sees a little more than what is compared."""

    def make(calibrating):
        beyond = 0.2 if calibrating else 0.0
        return {"x": (10.0 ** rng.uniform(least - beyond, greatest + beyond, shape)).astype("f")}

    return make


model("log_over_decades", [N("Log", ["x"], ["y"])], decades(-4, 3, 1, 12))
model("log_of_squares_over_decades", [N("Mul", ["x", "x"], ["q"]), N("Log", ["q"], ["y"])], decades(-1, 2, 1, 12))
model("roots_of_squares_over_decades", [N("LpPool", ["x"], ["y"], kernel_shape=[2], p=2)], decades(-2, 1, 1, 1, 12))
model("power_over_decades", [N("Pow", ["x", "third"], ["y"])], decades(-5, 2, 1, 12), [const("third", 0.3)])

np.savez_compressed(HERE / "ranges.npz", **arrays)
print(len(list(MODELS.glob("*.onnx"))), "models")
