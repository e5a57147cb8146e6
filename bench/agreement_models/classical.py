"""Classical models, `ai.onnx.ml`: linear models, trees, support vectors, encoders, scalers, imputers."""

import numpy as np
from onnx import numpy_helper

from .case import ML

DOMAIN = ML
POSTS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO")


def rounded(values):
    return [round(float(v), 4) for v in np.ravel(values)]


def features(case, width, rows=None, grid=None, dtype=np.float32):
    return case.input((rows or case.int(1, 3), width), -2, 2, dtype, grid)


def linear(case):
    width, targets = case.int(1, 4), case.int(1, 3)
    x = features(case, width)
    if case.op == "LinearRegressor":
        attributes = {"coefficients": rounded(case.reals(targets * width)), "targets": targets}
        if case.chance(0.7):
            attributes["intercepts"] = rounded(case.reals(targets))
        case.output(case.this([x], domain=ML, **attributes, **case.some(domain=ML, post_transform="NONE")))
        return
    classes = case.int(2, 4)
    rows = 1 if classes == 2 and case.chance(0.3) else classes
    attributes = {"coefficients": rounded(case.reals(rows * width)), "intercepts": rounded(case.reals(rows)),
                  "classlabels_ints": [int(v) for v in case.rng.permutation(9)[:classes]]}
    if rows == 1:
        attributes["classlabels_ints"] = [0, 1]
    labels, scores = case.this([x], 2, domain=ML, **attributes, **case.some(domain=ML, post_transform=case.pick(*POSTS), multi_class=case.int(0, 1)))
    case.output(labels), case.output(scores)


MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")


