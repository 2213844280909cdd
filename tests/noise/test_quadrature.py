"""Quadrature against mpmath, SciPy, exact formulas, and against rules that are known to fail."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
import tensorflow_probability as tfp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from noisyweights.noise import laws, quadrature
from noisyweights.noise.quadrature import moments

tfd = tfp.distributions

MTJ = laws.bayes_mtj(A=2.0, B=0.2, C=0.3)
ECRAM = laws.ecram(A=1.5, B=0.1, C=0.2)
PAIR = laws.bimodal(separation=0.9)
DEVICES = pytest.mark.parametrize("law", [MTJ, ECRAM], ids=["eq3", "eq13"])

# Rounding of a sum of weights and powers of nodes in double precision: a few units in the last place of 1.
ROUNDING = 1e-15


def reference_density(law, x):
    """q_D in mpmath, up to its normalisation: the paper's formula."""
    A, B, C = (mpmath.mpf(v) for v in (law.A, law.B, law.C))
    power = 1 if law.name == "bayes_mtj" else 2
    return A * (mpmath.exp(-(abs(x) ** power) / B) - mpmath.exp(-1 / B)) + C * (1 - x**2)


def reference_moment(law, order):
    def half(k):
        return mpmath.quad(lambda x: x**k * reference_density(law, x), [0, 0.1, 0.5, 1])

    return half(order) / half(0)


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


def device(family, B, w):
    """A mixture of both extreme densities: w of the sharpest peak, 1 − w of the deepest hole.

    They are f − r1 (1 − x²) and r0 (1 − x²) − f, with f the exponential less its value at the edge.
    """
    if family == "bayes_mtj":
        f_mass, r1 = -2 * B * math.expm1(-1 / B) - 2 * math.exp(-1 / B), math.exp(-1 / B) / (2 * B)
    else:
        f_mass = math.sqrt(math.pi * B) * math.erf(1 / math.sqrt(B)) - 2 * math.exp(-1 / B)
        r1 = math.exp(-1 / B) / B
    r0 = -math.expm1(-1 / B)
    peak, hole = f_mass - 4 / 3 * r1, 4 / 3 * r0 - f_mass
    return getattr(laws, family)(A=w / peak - (1 - w) / hole, B=B, C=(1 - w) * r0 / hole - w * r1 / peak)


def moment_error(rule, law, scale):
    """Largest error of the moments of x that a rule of n nodes promises, against 40-digit ones."""
    exact = quadrature.raw_moments(law, count=2 * len(rule), digits=40)
    x = scale * rule.nodes
    return max(abs(rule.weights @ x**k - float(m)) for k, m in enumerate(exact))


# Moments ---------------------------------------------------------------------------------------------------


@DEVICES
@pytest.mark.parametrize("order", [0, 2, 4, 10, 38])
def test_symbolic_moments_agree_with_numerical_integration(law, order):
    value = quadrature.raw_moments(law, count=order + 1, digits=25)[order]
    with mpmath.workdps(30):
        assert abs(value - reference_moment(law, order)) < mpmath.mpf(10) ** -24


def test_moments_are_formulas_in_elementary_functions():
    second = sp.expand_func(quadrature.moment(2, family="bayes_mtj"))
    assert second.free_symbols == {moments.A, moments.B, moments.C}
    assert not second.atoms(sp.lowergamma)
    x = sp.Symbol("x", positive=True)
    q = moments.A * (sp.exp(-x / moments.B) - sp.exp(-1 / moments.B)) + moments.C * (1 - x**2)
    assert sp.simplify(second - 2 * sp.integrate(sp.expand(x**2 * q), (x, 0, 1))) == 0


def test_odd_moments_vanish():
    assert quadrature.moment(3, family="ecram") == 0


def test_formula_in_floats_loses_its_digits():
    """The negative control of the exact evaluation: k! B^k terms cancel, worse with each order."""
    exact = np.array([float(m) for m in quadrature.raw_moments(MTJ, count=31, digits=30)])
    naive = np.array(quadrature.raw_moments(MTJ, count=31, digits=None))
    error = np.abs(naive - exact)
    assert error[4] < 1e-14
    assert error[30] > 1e-6


def test_moments_refuse_what_they_do_not_know():
    with pytest.raises(ValueError, match="not for 'gaussian'"):
        quadrature.moment(2, family="gaussian")
    with pytest.raises(ValueError, match="counts from 0, got -2"):
        quadrature.moment(-2, family="ecram")
    with pytest.raises(ValueError, match="not for gaussian; use stieltjes"):
        quadrature.raw_moments(laws.gaussian(), count=4, digits=20)


# Gauss rules -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "law", [MTJ, ECRAM, device("bayes_mtj", 0.05, 0.9), device("ecram", 1.0, 0.9)], ids=repr
)
@pytest.mark.parametrize("nodes", [1, 2, 3, 7, 10, 20, 40])
def test_stieltjes_reproduces_exact_moments_up_to_forty_nodes(law, nodes):
    assert moment_error(quadrature.stieltjes(law, nodes), law, law.raw_scale) <= 5e-16


