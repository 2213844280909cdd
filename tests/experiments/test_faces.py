"""The faces experiment: its architecture, its comparisons on constructed predictions, its measurements."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from noisyweights.datasets.source import DataSource
from noisyweights.experiments.faces import experiment as faces
from noisyweights.experiments.faces.experiment import LAWS, LEVELS
from noisyweights.ledger.verdicts import verdict
from noisyweights.networks.mean_field import variational
from noisyweights.noise import laws

CONFIG = faces.PROFILES["smoke"]


def test_the_architecture_is_that_of_appendix_c():
    """Parameters counted by hand: kernels and biases, and four numbers a channel of BatchNormalization."""
    config = replace(CONFIG, size=64, filters=16, blocks=4)
    mean, both = faces.make_network(config, seed=1)
    widths = [3, 16, 16, 32, 32, 64, 64, 128, 128]
    convolutions = sum(9 * a * b + b for a, b in itertools.pairwise(widths))
    dense = sum(a * b + b for a, b in ((128, 100), (100, 10), (10, 1)))
    normalisation = 4 * (sum(widths[1:]) + 100 + 10 + 1)
    assert mean.count_params() == convolutions + dense + normalisation
    assert both.count_params() == 2 * mean.count_params()
    prediction = both(np.zeros((2, 64, 64, 3), np.float32)).numpy()
    assert prediction.shape == (2, 2)
    assert (prediction[:, 1] > 0).all()


def predictions(*, error=0.1, scale=0.1, change=1.0, n=2000):
    """Draws of mean and scale for ages that are `error` off; the bimodal law's scale is `change` times as
    large."""
    generator = np.random.default_rng(4)
    y = generator.uniform(0.2, 0.8, n)
    mean = y + error * generator.standard_normal(n) + 0.01 * generator.standard_normal((6, n))
    found = {}
    for law in LAWS:
        sigma = np.full_like(mean, scale * (change if law == "bimodal" else 1))
        found[law] = np.stack([mean, sigma], axis=-1)
    return found, y


def test_equal_predictions_have_no_gap_and_the_error_put_in():
    found = faces._compared(CONFIG, *predictions())
    assert found["gap_curves"] == pytest.approx([0, 0, 0])
    assert found["gap_rmse"] == pytest.approx([0, 0, 0])
    assert (found["rmse"][:, 1] < 10.02).all()
    assert (found["rmse"][:, 2] > 10.02).all()  # 0.1 of the range, and 0.01/√6 of the draws
    assert found["curves"][0] == pytest.approx(LEVELS, abs=0.05)  # four standard errors of 2000 faces
    assert found["aleatoric"] == pytest.approx(np.full(3, 10.0))


def test_a_law_that_changes_the_scale_is_seen():
    """The negative control of the test above."""
    found = faces._compared(CONFIG, *predictions(change=1.5))
    assert found["gap_curves"][1] > 0.05
    assert found["gap_rmse"][0] == pytest.approx(0)


def test_every_face_is_either_for_training_or_for_testing(monkeypatch):
    loaded = faces.datasets.drawn_faces(50, size=16, seed=1)
    used = {}

    def predict(model, x, **settings):
        used["test"] = x
        return np.full((2, len(x), 2), 0.5)

    monkeypatch.setattr(faces, "load", lambda config: loaded)
    monkeypatch.setattr(faces, "compared", lambda device: dict.fromkeys(LAWS, laws.gaussian()))
    monkeypatch.setattr(variational, "train", lambda model, x, y, **settings: used.update(train=x))
    monkeypatch.setattr(faces.inference, "predict_draws", predict)
    assert faces.compute(CONFIG, "gaussian", None)["faces"] == [40, 10, 0]
    both = np.concatenate([used["train"], used["test"]]) * 255
    rows = {face.tobytes() for face in both.round().astype(np.uint8)}
    assert rows == {face.tobytes() for face in loaded.images}
    assert len(used["train"]) + len(used["test"]) == len(rows) == 50


def result(*, drawn, limit):
    """A result of round numbers, and where its faces came from."""
    pairs = np.zeros((3, 3))
    return faces.Result(
        replace(CONFIG, limit=limit), DataSource("faces", "", "", drawn=drawn), np.zeros((3, 3, 19)),
        np.full((3, 3, 3), 8.0), pairs, pairs, pairs, pairs, spread=17.0, tested=40, trained=160, skipped=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("drawn", "limit", "measured"),
    [
        (True, None, set()),
        (False, 200, {"P-utk-calibration", "P-utk-training"}),
        (False, None, {"P-utk-calibration", "P-utk-training", "P-utk-rmse"}),
    ],
)
def test_claims_about_photographs_are_measured_on_photographs(drawn, limit, measured):
    found = faces.measurements(result(drawn=drawn, limit=limit))
    assert {measurement.claim for measurement in found} == measured
    for claim in measured:
        assert verdict(claim, [m for m in found if m.claim == claim]) == "reproduced"


def points(faces_of):
    """Points as `compute` gives them of a set of faces, by law."""
    shapes = {
        "curves": (3, 19),
        "rmse": (3, 3),
        "gap_curves": 3,
        "gap_rmse": 3,
        "aleatoric": 3,
        "epistemic": 3,
    }
    zeros = {name: np.zeros(shape) for name, shape in shapes.items()}
    source = np.frombuffer(bytes.fromhex(faces_of.source.sha256), np.uint8)
    return {law: zeros | {"faces": np.array([40, 10, 0]), "source": source} for law in LAWS}


def test_points_of_other_faces_are_refused(monkeypatch):
    loaded, other = (faces.datasets.drawn_faces(50, size=16, seed=seed) for seed in (1, 2))
    monkeypatch.setattr(faces, "load", lambda config: loaded)
    assert faces.collect(CONFIG, None, points(loaded)).tested == 10
    mixed = points(loaded) | {"bimodal": points(other)["bimodal"]}  # as many faces, but others
    without = points(loaded)
    del without["gaussian"]["source"]
    for refused in (points(other), mixed, without):
        with pytest.raises(
            ValueError, match=r"on other pictures than there are now \(drawn faces, .*\): delete"
        ):
            faces.collect(CONFIG, None, refused)
