"""What a model scores on a data set, against what numpy counts."""

from __future__ import annotations

from pathlib import Path

import inferproof
import numpy as np
import pytest

COUNT = 60


@pytest.fixture(scope="module")
def data(credit) -> tuple[np.ndarray, np.ndarray]:
    labels = credit.y[:COUNT].copy()
    labels[:5] = 1 - labels[:5]  # so that not all answers are right
    return credit.x[:COUNT], labels


@pytest.fixture(scope="module")
def outputs(prover, data) -> np.ndarray:
    """What the integer program says, as numbers."""
    return prover.predict(data[0]).reshape(COUNT, -1)


@pytest.fixture(scope="module")
def right(outputs, data) -> int:
    return int((outputs.argmax(axis=1) == data[1]).sum())


def test_right_answers_are_counted_as_numpy_does(model, verifier, data, right, tmp_path: Path) -> None:
    x, y = data
    said = []
    made = model.accuracy(x, y, at_least=right, show=True, part=25, context="n", progress=lambda *step: said.append(step))
    assert made.sums["correct"] == [right] and made.sums.integers["correct"] == [right] and made.samples == COUNT
    assert made.claims == (f"correct[0] >= {right}",) and f"n >= {right}" in made.meaning[0]
    assert {of for _, _, of in said} == {COUNT}
    made.save(tmp_path / "accuracy.proof")
    verdict = verifier.verify_accuracy(tmp_path / "accuracy.proof", x, y, at_least=right, show=True, context="n")
    assert verdict and verdict.parts == 3 and verdict.sums["correct"] == [right]
    assert verdict.data_set_id == made.data_set_id and verdict.claims == made.claims
    # Anything else that is expected is not what was proven.
    wrong = y.copy()
    wrong[7] = 1 - wrong[7]
    for refused in (
        verifier.verify_accuracy(made.proof, x, y, at_least=right - 1, show=True, context="n"),
        verifier.verify_accuracy(made.proof, x, y, at_least=right, show=True, context="m"),
        verifier.verify_accuracy(made.proof, x, y, at_least=right, context="n"),
        verifier.verify_accuracy(made.proof, x, wrong, at_least=right, show=True, context="n"),
        verifier.verify_accuracy(made.proof, x[:-1], y[:-1], at_least=right, show=True, context="n"),
        verifier.verify_accuracy(b"no proof", x, y, at_least=right),
    ):
        assert not refused and refused.reason
        with pytest.raises(inferproof.RejectedProofError):
            refused.sums


def test_a_hidden_data_set_is_committed_once(model, prover, verifier, data, right, tmp_path: Path) -> None:
    x, y = data
    samples, labels = verifier.commit_samples(x), verifier.commit_labels(y)
    assert samples.shape[0] == COUNT and labels.shape[0] == COUNT
    labels.save(tmp_path / "labels.opening")
    made = prover.accuracy(samples, inferproof.Opening.open(tmp_path / "labels.opening"), at_least=right)
    for given in ((samples.commitment, labels.commitment), (samples, labels), ({"input": samples.commitment}, labels.commitment)):
        verdict = verifier.verify_accuracy(made.proof, *given, at_least=right)
        assert verdict and verdict.sums is None
    # Another commitment to the same labels is another data set.
    other = verifier.commit_labels(y)
    assert not verifier.verify_accuracy(made.proof, samples.commitment, other.commitment, at_least=right)
    with pytest.raises(inferproof.FalseClaimError, match="correct") as raised:
        prover.accuracy(samples, labels, at_least=right + 1)
    assert raised.value.claim is not None and str(right + 1) in raised.value.claim
    with pytest.raises(inferproof.InputError, match="Opening"):
        prover.accuracy(samples.commitment, labels, at_least=right)


def test_confusions_are_those_of_numpy(prover, verifier, data, outputs) -> None:
    x, y = data
    expected = np.zeros((2, 2), dtype=int)
    np.add.at(expected, (y, outputs.argmax(axis=1)), 1)
    made = prover.accuracy(x, y, measure="confusion", claims=f"confusion[1, 0] <= {expected[1, 0]}")
    assert (made.sums["confusion"] == expected).all()
    said = {"measure": "confusion", "claims": [f"confusion[1, 0] <= {expected[1, 0]}"]}
    assert verifier.verify_accuracy(made.proof, x, y, **said)


def test_errors_are_those_of_numpy(prover, verifier, data, outputs, model) -> None:
    x, _ = data
    unit = 2.0 ** -model.public.inspect()["outputs"][0]["scale_log2"]
    rng = np.random.default_rng(1)
    targets = np.round((outputs + rng.uniform(-1, 1, outputs.shape)).clip(outputs.min(), outputs.max()) / unit) * unit
    made = prover.accuracy(x, targets, measure="error", show=True)
    assert made.sums["error"] == [np.abs(outputs - targets).sum()]
    committed = verifier.commit_labels(targets, measure="error")
    made = prover.accuracy(x, committed, measure="error", show=True)
    verdict = verifier.verify_accuracy(made.proof, x, committed.commitment, measure="error", show=True)
    assert verdict.sums["error"] == [np.abs(outputs - targets).sum()]


def test_groups_are_counted_apart(prover, verifier, data, outputs) -> None:
    x, y = data
    group_of = (x[:, 0] > np.median(x[:, 0])).astype(int)
    is_right = outputs.argmax(axis=1) == y
    expected = [int(is_right[group_of == group].sum()) for group in (0, 1)]
    claim = "correct[1] >= 0.5 * samples[1]"
    made = prover.accuracy(x, y, groups=2, group_of=group_of, claims=claim, show=True)
    assert list(made.sums["correct"]) == expected
    assert list(made.sums["samples"]) == [int((group_of == group).sum()) for group in (0, 1)]
    hidden = verifier.commit_groups(group_of, 2)
    made = prover.accuracy(x, y, groups=2, group_of=hidden, claims=claim)
    assert verifier.verify_accuracy(made.proof, x, y, groups=2, group_of=hidden.commitment, claims=claim)
    assert not verifier.verify_accuracy(made.proof, x, y, groups=2, group_of=group_of, claims=claim)


def test_what_does_not_fit_is_named(prover, verifier, data) -> None:
    x, y = data
    with pytest.raises(inferproof.InputError) as raised:
        prover.accuracy(x, y, claims="corect[0] >= 1")
    assert str(raised.value).endswith("    corect[0] >= 1\n    ^^^^^^")
    with pytest.raises(inferproof.InputError, match="has 59 samples"):
        prover.accuracy(x, y[:-1], at_least=1)
    with pytest.raises(inferproof.InputError, match="sample 0: 7"):
        prover.accuracy(x, np.full(COUNT, 7), at_least=1)
    with pytest.raises(inferproof.InputError, match="nothing that the model can say"):
        prover.accuracy(x, np.array(["cat"] * COUNT), at_least=1)
    with pytest.raises(inferproof.InputError, match="no such input; it has input"):
        verifier.commit_samples(x, "inptu")
    with pytest.raises(inferproof.InputError, match="measure"):
        prover.accuracy(x, y, at_least=1, measure="acuracy")
    for wrong in ({}, {"at_least": 1, "groups": 2}, {"at_least": 1, "memory": "1 GB"}, {"at_least": 1, "part": 0}):
        with pytest.raises(ValueError):
            prover.accuracy(x, y, **wrong)
