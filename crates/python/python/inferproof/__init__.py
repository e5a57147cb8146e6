"""Machine-learning models that ship proofs, not just predictions.

Commit to a model, run it on an input, and prove that *this committed model produced that output*, without showing the weights::

    import inferproof

    model = inferproof.compile("model.onnx", calibration=x, evaluate=(x_test, y_test))
    model.save("credit.model")

    result, proof = inferproof.Prover("credit.model").prove(x[0], context=b"request 17")
    verdict = inferproof.Verifier("credit.model").verify(proof, context=b"request 17")
"""

from ._native import __version__
from . import claims
from .accuracy import Accuracy, AccuracyVerdict
from .arrays import Tensors
from .card import model_card
from .chains import ANY, ChainVerdict
from .claims import Claim
from .compiling import check, compile
from .errors import (
    AccuracyWarning,
    FalseClaimError,
    InferproofError,
    InputError,
    InternalError,
    ModelFileError,
    RejectedProofError,
    SaturationWarning,
    StrictError,
    UnsupportedModelError,
)
from .models import Model, Public
from .openings import Opening
from .progress import Progress
from .proofs import Proof, Verdict
from .proving import Prover
from .report import Check, Node, Report
from .saturation import Saturated
from .statements import Statement
from .verifying import Verifier

__all__ = [
    "ANY",
    "Accuracy",
    "AccuracyVerdict",
    "AccuracyWarning",
    "ChainVerdict",
    "Check",
    "Claim",
    "FalseClaimError",
    "InferproofError",
    "InputError",
    "InternalError",
    "Model",
    "ModelFileError",
    "Node",
    "Opening",
    "Progress",
    "Proof",
    "Prover",
    "Public",
    "RejectedProofError",
    "Report",
    "Saturated",
    "SaturationWarning",
    "Statement",
    "StrictError",
    "Tensors",
    "UnsupportedModelError",
    "Verdict",
    "Verifier",
    "__version__",
    "check",
    "claims",
    "compile",
    "model_card",
]
