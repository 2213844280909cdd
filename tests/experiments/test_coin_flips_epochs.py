"""Training as long as the paper: one small point from start to end, and the verdict on accuracies made up."""

from dataclasses import replace

import numpy as np
import pytest
from lit_pixels import CHECKSUM, LABELS, lit, show, train_to

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue
from noisyweights.experiments.coin_flips import epochs as coin_epochs
from noisyweights.experiments.coin_flips import experiment as coin_flips
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


def test_how_many_trainings_there_are_is_no_setting_of_a_point():
    found = [
        catalogue.point_settings("coin_flips.epochs", "fashion-conv-0", config=config)
        for config in (FULL, replace(FULL, repeats=9), replace(FULL, epochs=9))
    ]
    assert found[0] == found[1] != found[2]
    assert not coin_epochs.uses_device("fashion-conv-0")


def test_accuracies_of_a_network_of_known_odds(monkeypatch):
    """Two classes show in one draw of four, and else leave the call to class 0; the others always show."""
    show(monkeypatch, lit(LABELS))
    asked = train_to(monkeypatch, np.where(np.isin(np.arange(10), (3, 5)), 0.25, 1))
    config = replace(SMOKE, trained=None, tested=None, draws=200)
    found = coin_epochs.compute(config, "fashion-conv-7", None)
    (training,) = asked
    assert (training.epochs, training.seed) == (2, 7008)
    # 4 · 0.25 is left of the pixel without coins, and is the largest output there is.
    assert found["standard"] == 100
    assert found["sampled"] == 80
    assert set(found) == {"standard", "sampled", "source"}
    np.testing.assert_array_equal(found["source"], CHECKSUM)


def test_trainings_are_gathered_as_they_are(monkeypatch):
    show(monkeypatch, lit(LABELS))
    points = {
        f"fashion-conv-{number}": {
            "standard": np.array(90.0 + number),
            "sampled": np.array(80.0 + number),
            "source": CHECKSUM,
        }
        for number in (10, 4)
    }
    result = coin_epochs.collect(SMOKE, None, points)
    np.testing.assert_array_equal(result.standard, [94, 100])
    np.testing.assert_array_equal(result.sampled, [84, 90])
    assert result.source.sha256 == "ab" * 32
    assert coin_epochs.measurements(result) == []  # of a part
    whole = coin_epochs.measurements(replace(result, config=FULL))
    assert [(one.value, one.n) for one in whole] == [(97, 2), (87, 2)]
    points["fashion-conv-4"]["source"] = np.zeros(32, np.uint8)
    with pytest.raises(ValueError, match="fashion-conv-4 was computed on other pictures"):
        coin_epochs.collect(SMOKE, None, points)
    with pytest.raises(ValueError, match="no point of fashion-conv "):
        coin_epochs.collect(SMOKE, None, {})


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
