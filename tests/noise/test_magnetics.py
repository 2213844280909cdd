"""The macrospin against Boltzmann, Langevin, Larmor and Brown: laws that its integrator does not contain."""

import numpy as np
import pytest
from scipy import constants, integrate, special, stats

from noisyweights.noise.simulation import magnetics
from noisyweights.noise.simulation.magnetics import BAYES_MTJ, BAYES_MTJ_SPREAD

# A seed is fixed, so a test either always passes or never does. For the choice of seed itself:
ALARM = 1e-3  # p-value below which a correct sampler is declared wrong, once in a thousand seeds


def boltzmann_cdf(anisotropy: float, field: float = 0.0):
    """CDF of m_z with energy Δ m_z² − h m_z, by integration of the Boltzmann factor."""
    z = np.linspace(-1, 1, 20001)
    area = integrate.cumulative_trapezoid(np.exp(-anisotropy * z**2 + field * z), z, initial=0)
    return lambda x: np.interp(x, z, area / area[-1])


def boltzmann_p_value(hard_axis: np.ndarray, anisotropy: float, field: float = 0.0) -> float:
    """Kolmogorov–Smirnov p-value of independent m_z against Boltzmann."""
    return stats.kstest(hard_axis, boltzmann_cdf(anisotropy, field)).pvalue


def along(axis: int, cells: int) -> np.ndarray:
    """All cells along one axis: as far from equilibrium as can be."""
    start = np.zeros((3, cells))
    start[axis] = 1
    return start


def reach_equilibrium(anisotropy: float, *, start: np.ndarray, temperature: float = 1.0, field=0.0):
    """Damping 0.3 forgets the start at a rate ≥ 2α/(1+α²) = 0.55 (Δ ≥ 0): e^−14 is left after 25 units."""
    step = 0.02
    return magnetics.evolve(
        start,
        anisotropy_kT=anisotropy,
        field=field,
        damping=0.3,
        temperature=temperature,
        step=step,
        steps=round(25 / step),
        seed=11,
    )[-1]


