"""The energy-distance experiment: its network at the origin, its target, and what its measurements say."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from noisyweights.experiments.energy_distance import experiment as energy_distance
from noisyweights.experiments.energy_distance.experiment import BINS, GLOROT, LAWS, LEARNED, RANDOM
from noisyweights.ledger import verdicts
from noisyweights.networks.mean_field import energy_distance as energy
from noisyweights.noise import laws

CONFIG = energy_distance.PROFILES["smoke"]


def synthetic(slope):
    """Points of a world where KL and distances are powers of the width."""
    found = {}
    for name in energy_distance.points(CONFIG):
        width = float(name.split(".")[2])
        kl = np.full((len(LAWS), 3), 0.5 * width**slope)
        kl[[0, -1]] = np.nan
        found[name] = {
            "ks_target": np.full(len(LAWS), 0.1 * width**slope),
            "ks_gaussian": np.full(len(LAWS), 0.01),
            "kl": kl,
            "kurtosis": np.array([0, 0.5, -1.0, 0.1, -0.5, -1.5]) / width,
            "density": np.ones((len(LAWS), len(BINS) - 1)),
            "loss": np.ones(10),
        }
    return found


@pytest.fixture
def device(monkeypatch):
    monkeypatch.setattr(energy_distance, "controls", lambda device: dict.fromkeys(LAWS, laws.uniform()))
    return SimpleNamespace(law=laws.uniform())


@pytest.mark.parametrize("slope", [-2.0, -0.25])
def test_slopes_and_ends_are_those_put_in(device, slope):
    result = energy_distance.collect(CONFIG, device, synthetic(slope))
    measured = energy_distance.measurements(result)
    for claim in ("P-energy", "P-energy-law", "P-energy-kl", "P-ecram-energy"):
        assert verdicts.check_states(claim, measured)
    found = {m.quantity: m.value for m in measured}
    widest = CONFIG.widths[-1]
    assert found["worst_slope_device"] == pytest.approx(slope)
    assert found["worst_slope_bimodal"] == pytest.approx(slope)
    assert found["worst_width_slope"] == pytest.approx(slope)
    assert found["worst_kl_widest"] == pytest.approx(0.5 * widest**slope)
    assert found["worst_ks_widest"] == pytest.approx(0.1 * widest**slope)
    assert found["worst_ks_narrowest"] == pytest.approx(0.01)


def test_effective_weights_undo_the_central_limit(device):
    result = energy_distance.collect(CONFIG, device, synthetic(-2.0))
    kurtosis = -1.2  # of the uniform law, which stands for all of them here
    expected = np.array(CONFIG.widths) * kurtosis / -1.0
    assert result.effective_weights("bimodal", depth=1)[:, 0] == pytest.approx(expected)


def test_the_target_is_the_standard_normal_law():
    rule = energy_distance.target(CONFIG)
    moments = [rule(lambda y, power=power: y**power) for power in range(5)]
    assert moments == pytest.approx([1, 0, 1, 0, 3], abs=1e-12)


@pytest.mark.parametrize("reading", [LEARNED, RANDOM, GLOROT])
def test_at_the_origin_the_first_kernel_does_not_matter(reading):
    network = energy_distance.make_network(CONFIG, depth=2, width=3, reading=reading, seed=1)
    origin = energy_distance.ORIGIN
    before = energy.sample_outputs(network, origin, draws=20, seed=1)
    network.layers[0].kernel_loc.assign_add(np.ones((1, 3)))
    assert (energy.sample_outputs(network, origin, draws=20, seed=1) == before).all()
    network.layers[1].kernel_loc.assign_add(np.ones((3, 3)))
    assert not (energy.sample_outputs(network, origin, draws=20, seed=1) == before).any()


def test_trainings_that_all_widths_have_count(device):
    points = synthetic(-1.0)
    for width in CONFIG.widths:
        points[f"learned.1.{width}.5"] = points[f"learned.1.{width}.0"]
    points["learned.1.2.9"] = points["learned.1.2.0"]  # of one width alone
    result = energy_distance.collect(CONFIG, device, points)
    assert result.trainings(depth=1) == 2
    assert {m.n for m in energy_distance.measurements(result)} == {2}
    renamed = {name.replace("learned.1.2.0", "learned.1.2.3"): one for name, one in synthetic(-1.0).items()}
    with pytest.raises(ValueError, match=r"no training of learned\.1 is there for all widths"):
        energy_distance.collect(CONFIG, device, renamed)


def test_a_law_is_at_no_distance_from_itself_and_has_its_moments(device):
    """All laws are the uniform one here, so that all predict alike, to the bit."""
    config = replace(CONFIG, iterations=3, predicted=2000)
    found = energy_distance.compute(config, "learned.1.2.0", device)
    assert (found["ks_gaussian"] == 0).all()
    assert np.nanmax(np.abs(found["kl"][:, 0])) < 0.05
    assert np.ptp(found["ks_target"]) == 0
    assert found["kurtosis"] == pytest.approx(np.full(len(LAWS), found["kurtosis"][0]))
    width = BINS[1] - BINS[0]
    assert found["density"].sum(1) * width == pytest.approx(np.ones(len(LAWS)))
    again = energy_distance.compute(config, "learned.1.2.0", device, trained=found["weights"])
    for quantity, numbers in found.items():
        np.testing.assert_array_equal(again[quantity], numbers, err_msg=quantity)
    assert len(found["loss"]) == 3
    other = energy_distance.compute(config, "learned.1.2.1", device)
    assert not np.array_equal(other["weights"], found["weights"])  # of another start and other draws


def test_training_brings_the_prediction_to_its_target(monkeypatch):
    """Random biases alone can give a normal law: a training from too narrow a one comes closer to it."""
    gaussian = laws.gaussian()
    monkeypatch.setattr(energy_distance, "controls", lambda device: dict.fromkeys(LAWS, gaussian))
    config = replace(CONFIG, iterations=600, predicted=4000, initial_scale=0.3)
    few = energy_distance.compute(replace(config, iterations=1), "random.1.2.0", SimpleNamespace())
    found = energy_distance.compute(config, "random.1.2.0", SimpleNamespace())
    assert found["loss"][-10:].mean() < few["loss"][0]
    assert found["ks_target"][0] < 0.5 * few["ks_target"][0]
