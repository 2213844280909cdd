"""Uncertainty of bills: every figure varies by itself, and is the same wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from noisyweights import seeds
from noisyweights.hardware.costs import figures
from noisyweights.hardware.costs.bills import Bill
from noisyweights.hardware.costs.ranges import Figure

__all__ = ["NAMES", "drawn_pJ", "figures_of", "needed", "relative", "swings"]

# All figures behind an energy, in short.
NAMES: Mapping[Figure, str] = {
    figures.READ_V: "voltage of a read",
    figures.READ_ns: "time of a read",
    figures.BINARY_CELL_uS: "conductance of a binary cell",
    figures.LEVEL_CELL_uS: "conductance of a level cell",
    figures.JUNCTION_uS: "conductance of a junction",
    figures.JUNCTION_V: "bias of a junction",
    figures.COIN_pJ["sot"]: "random bit, spin-orbit",
    figures.COIN_pJ["stt"]: "random bit, stochastic write",
    figures.COIN_pJ["vcma"]: "random bit, by voltage",
    figures.GAUSSIAN_SAMPLE_pJ: "Gaussian sample in logic",
    figures.SAR_ADC_fJ: "code of an ADC",
    figures.FLASH_ADC_fJ: "code of a flash ADC",
    figures.DAC_fJ: "code of a DAC",
    figures.ROW_DRIVER_pJ: "row driver",
    figures.DECODER_pJ: "decoder",
    figures.LOGIC_times: "process of the logic",
    figures.SRAM_BIT_pJ: "bit of SRAM",
}


def figures_of(*bills: Bill) -> tuple[Figure, ...]:
    """The figures that vary by themselves behind the energies of bills, each once, in the order of items."""
    return tuple(
        dict.fromkeys(figure for bill in bills for item in bill.items for figure, _ in item.each.own_factors)
    )


def relative(figure: Figure, probability: ArrayLike) -> np.ndarray:
    """Quantile of a figure over its typical value, of the shape of `probability`, which lies in [0, 1].

    Log-uniform from low to typical and from typical to high, half of the probability on either side: sources
    give two ends and a middle, and prefer nothing in between. So the typical value is the median.
    """
    ends = np.log([figure.low / figure.typical, 1.0, figure.high / figure.typical])
    return np.exp(np.interp(probability, (0.0, 0.5, 1.0), ends))


def drawn_pJ(*bills: Bill, draws: int, seed: int) -> np.ndarray:
    """Energies of bills when all figures are drawn by themselves: (bills, draws), in pJ.

    A figure that stands in several items or bills has one value in a draw, so that ratios of bills know what
    they share. By Monte Carlo, since ranges of a factor of ten are too wide for errors to add in quadrature.

    Raises: ValueError for less than one draw, as NumPy does.
    """
    drawn = {
        figure: relative(figure, seeds.generator(seed, "figure", place).uniform(size=draws))
        for place, figure in enumerate(figures_of(*bills))
    }
    return np.array([_priced_pJ(bill, drawn) for bill in bills])


def swings(bill: Bill, *, over: Bill | None = None) -> dict[Figure, tuple[float, float]]:
    """What each figure alone does to a bill, from its low end to its high one, all others typical.

    Returns, by figure, the two energies in pJ, or with `over` the two ratios to that bill; the figure that
    moves most, by the ratio of the two, is first. It is what a tornado chart shows.
    """
    bills = (bill,) if over is None else (bill, over)

    def value(figure: Figure, end: float) -> float:
        changed = {figure: np.array(end / figure.typical)}
        first, *second = (float(_priced_pJ(one, changed)) for one in bills)
        return first / second[0] if second else first

    found = {figure: (value(figure, figure.low), value(figure, figure.high)) for figure in figures_of(*bills)}
    return dict(sorted(found.items(), key=lambda one: -abs(np.log(one[1][1] / one[1][0]))))


def needed(bill: Bill, *, pJ: float) -> dict[Figure, float | None]:
    """What each figure would have to be, all others typical, for a bill of so many pJ, in its own unit.

    None where no value does, since what hangs on other figures exceeds the sum by itself.

    Raises: ValueError for an energy that is not positive, and a figure that stands with several powers.
    """
    if not pJ > 0:
        raise ValueError(f"an energy is positive, got {pJ} pJ")
    found: dict[Figure, float | None] = {}
    for figure in figures_of(bill):
        powers = {power for item in bill.items for one, power in item.each.own_factors if one == figure}
        if len(powers) > 1:
            raise ValueError(
                f"{NAMES.get(figure, figure.source)} stands on the bill with the powers "
                f"{', '.join(f'{power:g}' for power in sorted(powers))}: solve for one item at a time"
            )
        fixed = float(_priced_pJ(bill, {figure: np.array(0.0)}))
        own = bill.energy_pJ.typical - fixed
        found[figure] = None if pJ <= fixed else figure.typical * ((pJ - fixed) / own) ** (1 / powers.pop())
    return found


def _priced_pJ(bill: Bill, values: Mapping[Figure, np.ndarray]) -> Any:
    """Energy in pJ with figures at so many times their typical values; those left out are typical."""
    total: Any = 0.0
    for item in bill.items:
        price: Any = item.total.typical
        for figure, power in item.each.own_factors:
            if figure in values:
                price = price * values[figure] ** power
        total = total + price
    return total
