"""Variants of the sampled networks: known weights from start to end, trainings as they are, the slope."""

from dataclasses import replace

import numpy as np
import pytest
from lit_pixels import CHECKSUM, LABELS, lit, show, train_to
from scipy import stats

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips import variants as coin_variants
from noisyweights.experiments.coin_flips.variants import ROADS, WAYS, Result, Variant
from noisyweights.ledger.verdicts import verdict
from noisyweights.networks.coin_flips import sampling

SMOKE = coin_variants.PROFILES["smoke"]
FULL = coin_variants.PROFILES["full"]
WHOLE = DataSource("made up", "here", "ab" * 32)


def variant(losses):
    losses = np.asarray(losses, float)
    plain = np.stack([np.full(len(losses), 50.0), 90 - losses], axis=1)
    votes = np.stack([plain + at for at in range(len(ROADS))], axis=1)
    return Variant(np.full(len(losses), 90.0), votes, np.ones((3, 2)), np.ones((3, len(WAYS))))


def made_up(*, slope, trainings=None):
    """Losses that change by this much at each doubling of the width, but not beyond 800."""
    losses = {width: 20 + slope * np.log2(min(width, 800) / 50) for width in FULL.widths}
    spread = np.array([0, 0.1, 0.2])
    variants = {
        ("fashion", "paper", width): variant(loss + spread[: (trainings or {}).get(width)])
        for width, loss in losses.items()
    }
    return Result(FULL, (5, 250), variants, WHOLE)


@pytest.mark.parametrize(("slope", "wanted"), [(-2, "reproduced"), (2, "not reproduced")])
def test_the_verdict_follows_the_slope_up_to_800_units(slope, wanted):
    found = coin_variants.measurements(made_up(slope=slope))
    assert verdict("S-larger", found).value == wanted
    assert found[0].value == pytest.approx(slope)
    assert found[0].n == 3


def test_there_are_as_many_slopes_as_trainings_of_each_width():
    result = made_up(slope=-2, trainings={100: 2})
    assert result.widths == (50, 100, 200, 400, 800, 1600)
    (found,) = coin_variants.measurements(result)
    assert found.n == 2
    assert found.value == pytest.approx(-2)


def test_losses_are_points_after_all_draws():
    one = variant([3, 4, 5])
    np.testing.assert_allclose(one.loss("plain"), [3, 4, 5])
    np.testing.assert_allclose(one.loss("stretched"), [1, 2, 3])


@pytest.mark.parametrize("changes", [{"trained": 100}, {"tested": 100}])
def test_a_part_of_the_set_measures_nothing(changes):
    assert coin_variants.measurements(replace(made_up(slope=-2), config=replace(FULL, **changes))) == []


def test_a_part_of_the_widths_measures_nothing():
    result = made_up(slope=-2)
    narrow = {key: one for key, one in result.variants.items() if key[2] in (50, 400)}
    assert coin_variants.measurements(replace(result, variants=narrow)) == []


def test_points_name_each_training_once():
    names = coin_variants.points(FULL)
    assert len(set(names)) == len(names) == 13 * 3
    assert names[:4] == ("mnist-paper-400-0", "mnist-paper-400-1", "mnist-paper-400-2", "mnist-norm-400-0")
    assert names[-1] == "fashion-paper-1600-2"
    assert not any(map(coin_variants.uses_device, names))


def test_how_many_trainings_and_widths_there_are_is_no_setting_of_a_point():
    found = [
        catalogue.point_settings("coin_flips.variants", "mnist-paper-400-0", config=config)
        for config in (FULL, replace(FULL, repeats=9, width=7, widths=(3,)))
    ]
    assert found[0] == found[1]
    assert set(found[0]) == {"seed", "trained", "tested", "batch_size", "rate", "dropout", "epochs", "draws"}


def test_half_coins_stretched_are_none(monkeypatch):
    """A network of weights 1/2: stretched to 1, its coins show no zeros; and its biases hold the difference.

    With the mean 1/2 and the variance 1/4 of each coin, E relu = Φ(1)/2 + φ(1)/2.
    """
    show(monkeypatch, lit(LABELS))
    train_to(monkeypatch, np.full(10, 0.5))
    found = coin_variants.compute(replace(SMOKE, trained=None, tested=None), "fashion-free-10-1", None)
    assert {name: array.shape for name, array in found.items()} == {
        "standard": (), "votes": (4, 3), "offset": (2,), "ways": (4,), "source": (32,),
    }  # fmt: skip
    assert found["standard"] == 100
    np.testing.assert_array_equal(found["votes"][2:], np.full((2, 3), 100))
    added = (stats.norm.cdf(1) + stats.norm.pdf(1)) / 2 - 0.5
    expected = [added / 10 / np.sqrt(0.25 * 0.1 * 0.9), 0]
    np.testing.assert_allclose(found["offset"], expected, rtol=1e-5, atol=1e-6)
    # One draw shows heads of k coins, and the same classes, or class 0, are called: 10 (k + 1) % or 10 k %.
    first = found["votes"][0, 0] / 10
    assert first == round(first) < 10
    np.testing.assert_array_equal(found["source"], CHECKSUM)