@pytest.mark.parametrize("anisotropy", [0.0, 1.0, 3.0, 8.0])
def test_an_easy_plane_reaches_the_boltzmann_law(anisotropy):
    m = reach_equilibrium(anisotropy, start=along(0, 6000))
    assert boltzmann_p_value(m[2], anisotropy) > ALARM
    angle = np.arctan2(m[1], m[0])
    assert stats.kstest(angle, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > ALARM


def test_an_easy_axis_reaches_the_boltzmann_law_from_a_symmetric_start():
    m = reach_equilibrium(-3.0, start=magnetics.isotropic(6000, seed=3))
    assert boltzmann_p_value(m[2], -3.0) > ALARM


@pytest.mark.parametrize("temperature", [0.8, 1.25])
def test_negative_control_a_wrong_temperature_is_found(temperature):
    m = reach_equilibrium(3.0, start=along(0, 6000), temperature=temperature)
    assert boltzmann_p_value(m[2], 3.0) < ALARM


def test_negative_control_leaving_out_the_stratonovich_drift_is_found():
    """An Itô step of the same equation misses the drift −2D m: lengths grow as exp(2Ds)."""

    def ito(anisotropy: float, damping: float = 0.1, step: float = 0.002, steps: int = 2500) -> np.ndarray:
        rng, m = np.random.default_rng(5), along(0, 2000)
        for _ in range(steps):
            impulse = np.sqrt(2 * damping * step) * rng.standard_normal(m.shape)
            impulse[2] -= 2 * anisotropy * m[2] * step
            m = m + magnetics.torque(m, impulse, damping)
        return m

    free = np.linalg.norm(ito(0.0), axis=0)
    growth = np.exp(2 * 0.1 / 1.01 * 5)
    np.testing.assert_allclose(free.mean(), growth, rtol=0.07)  # the damping term adds α² |m|², up to 7 %
    m = ito(3.0)
    assert boltzmann_p_value(m[2] / np.linalg.norm(m, axis=0), 3.0) < ALARM


@pytest.mark.parametrize("axis", [0, 2])
def test_a_free_moment_follows_langevin_along_any_field(axis):
    field = 2.5 * along(axis, 1)
    m = reach_equilibrium(0.0, start=along(1, 6000), field=field)[axis]
    langevin = 1 / np.tanh(2.5) - 1 / 2.5
    assert abs(m.mean() - langevin) < 4 * m.std() / np.sqrt(m.size)  # four standard errors
    exponential = lambda x: np.expm1(2.5 * (x + 1)) / np.expm1(5)  # noqa: E731 - Boltzmann, Δ = 0
    assert stats.kstest(m, exponential).pvalue > ALARM


def test_equipartition_along_the_hard_axis():
    """⟨m_z ∂E/∂m_z⟩ is 1 (twice ½ kT), less the boundary term of a coordinate that ends at ±1."""
    for anisotropy in (3.0, 8.0):
        z = reach_equilibrium(anisotropy, start=along(0, 6000))[2]
        virial = 2 * anisotropy * z**2
        partition = np.sqrt(np.pi / anisotropy) * special.erf(np.sqrt(anisotropy))
        exact = 1 - 2 * np.exp(-anisotropy) / partition
        assert abs(virial.mean() - exact) < 4 * virial.std() / np.sqrt(z.size)


def test_a_free_moment_forgets_its_direction_at_browns_rate():
    """⟨m(s)·m(0)⟩ = exp(−2Ds), D = αT/(1 + α²): the size of the noise, which equilibrium does not show."""
    for damping, temperature in ((0.03, 1.0), (0.5, 1.0), (0.3, 2.0)):
        start, step = magnetics.isotropic(6000, seed=1), 0.02
        m = magnetics.evolve(
            start,
            anisotropy_kT=0.0,
            damping=damping,
            temperature=temperature,
            step=step,
            steps=100,
            seed=2,
        )[-1]
        overlap = np.sum(m * start, axis=0)
        exact = np.exp(-2 * damping * temperature / (1 + damping**2) * 100 * step)
        assert abs(overlap.mean() - exact) < 4 * overlap.std() / np.sqrt(overlap.size)


def test_the_length_stays_one():
    readings = magnetics.evolve(
        magnetics.isotropic(200, seed=1),
        anisotropy_kT=8.0,
        damping=0.03,
        temperature=1.0,
        step=0.05,
        steps=500,
        seed=4,
        every=50,
    )
    assert readings.shape == (10, 3, 200)
    np.testing.assert_allclose(np.sum(readings**2, axis=1), 1, atol=1e-15 * 3)  # rounding of three squares


def quiet(start, *, steps, time, damping, anisotropy=0.0, field=0.0):
    """The path without noise."""
    return magnetics.evolve(
        start,
        anisotropy_kT=anisotropy,
        field=field,
        damping=damping,
        temperature=0.0,
        step=time / steps,
        steps=steps,
        seed=0,
    )[-1]


def test_precession_without_noise_is_larmors():
    """Around the axis at the rate h − 2Δ m_z, counter-clockwise as electrons do."""
    start = np.array([[0.8], [0.0], [0.6]])
    m = quiet(start, steps=20000, time=2.0, damping=0.0, anisotropy=1.5, field=[[0.0], [0.0], [4.0]])
    angle = (4.0 - 2 * 1.5 * 0.6) * 2.0
    exact = [0.8 * np.cos(angle), 0.8 * np.sin(angle), 0.6]
    np.testing.assert_allclose(m[:, 0], exact, atol=1e-7)  # second order: (2.2e-4)² · angle


def test_larmor_frequency_in_physical_units():
    """In 0.1 T an electron spin turns 2.80249514 times a nanosecond (g μ_B B / h)."""
    field = 0.1 / magnetics.thermal_field_T(BAYES_MTJ)
    time = 1.0 / magnetics.time_unit_ns(BAYES_MTJ)
    m = quiet(along(0, 1), steps=20000, time=time, damping=0.0, field=[[0.0], [0.0], [field]])
    g_factor = -constants.physical_constants["electron g factor"][0]
    bohr = constants.physical_constants["Bohr magneton"][0]
    turns = g_factor * bohr * 0.1 / constants.h * 1e-9
    assert turns == pytest.approx(2.8024951, rel=1e-7)
    assert np.arctan2(m[1, 0], m[0, 0]) == pytest.approx(2 * np.pi * (turns % 1) - 2 * np.pi, abs=1e-5)


def test_damping_turns_the_moment_into_a_field():
    """tan(θ/2) decays as exp(−αhs/(1+α²)) while the azimuth turns by hs/(1+α²)."""
    damping, field, time, theta = 0.2, 3.0, 1.7, 2.4
    start = np.array([[np.sin(theta)], [0.0], [np.cos(theta)]])
    m = quiet(start, steps=20000, time=time, damping=damping, field=[[0.0], [0.0], [field]])[:, 0]
    later = 2 * np.arctan(np.tan(theta / 2) * np.exp(-damping * field * time / (1 + damping**2)))
    angle = field * time / (1 + damping**2)
    exact = [np.sin(later) * np.cos(angle), np.sin(later) * np.sin(angle), np.cos(later)]
    np.testing.assert_allclose(m, exact, atol=1e-7)  # second order, as for Larmor


def test_without_noise_halving_the_step_quarters_the_error():
    start = np.array([[0.8], [0.0], [0.6]])
    setting = {"time": 3.0, "damping": 0.1, "anisotropy": 2.0, "field": [[1.0], [0.0], [0.5]]}
    exact = quiet(start, steps=20_000, **setting)
    errors = [np.linalg.norm(quiet(start, steps=n, **setting) - exact) for n in (200, 400, 800)]
    ratios = np.divide(errors[:-1], errors[1:])
    np.testing.assert_allclose(ratios, 4, rtol=0.05)  # 4 up to the next order of the step


def test_the_bias_of_the_equilibrium_vanishes_with_the_step():
    """2Δ·step = 4, 2, 1: the error of ⟨m_z²⟩ more than halves each time; at ¼ it drowns in sampling noise."""
    anisotropy = 20.0
    exact = integrate.quad(lambda z: z**2 * np.exp(-anisotropy * z**2), -1, 1)[0]
    exact /= integrate.quad(lambda z: np.exp(-anisotropy * z**2), -1, 1)[0]
    bias, error = [], []
    for step in (0.1, 0.05, 0.025, 0.00625):
        m = magnetics.evolve(
            along(0, 15000),
            anisotropy_kT=anisotropy,
            damping=0.1,
            temperature=1.0,
            step=step,
            steps=round(4 / step),  # relaxes at about 2αΔ = 4: e^−16 is left
            seed=8,
        )[-1]
        bias.append(abs(np.mean(m[2] ** 2) / exact - 1))
        error.append(np.std(m[2] ** 2) / np.sqrt(m.shape[1]) / exact)
    assert bias[0] > 2 * bias[1] > 4 * bias[2]
    assert bias[3] < 3 * error[3]  # three standard errors, of 1 % each


def test_readings_of_an_array_follow_each_cells_own_law():
    cells = magnetics.vary(BAYES_MTJ, spread=BAYES_MTJ_SPREAD, cells=1500, seed=2)
    readings = magnetics.read_cells(cells, wait_ns=150.0, step_ps=25.0, seed=2)

    def p_value(barriers: np.ndarray) -> float:
        """Uniformity of |m_z| among what each cell's own law gives (the sign says nothing of the width)."""
        ranks = [2 * boltzmann_cdf(b)(abs(z)) - 1 for b, z in zip(barriers, readings, strict=True)]
        return stats.kstest(ranks, "uniform").pvalue

    barriers = magnetics.anisotropy_kT(cells)
    assert p_value(barriers) > ALARM
    assert p_value(np.sort(barriers)) < ALARM  # negative control: the right laws, given to the wrong cells


def test_the_seed_alone_decides():
    cells = magnetics.vary(BAYES_MTJ, spread=BAYES_MTJ_SPREAD, cells=3, seed=2)
    read = [magnetics.read_cells(cells, wait_ns=1.0, step_ps=25.0, seed=seed) for seed in (5, 5, 6)]
    np.testing.assert_array_equal(read[0], read[1])
    assert np.all(read[0] != read[2])


@pytest.mark.parametrize("anisotropy", [-4.0, 0.0, 6.0, 30.0])
def test_the_stationary_density_is_normalised_and_boltzmanns(anisotropy):
    density = lambda z: magnetics.stationary_density(z, anisotropy_kT=anisotropy)  # noqa: E731
    assert integrate.quad(density, -1, 1, epsabs=1e-13)[0] == pytest.approx(1, abs=1e-12)  # quadrature
    assert density(0.7) / density(0.2) == pytest.approx(np.exp(-anisotropy * (0.49 - 0.04)), rel=1e-13)
    assert density(1.01) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": np.ones((3, 2))}, "length is not 1"),
        ({"start": np.ones((2, 3))}, r"shape \(2, 3\); give unit vectors of shape \(3, cells\)"),
        ({"damping": -0.1}, "must not be negative"),
        ({"temperature": -1.0}, "must not be negative"),
        ({"step": 0.0}, "step > 0"),
        ({"every": 11}, "every <= steps"),
    ],
)
def test_an_impossible_evolution_is_refused(change, message):
    setting = {"anisotropy_kT": 1.0, "damping": 0.1, "temperature": 1.0, "step": 0.1, "steps": 10, "seed": 0}
    setting = {"start": along(0, 2)} | setting | change
    with pytest.raises(ValueError, match=message):
        magnetics.evolve(setting.pop("start"), **setting)
