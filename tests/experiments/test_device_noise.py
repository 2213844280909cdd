"""The device-noise experiment on a device whose law is known, against SciPy's distances and integrals."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, stats

from noisyweights import datasets, seeds
from noisyweights.experiments.device import ECRAM, Device
from noisyweights.experiments.device_noise import experiment as device_noise
from noisyweights.ledger import verdicts
from noisyweights.noise import fitting, laws

CONFIG = replace(device_noise.PROFILES["smoke"], chunk=4, chunks=2, most=1000)
LAW = laws.bayes_mtj(A=2.0, B=0.1, C=0.45)
N = 3000
# Evenly spread in probability, so that averages over the samples are integrals under the law.
SAMPLES = 3 + 2 * np.asarray(LAW.quantile((np.arange(N) + 0.5) / N))


class Known(Device):
    """A device whose samples are at hand."""

    def samples(self):
        return SAMPLES


@pytest.fixture(scope="module")
def device():
    return Known("known", "", "0", "V", N, 0, 3.0, 2 / LAW.raw_scale, LAW, LAW, "", False)


@pytest.fixture(scope="module")
def own(device):
    """The device's own points."""
    names = [name for name in device_noise.points(CONFIG) if device_noise.uses_device(name)]
    return {name: device_noise.compute(CONFIG, name, device) for name in names}


@pytest.fixture(scope="module")
def result(own, device):
    # The ECRAM's points are as many and as long; the device's stand in for them.
    return device_noise.collect(CONFIG, device, own | mirrored(own))


def mirrored(points):
    return {name.replace("device", "ecram"): arrays for name, arrays in points.items()}


def test_points_of_both_devices():
    kinds = ("heldout", "resampled-0", "resampled-1", "null-0", "null-1")
    device, ecram = [f"device-{kind}" for kind in kinds], [f"ecram-{kind}" for kind in kinds]
    assert device_noise.points(CONFIG) == (*device, *ecram)
    assert [device_noise.uses_device(name) for name in (*device, *ecram)] == [True] * 5 + [False] * 5


def test_the_claims_take_what_is_measured(result):
    measured = device_noise.measurements(result)
    for claim in ("P-fit-mtj", "P-fit-ecram", "P-moments"):
        assert verdicts.check_states(claim, measured)


def test_the_held_out_gain_is_the_divergence(own):
    """A law of known shape predicts its own samples better than the Gaussian by KL(law ‖ Gaussian)."""

    z = np.linspace(*LAW.support, 200_001)[1:-1]
    density = LAW.prob(z).numpy()
    ratio = np.log(density) - stats.norm.logpdf(z)
    kl, square = (integrate.simpson(density * ratio**power, x=z) for power in (1, 2))
    value, low, high = own["device-heldout"]["gain"]
    # Two free parameters cost some 1/N nats on unseen samples.
    assert value == pytest.approx(kl, abs=3 / N)
    half = 1.96 * np.sqrt((square - kl**2) / N)
    assert (value - low, high - value) == pytest.approx((half, half), rel=0.02)


def test_distances_of_resampled_data_from_their_own_fits(own, device):
    """Replicates 4 … 7 are the second chunk; each draws a thousand of the samples with replacement."""
    for row, replicate in zip(own["device-resampled-1"]["ks"], range(4, 8), strict=True):
        drawn = seeds.generator(CONFIG.seed, "device", "resampled", replicate).choice(SAMPLES, 1000)
        assert len(np.unique(drawn)) < 1000
        fitted = fitting.fit(drawn, family="bayes_mtj").distribution()
        known = (
            stats.kstest(drawn, lambda x, fitted=fitted: fitted.cdf(x).numpy()).statistic,
            stats.kstest(drawn, stats.norm(drawn.mean(), drawn.std()).cdf).statistic,
        )
        assert_allclose(row, known, rtol=1e-4)  # the search of a refit starts elsewhere


