"""What notebooks show of proofs, statements and verdicts: self-contained HTML, in which everything from outside is escaped."""

from __future__ import annotations

from html.parser import HTMLParser

import inferproof
import numpy as np
import pytest

# With nothing after them.
VOID = {"br", "img", "hr"}


class Page(HTMLParser):
    """The texts of a page, whose tags must be closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.said: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name in ("src", "href") or name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return "".join(self.said)


EVIL = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def evil() -> inferproof.Model:
    """A model whose tensors have names that are HTML."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    ports = [helper.make_tensor_value_info(name, 1, [1, 20]) for name in (EVIL, f"{EVIL}2")]
    graph = helper.make_graph([helper.make_node("Relu", [EVIL], [f"{EVIL}2"])], "g", ports[:1], ports[1:])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    return inferproof.compile(proto, calibration=np.random.default_rng(0).uniform(-1, 1, (50, 20)))


def test_a_verdict_shows_statement_and_values(credit, model, prover, verifier) -> None:
    result, proof = prover.prove(credit.x[0], context=b"request <17>")
    page = Page(verifier.verify(proof, context=b"request <17>")._repr_html_())
    assert "accepted" in page.text and model.id in page.text and "request <17>" in page.text
    assert "input input1x30: " in page.text and ", and 22 more" in page.text
    assert f"output output1x2: {result['output'][0, 0]:.6g}, {result['output'][0, 1]:.6g}" in page.text
    rejected = Page(verifier.verify(proof)._repr_html_())
    assert "rejected" in rejected.text and "context" in rejected.text and "expected public" in rejected.text
    assert str(result["output"][0, 0]) not in rejected.text


def test_what_is_hidden_is_not_shown(credit, model, prover, verifier) -> None:
    result, proof = prover.prove(credit.x[0], private="inputs", commit="output")
    expect = model.public.statement(private="inputs", commit="output")
    page = Page(verifier.verify(proof, expect=expect)._repr_html_())
    assert "private: the proof hides it" in page.text
    assert f"committed afresh as {result.openings['output'].id}" in page.text
    page = Page(proof._repr_html_())
    assert "proof, not verified" in page.text and "private" in page.text and result.openings["output"].id in page.text
    assert "committed afresh" in Page(expect._repr_html_()).text


def test_nothing_is_a_proof_by_looking_like_one() -> None:
    page = Page(inferproof.Proof(b"<b>nothing</b>")._repr_html_())
    assert "not a proof" in page.text and "b" in page.tags


def test_names_are_escaped(evil) -> None:
    rng = np.random.default_rng(1)
    result, proof = inferproof.Prover(evil).prove(rng.uniform(-1, 1, 20), context=EVIL)
    verdict = inferproof.Verifier(evil).verify(proof, context=EVIL, raises=True)
    for thing in (proof, verdict, verdict.statement, evil.report):
        page = Page(thing._repr_html_())
        assert "script" not in page.tags
    page = Page(verdict._repr_html_())
    assert EVIL in page.text and "the greatest: entry " in page.text
