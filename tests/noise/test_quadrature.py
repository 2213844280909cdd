"""Rules on intervals, divergences and expectations against SciPy, exact formulas, and rules that fail."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quadrature_references import DEVICES, ECRAM, MTJ, PAIR, ROUNDING, device, reference_density, tfd
from scipy import integrate

from noisyweights.noise import laws, quadrature


def reference_kl(law):
    """KL of the standardised law to the standard Gaussian, by tanh-sinh quadrature to 20 digits."""
    with mpmath.workdps(30):
        panels = [
            0,
            mpmath.mpf(law.B) / 4,
            mpmath.mpf(law.B),
            *([mpmath.mpf("0.5")] if law.B < 0.5 else []),
            1,
        ]
        panels = sorted({min(p, mpmath.mpf(1)) for p in panels})
        mass = 2 * mpmath.quad(lambda x: reference_density(law, x), panels)
        variance = 2 * mpmath.quad(lambda x: x**2 * reference_density(law, x), panels) / mass

        def negative_entropy(x):
            q = reference_density(law, x) / mass
            return q * mpmath.log(q) if q > 0 else mpmath.mpf(0)

        total = 2 * mpmath.quad(negative_entropy, panels)
        return total + (mpmath.log(2 * mpmath.pi * variance) + 1) / 2


# Rules for the line and for intervals ----------------------------------------------------------------------


@pytest.mark.parametrize("make", [quadrature.legendre, quadrature.fejer])
def test_interval_rules_integrate_polynomials(make):
    rule = make(12, support=(-0.5, 2.0))
    assert len(rule) == 12
    # Degree 11 is within reach of both; terms are of the size 2^11.
    assert rule(lambda x: x**11) == pytest.approx((2.0**12 - 0.5**12) / 12, rel=1e-14)


def test_fejer_keeps_its_digits_where_a_long_gauss_legendre_rule_does_not():
    for nodes in (201, 400):
        rule = quadrature.fejer(nodes, support=(-1.0, 1.0))
        assert rule(lambda x: x**2) == pytest.approx(2 / 3, abs=ROUNDING)


def test_hermite_and_laguerre_integrate_what_they_are_made_for():
    rule = quadrature.hermite(8, scale=0.7)
    assert rule(lambda x: x**4 * np.exp(-(x**2) / (2 * 0.49))) == pytest.approx(
        3 * 0.7**5 * math.sqrt(2 * math.pi), rel=1e-13
    )
    rule = quadrature.laguerre(8, scale=0.7)
    assert rule(lambda x: x**4 * np.exp(-np.abs(x) / 0.7)) == pytest.approx(2 * 24 * 0.7**5, rel=1e-13)
    assert rule(lambda x: x**3 * np.exp(-np.abs(x) / 0.7)) == pytest.approx(0, abs=1e-13)


def test_composite_puts_a_kink_on_a_node():
    rule = quadrature.composite(10, support=(-1.0, 1.0), epsilon=0.1, inner=3)
    assert len(rule) == 23
    # Between its nodes the trapezoidal rule is exact for |x|, Gauss–Legendre everywhere else.
    assert rule(np.abs) == pytest.approx(1.0, abs=ROUNDING)
    plain = quadrature.legendre(23, support=(-1.0, 1.0))
    assert abs(plain(np.abs) - 1) > 1e-4


def test_composite_refuses_intervals_that_do_not_nest():
    for epsilon in (0.0, -0.1, 1.0):
        with pytest.raises(ValueError, match="must be positive and lie inside"):
            quadrature.composite(4, support=(-1.0, 1.0), epsilon=epsilon, inner=3)
    with pytest.raises(ValueError, match="got inner = 1"):
        quadrature.composite(4, support=(-1.0, 1.0), epsilon=0.1, inner=1)


def test_paper_rules_beat_the_standard_ones_of_equal_size():
    """App. B: composite against Gauss–Legendre for eq. 3, two-sided Laguerre against Hermite for the pair."""

    def variance_error(rule, law):
        return abs(rule.under(law)(np.square) - 1)

    custom = quadrature.composite(14, support=MTJ.support, epsilon=1e-3, inner=3)
    standard = quadrature.legendre(len(custom), support=MTJ.support)
    assert variance_error(custom, MTJ) < 0.01 * variance_error(standard, MTJ)
    two_sided = quadrature.laguerre(16, scale=0.2)
    assert variance_error(two_sided, PAIR) < variance_error(quadrature.hermite(32, scale=1.0), PAIR)


# Expectations and divergences ------------------------------------------------------------------------------


# From the deepest hole at 0, over the parabola alone, to the sharpest peak.
SHARES = pytest.mark.parametrize("w", [0.0, 1e-4, 0.1, 0.5, 0.9, 0.999, 0.999999, 1.0])
WIDTHS = pytest.mark.parametrize("B", [0.01, 0.03, 0.1, 0.3, 1.0, 10.0])
FAMILIES = pytest.mark.parametrize("family", ["bayes_mtj", "ecram"])


def divergence(law):
    """KL to the standard Gaussian by the entropy, which adaptive quadrature knows to 1e-14."""
    return 0.5 * math.log(2 * math.pi) + 0.5 - law.entropy


@FAMILIES
@WIDTHS
@SHARES
def test_forty_nodes_give_the_divergence_to_twelve_digits(family, B, w):
    if family == "ecram" and w == 0 and B >= 1:
        B = 0.9  # wider, the fully emptied hole loses its sign to rounding
    law = device(family, B, w)
    assert len(quadrature.graded(law, 40, folded=True)) == 40
    assert abs(quadrature.kl(law, laws.gaussian(), nodes=40) - divergence(law)) < 1e-12


@FAMILIES
@SHARES
@pytest.mark.parametrize("B", [0.001, 0.003])
def test_sharper_peaks_take_sixty_nodes(family, B, w):
    law = device(family, B, w)
    assert abs(quadrature.kl(law, laws.gaussian(), nodes=60) - divergence(law)) < 1e-12


@FAMILIES
@pytest.mark.parametrize("w", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("B", [0.02, 0.2, 2.0])
def test_the_divergence_is_that_of_the_papers_formula(family, B, w):
    """The other oracle: eq. 3 and eq. 13 as printed, integrated in 30 digits."""
    law = device(family, B, w)
    assert abs(quadrature.kl(law, laws.gaussian(), nodes=40) - reference_kl(law)) < 1e-12


def test_a_divergence_costs_as_many_values_of_the_density_as_it_has_nodes(monkeypatch):
    points = []
    original = type(MTJ).log_prob
    monkeypatch.setattr(type(MTJ), "log_prob", lambda law, z: points.extend(z) or original(law, z))
    quadrature.kl(MTJ, tfd.Normal(np.float64(0.3), np.float64(1.7)), nodes=40)
    assert len(points) == 40


def test_only_a_mirror_image_can_be_folded():
    skewed = laws.empirical(samples=np.random.default_rng(1).gumbel(size=2000))
    with pytest.raises(ValueError, match="leave out `folded`"):
        quadrature.graded(skewed, 20, folded=True)
    for law in (MTJ, PAIR, laws.uniform()):
        whole, half = (quadrature.graded(law, 41, folded=folded) for folded in (False, True))
        assert half.nodes.min() > -1e-15
        assert half(np.square) == pytest.approx(whole(np.square), abs=ROUNDING * 10)


def test_ungraded_nodes_are_far_from_twelve_digits():
    """The negative control: the same number of plain Gauss–Legendre nodes on the same half."""
    law = device("bayes_mtj", 0.3, 0.5)
    rule = quadrature.legendre(40, support=(0.0, law.support[1])).under(law)
    assert abs(2 * rule(law.log_prob) + 0.5 * math.log(2 * math.pi) + 0.5 - reference_kl(law)) > 1e-9


@pytest.mark.parametrize("law", [MTJ, ECRAM, PAIR, laws.bimodal(separation=0.98), laws.uniform()], ids=repr)
def test_divergence_agrees_with_the_exact_entropy(law):
    exact = -law.entropy + 0.5 * math.log(2 * math.pi) + 0.5
    assert quadrature.kl(law, laws.gaussian()) == pytest.approx(exact, abs=1e-12)


def test_divergence_to_any_distribution():
    normal = tfd.Normal(np.float64(0.3), np.float64(1.7))
    exact = float(tfd.kl_divergence(MTJ(np.float64(0), np.float64(1)), normal))
    assert quadrature.kl(MTJ, normal) == pytest.approx(exact, abs=1e-12)


def test_divergence_is_infinite_where_the_other_law_has_no_mass():
    assert quadrature.kl(laws.gaussian(), MTJ) == math.inf
    assert quadrature.kl(MTJ, MTJ) == 0


def test_divergence_of_an_empirical_law():
    law = laws.empirical(samples=np.random.default_rng(2).lognormal(sigma=0.5, size=400))
    exact = -law.entropy + 0.5 * math.log(2 * math.pi) + 0.5
    # Two nodes are exact on a cell; the exponential tails, cut at exp(−46), need the thirty.
    assert quadrature.kl(law, laws.gaussian(), nodes=30) == pytest.approx(exact, abs=1e-9)


@given(st.floats(0.5, 3), st.floats(-1.5, 1.5))
@settings(max_examples=30, deadline=None)
@DEVICES
def test_expectation_of_a_smooth_function_agrees_with_scipy(law, frequency, phase):
    power = 1 if law is MTJ else 2

    def integrand(x):
        peak = law.A * (math.exp(-(abs(x) ** power) / law.B) - math.exp(-1 / law.B))
        return math.cos(frequency * x / law.raw_scale + phase) * (peak + law.C * (1 - x**2))

    expected, _ = integrate.quad(integrand, -1, 1, points=[0.0], epsabs=1e-13)
    found = quadrature.expectation(lambda z: np.cos(frequency * z + phase), law=law)
    assert found == pytest.approx(expected, abs=1e-12)


@given(st.floats(0.5, 3), st.floats(-1.5, 1.5))
@settings(max_examples=30, deadline=None)
def test_expectation_under_two_gaussians_is_their_characteristic_function(frequency, phase):
    damping = math.exp(-((PAIR.peak_scale * frequency) ** 2) / 2)
    expected = damping * math.cos(frequency * PAIR.separation) * math.cos(phase)
    found = quadrature.expectation(lambda z: np.cos(frequency * z + phase), law=PAIR)
    assert found == pytest.approx(expected, abs=1e-13)


def test_a_law_without_density_has_no_expectation_by_quadrature():
    with pytest.raises(NotImplementedError, match="density"):
        quadrature.expectation(np.square, law=laws.two_point())
    with pytest.raises(NotImplementedError, match="density"):
        quadrature.stieltjes(laws.two_point(), 2)