@pytest.mark.parametrize("nodes", [2, 5, 20, 60])
def test_stieltjes_for_a_gaussian_is_gauss_hermite(nodes):
    rule = quadrature.stieltjes(laws.gaussian(), nodes)
    x, w = special.roots_hermitenorm(nodes)
    np.testing.assert_allclose(rule.nodes, x, atol=1e-14 * nodes)
    np.testing.assert_allclose(rule.weights, w / w.sum(), atol=1e-14)


@pytest.mark.parametrize(
    "law", [laws.uniform(), laws.empirical(samples=np.random.default_rng(1).gumbel(size=2000))]
)
def test_stieltjes_knows_any_law_with_a_density(law):
    rule = quadrature.stieltjes(law, 3)
    z = rule.nodes
    expected = [1.0, 0.0, 1.0, law.skewness, law.excess_kurtosis + 3]
    # Fourth powers of tail points near 6 carry the rounding of 1e3.
    np.testing.assert_allclose([rule.weights @ z**k for k in range(5)], expected, atol=1e-12)


@DEVICES
def test_wheeler_and_stieltjes_agree_where_digits_suffice(law):
    exact = quadrature.raw_moments(law, count=60, digits=60)
    for nodes in (2, 5, 10, 30):
        rule = quadrature.wheeler(exact[: 2 * nodes], digits=60)
        np.testing.assert_allclose(
            rule.nodes, law.raw_scale * quadrature.stieltjes(law, nodes).nodes, atol=1e-14
        )


def test_wheeler_in_floats_breaks_near_ten_nodes():
    """The paper's observation, with the moments' formula left to floats: lost at 10 nodes, gone by 20."""
    naive = quadrature.raw_moments(MTJ, count=40, digits=None)
    error = {}
    for nodes in (2, 5, 10):
        sharp = MTJ.raw_scale * quadrature.stieltjes(MTJ, nodes).nodes
        error[nodes] = np.abs(quadrature.wheeler(naive[: 2 * nodes], digits=None).nodes - sharp).max()
    assert error[2] < ROUNDING
    assert error[5] < 1e-12
    assert error[10] > 1e-10
    with pytest.raises(ArithmeticError, match="use stieltjes"):
        quadrature.wheeler(naive, digits=None)


def test_wheeler_refuses_an_odd_number_of_moments():
    with pytest.raises(ValueError, match="got 3"):
        quadrature.wheeler([1.0, 0.0, 1.0], digits=None)


def test_a_rule_has_a_node():
    with pytest.raises(ValueError, match="got 0"):
        quadrature.stieltjes(MTJ, 0)


@given(
    loc=st.floats(-3, 3),
    log_scale=st.floats(-2, 2),
    coefficients=st.lists(st.floats(-5, 5), min_size=4, max_size=4),
)
@settings(max_examples=50, deadline=None)
@pytest.mark.parametrize("law", [MTJ, ECRAM, PAIR], ids=["eq3", "eq13", "bimodal"])
def test_two_nodes_suffice_for_cubics_and_for_a_gaussian_cross_entropy(law, loc, log_scale, coefficients):
    rule = quadrature.stieltjes(law, 2)
    cubic = np.polynomial.Polynomial(coefficients)
    exact = coefficients[0] + coefficients[2]  # E z = E z³ = 0 and E z² = 1
    assert rule(cubic) == pytest.approx(exact, abs=1e-13)
    scale = math.exp(log_scale)
    prior = tfd.Normal(np.float64(loc), np.float64(scale))
    cross = 0.5 * math.log(2 * math.pi * scale**2) + (1 + loc**2) / (2 * scale**2)
    assert -rule(lambda z: prior.log_prob(z).numpy()) == pytest.approx(cross, rel=1e-13)


def test_two_nodes_do_not_suffice_for_a_quartic():
    assert quadrature.stieltjes(MTJ, 2)(lambda z: z**4) == pytest.approx(1.0)
    assert MTJ.excess_kurtosis + 3 > 1.5


def test_chaospy_converges_falsely_for_two_nodes_and_roughly_for_more():
    """Should chaospy mend its first look at the edges, the chapter's remark falls and this test with it."""
    wrong, right = (
        quadrature.chaospy_rule(MTJ, 2, algorithm=a, scale=MTJ.raw_scale) for a in ("stieltjes", "lanczos")
    )
    np.testing.assert_allclose(wrong.nodes, [-1, 1])
    np.testing.assert_allclose(right.nodes, [-MTJ.raw_scale, MTJ.raw_scale], rtol=1e-12)
    rough = quadrature.chaospy_rule(MTJ, 5, algorithm="lanczos")
    assert 1e-9 < np.abs(rough.weights - quadrature.stieltjes(MTJ, 5).weights).max() < 1e-4


def test_chaospy_is_asked_for_what_it_has():
    with pytest.raises(ValueError, match="not 'golub'"):
        quadrature.chaospy_rule(MTJ, 2, algorithm="golub")
    with pytest.raises(ValueError, match="unbounded"):
        quadrature.chaospy_rule(PAIR, 2, algorithm="lanczos")


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
