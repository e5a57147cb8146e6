"""What is proven: statements, hidden and committed tensors, and what a verifier expects."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import inferproof
import numpy as np
import pytest


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> inferproof.Model:
    """Two inputs and two outputs."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    ports = [helper.make_tensor_value_info(name, 1, [1, 4]) for name in ("a", "b", "sum", "product")]
    nodes = [helper.make_node(op, ["a", "b"], [name]) for op, name in (("Add", "sum"), ("Mul", "product"))]
    proto = helper.make_model(helper.make_graph(nodes, "g", ports[:2], ports[2:]), opset_imports=[helper.make_opsetid("", 17)])
    rng = np.random.default_rng(0)
    return inferproof.compile(proto, calibration={name: rng.uniform(-1, 1, (50, 4)) for name in "ab"})


A, B = np.array([0.5, -0.25, 0.75, -1.0]), np.array([0.25, 0.5, -0.5, 0.125])


def test_a_statement_is_a_value(model) -> None:
    public = model.public
    one = public.statement(private="inputs", context=b"request 17")
    same = public.statement(private=["input"], context="request 17")
    assert one == same and hash(one) == hash(same) and one.digest == same.digest
    assert dict(one.inputs) == {"input": "private"} and dict(one.outputs) == {"output": "public"}
    assert one.context == b"request 17" and one.model_id == model.id
    for other in (public.statement(context=b"request 17"), public.statement(private="inputs"), public.statement(commit="input")):
        assert other != one and other.digest != one.digest
    for again in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert again == one and again.digest == one.digest
    assert inferproof.Statement.from_json(public, one.to_json()) == one
    assert inferproof.Statement.from_json(model.public.key, one.to_json()) == one
    with pytest.raises(AttributeError):
        one.context = b"another"
    with pytest.raises(TypeError):
        one.inputs["input"] = "public"
    with pytest.raises(TypeError):
        inferproof.Statement()
    assert "input `input` private, output `output` public, context b'request 17'" in repr(one)
    assert public.statement(context=b"\xff\x00").context == b"\xff\x00"


def test_names_are_never_defaults(model, twin) -> None:
    with pytest.raises(inferproof.InputError, match="no input or output `inptu`; it has input:input, output:output") as raised:
        model.public.statement(private="inptu")
    assert raised.value.tensor == "inptu"
    with pytest.raises(inferproof.InputError, match="more than one thing"):
        twin.public.statement(private="inputs", commit="a")
    with pytest.raises(inferproof.InputError, match="64 hexadecimal digits"):
        twin.public.statement(committed={"a": "abc"})
    text = model.public.statement().to_json()
    for wrong in (text.replace('"input": "public"', ""), text.replace("statement 2", "statement 9"), "{}", ""):
        with pytest.raises(inferproof.InputError):
            inferproof.Statement.from_json(model.public, wrong)
    with pytest.raises(inferproof.InputError, match="of model"):
        inferproof.Statement.from_json(twin.public, text)


def test_hidden_inputs_and_outputs_are_not_shown(credit, model, prover, verifier) -> None:
    result, proof = prover.prove(credit.x[0], private=["inputs", "outputs"], context=b"17")
    assert result["output"].shape == (1, 2)  # for the prover itself
    assert result.integers["output"].tobytes() not in proof
    expect = model.public.statement(private=["inputs", "outputs"], context=b"17")
    verdict = verifier.verify(proof, expect=expect, raises=True)
    assert verdict.inputs["input"] is None and verdict.outputs["output"] is None
    assert verdict.statement == expect and verdict.context == b"17"
    with pytest.raises(TypeError, match="hidden"):
        np.asarray(verdict.outputs)
    # By default a verifier expects that everything is shown: what the prover wrote is not taken for it.
    plain = verifier.verify(proof, context=b"17")
    assert not plain and "private" in plain.reason
    for given in ({"input": credit.x[0]}, {"output": result}):
        with pytest.raises(inferproof.InputError, match="hides it"):
            verifier.verify(proof, expect=expect, **given)
    with pytest.raises(ValueError, match="not both"):
        verifier.verify(proof, expect=expect, context=b"17")
    with pytest.raises(ValueError, match="not both"):
        prover.prove(credit.x[0], statement=expect, private="inputs")
    with pytest.raises(TypeError, match="Statement"):
        verifier.verify(proof, expect=expect.to_json())
    _, again = prover.prove(credit.x[0], statement=expect)
    assert verifier.verify(again, expect=expect)


def test_a_statement_of_another_model_is_a_mistake(credit, prover, verifier, twin) -> None:
    _, proof = prover.prove(credit.x[0])
    with pytest.raises(inferproof.InputError, match="of model"):
        verifier.verify(proof, expect=twin.public.statement())
    with pytest.raises(inferproof.InputError, match="of model"):
        prover.prove(credit.x[0], statement=twin.public.statement())


