"""Inputs as applications have them: tables, strings, quantized models, inputs finer than activations."""

from __future__ import annotations

import inferproof
import numpy as np
import pytest


@pytest.mark.filterwarnings("ignore")
def test_a_table_of_numbers_and_strings() -> None:
    pandas = pytest.importorskip("pandas")
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    rng = np.random.default_rng(0)
    table = pandas.DataFrame({"age": rng.uniform(18, 90, 100).round(), "home": rng.choice(["rent", "own", "family"], 100)})
    answers = (table["age"] > 50) ^ (table["home"] == "own")
    columns = make_column_transformer((StandardScaler(), ["age"]), (OneHotEncoder(handle_unknown="ignore"), ["home"]))
    estimator = make_pipeline(columns, LogisticRegression()).fit(table, answers.astype(int))
    types = [("age", FloatTensorType([1, 1])), ("home", StringTensorType([1, 1]))]
    proto = skl2onnx.to_onnx(estimator, initial_types=types, options={"zipmap": False}, target_opset=17)
    model = inferproof.compile(proto, calibration=table)

    prover, verifier = inferproof.Prover(model), inferproof.Verifier(model.public)
    row = table.iloc[0]
    result, proof = prover.prove(row)
    assert np.allclose(result["probabilities"], estimator.predict_proba(table.iloc[:1]), atol=0.05)
    by_name = {"age": [row["age"]], "home": [row["home"]]}
    assert prover.run(by_name) == result
    verdict = verifier.verify(proof, input=by_name, raises=True)
    assert verdict.inputs["home"].item() == row["home"]
    assert verdict.inputs["age"].item() == pytest.approx(row["age"], rel=0.01)

    unknown = prover.run({"age": [40], "home": ["boat"]})
    expected = estimator.predict_proba(pandas.DataFrame({"age": [40], "home": ["boat"]}))
    assert np.allclose(unknown["probabilities"], expected, atol=0.05)
    with pytest.raises(inferproof.InputError, match="home") as refused:
        prover.run({"age": [40], "home": [3.0]})
    assert refused.value.tensor == "home"


def quantized() -> bytes:
    """A product of eight-bit integers between two quantizations, as quantizers write it."""
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    weights = np.array([[3, -5], [7, 2], [-1, 4]], dtype=np.int8)
    constants = {
        "fine": np.float32(0.02),
        "coarse": np.float32(0.1),
        "zero": np.int8(0),
        "weights": weights,
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "coarse", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "coarse", "zero"], ["d"]),
        helper.make_node("DequantizeLinear", ["weights", "fine", "zero"], ["w"]),
        helper.make_node("MatMul", ["d", "w"], ["y"]),
    ]
    ports = [helper.make_tensor_value_info(name, 1, shape) for name, shape in (("x", [1, 3]), ("y", [1, 2]))]
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], initializers)
    made: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    onnx.checker.check_model(made)
    return made


def test_the_float_model_behind_a_quantized_one() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (64, 1, 3))
    weights = 0.02 * np.array([[3, -5], [7, 2], [-1, 4]])
    kept = inferproof.compile(quantized(), calibration=x, weight_bits=12, activation_bits=14)
    behind = inferproof.compile(quantized(), calibration=x, weight_bits=12, activation_bits=14, dequantize=True)
    rounded = np.clip(np.round(x[0] / 0.1), -128, 127) * 0.1
    assert np.allclose(inferproof.Prover(kept).run(x[0])["y"], rounded @ weights, atol=1e-3)
    assert np.allclose(inferproof.Prover(behind).run(x[0])["y"], x[0] @ weights, atol=1e-3)
    assert inferproof.check(quantized(), dequantize=True).supported


def test_inputs_finer_than_activations() -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    ports = [helper.make_tensor_value_info(name, 1, [1, 4]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Sigmoid", ["x"], ["y"])], "g", ports[:1], ports[1:])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    x = np.random.default_rng(0).uniform(-1, 1, (64, 1, 4))
    spans = []
    for bits in (8, 16):
        model = inferproof.compile(proto, calibration=x, activation_bits=8, weight_bits=8, input_bits=bits)
        _, proof = inferproof.Prover(model).prove(x[0])
        proven = inferproof.Verifier(model.public).verify(proof, raises=True).inputs
        spans.append(np.abs(proven.integers["x"]).max())
        assert np.allclose(proven["x"], x[0], atol=2.0 ** (1 - bits))
    assert spans[1] > 100 * spans[0]


@pytest.mark.filterwarnings("ignore")
def test_outputs_of_strings_are_compared(credit) -> None:
    pytest.importorskip("skl2onnx")
    from sklearn.tree import DecisionTreeClassifier

    answers = np.array(["bad", "good"])[(credit.calibration[:, 0] > 0).astype(int)]
    estimator = DecisionTreeClassifier(max_depth=3).fit(credit.calibration, answers)
    model = inferproof.compile(estimator, calibration=credit.calibration)
    verifier = inferproof.Verifier(model)
    result, proof = inferproof.Prover(model).prove(credit.x[0])
    assert result["label"].tolist() == estimator.predict(credit.x[:1]).tolist()
    assert verifier.verify(proof, output=result)
    (other,) = {"bad", "good"} - set(result["label"].tolist())
    claimed = {"label": [other], "probabilities": result["probabilities"]}
    assert "output `label`" in verifier.verify(proof, output=claimed).reason
    for label in ("ugly", 1.0):
        with pytest.raises(inferproof.InputError, match="`label`"):
            verifier.verify(proof, output={**claimed, "label": [label]})
