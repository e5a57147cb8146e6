"""Quantized models: QuantizeLinear and DequantizeLinear around operations, operations between integers, dynamic quantization."""

import functools

import numpy as np

from .case import MICROSOFT

KINDS = {np.uint8: (0, 255), np.int8: (-128, 127), np.uint16: (0, 65535), np.int16: (-32768, 32767)}


@functools.cache
def saturates():
    """Whether onnxruntime gives wrong sums of products of 8 bits with signed weights: without the instructions of VNNI, its kernels
    add pairs of products in 16 bits (its documentation of quantization, "when to use reduce-range")."""
    import onnxruntime
    from onnx import TensorProto, helper

    row, column = (helper.make_tensor_value_info(n, t, s) for n, t, s in (("a", TensorProto.UINT8, [1, 8]), ("c", TensorProto.INT32, [1, 1])))
    weights = helper.make_tensor("b", TensorProto.INT8, [8, 1], [127] * 8)
    graph = helper.make_graph([helper.make_node("MatMulInteger", ["a", "b"], ["c"])], "saturation", [row], [column], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"a": np.full((1, 8), 255, np.uint8)})[0].item() != 8 * 255 * 127


def weights(case, shape, dtype=np.int8, low=None):
    """Weights of an integer product, which fit in 7 bits where onnxruntime is wrong otherwise."""
    drawn = case.whole(shape, KINDS[dtype][0] if low is None else low, KINDS[dtype][1], dtype)
    return np.clip(drawn, -64, 63) if dtype is np.int8 and saturates() else drawn


def kind(case, op="QuantizeLinear"):
    wide = case.opset >= 21 and case.chance(0.25)
    return case.pick(np.uint16, np.int16) if wide else case.pick(np.uint8, np.int8)


def scale(case, dtype, reach=2.0):
    """A scale that covers numbers up to `reach`, and sometimes less: what is beyond saturates."""
    low, high = KINDS[dtype]
    return np.float32(reach * case.rng.uniform(0.6, 1.3) * 2 / (high - low))


