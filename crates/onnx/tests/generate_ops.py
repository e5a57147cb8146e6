"""Makes data/ops.npz and data/ops/*.onnx: one small model for each operation and attribute setting, random
inputs, and what onnxruntime answers. Needs onnx 1.20.1, onnxruntime and numpy; run it in this folder.

Models keep their weights small so that all files together stay under a megabyte.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent / "data"
OPS = HERE / "ops"
SAMPLES = 6
rng = np.random.default_rng(20261121)
arrays = {}


def const(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype=dtype), name)


def rand(*shape, scale=1.0):
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def model(case, nodes, inputs, constants=(), opset=17, outputs=("y",), low=-2.0, high=2.0, output_type=TensorProto.FLOAT,
          input_type=TensorProto.FLOAT, make=None, output_shape=None):
    """Writes one model; `inputs` is a list of (name, shape)."""
    graph = helper.make_graph(
        nodes,
        case,
        [helper.make_tensor_value_info(n, input_type, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, output_type, output_shape) for n in outputs],
        initializer=list(constants),
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    proto = onnx.shape_inference.infer_shapes(proto)
    onnx.checker.check_model(proto)
    (OPS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    dtype = np.int64 if input_type == TensorProto.INT64 else np.float32
    samples = []
    for _ in range(SAMPLES):
        if make:
            feed = make()
        else:
            feed = {n: rng.uniform(low, high, s).astype(dtype) for n, s in inputs}
        samples.append((feed, session.run(list(outputs), feed)))
    for name, _ in inputs:
        arrays[f"{case}.in.{name}"] = np.stack([f[name] for f, _ in samples]).astype(np.float32)
    for i, name in enumerate(outputs):
        arrays[f"{case}.out.{name}"] = np.stack([o[i] for _, o in samples]).astype(np.float32)


def single(case, op, shape, constants=(), opset=17, extra=(), low=-2.0, high=2.0, output_type=TensorProto.FLOAT, outputs=("y",), output_shape=None,
           **attributes):
    """One node reading x, then constants, by name."""
    node = helper.make_node(op, ["x", *extra, *[c.name for c in constants]], list(outputs), name=f"the_{op}", **attributes)
    model(case, [node], [("x", shape)], constants, opset, outputs=outputs, low=low, high=high, output_type=output_type, output_shape=output_shape)


def main():
    OPS.mkdir(parents=True, exist_ok=True)
    for old in OPS.glob("*.onnx"):
        old.unlink()

    # Convolutions.
    image = [1, 3, 9, 8]
    def conv(case, shape, kernel, bias=True, opset=17, **attributes):
        w = [const("w", rand(*kernel, scale=0.3))] + ([const("b", rand(kernel[0]))] if bias else [])
        single(case, "Conv", shape, w, opset, **attributes)
    conv("conv_plain", image, (4, 3, 3, 3))
    conv("conv_no_bias", image, (4, 3, 3, 3), bias=False, opset=11)
    conv("conv_pads", image, (4, 3, 3, 3), pads=[1, 1, 1, 1], opset=13)
    conv("conv_asymmetric_pads", image, (4, 3, 3, 2), pads=[0, 1, 2, 0])
    conv("conv_strides", image, (4, 3, 3, 3), strides=[2, 3], pads=[1, 1, 1, 1])
    conv("conv_dilations", image, (4, 3, 3, 2), dilations=[2, 3])
    conv("conv_same_upper", image, (4, 3, 4, 4), auto_pad="SAME_UPPER", strides=[2, 2])
    conv("conv_same_lower", image, (4, 3, 4, 4), auto_pad="SAME_LOWER", strides=[1, 2])
    conv("conv_valid", image, (4, 3, 4, 4), auto_pad="VALID")
    conv("conv_groups", [1, 4, 6, 6], (6, 2, 3, 3), group=2, pads=[1, 1, 1, 1])
    conv("conv_depthwise", [1, 4, 6, 6], (4, 1, 3, 3), group=4, pads=[1, 1, 1, 1])
    conv("conv_depthwise_multiplier", [1, 3, 6, 6], (6, 1, 3, 3), group=3)
    conv("conv_pointwise", [1, 5, 4, 4], (7, 5, 1, 1))
    conv("conv_pointwise_strided", [1, 5, 5, 4], (7, 5, 1, 1), strides=[2, 2])
    conv("conv_batch", [2, 3, 5, 5], (4, 3, 3, 3), pads=[1, 1, 1, 1])
    conv("conv_1d", [1, 3, 12], (5, 3, 4), pads=[1, 2], strides=[2])
    conv("conv_1d_dilated", [1, 2, 12], (2, 2, 3), dilations=[3])
    conv("conv_3d", [1, 2, 4, 5, 4], (3, 2, 2, 3, 2), pads=[0, 1, 0, 1, 1, 0])
    conv("conv_opset_21", image, (4, 3, 3, 3), opset=21)

    # Matrix products.
    single("gemm", "Gemm", [2, 5], [const("b", rand(5, 4)), const("c", rand(4))])
    single("gemm_trans", "Gemm", [5, 2], [const("b", rand(4, 5)), const("c", rand(2, 1))], transA=1, transB=1, alpha=0.5, beta=2.0)
    single("gemm_no_c", "Gemm", [1, 5], [const("b", rand(5, 3))], opset=11)
    single("matmul_constant", "MatMul", [2, 3, 5], [const("b", rand(5, 4))])
    single("matmul_batched_constant", "MatMul", [2, 3, 5], [const("b", rand(2, 5, 4))])
    single("matmul_vector", "MatMul", [3, 5], [const("b", rand(5))])
    matmul = lambda: [helper.make_node("MatMul", ["x", "z"], ["y"], name="the_matmul")]
    model("matmul_computed", matmul(), [("x", [2, 3, 5]), ("z", [2, 5, 4])])
    model("matmul_computed_broadcast", matmul(), [("x", [2, 3, 5]), ("z", [5, 4])])
    model("matmul_computed_heads", matmul(), [("x", [1, 2, 3, 4]), ("z", [1, 2, 4, 3])])
    model("matmul_left_constant", [helper.make_node("MatMul", ["a", "x"], ["y"])], [("x", [4, 3])], [const("a", rand(2, 4))])

    # Arithmetic by constants and between tensors.
    for op in ["Add", "Sub", "Mul", "Div"]:
        c = np.abs(rand(3, 1, 1)) + 0.5
        single(f"{op.lower()}_channel_constant", op, [1, 3, 4, 4], [const("c", c)])
        single(f"{op.lower()}_scalar", op, [2, 6], [const("c", 1.7)], opset=13)
        single(f"{op.lower()}_full_constant", op, [2, 6], [const("c", np.abs(rand(2, 6)) + 0.5)])
        model(f"{op.lower()}_constant_left", [helper.make_node(op, ["c", "x"], ["y"])], [("x", [2, 6])], [const("c", np.abs(rand(6)) + 0.5)],
              low=0.5, high=3.0)
        model(f"{op.lower()}_tensors", [helper.make_node(op, ["x", "z"], ["y"])], [("x", [2, 3, 4]), ("z", [2, 3, 4])], low=0.5, high=3.0)
        model(f"{op.lower()}_broadcast", [helper.make_node(op, ["x", "z"], ["y"])], [("x", [2, 3, 1]), ("z", [3, 4])], low=0.5, high=3.0, opset=14)
    single("neg", "Neg", [2, 6])
    single("abs", "Abs", [2, 6])
    model("square", [helper.make_node("Mul", ["x", "x"], ["y"])], [("x", [2, 6])])
    model("sum_three", [helper.make_node("Sum", ["x", "z", "x"], ["y"])], [("x", [2, 6]), ("z", [2, 6])])
    model("max_tensors", [helper.make_node("Max", ["x", "z"], ["y"])], [("x", [2, 6]), ("z", [6])])
    model("min_tensors", [helper.make_node("Min", ["x", "z"], ["y"])], [("x", [2, 6]), ("z", [2, 6])])
    model("residual", [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]), helper.make_node("Add", ["a", "x"], ["s"]),
        helper.make_node("Relu", ["s"], ["r"]), helper.make_node("Add", ["r", "s"], ["y"]),
    ], [("x", [1, 3, 5, 5])], [const("w", rand(3, 3, 3, 3, scale=0.3))])

    # Batch normalization, alone and folded.
    bn = [const("scale", rand(4)), const("bias", rand(4)), const("mean", rand(4)), const("var", np.abs(rand(4)) + 0.3)]
    single("batch_norm", "BatchNormalization", [1, 4, 3, 3], bn, epsilon=1e-3)
    names = ["scale", "bias", "mean", "var"]
    model("conv_batch_norm_relu", [
        helper.make_node("Conv", ["x", "w", "b"], ["a"]), helper.make_node("BatchNormalization", ["a", *names], ["n"]),
        helper.make_node("Relu", ["n"], ["y"]),
    ], [("x", [1, 3, 5, 5])], [const("w", rand(4, 3, 3, 3, scale=0.3)), const("b", rand(4)), *bn])
    model("depthwise_batch_norm", [
        helper.make_node("Conv", ["x", "w"], ["a"], group=4), helper.make_node("BatchNormalization", ["a", *names], ["y"]),
    ], [("x", [1, 4, 5, 5])], [const("w", rand(4, 1, 3, 3, scale=0.3)), *bn], opset=14)
    model("gemm_batch_norm", [
        helper.make_node("Gemm", ["x", "w", "b"], ["a"], transB=1), helper.make_node("BatchNormalization", ["a", *names], ["y"]),
    ], [("x", [1, 6])], [const("w", rand(4, 6)), const("b", rand(4)), *bn])

    # Activations.
    single("relu", "Relu", [2, 6], opset=11)
    single("leaky_relu", "LeakyRelu", [2, 6], alpha=0.1)
    single("clip", "Clip", [2, 6], [const("lo", -0.6), const("hi", 1.1)])
    single("clip_relu6", "Clip", [2, 6], [const("lo", 0.0), const("hi", 6.0)], low=-9, high=9)
    model("clip_high_only", [helper.make_node("Clip", ["x", "", "hi"], ["y"])], [("x", [2, 6])], [const("hi", 0.7)])
    single("clip_low_only", "Clip", [2, 6], [const("lo", 0.25)])
    single("sigmoid", "Sigmoid", [2, 16], low=-9, high=9)
    single("tanh", "Tanh", [2, 16], low=-5, high=5)
    single("hard_sigmoid", "HardSigmoid", [2, 16], alpha=0.3, beta=0.4, low=-4, high=4)
    single("hard_sigmoid_default", "HardSigmoid", [2, 16], low=-4, high=4, opset=11)
    single("hard_swish", "HardSwish", [2, 16], low=-5, high=5)
    single("exp", "Exp", [2, 6])
    single("sqrt", "Sqrt", [2, 6], low=0.1, high=4)
    single("log", "Log", [2, 6], low=0.2, high=4)
    single("reciprocal", "Reciprocal", [2, 6], low=0.3, high=4)
    single("erf", "Erf", [2, 6])
    single("gelu", "Gelu", [2, 6], opset=20)
    model("silu", [helper.make_node("Sigmoid", ["x"], ["s"]), helper.make_node("Mul", ["x", "s"], ["y"])], [("x", [2, 6])])
    model("conv_sigmoid", [helper.make_node("Conv", ["x", "w"], ["a"]), helper.make_node("Sigmoid", ["a"], ["y"])], [("x", [1, 2, 5, 5])],
          [const("w", rand(3, 2, 3, 3))])

    # Pools.
    def pool(case, op, shape, **attributes):
        single(case, op, shape, **attributes)
    pool("max_pool", "MaxPool", [1, 2, 6, 6], kernel_shape=[2, 2], strides=[2, 2])
    pool("max_pool_3_2_pads", "MaxPool", [1, 2, 7, 6], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    pool("max_pool_negative", "MaxPool", [1, 2, 5, 5], kernel_shape=[3, 3], pads=[1, 1, 1, 1], low=-3, high=-1)
    pool("max_pool_ceil", "MaxPool", [1, 2, 6, 5], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    pool("max_pool_dilated", "MaxPool", [1, 2, 8, 8], kernel_shape=[2, 3], dilations=[3, 2])
    pool("max_pool_same", "MaxPool", [1, 2, 7, 7], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")
    pool("max_pool_1d", "MaxPool", [1, 2, 9], kernel_shape=[3], strides=[2], opset=12)
    pool("average_pool", "AveragePool", [1, 2, 6, 6], kernel_shape=[2, 2], strides=[2, 2])
    pool("average_pool_pads", "AveragePool", [1, 2, 6, 5], kernel_shape=[3, 3], strides=[2, 1], pads=[1, 1, 1, 1])
    pool("average_pool_include_pad", "AveragePool", [1, 2, 6, 5], kernel_shape=[3, 3], strides=[2, 1], pads=[1, 0, 1, 2], count_include_pad=1)
    pool("average_pool_ceil", "AveragePool", [1, 2, 6, 5], kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1, opset=19)
    pool("average_pool_same", "AveragePool", [1, 2, 5, 5], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    pool("global_average_pool", "GlobalAveragePool", [1, 3, 5, 4])
    pool("global_max_pool", "GlobalMaxPool", [1, 3, 5, 4])

    # Shapes.
    single("flatten", "Flatten", [2, 3, 4])
    single("flatten_axis", "Flatten", [2, 3, 4], axis=2)
    single("reshape", "Reshape", [2, 3, 4], [const("s", [4, -1], np.int64)])
    single("reshape_zero", "Reshape", [2, 3, 4], [const("s", [0, 2, 6], np.int64)], opset=14)
    single("transpose", "Transpose", [2, 3, 4], perm=[2, 0, 1])
    single("transpose_default", "Transpose", [2, 3, 4])
    single("squeeze", "Squeeze", [1, 3, 1, 4], [const("a", [0, 2], np.int64)])
    single("squeeze_11", "Squeeze", [1, 3, 1, 4], opset=11, axes=[2])
    single("unsqueeze", "Unsqueeze", [3, 4], [const("a", [0, 3], np.int64)])
    single("unsqueeze_11", "Unsqueeze", [3, 4], opset=11, axes=[1])
    model("concat", [helper.make_node("Concat", ["x", "z", "c"], ["y"], axis=1)], [("x", [2, 3, 2]), ("z", [2, 1, 2])], [const("c", rand(2, 2, 2))])
    model("concat_scales", [helper.make_node("Mul", ["x", "k"], ["a"]), helper.make_node("Concat", ["a", "x"], ["y"], axis=-1)], [("x", [2, 3])],
          [const("k", 20.0)])
    single("slice", "Slice", [4, 6], [const("s", [1, 4], np.int64), const("e", [3, -7], np.int64), const("a", [0, 1], np.int64), const("t", [1, -2], np.int64)])
    single("slice_simple", "Slice", [4, 6], [const("s", [2], np.int64), const("e", [1000], np.int64), const("a", [-1], np.int64)])
    single("split", "Split", [2, 6], [const("s", [2, 4], np.int64)], outputs=("y", "z"), axis=1)
    single("split_11", "Split", [2, 6], opset=11, outputs=("y", "z"), axis=1)
    single("split_18", "Split", [2, 6], opset=18, outputs=("y", "z", "u"), axis=1, num_outputs=3)
    single("pad", "Pad", [2, 3], [const("p", [0, 1, 1, 2], np.int64)])
    single("pad_value", "Pad", [2, 3], [const("p", [1, 0, 0, 2], np.int64), const("v", 1.5)])
    single("expand", "Expand", [3, 1], [const("s", [2, 3, 4], np.int64)])
    single("tile", "Tile", [2, 3], [const("r", [2, 3], np.int64)])
    single("gather", "Gather", [3, 5], [const("i", [[0, -1], [2, 2]], np.int64)], axis=1)
    single("identity", "Identity", [2, 3])
    model("dropout", [helper.make_node("Dropout", ["x"], ["y"])], [("x", [2, 3])])
    model("constants", [
        helper.make_node("Constant", [], ["c"], value=const("v", rand(3))),
        helper.make_node("ConstantOfShape", ["s"], ["d"], value=const("f", [0.5])),
        helper.make_node("Add", ["x", "c"], ["a"]), helper.make_node("Mul", ["a", "d"], ["y"]),
    ], [("x", [2, 3])], [const("s", [2, 3], np.int64)])
    model("shape_arithmetic", [
        helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Gather", ["s", "zero"], ["n"]), helper.make_node("Unsqueeze", ["n", "axes"], ["u"]),
        helper.make_node("Concat", ["u", "minus"], ["t"], axis=0), helper.make_node("Reshape", ["x", "t"], ["y"]),
    ], [("x", [2, 3, 4])], [const("zero", 0, np.int64), const("axes", [0], np.int64), const("minus", [-1], np.int64)])
    single("cast_double_trip", "Cast", [2, 3], to=TensorProto.DOUBLE, output_type=TensorProto.DOUBLE)
    single("cast_to_int", "Cast", [2, 6], to=TensorProto.INT64, output_type=TensorProto.INT64, low=-4, high=4)

    # Reductions.
    single("reduce_sum", "ReduceSum", [2, 3, 4], [const("a", [1], np.int64)])
    single("reduce_sum_all", "ReduceSum", [2, 3, 4], keepdims=0)
    single("reduce_mean", "ReduceMean", [2, 3, 4], axes=[0, 2], keepdims=0)
    single("reduce_mean_18", "ReduceMean", [1, 3, 5, 7], [const("a", [2, 3], np.int64)], opset=18)
    single("reduce_max", "ReduceMax", [2, 3, 5], axes=[2], keepdims=0)
    single("reduce_min", "ReduceMin", [2, 3, 5], axes=[1])
    single("argmax", "ArgMax", [2, 7, 3], axis=1, output_type=TensorProto.INT64)
    single("argmax_flat", "ArgMax", [3, 5], axis=-1, keepdims=0, output_type=TensorProto.INT64)
    tie = lambda: {"x": rng.integers(-2, 2, [4, 8]).astype(np.float32)}
    for last in [0, 1]:
        model(f"argmax_ties_{last}", [helper.make_node("ArgMax", ["x"], ["y"], axis=1, select_last_index=last)], [("x", [4, 8])],
              output_type=TensorProto.INT64, make=tie)
    single("argmin", "ArgMin", [3, 5], axis=1, output_type=TensorProto.INT64)

    # Resizing.
    def resize(case, scales, opset=13, **attributes):
        nodes = [helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="nearest", **attributes)]
        model(case, nodes, [("x", [1, 2, 3, 4])], [const("scales", scales)], opset=opset)
    resize("resize_double", [1, 1, 2, 2], coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    resize("resize_default", [1, 1, 2, 3])
    resize("resize_ceil", [1, 1, 2.5, 1.5], coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_ceil")
    resize("resize_down", [1, 1, 0.7, 0.5], coordinate_transformation_mode="asymmetric", nearest_mode="ceil", opset=18)
    nodes = [helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="nearest", coordinate_transformation_mode="align_corners",
                              nearest_mode="round_prefer_floor")]
    model("resize_sizes", nodes, [("x", [1, 2, 3, 4])], [const("sizes", [1, 2, 7, 5], np.int64)])

    # Whole small networks, which meet several rules at once.
    model("conv_pool_dense", [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]), helper.make_node("MaxPool", ["a"], ["p"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["p"], ["r"]), helper.make_node("GlobalAveragePool", ["r"], ["g"]), helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("Gemm", ["f", "v", "c"], ["y"], transB=1),
    ], [("x", [1, 3, 8, 8])], [const("w", rand(6, 3, 3, 3, scale=0.3)), const("v", rand(4, 6)), const("c", rand(4))])
    model("squeeze_excite", [
        helper.make_node("Conv", ["x", "w"], ["a"]), helper.make_node("GlobalAveragePool", ["a"], ["g"]), helper.make_node("Conv", ["g", "u"], ["h"]),
        helper.make_node("HardSigmoid", ["h"], ["s"]), helper.make_node("Mul", ["a", "s"], ["y"]),
    ], [("x", [1, 3, 6, 6])], [const("w", rand(4, 3, 3, 3, scale=0.3)), const("u", rand(4, 4, 1, 1))])

    # A constant that has more bits at the scale of the sum than a commitment holds.
    single("add_large_constant", "Add", [2, 6], [const("c", rand(2, 6) * 1e7)])

    # Functions that the front end writes as several operations, which become one table.
    for case, op, attributes in [("elu", "Elu", {"alpha": 0.7}), ("selu", "Selu", {}), ("celu", "Celu", {"alpha": 1.0}), ("softplus", "Softplus", {}),
                                 ("softsign", "Softsign", {}), ("thresholded_relu", "ThresholdedRelu", {"alpha": 0.8}), ("shrink", "Shrink", {"lambd": 0.5, "bias": 0.3}),
                                 ("sin", "Sin", {}), ("cos", "Cos", {}), ("atan", "Atan", {}), ("sinh", "Sinh", {}), ("cosh", "Cosh", {}), ("asinh", "Asinh", {})]:
        single(case, op, [2, 8], **attributes)
    single("tan", "Tan", [2, 8], low=-1.2, high=1.2)
    single("asin", "Asin", [2, 8], low=-0.9, high=0.9)
    single("acos", "Acos", [2, 8], low=-0.9, high=0.9)
    single("atanh", "Atanh", [2, 8], low=-0.9, high=0.9)
    single("acosh", "Acosh", [2, 8], low=1.2, high=4)
    single("mish", "Mish", [2, 8], opset=18)
    single("gelu_tanh", "Gelu", [2, 8], opset=20, approximate="tanh")
    single("round", "Round", [2, 8])
    single("sign", "Sign", [2, 8])
    single("pow_square", "Pow", [2, 8], [const("e", 2.0)])
    single("pow_cube", "Pow", [2, 8], [const("e", 3.0)])
    single("pow_root", "Pow", [2, 8], [const("e", 0.5)], low=0.1, high=3)
    single("pow_odd", "Pow", [2, 8], [const("e", 1.7)], low=0.1, high=3)
    single("prelu", "PRelu", [2, 3, 4], [const("s", rand(3, 1))])
    single("mod", "Mod", [2, 8], [const("m", 3.0)], fmod=1, low=-9, high=9)
    whole = lambda shape, low=-9, high=9: (lambda: {"x": rng.integers(low, high, shape)})
    model("divide_integers", [helper.make_node("Div", ["x", "c"], ["y"])], [("x", [2, 8])], [const("c", 4, np.int64)], input_type=TensorProto.INT64,
          output_type=TensorProto.INT64, make=whole([2, 8]))
    model("floor_of_integers", [helper.make_node("Mul", ["x", "c"], ["a"]), helper.make_node("Floor", ["a"], ["y"])], [("x", [2, 8])], [const("c", 2.0)],
          make=lambda: {"x": rng.integers(-4, 5, [2, 8]).astype(np.float32) / 2})
    model("swish_chain", [helper.make_node("Sigmoid", ["x"], ["s"]), helper.make_node("Mul", ["s", "x"], ["p"]), helper.make_node("Tanh", ["p"], ["y"])], [("x", [2, 8])])
    model("gelu_by_hand", [
        helper.make_node("Mul", ["x", "x"], ["q"]), helper.make_node("Mul", ["q", "x"], ["c"]), helper.make_node("Mul", ["c", "k"], ["d"]), helper.make_node("Add", ["x", "d"], ["e"]),
        helper.make_node("Mul", ["e", "r"], ["f"]), helper.make_node("Tanh", ["f"], ["g"]), helper.make_node("Add", ["g", "one"], ["h"]),
        helper.make_node("Mul", ["x", "half"], ["i"]), helper.make_node("Mul", ["i", "h"], ["y"]),
    ], [("x", [2, 8])], [const("k", 0.044715), const("r", 0.7978845608), const("one", 1.0), const("half", 0.5)])

    # Comparisons, truth values, selections.
    for case, op in [("equal", "Equal"), ("greater", "Greater"), ("less", "Less"), ("less_or_equal", "LessOrEqual"), ("greater_or_equal", "GreaterOrEqual")]:
        model(case, [helper.make_node(op, ["x", "z"], ["y"])], [("x", [2, 8]), ("z", [2, 1])], output_type=TensorProto.BOOL,
              make=lambda: {"x": rng.integers(-2, 2, [2, 8]).astype(np.float32) / 2, "z": rng.integers(-2, 2, [2, 1]).astype(np.float32) / 2})
    single("greater_number", "Greater", [2, 8], [const("c", 0.3)], output_type=TensorProto.BOOL)
    for case, op in [("and", "And"), ("or", "Or"), ("xor", "Xor")]:
        model(case, [helper.make_node("Greater", ["x", "c"], ["a"]), helper.make_node("Less", ["z", "c"], ["b"]), helper.make_node(op, ["a", "b"], ["d"]),
                     helper.make_node("Not", ["d"], ["y"])], [("x", [2, 8]), ("z", [2, 8])], [const("c", 0.1)], output_type=TensorProto.BOOL)
    mask = const("m", rng.integers(0, 2, [4, 5]).astype(bool), bool)
    model("where_constant", [helper.make_node("Where", ["m", "x", "z"], ["y"])], [("x", [2, 4, 5]), ("z", [2, 1, 5])], [mask])
    model("where_number", [helper.make_node("Where", ["m", "c", "x"], ["y"])], [("x", [2, 4, 5])], [mask, const("c", -1.5)])
    model("where_computed", [helper.make_node("Greater", ["x", "z"], ["b"]), helper.make_node("Where", ["b", "x", "u"], ["y"])],
          [("x", [2, 8]), ("z", [2, 8]), ("u", [1, 8])])
    model("where_chain", [helper.make_node("Greater", ["x", "c"], ["b"]), helper.make_node("Where", ["b", "x", "d"], ["y"])], [("x", [2, 8])], [const("c", 0.2), const("d", -1.0)])
    single("trilu", "Trilu", [2, 4, 4], upper=0)

    # Normalizations.
    single("softmax", "Softmax", [2, 3, 7])
    single("softmax_axis", "Softmax", [2, 5, 3], axis=1)
    single("softmax_11", "Softmax", [2, 3, 4], axis=1, opset=11)
    single("softmax_wide", "Softmax", [3, 16], low=-30, high=30)
    single("log_softmax", "LogSoftmax", [2, 3, 7])
    single("layer_norm", "LayerNormalization", [2, 3, 8], [const("g", rand(8)), const("b", rand(8))])
    single("layer_norm_axis", "LayerNormalization", [2, 3, 4], [const("g", rand(3, 4)), const("b", rand(3, 4))], axis=1, epsilon=1e-2)
    model("layer_norm_by_hand", [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[-1]), helper.make_node("Sub", ["x", "m"], ["d"]), helper.make_node("Pow", ["d", "two"], ["q"]),
        helper.make_node("ReduceMean", ["q"], ["v"], axes=[-1]), helper.make_node("Add", ["v", "e"], ["w"]), helper.make_node("Sqrt", ["w"], ["s"]),
        helper.make_node("Div", ["d", "s"], ["n"]), helper.make_node("Mul", ["n", "g"], ["p"]), helper.make_node("Add", ["p", "b"], ["y"]),
    ], [("x", [2, 3, 8])], [const("two", 2.0), const("e", 1e-5), const("g", rand(8)), const("b", rand(8))])
    model("rms_norm_by_hand", [
        helper.make_node("Pow", ["x", "two"], ["q"]), helper.make_node("ReduceMean", ["q"], ["v"], axes=[-1]), helper.make_node("Add", ["v", "e"], ["w"]),
        helper.make_node("Sqrt", ["w"], ["s"]), helper.make_node("Reciprocal", ["s"], ["r"]), helper.make_node("Mul", ["x", "r"], ["n"]), helper.make_node("Mul", ["n", "g"], ["y"]),
    ], [("x", [2, 3, 8])], [const("two", 2.0), const("e", 1e-5), const("g", rand(8))])
    single("instance_norm", "InstanceNormalization", [2, 3, 4, 5], [const("g", rand(3)), const("b", rand(3))])
    single("group_norm", "GroupNormalization", [1, 4, 3, 3], [const("g", rand(4)), const("b", rand(4))], opset=21, num_groups=2, output_shape=[1, 4, 3, 3])
    single("lp_norm", "LpNormalization", [2, 6], axis=1, p=2)
    for case, op in [("reduce_l1", "ReduceL1"), ("reduce_l2", "ReduceL2"), ("reduce_sum_square", "ReduceSumSquare"), ("reduce_log_sum_exp", "ReduceLogSumExp")]:
        single(case, op, [2, 3, 4], axes=[1])
    single("reduce_log_sum", "ReduceLogSum", [2, 3, 4], axes=[1], low=0.2, high=3)
    single("mean", "Mean", [2, 6], [const("c", rand(2, 6))])

    # Indices that are computed.
    def tokens(shape, high):
        return lambda: {"x": rng.integers(0, high, shape)}
    model("embedding", [helper.make_node("Gather", ["e", "x"], ["y"])], [("x", [2, 3])], [const("e", rand(11, 4))], input_type=TensorProto.INT64, make=tokens([2, 3], 11))
    model("embedding_axis", [helper.make_node("Gather", ["e", "x"], ["y"], axis=1)], [("x", [3])], [const("e", rand(2, 7, 4))], input_type=TensorProto.INT64, make=tokens([3], 7))
    model("gather_of_argmax", [helper.make_node("ArgMax", ["x"], ["i"], axis=1, keepdims=0), helper.make_node("Gather", ["e", "i"], ["y"])], [("x", [3, 5])], [const("e", rand(5, 4))])
    model("one_hot_by_comparison", [helper.make_node("Unsqueeze", ["x", "a"], ["u"]), helper.make_node("Equal", ["u", "r"], ["b"]), helper.make_node("Cast", ["b"], ["y"], to=TensorProto.FLOAT)],
          [("x", [2, 3])], [const("a", [2], np.int64), const("r", np.arange(6), np.int64)], input_type=TensorProto.INT64, make=tokens([2, 3], 6))

    # Attention, with a causal mask and with one that is given.
    def attention(case, extra, extra_nodes, inputs=(), make=None):
        model(case, [
            helper.make_node("MatMul", ["x", "wq"], ["q"]), helper.make_node("MatMul", ["x", "wk"], ["k"]), helper.make_node("MatMul", ["x", "wv"], ["v"]),
            helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]), helper.make_node("MatMul", ["q", "kt"], ["s"]), helper.make_node("Mul", ["s", "f"], ["t"]),
            *extra_nodes, helper.make_node("Softmax", ["m"], ["p"]), helper.make_node("MatMul", ["p", "v"], ["y"]),
        ], [("x", [1, 5, 4]), *inputs], [const("wq", rand(4, 4)), const("wk", rand(4, 4)), const("wv", rand(4, 4)), const("f", 0.5), *extra], make=make)
    causal = np.tril(np.ones([5, 5])).astype(bool)
    attention("attention_where", [const("c", causal, bool), const("n", -np.inf)], [helper.make_node("Where", ["c", "t", "n"], ["m"])])
    attention("attention_add", [const("c", np.where(causal, 0, -1e9))], [helper.make_node("Add", ["t", "c"], ["m"])])
    attention("attention_given", [const("one", 1.0), const("n", -3.4028235e38)],
              [helper.make_node("Sub", ["one", "z"], ["i"]), helper.make_node("Mul", ["i", "n"], ["j"]), helper.make_node("Add", ["t", "j"], ["m"])], [("z", [1, 1, 5])],
              lambda: {"x": rng.uniform(-2, 2, [1, 5, 4]).astype(np.float32), "z": np.array([[[1, 1, 1, rng.integers(0, 2), 0]]], np.float32)})

    # Rearrangements.
    single("depth_to_space", "DepthToSpace", [1, 8, 2, 3], blocksize=2)
    single("depth_to_space_crd", "DepthToSpace", [1, 8, 2, 3], blocksize=2, mode="CRD")
    single("space_to_depth", "SpaceToDepth", [1, 2, 4, 6], blocksize=2)
    single("cum_sum", "CumSum", [2, 5], [const("a", 1, np.int32)])
    single("conv_transpose", "ConvTranspose", [1, 3, 4, 4], [const("w", rand(3, 2, 3, 3)), const("b", rand(2))], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    single("conv_transpose_groups", "ConvTranspose", [1, 4, 5], [const("w", rand(4, 2, 3))], group=2, dilations=[2])
    single("average_pool_ceil_include_pad", "AveragePool", [1, 1, 5], kernel_shape=[2], strides=[2], ceil_mode=1, count_include_pad=1)
    model("same_outputs", [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Identity", ["r"], ["y"]), helper.make_node("Reshape", ["r", "s"], ["z"]),
                           helper.make_node("Identity", ["x"], ["u"])], [("x", [2, 3])], [const("s", [6], np.int64)], outputs=("y", "z", "u"))

    for mode in ["reflect", "edge"]:
        single(f"pad_{mode}", "Pad", [2, 4], [const("p", [0, 3, 1, 2], np.int64)], mode=mode)
    nodes = [helper.make_node("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]), helper.make_node("Conv", ["a", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
             helper.make_node("MaxPool", ["c"], ["d"], kernel_shape=[2, 2], strides=[2, 2]), helper.make_node("Transpose", ["d"], ["e"], perm=[0, 2, 3, 1]),
             helper.make_node("Mul", ["e", "g"], ["y"])]
    model("channels_last", nodes, [("x", [1, 6, 4, 3])], [const("w", rand(5, 3, 3, 3)), const("b", rand(5)), const("g", rand(5))])

    # Recurrent networks, unrolled.
    single("lstm", "LSTM", [4, 1, 3], [const("w", rand(1, 20, 3)), const("r", rand(1, 20, 5)), const("b", rand(1, 40))], outputs=("y",), hidden_size=5)
    single("gru", "GRU", [4, 1, 3], [const("w", rand(1, 15, 3)), const("r", rand(1, 15, 5)), const("b", rand(1, 30))], outputs=("y",), hidden_size=5)

    classical_models()
    # Dimensions that are open: one by two names, one without.
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Add", ["a", "z"], ["y"])], "open",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "sequence", 4]), helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", None, 3])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "sequence", 3])], initializer=[const("w", np.ones([4, 3]))])
    (HERE / "open_dimensions.onnx").write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString())

    quantized_models()
    root_models()
    place_models()
    resize_models()
    transformer_models()
    small_models()
    whole_models()
    refused_models()
    elementwise_models()
    np.savez_compressed(HERE / "ops.npz", **arrays)


def classical(case, nodes, shape, outputs, samples=None, declared=None, initializers=(), version=3, opset=17):
    """A model with nodes of the domain ai.onnx.ml; `outputs` is a list of (name, type)."""
    graph = helper.make_graph(
        nodes, case, [helper.make_tensor_value_info("x", TensorProto.FLOAT, declared or shape)],
        [helper.make_tensor_value_info(n, t, None) for n, t in outputs], initializer=list(initializers),
    )
    sets = [helper.make_opsetid("ai.onnx.ml", version)] + ([helper.make_opsetid("", opset)] if opset else [])
    proto = helper.make_model(graph, opset_imports=sets, ir_version=8)
    (OPS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    if samples is None:
        # On a grid, so that a sample's feature often equals a threshold.
        samples = [ml_rng.integers(-8, 9, shape) / 4 for _ in range(SAMPLES)]
    arrays[f"{case}.in.x"] = np.stack(samples).astype(np.float32)
    answers = [session.run([n for n, _ in outputs], {"x": np.asarray(s, np.float32)}) for s in samples]
    for i, (name, _) in enumerate(outputs):
        arrays[f"{case}.out.{name}"] = np.stack([a[i] for a in answers]).astype(np.float32)


def forest(depths, features, modes, thresholds=None, prune=0.3):
    """The arrays of random trees, numbered depth first, and the leaves as (tree, node)."""
    a = {k: [] for k in ["treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids"]}
    leaves = []
    for tree, depth in enumerate(depths):
        count = 0

        def grow(level):
            nonlocal count
            node = count
            count += 1
            row = len(a["treeids"])
            leaf = level == 0 or (level < depth and ml_rng.random() < prune)
            for key, value in [("treeids", tree), ("nodeids", node), ("featureids", 0 if leaf else int(ml_rng.integers(features))),
                               ("values", 0.0 if leaf else float(thresholds() if thresholds else ml_rng.integers(-6, 7) / 4)),
                               ("modes", "LEAF" if leaf else modes[int(ml_rng.integers(len(modes)))]), ("truenodeids", 0), ("falsenodeids", 0)]:
                a[key].append(value)
            if leaf:
                leaves.append((tree, node))
            else:
                a["truenodeids"][row] = grow(level - 1)
                a["falsenodeids"][row] = grow(level - 1)
            return node

        grow(depth)
    return {f"nodes_{k}": v for k, v in a.items()}, leaves


def leaf_weights(kind, leaves, ids, low, high):
    """One random weight for each leaf and id; `ids` gives the ids of a tree."""
    rows = [(t, n, i, float(np.float32(ml_rng.uniform(low, high)))) for t, n in leaves for i in ids(t)]
    trees, nodes, ids, weights = map(list, zip(*rows))
    return {f"{kind}_treeids": trees, f"{kind}_nodeids": nodes, f"{kind}_ids": ids, f"{kind}_weights": weights}


ml_rng = np.random.default_rng(20261122)


def classical_models():
    """Operations of the domain ai.onnx.ml. They have random numbers of their own, so that the cases above stay what they were."""
    ml = dict(domain="ai.onnx.ml")
    scores = [("label", TensorProto.INT64), ("scores", TensorProto.FLOAT)]
    every = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]

    def regressor(case, depths=(3, 2, 4), modes=("BRANCH_LEQ",), targets=1, shape=(1, 4), coarse=False, **attributes):
        few = lambda shape=None: ml_rng.integers(-1, 2, shape)
        arrays_of, leaves = forest(depths, shape[1], modes, few if coarse else None)
        samples = [few(shape) for _ in range(SAMPLES)] if coarse else None
        weights = leaf_weights("target", leaves, lambda t: range(targets), -2, 2)
        node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], n_targets=targets, **arrays_of, **weights, **attributes, **ml)
        classical(case, [node], list(shape), [("y", TensorProto.FLOAT)], samples)

    for mode in every:
        regressor(f"tree_regressor_{mode[7:].lower()}", modes=[mode], coarse=mode in every[4:])
    regressor("tree_regressor_mixed", modes=every, coarse=True)
    regressor("tree_regressor_batch", shape=(3, 4), modes=every[:3])
    regressor("tree_regressor_average", aggregate_function="AVERAGE", base_values=[0.7])
    regressor("tree_regressor_targets", targets=3, base_values=[0.5, -1.0, 0.25])
    regressor("tree_regressor_targets_softmax", targets=3, post_transform="SOFTMAX")
    regressor("tree_regressor_logistic_ignored", post_transform="LOGISTIC")
    regressor("tree_regressor_single_leaves", depths=(0, 2, 0))
    regressor("tree_regressor_only_leaves", depths=(0, 0), base_values=[0.5])

    def classifier(case, classes, ids, low, high, depths=(3, 2, 4), modes=("BRANCH_LT",), shape=(1, 4), labels=None, strings=None, after=(),
                   outputs=None, declared=None, opset=17, version=3, **attributes):
        arrays_of, leaves = forest(depths, shape[1], modes)
        weights = leaf_weights("class", leaves, ids, low, high)
        names = {"classlabels_strings": strings} if strings else {"classlabels_int64s": labels or list(range(classes))}
        node = helper.make_node("TreeEnsembleClassifier", ["x"], ["label", "scores"], **arrays_of, **weights, **names, **attributes, **ml)
        classical(case, [node, *after], list(shape), outputs or scores, declared=declared, opset=opset, version=version)

    one = lambda t: [0]
    for transform in ["NONE", "LOGISTIC", "SOFTMAX"]:
        name = transform.lower()
        classifier(f"tree_binary_mixed_{name}", 2, one, -1, 1, post_transform=transform, labels=[3, 5])
        classifier(f"tree_binary_positive_{name}", 2, one, 0, 0.35, post_transform=transform)
        classifier(f"tree_multiclass_{name}", 3, lambda t: range(3), 0, 1, post_transform=transform, labels=[4, 9, 2])
    classifier("tree_binary_base", 2, one, -1, 1, post_transform="LOGISTIC", base_values=[0.3], opset=None, version=1)
    classifier("tree_binary_second_column", 2, lambda t: [1], -1, 1, labels=[2, 7])
    classifier("tree_binary_two_columns", 2, lambda t: [0, 1], -1, 1, post_transform="SOFTMAX")
    classifier("tree_multiclass_boosted", 3, lambda t: [t % 3], -1, 1, depths=(2, 3, 2, 3, 1, 2), post_transform="SOFTMAX", base_values=[0.1, 0.2, -0.3])
    classifier("tree_multiclass_batch", 3, lambda t: [t % 3], -1, 1, depths=(2, 3, 2), shape=(2, 4), modes=every)
    classifier("tree_after", 2, one, -1, 1, post_transform="LOGISTIC", base_values=[0.4], outputs=[("l", TensorProto.INT32), ("s", TensorProto.FLOAT)], declared=[None, 4], after=[
        helper.make_node("Constant", [], ["shape"], value=const("v", [-1, 1], np.int64)),
        helper.make_node("Cast", ["label"], ["c"], to=TensorProto.INT32), helper.make_node("Reshape", ["c", "shape"], ["l"]),
        helper.make_node("Identity", ["scores"], ["i"]), helper.make_node("Flatten", ["i"], ["s"]),
    ])
    # Features of very different magnitude, compared with thresholds that samples hit exactly.
    values = lambda: np.float32(ml_rng.integers(1, 60) * 10.0 ** ml_rng.integers(-5, 3))
    arrays_of, leaves = forest((4, 4, 4), 6, ["BRANCH_LT", "BRANCH_LEQ"], values, prune=0)
    weights = leaf_weights("target", leaves, one, -2, 2)
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], n_targets=1, **arrays_of, **weights, **ml)
    samples = [[ml_rng.choice(arrays_of["nodes_values"], 6)] for _ in range(SAMPLES)]
    classical("tree_regressor_magnitudes", [node], [1, 6], [("y", TensorProto.FLOAT)], samples)

    def linear(case, op, outputs, count, after=(), shape=(1, 4), **attributes):
        w = [float(v) for v in ml_rng.uniform(-1, 1, count * shape[1]).astype(np.float32)]
        names = [n for n, _ in outputs] if not after else ["label", "scores"]
        node = helper.make_node(op, ["x"], names, coefficients=w, **attributes, **ml)
        classical(case, [node, *after], list(shape), outputs)

    y = [("y", TensorProto.FLOAT)]
    linear("linear_regressor", "LinearRegressor", y, 1, intercepts=[0.4])
    linear("linear_regressor_no_intercept", "LinearRegressor", y, 1, targets=1)
    linear("linear_regressor_targets", "LinearRegressor", y, 3, targets=3, intercepts=[0.4, -0.2, 0.1], post_transform="LOGISTIC", shape=(2, 4))
    for transform in ["NONE", "LOGISTIC", "SOFTMAX"]:
        name = transform.lower()
        linear(f"linear_binary_{name}", "LinearClassifier", scores, 1, intercepts=[0.1], classlabels_ints=[4, 6], post_transform=transform)
        linear(f"linear_multiclass_{name}", "LinearClassifier", scores, 3, intercepts=[0.1, -0.2, 0.3], classlabels_ints=[4, 6, 1], post_transform=transform)
    linear("linear_normalized", "LinearClassifier", [("label", TensorProto.INT64), ("p", TensorProto.FLOAT)], 3, intercepts=[0.1, -0.2, 0.3],
           classlabels_ints=[0, 1, 2], post_transform="LOGISTIC", after=[helper.make_node("Normalizer", ["scores"], ["p"], norm="L1", **ml)])

    single_ml = lambda case, op, shape=(2, 4), samples=None, **attributes: classical(
        case, [helper.make_node(op, ["x"], ["y"], **attributes, **ml)], list(shape), y, samples)
    single_ml("scaler", "Scaler", offset=[0.5, -1.0, 0.0, 2.0], scale=[2.0, 0.3, 1.1, 0.7])
    single_ml("scaler_one", "Scaler", offset=[0.5], scale=[1.7], shape=(4,))
    positive = [ml_rng.uniform(0.3, 2, (2, 4)) * [1, 1, 1, -1] for _ in range(SAMPLES)]
    for norm in ["MAX", "L1", "L2"]:
        single_ml(f"normalizer_{norm.lower()}", "Normalizer", samples=positive, norm=norm)
    classical("feature_extractor", [helper.make_node("ArrayFeatureExtractor", ["x", "at"], ["y"], **ml)], [2, 4], y,
              initializers=[const("at", [3, 0, 3], np.int64)])
    # As the converter writes MinMaxScaler before a linear model: factors that differ much.
    row = lambda name, values: const(name, [values])
    classical("feature_arithmetic", [
        helper.make_node("Mul", ["x", "m"], ["a"]), helper.make_node("Add", ["b", "a"], ["c"]), helper.make_node("Sub", ["one", "c"], ["d"]),
        helper.make_node("Div", ["d", "e"], ["f"]), helper.make_node("Sub", ["f", "b"], ["g"]),
        helper.make_node("LinearRegressor", ["g"], ["y"], coefficients=[0.3, -0.7, 0.2, 0.9], **ml),
    ], [1, 4], y, samples=[[ml_rng.uniform(0, 1, 4) * [1e3, 1, 1e-2, 10]] for _ in range(SAMPLES)],
        initializers=[row("m", [1e-3, 1, 1e2, 0.1]), const("b", [0.1, 0.2, 0.3, -0.4]), const("one", 1.5), row("e", [2, 0.5, 1, 1.25])])
    # Leaves of plain signs, and a base value that is none.
    arrays_of, leaves = forest((3, 3), 4, every, prune=0)
    weights = leaf_weights("target", leaves, one, 0, 1)
    weights["target_weights"] = [float(np.sign(w - 0.5)) for w in weights["target_weights"]]
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], n_targets=1, base_values=[0.3], **arrays_of, **weights, **ml)
    classical("tree_regressor_signs", [node], [1, 4], y)


quantized_rng = np.random.default_rng(20261122)
TYPES = {np.float32: TensorProto.FLOAT, np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8, np.int32: TensorProto.INT32}


def quantized(case, nodes, inputs, outputs, constants, opset=17, high=2.0):
    """A quantized model; inputs and outputs are lists of (name, type, shape). Outputs named q.. hold integers."""
    info = lambda ports: [helper.make_tensor_value_info(n, TYPES[t], s) for n, t, s in ports]
    initializers = [numpy_helper.from_array(v, n) for n, v in constants.items()]
    graph = helper.make_graph(nodes, case, info(inputs), info(outputs), initializer=initializers)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    quantized_file(case, proto, inputs, high)


def session_of(proto, optimized=True):
    options = onnxruntime.SessionOptions()
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])


def quantized_file(case, proto, inputs, high=2.0):
    (OPS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    samples = []
    for _ in range(SAMPLES):
        feed = {}
        for name, kind, shape in inputs:
            limits = (-high, high) if kind == np.float32 else (np.iinfo(kind).min, np.iinfo(kind).max + 1)
            draw = quantized_rng.uniform if kind == np.float32 else quantized_rng.integers
            feed[name] = draw(*limits, shape).astype(kind)
        samples.append((feed, session.run(None, feed)))
    for name, _, _ in inputs:
        arrays[f"{case}.in.{name}"] = np.stack([f[name] for f, _ in samples]).astype(np.float32)
    for i, port in enumerate(session.get_outputs()):
        arrays[f"{case}.out.{port.name}"] = np.stack([o[i] for _, o in samples]).astype(np.float32)


def quantized_models():
    """They have random numbers of their own, so that the cases above stay what they were."""
    f32, u8, i8, i32 = np.float32, np.uint8, np.int8, np.int32
    node = helper.make_node
    whole = lambda kind, *shape, reach=None: quantized_rng.integers(
        *((-reach, reach + 1) if reach else (np.iinfo(kind).min, np.iinfo(kind).max + 1)), shape).astype(kind)
    spread = lambda low, high, *shape: quantized_rng.uniform(low, high, shape).astype(f32)

    def linear(case, kind, scale, zero, opset=17):
        nodes = [node("QuantizeLinear", ["x", "s", "z"], ["q"], name="quantize")]
        quantized(case, nodes, [("x", f32, [3, 40])], [("q", kind, [3, 40])], {"s": f32(scale), "z": kind(zero)}, opset)

    linear("quantized_linear_uint8", u8, 0.0123, 131)
    linear("quantized_linear_int8", i8, 0.0123, -7, 13)
    linear("quantized_linear_saturates", i8, 0.0031, 5)
    quantized("quantized_linear_default", [node("QuantizeLinear", ["x", "s"], ["q"])], [("x", f32, [40])], [("q", u8, [40])], {"s": f32(0.0071)})
    quantized("quantized_dequantize", [node("DequantizeLinear", ["x", "s", "z"], ["y"])], [("x", u8, [2, 20])], [("y", f32, [2, 20])],
              {"s": f32(0.031), "z": u8(100)})
    quantized("quantized_again", [node("DequantizeLinear", ["x", "s", "z"], ["a"]), node("QuantizeLinear", ["a", "t", "u"], ["q"])],
              [("x", u8, [2, 60])], [("q", i8, [2, 60])], {"s": f32(0.031), "z": u8(100), "t": f32(0.0257), "u": i8(-9)})
    quantized("quantized_again_halves", [node("DequantizeLinear", ["x", "s", "z"], ["a"]), node("QuantizeLinear", ["a", "t", "u"], ["q"])],
              [("x", i8, [2, 60])], [("q", i8, [2, 60])], {"s": f32(0.25), "z": i8(3), "t": f32(0.5), "u": i8(4)})
    quantized("quantized_pair", [node("QuantizeLinear", ["x", "s", "z"], ["a"]), node("DequantizeLinear", ["a", "s", "z"], ["y"])],
              [("x", f32, [2, 20])], [("y", f32, [2, 20])], {"s": f32(0.0131), "z": u8(100)})

    def convolution(case, x, w, y, channels, group=1, bias=True, scale=0.05, per_channel=False, image=(1, 3, 6, 7), zero=None, **attributes):
        inputs = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"] + (["b"] if bias else [])
        count = (channels,) if per_channel else ()
        zeros = np.zeros(count, w) if w == i8 else np.full(count, 120, w)
        constants = {
            "xs": f32(0.021), "xz": x(117 if x == u8 else -9), "w": whole(w, channels, image[1] // group, 3, 3), "ws": spread(0.002, 0.02, *count),
            "wz": zeros, "ys": f32(scale), "yz": y((100 if y == u8 else -20) if zero is None else zero),
        }
        if bias:
            constants["b"] = whole(i32, channels, reach=20000)
        quantized(case, [node("QLinearConv", inputs, ["q"], name="conv", group=group, **attributes)], [("x", x, image)], [("q", y, None)], constants)

    convolution("quantized_conv", u8, i8, u8, 4)
    convolution("quantized_conv_pads", u8, u8, u8, 4, pads=[1, 1, 0, 2], scale=0.3)
    convolution("quantized_conv_channels", u8, i8, u8, 5, per_channel=True, pads=[1, 1, 1, 1], strides=[2, 1], scale=0.2)
    convolution("quantized_conv_signed", i8, i8, i8, 4, per_channel=True, scale=0.11)
    convolution("quantized_conv_depthwise", u8, i8, u8, 4, group=4, image=(1, 4, 6, 6), per_channel=True, bias=False)
    convolution("quantized_conv_saturates", u8, i8, u8, 3, scale=0.004, zero=0)

    def product(case, left, right, out, computed=False, scales=(0.02, 0.03, 0.5), bs=None):
        ports = [("x", left, [2, 3, 24])] + ([("z", right, [2, 24, 5])] if computed else [])
        constants = {"as": f32(scales[0]), "az": left(111 if left == u8 else 7), "bs": f32(scales[1]) if bs is None else bs,
                     "bz": right(120 if right == u8 else 0), "ys": f32(scales[2]), "yz": out(128 if out == u8 else 3)}
        if bs is not None:
            constants["bz"] = np.zeros(bs.shape, right)
        if not computed:
            constants["z"] = whole(right, 24, 5)
        inputs = ["x", "as", "az", "z", "bs", "bz", "ys", "yz"]
        quantized(case, [node("QLinearMatMul", inputs, ["q"], name="product")], ports, [("q", out, None)], constants)

    product("quantized_matmul", u8, u8, u8)
    product("quantized_matmul_signed", i8, i8, i8)
    product("quantized_matmul_computed", u8, u8, u8, computed=True)
    product("quantized_matmul_halves", u8, i8, u8, scales=(0.5, 0.25, 64.0))
    product("quantized_matmul_columns", u8, i8, u8, bs=spread(0.01, 0.05, 5))

    product("quantized_matmul_decimals", u8, i8, u8, bs=np.array([0.03, 0.0375, 0.025, 0.05, 0.0625], f32))

    quantized("quantized_matmul_integer", [node("MatMulInteger", ["x", "w", "xz", "wz"], ["q"])], [("x", u8, [2, 24])], [("q", i32, [2, 5])],
              {"w": whole(i8, 24, 5), "xz": u8(77), "wz": i8(-5)})
    quantized("quantized_conv_integer", [node("ConvInteger", ["x", "w", "xz"], ["q"], pads=[1, 1, 1, 1])], [("x", u8, [1, 2, 5, 5])],
              [("q", i32, [1, 3, 5, 5])], {"w": whole(u8, 3, 2, 3, 3), "xz": u8(77)})
    quantized("quantized_matmul_integer_scaled", [
        node("MatMulInteger", ["x", "w", "xz"], ["a"]), node("Cast", ["a"], ["b"], to=TensorProto.FLOAT), node("Mul", ["b", "s"], ["c"]),
        node("Relu", ["c"], ["y"])], [("x", u8, [2, 24])], [("y", f32, [2, 5])], {"w": whole(i8, 24, 5), "xz": u8(120), "s": f32(0.0004)})

    # A small convolutional network between pairs, weights by channel, and the integers in its middle as an output of their own.
    dq = lambda x, s, z, y, **attributes: node("DequantizeLinear", [x, s, z], [y], name=f"dequantize_{y}", **attributes)
    q = lambda x, s, z, y: node("QuantizeLinear", [x, s, z], [y], name=f"quantize_{y}")
    ws, xs = spread(0.002, 0.01, 6), f32(0.0157)
    gs, ms = f32(0.006), f32(0.031)
    network = {
        "xs": xs, "xz": u8(127), "w": whole(i8, 6, 2, 3, 3), "ws": ws, "wz": np.zeros(6, i8), "b": whole(i32, 6, reach=3000),
        "bs": (xs * ws).astype(f32), "bz": np.zeros(6, i32), "ms": ms, "mz": u8(0), "g": whole(i8, 4, 54), "gs": gs, "gz": i8(0),
        "c": whole(i32, 4, reach=2000), "cs": f32(ms * gs), "cz": i32(0), "ys": f32(0.2), "yz": u8(90),
    }
    quantized("quantized_network", [
        q("x", "xs", "xz", "xq"), dq("xq", "xs", "xz", "xd"), dq("w", "ws", "wz", "wd", axis=0), dq("b", "bs", "bz", "bd", axis=0),
        node("Conv", ["xd", "wd", "bd"], ["conv"], name="conv", pads=[1, 1, 1, 1]), node("Relu", ["conv"], ["relu"], name="relu"),
        q("relu", "ms", "mz", "qm"), dq("qm", "ms", "mz", "md"), node("MaxPool", ["md"], ["pool"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        q("pool", "ms", "mz", "pq"), dq("pq", "ms", "mz", "pd"), node("Flatten", ["pd"], ["flat"], name="flat"),
        dq("g", "gs", "gz", "gd"), dq("c", "cs", "cz", "cd"), node("Gemm", ["flat", "gd", "cd"], ["gemm"], name="gemm", transB=1),
        q("gemm", "ys", "yz", "qy"), dq("qy", "ys", "yz", "y"),
    ], [("x", f32, [1, 2, 6, 6])], [("qm", u8, None), ("qy", u8, None), ("y", f32, [1, 4])], network)
    quantized("quantized_residual", [
        q("x", "xs", "xz", "xq"), dq("xq", "xs", "xz", "xd"), dq("w", "ws", "wz", "wd"), node("MatMul", ["xd", "wd"], ["a"]),
        q("a", "as", "az", "aq"), dq("aq", "as", "az", "ad"), node("Add", ["xd", "ad"], ["sum"]), q("sum", "as", "az", "qs"), dq("qs", "as", "az", "y"),
    ], [("x", f32, [2, 8])], [("y", f32, [2, 8]), ("qs", u8, [2, 8]), ("sum", f32, [2, 8])], {
        "xs": xs, "xz": u8(127), "w": whole(i8, 8, 8), "ws": f32(0.004), "wz": i8(0), "as": f32(0.02), "az": u8(120)})
    static_quantization()


def static_quantization():
    """What onnxruntime's own quantizer makes of a float model."""
    import tempfile

    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    weights = lambda *shape: (quantized_rng.standard_normal(shape) * 0.4).astype(np.float32)
    constants = {"w": weights(4, 2, 3, 3), "b": weights(4), "v": weights(5, 4, 3, 3), "c": weights(5), "g": weights(5, 3), "d": weights(3)}
    node = helper.make_node
    graph = helper.make_graph(
        [
            node("Conv", ["x", "w", "b"], ["h"], name="first", pads=[1, 1, 1, 1]), node("Relu", ["h"], ["i"], name="relu"),
            node("MaxPool", ["i"], ["p"], name="pool", kernel_shape=[2, 2], strides=[2, 2]), node("Conv", ["p", "v", "c"], ["k"], name="second"),
            node("Relu", ["k"], ["l"], name="relu2"), node("Flatten", ["l"], ["m"], name="flat"), node("Gemm", ["m", "g", "d"], ["y"], name="gemm"),
        ],
        "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 6, 6])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        initializer=[numpy_helper.from_array(v, n) for n, v in constants.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    class Reader(CalibrationDataReader):
        def __init__(self):
            rng = np.random.default_rng(1)
            self.samples = iter([{"x": rng.uniform(-2, 2, (1, 2, 6, 6)).astype(np.float32)} for _ in range(8)])

        def get_next(self):
            return next(self.samples, None)

    for case, per_channel, activation in [("quantized_static", True, QuantType.QUInt8), ("quantized_static_signed", False, QuantType.QInt8)]:
        with tempfile.TemporaryDirectory() as folder:
            source, target = f"{folder}/a.onnx", f"{folder}/b.onnx"
            onnx.save(proto, source)
            quantize_static(source, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=per_channel, weight_type=QuantType.QInt8, activation_type=activation)
            made = onnx.load(target)
        quantized_file(case, made, [("x", np.float32, [1, 2, 6, 6])])


elementwise_rng = np.random.default_rng(20261123)


def saturated(reals, scale, zero):
    """QuantizeLinear as ONNX specifies it, in single precision."""
    limits = np.iinfo(zero.dtype)
    return np.clip(np.rint(reals / scale).astype(np.int64) + int(zero), limits.min, limits.max)


def elementwise_models():
    """Float operations between quantized tensors. onnxruntime fuses some of them to operations that round halves another way, so what is
    expected comes from the operations one after the other."""
    f32, u8, i8 = np.float32, np.uint8, np.int8
    node = helper.make_node
    dq = lambda x, s, z, y: node("DequantizeLinear", [x, s, z], [y], name=f"dequantize_{y}")
    q = lambda x, s, z, y: node("QuantizeLinear", [x, s, z], [y], name=f"quantize_{y}")

    def written(case, nodes, inputs, outputs, constants, feeds):
        info = lambda ports: [helper.make_tensor_value_info(n, TYPES[t], s) for n, t, s in ports]
        initializers = [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()]
        graph = helper.make_graph(nodes, case, info(inputs), info(outputs), initializer=initializers)
        proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        (OPS / f"{case}.onnx").write_bytes(proto.SerializeToString())
        plain, fused = (session_of(proto, optimized) for optimized in (False, True))
        expected = [plain.run(None, feed) for feed in feeds]
        differ = sum(int((a != b).sum()) for feed, answers in zip(feeds, expected) for a, b in zip(answers, fused.run(None, feed)))
        print(f"{case}: {differ} of {sum(a.size for answers in expected for a in answers)} entries are others where onnxruntime fuses")
        for name, _, _ in inputs:
            arrays[f"{case}.in.{name}"] = np.stack([feed[name] for feed in feeds]).astype(f32)
        for i, (name, _, _) in enumerate(outputs):
            arrays[f"{case}.out.{name}"] = np.stack([answers[i] for answers in expected]).astype(f32)
        return expected

    whole = lambda kind, *shape: elementwise_rng.integers(np.iinfo(kind).min, np.iinfo(kind).max + 1, shape).astype(kind)
    every = lambda kind: np.arange(np.iinfo(kind).min, np.iinfo(kind).max + 1).astype(kind)
    numpy_of = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}

    # All pairs of two types, at scales with which halves are reached, or nearly.
    for op, scales in [("Add", (0.03, 0.05, 0.04)), ("Sub", (0.03, 0.05, 0.04)), ("Mul", (0.03, 0.05, 0.12))]:
        for kind, zeros in [(u8, (117, 130, 101)), (i8, (-9, 14, -27))]:
            case = f"quantized_pairs_{op.lower()}_{np.dtype(kind).name}"
            s, t, v = (f32(scale) for scale in scales)
            z, u, w = (kind(zero) for zero in zeros)
            nodes = [dq("x", "s", "z", "a"), dq("y", "t", "u", "b"), node(op, ["a", "b"], ["c"], name="operation"), q("c", "v", "w", "q")]
            feeds = [{"x": every(kind).reshape(256, 1), "y": every(kind).reshape(1, 256)}]
            [[answer]] = written(case, nodes, [("x", kind, [256, 1]), ("y", kind, [1, 256])], [("q", kind, [256, 256])],
                                 dict(s=s, z=z, t=t, u=u, v=v, w=w), feeds)
            left, right = ((x.astype(np.int64) - int(zero)).astype(f32) * scale for x, zero, scale in [(feeds[0]["x"], z, s), (feeds[0]["y"], u, t)])
            assert (answer == saturated(numpy_of[op](left, right), v, w)).all(), case

    # Other forms: two types; a clip behind; the same tensor twice, with another scale; numbers and constants; three axes and one.
    def form(case, nodes, ports, constants, outputs=("q",)):
        feeds = [{n: whole(t, *s) for n, t, s in ports} for _ in range(SAMPLES)]
        base = dict(s=f32(0.031), z=u8(100), t=f32(0.047), u=i8(-13), v=f32(0.052), w=i8(-40), zero=f32(0), six=f32(6))
        used = {n for each in nodes for n in each.input}
        given = {n: v for n, v in {**base, **constants}.items() if n in used}
        written(f"quantized_{case}", nodes, ports, [(n, f32 if n.startswith("y") else i8, None) for n in outputs], given, feeds)

    x, y = ("x", u8, [2, 3, 10]), ("y", i8, [2, 3, 10])
    both = [dq("x", "s", "z", "a"), dq("y", "t", "u", "b")]
    form("sum_clip", [*both, node("Add", ["a", "b"], ["c"]), node("Clip", ["c", "zero", "six"], ["d"]), q("d", "v", "w", "q")], [x, y], {})
    form("sum_relu_left", [*both, node("Relu", ["a"], ["r"]), node("Sub", ["b", "r"], ["c"]), q("c", "v", "w", "q")], [x, ("y", i8, [10])], {})
    form("sum_read_twice", [*both, node("Add", ["a", "b"], ["c"]), node("Relu", ["c"], ["d"]), q("d", "v", "w", "q"), q("c", "t", "u", "q2"),
                            node("Mul", ["c", "six"], ["y2"])], [x, y], {}, ("q", "q2", "y2"))
    form("sum_twice", [dq("x", "s", "z", "a"), node("Add", ["a", "a"], ["c"]), q("c", "v", "w", "q")], [x], {})
    form("product_twice", [dq("x", "s", "z", "a"), dq("x", "t", "z", "b"), node("Mul", ["a", "b"], ["c"]), q("c", "v", "w", "q")], [x], {})
    form("greater", [*both, node("Max", ["a", "b"], ["c"]), node("Min", ["a", "b"], ["d"]), q("c", "v", "w", "q"), q("d", "v", "w", "q2")], [x, y], {}, ("q", "q2"))
    form("number", [dq("x", "s", "z", "a"), node("Sub", ["n", "a"], ["c"]), q("c", "v", "w", "q")], [x], {"n": np.full([1, 1, 1, 1], 0.73, f32)})
    form("number_quantized", [dq("x", "s", "z", "a"), dq("n", "t", "u", "b"), node("Mul", ["a", "b"], ["c"]), q("c", "v", "w", "q")], [x], {"n": i8(77)})
    form("constant", [dq("x", "s", "z", "a"), dq("n", "t", "u", "b"), node("Add", ["a", "b"], ["c"]), q("c", "v", "w", "q")], [x],
         {"n": np.concatenate([[-128, 127], whole(i8, 8)]).astype(i8)})
    form("joined", [*both, node("Concat", ["a", "b", "b", "a", "a"], ["c"], axis=1), q("c", "v", "w", "q")], [x, y], {})

    # Integers that several layers read, of which calibration need not have seen the extremes.
    form("shared", [
        dq("x", "s", "z", "a"), dq("m", "t", "u", "b"), node("MatMul", ["a", "b"], ["c"]), q("c", "h", "w", "qc"), dq("qc", "h", "w", "d"),
        node("Add", ["a", "d"], ["e"]), q("e", "h", "w", "q"),
    ], [("x", u8, [1, 6])], {"m": whole(i8, 6, 6), "h": f32(0.25)}, ("q",))

    form("sums_alike", [*both, dq("x2", "s", "z", "a2"), dq("y2", "t", "u", "b2"), node("Add", ["a", "b"], ["c"]), node("Add", ["a2", "b2"], ["d"]),
                        q("c", "v", "w", "q"), q("d", "v", "w", "q2")], [x, y, ("x2", u8, [4]), ("y2", i8, [4])], {}, ("q", "q2"))

    residual_models(dq, q)


