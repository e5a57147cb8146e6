#!/usr/bin/env python3
"""Classical models as people build them: fits scikit-learn estimators and pipelines on the data that scikit-learn bundles, converts them with skl2onnx
at its default operation sets, and compares `inferproof compile` and `run` with onnxruntime, entry by entry. `--prove` proves one input of each as well.

    bench/classical.py                     # all; exit code 1 if one is wrong or refused
    bench/classical.py svc_rbf coltrans    # these
    bench/classical.py --list

Needs Python with scikit-learn, skl2onnx, onnxruntime and pandas, and target/release/inferproof."""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import calibration, cluster, compose, datasets, decomposition, discriminant_analysis, ensemble, feature_selection, gaussian_process
from sklearn import impute, linear_model, multiclass, naive_bayes, neighbors, neural_network, preprocessing, svm, tree
from sklearn.pipeline import make_pipeline

ROOT = Path(__file__).resolve().parent.parent

# An entry is right if it is off by no more than this of itself, or of a part of the greatest entry of its output: probabilities
# that are next to nothing count as nothing.
TOLERANCE, NEXT_TO_NOTHING = 0.15, 0.02
CALIBRATION, TRIED = 50, 6


def scaled(estimator):
    return make_pipeline(preprocessing.StandardScaler(), estimator)


def table():
    """People: numbers, strings, and a class that depends on them."""
    rng = np.random.default_rng(0)
    n = 300
    people = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(np.float32),
            "fare": rng.gamma(2, 20, n).astype(np.float32),
            "sex": rng.choice(["male", "female"], n),
            "port": rng.choice(["S", "C", "Q"], n),
            "code": rng.integers(0, 4, n).astype(np.int64),
        }
    )
    return people, ((people.sex == "female") ^ (people.age > 50) | (people.fare > 60)).astype(int).values


