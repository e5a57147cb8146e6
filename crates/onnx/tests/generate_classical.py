"""Makes the models of `tests/classical.rs` and onnxruntime's answers. Needs onnx, onnxruntime, numpy, scikit-learn, skl2onnx; the data are checked in.

Every case is one operation of `ai.onnx.ml` (or a small chain) with attributes that converters seldom write. Inputs and answers are kept as JSON: strings
and missing values (null) are among them."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.preprocessing import PowerTransformer

FOLDER = Path(__file__).parent / "data" / "classical"
rng = np.random.default_rng(7)
ML = "ai.onnx.ml"


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, domain=ML, **attributes)


def case(name, nodes, inputs, outputs, feeds, version=3, initializers=()):
    """`inputs` and `outputs`: name, type, shape. `feeds`: one dictionary a sample."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(*port) for port in inputs],
        [helper.make_tensor_value_info(*port) for port in outputs],
        list(initializers),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19), helper.make_opsetid(ML, version)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    samples = []
    for feed in feeds:
        answers = dict(zip([o[0] for o in outputs], session.run(None, feed)))
        samples.append({"inputs": entries(feed), "outputs": entries(answers)})
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())
    (FOLDER / f"{name}.json").write_text(json.dumps(samples))


def entries(arrays):
    def plain(value):
        if isinstance(value, str):
            return value
        return None if np.isnan(value) else float(value)

    return {name: [plain(v) for v in np.asarray(array).ravel().tolist()] for name, array in arrays.items()}


def power_transformers():
    """Both branches of every entry are computed, and what is not finite imputed: with logarithms, powers of either sign, zeros, a column twice."""
    for method, lambdas, shift in [
        ("yeo-johnson", [0.0, 2.0, 0.7, -1.3, 2.6, 0.7], 0.0),
        ("box-cox", [0.1, 1.0, 0.5, -0.8, 3.0, 0.1], 4.0),
    ]:
        made = np.abs(rng.normal(size=(24, 6)) + shift) if shift else rng.normal(size=(24, 6))
        made = made.astype(np.float32)
        if not shift:
            made[0], made[1], made[2] = 0.0, -1.0, 1.0
        transformer = PowerTransformer(method=method).fit(made)
        transformer.lambdas_ = np.array(lambdas)
        model = to_onnx(transformer, made[:1], target_opset={"": 19, ML: 3})
        graph = model.graph
        name = graph.output[0].name
        case(
            f"power_{method.replace('-', '_')}",
            list(graph.node),
            [("X", FLOAT, [1, 6])],
            [(name, FLOAT, [1, 6])],
            [{"X": row[None]} for row in made],
            initializers=list(graph.initializer),
        )


def floats(shape, count=12, holes=0.0):
    made = rng.normal(size=(count, *shape)).astype(np.float32)
    made[rng.random(made.shape) < holes] = np.nan
    return [{"x": sample} for sample in made]


FLOAT, STRING, INT = TensorProto.FLOAT, TensorProto.STRING, TensorProto.INT64
X = ("x", FLOAT, [1, 4])


def trees(missing, modes=("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")):
    """A tree of two branches for each mode."""
    arrays = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
    weights = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for tree, mode in enumerate(modes):
        for number, (kind, yes, no) in enumerate([(mode, 1, 2), (mode, 3, 4), ("LEAF", 0, 0), ("LEAF", 0, 0), ("LEAF", 0, 0)]):
            row = (tree, number, (tree + number) % 4, float(rng.normal()), kind, yes, no, missing[(tree + number) % len(missing)])
            for key, value in zip(arrays, row):
                arrays[key].append(value)
            if kind == "LEAF":
                for key, value in zip(weights, (tree, number, 0, float(rng.normal()))):
                    weights[key].append(value)
    return {**{f"nodes_{k}": v for k, v in arrays.items()}, **{f"target_{k}": v for k, v in weights.items()}}


