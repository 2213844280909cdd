"""Variants of the sampled networks: the slope over widths, and small points from start to end."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights.datasets.source import DataSource
from noisyweights.experiments.coin_flips import variants as coin_variants
from noisyweights.experiments.coin_flips.variants import ROADS, WAYS, Result, Variant
from noisyweights.ledger.verdicts import verdict

SMOKE = coin_variants.PROFILES["smoke"]
FULL = coin_variants.PROFILES["full"]
WHOLE = DataSource("made up", "here", "ab" * 32)


def variant(losses):
    losses = np.asarray(losses, float)
    plain = np.stack([np.full(len(losses), 50.0), 90 - losses], axis=1)
    votes = np.stack([plain + at for at in range(len(ROADS))], axis=1)
    return Variant(np.full(len(losses), 90.0), votes, np.ones((3, 2)), np.ones((3, len(WAYS))))


def made_up(*, slope):
    """Losses that change by this much at each doubling of the width, but not beyond 800."""
    losses = {width: 20 + slope * np.log2(min(width, 800) / 50) for width in FULL.widths}
    variants = {
        ("fashion", "paper", width): variant(loss + np.array([0, 0.1, 0.2])) for width, loss in losses.items()
    }
    return Result(FULL, (5, 250), variants, WHOLE)


@pytest.mark.parametrize(("slope", "wanted"), [(-2, "reproduced"), (2, "not reproduced")])
def test_the_verdict_follows_the_slope_up_to_800_units(slope, wanted):
    found = coin_variants.measurements(made_up(slope=slope))
    assert verdict("S-larger", found).value == wanted
    assert found[0].value == pytest.approx(slope)


def test_losses_are_points_after_all_draws():
    one = variant([3, 4, 5])
    np.testing.assert_allclose(one.loss("plain"), [3, 4, 5])
    np.testing.assert_allclose(one.loss("stretched"), [1, 2, 3])


@pytest.mark.parametrize("changes", [{"trained": 100}, {"tested": 100}, {"widths": (50, 400)}])
def test_a_part_of_the_set_or_of_the_widths_measures_nothing(changes):
    assert coin_variants.measurements(replace(made_up(slope=-2), config=replace(FULL, **changes))) == []


def test_points_name_each_network_once():
    names = coin_variants.points(FULL)
    assert len(set(names)) == len(names) == 13
    assert "fashion-paper-1600" in names


def test_a_point_brings_free_weights_into_range_and_stretches_them():
    found = coin_variants.compute(SMOKE, "fashion-free-20", None)
    assert found["votes"].shape == (SMOKE.repeats, len(ROADS), 3)  # after 1, 5 and 10 draws
    assert found["ways"].shape == (SMOKE.repeats, len(WAYS))
    # Weights of a tenth or two fill a small part of the range, so that stretching calms their coins.
    assert (found["offset"][:, 1] < found["offset"][:, 0] / 1.5).all()
    points = {"fashion-free-20": found}
    result = coin_variants.collect(SMOKE, None, points)
    assert result.variants["fashion", "free", 20].standard.shape == (SMOKE.repeats,)
    points["fashion-free-20"] = found | {"source": np.zeros(32, np.uint8)}
    with pytest.raises(ValueError, match="fashion-free-20 was computed on other pictures"):
        coin_variants.collect(SMOKE, None, points)


def test_offsets_count_stretched_networks_only_where_there_is_something_to_stretch():
    variants = {
        ("fashion", "paper", 400): variant([3, 4, 5]),
        ("fashion", "free", 400): variant([6, 7, 8]),
        ("fashion", "norm", 400): variant([9, 9, 9]),
        ("mnist", "paper", 400): variant([1, 1, 1]),
    }
    offset, loss = Result(FULL, (5, 250), variants, WHOLE).offsets("fashion")
    np.testing.assert_allclose(loss, [3, 4, 5, 6, 7, 8, 4, 5, 6, 9, 9, 9, 7, 7, 7])
    assert offset.shape == loss.shape
