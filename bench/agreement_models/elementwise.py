"""Operations that take each entry by itself: functions of one number, arithmetic, comparisons, logic, bits, choices, casts."""

import numpy as np

from .case import SIGNED, UNSIGNED

# Functions of one number, with the interval that arguments come from.
UNARY = {
    "Abs": (-3, 3), "Acos": (-0.95, 0.95), "Acosh": (1.1, 6), "Asin": (-0.95, 0.95), "Asinh": (-4, 4), "Atan": (-4, 4), "Atanh": (-0.9, 0.9),
    "Cos": (-4, 4), "Cosh": (-2, 2), "Erf": (-3, 3), "Exp": (-3, 2), "HardSwish": (-5, 5), "Identity": (-3, 3), "Log": (0.1, 5),
    "Mish": (-4, 4), "Neg": (-3, 3), "Reciprocal": (0.3, 3), "Relu": (-3, 3), "Sigmoid": (-5, 5), "Sin": (-4, 4), "Sinh": (-2, 2),
    "Softplus": (-4, 4), "Softsign": (-4, 4), "Sqrt": (0, 6), "Tan": (-1.3, 1.3), "Tanh": (-3, 3),
}
# Those with attributes, and what these may be.
PARAMETRIC = {
    "Elu": {"alpha": (0.2, 2)}, "HardSigmoid": {"alpha": (0.1, 0.5), "beta": (0.2, 0.7)}, "LeakyRelu": {"alpha": (-0.3, 0.9)},
    "Selu": {"alpha": (0.5, 2), "gamma": (0.5, 2)}, "Shrink": {"lambd": (0.2, 1.5), "bias": (-0.5, 0.5)}, "ThresholdedRelu": {"alpha": (0.2, 2)},
    "Celu": {"alpha": (0.3, 3)}, "Swish": {"alpha": (0.5, 2)},
}
# Those that jump: their arguments lie on a grid.
JUMPING = ("Ceil", "Floor", "Round", "Sign")
ARITHMETIC = ("Add", "Sub", "Mul", "Div", "Pow", "Mod")
COMPARISONS = ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")


def unary(case):
    low, high = UNARY[case.op]
    dtype = case.float_type()
    if case.op in ("Abs", "Neg", "Identity", "Relu") and case.chance(0.3):
        dtype = case.integer_type(types=SIGNED)
        case.output(case.this([case.input(case.shape(least_rank=0), -50, 50, dtype)]))
        return
    x = case.input(case.shape(least_rank=0), low, high, dtype)
    case.output(case.this([x]))


def parametric(case):
    attributes = {name: float(np.round(case.rng.uniform(*bounds), 3)) for name, bounds in PARAMETRIC[case.op].items()}
    x = case.data(case.shape(least_rank=0), -3, 3, case.float_type(), grid=64 if case.op in ("Shrink", "ThresholdedRelu") else None)
    case.output(case.this([x], **case.some(**attributes)))


def jumping(case):
    x = case.input(case.shape(least_rank=0), -4, 4, case.float_type(), grid=4)
    case.output(case.this([x]))


def gelu(case):
    case.output(case.this([case.data(case.shape(), -4, 4)], **case.some(approximate=case.pick("none", "tanh"))))


def clip(case):
    dtype = case.float_type() if case.chance(0.75) else case.integer_type()
    integer = np.dtype(dtype).kind in "iu"
    low, high = (2, 30) if integer else (-1.5, 1.25)
    x = case.input(case.shape(least_rank=0), 0 if integer else -3, 50 if integer else 3, dtype)
    least, most = (low if case.chance(0.7) else None), (high if case.chance(0.7) else None)
    if case.chance(0.1) and low is not None and most is not None:
        least, most = most, low          # the upper bound wins
    if case.has("min"):
        given = {"min": least, "max": most}
        case.output(case.this([x], **{k: float(v) for k, v in given.items() if v is not None}))
    else:
        bounds = [None if b is None else case.constant(np.array(b, dtype)) for b in (least, most)]
        case.output(case.this([x, *bounds]))


def prelu(case):
    shape = case.shape(least_rank=2)
    slope = case.reals(case.broadcast(shape) if case.chance(0.8) else (), -0.5, 1)
    x = case.data(shape, -3, 3)
    case.output(case.this([x, case.constant(slope) if case.chance(0.85) else case.input(slope.shape, -0.5, 1)]))


def two(case, dtype, first, second, shape=None):
    """Two operands that broadcast, one of which may be a constant; each has its own bounds."""
    shape = case.shape(least_rank=0) if shape is None else shape
    shapes = [shape, case.broadcast(shape)]
    if case.chance(0.2) and len(shape) > 1:
        shapes = [tuple(1 if i % 2 else d for i, d in enumerate(shape)), tuple(d if i % 2 else 1 for i, d in enumerate(shape))]
    if case.chance(0.3):
        shapes.reverse()
    constant = int(case.rng.choice([-1, 0, 1], p=[0.5, 0.15, 0.35]))
    operands = []
    for position, (bounds, own) in enumerate(zip((first, second), shapes)):
        low, high, grid = bounds
        if position == constant:
            integer = np.dtype(dtype).kind in "iu"
            operands.append(case.constant(case.whole(own, low, high, dtype) if integer else case.reals(own, low, high, dtype, grid)))
        else:
            operands.append(case.input(own, low, high, dtype, grid))
    return operands


