"""Operations along axes: sums, extremes, running sums, softmaxes, matrix products."""

import numpy as np

SMOOTH = ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMean", "ReduceProd", "ReduceSum", "ReduceSumSquare")
EXTREMES = ("ReduceMax", "ReduceMin")


def reduction(case):
    shape = case.shape(least_rank=0 if case.chance(0.1) else 1)
    low = 0.2 if case.op in ("ReduceLogSum", "ReduceProd") else -2
    integer = case.chance(0.15) and case.op not in ("ReduceLogSum", "ReduceLogSumExp", "ReduceL2", "ReduceMean", "ReduceL1")
    if integer:
        x = case.input(shape, -4, 4, case.pick(np.int32, np.int64))
    elif case.op in EXTREMES and case.opset >= 20 and case.chance(0.2):
        x = case.input(shape, dtype=bool)
    else:
        x = case.data(shape, low, 2, case.float_type())
    attributes = case.some(keepdims=case.int(0, 1))
    axes = None if case.chance(0.25) or not shape else case.axes(len(shape))
    given, more = case.parameter("axes", axes)
    if axes is None and not case.has("axes") and case.has("noop_with_empty_axes"):
        attributes |= case.some(noop_with_empty_axes=case.int(0, 1))
        if case.chance(0.4):
            more = [case.constant(np.zeros(0, np.int64))]
    case.output(case.this([x, *more], **attributes, **given))


def extreme_index(case):
    """ArgMax and ArgMin, with ties."""
    shape = case.shape()
    dtype = case.float_type() if case.chance(0.8) else np.int32
    x = case.input(shape, -3, 3, dtype, grid=2)
    attributes = case.some(keepdims=case.int(0, 1), axis=case.axis(len(shape), case.opset >= 11), select_last_index=case.int(0, 1))
    case.output(case.this([x], **attributes))


def running(case):
    """CumSum and CumProd along an axis, forward and backward, with and without the entry itself."""
    shape = case.shape()
    integer = case.chance(0.2)
    x = case.input(shape, -9, 9, case.pick(np.int32, np.int64)) if integer else case.data(shape, dtype=case.float_type())
    axis = case.constant(np.array(case.axis(len(shape)), case.pick(np.int32, np.int64)))
    case.output(case.this([x, axis], **case.some(exclusive=case.int(0, 1), reverse=case.int(0, 1))))


running.opset = {"CumProd": (26, 26)}


def softmax(case):
    shape = case.shape(most=5)
    x = case.input(shape, -3, 3, case.float_type(), grid=8 if case.op == "Hardmax" else None)
    axis = case.axis(len(shape), case.opset >= 11)
    case.output(case.this([x], **case.some(axis=axis) if len(shape) > 1 or case.opset >= 13 else {"axis": 0}))


