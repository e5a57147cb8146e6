"""Parts of a model: their tensors have names of their own, and what one leaves committed the next one reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import inferproof
import numpy as np
import pytest


@pytest.fixture(scope="module")
def boundary(folder: Path, model: inferproof.Model, prover: inferproof.Prover, credit) -> str:
    """A tensor on the way at which the model can be cut."""
    command = [sys.executable, "-m", "inferproof", "--json", "inspect", str(folder / "public"), "--program"]
    tensors = json.loads(subprocess.check_output(command))["program"]["tensors"]
    names = [tensor["name"] for tensor in tensors]
    for name in names:
        if name in ("input", "output") or names.count(name) > 1:
            continue
        try:
            model.public.statement(start="input", stop=name)
            model.public.statement(start=name, stop="output")
            prover.prove(credit.x[0], start="input", stop=name, commit=name)
        except inferproof.InferproofError:
            continue
        return name
    raise AssertionError(names)


def test_two_parts_are_the_whole(prover, verifier, model, boundary, credit) -> None:
    whole = prover.run(credit.x[0])
    first, one = prover.prove(credit.x[0], private="input", commit=boundary, start="input", stop=boundary)
    assert list(first) == [boundary] and list(first.openings) == [boundary]
    opening = first.openings[boundary]
    assert opening.shape == first.integers[boundary].shape
    second, two = prover.prove(committed={boundary: opening}, start=boundary, stop="output")
    assert second == whole

    expected = model.public.statement(private="input", commit=boundary, start="input", stop=boundary)
    assert expected.part == (("input",), (boundary,)) and dict(expected.outputs) == {boundary: "commit"}
    assert f"the part of the model from `input` to `{boundary}`" in expected.words()
    verdict = verifier.verify(one, expect=expected)
    assert dict(verdict.commitments) == {boundary: opening.id}
    expected = model.public.statement(committed={boundary: opening}, start=boundary, stop="output")
    verdict = verifier.verify(two, expect=expected, output=second)
    assert dict(verdict.commitments) == {boundary: opening.id} and verdict.outputs == whole
    # A part is not the whole.
    assert not verifier.verify(two)
    assert not verifier.verify(one, expect=expected)


def test_a_boundary_that_is_shown_is_compared_and_claimed(prover, verifier, model, boundary, credit) -> None:
    shown, proof = prover.prove(credit.x[0], start="input", stop=boundary)
    again, last = prover.prove({boundary: shown[boundary]}, start=boundary, stop="output")
    assert again == prover.run(credit.x[0])
    expected = model.public.statement(start="input", stop=boundary)
    verdict = verifier.verify(proof, expect=expected, input=credit.x[0], output=shown)
    assert verdict and (verdict.outputs.integers[boundary] == shown.integers[boundary]).all()
    expected = model.public.statement(start=boundary, stop="output")
    assert verifier.verify(last, expect=expected, input=shown[boundary], output=again)
    assert not verifier.verify(last, expect=expected, input=np.zeros_like(shown[boundary]))

    # A claim about the part speaks of its tensors.
    greatest = int(shown.integers[boundary].argmax())
    claim = inferproof.claims.output(boundary).argmax() == greatest
    _, proof = prover.prove(credit.x[0], start="input", stop=boundary, private=boundary, claims=claim)
    expected = model.public.statement(start="input", stop=boundary, private=boundary, claims=claim)
    assert verifier.verify(proof, expect=expected)
    assert model.public.explain(claim, start="input", stop=boundary) == model.public.explain(expected.claims, start="input", stop=boundary)
    with pytest.raises(inferproof.InputError):
        model.public.explain(claim)


def test_what_is_no_part_is_refused(model, boundary) -> None:
    for wrong in ({"start": "input"}, {"stop": boundary}):
        with pytest.raises(inferproof.InputError, match="two ends"):
            model.public.statement(**wrong)
    with pytest.raises(inferproof.InputError, match="no tensor `imput`"):
        model.public.statement(start="imput", stop=boundary)
    # Backwards, nothing lies between.
    with pytest.raises(inferproof.InputError):
        model.public.statement(start="output", stop="input")
    # The whole model's output is none of the first part's.
    with pytest.raises(inferproof.InputError, match="no input or output `output`"):
        model.public.statement(private="output", start="input", stop=boundary)
