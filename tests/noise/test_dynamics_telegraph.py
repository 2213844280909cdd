"""Telegraph signals simulated with known rates; and noise, correlated or two-peaked, that is none."""

import numpy as np
import pytest
from traces import autoregression, one_fluctuator

from noisyweights.noise.dynamics.telegraph import telegraph

TIME, OCCUPANCY, READINGS = 20.0, 0.3, 8000


@pytest.fixture(scope="module")
def signal():
    trace = one_fluctuator(occupancy=OCCUPANCY, switching_time_s=TIME, readings=READINGS, seed=1)
    return trace + OCCUPANCY + 0.2 * np.random.default_rng(2).standard_normal(READINGS)


def test_levels_occupancies_and_dwell_times(signal):
    found = telegraph(signal, interval_s=1.0, seed=0)
    assert found.found
    off, on = found.levels
    for level, exact in ((off, 0.0), (on, 1.0)):
        assert level.level.value == pytest.approx(exact, abs=0.02)
        assert level.noise == pytest.approx(0.2, rel=0.05)
    assert on.occupancy.low < OCCUPANCY < on.occupancy.high
    # The mean times of a fluctuator: on τ / (1 − p), off τ / p. 84 visits tell them to 11 %.
    assert on.dwell_s == pytest.approx(TIME / (1 - OCCUPANCY), rel=0.33)
    assert off.dwell_s == pytest.approx(TIME / OCCUPANCY, rel=0.33)
    stay = 1 - (1 - np.exp(-1 / TIME)) * (1 - OCCUPANCY)
    assert on.dwell_reads.low < 1 / (1 - stay) < on.dwell_reads.high


def test_the_path_follows_the_signal(signal):
    exact = one_fluctuator(occupancy=OCCUPANCY, switching_time_s=TIME, readings=READINGS, seed=1) > 0
    assert np.mean((telegraph(signal, seed=0).values > 0.5) == exact) > 0.99


def test_coloured_noise_around_the_levels(signal):
    found = telegraph(signal + 0.2 * autoregression(0.9, READINGS, seed=3), seed=0)
    assert found.found
    assert len(found.levels) == 2


def test_four_levels_of_two_fluctuators(signal):
    slow = one_fluctuator(occupancy=0.5, switching_time_s=60.0, readings=READINGS, seed=4)
    found = telegraph(signal + 2 * slow + 1, seed=0)
    assert [round(level.level.value) for level in found.levels] == [0, 1, 2, 3]


def test_levels_without_noise_around_them():
    exact = one_fluctuator(occupancy=0.5, switching_time_s=TIME, readings=1000, seed=5)
    found = telegraph(exact, seed=0)
    assert [level.level.value for level in found.levels] == pytest.approx([-0.5, 0.5], abs=0.05)


def two_peaks(seed):
    rng = np.random.default_rng(seed)
    return (rng.random(1500) < 0.2) + 0.15 * rng.standard_normal(1500)


def test_two_peaks_without_memory_are_no_telegraph_signal():
    found = telegraph(two_peaks(6), seed=0)
    assert not found.found
    assert found.two_peaks
    assert found.rival == "two Gaussians without memory"
    assert found.levels == ()


NOISES = {
    "white": lambda seed: autoregression(0.0, 1000, seed=seed),
    "slow": lambda seed: autoregression(0.98, 1000, seed=seed),
    "slow and white": lambda seed: (
        autoregression(0.98, 1000, seed=seed) + autoregression(0, 1000, seed=seed + 99)
    ),
    "skewed": lambda seed: np.exp(autoregression(0.9, 1000, seed=seed)),
    "heavy-tailed": lambda seed: np.random.default_rng(seed).standard_t(3, 1000),
    "codes": lambda seed: np.round(autoregression(0.0, 1000, seed=seed)),
    "two peaks": two_peaks,
    "three peaks": lambda seed: two_peaks(seed) + 3 * (np.random.default_rng(seed + 9).random(1500) < 0.4),
}


@pytest.mark.parametrize("name", NOISES)
def test_noise_is_no_telegraph_signal(name):
    # None was in 120 of each kind, so 3 % at most: two of eight would be seen in less than 3 % of runs.
    assert sum(telegraph(NOISES[name](seed), seed=0).found for seed in range(8)) <= 1


def test_long_traces_are_read_in_pieces():
    slow = np.repeat(np.arange(20) % 2, 15_000) + 0.5 * np.random.default_rng(7).standard_normal(300_000)
    found = telegraph(slow, interval_s=1e-3, seed=0)
    assert [level.level.value for level in found.levels] == pytest.approx([0, 1], abs=0.02)
    assert all(level.dwell_reads.low < 15_000 < level.dwell_reads.high for level in found.levels)
    assert found.values.shape == slow.shape
