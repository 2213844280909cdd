"""Cells and arrays: whether they hold, draw and add up what the papers say of them, before any network.

Chapter 9; the abstract of the array paper, and §III-C of the scale paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from noisyweights import seeds
from noisyweights.experiments.crossbar import array_reads
from noisyweights.experiments.crossbar.array_reads import READINGS, ROWS
from noisyweights.experiments.device import Device
from noisyweights.hardware import cells
from noisyweights.hardware.array import wires
from noisyweights.hardware.chip import DOMAIN_WALL
from noisyweights.ledger.claims import Measurement
from noisyweights.noise.simulation import magnetics
from noisyweights.scores.estimates import Interval

__all__ = [
    "BIAS_V",
    "JUNCTION",
    "OHM",
    "PROFILES",
    "READINGS",
    "ROWS",
    "Config",
    "Result",
    "STRAY_mT",
    "collect",
    "compute",
    "measurements",
    "points",
    "uses_device",
]

BIAS_V = (0.0, 1.0)  # of the junction, from the widest noise to the narrowest
JUNCTION = cells.FluctuatingJunction(magnetics.BAYES_MTJ, *BIAS_V)
STRAY_mT = 1.0  # field that the reference layer leaves at the free layer, assumed
SPREADS = (0.033, 0.041)  # of a level between cells, as measured: J. Doevenspeck et al., 2021
TANDEM = 5.0  # ratio of the read voltages of two cells, which tells 5 × 5 levels apart
WIRE = 1.0  # ohm between two cells, of copper in a process of 40 nm: 4 µΩ cm, 70 × 140 nm, 0.3 µm
HALF_V = 0.5  # bias at which the magnetoresistance has halved, usual for MgO, assumed
OHM = (0.1, 0.2, 0.5, 1.0, 2.0)  # of the wire between two cells
WANTED = np.linspace(0.1, 0.9, 9)  # probabilities of a bit
PARTS = ("products", "picture", "junctions", "bits", "wires")
_CHIP = READINGS.index("chip")
# Of the sampler: a pulse of 100 µA is typical of a track of 40 nm; how sharply it switches is assumed.
BIT = cells.SwitchingBit(centre_uA=100.0, width_uA=5.0, reset_failure=1e-4)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the samples."""

    seed: int = field(metadata={"words": "of weights, cells and reads"})
    reads: int = field(metadata={"words": "of a column"})
    columns: int = field(metadata={"words": "with other weights"})
    bits: int = field(metadata={"words": "of each stream"})


PROFILES = {
    "smoke": Config(seed=9, reads=400, columns=4, bits=2_000),
    "quick": Config(seed=9, reads=10_000, columns=8, bits=400_000),
    "full": Config(seed=9, reads=100_000, columns=16, bits=4_000_000),
}


@dataclass(frozen=True)
class Result:
    """What the chapter shows of cells and arrays.

    standardised: products of the first column as the chip reads it, less the mean of its cells, over their
    deviation, (reads,), the least first. errors (readings, 3, columns): off the mean in deviations, relative
    off the deviation, and distance of the law, by `READINGS`: under the device's law alone, with read noise,
    with converters, with both as the chip reads, all against what the cells hold, and as the chip reads
    against what was wanted. bias_V, mean_uS, deviation_uS: of the junction along its range in a
    stray field; barrier_uS: its mean where the bias lowers the magnetoresistance. frequency, correlation: of
    `bits` bits, (probabilities,). lost: share of the currents of an array that wires take,
    (resistances, columns). sigma_lost: relative change of what a junction adds when the mean in its place
    goes through its range, (resistances,); sigma_lost_all: of all currents when all means do.
    picture: what `array_picture.draw_array` draws, of a small array.
    """

    config: Config
    standardised: np.ndarray
    errors: np.ndarray
    bias_V: np.ndarray
    mean_uS: np.ndarray
    deviation_uS: np.ndarray
    barrier_uS: np.ndarray
    frequency: np.ndarray
    correlation: np.ndarray
    bits: int
    lost: np.ndarray
    sigma_lost: np.ndarray
    sigma_lost_all: float
    picture: Mapping[str, np.ndarray]

    def crosstalk(self) -> tuple[np.ndarray, np.ndarray]:
        """Shifts over ranges: of the mean, by the stray field and by the barrier; of σ, at each resistance.

        A reference with the junction's own bias takes off what the barrier does, one for all biases does not.
        The range of σ is that of the bias.
        """
        levels = DOMAIN_WALL.cell.levels_uS
        shifts = np.array([np.ptp(self.mean_uS), np.ptp(self.barrier_uS)]) / (levels[-1] - levels[0])
        return shifts, self.sigma_lost * self.deviation_uS.max() / np.ptp(self.deviation_uS)