def test_roads_and_ways_are_told_apart(monkeypatch):
    """Made-up votes that are right for one class more each time that they are asked for."""
    show(monkeypatch, lit(LABELS))
    train_to(monkeypatch, np.where(np.arange(10) == 3, 0.25, 0.5))  # stretched, class 3 is still a coin
    asked = []

    def votes(network, x, *, draws, after, sampled_layers, seed, **way):
        weights = [layer for layer in network.layers if hasattr(layer, "units")]
        largest, moved = weights[0].kernel.numpy().max(), bool(weights[-1].bias.numpy().any())
        asked.append((float(largest), moved, draws, after, seed, tuple(way.values())))
        right = len(asked)
        return np.stack([np.where(right > LABELS, 2, 0)[:, None] * np.eye(10, dtype=int)[LABELS] + 1] * 3)

    monkeypatch.setattr(sampling, "sample_votes", votes)
    found = coin_variants.compute(replace(SMOKE, trained=None, tested=None), "mnist-paper-10-3", None)
    common = (10, (1, 5, 10), 3008)
    assert asked[:4] == [
        (largest, moved, *common, ("full",)) for largest, moved in ((0.5, 0), (0.5, 1), (1, 0), (1, 1))
    ]
    assert asked[4:] == [
        (0.5, False, *common, way) for way in ((4,), (4, "up"), (4, "gaussian"), ("full", "softmax"))
    ]
    # The first picture's class is called where votes tie, so one class is right from the beginning.
    np.testing.assert_allclose(found["votes"], np.tile([[10], [20], [30], [40]], 3))
    np.testing.assert_allclose(found["ways"], [50, 60, 70, 80])


@pytest.mark.parametrize(
    ("point", "start", "dropout"),
    [("mnist-paper-30-0", "paper", 0.2), ("fashion-norm-5-2", "unit norm", 0.2),
     ("mnist-code-7-0", "published code", 0.0), ("mnist-free-7-0", "free", 0.2)],
)  # fmt: skip
def test_a_network_is_made_as_its_point_says(monkeypatch, point, start, dropout):
    show(monkeypatch, lit(LABELS))

    def make(shape, **asked):
        raise Asked(shape, asked)

    monkeypatch.setattr(coin_networks, "make", make)
    with pytest.raises(Asked) as raised:
        coin_variants.compute(SMOKE, point, None)
    _, _, width, number = point.split("-")
    seed = 8 + 1000 * int(number)
    asked = {"hidden": (int(width),), "dropout": dropout, "start": start, "seed": seed}
    assert raised.value.args == ((28, 28, 1), asked)


class Asked(Exception):
    """Ends a computation where it would make a network."""


def training(value):
    return {
        "standard": np.array(value),
        "votes": np.full((4, 3), value),
        "offset": np.full(2, value),
        "ways": np.full(4, value),
        "source": CHECKSUM,
    }


def test_trainings_are_gathered_as_they_are(monkeypatch):
    show(monkeypatch, lit(LABELS))
    points = {name: training(1.0) for name in coin_variants.points(SMOKE)}
    points |= {f"mnist-free-20-{number}": training(float(number)) for number in (10, 3)}
    points |= {"fashion-paper-90-4": training(4.0)}  # of a width that the settings do not name
    del points["mnist-free-20-0"]
    result = coin_variants.collect(SMOKE, None, points)
    free = result.variants["mnist", "free", 20]
    np.testing.assert_array_equal(free.standard, [3, 10])
    np.testing.assert_array_equal(free.votes[:, 2, 1], [3, 10])
    np.testing.assert_array_equal(free.offset[:, 1], [3, 10])
    np.testing.assert_array_equal(free.ways[:, 3], [3, 10])
    assert result.widths == (20, 90)
    assert result.counts == (1, 5, 10)
    assert result.source.sha256 == "ab" * 32
    points["fashion-free-20-0"]["source"] = np.zeros(32, np.uint8)
    with pytest.raises(ValueError, match="computed on other pictures than"):
        coin_variants.collect(SMOKE, None, points)
    del points["fashion-free-20-0"]
    with pytest.raises(ValueError, match="no point of fashion-free-20 "):
        coin_variants.collect(SMOKE, None, points)


def test_offsets_count_stretched_networks_only_where_there_is_something_to_stretch():
    def with_offset(losses, plain, stretched):
        return replace(variant(losses), offset=np.tile([plain, stretched], (3, 1)))

    variants = {
        ("fashion", "paper", 400): with_offset([3, 4, 5], 0.1, 0.2),
        ("fashion", "free", 400): with_offset([6, 7, 8], 0.3, 0.4),
        ("fashion", "norm", 400): with_offset([9, 9, 9], 0.5, 0.6),
        ("mnist", "paper", 400): with_offset([1, 1, 1], 0.7, 0.8),
    }
    offset, loss = Result(FULL, (5, 250), variants, WHOLE).offsets("fashion")
    np.testing.assert_allclose(loss, [3, 4, 5, 6, 7, 8, 4, 5, 6, 9, 9, 9, 7, 7, 7])
    np.testing.assert_allclose(offset, np.repeat([0.1, 0.3, 0.4, 0.5, 0.6], 3))
