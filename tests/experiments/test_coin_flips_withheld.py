"""Withheld classes: what is left out, how far doubt rises, and one small point."""

from dataclasses import replace

import numpy as np
import pytest
from lit_pixels import CHECKSUM, LABELS, lit, show, train_to

from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue
from noisyweights.experiments.coin_flips import withheld as coin_withheld
from noisyweights.experiments.coin_flips.withheld import (
    Doubt,
    Result,
    Withheld,
    by_class,
    excess_rise,
    withhold,
)

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
    """Networks of whole classes, whose entropy is another for each class, and those of ten withheld ones."""
    before = 0.4 + 0.01 * np.arange(10)
    entropy = before + others + (own - others) * np.eye(10)
    nothing = np.zeros((10, 10))
    whole = before + np.array([[-0.1], [0], [0.1]])
    return Doubt(whole, nothing[:3]), Withheld(entropy, nothing, np.arange(10))


def test_the_rise_of_a_withheld_class_is_held_against_that_of_the_others():
    np.testing.assert_allclose(excess_rise(*rises(0.7, 0.1)), np.full(10, 0.6))
    np.testing.assert_allclose(excess_rise(*rises(0.1, 0.1)), np.zeros(10), atol=1e-12)


def test_withheld_classes_need_not_be_the_first():
    whole, withheld = rises(0.7, 0.1)
    kept = [8, 3]
    some = Withheld(withheld.entropy[kept], withheld.accuracy[kept], np.array(kept))
    np.testing.assert_array_equal(some.own.nonzero(), [[0, 1], [8, 3]])
    np.testing.assert_allclose(excess_rise(whole, some), [0.6, 0.6])


@pytest.mark.parametrize(("own", "others", "sign"), [(0.7, 0.1, 1), (0.1, 0.7, -1)])
def test_the_measurement_is_of_nine_tenths(own, others, sign):
    whole, nine_tenths = rises(own, others)
    _, nothing = rises(0, 0)
    result = Result(FULL, whole, {50: nothing, 90: nine_tenths, 99: nothing}, WHOLE)
    (found,) = coin_withheld.measurements(result)
    assert (found.claim, found.quantity, found.n) == ("S-holdout", "excess_rise_mnist", 10)
    assert sign * found.value == pytest.approx(0.6)
    assert coin_withheld.measurements(replace(result, config=replace(FULL, trained=100))) == []


def test_points_are_trainings_on_whole_classes_and_without_one():
    names = coin_withheld.points(replace(SMOKE, repeats=2, shares=(50, 99)))
    assert names == (
        "whole-0", "whole-1", "withheld-50-0", "withheld-50-1", "withheld-99-0", "withheld-99-1",
    )  # fmt: skip
    assert not any(map(coin_withheld.uses_device, names))
    found = [
        catalogue.point_settings("coin_flips.withheld", "whole-0", config=config)
        for config in (FULL, replace(FULL, repeats=9, shares=(1,), classes=3))
    ]
    assert found[0] == found[1]
    assert found[0]["epochs"] == 20


@pytest.mark.parametrize(
    ("point", "seed", "seen"),
    [
        ("whole-2", 2008, [3] * 10),
        ("withheld-50-4", 4008, [3] * 4 + [2] + [3] * 5),
        ("withheld-99-0", 8, [1] + [3] * 9),
    ],
)
def test_a_network_of_known_odds_doubts_as_its_coins_do(monkeypatch, point, seed, seen):
    """Class 5 shows in one draw of four, and else leaves the call to class 0; the others always show."""
    show(monkeypatch, lit(LABELS))
    asked = train_to(monkeypatch, np.where(np.arange(10) == 5, 0.25, 1))
    config = replace(SMOKE, trained=None, tested=None, draws=1000)
    found = coin_withheld.compute(config, point, None)
    (training,) = asked
    assert (training.epochs, training.seed) == (1, seed)
    np.testing.assert_array_equal(np.bincount(training.images.labels), seen)
    np.testing.assert_array_equal(found["accuracy"], np.where(np.arange(10) == 5, 0, 100))
    others = np.delete(found["entropy"], 5)
    np.testing.assert_allclose(others, 0, atol=1e-12)
    # H(1/4) = 0.811 bits; its slope log2 3 there, and a deviation of 0.0137 of the share of heads.
    assert found["entropy"][5] == pytest.approx(0.8113, abs=4 * 1.585 * 0.0137)
    np.testing.assert_array_equal(found["source"], CHECKSUM)


def training(value):
    return {"entropy": np.full(10, value), "accuracy": np.full(10, 10 * value), "source": CHECKSUM}


def test_trainings_are_gathered_as_they_are(monkeypatch):
    show(monkeypatch, lit(LABELS))
    points = {f"whole-{number}": training(float(number)) for number in (11, 2)}
    points |= {f"withheld-90-{label}": training(float(label)) for label in (7, 3)}
    points |= {"withheld-5-6": training(6.0)}  # of a share that the settings do not name
    result = coin_withheld.collect(SMOKE, None, points)
    np.testing.assert_array_equal(result.whole.entropy[:, 4], [2, 11])
    np.testing.assert_array_equal(result.whole.accuracy[:, 4], [20, 110])
    assert list(result.withheld) == [5, 90]
    np.testing.assert_array_equal(result.withheld[90].classes, [3, 7])
    np.testing.assert_array_equal(result.withheld[90].entropy[:, 0], [3, 7])
    np.testing.assert_array_equal(result.withheld[5].accuracy, np.full((1, 10), 60))
    assert result.source.sha256 == "ab" * 32
    for kind in ("whole", "withheld-90"):
        some = {name: arrays for name, arrays in points.items() if not name.startswith(kind)}
        with pytest.raises(ValueError, match=f"no point of {kind} "):
            coin_withheld.collect(SMOKE, None, some)
    points["withheld-90-3"]["source"] = np.zeros(32, np.uint8)
    with pytest.raises(ValueError, match="withheld-90-3 was computed on other pictures"):
        coin_withheld.collect(SMOKE, None, points)