def points(config: Config) -> tuple[str, ...]:
    """Products of an array, a small array to be drawn, junctions, bits, and wires."""
    return PARTS


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Measure one part; the device's law is that of the junctions in the array."""
    if point == "products":
        return array_reads.products(
            columns=config.columns, reads=config.reads, law=device.law, seed=config.seed
        )
    if point == "picture":
        return array_reads.picture(law=device.law, seed=config.seed)
    return {"junctions": _junctions, "bits": _bits, "wires": _wires}[point](config)


def uses_device(point: str) -> bool:
    """Whether the device's law draws in a part: where an array with junctions is read."""
    return point in ("products", "picture")


def _junctions(config: Config) -> dict[str, np.ndarray]:
    """Mean and deviation along the bias, in the field that the reference layer leaves."""
    bias_V = np.linspace(*BIAS_V, 41)
    found = np.array([JUNCTION.moments_uS(bias, field_T=STRAY_mT * 1e-3) for bias in bias_V])
    # A bias across the barrier lowers its magnetoresistance too, and with it what antiparallel moments block.
    fallen = JUNCTION.junction.tmr / (1 + (bias_V / HALF_V) ** 2)
    barrier = magnetics.conductance_uS(replace(JUNCTION.junction, tmr=fallen), 0.0)
    return {"bias_V": bias_V, "mean_uS": found[:, 0], "deviation_uS": found[:, 1], "barrier_uS": barrier}


def _bits(config: Config) -> dict[str, np.ndarray]:
    streams = [
        BIT.bits(float(BIT.current_uA(wanted)), config.bits, seeds.generator(config.seed, "bits", place))
        for place, wanted in enumerate(WANTED)
    ]
    return {
        "frequency": np.array([stream.mean() for stream in streams]),
        "correlation": np.array([np.corrcoef(stream[:-1], stream[1:])[0, 1] for stream in streams]),
        "bits": np.array(config.bits),
    }


def _wires(config: Config) -> dict[str, np.ndarray]:
    """Currents lost in an array whose cells are all at the middle of their range and all rows driven."""
    low, high = DOMAIN_WALL.cell.levels_uS[0], DOMAIN_WALL.cell.levels_uS[-1]
    middle, volts = np.full((ROWS, ROWS), (low + high) / 2), np.ones(ROWS)
    perfect = volts @ middle
    lost = [1 - wires.column_currents_uA(middle, volts, row_ohm=ohm, column_ohm=ohm) / perfect for ohm in OHM]
    alone = [_at_the_same_place(low, high, middle, ohm) for ohm in OHM]
    return {"lost": np.array(lost), "sigma_lost": np.array(alone), "sigma_lost_all": _together(low, high)}


def _at_the_same_place(low: float, high: float, others: np.ndarray, ohm: float) -> float:
    """Relative change of what a junction adds to its column as the mean in its place goes through its range.

    It is the cell farthest from driver and reader, which loses most. Its row alone is driven.
    """
    drive = np.zeros(ROWS)
    drive[0] = 1.0
    added_uS, seen = 1e-3, []
    for level in (low, high):
        current = []
        for conductance in (level, level + added_uS):
            array = others.copy()
            array[0, -1] = conductance
            current.append(wires.column_currents_uA(array, drive, row_ohm=ohm, column_ohm=ohm)[-1])
        seen.append((current[1] - current[0]) / added_uS)
    return abs(seen[1] / seen[0] - 1)