def residual_models(dq, q):
    """A block of a residual network. Its convolutions are proven as onnxruntime fuses them, its sums as the operations one after the other: where
    the sum is an output as well, onnxruntime leaves it."""
    f32, u8, i8, i32 = np.float32, np.uint8, np.int8, np.int32
    node = helper.make_node
    whole = lambda kind, reach, *shape: elementwise_rng.integers(-reach, reach + 1, shape).astype(kind)
    xs, ms, rs, ys = f32(0.0157), f32(0.0213), f32(0.0371), f32(0.0241)
    ws = elementwise_rng.uniform(0.002, 0.01, 4).astype(f32)
    vs = f32(0.0041)
    constants = {
        "xs": xs, "xz": u8(127), "w": whole(i8, 127, 4, 4, 3, 3), "ws": ws, "wz": np.zeros(4, i8), "b": whole(i32, 3000, 4), "bs": (xs * ws).astype(f32),
        "bz": np.zeros(4, i32), "ms": ms, "mz": u8(0), "v": whole(i8, 127, 4, 4, 1, 1), "vs": vs, "vz": i8(0), "rs": rs, "rz": u8(131), "ys": ys, "yz": u8(0),
    }
    nodes = [
        q("x", "xs", "xz", "xq"), dq("xq", "xs", "xz", "xd"), node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], axis=0),
        node("DequantizeLinear", ["b", "bs", "bz"], ["bd"], axis=0), node("Conv", ["xd", "wd", "bd"], ["c"], name="first", pads=[1, 1, 1, 1]),
        node("Relu", ["c"], ["r"]), q("r", "ms", "mz", "qm"), dq("qm", "ms", "mz", "md"), dq("v", "vs", "vz", "vd"),
        node("Conv", ["md", "vd"], ["e"], name="second"), q("e", "rs", "rz", "qe"), dq("qe", "rs", "rz", "ed"),
        node("Add", ["ed", "xd"], ["sum"], name="residual"), node("Relu", ["sum"], ["relu"]), q("relu", "ys", "yz", "qr"), dq("qr", "ys", "yz", "rd"),
        node("Add", ["rd", "ed"], ["again"], name="residual_again"), q("again", "ys", "rz", "qs"), dq("qs", "ys", "rz", "y"),
    ]
    info = lambda names, kind: [helper.make_tensor_value_info(n, kind, None) for n in names]
    whole_outputs = ["qm", "qe", "qr", "qs"]
    outputs = [*info(whole_outputs, TensorProto.UINT8), *info(["y"], TensorProto.FLOAT)]
    graph = lambda extra: helper.make_graph(
        nodes, "residual", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 6, 6])], outputs + info(extra, TensorProto.FLOAT),
        initializer=[numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()])
    proto = lambda extra: helper.make_model(graph(extra), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    case = "quantized_residual_block"
    (OPS / f"{case}.onnx").write_bytes(proto([]).SerializeToString())
    session = session_of(proto(["sum", "again"]))
    feeds = [{"x": elementwise_rng.uniform(-2, 2, (1, 4, 6, 6)).astype(f32)} for _ in range(SAMPLES)]
    expected = [dict(zip([o.name for o in session.get_outputs()], session.run(None, feed))) for feed in feeds]
    for feed, answer in zip(feeds, expected):
        real = lambda q, zero, scale: (q.astype(np.int64) - zero).astype(f32) * scale
        x = real(saturated(feed["x"], xs, u8(127)), 127, xs)
        sums = np.maximum(real(answer["qe"], 131, rs) + x, f32(0))
        assert (answer["qr"] == saturated(sums, ys, u8(0))).all()
        assert (answer["qs"] == saturated(real(answer["qr"], 0, ys) + real(answer["qe"], 131, rs), ys, u8(131))).all()
    arrays[f"{case}.in.x"] = np.stack([feed["x"] for feed in feeds])
    for name in [*whole_outputs, "y"]:
        arrays[f"{case}.out.{name}"] = np.stack([answer[name] for answer in expected]).astype(f32)


# Cases that were added later draw from random numbers of their own, so that those above stay what they were.
later = np.random.default_rng(23)


def uniform(*shape, scale=1.0):
    return later.uniform(-scale, scale, shape).astype(np.float32)


def drawn(low, high, **shapes):
    """Makes inputs."""
    return lambda: {name: later.uniform(low, high, shape).astype(np.float32) for name, shape in shapes.items()}


def root_models():
    node = helper.make_node
    w = const("w", uniform(6, 1, 5, scale=0.5))
    # The magnitude of a short-time Fourier transform, as exporters write it; most of the sound is faint.
    faint = lambda: {"x": (later.uniform(-1, 1, (1, 1, 40)) * np.exp(later.uniform(-7, 0, (1, 1, 40)))).astype(np.float32)}
    model("root_magnitude", [
        node("Conv", ["x", "w"], ["c"], strides=[5]), node("Slice", ["c", "zero", "three", "one"], ["re"]),
        node("Slice", ["c", "three", "six", "one"], ["im"]), node("Pow", ["re", "two"], ["p"]), node("Mul", ["im", "im"], ["q"]),
        node("Add", ["p", "q"], ["s"]), node("Sqrt", ["s"], ["y"], name="the_root"),
    ], [("x", [1, 1, 40])], [w, const("two", 2.0), *[const(n, [v], np.int64) for n, v in [("zero", 0), ("one", 1), ("three", 3), ("six", 6)]]],
        make=faint)
    model("root_of_sum", [
        node("ReduceSumSquare", ["x"], ["s"], axes=[1], keepdims=0), node("Add", ["s", "e"], ["t"]), node("Sqrt", ["t"], ["r"]),
        node("Mul", ["r", "f"], ["y"]),
    ], [("x", [5, 7])], [const("e", 0.125), const("f", uniform(5))], make=drawn(-3, 3, x=[5, 7]))


def place_models():
    """Entries from and to places, the greatest entries, products, tables by constants."""
    node, ints = helper.make_node, lambda name, values: const(name, values, np.int64)

    def later_single(case, op, shape, constants=(), opset=17, low=-2.0, high=2.0, **attributes):
        nodes = [node(op, ["x", *[c.name for c in constants]], ["y"], name=f"the_{op}", **attributes)]
        model(case, nodes, [("x", shape)], constants, opset, make=drawn(low, high, x=shape))

    later_single("gather_elements", "GatherElements", [2, 3, 4], [ints("i", [[[0, 3], [1, 1], [2, 0]], [[3, 3], [-1, 0], [-4, 2]]])], axis=2)
    later_single("gather_elements_first", "GatherElements", [4, 3], [ints("i", [[2, 0, 3], [-1, 1, 0]])], axis=0, opset=13)
    later_single("gather_nd", "GatherND", [3, 4, 2], [ints("i", [[0, 3], [2, 1], [1, 1]])])
    later_single("gather_nd_batch", "GatherND", [2, 3, 4], [ints("i", [[[1], [2]], [[0], [0]]])], batch_dims=1)
    model("gather_elements_computed", [
        node("ArgMax", ["x"], ["i"], axis=1, keepdims=1), node("GatherElements", ["z", "i"], ["y"], axis=1, name="the_GatherElements"),
    ], [("x", [3, 5]), ("z", [4, 5])], make=drawn(-2, 2, x=[3, 5], z=[4, 5]))
    model("gather_elements_computed_first", [
        node("ArgMin", ["x"], ["i"], axis=0, keepdims=1), node("GatherElements", ["x", "i"], ["y"], axis=0, name="the_GatherElements"),
    ], [("x", [5, 4])], make=drawn(-2, 2, x=[5, 4]))

    def scatter(case, op, shape, updates, indices, opset=18, **attributes):
        nodes = [node(op, ["x", "i", "z"], ["y"], name=f"the_{op}", **attributes)]
        model(case, nodes, [("x", shape), ("z", updates)], [ints("i", indices)], opset, make=drawn(-2, 2, x=shape, z=updates))

    scatter("scatter_elements", "ScatterElements", [3, 4], [2, 3], [[0, 2, 1], [2, -3, 0]], axis=0, opset=13)
    scatter("scatter_elements_add", "ScatterElements", [3, 4], [3, 2], [[0, 2], [3, 1], [-1, 0]], axis=1, reduction="add")
    scatter("scatter_elements_mul", "ScatterElements", [3, 4], [3, 2], [[0, 2], [3, 1], [-1, 0]], axis=1, reduction="mul")
    scatter("scatter_elements_min", "ScatterElements", [3, 4], [3, 2], [[0, 2], [3, 1], [-1, 0]], axis=1, reduction="min")
    scatter("scatter_nd", "ScatterND", [4, 3], [2, 3], [[3], [1]], opset=16)
    scatter("scatter_nd_entries", "ScatterND", [4, 3], [3], [[3, 0], [1, 2], [0, 0]], opset=13)
    scatter("scatter_nd_max", "ScatterND", [4, 3], [2, 3], [[3], [1]], reduction="max")

    def spaced(shape):
        """Numbers that are far apart: of near ones, quantization decides which is greater."""
        count = int(np.prod(shape))
        return lambda: {"x": (later.permutation(count).reshape(shape) * (4 / count) - 2).astype(np.float32)}

    model_types = {"y": TensorProto.FLOAT, "i": TensorProto.INT64}
    for case, shape, k, attributes in [
        ("top_one", [3, 6], 1, {}), ("top_three", [3, 6], 3, {"axis": 1}), ("top_axis", [5, 2, 3], 2, {"axis": 0}),
        ("top_least", [2, 7], 4, {"largest": 0}), ("top_all", [2, 4], 4, {}),
    ]:
        nodes = [node("TopK", ["x", "k"], ["y", "i"], name="the_TopK", **attributes)]
        graph = helper.make_graph(
            nodes, case, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(name, kind, None) for name, kind in model_types.items()], initializer=[ints("k", [k])])
        proto = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))
        written(case, proto, spaced(shape))
    ties = lambda: {"x": later.integers(-2, 3, (4, 8)).astype(np.float32)}
    graph = helper.make_graph([node("TopK", ["x", "k"], ["y", "i"], name="the_TopK")], "top_ties", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 8])],
                              [helper.make_tensor_value_info(name, kind, None) for name, kind in model_types.items()], initializer=[ints("k", [5])])
    written("top_ties", onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)), ties)

    later_single("reduce_prod", "ReduceProd", [2, 5, 3], low=0.5, high=1.5, axes=[1])
    later_single("reduce_prod_all", "ReduceProd", [2, 3], low=-1.5, high=1.5, keepdims=0)
    later_single("reduce_prod_two", "ReduceProd", [2, 4, 3], [ints("axes", [0, 2])], opset=18, low=0.5, high=1.5)

    later_single("pow_constants", "Pow", [2, 4], [const("e", [0.5, 2, 3, -1])], low=0.3, high=2.0)
    later_single("pow_computed_exponent", "Pow", [2, 4], [const("e", [[0.5], [1.5]])], low=0.3, high=2.0)
    model("pow_of_constants", [node("Pow", ["b", "x"], ["y"], name="the_Pow")], [("x", [2, 3])], [const("b", [0.5, 2, 3])], make=drawn(-2, 2, x=[2, 3]))
    model("pow_tensors", [node("Pow", ["x", "z"], ["y"], name="the_Pow")], [("x", [3, 4]), ("z", [3, 4])], make=drawn(0.4, 2, x=[3, 4], z=[3, 4]))
    later_single("fmod_constants", "Mod", [3, 4], [const("d", [0.7, 0.5, 1.3, 0.9])], fmod=1)
    whole = lambda low, high, shape: lambda: {"x": later.integers(low, high, shape).astype(np.int64)}
    for case, op in [("mod_integers", "Mod"), ("div_integers", "Div")]:
        model(case, [node(op, ["x", "d"], ["i"], name=f"the_{op}"), node("Cast", ["i"], ["y"], to=TensorProto.FLOAT)], [("x", [3, 4])],
              [ints("d", [7, 3, -5, 10])], input_type=TensorProto.INT64, make=whole(-60, 60, (3, 4)))


