"""The two-level ensemble against enumeration of all its states and the master equation of one fluctuator."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import linalg, stats

from noisyweights.noise.simulation import fluctuators
from noisyweights.noise.simulation.fluctuators import ECRAM, Ensemble

ALARM = 1e-3  # p-value below which a correct sampler is declared wrong, once in a thousand seeds


def small() -> Ensemble:
    """One cell of five unlike fluctuators and one unused place."""
    return Ensemble(
        amplitude_uS=np.array([[0.3, 0.1, 0.25, 0.7, 0.05, 0.0]]),
        occupancy=np.array([[0.5, 0.9, 0.2, 0.05, 0.6, 0.5]]),
        switching_time_s=np.array([[1.0, 0.1, 3.0, 0.5, 10.0, 1.0]]),
    )


def states(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Every value of δG of a single cell, with its probability: 2ⁿ of them."""
    on = np.array(list(product([0, 1], repeat=ensemble.occupancy.shape[1])))
    p, a = ensemble.occupancy[0], ensemble.amplitude_uS[0]
    return (on - p) @ a, np.prod(np.where(on == 1, p, 1 - p), axis=1)


def many(ensemble: Ensemble, copies: int) -> Ensemble:
    """The same cell many times over."""
    return Ensemble(
        **{name: np.repeat(getattr(ensemble, name), copies, axis=0) for name in vars(ensemble)},
    )


def test_cumulants_against_enumeration():
    value, weight = states(small())
    moment = [np.sum(weight * value**k) for k in range(5)]
    exact = [moment[1], moment[2], moment[3], moment[4] - 3 * moment[2] ** 2]
    np.testing.assert_allclose(
        fluctuators.cumulants(small())[:, 0], exact, rtol=1e-12, atol=1e-15
    )  # rounding


def test_snapshots_visit_each_state_as_often_as_it_is_likely():
    draws = fluctuators.snapshot(many(small(), 20_000), seed=1)
    value, weight = states(small())
    level, place = np.unique(np.round(value, 9), return_inverse=True)
    expected = 20_000 * np.bincount(place, weight)
    seen = np.array([np.sum(np.abs(draws - v) < 1e-8) for v in level])
    assert seen.sum() == draws.size
    common = expected > 5  # the χ² limit; the rest is pooled
    table = [np.append(counts[common], counts[~common].sum()) for counts in (seen, expected)]
    assert stats.chisquare(*table).pvalue > ALARM
    shifted = np.roll(table[1], 1)
    assert stats.chisquare(table[0], shifted).pvalue < ALARM  # negative control


@pytest.mark.parametrize("interval", [0.05, 1.0])
def test_telegraph_follows_the_master_equation(interval):
    """Joint law of two successive readings of one fluctuator against the exponential of its rate matrix."""
    p, tau, copies = 0.3, 0.7, 20_000
    one = Ensemble(np.ones((copies, 1)), np.full((copies, 1), p), np.full((copies, 1), tau))
    trace = fluctuators.telegraph(one, interval_s=interval, readings=4, seed=3)
    on = np.round(trace + p).astype(int)
    rates = np.array([[-p, p], [1 - p, p - 1]]) / tau  # from a row's state to a column's
    joint = np.diag([1 - p, p]) @ linalg.expm(rates * interval)
    for before, after in ((0, 1), (2, 3)):
        seen = np.histogram2d(on[before], on[after], bins=2)[0]
        assert stats.chisquare(seen.ravel(), copies * joint.ravel()).pvalue > ALARM
        wrong = np.diag([1 - p, p]) @ linalg.expm(rates * interval * 1.3)
        assert stats.chisquare(seen.ravel(), copies * wrong.ravel()).pvalue < ALARM  # negative control


def test_autocovariance_of_a_trace():
    copies = 4000
    trace = fluctuators.telegraph(many(small(), copies), interval_s=0.25, readings=5, seed=9)
    for lag in (0, 1, 4):
        products = trace[0] * trace[lag]
        exact = fluctuators.autocovariance(small(), lag_s=0.25 * lag)[0]
        assert abs(products.mean() - exact) < 4 * products.std() / np.sqrt(copies)  # four standard errors


