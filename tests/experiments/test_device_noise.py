"""The device-noise experiment on a device whose law is known."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.experiments.device import Device
from noisyweights.experiments.device_noise import experiment as device_noise
from noisyweights.ledger import verdicts
from noisyweights.noise import laws

CONFIG = replace(device_noise.PROFILES["smoke"], chunk=8, chunks=2, most=1000)
LAW = laws.bayes_mtj(A=2.0, B=0.1, C=0.45)


class Known(Device):
    """A device whose samples are at hand."""

    def samples(self):
        return 3 + 2 * np.asarray(LAW.quantile(seeds.generator(5, "known").random(3000)))


@pytest.fixture(scope="module")
def device():
    return Known("known", "", "0", "V", 3000, 0, 3.0, 2 / LAW.raw_scale, LAW, LAW, "", False)


@pytest.fixture(scope="module")
def result(device):
    own = [name for name in device_noise.points(CONFIG) if name.startswith("device")]
    points = {name: device_noise.compute(CONFIG, name, device) for name in own}
    # The ECRAM's points are as many and as long; the device's stand in for them.
    points |= {name.replace("device", "ecram"): arrays for name, arrays in points.items()}
    return device_noise.collect(CONFIG, device, points)


def test_the_claims_take_what_is_measured(result):
    measured = device_noise.measurements(result)
    for claim in ("P-fit-mtj", "P-fit-ecram", "P-moments"):
        assert verdicts.check_states(claim, measured)


def test_a_device_of_eq_3_is_found_to_be_one(result):
    trace = result.traces["device"]
    assert trace.ks < 1.36 / np.sqrt(3000)  # 5 % point for a known law; a fitted one lies nearer
    assert trace.goodness.ks_p > 1e-3
    assert trace.ks_gaussian > 2 * trace.ks
    value, low, _ = trace.heldout_gain
    assert 0 < low < value


def test_intervals_hold_their_values(result):
    for quantity in ("ks", "ks_ratio"):
        value, low, high = result.traces["device"].interval(quantity)
        assert low <= value <= high


def test_the_gap_of_a_wrong_fit_shows(result):
    trace = result.traces["device"]
    assert np.abs(trace.gap(trace.gaussian)).max() == pytest.approx(trace.ks_gaussian, rel=0.05)


def test_chunks_differ_and_repeat(device):
    first, second = (device_noise.compute(CONFIG, f"device-null-{i}", device)["null"] for i in (0, 1))
    assert not np.isin(first, second).any()
    np.testing.assert_array_equal(first, device_noise.compute(CONFIG, "device-null-0", device)["null"])
