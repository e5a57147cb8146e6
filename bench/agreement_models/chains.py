"""Small networks of several operations, as exporters write them: functions that are written out, masks, folded normalizations, embeddings, heads."""

import numpy as np


def scalar(case, value):
    return case.constant(np.array(value, np.float32))


def mean(case, x, axes, keepdims=1, op="ReduceMean"):
    given, more = case.parameter("axes", axes, op)
    return case.node(op, [x, *more], **given, keepdims=keepdims)


def softmax(case, x):
    """Written out, with and without the maximum."""
    if case.chance(0.6):
        x = case.node("Sub", [x, mean(case, x, [-1] if case.opset >= 11 else [1], op="ReduceMax")])
    e = case.node("Exp", [x])
    return case.node("Div", [e, mean(case, e, [-1] if case.opset >= 11 else [1], op="ReduceSum")])


def gelu(case, x):
    if case.chance(0.5) and case.opset >= 9:
        inner = case.node("Erf", [case.node("Div", [x, scalar(case, 2**0.5)])])
    else:
        cube = case.node("Pow", [x, scalar(case, 3.0)])
        inner = case.node("Mul", [case.node("Add", [x, case.node("Mul", [cube, scalar(case, 0.044715)])]), scalar(case, 0.7978845608)])
        inner = case.node("Tanh", [inner])
    half = case.node("Mul", [x, scalar(case, 0.5)])
    return case.node("Mul", [half, case.node("Add", [inner, scalar(case, 1.0)])])


def layer_norm(case, x, width):
    axes = [-1] if case.opset >= 11 else [1]
    centred = case.node("Sub", [x, mean(case, x, axes)])
    square = case.node("Mul", [centred, centred]) if case.chance(0.5) else case.node("Pow", [centred, scalar(case, 2.0)])
    deviation = case.node("Sqrt", [case.node("Add", [mean(case, square, axes), scalar(case, 0.01)])])
    y = case.node("Div", [centred, deviation])
    return case.node("Add", [case.node("Mul", [y, case.constant(case.reals((width,), 0.5, 1.5))]), case.constant(case.reals((width,)))])


def dense(case):
    """Layers of a perceptron with whatever stands between them."""
    rows, width = case.int(1, 3), case.int(3, 5)
    x = case.input((rows, width))
    for _ in range(case.int(1, 3)):
        new = case.int(2, 5)
        if case.chance(0.5):
            x = case.node("Gemm", [x, case.constant(case.reals((new, width), -0.7, 0.7)), case.constant(case.reals((new,)))], transB=1)
        else:
            x = case.node("Add", [case.node("MatMul", [x, case.constant(case.reals((width, new), -0.7, 0.7))]), case.constant(case.reals((new,)))])
        width = new
        kind = case.int(0, 8)
        if kind == 0:
            x = gelu(case, x)
        elif kind == 1:
            x = layer_norm(case, x, width)
        elif kind == 2:
            x = case.node("Mul", [x, case.node("Sigmoid", [x])])
        elif kind == 3:
            x = softmax(case, x)
        elif kind == 4:
            x = case.node("Relu", [x])
        elif kind == 5:
            x = case.node("Add", [x, case.node("Tanh", [x])])
        elif kind == 6:
            x = case.node("Clip", [x], min=0.0, max=1.0) if case.opset < 11 else case.node("Clip", [x, scalar(case, 0.0), scalar(case, 1.0)])
    case.output(x)
    # Differences of what is of size one: that they nearly vanish makes them no more precise.
    case.floor = 1e-2