def _together(low: float, high: float) -> float:
    """Relative change of the currents that come through as the means of all cells go through their range."""
    volts, seen = np.ones(ROWS), []
    for level in (low, high):
        array = np.full((ROWS, ROWS), level)
        current = wires.column_currents_uA(array, volts, row_ohm=WIRE, column_ohm=WIRE)
        seen.append((current / (volts @ array)).min())
    return abs(seen[1] / seen[0] - 1)


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Put the parts together; raises ValueError for one that is missing."""
    if missing := [point for point in PARTS if point not in points]:
        raise ValueError(f"crossbar.cells lacks {', '.join(missing)}: compute {missing[0]}")
    products = points["products"]
    return Result(
        config,
        standardised=np.repeat(products["values"], products["counts"]),
        errors=products["errors"],
        **{name: points["junctions"][name] for name in ("bias_V", "mean_uS", "deviation_uS", "barrier_uS")},
        **{name: points["bits"][name] for name in ("frequency", "correlation")},
        bits=int(points["bits"]["bits"]),
        **{name: points["wires"][name] for name in ("lost", "sigma_lost")},
        sigma_lost_all=float(points["wires"]["sigma_lost_all"]),
        picture=points["picture"],
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of L-independent and its two circuits, L-mvm, A-levels and A-sampler."""
    return [*_of_products(result), *_of_junctions(result), *_of_levels(), *_of_bits(result)]


def _of_products(result: Result) -> list[Measurement]:
    """The worst column of the chip, against what its cells hold; intervals allow for choosing the worst."""
    means, sigmas, distances = result.errors[_CHIP]
    reads, columns = len(result.standardised), len(means)
    quantile = stats.norm.ppf(1 - 0.025 / columns)
    mean, sigma = (one[np.abs(one).argmax()] for one in (means, sigmas))
    ks = distances.max()
    # Kolmogorov's distance of a sample from its own law: subtracting it gives a lower end.
    sampling = stats.kstwo.ppf(1 - 0.05 / columns, reads)
    halves = {"mean_error": quantile / np.sqrt(reads), "sigma_error": quantile / np.sqrt(2 * reads)}
    return [
        Measurement("L-mvm", "mean_error", *_about(mean, halves["mean_error"]), reads),
        Measurement("L-mvm", "sigma_error", *_about(sigma, halves["sigma_error"]), reads),
        Measurement("L-mvm", "ks_distance", ks, max(ks - sampling, 0), min(ks + sampling, 1), reads),
    ]


def _of_junctions(result: Result) -> list[Measurement]:
    """The worst circuit, and from the best to it, since the abstract names none: see `Result.crosstalk`."""
    means, sigmas = result.crosstalk()
    worst = float(sigmas[OHM.index(WIRE)])
    circuits = {
        "L-independent-tracked": (means[0], sigmas[OHM.index(0.1)]),
        "L-independent-plain": (means[1], worst),
    }
    by_circuit = [
        Measurement.exact(circuit, f"{name}_crosstalk", float(value))
        for circuit, values in circuits.items()
        for name, value in zip(("mean", "sigma"), values, strict=True)
    ]
    return [
        *by_circuit,
        Measurement("L-independent", "mean_crosstalk", means.max(), means.min(), means.max(), 0),
        Measurement("L-independent", "sigma_crosstalk", worst, float(sigmas[0]), worst, 0),
    ]


def _of_levels() -> list[Measurement]:
    cell = cells.FOUR_PILLARS
    tandem = cell.tandem(TANDEM)
    rates = [float(replace(cell, spread=spread).misread_rate.mean()) for spread in SPREADS]
    return [
        Measurement.exact("A-levels", "levels", len(cell.levels_uS)),
        Measurement.exact("A-levels", "tandem_levels", len(tandem.levels_uS)),
        Measurement("A-levels", "misread_rate", rates[1], *rates, 0),
    ]


def _of_bits(result: Result) -> list[Measurement]:
    n, streams = result.bits, len(WANTED)
    quantile = stats.norm.ppf(1 - 0.025 / streams)
    errors = np.abs(result.frequency - WANTED)
    error = errors.max()
    half = quantile * np.sqrt(0.25 / n)
    correlation = result.correlation[np.abs(result.correlation).argmax()]
    return [
        Measurement("A-sampler", "max_probability_error", error, max(error - half, 0), error + half, n),
        Measurement("A-sampler", "lag_one_correlation", *_about(correlation, quantile / np.sqrt(n)), n),
    ]


def _about(value: float, half_width: float) -> Interval:
    return Interval(float(value), float(value - half_width), float(value + half_width))
