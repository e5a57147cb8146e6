"""Makes data/movement/*.onnx and data/movement.npz: models that move entries about, rank them, go through branches, loops, sequences and
functions, with what onnxruntime answers. Needs onnx 1.20.1, onnxruntime and numpy; run it in this folder.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent / "data"
MODELS = HERE / "movement"
TYPES = {"f": T.FLOAT, "i": T.INT64, "b": T.BOOL, "u": T.UINT8}
rng = np.random.default_rng(20261128)
arrays = {}
node = helper.make_node
info = helper.make_tensor_value_info


def reals(*shape):
    return rng.uniform(-2, 2, shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def model(case, nodes, feeds, constants, opset, outputs=("y",), functions=(), imports=()):
    graph = helper.make_graph(
        nodes,
        case,
        [info(name, TYPES[value.dtype.kind], value.shape) for name, value in feeds.items()],
        [onnx.ValueInfoProto(name=name) for name in outputs],
        initializer=[numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    sets = [helper.make_opsetid("", opset), *imports]
    proto = helper.make_model(graph, opset_imports=sets, ir_version=10, functions=functions)
    inferred = onnx.shape_inference.infer_shapes(proto)
    for output in inferred.graph.output:
        if not output.HasField("type"):
            output.type.tensor_type.elem_type = T.FLOAT
    session = onnxruntime.InferenceSession(inferred.SerializeToString(), providers=["CPUExecutionProvider"])
    answers = session.run(list(outputs), feeds)
    (MODELS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    for name, value in feeds.items():
        arrays[f"{case}.in.{name}"] = value.astype(np.float32)
    for name, value in zip(outputs, answers):
        arrays[f"{case}.out.{name}"] = np.asarray(value).astype(np.float32)


def single(case, op, feeds, constants=None, opset=17, outputs=("y",), inputs=None, **attributes):
    constants = constants or {}
    names = inputs if inputs is not None else [*feeds, *constants]
    model(case, [node(op, names, list(outputs), name=f"the_{op}", **attributes)], feeds, constants, opset, outputs)


def movements():
    x = reals(2, 3, 4)
    single("transpose", "Transpose", {"x": x}, perm=[2, 0, 1])
    single("transpose_reversed", "Transpose", {"x": x}, opset=7)
    single("concat_constant", "Concat", {"x": x}, {"c": reals(2, 1, 4)}, axis=-2)
    single("concat_empty_part", "Concat", {"x": x}, {"c": np.zeros((2, 0, 4), np.float32)}, axis=1)
    single("slice_backwards", "Slice", {"x": x}, {"s": ints(-1, 5), "e": ints(-9, 0), "a": ints(1, -1), "p": ints(-1, -2)}, opset=10)
    single("slice_beyond", "Slice", {"x": x}, {"s": ints(1), "e": ints(2**62), "a": ints(2), "p": ints(2)})
    single("slice_attributes", "Slice", {"x": x}, opset=7, starts=[0, -2], ends=[9, -1], axes=[0, 2])
    single("split_sizes", "Split", {"x": x}, {"s": ints(1, 3)}, outputs=("y", "z"), axis=2)
    single("split_attribute", "Split", {"x": x}, opset=11, outputs=("y", "z"), axis=-1, split=[3, 1])
    single("split_uneven", "Split", {"x": x}, opset=18, outputs=("y", "z"), axis=1, num_outputs=2)
    single("squeeze_attribute", "Squeeze", {"x": reals(1, 3, 1)}, opset=11, axes=[2])
    single("squeeze_all", "Squeeze", {"x": reals(1, 3, 1)}, opset=13)
    single("unsqueeze_attribute", "Unsqueeze", {"x": x}, opset=7, axes=[0, 3])
    single("unsqueeze", "Unsqueeze", {"x": x}, {"a": ints(-1, 1)}, opset=21)
    single("expand_both_ways", "Expand", {"x": reals(3, 1)}, {"s": ints(2, 1, 4)}, opset=8)
    single("tile", "Tile", {"x": reals(2, 3)}, {"r": ints(2, 2)})
    single("gather_from_end", "Gather", {"x": x}, {"i": np.array([[-1, 0], [1, -3]])}, axis=1)
    single("gather_one", "Gather", {"x": x}, {"i": np.array(-1)}, axis=2)
    single("gather_computed", "Gather", {"x": x, "i": np.array([[-1, 0], [1, 2]])}, axis=1)
    single("where_constant_condition", "Where", {"x": x}, {"c": rng.random((3, 4)) < 0.5, "z": reals(4)}, inputs=["c", "x", "z"])
    single("where_holds_everywhere", "Where", {"x": x}, {"c": np.ones((1, 4), bool), "z": np.full(1, np.nan, np.float32)}, inputs=["c", "x", "z"])
    single("where_computed", "Where", {"c": rng.random((3, 4)) < 0.5, "x": x}, {"z": reals(1)})
    single("cast_truncates", "Cast", {"x": x}, to=T.INT64)
    single("cast_to_truth", "Cast", {"x": np.array([0.0, 0.3, -0.3], np.float32)}, to=T.BOOL)
    single("cast_wraps", "Cast", {"x": ints(-300, -129, -128, 0, 127, 128, 300)}, to=T.INT8)
    single("cast_wraps_unsigned", "Cast", {"x": ints(-300, -1, 0, 255, 256)}, to=T.UINT8)
    single("cast_like", "CastLike", {"x": x}, {"l": ints(1)}, opset=19)
    single("pad_number", "Pad", {"x": x}, {"p": ints(0, 1, 2, 1, 0, 3), "v": np.float32(1.5)}, opset=11)
    single("pad_lowest", "Pad", {"x": x}, {"p": ints(0, 1, 1, 0, 1, 1), "v": np.float32(-50)}, opset=13)
    single("pad_attributes", "Pad", {"x": x}, opset=7, pads=[0, 1, 0, 0, 0, 2], value=0.5)
    single("pad_negative", "Pad", {"x": x}, {"p": ints(0, -1, 1, 0, 2, -2), "v": np.float32(2)})
    single("pad_axes", "Pad", {"x": x}, {"p": ints(1, 2, 0, 1), "v": np.float32(2), "a": ints(-1, 0)}, opset=18)
    for mode in ["reflect", "edge", "wrap"]:
        single(f"pad_{mode}", "Pad", {"x": reals(3, 4)}, {"p": ints(1, 2, 2, 1)}, opset=19, mode=mode)
    single("dropout_mask", "Dropout", {"x": x}, opset=13, outputs=("y", "m"))
    single("depth_to_space", "DepthToSpace", {"x": reals(1, 8, 2, 3)}, opset=7, blocksize=2)
    single("depth_to_space_columns", "DepthToSpace", {"x": reals(1, 8, 2, 3)}, opset=11, blocksize=2, mode="CRD")
    single("space_to_depth", "SpaceToDepth", {"x": reals(1, 2, 4, 6)}, blocksize=2)
    single("trilu_upper", "Trilu", {"x": x}, {"k": np.array(1)})
    single("trilu_lower", "Trilu", {"x": x}, {"k": np.array(-1)}, upper=0)
    single("reverse_sequence", "ReverseSequence", {"x": reals(4, 3, 2)}, {"l": ints(2, 4, 1)})
    single("compress_flat", "Compress", {"x": x}, {"c": np.array([1, 0, 0, 1, 1], bool)})
    single("compress_axis", "Compress", {"x": x}, {"c": np.array([0, 1], bool)}, axis=1)
    single("center_crop_pad", "CenterCropPad", {"x": reals(2, 5, 4)}, {"s": ints(3, 7)}, opset=18, axes=[1, 2])
    columns = {"s": ints(5, 5), "b": ints(2, 3)}
    single("columns_to_image", "Col2Im", {"x": reals(1, 12, 12)}, columns, opset=18)
    columns = {"s": ints(5, 6), "b": ints(2, 2)}
    single("columns_to_image_strides", "Col2Im", {"x": reals(1, 4, 4)}, columns, opset=18, strides=[2, 3], dilations=[1, 2], pads=[0, 1, 0, 1])
    places = np.array([[[[5, 7], [13, 15]]]])
    single("max_unpool", "MaxUnpool", {"x": reals(1, 1, 2, 2)}, {"i": places}, kernel_shape=[2, 2], strides=[2, 2])


def places():
    x = reals(3, 4, 2)
    single("one_hot", "OneHot", {"i": ints(-9, -4, -1, 0, 3, 4, 9)}, {"d": np.array(4), "v": np.array([0.5, 2], np.float32)}, axis=0)
    single("gather_elements", "GatherElements", {"x": x}, {"i": rng.integers(-4, 4, (2, 3, 2))}, axis=1)
    single("gather_elements_computed", "GatherElements", {"x": x, "i": rng.integers(-4, 4, (2, 3, 2))}, axis=1)
    tuples = np.stack([rng.integers(-3, 3, (2, 3)), rng.integers(-4, 4, (2, 3))], -1)
    single("gather_nd", "GatherND", {"x": x}, {"i": tuples}, opset=11)
    single("gather_nd_computed", "GatherND", {"x": x, "i": tuples})
    tuples = np.stack([rng.integers(-3, 3, (2, 3)), rng.integers(-4, 4, (2, 3))], -1)
    single("gather_nd_batches", "GatherND", {"x": reals(2, 3, 4, 2)}, {"i": tuples}, batch_dims=1)
    single("gather_nd_batches_computed", "GatherND", {"x": reals(2, 3, 4, 2), "i": tuples}, batch_dims=1)
    single("scatter", "Scatter", {"x": reals(3, 3), "u": reals(2, 3)}, {"i": np.array([[1, 0, 2], [0, 2, 1]])}, opset=9, inputs=["x", "i", "u"])
    for reduction in ["add", "mul", "max", "min"]:
        elements = rng.integers(-3, 3, (4, 2))
        single(f"scatter_elements_{reduction}", "ScatterElements", {"x": reals(3, 2), "u": reals(4, 2)}, {"i": elements}, opset=18,
               inputs=["x", "i", "u"], reduction=reduction)
        single(f"scatter_nd_{reduction}", "ScatterND", {"x": reals(3, 2), "u": reals(4, 2)}, {"i": rng.integers(-3, 3, (4, 1))}, opset=18,
               inputs=["x", "i", "u"], reduction=reduction)
    single("scatter_nd", "ScatterND", {"x": x, "u": reals(2, 2)}, {"i": np.array([[0, -1], [2, 1]])}, inputs=["x", "i", "u"])
    ties = rng.integers(0, 3, (3, 4)).astype(np.float32)
    single("top", "TopK", {"x": ties}, {"k": ints(3)}, outputs=("y", "i"), axis=1)
    single("top_least", "TopK", {"x": ties}, {"k": ints(2)}, outputs=("y", "i"), axis=0, largest=0)
    single("top_attribute", "TopK", {"x": reals(3, 4)}, opset=7, outputs=("y", "i"), axis=-1, k=2)
    single("arg_max_last", "ArgMax", {"x": ties}, axis=1, select_last_index=1)
    single("arg_min", "ArgMin", {"x": ties}, axis=0, keepdims=0)
    single("hardmax", "Hardmax", {"x": ties}, axis=0)
    single("hardmax_together", "Hardmax", {"x": reals(2, 3, 2)}, opset=11)
    for reverse, exclusive in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        single(f"cumulative_sum_{reverse}{exclusive}", "CumSum", {"x": x}, {"a": np.array(-2)}, reverse=reverse, exclusive=exclusive)


def resizes():
    x = reals(1, 2, 4, 5)
    halves = {"s": np.array([1, 1, 0.6, 2.5], np.float32)}
    # Not `align_corners`: the standard and onnxruntime differ where a scale gives no whole length, and it is refused.
    for mode in ["half_pixel", "asymmetric", "pytorch_half_pixel", "half_pixel_symmetric"]:
        for nearest in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
            single(f"resize_{mode}_{nearest}", "Resize", {"x": x}, halves, opset=19, inputs=["x", "", "s"], coordinate_transformation_mode=mode,
                   nearest_mode=nearest)
        for kind in ["linear", "cubic"]:
            single(f"resize_{mode}_{kind}", "Resize", {"x": x}, halves, opset=19, inputs=["x", "", "s"], coordinate_transformation_mode=mode, mode=kind)
    for kind in ["linear", "cubic"]:
        single(f"resize_antialias_{kind}", "Resize", {"x": x}, {"z": ints(1, 2, 2, 3)}, opset=18, inputs=["x", "", "", "z"], mode=kind, antialias=1)
    single("resize_cubic_inside", "Resize", {"x": x}, {"z": ints(1, 2, 7, 3)}, opset=13, inputs=["x", "", "", "z"], mode="cubic", exclude_outside=1)
    for policy in ["not_larger", "not_smaller"]:
        single(f"resize_{policy}", "Resize", {"x": x}, {"z": ints(7, 6)}, opset=18, inputs=["x", "", "", "z"], mode="linear", axes=[2, 3],
               keep_aspect_ratio_policy=policy)
    region = {"r": np.array([0, 0, -0.3, 0.1, 1, 1, 0.8, 1.2], np.float32), "z": ints(1, 2, 5, 6)}
    single("resize_region", "Resize", {"x": x}, region, opset=13, inputs=["x", "r", "", "z"], mode="linear",
           coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=3.0)
    for kind in ["nearest", "linear"]:
        single(f"resize_first_{kind}", "Resize", {"x": x}, {"s": np.array([1, 1, 2, 0.6], np.float32)}, opset=10, mode=kind)
        single(f"upsample_{kind}", "Upsample", {"x": x}, {"s": np.array([1, 1, 2, 3], np.float32)}, opset=9, mode=kind)
        single(f"upsample_attribute_{kind}", "Upsample", {"x": x}, opset=7, mode=kind, scales=[1.0, 1.0, 2.0, 2.0])


def graph(nodes, inputs, outputs, constants=None):
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    return helper.make_graph(nodes, "inner", inputs, outputs, initializer=tensors)


def control():
    x = reals(2, 3)
    yes = graph([node("Mul", ["x", "two"], ["a"])], [], [info("a", T.FLOAT, None)], {"two": np.float32(2)})
    no = graph([node("Sub", ["one", "x"], ["b"])], [], [info("b", T.FLOAT, None)], {"one": np.float32(1)})
    for holds in [True, False]:
        branch = node("If", ["c"], ["y"], then_branch=yes, else_branch=no, name="the_If")
        model(f"if_constant_{int(holds)}", [branch], {"x": x}, {"c": np.array(holds)}, 16)
        model(f"if_computed_{int(holds)}", [branch], {"x": x, "c": np.array([holds])}, {}, 16)
    state = [info("i", T.INT64, []), info("c", T.BOOL, []), info("s", T.FLOAT, [2, 3])]
    step = [node("Add", ["s", "x"], ["s1"]), node("Cast", ["i"], ["f"], to=T.FLOAT), node("Mul", ["s1", "f"], ["o"]), node("Identity", ["c"], ["c1"])]
    body = graph(step, state, [info("c1", T.BOOL, []), info("s1", T.FLOAT, [2, 3]), info("o", T.FLOAT, [2, 3])])
    loop = node("Loop", ["m", "", "z"], ["y", "o"], body=body, name="the_Loop")
    model("loop_counted", [loop], {"x": x}, {"m": np.array(4), "z": reals(2, 3)}, 13, ("y", "o"))
    step = [node("Add", ["s", "x"], ["s1"]), node("Less", ["i", "last"], ["c1"])]
    body = graph(step, state, [info("c1", T.BOOL, []), info("s1", T.FLOAT, [2, 3])], {"last": np.array(2)})
    model("loop_until", [node("Loop", ["", "c", "z"], ["y"], body=body)], {"x": x}, {"c": np.array(True), "z": reals(2, 3)}, 11)
    step = [node("Add", ["s", "x"], ["s1"]), node("ReduceMax", ["s1"], ["r"], keepdims=0), node("Less", ["r", "limit"], ["c1"])]
    body = graph(step, state, [info("c1", T.BOOL, []), info("s1", T.FLOAT, [2, 3])], {"limit": np.float32(4)})
    loop = node("Loop", ["m", "c", "z"], ["y"], body=body)
    model("loop_ended_by_values", [loop], {"x": np.abs(x)}, {"m": np.array(6), "c": np.array(True), "z": reals(2, 3)}, 13)
    body = graph([node("Add", ["s", "e"], ["s1"]), node("Mul", ["s1", "e"], ["o"])], [info("s", T.FLOAT, [3]), info("e", T.FLOAT, [3])],
                 [info("s1", T.FLOAT, [3]), info("o", T.FLOAT, [3])])
    scan = {"body": body, "num_scan_inputs": 1}
    model("scan", [node("Scan", ["z", "x"], ["y", "o"], **scan)], {"x": reals(4, 3)}, {"z": reals(3)}, 16, ("y", "o"))
    axes = {"scan_input_axes": [1], "scan_input_directions": [1], "scan_output_axes": [-1], "scan_output_directions": [1]}
    model("scan_backwards", [node("Scan", ["z", "x"], ["y", "o"], **scan, **axes)], {"x": reals(3, 4)}, {"z": reals(3)}, 11, ("y", "o"))
    model("scan_batches", [node("Scan", ["", "z", "x"], ["y", "o"], directions=[1], **scan)], {"x": reals(2, 4, 3)}, {"z": reals(2, 3)}, 8, ("y", "o"))
    sequence = [
        node("SplitToSequence", ["x", "sizes"], ["q"], axis=1),
        node("SequenceInsert", ["q", "x", "at"], ["longer"]),
        node("SequenceErase", ["longer", "last"], ["rest"]),
        node("SequenceAt", ["rest", "at"], ["y"]),
        node("SequenceLength", ["rest"], ["length"]),
        node("ConcatFromSequence", ["rest"], ["joined"], axis=1),
    ]
    constants = {"sizes": ints(1, 1, 1), "at": np.array(1), "last": np.array(-1)}
    model("sequence", sequence, {"x": x}, constants, 11, ("y", "length", "joined"))
    stacked = [node("SplitToSequence", ["x"], ["q"], axis=1, keepdims=0), node("ConcatFromSequence", ["q"], ["y"], axis=0, new_axis=1)]
    model("sequence_stacked", stacked, {"x": x}, {}, 13)


def functions():
    x = reals(2, 3)
    domain = "the.domain"
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(domain, 1)]

    def referring(op, inputs, outputs, name, outer, kind):
        made = node(op, inputs, outputs)
        attribute = onnx.AttributeProto(name=name, ref_attr_name=outer, type=kind)
        made.attribute.append(attribute)
        return made

    leaky = [referring("LeakyRelu", ["a"], ["l"], "alpha", "slope", onnx.AttributeProto.FLOAT), node("Add", ["l", "a"], ["r"])]
    leaky = helper.make_function(domain, "Leaky", ["a"], ["r"], leaky, opsets, attributes=["slope"])
    twice = [referring("Leaky", ["a"], ["b"], "slope", "slope", onnx.AttributeProto.FLOAT), node("Leaky", ["b"], ["r"], domain=domain, slope=0.5)]
    twice[0].domain = domain
    default = helper.make_attribute("slope", 0.25)
    twice = helper.make_function(domain, "Twice", ["a"], ["r"], twice, opsets, attribute_protos=[default])
    imports = [helper.make_opsetid(domain, 1)]
    given = node("Twice", ["x"], ["y"], domain=domain, slope=0.125, name="the_function")
    model("function_attribute", [given], {"x": x}, {}, 17, functions=[leaky, twice], imports=imports)
    given = node("Twice", ["x"], ["y"], domain=domain, name="the_function")
    model("function_default", [given], {"x": x}, {}, 17, functions=[leaky, twice], imports=imports)
    clip = helper.make_function(domain, "Bounded", ["a", "low", "high"], ["r"], [node("Clip", ["a", "low", "high"], ["r"])], opsets)
    given = node("Bounded", ["x", "", "h"], ["y"], domain=domain, name="the_function")
    model("function_optional_input", [given], {"x": x}, {"h": np.float32(0.5)}, 17, functions=[clip], imports=imports)


if __name__ == "__main__":
    MODELS.mkdir(parents=True, exist_ok=True)
    for old in MODELS.glob("*.onnx"):
        old.unlink()
    movements()
    places()
    resizes()
    control()
    functions()
    np.savez_compressed(HERE / "movement.npz", **arrays)
    print(len(list(MODELS.glob("*.onnx"))), "models")
