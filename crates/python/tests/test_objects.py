"""Objects behave as Python's do: repr, copy, pickle, equality, docstrings. Secrets never print."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from pathlib import Path

import inferproof
import numpy as np
import pytest


def test_public_things_are_pickled(credit, model, prover, verifier) -> None:
    result, proof = prover.prove(credit.x[0])
    verdict = verifier.verify(proof)

    def again(thing):
        return pickle.loads(pickle.dumps(thing))

    assert again(proof) == proof and isinstance(again(proof), inferproof.Proof)
    assert again(result) == result
    assert again(model.public) == model.public
    assert again(verifier).verify(proof).outputs == result
    assert again(verdict).outputs == result and again(verdict).model_id == model.id
    assert again(model.report).card == model.report.card


def test_secrets_are_not_pickled(model, prover) -> None:
    for secret in (model, prover):
        with pytest.raises(TypeError, match="secrets"):
            pickle.dumps(secret)


def test_copies(credit, model, prover, verifier) -> None:
    for immutable in (model, prover, verifier):
        assert copy.copy(immutable) is immutable
        assert copy.deepcopy([immutable])[0] is immutable
    result, proof = prover.prove(credit.x[0])
    assert copy.deepcopy(proof) == proof
    assert copy.deepcopy(result) == result
    assert copy.copy(model.public) == model.public
    assert {model.public: 1}[copy.copy(model.public)] == 1


def test_nothing_secret_is_printed(credit, model, prover, verifier, folder: Path) -> None:
    result, proof = prover.prove(credit.x[0])
    secret = (folder / "secret" / "weights.safetensors").read_bytes()
    printed = "".join(
        text(thing)
        for thing in (model, model.public, prover, verifier, result, proof, model.report, verifier.verify(b""))
        for text in (repr, str, lambda thing: getattr(thing, "_repr_html_", str)())
    )
    assert str(credit.x[0, 0]) not in printed and str(result["output"][0, 0]) not in printed
    assert len(printed) < 300_000 and secret[-64:].hex() not in printed
    assert repr(model) == f"<Model {model.id[:16]}..., weights private>"
    assert repr(proof) == f"<Proof of {len(proof):,} bytes>" == str(proof) == f"{proof}"
    assert repr(result) == "<Tensors output: [1, 2]>"
    said = "input `input` public, output `output` public"
    assert repr(verifier.verify(proof)) == f"<Verdict: accepted, model {model.id[:16]}...: {said}>"
    assert repr(verifier.verify(b"")).startswith("<Verdict: rejected: ")


def test_a_proof_inspects_itself(credit, model, prover) -> None:
    _, proof = prover.prove(credit.x[0])
    report = proof.inspect()
    assert report["model_id"] == model.id and report["bytes"] == len(proof)
    assert report["inputs"] == [{"public": 30}] and report["outputs"] == [{"public": 2}]
    with pytest.raises(inferproof.ModelFileError):
        inferproof.Proof(b"nothing").inspect()


def test_tensors_are_a_mapping(credit, prover) -> None:
    result = prover.run(credit.x[0])
    assert dict(result).keys() == {"output"} and len(result) == 1
    assert np.asarray(result).shape == (1, 2) and np.asarray(result, np.float32).dtype == np.float32
    assert result != 3
    with pytest.raises(KeyError):
        result["other"]
    two = inferproof.Tensors([(name, np.zeros(1), np.zeros(1, np.int64)) for name in "ab"])
    with pytest.raises(TypeError, match="a, b"):
        np.asarray(two)


def test_the_report_is_data_and_a_picture(model, folder: Path) -> None:
    report = model.report
    assert report.accuracy == pytest.approx(0.951, abs=1e-3) and report.float_accuracy == report.accuracy
    assert report.calibration["within_tolerance"] and report.evaluation["samples"] == 143
    assert report.sizes["weights"] == 6274
    assert report.pairs["calibration"].shape == (400, 2) and report.pairs["evaluation"].shape == (286, 2)
    json.dumps(report.to_dict())
    html = report._repr_html_()
    assert html.count("<svg") == 2 and html.count("<circle") == 686 and "95.1% right" in html
    assert "same answer as the float model 143 of 143 times" in repr(report)
    # What a model gives is not for its public folder: pictures are gone with the process.
    opened = inferproof.Model.open(folder).report
    assert opened.pairs == {} and "<svg" not in opened._repr_html_() and opened.accuracy == report.accuracy


def test_a_model_without_a_card(model, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    (tmp_path / "m" / "public" / "model.json").unlink()
    opened = inferproof.Model.open(tmp_path / "m")
    assert "no card" in repr(opened.report) and opened.report.accuracy is None and opened.report.sizes == {}


def test_check_is_a_table(lenet) -> None:
    report = inferproof.check(lenet.onnx)
    assert report and report.error is None and report.unsupported == ()
    assert report.inputs == {"input": (1, 1, 28, 28)} and report.weights == 61706
    assert report.nodes[0].op == "Conv" and report.nodes[0].shape == (1, 6, 28, 28)
    assert report.estimate["proof_bytes"] > 10_000
    assert "<table>" in report._repr_html_() and "estimate" in repr(report)
    json.dumps(report.to_dict())


def test_the_model_card(model) -> None:
    text = inferproof.model_card(model, name="Credit", description="Scores.", license="mit", dataset="breast-cancer", task="tabular-classification")
    head, body = text.removeprefix("---\n").split("\n---\n")
    metadata = dict(line.split(": ", 1) for line in head.splitlines())
    assert json.loads(metadata["inferproof_model_id"]) == model.id
    assert json.loads(metadata["model-index"])[0]["results"][0]["metrics"][0]["value"] == 0.951
    assert model.id in body and "| accuracy, as proven | 95.10% |" in body
    assert inferproof.model_card(model.public, name="Credit").startswith("---\nlibrary_name")


def test_everything_public_is_documented() -> None:
    for name in inferproof.__all__:
        thing = getattr(inferproof, name)
        if inspect.isclass(thing):
            assert thing.__doc__, name
            for member, value in vars(thing).items():
                if not member.startswith("_") and (callable(value) or isinstance(value, (property, classmethod))):
                    assert inspect.getdoc(getattr(thing, member)), f"{name}.{member}"
        elif callable(thing):
            assert thing.__doc__, name
