"""Cells and arrays: whether they hold, draw and add up what the papers say of them, before any network.

Chapter 9; the abstract of the array paper, and §III-C of the scale paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import integrate, stats

from noisyweights import seeds
from noisyweights.evidence.claims import Measurement
from noisyweights.experiments.device import Device
from noisyweights.hardware import cells, converters, crossbar, wires
from noisyweights.hardware.chip import DOMAIN_WALL
from noisyweights.noise import magnetics
from noisyweights.noise.fitting import Interval

__all__ = [
    "BIAS_V",
    "JUNCTION",
    "OHM",
    "PROFILES",
    "Config",
    "Result",
    "STRAY_mT",
    "collect",
    "compute",
    "measurements",
    "points",
    "tandem_ratio",
]

ROWS = 128  # of a column, as L-mvm has it
BIAS_V = (0.0, 1.0)  # of the junction, from the widest noise to the narrowest
JUNCTION = cells.FluctuatingJunction(magnetics.BAYES_MTJ, *BIAS_V)
STRAY_mT = 1.0  # field that the reference layer leaves at the free layer, assumed
SPREADS = (0.033, 0.041)  # of a level between cells, as measured: J. Doevenspeck et al., 2021
TANDEM = (1.0, 5.0)  # ratios of the read voltages of two cells
WIRE = 1.0  # ohm between two cells where one cell is to disturb another
OHM = (0.1, 0.2, 0.5, 1.0, 2.0)  # of the wire between two cells
WANTED = np.linspace(0.1, 0.9, 9)  # probabilities of a bit
_BLOCK = 200  # reads whose noise is drawn together
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

    standardised: products of the first column, less their mean, over their deviation, (reads,). mean_error,
    sigma_error, ks: of each column, (columns,); converted: the same three with read noise and converters,
    (3, columns). bias_V, mean_uS, deviation_uS: of the junction along its range. frequency, correlation: of
    the bits, (probabilities,). lost: share of the currents of an array that wires take, exact and
    approximate, (resistances, 2, columns). sigma_lost: relative change of a junction's deviation when the
    mean of the cell beside it goes from its lowest level to its highest; sigma_lost_all: when all means do.
    """

    config: Config
    standardised: np.ndarray
    mean_error: np.ndarray
    sigma_error: np.ndarray
    ks: np.ndarray
    converted: np.ndarray
    bias_V: np.ndarray
    mean_uS: np.ndarray
    deviation_uS: np.ndarray
    frequency: np.ndarray
    correlation: np.ndarray
    lost: np.ndarray
    sigma_lost: float
    sigma_lost_all: float


def points(config: Config) -> tuple[str, ...]:
    """Products of an array, junctions, bits, and wires."""
    return ("products", "junctions", "bits", "wires")


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Measure one part; the device's law is that of the junctions in the array."""
    if point == "products":
        return _products(config, device)
    return {"junctions": _junctions, "bits": _bits, "wires": _wires}[point](config)


def _products(config: Config, device: Device) -> dict[str, np.ndarray]:
    rng = seeds.generator(config.seed, "products")
    mean = rng.normal(0, 0.5, (ROWS, config.columns))
    deviation = rng.uniform(0.02, 0.2, mean.shape)
    x = rng.uniform(0, 1, ROWS)
    placed = crossbar.place(mean, deviation, cell=DOMAIN_WALL.cell, rng=rng)
    expected, width = placed.moments(x)
    read_uS = DOMAIN_WALL.read_noise * np.hypot(placed.positive_uS, placed.negative_uS)
    exact = crossbar.Readout(None, None, ROWS)
    calibration = rng.uniform(0, 1, (200, ROWS))
    currents = placed.product(calibration, None, readout=exact) * placed.gain_uS
    chip = crossbar.Readout(
        converters.Converter(DOMAIN_WALL.dac_bits, 0, 1),
        converters.calibrate(currents, bits=DOMAIN_WALL.adc_bits, coverage=1),
        ROWS,
    )
    reads = np.empty((2, config.reads, config.columns))
    for at in range(config.reads):
        if at % _BLOCK == 0:
            block = device.law.quantile(rng.uniform(size=(_BLOCK, *mean.shape))).numpy()
        z = block[at % _BLOCK]
        reads[0, at] = placed.product(x, z, readout=exact)
        noisy = replace(placed, positive_uS=placed.positive_uS + read_uS * rng.standard_normal(mean.shape))
        reads[1, at] = noisy.product(x, z, readout=chip)
    standardised = (reads - expected) / width
    errors = [
        (one.mean(0), one.std(0, ddof=1) - 1, [stats.kstest(column, "norm").statistic for column in one.T])
        for one in standardised
    ]
    return {"standardised": standardised[0, :, 0], "errors": np.array(errors)}


def _junctions(config: Config) -> dict[str, np.ndarray]:
    """Mean and deviation along the bias, in the field that the reference layer leaves."""
    bias_V = np.linspace(*BIAS_V, 41)
    field = STRAY_mT * 1e-3 / float(magnetics.thermal_field_T(JUNCTION.junction))
    found = np.array([_moments_uS(replace(JUNCTION.junction, bias_V=bias), field) for bias in bias_V])
    return {"bias_V": bias_V, "mean_uS": found[:, 0], "deviation_uS": found[:, 1]}


def _moments_uS(junction: magnetics.Junction, field: float) -> tuple[float, float]:
    """Mean and deviation of the conductance where p(z) ∝ exp(−Δz² + hz), z along the hard axis."""
    stiffness = float(magnetics.anisotropy_kT(junction))

    def moment(power: int) -> float:
        return integrate.quad(lambda z: z**power * np.exp(-stiffness * z**2 + field * z), -1, 1)[0]

    mean = moment(1) / moment(0)
    deviation = np.sqrt(moment(2) / moment(0) - mean**2)
    centre, end = (float(magnetics.conductance_uS(junction, z)) for z in (0.0, 1.0))
    return centre + (end - centre) * mean, (end - centre) * deviation


