#!/usr/bin/env python3
"""Makes a decoder of a given size with random weights, as LLaMA has them, and inputs for it: what the memory of large models is measured with.

The weights lie in a file beside the model (external data), which is written tensor by tensor, so that the size is bounded by the disk alone.
Needs `numpy` and `onnx`."""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Lengths are multiples of this, so that whoever maps the file finds tensors on pages of their own.
ALIGNMENT = 4096


class Decoder:
    """A graph that grows node by node, and the file that its weights go to."""

    def __init__(self, weights):
        self.nodes, self.initializers, self.names = [], [], set()
        self.file, self.location = open(weights, "wb"), weights.name
        self.rng, self.count = np.random.default_rng(7), 0

    def constant(self, name, value, dtype=np.float32):
        if name not in self.names:
            self.names.add(name)
            self.initializers.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def weight(self, name, *shape, mean=0.0, deviation=0.02):
        """A tensor of normal numbers, in the file; the same for the same model, whatever is written in between."""
        offset = -(-self.file.tell() // ALIGNMENT) * ALIGNMENT
        self.file.seek(offset)
        rows = max(1, (1 << 24) // max(1, int(np.prod(shape[1:]))))
        for first in range(0, shape[0], rows):
            part = (min(rows, shape[0] - first), *shape[1:])
            numbers = self.rng.standard_normal(part, dtype=np.float32)
            numbers *= np.float32(deviation)
            numbers += np.float32(mean)
            self.file.write(numbers.tobytes())
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        length = self.file.tell() - offset
        for key, value in {"location": self.location, "offset": offset, "length": length}.items():
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        self.count += int(np.prod(shape))
        return name

    def op(self, op, inputs, name, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name


def decoder(path, layers, width, heads, inner, vocabulary, tokens):
    """All positions at once, no cache; the logits of the last one. Returns the number of weights."""
    made = Decoder(path.with_suffix(".onnx.data"))
    op, constant, weight = made.op, made.constant, made.weight
    head = width // heads

    def norm(x, name):
        square = op("Mul", [x, x], f"{name}.square")
        mean = op("ReduceMean", [square], f"{name}.mean", axes=[-1], keepdims=1)
        root = op("Sqrt", [op("Add", [mean, constant("epsilon", 1e-5)], f"{name}.epsilon")], f"{name}.root")
        scale = weight(f"{name}.weight", width, mean=1.0)
        return op("Mul", [op("Div", [x, root], f"{name}.normal"), scale], name)

    def dense(x, name, into, out):
        return op("MatMul", [x, weight(f"{name}.weight", into, out, deviation=into**-0.5)], name)

    places = np.arange(tokens)[:, None] / 10000 ** (np.arange(0, head, 2)[None] / head)
    places = np.concatenate([places, places], axis=1)
    cosines, sines = constant("cosines", np.cos(places)), constant("sines", np.sin(places))
    for name, value in {"zero": [0], "middle": [head // 2], "end": [head], "last": [-1]}.items():
        constant(name, value, np.int64)

    def rotated(x, name):
        low = op("Slice", [x, "zero", "middle", "last"], f"{name}.low")
        high = op("Slice", [x, "middle", "end", "last"], f"{name}.high")
        turned = op("Concat", [op("Neg", [high], f"{name}.negated"), low], f"{name}.turned", axis=-1)
        return op("Add", [op("Mul", [x, cosines], f"{name}.cos"), op("Mul", [turned, sines], f"{name}.sin")], f"{name}.rotated")

    split, merged = constant("split", [1, tokens, heads, head], np.int64), constant("merged", [1, tokens, width], np.int64)
    visible = constant("visible", np.tril(np.ones((1, 1, tokens, tokens))), np.bool_)
    x = op("Gather", [weight("embedding.weight", vocabulary, width, deviation=1.0), "input_ids"], "embedding")
    for layer in range(layers):
        name = f"layers.{layer}"
        y = norm(x, f"{name}.input_norm")
        parts = []
        for part in "qkv":
            part = f"{name}.attention.{part}"
            own = op("Reshape", [dense(y, part, width, width), split], f"{part}.split")
            parts.append(op("Transpose", [own], f"{part}.heads", perm=[0, 2, 1, 3]))
        q, k, v = rotated(parts[0], f"{name}.attention.q"), rotated(parts[1], f"{name}.attention.k"), parts[2]
        scores = op("MatMul", [q, op("Transpose", [k], f"{name}.attention.kt", perm=[0, 1, 3, 2])], f"{name}.attention.qk")
        scores = op("Div", [scores, constant("root", head**0.5)], f"{name}.attention.scores")
        masked = op("Where", [visible, scores, constant("hidden", -np.inf)], f"{name}.attention.masked")
        mixed = op("MatMul", [op("Softmax", [masked], f"{name}.attention.softmax", axis=-1), v], f"{name}.attention.mixed")
        back = op("Transpose", [mixed], f"{name}.attention.back", perm=[0, 2, 1, 3])
        y = dense(op("Reshape", [back, merged], f"{name}.attention.merged"), f"{name}.attention.o", width, width)
        x = op("Add", [x, y], f"{name}.residual_1")
        y = norm(x, f"{name}.output_norm")
        gate, up = dense(y, f"{name}.mlp.gate", width, inner), dense(y, f"{name}.mlp.up", width, inner)
        gate = op("Mul", [gate, op("Sigmoid", [gate], f"{name}.mlp.sigmoid")], f"{name}.mlp.silu")
        y = op("Mul", [gate, up], f"{name}.mlp.gated")
        x = op("Add", [x, dense(y, f"{name}.mlp.down", inner, width)], f"{name}.residual_2")
    x = op("Slice", [x, constant("begin", [tokens - 1], np.int64), constant("tokens", [tokens], np.int64), constant("axis", [1], np.int64)], "last_token")
    dense(norm(x, "norm"), "logits", width, vocabulary)
    made.file.close()
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, tokens])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1, vocabulary])]
    graph = helper.make_graph(made.nodes, "decoder", inputs, outputs, made.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return made.count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the file to write; its weights lie beside it, inputs in `<name>.input.json` and `<name>.calibration.json`")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--inner", type=int, help="width inside of the feed-forward parts; 8/3 of the width otherwise")
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--samples", type=int, default=2, help="to calibrate on")
    args = parser.parse_args()
    inner = args.inner or args.width * 8 // 3
    args.model.parent.mkdir(parents=True, exist_ok=True)
    count = decoder(args.model, args.layers, args.width, args.heads, inner, args.vocabulary, args.tokens)
    rng = np.random.default_rng(11)
    samples = [{"input_ids": rng.integers(0, args.vocabulary, (1, args.tokens)).tolist()} for _ in range(args.samples + 1)]
    name = args.model.with_suffix("")
    name.with_suffix(".input.json").write_text(json.dumps(samples[0]))
    name.with_suffix(".calibration.json").write_text(json.dumps(samples[1:]))
    print(f"{count} weights in {args.model}")


if __name__ == "__main__":
    main()
