"""Makes data/feeds.npz, data/feeds_first.npz and data/feeds/*.onnx: models whose outputs are the next run's inputs, and what onnxruntime answers step by step, each with
what the step before has made. Needs onnx, onnxruntime and numpy; run it in this folder.

A case's arrays are `CASE.in.NAME` and `CASE.out.NAME`, whose first axis counts the steps of the sequence.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from make_decoder import decoder
from make_decoder import feeds as decoder_feeds
from make_training import PARTIES, models
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent / "data"
MODELS = HERE / "feeds"
N = helper.make_node
rng = np.random.default_rng(20261128)
arrays = {}


def session(case, proto):
    onnx.checker.check_model(proto)
    (MODELS / f"{case}.onnx").write_bytes(proto.SerializeToString())
    return onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])


def chain(case, proto, feeds, steps):
    """Runs the steps' own inputs; what is fed begins with zeros, or with what the first step has of it."""
    run = session(case, proto)
    outputs = [o.name for o in run.get_outputs()]
    types = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
    state = {i.name: np.zeros(i.shape, types[i.type]) for i in run.get_inputs()}
    for step in steps:
        given = {**state, **step}
        answers = dict(zip(outputs, run.run(outputs, given)))
        for direction, values in (("in", given), ("out", answers)):
            for name, value in values.items():
                arrays.setdefault(f"{case}.{direction}.{name}", []).append(np.asarray(value, np.float32))
        state = {feeds[name]: value for name, value in answers.items() if name in feeds}
    return state