def written(case, proto, make):
    """Writes a model that is made already."""
    onnx.checker.check_model(proto)
    (OPS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    samples = [(feed, session.run(None, feed)) for feed in (make() for _ in range(SAMPLES))]
    for port in session.get_inputs():
        arrays[f"{case}.in.{port.name}"] = np.stack([feed[port.name] for feed, _ in samples]).astype(np.float32)
    for i, port in enumerate(session.get_outputs()):
        arrays[f"{case}.out.{port.name}"] = np.stack([outputs[i] for _, outputs in samples]).astype(np.float32)


def resize_models():
    node, floats = helper.make_node, lambda name, values: const(name, values)

    def resize(case, shape, scales=None, sizes=None, opset=13, region=None, **attributes):
        inputs = ["x", "r" if region else "", "s" if scales else "", "t" if sizes else ""]
        constants = [floats("s", scales)] if scales else [const("t", sizes, np.int64)]
        constants += [floats("r", region)] if region else []
        while not inputs[-1]:
            inputs.pop()
        model(case, [node("Resize", inputs, ["y"], name="the_Resize", **attributes)], [("x", shape)], constants, opset, make=drawn(-2, 2, x=shape))

    image = [1, 2, 4, 5]
    resize("resize_linear", image, scales=[1, 1, 2, 2], mode="linear")
    resize("resize_linear_asymmetric", image, scales=[1, 1, 2, 3], mode="linear", coordinate_transformation_mode="asymmetric")
    resize("resize_linear_corners", image, sizes=[1, 2, 7, 9], mode="linear", coordinate_transformation_mode="align_corners")
    resize("resize_linear_pytorch", image, sizes=[1, 2, 8, 1], mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    resize("resize_linear_symmetric", image, scales=[1, 1, 1.5, 2.4], mode="linear", coordinate_transformation_mode="half_pixel_symmetric", opset=19)
    resize("resize_linear_smaller", image, scales=[1, 1, 0.6, 0.5], mode="linear", opset=11, region=[0, 0, 0, 0, 1, 1, 1, 1])
    resize("resize_linear_one_axis", [1, 3, 6], scales=[1, 1, 4], mode="linear")
    resize("resize_linear_axes", image, sizes=[8, 7], mode="linear", axes=[2, 3], opset=18)
    resize("resize_linear_antialias", [1, 1, 8, 9], scales=[1, 1, 0.5, 0.4], mode="linear", antialias=1, opset=18)
    resize("resize_cubic", image, scales=[1, 1, 2, 2], mode="cubic")
    resize("resize_cubic_corners", image, sizes=[1, 2, 6, 7], mode="cubic", coordinate_transformation_mode="align_corners", cubic_coeff_a=-0.5)
    resize("resize_cubic_outside", image, scales=[1, 1, 2, 1.5], mode="cubic", exclude_outside=1)
    resize("resize_region", image, sizes=[1, 2, 3, 3], mode="linear", coordinate_transformation_mode="tf_crop_and_resize",
           region=[0, 0, 0.2, 0.1, 1, 1, 0.8, 0.7])
    w = const("w", uniform(3, 2, 3, 3, scale=0.4))
    model("resize_linear_after_conv", [
        node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]), node("Resize", ["c", "", "s"], ["r"], mode="linear", name="the_Resize"), node("Relu", ["r"], ["y"]),
    ], [("x", image)], [w, floats("s", [1, 1, 2, 2])], make=drawn(-2, 2, x=image))


