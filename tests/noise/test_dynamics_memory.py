"""Autocorrelation time, Allan deviation and spectrum against exact formulas."""

import numpy as np
import pytest
from traces import autoregression

from noisyweights.noise.dynamics.allan import allan, deviation_of_means
from noisyweights.noise.dynamics.correlation import correlation
from noisyweights.noise.dynamics.spectrum import spectrum


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.5, 0.9, 0.98])
def test_autocorrelation_time_of_an_autoregression(rho):
    # τ = (1 + ρ) / (1 − ρ). One estimate from 1,500 readings scatters by 0.35 τ, the mean of 40 by 0.06.
    exact = (1 + rho) / (1 - rho)
    found = [correlation(autoregression(rho, 1500, seed=seed)).time_reads for seed in range(40)]
    assert np.mean([time.value for time in found]) == pytest.approx(exact, rel=0.25)
    # 95 % intervals: fewer than 32 of 40 would hold the truth once in 10,000 times.
    assert sum(time.low < exact < time.high for time in found) >= 32


def test_independent_reads_and_seconds():
    memory = correlation(autoregression(0.98, 20_000, seed=1), interval_s=0.1)
    assert memory.independent.value == pytest.approx(20_000 / memory.time_reads.value)
    assert memory.time_s.value == pytest.approx(0.1 * memory.time_reads.value)
    assert memory.settled
    assert 60 < memory.fresh_after < 230  # 0.98**114 = 0.1


def test_a_short_slow_trace_is_not_settled():
    assert not correlation(autoregression(0.98, 1500, seed=2)).settled


def test_allan_deviation_of_white_noise_and_of_a_random_walk():
    white = np.random.default_rng(3).standard_normal(20_000)
    found = allan(white, interval_s=0.5)
    m = found.reads
    np.testing.assert_allclose(found.time_s, 0.5 * m)
    # Short averages scatter by about sqrt(m / n): 6 % at m = 64, so 20 % is three times that.
    np.testing.assert_allclose(found.deviation[:7], m[:7] ** -0.5, rtol=0.2)
    walk = allan(np.cumsum(white))
    np.testing.assert_allclose(walk.deviation[:6], np.sqrt((2 * m**2 + 1) / (6 * m))[:6], rtol=0.2)
    assert walk.best == 1
    assert np.all((walk.low < walk.deviation) & (walk.deviation < walk.high))


def test_allan_deviations_as_they_are_published():
    """NIST SP 1065, 12.4: nine readings, NBS14, and 1000 of a generator (Table 31), to the digits printed."""
    nbs14 = np.array([892.0, 809, 823, 798, 671, 644, 883, 903, 677])
    assert deviation_of_means(nbs14, np.array([1, 2])) == pytest.approx([91.22945, 85.95287], abs=5e-6)
    numbers = [1234567890]
    for _ in range(999):
        numbers.append(16807 * numbers[-1] % 2147483647)
    found = deviation_of_means(np.array(numbers) / 2147483647, np.array([1, 10, 100]))
    assert found == pytest.approx([2.922319e-1, 9.159953e-2, 3.241343e-2], rel=5e-7)


@pytest.mark.parametrize("kind", ["white", "walk", "differences"])
def test_allan_intervals_hold_the_truth(kind):
    """By exact deviations: of differences of white noise w, σ² = ½ Var((w₂ₘ − 2wₘ + w₀)/m) = 3/m²."""
    white = np.random.default_rng(4).standard_normal((100, 1001))
    traces = {"white": white, "walk": white.cumsum(1), "differences": np.diff(white)}[kind]
    found = [allan(trace) for trace in traces]
    m = found[0].reads.astype(float)
    exact = {"white": m**-0.5, "walk": np.sqrt((2 * m**2 + 1) / (6 * m)), "differences": np.sqrt(3) / m}[kind]
    held = np.mean([(one.low < exact) & (exact < one.high) for one in found], axis=0)
    assert held.min() >= 0.86  # 95 % of 100: fewer than 86 come once in 4000 times


def coloured(exponent: float, n: int, *, seed: int) -> np.ndarray:
    """Gaussian noise with the spectrum 1/f^exponent, a piece of a trace four times as long."""
    rng = np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(4 * n)
    frequency[0] = frequency[1]
    phases = rng.standard_normal(len(frequency)) + 1j * rng.standard_normal(len(frequency))
    return np.fft.irfft(frequency ** (-exponent / 2) * phases)[:n]


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5])
def test_exponent_of_synthesised_noise(exponent):
    found = [spectrum(coloured(exponent, 8000, seed=seed)).exponent for seed in range(10)]
    assert np.mean([a.value for a in found]) == pytest.approx(exponent, abs=0.05)  # one scatters by 0.03
    assert sum(a.low < exponent < a.high for a in found) >= 6


def test_spectrum_is_a_density_per_hertz():
    found = spectrum(2 * np.random.default_rng(5).standard_normal(20_000), interval_s=0.01)
    assert np.median(found.density) == pytest.approx(2 * 4 * 0.01, rel=0.1)  # one-sided: 2 σ² Δt
    assert found.last < 50  # half of 100 Hz


def test_a_peak_is_no_power_law():
    time = np.arange(8000)
    tone = np.sin(2 * np.pi * 0.02 * time) + 0.1 * np.random.default_rng(6).standard_normal(8000)
    assert not spectrum(tone).decades > 1.2


@pytest.mark.parametrize(("rho", "n"), [(0.5, 1000), (0.9, 1000), (0.98, 5000)])
def test_errors_hold_with_the_reads_that_may_be_counted_on(rho, n):
    """95 % of 300 means are 285 ± 4; below 270 or above 299 is seen once in 10,000 times."""
    held = 0
    for seed in range(300):
        samples = autoregression(rho, n, seed=seed)
        held += abs(samples.mean()) < 1.96 * samples.std() / np.sqrt(correlation(samples).counted)
    assert 270 <= held <= 298


def test_fewer_reads_are_counted_on_the_less_is_known_of_the_memory():
    known, hardly = (correlation(autoregression(0.9, n, seed=1)) for n in (100_000, 500))
    assert 0.98 < known.counted / known.independent.value < 1
    # A relative error of about a half is worth 2 / 0.5² = 8 degrees of freedom: (1.96 / 2.31)² = 0.72.
    assert 0.6 < hardly.counted / hardly.independent.value < 0.85