def test_chunks_of_replicates_join_to_a_run_of_all(own, device):
    whole = device_noise.compute(replace(CONFIG, chunk=8), "device-resampled-0", device)["ks"]
    chunks = [own[f"device-resampled-{chunk}"]["ks"] for chunk in (0, 1)]
    assert_allclose(np.concatenate(chunks), whole, rtol=1e-12)
    fit = fitting.fit(SAMPLES, family="bayes_mtj")
    whole = fitting.bootstrap_statistics(fit, replicates=range(8), seed=CONFIG.seed)
    chunks = [own[f"device-null-{chunk}"]["null"] for chunk in (0, 1)]
    # Fits that go side by side stop together, so that the last digits hang on who is beside whom.
    assert_allclose(np.concatenate(chunks), whole, rtol=1e-6)
    assert len(np.unique(whole[:, 0])) == 8
    for chunk in (0, 1):
        observed = own[f"device-null-{chunk}"]["observed"]
        known = stats.kstest(SAMPLES, lambda x: fit.distribution().cdf(x).numpy()).statistic
        assert observed[0] == pytest.approx(known, rel=1e-9)


def test_points_of_the_ecram_ask_no_device():
    samples = datasets.read_noise(ECRAM).samples
    fit = fitting.fit(samples, family="ecram").distribution()
    observed = device_noise.compute(replace(CONFIG, chunk=1), "ecram-null-0", None)["observed"]
    known = stats.kstest(samples, lambda x: fit.cdf(x).numpy()).statistic
    assert observed[0] == pytest.approx(known, rel=1e-9)


def test_both_fits_are_to_the_samples(result):
    trace = result.traces["device"]
    for fit, distance in ((trace.fitted, trace.ks), (trace.gaussian, trace.ks_gaussian)):
        known = stats.kstest(SAMPLES, lambda x, fit=fit: fit.cdf(x).numpy()).statistic
        assert distance == pytest.approx(known, rel=1e-12)
    # Where the samples are spread evenly, half a step is all that a right law leaves.
    assert trace.ks < 10 * 0.5 / N
    x = np.linspace(3 - 2 * LAW.support[1], 3 + 2 * LAW.support[1], 20_001)
    exact = LAW.cdf((x - 3) / 2).numpy()
    assert trace.ks_gaussian == pytest.approx(np.abs(exact - stats.norm.cdf(x, 3, 2)).max(), abs=2 / N)
    assert trace.parameters["A"] == pytest.approx(LAW.A, rel=0.05)
    assert result.traces["ecram"].samples is not trace.samples
    assert len(result.traces["ecram"].samples) == len(datasets.read_noise(ECRAM).samples)


def test_the_gap_of_a_fit_is_signed(result):
    trace = result.traces["device"]
    assert_allclose(
        np.interp([0, 0.5, 1], np.linspace(0, 1, 1000), trace.grid), np.quantile(SAMPLES, [0, 0.5, 1])
    )
    below = np.mean(SAMPLES[:, None] <= trace.grid, axis=0)
    gaussian = stats.norm.cdf(trace.grid, SAMPLES.mean(), SAMPLES.std())
    assert_allclose(trace.gap(trace.gaussian), below - gaussian, atol=1e-6)  # it is fitted to bins
    placed = trace.law(laws.uniform())
    assert (float(placed.mean()), float(placed.stddev())) == pytest.approx((SAMPLES.mean(), SAMPLES.std()))


@pytest.mark.parametrize("size", [1, 3, 10])
def test_the_largest_gap_is_that_of_all_pieces(monkeypatch, size):
    """The samples 1, 2 and 5 under the uniform law on (0, 10): 1 − 0.5 above, at the last one."""
    monkeypatch.setattr(device_noise, "CHUNK", size)
    fit = SimpleNamespace(cdf=lambda x: x / 10)
    assert device_noise._ks(np.array([5.0, 1.0, 2.0]), fit) == pytest.approx(0.5)
    assert device_noise._ks(np.array([9.0, 8.0, 9.5]), fit) == pytest.approx(0.8)  # below, at the first


def trace_of(result, **known):
    return replace(result.traces["device"], **known)


def test_intervals_are_of_percentiles_and_their_mirror_images(result):
    resampled = np.stack([np.linspace(0.01, 0.05, 41), np.full(41, 0.2)], axis=1)
    trace = trace_of(result, ks=0.02, ks_gaussian=0.1, ks_resampled=resampled)
    # 2.5 % and 97.5 % of the 41 are 0.011 and 0.049, and mirrored about 0.02 they are 0.029 and −0.009.
    assert trace.interval("ks") == pytest.approx((0.02, 0, 0.049))
    # Ratios from 0.055 to 0.245 about 0.2: mirrored 0.155 to 0.345.
    assert trace.interval("ks_ratio") == pytest.approx((0.2, 0.055, 0.345))


