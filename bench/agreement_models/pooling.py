"""Windows over images without weights: pools of every kind, regions, resizes and samplings."""

import numpy as np


def window(case, axes, pool=True):
    """Attributes of a window, and the input's lengths: at least as long as the window."""
    kernel = [case.int(1, 3) for _ in range(axes)]
    dilations = [case.int(1, 2) for _ in range(axes)] if case.has("dilations") and case.chance(0.35) else None
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations or [1] * axes)]
    lengths = [r + case.int(0, 4) for r in reach]
    attributes = {"kernel_shape": kernel}
    if dilations:
        attributes["dilations"] = dilations
    if case.chance(0.7):
        attributes["strides"] = [case.int(1, 3) for _ in range(axes)]
    padding = case.pick("none", "pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID")
    if padding == "pads":
        # A pool's window holds at least one entry of the input.
        most = [min(k - 1, 2) if pool else 2 for k in kernel]
        attributes["pads"] = [case.int(0, m) for _ in range(2) for m in most]
    elif padding != "none":
        attributes["auto_pad"] = padding
    return attributes, lengths


def pool(case):
    axes = case.int(1, 3) if case.chance(0.4) else 2
    attributes, lengths = window(case, axes)
    attributes |= case.some(ceil_mode=case.int(0, 1))
    if case.op == "AveragePool":
        attributes |= case.some(count_include_pad=case.int(0, 1))
    if case.op == "LpPool":
        attributes |= case.some(p=case.pick(1, 2, 3, 4, 9))
    integer = case.op == "MaxPool" and case.opset >= 12 and case.chance(0.15)
    places = case.op == "MaxPool" and case.schema().max_output > 1 and case.chance(0.25)
    shape = (case.int(1, 2), case.int(1, 3), *lengths)
    low = -2 if case.chance(0.7) else -3
    high = 2 if low == -2 else -1          # all negative: padding must not win
    if integer:
        dtype = case.pick(np.uint8, np.int8)
        x = case.input(shape, 0 if dtype == np.uint8 else -100, 100, dtype)
    else:
        # Indices of entries that differ by less than the integers' step would be another's.
        x = case.data(shape, low, high, case.float_type(False), grid=64 if places else None)
    if places:
        results = case.this([x], 2, **attributes, **case.some(storage_order=case.int(0, 1)))
        case.output(results[0])
        case.output(results[1])
    else:
        case.output(case.this([x], **attributes))


def whole(case):
    shape = (case.int(1, 2), case.int(1, 3), *case.shape(least_rank=1, most_rank=3))
    attributes = case.some(p=case.pick(1, 2, 3, 4, 9)) if case.op == "GlobalLpPool" else {}
    case.output(case.this([case.data(shape, dtype=case.float_type())], **attributes))


def unpool(case):
    """MaxUnpool at constant positions."""
    n, c, h, w = case.int(1, 2), case.int(1, 2), case.int(1, 3), case.int(1, 3)
    kernel, strides = [2, 2], [2, 2]
    size = (2 * h, 2 * w)
    planes = [case.rng.permutation(size[0] * size[1])[:h * w] + p * size[0] * size[1] for p in range(n * c)]
    chosen = np.stack(planes).reshape(n, c, h, w).astype(np.int64)
    more = [case.constant(np.array([n, c, *size], np.int64))] if case.chance(0.4) else []
    case.output(case.this([case.input((n, c, h, w)), case.constant(chosen), *more], kernel_shape=kernel, strides=strides))


def regions(case):
    n, c, h, w = case.int(1, 2), case.int(1, 2), case.int(4, 6), case.int(4, 6)
    count = case.int(1, 3)
    corners = np.stack([np.sort(case.rng.uniform(0, size - 1, (count, 2)), axis=1) for size in (w, h)], axis=-1)
    boxes = corners.reshape(count, 4).astype(np.float32)
    x = case.input((n, c, h, w))
    if case.op == "MaxRoiPool":
        rois = np.concatenate([case.whole((count, 1), 0, n - 1, np.float32), np.round(boxes)], axis=1)
        case.output(case.this([x, case.constant(rois)], pooled_shape=[case.int(1, 3), case.int(1, 3)], **case.some(spatial_scale=0.5)))
        return
    batch = case.constant(case.whole((count,), 0, n - 1))
    attributes = case.some(output_height=case.int(1, 3), output_width=case.int(1, 3), sampling_ratio=case.int(0, 2), spatial_scale=0.5,
                           coordinate_transformation_mode=case.pick("half_pixel", "output_half_pixel"))
    # onnxruntime says of its own greatest entry that it is wrong, except where each place is sampled once.
    if attributes.get("sampling_ratio") == 1:
        attributes |= case.some(mode="max")
    case.output(case.this([x, case.constant(boxes), batch], **attributes))