def transformer_models():
    """Attention, its embeddings of positions and its normalization, as operations of opset 23 and as exporters write them out."""
    node, ints = helper.make_node, lambda name, values: const(name, values, np.int64)

    def attention(case, shapes, constants=(), mask=None, outputs=("y",), opset=23, **attributes):
        names = [name for name in ("q", "k", "v") if name in shapes]
        inputs = names + ["m" if mask else ""] + (["pk", "pv"] if "pk" in shapes else [])
        while not inputs[-1]:
            inputs.pop()
        model(case, [node("Attention", inputs, list(outputs), name="the_Attention", **attributes)], list(shapes.items()), constants, opset,
              outputs=[o for o in outputs if o], make=drawn(-1.5, 1.5, **shapes))

    four = {"q": [1, 2, 3, 4], "k": [1, 2, 5, 4], "v": [1, 2, 5, 6]}
    attention("attention", four)
    attention("attention_scale", four, scale=0.3)
    attention("attention_causal", {name: [1, 2, 4, 4] for name in "qkv"}, is_causal=1)
    attention("attention_heads", {"q": [2, 3, 8], "k": [2, 4, 8], "v": [2, 4, 12]}, q_num_heads=2, kv_num_heads=2)
    attention("attention_grouped", {"q": [1, 3, 16], "k": [1, 4, 8], "v": [1, 4, 8]}, q_num_heads=4, kv_num_heads=2)
    attention("attention_added_mask", four, [const("m", uniform(3, 5))], mask=True)
    attention("attention_truth_mask", four, [const("m", [[1, 1, 0, 1, 1], [0, 1, 1, 0, 1], [1, 0, 0, 0, 0]], np.bool_)], mask=True)
    attention("attention_softcap", four, softcap=1.5)
    attention("attention_past", four | {"pk": [1, 2, 2, 4], "pv": [1, 2, 2, 6]}, outputs=("y", "present_key", "present_value"))
    attention("attention_weights", four, outputs=("y", "", "", "s"), qk_matmul_output_mode=3)

    def one(case, op, shape, constants, opset=23, **attributes):
        nodes = [node(op, ["x", *[c.name for c in constants]], ["y"], name=f"the_{op}", **attributes)]
        model(case, nodes, [("x", shape)], constants, opset, make=drawn(-2, 2, x=shape))

    one("rms_normalization", "RMSNormalization", [2, 3, 8], [const("g", uniform(8))])
    one("rms_normalization_axes", "RMSNormalization", [2, 3, 4], [const("g", uniform(3, 4))], axis=1, epsilon=0.01)
    angles = later.uniform(-3, 3, (6, 2))
    caches = [const("c", np.cos(angles)), const("s", np.sin(angles))]
    one("rotary_embedding", "RotaryEmbedding", [1, 2, 3, 4], [*caches, ints("p", [[0, 3, 5]])])
    one("rotary_embedding_interleaved", "RotaryEmbedding", [1, 2, 3, 4], [*caches, ints("p", [[1, 2, 4]])], interleaved=1)
    one("rotary_embedding_heads", "RotaryEmbedding", [1, 3, 8], [*caches, ints("p", [[1, 2, 4]])], num_heads=2)
    one("rotary_embedding_partial", "RotaryEmbedding", [1, 2, 3, 6], [*caches, ints("p", [[1, 2, 4]])], rotary_embedding_dim=4)
    # Half of a head is turned against the other half, by slices, a negation and a concatenation.
    angles = np.concatenate([angles[:3]] * 2, axis=-1)
    model("rotary_as_exported", [
        node("Slice", ["x", "zero", "two", "last"], ["a"]), node("Slice", ["x", "two", "four", "last"], ["b"]), node("Neg", ["b"], ["n"]),
        node("Concat", ["n", "a"], ["r"], axis=-1), node("Mul", ["x", "c"], ["left"]), node("Mul", ["r", "s"], ["right"]), node("Add", ["left", "right"], ["y"]),
    ], [("x", [1, 2, 3, 4])], [const("c", np.cos(angles)[None, None]), const("s", np.sin(angles)[None, None]),
                               *[ints(name, [value]) for name, value in [("zero", 0), ("two", 2), ("four", 4), ("last", -1)]]], opset=22, make=drawn(-2, 2, x=[1, 2, 3, 4]))
    w, r, b = const("w", uniform(1, 5, 4)), const("r", uniform(1, 5, 5, scale=0.5)), const("b", uniform(1, 10, scale=0.3))
    model("rnn", [node("RNN", ["x", "w", "r", "b"], ["y", "last"], name="the_RNN", hidden_size=5)], [("x", [3, 1, 4])], [w, r, b], outputs=("y", "last"),
          make=drawn(-1, 1, x=[3, 1, 4]))
    w, r = const("w", uniform(2, 3, 4)), const("r", uniform(2, 3, 3, scale=0.5))
    model("rnn_bidirectional", [node("RNN", ["x", "w", "r"], ["y"], name="the_RNN", hidden_size=3, direction="bidirectional")], [("x", [4, 1, 4])], [w, r], opset=22,
          make=drawn(-1, 1, x=[4, 1, 4]))
    one("conv_opset_22", "Conv", [1, 2, 5, 5], [const("w", uniform(3, 2, 3, 3, scale=0.4))], opset=22)
    one("pool_opset_23", "AveragePool", [1, 2, 5, 5], [], kernel_shape=[2, 2])
    # Masks that are computed, and constant ones beside a causal one.
    square = {name: [1, 2, 4, 4] for name in "qkv"}
    model("attention_computed_mask", [
        node("Greater", ["n", "low"], ["m"]), node("Attention", ["q", "k", "v", "m"], ["y"], name="the_Attention", is_causal=1),
    ], [*square.items(), ("n", [4, 4])], [const("low", -5.0 * (np.arange(4) == np.arange(4)[:, None]))], opset=23, make=drawn(-1, 1, **square, n=[4, 4]))
    attention("attention_causal_added_mask", square, [const("m", np.where(np.arange(4) == 2, -np.inf, uniform(4, 4)))], mask=True, is_causal=1)
    model("where_infinity", [
        node("Greater", ["x", "z"], ["c"]), node("Where", ["c", "x", "low"], ["a"]), node("Not", ["c"], ["d"]), node("Where", ["d", "low", "x"], ["b"]),
        node("Softmax", ["a"], ["s"]), node("Softmax", ["b"], ["t"]), node("Add", ["s", "t"], ["y"]),
    ], [("x", [3, 6]), ("z", [3, 1])], [const("low", -np.inf)], make=lambda: {"x": uniform(3, 6), "z": uniform(3, 1, scale=0.3)})
    model("masks_added_up", [
        node("Greater", ["n", "zero"], ["seen"]), node("Cast", ["seen"], ["f"], to=TensorProto.FLOAT), node("Sub", ["one", "f"], ["g"]), node("Mul", ["g", "low"], ["h"]),
        node("Add", ["causal", "h"], ["mask"]), node("Add", ["x", "mask"], ["s"]), node("Softmax", ["s"], ["y"]),
    ], [("x", [2, 3, 4]), ("n", [4])], [const("zero", -0.6), const("one", 1.0), const("low", -3e38), const("causal", np.where(np.tri(3, 4) > 0, 0, -np.inf))],
        make=lambda: {"x": uniform(2, 3, 4), "n": np.concatenate([np.ones(1), uniform(3)]).astype(np.float32)})
    model("scatter_nd_twice", [node("ScatterND", ["x", "i", "z"], ["y"], name="the_ScatterND", reduction="add")], [("x", [4, 3]), ("z", [3, 3])],
          [ints("i", [[2], [0], [2]])], opset=18, make=drawn(-2, 2, x=[4, 3], z=[3, 3]))
    # A decoder's block with the operations of opset 23, from tokens to logits.
    angles = np.arange(6)[:, None] / 10.0 ** np.arange(2)
    w = lambda name, *shape: const(name, uniform(*shape, scale=shape[0] ** -0.5 * 1.5))
    model("decoder_block", [
        node("Gather", ["table", "x"], ["e"]), node("RMSNormalization", ["e", "g1"], ["n"]), node("MatMul", ["n", "wq"], ["q"]), node("MatMul", ["n", "wk"], ["k"]),
        node("MatMul", ["n", "wv"], ["v"]), node("RotaryEmbedding", ["q", "cos", "sin", "places"], ["rq"], num_heads=4),
        node("RotaryEmbedding", ["k", "cos", "sin", "places"], ["rk"], num_heads=2),
        node("Attention", ["rq", "rk", "v"], ["a"], q_num_heads=4, kv_num_heads=2, is_causal=1), node("MatMul", ["a", "wo"], ["o"]), node("Add", ["e", "o"], ["h"]),
        node("RMSNormalization", ["h", "g2"], ["m"]), node("MatMul", ["m", "w1"], ["gate"]), node("MatMul", ["m", "w2"], ["up"]), node("Sigmoid", ["gate"], ["sg"]),
        node("Mul", ["gate", "sg"], ["silu"]), node("Mul", ["silu", "up"], ["f"]), node("MatMul", ["f", "w3"], ["down"]), node("Add", ["h", "down"], ["z"]),
        node("RMSNormalization", ["z", "g3"], ["last"]), node("MatMul", ["last", "head"], ["y"]),
    ], [("x", [1, 6])], [const("table", uniform(11, 16)), *[const(g, 1 + uniform(16, scale=0.2)) for g in ("g1", "g2", "g3")], w("wq", 16, 16), w("wk", 16, 8), w("wv", 16, 8), w("wo", 16, 16),
           w("w1", 16, 24), w("w2", 16, 24), w("w3", 24, 16), w("head", 16, 11), const("cos", np.cos(angles)), const("sin", np.sin(angles)), ints("places", [list(range(6))])],
        opset=23, input_type=TensorProto.INT64, make=lambda: {"x": later.integers(0, 11, (1, 6))})
    # Indices from the end, as computed ones may be.
    places = lambda low, high, *shape: later.integers(low, high, shape).astype(np.float32)
    whole = [node("Cast", ["n"], ["i"], to=TensorProto.INT64)]
    model("gather_computed_from_end", [*whole, node("Gather", ["x", "i"], ["y"], axis=0, name="the_Gather")], [("x", [5, 3]), ("n", [8])],
          make=lambda: {"x": uniform(5, 3), "n": places(-5, 5, 8)})
    model("gather_elements_computed_from_end", [*whole, node("GatherElements", ["x", "i"], ["y"], axis=1, name="the_GatherElements")], [("x", [2, 4]), ("n", [2, 6])],
          make=lambda: {"x": uniform(2, 4), "n": places(-4, 4, 2, 6)})
    model("one_hot_from_end", [*whole, node("OneHot", ["i", "depth", "values"], ["y"], name="the_OneHot")], [("n", [7])], [ints("depth", 4), const("values", [-1, 2])],
          make=lambda: {"n": places(-4, 4, 7)})


