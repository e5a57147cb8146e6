"""Makes data/arrays.npz and data/arrays/*.onnx: arrays that a model was given, in operations that could do with public numbers (divisors,
remainders, exponents, masks), and what onnxruntime answers. Needs onnx 1.20.1, onnxruntime and numpy; run it in this folder.

Cases whose names begin with `secret_` keep the array as a weight, those with `public_` show it.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent / "data"
MODELS = HERE / "arrays"
SAMPLES = 8
rng = np.random.default_rng(20261129)
arrays = {}
N = helper.make_node


def const(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype=dtype), name)


def model(case, nodes, make, constants, opset=18):
    samples = [make() for _ in range(SAMPLES)]
    inputs = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in samples[0].items()]
    graph = helper.make_graph(nodes, case, inputs, [helper.make_tensor_value_info("y", T.FLOAT, None)], initializer=list(constants))
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    proto = onnx.shape_inference.infer_shapes(proto)
    onnx.checker.check_model(proto)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    answers = [session.run(["y"], feed)[0] for feed in samples]
    (MODELS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    for name in samples[0]:
        arrays[f"{case}.in.{name}"] = np.stack([s[name] for s in samples]).astype("f")
    arrays[f"{case}.out.y"] = np.stack(answers).astype("f")


def division(case, op, kind, array, dividends, shape=(5, 4), is_divisor=True, **attributes):
    """Integers by an array, or an array by integers."""
    operands = ["x", "d"] if is_divisor else ["d", "x"]
    nodes = [N(op, operands, ["q"], name=f"the_{op}", **attributes), N("Cast", ["q"], ["y"], to=T.FLOAT)]

    def make():
        x = rng.integers(dividends[0], dividends[1] + 1, shape).astype(kind)
        return {"x": x if is_divisor else np.where(x == 0, 1, x).astype(kind)}

    model(case, nodes, make, [const("d", array, np.dtype(kind))])


def integers():
    mixed, spread, alike = [7, -9, 1, 100], [[3], [-4], [11], [90], [-128]], [[6] * 4]
    operations = [("div", "Div", {}), ("mod", "Mod", {}), ("fmod", "Mod", {"fmod": 1})]
    for name, op, attributes in operations:
        division(f"secret_{name}_int8", op, "int8", mixed, (-128, 127), **attributes)
        division(f"secret_{name}_int16", op, "int16", spread, (-32768, 32767), **attributes)
        division(f"secret_{name}_int32", op, "int32", [[641, -8400, 9999, -1]], (-10**6, 10**6), **attributes)
        division(f"secret_{name}_int64_alike", op, "int64", alike, (-5000, 5000), **attributes)
        division(f"secret_{name}_int64_negative", op, "int64", [-6] * 4, (-5000, 5000), **attributes)
        division(f"secret_{name}_int64_powers", op, "int16", [2, 4, 4, -16], (-5000, 5000), **attributes)
        division(f"secret_{name}_uint8", op, "uint8", [3, 200, 255, 1], (0, 255), **attributes)
        division(f"secret_{name}_uint16", op, "uint16", rng.integers(1, 10000, (5, 4)), (0, 65535), **attributes)
        division(f"secret_{name}_uint32", op, "uint32", [31, 7, 3, 5], (0, 10**6), **attributes)
        division(f"secret_{name}_of_array", op, "int32", [[-900, 5, 0, 9999]], (-90, 90), is_divisor=False, **attributes)
        division(f"secret_{name}_of_array_int8", op, "uint8", [[255, 5, 0, 99]], (1, 255), is_divisor=False, **attributes)
        # Wider than a quotient by what is secret may be.
        division(f"public_{name}_powers_int32", op, "int32", [2, 4, 4, 16], (-2**24, 2**24), **attributes)
        division(f"public_{name}_great_int32", op, "int32", [20000, 7, 30000, 7], (-10**6, 10**6), **attributes)
        division(f"public_{name}_number_int32", op, "int32", [12], (-10**6, 10**6), **attributes)


def reals(*shape, low=-2.0, high=2.0):
    return rng.uniform(low, high, shape).astype("f")


def masks():
    def where(case, mask, yes, no, shape=(2, 3, 5), before=(), after="y", constants=(), make=None):
        """`yes` and `no` are x, z or constants."""
        given = [const(name, value) for name, value in (("yes", yes), ("no", no)) if not isinstance(value, str)]
        names = [value if isinstance(value, str) else name for name, value in (("yes", yes), ("no", no))]
        inputs = [name for name in ("x", "z") if name in names or any(name in n.input for n in before)]
        nodes = [*before, N("Where", ["m", *names], ["y"], name="the_Where")]
        model(case, nodes, make or (lambda: {n: reals(*shape) for n in inputs}), [const("m", mask, bool), *given, *constants])

    pruned = rng.random((3, 5)) < 0.5
    pruned[0] = [True, False, True, False, True]
    channels = np.array([True, False, True, True, False, True, False])
    where("secret_where_both", pruned, "x", "z")
    where("secret_where_zero", pruned, "x", 0.0)
    where("secret_where_zeros", pruned, np.zeros((3, 5)), "x")
    where("secret_where_number", pruned, -1.5, "x")
    where("secret_where_array", pruned, "x", rng.uniform(-2, 2, (3, 1)))
    where("secret_where_repeated", np.array([[[1, 0, 1, 1, 0]], [[0, 1, 0, 1, 0]]], bool), "x", rng.uniform(-2, 2, (3, 1)))
    where("secret_where_broadcast", pruned, "x", "z", make=lambda: {"x": reals(5), "z": reals(4, 3, 1)})
    where("secret_where_orders", pruned, "x", "z", make=lambda: {"x": reals(3, 5), "z": reals(3, 5) * 100})
    kernel = const("w", rng.uniform(-1, 1, (6, 7)))
    where("secret_where_channels", channels, "h", 0.0, before=[N("MatMul", ["x", "w"], ["h"])], constants=[kernel], make=lambda: {"x": reals(4, 6)})
    steps = [N("Relu", ["x"], ["h"])]
    where("secret_where_relu", pruned, "h", "x", before=steps)
    causal = np.tri(5, dtype=bool)
    where("public_where_causal", causal, "x", 0.0, shape=(2, 5, 5))
    where("public_where_attention", rng.random((5, 5)) < 0.7, "x", -1e9, before=(), make=lambda: {"x": reals(2, 5, 5)})


def powers():
    """Each case twice: with exponents that the model was given, and with the same as its nodes compute them, which are public."""
    def power(case, exponents, make, before=(), after=(), base="x", constants=()):
        given = const("e", exponents)
        out = "p" if after else "y"
        for name, source, nodes in (("secret", "e", []), ("public", "f", [N("Neg", ["e"], ["n"]), N("Neg", ["n"], ["f"])])):
            nodes = [*before, *nodes, N("Pow", [base, source], [out], name="the_Pow"), *after]
            state = rng.bit_generator.state
            model(f"{name}_pow_{case}", nodes, make, [given, *constants])
            if name == "secret":
                rng.bit_generator.state = state

    channels = rng.uniform(0.3, 3.2, (6, 1))
    relu = [N("Relu", ["x"], ["h"])]
    power("fractions", channels, lambda: {"x": reals(3, 6, 8, low=0.01, high=1.5)})
    power("alike", np.full((6, 1), 0.45), lambda: {"x": reals(3, 6, 8, low=0, high=1)})
    power("relu", channels, lambda: {"x": reals(3, 6, 8)}, before=relu, base="h")
    power("relu_whole_among_them", [[2], [0.5], [1], [1.7], [0.25], [3]], lambda: {"x": reals(3, 6, 8)}, before=relu, base="h")
    power("small", channels, lambda: {"x": reals(3, 6, 8) * np.float32(1e-3)}, before=relu, base="h")
    power("great", rng.uniform(0.3, 1.4, (6, 1)), lambda: {"x": reals(3, 6, 8) * np.float32(300)}, before=relu, base="h")
    power("negative", rng.uniform(-2.5, -0.3, (6, 1)), lambda: {"x": reals(3, 6, 8, low=0.4, high=3)})
    power("both_signs", rng.uniform(-1.3, 1.7, (6, 1)), lambda: {"x": reals(3, 6, 8, low=0.2, high=2)})
    power("pixels", rng.uniform(1.8, 2.6, (3, 1, 1)), lambda: {"x": (rng.integers(0, 256, (1, 3, 5, 5)) / 255).astype("f")})
    # As PCEN has it: energies, of which some are zero, beside a constant.
    power("energies", rng.uniform(0.2, 0.6, (1, 6)), lambda: {"x": np.maximum(reals(4, 6), 0) ** 2}, before=[N("Add", ["x", "two"], ["h"])], base="h",
          after=[N("Sub", ["p", "two"], ["y"])], constants=[const("two", 2.0)])
    kernel = const("w", rng.uniform(-1, 1, (5, 6)))
    power("layer", rng.uniform(0.4, 2.1, 6), lambda: {"x": reals(4, 5)}, before=[N("MatMul", ["x", "w"], ["g"]), N("Relu", ["g"], ["h"])], base="h", constants=[kernel])


def main():
    MODELS.mkdir(parents=True, exist_ok=True)
    for old in MODELS.glob("*.onnx"):
        old.unlink()
    integers()
    masks()
    powers()
    np.savez_compressed(HERE / "arrays.npz", **arrays)
    print(len(list(MODELS.glob("*.onnx"))), "models")


main()
