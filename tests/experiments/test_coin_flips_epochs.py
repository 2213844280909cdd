"""Training as long as the paper: one small point from start to end, and the verdict on accuracies made up."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights.datasets.source import DataSource
from noisyweights.experiments.coin_flips import epochs as coin_epochs
from noisyweights.experiments.coin_flips import experiment as coin_flips
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.epochs import Result
from noisyweights.ledger.verdicts import verdict

SMOKE, FULL = coin_epochs.PROFILES["smoke"], coin_epochs.PROFILES["full"]
WHOLE = DataSource("made up", "here", "ab" * 32)


def test_the_start_is_that_of_table_i():
    config, flips = FULL, coin_flips.PROFILES["full"]
    layers = ("filters", "dense", "conv_dropout", "rate", "batch_size", "seed", "draws", "repeats")
    assert all(getattr(config, name) == getattr(flips, name) for name in layers)
    assert config.epochs == 100


@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
def test_points_are_named_as_in_table_i(profile):
    names = coin_epochs.points(coin_epochs.PROFILES[profile])
    assert set(names) <= set(coin_flips.points(coin_flips.PROFILES[profile]))


def test_a_network_is_trained_and_sampled():
    points = {name: coin_epochs.compute(SMOKE, name, None) for name in coin_epochs.points(SMOKE)}
    result = coin_epochs.collect(SMOKE, None, points)
    n = len(coin_networks.load(SMOKE, "fashion_mnist", "test").labels)
    for accuracies in (result.standard, result.sampled):
        assert accuracies.shape == (SMOKE.repeats,)
        right = accuracies * n / 100
        np.testing.assert_allclose(right, right.round(), atol=1e-9)
    assert coin_epochs.measurements(result) == []  # of a part
    points["fashion-conv-0"]["source"] = np.zeros(32, np.uint8)
    with pytest.raises(ValueError, match="other pictures than there are now"):
        coin_epochs.collect(SMOKE, None, points)


@pytest.mark.parametrize(
    ("standard", "sampled", "word"),
    [(90.5, 90.4, "reproduced"), (90.5, 85.0, "partly"), (87.0, 86.9, "not reproduced")],
)
def test_both_accuracies_must_be_the_papers(standard, sampled, word):
    spread = np.array([-0.1, 0.0, 0.1])
    result = Result(FULL, standard + spread, sampled + spread, WHOLE)
    found = coin_epochs.measurements(result)
    assert verdict("S-fashion-epochs", found).value == word
    assert [m.value for m in found] == pytest.approx([standard, sampled])
    assert coin_epochs.measurements(replace(result, config=replace(FULL, tested=100))) == []
