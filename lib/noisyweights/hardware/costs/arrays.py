"""Arrays that are paid for: their size, and what stands around their cells, from drivers to converters."""

from __future__ import annotations

from dataclasses import dataclass

from noisyweights.hardware.chip import Chip
from noisyweights.hardware.costs import figures
from noisyweights.hardware.costs.bills import check_count
from noisyweights.hardware.costs.ranges import Figure, summed
from noisyweights.hardware.costs.workloads import Workload

__all__ = ["Array", "array_latency_ns", "periphery"]


@dataclass(frozen=True, kw_only=True)
class Array:
    """Size of an array, and its converters.

    Args:
        rows, columns: weights of an array, whose two cells and junction stand at the same place of arrays of
            their own. A larger matrix is cut into tiles: those below each other are converted one by one and
            added up as numbers, those beside each other have each their own drivers.
        dac_bits: of an input that is no sign.
        adc_bits: of a column.
        columns_per_adc: columns that take turns at one converter.

    Raises: ValueError for less than 1 of any, or a number that is not whole.
    """

    rows: int
    columns: int
    dac_bits: int
    adc_bits: int
    columns_per_adc: int

    def __post_init__(self) -> None:
        for name in ("rows", "columns", "dac_bits", "adc_bits", "columns_per_adc"):
            check_count(name, getattr(self, name))

    @classmethod
    def of(cls, chip: Chip, *, columns_per_adc: int) -> Array:
        """The arrays of a chip on which networks are deployed.

        A read of a cell has the price of `figures`, whatever the chip's cells conduct: see `Bill.repriced`.

        Raises: ValueError for a chip with exact converters, which have no price.
        """
        if chip.dac_bits is None or chip.adc_bits is None:
            raise ValueError(
                f"exact converters have no price: give the chip bits, got {chip.dac_bits} and {chip.adc_bits}"
            )
        names = ("rows", "columns", "dac_bits", "adc_bits")
        return cls(**{name: getattr(chip, name) for name in names}, columns_per_adc=columns_per_adc)

    def tiles(self, work: Workload) -> tuple[int, int]:
        """Tiles of a layer's matrix below each other, and beside each other."""
        return -(-work.rows // self.rows), -(-work.columns // self.columns)


def periphery(work: Workload, array: Array, adc_fJ: Figure, *, signs: bool) -> list[tuple[str, int, Figure]]:
    """What stands around the cells of an array: drivers, decoders, converters, sums of tiles, memory."""
    below, beside = array.tiles(work)
    drives = work.positions * work.rows * beside
    sums = work.positions * work.columns
    bits = 1 if signs else array.dac_bits
    return [
        ("row drivers", drives, figures.ROW_DRIVER_pJ)
        if signs
        else ("DAC", drives, figures.conversion_pJ(figures.DAC_fJ, bits=array.dac_bits)),
        ("decoders", work.positions * below * beside, figures.DECODER_pJ),
        ("ADC", sums * below, figures.conversion_pJ(adc_fJ, bits=array.adc_bits)),
        ("sums of tiles", sums * (below - 1), figures.INT32_ADD_pJ),
        ("shift", work.departures, figures.INT32_ADD_pJ),
        ("inputs in SRAM", 2 * bits * work.arrivals, figures.SRAM_BIT_pJ),
    ]


def array_latency_ns(work: Workload, array: Array) -> Figure:
    """Time of a layer: a read and the columns that share a converter, position by position."""
    turns = min(array.columns_per_adc, array.columns, work.columns)
    return summed("ns", (figures.READ_ns, figures.CONVERSION_ns.times(turns))).times(work.positions)
