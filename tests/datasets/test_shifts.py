"""Shifts: turns against exact ones, noise against its law."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from noisyweights import seeds
from noisyweights.datasets import shifts


def pictures(n=3, side=8, channels=2):
    return seeds.generator(0, "pictures").random((n, side, side, channels), np.float32)


def bump(side=31):
    """A smooth hill away from the middle, which linear interpolation follows well."""
    rows, columns = np.mgrid[:side, :side]
    hill = np.exp(-((rows - 10) ** 2 + (columns - 18) ** 2) / 18)
    return hill[None, ..., None].astype(np.float32)


@pytest.mark.parametrize("quarters", [-1, 1, 2, 3, 5])
@pytest.mark.parametrize("side", [7, 8])
def test_quarter_turns_are_exact_and_counter_clockwise(quarters, side):
    found = shifts.rotate(pictures(side=side), 90.0 * quarters)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.rot90(pictures(side=side), quarters, axes=(1, 2)), atol=1e-6)
    wrong = np.rot90(pictures(side=side), quarters + 1, axes=(1, 2))
    assert np.abs(found - wrong).max() > 0.1


@pytest.mark.parametrize("degrees", [0, 360.0, -720])
def test_no_turn_changes_nothing(degrees):
    np.testing.assert_array_equal(shifts.rotate(pictures(), degrees), pictures())


@settings(deadline=None, max_examples=40)
@given(st.floats(-180, 180))
def test_there_and_back(degrees):
    """Two interpolations, each off by an eighth of the second derivatives, which are 1/9 at most, by rows and
    by columns."""
    again = shifts.rotate(shifts.rotate(bump(), degrees), -degrees)
    assert np.abs(again - bump()).max() < 2 * (1 / 9 + 1 / 9) / 8
    further = shifts.rotate(again, 10.0)  # the negative control
    assert np.abs(further - bump()).max() > 0.1


@settings(deadline=None, max_examples=40)
@given(st.floats(-180, 180))
def test_a_turn_carries_the_middle_of_a_hill_along(degrees):
    found = shifts.rotate(bump(), degrees)[0, ..., 0].astype(float)
    at = (np.indices(found.shape) * found).sum((1, 2)) / found.sum() - 15
    angle = np.deg2rad(degrees)
    row, column = 10 - 15, 18 - 15  # rows count downwards
    expected = (row * np.cos(angle) - column * np.sin(angle), row * np.sin(angle) + column * np.cos(angle))
    np.testing.assert_allclose(at, expected, atol=0.05)


def test_a_turn_brings_0_in_at_the_corners_and_keeps_each_picture_and_channel_to_itself():
    ones = np.ones((1, 9, 9, 1))
    turned = shifts.rotate(ones, 45.0)[0, ..., 0]
    assert turned[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [0, 0, 0, 0]
    assert turned[4, 4] == 1
    whole = shifts.rotate(pictures(), 30.0)
    for n in range(3):
        for channel in range(2):
            alone = shifts.rotate(pictures()[n : n + 1, ..., channel : channel + 1], 30.0)
            np.testing.assert_array_equal(whole[n : n + 1, ..., channel : channel + 1], alone)


@pytest.mark.parametrize("strength", [0.1, 0.4])
def test_noise_is_uniform_and_does_not_depend_on_the_picture(strength):
    grey = np.full((5, 40, 40, 1), 0.5)
    noise = (shifts.add_uniform_noise(grey, strength, seed=1) - np.float32(0.5)).ravel()
    p = stats.kstest(noise, stats.uniform(-strength, 2 * strength).cdf).pvalue
    assert p > 1e-3  # one seed in a thousand would fail
    assert stats.kstest(noise, stats.norm(0, strength / np.sqrt(3)).cdf).pvalue < 1e-9
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 4 / np.sqrt(len(noise))


def test_noise_is_cut_at_black_and_white():
    for value in (0, 1):
        found = shifts.add_uniform_noise(np.full((2, 20, 20, 1), value), 1.0, seed=1)
        assert found.dtype == np.float32
        assert (found.min(), found.max()) == pytest.approx((0, 1), abs=0.03)  # 0.97^400 is 5e-6
        assert np.mean(found == value) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(found.size))


def test_noise_of_another_strength_is_the_same_but_for_its_size():
    grey = np.full((2, 10, 10, 1), 0.5)
    weak, strong = (shifts.add_uniform_noise(grey, s, seed=1) - 0.5 for s in (0.1, 0.4))
    np.testing.assert_allclose(strong, 4 * weak, atol=1e-6)
    np.testing.assert_array_equal(shifts.add_uniform_noise(pictures(), 0.0, seed=1), pictures())
    assert (shifts.add_uniform_noise(grey, 0.1, seed=2) - 0.5 != weak).any()


@pytest.mark.parametrize(
    "shift", [lambda x: shifts.rotate(x, 7), lambda x: shifts.add_uniform_noise(x, 0.1, seed=1)]
)
def test_what_are_no_pictures_is_refused(shift):
    with pytest.raises(ValueError, match=r"must have shape \(n, rows, columns, channels\), got \(8, 8\)"):
        shift(np.zeros((8, 8)))
    with pytest.raises(ValueError, match=r"got \(0, 8, 8, 1\)"):
        shift(np.zeros((0, 8, 8, 1)))
    for value in (255, -0.1, np.nan):
        with pytest.raises(ValueError, match="values from 0 to 1: divide bytes by 255"):
            shift(np.full((1, 8, 8, 1), value))


def test_angles_and_strengths_that_make_no_sense_are_refused():
    for degrees in (np.nan, np.inf):
        with pytest.raises(ValueError, match="degrees must be finite, got"):
            shifts.rotate(pictures(), degrees)
    for strength in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="strength must be finite and not negative, got"):
            shifts.add_uniform_noise(pictures(), strength, seed=1)
