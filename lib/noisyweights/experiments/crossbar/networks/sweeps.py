"""Sweeps of a chip: one setting after the other is made worse, and all others are perfect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from noisyweights.hardware import nonidealities
from noisyweights.hardware.cells import LevelCell, domain_wall
from noisyweights.hardware.chip import IDEAL, Chip, ScaleStore

__all__ = ["COINS", "CORRELATION", "MEAN_FIELD", "SCALES", "Sweep", "limit", "perfected", "tolerated"]


@dataclass(frozen=True)
class Sweep:
    """A setting of a chip, the values that it takes, from the worst, and the chip with one of them.

    words: what is swept, with its unit. changed: (chip, value) → chip.
    """

    name: str
    words: str
    values: tuple[float, ...]
    changed: Callable[[Chip, float], Chip]


def perfected(chip: Chip) -> Chip:
    """The chip without anything wrong, but for the size of its arrays and the range of its cells."""
    cell = _fine(chip.cell)
    return replace(
        IDEAL,
        cell=cell,
        rows=chip.rows,
        columns=chip.columns,
        coin_bits=chip.coin_bits and 24,
        scales=chip.scales and ScaleStore(cell=_fine(chip.scales.cell), vectors=64),
        source=f"{chip.source}; without anything wrong",
    )


def tolerated(values: Sequence[float], holds: Sequence[bool]) -> float | None:
    """The first value, from the worst, from which on all hold; None if the best does not."""
    failing = np.flatnonzero(~np.asarray(holds))
    first = failing[-1] + 1 if len(failing) else 0
    return values[first] if first < len(values) else None


def limit(values: Sequence[float], holds: Sequence[bool]) -> str:
    """What `tolerated` finds, in words: where nothing but perfection holds, "below" the best flaw tried."""
    found = tolerated(values, holds)
    if found is None:
        return "better than tried"
    return f"below {values[-2]:g}" if found == 0 and len(values) > 1 else f"{found:g}"


def _fine(cell: LevelCell) -> LevelCell:
    return domain_wall(low_uS=cell.levels_uS[0], high_uS=cell.levels_uS[-1], levels=2**12, spread=0.0)


def _setting(name: str) -> Callable[[Chip, float], Chip]:
    return lambda chip, value: replace(chip, **{name: value})


def _levels(chip: Chip, levels: float) -> Chip:
    low, high = chip.cell.levels_uS[0], chip.cell.levels_uS[-1]
    cell = domain_wall(low_uS=low, high_uS=high, levels=int(levels), spread=0.0)
    return replace(chip, cell=cell)


def _range_uS(chip: Chip) -> float:
    return chip.cell.levels_uS[-1] - chip.cell.levels_uS[0]


def _programmed(chip: Chip, percent: float) -> Chip:
    error_uS = percent / 100 * _range_uS(chip)
    return replace(chip, faults=(partial(nonidealities.program, error_uS=error_uS),))


def _stuck(chip: Chip, percent: float) -> Chip:
    low_uS, high_uS = chip.cell.levels_uS[0], chip.cell.levels_uS[-1]
    share = percent / 200
    fault = partial(nonidealities.stick, low=share, high=share, low_uS=low_uS, high_uS=high_uS)
    return replace(chip, faults=(fault,))


def _junctions(name: str) -> Callable[[Chip, float], Chip]:
    def changed(chip: Chip, value: float) -> Chip:
        changed = {name: value}
        if name == "levels":  # of a range that is wide enough
            changed = {"levels": int(value), "ratio": 30.0}
        return replace(chip, junctions=replace(chip.junctions, **changed))

    return changed


def _wires(chip: Chip, ohm: float) -> Chip:
    return replace(chip, row_ohm=ohm, column_ohm=ohm)


def _stored(name: str) -> Callable[[Chip, float], Chip]:
    def changed(chip: Chip, value: float) -> Chip:
        if name == "vectors":
            return replace(chip, scales=replace(chip.scales, vectors=int(value)))
        return replace(chip, scales=replace(chip.scales, cell=replace(chip.scales.cell, spread=value / 100)))

    return changed


def _spread(chip: Chip, percent: float) -> Chip:
    return replace(chip, cell=replace(chip.cell, spread=percent / 100))


_ADC = Sweep("adc_bits", "bits of an ADC", (2, 3, 4, 5, 6, 8, 10), _setting("adc_bits"))

MEAN_FIELD = (
    _ADC,
    Sweep("dac_bits", "bits of a DAC", (1, 2, 3, 4, 6, 8), _setting("dac_bits")),
    Sweep("levels", "conductance levels of a cell", (2, 3, 5, 9, 17, 33), _levels),
    Sweep("programming", "programming error, % of range", (20, 10, 5, 2, 1, 0), _programmed),
    Sweep(
        "read_noise",
        "read noise of a cell, %",
        (20, 10, 5, 2, 1, 0),
        lambda chip, value: replace(chip, read_noise=value / 100),
    ),
    Sweep("stuck", "cells stuck, %", (10, 3, 1, 0.3, 0.1, 0), _stuck),
    Sweep("wires", "ohm between two cells", (2, 1, 0.5, 0.2, 0.1, 0), _wires),
    Sweep("sigma_ratio", "widest over narrowest σ", (1, 1.5, 2, 4, 10, 30), _junctions("ratio")),
    Sweep("sigma_levels", "settings of σ, range 30", (2, 3, 4, 8, 16, 32), _junctions("levels")),
    Sweep("sigma_spread", "spread of log σ", (1, 0.5, 0.2, 0.1, 0.05, 0), _junctions("spread")),
)

# Between two reads of a junction, which is no setting of a chip but of how fast it is read.
CORRELATION = Sweep(
    "correlation", "correlation of two reads", (1, 0.99, 0.9, 0.7, 0.4, 0), lambda chip, value: chip
)

SCALES = (
    Sweep("vectors", "stored vectors of scales", (1, 2, 4, 8, 16, 32, 64), _stored("vectors")),
    Sweep("scale_spread", "spread of a scale's cells, %", (40, 20, 10, 4.1, 2, 0), _stored("spread")),
    Sweep("sign_spread", "spread of a sign's cells, %", (40, 20, 10, 4.1, 2, 0), _spread),
    _ADC,
)

COINS = (
    Sweep("coin_bits", "random bits of a coin", (1, 2, 3, 4, 6, 8), _setting("coin_bits")),
    Sweep("coin_spread", "spread of a coin's cells, %", (40, 20, 10, 4.1, 2, 0), _spread),
    _ADC,
)
