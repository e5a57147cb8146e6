"""Writes one step of a decoder with a cache of fixed length, with random weights, as an ONNX model: python make_decoder.py decoder.onnx

One token goes in and the next comes out. The cache, keys and values of each layer, goes in and comes out with the new entry written at the
position; attention reads it up to there. Feed `next_token` to `token` and every `present.*` to its `past.*`. With `--layers 8 --width 768
--heads 12 --kv-heads 2 --cache 64 --vocabulary 4096` it has 55 million weights. Needs onnx and numpy.
"""

import argparse

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

N = helper.make_node


class Maker:
    """A graph being made, whose nodes and weights have names of their own."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def node(self, op, *inputs, name, **attributes):
        self.nodes.append(N(op, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, name, values, dtype=np.float32):
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def random(self, name, *shape, size=1.0):
        return self.constant(name, self.rng.normal(0, size, shape))


def decoder(layers, width, heads, kv_heads, cache, vocabulary, seed=5, write="product", logits=True):
    """The model. `write` says how the new entry gets into the cache: `product`, old entries times one less a one-hot code, `where`, or `scatter`."""
    head, group = width // heads, heads // kv_heads
    m = Maker(seed)
    node, constant, random = m.node, m.constant, m.random
    shapes = {name: constant(name, shape, np.int64) for name, shape in {
        "queries": [kv_heads, group, head], "entry": [kv_heads, 1, head], "row": [1, width]}.items()}
    if write == "scatter":
        everywhere = node("Expand", "position", shapes["entry"], name="everywhere")
    else:
        code = node("OneHot", "position", constant("depth", [cache], np.int64), constant("zero_one", [0, 1]), name="code")
        written = node("Reshape", code, constant("places", [cache, 1], np.int64), name="written")
    if write == "where":
        is_written = node("Cast", written, name="is_written", to=T.BOOL)
    if write == "product":
        kept = node("Sub", constant("one", 1), written, name="kept")
    later = node("Greater", constant("all_places", np.arange(cache), np.int64), "position", name="later")
    mask = node("Mul", node("Cast", later, name="hidden", to=T.FLOAT), constant("far_below", -1e9), name="mask")

    def normalized(x, name):
        return node("LayerNormalization", x, random(f"{name}.scale", width, size=0.1), random(f"{name}.bias", width, size=0.1), name=name, axis=-1)

    def write_into(past, new, name):
        if write == "where":
            return node("Where", is_written, new, past, name=name)
        if write == "scatter":
            return node("ScatterElements", past, everywhere, new, name=name, axis=1)
        old = node("Mul", past, kept, name=f"{name}.old")
        return node("Add", old, node("Mul", written, new, name=f"{name}.new"), name=name)

    x = node("Add", node("Gather", random("embedding", vocabulary, width), "token", name="embedded"),
             node("Gather", random("positions", cache, width, size=0.7), "position", name="placed"), name="x")
    cached = []
    for layer in range(layers):
        at = f"layer.{layer}"
        h = normalized(x, f"{at}.norm")
        # A scale of about one keeps numbers in the range of a trained network's.
        m.weights[-2] = numpy_helper.from_array(np.float32(1) + numpy_helper.to_array(m.weights[-2]), m.weights[-2].name)
        q = node("MatMul", h, random(f"{at}.q.weight", width, width, size=width**-0.5), name=f"{at}.q")
        q = node("Reshape", q, shapes["queries"], name=f"{at}.queries")
        caches = []
        for what in ("key", "value"):
            new = node("MatMul", h, random(f"{at}.{what}.weight", width, kv_heads * head, size=width**-0.5), name=f"{at}.{what}")
            new = node("Reshape", new, shapes["entry"], name=f"{at}.{what}.entry")
            caches.append(write_into(f"past.{layer}.{what}", new, f"present.{layer}.{what}"))
            cached.append(f"{layer}.{what}")
        keys = node("Transpose", caches[0], name=f"{at}.keys", perm=[0, 2, 1])
        scores = node("MatMul", q, keys, name=f"{at}.products")
        scores = node("Mul", scores, constant(f"{at}.scale", head**-0.5), name=f"{at}.scaled")
        scores = node("Softmax", node("Add", scores, mask, name=f"{at}.scores"), name=f"{at}.attention", axis=-1)
        mixed = node("Reshape", node("MatMul", scores, caches[1], name=f"{at}.mixed"), shapes["row"], name=f"{at}.context")
        x = node("Add", x, node("MatMul", mixed, random(f"{at}.out.weight", width, width, size=width**-0.5), name=f"{at}.out"), name=f"{at}.x")
        h = normalized(x, f"{at}.second")
        m.weights[-2] = numpy_helper.from_array(np.float32(1) + numpy_helper.to_array(m.weights[-2]), m.weights[-2].name)
        h = node("MatMul", h, random(f"{at}.up.weight", width, 4 * width, size=width**-0.5), name=f"{at}.up")
        h = node("MatMul", node("Relu", h, name=f"{at}.relu"), random(f"{at}.down.weight", 4 * width, width, size=(2 * width)**-0.5), name=f"{at}.down")
        x = node("Add", x, h, name=f"{at}.y")
    x = normalized(x, "last")
    m.weights[-2] = numpy_helper.from_array(np.float32(1) + numpy_helper.to_array(m.weights[-2]), m.weights[-2].name)
    node("MatMul", x, random("unembedding", width, vocabulary, size=width**-0.5), name="logits")
    node("ArgMax", "logits", name="next_token", axis=-1, keepdims=0)

    value = helper.make_tensor_value_info
    entries = [kv_heads, cache, head]
    inputs = [value("token", T.INT64, [1]), value("position", T.INT64, [1])] + [value(f"past.{c}", T.FLOAT, entries) for c in cached]
    outputs = [value("next_token", T.INT64, [1])] + [value("logits", T.FLOAT, [1, vocabulary])] * logits
    outputs += [value(f"present.{c}", T.FLOAT, entries) for c in cached]
    graph = helper.make_graph(m.nodes, "decoder", inputs, outputs, initializer=m.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="")


def feeds(layers):
    """Which outputs are the next step's inputs."""
    cached = [f"{layer}.{what}" for layer in range(layers) for what in ("key", "value")]
    return {"next_token": "token", **{f"present.{c}": f"past.{c}" for c in cached}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    for name, default in {"layers": 2, "width": 32, "heads": 4, "kv-heads": 2, "cache": 32, "vocabulary": 64, "seed": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--write", choices=["product", "where", "scatter"], default="product")
    parser.add_argument("--no-logits", action="store_true")
    given = parser.parse_args()
    made = decoder(given.layers, given.width, given.heads, given.kv_heads, given.cache, given.vocabulary, given.seed, given.write, not given.no_logits)
    onnx.checker.check_model(made)
    onnx.save(made, given.out)
