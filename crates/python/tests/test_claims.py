"""Claims: expressions and their texts, what they mean, and what is proven of them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import inferproof
import numpy as np
import pytest
from inferproof.claims import Entries


@pytest.fixture(scope="module")
def out(model: inferproof.Model) -> Entries:
    return model.output("output")


def canonical(model: inferproof.Model, claim: object) -> tuple[str, ...]:
    return model.public.statement(claims=claim).claims


def test_expressions_are_the_claims_that_texts_are(model, out) -> None:
    x = model.input("input")
    for expression, text in [
        (out[0] >= 0.8, "output[0] >= 0.8"),
        (0.8 <= out[0], "output[0] >= 4/5"),
        (out[0, 1] < -2, "output[0, 1] < -2"),
        (2 * out[0] - out[1] / 3 + 1 >= Fraction(1, 7), "2*output[0] - output[1]/3 + 1 >= 1/7"),
        (1 - out[0] > x[2], "1 - output[0] > input[2]"),
        (-(out[0] - Decimal("0.10")) >= 0.5, "-(output[0] - 0.1) >= 0.5"),
        (out.argmax() == 1, "argmax(output) == 1"),
        (out.max() - out.mean() > 1, "max(output) - mean(output) > 1"),
        (x.sum() != 0, "sum(input) != 0"),
        (x.min() <= out.min(), "min(input) <= min(output)"),
        (out[0].between(-1, 2.5), "output[0] in [-1, 2.5]"),
        (out.argmax().isin([0]), "argmax(output) in {0}"),
        (out[0].isin([Fraction(-1, 2), 0, np.int64(3)]), "output[0] in {-0.5, 0, 3}"),
        ((out[0] > 0) & ~(out[1] > 0), "output[0] > 0 and not output[1] > 0"),
        ((out[0] > 0) | (out[1] > 0) & (x[0] > 0), "output[0] > 0 or output[1] > 0 and input[0] > 0"),
    ]:
        assert canonical(model, expression) == canonical(model, text), str(expression)
        # Its own text is one that is understood.
        assert canonical(model, str(expression)) == canonical(model, expression)
        assert isinstance(expression, inferproof.Claim)
    both = [out[0] > 0, "output[1] < 5"]
    assert canonical(model, both) == ("output[0, 0] > 0", "output[0, 1] < 5")
    assert canonical(model, (claim for claim in both)) == canonical(model, both)


def test_numbers_are_taken_exactly(model, out) -> None:
    scale = model.public.inspect()["outputs"][0]["scale_log2"]
    first = -((-4 * 2**scale) // 5)
    for number in (0.8, "0.8", Decimal("0.8"), Fraction(4, 5), np.float64(0.8)):
        claim = f"output[0] >= {number}" if isinstance(number, str) else out[0] >= number
        (line,) = model.public.explain(claim)
        assert f"means n >= {first}, where n is the integer of `output[0, 0]`" in line, number
    for wrong in (float("nan"), float("inf"), Decimal("NaN")):
        with pytest.raises(ValueError, match="no number of a claim"):
            out[0] >= wrong
    # The text of 32 bits is another one, so that none is guessed.
    for wrong in (np.float32(0.8), True, None, "0.8"):
        with pytest.raises(TypeError):
            out[0] >= wrong


def test_what_python_would_take_for_something_else_is_refused(model, out) -> None:
    for wrong in (
        lambda: bool(out[0] > 0),
        lambda: (out[0] > 0) and (out[1] > 0),
        lambda: not (out[0] > 0),
        lambda: -1 <= out[0] <= 1,
        lambda: bool(out[0]),
        lambda: out[0] * out[1],
        lambda: 1 / out[0],
        lambda: out[0] / out[1],
        lambda: out[0:2],
        lambda: list(out),
        lambda: hash(out[0]),
        lambda: (out[0] > 0) & True,
        lambda: out[0].isin("abc"),
        lambda: model.public.statement(claims=out[0]),
        lambda: model.public.statement(claims=[out[0]]),
        lambda: model.public.statement(claims=3),
    ):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(TypeError, match="between"):
        bool(out[0] > 0)
    with pytest.raises(IndexError, match="counts from 0"):
        out[-1]
    with pytest.raises(ValueError, match="empty"):
        out[0].isin([])
    with pytest.raises(inferproof.InputError, match="no output `scor`; it has output"):
        model.output("scor")


def test_names_are_quoted_as_the_language_wants() -> None:
    for name, text in [
        ("score", "output:score"),
        ("dense/out.1", 'output:"dense/out.1"'),
        ("in", 'output:"in"'),
        ('a"\\\n', 'output:"a\\"\\\\\\u{a}"'),
    ]:
        assert str(inferproof.claims.output(name)) == text
    assert str(inferproof.claims.input("x")[0] == 'a "cat"') == 'input:x[0] == "a \\"cat\\""'


def test_the_place_in_a_text_is_shown(model, prover, credit) -> None:
    for claim, place in [
        ("scor[0] >= 0.8", "    scor[0] >= 0.8\n    ^^^^"),
        ("output[7] >= 0.8", "    output[7] >= 0.8\n           ^"),
        ("output[0] >= ", "    output[0] >= \n                 ^"),
    ]:
        for refuse in (
            lambda: model.public.statement(claims=claim),
            lambda: model.public.explain(claim),
            lambda: prover.prove(credit.x[0], claims=[claim]),
        ):
            with pytest.raises(inferproof.InputError) as raised:
                refuse()
            assert str(raised.value).endswith(place)
    with pytest.raises(inferproof.InputError, match="says nothing"):
        model.public.statement(claims="output[0] >= 1000000")


def test_a_claim_is_proven_and_expected(prover, verifier, model, out, credit) -> None:
    result = prover.run(credit.x[0])
    low = float(result["output"].ravel()[0])
    claim = (out[0] >= low) & (out.argmax() == int(np.argmax(result)))
    _, proof = prover.prove(credit.x[0], private="output", claims=claim, context="n")
    expected = model.public.statement(private="output", claims=[claim], context="n")
    verdict = verifier.verify(proof, expect=expected)
    assert verdict and verdict.outputs["output"] is None
    assert verdict.statement.claims == canonical(model, claim)
    assert verdict.statement.claims[0].replace(">", "&gt;") in verdict._repr_html_()
    assert verdict.statement.claims[0] in verdict.statement.words() and verdict.statement.claims[0] in repr(verdict)
    # Neither no claim nor another one is what was expected.
    assert "claims" in verifier.verify(proof, expect=model.public.statement(private="output", context="n")).reason
    other = model.public.statement(private="output", claims=out[0] >= low - 1, context="n")
    assert not verifier.verify(proof, expect=other)
    # A statement of its own says it all.
    _, again = prover.prove(credit.x[0], statement=expected)
    assert verifier.verify(again, expect=expected)
    with pytest.raises(ValueError, match="not both"):
        prover.prove(credit.x[0], statement=expected, claims=claim)


def test_claims_are_true_where_numpy_says_so(prover, model, out, credit) -> None:
    rows = credit.x[:8]
    outputs = prover.predict(rows).reshape(8, -1)
    middle = float(np.median(outputs[:, 0]))
    claims = [
        (out[0] > middle, outputs[:, 0] > middle),
        (out.argmax() == 1, outputs.argmax(axis=1) == 1),
        (out.max() - out.min() >= 8, outputs.max(axis=1) - outputs.min(axis=1) >= 8),
        (out[0].between(middle, middle + 2), (outputs[:, 0] >= middle) & (outputs[:, 0] <= middle + 2)),
        (~(out[0] > middle) | (out[1] > 0), ~(outputs[:, 0] > middle) | (outputs[:, 1] > 0)),
    ]
    seen = set()
    for claim, holds in claims:
        for row, true in zip(rows, holds):
            seen.add(bool(true))
            if true:
                prover.prove(row, claims=claim)
                continue
            with pytest.raises(inferproof.FalseClaimError) as raised:
                prover.prove(row, claims=claim)
            assert (raised.value.claim,) == canonical(model, claim)
    assert seen == {False, True}


def test_a_batch_has_the_claim_in_every_proof(prover, verifier, model, out, credit) -> None:
    outputs = prover.predict(credit.x[:2]).reshape(2, -1)
    claim = out.max() >= float(outputs.max(axis=1).min())
    contexts = ["a", "b"]
    proven = prover.prove_batch(credit.x[:2], private="output", claims=(c for c in [claim]), contexts=contexts)
    each = [model.public.statement(private="output", claims=claim, context=context) for context in contexts]
    assert all(verifier.verify_many([proof for _, proof in proven], expect=each))
