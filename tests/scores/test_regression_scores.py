"""Calibration curves and scores of real targets, held against integrals, closed forms and simulation."""

import numpy as np
import pytest
from scipy import integrate, stats

from noisyweights.scores import metrics

rng = np.random.default_rng(5)
MEANS, SCALES, TARGETS = rng.normal(size=(7, 3)), rng.uniform(0.2, 2, (7, 3)), rng.normal(size=3)


def mixture_cdf(t: float, i: int) -> float:
    return float(np.mean(stats.norm.cdf(t, MEANS[:, i], SCALES[:, i])))


def test_gaussian_cdf_averages_to_that_of_the_mixture() -> None:
    got = metrics.gaussian_cdf(MEANS, SCALES, TARGETS).mean(0)
    np.testing.assert_allclose(got, [mixture_cdf(y, i) for i, y in enumerate(TARGETS)], rtol=1e-12)


def test_scales_may_be_one_to_each_point() -> None:
    one = metrics.gaussian_cdf(MEANS, SCALES[0], TARGETS)
    np.testing.assert_array_equal(one, metrics.gaussian_cdf(MEANS, np.tile(SCALES[0], (7, 1)), TARGETS))


@pytest.mark.parametrize("kind", ["central", "quantile"])
def test_a_right_prediction_is_calibrated_and_a_wrong_one_is_not(kind: str) -> None:
    n, levels = 20_000, np.linspace(0.05, 0.95, 19)
    y = np.random.default_rng(1).normal(size=n)

    def error(scale: float) -> float:
        cdf = metrics.gaussian_cdf(np.zeros((1, n)), scale, y).mean(0)
        return metrics.regression_calibration_error(cdf, levels=levels, kind=kind)

    # The largest gap exceeds 1.95/√n = 0.014 once in a thousand (Kolmogorov), so the mean gap far less often.
    assert error(1.0) < 0.014
    assert error(1.5) > 0.05


def test_curves_at_levels_that_can_be_counted() -> None:
    u = [0.05, 0.2, 0.5, 0.9]  # central regions that just hold them: 0.9, 0.6, 0, 0.8
    levels = [0.0, 0.5, 0.7, 0.95, 1.0]
    np.testing.assert_allclose(
        metrics.calibration_curve(u, levels=levels, kind="central"), [0.25, 0.25, 0.5, 1, 1]
    )
    np.testing.assert_allclose(
        metrics.calibration_curve(u, levels=levels, kind="quantile"), [0, 0.75, 0.75, 1, 1]
    )
    weighted = metrics.calibration_curve(u, levels=[0.5], kind="quantile", weights=[1, 0, 0, 3])
    np.testing.assert_allclose(weighted, [0.25])


def test_a_shift_shows_below_quantiles_and_hides_in_central_intervals() -> None:
    u = np.concatenate([np.linspace(0, 0.5, 501), np.linspace(0, 0.5, 501)])
    central = metrics.calibration_curve(u, levels=[0.5], kind="central")
    assert central[0] == pytest.approx(0.5, abs=2e-3)  # half a step of the grid
    assert metrics.calibration_curve(u, levels=[0.5], kind="quantile")[0] == 1


def test_ranks_of_a_right_ensemble_are_uniform() -> None:
    draws, n = 9, 40_000
    generator = np.random.default_rng(2)
    u = metrics.sample_cdf(generator.normal(size=(draws, n)), generator.normal(size=n)).mean(0)
    ranks = u * (draws + 1) - 0.5
    np.testing.assert_allclose(ranks, np.rint(ranks), atol=1e-12)
    counts = np.bincount(np.rint(ranks).astype(int), minlength=draws + 1)
    assert stats.chisquare(counts).pvalue > 1e-3  # a fixed seed, a false alarm once in a thousand seeds


def test_crps_of_a_mixture_is_the_integral_that_defines_it() -> None:
    got = metrics.crps_gaussian_mixture(MEANS, SCALES, TARGETS)
    for i, y in enumerate(TARGETS):
        below = integrate.quad(lambda t, i=i: mixture_cdf(t, i) ** 2, -20, y, epsabs=1e-10)[0]
        above = integrate.quad(lambda t, i=i: (1 - mixture_cdf(t, i)) ** 2, y, 20, epsabs=1e-10)[0]
        assert got[i] == pytest.approx(below + above, abs=1e-8)


def test_many_points_are_scored_in_parts_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = MEANS[..., np.newaxis] + np.zeros(2)
    targets = TARGETS[:, np.newaxis] + np.zeros(2)
    whole = metrics.crps_gaussian_mixture(MEANS, SCALES, TARGETS)
    energy = metrics.energy_score(draws, targets, alpha=1.5)
    monkeypatch.setattr("noisyweights.scores.regression.PAIRS", 1)
    # Sums over other shapes round otherwise.
    np.testing.assert_allclose(metrics.crps_gaussian_mixture(MEANS, SCALES, TARGETS), whole, rtol=1e-13)
    np.testing.assert_allclose(metrics.energy_score(draws, targets, alpha=1.5), energy, rtol=1e-13)


