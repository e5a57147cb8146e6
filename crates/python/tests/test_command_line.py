"""The command line comes with the package, and speaks of the same files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import inferproof
import numpy as np
import pytest


def run(*arguments: object, module: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "inferproof"] if module else [shutil.which("inferproof") or "inferproof"]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def test_both_ways_to_call_it() -> None:
    beside = Path(sys.executable).with_name("inferproof")
    if not beside.exists():
        pytest.skip("the package is not installed")
    said = subprocess.run([beside, "--version"], capture_output=True, text=True)
    assert said.stdout == f"inferproof {inferproof.__version__}\n" == run("--version").stdout


def test_exit_codes() -> None:
    assert run("--help").returncode == 0
    assert run().returncode == 2
    assert run("nonsense").returncode == 2
    missing = run("check", "nothing.onnx")
    assert missing.returncode == 2 and "nothing.onnx: cannot be read: no such file" in missing.stderr


def test_the_demo_starts_itself_again() -> None:
    said = run("demo", "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["verify"]["verdict"] == "accepted"


def test_python_verifies_what_the_command_line_proves(credit, verifier, folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", credit.x[0])
    proved = run("prove", folder, "--input", tmp_path / "x.npy", "--context", "nonce", "-o", tmp_path / "a.proof")
    assert proved.returncode == 0, proved.stderr
    assert verifier.verify(inferproof.Proof.open(tmp_path / "a.proof"), context="nonce", input=credit.x[0])


def test_the_command_line_verifies_what_python_proves(credit, prover, folder: Path, tmp_path: Path) -> None:
    result, proof = prover.prove(credit.x[0], context="nonce")
    proof.save(tmp_path / "a.proof")
    verify = ["verify", "--key", folder / "public", tmp_path / "a.proof", "--json", "--context"]
    accepted = run(*verify, "nonce")
    assert accepted.returncode == 0
    assert json.loads(accepted.stdout)["outputs_quantized"]["output"] == result.integers["output"].ravel().tolist()
    assert run(*verify, "other").returncode == 1
