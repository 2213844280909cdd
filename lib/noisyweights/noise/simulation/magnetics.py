"""Thermal noise of a circular magnetic tunnel junction: the stochastic Landau–Lifshitz–Gilbert macrospin.

The free layer is one unit vector m. Below, energies are in kT and fields in kT / (M_s V), so that time runs
in M_s V / (γ kT) and only the anisotropy, the applied field and the damping α are left:

    E(m) = Δ m_z² − h·m,        b = −∂E/∂m + η,        ⟨η_i(s) η_j(s')⟩ = 2 α T δ_ij δ(s − s'),
    dm/ds = −[m × b + α m × (m × b)] / (1 + α²)         (Stratonovich; T = 1 is the reference temperature).

The stationary law is Boltzmann's. Without a field it is uniform around the axis, and since the area of a
sphere is uniform in m_z, exp(−Δ m_z²) is the density of m_z itself: for Δ > 0, an easy plane, a Gaussian of
standard deviation (2Δ)^−½ cut at ±1. Cells differ in Δ, so an array's pooled noise is a mixture of such
Gaussians over their widths: a sharper centre and broader shoulders than one Gaussian. Read along an axis *in*
a stiff easy plane, the same junction would show the arcsine law, largest at the two ends.

Sources: W. F. Brown, Phys. Rev. 130, 1677 (1963); J. L. García-Palacios and F. J. Lázaro, Phys. Rev. B 58,
14937 (1998).
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants, special

from noisyweights import seeds

__all__ = [
    "BAYES_MTJ",
    "BAYES_MTJ_SPREAD",
    "Junction",
    "Spread",
    "anisotropy_kT",
    "conductance_uS",
    "demagnetizing_factor",
    "evolve",
    "isotropic",
    "read_cells",
    "stationary_density",
    "thermal_field_T",
    "time_unit_ns",
    "torque",
    "vary",
]

GYROMAGNETIC_RATIO = constants.physical_constants["electron gyromag. ratio"][0]  # rad / (s T)


@dataclass(frozen=True)
class Junction:
    """A circular tunnel junction with a perpendicular reference layer; an array is one value a cell.

    `bias_V` lowers the interface anisotropy by `vcma_fJ_per_Vm` · bias / oxide thickness (voltage-controlled
    magnetic anisotropy): a positive bias stiffens the easy plane and narrows the noise.
    """

    radius_nm: float | np.ndarray
    thickness_nm: float | np.ndarray
    oxide_nm: float | np.ndarray
    magnetization_kA_per_m: float | np.ndarray
    interface_anisotropy_mJ_per_m2: float | np.ndarray
    vcma_fJ_per_Vm: float | np.ndarray
    bias_V: float | np.ndarray
    damping: float | np.ndarray
    temperature_K: float | np.ndarray
    resistance_area_ohm_um2: float | np.ndarray
    tmr: float | np.ndarray

    def __post_init__(self) -> None:
        signed = {"interface_anisotropy_mJ_per_m2", "vcma_fJ_per_Vm", "bias_V"}
        for field in fields(self):
            value = np.asarray(getattr(self, field.name))
            if not np.all(np.isfinite(value)):
                raise ValueError(
                    f"{field.name} = {value} is not finite: give a number in the unit of its name"
                )
            if field.name not in signed and not np.all(value > 0):
                raise ValueError(f"{field.name} = {value} must be positive")


@dataclass(frozen=True)
class Spread:
    """Relative standard deviations of what differs from cell to cell."""

    radius: float
    thickness: float
    interface_anisotropy: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 0.1:
                raise ValueError(
                    f"spread of {field.name} = {value} must lie in [0, 0.1] (0.01 is one per cent)"
                )


# Stack: the UT Austin spin-torque MTJ model (K_i, M_s, α, TMR, oxide; its 5 kΩ at a radius of 50 nm gives the
# resistance-area product). VCMA: CoFeB/MgO lies between 30 and 100 fJ/(V m). Radius: a pillar of 40 nm, small
# enough to turn as one spin. Thickness: the least, in steps of 0.01 nm, whose plane is easy in 97 % of cells.
BAYES_MTJ = Junction(
    radius_nm=20.0,
    thickness_nm=1.32,
    oxide_nm=1.5,
    magnetization_kA_per_m=1200.0,
    interface_anisotropy_mJ_per_m2=1.0056,
    vcma_fJ_per_Vm=60.0,
    bias_V=0.0,
    damping=0.03,
    temperature_K=300.0,
    resistance_area_ohm_um2=39.27,
    tmr=1.2,
)

# Together ±4.2 kT of anisotropy energy. That is careful: measured arrays of perpendicular junctions spread by
# 9.6–14.3 % of their stability factor, ±6–8 kT at a factor of 60 ("Area dependence of thermal stability
# factor in perpendicular STT-MRAM analyzed by bi-directional data flipping model", IEDM 2014).
BAYES_MTJ_SPREAD = Spread(radius=0.02, thickness=0.01, interface_anisotropy=0.01)


def demagnetizing_factor(aspect: ArrayLike) -> np.ndarray:
    """Axial magnetometric demagnetizing factor N_z of a uniformly magnetised cylinder.

    With τ = `aspect` = thickness / diameter and k² = 1 / (1 + τ²),
        N_z = 1 + 4/(3πτ) · {1 − √(1 + τ²) [τ² K(k) + (1 − τ²) E(k)]}.
    Source: R. I. Joseph, J. Appl. Phys. 37, 4639 (1966).
    """
    tau = np.asarray(aspect, dtype=float)
    complement = tau**2 / (1 + tau**2)  # 1 − k²: K is taken from it, since k² rounds to 1 for a thin film
    elliptic = tau**2 * special.ellipkm1(complement) + (1 - tau**2) * special.ellipe(1 - complement)
    return 1 + 4 / (3 * np.pi * tau) * (1 - np.sqrt(1 + tau**2) * elliptic)


def anisotropy_kT(junction: Junction) -> np.ndarray:
    """Energy Δ, in kT, to turn the free layer from its plane to the hard axis (negative: the axis is easy).

        Δ = [½ μ₀ M_s² (N_z − N_x) t − K_i + ξ V / t_oxide] · π r² / kT,        N_x = (1 − N_z) / 2.

    The three terms are the dipolar energy of the film, its interface anisotropy and the bias. The first two
    nearly cancel, so one per cent of either moves Δ by 3 kT in a 40 nm pillar.
    """
    thickness_m = np.asarray(junction.thickness_nm) * 1e-9
    axial = demagnetizing_factor(np.asarray(junction.thickness_nm) / (2 * np.asarray(junction.radius_nm)))
    dipolar = 0.5 * constants.mu_0 * (np.asarray(junction.magnetization_kA_per_m) * 1e3) ** 2 * thickness_m
    voltage = np.asarray(junction.vcma_fJ_per_Vm) * 1e-15 * junction.bias_V / (junction.oxide_nm * 1e-9)
    areal = (
        dipolar * (3 * axial - 1) / 2 - np.asarray(junction.interface_anisotropy_mJ_per_m2) * 1e-3 + voltage
    )
    return areal * _area_m2(junction) / (constants.k * np.asarray(junction.temperature_K))


def thermal_field_T(junction: Junction) -> np.ndarray:
    """Field unit kT / (M_s V) in tesla: the field whose Zeeman energy is one kT."""
    moment = np.asarray(junction.magnetization_kA_per_m) * 1e3 * _area_m2(junction)
    moment = moment * np.asarray(junction.thickness_nm) * 1e-9
    return constants.k * np.asarray(junction.temperature_K) / moment


def time_unit_ns(junction: Junction) -> np.ndarray:
    """Time unit M_s V / (γ kT) in nanoseconds: one radian of precession in the thermal field."""
    return 1e9 / (GYROMAGNETIC_RATIO * thermal_field_T(junction))


def conductance_uS(junction: Junction, hard_axis: ArrayLike) -> np.ndarray:
    """Conductance in µS at hard-axis component m_z in [−1, 1]: linear, from antiparallel to parallel.

        G = G_P / (1 + TMR) · (1 + TMR · (1 + m_z) / 2),        G_P = π r² / RA.

    Source: J. C. Slonczewski, Phys. Rev. B 39, 6995 (1989).
    """
    parallel = _area_m2(junction) * 1e12 / np.asarray(junction.resistance_area_ohm_um2) * 1e6
    tmr = np.asarray(junction.tmr)
    return parallel / (1 + tmr) * (1 + tmr * (1 + np.asarray(hard_axis)) / 2)


def vary(junction: Junction, *, spread: Spread, cells: int, seed: int) -> Junction:
    """An array of `cells` junctions around a nominal one: independent normal radius, thickness and K_i."""
    normal = seeds.generator(seed, "cells").standard_normal((3, cells))
    return replace(
        junction,
        radius_nm=junction.radius_nm * (1 + spread.radius * normal[0]),
        thickness_nm=junction.thickness_nm * (1 + spread.thickness * normal[1]),
        interface_anisotropy_mJ_per_m2=junction.interface_anisotropy_mJ_per_m2
        * (1 + spread.interface_anisotropy * normal[2]),
    )


def isotropic(cells: int, *, seed: int) -> np.ndarray:
    """Unit vectors (3, cells), uniform on the sphere: the equilibrium of infinite temperature."""
    direction = _single(seeds.generator(seed, "start").standard_normal((3, cells)))
    return direction / np.sqrt(np.sum(direction**2, axis=0))


def torque(m: np.ndarray, field: np.ndarray, damping: ArrayLike) -> np.ndarray:
    """Right-hand side −[m × b + α m × (m × b)] / (1 + α²) for vectors m, b of shape (3, cells)."""
    turn = _cross(m, field)
    return -(turn + damping * _cross(m, turn)) / (1 + np.square(damping))


def evolve(
    start: np.ndarray,
    *,
    anisotropy_kT: ArrayLike,
    damping: ArrayLike,
    temperature: float,
    step: ArrayLike,
    steps: int,
    seed: int,
    field: ArrayLike = 0.0,
    every: int | None = None,
) -> np.ndarray:
    """Integrate the macrospin with Heun's scheme, whose limit is the Stratonovich solution.

    All quantities are reduced (see the module): `step` in M_s V / (γ kT), `field` in kT / (M_s V) and of a
    shape that broadcasts to (3, cells), `temperature` relative to the one in kT (0 switches the noise off).
    Keep max(2 |Δ|, |h|) · step below about 0.3. Each step ends by putting m back on the sphere, which Heun
    leaves by a term of higher order only.

    Returns m of shape (readings, 3, cells), one reading after each `every` steps (by default the last alone).
    Raises ValueError for a start that is not (3, cells) unit vectors, a negative damping or temperature, a
    step that is not positive and a reading beyond the last step.
    """
    every = steps if every is None else every
    m = np.array(start, dtype=float)
    if m.ndim != 2 or m.shape[0] != 3:
        raise ValueError(f"start has shape {m.shape}; give unit vectors of shape (3, cells)")
    if not np.allclose(np.sum(m**2, axis=0), 1):
        raise ValueError("start holds vectors whose length is not 1: divide each by its length")
    if np.any(np.asarray(damping) < 0) or temperature < 0:
        raise ValueError(f"damping {damping} and temperature {temperature} must not be negative")
    if not np.all(np.asarray(step) > 0) or not 1 <= every <= steps:
        raise ValueError(f"need step > 0 and 1 <= every <= steps; got {step=}, {every=}, {steps=}")

    rng = seeds.generator(seed, "thermal")
    drift = np.broadcast_to(np.asarray(field, dtype=float) * step, m.shape)
    restoring = -2 * np.asarray(anisotropy_kT) * step
    kick = np.sqrt(2 * np.asarray(damping) * temperature * step)
    readings = np.empty((steps // every, *m.shape))
    for done in range(1, steps // every * every + 1):
        impulse = drift + kick * _single(rng.standard_normal(m.shape))
        slope = torque(m, _along_axis(impulse, restoring * m[2]), damping)
        guess = m + slope
        m = m + 0.5 * (slope + torque(guess, _along_axis(impulse, restoring * guess[2]), damping))
        m /= np.sqrt(m[0] ** 2 + m[1] ** 2 + m[2] ** 2)
        if done % every == 0:
            readings[done // every - 1] = m
    return readings


def read_cells(junction: Junction, *, wait_ns: float, step_ps: float, seed: int) -> np.ndarray:
    """One hard-axis reading m_z of each cell, `wait_ns` after a start uniform on the sphere; shape (cells,).

    The start is symmetric and so is the energy: to be in equilibrium, a perpendicular cell (Δ < 0) need not
    cross its barrier, only relax inside its wells. Different cells are independent.
    """
    barrier = _single(np.atleast_1d(anisotropy_kT(junction)))
    return evolve(
        isotropic(barrier.size, seed=seed),
        anisotropy_kT=barrier,
        damping=junction.damping,
        temperature=1.0,
        step=_single(step_ps * 1e-3 / time_unit_ns(junction)),
        steps=round(wait_ns * 1e3 / step_ps),
        seed=seed,
    )[-1, 2]


def stationary_density(hard_axis: ArrayLike, *, anisotropy_kT: ArrayLike) -> np.ndarray:
    """Boltzmann density of m_z on [−1, 1] without a field, for Δ of either sign.

    q(m_z) = exp(−Δ m_z²) / [2 ₁F₁(½; 3/2; −Δ)].
    """
    z, barrier = np.asarray(hard_axis, dtype=float), np.asarray(anisotropy_kT, dtype=float)
    return np.where(np.abs(z) <= 1, np.exp(-barrier * z**2) / (2 * special.hyp1f1(0.5, 1.5, -barrier)), 0.0)


def _single(value: np.ndarray) -> np.ndarray:
    # Precession at a rate that depends on m_z makes the noisy paths chaotic: 1e-13 can grow to 1 in 100 ns.
    # The last digit of a logarithm depends on the C library, so unrounded each machine would follow its own
    # paths. What comes after the rounding is +, −, ×, ÷ and √, and those IEEE 754 fixes.
    return np.asarray(value, dtype=np.float32).astype(np.float64)


def _area_m2(junction: Junction) -> np.ndarray:
    return np.pi * (np.asarray(junction.radius_nm) * 1e-9) ** 2


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.empty_like(a)
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]
    return out


def _along_axis(impulse: np.ndarray, axial: np.ndarray) -> np.ndarray:
    total = impulse.copy()
    total[2] += axial
    return total