def image(case):
    """Convolutions with folded normalizations, residual sums, pools, and a head."""
    c = case.int(1, 3)
    x = case.input((1, c, 6, 6))
    for _ in range(case.int(1, 2)):
        new = case.int(1, 4)
        x = case.node("Conv", [x, case.constant(case.reals((new, c, 3, 3), -0.5, 0.5))], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        c = new
        if case.chance(0.5):
            parts = [case.constant(case.reals((c,), 0.4, 1.4)) if i in (0, 3) else case.constant(case.reals((c,), -0.5, 0.5)) for i in range(4)]
            x = case.node("BatchNormalization", [x, *parts])
        if case.chance(0.4):
            x = case.node("Add", [x, case.node("Relu", [x])])
        x = case.node(case.pick("Relu", "LeakyRelu", "Sigmoid", "Elu"), [x])
    if case.chance(0.5):
        x = case.node(case.pick("MaxPool", "AveragePool"), [x], kernel_shape=[2, 2], strides=[2, 2])
    if case.chance(0.5):
        x = case.node("GlobalAveragePool", [x])
        x = case.node("Flatten", [x])
        x = case.node("Gemm", [x, case.constant(case.reals((c, 3))), case.constant(case.reals((3,)))])
    case.output(x)


MASKS = (-1e9, float(np.finfo(np.float32).min), -np.inf, -1e4)


def masked(case):
    """What is masked, by sums, choices or products, and read by what looks for the greatest."""
    rows, width = case.int(1, 3), case.int(2, 5)
    x = case.input((rows, width), -2, 2, grid=8)
    never = case.pick(*MASKS)
    case.far = 5e3
    kept = case.rng.random((rows, width)) < 0.6
    kept[:, case.int(0, width - 1)] = True
    way = case.int(0, 4)
    if way == 0:
        y = case.node("Add", [x, case.constant(np.where(kept, 0, never).astype(np.float32))])
    elif way == 1:
        y = case.node("Where", [case.constant(kept), x, scalar(case, never)]) if case.opset >= 9 else case.node("Add", [x, x])
    elif way == 2 and np.isfinite(never):
        given = case.input((rows, width), values=np.stack([np.where(np.arange(width) == case.int(0, width - 1), 1, case.rng.random((rows, width)) < 0.5)
                                                           for _ in range(4)]).astype(np.float32))
        y = case.node("Add", [x, case.node("Mul", [case.node("Sub", [scalar(case, 1.0), given]), scalar(case, never)])])
    elif way == 3 and case.opset >= 9:
        given = case.input((rows, width), dtype=bool, values=np.stack([(np.arange(width) == case.int(0, width - 1)) | (case.rng.random((rows, width)) < 0.5)
                                                                      for _ in range(4)]))
        y = case.node("Where", [given, x, scalar(case, never)])
    else:
        both = case.node("Max", [case.constant(np.where(kept, 0, never).astype(np.float32)), scalar(case, never)])
        y = case.node("Add", [x, both])
    reader = case.pick("Softmax", "Softmax", "ArgMax", "ReduceMax", "LogSoftmax", "TopK")
    if reader == "LogSoftmax":
        # Where one entry is seen alone its logarithm is zero, of columns that may be zero throughout.
        case.floor = 1e-2
    if reader == "ReduceMax":
        case.output(mean(case, y, [1], op="ReduceMax"))
    elif reader == "TopK" and case.opset >= 10:
        values, places = case.node("TopK", [y, case.constant(np.array([1], np.int64))], 2, axis=1)
        case.output(values), case.output(places)
    elif reader == "ArgMax":
        case.output(case.node("ArgMax", [y], axis=1))
    else:
        case.output(case.node("Softmax" if reader == "TopK" else reader, [y], axis=1))


masked.opset = (8, 26)


def transformer(case):
    """An attention block written out: heads split by Reshape and Transpose, a causal mask, a softmax, a projection."""
    length, heads, size = case.int(2, 4), case.int(1, 2), case.int(1, 3)
    width = heads * size
    x = case.input((1, length, width), -1, 1)
    parts = []
    for _ in range(3):
        p = case.node("MatMul", [x, case.constant(case.reals((width, width), -0.8, 0.8))])
        if case.chance(0.5):
            p = case.node("Add", [p, case.constant(case.reals((width,), -0.3, 0.3))])
        parts.append(case.node("Transpose", [case.reshape(p, (0, -1, heads, size))], perm=[0, 2, 1, 3]))
    q, k, v = parts
    scores = case.node("MatMul", [q, case.node("Transpose", [k], perm=[0, 1, 3, 2])])
    scores = case.node("Div", [scores, scalar(case, size**0.5)]) if case.chance(0.5) else case.node("Mul", [scores, scalar(case, size**-0.5)])
    if case.chance(0.6):
        causal = np.triu(np.full((length, length), case.pick(*MASKS)), 1).astype(np.float32)
        causal[np.tril_indices(length)] = 0
        scores = case.node("Add", [scores, case.constant(causal)])
    y = case.node("MatMul", [case.node("Softmax", [scores], axis=3 if case.opset < 11 else -1), v])
    y = case.reshape(case.node("Transpose", [y], perm=[0, 2, 1, 3]), (1, length, width))
    if case.chance(0.5):
        y = layer_norm3(case, case.node("Add", [x, y]), width)
    case.output(y)


def layer_norm3(case, x, width):
    if case.opset >= 17 and case.chance(0.5):
        return case.node("LayerNormalization", [x, case.constant(case.reals((width,), 0.5, 1.5))], axis=-1, epsilon=0.01)
    centred = case.node("Sub", [x, mean(case, x, [2])])
    deviation = case.node("Sqrt", [case.node("Add", [mean(case, case.node("Mul", [centred, centred]), [2]), scalar(case, 0.01)])])
    return case.node("Div", [centred, deviation])


def integers(case):
    """Index arithmetic on computed integers: tokens, positions, comparisons, casts."""
    length = case.int(1, 4)
    tokens = case.input((1, length), 0, 7, np.int64)
    x = case.node("Gather", [case.constant(case.reals((8, 3))), tokens])
    kind = case.int(0, 3)
    if kind == 0:
        mask = case.node("Cast", [case.node("Not", [case.node("Equal", [tokens, case.constant(np.array(0, np.int64))])])], to=1)
        x = case.node("Mul", [x, case.reshape(mask, (1, length, 1))])
    elif kind == 1:
        shifted = case.node("Mod", [case.node("Add", [tokens, case.constant(np.array(3, np.int64))]), case.constant(np.array(8, np.int64))]) \
            if case.opset >= 10 else tokens
        x = case.node("Add", [x, case.node("Gather", [case.constant(case.reals((8, 3))), shifted])])
    elif kind == 2:
        x = case.node("Mul", [x, case.reshape(case.node("Cast", [tokens], to=1), (1, length, 1))])
    case.output(x)


integers.opset = (8, 26)


def many_types(case):
    """Floats of other widths in the middle of a model."""
    shape = case.shape()
    x = case.input(shape)
    to = case.pick(10, 11, 16 if case.opset >= 13 else 10)
    h = case.node("Cast", [x], to=to)
    if to == 11:
        h = case.node("Add", [h, case.constant(np.array(0.75, np.float64))])
    else:
        case.half()
    case.output(case.node("Tanh", [case.node("Cast", [h], to=1)]))


OPERATIONS = {"perceptron": (dense, 10), "image": (image, 8), "masked": (masked, 12), "transformer": (transformer, 8), "integers": (integers, 5),
              "many types": (many_types, 2)}
