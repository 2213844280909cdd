"""Reads that are written several times in a row are found again, and what only stands still is no repeat."""

import numpy as np
import pytest
from traces import autoregression, one_fluctuator

from noisyweights.noise.dynamics import holding
from noisyweights.noise.dynamics.outliers import outliers

READS = 1000


def gaussian(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(READS)


def slow(rng: np.random.Generator) -> np.ndarray:
    return autoregression(0.9, READS, seed=int(rng.integers(1000)))


@pytest.mark.parametrize("repeats", [2, 10])
@pytest.mark.parametrize(("kind", "code"), [(gaussian, 0.0), (gaussian, 0.33), (slow, 0.0), (slow, 0.1)])
def test_reads_held_for_a_beat_come_back_to_the_last_one(repeats, kind, code):
    truth = kind(np.random.default_rng(3))
    truth = code * np.round(truth / code) if code else truth
    found = holding.reads(np.repeat(truth, repeats))
    assert (found.held, found.repeats) == (True, repeats)
    np.testing.assert_array_equal(found.values, truth)  # neighbours that are equal by rounding are two reads


def test_a_beat_that_is_no_whole_number():
    truth = gaussian(np.random.default_rng(4))
    found = holding.reads(truth[(np.arange(2500) / 2.5).astype(int)])
    assert found.repeats == 2.5
    np.testing.assert_array_equal(found.values, truth)


def test_a_trace_cut_anywhere_with_lost_readings():
    truth = gaussian(np.random.default_rng(5))
    written = np.delete(np.repeat(truth, 10), [77, 4000, 4001])[3:-4]
    np.testing.assert_array_equal(holding.reads(written).values, truth)


@pytest.mark.parametrize("mean", [2, 5])
def test_a_logger_without_a_beat(mean):
    rng = np.random.default_rng(6)
    truth = gaussian(rng)
    found = holding.reads(np.repeat(truth, rng.geometric(1 / mean, READS)))
    np.testing.assert_array_equal(found.values, truth)
    assert found.repeats == pytest.approx(mean, rel=0.15)  # five standard errors of a mean of 1000


def levels_without_noise(rng: np.random.Generator) -> np.ndarray:
    return sum(
        size
        * one_fluctuator(occupancy=0.5, switching_time_s=time, readings=3000, seed=int(rng.integers(1000)))
        for size, time in ((1, 20.0), (0.37, 30.0), (0.61, 50.0), (0.113, 15.0))
    )


STANDING_STILL = {
    "noise": gaussian,
    "coarse codes": lambda rng: np.round(gaussian(rng)),
    "slow codes": lambda rng: np.round(20 * autoregression(0.9999, 5000, seed=int(rng.integers(1000)))),
    "telegraph without noise": lambda rng: one_fluctuator(
        occupancy=0.5, switching_time_s=10.0, readings=2000, seed=int(rng.integers(1000))
    ),
    "several fluctuators without noise": levels_without_noise,
    "a stuck code": lambda rng: np.where(rng.random(2000) < 0.6, 0.0, rng.standard_normal(2000)),
    "a range cut off": lambda rng: np.clip(10 * slow(rng), -2, 2),
    "a ramp in codes": lambda rng: np.floor(np.arange(3000) / 7),
    "a transient in codes": lambda rng: np.round(1000 * np.log1p(np.arange(3000)) / 8),
    "bits": lambda rng: (rng.random(2000) < 0.1).astype(float),
}


@pytest.mark.parametrize("name", STANDING_STILL)
def test_what_stands_still_by_itself_is_no_repeat(name):
    for seed in range(10):
        samples = STANDING_STILL[name](np.random.default_rng(seed))
        found = holding.reads(samples)
        assert not found.held
        np.testing.assert_array_equal(found.values, samples)


COPIES = {
    "in a row": lambda x, rng: np.repeat(x, 10),
    "one after the other": lambda x, rng: np.tile(x, 2),
    "in any order": lambda x, rng: rng.permutation(np.repeat(x, 10)),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_a_reading_make_no_glitch_and_hide_none(name):
    false_alarms = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        copied = COPIES[name](gaussian(rng), rng)
        false_alarms += outliers(copied).count > 0
        copied[copied == copied.max()] = 200.0
        assert [finding.kind for finding in outliers(copied).findings] == ["glitch"]
    # Without copies it is 1 in 500 traces; counting each copy it was 12 of 30.
    assert false_alarms <= 1
