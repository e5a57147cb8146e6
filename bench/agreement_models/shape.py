"""Operations that move entries: reshapes, slices, pads, transposes, joins, resizes."""

import numpy as np

TYPES = (np.float32, np.float32, np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_)


def anything(case, shape, op=None):
    """An input of any type that the operation takes."""
    types = [t for t in TYPES if case.takes(t, op)]
    dtype = case.pick(*types)
    if dtype == np.float16:
        case.half()
    low, high = (-2, 2) if np.dtype(dtype).kind == "f" else (0, 100)
    return case.input(shape, low, high, dtype)


def reshape(case):
    shape = case.shape()
    count = int(np.prod(shape))
    factors = [d for d in range(1, count + 1) if count % d == 0]
    first = case.pick(*factors)
    rest = case.pick(*[d for d in factors if (count // first) % d == 0])
    target = [first, rest, count // first // rest][: 3]
    if case.chance(0.3):
        target = list(shape)
    if case.chance(0.5):
        target[case.int(0, len(target) - 1)] = -1
    attributes = {}
    for i, d in enumerate(target):
        if i < len(shape) and d == shape[i] and case.chance(0.5):
            target[i] = 0       # as in the input
    if case.chance(0.2) and 0 not in target:
        attributes = case.some(allowzero=1)
    case.output(case.this([anything(case, shape), case.constant(np.array(target, np.int64))], **attributes))


def flatten(case):
    shape = case.shape()
    case.output(case.this([anything(case, shape)], **case.some(axis=case.int(-len(shape) if case.opset >= 11 else 0, len(shape)))))


def transpose(case):
    shape = case.shape(most_rank=5)
    case.output(case.this([anything(case, shape)], **case.some(perm=[int(a) for a in case.rng.permutation(len(shape))], given=0.8)))


def squeeze(case):
    shape = list(case.shape(most_rank=5))
    ones = [i for i in range(len(shape)) if case.chance(0.5)]
    for i in ones:
        shape[i] = 1
    ones = [i for i, d in enumerate(shape) if d == 1]
    chosen = [i for i in ones if case.chance(0.7)]
    axes = None if not chosen else [i - len(shape) if case.opset >= 11 and case.chance(0.4) else i for i in chosen]
    given, more = case.parameter("axes", axes)
    case.output(case.this([anything(case, shape), *more], **given))


def unsqueeze(case):
    shape = case.shape(least_rank=0, most_rank=3)
    added = case.int(1, 2)
    rank = len(shape) + added
    axes = sorted(case.rng.permutation(rank)[:added].tolist())
    axes = [a - rank if case.opset >= 11 and case.chance(0.4) else a for a in axes]
    if case.chance(0.3):
        axes.reverse()
    given, more = case.parameter("axes", axes)
    case.output(case.this([anything(case, shape), *more], **given))


def concat(case):
    shape = list(case.shape())
    axis = case.axis(len(shape), case.opset >= 11)
    x = anything(case, shape)
    dtype, operands = case.inputs[-1][1], [x]
    for _ in range(case.int(0, 3)):
        shape[axis] = case.int(1, 3)
        low, high = (-2, 2) if dtype.kind == "f" else (0, 100)
        if case.chance(0.25):
            operands.append(case.constant(case.reals(shape, low, high, dtype)))
        elif case.chance(0.15):
            operands.append(operands[-1])
        else:
            operands.append(case.input(shape, low, high, dtype))
    if case.chance(0.3):
        operands.reverse()
    case.output(case.this(operands, axis=axis))


def split(case):
    shape = list(case.shape(most=6))
    axis = case.axis(len(shape), case.opset >= 11)
    attributes = {"axis": axis} if axis != 0 or case.chance(0.5) else {}
    uneven = case.chance(0.6)
    count = case.int(1, 3)
    if uneven:
        parts = [case.int(1, 3) for _ in range(count)]
        shape[axis] = sum(parts)
        given, more = case.parameter("split", parts)
    else:
        part = case.int(1, 3)
        shape[axis] = part * count
        given, more = {}, []
        if case.has("num_outputs"):
            # The last part is smaller where the axis does not divide.
            if case.chance(0.4) and part > 1 and count > 1:
                shape[axis] -= 1
            attributes["num_outputs"] = count
    results = case.this([anything(case, shape), *more], count, **attributes, **given)
    results = [results] if count == 1 else results
    for result in results:
        if case.chance(0.8) or result == results[-1]:
            case.output(result)


def cut(case):
    """Slice: ends out of range, negative steps, axes left out or in any order."""
    shape = case.shape(most=6)
    axes = case.axes(len(shape), negative=case.opset >= 10)
    starts, ends, steps = [], [], []
    for axis in axes:
        n = shape[axis]
        step = case.pick(1, 1, 1, 2, 3, -1, -2) if case.opset >= 10 else 1
        lowest, highest = case.int(0, n - 1), 0
        highest = case.int(lowest + 1, n)
        start, end = (lowest, highest) if step > 0 else (highest - 1, lowest - 1)
        if step < 0 and end < 0:
            end = case.pick(-n - 1, -(2**31), -100)
        elif step > 0 and end == n and case.chance(0.4):
            end = case.pick(n + 3, 2**31 - 1, 2**63 - 1)
        elif step > 0 and end < n and case.chance(0.4):
            end -= n
        elif step < 0 and case.chance(0.4):
            end -= n
        if start < n and case.chance(0.4) and start >= 0:
            start = start - n
        if start == -n and step > 0 and case.chance(0.3):
            start = -n - 4
        if step < 0 and start in (n - 1, -1) and case.chance(0.3):
            start = n + 5
        starts.append(start), ends.append(end), steps.append(step)
    x = anything(case, shape)
    if case.has("starts"):
        leave = axes == list(range(len(axes))) and case.chance(0.5)
        case.output(case.this([x], starts=starts, ends=ends, **({} if leave else {"axes": axes})))
        return
    integer = np.int64 if max(map(abs, ends)) > 2**31 - 1 else case.pick(np.int64, np.int32)
    inputs = [x, case.constant(np.array(starts, integer)), case.constant(np.array(ends, integer))]
    in_order = axes == list(range(len(axes)))
    inputs.append(None if in_order and case.chance(0.5) else case.constant(np.array(axes, integer)))
    if any(s != 1 for s in steps) or case.chance(0.3):
        inputs.append(case.constant(np.array(steps, integer)))
    case.output(case.this(inputs))


def pad(case):
    shape = case.shape(least_rank=1, most=5)
    mode = case.pick("constant", "constant", "reflect", "edge", "wrap")
    if mode == "wrap" and case.opset < 19:
        mode = "edge"
    rank = len(shape)
    pads = []
    for side in range(2):
        for n in shape:
            if mode == "reflect":
                pads.append(case.int(0, n - 1))
            elif mode == "wrap":
                pads.append(case.int(0, n))
            else:
                pads.append(case.int(-1, 3) if case.chance(0.2) and n > 2 else case.int(0, 3))
    x = case.input(shape, -2, 2, case.float_type()) if case.chance(0.7) or case.opset < 13 else anything(case, shape)
    dtype = case.inputs[-1][1]
    attributes = {"mode": mode} if mode != "constant" or case.chance(0.5) else {}
    if case.has("pads"):
        case.output(case.this([x], pads=pads, **attributes, **case.some(value=round(float(case.rng.uniform(-1, 1)), 2))))
        return
    axes = None
    if case.slots() >= 4 and case.chance(0.4):
        chosen = case.axes(rank)
        kept = [a % rank for a in chosen]
        pads = [pads[a] for a in kept] + [pads[rank + a] for a in kept]
        axes = case.constant(np.array(chosen, np.int64))
    value = None
    if mode == "constant" and case.chance(0.5):
        value = case.constant(np.array(case.pick(1, 0) if dtype.kind != "f" else 0.75, dtype))
    case.output(case.this([x, case.constant(np.array(pads, np.int64)), value, axes], **attributes))


def tile(case):
    shape = case.shape(most=3)
    case.output(case.this([anything(case, shape), case.constant(np.array([case.int(1, 3) for _ in shape], np.int64))]))


def expand(case):
    shape = case.shape(most=3)
    target = [case.int(1, 3) if d == 1 else case.pick(d, 1) for d in shape]
    if case.chance(0.3):
        target = [case.int(1, 3), *target]
    elif len(target) > 1 and case.chance(0.2):
        target = target[1:]
    case.output(case.this([anything(case, shape), case.constant(np.array(target, np.int64))]))


def shape_of(case):
    """Shapes as values: what is computed of them is constant, and shapes other tensors."""
    shape = case.shape()
    x = anything(case, shape, False if case.op in ("Shape", "Size") else None)
    attributes = {}
    if case.has("start") and case.chance(0.6):
        attributes = case.some(start=case.int(-len(shape), len(shape) - 1), end=case.int(-len(shape), len(shape) + 1))
    found = case.this([x], **attributes)
    if case.op == "Shape" and not attributes and case.chance(0.6):
        count = case.node("Reshape", [x, case.node("Concat", [case.node("Gather", [found, case.constant(np.array([0], np.int64))], axis=0),
                                                              case.constant(np.array([-1], np.int64))], axis=0)])
        case.output(count)
        return
    case.output(found)
    case.output(case.node("Identity", [x]) if case.chance(0.5) else case.node("Cast", [x], to=1))


def constant_of_shape(case):
    from onnx import helper, numpy_helper

    shape = case.shape(most=3)
    dtype = case.pick(np.float32, np.float32, np.int64, np.int32, np.bool_, np.uint8, np.float64)
    value = {} if case.chance(0.4) else {"value": numpy_helper.from_array(np.array([3], dtype))}
    made = case.this([case.constant(np.array(shape, np.int64))], **value)
    if not value or dtype == np.float32:
        x = case.input(case.broadcast(shape))
        case.output(case.node("Add", [made, x]))
    else:
        case.output(made)
        case.output(case.node("Neg", [case.input((2,))]))


def constant(case):
    """Constants by every attribute."""
    kinds = {"value_float": 1.5, "value_floats": [0.5, -1.5, 2.0], "value_int": 3, "value_ints": [1, -2, 3]}
    kinds = case.always(**kinds)
    x = case.input((2, 3))
    if not kinds or case.chance(0.3):
        from onnx import helper, numpy_helper

        dtype = case.pick(np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_)
        made = case.this([], value=numpy_helper.from_array(np.array([[1, 0, 2]], dtype)))
        made = case.node("Cast", [made], to=1)
    else:
        key = case.pick(*kinds)
        made = case.node("Cast", [case.this([], **{key: kinds[key]})], to=1)
    case.output(case.node("Mul", [x, made]))


def depth(case):
    block = case.int(1, 3)
    n, c, h, w = case.int(1, 2), case.int(1, 3), case.int(1, 3), case.int(1, 3)
    if case.op == "DepthToSpace":
        x = case.data((n, c * block * block, h, w))
        case.output(case.this([x], blocksize=block, **case.some(mode=case.pick("DCR", "CRD"))))
    else:
        case.output(case.this([case.data((n, c, h * block, w * block))], blocksize=block))


def trilu(case):
    shape = case.shape(least_rank=2)
    k = [case.constant(np.array(case.int(-3, 3), np.int64))] if case.chance(0.7) else []
    case.output(case.this([anything(case, shape), *k], **case.some(upper=case.int(0, 1))))


def interval(case):
    dtype = case.pick(np.float32, np.int64, np.int32, np.float64)
    delta = case.pick(1, 2, -1, 3)
    start = case.int(-3, 3)
    limit = start + delta * case.int(1, 4) + case.pick(0, 0, 1 if delta > 1 else 0)
    scale = 0.5 if dtype in (np.float32, np.float64) and case.chance(0.5) else 1
    made = case.this([case.constant(np.array(v * scale, dtype)) for v in (start, limit, delta)])
    case.output(case.node("Mul", [case.node("Cast", [made], to=1), case.input((1,))]))


def center_crop_pad(case):
    shape = case.shape()
    axes = case.axes(len(shape)) if case.chance(0.6) else None
    sizes = [case.int(1, 6) for _ in (axes or shape)]
    case.output(case.this([anything(case, shape), case.constant(np.array(sizes, np.int64))], **({"axes": axes} if axes else {})))


def eye(case):
    n, m = case.int(1, 4), case.int(1, 4)
    x = case.input((n, m))
    made = case.this([x], **case.some(k=case.int(-2, 2), dtype=case.pick(1, 7, 6, 11)))
    case.output(case.node("Add", [case.node("Cast", [made], to=1), x]))


def identity_output(case):
    """Inputs and constants that are outputs, with nothing or little between."""
    x = anything(case, case.shape(least_rank=0))
    case.plain = True
    case.output(case.node("Identity", [x]))
    if case.chance(0.5):
        case.output(case.node("Identity", [case.constant(case.reals((2, 2)))]))


OPERATIONS = {
    "Reshape": (reshape, 2), "Flatten": flatten, "Transpose": (transpose, 2), "Squeeze": (squeeze, 2), "Unsqueeze": (unsqueeze, 2), "Concat": (concat, 2),
    "Split": (split, 3), "Slice": (cut, 4), "Pad": (pad, 4), "Tile": tile, "Expand": expand, "Shape": shape_of, "Size": shape_of,
    "ConstantOfShape": constant_of_shape, "Constant": constant, "DepthToSpace": depth, "SpaceToDepth": depth, "Trilu": trilu, "Range": interval,
    "CenterCropPad": center_crop_pad, "EyeLike": eye, "Identity": identity_output,
}
