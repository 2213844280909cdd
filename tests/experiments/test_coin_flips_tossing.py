"""What coins make of a network, on networks whose weights are set by hand."""

from dataclasses import replace

import numpy as np
import pytest
from lit_pixels import CHECKSUM, LABELS, lit, show, train_to
from scipy import stats

from noisyweights.experiments.coin_flips import experiment, networks, tasks, tossing
from noisyweights.experiments.coin_flips.settings import PRECISIONS
from noisyweights.networks.coin_flips import sampling

CONFIG = replace(experiment.PROFILES["smoke"], hidden=10, draws=20, coarse=5, trained=None, tested=None)


@pytest.mark.parametrize("task", ["mnist-ff", "fashion-conv"])
def test_weights_of_one_are_no_coins(monkeypatch, task):
    """Each output is the pixel of its class: all draws agree, and nothing is biased."""
    show(monkeypatch, lit(LABELS, second=51))
    train_to(monkeypatch, np.ones(10))
    found = experiment.compute(CONFIG, f"{task}-0", None)
    np.testing.assert_array_equal(found["standard"], LABELS)
    np.testing.assert_array_equal(found["runner_up"], (LABELS + 3) % 10)
    for precision in PRECISIONS:
        np.testing.assert_array_equal(found[f"votes_{precision}"], 20 * np.eye(10)[LABELS])
    np.testing.assert_array_equal(found["single"], np.ones(20))
    np.testing.assert_array_equal(found["by_count"], [100] * 5)
    np.testing.assert_array_equal(found["error"], [0, 0, 0, 0, np.nan])
    np.testing.assert_array_equal(found["coarse"], [100] * 8)
    for name, value in {"product_bias": 0, "product_slope": 1, "activation_bias": 0, "expected": 100}.items():
        np.testing.assert_allclose(found[name], value, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(found["offset"], 0, atol=1e-6)
    np.testing.assert_array_equal(found["source"], CHECKSUM)


def test_a_coin_for_each_class_of_a_picture(monkeypatch):
    """Output c is 1 when the coin of class c shows its head; else all outputs are 0, and class 0 is called.

    With the mean 1/2 and the variance 1/4 of such a coin, E relu = Φ(1)/2 + φ(1)/2.
    """
    show(monkeypatch, lit(LABELS))
    train_to(monkeypatch, np.full(10, 0.5))
    found = experiment.compute(replace(CONFIG, draws=400), "mnist-ff-0", None)
    heads = found["votes_full"].reshape(10, 3, 10)  # by class
    assert (heads == heads[:, :1]).all()  # one toss serves all pictures
    own = heads[:, 0].diagonal()
    expected = np.diag(own)
    expected[1:, 0] = 400 - own[1:]
    np.testing.assert_array_equal(heads[:, 0], expected)
    assert own[0] == 400
    assert (np.abs(own[1:].astype(int) - 200) < 40).all()  # four deviations of 10
    for precision in (8, 4):  # hold one half exactly, and meet the same random numbers
        np.testing.assert_array_equal(found[f"votes_{precision}"], found["votes_full"])
    assert found["single"].mean() == pytest.approx(own.sum() / 4000)
    added = (stats.norm.cdf(1) + stats.norm.pdf(1)) / 2 - 0.5
    np.testing.assert_allclose(found["activation_bias"], added / 10 / np.sqrt(0.25 / 10), rtol=1e-5)
    np.testing.assert_allclose(found["offset"], added / 10 / np.sqrt(0.25 * 0.1 * 0.9), rtol=1e-5)
    assert found["expected"] == 100
    # 300 tosses of ten coins: their mean has the deviation 0.5/√3000, and a tenth of the units is lit.
    bias = float(found["product_bias"])
    assert 0 < abs(bias) < 4 * 0.5 / np.sqrt(3000) / 10 / np.sqrt(0.25 / 10)
    np.testing.assert_allclose(found["product_slope"], 1 + np.sqrt(10) * bias, rtol=1e-5)


def test_each_precision_has_its_coins(monkeypatch):
    """Odds of 3 % are none with 4 bits, and 8/256 with 8."""
    show(monkeypatch, lit(LABELS))
    train_to(monkeypatch, np.where(np.arange(10) == 2, 0.03, 1))
    found = experiment.compute(replace(CONFIG, draws=400), "mnist-ff-0", None)
    twos = {precision: found[f"votes_{precision}"][LABELS == 2, 2] for precision in PRECISIONS}
    np.testing.assert_array_equal(twos[4], [0, 0, 0])
    assert (twos[8] > 0).all()  # or 400 coins of 1/32 in vain: 3 times in a million
    assert (twos["full"] > 0).all()


@pytest.mark.parametrize(
    ("point", "epochs", "seed", "hidden"),
    [("mnist-ff-0", 7, 8, 10), ("fashion-ff-2", 7, 2008, 10), ("mnist-conv-11", 3, 11008, 12)],
)
def test_a_network_is_trained_as_its_point_says(monkeypatch, point, epochs, seed, hidden):
    show(monkeypatch, lit(LABELS))

    def train(settings, network, images, **asked):
        raise Asked(network, images, asked)

    monkeypatch.setattr(networks, "train", train)
    with pytest.raises(Asked) as raised:
        experiment.compute(replace(CONFIG, epochs=7, conv_epochs=3, dense=12), point, None)
    network, images, asked = raised.value.args
    assert asked == {"epochs": epochs, "seed": seed}
    assert len(images.labels) == 30
    assert [layer.units for layer in network.layers if hasattr(layer, "units")] == [hidden, 10]


class Asked(Exception):
    """Ends a computation where it would train."""


def test_votes_are_counted_after_each_number_of_draws(monkeypatch):
    """By hand: the first picture is called 0 in two draws of eight, and the second always by its class."""
    choices = np.array([[0, 1, 1, 1, 0, 1, 1, 1], [2] * 8], np.uint8).T
    monkeypatch.setattr(sampling, "sample_choices", lambda *args, **kwargs: choices)
    config = replace(CONFIG, draws=8)
    labels = np.array([1, 2])
    network = feed_forward(monkeypatch)
    found = tossing.sampled(config, network, np.zeros((2, 28, 28, 1)), labels, seed=1)
    # After 1, 2, 5 and 8 draws: 0 has more votes; as many, and comes first; fewer; fewer.
    np.testing.assert_array_equal(found["by_count"], [50, 50, 100, 100])
    np.testing.assert_array_equal(found["single"], [0.5, 1, 1, 1, 0.5, 1, 1, 1])
    np.testing.assert_array_equal(found["votes_full"][:, :4], [[2, 6, 0, 0], [0, 0, 8, 0]])
    # One draw and the next differ by 1 in two of twenty shares, two and the next two by a half.
    np.testing.assert_allclose(found["error"], [np.sqrt(2 / 20 / 2), np.sqrt(0.5 / 20 / 2), np.nan, np.nan])


def test_accuracies_of_one_to_eight_bits(monkeypatch):
    """Made-up votes that are right for as many classes as there are bits."""
    asked = []

    def votes(network, x, *, draws, precision, **others):
        asked.append((draws, precision))
        return np.where(precision > LABELS, draws, 0)[:, None] * np.eye(10, dtype=int)[LABELS] + 1

    monkeypatch.setattr(sampling, "sample_votes", votes)
    labels = np.where(LABELS == 0, 10, LABELS)  # votes that say nothing call class 0, which none is
    network = feed_forward(monkeypatch)
    found = tossing.sampled(CONFIG, network, lit(LABELS).images / 255.0, labels, seed=1)
    np.testing.assert_allclose(found["coarse"], [0, 10, 20, 30, 40, 50, 60, 70])
    assert asked == [(20, 8), (20, 4), *((5, bits) for bits in range(1, 9))]
    np.testing.assert_array_equal(found["votes_4"], votes(None, None, draws=20, precision=4))
    np.testing.assert_array_equal(found["votes_8"], votes(None, None, draws=20, precision=8))


def feed_forward(monkeypatch):
    """The network of a task with weights of one."""
    train_to(monkeypatch, np.ones(10))
    network = tasks.make_network(CONFIG, "mnist-ff", seed=1)
    networks.train(CONFIG, network, None, epochs=1, seed=1)
    return network


def test_the_error_of_vote_shares_is_that_of_fractions():
    """A share p of k votes has the variance p(1 − p)/k."""
    rng = np.random.default_rng(0)
    p = np.array([0.5, 0.3, 0.2])
    choices = rng.choice(3, size=(400, 2000), p=p)
    exact = np.sqrt(np.sum(p * (1 - p)) / 10 / np.array([20, 200]))  # of ten classes
    found = [tossing.share_error(choices, count) for count in (20, 200)]
    np.testing.assert_allclose(found, exact, rtol=0.02)
    assert np.isnan(tossing.share_error(choices, 201))