def test_crps_of_draws_is_that_of_their_law_on_average() -> None:
    # E CRPS(N(0, 1), y = 0) = (√2 − 1)/√π, a closed form; 4000 forecasts of 5 draws each.
    scores = metrics.crps_samples(np.random.default_rng(3).normal(size=(5, 4000)), np.zeros(4000))
    exact = (np.sqrt(2) - 1) / np.sqrt(np.pi)
    assert abs(scores.mean() - exact) < 4 * scores.std() / np.sqrt(4000)


def test_energy_score_of_exponent_one_is_the_crps() -> None:
    draws, targets = rng.normal(size=(11, 6)), rng.normal(size=6)
    np.testing.assert_allclose(
        metrics.energy_score(draws, targets, alpha=1), metrics.crps_samples(draws, targets), rtol=1e-12
    )


def test_energy_score_is_that_of_a_gaussian_on_average() -> None:
    # E|sZ|^1.5 = s^1.5 2^0.75 Γ(1.25)/√π; X − X′ has s = √2. In d = 3 the norm is χ with 3 degrees.
    draws = np.random.default_rng(4).normal(size=(6, 5000))
    moment = stats.halfnorm.expect(lambda r: r**1.5)
    scores = metrics.energy_score(draws, np.zeros(5000), alpha=1.5)
    exact = moment * (1 - 0.5 * 2**0.75)
    assert abs(scores.mean() - exact) < 4 * scores.std() / np.sqrt(5000)
    draws = np.random.default_rng(4).normal(size=(6, 5000, 3))
    moment = stats.chi(3).expect(lambda r: r**1.5)
    scores = metrics.energy_score(draws, np.zeros((5000, 3)), alpha=1.5)
    exact = moment * (1 - 0.5 * 2**0.75)
    assert abs(scores.mean() - exact) < 4 * scores.std() / np.sqrt(5000)


def test_the_right_law_scores_best() -> None:
    generator = np.random.default_rng(6)
    y, z = generator.normal(size=4000), generator.normal(size=(20, 4000))
    for score in (metrics.crps_samples, lambda x, y: metrics.energy_score(x, y, alpha=1.5)):
        right, wide, narrow, shifted = (score(x, y).mean() for x in (z, 1.5 * z, z / 1.5, z + 0.5))
        assert right < min(wide, narrow, shifted)


def test_nll_is_that_of_the_mixture_even_far_out() -> None:
    density = [np.mean(stats.norm.pdf(y, MEANS[:, i], SCALES[:, i])) for i, y in enumerate(TARGETS)]
    got = metrics.gaussian_mixture_nll(MEANS, SCALES, TARGETS)
    np.testing.assert_allclose(got, -np.log(density), rtol=1e-12)
    far = metrics.gaussian_mixture_nll(np.zeros((2, 1)), 1.0, [100.0])
    np.testing.assert_allclose(far, -stats.norm.logpdf(100), rtol=1e-12)


def test_rmse_with_and_without_weights() -> None:
    assert metrics.rmse([0, 0], [3, 4]) == pytest.approx(np.sqrt(12.5))
    assert metrics.rmse([0, 0], [3, 4], weights=[5, 0]) == pytest.approx(3)


LEVELS = {"levels": [0.5], "kind": "central"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.rmse([np.nan, 1], [0, 0]), r"1 values that are not finite, the first nan at \(0,\)"),
        (lambda: metrics.rmse([1, 1], [0, np.inf]), "targets hold 1 values"),
        (lambda: metrics.rmse([1, 1], [0]), r"targets have shape \(1,\), means ask for \(2,\)"),
        (lambda: metrics.rmse([], []), "empty"),
        (lambda: metrics.rmse(["a"], [0]), "give real numbers"),
        (lambda: metrics.rmse([1, 1], [0, 0], weights=[1, -1]), "none below 0"),
        (lambda: metrics.rmse([1, 1], [0, 0], weights=[0, 0]), "some above"),
        (lambda: metrics.gaussian_cdf(MEANS, 0 * SCALES, TARGETS), "a scale is 0.0"),
        (lambda: metrics.gaussian_cdf(MEANS, SCALES[:, :2], TARGETS), r"do not fit means of shape \(7, 3\)"),
        (lambda: metrics.gaussian_cdf(MEANS[0], SCALES, TARGETS), "give 2 axes"),
        (lambda: metrics.calibration_curve([0.5, 1.5], **LEVELS), r"lie in \[0, 1\], got 1.5"),
        (lambda: metrics.calibration_curve([0.5], levels=[-0.1], kind="central"), "levels lie in"),
        (lambda: metrics.calibration_curve([0.5], levels=[0.1], kind="middle"), "choose 'central'"),
        (lambda: metrics.crps_samples(MEANS[:1], TARGETS), "at least two"),
        (lambda: metrics.energy_score(MEANS, TARGETS, alpha=2), r"inside \(0, 2\)"),
    ],
)
def test_bad_input_is_named_with_the_mend(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
