"""Attention and rotary embeddings, with masks of each kind, caches, and heads that share keys."""

import numpy as np


def attention(case):
    n, heads, shared = case.int(1, 2), case.pick(1, 2, 4), 1
    keys = heads
    if heads > 1 and case.chance(0.3):
        keys = case.pick(*[h for h in (1, 2) if heads % h == 0])
    q, k, size, width = case.int(1, 4), case.int(1, 4), case.int(1, 3), case.int(1, 3)
    past = case.int(1, 3) if case.chance(0.25) else 0
    flat = case.chance(0.4)
    attributes = {}
    if flat:
        attributes |= {"q_num_heads": heads, "kv_num_heads": keys}
        shapes = (n, q, heads * size), (n, k, keys * size), (n, k, keys * width)
    else:
        shapes = (n, heads, q, size), (n, keys, k, size), (n, keys, k, width)
    inputs = [case.input(shape, -1.5, 1.5) for shape in shapes]
    total = past + k
    mask = None
    if case.chance(0.5):
        shape = case.pick((q, total), (1, 1, q, total), (n, 1, q, total), (n, heads, q, total), (n, 1, 1, total))
        if len(shape) < 4 and case.chance(0.3):
            shape = (1, *shape)
        if case.chance(0.5):
            allowed = case.rng.random(shape) < 0.7
            allowed[..., 0] = True
            mask = case.constant(allowed)
        elif case.chance(0.5):
            added = np.where(case.rng.random(shape) < 0.3, case.pick(-np.inf, -1e9, np.finfo(np.float32).min), 0).astype(np.float32)
            added[..., 0] = 0
            mask = case.constant(added)
        else:
            mask = case.input(shape, -1, 1)
    more = [mask, None, None]
    padded = case.opset >= 24 and not past and case.chance(0.3)
    if padded:
        lengths = case.whole((4, n), 1, k)
        more.append(case.input((n,), dtype=np.int64, values=lengths))
    if past:
        more[1:3] = [case.input((n, keys, past, size), -1.5, 1.5), case.input((n, keys, past, width), -1.5, 1.5)]
    attributes |= case.some(is_causal=0 if padded else case.int(0, 1), scale=round(float(case.rng.uniform(0.2, 1.2)), 2), softcap=case.pick(0.0, 1.5), given=0.4)
    names = [case.name()]
    if past:
        names += [case.name(), case.name()]
    elif case.chance(0.1):
        names += ["", "", case.name()]
        attributes |= case.some(qk_matmul_output_mode=case.int(0, 3))
    case.node("Attention", [*inputs, *more], names, **attributes)
    [case.output(name) for name in names if name]


def rotary(case):
    n, length, heads, size = case.int(1, 2), case.int(1, 4), case.int(1, 2), 2 * case.int(1, 3)
    flat = case.chance(0.5)
    rotated = 2 * case.int(1, size // 2) if case.chance(0.3) else size
    shape = (n, length, heads * size) if flat else (n, heads, length, size)
    attributes = case.some(interleaved=case.int(0, 1))
    if flat:
        attributes["num_heads"] = heads
    if rotated != size:
        attributes["rotary_embedding_dim"] = rotated
    x = case.input(shape)
    if case.chance(0.6):
        cos, sin = (case.constant(case.reals((8, rotated // 2), -1, 1)) for _ in range(2))
        ids = case.constant(case.whole((n, length), 0, 7))
        case.output(case.this([x, cos, sin, ids], **attributes))
    else:
        cos, sin = (case.constant(case.reals((n, length, rotated // 2), -1, 1)) for _ in range(2))
        case.output(case.this([x, cos, sin], **attributes))


OPERATIONS = {"Attention": (attention, 8), "RotaryEmbedding": (rotary, 2)}
