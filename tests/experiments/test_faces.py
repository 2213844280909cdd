"""The faces experiment: its architecture, predictions whose scores are known, and what trainings measure."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from noisyweights import datasets
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue, mean_field_training
from noisyweights.experiments.faces import experiment as faces
from noisyweights.experiments.faces.experiment import LAWS, LEVELS
from noisyweights.experiments.faces.scores import compared_predictions
from noisyweights.ledger.verdicts import verdict
from noisyweights.networks import weight_draws
from noisyweights.noise import laws
from noisyweights.scores.estimates import Interval

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


def compared_of(predicted):
    return compared_predictions(CONFIG, *predicted, seed=6)


def test_equal_predictions_have_no_gap_and_the_error_put_in():
    found = compared_of(predictions())
    assert found["gap_curves"] == pytest.approx([0, 0, 0, 0])
    assert found["gap_rmse"] == pytest.approx([0, 0, 0, 0])
    assert (found["rmse"][:, 1] < 10.02).all()
    assert (found["rmse"][:, 2] > 10.02).all()  # 0.1 of the range, and 0.01/√6 of the draws
    assert found["curves"][0] == pytest.approx(LEVELS, abs=0.05)  # four standard errors of 2000 faces
    assert found["aleatoric"] == pytest.approx(np.full(3, 10.0))


def test_a_law_that_changes_the_scale_is_seen():
    """The negative control of the test above."""
    found = compared_of(predictions(change=1.5))
    assert found["gap_curves"][1] > 0.05
    assert found["gap_rmse"][0] == pytest.approx(0)


OFF = {"gaussian": 0.0, "device": 0.1, "bimodal": -0.3}  # parts of the age range, by testing law
WIDE = 0.1  # standard deviation of every prediction


@pytest.fixture
def told(monkeypatch):
    """Faces that tell their age in every pixel, and networks that are off by what the testing law says."""
    ages = np.arange(1, 101, dtype=np.float32)
    images = np.broadcast_to(ages.astype(np.uint8)[:, None, None, None], (100, 16, 16, 3)).copy()
    loaded = datasets.Faces(images, ages, DataSource("", "", "ab" * 32), ("a", "b"))
    by_law = {"gaussian": laws.gaussian(), "device": laws.uniform(), "bimodal": laws.two_point()}
    seen = {"trained": [], "tested": []}

    def train(mean, both, x, y, *, config, law, epochs, seed):
        np.testing.assert_allclose(255 * x[:, 0, 0, 0], faces.AGES * y, rtol=1e-6)
        seen["trained"].append((law, epochs, seed, {round(255 * float(one)) for one in x[:, 0, 0, 0]}))
        common = {"examples": len(x), "seed": seed}
        return mean_field_training.regression_twin(both, config=config, law=law, **common)

    def predict(network, x, *, draws, seed, batch_size):
        (law,) = {layer.law for layer in weight_draws.random_layers(network)}
        name = next(name for name, one in by_law.items() if one == law)
        shown = 255 * x[:, 0, 0, 0].astype(float)
        seen["tested"].append((draws, seed, {round(one) for one in shown}))
        mean = shown / faces.AGES + OFF[name]
        return np.tile(np.stack([mean, np.full(len(x), WIDE)], -1), (draws, 1, 1))

    monkeypatch.setattr(faces, "load", lambda config: loaded)
    monkeypatch.setattr(faces, "compared", lambda device: by_law)
    monkeypatch.setattr(mean_field_training, "train", train)
    monkeypatch.setattr(faces.array_draws, "predict_draws", predict)
    return seen


def test_networks_are_scored_by_how_far_they_are_off(told):
    found = faces.compute(CONFIG, "bimodal-2", None)
    off = np.array([OFF[law] for law in LAWS])
    np.testing.assert_allclose(found["rmse"][:, 0], 100 * np.abs(off), atol=1e-4)
    # All faces are as far off as each other, so that a curve is 0 up to one probability, and 1 from there.
    inside = 2 * stats.norm.cdf(np.abs(off) / WIDE) - 1
    np.testing.assert_array_equal(found["curves"], inside[:, None] <= LEVELS)
    np.testing.assert_allclose(found["gap_curves"], [1, 1, 1, 1])
    np.testing.assert_allclose(found["gap_rmse"], [30, 30, 30, 30], atol=1e-4)
    np.testing.assert_allclose(found["aleatoric"], 100 * WIDE)
    np.testing.assert_allclose(found["epistemic"], 0, atol=1e-6)
    # Ages from 1 to 100 years: (100² − 1)/12 is their variance.
    assert found["spread"] == pytest.approx(100 * np.sqrt(9999 / 12) / 116)
    assert found["faces"].tolist() == [80, 20, 2]
    assert not found["drawn"]
    assert bytes(found["source"]).hex() == "ab" * 32


def test_a_point_holds_no_age_and_no_weight(told):
    found = faces.compute(CONFIG, "gaussian-0", None)
    tested, scores = 20, ("curves", "rmse", "gap_curves", "gap_rmse", "aleatoric", "epistemic")
    assert set(found) == {*scores, "faces", "spread", "drawn", "source"}
    assert all(tested not in np.shape(array) for array in found.values())


def test_every_face_is_either_for_training_or_for_testing(told):
    for name in ("gaussian-0", "device-0", "device-3"):
        faces.compute(CONFIG, name, None)
    expected = [(laws.gaussian(), 6), (laws.uniform(), 6), (laws.uniform(), 3006)]
    assert [(law, seed) for law, _, seed, _ in told["trained"]] == expected
    assert {epochs for _, epochs, _, _ in told["trained"]} == {CONFIG.epochs}
    assert [(draws, seed) for draws, seed, _ in told["tested"]] == [(CONFIG.draws, 6)] * 6 + [
        (CONFIG.draws, 3006)
    ] * 3
    # The same faces are for testing, whatever the training and its law.
    (trained,) = {frozenset(ages) for *_, ages in told["trained"]}
    (tested,) = {frozenset(ages) for *_, ages in told["tested"]}
    assert len(tested) == 20
    assert trained | tested == set(range(1, 101))
    assert not trained & tested


def result(*, drawn, limit):
    """A result of round numbers, and where its faces came from."""
    pairs = np.zeros((3, 3))
    return faces.Result(
        replace(CONFIG, limit=limit), DataSource("faces", "", "", drawn=drawn), np.zeros((3, 3, 19)),
        np.full((3, 3, 3), 8.0), pairs, pairs, Interval(0, 0, 0), Interval(0, 0, 0), pairs, pairs,
        spread=17.0, tested=40, trained=160, skipped=0, trainings=(1, 1, 1),
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


def points(*, sha256="ab" * 32, drawn=False):
    """Points 1 and 4 of each law, and 2 of the device's; each has its own value in each quantity.

    Gaps of training k under the law in place l are 0.01 (l + 1) + 0.001 k ± 0.002 in calibration, and ten
    times as large in the error; the low ends that hold together are 0.001 lower.
    """
    found = {}
    for place, law in enumerate(LAWS):
        for number in (1, 4, *((2,) if law == "device" else ())):
            gap = 0.01 * (place + 1) + 0.001 * number + np.array([0, -0.002, 0.002, -0.003])
            found[f"{law}-{number}"] = {
                "curves": np.full((3, 19), place + 0.1 * number),
                "rmse": 8 + place + np.array([[0, -1, 1]] * 3) + np.arange(3)[:, None] / 10,
                "gap_curves": gap,
                "gap_rmse": 10 * gap,
                "aleatoric": np.arange(3) + place,
                "epistemic": np.arange(3) + 10 * place,
                "faces": np.array([40, 10, 3]),
                "spread": np.array(17.0),
                "drawn": np.array(drawn),
                "source": np.frombuffer(bytes.fromhex(sha256), np.uint8),
            }
    return found


def test_trainings_are_averaged_law_by_law():
    found = faces.collect(CONFIG, None, points())
    assert found.trainings == (2, 3, 2)
    np.testing.assert_allclose(found.gap_curves[:, 0], [0.01 + 0.0025, 0.02 + 7 / 3000, 0.03 + 0.0025])
    np.testing.assert_allclose(found.gap_rmse, 10 * found.gap_curves)
    np.testing.assert_allclose(found.curves[:, 2, 5], [0.25, 1 + 0.7 / 3, 2.25])
    np.testing.assert_allclose(found.rmse[1, :, 0], [9, 9.1, 9.2])
    assert found.aleatoric[2].tolist() == [2, 3, 4]
    assert found.epistemic[2].tolist() == [20, 21, 22]
    assert (found.trained, found.tested, found.skipped, found.spread) == (40, 10, 3, 17)


def measured(points):
    found = faces.measurements(faces.collect(replace(CONFIG, limit=None), None, points))
    (n,) = {one.n for one in found}
    return {(one.claim, one.quantity): (one.value, one.low, one.high) for one in found}, n


def test_claims_are_measured_over_trainings_by_the_gaussian_ones_and_by_the_worst():
    values, n = measured(points())
    assert n == 2
    # Of two values 0.003 apart: mean ± t₁ · 0.0015. Of three, each low end has a third of the tail.
    one, third = (0.0015 * stats.t.isf(tail, 1) for tail in (0.025, 0.025 / 3))
    assert values["P-utk-calibration", "max_calibration_gap"] == pytest.approx(
        (0.0125, 0.0125 - one, 0.0125 + one)
    )
    device = np.array([0.021, 0.022, 0.024])
    low = device.mean() - stats.sem(device) * stats.t.isf(0.025 / 3, 2)
    assert low > 0.0325 - third
    assert values["P-utk-training", "max_calibration_gap"] == pytest.approx((0.0325, low, 0.0325 + one))
    assert values["P-utk-training", "max_rmse_gap"] == pytest.approx((0.325, 10 * low, 0.325 + 10 * one))
    assert values["P-utk-rmse", "rmse_bimodal"] == pytest.approx((8.2, 8.2, 8.2))


def test_a_single_training_is_measured_over_faces_and_draws_and_the_worst_of_three_jointly():
    values, n = measured({name: one for name, one in points().items() if name.endswith("-1")})
    assert n == 10
    assert values["P-utk-calibration", "max_calibration_gap"] == pytest.approx((0.011, 0.009, 0.013))
    assert values["P-utk-training", "max_calibration_gap"] == pytest.approx((0.031, 0.028, 0.033))
    assert values["P-utk-training", "max_rmse_gap"] == pytest.approx((0.31, 0.28, 0.33))
    assert values["P-utk-rmse", "max_rmse_gap"] == pytest.approx((0.11, 0.09, 0.13))
    assert values["P-utk-rmse", "rmse_bimodal"] == pytest.approx((8.2, 7.2, 9.2))


@pytest.mark.parametrize(("drawn", "name"), [(True, "drawn faces"), (False, "UTKFace")])
def test_points_tell_what_faces_they_are_of(monkeypatch, drawn, name):
    """No face is needed to read them."""
    monkeypatch.setattr(faces, "load", None)
    source = faces.collect(CONFIG, None, points(drawn=drawn)).source
    assert (source.name, source.sha256, source.drawn) == (name, "ab" * 32, drawn)
    assert "50 faces" in source.origin


def test_points_of_different_faces_are_refused():
    mixed = points() | {"bimodal-4": points(sha256="cd" * 32)["bimodal-4"]}  # as many faces, but others
    without = points()
    del without["device-1"]["source"]
    for refused in (mixed, without):
        with pytest.raises(ValueError, match="was computed on other pictures than"):
            faces.collect(CONFIG, None, refused)


@pytest.mark.parametrize("law", LAWS)
def test_a_law_without_training_is_named(law):
    there = {name: point for name, point in points().items() if not name.startswith(law)}
    with pytest.raises(ValueError, match=f"no point of {law} .* compute {law}-0"):
        faces.collect(CONFIG, None, there)


def test_a_training_is_a_point():
    assert faces.points(CONFIG) == ("gaussian-0", "device-0", "bimodal-0")
    assert len(faces.points(replace(CONFIG, trainings=3))) == 9
    one, three = (
        catalogue.point_settings("faces", "device-0", config=replace(CONFIG, trainings=n)) for n in (1, 3)
    )
    assert one == three
    assert one["epochs"] == CONFIG.epochs