def arithmetic(case):
    op = case.op
    integers = SIGNED + UNSIGNED
    if op == "Mod" or case.chance(0.3):
        dtype = case.integer_type(types=integers)
        if dtype == np.float32:
            return reals(case)
        signed = np.dtype(dtype).kind == "i"
        small = (-9, 9, None) if signed else (0, 9, None)
        attributes = {}
        if op == "Div" or op == "Mod":
            first = (-40, 40, None) if signed else (0, 90, None)
            second = (1, 7, None) if case.chance(0.6) or not signed else (-7, -1, None)
            if np.dtype(dtype).itemsize >= 4 and case.chance(0.4):
                first, second = (-10**6 if signed else 0, 10**6, None), case.pick((1, 300, None), (1000, 60000, None))
            if op == "Mod":
                if case.chance(0.4):
                    attributes = {"fmod": 1}
                    if case.chance(0.4) and case.takes(np.float32):
                        dtype, first, second = np.float32, (-8, 8, 8), (0.5, 3, 4)
                else:
                    attributes = case.some(fmod=0)
        elif op == "Pow":
            first, second = (0, 5, None) if not signed else (-4, 4, None), (0, 3, None)
            if not case.takes(dtype):
                return reals(case)
        elif np.dtype(dtype).itemsize == 2 and case.chance(0.5):
            first = second = (0, 65535, None) if not signed else (-32768, 32767, None)      # wraps
        elif np.dtype(dtype).itemsize == 1 and case.chance(0.5):
            first = second = (0, 255, None) if not signed else (-128, 127, None)      # wraps
        elif op == "Mul" and np.dtype(dtype).itemsize >= 4 and case.chance(0.5):
            first, second = (-20000 if signed else 0, 20000, None), (-50000 if signed else 0, 50000, None)
        elif op == "Sub" and not signed and (np.dtype(dtype).itemsize == 8 or case.chance(0.5)):
            first, second = (20, 90, None), (0, 20, None)
        else:
            first, second = small, small
        case.output(case.this(two(case, dtype, first, second), **attributes))
    else:
        reals(case)


def reals(case):
    dtype = case.float_type()
    first = second = (-2, 2, None)
    if case.op == "Div":
        second = (0.4, 3, None) if case.chance(0.7) else (-3, -0.4, None)
        if case.chance(0.2):
            shape = case.shape(least_rank=0)
            divisors = case.reals((4, *shape), 0.4, 3, dtype) * case.rng.choice([-1, 1], (4, *shape)).astype(dtype)
            case.output(case.this([case.input(shape, -2, 2, dtype), case.input(shape, dtype=dtype, values=divisors)]))
            return
    if case.op == "Pow":
        first, second = ((0.2, 2, None), (-2, 3, None)) if case.chance(0.6) else ((-2, 2, None), (2, 2, 1))
        if case.chance(0.4):
            x = case.data(case.shape(least_rank=0), 0.2, 2, dtype)
            exponent = case.constant(np.array(case.pick(2, 3, 0.5, -1, 1, 0, -0.5, 1.5), dtype))
            case.output(case.this([x, exponent]))
            return
    case.output(case.this(two(case, dtype, first, second)))


def variadic(case):
    """Max, Min, Mean, Sum of one to four operands."""
    integer = case.op in ("Max", "Min") and case.opset >= 12 and case.chance(0.3)
    dtype = case.integer_type() if integer else case.float_type()
    signed = np.dtype(dtype).kind != "u"
    shape = case.shape(least_rank=0)
    operands = []
    for position in range(case.int(1, 4)):
        own = shape if position == 0 or case.opset < 8 else case.broadcast(shape)
        if position and case.chance(0.3):
            values = case.whole(own, 0, 20, dtype) if integer else case.reals(own, -2, 2, dtype)
            operands.append(case.constant(values))
        else:
            operands.append(case.input(own, (-20 if signed else 0) if integer else -2, 20 if integer else 2, dtype))
    case.output(case.this(operands))


def comparison(case):
    if case.chance(0.5) and case.takes(np.int64):
        operands = two(case, case.integer_type(types=(np.int32, np.int64, np.int8, np.uint8)), (0, 4, None), (0, 4, None))
    else:
        operands = two(case, case.float_type(), (-2, 2, 2), (-2, 2, 2))
    if case.op == "Equal" and case.chance(0.2):
        shape = case.shape()
        operands = [case.input(shape, dtype=bool), case.input(case.broadcast(shape), dtype=bool)]
    answer = case.this(operands)
    if case.chance(0.3):
        answer = case.node("Cast", [answer], to=1)
    case.output(answer)


def logic(case):
    shape = case.shape(least_rank=0)
    if case.op == "Not":
        return case.output(case.this([case.input(shape, dtype=bool)]))
    other = case.broadcast(shape)
    right = case.constant(case.rng.random(other) < 0.5) if case.chance(0.3) else case.input(other, dtype=bool)
    return case.output(case.this([case.input(shape, dtype=bool), right]))


