"""Normalizations: over batches, instances, groups, layers, vectors, and neighbouring channels."""

import numpy as np


def batch(case):
    channels = case.int(1, 3)
    shape = (case.int(1, 3), channels, *case.shape(least_rank=0, most_rank=3))
    x = case.data(shape, dtype=case.float_type())
    parts = [case.reals((channels,), 0.3, 2), case.reals((channels,)), case.reals((channels,)), case.reals((channels,), 0.2, 2)]
    attributes = case.some(epsilon=round(float(case.rng.uniform(1e-4, 0.3)), 4), momentum=0.8, spatial=1)
    case.output(case.this([x, *(case.constant(p.astype(case.inputs[0][1])) for p in parts)], **attributes))


def instance(case):
    channels = case.int(1, 3)
    shape = (case.int(1, 2), channels, case.int(3, 5), *(case.int(2, 4) for _ in range(case.int(0, 2))))
    scale, bias = (case.constant(case.reals((channels,), *bounds)) for bounds in ((0.3, 2), (-1, 1)))
    case.output(case.this([case.data(shape), scale, bias], **case.some(epsilon=round(float(case.rng.uniform(1e-3, 0.3)), 4))))


def layer(case):
    shape = (*case.shape(least_rank=0, most_rank=3, most=3), case.int(3, 6))
    axis = case.axis(len(shape)) if case.chance(0.7) else None
    over = shape[-1:] if axis is None else shape[axis % len(shape):]
    x = case.data(shape)
    scale = case.constant(case.reals(over, 0.3, 2))
    more = [case.constant(case.reals(over))] if case.op == "LayerNormalization" and case.chance(0.6) else []
    attributes = case.some(epsilon=round(float(case.rng.uniform(1e-3, 0.3)), 4)) | ({} if axis is None else {"axis": axis})
    if case.op == "LayerNormalization" and case.chance(0.15):
        results = case.this([x, scale, *more], 3, **attributes)
        [case.output(r) for r in results]
    else:
        case.output(case.this([x, scale, *more], **attributes))


def group(case):
    groups, per = case.int(1, 3), case.int(1, 2)
    shape = (case.int(1, 2), groups * per, *(case.int(2, 3) for _ in range(case.int(1, 2))))
    count = groups if case.opset < 21 else groups * per
    scale, bias = case.constant(case.reals((count,), 0.3, 2)), case.constant(case.reals((count,)))
    case.output(case.this([case.data(shape), scale, bias], num_groups=groups, **case.some(epsilon=0.01)))


def vector(case):
    # A vector of one entry is a sign, which no integer near zero has for sure.
    shape = tuple(case.int(2, 5) for _ in range(case.int(1, 4)))
    p = case.pick(1, 2)
    case.output(case.this([case.data(shape, 0.2 if case.chance(0.3) else -2, 2)], **case.some(axis=case.axis(len(shape)), p=p)))


def mean_variance(case):
    # Of two entries nothing is left but a sign, which no two near each other have for sure.
    shape = (case.int(2, 3), case.pick(1, 3, 4), case.int(3, 4), case.int(3, 4))
    axes = case.pick([0, 2, 3], [0, 1, 2, 3], [2, 3], [-1], [1])
    case.output(case.this([case.data(shape)], **case.some(axes=axes)))


def local_response(case):
    shape = (case.int(1, 2), case.int(1, 6), *case.shape(2, most=3))
    case.output(case.this([case.data(shape)], size=case.pick(1, 3, 5, 2) if case.chance(0.2) else case.pick(1, 3, 5),
                          **case.some(alpha=0.3, beta=0.6, bias=1.5)))


OPERATIONS = {"BatchNormalization": (batch, 2), "InstanceNormalization": instance, "LayerNormalization": (layer, 2), "RMSNormalization": layer,
              "GroupNormalization": group, "LpNormalization": vector, "MeanVarianceNormalization": mean_variance, "LRN": local_response}
