"""What a sum keeps of a law's shape, against densities from exact formulas and characteristic functions."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special, stats

from noisyweights.noise import sums

LEVEL = 0.0023  # nats, about that of a Gaussian 5 % too wide
X = np.linspace(-9, 9, 1201)
T = np.linspace(-50, 50, 4001)  # steps of 0.025, so that the inversion repeats itself after 251 deviations

# Characteristic functions of noise of mean 0 and variance 1, with its skewness and excess kurtosis.
CHARACTERISTIC: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float, float]] = {
    "uniform": (lambda t: np.sinc(np.sqrt(3) * t / np.pi), 0.0, -1.2),
    "laplace": (lambda t: 1 / (1 + t**2 / 2), 0.0, 3.0),
    "exponential": (lambda t: np.exp(-1j * t) / (1 - 1j * t), 2.0, 6.0),
    "bimodal": (lambda t: np.cos(0.9 * t) * np.exp(-0.095 * t**2), 0.0, -2 * 0.9**4),
}


def exact(name: str, factors: np.ndarray) -> float:
    """KL of a sum from the Gaussian, nats, by inverting the product of characteristic functions."""
    characteristic, *_ = CHARACTERISTIC[name]
    factors = np.asarray(factors) / np.sqrt(np.square(factors).sum())
    return relative_entropy(np.prod([characteristic(a * T) for a in factors], axis=0))


@cache
def waves() -> np.ndarray:
    return np.exp(-1j * np.outer(X, T)) * (T[1] - T[0]) / (2 * np.pi)


def relative_entropy(characteristic: np.ndarray) -> float:
    """KL from the Gaussian, nats, of the law with this characteristic function at T."""
    seen = np.maximum((waves() @ characteristic).real, 1e-14)  # below which the inversion rounds
    return float(np.trapezoid(seen * (np.log(seen) - stats.norm.logpdf(X)), X))


def leading(name: str, factors: np.ndarray, **more) -> sums.Divergence:
    _, skewness, kurtosis = CHARACTERISTIC[name]
    numbers = sums.effective_numbers(factors)
    return sums.divergence(numbers, skewness=skewness, excess_kurtosis=kurtosis, **more)


@pytest.mark.parametrize("name", CHARACTERISTIC)
@pytest.mark.parametrize("factors", [np.ones(16), np.linspace(0.4, 2, 30)], ids=["equal", "unequal"])
def test_the_series_is_that_of_the_exact_density(name, factors):
    """What the leading terms miss is the next one, but for terms one order higher, 1/n times 8 here."""
    found, truth = leading(name, factors), exact(name, factors)
    assert found.error < 0.3
    missed, n = truth - found.value, sums.effective_numbers(factors).kurtosis
    assert abs(missed - found.next_term) < 8 / n * abs(missed)


def test_skewed_noise_of_one_sign_against_the_gamma_law():
    """A sum of n exponentials is a gamma law, whose entropy is known: an oracle without any series."""
    n = np.array([20.0, 100.0, 1000.0])
    entropy = n + special.gammaln(n) + (1 - n) * special.psi(n)
    truth = 0.5 * np.log(2 * np.pi * np.e * n) - entropy
    found = sums.divergence_of_equal(n, skewness=2.0, excess_kurtosis=6.0, signs="same")
    # Terms of 1/n³ are left: some of them stand in next_term, and make most of what differs.
    assert (np.abs((found.value + found.next_term) / truth - 1) < 16 / n**2).all()
    assert (np.abs(found.value / truth - 1) > 0.2 / n).all()  # the control: without it, 1/n is left


def test_random_signs_average_skewness_away():
    """Of 12 exponentials, with signs as a coin gives them: exact mean over all numbers of minus signs."""
    ups = np.arange(13)
    weights = stats.binom.pmf(ups, 12, 0.5)
    exacts = [
        exact("exponential", np.repeat([1.0, -1.0], [max(up, 12 - up), min(up, 12 - up)])) for up in ups
    ]
    truth = weights @ exacts
    random = leading("exponential", np.ones(12), signs="random")
    assert random.value == pytest.approx(truth, rel=0.5)  # κ/n is 0.5: so few terms, so much error
    assert leading("exponential", np.ones(12)).value > 2 * truth  # the control: all of one sign
    mean_square = weights @ (2 * ups - 12.0) ** 2
    assert random.skewness**2 == pytest.approx(4 * mean_square / 12**3)


@pytest.mark.parametrize("signs", sums.SIGNS)
@pytest.mark.parametrize(("skewness", "kurtosis"), [(0, -1.2), (0, 3.0), (2.0, 6.0), (0.3, 0)])
def test_the_number_needed_just_reaches_the_level(signs, skewness, kurtosis):
    shape = {"skewness": skewness, "excess_kurtosis": kurtosis, "signs": signs}
    needed = sums.weights_needed(LEVEL, **shape)
    at, below = (sums.divergence_of_equal(n, **shape).value for n in (needed, 0.9 * needed))
    assert at == pytest.approx(LEVEL)
    assert below > LEVEL


def test_the_number_needed_is_right_for_a_uniform_law():
    """κ²/(48 n²) = 0.0023 at n = 3.6; the exact divergence crosses the level between 3 and 4 terms."""
    needed = sums.weights_needed(LEVEL, skewness=0, excess_kurtosis=-1.2, signs="same")
    assert exact("uniform", np.ones(3)) > LEVEL > exact("uniform", np.ones(5))
    assert 3 < needed < 4


def test_gaussian_noise_needs_one_weight():
    assert sums.weights_needed(LEVEL, skewness=0, excess_kurtosis=0, signs="same") == 1
    assert sums.divergence_of_equal(1, skewness=0, excess_kurtosis=0, signs="same").value == 0


def test_too_few_weights_are_told_by_the_error():
    """A single uniform weight is 0.18 nats from the Gaussian, and the leading term says 0.03."""
    truth = 0.5 * np.log(2 * np.pi * np.e) - np.log(2 * np.sqrt(3))
    found = sums.divergence_of_equal(1, skewness=0, excess_kurtosis=-1.2, signs="same")
    assert found.value < truth / 5
    assert found.error > 1


def test_two_point_noise_is_no_matter_of_numbers():
    """Equal terms of ±1 make atoms: each halving of the bins adds log 2 to their divergence, without end."""
    n = 100
    atoms = (2 * np.arange(n + 1) - n) / np.sqrt(n)
    mass = stats.binom.pmf(np.arange(n + 1), n, 0.5)

    def binned(width: float) -> float:
        expected = stats.norm.cdf(atoms + width / 2) - stats.norm.cdf(atoms - width / 2)
        seen = (mass > 0) & (expected > 0)
        return float(mass[seen] @ np.log(mass[seen] / expected[seen]))

    at_step = 2 / np.sqrt(n)
    rule = sums.divergence_of_equal(n, skewness=0, excess_kurtosis=-2, signs="same").value
    assert binned(at_step) < 10 * rule < 1e-3  # seen no finer than its steps it is as near as the rule says
    assert binned(at_step / 1024) == pytest.approx(10 * np.log(2), abs=0.02)


def test_infinite_kurtosis_has_no_number_although_the_divergence_is_finite():
    """Student's t with 4 degrees of freedom, whose variance is 2: E exp(itx) = K₂(u) u²/2 at u = 2|t|."""
    u = np.maximum(2 * np.abs(T) / np.sqrt(2 * 16), 1e-9)  # a sixteenth of the variance each
    assert 0 < relative_entropy((special.kv(2, u) * u**2 / 2) ** 16) < 0.1
    assert sums.weights_needed(LEVEL, skewness=0, excess_kurtosis=np.inf, signs="same") == np.inf


