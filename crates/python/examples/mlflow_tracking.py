"""MLflow: the commitment is a tag of the run, the public side and a proof are its artefacts. Run it in the repository's root.

The secret folder is *not* logged: whoever reads the tracking server would have the weights and could prove in the owner's name.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import mlflow
import numpy as np

import inferproof


def log_model(model: inferproof.Model, proof: inferproof.Proof) -> None:
    """Log what is public of a model, and one of its proofs, in the active run."""
    report = model.report
    mlflow.set_tag("inferproof.model_id", model.id)
    mlflow.log_params({f"inferproof.{name}": value for name, value in report.quantization.items()})
    mlflow.log_metric("relative_error", report.calibration["agreement"]["relative_error"])
    if report.accuracy is not None:
        mlflow.log_metric("accuracy", report.accuracy)
    with tempfile.TemporaryDirectory() as folder:
        model.public.save(Path(folder) / "public")
        proof.save(Path(folder) / "first.proof")
        mlflow.log_artifacts(folder, "inferproof")


def verify_run(run_id: str, context: bytes) -> inferproof.Verdict:
    """Verify the proof of a run with nothing but what was logged, and that it is of the model that the run is tagged with."""
    run = mlflow.get_run(run_id)
    with tempfile.TemporaryDirectory() as folder:
        logged = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="inferproof", dst_path=folder))
        verifier = inferproof.Verifier(logged / "public")
        if verifier.id != run.data.tags["inferproof.model_id"]:
            raise ValueError("the logged key is of another model than the run's tag says")
        return verifier.verify(inferproof.Proof.open(logged / "first.proof"), context=context)


def main(tracking_uri: str = "sqlite:///mlflow.db") -> inferproof.Verdict:
    with np.load("models/mlp_credit/calibration.npz") as data:
        calibration = data["input"]
    with np.load("models/mlp_credit/test.npz") as data:
        x, y = data["input"], data["label"]

    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment("credit")
    with mlflow.start_run() as run:
        model = inferproof.compile("models/mlp_credit/model.onnx", calibration=calibration, evaluate=(x, y))
        _, proof = inferproof.Prover(model).prove(x[0], context=run.info.run_id)
        log_model(model, proof)
    verdict = verify_run(run.info.run_id, context=run.info.run_id.encode())
    print(verdict)
    return verdict


if __name__ == "__main__":
    main()
