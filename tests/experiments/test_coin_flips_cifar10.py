"""Coins on CIFAR-10: made-up pictures from start to end, and measurements on votes that are made up."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights import datasets, seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments.coin_flips import cifar10 as coin_cifar
from noisyweights.experiments.coin_flips.cifar10 import Result
from noisyweights.experiments.coin_flips.withheld import Doubt
from noisyweights.experiments.device import Device
from noisyweights.experiments.points import compute, gather, write_point
from noisyweights.ledger.verdicts import verdict

SMOKE, FULL = coin_cifar.PROFILES["smoke"], coin_cifar.PROFILES["full"]


@pytest.fixture
def drawn(monkeypatch):
    """Noise in place of pictures: CIFAR-10 is not in the repository."""
    source = DataSource("made up", "here", "ab" * 32)

    def some(*, split):
        rng = seeds.generator(0, split)
        shape = (100, 32, 32, 3)
        return LabelledImages(
            rng.integers(256, size=shape, dtype=np.uint8), np.arange(100) % 10, tuple("0123456789"), source
        )

    monkeypatch.setattr(datasets, "cifar10", some)


def test_points_are_gathered_from_their_folder(drawn, tmp_path):
    names = coin_cifar.points(SMOKE)
    assert names == ("whole-0", "withheld-0")
    for name in names[:1]:
        write_point(
            tmp_path / f"{name}.npz",
            compute("coin_flips.cifar10", name, profile="smoke", device=Device.open("")),
        )
    with pytest.raises(FileNotFoundError, match="lacks these points of coin_cifar: withheld-0"):
        gather("coin_flips.cifar10", profile="smoke", directory=tmp_path)
    point = compute("coin_flips.cifar10", names[1], profile="smoke", device=Device.open(""))
    write_point(tmp_path / "withheld-0.npz", replace(point, device="another"))  # which has no part in it
    result = gather("coin_flips.cifar10", profile="smoke", directory=tmp_path)
    assert (result.votes.sum(-1) == SMOKE.draws).all()
    assert result.whole.entropy.shape == result.withheld.entropy.shape == (1, 10)
    assert coin_cifar.measurements(result) == []
    other = replace(point, arrays=point.arrays | {"source": np.zeros(32, np.uint8)})
    write_point(tmp_path / "withheld-0.npz", other)
    with pytest.raises(ValueError, match="computed on different pictures"):
        gather("coin_flips.cifar10", profile="smoke", directory=tmp_path)
    write_point(tmp_path / "withheld-0.npz", replace(point, experiment="faces"))
    with pytest.raises(ValueError, match="computed with another experiment"):
        gather("coin_flips.cifar10", profile="smoke", directory=tmp_path)
    write_point(tmp_path / "withheld-0.npz", replace(point, config=point.config | {"epochs": 2}))
    with pytest.raises(ValueError, match="computed with another config"):
        gather("coin_flips.cifar10", profile="smoke", directory=tmp_path)


def made_up(*, right, sure, doubtful, excess=0.3, standard=0.8):
    """A thousand votes: right pictures have `sure` for their class, wrong ones `doubtful` for another."""
    labels = np.repeat(np.arange(10), 100)
    ballots = np.zeros((3, 1000, 10), int)
    for at, label in enumerate(labels):
        good = at % 100 < round(100 * right)
        most = sure if good else doubtful
        first, other = (label, (label + 1) % 10) if good else ((label + 1) % 10, label)
        ballots[:, at, first], ballots[:, at, other] = most, 1000 - most
    called = np.where(np.arange(1000) % 100 < round(100 * standard), labels, (labels + 1) % 10)
    whole = Doubt(np.full((3, 10), 0.5), np.zeros((3, 10)))
    withheld = Doubt(0.5 + excess * np.eye(10), np.zeros((10, 10)))
    return Result(FULL, np.tile(called, (3, 1)), ballots, whole, withheld, labels)


def test_what_the_paper_sees_reproduces_its_claim():
    found = coin_cifar.measurements(made_up(right=0.78, sure=990, doubtful=600))
    assert verdict("S-cifar", found).value == "reproduced"
    values = {m.quantity: m.value for m in found}
    assert values["sampling_loss"] == pytest.approx(2)
    assert values["auroc_cifar"] == 1
    assert values["excess_rise_cifar"] == pytest.approx(0.3)


@pytest.mark.parametrize("changes", [{"right": 0.6}, {"doubtful": 985}])
def test_what_it_does_not_see_does_not(changes):
    found = coin_cifar.measurements(made_up(**{"right": 0.78, "sure": 990, "doubtful": 600} | changes))
    assert verdict("S-cifar", found).value == "partly"
