"""Writes steps of training as ONNX models, which have no weights of their own: what is trained is an input. python make_training.py FOLDER

A party's step takes the weights and its data, and gives the update that it proposes; the server's takes the weights and the updates of three
parties, and gives the next weights. Feed `W_next` to `W`; compile the server's `--as` the party's tensors. Needs onnx and numpy.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

PARTIES = 3


def model(name, nodes, inputs, outputs, constants):
    def value(port):
        return helper.make_tensor_value_info(port, T.FLOAT, {**inputs, **outputs}[port])

    initializers = [numpy_helper.from_array(np.asarray(values, np.float32), constant) for constant, values in constants.items()]
    made = [helper.make_node(op, operands, [out], name=out, **attributes) for out, op, operands, attributes in nodes]
    graph = helper.make_graph(made, name, [value(i) for i in inputs], [value(o) for o in outputs], initializer=initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="")


def logistic_step(samples=16, features=6, rate=0.5):
    """A step of gradient descent of a logistic regression, without a bias."""
    nodes = [
        ("scores", "MatMul", ["X", "W"], {}),
        ("chances", "Sigmoid", ["scores"], {}),
        ("errors", "Sub", ["chances", "Y"], {}),
        ("rows", "Transpose", ["X"], {"perm": [1, 0]}),
        ("gradient", "MatMul", ["rows", "errors"], {}),
        ("update", "Mul", ["gradient", "rate"], {}),
    ]
    inputs = {"W": [features, 1], "X": [samples, features], "Y": [samples, 1]}
    return model("logistic_step", nodes, inputs, {"update": [features, 1]}, {"rate": -rate / samples})


def network_step(samples=16, features=6, hidden=8, rate=0.5):
    """A step of a network with one hidden layer of hyperbolic tangents: the chain rule, written out."""
    nodes = [
        ("sums", "MatMul", ["X", "W1"], {}),
        ("hidden", "Tanh", ["sums"], {}),
        ("scores", "MatMul", ["hidden", "W2"], {}),
        ("chances", "Sigmoid", ["scores"], {}),
        ("errors", "Sub", ["chances", "Y"], {}),
        ("columns", "Transpose", ["hidden"], {"perm": [1, 0]}),
        ("gradient2", "MatMul", ["columns", "errors"], {}),
        ("update2", "Mul", ["gradient2", "rate"], {}),
        ("back", "Transpose", ["W2"], {"perm": [1, 0]}),
        ("blame", "MatMul", ["errors", "back"], {}),
        ("squares", "Mul", ["hidden", "hidden"], {}),
        ("slopes", "Sub", ["one", "squares"], {}),
        ("deltas", "Mul", ["blame", "slopes"], {}),
        ("rows", "Transpose", ["X"], {"perm": [1, 0]}),
        ("gradient1", "MatMul", ["rows", "deltas"], {}),
        ("update1", "Mul", ["gradient1", "rate"], {}),
    ]
    inputs = {"W1": [features, hidden], "W2": [hidden, 1], "X": [samples, features], "Y": [samples, 1]}
    outputs = {"update1": [features, hidden], "update2": [hidden, 1]}
    return model("network_step", nodes, inputs, outputs, {"rate": -rate / samples, "one": 1.0})


def server(shapes):
    """The next weights: the old ones and the mean of the parties' updates, for each tensor of this name and shape."""
    nodes, inputs, outputs = [], {}, {}
    for weights, shape in shapes.items():
        updates = [f"{weights}_update{party}" for party in range(PARTIES)]
        inputs |= {weights: shape} | dict.fromkeys(updates, shape)
        nodes += [(f"{weights}_sum", "Sum", updates, {}), (f"{weights}_mean", "Mul", [f"{weights}_sum", "share"], {})]
        nodes += [(f"{weights}_next", "Add", [weights, f"{weights}_mean"], {})]
        outputs[f"{weights}_next"] = shape
    return model("server", nodes, inputs, outputs, {"share": 1 / PARTIES})


def models(samples=16, features=6, hidden=8):
    """All of them, by name."""
    return {
        "logistic_step": logistic_step(samples, features),
        "logistic_server": server({"W": [features, 1]}),
        "network_step": network_step(samples, features, hidden),
        "network_server": server({"W1": [features, hidden], "W2": [hidden, 1]}),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    for name, default in {"samples": 16, "features": 6, "hidden": 8}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, made in models(given.samples, given.features, given.hidden).items():
        onnx.checker.check_model(made)
        onnx.save(made, given.folder / f"{name}.onnx")
