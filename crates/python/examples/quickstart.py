"""The whole way on a bundled model: compile, save, prove, verify. Run it in the repository's root."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import inferproof


def main(folder: Path = Path("credit.model")) -> inferproof.Verdict:
    with np.load("models/mlp_credit/calibration.npz") as data:
        calibration = data["input"]
    with np.load("models/mlp_credit/test.npz") as data:
        x, y = data["input"], data["label"]

    # Once, by the model's owner.
    model = inferproof.compile("models/mlp_credit/model.onnx", calibration=calibration, evaluate=(x, y))
    model.save(folder, replace=True)
    print(model.report)

    # For every request, by the model's owner.
    result, proof = inferproof.Prover(folder).prove(x[0], context=b"request 17")
    print("the model says", result["output"], "and proves it in", repr(proof))

    # By whoever has the public folder.
    verdict = inferproof.Verifier(folder / "public").verify(proof, context=b"request 17", input=x[0])
    print(verdict)
    return verdict


if __name__ == "__main__":
    main()
