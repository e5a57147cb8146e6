"""The notebooks run from start to end."""

from __future__ import annotations

import os

import pytest
from conftest import ROOT

NOTEBOOKS = ROOT / "notebooks"
NEEDED = {"credit_scoring": "lightgbm", "mnist": "skl2onnx", "minilm": "onnxruntime"}
SLOW = {"minilm": ("INFERPROOF_MODELS", "INFERPROOF_VOCABULARY")}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=pytest.mark.slow if path.stem in SLOW else ())
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    ],
)
def test_a_notebook(name: str) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    for package in ("ipykernel", "matplotlib", NEEDED.get(name, "numpy")):
        pytest.importorskip(package)
    for variable in SLOW.get(name, ()):
        if variable not in os.environ:
            pytest.skip(f"{variable} does not say where the model's files are")
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    assert any("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))
    nbclient.NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
