"""Many rows at once: predictions without proofs, and batches of proofs."""

from __future__ import annotations

import logging
import warnings

import inferproof
import numpy as np
import pytest


def test_predictions_are_an_array_with_a_row_for_each_sample(credit, model, prover) -> None:
    rows = prover.predict(credit.x[:40])
    assert rows.shape == (40, 2) and rows.dtype == np.float64
    assert np.array_equal(rows, np.concatenate([prover.run(x)["output"] for x in credit.x[:40]]))
    assert np.array_equal(model.predict(credit.x[:40]), rows)
    assert np.mean(np.argmax(rows, 1) == np.argmax(credit.float_output[:40], 1)) == 1
    assert prover.predict(credit.x[0]).shape == (1, 2)


def test_predictions_of_several_outputs_are_by_name() -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    ports = [helper.make_tensor_value_info(name, 1, shape) for name, shape in (("x", [2, 3]), ("y", [2, 3]), ("z", [3, 2]))]
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Transpose", ["y"], ["z"])]
    proto = helper.make_model(helper.make_graph(nodes, "g", ports[:1], ports[1:]), opset_imports=[helper.make_opsetid("", 17)])
    x = np.random.default_rng(0).uniform(-1, 1, (35, 2, 3))
    model = inferproof.compile(proto, calibration=x)
    rows = model.predict(x)
    assert rows["y"].shape == (35, 2, 3) and rows["z"].shape == (35, 3, 2)
    assert np.allclose(rows["y"], np.maximum(x, 0), atol=0.01)
    assert np.array_equal(rows["z"], rows["y"].transpose(0, 2, 1))


def test_a_batch_has_a_proof_for_each_row(credit, model, prover, verifier) -> None:
    told: list[tuple[str, int, int]] = []
    proven = prover.prove_batch(credit.x[:3], contexts=["a", "b", "c"], progress=lambda *step: told.append(step))
    assert len(proven) == 3 and told == [("proving", done, 3) for done in range(4)]
    for x, context, (result, proof) in zip(credit.x, "abc", proven):
        assert result == prover.run(x)
        assert verifier.verify(proof, context=context, input=x, output=result)
        assert not verifier.verify(proof, context="d")
    hidden = prover.prove_batch(credit.x[:2], private="inputs", commit="outputs", context=b"all")
    expect = model.public.statement(private="inputs", commit="outputs", context=b"all")
    assert all(verifier.verify(proof, expect=expect) for _, proof in hidden)
    assert len({result.openings["output"].id for result, _ in hidden}) == 2
    for wrong, error in (({"contexts": ["a"]}, inferproof.InputError), ({"contexts": "abc"}, TypeError)):
        with pytest.raises(error, match="contexts"):
            prover.prove_batch(credit.x[:3], **wrong)
    with pytest.raises(ValueError, match="not both"):
        prover.prove_batch(credit.x[:3], context="a", contexts=["a", "b", "c"])
    with pytest.raises(inferproof.InputError, match="prove_batch"):
        prover.prove(credit.x[:3])


def test_what_saturates_is_added_up(credit, model, prover) -> None:
    x = credit.x[:40].copy()
    x[:5, 3] = 1e4
    x[7, 3] = 1e5
    with pytest.warns(inferproof.SaturationWarning, match="input `input`: 6 of 1200 entries lie beyond .* farthest at 100000") as said:
        prover.predict(x)
    assert said[0].filename == __file__
    with pytest.raises(inferproof.StrictError):
        model.predict(x, strict=True)


def test_an_exception_of_the_listener_stops_predictions(credit, prover) -> None:
    class Enough(Exception):
        pass

    def stop(doing: str, done: int, of: int) -> None:
        raise Enough

    for work in (prover.predict, prover.prove_batch):
        with pytest.raises(Enough):
            work(credit.x, progress=stop)


def test_the_log_is_silent_until_it_is_listened_to(credit, prover, verifier, capfd, caplog) -> None:
    _, proof = prover.prove(credit.x[0])
    verifier.verify(proof[:-1])
    assert capfd.readouterr() == ("", "")
    with caplog.at_level(logging.DEBUG, "inferproof"):
        _, proof = prover.prove(credit.x[0])
        verifier.verify(proof)
        verifier.verify(proof, context="another")
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("DEBUG", "committing to the trace") in said
    assert any(level == "INFO" and text.startswith("proved in") for level, text in said)
    assert any(level == "INFO" and text.startswith("accepted in") for level, text in said)
    assert any(level == "WARNING" and text.startswith("rejected") for level, text in said)
    with caplog.at_level(logging.WARNING, "inferproof"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prover.run(np.full(30, 1e4))
    assert any("input `input`" in record.getMessage() for record in caplog.records)


def test_many_proofs_are_verified_together(credit, model, prover, verifier) -> None:
    proofs = [proof for _, proof in prover.prove_batch(credit.x[:4], context=b"all")]
    verdicts = verifier.verify_many(proofs, context=b"all")
    assert len(verdicts) == 4 and all(verdicts)
    for x, verdict in zip(credit.x, verdicts):
        assert verdict.outputs == prover.run(x)
        assert verdict.context == b"all"
    assert verifier.verify_many([]) == []
    # Each gets the verdict that it gets alone.
    broken = bytearray(proofs[2])
    broken[-40] ^= 1
    several = [proofs[0], b"", bytes(broken), proofs[0]]
    together = verifier.verify_many(several, context=b"all")
    assert [bool(verdict) for verdict in together] == [True, False, False, True]
    assert [verdict.reason for verdict in together] == [verifier.verify(proof, context=b"all").reason for proof in several]
    with pytest.raises(inferproof.RejectedProofError) as rejected:
        verifier.verify_many(several, context=b"all", raises=True)
    assert rejected.value.reason == together[1].reason


def test_many_proofs_have_statements_of_their_own(credit, model, prover, verifier) -> None:
    proofs = [proof for _, proof in prover.prove_batch(credit.x[:3], contexts=["a", "b", "c"])]
    assert all(verifier.verify_many(proofs, contexts=["a", "b", "c"]))
    swapped = verifier.verify_many(proofs, contexts=["a", "c", "b"])
    assert [bool(verdict) for verdict in swapped] == [True, False, False]
    # Shapes of statements may differ.
    expect = model.public.statement(private="inputs", context=b"hidden")
    _, hidden = prover.prove(credit.x[3], statement=expect)
    plain = model.public.statement(context=b"a")
    assert all(verifier.verify_many([proofs[0], hidden], expect=[plain, expect]))
    assert [bool(v) for v in verifier.verify_many([proofs[0], hidden], expect=expect)] == [False, True]


def test_arguments_of_verify_many_are_checked(model, verifier) -> None:
    for wrong, error, words in (
        ({"proofs": b"one"}, TypeError, "a single one"),
        ({"proofs": [b""], "contexts": ["a", "b"]}, inferproof.InputError, "expected 1"),
        ({"proofs": [b""], "contexts": "a"}, TypeError, "context="),
        ({"proofs": [b""], "expect": []}, inferproof.InputError, "expected 1"),
        ({"proofs": [b""], "expect": 7}, TypeError, "expected a Statement"),
        ({"proofs": [b""], "context": b"a", "contexts": ["a"]}, ValueError, "not both"),
        ({"proofs": [b""], "context": b"a", "expect": [model.public.statement()]}, ValueError, "not both"),
    ):
        with pytest.raises(error, match=words):
            verifier.verify_many(**wrong)
