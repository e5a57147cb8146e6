"""Many proofs that are one, and where to cut a model."""

from __future__ import annotations

from pathlib import Path

import inferproof
import numpy as np
import pytest

MODELS = Path(__file__).resolve().parents[2] / "onnx" / "tests" / "data" / "feeds"


@pytest.fixture(scope="module")
def model() -> inferproof.Model:
    x = np.random.default_rng(0).normal(size=(40, 1, 1, 5))
    return inferproof.compile(MODELS / "recurrent.onnx", calibration=x, feed={"state_next": "state"}, progress=False)


def test_steps_are_one_history(model: inferproof.Model) -> None:
    x = np.random.default_rng(1).normal(size=(3, 1, 1, 5))
    prover = inferproof.Prover(model)
    state = np.zeros((2, 1, 8))
    result, proof = prover.prove({"x": x[0], "state": state}, commit="state_next")
    proofs, opening = [proof], result.openings["state_next"]
    for window in x[1:]:
        result, proof = prover.prove({"x": window}, committed={"state": opening}, commit="state_next")
        proofs.append(proof)
        opening = result.openings["state_next"]
    verifier = inferproof.Verifier(model.public)
    each = model.public.statement(commit=["state", "state_next"])
    verdict = verifier.verify_chain(proofs, expect=each, start={"state": state}, steps=3)
    assert verdict, verdict.reason
    assert verdict.kind == "steps"
    [link] = verdict.links
    assert link["end"] == {"commitment": opening.id}
    # From the state that the verifier kept, from any, and from another one.
    kept = verifier.verify_chain(proofs[:1], expect=each, start={"state": state}).links[0]["end"]["commitment"]
    assert verifier.verify_chain(proofs[1:], expect=each, start={"state": kept})
    assert verifier.verify_chain(proofs[1:], expect=each, start={"state": inferproof.ANY})
    assert not verifier.verify_chain(proofs, expect=each, start={"state": state + 1})
    skipped = verifier.verify_chain(proofs[::2], expect=each, start={"state": state})
    assert "step 1 (proof 1) does not go on where the step before it (proof 0) ends" in str(skipped.reason)
    with pytest.raises(inferproof.RejectedProofError):
        _ = skipped.links
    with pytest.raises(inferproof.InputError, match="say where `state` begins"):
        verifier.verify_chain(proofs, expect=each)


def test_where_to_cut(model: inferproof.Model) -> None:
    plan = model.slice_plan(parts=2)
    first, second = plan["parts"]
    assert set(first["to"]) & set(second["from"])
    [whole] = model.public.slice_plan(memory=1 << 40)["parts"]
    assert "state_next" in whole["to"]
    with pytest.raises(inferproof.InputError, match="cannot be cut further"):
        model.slice_plan(memory=1)
    with pytest.raises(TypeError):
        model.slice_plan()
