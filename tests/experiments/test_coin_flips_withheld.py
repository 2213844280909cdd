"""Withheld classes: what is left out, how far doubt rises, and one small point."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments.coin_flips import withheld as coin_withheld
from noisyweights.experiments.coin_flips.withheld import Doubt, Result, by_class, excess_rise, withhold

SMOKE, FULL = coin_withheld.PROFILES["smoke"], coin_withheld.PROFILES["full"]
WHOLE = DataSource("made up", "here", "ab" * 32)


def images(n=1000):
    labels = np.arange(n) % 10
    return LabelledImages(labels[:, None, None, None].astype(np.uint8), labels, tuple("0123456789"), WHOLE)


@pytest.mark.parametrize(("share", "left"), [(0.5, 50), (0.9, 10), (0.999, 1), (1.0, 1)])
def test_a_share_of_one_class_is_left_out(share, left):
    seen = withhold(images(), 3, share, seed=1)
    np.testing.assert_array_equal(np.bincount(seen.labels), [100] * 3 + [left] + [100] * 6)
    np.testing.assert_array_equal(seen.images[:, 0, 0, 0], seen.labels)


def test_per_cent_are_no_share():
    with pytest.raises(ValueError, match=r"share is a fraction in \[0, 1\], got 90"):
        withhold(images(), 3, 90, seed=1)


def test_who_is_left_out_is_random_but_for_the_seed():
    everyone = images()
    numbered = LabelledImages(np.arange(1000).reshape(-1, 1, 1, 1), everyone.labels, everyone.classes, WHOLE)
    kept = [set(withhold(numbered, 3, 0.5, seed=seed).images.ravel().tolist()) for seed in (1, 1, 2)]
    assert kept[0] == kept[1] != kept[2]


def test_what_votes_say_of_each_class():
    ballots = np.zeros((4, 3), int)
    ballots[0] = [8, 0, 0]  # right, and sure
    ballots[1] = [4, 4, 0]  # right by being first, one bit
    ballots[2] = [2, 2, 4]  # wrong, a bit and a half
    ballots[3] = [0, 8, 0]  # right, and sure
    doubt = by_class(ballots, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(doubt.entropy, [0.5, 0.75, np.nan])
    np.testing.assert_allclose(doubt.accuracy, [100, 50, np.nan])


def rises(own, others):
    """Networks of whole classes with an entropy of 0.4 bits, and those of ten withheld classes."""
    entropy = np.full((10, 10), 0.4 + others) + (own - others) * np.eye(10)
    return Doubt(np.full((3, 10), 0.4), np.zeros((3, 10))), Doubt(entropy, np.zeros((10, 10)))


def test_the_rise_of_a_withheld_class_is_held_against_that_of_the_others():
    np.testing.assert_allclose(excess_rise(*rises(0.7, 0.1)), np.full(10, 0.6))
    np.testing.assert_allclose(excess_rise(*rises(0.1, 0.1)), np.zeros(10), atol=1e-12)


@pytest.mark.parametrize(("own", "others", "sign"), [(0.7, 0.1, 1), (0.1, 0.7, -1)])
def test_the_measurement_is_of_nine_tenths(own, others, sign):
    whole, nine_tenths = rises(own, others)
    _, nothing = rises(0, 0)
    result = Result(FULL, whole, {50: nothing, 90: nine_tenths, 99: nothing}, WHOLE)
    (found,) = coin_withheld.measurements(result)
    assert (found.claim, found.quantity, found.n) == ("S-holdout", "excess_rise_mnist", 10)
    assert sign * found.value == pytest.approx(0.6)
    assert coin_withheld.measurements(replace(result, config=replace(FULL, trained=100))) == []


def test_points_are_trained_and_sampled():
    points = {name: coin_withheld.compute(SMOKE, name, None) for name in coin_withheld.points(SMOKE)}
    result = coin_withheld.collect(SMOKE, None, points)
    assert result.whole.entropy.shape == (SMOKE.repeats, 10)
    assert result.withheld[90].entropy.shape == (SMOKE.classes, 10)
    assert excess_rise(result.whole, result.withheld[90]).shape == (SMOKE.classes,)
    assert ((result.whole.entropy >= 0) & (result.whole.entropy <= np.log2(10))).all()