def small_models():
    """Determinants, shifts by computed numbers of bits, maxima of regions."""
    node = helper.make_node
    drawn = np.random.default_rng(20261128)
    for case, shape in [("det_one", [1, 1]), ("det_two", [2, 2]), ("det_three", [5, 3, 3]), ("det_four", [2, 2, 4, 4])]:
        model(case, [node("Det", ["x"], ["y"], name="the_Det")], [("x", shape)],
              make=lambda shape=shape: {"x": drawn.uniform(-2, 2, shape).astype(np.float32)})
    for direction in ("LEFT", "RIGHT"):
        for kind, bits in ((TensorProto.UINT8, 8), (TensorProto.UINT16, 16)):
            whole = [node("Cast", [name], [f"{name}_bits"], to=kind) for name in "xn"]
            shift = node("BitShift", ["x_bits", "n_bits"], ["shifted"], name="the_BitShift", direction=direction)
            model(f"bit_shift_computed_{direction.lower()}_{bits}", [*whole, shift, node("Cast", ["shifted"], ["y"], to=TensorProto.FLOAT)],
                  [("x", [6, 4]), ("n", [4])],
                  make=lambda bits=bits: {"x": drawn.integers(0, 2**bits, (6, 4)).astype(np.float32), "n": drawn.integers(0, bits, 4).astype(np.float32)})
    regions = [[1, 0, 0, 5, 3], [0, 2, 1, 2, 3], [1, 4, 2, 11, 7]]
    model("max_roi_pool", [node("MaxRoiPool", ["x", "regions"], ["y"], name="the_MaxRoiPool", pooled_shape=[2, 3], spatial_scale=0.75)],
          [("x", [2, 3, 4, 6])], [const("regions", regions)], make=lambda: {"x": drawn.uniform(-2, 2, (2, 3, 4, 6)).astype(np.float32)})


