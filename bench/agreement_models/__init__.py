"""Random small models, by families of operations. A family is a module with `OPERATIONS`: for each operation, the function that makes a case of
it, alone or with how often it is made compared with others."""

from functools import lru_cache
from importlib import import_module

import numpy as np

from .case import ML, Case

FAMILIES = ("elementwise", "reduce", "shape", "indexing", "pooling", "convolution", "recurrent", "normalization", "attention", "control_flow",
            "quantized", "microsoft", "classical", "signal", "chains")


@lru_cache(maxsize=None)
def catalogue(family=None, op=None):
    """What a round of cases is made of: (family, domain, operation, maker), each as often as its weight."""
    entries = []
    for name in [family] if family else FAMILIES:
        module = import_module(f"{__name__}.{name}")
        for key, maker in module.OPERATIONS.items():
            maker, weight = maker if isinstance(maker, tuple) else (maker, 1)
            if op and key != op:
                continue
            entries += [(name, getattr(module, "DOMAINS", {}).get(key, getattr(module, "DOMAIN", "")), key, maker)] * weight
    return entries


def make(seed, number, family=None, op=None):
    """Case `number` of a seed. Each round goes through the catalogue in an order of its own, so that every operation comes as often as its
    weight says, however many cases there are."""
    entries = catalogue(family, op)
    turn, position = divmod(number, len(entries))
    order = np.random.default_rng([seed, turn, 1]).permutation(len(entries))
    family, domain, op, maker = entries[order[position]]
    rng = np.random.default_rng([seed, number])
    opset = getattr(maker, "opset", None)
    case = Case(rng, op, domain, opset.get(op) if isinstance(opset, dict) else opset)
    maker(case)
    case.family, case.label = family, f"{domain}.{op}" if domain not in ("", ML) else op
    return case


def covered():
    """The operations that a family is about, as `domain.name` or `name`."""
    names = {op if domain in ("", ML) else f"{domain}.{op}" for family, domain, op, _ in catalogue() if family != "chains"}
    for family in FAMILIES:
        names |= set(getattr(import_module(f"{__name__}.{family}"), "ALSO", ()))
    return names
