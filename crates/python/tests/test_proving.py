"""The whole way: compile, save, open, prove, verify."""

from __future__ import annotations

import stat
from pathlib import Path

import inferproof
import numpy as np
import pytest
from conftest import Bundled


def test_a_proof_is_accepted_and_shows_what_was_proven(credit, prover, verifier) -> None:
    result, proof = prover.prove(credit.x[0], context=b"request 17")
    verdict = verifier.verify(proof, context=b"request 17")
    assert verdict and verdict.accepted and verdict.reason is None
    assert verdict.outputs == result
    assert np.allclose(verdict.inputs["input"], credit.x[:1], atol=2**-4)  # what the integers of 8 bits mean
    assert np.argmax(result) == np.argmax(credit.float_output[0])
    assert verdict.model_id == verifier.id == prover.public.id


def test_results_are_arrays_by_name(credit, prover) -> None:
    result = prover.run(credit.x[0])
    assert list(result) == ["output"]
    assert result["output"].shape == (1, 2) and result["output"].dtype == np.float64
    assert result.integers["output"].dtype == np.int64
    unit = result["output"] / result.integers["output"]
    assert np.allclose(unit, unit.flat[0])
    assert result == prover.prove(credit.x[0])[0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_inputs_of_any_float_type_layout_and_leading_axis(credit, prover, dtype) -> None:
    x = credit.x[:1].astype(dtype)
    expected = prover.run(x)
    assert prover.run(x[0]) == expected
    assert prover.run(x[None]) == expected
    assert prover.run(np.asfortranarray(x)) == expected
    assert prover.run({"input": x}) == expected
    assert prover.run(x[0].tolist()) == expected


def test_integers_and_booleans_are_numbers(prover) -> None:
    ones = np.ones(30)
    assert prover.run(ones.astype(np.int8)) == prover.run(ones.astype(bool)) == prover.run(ones)


def test_another_context_is_rejected(credit, prover, verifier) -> None:
    _, proof = prover.prove(credit.x[0], context="request 17")
    assert verifier.verify(proof, context=b"request 17")
    for context in (b"", b"request 18", "request 17 "):
        verdict = verifier.verify(proof, context=context)
        assert not verdict
        with pytest.raises(inferproof.RejectedProofError, match="context"):
            verdict.raise_if_rejected()
        with pytest.raises(inferproof.RejectedProofError):
            _ = verdict.outputs
    with pytest.raises(inferproof.RejectedProofError) as raised:
        verifier.verify(proof, context=b"request 18", raises=True)
    assert raised.value.model_id == verifier.id and raised.value.reason


def test_claims_are_compared(credit, prover, verifier) -> None:
    result, proof = prover.prove(credit.x[0])
    assert verifier.verify(proof, input=credit.x[0], output=result)
    assert verifier.verify(proof, output=result["output"])
    assert "input `input`" in verifier.verify(proof, input=credit.x[1]).reason
    other = {"output": result["output"] + 1}
    assert "output `output`" in verifier.verify(proof, output=other).reason


@pytest.mark.parametrize("proof", [b"", b"infproof", b"\0" * 100_000])
def test_whatever_bytes_are_no_proof(verifier, proof) -> None:
    verdict = verifier.verify(proof)
    assert not verdict and "proof" in verdict.reason


def test_every_altered_byte_is_noticed(credit, prover, verifier) -> None:
    _, proof = prover.prove(credit.x[0])
    for position in range(0, len(proof), len(proof) // 40):
        altered = bytearray(proof)
        altered[position] ^= 1
        assert not verifier.verify(bytes(altered))
    assert not verifier.verify(proof[:-1])
    assert not verifier.verify(proof + b"\0")


def test_another_models_proof_is_rejected(credit, model, prover) -> None:
    other = inferproof.compile(credit.onnx, calibration=credit.calibration)
    assert other.id != model.id  # blinded anew
    _, proof = prover.prove(credit.x[0])
    verdict = inferproof.Verifier(other.public).verify(proof)
    assert not verdict and model.id in verdict.reason


def test_saved_and_opened(credit: Bundled, model: inferproof.Model, folder: Path, tmp_path: Path) -> None:
    opened = inferproof.Model.open(folder)
    assert opened.id == model.id and opened.public == model.public
    result, proof = inferproof.Prover(str(folder)).prove(credit.x[0], context=b"nonce")
    proof.save(tmp_path / "a.proof")
    read = inferproof.Proof.open(tmp_path / "a.proof")
    assert read == proof
    for key in (folder / "public", str(folder / "public" / "verifying.key"), model.public, model.public.key):
        verdict = inferproof.Verifier(key, recheck=True).verify(read, context=b"nonce", raises=True)
        assert verdict.outputs == result


def test_secrets_are_for_their_owner(folder: Path) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(folder / "secret") == 0o700
    assert [mode(file) for file in (folder / "secret").iterdir()] == [0o600, 0o600]
    assert {file.name for file in (folder / "public").iterdir()} == {"verifying.key", "model.json"}


def test_a_model_is_not_overwritten_by_accident(model, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="replace=True"):
        model.save(folder)
    model.save(tmp_path / "m")
    model.save(tmp_path / "m", replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_the_public_side_alone(model, tmp_path: Path) -> None:
    public = model.public
    assert public.id == model.id
    assert public.inputs == {"input": (1, 30)} and public.outputs == {"output": (1, 2)}
    assert public.weights == "private"
    assert public.card["model_id"] == model.id
    assert public.inspect()["model_id"] == model.id
    public.save(tmp_path / "public")
    assert inferproof.Public.open(tmp_path / "public") == public
    assert inferproof.Public.open(tmp_path / "public" / "verifying.key").card is None


def test_public_weights_stand_in_the_public_folder(credit, tmp_path: Path) -> None:
    model = inferproof.compile(credit.onnx, calibration=credit.calibration, weights="public", curve="bn254")
    model.save(tmp_path / "m")
    assert not (tmp_path / "m" / "secret").exists()
    _, proof = inferproof.Prover(tmp_path / "m").prove(credit.x[0])
    assert inferproof.Verifier(tmp_path / "m" / "public").verify(proof)
    assert proof.inspect()["curve"].lower() == "bn254"


def test_models_from_bytes_and_protos(credit, model) -> None:
    data = credit.onnx.read_bytes()
    from_bytes = inferproof.compile(data, calibration={"input": credit.calibration})
    assert from_bytes.public.inputs == model.public.inputs
    onnx = pytest.importorskip("onnx")
    from_proto = inferproof.compile(onnx.load_from_string(data), calibration=credit.calibration)
    assert from_proto.public.outputs == model.public.outputs
    assert inferproof.check(data).supported


def test_widths_are_chosen_or_given(credit) -> None:
    chosen = inferproof.compile(credit.onnx, calibration=credit.calibration, weight_bits=5, activation_bits=12, tolerance=1.0)
    assert chosen.report.quantization["weight_bits"] == 5
    assert chosen.report.quantization["activation_bits"] == 12


def test_open_dimensions(credit) -> None:
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(credit.onnx)
    for port in (proto.graph.input[0], proto.graph.output[0]):
        port.type.tensor_type.shape.dim[0].dim_param = "batch"
    with pytest.raises(inferproof.UnsupportedModelError, match=r'dims=\{"batch": 1\}') as raised:
        inferproof.compile(proto, calibration=credit.calibration)
    assert raised.value.tensor == "input"
    model = inferproof.compile(proto, calibration=credit.calibration, dims={"batch": 1})
    assert model.public.inputs == {"input": (1, 30)}
    assert inferproof.check(proto, dims={"batch": 1})


def test_several_inputs_by_name() -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    ports = [helper.make_tensor_value_info(name, 1, [1, 4]) for name in ("a", "b", "sum", "product")]
    nodes = [helper.make_node(op, ["a", "b"], [name]) for op, name in (("Add", "sum"), ("Mul", "product"))]
    graph = helper.make_graph(nodes, "g", ports[:2], ports[2:])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    rng = np.random.default_rng(0)
    samples = {name: rng.uniform(-1, 1, (50, 4)) for name in "ab"}
    model = inferproof.compile(proto, calibration=samples, evaluate=samples)
    assert list(model.public.inputs) == ["a", "b"]

    one = {name: values[0] for name, values in samples.items()}
    result, proof = inferproof.Prover(model).prove(one)
    assert np.allclose(result["sum"], one["a"] + one["b"], atol=0.05)
    assert np.allclose(result["product"], one["a"] * one["b"], atol=0.05)
    verifier = inferproof.Verifier(model.public)
    assert verifier.verify(proof, input=one, output=result)
    assert not verifier.verify(proof, input={"a": one["b"], "b": one["a"]})
    with pytest.raises(inferproof.InputError, match="a dictionary with a, b"):
        inferproof.Prover(model).prove(one["a"])
    with pytest.raises(inferproof.InputError, match="no tensor `b`") as raised:
        inferproof.Prover(model).prove({"a": one["a"]})
    assert raised.value.tensor == "b" and raised.value.found == "`a`"
    with pytest.raises(inferproof.InputError, match="`b`: expected 50 samples"):
        inferproof.compile(proto, calibration={"a": samples["a"], "b": samples["b"][:7]})