def test_what_was_committed_is_read_by_other_proofs(twin, tmp_path: Path) -> None:
    prover, verifier = inferproof.Prover(twin), inferproof.Verifier(twin)
    opening = verifier.commit(A, "a")
    result, proof = prover.prove({"b": B}, committed={"a": opening}, commit="sum")
    assert np.allclose(result["sum"], A + B, atol=0.05)
    assert list(result.openings) == ["sum"]
    expect = twin.public.statement(committed={"a": opening.id}, commit="sum")
    verdict = verifier.verify(proof, expect=expect, raises=True)
    assert dict(verdict.commitments) == {"a": opening.id, "sum": result.openings["sum"].id}
    assert verdict.inputs["a"] is None and np.allclose(verdict.inputs["b"], B, atol=0.01)
    assert np.allclose(verdict.outputs["product"], A * B, atol=0.05) and verdict.outputs["sum"] is None
    assert dict(expect.inputs) == {"a": {"committed": opening.id}, "b": "public"}
    # Another commitment to the same values is another one.
    assert not verifier.verify(proof, expect=twin.public.statement(committed={"a": verifier.commit(A, "a").id}, commit="sum"))
    # What opens it is in its own file.
    opening.save(tmp_path / "a.opening")
    _, again = prover.prove({"b": B}, committed={"a": inferproof.Opening.open(tmp_path / "a.opening")})
    assert verifier.verify(again, expect=twin.public.statement(committed={"a": opening}))
    with pytest.raises(inferproof.InputError, match="leave it out"):
        prover.prove({"a": A, "b": B}, committed={"a": opening})
    with pytest.raises(inferproof.InputError, match="the identifier alone"):
        prover.prove({"b": B}, committed={"a": opening.id})
    with pytest.raises(inferproof.InputError, match="no opening"):
        prover.prove({"a": A, "b": B}, statement=expect)
    with pytest.raises(inferproof.InputError, match="name the one"):
        verifier.commit(A)
    with pytest.raises(inferproof.InputError, match="no input `c`"):
        verifier.commit(A, "c")
    both = {"a": opening, "b": verifier.commit(B, "b")}
    assert np.allclose(prover.prove(committed=both)[0]["product"], A * B, atol=0.05)
    # An output can only be committed before as what the run gives.
    with pytest.raises(inferproof.InputError, match="false|another"):
        prover.prove({"a": A, "b": -B}, committed={"sum": result.openings["sum"]})


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_openings_are_secret(twin, tmp_path: Path) -> None:
    opening = inferproof.Verifier(twin).commit(A, "a")
    path = tmp_path / "a.opening"
    opening.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other = inferproof.Verifier(twin).commit(B, "a")
    with pytest.raises(FileExistsError, match="replace=True"):
        other.save(path)
    assert inferproof.Opening.open(path).id == opening.id != other.id
    other.save(path, replace=True)
    assert inferproof.Opening.open(path) == other
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(opening)
    assert repr(opening) == f"<Opening of commitment {opening.id[:16]}..., shape [1, 4]>"
    assert opening.commitment[:8] == b"infproof" and len(opening.commitment) < path.stat().st_size
    with pytest.raises(TypeError):
        inferproof.Opening(b"values")
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(inferproof.ModelFileError):
        inferproof.Opening.open(path)


def test_the_command_line_reads_the_same_files(credit, model, folder: Path, verifier, prover, tmp_path: Path) -> None:
    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "inferproof", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=300)

    expect = model.public.statement(private="inputs", context="17")
    written = run("statement", "--key", folder / "public", "--private", "inputs", "--context", "17", "-o", tmp_path / "s.json")
    assert written.returncode == 0, written.stderr
    assert inferproof.Statement.from_json(model.public, (tmp_path / "s.json").read_text()) == expect
    (tmp_path / "mine.json").write_text(expect.to_json())
    _, proof = prover.prove(credit.x[0], statement=expect)
    proof.save(tmp_path / "a.proof")
    verify = ["verify", "--key", folder / "public", tmp_path / "a.proof", "--json"]
    accepted = run(*verify, "--expect", tmp_path / "mine.json")
    assert accepted.returncode == 0 and json.loads(accepted.stdout)["outputs"]["output"], accepted.stderr
    assert run(*verify, "--context", "17").returncode == 1
    opening = verifier.commit(credit.x[0])
    opening.save(tmp_path / "x.opening")
    proved = run("prove", folder, "--committed", f"input={tmp_path / 'x.opening'}", "-o", tmp_path / "b.proof")
    assert proved.returncode == 0, proved.stderr
    assert verifier.verify(tmp_path / "b.proof", expect=model.public.statement(committed={"input": opening}))


@pytest.mark.parametrize("context", [17, 0, None, bytearray(b"17"), ["17"], 1.5])
def test_contexts_are_bytes_or_text_and_nothing_else(credit, prover, verifier, model, context) -> None:
    for attempt in (
        lambda: prover.prove(credit.x[0], context=context),
        lambda: verifier.verify(b"", context=context),
        lambda: model.public.statement(context=context),
    ):
        with pytest.raises(TypeError, match="context: expected bytes or str"):
            attempt()