def _bits(config: Config) -> dict[str, np.ndarray]:
    streams = [
        BIT.bits(float(BIT.current_uA(wanted)), config.bits, seeds.generator(config.seed, "bits", place))
        for place, wanted in enumerate(WANTED)
    ]
    return {
        "frequency": np.array([stream.mean() for stream in streams]),
        "correlation": np.array([np.corrcoef(stream[:-1], stream[1:])[0, 1] for stream in streams]),
    }


def _wires(config: Config) -> dict[str, np.ndarray]:
    """Currents lost in an array whose cells are all at the middle of their range and all rows driven."""
    low, high = DOMAIN_WALL.cell.levels_uS[0], DOMAIN_WALL.cell.levels_uS[-1]
    middle, volts = np.full((ROWS, ROWS), (low + high) / 2), np.ones(ROWS)
    perfect = volts @ middle
    solvers = (wires.column_currents_uA, wires.approximate_currents_uA)
    lost = [
        [1 - solve(middle, volts, row_ohm=ohm, column_ohm=ohm) / perfect for solve in solvers] for ohm in OHM
    ]
    return {
        "lost": np.array(lost),
        "sigma_lost": _beside(low, high, middle),
        "sigma_lost_all": _together(low, high),
    }


def _beside(low: float, high: float, others: np.ndarray) -> float:
    """Change of the voltage beside the last cell, over the whole, when its mean goes through its range.

    The cell farthest from driver and reader, which loses most, and the junction at its neighbour's place.
    """
    drive = np.zeros(ROWS)
    drive[0] = 1.0
    seen = []
    for level in (low, high):
        array = others.copy()
        array[0, -1] = level
        current = wires.column_currents_uA(array, drive, row_ohm=WIRE, column_ohm=WIRE)
        seen.append(current[-2] / array[0, -2])
    return abs(seen[1] - seen[0])


def _together(low: float, high: float) -> float:
    """The same when the means of all cells go through their range together."""
    volts = np.ones(ROWS)
    seen = []
    for level in (low, high):
        array = np.full((ROWS, ROWS), level)
        current = wires.column_currents_uA(array, volts, row_ohm=WIRE, column_ohm=WIRE)
        seen.append((current / (volts @ array)).min())
    return abs(seen[1] - seen[0])


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Put the four parts together."""
    plain, converted = points["products"]["errors"]
    return Result(
        config,
        points["products"]["standardised"],
        *plain,
        converted,
        *(points["junctions"][name] for name in ("bias_V", "mean_uS", "deviation_uS")),
        *(points["bits"][name] for name in ("frequency", "correlation")),
        points["wires"]["lost"],
        *(float(points["wires"][name]) for name in ("sigma_lost", "sigma_lost_all")),
    )


def tandem_ratio(levels: int) -> float:
    """The least of the read voltages' ratios in TANDEM at which two cells have so many levels."""
    return next(ratio for ratio in TANDEM if len(cells.FOUR_PILLARS.tandem(ratio).levels_uS) >= levels)


def measurements(result: Result) -> list[Measurement]:
    """Quantities of L-independent, L-mvm, A-levels and A-sampler."""
    return [*_of_products(result), *_of_junctions(result), *_of_levels(), *_of_bits(result)]


def _of_products(result: Result) -> list[Measurement]:
    """The worst column counts; its interval is that of one column, widened for having chosen the worst."""
    reads, columns = result.config.reads, len(result.ks)
    quantile = stats.norm.ppf(1 - 0.025 / columns)
    mean, sigma = (one[np.abs(one).argmax()] for one in (result.mean_error, result.sigma_error))
    ks = result.ks.max()
    # Kolmogorov's distance of a sample from its own law: subtracting it gives a lower end.
    sampling = stats.kstwo.ppf(1 - 0.05 / columns, reads)
    halves = {"mean_error": quantile / np.sqrt(reads), "sigma_error": quantile / np.sqrt(2 * reads)}
    return [
        Measurement("L-mvm", "mean_error", *_about(mean, halves["mean_error"]), reads),
        Measurement("L-mvm", "sigma_error", *_about(sigma, halves["sigma_error"]), reads),
        Measurement("L-mvm", "ks_distance", ks, max(ks - sampling, 0), min(ks + sampling, 1), reads),
    ]


def _of_junctions(result: Result) -> list[Measurement]:
    levels = DOMAIN_WALL.cell.levels_uS
    shift = np.ptp(result.mean_uS) / (levels[-1] - levels[0])
    # The deviation's own range is from the narrowest to the widest; wires take a share of the widest.
    moved = result.sigma_lost * result.deviation_uS.max() / np.ptp(result.deviation_uS)
    return [
        Measurement.exact("L-independent", "mean_crosstalk", shift),
        Measurement.exact("L-independent", "sigma_crosstalk", moved),
    ]


def _of_levels() -> list[Measurement]:
    cell = cells.FOUR_PILLARS
    tandem = cell.tandem(tandem_ratio(16))
    rates = [float(replace(cell, spread=spread).misread_rate.max()) for spread in SPREADS]
    return [
        Measurement.exact("A-levels", "levels", len(cell.levels_uS)),
        Measurement.exact("A-levels", "tandem_levels", len(tandem.levels_uS)),
        Measurement("A-levels", "misread_rate", rates[1], *rates, 0),
    ]


def _of_bits(result: Result) -> list[Measurement]:
    n, streams = result.config.bits, len(WANTED)
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