def test_log_uniform_switching_times_give_one_over_f():
    """Between the reciprocal times, the Lorentzians Σ 4vτ/(1 + (ωτ)²) add up to a slope of −1."""
    cells = fluctuators.ensembles(replace(ECRAM, mean_count=2000.0), cells=20, seed=1)
    v = cells.amplitude_uS**2 * cells.occupancy * (1 - cells.occupancy)
    omega = np.logspace(1.5, 4.5, 13)  # a decade and a half inside 10⁰ … 10⁶
    spectrum = [
        np.sum(4 * v * cells.switching_time_s / (1 + (w * cells.switching_time_s) ** 2)) for w in omega
    ]
    slope = np.polyfit(np.log(omega), np.log(spectrum), 1)[0]
    assert slope == pytest.approx(-1, abs=0.03)  # 40,000 fluctuators over six decades


def test_a_population_has_the_stated_spread():
    cells = fluctuators.ensembles(ECRAM, cells=4000, seed=4)
    used = cells.amplitude_uS > 0
    counts = used.sum(axis=1)
    assert abs(counts.mean() - 30) < 4 * np.sqrt(30 / 4000)  # four standard errors of a Poisson mean
    assert counts.var() == pytest.approx(30, rel=0.1)
    logs = np.log(cells.amplitude_uS[used] / 0.1)
    assert stats.kstest(logs[:5000] / 0.5, "norm").pvalue > ALARM
    asymmetry = np.log(1 / cells.occupancy - 1).ravel()[:5000]
    assert stats.kstest(asymmetry, stats.uniform(-3, 6).cdf).pvalue > ALARM


def test_pooled_cells_have_the_moments_of_their_population():
    """Variance ⟨n⟩⟨a²⟩⟨v⟩ and fourth cumulant of the mixture, by integration over the population."""
    energy = np.linspace(-3, 3, 20001)
    p = 1 / (1 + np.exp(energy))
    v = p * (1 - p)
    second = 0.1**2 * np.exp(2 * 0.5**2) * np.trapezoid(v, energy) / 6
    fourth = 0.1**4 * np.exp(8 * 0.5**2) * np.trapezoid(v * (1 - 3 * v), energy) / 6  # one term's 4th moment
    # A Poisson number of independent terms has cumulants ⟨n⟩ E[termᵏ] (Campbell).
    draws = fluctuators.snapshot(fluctuators.ensembles(ECRAM, cells=40_000, seed=5), seed=5)
    assert abs(np.mean(draws**2) - 30 * second) < 4 * np.std(draws**2) / np.sqrt(draws.size)
    kurtosis = 30 * fourth / (30 * second) ** 2
    blocks = stats.kurtosis(draws.reshape(20, -1), axis=1)
    assert abs(blocks.mean() - kurtosis) < 4 * blocks.std() / np.sqrt(20) + 0.01  # and a bias of order 1/2000


def test_the_seed_alone_decides():
    cells = fluctuators.ensembles(ECRAM, cells=5, seed=1)
    again = fluctuators.ensembles(ECRAM, cells=5, seed=1)
    np.testing.assert_array_equal(fluctuators.snapshot(cells, seed=2), fluctuators.snapshot(again, seed=2))
    assert not np.array_equal(fluctuators.snapshot(cells, seed=2), fluctuators.snapshot(cells, seed=3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean_count": 0.0}, "mean_count = 0.0 must be positive"),
        ({"amplitude_uS": np.inf}, "amplitude_uS = inf must be positive and finite"),
        ({"longest_s": 1e-9}, "longest_s = 1e-09 must exceed shortest_s = 1e-06"),
    ],
)
def test_an_impossible_population_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(ECRAM, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"occupancy": np.full((1, 6), 1.5)}, "occupancy holds a value outside"),
        ({"occupancy": np.full((1, 5), 0.5)}, "need one shape"),
        ({"switching_time_s": np.zeros((1, 6))}, "switching_time_s holds a value that is not positive"),
    ],
)
def test_an_impossible_ensemble_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(small(), **change)


def test_an_impossible_trace_is_refused():
    with pytest.raises(ValueError, match="interval_s > 0 and readings >= 1"):
        fluctuators.telegraph(small(), interval_s=0.0, readings=3, seed=1)
