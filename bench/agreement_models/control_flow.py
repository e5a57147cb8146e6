"""Branches, loops and sequences: If with constant and computed conditions, Loop and Scan of constant count, sequences of constant length, optional
values."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


def value(name):
    return onnx.ValueInfoProto(name=name)


def branch(case, result, nodes):
    return helper.make_graph(nodes, case.name("g"), [], [value(result)])


def if_(case):
    """Both branches read values from outside; the condition is constant, made of shapes, or computed from the data."""
    shape = case.shape()
    x = case.input(shape)
    y = case.input(shape)
    kind = case.pick("constant", "shape", "computed", "input")
    if kind == "constant":
        condition = case.constant(np.array(case.chance()))
    elif kind == "shape":
        size = case.node("Size", [x])
        condition = case.node("Equal", [size, case.constant(np.array(int(np.prod(shape)) + case.int(0, 1), np.int64))]) if case.opset >= 7 else None
    elif kind == "computed":
        total = case.node("ReduceMax", [x], keepdims=0)
        condition = case.node("Greater", [total, case.constant(np.array(1.5, np.float32))])
    else:
        condition = case.input((), dtype=bool)
    then, other = case.name(), case.name()
    first = [helper.make_node("Mul", [x, y], [then + "p"], name=case.name("n")), helper.make_node("Add", [then + "p", x], [then], name=case.name("n"))]
    second = [helper.make_node(case.pick("Sub", "Max"), [x, y], [other], name=case.name("n"))]
    if case.chance(0.3):
        # A constant of the branch's own.
        second = [helper.make_node("Constant", [], [other + "c"], value=numpy_helper.from_array(case.reals(shape))),
                  helper.make_node("Add", [x, other + "c"], [other], name=case.name("n"))]
    case.plain = True
    case.output(case.this([condition], then_branch=branch(case, then, first), else_branch=branch(case, other, second)))


def loop(case):
    """A loop of constant count: with carried values, values of each step, and what it reads from outside."""
    shape = case.shape(most_rank=2, most=3)
    count = case.int(1, 4)
    x = case.input(shape)
    outside = case.input(shape)
    start = case.node("Identity", [x])
    i, c_in, c_out, v_in, v_out, step = (case.name() for _ in range(6))
    nodes = [helper.make_node("Identity", [c_in], [c_out], name=case.name("n"))]
    kind = case.int(0, 2)
    if kind == 0:
        nodes.append(helper.make_node("Cast", [i], [v_out + "i"], to=1, name=case.name("n")))
        nodes.append(helper.make_node("Mul", [outside, v_out + "i"], [v_out + "p"], name=case.name("n")))
        nodes.append(helper.make_node("Add", [v_in, v_out + "p"], [v_out], name=case.name("n")))
    elif kind == 1:
        nodes.append(helper.make_node("Tanh", [v_in], [v_out + "p"], name=case.name("n")))
        nodes.append(helper.make_node("Sub", [outside, v_out + "p"], [v_out], name=case.name("n")))
    else:
        nodes.append(helper.make_node("Max", [v_in, outside], [v_out + "p"], name=case.name("n")))
        nodes.append(helper.make_node("Neg", [v_out + "p"], [v_out], name=case.name("n")))
    outputs = [value(c_out), value(v_out)]
    each = case.chance(0.5)
    if each:
        nodes.append(helper.make_node("Identity", [v_out], [step], name=case.name("n")))
        outputs.append(value(step))
    counter = helper.make_tensor_value_info(i, 7, [])
    body = helper.make_graph(nodes, case.name("g"), [counter, helper.make_tensor_value_info(c_in, 9, []),
                                                     helper.make_tensor_value_info(v_in, 1, None)], outputs)
    condition = case.constant(np.array(True)) if case.chance(0.5) else None
    results = case.node("Loop", [case.constant(np.array(count, np.int64)), condition, start], 2 if each else 1, body=body)
    case.plain = True
    [case.output(r) for r in ([results] if not each else results)]


def scan(case):
    """A scan over an axis, forward or backward, with and without carried values."""
    rows, width = case.int(1, 4), case.int(1, 3)
    axis = case.int(0, 1)
    x = case.input((rows, width) if axis == 0 else (width, rows))
    initial = case.input((width,))
    s_in, e_in, s_out, e_out = (case.name() for _ in range(4))
    nodes = [helper.make_node("Add", [s_in, e_in], [s_out + "p"], name=case.name("n")), helper.make_node("Tanh", [s_out + "p"], [s_out], name=case.name("n")),
             helper.make_node("Mul", [s_out, e_in], [e_out], name=case.name("n"))]
    body = helper.make_graph(nodes, case.name("g"), [helper.make_tensor_value_info(n, 1, [width]) for n in (s_in, e_in)],
                             [helper.make_tensor_value_info(n, 1, [width]) for n in (s_out, e_out)])
    attributes = {"scan_input_axes": [axis]} if axis or case.chance(0.3) else {}
    attributes |= case.some(scan_input_directions=[case.int(0, 1)], scan_output_directions=[case.int(0, 1)], scan_output_axes=[case.int(0, 1)], given=0.4)
    case.plain = True
    results = case.node("Scan", [initial, x], 2, body=body, num_scan_inputs=1, **attributes)
    [case.output(r) for r in results]


scan.opset = (9, 26)


def sequence(case):
    """Sequences made, changed, read, split and joined: the length is constant."""
    shape = case.shape(least_rank=1, most_rank=3)
    items = [case.input(shape) for _ in range(case.int(1, 3))]
    if case.op == "SequenceEmpty":
        made = case.node("SequenceEmpty", [], **case.some("SequenceEmpty", dtype=1))
        for item in items:
            made = case.node("SequenceInsert", [made, item])
    elif case.op == "SplitToSequence":
        axis = case.axis(len(shape))
        x = case.input(shape)
        attributes = {"axis": axis} if axis or case.chance(0.5) else {}
        if case.chance(0.5):
            parts = [1] * shape[axis] if case.chance(0.4) else [shape[axis]]
            made = case.node("SplitToSequence", [x, case.constant(np.array(parts, np.int64))], **attributes)
        else:
            made = case.node("SplitToSequence", [x], **attributes, **case.some("SplitToSequence", keepdims=case.int(0, 1)))
        case.output(case.node("SequenceAt", [made, case.constant(np.array(case.pick(0, -1), np.int64))]))
        return
    else:
        made = case.node("SequenceConstruct", items)
    count = len(items)
    if case.op == "SequenceInsert":
        at = [case.constant(np.array(case.int(-count, count), case.pick(np.int64, np.int32)))] if case.chance(0.6) else []
        made = case.node("SequenceInsert", [made, case.input(shape), *at])
        count += 1
    if case.op == "SequenceErase" and count > 1:
        at = [case.constant(np.array(case.int(-count, count - 1), np.int64))] if case.chance(0.6) else []
        made = case.node("SequenceErase", [made, *at])
        count -= 1
    if case.op == "SequenceLength":
        case.output(case.node("SequenceLength", [made]))
    if case.op == "ConcatFromSequence" or case.chance(0.4):
        new = case.int(0, 1)
        axis = case.int(-len(shape), len(shape) - 1) if not new else case.int(-len(shape) - 1, len(shape))
        case.output(case.node("ConcatFromSequence", [made], axis=axis, **({"new_axis": new} if new or case.chance(0.5) else {})))
    if not case.outputs or case.chance(0.4) or case.op == "SequenceAt":
        case.output(case.node("SequenceAt", [made, case.constant(np.array(case.int(-count, count - 1), case.pick(np.int64, np.int32)))]))
    case.plain = case.chance(0.5)


def sequence_map(case):
    """A graph for each item of a sequence."""
    shape = case.shape(most_rank=2)
    made = case.node("SequenceConstruct", [case.input(shape) for _ in range(case.int(1, 3))])
    item, result = case.name(), case.name()
    body = helper.make_graph([helper.make_node("Tanh", [item], [result], name=case.name("n"))], case.name("g"),
                             [helper.make_tensor_value_info(item, 1, list(shape))], [helper.make_tensor_value_info(result, 1, list(shape))])
    mapped = case.this([made], body=body)
    case.plain = True
    case.output(case.node("ConcatFromSequence", [mapped], axis=0))


def optional(case):
    x = case.input(case.shape())
    made = case.node("Optional", [x])
    if case.op == "OptionalHasElement":
        case.output(case.node("OptionalHasElement", [made]))
    case.output(case.node("OptionalGetElement", [made]))
    case.plain = True


SEQUENCES = ("SequenceConstruct", "SequenceAt", "SequenceInsert", "SequenceErase", "SequenceLength", "SequenceEmpty", "SplitToSequence", "ConcatFromSequence")
OPERATIONS = {"If": (if_, 4), "Loop": (loop, 3), "Scan": (scan, 3), "SequenceMap": sequence_map, **{op: sequence for op in SEQUENCES},
              **{op: optional for op in ("Optional", "OptionalGetElement", "OptionalHasElement")}}
