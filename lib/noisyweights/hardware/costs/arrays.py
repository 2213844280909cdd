"""Arrays that are paid for: their size, and what stands around their cells, from drivers to converters."""

from __future__ import annotations

from dataclasses import dataclass

from noisyweights.hardware.chip import Chip
from noisyweights.hardware.costs import areas, figures
from noisyweights.hardware.costs.bills import BITS, NUMBER_BITS, check_count
from noisyweights.hardware.costs.ranges import Figure
from noisyweights.hardware.costs.workloads import Workload

__all__ = ["Array", "converters", "periphery", "periphery_area", "reading"]


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

        Raises: ValueError for a chip with exact converters, which have no price, and for one with a drive,
            whose steps and slices no bill here counts.
        """
        if chip.drive is not None:
            raise ValueError(
                "bills count inputs by levels and whole weights on pairs of cells, and this chip has a drive "
                "of its own: count it by replace(chip, drive=None), which is another chip"
            )
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
    """Energies around the cells of an array: drivers, decoders, converters, sums of tiles, memory."""
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


def periphery_area(
    work: Workload, array: Array, adc_um2: Figure, *, signs: bool
) -> list[tuple[str, int, Figure, str]]:
    """Areas around the cells of an array, with one adder of tiles and one of shifts behind each converter.

    A row of each tile has a driver or a DAC of its own, and columns that take turns share a converter.
    """
    below, beside = array.tiles(work)
    outputs = converters(work, array)
    bits = 1 if signs else array.dac_bits
    return [
        ("row drivers", work.rows * beside, areas.ROW_DRIVER_um2, "")
        if signs
        else ("DAC", work.rows * beside, areas.converter_um2(areas.DAC_um2, bits=array.dac_bits), ""),
        ("decoders", work.rows * beside, areas.DECODER_ROW_um2, ""),
        ("ADC", outputs * below, areas.converter_um2(adc_um2, bits=array.adc_bits), ""),
        ("sums of tiles", outputs * (below - 1), areas.INT32_ADD_um2, ""),
        ("shift", outputs, areas.INT32_ADD_um2, ""),
        ("inputs in SRAM", bits * work.arrivals, areas.SRAM_BIT_um2, ""),
        ("shifts in SRAM", NUMBER_BITS * work.columns, areas.SRAM_BIT_um2, BITS),
    ]


def reading(work: Workload, array: Array) -> list[tuple[str, int, Figure]]:
    """Times of a layer: a read and the columns that share a converter, position by position."""
    return [
        ("reads", work.positions, figures.READ_ns),
        ("conversions", work.positions * _turns(work, array), figures.CONVERSION_ns),
    ]


def converters(work: Workload, array: Array) -> int:
    """Converters side by side, each with its logic behind it; each tile below another has as many."""
    return -(-work.columns // _turns(work, array))


def _turns(work: Workload, array: Array) -> int:
    """Columns that take turns at a converter."""
    return min(array.columns_per_adc, array.columns, work.columns)
