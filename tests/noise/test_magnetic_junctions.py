"""Junctions and their spread against integrals and the sum of their energies; what the reference array is."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import constants, integrate, special

from noisyweights.noise.simulation import magnetics
from noisyweights.noise.simulation.magnetics import BAYES_MTJ, BAYES_MTJ_SPREAD, Junction, Spread


@pytest.mark.parametrize("aspect", [0.033, 0.3, 1.0, 4.0])
def test_demagnetizing_factor_against_its_bessel_integral(aspect):
    """N_z = 2 ∫ J₁(q)²/q · (1 − e^{−2τq})/(2τq) dq, panel by panel, with the mean tail 1/(2πτQ²)."""
    edges = np.linspace(0, 1000, 2001)
    node, weight = np.polynomial.legendre.leggauss(12)
    q = (edges[:-1, None] + edges[1:, None]) / 2 + node * np.diff(edges)[:, None] / 2
    decay = -np.expm1(-2 * aspect * q) / (2 * aspect * q)
    integral = np.sum(2 * special.j1(q) ** 2 / q * decay * weight) * (edges[1] - edges[0]) / 2
    integral += 1 / (2 * np.pi * aspect * 1000**2)
    # The oscillating tail left out is below 1/(Q³ τ).
    assert magnetics.demagnetizing_factor(aspect) == pytest.approx(integral, abs=1e-9 / aspect)


def test_demagnetizing_factor_of_films_and_needles():
    assert magnetics.demagnetizing_factor(1.0) == pytest.approx(0.3116, abs=5e-5)  # Chen et al. 1991, table
    thin = 1e-7
    film = 1 - 2 * thin / np.pi * (np.log(4 / thin) - 0.5)  # the known expansion
    assert magnetics.demagnetizing_factor(thin) == pytest.approx(film, abs=1e-8)  # rounding of 1 − (…) over τ
    assert magnetics.demagnetizing_factor(1000.0) == pytest.approx(4 / (3 * np.pi * 1000), rel=1e-2)


def test_anisotropy_of_a_film_is_the_sum_of_its_three_energies():
    """A wide film: N_z − N_x → 1, so the energy is [½μ₀M_s²t − K_i + ξV/t_ox] times the area."""
    wide = replace(BAYES_MTJ, radius_nm=1e6, bias_V=0.4)
    dipolar = constants.mu_0 / 2 * 1.2e6**2 * 1.32e-9
    expected = dipolar - 1.0056e-3 + 60e-15 * 0.4 / 1.5e-9
    expected *= np.pi * (1e-3) ** 2 / (constants.k * 300)
    assert magnetics.anisotropy_kT(wide) == pytest.approx(expected, rel=1e-4)  # N_z is 1 − 1e-5


def test_the_reference_array_is_what_its_comment_says():
    assert magnetics.anisotropy_kT(BAYES_MTJ) == pytest.approx(8.17, abs=0.01)
    easy = {}
    for thickness in (1.31, 1.32):
        nominal = replace(BAYES_MTJ, thickness_nm=thickness)
        cells = magnetics.vary(nominal, spread=BAYES_MTJ_SPREAD, cells=100_000, seed=1)
        barriers = magnetics.anisotropy_kT(cells)
        easy[thickness] = np.mean(barriers > 0)
        assert barriers.std() == pytest.approx(4.2, abs=0.1)
    assert easy[1.31] < 0.97 < easy[1.32]


def test_a_bias_tunes_the_width():
    def width(bias):
        barrier = magnetics.anisotropy_kT(replace(BAYES_MTJ, bias_V=bias))
        second = lambda z: z**2 * magnetics.stationary_density(z, anisotropy_kT=barrier)  # noqa: E731
        return np.sqrt(integrate.quad(second, -1, 1)[0])

    assert width(-0.5) > 1.5 * width(0.0) > 1.5 * 1.2 * width(0.5)


def test_conductance_is_linear_between_antiparallel_and_parallel():
    published = replace(BAYES_MTJ, radius_nm=50.0)
    low, middle, high = magnetics.conductance_uS(published, [-1, 0, 1])
    assert 1e6 / high == pytest.approx(5000, rel=1e-3)  # the 5 kΩ that the resistance-area product comes from
    assert high / low == pytest.approx(1 + BAYES_MTJ.tmr)
    assert middle == pytest.approx((low + high) / 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"radius_nm": 0.0}, "radius_nm = 0.0 must be positive"),
        ({"temperature_K": -1.0}, "temperature_K = -1.0 must be positive"),
        ({"bias_V": np.nan}, "bias_V = nan is not finite"),
    ],
)
def test_an_impossible_junction_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(BAYES_MTJ, **change)


def test_an_impossible_spread_is_refused():
    with pytest.raises(ValueError, match=r"spread of thickness = 1.0 must lie in \[0, 0.1\]"):
        Spread(radius=0.0, thickness=1.0, interface_anisotropy=0.0)
    assert isinstance(BAYES_MTJ, Junction)