def bits(case):
    signed = case.op != "BitShift" and case.chance(0.5)
    dtype = case.integer_type(types=SIGNED if signed else UNSIGNED)
    # As wide as the type, or as an input's integers may be.
    most = min(2**(8 * np.dtype(dtype).itemsize - signed), 2**24) - 1
    low, high = (-most - 1 if signed else 0), most
    if case.chance(0.3):
        low, high = (-100 if signed else 0), (120 if signed else 200)
    if case.op == "BitwiseNot":
        case.output(case.this([case.input(case.shape(), low, high, dtype)]))
    elif case.op == "BitShift":
        bits = 8 * np.dtype(dtype).itemsize
        few = case.pick(7, bits - 1 if bits < 64 else 40)
        # What is shifted out of 32 bits is lost; of 64 bits, a proof holds 60.
        most = high if case.chance(0.5) and bits < 64 else 200
        operands = two(case, dtype, (0, min(most, 2**16), None), (0, min(few, 24), None))
        case.output(case.this(operands, direction=case.pick("LEFT", "RIGHT")))
    else:
        case.output(case.this(two(case, dtype, (low, high, None), (low, high, None))))


def where(case):
    shape = case.shape(least_rank=0)
    condition = case.broadcast(shape)
    condition = case.constant(case.rng.random(condition) < 0.5) if case.chance(0.3) else case.input(condition, dtype=bool)
    integer = case.chance(0.25)
    dtype = case.pick(np.int64, np.int32, np.uint8) if integer else case.float_type(position=1)
    bounds = (0, 30, None) if integer else (-2, 2, None)
    case.output(case.this([condition, *two(case, dtype, bounds, bounds, shape)]))


NUMERIC = {1: np.float32, 11: np.float64, 10: np.float16, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64,
           9: np.bool_, 12: np.uint32, 13: np.uint64, 16: None}


def cast(case):
    """Between all numeric types: floats are cut to integers toward zero, integers wrap, and what is not zero is true."""
    source = case.pick(np.float32, np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.int8, np.bool_, np.int16)
    low, high = (0, 100) if case.chance(0.6) else (-100, 100)
    if source == np.uint8:
        low, high = 0, 255
    if source == np.int8:
        low, high = -128, 127
    target = case.pick(*NUMERIC)
    if target == 16 and case.opset < 13:
        target = 1
    if np.dtype(source).kind == "f" and target in (12, 13):
        low = 0          # of what is out of range, the result is not defined
    elif np.dtype(source).kind == "f" and case.chance(0.3):
        low, high = -400, 400          # narrow integers wrap around in onnxruntime
    x = case.input(case.shape(least_rank=0), low, high, source, grid=4 if np.dtype(source).kind == "f" else None)
    if case.op == "CastLike":
        like = 1 if target == 16 else target
        y = case.this([x, case.constant(np.zeros(2, NUMERIC[like]))])
    else:
        y = case.this([x], to=target)
    if target == 16:
        y = case.node("Cast", [y], to=1)
        case.half()
    case.output(y)


def test_of_number(case):
    """IsNaN and IsInf, of what an input makes: infinity and NaN are not inputs."""
    x = case.input(case.shape(), -2, 2, grid=1)
    if case.op == "IsNaN":
        values = x if case.chance(0.4) else case.node("Sqrt" if case.chance(0.5) else "Log", [x])
        case.output(case.this([values]))
    else:
        values = x if case.chance(0.4) else case.node("Div", [case.constant(np.array(case.pick(1.0, -1.0), np.float32)), x])
        case.output(case.this([values], **case.some(detect_negative=case.int(0, 1), detect_positive=case.int(0, 1))))


def dropout(case):
    x = case.data(case.shape())
    wanted = case.int(1, 2)
    if case.has("ratio"):
        results = case.this([x], wanted, **case.some(ratio=0.3))
    else:
        more = [case.constant(np.array(0.4, np.float32))] if case.chance(0.5) else []
        if more and case.chance(0.3):
            more.append(case.constant(np.array(False)))
        results = case.this([x, *more], wanted)
    case.output(results if wanted == 1 else results[0])
    if wanted == 2 and case.opset >= 10:
        case.output(results[1])


OPERATIONS = {
    **{op: unary for op in UNARY}, **{op: parametric for op in PARAMETRIC}, **{op: jumping for op in JUMPING},
    **{op: (arithmetic, 4) for op in ARITHMETIC}, **{op: comparison for op in COMPARISONS},
    **{op: variadic for op in ("Max", "Min", "Mean", "Sum")}, **{op: logic for op in ("And", "Or", "Xor", "Not")},
    **{op: bits for op in ("BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot")},
    "Gelu": gelu, "Clip": (clip, 2), "PRelu": prelu, "Where": (where, 2), "Cast": (cast, 3), "CastLike": cast,
    "IsNaN": test_of_number, "IsInf": test_of_number, "Dropout": dropout,
}
