"""Conductance noise of an ensemble of two-level fluctuators, as in an electrochemical memory (ECRAM).

A fluctuator is an independent random telegraph signal. It adds a_i to the conductance while it is on, is on
with probability p_i and forgets its state at the rate 1/τ_i. Around its mean, a cell reads

    δG(t) = Σ_i a_i (s_i(t) − p_i),        s_i ∈ {0, 1},
    P[s_i(t) = 1 | s_i(0)] = p_i + (s_i(0) − p_i) e^{−t/τ_i}.

Cumulants of independent terms add up, so with n comparable fluctuators the excess kurtosis falls as 1/n: many
make a Gaussian, few do not. Switching times spread evenly in log τ make the spectrum 1/f.

Sources: S. Machlup, J. Appl. Phys. 25, 341 (1954); P. Dutta and P. M. Horn, Rev. Mod. Phys. 53, 497 (1981).
"""

from dataclasses import dataclass, fields

import numpy as np

from noisyweights import seeds

__all__ = [
    "ECRAM",
    "Ensemble",
    "Population",
    "autocovariance",
    "cumulants",
    "ensembles",
    "snapshot",
    "telegraph",
]


@dataclass(frozen=True)
class Population:
    """How fluctuators are distributed over the cells of an array.

    `mean_count`: Poisson mean of their number in a cell.
    `amplitude_uS`, `amplitude_spread`: median of the amplitude, standard deviation of its logarithm.
    `asymmetry_kT`: the energy ε between the two states is uniform in ± this, and p = 1 / (1 + e^ε).
    `shortest_s`, `longest_s`: limits of the switching time, uniform in its logarithm.
    """

    mean_count: float
    amplitude_uS: float
    amplitude_spread: float
    asymmetry_kT: float
    shortest_s: float
    longest_s: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{field.name} = {value} must be positive and finite")
        if self.longest_s <= self.shortest_s:
            raise ValueError(f"longest_s = {self.longest_s} must exceed shortest_s = {self.shortest_s}")


# No figures of the vanadium-oxide device are at hand, so these are plain choices: a few dozen active domains;
# amplitudes within a factor of about two of each other; asymmetries spread evenly, as in the standard
# tunnelling model, up to 3 kT, beyond which a fluctuator is frozen (95 % of the time in one state); six
# decades of switching time. The size of the amplitude sets the unit of conductance and nothing of the shape.
ECRAM = Population(
    mean_count=30.0,
    amplitude_uS=0.1,
    amplitude_spread=0.5,
    asymmetry_kT=3.0,
    shortest_s=1e-6,
    longest_s=1.0,
)


@dataclass(frozen=True)
class Ensemble:
    """The fluctuators of each cell, arrays of shape (cells, n); unused places have amplitude 0."""

    amplitude_uS: np.ndarray
    occupancy: np.ndarray
    switching_time_s: np.ndarray

    def __post_init__(self) -> None:
        shapes = {field.name: np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(set(shapes.values())) != 1 or len(shapes["occupancy"]) != 2:
            raise ValueError(
                f"amplitude, occupancy and switching time need one shape (cells, n); got {shapes}"
            )
        if not np.all((self.occupancy >= 0) & (self.occupancy <= 1)):
            raise ValueError("occupancy holds a value outside [0, 1]: it is the probability to be on")
        if not np.all(self.switching_time_s > 0):
            raise ValueError("switching_time_s holds a value that is not positive")


def ensembles(population: Population, *, cells: int, seed: int) -> Ensemble:
    """Draw the fluctuators of `cells` independent cells from a population."""
    rng = seeds.generator(seed, "ensembles")
    count = rng.poisson(population.mean_count, cells)
    shape = (cells, max(1, int(count.max(initial=0))))
    amplitude = population.amplitude_uS * np.exp(population.amplitude_spread * rng.standard_normal(shape))
    energy_kT = rng.uniform(-population.asymmetry_kT, population.asymmetry_kT, shape)
    decades = np.log(population.longest_s / population.shortest_s)
    return Ensemble(
        amplitude_uS=np.where(np.arange(shape[1]) < count[:, None], amplitude, 0.0),
        occupancy=1 / (1 + np.exp(energy_kT)),
        switching_time_s=population.shortest_s * np.exp(decades * rng.random(shape)),
    )


def snapshot(ensemble: Ensemble, *, seed: int) -> np.ndarray:
    """One exact draw of δG in µS from the stationary law of each cell; shape (cells,)."""
    on = seeds.generator(seed, "snapshot").random(ensemble.occupancy.shape) < ensemble.occupancy
    return _deviation(ensemble, on)


def telegraph(ensemble: Ensemble, *, interval_s: float, readings: int, seed: int) -> np.ndarray:
    """Stationary δG in µS, read every `interval_s`; shape (readings, cells).

    The sampling is exact at any interval: with probability e^{−interval/τ} a fluctuator has kept its state,
    otherwise its state is drawn anew.
    """
    if not interval_s > 0 or readings < 1:
        raise ValueError(f"need interval_s > 0 and readings >= 1; got {interval_s=}, {readings=}")
    rng = seeds.generator(seed, "telegraph")
    keep = np.exp(-interval_s / ensemble.switching_time_s)
    on = rng.random(keep.shape) < ensemble.occupancy
    trace = np.empty((readings, keep.shape[0]))
    for reading in range(readings):
        trace[reading] = _deviation(ensemble, on)
        on = np.where(rng.random(keep.shape) < keep, on, rng.random(keep.shape) < ensemble.occupancy)
    return trace


def cumulants(ensemble: Ensemble) -> np.ndarray:
    """First four cumulants of δG of each cell, in µS, µS², µS³, µS⁴; shape (4, cells).

    With v = p (1 − p):  κ₁ = 0,  κ₂ = Σ a² v,  κ₃ = Σ a³ v (1 − 2p),  κ₄ = Σ a⁴ v (1 − 6v).
    """
    a, p = ensemble.amplitude_uS, ensemble.occupancy
    v = p * (1 - p)
    terms = [np.zeros_like(a), a**2 * v, a**3 * v * (1 - 2 * p), a**4 * v * (1 - 6 * v)]
    return np.stack([term.sum(axis=1) for term in terms])


def autocovariance(ensemble: Ensemble, *, lag_s: float) -> np.ndarray:
    """Stationary ⟨δG(0) δG(lag)⟩ = Σ a² p (1 − p) e^{−|lag|/τ} of each cell in µS²; shape (cells,)."""
    v = ensemble.occupancy * (1 - ensemble.occupancy)
    decay = np.exp(-abs(lag_s) / ensemble.switching_time_s)
    return np.sum(ensemble.amplitude_uS**2 * v * decay, axis=1)


def _deviation(ensemble: Ensemble, on: np.ndarray) -> np.ndarray:
    return np.sum(ensemble.amplitude_uS * (on - ensemble.occupancy), axis=1)
