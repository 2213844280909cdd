"""The regression experiment: its data, its distance between predictions, and what its measurements say."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special, stats

from noisyweights.experiments.regression import experiment as regression
from noisyweights.experiments.regression.experiment import GRID, LAWS
from noisyweights.ledger import verdicts
from noisyweights.networks import weight_draws
from noisyweights.noise import laws

CONFIG = regression.PROFILES["smoke"]


def synthetic(*, shift=0.0, stretch=1.0):
    """Points of a world where the device law moves the mean by `shift` and stretches σ_e by `stretch`."""
    generator = np.random.default_rng(2)
    found = {}
    for name in regression.points(CONFIG):
        rows = len(LAWS) + 1
        mean = np.tile(np.sin(GRID), (rows, 1))
        epistemic = np.tile(0.2 + 0.1 * np.abs(GRID), (rows, 1))
        mean[1] += shift
        epistemic[1] *= stretch
        epistemic[-1] *= regression.WIDER
        distance = np.full((rows, len(GRID)), 0.02) + 1e-4 * generator.standard_normal((rows, len(GRID)))
        distance[-1] = 0.04
        found[name] = {
            "mean": mean,
            "aleatoric": np.full((rows, len(GRID)), 0.1),
            "epistemic": epistemic,
            "distance": distance,
            "nll": np.zeros(rows),
        }
    return found


def values(points):
    result = regression.collect(CONFIG, None, points)
    return {(m.claim, m.quantity): m.value for m in regression.measurements(result)}


def test_the_claims_take_what_is_measured():
    measured = regression.measurements(regression.collect(CONFIG, None, synthetic()))
    for claim in ("P-regression", "P-moments-only", "P-narrow-deep"):
        assert verdicts.check_states(claim, measured)


def test_differences_are_those_put_in():
    found = values(synthetic(shift=0.03, stretch=1.1))
    total = np.sqrt(np.mean(0.1**2 + (0.2 + 0.1 * np.abs(GRID)) ** 2))
    assert found["P-regression", "worst_mean_difference"] == pytest.approx(0.03 / total)
    assert found["P-regression", "worst_sigma_e_difference"] == pytest.approx(0.1)
    assert found["P-regression", "worst_sigma_a_difference"] == 0
    assert found["P-moments-only", "sigma_effect"] == pytest.approx(regression.WIDER - 1)
    assert found["P-moments-only", "worst_shape_effect"] == pytest.approx(0.5, rel=0.01)
    assert values(synthetic())["P-regression", "worst_mean_difference"] == 0


def test_noise_is_that_of_the_reading():
    x = np.array([-1.5, -0.5, 0.0, 0.5, 1.0, 1.5])
    assert regression.noise_scale(x, reading="magnitude") == pytest.approx([0.15, 0.05, 0, 0.05, 0.1, 0.1])
    assert regression.noise_scale(x, reading="growing") == pytest.approx([0.1, 0.1, 0.1, 0.15, 0.2, 0.25])
    with pytest.raises(ValueError, match="magnitude, growing"):
        regression.noise_scale(x, reading="printed")


@pytest.mark.parametrize("reading", regression.READINGS)
def test_data_follow_the_reading(reading):
    task = regression.make_task(replace(CONFIG, examples=20_000), reading=reading, repeat=0)
    x = task.x[:, 0].astype(float)
    keep = np.abs(x) > 0.05  # where one reading has hardly any noise, float32 shows
    residual = (task.y - np.sin(2 * np.pi * x))[keep] / regression.noise_scale(x[keep], reading=reading)
    assert stats.kstest(residual, "norm").pvalue > 1e-3
    assert np.abs(task.x).max() <= 1 < np.abs(task.x_test).max() <= 1.5
    again = regression.make_task(replace(CONFIG, examples=20_000), reading=reading, repeat=0)
    other = regression.make_task(replace(CONFIG, examples=20_000), reading=reading, repeat=1)
    assert (again.y == task.y).all()
    assert not (other.y == task.y).any()


def test_energy_distance_of_two_gaussians_against_its_closed_form():
    """Identical draws make each mixture one Gaussian; E|X − Y| of Gaussians has a closed form."""

    def expected(m, s):  # mean absolute value of N(m, s²)
        return s * np.sqrt(2 / np.pi) * np.exp(-(m**2) / (2 * s**2)) + m * special.erf(m / (s * np.sqrt(2)))

    first = np.tile([[0.0, 1.0]], (4, 1))[:, np.newaxis]
    second = np.tile([[0.7, 1.5]], (4, 1))[:, np.newaxis]
    exact = 2 * expected(0.7, np.hypot(1, 1.5)) - expected(0, np.sqrt(2)) - expected(0, np.sqrt(2) * 1.5)
    assert regression.energy_distances(first, second)[0] == pytest.approx(exact, rel=1e-3)


def test_equal_laws_have_distances_around_zero():
    generator = np.random.default_rng(3)
    draws = np.ones((2, 400, 60, 2))
    draws[..., 0] = generator.standard_normal((2, 400, 60))
    distances = regression.energy_distances(*draws)
    assert abs(distances.mean()) < 4 * distances.std() / np.sqrt(60)
    draws[1, ..., 0] *= 2  # the negative control: a mixture that is wider
    distances = regression.energy_distances(*draws)
    assert distances.mean() > 10 * distances.std() / np.sqrt(60)


TINY = replace(
    CONFIG,
    examples=40,
    batch_size=20,
    mle_epochs=1,
    epochs=1,
    draws=20,
    depth=1,
    width=3,
    narrow_depth=2,
    narrow_width=2,
    tested=10,
)


def trained(**changes):
    config = replace(TINY, **changes)
    task = regression.make_task(config, reading="magnitude", repeat=0)
    return config, task, regression.trained_network(config, "magnitude", task, seed=1)


def test_the_yardstick_is_every_deviation_five_per_cent_wider():
    _, _, network = trained()
    before = [np.exp(layer.kernel_log_scale.numpy()) for layer in weight_draws.random_layers(network)]
    after = [
        np.exp(layer.kernel_log_scale.numpy())
        for layer in weight_draws.random_layers(regression.wider(network))
    ]
    for own, wide in zip(before, after, strict=True):
        assert wide == pytest.approx(1.05 * own, rel=1e-5)
    unchanged = [np.exp(layer.kernel_log_scale.numpy()) for layer in weight_draws.random_layers(network)]
    assert all((one == own).all() for one, own in zip(unchanged, before, strict=True))


def test_the_network_of_the_mean_is_random_and_that_of_the_deviation_is_not():
    config, _, network = trained()
    random = weight_draws.random_layers(network)
    assert [layer.name.partition("_")[0] for layer in random] == ["mean"] * (config.depth + 1)
    assert {float(layer.prior_scale) for layer in random} == {config.prior_scale}
    assert [float(layer.kl_weight) for layer in random] == pytest.approx([1 / config.examples] * len(random))
    assert {layer.biases for layer in random} == {"fixed"}
    assert {layer.law for layer in random} == {laws.gaussian()}


@pytest.fixture
def device(monkeypatch):
    by_name = {name: laws.gaussian() for name in LAWS} | {"two_point": laws.two_point()}
    monkeypatch.setattr(regression, "controls", lambda device: by_name)
    return SimpleNamespace(law=laws.gaussian())


def test_a_point_holds_the_predictions_of_its_network_under_each_law(device):
    """The Gaussian under another name predicts the same to the bit, and nothing lies between equal laws."""
    found = regression.compute(TINY, "magnitude.0", device)
    gaussian, same = LAWS.index("gaussian"), LAWS.index("device")
    for quantity in ("mean", "epistemic", "nll"):
        np.testing.assert_array_equal(found[quantity][same], found[quantity][gaussian])
    two_point = LAWS.index("two_point")
    assert not np.array_equal(found["epistemic"][two_point], found["epistemic"][gaussian])
    assert found["distance"][gaussian] == pytest.approx(found["distance"][same], abs=0)
    # one hidden layer of ELU is homogeneous in its last kernel alone: wider weights widen the doubt
    assert np.mean(found["epistemic"][-1]) > np.mean(found["epistemic"][gaussian])


def test_kept_weights_give_the_numbers_of_the_training_that_made_them(device):
    found = regression.compute(TINY, "narrow-deep.0", device)
    again = regression.compute(TINY, "narrow-deep.0", device, trained=found["weights"])
    for quantity, numbers in found.items():
        np.testing.assert_array_equal(again[quantity], numbers, err_msg=quantity)
    other = regression.compute(TINY, "narrow-deep.0", device, trained=1.5 * found["weights"])
    assert not np.array_equal(other["mean"], found["mean"])


def test_a_point_is_determined_by_its_own_sizes_alone():
    wide = replace(TINY, narrow_width=9, long_epochs=7, seeds=50, variants=("long",))
    assert regression.settings(wide, "magnitude.0") == regression.settings(TINY, "magnitude.3")
    assert regression.settings(wide, "narrow-deep.0") != regression.settings(TINY, "narrow-deep.0")
    assert regression.settings(wide, "long.0")["epochs"] == 7
    assert regression.settings(replace(TINY, draws=9), "magnitude.0")["draws"] == 9


def test_all_trainings_that_there_are_count():
    points = synthetic()
    more = {f"magnitude.{number}": points["magnitude.0"] for number in (0, 4, 7)}
    result = regression.collect(CONFIG, None, points | more)
    assert result.trainings() == 3
    counted = {(m.claim, m.quantity): m.n for m in regression.measurements(result)}
    assert counted["P-regression", "worst_mean_difference"] == 3
    assert counted["P-narrow-deep", "nll_difference_device"] == 1
    del points["growing.0"]
    with pytest.raises(ValueError, match=r"no point of growing.*compute growing\.0"):
        regression.collect(CONFIG, None, points)
