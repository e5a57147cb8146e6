"""What the tests share: the bundled models, compiled once."""

from __future__ import annotations

from pathlib import Path

import inferproof
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
MODELS = ROOT / "models"


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Which keys have been checked is remembered here, not in the user's cache."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


class Bundled:
    """A bundled model and its data."""

    def __init__(self, name: str) -> None:
        self.onnx = MODELS / name / "model.onnx"
        with np.load(MODELS / name / "calibration.npz") as calibration, np.load(MODELS / name / "test.npz") as test:
            self.calibration = calibration["input"]
            self.x, self.y, self.float_output = test["input"], test["label"], test["float_output"]


@pytest.fixture(scope="session")
def credit() -> Bundled:
    return Bundled("mlp_credit")


@pytest.fixture(scope="session")
def lenet() -> Bundled:
    return Bundled("mnist_lenet")


@pytest.fixture(scope="session")
def model(credit: Bundled) -> inferproof.Model:
    return inferproof.compile(credit.onnx, calibration=credit.calibration, evaluate=(credit.x, credit.y), progress=False)


@pytest.fixture(scope="session")
def folder(model: inferproof.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "credit.model"
    model.save(path)
    return path


@pytest.fixture(scope="session")
def prover(model: inferproof.Model) -> inferproof.Prover:
    return inferproof.Prover(model)


@pytest.fixture(scope="session")
def verifier(model: inferproof.Model) -> inferproof.Verifier:
    return inferproof.Verifier(model.public)
