"""Long work: progress, Ctrl-C, threads, forked processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import inferproof
import numpy as np
import pytest


def test_progress_is_told(lenet) -> None:
    told: list[tuple[str, int, int]] = []
    inferproof.compile(lenet.onnx, calibration=lenet.calibration, progress=lambda *step: told.append(step))
    doing = list(dict.fromkeys(what for what, _, _ in told))
    assert doing[0] == "calibrating" and set(doing) <= {"calibrating", "quantizing", "committing to the weights"}
    assert all(0 <= done <= of for _, done, of in told)


def test_a_bar_of_tqdm(lenet, capsys) -> None:
    inferproof.compile(lenet.onnx, calibration=lenet.calibration, progress=True)
    assert "committing to the weights" in capsys.readouterr().err
    inferproof.compile(lenet.onnx, calibration=lenet.calibration)
    assert capsys.readouterr().err == ""  # nobody watches


def test_an_exception_of_the_listener_stops_the_work(lenet) -> None:
    class Enough(Exception):
        pass

    def stop(doing: str, done: int, of: int) -> None:
        raise Enough

    start = time.monotonic()
    with pytest.raises(Enough):
        inferproof.compile(lenet.onnx, calibration=np.tile(lenet.calibration, (100, 1, 1, 1)), progress=stop)
    assert time.monotonic() - start < 10


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_is_honoured_soon(lenet) -> None:
    script = f"""
        import inferproof, numpy as np
        x = np.tile(np.load({str(lenet.onnx.with_name("calibration.npz"))!r})["input"], (1000, 1, 1, 1))
        print("begun", flush=True)
        inferproof.compile({str(lenet.onnx)!r}, calibration=x)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "begun\n"
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        _, said = process.communicate(timeout=60)
        assert time.monotonic() - start < 5
    assert "KeyboardInterrupt" in said and process.returncode != 0


def test_other_threads_run_meanwhile(lenet) -> None:
    """A thread of pure Python counts while the main thread compiles; with the interpreter held it would stand still."""
    ended, ticks = threading.Event(), []

    def count() -> None:
        while not ended.wait(0.005):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=count)
    thread.start()
    begun = time.monotonic()
    inferproof.compile(lenet.onnx, calibration=np.tile(lenet.calibration, (4, 1, 1, 1)))
    took = time.monotonic() - begun
    ended.set()
    thread.join()
    assert len(ticks) > took / 0.005 / 10
    assert max(np.diff(ticks)) < took / 2


def test_threads_share_a_prover(credit, prover, verifier) -> None:
    with ThreadPoolExecutor(4) as pool:
        proofs = list(pool.map(lambda i: prover.prove(credit.x[i], context=str(i))[1], range(8)))
        verdicts = list(pool.map(lambda i: verifier.verify(proofs[i], context=str(i)), range(8)))
    assert all(verdicts)
    assert not verifier.verify(proofs[0], context="1")


def _proves(path: str, x: np.ndarray) -> bytes:
    return bytes(inferproof.Prover(path).prove(x)[1])


@pytest.mark.parametrize("method", sorted(set(multiprocessing.get_all_start_methods()) - {"forkserver"}))
def test_other_processes_prove(credit, prover, verifier, folder, method) -> None:
    prover.prove(credit.x[0])  # there are threads, which a forked process does not inherit
    with multiprocessing.get_context(method).Pool(1) as pool:
        proof = pool.apply_async(_proves, (str(folder), credit.x[1])).get(timeout=120)
    assert verifier.verify(proof, input=credit.x[1])