def estimators():
    """Name: estimator, data, and arguments of the conversion."""
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    def loaded(load):
        data = load()
        return data.data.astype(np.float32), data.target

    iris, wine, digits = loaded(datasets.load_iris), loaded(datasets.load_wine), loaded(datasets.load_digits)
    cancer, diabetes = loaded(datasets.load_breast_cancer), loaded(datasets.load_diabetes)
    few = diabetes[0][:60], diabetes[1][:60] / 100
    names = np.array(["setosa", "versicolor", "virginica"])
    named = iris[0], names[iris[1]]
    holes = iris[0].copy()
    holes[np.random.default_rng(0).random(holes.shape) < 0.1] = np.nan
    people, answer = table()
    strings = people[["sex", "port"]].values.astype(object), answer
    codes = people[["code"]].values, answer
    columns = [(c, FloatTensorType([None, 1])) for c in ("age", "fare")]
    columns += [(c, StringTensorType([None, 1])) for c in ("sex", "port")] + [("code", Int64TensorType([None, 1]))]
    filled = make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    one_hot = preprocessing.OneHotEncoder
    logistic = linear_model.LogisticRegression
    trees = dict(max_depth=4, random_state=0)

    def mixed(steps, model):
        return make_pipeline(compose.ColumnTransformer(steps), model), (people, answer), dict(initial_types=columns)

    def of(kind, shape):
        return dict(initial_types=[("X", kind(shape))])

    neighbours = neighbors.KNeighborsClassifier(3)
    return {
        "mlp": (scaled(neural_network.MLPClassifier((16,), max_iter=300, random_state=0)), wine, {}),
        "mlp_regressor": (scaled(neural_network.MLPRegressor(hidden_layer_sizes=(16,), max_iter=300, random_state=0)), diabetes, {}),
        "mlp_tanh": (scaled(neural_network.MLPClassifier((12, 6), activation="tanh", max_iter=200, random_state=0)), cancer, {}),
        "svc_rbf": (scaled(svm.SVC()), iris, {}),
        "svc_two_classes": (scaled(svm.SVC()), cancer, {}),
        "svc_probability": (scaled(svm.SVC(probability=True, random_state=0)), iris, {}),
        "svc_two_classes_probability": (scaled(svm.SVC(probability=True, random_state=0)), cancer, {}),
        "svc_polynomial": (scaled(svm.SVC(kernel="poly", degree=2, coef0=1)), wine, {}),
        "svc_linear": (scaled(svm.SVC(kernel="linear")), wine, {}),
        "svc_sigmoid": (scaled(svm.SVC(kernel="sigmoid")), iris, {}),
        "nu_svc": (scaled(svm.NuSVC()), iris, {}),
        "svr": (scaled(svm.SVR()), diabetes, {}),
        "nu_svr": (scaled(svm.NuSVR()), diabetes, {}),
        "linear_svr": (scaled(svm.LinearSVR()), diabetes, {}),
        "one_class_svm": (scaled(svm.OneClassSVM()), iris, {}),
        "pca_logistic": (make_pipeline(decomposition.PCA(3), logistic()), iris, {}),
        "pca_digits": (make_pipeline(decomposition.PCA(16, whiten=True), logistic(max_iter=500)), digits, {}),
        "truncated_svd": (make_pipeline(decomposition.TruncatedSVD(4), logistic(max_iter=2000)), wine, {}),
        "gaussian_nb": (naive_bayes.GaussianNB(), iris, {}),
        "multinomial_nb": (naive_bayes.MultinomialNB(), digits, {}),
        "bernoulli_nb": (naive_bayes.BernoulliNB(binarize=5), digits, {}),
        "complement_nb": (naive_bayes.ComplementNB(), digits, {}),
        "sgd": (scaled(linear_model.SGDClassifier(loss="log_loss", random_state=0)), iris, {}),
        "sgd_hinge": (scaled(linear_model.SGDClassifier(random_state=0)), iris, {}),
        "sgd_regressor": (scaled(linear_model.SGDRegressor(random_state=0)), diabetes, {}),
        "perceptron": (scaled(linear_model.Perceptron()), iris, {}),
        "ridge_classifier": (scaled(linear_model.RidgeClassifier()), iris, {}),
        "linear_regression": (linear_model.LinearRegression(), diabetes, {}),
        "lasso": (scaled(linear_model.Lasso()), diabetes, {}),
        "poisson": (scaled(linear_model.PoissonRegressor()), diabetes, {}),
        "stacking": (
            ensemble.StackingClassifier(
                [("r", ensemble.RandomForestClassifier(8, **trees)), ("l", scaled(logistic()))], final_estimator=logistic()
            ),
            wine,
            {},
        ),
        "voting_soft": (
            ensemble.VotingClassifier(
                [("d", tree.DecisionTreeClassifier(**trees)), ("l", scaled(logistic()))], voting="soft", flatten_transform=False
            ),
            wine,
            {},
        ),
        "voting_hard": (
            ensemble.VotingClassifier(
                [("d", tree.DecisionTreeClassifier(**trees)), ("l", scaled(logistic())), ("n", naive_bayes.GaussianNB())],
                flatten_transform=False,
            ),
            wine,
            {},
        ),
        "bagging": (ensemble.BaggingClassifier(tree.DecisionTreeClassifier(**trees), n_estimators=6, random_state=0), wine, {}),
        "adaboost": (ensemble.AdaBoostClassifier(n_estimators=8, random_state=0), iris, {}),
        "adaboost_regressor": (ensemble.AdaBoostRegressor(tree.DecisionTreeRegressor(**trees), n_estimators=6, random_state=0), diabetes, {}),
        "calibrated": (calibration.CalibratedClassifierCV(scaled(logistic()), cv=3), wine, {}),
        "calibrated_isotonic": (calibration.CalibratedClassifierCV(scaled(logistic()), cv=3, method="isotonic"), wine, {}),
        "calibrated_forest": (calibration.CalibratedClassifierCV(ensemble.RandomForestClassifier(5, **trees), cv=2), cancer, {}),
        "one_vs_rest": (multiclass.OneVsRestClassifier(scaled(logistic())), iris, {}),
        "one_vs_one": (multiclass.OneVsOneClassifier(logistic()), iris, {}),
        # skl2onnx itself asks for version 3 of the domain here.
        "isolation_forest": (ensemble.IsolationForest(n_estimators=10, random_state=0), iris, dict(target_opset={"": 21, "ai.onnx.ml": 3})),
        "neighbours": (neighbours, iris, {}),
        "neighbours_by_distance": (neighbors.KNeighborsClassifier(5, weights="distance"), iris, {}),
        "neighbours_regressor": (neighbors.KNeighborsRegressor(4), diabetes, {}),
        "neighbours_cdist": (
            neighbours,
            iris,
            dict(options={id(neighbours): {"optim": "cdist"}}, target_opset={"": 18, "ai.onnx.ml": 3, "com.microsoft": 1}),
        ),
        "gaussian_process": (scaled(gaussian_process.GaussianProcessRegressor(gaussian_process.kernels.RBF(), alpha=0.1)), few, {}),
        "lda": (discriminant_analysis.LinearDiscriminantAnalysis(), wine, {}),
        "qda": (discriminant_analysis.QuadraticDiscriminantAnalysis(), iris, {}),
        "k_means": (cluster.KMeans(3, n_init=2, random_state=0), iris, {}),
        "random_forest": (ensemble.RandomForestClassifier(8, **trees), wine, {}),
        "extra_trees": (ensemble.ExtraTreesClassifier(8, **trees), wine, {}),
        "gradient_boosting": (ensemble.GradientBoostingClassifier(n_estimators=8, random_state=0), wine, {}),
        "gradient_boosting_two_classes": (ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0), cancer, {}),
        "min_max": (make_pipeline(preprocessing.MinMaxScaler(), logistic()), wine, {}),
        "robust": (make_pipeline(preprocessing.RobustScaler(), logistic()), wine, {}),
        "normalizer": (make_pipeline(preprocessing.Normalizer(), logistic()), iris, {}),
        "polynomial": (make_pipeline(preprocessing.StandardScaler(), preprocessing.PolynomialFeatures(2), logistic(max_iter=500)), iris, {}),
        "power": (make_pipeline(preprocessing.PowerTransformer(), logistic()), iris, {}),
        "binarizer": (make_pipeline(preprocessing.Binarizer(threshold=2.0), logistic()), iris, {}),
        "select_best": (make_pipeline(feature_selection.SelectKBest(k=5), logistic(max_iter=1000)), wine, {}),
        "column_transformer": mixed([("n", filled, ["age", "fare"]), ("c", one_hot(handle_unknown="ignore"), ["sex", "port"])], logistic()),
        "column_transformer_forest": mixed(
            [
                ("n", filled, ["age", "fare"]),
                ("c", one_hot(handle_unknown="ignore"), ["sex", "port"]),
                ("i", one_hot(handle_unknown="ignore"), ["code"]),
            ],
            ensemble.RandomForestClassifier(6, **trees),
        ),
        "column_transformer_ordinal": mixed(
            [("n", "passthrough", ["age", "fare"]), ("c", preprocessing.OrdinalEncoder(), ["sex", "port"])],
            ensemble.GradientBoostingClassifier(n_estimators=5),
        ),
        "one_hot_strings": (make_pipeline(one_hot(handle_unknown="ignore"), logistic()), strings, of(StringTensorType, [None, 2])),
        "ordinal_strings": (
            make_pipeline(preprocessing.OrdinalEncoder(), tree.DecisionTreeClassifier(**trees)),
            strings,
            of(StringTensorType, [None, 2]),
        ),
        "one_hot_integers": (make_pipeline(one_hot(handle_unknown="ignore"), logistic()), codes, of(Int64TensorType, [None, 1])),
        "ordinal_integers": (
            make_pipeline(preprocessing.OrdinalEncoder(), tree.DecisionTreeClassifier(**trees)),
            codes,
            of(Int64TensorType, [None, 1]),
        ),
        "string_labels": (scaled(logistic()), named, {}),
        "string_labels_forest": (ensemble.RandomForestClassifier(5, **trees), named, {}),
        "string_labels_svc": (scaled(svm.SVC(probability=True, random_state=0)), named, {}),
        "imputer": (make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(), logistic()), (holes, iris[1]), {}),
    }


