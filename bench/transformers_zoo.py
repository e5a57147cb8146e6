"""Transformers of the shapes of BERT-base, ViT-base and GPT-2 small with random weights, N(0, 0.02), for `models_zoo.py`. Each is added to a graph of
its own."""

import numpy as np
from onnx import helper


class Transformer:
    """The parts of a transformer, added to a graph."""

    def __init__(self, graph, seed, width, heads, tokens, epsilon):
        self.graph, self.rng = graph, np.random.default_rng(seed)
        self.width, self.heads, self.epsilon = width, heads, epsilon
        self.split = self.constant("split", [1, tokens, heads, width // heads], np.int64)
        self.merged = self.constant("merged", [1, tokens, width], np.int64)

    def constant(self, name, value, dtype=np.float32):
        return self.graph.weight(name, np.array(value, dtype))

    def random(self, name, *shape):
        return self.graph.weight(name, self.rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02))

    def dense(self, x, name, into, out):
        y = self.graph.op("MatMul", [x, self.random(f"{name}.weight", into, out)], f"{name}.matmul")
        return self.graph.op("Add", [y, self.random(f"{name}.bias", out)], name)

    def norm(self, x, name):
        scale = (1 + 0.02 * self.rng.standard_normal(self.width)).astype(np.float32)
        weights = [self.graph.weight(f"{name}.weight", scale), self.random(f"{name}.bias", self.width)]
        return self.graph.op("LayerNormalization", [x, *weights], name, axis=-1, epsilon=self.epsilon)

    def gelu(self, x, name):
        inner = self.graph.op("Erf", [self.graph.op("Div", [x, self.constant("sqrt2", np.sqrt(2))], f"{name}.scaled")], f"{name}.erf")
        one = self.graph.op("Add", [inner, self.constant("one", 1.0)], f"{name}.one")
        return self.graph.op("Mul", [self.graph.op("Mul", [x, one], f"{name}.product"), self.constant("half", 0.5)], name)

    def attention(self, x, name, hidden):
        """`hidden` is added to the scores, if there is one."""
        op, parts = self.graph.op, []
        for part, perm in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            y = op("Reshape", [self.dense(x, f"{name}.{part}", self.width, self.width), self.split], f"{name}.{part}.split")
            parts.append(op("Transpose", [y], f"{name}.{part}.heads", perm=perm))
        query, key, value = parts
        root = self.constant("root", (self.width // self.heads) ** 0.5)
        scores = op("Div", [op("MatMul", [query, key], f"{name}.products"), root], f"{name}.scores")
        if hidden:
            scores = op("Add", [scores, hidden], f"{name}.masked")
        mixed = op("MatMul", [op("Softmax", [scores], f"{name}.softmax", axis=-1), value], f"{name}.mixed")
        back = op("Transpose", [mixed], f"{name}.back", perm=[0, 2, 1, 3])
        return self.dense(op("Reshape", [back, self.merged], f"{name}.merged"), f"{name}.output", self.width, self.width)

    def forward(self, x, name):
        return self.dense(self.gelu(self.dense(x, f"{name}.in", self.width, 4 * self.width), f"{name}.gelu"), f"{name}.out", 4 * self.width, self.width)

    def add(self, x, y, name):
        return self.graph.op("Add", [x, y], name)


def bert(graph, layers=12, width=768, heads=12, vocabulary=30522, positions=512, tokens=128):
    """Post-norm; the first token's hidden state through the pooler. Inputs `input_ids` and `attention_mask`, output `pooled`."""
    parts, op = Transformer(graph, 3, width, heads, tokens, 1e-12), graph.op
    words = op("Gather", [parts.random("words.weight", vocabulary, width), "input_ids"], "words")
    places = op("Gather", [parts.random("positions.weight", positions, width), parts.constant("places", [list(range(tokens))], np.int64)], "positions")
    types = op("Gather", [parts.random("types.weight", 2, width), parts.constant("first_type", [[0] * tokens], np.int64)], "types")
    x = parts.norm(parts.add(parts.add(words, types, "embedding.words"), places, "embedding"), "embedding.norm")
    seen = op("Cast", [op("Unsqueeze", ["attention_mask", parts.constant("axes", [1, 2], np.int64)], "mask.wide")], "mask.float", to=1)
    hidden = op("Mul", [op("Sub", [parts.constant("one", 1.0), seen], "mask.hidden"), parts.constant("minus", -10000.0)], "mask")
    for layer in range(layers):
        name = f"layer.{layer}"
        x = parts.norm(parts.add(x, parts.attention(x, f"{name}.attention", hidden), f"{name}.residual_1"), f"{name}.norm_1")
        x = parts.norm(parts.add(x, parts.forward(x, f"{name}.mlp"), f"{name}.residual_2"), f"{name}.norm_2")
    first = op("Gather", [x, parts.constant("first", 0, np.int64)], "first_token", axis=1)
    op("Tanh", [parts.dense(first, "pooler", width, width)], "pooled")


def vit(graph, layers=12, width=768, heads=12, side=224, patch=16, classes=1000):
    """Pre-norm; a class token and 196 patches. Input `image`, output `logits`."""
    tokens = (side // patch) ** 2 + 1
    parts, op = Transformer(graph, 4, width, heads, tokens, 1e-12), graph.op
    kernel = [parts.random("patches.weight", width, 3, patch, patch), parts.random("patches.bias", width)]
    x = op("Conv", ["image", *kernel], "patches", kernel_shape=[patch] * 2, strides=[patch] * 2)
    x = op("Reshape", [x, parts.constant("flat", [1, width, tokens - 1], np.int64)], "patches.flat")
    x = op("Transpose", [x], "patches.tokens", perm=[0, 2, 1])
    x = op("Concat", [parts.random("class_token", 1, 1, width), x], "tokens", axis=1)
    x = parts.add(x, parts.random("positions", 1, tokens, width), "embedding")
    for layer in range(layers):
        name = f"layer.{layer}"
        x = parts.add(x, parts.attention(parts.norm(x, f"{name}.norm_1"), f"{name}.attention", None), f"{name}.residual_1")
        x = parts.add(x, parts.forward(parts.norm(x, f"{name}.norm_2"), f"{name}.mlp"), f"{name}.residual_2")
    first = op("Gather", [parts.norm(x, "norm"), parts.constant("first", 0, np.int64)], "class", axis=1)
    parts.dense(first, "logits", width, classes)


def gpt2(graph, layers=12, width=768, heads=12, vocabulary=50257, positions=1024, tokens=16):
    """Pre-norm, with a causal mask and a tied head. Input `input_ids`, output `logits`."""
    parts, op = Transformer(graph, 2, width, heads, tokens, 1e-5), graph.op

    def gelu(x, name):
        cube = op("Pow", [x, parts.constant("three", 3.0)], f"{name}.cube")
        inner = op("Add", [x, op("Mul", [cube, parts.constant("c3", 0.044715)], f"{name}.c3")], f"{name}.inner")
        tanh = op("Tanh", [op("Mul", [inner, parts.constant("sqrt2pi", np.sqrt(2 / np.pi))], f"{name}.scaled")], f"{name}.tanh")
        one = op("Add", [tanh, parts.constant("one", 1.0)], f"{name}.one")
        return op("Mul", [op("Mul", [x, parts.constant("half", 0.5)], f"{name}.half"), one], name)

    table = parts.random("wte", vocabulary, width)
    places = op("Gather", [parts.random("wpe", positions, width), parts.constant("places", [list(range(tokens))], np.int64)], "places.wpe")
    x = parts.add(op("Gather", [table, "input_ids"], "tokens.wte"), places, "embedding")
    thirds = parts.constant("thirds", [width] * 3, np.int64)
    visible = parts.constant("visible", np.tril(np.ones((1, 1, tokens, tokens))), np.bool_)
    for layer in range(layers):
        name = f"h.{layer}"
        y = parts.dense(parts.norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn", width, 3 * width)
        thirds_of = [f"{name}.attn.{p}" for p in "qkv"]
        graph.nodes.append(helper.make_node("Split", [y, thirds], thirds_of, name=f"{name}.attn.split", axis=-1))
        q, k, v = (op("Transpose", [op("Reshape", [part, parts.split], f"{part}.split")], f"{part}.heads",
                      perm=[0, 2, 3, 1] if part == thirds_of[1] else [0, 2, 1, 3]) for part in thirds_of)
        scores = op("Div", [op("MatMul", [q, k], f"{name}.attn.qk"), parts.constant("root", (width // heads) ** 0.5)], f"{name}.attn.scores")
        masked = op("Where", [visible, scores, parts.constant("hidden", -np.inf)], f"{name}.attn.masked")
        mixed = op("MatMul", [op("Softmax", [masked], f"{name}.attn.softmax", axis=-1), v], f"{name}.attn.mixed")
        back = op("Transpose", [mixed], f"{name}.attn.back", perm=[0, 2, 1, 3])
        y = parts.dense(op("Reshape", [back, parts.merged], f"{name}.attn.merged"), f"{name}.attn.c_proj", width, width)
        x = parts.add(x, y, f"{name}.residual_1")
        y = gelu(parts.dense(parts.norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc", width, 4 * width), f"{name}.mlp.gelu")
        x = parts.add(x, parts.dense(y, f"{name}.mlp.c_proj", 4 * width, width), f"{name}.residual_2")
    op("MatMul", [parts.norm(x, "ln_f"), op("Transpose", [table], "wte.transposed", perm=[1, 0])], "logits")
