"""What the documents show is run: the blocks of Python of each page, one after the other, in a folder with the bundled models."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import inferproof
import pytest
from conftest import MODELS, ROOT

PAGES = ["README.md", "docs/guides/python.md", "docs/guides/from-ezkl.md", "docs/guides/model-cards.md"]
EXAMPLES = ROOT / "crates/python/examples"


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").symlink_to(MODELS)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page(page: str) -> None:
    run(page)


def test_the_readme_runs_twice() -> None:
    for _ in range(2):
        run("README.md")


def run(page: str) -> None:
    text = (ROOT / page).read_text()
    blocks = list(re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert blocks, page
    names: dict[str, object] = {}
    for block in blocks:
        line = text[: block.start(1)].count("\n")
        exec(compile("\n" * line + block[1], page, "exec"), names)  # errors name the page's line


def test_every_name_of_the_package_is_in_the_guide() -> None:
    guide = (ROOT / "docs/guides/python.md").read_text()
    shown = {name for name in inferproof.__all__ if re.search(rf"\b{name}\b", guide)}
    types = {"Node", "Progress", "Proof", "Public", "Report", "Check", "Tensors", "Verdict", "__version__", "model_card"}
    assert set(inferproof.__all__) - shown <= types


@pytest.mark.parametrize("name", ["quickstart", "hugging_face"])
def test_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out


def test_the_example_of_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The small package of MLflow has no database; its files do for a test.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow")
    example = runpy.run_path(str(EXAMPLES / "mlflow_tracking.py"))
    assert example["main"]((tmp_path / "runs").as_uri())
    (run,) = mlflow.MlflowClient().search_runs([mlflow.get_experiment_by_name("credit").experiment_id])
    assert not example["verify_run"](run.info.run_id, b"another run")
    logged = {path.name for path in (tmp_path / "runs").rglob("*")}
    assert "verifying.key" in logged and not any("safetensors" in name for name in logged)
