"""The divergence between samples, held against integrals of laws whose densities are known."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from noisyweights.scores.metrics import kl_from_samples

N = 50_000


def sums_of_uniforms(seed: int, terms: int, paired: bool) -> tuple[np.ndarray, np.ndarray]:
    """Standardised sums of uniforms, and of Gaussians drawn through the same or other numbers."""
    generator = np.random.default_rng(seed)
    u = generator.random((N, terms))
    v = u if paired else generator.random((N, terms))
    return np.sqrt(12 / terms) * (u - 0.5).sum(1), special.ndtri(v).sum(1) / np.sqrt(terms)


def divergence_of_sums(terms: int) -> float:
    law, spread = stats.irwinhall(terms), np.sqrt(terms / 12)

    def integrand(t: float) -> float:
        p = law.pdf(t)
        q = stats.norm.logpdf((t - terms / 2) / spread) - np.log(spread)
        return p * (np.log(p) - q) if p > 0 else 0.0

    return sum(integrate.quad(integrand, k, k + 1, epsabs=1e-11)[0] for k in range(terms))


@pytest.mark.parametrize(("terms", "paired"), [(1, False), (2, True), (4, True), (4, False), (16, True)])
def test_the_interval_holds_the_divergence_of_sums_of_uniforms(terms: int, paired: bool) -> None:
    truth = divergence_of_sums(terms)
    found = [kl_from_samples(*sums_of_uniforms(seed, terms, paired), paired=paired) for seed in range(40)]
    held = sum(low <= truth <= high for _, low, high, _ in found)
    # Of 40 intervals of 90 %, what is measured where p ends abruptly, 30 or fewer would hold 1 time in 200.
    assert held > 30
    values = np.array([value for value, *_ in found])
    half_widths = np.array([high - value for value, _, high, _ in found])
    # The intervals are as wide as the values spread: neither generous nor too tight.
    assert 0.6 < np.median(half_widths) / (1.96 * values.std()) < 2.2


@pytest.mark.parametrize("paired", [True, False])
def test_equal_laws_have_none(paired: bool) -> None:
    held = 0
    for seed in range(40):
        z, other = np.random.default_rng(seed).normal(size=(2, N))
        x = 0.95 * z + np.sqrt(1 - 0.95**2) * other if paired else other
        value, low, high, n = kl_from_samples(x, z, paired=paired)
        held += low <= 0 <= high
        assert abs(value) < 1e-3
        assert n == N
    assert held > 33  # 38 expected; 33 or fewer of 40 1 time in 300


def test_a_shifted_law_is_seen_and_pairs_sharpen_the_sight() -> None:
    # KL(N(0.05, 1)‖N(0, 1)) = 0.05²/2: the control, since zero must not lie in the interval.
    z, other = np.random.default_rng(3).normal(size=(2, N))
    value, low, high, _ = kl_from_samples(z + 0.05, other, paired=False)
    assert 0 < low < 0.05**2 / 2 < high
    coupled = kl_from_samples(0.99 * z + np.sqrt(1 - 0.99**2) * other + 0.05, z, paired=True)
    assert coupled.high - coupled.low < (high - low) / 2
    assert coupled.low < 0.05**2 / 2 < coupled.high
    assert value == pytest.approx(0.05**2 / 2, rel=0.6)


def test_two_humps_are_resolved() -> None:
    generator = np.random.default_rng(2)
    mean, scale = 0.9, np.sqrt(1 - 0.9**2)
    x = np.where(generator.random(N) < 0.5, mean, -mean) + scale * generator.normal(size=N)

    def integrand(t: float) -> float:
        p = np.mean(stats.norm.pdf(t, [-mean, mean], scale))
        return p * (np.log(p) - stats.norm.logpdf(t))

    truth = integrate.quad(integrand, -6, 6, epsabs=1e-11, limit=200)[0]
    value, low, high, _ = kl_from_samples(x, generator.normal(size=N), paired=False)
    assert low < truth < high
    assert value == pytest.approx(truth, rel=0.05)


def test_any_increasing_map_of_both_changes_nothing() -> None:
    x, y = sums_of_uniforms(1, 4, paired=True)
    plain = kl_from_samples(x, y, paired=True)
    mapped = kl_from_samples(np.sinh(x), np.sinh(y), paired=True)
    # Quantiles are interpolated between neighbours before or after the map: a draw or two changes cells.
    np.testing.assert_allclose(mapped, plain, rtol=1e-3)


def outliers(generator: np.random.Generator, n: int) -> np.ndarray:
    return generator.normal(size=n) + 50 * (generator.random(n) < 0.005)


@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (outliers, 6.25),  # 0.005·50²/2 less the entropy of the mixture's weights
        (lambda g, n: g.standard_t(3, size=n) / np.sqrt(3), 0.195),
        (lambda g, n: g.standard_t(5, size=n) / np.sqrt(5 / 3), 0.047),
        (lambda g, n: g.laplace(size=n) / np.sqrt(2), 0.0724),
    ],
    ids=["outliers", "t3", "t5", "laplace"],
)
def test_tails_that_no_draw_reaches_leave_a_lower_bound(draw, truth: float) -> None:
    generator = np.random.default_rng(5)
    found = kl_from_samples(draw(generator, 2 * N), generator.normal(size=2 * N), paired=False)
    assert found.high == np.inf
    assert 0 < found.low < found.value < truth
    # The other way round the tails are q's, and nothing is lost.
    back = kl_from_samples(generator.normal(size=2 * N), draw(generator, 2 * N), paired=False)
    assert np.isfinite(back.high)


def test_it_is_no_distance() -> None:
    x, y = sums_of_uniforms(1, 2, paired=False)
    with pytest.raises(ValueError, match="where the second has none"):
        kl_from_samples(y, x, paired=False)  # the Gaussian's tails leave the sum's support


def test_a_fit_that_has_not_converged_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = sums_of_uniforms(1, 2, paired=True)
    monkeypatch.setattr("noisyweights.scores.divergence.STEPS", 2)
    with pytest.raises(RuntimeError, match=r"spline of 4 intervals .* a step after 2"):
        kl_from_samples(x, y, paired=True)


def normal(n: int = 2000) -> np.ndarray:
    return np.random.default_rng(0).normal(size=n)


@pytest.mark.parametrize(
    ("first", "second", "paired", "message"),
    [
        (normal(500), normal(), False, "first has 500 draws"),
        (normal(), normal(1500), True, "2000 and 1500 draws make no pairs"),
        (np.sign(normal()), normal(), True, "first repeats .* a law with atoms"),
        (normal(), np.round(normal(), 1), True, "second repeats"),
        (normal() + 10, normal(), True, "divergence is too large"),
        (np.append(normal(), np.nan), normal(), False, "first samples hold 1 values that are not finite"),
        (normal().reshape(-1, 2), normal(), False, "give 1 axes"),
    ],
)
def test_bad_input_is_named_with_the_mend(first, second, paired: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kl_from_samples(first, second, paired=paired)


def test_unequal_numbers_of_independent_draws() -> None:
    generator = np.random.default_rng(7)
    found = kl_from_samples(generator.normal(size=N), generator.normal(size=N // 5), paired=False)
    assert found.low <= 0 <= found.high
    assert found.n == N // 5


def test_equal_draws_are_no_distance_apart():
    """Of a narrow law too, where the estimate's own variance is below what doubles can tell from 0."""
    draws = 1e-9 * np.random.default_rng(0).standard_normal(1500)
    found = kl_from_samples(draws, draws, paired=True)
    assert abs(found.value) < 1e-12
    assert found.low <= 0 <= found.high
