"""What is said against a model or an answer, and what ``strict`` makes of it."""

from __future__ import annotations

import warnings
from pathlib import Path

import inferproof
import numpy as np
import pytest


@pytest.fixture
def strange(credit) -> np.ndarray:
    """An input of which one feature is far beyond calibration."""
    x = credit.x[0].copy()
    x[3] = 1e4
    return x


def test_too_few_samples_are_said_and_strictly_refused(credit) -> None:
    with pytest.warns(inferproof.AccuracyWarning, match="calibration has 4 samples, too few .*; 32 are enough"):
        model = inferproof.compile(credit.onnx, calibration=credit.calibration[:4])
    assert any("4 samples" in warning for warning in model.report.warnings)
    assert "4 samples" in repr(model.report)
    with pytest.raises(inferproof.StrictError) as refused:
        inferproof.compile(credit.onnx, calibration=credit.calibration[:4], strict=True)
    assert "4 samples" in refused.value.warnings[0]


def test_a_good_model_has_no_warnings(credit) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = inferproof.compile(credit.onnx, calibration=credit.calibration, strict=True)
    assert model.report.warnings == ()
    worst = model.report.calibration["agreement"]["worst"]
    assert [column["output"] for column in worst] == ["output"] and worst[0]["column"] in (0, 1)
    # Each of the three has two digits.
    assert worst[0]["relative_error"] == pytest.approx(worst[0]["max_abs_error"] / worst[0]["size"], rel=0.25)


def test_what_saturates_is_said(prover, verifier, strange) -> None:
    with pytest.warns(inferproof.SaturationWarning, match="input `input`: 1 of 30 entries lies beyond") as said:
        result = prover.run(strange)
    assert said[0].filename == __file__
    first, *others = result.saturated
    assert (first.of, first.name, first.entries, first.total, first.farthest) == ("input", "input", 1, 30, 1e4)
    assert first.low is not None and first.high is not None and first.high < 100
    assert all(found.of == "node" and found.entries <= found.total for found in others)
    with pytest.warns(inferproof.SaturationWarning):
        proven, proof = prover.prove(strange)
    assert proven.saturated == result.saturated
    with pytest.warns(inferproof.SaturationWarning, match="input `input`") as said:
        assert verifier.verify(proof, input=strange)
    assert len(said) == 1


def test_strictly_nothing_is_proven(prover, verifier, strange, credit) -> None:
    for attempt in (
        lambda: prover.run(strange, strict=True),
        lambda: prover.prove(strange, strict=True),
        lambda: verifier.verify(b"", input=strange, strict=True),
    ):
        with pytest.raises(inferproof.StrictError, match="input `input`"):
            attempt()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result, proof = prover.prove(credit.x[0], strict=True)
        assert verifier.verify(proof, input=credit.x[0], strict=True)
    assert result.saturated == ()


def test_estimates_depend_on_widths(credit, tmp_path: Path) -> None:
    narrow, wide = (inferproof.check(credit.onnx, weight_bits=bits, activation_bits=bits) for bits in (8, 16))
    assert narrow.widths == {"weights": 8, "activations": 8}
    assert narrow.estimate and wide.estimate
    for what in ("seconds", "memory_bytes", "proof_bytes"):
        assert narrow.estimate[what] < wide.estimate[what]
    assert "weights of 16 bits" in repr(wide)