def zero(case, dtype):
    low, high = KINDS[dtype]
    return dtype((low + high + 1) // 2 + case.int(-9, 9)) if case.chance(0.7) or dtype in (np.uint8, np.uint16) else dtype(0)


def quantized(case, x, dtype=None, reach=2.0):
    """The integers of a tensor, their scale as a tensor and as a number, and the zero point."""
    dtype = dtype or kind(case)
    step = scale(case, dtype, reach)
    s, z = case.constant(np.array(step)), case.constant(np.array(zero(case, dtype), dtype))
    return case.node("QuantizeLinear", [x, s, z]), s, step, z


def around(case, x, reach=2.0, dtype=None):
    """A tensor, quantized and dequantized."""
    q, s, _, z = quantized(case, x, dtype, reach)
    return case.node("DequantizeLinear", [q, s, z])


def blocks_of(case, shape):
    """An axis, the length of blocks along it, and the shape of their scales."""
    axis = case.axis(len(shape), negative=False)
    size = case.int(1, shape[axis])
    return axis, size, tuple(-(-d // size) if a == axis else d for a, d in enumerate(shape))


def quantize(case):
    """Along an axis or as a whole; ties go to even, what is beyond the type saturates."""
    shape = case.shape()
    dtype = kind(case)
    step = 0.25 if np.dtype(dtype).itemsize == 1 else 2**-10
    x = case.input(shape, -3, 3, grid=16)
    per_axis = case.has("axis") and case.chance(0.4)
    if case.has("block_size") and case.chance(0.3):
        axis, size, blocks = blocks_of(case, shape)
        scales = case.constant((step * 2.0 ** case.whole(blocks, -3, 2)).astype(np.float32))
        zeros = case.constant(case.whole(blocks, max(KINDS[dtype][0], -5), 9, dtype))
        q = case.this([x, scales, zeros], axis=axis, block_size=size)
    elif per_axis:
        axis = case.axis(len(shape))
        scales = (step * 2.0 ** case.whole((shape[axis],), -3, 2)).astype(np.float32)
        zeros = case.whole((shape[axis],), max(KINDS[dtype][0], -5), 9, dtype)
        q = case.this([x, case.constant(scales), case.constant(zeros)], axis=axis)
    else:
        inputs = [x, case.constant(np.array(step * 2.0 ** case.int(-3, 2), np.float32))]
        if case.chance(0.7) or dtype not in (np.uint8,):
            inputs.append(case.constant(np.array(zero(case, dtype), dtype)))
        q = case.this(inputs)
    case.output(q)


def dequantize(case):
    shape = case.shape()
    dtype = kind(case) if case.chance(0.85) else np.int32
    low, high = KINDS.get(dtype, (-1000, 1000))
    constant = case.chance(0.3)
    x = case.constant(case.whole(shape, low, high, dtype)) if constant else case.input(shape, low, high, dtype)
    per_axis = case.has("axis") and case.chance(0.4)
    if case.has("block_size") and dtype != np.int32 and case.chance(0.3):
        axis, size, blocks = blocks_of(case, shape)
        scales, zeros = case.reals(blocks, 0.01, 0.2), case.whole(blocks, max(low, -5), 9, dtype)
        y = case.this([x, case.constant(scales), case.constant(zeros)], axis=axis, block_size=size)
    elif per_axis:
        axis = case.axis(len(shape))
        inputs = [x, case.constant(case.reals((shape[axis],), 0.01, 0.2))]
        if dtype != np.int32 and case.chance(0.6):
            inputs.append(case.constant(case.whole((shape[axis],), max(low, -5), 9, dtype)))
        y = case.this(inputs, axis=axis)
    else:
        inputs = [x, case.constant(np.array(case.rng.uniform(0.01, 0.2), np.float32))]
        if dtype != np.int32 and case.chance(0.7):
            inputs.append(case.constant(np.array(zero(case, dtype), dtype)))
        y = case.this(inputs)
    if constant:
        y = case.node("Add", [y, case.input(shape)])
    case.output(y)


def chain(case):
    """QDQ around a layer, as quantizers export it: activations of 8 or 16 bits, weights per tensor or per axis, biases of 32 bits."""
    what = case.pick("Conv", "MatMul", "Gemm", "Add", "Mul", "Relu", "Sigmoid", "AveragePool", "MaxPool", "Concat", "Softmax", "GlobalAveragePool", "Transpose")
    if what in ("Conv", "AveragePool", "MaxPool", "GlobalAveragePool"):
        x = case.input((1, 2, 4, 4))
    else:
        x = case.input((2, 4))
    dtype = kind(case)
    h = around(case, x, dtype=dtype)
    real_bias = False
    if what in ("Conv", "MatMul", "Gemm"):
        shape = (3, 2, 2, 2) if what == "Conv" else (4, 3)
        w = case.whole(shape, -127, 127, np.int8)
        axis = 0 if what == "Conv" else 1
        if case.opset >= 13 and case.chance(0.5):
            scales = case.constant(case.reals((3,), 0.002, 0.01))
            w = case.node("DequantizeLinear", [case.constant(w), scales, case.constant(np.zeros(3, np.int8))], axis=axis)
        else:
            w = case.node("DequantizeLinear", [case.constant(w), case.constant(np.array(0.007, np.float32)), case.constant(np.array(0, np.int8))])
        real_bias = what != "MatMul" and case.chance(0.6)
        y = case.node(what, [h, w, case.constant(case.reals((3,))) if real_bias else None])
    elif what in ("Add", "Mul", "Concat"):
        other = around(case, case.input((2, 4)), dtype=dtype)
        y = case.node(what, [h, other], **({"axis": 1} if what == "Concat" else {}))
    elif what in ("AveragePool", "MaxPool"):
        y = case.node(what, [h], kernel_shape=[2, 2], strides=[2, 2])
    elif what == "Softmax":
        y = case.node(what, [h], axis=1)
    else:
        y = case.node(what, [h])
    if case.chance(0.7):
        q, s, step, z = quantized(case, y, dtype, reach=1.0 if what in ("Softmax", "Sigmoid") else 3.0)
        is_integer = case.chance(0.3)
        case.output(q if is_integer else case.node("DequantizeLinear", [q, s, z]))
        # What is computed with reals of 16 bits, and then rounded, may fall on the other side of a half.
        if real_bias or what in ("AveragePool", "GlobalAveragePool", "Softmax") or np.dtype(dtype).itemsize > 1:
            case.integer_step = 1 if is_integer else step
    else:
        case.output(y)


chain.opset = (10, 26)


def linear_product(case):
    """QLinearMatMul, and the convolution."""
    dtype = case.pick(np.uint8, np.int8)
    out = dtype
    sx, sw, sy = (np.array(case.rng.uniform(*b), np.float32) for b in ((0.01, 0.03), (0.005, 0.02), (0.03, 0.1)))
    zx, zy = np.array(zero(case, dtype), dtype), np.array(zero(case, out), out)
    low, high = KINDS[dtype]
    if case.op == "QLinearMatMul":
        n, k, m = case.int(1, 3), case.int(1, 5), case.int(1, 3)
        wtype = case.pick(dtype, np.int8)
        x = case.input((n, k), low, high, dtype)
        w = case.constant(weights(case, (k, m), wtype))
        case.output(case.this([x, case.constant(sx), case.constant(zx), w, case.constant(sw), case.constant(np.array(zero(case, wtype), wtype)),
                               case.constant(sy), case.constant(zy)]))
        return
    c, out_channels, group = case.int(1, 2), case.int(1, 2), case.pick(1, 2)
    x = case.input((1, c * group, 4, 4), low, high, dtype)
    w = weights(case, (out_channels * group, c, 2, 2))
    per_axis = case.chance(0.5)
    scales = case.reals((out_channels * group,), 0.005, 0.02) if per_axis else sw
    zeros = np.zeros(out_channels * group, np.int8) if per_axis else np.array(0, np.int8)
    bias = [case.constant(case.whole((out_channels * group,), -900, 900, np.int32))] if case.chance(0.5) else []
    attributes = {"group": group} if group > 1 else {}
    attributes |= case.some(strides=[2, 1], pads=[case.int(0, 1) for _ in range(4)])
    case.output(case.this([x, case.constant(sx), case.constant(zx), case.constant(w), case.constant(scales), case.constant(zeros), case.constant(sy),
                           case.constant(zy), *bias], **attributes))


def integer_product(case):
    """MatMulInteger and ConvInteger: sums of 32 bits."""
    a, b = case.pick(np.uint8, np.int8), case.pick(np.uint8, np.int8)
    if case.op == "MatMulInteger":
        n, k, m = case.int(1, 3), case.int(1, 5), case.int(1, 3)
        x = case.input((n, k), *KINDS[a], a)
        w = case.constant(weights(case, (k, m), b))
        zeros = [case.constant(np.array(zero(case, a), a)) if case.chance(0.6) else None]
        zeros.append(case.constant(np.array(zero(case, b), b) if case.chance(0.6) else case.whole((m,), *KINDS[b], b)) if case.chance(0.5) else None)
        case.output(case.this([x, w, *zeros]))
    else:
        x = case.input((1, 2, 4, 4), 0, 255, np.uint8)
        w = case.constant(case.whole((2, 2, 2, 2), *KINDS[np.uint8], np.uint8))
        zeros = [case.constant(np.array(case.int(0, 200), np.uint8))] if case.chance(0.6) else []
        case.output(case.this([x, w, *zeros], **case.some(strides=[2, 2], pads=[1, 0, 0, 1])))


def dynamic(case):
    """DynamicQuantizeLinear with an integer product: it is proven as the float model behind it, so that the steps of 8 bits are allowed for."""
    k, m = case.int(2, 6), case.int(1, 4)
    x = case.input((case.int(1, 3), k))
    q, s, z = case.node("DynamicQuantizeLinear", [x], 3)
    summed = case.node("MatMulInteger", [q, case.constant(weights(case, (k, m), low=-127)), z, case.constant(np.array(0, np.int8))])
    product = case.node("Mul", [s, case.constant(np.array(0.01, np.float32))])
    y = case.node("Mul", [case.node("Cast", [summed], to=1), product])
    if case.chance(0.5):
        y = case.node("Add", [y, case.constant(case.reals((m,)))])
    case.output(y)
    # A step is 1/255 of the range; each of up to six products may be half a step off, but not all to one side.
    case.tolerance = case.integer_tolerance = 0.02
    case.floor = 1.0


dynamic.opset = (11, 26)

def microsoft(case):
    """onnxruntime's own operations between quantized tensors."""
    case.opset = max(case.opset, 11)
    dtype = case.pick(np.uint8, np.int8)
    shape = case.shape(least_rank=2, most_rank=3)

    def scaled(reach=2.0):
        return case.constant(np.array(scale(case, dtype, reach))), case.constant(np.array(zero(case, dtype), dtype))

    def tensor(shape=shape):
        return case.input(shape, *KINDS[dtype], dtype)

    own = {"domain": MICROSOFT}
    if case.op in ("QLinearAdd", "QLinearMul"):
        other = case.constant(case.whole(case.broadcast(shape), *KINDS[dtype], dtype)) if case.chance(0.3) else tensor(case.broadcast(shape))
        y = case.this([tensor(), *scaled(), other, *scaled(), *scaled(4.0)], **own)
    elif case.op == "QLinearSigmoid":
        y = case.this([tensor(), *scaled(4.0), *scaled(1.0)], **own)
    elif case.op == "QLinearLeakyRelu":
        y = case.this([tensor(), *scaled(), *scaled()], alpha=round(float(case.rng.uniform(0.01, 0.5)), 2), **own)
    else:
        axis = case.axis(len(shape))
        parts = []
        for _ in range(case.int(1, 3)):
            lengths = list(shape)
            lengths[axis] = case.int(1, 3)
            parts += [tensor(lengths), *scaled()]
        y = case.this([*scaled(), *parts], axis=axis, **own)
    case.output(y)


DOMAINS = {op: MICROSOFT for op in ("QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearConcat")}
OPERATIONS = {**{op: microsoft for op in DOMAINS}, "QuantizeLinear": (quantize, 4), "DequantizeLinear": (dequantize, 3), "QDQ": (chain, 10), "QLinearMatMul": (linear_product, 3),
              "QLinearConv": (linear_product, 3), "MatMulInteger": (integer_product, 2), "ConvInteger": integer_product,
              "DynamicQuantizeLinear": (dynamic, 3)}