def resize(case):
    axes = case.pick(1, 2, 2, 2, 3)
    lengths = [case.int(1, 5) for _ in range(axes)]
    mode = case.pick("nearest", "linear", "cubic") if axes == 2 and case.opset >= 11 else case.pick("nearest", "linear")
    shape = (case.int(1, 2), case.int(1, 2), *lengths)
    x = case.data(shape)
    scales = [1.0, 1.0, *(float(case.pick(0.5, 0.6, 1.0, 1.5, 2.0, 2.5, 3.0)) for _ in range(axes))]
    if any(int(n * s) < 1 for n, s in zip(lengths, scales[2:])):
        scales = [1.0, 1.0, *([2.0] * axes)]
    if case.opset < 11:
        attributes = {"mode": mode} if mode != "nearest" or case.chance(0.5) else {}
        case.output(case.this([x, case.constant(np.array(scales, np.float32))], **attributes))
        return
    attributes = {"mode": mode} if mode != "nearest" or case.chance(0.5) else {}
    transformations = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"]
    if case.opset >= 19:
        transformations.append("half_pixel_symmetric")
    transformation = case.pick(*transformations)
    if case.chance(0.8):
        attributes["coordinate_transformation_mode"] = transformation
    if mode == "nearest":
        attributes |= case.some(nearest_mode=case.pick("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"))
    if mode == "cubic":
        attributes |= case.some(cubic_coeff_a=-0.5, exclude_outside=case.int(0, 1))
    if mode != "nearest":
        attributes |= case.some(antialias=case.int(0, 1), given=0.35)
    roi = None
    kept = list(range(axes + 2))
    if case.has("axes") and case.chance(0.4):
        kept = [2 + i for i in range(axes)]
        attributes["axes"] = [a - len(shape) if case.chance(0.3) else a for a in kept] if case.chance(0.6) else kept
    if attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        starts, ends = ([0.0 if i < 2 else round(float(case.rng.uniform(0, 0.3)), 2) for i in kept],
                        [1.0 if i < 2 else round(float(case.rng.uniform(0.6, 1.2)), 2) for i in kept])
        roi = case.constant(np.array(starts + ends, np.float32))
        attributes |= case.some(extrapolation_value=0.75)
    elif case.opset < 13:
        roi = case.constant(np.zeros(0, np.float32))
    if case.chance(0.5):
        inputs = [x, roi, case.constant(np.array([scales[i] for i in kept], np.float32))]
    else:
        sizes = [*shape[:2], *(case.int(1, 7) for _ in range(axes))]
        empty = case.constant(np.zeros(0, np.float32)) if case.opset < 13 else None
        if case.has("keep_aspect_ratio_policy") and case.chance(0.3) and kept[0] == 2:
            attributes["keep_aspect_ratio_policy"] = case.pick("stretch", "not_larger", "not_smaller")
        inputs = [x, roi, empty, case.constant(np.array([sizes[i] for i in kept], np.int64))]
    case.output(case.this(inputs, **attributes))


def upsample(case):
    shape = (case.int(1, 2), case.int(1, 2), case.int(1, 4), case.int(1, 4))
    scales = [1.0, 1.0, float(case.pick(1, 2, 3, 1.5)), float(case.pick(1, 2, 3, 2.5))]
    mode = case.some(mode=case.pick("nearest", "linear"))
    if case.has("scales"):
        case.output(case.this([case.data(shape)], scales=scales, **mode))
    else:
        case.output(case.this([case.data(shape), case.constant(np.array(scales, np.float32))], **mode))


def grid_sample(case):
    n, c = case.int(1, 2), case.int(1, 2)
    image = (n, c, case.int(2, 4), case.int(2, 4))
    places = case.rng.uniform(-1.2, 1.2, (n, case.int(1, 3), case.int(1, 3), 2)).astype(np.float32)
    names = ("linear", "nearest", "cubic") if case.opset >= 20 else ("bilinear", "nearest", "bicubic")
    attributes = case.some(mode=case.pick(*names), padding_mode=case.pick("zeros", "border", "reflection"), align_corners=case.int(0, 1))
    if case.chance(0.4):
        if attributes.get("mode") in ("nearest", "cubic", "bicubic"):
            del attributes["mode"]
        if attributes.get("padding_mode") == "reflection":
            del attributes["padding_mode"]
        grid = case.input(places.shape, -1.2, 1.2)
    else:
        grid = case.constant(places)
    case.output(case.this([case.input(image), grid], **attributes))


def affine_grid(case):
    n, h, w = case.int(1, 2), case.int(1, 4), case.int(1, 4)
    size = [n, 1, h, w]
    theta = case.input((n, 2, 3))
    case.output(case.this([theta, case.constant(np.array(size, np.int64))], **case.some(align_corners=case.int(0, 1))))


OPERATIONS = {
    "MaxPool": (pool, 8), "AveragePool": (pool, 8), "LpPool": (pool, 3), "GlobalAveragePool": whole, "GlobalMaxPool": whole, "GlobalLpPool": whole,
    "MaxUnpool": unpool, "MaxRoiPool": regions, "RoiAlign": (regions, 2), "Resize": (resize, 8), "Upsample": upsample, "GridSample": (grid_sample, 2),
    "AffineGrid": affine_grid,
}
