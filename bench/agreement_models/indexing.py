"""Operations that choose entries by indices: gathers, scatters, one-hot codes, compressions, reversed sequences."""

import numpy as np

from .shape import anything


def indices(case, shape, length, constant=None):
    """Indices below a length, some of them counted from the end; often an input."""
    wraps = case.opset >= 11
    low = -length if wraps and case.chance(0.5) else 0
    dtype = case.pick(np.int64, np.int32)
    if constant is None:
        constant = case.chance(0.5)
    if constant:
        return case.constant(case.whole(shape, low, length - 1, dtype))
    return case.input(shape, low, length - 1, dtype)


def gather(case):
    shape = case.shape()
    axis = case.axis(len(shape), case.opset >= 11)
    attributes = {"axis": axis} if axis != 0 or case.chance(0.5) else {}
    chosen = indices(case, case.shape(least_rank=0, most_rank=2), shape[axis])
    if case.chance(0.4):
        # An embedding: a constant table.
        table = case.constant(case.reals(shape))
        case.output(case.this([table, chosen], **attributes))
        if not case.inputs:
            case.output(case.node("Neg", [case.input((2,))]))
    else:
        case.output(case.this([anything(case, shape), chosen], **attributes))


def gather_elements(case):
    shape = case.shape()
    axis = case.axis(len(shape))
    chosen = [case.int(1, d) for d in shape]
    chosen[axis] = case.int(1, 4)
    attributes = {"axis": axis} if axis != 0 or case.chance(0.5) else {}
    case.output(case.this([anything(case, shape), indices(case, chosen, shape[axis])], **attributes))


def gather_nd(case):
    shape = case.shape(least_rank=1)
    batch = case.int(0, len(shape) - 1) if case.has("batch_dims") and case.chance(0.4) else 0
    depth = case.int(1, len(shape) - batch)
    outer = [*shape[:batch], *case.shape(least_rank=0 if batch else 1, most_rank=2, most=3)]
    least = -1 if case.chance(0.5) else 0
    sizes = shape[batch:batch + depth]
    values = np.stack([case.whole(outer, -d if least else 0, d - 1) for d in sizes], axis=-1)
    chosen = case.constant(values) if case.chance(0.6) else case.input(values.shape, dtype=np.int64, values=np.stack([
        np.stack([case.whole(outer, -d if least else 0, d - 1) for d in sizes], axis=-1) for _ in range(4)]))
    case.output(case.this([anything(case, shape), chosen], **({"batch_dims": batch} if batch else {})))


def distinct(case, shape, axis, length, chosen):
    """Indices that do not repeat along an axis."""
    lead = [d for i, d in enumerate(chosen) if i != axis % len(shape)]
    rows = np.stack([case.rng.permutation(length)[:chosen[axis]] for _ in range(int(np.prod(lead)))])
    values = np.moveaxis(rows.reshape(*lead, chosen[axis]), -1, axis % len(shape))
    return np.where(case.rng.random(values.shape) < 0.3, values - length, values) if case.chance(0.5) and case.opset >= 11 else values


def scatter_elements(case):
    shape = case.shape()
    axis = case.axis(len(shape), case.opset >= 11)
    chosen = [case.int(1, d) for d in shape]
    reduction = case.some(reduction=case.pick("none", "add", "mul", "max", "min"))
    if reduction.get("reduction") in ("max", "min") and case.opset < 18:
        reduction = {}
    if reduction.get("reduction", "none") == "none":
        values = distinct(case, shape, axis, shape[axis], chosen)
    else:
        values = case.whole(chosen, 0, shape[axis] - 1)
    data = case.input(shape)
    updates = case.input(chosen) if case.chance(0.7) else case.constant(case.reals(chosen))
    attributes = {"axis": axis} if axis != 0 or case.chance(0.5) else {}
    case.output(case.this([data, case.constant(values.astype(np.int64)), updates], **attributes, **reduction))


def scatter_nd(case):
    shape = case.shape(most=4)
    depth = case.int(1, len(shape))
    count = case.int(1, int(np.prod(shape[:depth])))
    reduction = case.some(reduction=case.pick("none", "add", "mul", "max", "min"))
    if reduction.get("reduction") in ("max", "min") and case.opset < 18:
        reduction = {}
    repeat = reduction.get("reduction", "none") != "none" and case.chance(0.5)
    flat = case.rng.integers(0, int(np.prod(shape[:depth])), count) if repeat else case.rng.permutation(int(np.prod(shape[:depth])))[:count]
    values = np.stack(np.unravel_index(flat, shape[:depth]), axis=-1).astype(np.int64)
    if case.chance(0.3) and case.opset >= 11:
        values = values - np.array(shape[:depth], np.int64) * (case.rng.random(values.shape) < 0.4)
    updates = (count, *shape[depth:])
    given = case.input(updates) if case.chance(0.7) else case.constant(case.reals(updates))
    case.output(case.this([case.input(shape), case.constant(values.astype(np.int64)), given], **reduction))


