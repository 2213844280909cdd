"""Streams of reads that remember: their moments, and their memory against the exact one."""

import itertools
from functools import partial

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware import read_memory

CELLS = 20_000


def reads(stream, count, cells=CELLS):
    rng = seeds.generator(0, "reads")
    return np.stack(list(itertools.islice(stream((cells,), rng=rng), count)))


def memory(found, lag):
    return np.mean(found[lag:] * found[:-lag])


@pytest.mark.parametrize(
    "stream",
    [
        partial(read_memory.autoregressive, correlation=0.8),
        partial(read_memory.telegraph, occupancy=0.3, dwell_reads=6.0),
        partial(read_memory.one_over_f, shortest_reads=1.0, longest_reads=1000.0),
    ],
    ids=lambda stream: stream.func.__name__,
)
def test_a_read_has_no_mean_and_variance_one(stream):
    found = reads(stream, 3)
    assert found.shape == (3, CELLS)
    # Five standard errors; a telegraph signal has an excess kurtosis above −2.
    np.testing.assert_allclose(found.mean(1), 0, atol=5 / np.sqrt(CELLS))
    np.testing.assert_allclose(found.var(1), 1, atol=5 * np.sqrt(2 / CELLS))


def test_telegraph_noise_has_two_values_and_its_own_memory():
    found = reads(partial(read_memory.telegraph, occupancy=0.25, dwell_reads=4.0), 30, cells=4000)
    values = np.unique(found)
    np.testing.assert_allclose(values, [-np.sqrt(1 / 3), np.sqrt(3)])
    upper = found > 0
    assert upper.mean() == pytest.approx(0.25, abs=0.02)
    stayed = upper[1:][upper[:-1]].mean()
    assert stayed == pytest.approx(1 - 1 / 4, abs=0.01)
    # Upper for 4 reads and lower for 12: the memory of a read is 1 − 1/4 − 1/12.
    for lag in (1, 3):
        assert memory(found, lag) == pytest.approx((2 / 3) ** lag, abs=0.03)


def test_one_over_f_is_the_sum_of_its_relaxations():
    shortest, longest = 1.0, 100.0
    found = reads(partial(read_memory.one_over_f, shortest_reads=shortest, longest_reads=longest), 40, 3000)
    times = np.logspace(0, 2, 9)
    for lag in (1, 5, 20):
        assert memory(found, lag) == pytest.approx(np.exp(-lag / times).mean(), abs=0.04)
    # Between its two times the spectrum of the relaxations falls as 1/f, within the ripple of four a decade.
    frequency = np.array([0.01, 0.1]) / np.pi
    spectrum = [np.sum(times / (1 + (2 * np.pi * one * times) ** 2)) for one in frequency]
    assert np.log10(spectrum[0] / spectrum[1]) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (partial(read_memory.autoregressive, correlation=1.5), "must lie in"),
        (
            partial(read_memory.telegraph, occupancy=1.0, dwell_reads=2.0),
            "occupancy is a share between 0 and 1",
        ),
        (partial(read_memory.telegraph, occupancy=0.9, dwell_reads=2.0), "one read or more"),
        (partial(read_memory.one_over_f, shortest_reads=5.0, longest_reads=2.0), "relaxation times go from"),
    ],
)
def test_memories_that_are_none(stream, says):
    with pytest.raises(ValueError, match=says):
        next(stream((2,), rng=seeds.generator(0, "reads")))