def main():
    FOLDER.mkdir(exist_ok=True)
    y = ("y", FLOAT, [1, 1])
    for name, tracks in [("tree_missing_default", [0]), ("tree_missing_tracked", [1, 0])]:
        case(name, [node("TreeEnsembleRegressor", ["x"], ["y"], n_targets=1, **trees(tracks))], [X], [y], floats([1, 4], 24, 0.3))
    unified = dict(
        n_targets=2,
        aggregate_function=1,
        tree_roots=[0, 2],
        nodes_modes=numpy_helper.from_array(np.array([0, 4, 3], np.uint8), "modes"),
        nodes_featureids=[0, 1, 2],
        nodes_splits=numpy_helper.from_array(np.array([0.25, 0.5, -0.5], np.float32), "splits"),
        nodes_truenodeids=[1, 0, 3],
        nodes_trueleafs=[0, 1, 1],
        nodes_falsenodeids=[2, 1, 4],
        nodes_falseleafs=[1, 1, 1],
        leaf_targetids=[0, 1, 0, 1, 0],
        leaf_weights=numpy_helper.from_array(np.array([1.5, -2, 3, 0.5, -1], np.float32), "weights"),
    )
    case("tree_unified", [node("TreeEnsemble", ["x"], ["y"], **unified)], [X], [("y", FLOAT, [1, 2])], floats([1, 4]), version=5)
    doubled = trees([0], ("BRANCH_LEQ", "BRANCH_LT"))
    for key in ("nodes_values", "target_weights"):
        doubled[key + "_as_tensor"] = numpy_helper.from_array(np.array(doubled.pop(key), np.float64), key)
    case(
        "tree_doubles",
        [node("TreeEnsembleRegressor", ["x"], ["y"], n_targets=1, **doubled)],
        [("x", TensorProto.DOUBLE, [1, 4])],
        [("y", FLOAT, [1, 1])],
        [{"x": f["x"].astype(np.float64)} for f in floats([1, 4])],
    )
    nan = float("nan")
    case(
        "imputer_missing",
        [node("Imputer", ["x"], ["y"], imputed_value_floats=[0.5, -1.0, 2.0, 0.25], replaced_value_float=nan)],
        [X],
        [("y", FLOAT, [1, 4])],
        floats([1, 4], 16, 0.3),
    )
    numbers = [{"x": rng.integers(-2, 3, (1, 4)).astype(np.int64)} for _ in range(12)]
    case(
        "imputer_integers",
        [node("Imputer", ["x"], ["y"], imputed_value_int64s=[7], replaced_value_int64=-1)],
        [("x", INT, [1, 4])],
        [("y", INT, [1, 4])],
        numbers,
    )
    words = ["red", "green", "blue", "none of these", "other"]
    texts = [{"x": np.array([[words[i % 5], words[(i * 2 + 1) % 5]]], object)} for i in range(10)]
    S = ("x", STRING, [1, 2])
    case(
        "one_hot_strings",
        [node("OneHotEncoder", ["x"], ["y"], cats_strings=["green", "blue", "red"], zeros=1)],
        [S],
        [("y", FLOAT, [1, 2, 3])],
        texts,
    )
    case(
        "labels_of_strings",
        [node("LabelEncoder", ["x"], ["y"], keys_strings=["green", "red"], values_floats=[1.5, -2.0], default_float=9.0)],
        [S],
        [("y", FLOAT, [1, 2])],
        texts,
    )
    case(
        "labels_to_strings_and_back",
        [
            node("LabelEncoder", ["x"], ["t"], keys_int64s=[0, 1, -1], values_strings=["b", "a", "c"], default_string="b"),
            node("LabelEncoder", ["t"], ["y"], keys_strings=["a", "b"], values_int64s=[10, 20], default_int64=-5),
        ],
        [("x", INT, [1, 4])],
        [("y", INT, [1, 4])],
        numbers,
    )
    case(
        "category_mapper",
        [node("CategoryMapper", ["x"], ["y"], cats_strings=["red", "blue"], cats_int64s=[4, 6], default_int64=1)],
        [S],
        [("y", INT, [1, 2])],
        texts,
    )
    case(
        "strings_selected_and_compared",
        [
            helper.make_node("Equal", ["x", "none"], ["is_none"]),
            helper.make_node("Where", ["is_none", "fill", "x"], ["filled"]),
            helper.make_node("Concat", ["filled", "x"], ["both"], axis=1),
            node("LabelEncoder", ["both"], ["y"], keys_strings=["red", "blue"], values_int64s=[1, 2], default_int64=0),
        ],
        [S],
        [("y", INT, [1, 4])],
        texts,
        initializers=[
            helper.make_tensor("none", STRING, [1], [b"none of these"]),
            helper.make_tensor("fill", STRING, [1], [b"blue"]),
        ],
    )
    case("binarizer", [node("Binarizer", ["x"], ["y"], threshold=0.25)], [X], [("y", FLOAT, [1, 4])], floats([1, 4]))
    case(
        "feature_vectorizer",
        [node("FeatureVectorizer", ["x", "x"], ["y"], inputdimensions=[4, 4])],
        [X],
        [("y", FLOAT, [1, 8])],
        floats([1, 4]),
        version=1,
    )
    vectors = rng.normal(size=(5, 4))
    for kernel, parameters in [("RBF", [0.4, 0.0, 3.0]), ("POLY", [0.3, 0.5, 3.0]), ("SIGMOID", [0.2, 0.1, 3.0]), ("LINEAR", [0.0, 0.0, 3.0])]:
        shared = dict(kernel_type=kernel, kernel_params=parameters, support_vectors=[float(v) for v in vectors.ravel()])
        case(
            f"svm_regressor_{kernel.lower()}",
            [node("SVMRegressor", ["x"], ["y"], coefficients=[0.5, -1.0, 0.7, 0.2, -0.3], n_supports=5, rho=[0.1], **shared)],
            [X],
            [y],
            floats([1, 4]),
        )
        coefficients = [float(v) for v in rng.normal(size=10)]
        for probability in (False, True):
            extra = dict(prob_a=[-1.2, -0.8, -1.5], prob_b=[0.1, -0.2, 0.3]) if probability else {}
            case(
                f"svm_classifier_{kernel.lower()}{'_probability' if probability else ''}",
                [
                    node(
                        "SVMClassifier",
                        ["x"],
                        ["label", "y"],
                        classlabels_ints=[3, 5, 8],
                        coefficients=coefficients,
                        rho=[0.1, -0.2, 0.05],
                        vectors_per_class=[2, 1, 2],
                        **shared,
                        **extra,
                    )
                ],
                [X],
                [("label", INT, [1]), ("y", FLOAT, [1, 3])],
                floats([1, 4]),
            )


main()
power_transformers()