def converted(estimator, data, arguments):
    """The fitted estimator as ONNX: without dictionaries of probabilities, where it has them."""
    from skl2onnx import to_onnx

    features, answers = data
    estimator.fit(features, answers)
    sample = None if "initial_types" in arguments else features[:1]
    try:
        options = arguments.get("options", {id(estimator): {"zipmap": False}})
        return to_onnx(estimator, sample, **{**arguments, "options": options})
    except NameError:
        return to_onnx(estimator, sample, **arguments)


def feeds(session, features, row):
    kinds = {"tensor(float)": np.float32, "tensor(string)": object, "tensor(int64)": np.int64}
    if not hasattr(features, "columns"):
        port = session.get_inputs()[0]
        return {port.name: features[row : row + 1].astype(kinds[port.type])}
    return {
        port.name: features[port.name].values[row : row + 1].reshape(1, 1).astype(kinds[port.type]) for port in session.get_inputs()
    }


def stacked(rows):
    arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return {name: array.astype(str) if array.dtype == object else array for name, array in arrays.items()}


def tool(binary, *arguments):
    done = subprocess.run([str(binary), *map(str, arguments)], capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().replace("\n", " ")[-400:])
    return done.stdout


def dense(value):
    return np.array([[row[key] for key in row] for row in value]) if isinstance(value, list) else np.asarray(value)


