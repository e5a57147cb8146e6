"""A folder as a model repository of Hugging Face's hub has it: a model card and the public side. Run it in the repository's root.

With the package `huggingface_hub`, `upload_folder(repo_id=..., folder_path=...)` publishes it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import inferproof


def main(folder: Path = Path("credit-hub")) -> Path:
    with np.load("models/mlp_credit/calibration.npz") as data:
        calibration = data["input"]
    with np.load("models/mlp_credit/test.npz") as data:
        x, y = data["input"], data["label"]

    model = inferproof.compile("models/mlp_credit/model.onnx", calibration=calibration, evaluate=(x, y))
    card = inferproof.model_card(
        model,
        name="Credit",
        description="Says whether a sample is benign, from 30 measurements. A stand-in for tabular decisions such as credit scoring.",
        license="cc-by-4.0",
        task="tabular-classification",
        dataset="breast-cancer-wisconsin",
    )
    folder.mkdir()
    (folder / "README.md").write_text(card)
    model.public.save(folder / "public")
    return folder


if __name__ == "__main__":
    print(main())
