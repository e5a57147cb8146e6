"""Every mistake has an exception of its own, which names what and where."""

from __future__ import annotations

import pickle
from pathlib import Path

import inferproof
import numpy as np
import pytest


def test_the_exceptions_have_one_base() -> None:
    for kind in (
        inferproof.InputError,
        inferproof.UnsupportedModelError,
        inferproof.ModelFileError,
        inferproof.RejectedProofError,
        inferproof.InternalError,
    ):
        assert issubclass(kind, inferproof.InferproofError)
    assert issubclass(inferproof.InputError, ValueError)


@pytest.mark.parametrize(
    ("x", "tensor", "expected", "found"),
    [
        (np.zeros(29), "input", "shape [1, 30]", "shape [29]"),
        (np.zeros((2, 3, 5)), "input", "shape [1, 30]", "shape [2, 3, 5]"),
        (np.zeros((3, 30)), None, "1 sample", "3 samples"),
        (np.zeros((0, 30)), "input", "shape [1, 30]", "shape [0, 30]"),
        (np.full(30, np.nan), "input", "finite", "NaN"),
        (np.full(30, 1e300), "input", "finite", "1e300"),
        ({"x": np.zeros(30)}, "x", "input", "x"),
        ({}, "input", "input", ""),
        (["a"] * 30, "input", "a number", "a"),
        (np.zeros(30, complex), "input", "numbers", "complex128"),
        (None, "input", "input", "nothing"),
        ([object()] * 30, "input", "numbers or strings", "object"),
    ],
)
def test_an_input_that_does_not_fit(prover, x, tensor, expected, found) -> None:
    with pytest.raises(inferproof.InputError) as raised:
        prover.prove(x)
    error = raised.value
    assert error.tensor == tensor
    assert expected in error.expected and found in error.found
    assert (tensor or "samples") in str(error)


def test_calibration_and_evaluation_that_do_not_fit(credit) -> None:
    def compile(**changed):
        return inferproof.compile(credit.onnx, **{"calibration": credit.calibration, **changed})

    with pytest.raises(inferproof.InputError, match="calibration: tensor `input`: expected shape"):
        compile(calibration=credit.calibration[:, :7])
    with pytest.raises(inferproof.InputError, match="evaluate: tensor `label`: expected 143 entries"):
        compile(evaluate=(credit.x, credit.y[:5]))
    with pytest.raises(inferproof.InputError, match="a pair"):
        compile(evaluate=(credit.x,))
    with pytest.raises(inferproof.InputError, match="regression"):
        compile(evaluate=(credit.x, np.linspace(0, 1, len(credit.x))))
    with pytest.raises(inferproof.InputError, match="40 bits"):
        compile(weight_bits=40)
    with pytest.raises(ValueError, match='"public" or "private"'):
        compile(weights="secret")
    with pytest.raises(ValueError, match='"grumpkin" or "bn254"'):
        compile(curve="p256")


def test_a_node_that_is_not_supported_is_named() -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    node = helper.make_node("Bernoulli", ["x"], ["y"], name="the_draw")
    ports = [helper.make_tensor_value_info(name, 1, [2, 2]) for name in ("x", "y")]
    graph = helper.make_graph([node], "g", ports[:1], ports[1:])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    with pytest.raises(inferproof.UnsupportedModelError) as raised:
        inferproof.compile(proto, calibration=np.eye(2))
    error = raised.value
    assert (error.node, error.op, error.opset) == ("the_draw", "Bernoulli", 17)
    assert "the_draw" in str(error)
    report = inferproof.check(proto)
    assert not report and report.unsupported[0].name == "the_draw"


@pytest.mark.parametrize("model", [b"", b"junk", b"\x08\x01" * 1000])
def test_bytes_that_are_no_model(model, capfd) -> None:
    for call in (inferproof.check, lambda m: inferproof.compile(m, calibration=np.zeros((1, 3)))):
        with pytest.raises(inferproof.UnsupportedModelError):
            call(model)
    assert "panicked" not in capfd.readouterr().err


def test_something_that_is_no_model_at_all() -> None:
    with pytest.raises(inferproof.UnsupportedModelError, match="dict: expected"):
        inferproof.compile({}, calibration=np.zeros((1, 3)))


def test_files_that_are_not_there(tmp_path: Path, model) -> None:
    for call in (inferproof.Model.open, inferproof.Prover, inferproof.Verifier, inferproof.Proof.open, inferproof.check):
        with pytest.raises(FileNotFoundError):
            call(tmp_path / "nothing")
    with pytest.raises(OSError):
        model.save(tmp_path / "no" / "such" / "folder")


def test_folders_that_are_no_models(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(inferproof.ModelFileError, match="`public`") as raised:
        inferproof.Prover(tmp_path)
    assert raised.value.path == str(tmp_path)
    with pytest.raises(inferproof.ModelFileError, match="`public`"):
        inferproof.Prover(folder / "public")
    with pytest.raises(TypeError):
        inferproof.compile(tmp_path, calibration=np.zeros((1, 3)), input="private")
    with pytest.raises(inferproof.ModelFileError):
        inferproof.Verifier(b"not a key")


def test_damaged_files(model, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    weights = tmp_path / "m" / "secret" / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(inferproof.ModelFileError, match="damaged") as raised:
        inferproof.Prover(tmp_path / "m")
    assert raised.value.path == str(weights)
    with pytest.raises(inferproof.ModelFileError, match="damaged"):
        inferproof.Verifier(model.public.key[:-1])


def test_a_key_with_wrong_range_proofs_is_refused(model) -> None:
    altered = bytearray(model.public.key)
    altered[-1000] ^= 1
    with pytest.raises(inferproof.ModelFileError, match="range proof"):
        inferproof.Verifier(bytes(altered))


def test_exceptions_are_pickled_with_what_they_name(prover) -> None:
    with pytest.raises(inferproof.InputError) as raised:
        prover.prove(np.zeros(29))
    copy = pickle.loads(pickle.dumps(raised.value))
    assert str(copy) == str(raised.value) and copy.tensor == "input"


def test_a_tolerance_that_is_missed_is_said(credit) -> None:
    with pytest.warns(inferproof.AccuracyWarning, match=r"more than the 0\.00 % that are tolerated"):
        inferproof.compile(credit.onnx, calibration=credit.calibration, weight_bits=4, activation_bits=6, tolerance=0.0)
