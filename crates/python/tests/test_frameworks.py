"""Models as they are trained: torch, scikit-learn, XGBoost, LightGBM. What is not installed is skipped."""

from __future__ import annotations

import inferproof
import numpy as np
import pytest
from conftest import Bundled


def proven(model: inferproof.Model, x: np.ndarray) -> inferproof.Tensors:
    """The outputs for one input, after a proof of them was accepted."""
    result, proof = inferproof.Prover(model).prove(x)
    assert inferproof.Verifier(model.public).verify(proof, input=x, output=result, raises=True)
    return result


def estimators() -> list[str]:
    return [
        "tree.DecisionTreeClassifier(max_depth=4, random_state=0)",
        "ensemble.RandomForestClassifier(9, max_depth=4, random_state=0)",
        "ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0)",
        "pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())",
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("source", estimators())
def test_classifiers_of_scikit_learn(credit: Bundled, source: str) -> None:
    pytest.importorskip("skl2onnx")
    from sklearn import ensemble, linear_model, pipeline, preprocessing, tree

    estimator = eval(source, {**locals()})
    estimator.fit(credit.calibration, np.arange(len(credit.calibration)) % 2 == (credit.calibration[:, 0] > 0))
    model = inferproof.compile(estimator, calibration=credit.calibration, evaluate=(credit.x, estimator.predict(credit.x)))
    assert model.report.float_accuracy == 1 and model.report.accuracy > 0.9
    result = proven(model, credit.x[0])
    assert list(result) == ["label", "probabilities"]
    assert result["label"][0] == estimator.predict(credit.x[:1])[0]
    assert np.allclose(result["probabilities"], estimator.predict_proba(credit.x[:1]), atol=0.1)


@pytest.mark.filterwarnings("ignore")
def test_neural_networks_of_scikit_learn(credit: Bundled) -> None:
    pytest.importorskip("skl2onnx")
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    names = np.array(["bad", "fine", "good"])
    answers = names[np.digitize(credit.calibration[:, 0], [-0.5, 0.5])]
    estimator = make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=300, random_state=0))
    estimator.fit(credit.calibration, answers)
    model = inferproof.compile(estimator, calibration=credit.calibration, evaluate=(credit.x, estimator.predict(credit.x)))
    assert model.report.float_accuracy == 1 and model.report.accuracy > 0.95
    result = proven(model, credit.x[0])
    assert list(result) == ["probabilities"]
    assert names[np.argmax(result)] == estimator.predict(credit.x[:1])[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("library", "name"), [("xgboost", "XGBClassifier"), ("lightgbm", "LGBMClassifier")])
def test_boosted_trees(credit: Bundled, library: str, name: str) -> None:
    pytest.importorskip("onnxmltools")
    trees = pytest.importorskip(library)
    estimator = getattr(trees, name)(n_estimators=10, max_depth=3, verbosity=0 if library == "xgboost" else -1)
    estimator.fit(credit.calibration, (credit.calibration[:, 0] > 0).astype(int))
    answers = estimator.predict(credit.x)
    model = inferproof.compile(estimator, calibration=credit.calibration, evaluate=(credit.x, answers))
    assert model.report.accuracy > 0.97
    assert proven(model, credit.x[0])["label"][0] == answers[0]


def test_an_estimator_that_has_no_onnx(credit: Bundled) -> None:
    pytest.importorskip("skl2onnx")
    from sklearn.cluster import DBSCAN

    with pytest.raises(inferproof.UnsupportedModelError, match="DBSCAN: its converter"):
        inferproof.compile(DBSCAN(), calibration=credit.calibration)
    with pytest.raises(inferproof.InputError, match="array of samples and features"):
        inferproof.compile(DBSCAN(), calibration=credit.calibration[0])


def test_a_module_of_torch(lenet: Bundled) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 5), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4 * 24 * 24, 10))
    model = inferproof.compile(net, calibration=torch.tensor(lenet.calibration))
    assert net.training
    result = proven(model, lenet.x[0])
    with torch.no_grad():
        expected = net(torch.tensor(lenet.x[:1])).numpy()
    assert list(result) == ["output"] and np.allclose(result["output"], expected, atol=0.02)
    assert inferproof.Prover(model).run(torch.tensor(lenet.x[0], requires_grad=True)) == result


def test_a_module_that_torch_cannot_export() -> None:
    torch = pytest.importorskip("torch")

    class Inverse(torch.nn.Module):
        def forward(self, x):
            return torch.linalg.inv(x)

    with pytest.raises(inferproof.UnsupportedModelError, match="Inverse: torch could not export it"):
        inferproof.compile(Inverse(), calibration=torch.rand(3, 4, 4))
