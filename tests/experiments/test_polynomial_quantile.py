"""The paper's two fits: their points, their singular part, and how their errors fall with the degree."""

import numpy as np
import pytest
from numpy.polynomial import legendre

from noisyweights.experiments.inverse_sampling import polynomial_quantile
from noisyweights.noise import laws

MTJ, ECRAM = laws.bayes_mtj(A=1.8, B=0.2, C=0.3), laws.ecram(A=1.0, B=0.1, C=0.2)
U = np.concatenate([np.geomspace(1e-12, 0.5, 500), 1 - np.geomspace(1e-12, 0.5, 500)])


def u_error(law, fit) -> float:
    return np.abs(law.raw_cdf(fit(U)).numpy() - U).max()


@pytest.mark.parametrize("degree", [1, 2, 5, 20, 60])
def test_lobatto_points_are_the_ends_and_the_extrema_of_the_legendre_polynomial(degree):
    u = polynomial_quantile.lobatto_points(degree)
    assert (len(u), u[0], u[-1]) == (degree + 1, 0, 0.5)
    slope = legendre.Legendre.basis(degree).deriv()
    # The slope of P_n at its extrema is zero but for rounding, at the ends n(n + 1)/2.
    np.testing.assert_allclose(slope(4 * u[1:-1] - 1), 0, atol=1e-12 * degree**4)


@pytest.mark.parametrize("law", [MTJ, ECRAM], ids=repr)
@pytest.mark.parametrize("degree", [2, 7, 15])
def test_fits_interpolate_the_inverse_cdf_and_turn_about_the_middle(law, degree):
    u = polynomial_quantile.lobatto_points(degree)
    exact, grid = law.raw_quantile(u).numpy(), np.arange(1025) / 1024  # 1 − grid is exact
    for fit in (
        polynomial_quantile.direct_fit(law, degree=degree),
        polynomial_quantile.corrected_fit(law, degree=degree),
    ):
        np.testing.assert_allclose(fit(u), exact, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(fit(grid), -fit(1 - grid))
        assert fit.series.degree() == degree
        assert fit(0.5) == 0
        assert fit(U.reshape(10, -1)).shape == (10, 100)


@pytest.mark.parametrize("law", [MTJ, ECRAM], ids=repr)
def test_brents_roots_are_the_quantiles_of_the_law(law):
    u = np.array([0, 1e-9, 0.01, 0.3, 0.5])
    np.testing.assert_allclose(
        polynomial_quantile.brent_inverse(law, u), law.raw_quantile(u), rtol=0, atol=1e-13
    )


def test_singular_part_is_eq_12():
    A, B, C = MTJ.A, MTJ.B, MTJ.C
    slope = A + 2 * B * C * np.exp(1 / B)
    u = np.linspace(0, 0.1, 11)
    eq_12 = (-slope + np.sqrt(2) * np.sqrt(B * u * slope * np.exp(1 / B))) / slope
    np.testing.assert_allclose(polynomial_quantile.edge_inverse(MTJ, u), eq_12, rtol=1e-13)
    # It inverts the CDF to second order: what is left is of third order in the distance from the edge.
    for law in (MTJ, ECRAM):
        near = np.array([1e-8, 1e-6])
        error = law.raw_cdf(polynomial_quantile.edge_inverse(law, near)) / near - 1
        assert abs(error[0]) < 0.2 * abs(error[1]) < 0.01


@pytest.mark.parametrize("law", [MTJ, ECRAM], ids=repr)
def test_correction_beats_the_direct_fit_of_the_same_degree(law):
    for degree in (6, 12, 24):
        direct, corrected = (
            polynomial_quantile.direct_fit(law, degree=degree),
            polynomial_quantile.corrected_fit(law, degree=degree),
        )
        assert u_error(law, corrected) < 0.2 * u_error(law, direct)
    # The slope of the inverse CDF diverges at 0, so that the direct fit gains only like 1/degree².
    coarse, fine = (u_error(law, polynomial_quantile.direct_fit(law, degree=degree)) for degree in (12, 24))
    assert 2 < coarse / fine < 8
    assert u_error(law, lambda u: law.raw_quantile(u).numpy()) < 1e-9 < u_error(law, corrected)


def test_bad_requests():
    with pytest.raises(ValueError, match="degree is at least 1, got 0"):
        polynomial_quantile.direct_fit(MTJ, degree=0)
    flat = laws.bayes_mtj(A=1.0, B=0.5, C=-np.exp(-2))
    with pytest.raises(ValueError, match=r"no slope at its edge.*use law\.quantile"):
        polynomial_quantile.corrected_fit(flat, degree=5)
    assert u_error(flat, polynomial_quantile.direct_fit(flat, degree=20)) < 0.01