def whole_models():
    """Losses on labels, norms of high powers, and integers beyond the tables: quotients, bits, and results that leave their types."""
    node = helper.make_node
    drawn = np.random.default_rng(20261129)
    reals = lambda *shape: drawn.uniform(-2, 2, shape).astype(np.float32)
    whole = lambda low, high, *shape: drawn.integers(low, high + 1, shape).astype(np.float32)

    def labels(ignored=None, *shape):
        values = whole(0, 3, *shape)
        if ignored is not None:
            values[drawn.random(shape) < 0.3] = ignored
        values.reshape(-1)[0] = 1
        return values

    cast = node("Cast", ["l"], ["labels"], to=TensorProto.INT64)
    weights = const("weights", [0.5, 2, 1, 0.7])
    for case, op, shape, ignored, more, settings in [
        ("loss_mean", "NegativeLogLikelihoodLoss", (3, 4), None, [], {}),
        ("loss_ignored", "NegativeLogLikelihoodLoss", (3, 4, 2), -100, [], {"ignore_index": -100}),
        ("loss_ignored_class", "NegativeLogLikelihoodLoss", (3, 4, 2), 2, [weights], {"ignore_index": 2, "reduction": "sum"}),
        ("loss_of_softmax", "SoftmaxCrossEntropyLoss", (3, 4, 2), 7, [weights], {"ignore_index": 7}),
        ("loss_each", "SoftmaxCrossEntropyLoss", (2, 4), None, [], {"reduction": "none"}),
    ]:
        outputs = ["y", "logarithms"] if case == "loss_each" else ["y"]
        loss = node(op, ["x", "labels", *[c.name for c in more]], outputs, name="the_loss", **settings)
        places = (shape[0], *shape[2:])
        model(case, [cast, loss], [("x", shape), ("l", places)], more, outputs=outputs,
              make=lambda shape=shape, ignored=ignored, places=places: {"x": reals(*shape), "l": labels(ignored, *places)})

    def spread(*shape):
        # Over three decades, as are the windows' own sizes.
        return (reals(*shape) * 10.0 ** drawn.integers(-3, 1, (*shape[:-2], 1, 1))).astype(np.float32)

    for p in (3, 4, 20):
        pool = node("LpPool", ["x"], ["y"], name="the_LpPool", kernel_shape=[2, 2], pads=[1, 0, 0, 1], p=p)
        # What onnxruntime raises to the 20th power is soon nothing in single precision.
        make = (lambda: {"x": reals(1, 3, 4, 4)}) if p == 20 else (lambda: {"x": spread(1, 3, 4, 4)})
        model(f"lp_pool_{p}", [pool], [("x", [1, 3, 4, 4])], make=make)
    log = [node("Exp", ["x"], ["e"]), node("ReduceMean", ["e"], ["m"], axes=[1], keepdims=0), node("Transpose", ["m"], ["t"], perm=[1, 0]),
           node("Log", ["t"], ["y"], name="the_Log")]
    model("log_mean_exp_written_out", log, [("x", [2, 3, 4])], make=lambda: {"x": whole(-60, 60, 2, 3, 4)})

    def integers(case, op, kind, shapes, make, constants=(), **attributes):
        computed = [name for name, _ in shapes]
        casts = [node("Cast", [name], [f"{name}_whole"], to=kind) for name in computed]
        operands = [f"{name}_whole" for name in computed] + [c.name for c in constants]
        this = node(op, operands, ["whole"], name=f"the_{op}", **attributes)
        model(case, [*casts, this, node("Cast", ["whole"], ["y"], to=TensorProto.FLOAT)], shapes, constants, make=make, opset=18)

    def offsets(*shape):
        return drawn.uniform(-1.5, 1.5, shape).astype(np.float32)

    kernel = const("w", drawn.uniform(-1, 1, (4, 2, 2, 3)))
    deformed = node("DeformConv", ["x", "w", "o", "", "m"], ["y"], name="the_DeformConv", group=2, offset_group=2, pads=[1, 0, 0, 1], strides=[2, 1], dilations=[1, 2])
    model("deform_conv", [deformed], [("x", [2, 4, 5, 6]), ("o", [2, 24, 3, 3]), ("m", [2, 12, 3, 3])], [kernel], opset=19,
          make=lambda: {"x": reals(2, 4, 5, 6), "o": offsets(2, 24, 3, 3), "m": drawn.uniform(0, 1, (2, 12, 3, 3)).astype(np.float32)})
    for padding in ("zeros", "border"):
        for aligned in (0, 1):
            sample = node("GridSample", ["x", "g"], ["y"], name="the_GridSample", mode="bilinear", padding_mode=padding, align_corners=aligned)
            model(f"grid_sample_computed_{padding}_{aligned}", [sample], [("x", [2, 3, 4, 5]), ("g", [2, 3, 2, 2])],
                  make=lambda: {"x": reals(2, 3, 4, 5), "g": drawn.uniform(-1.3, 1.3, (2, 3, 2, 2)).astype(np.float32)})

    model("reciprocal_of_both_signs", [node("Reciprocal", ["x"], ["y"], name="the_Reciprocal")], [("x", [6, 4])],
          make=lambda: {"x": (drawn.uniform(0.3, 4, (6, 4)) * drawn.choice([-1, 1], (6, 4))).astype(np.float32)})

    pair = [("x", [5, 4]), ("z", [4])]
    def of(first, second):
        return lambda: {"x": whole(*first, 5, 4), "z": whole(*second, 4)}
    for op in ("Add", "Sub", "Mul"):
        integers(f"wrap_{op.lower()}_int16", op, TensorProto.INT16, pair, of((-32768, 32767), (-32768, 32767)))
        integers(f"wrap_{op.lower()}_uint16", op, TensorProto.UINT16, pair, of((0, 65535), (0, 65535)))
    integers("wrap_sub_uint32", "Sub", TensorProto.UINT32, pair, of((0, 90), (0, 90)))
    integers("div_computed_int32", "Div", TensorProto.INT32, pair, of((-100000, 100000), (-700, -1)))
    integers("div_computed_uint8", "Div", TensorProto.UINT8, pair, of((0, 255), (1, 255)))
    integers("div_wide_by_numbers", "Div", TensorProto.INT64, pair[:1], lambda: {"x": whole(-10**6, 10**6, 5, 4)}, [const("c", [7, -9, 640, 3], np.int64)])
    integers("mod_computed_int64", "Mod", TensorProto.INT64, pair, lambda: {"x": whole(-9000, 9000, 5, 4), "z": np.where(drawn.random(4) < 0.5, 1, -1).astype(np.float32) * whole(1, 90, 4)})
    integers("fmod_computed_int32", "Mod", TensorProto.INT32, pair, of((-9000, 9000), (1, 90)), fmod=1)
    integers("mod_wide_by_number", "Mod", TensorProto.INT32, pair[:1], lambda: {"x": whole(-10**6, 10**6, 5, 4)}, [const("c", [8400], np.int32)])
    for op in ("And", "Or", "Xor"):
        integers(f"bits_{op.lower()}_int16", f"Bitwise{op}", TensorProto.INT16, pair, of((-32768, 32767), (-32768, 32767)))
        integers(f"bits_{op.lower()}_int64_constant", f"Bitwise{op}", TensorProto.INT64, pair[:1], lambda: {"x": whole(-10**6, 10**6, 5, 4)}, [const("c", [255, -4, 65535, 9], np.int64)])
    for direction in ("LEFT", "RIGHT"):
        integers(f"bit_shift_computed_{direction.lower()}_32", "BitShift", TensorProto.UINT32, pair, of((0, 60000), (0, 20)), direction=direction)
        integers(f"bit_shift_constant_{direction.lower()}_64", "BitShift", TensorProto.UINT64, pair[:1], lambda: {"x": whole(0, 60000, 5, 4)}, [const("c", [1, 5, 7, 8], np.uint64)], direction=direction)


