"""LSTM, GRU and RNN: every direction, layout, activation, initial state, length, and choice of outputs."""

import numpy as np
from onnx import helper

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
# onnxruntime's; some have parameters.
ACTIVATIONS = ("Tanh", "Sigmoid", "Relu", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu", "Softsign", "Softplus")
PARAMETERS = {"Affine": (1.1, 0.2), "LeakyRelu": (0.1, None), "ThresholdedRelu": (0.3, None), "ScaledTanh": (0.8, 0.9), "HardSigmoid": (0.25, 0.4),
              "Elu": (0.9, None)}


def recurrent(case):
    gates = GATES[case.op]
    steps, batch, width, hidden = case.int(1, 4), case.int(1, 3), case.int(1, 3), case.int(1, 3)
    direction = case.pick("forward", "reverse", "bidirectional")
    directions = 2 if direction == "bidirectional" else 1
    layout = 1 if case.has("layout") and case.chance(0.25) else 0
    attributes = {"hidden_size": hidden}
    if direction != "forward" or case.chance(0.3):
        attributes["direction"] = direction
    if layout:
        attributes["layout"] = layout
    if case.op == "GRU":
        attributes |= case.some(linear_before_reset=case.int(0, 1))
    if case.op == "LSTM":
        attributes |= case.some(input_forget=1, given=0.1)
    if case.chance(0.15):
        attributes["clip"] = 0.7
    if case.chance(0.35):
        count = {"LSTM": 3, "GRU": 2, "RNN": 1}[case.op] * directions
        chosen = [case.pick(*ACTIVATIONS) for _ in range(count)]
        attributes["activations"] = chosen
        alphas = [PARAMETERS[a][0] for a in chosen if a in PARAMETERS and PARAMETERS[a][0] is not None]
        betas = [PARAMETERS[a][1] for a in chosen if a in PARAMETERS and PARAMETERS[a][1] is not None]
        if case.chance(0.7):
            # Parameters are given for all that take them, in order, or for none.
            if alphas:
                attributes["activation_alpha"] = alphas
            if betas:
                attributes["activation_beta"] = betas
    x = case.input((batch, steps, width) if layout else (steps, batch, width), -1, 1)
    w = case.constant(case.reals((directions, gates * hidden, width), -1, 1))
    r = case.constant(case.reals((directions, gates * hidden, hidden), -0.8, 0.8))
    b = case.constant(case.reals((directions, 2 * gates * hidden), -0.5, 0.5)) if case.chance(0.6) else None
    lengths = case.constant(case.whole((batch,), 1, steps, np.int32)) if case.chance(0.25) else None
    state = (batch, directions, hidden) if layout else (directions, batch, hidden)

    def initial():
        if case.chance(0.6):
            return None
        return case.constant(case.reals(state, -1, 1)) if case.chance(0.5) else case.input(state, -1, 1)

    inputs = [x, w, r, b, lengths, initial()]
    if case.op == "LSTM":
        inputs.append(initial())
        inputs.append(case.constant(case.reals((directions, 3 * hidden), -0.5, 0.5)) if case.chance(0.3) else None)
    names = [case.name() if case.chance(0.7) else "" for _ in range(3 if case.op == "LSTM" else 2)]
    if not any(names):
        names[0] = case.name()
    while not names[-1]:
        names.pop()
    before = list(case.nodes)
    case.node(case.op, inputs, names, **attributes)
    if layout:
        case.equivalent = [*before, *batch_last(case, inputs, names, attributes)]
    for name in names:
        if name:
            case.output(name)


def batch_last(case, inputs, names, attributes):
    """Layout 1, which onnxruntime does not have, by layout 0 and transposes."""
    x, states = inputs[0], [i for i in inputs[5:7] if i]
    turned = [helper.make_node("Transpose", [s], [f"{s}_turned"], perm=[1, 0, 2]) for s in [x, *states]]
    inside = [f"{i}_turned" if i in [x, *states] else i or "" for i in inputs]
    while not inside[-1]:
        inside.pop()
    plain = {k: v for k, v in attributes.items() if k != "layout"}
    node = helper.make_node(case.op, inside, [f"{n}_turned" if n else "" for n in names], **plain)
    perms = [[2, 0, 1, 3], [1, 0, 2], [1, 0, 2]]
    back = [helper.make_node("Transpose", [f"{n}_turned"], [n], perm=p) for n, p in zip(names, perms) if n]
    return [*turned, node, *back]


OPERATIONS = {"LSTM": (recurrent, 8), "GRU": (recurrent, 8), "RNN": (recurrent, 5)}
