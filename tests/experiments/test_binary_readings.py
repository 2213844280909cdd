"""The readings of chapter 7: what each weighs, what is stored, and one small network from start to end."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from noisyweights.experiments import catalogue
from noisyweights.experiments.binary import readings as binary_readings
from noisyweights.experiments.binary import recipes
from noisyweights.networks.binary import models, stochastic_passes

SMOKE = binary_readings.PROFILES["smoke"]


def test_each_reading_has_its_weight():
    config = replace(SMOKE, kl_weight=0.001)
    weights = [binary_readings.weight(config, reading, 500) for reading in binary_readings.READINGS]
    assert weights == [0.001, 1 / 500, 0.001 / 500]
    assert binary_readings.weight(config, "ends", 500) == 0.001


def test_shares_of_stored_values_are_those_of_many_draws():
    settings = replace(SMOKE, initial_scale=1.0)  # so that many draws end at both ends
    network = models.lenet5(recipes.recipe(settings, "proposed"), seed=1)
    found = binary_readings._stored(network, SMOKE.bits)
    drawn = stochastic_passes.stored_samples(network, 2000, seed=1)
    for at, layers in enumerate((drawn[:-1], drawn[-1:])):
        values = np.concatenate(layers, axis=1)
        margin = 5 * np.sqrt(0.25 / values.size)  # five standard errors of a share
        assert found["silent"][at] == pytest.approx((values == 0).mean(), abs=margin)
        assert found["largest"][at] == pytest.approx((values == values.max()).mean(), abs=margin)
    assert found["silent"][0] == pytest.approx(stats.norm.cdf(-1 + 1 / 15), abs=1e-6)  # a step is 2/15


@pytest.mark.parametrize(
    ("drawn", "still"), [("last layer", "hidden layers"), ("hidden layers", "last layer")]
)
def test_doubt_comes_from_the_scales_that_vary(monkeypatch, drawn, still):
    """Where some scales hardly vary, all doubt is that of the others."""

    def train(config, network, method, images, *, seed):
        *hidden, last = stochastic_passes.scaled_layers(network)
        quiet = hidden if still == "hidden layers" else [last]
        for layer in (*hidden, last):
            layer.scale_loc.assign(np.full(layer.scale_loc.shape, 9 * layer.largest_scale() / 15))
            # As wide as that, hidden scales are stored as zero now and then, and switch their units off.
            layer.scale_log_scale.assign(np.full(layer.scale_loc.shape, -20.0 if layer in quiet else 0.0))

    monkeypatch.setattr(recipes, "train", train)
    found = binary_readings.compute(SMOKE, "picture-0", None)
    by_drawn = dict(zip(binary_readings.DRAWN, found["information"], strict=True))
    assert by_drawn[still] == pytest.approx(0, abs=1e-6)
    assert by_drawn[drawn] == by_drawn["all layers"] > 1e-3
    every, *others = (found["nll"][binary_readings.DRAWN.index(one)] for one in ("all layers", drawn, still))
    assert every == others[0] != others[1]


@pytest.mark.parametrize(
    ("point", "weight", "ends", "size"),
    [
        ("picture-0", 0.001, True, (1, 7)),
        ("bayes-2", 1 / SMOKE.trained, True, (1, 2007)),
        ("set-0", 0.001 / SMOKE.trained, True, (1, 7)),
        ("wide-1", 0.001, True, (2, 1007)),
        ("ends-0", 0.001, False, (1, 7)),
    ],
)
def test_each_network_is_made_and_trained_as_its_name_says(monkeypatch, point, weight, ends, size):
    made = []

    def lenet5(recipe, *, width, seed):
        made.append((recipe.scale.kl_weight, recipe.binary_ends, (width, seed)))
        raise StopIteration  # nothing else is looked at here

    monkeypatch.setattr(models, "lenet5", lenet5)
    with pytest.raises(StopIteration):
        binary_readings.compute(SMOKE, point, None)
    assert made == [(pytest.approx(weight), ends, size)]


def points(*, sha256="ab" * 32):
    """Trainings 0 and 3 of each network, whose mean is the network's place."""
    quantities = ("weight", "accuracy", "nll", "information", "silent", "largest", "divergence")
    found = {
        f"{kind}-{number}": {
            quantity: np.array([at + jitter, 10 * at, offset]) for offset, quantity in enumerate(quantities)
        }
        | {"source": np.frombuffer(bytes.fromhex(sha256), np.uint8)}
        for at, kind in enumerate(binary_readings.READINGS + binary_readings.VARIANTS)
        for number, jitter in ((3, 0.5), (0, -0.5))
    }
    return dict(reversed(found.items()))


def test_trainings_are_averaged_network_by_network():
    found = points()
    del found["set-0"]
    result = binary_readings.collect(SMOKE, None, found)
    assert result.trainings == (2, 2, 1, 2, 2)
    assert result.accuracy[:, 0].tolist() == [0, 1, 2.5, 3, 4]
    for offset, name in enumerate(
        ("weights", "accuracy", "nll", "information", "silent", "largest", "divergence")
    ):
        assert getattr(result, name)[:, 1].tolist() == [0, 10, 20, 30, 40]
        assert set(getattr(result, name)[:, 2]) == {offset}
    assert binary_readings.measurements(result) == []


def test_points_of_different_pictures_and_missing_networks_are_refused():
    found = points()
    found["set-3"] = found["set-3"] | {"source": np.zeros(32, np.uint8)}
    with pytest.raises(ValueError, match="was computed on other pictures than"):
        binary_readings.collect(SMOKE, None, found)
    without = {name: one for name, one in points().items() if not name.startswith("wide")}
    with pytest.raises(ValueError, match=r"no point of wide .* compute wide-0"):
        binary_readings.collect(SMOKE, None, without)


def test_a_training_is_a_point_that_needs_no_device():
    names = binary_readings.points(replace(SMOKE, repeats=2))
    assert names[:3] == ("picture-0", "picture-1", "bayes-0")
    assert len(names) == 10
    assert not any(map(binary_readings.uses_device, names))
    one, two = (
        catalogue.point_settings("binary.readings", "wide-0", config=replace(SMOKE, repeats=n))
        for n in (1, 2)
    )
    assert one == two
