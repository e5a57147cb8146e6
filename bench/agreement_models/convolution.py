"""Convolutions: of one to three axes, in groups, dilated, strided, padded in each way, transposed, deformed, of integers."""

import numpy as np
from onnx import helper

from .pooling import window


def convolution(case):
    axes = case.pick(1, 2, 2, 2, 3)
    attributes, lengths = window(case, axes, pool=False)
    kernel = attributes["kernel_shape"]
    group = case.pick(1, 1, 2, 3)
    per_group, out = case.int(1, 2), group * case.int(1, 2)
    if case.chance(0.4):
        del attributes["kernel_shape"]
    if group > 1 or case.chance(0.3):
        attributes["group"] = group
    x = case.data((case.int(1, 2), group * per_group, *lengths), dtype=case.float_type(False))
    dtype = case.inputs[-1][1]
    weights = case.reals((out, per_group, *kernel), -1, 1, dtype)
    w = case.constant(weights) if case.chance(0.93) else case.input(weights.shape, -1, 1, dtype)
    b = case.constant(case.reals((out,), -1, 1, dtype)) if case.chance(0.6) else None
    before = list(case.nodes)
    y = case.this([x, w, b], **attributes)
    if attributes.get("auto_pad", "").startswith("SAME") and "dilations" in attributes:
        # onnxruntime does not have both: the pads are written out for it.
        strides, dilations = attributes.get("strides", [1] * axes), attributes["dilations"]
        totals = [max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) for n, k, s, d in zip(lengths, kernel, strides, dilations)]
        less, more = [t // 2 for t in totals], [t - t // 2 for t in totals]
        pads = less + more if attributes["auto_pad"] == "SAME_UPPER" else more + less
        written = {k: v for k, v in attributes.items() if k != "auto_pad"} | {"pads": pads}
        case.equivalent = [*before, helper.make_node(case.op, [i for i in (x, w, b) if i], [y], **written)]
    case.output(y)


def transposed(case):
    """ConvTranspose, with output paddings and output shapes."""
    axes = case.pick(1, 2, 2, 2, 3)
    kernel = [case.int(1, 3) for _ in range(axes)]
    strides = [case.int(1, 3) for _ in range(axes)] if case.chance(0.75) else None
    dilations = [case.int(1, 2) for _ in range(axes)] if case.chance(0.3) else None
    lengths = [case.int(1, 4) for _ in range(axes)]
    group = case.pick(1, 1, 2)
    per_group, out = case.int(1, 2), case.int(1, 2)
    attributes = {} if case.chance(0.4) else {"kernel_shape": kernel}
    s, d = strides or [1] * axes, dilations or [1] * axes
    reach = [(k - 1) * f + 1 for k, f in zip(kernel, d)]
    if strides:
        attributes["strides"] = strides
    if dilations:
        attributes["dilations"] = dilations
    if group > 1:
        attributes["group"] = group
    full = [(n - 1) * t + r for n, t, r in zip(lengths, s, reach)]
    extra = [case.int(0, min(t - 1, 1)) for t in s]
    kind = case.pick("none", "pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID", "output_shape", "output_shape")
    if any(extra) and case.chance(0.6) and kind != "output_shape":
        attributes["output_padding"] = extra
    if kind == "pads":
        pads = [case.int(0, 1) for _ in range(2 * axes)]
        if all(f - pads[i] - pads[axes + i] >= 1 for i, f in enumerate(full)):
            attributes["pads"] = pads
    elif kind == "output_shape":
        attributes["output_shape"] = [max(1, f - case.int(0, 2)) if case.chance(0.8) else f + (1 if t > 1 else 0) for f, t in zip(full, s)]
        if case.chance(0.6):
            attributes["auto_pad"] = case.pick("SAME_UPPER", "SAME_LOWER", "NOTSET")
        if any(extra) and case.chance(0.2):
            attributes["output_padding"] = extra
    elif kind != "none":
        attributes["auto_pad"] = kind
    x = case.data((case.int(1, 2), group * per_group, *lengths))
    w = case.constant(case.reals((group * per_group, out, *kernel), -1, 1))
    b = case.constant(case.reals((group * out,), -1, 1)) if case.chance(0.5) else None
    case.output(case.this([x, w, b], **attributes))


def deformed(case):
    h, w, k = case.int(2, 4), case.int(2, 4), case.int(1, 2)
    out_h, out_w = h - k + 1, w - k + 1
    offset_groups = 1
    offsets = case.constant(case.reals((1, offset_groups * 2 * k * k, out_h, out_w), -1, 1))
    weights = case.constant(case.reals((case.int(1, 2), 2, k, k)))
    mask = case.constant(case.reals((1, offset_groups * k * k, out_h, out_w), 0, 1)) if case.chance(0.5) else None
    case.output(case.this([case.input((1, 2, h, w)), weights, offsets, None, mask], kernel_shape=[k, k], pads=[0, 0, 0, 0]))


def column_to_image(case):
    block = [case.int(1, 2), case.int(1, 3)]
    dilations = [case.int(1, 2), 1] if case.chance(0.3) else [1, 1]
    strides = [case.int(1, 2), case.int(1, 2)]
    pads = [case.int(0, 1) for _ in range(4)] if case.chance(0.4) else [0, 0, 0, 0]
    image = [(b - 1) * d + 1 + case.int(0, 3) for b, d in zip(block, dilations)]
    counts = [(n + pads[i] + pads[2 + i] - (b - 1) * d - 1) // s + 1 for i, (n, b, d, s) in enumerate(zip(image, block, dilations, strides))]
    c, n = case.int(1, 2), case.int(1, 2)
    x = case.input((n, c * block[0] * block[1], counts[0] * counts[1]))
    attributes = case.always(dilations=dilations if max(dilations) > 1 else None, strides=strides, pads=pads if any(pads) else None)
    case.output(case.this([x, case.constant(np.array(image, np.int64)), case.constant(np.array(block, np.int64))], **attributes))


OPERATIONS = {"Conv": (convolution, 8), "ConvTranspose": (transposed, 8), "DeformConv": deformed, "Col2Im": column_to_image}
