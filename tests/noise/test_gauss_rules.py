"""Moments of the device laws, and Gauss rules with these as weight, against mpmath and exact formulas."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from quadrature_references import DEVICES, ECRAM, MTJ, PAIR, ROUNDING, device, reference_density, tfd
from scipy import special

from noisyweights.noise import laws, quadrature
from noisyweights.noise.quadrature import moments


def reference_moment(law, order):
    def half(k):
        return mpmath.quad(lambda x: x**k * reference_density(law, x), [0, 0.1, 0.5, 1])

    return half(order) / half(0)


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