def one_hot(case):
    depth = case.int(1, 6)
    shape = case.shape(most_rank=3)
    dtype = case.pick(np.int64, np.int64, np.int32, np.float32)
    low, high = (-depth, depth + 1) if case.chance(0.3) and case.opset >= 11 else (0, depth - 1)
    chosen = case.input(shape, low, high, dtype, grid=1)
    kind = case.pick(np.float32, np.int64)
    values = case.constant(np.array([case.pick(0, -1), case.pick(1, 3)], kind))
    axis = case.int(-len(shape) - 1, len(shape)) if case.opset >= 11 else case.pick(-1, case.int(0, len(shape)))
    count = case.constant(np.array(depth if case.chance(0.5) else [depth], case.pick(np.int64, np.float32)))
    case.output(case.this([chosen, count, values], **case.some(axis=axis)))


def of_constants(case):
    """NonZero, Unique and Compress, whose shape depends on values: of constants."""
    x = case.input(case.shape(2, most=5))
    if case.op == "NonZero":
        made = case.this([case.constant((case.rng.random(case.shape(most_rank=2)) < 0.7).astype(case.pick(np.float32, np.int64, np.bool_)))])
        case.output(case.node("Gather", [x, case.constant(np.array([0], np.int64))]))
        case.output(made)
    elif case.op == "Unique":
        values = case.whole(case.shape(most_rank=2, most=5), 0, 3, case.pick(np.int64, np.float32))
        attributes = case.some(sorted=case.int(0, 1), axis=case.axis(values.ndim) if case.chance(0.4) else None)
        found = case.this([case.constant(values)], 4, **attributes)
        for name in found:
            if case.chance(0.7):
                case.output(name)
        case.output(case.node("Neg", [x]))
    else:
        shape = case.inputs[-1][2]
        axis = case.axis(len(shape), case.opset >= 11) if case.chance(0.7) else None
        length = shape[axis] if axis is not None else int(np.prod(shape))
        kept = case.rng.random(case.int(1, length)) < 0.6
        kept[0] = True
        case.output(case.this([x, case.constant(kept)], **({} if axis is None else {"axis": axis})))


def reverse_sequence(case):
    shape = case.shape(least_rank=2, most=5)
    time = case.int(0, 1)
    lengths = case.whole((shape[1 - time],), 1, shape[time])
    case.output(case.this([case.data(shape), case.constant(lengths)], batch_axis=1 - time, time_axis=time))


def tensor_scatter(case):
    batch, length, width = case.int(1, 2), case.int(3, 5), case.int(1, 3)
    heads = [case.int(1, 2)] if case.chance(0.5) else []
    new = case.int(1, length - 1)
    mode = case.pick("linear", "circular")
    most = length - new if mode == "linear" else length - 1
    more = [case.constant(case.whole((batch,), 0, most))] if case.chance(0.7) else []
    axis = {"axis": -2} if case.chance(0.5) else {"axis": 1 + len(heads)}
    inputs = [case.input((batch, *heads, length, width)), case.input((batch, *heads, new, width)), *more]
    case.output(case.this(inputs, **axis, **({"mode": mode} if mode != "linear" or case.chance(0.5) else {})))


def loss(case):
    """Losses on labels, some of them ignored, with weights of classes or without."""
    n, classes, inner = case.int(1, 3), case.int(2, 5), case.shape(least_rank=0, most_rank=2, most=3)
    scores = case.input((n, classes, *inner), -3, 3)
    attributes = case.some(reduction=case.pick("none", "sum", "mean"))
    labels = case.whole((4, n, *inner), 0, classes - 1, case.pick(np.int32, np.int64))
    if case.chance(0.5):
        ignored = case.pick(-1, -100, classes + 4, 0)
        attributes["ignore_index"] = ignored
        gone = case.rng.random(labels.shape) < 0.4
        if ignored < 0 or ignored >= classes:
            labels[gone] = ignored
        # A mean of nothing is no number.
        labels[:, 0, ...] = classes - 1
    more = []
    if case.chance(0.5):
        more = [case.constant(case.reals((classes,), 0.2, 2)) if case.chance(0.6) else case.input((classes,), 0.2, 2)]
    inputs = [scores, case.input(labels.shape[1:], dtype=labels.dtype, values=labels), *more]
    wanted = case.int(1, 2) if case.op == "SoftmaxCrossEntropyLoss" else 1
    results = case.this(inputs, wanted, **attributes)
    for name in [results] if wanted == 1 else results:
        case.output(name)


OPERATIONS = {
    "NegativeLogLikelihoodLoss": loss, "SoftmaxCrossEntropyLoss": loss,
    "Gather": (gather, 3), "GatherElements": (gather_elements, 2), "GatherND": (gather_nd, 3), "ScatterElements": (scatter_elements, 2),
    "Scatter": scatter_elements, "ScatterND": (scatter_nd, 2), "OneHot": (one_hot, 2), "NonZero": of_constants, "Unique": of_constants,
    "Compress": of_constants, "ReverseSequence": reverse_sequence, "TensorScatter": tensor_scatter,
}
