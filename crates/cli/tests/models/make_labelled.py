"""Writes labelled.onnx, a classifier of three classes with names, and onnxruntime's answers: python make_labelled.py (needs onnx, onnxruntime)."""

import json

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

CLASSES = ["setosa", "versicolor", "virginica"]
node = helper.make_node(
    "LinearClassifier",
    ["x"],
    ["label", "probabilities"],
    domain="ai.onnx.ml",
    classlabels_strings=CLASSES,
    coefficients=[1.5, -0.5, 0.25, -0.75, 1.25, 0.5, 0.25, 0.5, -1.75],
    intercepts=[0.25, -0.125, 0.5],
    post_transform="SOFTMAX",
)
inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])]
outputs = [
    helper.make_tensor_value_info("label", TensorProto.STRING, [1]),
    helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, 3]),
]
opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
graph = helper.make_graph([node], "labelled", inputs, outputs)
model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="")
onnx.save(model, "labelled.onnx")

x = np.random.default_rng(0).uniform(-2, 2, (32, 3)).round(3).astype(np.float32)
session = onnxruntime.InferenceSession("labelled.onnx")
answers = [session.run(None, {"x": row[None]}) for row in x]
with open("labelled.json", "w") as file:
    json.dump(
        {
            "input_data": [[float(str(v)) for v in row] for row in x],
            "labels": [str(label[0]) for label, _ in answers],
            "probabilities": [[round(float(p), 6) for p in rows[0]] for _, rows in answers],
        },
        file,
    )