def difference(got, expected):
    """What is wrong with an output, in words; None if nothing is."""
    if got.size != expected.size:
        return f"shape {got.shape}, not {expected.shape}"
    if expected.dtype.kind not in "fiub":
        same = got.ravel().tolist() == expected.ravel().tolist()
        return None if same else f"{got.ravel()[:4]}, not {expected.ravel()[:4]}"
    got, reals = got.astype(float).ravel(), expected.astype(float).ravel()
    size = np.maximum(np.abs(reals), NEXT_TO_NOTHING * max(np.abs(reals).max(), 1e-9))
    limit = TOLERANCE if expected.dtype.kind == "f" else 0
    return None if (np.abs(got - reals) <= limit * size).all() else f"{got[:4].round(4)}, not {reals[:4].round(4)}"


def check(binary, name, estimator, data, arguments, prove):
    import onnxruntime

    model = converted(estimator, data, arguments).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    order = np.random.default_rng(1).permutation(len(data[0]))[: CALIBRATION + TRIED]
    rows = [feeds(session, data[0], row) for row in order]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "model.onnx").write_bytes(model)
        np.savez(folder / "calibration.npz", **stacked(rows[TRIED:]))
        tool(binary, "compile", folder / "model.onnx", "--calibrate", folder / "calibration.npz", "-o", folder / "m")
        for row in rows[:TRIED]:
            one = stacked([row])
            np.savez(folder / "input.npz", **{key: array[0] for key, array in one.items()})
            outputs = json.loads(tool(binary, "run", folder / "m", "--input", folder / "input.npz", "--json"))["outputs"]
            for port, expected in zip(session.get_outputs(), session.run(None, row)):
                wrong = difference(np.array(outputs[port.name]), dense(expected))
                if wrong:
                    return f"output {port.name}: {wrong}"
        if prove:
            tool(binary, "prove", folder / "m", "--input", folder / "input.npz", "-o", folder / "proof")
            tool(binary, "verify", "--key", folder / "m" / "public", folder / "proof")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--binary", default=ROOT / "target/release/inferproof", type=Path)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    known = estimators()
    if options.list:
        print("\n".join(known))
        return 0
    chosen = options.names or list(known)
    right = 0
    for name in chosen:
        try:
            wrong = check(options.binary, name, *known[name], options.prove)
        except RuntimeError as refused:
            wrong = str(refused)
        right += wrong is None
        print(f"{name}: {wrong or 'right'}", flush=True)
    print(f"{right} of {len(chosen)} are as onnxruntime says")
    return 0 if right == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