def chunk(ks, null):
    return {"ks": np.array(ks)}, {"observed": np.array([0.02, 1.0]), "null": np.array(null)}


def test_collect_takes_the_chunks_that_are_there(own, device):
    """Three chunks of resampling, two nulls of three replicates in all: p-values (1 + 1)/4 and (1 + 3)/4."""
    first, null = chunk([[0.1, 0.2]], [[0.01, 2.0]])
    second, other_null = chunk([[0.3, 0.4], [0.5, 0.6]], [[0.03, 1.0], [0.01, 3.0]])
    third, _ = chunk([[0.7, 0.8]], [])
    points = {
        "device-resampled-11": third,
        "device-null-5": null,
        "device-null-12": other_null,
        "device-resampled-2": second,
        "device-heldout": {"gain": np.array([0.5, 0.4, 0.6])},
        "device-resampled-0": first,
    }
    result = device_noise.collect(CONFIG, device, points | mirrored(own))
    trace = result.traces["device"]
    assert_array_equal(trace.ks_resampled, [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]])
    assert trace.heldout_gain == (0.5, 0.4, 0.6)
    assert (trace.goodness.ks, trace.goodness.ad, trace.goodness.replicates) == (0.02, 1.0, 3)
    assert (trace.goodness.ks_p, trace.goodness.ad_p) == (0.5, 1.0)
    assert len(result.traces["ecram"].ks_resampled) == 8


@pytest.mark.parametrize("lost", ["device-heldout", "ecram-heldout", "device-resampled", "ecram-null"])
def test_collect_says_what_is_missing(own, device, lost):
    points = {name: arrays for name, arrays in (own | mirrored(own)).items() if not name.startswith(lost)}
    with pytest.raises(ValueError, match=lost):
        device_noise.collect(CONFIG, device, points)


def test_moments_are_integrated_and_not_taken_from_a_definition(own, device):
    class Displaced(type(laws.gaussian())):
        """A law that claims to be standard and has the mean 0.1 and the variance 1.21."""

        def _log_prob(self, z):
            return super()._log_prob((z - 0.1) / 1.1) - np.log(1.1)

    wrong = replace(device, law=Displaced())
    moments = device_noise.collect(CONFIG, wrong, own | mirrored(own)).moments
    assert_allclose(moments, [[0, 1], [0.1, 1.21], [0, 1]], atol=1e-12)


def test_what_is_measured(result):
    resampled = np.array([[0.02, 0.1], [0.02, 0.1]])
    known = {
        "device": trace_of(result, ks=0.02, ks_gaussian=0.1, ks_resampled=resampled, heldout_gain=(3, 2, 4)),
        "ecram": trace_of(
            result, samples=SAMPLES[:700], ks=0.01, ks_resampled=resampled, heldout_gain=(1, 0, 2)
        ),
    }
    moments = np.array([[0.0, 1.0], [-0.5, 1.25], [0.25, 0.5]])
    found = {
        (m.claim, m.quantity): (m.value, m.low, m.high, m.n)
        for m in device_noise.measurements(replace(result, traces=known, moments=moments))
    }
    assert {key: pytest.approx(value) for key, value in found.items()} == {
        ("P-fit-mtj", "ks_distance"): (0.02, 0.02, 0.02, 1000),
        ("P-fit-mtj", "ks_ratio_to_gaussian"): (0.2, 0.2, 0.2, 1000),
        ("P-fit-mtj", "heldout_loglik_gain_nats"): (3, 2, 4, N),
        ("P-fit-ecram", "ks_distance"): (0.01, 0.0, 0.02, 700),
        ("P-fit-ecram", "heldout_loglik_gain_nats"): (1, 0, 2, 700),
        ("P-moments", "max_abs_mean"): (0.5, 0.5, 0.5, 0),
        ("P-moments", "max_abs_variance_error"): (0.5, 0.5, 0.5, 0),
    }
