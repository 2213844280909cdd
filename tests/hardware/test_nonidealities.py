"""Ways to go wrong: by how much, on average, and what is left alone."""

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware import nonidealities as wrong

CELLS = np.full((200, 200), 50.0)


def rng():
    return seeds.generator(0, "cells")


def test_errors_have_their_standard_deviation():
    programmed = wrong.program(CELLS, error_uS=2.0, rng=rng())
    assert np.std(programmed - CELLS) == pytest.approx(2.0, rel=0.02)
    read = wrong.read_noise(CELLS, relative=0.05, rng=rng())
    assert np.std(read - CELLS) == pytest.approx(2.5, rel=0.02)
    assert wrong.program(np.full(1000, 0.1), error_uS=2.0, rng=rng()).min() == 0  # no negative conductance
    assert (CELLS == 50).all()


def test_nothing_wrong_is_nothing():
    for found in (
        wrong.program(CELLS, error_uS=0, rng=rng()),
        wrong.read_noise(CELLS, relative=0, rng=rng()),
        wrong.drift(CELLS, seconds=1e6, after_s=1, exponent=0),
        wrong.stick(CELLS, low=0, high=0, low_uS=1, high_uS=99, rng=rng()),
    ):
        np.testing.assert_array_equal(found, CELLS)


def test_drift_is_a_power_law():
    np.testing.assert_allclose(wrong.drift([50.0], seconds=100, after_s=1, exponent=0.05), 50 * 100**-0.05)
    once = wrong.drift([50.0], seconds=100, after_s=1, exponent=0.05)
    np.testing.assert_allclose(
        wrong.drift(once, seconds=1e4, after_s=100, exponent=0.05),
        wrong.drift([50.0], seconds=1e4, after_s=1, exponent=0.05),
    )


def test_fractions_of_cells_are_stuck():
    found = wrong.stick(CELLS, low=0.1, high=0.02, low_uS=1, high_uS=99, rng=rng())
    assert np.mean(found == 1) == pytest.approx(0.1, abs=0.01)
    assert np.mean(found == 99) == pytest.approx(0.02, abs=0.005)
    assert np.mean(found == 50) == pytest.approx(0.88, abs=0.01)


def test_reads_remember_as_much_as_they_are_told():
    generator, reads = rng(), [None]
    for _ in range(3):
        reads.append(wrong.correlated_reads((40_000,), correlation=0.6, rng=generator, previous=reads[-1]))
    for lag in (1, 2):
        found = np.corrcoef(reads[3], reads[3 - lag])[0, 1]
        assert found == pytest.approx(0.6**lag, abs=0.02)
    assert [np.std(one) for one in reads[1:]] == pytest.approx([1, 1, 1], abs=0.02)
    again = wrong.correlated_reads((40_000,), correlation=1.0, rng=generator, previous=reads[-1])
    np.testing.assert_array_equal(again, reads[-1])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: wrong.program([-1.0], error_uS=1, rng=rng()),
            "conductances must be finite and not negative",
        ),
        (lambda: wrong.read_noise([np.nan], relative=1, rng=rng()), "conductances must be finite"),
        (lambda: wrong.program(CELLS, error_uS=-1, rng=rng()), "error_uS must be finite and not negative"),
        (
            lambda: wrong.drift(CELLS, seconds=1, after_s=2, exponent=0.1),
            "0 < after_s ≤ seconds, got 2 and 1",
        ),
        (lambda: wrong.drift(CELLS, seconds=1, after_s=0, exponent=0.1), "0 < after_s"),
        (
            lambda: wrong.stick(CELLS, low=0.6, high=0.6, low_uS=1, high_uS=2, rng=rng()),
            "more than all",
        ),
        (
            lambda: wrong.stick(CELLS, low=0.1, high=0.1, low_uS=-1, high_uS=2, rng=rng()),
            "low, high and the conductances must be finite and not negative",
        ),
        (lambda: wrong.correlated_reads((2,), correlation=1.1, rng=rng()), r"must lie in \[0, 1\], got 1.1"),
        (
            lambda: wrong.correlated_reads((2,), correlation=0.5, rng=rng(), previous=np.zeros(3)),
            r"had the shape \(3,\)",
        ),
    ],
)
def test_amounts_that_are_none(call, says):
    with pytest.raises(ValueError, match=says):
        call()
