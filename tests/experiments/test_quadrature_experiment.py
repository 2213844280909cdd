"""The quadrature experiment on laws and rules whose nodes and values are known by hand.

The parabola q(x) = ¾ (1 − x²), eq. 3 without its peak, has variance ⅕, and Gauss rules whose positive nodes
are √⅕ (of two) and √(3/7) (of three). By E log(1 − x²) = log 4 − 5/3 its divergence from the Gaussian is
(log 2π + 1 − log 5)/2 − 5/3 + log 3.
"""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, stats

from noisyweights.experiments.quadrature import convergence, gauss_nodes
from noisyweights.experiments.quadrature import experiment as quadrature_rules
from noisyweights.experiments.quadrature.convergence import Series
from noisyweights.ledger import verdicts
from noisyweights.noise import laws, quadrature

CONFIG = replace(quadrature_rules.PROFILES["smoke"], nodes=24, wheeler=3, epsilon=0.5, scales=(0.1, 1.0))
PARABOLA = laws.bayes_mtj(A=0.0, B=1.0, C=0.75)
DEVICE = SimpleNamespace(eq3=PARABOLA, law=PARABOLA)
KL = (math.log(2 * math.pi) + 1 - math.log(5)) / 2 - 5 / 3 + math.log(3)


def bimodal(z):
    """The bimodal law's density: peaks at ±0.9 of variance 1 − 0.9² = 0.19."""
    return (stats.norm.pdf(z, 0.9, math.sqrt(0.19)) + stats.norm.pdf(z, -0.9, math.sqrt(0.19))) / 2


def divergence(z):
    """What is integrated with `bimodal` for the divergence."""
    return np.log(bimodal(z)) - stats.norm.logpdf(z)


@pytest.fixture(scope="module")
def points():
    return {
        "device": quadrature_rules.compute(CONFIG, "device", DEVICE),
        "bimodal": quadrature_rules.compute(CONFIG, "bimodal", None),  # the device has no part in it
    }


@pytest.fixture
def result(points):
    return quadrature_rules.collect(CONFIG, DEVICE, points)


def test_the_claims_take_what_is_measured(result):
    measured = quadrature_rules.measurements(result)
    for claim in ("P-quad-var", "P-quad-kl", "P-two-point", "P-wheeler", "P-wheeler-floats", "P-laguerre"):
        assert verdicts.check_states(claim, measured)


def test_only_the_points_of_the_device_use_it():
    used = {point: quadrature_rules.uses_device(point) for point in quadrature_rules.points(CONFIG)}
    assert used == {"device": True, "bimodal": False}


def test_gauss_legendre_under_a_parabola(result):
    """Two nodes ±√⅓ carry ½ each; from three on, x² q of degree 4 is integrated exactly."""
    found = result.series["q_D", "legendre"]
    assert_array_equal(found.nodes, np.arange(2, 25))
    assert_allclose(found.values[0], [5 / 3, *np.ones(22)], rtol=1e-12)
    log_p = math.log(0.5 / math.sqrt(5))  # the standardised density at z² = 5/3
    assert found.values[1, 0] == pytest.approx(log_p + (5 / 3 + math.log(2 * math.pi)) / 2, rel=1e-12)
    assert result.exact["q_D"] == pytest.approx([1, KL], abs=1e-13)
    assert result.error("q_D", "legendre")[:, 0] == pytest.approx([2 / 3, abs(found.values[1, 0] - KL)])


def test_the_composite_rule_keeps_the_error_of_its_trapezoid(result):
    """∫ x² q from −½ to ½ is 0.053125, by the trapezoid of −½, 0 and ½ 0.0703125; five times that in z²."""
    found = result.series["q_D", "composite"]
    assert_array_equal(found.nodes, 2 * np.arange(2, 11) + 3)
    assert_allclose(found.values[0, 1:], 1 + 5 * (0.0703125 - 0.053125), rtol=1e-12)


def test_the_graded_rule_finds_the_divergence(result):
    found = result.series["q_D", "graded"]
    assert_array_equal(found.nodes, 2 * np.arange(2, 13))
    assert_allclose(found.values[:, -1], [1, KL], atol=1e-6)


def test_gauss_nodes_of_a_parabola(result):
    assert_allclose(result.two_point, math.sqrt(1 / 5), rtol=1e-14)
    assert_allclose(result.chaospy, [1, math.sqrt(1 / 5)], rtol=1e-6)  # its default: at the edges, and wrong
    for error in (result.wheeler, result.wheeler_float_moments, result.stieltjes):
        assert error.shape == (3,)
        assert_allclose(error, 0, atol=1e-14)
    assert_allclose(result.two_point_error, 0, atol=1e-13)


