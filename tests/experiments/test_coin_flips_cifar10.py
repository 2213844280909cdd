"""Coins on CIFAR-10: known weights from start to end, what a point keeps of pictures, what is measured."""

from dataclasses import replace

import numpy as np
import pytest
from lit_pixels import CHECKSUM, LABELS, lit, show, train_to

from noisyweights.experiments.coin_flips import cifar10 as coin_cifar
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.cifar10 import Result
from noisyweights.experiments.coin_flips.withheld import Doubt, Withheld
from noisyweights.ledger.verdicts import verdict

SMOKE, FULL = coin_cifar.PROFILES["smoke"], coin_cifar.PROFILES["full"]
# As small as three convolutions can be, and wide enough for ten classes.
TINY = replace(SMOKE, trained=None, tested=None, draws=400, fewer=100, filters=(1,), hidden=(10,))


def test_points_are_trainings_on_whole_classes_and_without_one():
    names = coin_cifar.points(SMOKE)
    assert names == ("whole-0", "withheld-0")
    assert len(coin_cifar.points(FULL)) == 13
    assert not any(map(coin_cifar.uses_device, names))
    whole, withheld = (coin_cifar.settings(FULL, name) for name in names)
    assert {*whole} - {*withheld} == {"draws"}
    assert {*withheld} - {*whole} == {"fewer", "share"}
    assert {*whole} & {"repeats", "classes"} == set()


def test_a_point_tells_where_a_network_is_right_but_not_what_pictures_show(monkeypatch):
    """Class 5 shows in one draw of four, and else leaves the call to class 0; the others always show."""
    show(monkeypatch, lit(LABELS, side=32))
    asked = train_to(monkeypatch, np.where(np.arange(10) == 5, 0.25, 1))
    found = coin_cifar.compute(TINY, "whole-3", None)
    (training,) = asked
    assert (training.epochs, training.seed, len(training.images.labels)) == (1, 3008, 30)
    np.testing.assert_array_equal(found["standard"], np.full(30, True), strict=True)
    np.testing.assert_array_equal(found["right"], LABELS != 5, strict=True)
    np.testing.assert_allclose(found["doubt"][LABELS != 5], 0, atol=1e-6)
    assert found["doubt"].dtype == np.float32
    np.testing.assert_allclose(found["doubt"][LABELS == 5], found["entropy"][5], rtol=1e-6)
    # H(1/4) = 0.811 bits; its slope log2 3 there, and a deviation of 0.0217 of the share of heads.
    assert found["entropy"][5] == pytest.approx(0.8113, abs=4 * 1.585 * 0.0217)
    np.testing.assert_array_equal(found["accuracy"], np.where(np.arange(10) == 5, 0, 100))
    assert set(found) == {"standard", "right", "doubt", "entropy", "accuracy", "source"}
    np.testing.assert_array_equal(found["source"], CHECKSUM)


def test_a_point_without_most_of_a_class_keeps_means_of_classes_alone(monkeypatch):
    labels = np.repeat(np.arange(10), 20)
    show(monkeypatch, lit(labels, side=32))
    asked = train_to(monkeypatch, np.ones(10))
    found = coin_cifar.compute(TINY, "withheld-4", None)
    np.testing.assert_array_equal(np.bincount(asked[0].images.labels), [20] * 4 + [2] + [20] * 5)
    assert set(found) == {"entropy", "accuracy", "source"}
    np.testing.assert_array_equal(found["accuracy"], np.full(10, 100))


@pytest.mark.parametrize(("point", "draws"), [("whole-0", 400), ("withheld-0", 100)])
def test_networks_are_made_and_drawn_as_their_point_says(monkeypatch, point, draws):
    show(monkeypatch, lit(LABELS, side=32))
    train_to(monkeypatch, np.ones(10))
    made, sampled = [], []
    make, sample = coin_networks.make, coin_cifar.sampling.sample_votes

    def making(shape, **asked):
        made.append((shape, asked))
        return make(shape, **asked)

    def sampling(network, x, **asked):
        sampled.append(asked)
        return sample(network, x, **asked)

    monkeypatch.setattr(coin_networks, "make", making)
    monkeypatch.setattr(coin_cifar.sampling, "sample_votes", sampling)
    coin_cifar.compute(TINY, point, None)
    layers = {"filters": (1,), "hidden": (10,), "dropout": 0.25, "start": "paper", "seed": 8}
    assert made == [((32, 32, 3), layers)]
    assert sampled == [{"draws": draws, "precision": "full", "sampled_layers": "dense", "seed": 8}]


def training(value, *, whole):
    found = {"entropy": np.full(10, value), "accuracy": np.full(10, 10 * value), "source": CHECKSUM}
    if whole:
        right = {name: np.array([value > 1, True]) for name in ("standard", "right")}
        found |= right | {"doubt": np.full(2, value, np.float32)}
    return found


def test_trainings_are_gathered_as_they_are():
    points = {f"whole-{number}": training(float(number), whole=True) for number in (10, 1)}
    points |= {f"withheld-{label}": training(float(label), whole=False) for label in (8, 5)}
    result = coin_cifar.collect(SMOKE, None, points)
    np.testing.assert_array_equal(result.standard, [[False, True], [True, True]])
    np.testing.assert_array_equal(result.right, result.standard)
    np.testing.assert_array_equal(result.doubt, [[1, 1], [10, 10]])
    np.testing.assert_array_equal(result.whole.entropy[:, 0], [1, 10])
    np.testing.assert_array_equal(result.withheld.classes, [5, 8])
    np.testing.assert_array_equal(result.withheld.accuracy[:, 9], [50, 80])
    assert coin_cifar.measurements(result) == []  # of a part
    for kind in ("whole", "withheld"):
        with pytest.raises(ValueError, match=f"no point of {kind} "):
            coin_cifar.collect(SMOKE, None, {name: one for name, one in points.items() if kind not in name})
    points["withheld-5"]["source"] = np.zeros(32, np.uint8)
    with pytest.raises(ValueError, match="withheld-5 was computed on other pictures than whole-10"):
        coin_cifar.collect(SMOKE, None, points)


def made_up(*, right, sure=0.1, doubtful=0.9, excess=0.3, standard=0.8):
    """Right pictures have the entropy `sure` [bits] and wrong ones `doubtful`; three of whole classes."""
    place = np.tile(np.arange(1000) % 100, (3, 1))
    is_right = place < round(100 * right)
    whole = Doubt(np.full((3, 10), 0.5), np.zeros((3, 10)))
    withheld = Withheld(0.5 + excess * np.eye(10), np.zeros((10, 10)), np.arange(10))
    doubt = np.where(is_right, sure, doubtful)
    return Result(FULL, place < round(100 * standard), is_right, doubt, whole, withheld)


def test_what_the_paper_sees_reproduces_its_claim():
    found = coin_cifar.measurements(made_up(right=0.78))
    assert verdict("S-cifar", found).value == "reproduced"
    assert {(one.claim, one.quantity): (one.value, one.n) for one in found} == {
        ("S-cifar", "sampling_loss"): (pytest.approx(2), 3),
        ("S-cifar", "median_entropy_gap"): (pytest.approx(0.8), 3),
        ("S-entropy", "auroc_cifar"): (1, 3),
        ("S-holdout", "excess_rise_cifar"): (pytest.approx(0.3), 10),
    }


@pytest.mark.parametrize("changes", [{"right": 0.6}, {"doubtful": 0.2}])
def test_what_it_does_not_see_does_not(changes):
    found = coin_cifar.measurements(made_up(**{"right": 0.78} | changes))
    assert verdict("S-cifar", found).value == "partly"