@given(arrays(float, st.integers(1, 20), elements=st.floats(-5, 5).filter(lambda a: abs(a) > 1e-3)))
def test_effective_numbers_lie_between_one_and_the_count(factors):
    found = sums.effective_numbers(factors)
    slack = 1 + 1e-9
    assert 1 / slack <= found.kurtosis <= len(factors) * slack
    # (Σa³)² ≤ Σa²Σa⁴ makes the kurtosis's number the safe one for skewness; signs can only help.
    assert found.skewness >= found.kurtosis / slack
    assert found.skewness_random <= found.kurtosis**2 * slack


def test_effective_numbers_of_equal_terms_are_their_count():
    found = sums.effective_numbers(np.full((2, 7), 1e-200))
    assert np.allclose([found.kurtosis, found.skewness], 7)
    assert np.allclose(found.skewness_random, 49)
    assert sums.effective_numbers([1.0, -1.0]).skewness == np.inf


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: sums.effective_numbers([0.0, 0.0]), "all 0"),
        (lambda: sums.effective_numbers([1.0, np.nan]), "finite"),
        (lambda: sums.weights_needed(0, skewness=0, excess_kurtosis=1, signs="same"), "positive"),
        (lambda: sums.weights_needed(1, skewness=0, excess_kurtosis=1, signs="any"), "same, random"),
        (lambda: sums.weights_needed(1, skewness=2, excess_kurtosis=1, signs="same"), "no law"),
        (lambda: sums.weights_needed(1, skewness=np.nan, excess_kurtosis=1, signs="same"), "nan"),
        (lambda: sums.divergence_of_equal(0.5, skewness=0, excess_kurtosis=1, signs="same"), "1 or more"),
        (lambda: sums.divergence_of_equal(2, skewness=0, excess_kurtosis=1, signs="any"), "same, random"),
        (lambda: leading("uniform", np.ones(3), signs="same"), "as they are"),
    ],
)
def test_what_no_law_or_sum_has_is_refused(call, named):
    with pytest.raises(ValueError, match=named):
        call()