def test_errors_of_nodes_from_other_moments(monkeypatch):
    """Moments of the uniform law in place of the rounded ones: nodes ±√⅓, and 0 and ±√⅗."""
    own = quadrature.raw_moments
    uniform = [0.0 if k % 2 else 1 / (k + 1) for k in range(6)]
    monkeypatch.setattr(
        quadrature, "raw_moments", lambda law, **k: uniform if k["digits"] is None else own(law, **k)
    )
    found = gauss_nodes.node_errors(PARABOLA, PARABOLA, largest=3)
    known = [0, math.sqrt(1 / 3) - math.sqrt(1 / 5), math.sqrt(3 / 5) - math.sqrt(3 / 7)]
    assert_allclose(found["wheeler_float_moments"], known, atol=1e-14)
    assert_allclose(found["wheeler"], 0, atol=1e-14)


def test_a_rule_breaks_down_where_a_norm_is_negative_or_a_node_outside():
    assert gauss_nodes.node_error(None, np.array([0.0])) == math.inf
    assert gauss_nodes.node_error(np.array([0.5, -0.4]), np.array([-0.5, 0.5])) == pytest.approx(0.1)
    sharp = quadrature.wheeler([1.0, 0.0, 0.2, 0.0], digits=None).nodes
    assert_array_equal(gauss_nodes.wheeler_in_floats([1.0, 0.0, 0.2, 0.0]), sharp)
    assert gauss_nodes.wheeler_in_floats([1.0, 0.0, -0.2, 0.0]) is None
    assert gauss_nodes.wheeler_in_floats([1.0, 0.0, 1.1, 0.0]) is None  # nodes ±√1.1


def test_first_unstable_rule():
    assert gauss_nodes.first_unstable(np.array([0, 1e-9, 0.1, np.inf])) == 3
    assert gauss_nodes.first_unstable(np.zeros(4)) == 5