def grow(case, width, trees, mode=None):
    """Random trees: arrays of nodes as the operations take them, and the leaves of each tree."""
    nodes = {k: [] for k in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
    leaves = []
    for tree in range(trees):
        tree_mode = mode or case.pick(*MODES[:4])
        count = [0]

        def add(level):
            index = count[0]
            count[0] += 1
            leaf = level == 3 or (level > 0 and case.chance(0.3))
            row = {"treeids": tree, "nodeids": index, "featureids": case.int(0, width - 1), "modes": "LEAF" if leaf else tree_mode,
                   "values": 0.0 if leaf else float(np.round(case.rng.uniform(-1.5, 1.5) * 4) / 4), "truenodeids": 0, "falsenodeids": 0,
                   "missing_value_tracks_true": case.int(0, 1)}
            position = len(nodes["nodeids"])
            [nodes[k].append(v) for k, v in row.items()]
            if leaf:
                leaves.append((tree, index))
            else:
                nodes["truenodeids"][position] = add(level + 1)
                nodes["falsenodeids"][position] = add(level + 1)
            return index

        add(0)
    return {f"nodes_{k}": v for k, v in nodes.items()}, leaves


def trees(case):
    width, count = case.int(1, 3), case.int(1, 3)
    x = features(case, width, grid=4)
    nodes, leaves = grow(case, width, count)
    if case.chance(0.4):
        del nodes["nodes_missing_value_tracks_true"]
    if case.op == "TreeEnsembleRegressor":
        targets = case.int(1, 2)
        kind = "target"
        picks = [(t, n, case.int(0, targets - 1)) for t, n in leaves]
        more = {"n_targets": targets, **case.some(domain=ML, aggregate_function=case.pick("SUM", "AVERAGE", "MIN", "MAX"), post_transform="NONE")}
        base = targets
    else:
        classes = case.int(2, 3)
        binary = classes == 2 and case.chance(0.6)
        kind = "class"
        picks = [(t, n, 1 if binary and case.chance(0.9) else case.int(0, classes - 1)) for t, n in leaves]
        if binary:
            picks = [(t, n, 0) for t, n, _ in picks]
        more = {"classlabels_int64s": list(range(classes)), **case.some(domain=ML, post_transform=case.pick(*POSTS))}
        base = 1 if binary else classes
    attributes = {f"{kind}_treeids": [p[0] for p in picks], f"{kind}_nodeids": [p[1] for p in picks], f"{kind}_ids": [p[2] for p in picks],
                  f"{kind}_weights": rounded(case.reals(len(picks), -1, 1) if case.chance(0.7) else case.reals(len(picks), 0, 1))}
    if case.chance(0.4):
        more["base_values"] = rounded(case.reals(base, -0.5, 0.5))
    results = case.this([x], 2 if kind == "class" else 1, domain=ML, **nodes, **attributes, **more)
    [case.output(r) for r in (results if kind == "class" else [results])]


def unified(case):
    """TreeEnsemble: the one operation for all trees since version 5."""
    case.ml = 5
    width, count, targets = case.int(1, 3), case.int(1, 3), case.int(1, 2)
    x = features(case, width, grid=4)
    roots, rows, leaves = [], [], []

    def add(level):
        """A node or a leaf: its number, and whether it is a leaf. A branch comes before what is below it."""
        if level == 3 or (level > 0 and case.chance(0.3)):
            leaves.append((case.int(0, targets - 1), float(np.round(case.rng.uniform(-1, 1), 3))))
            return len(leaves) - 1, 1
        place = len(rows)
        rows.append([case.int(0, width - 1), case.int(0, 3), float(np.round(case.rng.uniform(-1.5, 1.5) * 4) / 4), 0, 0, 0, 0])
        rows[place][3:5] = add(level + 1)
        rows[place][5:7] = add(level + 1)
        return place, 0

    for _ in range(count):
        roots.append(add(0)[0])
    names = ("nodes_featureids", "nodes_modes", "nodes_splits", "nodes_truenodeids", "nodes_trueleafs", "nodes_falsenodeids", "nodes_falseleafs")
    columns = dict(zip(names, map(list, zip(*rows))))
    tensors = {"nodes_modes": np.array(columns.pop("nodes_modes"), np.uint8), "nodes_splits": np.array(columns.pop("nodes_splits"), np.float32),
               "leaf_weights": np.array([w for _, w in leaves], np.float32)}
    attributes = {k: numpy_helper.from_array(v, k) for k, v in tensors.items()}
    case.output(case.this([x], domain=ML, **columns, **attributes, tree_roots=roots, n_targets=targets, leaf_targetids=[t for t, _ in leaves],
                          **case.some(domain=ML, aggregate_function=case.int(0, 3), post_transform=0)))


def zip_map(case):
    """ZipMap behind a classifier: a list of maps, of which the values are compared."""
    x = features(case, 3, rows=2)
    labels, scores = case.node("LinearClassifier", [x], 2, domain=ML, coefficients=rounded(case.reals(9)), intercepts=rounded(case.reals(3)),
                               classlabels_ints=[0, 1, 2], post_transform=case.pick("NONE", "SOFTMAX"))
    case.plain = True
    case.output(labels), case.output(case.this([scores], domain=ML, classlabels_int64s=[0, 1, 2]))


def svm(case):
    width, vectors = case.int(1, 3), case.int(2, 4)
    x = features(case, width)
    kernel = case.pick("LINEAR", "POLY", "RBF", "SIGMOID")
    support = rounded(case.reals(vectors * width, -1, 1))
    params = [0.4, 0.3, 2.0]
    if case.op == "SVMRegressor":
        attributes = {"kernel_type": kernel, "kernel_params": params, "support_vectors": support, "n_supports": vectors,
                      "coefficients": rounded(case.reals(vectors)), "rho": [0.3]}
        case.output(case.this([x], domain=ML, **attributes, **case.some(domain=ML, one_class=case.int(0, 1), given=0.2)))
        return
    classes = case.int(2, 3)
    per = [case.int(1, 2) for _ in range(classes)]
    vectors = sum(per)
    pairs = classes * (classes - 1) // 2
    attributes = {"kernel_type": kernel, "kernel_params": params, "support_vectors": rounded(case.reals(vectors * width, -1, 1)),
                  "vectors_per_class": per, "coefficients": rounded(case.reals(vectors * (classes - 1))), "rho": rounded(case.reals(pairs, -0.5, 0.5)),
                  "classlabels_ints": list(range(classes))}
    if case.chance(0.4):
        # onnxruntime finds the probabilities by steps that end early.
        case.tolerance = 1e-2
        attributes |= {"prob_a": rounded(case.reals(pairs, -2, -0.5)), "prob_b": rounded(case.reals(pairs, -0.3, 0.3))}
    labels, scores = case.this([x], 2, domain=ML, **attributes, **case.some(domain=ML, post_transform=case.pick("NONE", "LOGISTIC"), given=0.3))
    case.output(labels), case.output(scores)


def prepare(case):
    width = case.int(1, 4)
    if case.op == "Scaler":
        x = features(case, width, dtype=case.pick(np.float32, np.float32, np.float64, np.int64))
        single = case.chance(0.2)
        case.output(case.this([x], domain=ML, offset=rounded(case.reals(1 if single else width)), scale=rounded(case.reals(1 if single else width, 0.2, 2))))
    elif case.op == "Normalizer":
        case.output(case.this([features(case, max(width, 2))], domain=ML, norm=case.pick("MAX", "L1", "L2")))
    elif case.op == "Binarizer":
        case.output(case.this([features(case, width, grid=4)], domain=ML, **case.some(domain=ML, threshold=0.25)))
    elif case.op == "Imputer":
        x = features(case, width, grid=1)
        one = case.chance(0.3)
        case.output(case.this([x], domain=ML, imputed_value_floats=rounded(case.reals(1 if one else width)), replaced_value_float=1.0))
    elif case.op == "ArrayFeatureExtractor":
        chosen = case.whole((case.int(1, 3),), 0, width - 1)
        case.output(case.this([features(case, width), case.constant(chosen)], domain=ML))
    else:
        widths = [case.int(1, 3) for _ in range(case.int(1, 3))]
        rows = case.int(1, 2)
        case.output(case.this([case.input((rows, w)) for w in widths], domain=ML, inputdimensions=widths))


def encode(case):
    shape = (case.int(1, 3), case.int(1, 2)) if case.op == "LabelEncoder" or case.chance(0.5) else (case.int(1, 3),)
    if case.op == "LabelEncoder":
        case.ml = case.pick(2, 3, 4)
        keys = [int(v) for v in case.rng.permutation(6)[:4]]
        x = case.input(shape, 0, 6, np.int64)
        if case.chance(0.5):
            case.output(case.this([x], domain=ML, keys_int64s=keys, values_int64s=[int(v) for v in case.whole(4, -5, 9)],
                                  **case.some(domain=ML, default_int64=-1)))
        else:
            case.output(case.this([x], domain=ML, keys_int64s=keys, values_floats=rounded(case.reals(4)), **case.some(domain=ML, default_float=0.5)))
    else:
        x = case.input(shape, 0, 4, np.int64)
        case.output(case.this([x], domain=ML, cats_int64s=[int(v) for v in case.rng.permutation(5)[:3]], **case.some(domain=ML, zeros=1)))


def joined(case):
    """Columns that are prepared apart, joined, and go through a linear model and what follows it."""
    scaled = case.node("Scaler", [features(case, 2, rows=2)], domain=ML, offset=[0.5, -1.0], scale=[2.0, 0.5])
    codes = case.node("OneHotEncoder", [case.input((2, 1), 0, 3, np.int64)], domain=ML, cats_int64s=[0, 1, 2, 3], zeros=1)
    codes = case.reshape(codes, (2, 4))
    columns = case.node("Concat", [scaled, codes], axis=1)
    if case.chance(0.5):
        case.output(case.node("LinearRegressor", [columns], domain=ML, coefficients=rounded(case.reals(6)), intercepts=[0.2], targets=1))
    else:
        labels, scores = case.node("LinearClassifier", [columns], 2, domain=ML, coefficients=rounded(case.reals(18)), intercepts=[0.1, -0.2, 0.3],
                                   classlabels_ints=[3, 1, 7], post_transform="SOFTMAX")
        case.output(labels), case.output(case.node("Normalizer", [scores], domain=ML, norm="L1"))


DOMAINS = {"Pipeline": ""}
OPERATIONS = {"LinearRegressor": linear, "LinearClassifier": (linear, 2), "TreeEnsembleRegressor": (trees, 3), "TreeEnsembleClassifier": (trees, 3),
              "SVMRegressor": svm, "SVMClassifier": (svm, 2), **{op: prepare for op in ("Scaler", "Normalizer", "Binarizer", "Imputer",
              "ArrayFeatureExtractor", "FeatureVectorizer")}, "TreeEnsemble": (unified, 2), "ZipMap": zip_map, "LabelEncoder": encode, "OneHotEncoder": encode, "Pipeline": joined}
# On strings and maps, which this program's sample files do not hold: tested with their importer.
ALSO = ("CastMap", "CategoryMapper", "DictVectorizer")
