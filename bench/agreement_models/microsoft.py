"""onnxruntime's own operations on floats, as its optimizer and the exporters of transformers write them."""

import numpy as np

from .case import MICROSOFT

OWN = {"domain": MICROSOFT}


def matmul(case):
    a, b = case.int(0, 1), case.int(0, 1)
    n, k, m = (case.int(1, 4) for _ in range(3))
    batch = case.shape(least_rank=0, most_rank=2, most=3)
    right = (m, k) if b else (k, m)
    x = case.input((*batch, k, n) if a else (*batch, n, k))
    w = case.constant(case.reals(right)) if case.chance(0.6) else case.input(right)
    attributes = {k: v for k, v in {"transA": a, "transB": b, "alpha": round(float(case.rng.uniform(0.2, 2)), 2)}.items() if case.chance(0.8) or v == 1}
    case.output(case.this([x, w], **OWN, **attributes))


def gemm(case):
    n, k, m = (case.int(1, 4) for _ in range(3))
    inputs = [case.input((n, k)), case.constant(case.reals((k, m))), case.constant(case.reals((m,)))]
    activation = case.pick({"activation": "Relu"}, {"activation": "Tanh"}, {"activation": "Sigmoid"}, {"activation": "LeakyRelu", "activation_alpha": 0.1})
    case.output(case.this(inputs, **OWN, **activation))


def convolution(case):
    c, out = case.int(1, 2), case.int(1, 3)
    inputs = [case.input((1, c, 4, 4)), case.constant(case.reals((out, c, 2, 2))), case.constant(case.reals((out,)))]
    activation = case.pick({"activation": "Relu"}, {"activation": "Tanh"}, {"activation": "LeakyRelu", "activation_params": [0.1]},
                           {"activation": "Clip", "activation_params": [-0.5, 1.5]})
    case.output(case.this(inputs, **OWN, **activation, pads=[case.int(0, 1) for _ in range(4)], strides=[case.int(1, 2), 1]))


def normalization(case):
    shape = (case.int(1, 2), case.int(1, 3), case.int(3, 6))
    width = shape[-1:]
    attributes = {"epsilon": round(float(case.rng.uniform(1e-3, 0.1)), 4)} if case.chance(0.7) else {}
    x, scale = case.input(shape), case.constant(case.reals(width, 0.4, 1.6))
    if case.op == "SimplifiedLayerNormalization":
        # It lies in ONNX's own domain.
        case.output(case.node(case.op, [x, scale], **attributes, axis=-1))
        return
    skip = case.input(shape)
    more = [] if case.op.startswith("SkipSimplified") else [case.constant(case.reals(width)) if case.chance(0.7) else None]
    if case.chance(0.4):
        more.append(case.constant(case.reals(width)))
    case.output(case.this([x, skip, scale, *more], **OWN, **attributes))


def activation(case):
    x = case.input(case.shape(least_rank=2), -3, 3)
    if case.op in ("BiasGelu", "FastGelu"):
        bias = [case.constant(case.reals(case.inputs[0][2][-1:]))] if case.op == "BiasGelu" or case.chance(0.5) else []
        case.output(case.this([x, *bias], **OWN))
    elif case.op == "QuickGelu":
        case.output(case.this([x], **OWN, **({"alpha": 1.3} if case.chance(0.5) else {})))
    else:
        case.output(case.this([x], **OWN))


def distances(case):
    width = case.int(1, 4)
    a = case.input((case.int(1, 3), width))
    b = case.constant(case.reals((case.int(1, 4), width)))
    case.output(case.this([a, b], **OWN, metric=case.pick("sqeuclidean", "euclidean")))


DOMAIN = MICROSOFT
DOMAINS = {"SimplifiedLayerNormalization": ""}
OPERATIONS = {"FusedMatMul": (matmul, 2), "FusedGemm": gemm, "FusedConv": convolution, "SimplifiedLayerNormalization": normalization,
              "SkipLayerNormalization": normalization, "SkipSimplifiedLayerNormalization": normalization, "CDist": distances,
              **{op: activation for op in ("Gelu", "BiasGelu", "FastGelu", "QuickGelu")}}