def refused_models():
    """Models that ONNX allows and that are refused, with a reason."""
    node, ints = helper.make_node, lambda name, values: const(name, values, np.int64)
    folder = HERE / "refused"
    folder.mkdir(exist_ok=True)

    def refused(case, nodes, inputs, constants=(), opset=18):
        kinds = {np.float32: TensorProto.FLOAT, np.int64: TensorProto.INT64}
        graph = helper.make_graph(
            nodes, case, [helper.make_tensor_value_info(name, kinds[kind], shape) for name, kind, shape in inputs],
            [helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)], initializer=list(constants))
        proto = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8))
        onnx.checker.check_model(proto)
        (folder / f"{case}.onnx").write_bytes(proto.SerializeToString())

    f, i = np.float32, np.int64
    refused("mod_computed", [node("Mod", ["x", "z"], ["y"], name="the_node", fmod=1)], [("x", f, [3]), ("z", f, [3])])
    refused("pow_integers", [node("Pow", ["x", "z"], ["y"], name="the_node")], [("x", i, [3]), ("z", f, [3])])
    refused("pow_many_numbers", [node("Pow", ["x", "e"], ["y"], name="the_node")], [("x", f, [20])], [const("e", np.arange(20) / 7)])
    refused("scatter_computed", [node("ScatterElements", ["x", "z", "x"], ["y"], name="the_node")], [("x", f, [3]), ("z", i, [3])])
    refused("top_many", [node("TopK", ["x", "k"], ["y", "i"], name="the_node")], [("x", f, [100])], [ints("k", [65])])
    refused("attention_softcap_causal", [node("Attention", ["x", "x", "x"], ["y"], name="the_node", softcap=2.0, is_causal=1)], [("x", f, [1, 2, 4, 4])], opset=23)


main()
