"""The command line comes with the package, and speaks of the same files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import inferproof
import numpy as np
import pytest


COMMAND = [sys.executable, "-m", "inferproof"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300)


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


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_leaves_nothing_behind(lenet, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.tile(lenet.calibration, (500, 1, 1, 1)))
    compile = ["compile", lenet.onnx, "--calibrate", tmp_path / "x.npy", "-o", tmp_path / "m"]
    with subprocess.Popen([*COMMAND, *map(str, compile)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "error: interrupted" in said
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]