def test_proofs_are_bytes_or_a_path(credit, prover, verifier, tmp_path: Path) -> None:
    _, proof = prover.prove(credit.x[0])
    proof.save(tmp_path / "a.proof")
    for given in (proof, bytes(proof), bytearray(proof), memoryview(proof), tmp_path / "a.proof"):
        assert verifier.verify(given)
    with pytest.raises(FileNotFoundError):
        verifier.verify(tmp_path / "b.proof")
    for wrong in (str(tmp_path / "a.proof"), None, 17, [1, 2], (np.zeros(3), proof)):
        with pytest.raises(TypeError, match="proof: expected bytes or a path"):
            verifier.verify(wrong)


def test_a_verifier_finds_the_public_folder(credit, model, prover, folder: Path) -> None:
    _, proof = prover.prove(credit.x[0])
    for key in (folder, str(folder), folder / "public", model, model.public):
        assert inferproof.Verifier(key).verify(proof)
    assert inferproof.Public.open(folder) == model.public


def test_files_are_not_replaced_by_accident(credit, model, prover, tmp_path: Path) -> None:
    _, proof = prover.prove(credit.x[0])
    (tmp_path / "a.proof").write_text("mine")
    with pytest.raises(FileExistsError, match="replace=True"):
        proof.save(tmp_path / "a.proof")
    assert (tmp_path / "a.proof").read_text() == "mine"
    proof.save(tmp_path / "a.proof", replace=True)
    assert inferproof.Proof.open(tmp_path / "a.proof") == proof
    (tmp_path / "link").symlink_to(tmp_path / "a.proof")
    with pytest.raises(FileExistsError):
        proof.save(tmp_path / "link", replace=True)
    model.public.save(tmp_path / "public")
    with pytest.raises(FileExistsError):
        model.public.save(tmp_path / "public")
    model.public.save(tmp_path / "public", replace=True)


def test_nothing_is_remembered_unless_asked_for(model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    inferproof.Verifier(model)
    inferproof.Prover(model)
    assert list(tmp_path.iterdir()) == []
    inferproof.Verifier(model, cache=tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"] and len(list((tmp_path / "mine").iterdir())) == 1
    inferproof.Verifier(model, cache=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "mine"]


def test_what_a_key_may_demand_is_said(credit, model) -> None:
    for limited in (inferproof.Prover, inferproof.Verifier):
        with pytest.raises(inferproof.ModelFileError, match="at most .* allowed; if you trust its maker, max_work="):
            limited(model, max_work=1000)
        with pytest.raises(ValueError, match="max_work"):
            limited(model, max_work=-1)
        with pytest.raises(TypeError, match="max_work"):
            limited(model, max_work="2^28")
    _, proof = inferproof.Prover(model, max_work=2**30).prove(credit.x[0])
    verifier = pickle.loads(pickle.dumps(inferproof.Verifier(model, max_work=2**30)))
    assert verifier.verify(proof)


def test_public_weights_are_verified_once(credit, tmp_path: Path) -> None:
    public = inferproof.compile(credit.onnx, calibration=credit.calibration, weights="public")
    # What this process has made, nobody can have exchanged; a folder's weights, anybody.
    public.save(tmp_path / "public.model")
    for _ in range(2):
        prover = inferproof.Prover(tmp_path / "public.model", cache=tmp_path / "mine")
        assert len(list((tmp_path / "mine").iterdir())) == 1
    prover.prove(credit.x[0])


def test_a_batch_reads_what_was_committed_before(twin) -> None:
    prover, verifier = inferproof.Prover(twin), inferproof.Verifier(twin)
    opening = verifier.commit(A, "a")
    rows = np.stack([B, -B, B / 2])
    about = twin.public.statement(committed={"a": opening}, private="product", context=b"all")
    for given in (
        {"committed": {"a": opening}, "private": "product", "context": b"all"},
        {"committed": {"a": opening}, "statement": about},
    ):
        proven = prover.prove_batch({"b": rows}, **given)
        assert len(proven) == 3
        for row, (result, proof) in zip(rows, proven):
            assert np.allclose(result["sum"], A + row, atol=0.05)
            assert verifier.verify(proof, expect=about)
    by_context = prover.prove_batch({"b": rows[:2]}, committed={"a": opening}, contexts=["x", "y"])
    for context, (_, proof) in zip("xy", by_context):
        assert verifier.verify(proof, expect=twin.public.statement(committed={"a": opening}, context=context))
    with pytest.raises(ValueError, match="not both"):
        prover.prove_batch({"b": rows}, statement=about, contexts=["x", "y", "z"], committed={"a": opening})
    with pytest.raises(inferproof.InputError, match="leave it out"):
        prover.prove_batch({"a": rows, "b": rows}, committed={"a": opening})