def model(name, nodes, inputs, outputs, constants, opset=17):
    def value(port, shape, kind=T.FLOAT):
        return helper.make_tensor_value_info(port, kind, shape)

    graph = helper.make_graph(nodes, name, [value(*i) for i in inputs], [value(*o) for o in outputs],
                              initializer=[numpy_helper.from_array(v, k) for k, v in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, producer_name="")


def reals(*shape, size=1.0):
    return rng.normal(0, size, shape).astype(np.float32)


def recurrent():
    """An LSTM whose hidden state and cell are one tensor, as voice detectors have it."""
    width, hidden = 5, 8
    nodes = [
        N("Split", ["state", "halves"], ["h", "c"], axis=0),
        N("LSTM", ["x", "W", "R", "B", "", "h", "c"], ["all", "h_next", "c_next"], hidden_size=hidden),
        N("Concat", ["h_next", "c_next"], ["state_next"], axis=0),
        N("Squeeze", ["h_next", "first"], ["row"]),
        N("MatMul", ["row", "V"], ["score"]),
        N("Sigmoid", ["score"], ["chance"]),
    ]
    constants = {"halves": np.array([1, 1], np.int64), "first": np.array([0], np.int64), "W": reals(1, 4 * hidden, width, size=0.6),
                 "R": reals(1, 4 * hidden, hidden, size=0.5), "B": reals(1, 8 * hidden, size=0.3), "V": reals(hidden, 1, size=2.0)}
    proto = model("recurrent", nodes, [("x", [1, 1, width]), ("state", [2, 1, hidden])], [("chance", [1, 1]), ("state_next", [2, 1, hidden])], constants)
    steps = [{"x": np.sin(np.arange(width) + 0.4 * t).reshape(1, 1, -1).astype(np.float32) + reals(1, 1, width, size=0.5)} for t in range(100)]
    chain("recurrent", proto, {"state_next": "state"}, steps)


def shifted():
    """A window of the last entries: the oldest leaves, the newest comes in, and a sum of all goes out."""
    nodes = [
        N("Slice", ["window", "one", "end", "axis"], ["kept"]),
        N("MatMul", ["x", "W"], ["entry"]),
        N("Concat", ["kept", "entry"], ["window_next"], axis=0),
        N("MatMul", ["window_next", "V"], ["scores"]),
        N("ReduceMean", ["scores"], ["y"], axes=[0], keepdims=1),
    ]
    constants = {"one": np.array([1], np.int64), "end": np.array([6], np.int64), "axis": np.array([0], np.int64), "W": reals(3, 4), "V": reals(4, 2)}
    proto = model("shifted", nodes, [("x", [1, 3]), ("window", [6, 4])], [("y", [1, 2]), ("window_next", [6, 4])], constants)
    chain("shifted", proto, {"window_next": "window"}, [{"x": reals(1, 3)} for _ in range(48)])


def replaced():
    """Two caches in one tensor; ScatterElements writes a place that never moves, the rest stays."""
    nodes = [
        N("MatMul", ["x", "W"], ["entry"]),
        N("Reshape", ["entry", "shape"], ["update"]),
        N("ScatterElements", ["cache", "places", "update"], ["cache_next"], axis=1),
        N("ReduceSum", ["cache_next"], ["sums"], keepdims=0),
        N("Tanh", ["sums"], ["y"]),
    ]
    constants = {"shape": np.array([2, 1, 3], np.int64), "places": np.full((2, 1, 3), 2, np.int64), "W": reals(3, 6)}
    proto = model("replaced", nodes, [("x", [1, 3]), ("cache", [2, 4, 3])], [("y", []), ("cache_next", [2, 4, 3])], constants)
    chain("replaced", proto, {"cache_next": "cache"}, [{"x": reals(1, 3), **({"cache": reals(2, 4, 3, size=0.2)} if t == 0 else {})} for t in range(40)])


def positioned():
    """A cache with an entry written at a position that is an input."""
    ops = {
        "scatter_elements": [N("Expand", ["position", "entries"], ["places"]), N("ScatterElements", ["cache", "places", "entry"], ["cache_next"], axis=0)],
        "scatter_nd": [N("Reshape", ["position", "tuple"], ["places"]), N("ScatterND", ["cache", "places", "entry"], ["cache_next"])],
        "tensor_scatter": [N("TensorScatter", ["cache", "entry", "position"], ["cache_next"])],
    }
    for case, nodes in ops.items():
        batch = [1] * (case == "tensor_scatter")
        nodes = [N("MatMul", ["x", "W"], ["entry"]), *nodes, N("MatMul", ["cache_next", "V"], ["y"])]
        constants = {"entries": np.array([1, 4], np.int64), "tuple": np.array([1, 1], np.int64), "W": reals(3, 4), "V": reals(4, 2)}
        inputs = [("x", [*batch, 1, 3]), ("position", [1], T.INT64), ("cache", [*batch, 6, 4])]
        used = {name: value for name, value in constants.items() if any(name in n.input for n in nodes)}
        proto = model(case, nodes, inputs, [("y", [*batch, 6, 2]), ("cache_next", [*batch, 6, 4])], used, opset=24 if batch else 17)
        steps = [{"x": reals(*batch, 1, 3), "position": np.array([5 * t % 6])} for t in range(40)]
        chain(case, proto, {"cache_next": "cache"}, steps)


def kinds():
    """A counter, and a real number of the same shape."""
    nodes = [N("Add", ["count", "one"], ["count_next"]), N("Cast", ["count_next"], ["number"], to=T.FLOAT), N("Mul", ["number", "x"], ["real"])]
    proto = model("kinds", nodes, [("count", [1], T.INT64), ("x", [1])], [("count_next", [1], T.INT64), ("real", [1])], {"one": np.array([1], np.int64)})
    chain("kinds", proto, {"count_next": "count"}, [{"x": reals(1)} for _ in range(20)])


def generated():
    """A text of 32 tokens, each made of the one before."""
    for write in ("product", "where", "scatter"):
        proto = decoder(2, 32, 4, 2, 32, 64, write=write)
        steps = [{"position": np.array([t]), **({"token": np.array([1])} if t == 0 else {})} for t in range(32)]
        chain(f"decoder_{write}", proto, decoder_feeds(2), steps)


def trained():
    """Twelve rounds of three parties, whose data are of one kind."""
    made = models()
    runs = {case: session(case, proto) for case, proto in made.items()}
    truth = reals(6, 1, size=1.5)
    data = []
    for _ in range(PARTIES):
        x = reals(16, 6)
        data.append((x, (x @ truth + 0.3 * reals(16, 1) > 0).astype(np.float32)))
    for kind, weights in (("logistic", {"W": reals(6, 1, size=0.1)}), ("network", {"W1": reals(6, 8, size=0.4), "W2": reals(8, 1, size=0.4)})):
        for _ in range(12):
            given = dict(weights)
            for party, (x, y) in enumerate(data):
                inputs = {**weights, "X": x, "Y": y}
                step = runs[f"{kind}_step"]
                names = [o.name for o in step.get_outputs()]
                updates = dict(zip(names, step.run(names, inputs)))
                for direction, values in (("in", inputs), ("out", updates)):
                    for name, value in values.items():
                        arrays.setdefault(f"{kind}_step.{direction}.{name}", []).append(value)
                given |= {f"{name.replace('update', 'W')}_update{party}": value for name, value in updates.items()}
            server = runs[f"{kind}_server"]
            names = [o.name for o in server.get_outputs()]
            answers = dict(zip(names, server.run(names, given)))
            for direction, values in (("in", given), ("out", answers)):
                for name, value in values.items():
                    arrays.setdefault(f"{kind}_server.{direction}.{name}", []).append(value)
            weights = {name.removesuffix("_next"): value for name, value in answers.items()}


if __name__ == "__main__":
    MODELS.mkdir(parents=True, exist_ok=True)
    for make in (recurrent, shifted, replaced, positioned, kinds, generated, trained):
        make()
    # As a user gives them: the steps' own inputs, and what the first begins with.
    np.savez_compressed(HERE / "feeds_first.npz", x=np.stack(arrays["recurrent.in.x"]), state=np.full((1, 2, 1, 8), 0.25, np.float32))
    np.savez_compressed(HERE / "feeds.npz", **{name: np.stack(values) for name, values in arrays.items()})