@pytest.mark.parametrize(
    ("case", "error"),
    [
        # E z² = 4 for 1: 3/2 σ²/s² too much, relative to log s + log(2π)/2 + ((μ − m)² + σ²)/(2 s²) above 1
        ((0.0, 1.0, 0.0, 1.0), 1.5 / (math.log(2 * math.pi) / 2 + 0.5)),
        ((0.0, 0.1, 0.0, 0.5), 0.06),
        ((1.0, 1.0, 3.0, 2.0), 0.375 / (math.log(2) + math.log(2 * math.pi) / 2 + 5 / 8)),
    ],
)
def test_the_cross_entropy_error_of_nodes_twice_too_far_apart(monkeypatch, case, error):
    monkeypatch.setattr(gauss_nodes, "GRID", tuple(np.array([value]) for value in case))
    wrong = quadrature.Rule(np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
    assert gauss_nodes.cross_entropy_error(wrong, 0.5) == pytest.approx(error)
    assert gauss_nodes.cross_entropy_error(wrong, 1.0) < 1e-15


def test_rules_of_two_nodes_under_the_bimodal_law(result):
    """Gauss–Hermite: ±1, where the weight is e^½ √(π/2). Gauss–Laguerre: 2 ± √2 with e^x (2 ∓ √2)/4."""
    hermite, laguerre = (result.series["q_M", rule] for rule in ("hermite", "laguerre"))
    assert (hermite.nodes[0], laguerre.nodes[0]) == (2, 4)
    weight = math.sqrt(2 * math.pi * math.e) * bimodal(1.0)
    assert_allclose(hermite.values[:, 0], [weight, weight * divergence(1.0)], rtol=1e-12)
    x = 2 + math.sqrt(2) * np.array([-1, 1])
    weights = 2 * np.exp(x) * (2 + math.sqrt(2) * np.array([1, -1])) / 4 * bimodal(x)
    assert_allclose(laguerre.values[:, 0], [weights @ x**2, weights @ divergence(x)], rtol=1e-12)
    kl, _ = integrate.quad(lambda z: bimodal(z) * divergence(z), -8, 8, epsabs=1e-12, limit=200)
    assert result.exact["q_M"] == pytest.approx([1, kl], abs=1e-10)
    assert_allclose(result.series["q_M", "graded"].values[:, -1], [1, kl], atol=1e-3)


def test_nodes_that_gauss_hermite_needs_at_each_scale(monkeypatch):
    """To come and stay within a hundredth of the variance, by NumPy's Gauss–Hermite."""
    monkeypatch.setattr(convergence, "CLOSE", 1e-2)
    config = replace(CONFIG, scales=(0.1, 0.5, 1.0))
    needed = quadrature_rules.compute(config, "bimodal", None)["scaled-hermite"][:, 0]

    def variance(nodes, scale):
        x, w = np.polynomial.hermite_e.hermegauss(nodes)
        return scale * w @ (np.exp(x**2 / 2) * bimodal(scale * x) * (scale * x) ** 2)

    for scale, nodes in ((0.5, 5), (1.0, 17)):
        off = [n for n in range(2, 25) if abs(variance(n, scale) - 1) > 1e-2]
        assert off[-1] + 1 == nodes
    assert_array_equal(needed, [np.inf, 5, 17])  # 24 nodes at a tenth of the width do not reach the peaks


def test_a_series_settles_at_the_first_count_after_its_last_large_change():
    values = np.array([[1.0, 1.0, 1.0, 0.5, 0.5, 0.5], [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]])
    known = Series(np.arange(2, 8), values)
    assert_array_equal(known.change[0], [0, 0, 0.25, 0, 0])
    assert known.settles(0) == 3
    assert known.settled_nodes(0, ours=True) == known.settled_nodes(0, ours=False) == 6
    assert known.settles(1) is None
    assert known.settled_nodes(1, ours=True) == np.inf
    assert known.settled_nodes(1, ours=False) == 7
    assert known.close(np.array([0.5, 2.0])) == [5, 7]
    assert known.close(np.array([1.0, 3.0])) == [np.inf, np.inf]
    assert convergence.stays_below(np.array([1.0, np.nan, 0.0]), 0.5) == 2


def with_series(result, custom, standard):
    """A result in which both laws have the same two series (2, k) for the variance and the divergence."""
    nodes = np.arange(2, 2 + custom.shape[1])
    series = {
        (law, rule): Series(nodes * (10 if values is standard else 1), values)
        for law, rules in quadrature_rules.RULES.items()
        for rule, values in zip(rules, (standard, custom, custom), strict=True)
    }
    return replace(result, series=series, exact={"q_D": np.zeros(2), "q_M": np.array([0.25, 0.3])})


def test_what_is_measured(result):
    custom = np.array([[1.0, 0.5, 0.5000005, 0.5000005], [0.3, 0.3, 0.1, 0.1]])
    standard = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 1.0, 2.0]])
    known = replace(
        with_series(result, custom, standard),
        scaled={"laguerre": np.array([[1, 1], [12, np.inf]]), "hermite": np.array([[1, 1], [8, np.inf]])},
        wheeler=np.array([0, 0.1]),
        wheeler_float_moments=np.array([0, 0, 0.1]),
        two_point_error=1e-15,
    )
    found = {(m.claim, m.quantity): m.value for m in quadrature_rules.measurements(known)}
    assert found == {
        ("P-quad-var", "nodes_ratio_q_D"): 4 / 30,
        ("P-quad-var", "nodes_ratio_q_M"): 4 / 30,
        ("P-quad-var", "max_custom_error"): 0.5000005,  # of q_D; where it has settled, at the third order
        ("P-quad-kl", "nodes_ratio_q_D"): 5 / 50,  # the standard rule never settles: its last counts
        ("P-quad-kl", "nodes_ratio_q_M"): 5 / 50,
        ("P-quad-kl", "max_custom_error"): pytest.approx(0.2),  # of q_M
        ("P-laguerre", "nodes_ratio_variance"): 12 / 8,
        ("P-laguerre", "nodes_ratio_kl"): np.inf,
        ("P-two-point", "max_error"): 1e-15,
        ("P-wheeler", "first_unstable_nodes"): 2,
        ("P-wheeler-symbolic", "first_unstable_symbolic"): 2,
        ("P-wheeler-floats", "first_unstable_floats"): 3,
    }
    never = with_series(result, standard[::-1], custom)
    assert (never.nodes_ratio("q_D", 0), never.settled_error("q_D", 0)) == (np.inf, np.inf)
    slow = replace(known, scaled={rule: values[:, ::-1] for rule, values in known.scaled.items()})
    found = {m.quantity: m.value for m in quadrature_rules.measurements(slow)}
    assert found["nodes_ratio_kl"] == 12 / 8
    late = {"laguerre": np.array([[1, 1], [12, 6]]), "hermite": np.array([[1, 1], [np.inf, np.inf]])}
    found = {m.quantity: m.value for m in quadrature_rules.measurements(replace(known, scaled=late))}
    assert (found["nodes_ratio_variance"], found["nodes_ratio_kl"]) == (12 / 24, 6 / 24)


def test_collect_says_what_is_missing(points):
    for name in points:
        with pytest.raises(ValueError, match=f"lack {name}"):
            quadrature_rules.collect(CONFIG, DEVICE, {k: v for k, v in points.items() if k != name})


@pytest.mark.parametrize(
    ("point", "own"), [("device", {"epsilon", "inner", "wheeler"}), ("bimodal", {"scale", "scales"})]
)
def test_what_a_point_leaves_out_of_its_settings_does_not_change_it(points, point, own):
    assert set(quadrature_rules.settings(CONFIG, point)) == {"seed", "nodes", *own}
    others = {"epsilon": 0.1, "inner": 5, "wheeler": 2, "scale": 2.0, "scales": (0.3,)}
    changed = replace(CONFIG, **{key: value for key, value in others.items() if key not in own})
    assert quadrature_rules.settings(changed, point) == quadrature_rules.settings(CONFIG, point)
    for key, array in quadrature_rules.compute(changed, point, DEVICE).items():
        assert_array_equal(array, points[point][key])
