"""A chip: the cells of its arrays, what happens to them, and how the arrays are driven and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from numbers import Real

import numpy as np
from scipy import optimize

from noisyweights.hardware import nonidealities
from noisyweights.hardware.cells import BINARY_SOT, FOUR_PILLARS, FluctuatingJunction, LevelCell, domain_wall
from noisyweights.hardware.drive import Drive
from noisyweights.noise.simulation import magnetics

__all__ = ["COINS", "DOMAIN_WALL", "IDEAL", "SCALES", "Chip", "Junctions", "ScaleStore"]


@dataclass(frozen=True, kw_only=True)
class Junctions:
    """Fluctuating junctions, which carry the standard deviations of weights: how far they can be set.

    How strongly a column's junctions count is one number, as the gain of its cells is. It is set so that the
    variance of the column's product is what it should be; what lies beyond the range of the bias is cut to
    its ends.

    Args:
        ratio: of the widest standard deviation to the narrowest; infinite if any can be set.
        levels: settings of the bias, whose standard deviations are evenly spaced by factors; None for any.
        spread: standard deviation of the logarithm of a junction's own, between junctions at one bias, about
            the root of their mean square.

    Raises: ValueError for a ratio below 1, fewer than two levels, levels of an infinite ratio, or a negative
        spread.
    """

    ratio: float
    levels: int | None
    spread: float

    def __post_init__(self) -> None:
        if not self.ratio >= 1:
            raise ValueError(f"ratio is that of the widest to the narrowest, 1 or more, got {self.ratio}")
        if self.levels is not None and (self.levels < 2 or self.levels % 1 or self.ratio == np.inf):
            raise ValueError(
                f"levels divide a finite ratio into 2 settings or more, got {self.levels} and {self.ratio}"
            )
        if not 0 <= self.spread < np.inf:
            raise ValueError(f"spread must be finite and not negative, got {self.spread}")

    def set_to(
        self, deviation: np.ndarray, *, power: np.ndarray | None, rng: np.random.Generator
    ) -> np.ndarray:
        """Standard deviations that junctions have when set to these as near as can be, (rows, columns).

        Args:
            deviation: wanted, (rows, columns).
            power: mean square of each row's input, (rows,), which decides whose deviation matters; None for
                rows that are driven alike.
            rng: of the spread between junctions.
        """
        power = np.ones(len(deviation)) if power is None or not power.any() else power
        columns = [self._held(column, power) for column in np.asarray(deviation, float).T]
        spread = np.exp(self.spread * rng.standard_normal(deviation.shape) - self.spread**2)
        return np.stack(columns, 1) * spread

    def _held(self, column: np.ndarray, power: np.ndarray) -> np.ndarray:
        wanted = power @ column**2
        if not wanted or (self.ratio == np.inf and self.levels is None):
            return column

        def held(widest: float) -> np.ndarray:
            return np.clip(column, widest / self.ratio, widest)

        # From all too narrow to all too wide, and equal somewhere between.
        widest = optimize.brentq(lambda end: power @ held(end) ** 2 - wanted, column.min(), column.max())
        found = held(widest)
        if self.levels is not None and self.ratio > 1:
            step = np.log(self.ratio) / (self.levels - 1)
            found = widest * np.exp(-step * np.rint(np.log(widest / found) / step))
        return found * np.sqrt(wanted / (power @ found**2))


@dataclass(frozen=True, kw_only=True)
class ScaleStore:
    """Where a network with random scales keeps draws of them, one of which each pass takes.

    Args:
        cell: that holds one scale.
        vectors: draws stored for each layer.

    Raises: ValueError for no vectors.
    Source: Ahmed et al. (2023), eq. 4 and §III-C(2).
    """

    cell: LevelCell
    vectors: int

    def __post_init__(self) -> None:
        if self.vectors < 1:
            raise ValueError(f"vectors must be at least 1, got {self.vectors}")


_BITS = ("coin_bits", "dac_bits", "adc_bits")


@dataclass(frozen=True, kw_only=True)
class Chip:
    """What a network is deployed on; see `deployment.deploy`.

    Args:
        cell: of weights. Numbers take a pair of cells, signs take one.
        junctions: of random weights; None on a chip without.
        scales: of random scales; None on a chip without.
        coin_bits: for networks sampled by coin flips, bits of each coin's random number; None on a chip that
            tosses none.
        faults: what happens to the written cells, in this order: functions (conductance_uS, *, rng) →
            conductance_uS, such as those of `nonidealities` with their amounts, which belong to this cell.
        read_noise: standard deviation of a cell's conductance between reads: a number over the conductance,
            or a function from µS to µS, such as a curve of `noise.scale_curves`.
        rows, columns: of cells, of one array. Larger matrices take several, and numbers from different rows
            are added. Positive cells, negative cells and junctions stand in arrays of their own.
        row_ohm, column_ohm: of the wire between two neighbouring cells.
        dac_bits, adc_bits: of converters; None for exact ones.
        coverage: share of the numbers in a calibration that the converters' range holds.
        source: where the settings are from.
        drive: how inputs come in steps, weights in slices, and sums to converters; None for inputs by levels,
            whole weights on pairs of cells, an ADC for each column, and ranges by calibration.

    Raises: ValueError for arrays without cells, other bits, or numbers out of range, and for a drive that
        cells, arrays or converters do not fit; TypeError for a part of another kind, or a number that is
        none.
    """

    cell: LevelCell
    junctions: Junctions | None
    scales: ScaleStore | None
    coin_bits: int | None
    faults: tuple[Callable[..., np.ndarray], ...]
    read_noise: float | Callable[[np.ndarray], np.ndarray]
    rows: int
    columns: int
    row_ohm: float
    column_ohm: float
    dac_bits: int | None
    adc_bits: int | None
    coverage: float
    source: str
    drive: Drive | None = None

    def __post_init__(self) -> None:
        self._check_kinds()
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"an array has at least 1 row and 1 column, got {self.rows} × {self.columns}")
        if self.rows != int(self.rows) or self.columns != int(self.columns):
            raise ValueError(f"rows and columns must be whole, got {self.rows} and {self.columns}")
        for name in ("rows", "columns"):  # 16.0 is a whole number too
            object.__setattr__(self, name, int(getattr(self, name)))
        for name in ("read_noise", "row_ohm", "column_ohm"):
            if not callable(getattr(self, name)) and not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be finite and not negative, got {getattr(self, name)}")
        for name in _BITS:
            bits = getattr(self, name)
            if bits is not None and (not 1 <= bits <= 24 or bits != int(bits)):
                raise ValueError(f"{name} must be None or from 1 to 24, and whole, got {bits}")
        if not 0 < self.coverage <= 1:
            raise ValueError(f"coverage is a share above 0 and up to 1, got {self.coverage}")
        if self.drive is not None:
            fitting = {name: getattr(self, name) for name in ("columns", "dac_bits", "adc_bits")}
            self.drive.check_on(levels=len(self.cell.levels_uS), **fitting)

    def read_deviation_uS(self, *conductance_uS: np.ndarray) -> np.ndarray:
        """Standard deviation between reads of the sum of cells at the same place, in µS, of their shape."""
        if callable(self.read_noise):
            each = [
                nonidealities.at_levels(self.read_noise, one, name="read_noise") for one in conductance_uS
            ]
            return np.hypot(*each) if len(each) > 1 else each[0]
        return self.read_noise * (np.hypot(*conductance_uS) if len(conductance_uS) > 1 else conductance_uS[0])

    def _check_kinds(self) -> None:
        for name in (*_BITS, "rows", "columns", "read_noise", "row_ohm", "column_ohm", "coverage"):
            value = getattr(self, name)
            if name == "read_noise" and callable(value):
                continue
            if not isinstance(value, Real) and (value is not None or name not in _BITS):
                raise TypeError(f"{name} must be a number, got {value!r}")
        if not isinstance(self.faults, tuple) or not all(map(callable, self.faults)):
            raise TypeError(f"faults must be a tuple of functions, such as (one,), got {self.faults!r}")
        kinds = {"cell": LevelCell, "junctions": Junctions, "scales": ScaleStore, "drive": Drive}
        for name, kind in kinds.items():
            part = getattr(self, name)
            if not isinstance(part, kind) and (part is not None or name == "cell"):
                raise TypeError(f"{name} must be a {kind.__name__}, got {part!r}")


IDEAL = Chip(
    cell=domain_wall(low_uS=1.0, high_uS=100.0, levels=2**16, spread=0.0),
    junctions=Junctions(ratio=np.inf, levels=None, spread=0.0),
    scales=ScaleStore(cell=domain_wall(low_uS=1.0, high_uS=100.0, levels=2**16, spread=0.0), vectors=1024),
    coin_bits=None,
    faults=(),
    read_noise=0.0,
    rows=2**16,
    columns=2**16,
    row_ohm=0.0,
    column_ohm=0.0,
    dac_bits=None,
    adc_bits=None,
    coverage=1.0,
    source="nothing is wrong with it",
)

_ARRAYS = {
    "read_noise": 0.01,
    "rows": 128,
    "columns": 128,
    "row_ohm": 0.0,  # as the papers have it
    "column_ohm": 0.0,
    "dac_bits": 8,
    "adc_bits": 8,
    "coverage": 0.9999,
}

_BOOK = FluctuatingJunction(magnetics.BAYES_MTJ, 0.0, 1.0)

DOMAIN_WALL = Chip(
    cell=domain_wall(low_uS=37.84, high_uS=76.95, levels=32, spread=0.0),
    junctions=Junctions(ratio=_BOOK.ratio, levels=16, spread=0.17),
    scales=None,
    coin_bits=None,
    faults=(partial(nonidealities.program, error_uS=0.4),),
    source="the kind of Liu et al. (2022); conductances as measured on four pillars (J. Doevenspeck et al., "
    "2021), programmed to 1 % of their range, junctions beside them included; junctions as "
    "magnetics.BAYES_MTJ from 0 to 1 V, as different as BAYES_MTJ_SPREAD makes them at half a volt; all else "
    "assumed",
    **_ARRAYS,
)

SCALES = Chip(
    cell=BINARY_SOT,
    junctions=None,
    scales=ScaleStore(cell=FOUR_PILLARS.tandem(5), vectors=32),
    coin_bits=None,
    faults=(),
    source="the kind of Ahmed et al. (2023), §III-C; cells as their presets say; flash converters, for "
    "which 6 bits are many; all else assumed",
    **_ARRAYS | {"adc_bits": 6},
)

COINS = Chip(
    cell=BINARY_SOT,
    junctions=None,
    scales=None,
    coin_bits=8,
    faults=(),
    source="the kind of Aimone et al. (2023); cells as their preset says; all else assumed",
    **_ARRAYS,
)
