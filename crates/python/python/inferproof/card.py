"""A model card in the form of Hugging Face's: Markdown, with metadata that its hub reads in front."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .models import Model, Public
from .report import Report, agreement, size

__all__ = ["model_card"]


def model_card(
    model: Model | Public,
    *,
    name: str,
    description: str = "",
    license: str | None = None,
    tags: Sequence[str] = (),
    dataset: str | None = None,
    task: str | None = None,
) -> str:
    """A model card: what the model is, how to verify its proofs, how well the proven integers follow the float model.

    Write it as ``README.md`` beside the files of ``public``. It holds nothing that is secret.

    :param name: what the model is called.
    :param description: what it does and is meant for, as Markdown.
    :param license: an identifier of the hub's, such as ``"apache-2.0"``.
    :param tags: further tags.
    :param dataset: what it was evaluated on; with it and ``task`` the accuracy is listed in the metadata too.
    :param task: a task of the hub's, such as ``"tabular-classification"``.
    """
    public = model.public if isinstance(model, Model) else model
    report = Report(public.card or {})
    metadata: dict[str, Any] = {
        "library_name": "inferproof",
        "tags": ["zero-knowledge-proofs", "onnx", *tags],
        "inferproof_model_id": public.id,
    }
    if license is not None:
        metadata["license"] = license
    if task is not None:
        metadata["pipeline_tag"] = task
    if task is not None and dataset is not None and report.accuracy is not None:
        metadata["model-index"] = [
            {
                "name": name,
                "results": [
                    {
                        "task": {"type": task},
                        "dataset": {"name": dataset, "type": dataset},
                        "metrics": [{"type": "accuracy", "value": round(report.accuracy, 4)}],
                    }
                ],
            }
        ]
    parts = [
        # JSON is YAML, and quotes what a name may have in it.
        "---\n" + "".join(f"{key}: {json.dumps(value)}\n" for key, value in metadata.items()) + "---",
        f"# {name}",
        description.strip(),
        _verifying(public),
        _accuracy(report),
        _tensors(public),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verifying(public: Public) -> str:
    return f"""## Proofs

Answers of this model come with a zero-knowledge proof that *this* model gave them. The model is committed to as

    {public.id}

Its weights are {public.weights}; what a proof shows of inputs and outputs is in its statement. With the folder `public` of this repository:

```python
import inferproof

verifier = inferproof.Verifier("public")
assert verifier.id == "{public.id}"
verdict = verifier.verify(proof, context=b"the request's nonce")
```"""


def _accuracy(report: Report) -> str:
    if not report.card:
        return ""
    bits, sizes, calibration = report.quantization, report.sizes, report.calibration
    rows = [
        ("weights", f"{sizes['weights']:,} of {bits['weight_bits']} bits"),
        ("activations", f"{sizes['activations']:,} of {bits['activation_bits']} bits"),
        (f"calibration, {calibration['samples']} samples", agreement(calibration["agreement"])),
    ]
    if report.evaluation:
        rows.append((f"evaluation, {report.evaluation['samples']} samples", agreement(report.evaluation["agreement"])))
    if report.accuracy is not None:
        rows.append(("accuracy, as proven", f"{report.accuracy:.2%}"))
        rows.append(("accuracy, float model", f"{report.float_accuracy:.2%}"))
    rows.extend(("warning", warning) for warning in report.warnings)
    rows.append(("proof", size(sizes["argument_bytes"])))
    rows.append(("verifying key", size(sizes["key_bytes"])))
    return "## Accuracy and size\n\nWhat is proven is an integer program; this is how it follows the float model.\n\n" + _markdown(
        ("", ""), rows
    )


def _tensors(public: Public) -> str:
    rows = [
        (what, name, " x ".join(map(str, shape)) or "scalar")
        for what, ports in (("input", public.inputs), ("output", public.outputs))
        for name, shape in ports.items()
    ]
    return "## Inputs and outputs\n\n" + _markdown(("", "name", "shape"), rows)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines: list[Sequence[str]] = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