def top_k(case):
    shape = case.shape(most=6)
    axis = case.axis(len(shape), case.opset >= 11)
    k = case.int(1, shape[axis])
    # Entries differ, since the order of equal ones is open to whoever computes.
    dtype = np.float32 if case.chance(0.8) or not case.takes(np.int64) else np.int64
    count = int(np.prod(shape))
    values = np.stack([case.rng.permutation(count).reshape(shape) - count // 2 for _ in range(4)])
    x = case.input(shape, dtype=dtype, values=values.astype(dtype) / (1 if dtype == np.int64 else np.float32(4)) if dtype == np.float32 else values.astype(dtype))
    if case.chance(0.15):
        # Ties: the lower index comes first.
        x = case.input(shape, -2, 2, dtype)
    attributes = case.some(largest=case.int(0, 1), sorted=1)
    attributes |= {"axis": axis} if axis not in (-1, len(shape) - 1) or case.chance(0.5) else {}
    if case.has("k"):
        results = case.this([x], 2, k=k, **attributes)
    else:
        results = case.this([x, case.constant(np.array([k], np.int64))], 2, **attributes)
    wanted = case.int(1, 3)
    [case.output(r) for i, r in enumerate(results) if wanted & (i + 1)]


def product(case):
    """MatMul of all ranks, batches that broadcast, constants on either side."""
    n, k, m = (case.int(1, 5) for _ in range(3))
    kind = case.int(0, 6)
    batch = case.shape(least_rank=0, most_rank=2, most=3)
    shapes = {0: ((n, k), (k, m)), 1: ((k,), (k, m)), 2: ((n, k), (k,)), 3: ((k,), (k,)), 4: ((*batch, n, k), (k, m)),
              5: ((*batch, n, k), (*case.broadcast(batch), k, m)), 6: ((*case.broadcast(batch), n, k), (*batch, k, m))}[kind]
    dtype = case.float_type() if case.chance(0.9) else np.int32
    if not case.takes(dtype):
        dtype = np.float32
    bounds = (-2, 2) if np.dtype(dtype).kind == "f" else (-9, 9)
    constant = int(case.rng.choice([-1, 0, 1], p=[0.35, 0.15, 0.5]))
    operands = []
    for position, shape in enumerate(shapes):
        if position == constant:
            operands.append(case.constant(case.reals(shape, *bounds, dtype)))
        else:
            operands.append(case.input(shape, *bounds, dtype))
    case.output(case.this(operands))


def gemm(case):
    n, k, m = (case.int(1, 5) for _ in range(3))
    a, b = case.int(0, 1), case.int(0, 1)
    x = case.data((k, n) if a else (n, k), dtype=case.float_type())
    dtype = case.inputs[-1][1]
    weights = case.reals((m, k) if b else (k, m), dtype=dtype)
    w = case.constant(weights) if case.chance(0.75) else case.input(weights.shape, dtype=dtype)
    bias = case.pick((n, m), (m,), (1, m), (n, 1), (1,), (), (1, 1), None)
    if bias is None and case.opset < 11:
        bias = (m,)
    c = None if bias is None else case.constant(case.reals(bias, dtype=dtype)) if case.chance(0.8) else case.input(bias, dtype=dtype)
    attributes = {"transA": a} if a else case.some(transA=0)
    attributes |= {"transB": b} if b else case.some(transB=0)
    attributes |= case.some(alpha=round(float(case.rng.uniform(-2, 2)), 2), beta=round(float(case.rng.uniform(-2, 2)), 2), given=0.5)
    case.output(case.this([x, w, c], **attributes))


EQUATIONS = ("ij,jk->ik", "ij,jk", "bij,bjk->bik", "bhqd,bhkd->bhqk", "...ij,...jk->...ik", "ij->ji", "ij->", "ij->j", "i,j->ij", "bij,jk->bik",
             "bi,bi->b", "ii->i", "ii", "bqhd,bkhd->bhqk", "ij,ij->ij", "abc,cd->abd", "bij,kj->bik", "i,i->", "ij,kj,k->i", "...i->...", "ba,cb")


def einsum(case):
    equation = case.pick(*EQUATIONS)
    sizes = {letter: case.int(1, 4) for letter in "abcdhijkq"}
    sides = equation.replace(" ", "").split("->")[0].split(",")
    batch = case.shape(least_rank=0, most_rank=2, most=3)
    operands = []
    for position, side in enumerate(sides):
        shape = [sizes[s] for s in side.replace("...", "")]
        shape = [*batch, *shape] if "..." in side else shape
        if position and case.chance(0.4):
            operands.append(case.constant(case.reals(shape)))
        else:
            operands.append(case.input(shape))
    case.output(case.this(operands, equation=equation))


def determinant(case):
    n = case.int(1, 3)
    case.output(case.this([case.input((*case.shape(least_rank=0, most_rank=2, most=3), n, n))]))


OPERATIONS = {
    **{op: (reduction, 2) for op in SMOOTH + EXTREMES}, "ArgMax": (extreme_index, 2), "ArgMin": extreme_index, "CumSum": (running, 2), "CumProd": running,
    "Softmax": (softmax, 2), "LogSoftmax": (softmax, 2), "Hardmax": softmax, "TopK": (top_k, 3), "MatMul": (product, 3), "Gemm": (gemm, 3),
    "Einsum": (einsum, 3), "Det": determinant,
}
