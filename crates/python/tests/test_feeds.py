"""Models whose outputs become inputs: of the next run, or of another model."""

from __future__ import annotations

import json
from pathlib import Path

import inferproof
import numpy as np
import pytest

MODELS = Path(__file__).resolve().parents[2] / "onnx" / "tests" / "data" / "feeds"


def described(model: inferproof.Model, name: str) -> tuple[int, int, int]:
    """Range and scale of an input or output."""
    card = json.loads(str(model.public.card_text))
    tensors = {tensor["name"]: tensor for tensor in card["inputs"] + card["outputs"]}
    return tensors[name]["low"], tensors[name]["high"], tensors[name]["scale_log2"]


def test_a_state_goes_from_proof_to_proof() -> None:
    x = np.random.default_rng(0).normal(size=(40, 1, 1, 5))
    # One array: the state is left out.
    model = inferproof.compile(MODELS / "recurrent.onnx", calibration=x, feed={"state_next": "state"}, progress=False)
    assert described(model, "state") == described(model, "state_next")
    assert model.public.feeds == {"state_next": "state"}
    prover = inferproof.Prover(model)
    state = np.zeros((2, 1, 8))
    first, _ = prover.prove({"x": x[0], "state": state}, commit="state_next")
    opening = first.openings["state_next"]
    _, second = prover.prove({"x": x[1]}, committed={"state": opening}, commit="state_next")
    verifier = inferproof.Verifier(model.public)
    statement = model.public.statement(committed={"state": opening.id}, commit="state_next")
    assert verifier.verify(second, expect=statement)


def test_what_cannot_be_fed_is_refused() -> None:
    x = np.zeros((40, 1, 1, 5))
    with pytest.raises(inferproof.InferproofError, match="`chance` cannot feed `state`: they have the shapes"):
        inferproof.compile(MODELS / "recurrent.onnx", calibration=x, feed={"chance": "state"}, progress=False)


def test_tensors_are_as_those_of_another_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    w, updates = rng.normal(size=(40, 6, 1)), rng.normal(size=(3, 40, 6, 1)) / 8
    data = {"W": w, "X": rng.normal(size=(40, 16, 6)), "Y": rng.integers(0, 2, (40, 16, 1)).astype(float)}
    party = inferproof.compile(MODELS / "logistic_step.onnx", calibration=data, progress=False)
    party.save(tmp_path / "party.model")
    # A model, its public part, or where it lies.
    sources = [party, party.public, tmp_path / "party.model", str(tmp_path / "party.model" / "public")]
    like = {name: (of, "update") for name, of in zip(["W_update0", "W_update1", "W_update2"], sources)}
    server = inferproof.compile(
        MODELS / "logistic_server.onnx",
        calibration={"W": w, **{f"W_update{i}": updates[i] for i in range(3)}},
        feed={"W_next": "W"},
        like={**like, "W": (sources[3], "W")},
        progress=False,
    )
    assert described(server, "W") == described(server, "W_next") == described(party, "W")
    assert described(server, "W_update2") == described(party, "update")
