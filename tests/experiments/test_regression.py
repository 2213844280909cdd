"""The regression experiment: its data, its distance between predictions, and what its measurements say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from noisyweights.experiments.regression import experiment as regression
from noisyweights.experiments.regression.experiment import GRID, LAWS
from noisyweights.ledger import verdicts

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
