"""Figures of devices and circuits: what one read, bit, conversion or operation costs, and who says so.

Each is a range with a source. Where sources give two ends only, the typical value is their geometric mean;
where there is but one number, the range is a factor about it. The source says which, and what is assumed.
"""

from __future__ import annotations

from noisyweights.hardware.cells import BINARY_SOT, FOUR_PILLARS
from noisyweights.hardware.costs.ranges import ENDS, Figure, between, codes, ratio, within_factor

__all__ = [
    "JUNCTION_V",
    "READ_V",
    "BINARY_CELL_uS",
    "CLOCK_ns",
    "COIN_pJ",
    "CONVERSION_ns",
    "DAC_fJ",
    "DECODER_pJ",
    "FLASH_ADC_fJ",
    "FP32_ADD_pJ",
    "FP32_MULTIPLY_pJ",
    "Figure",
    "GAUSSIAN_SAMPLE_pJ",
    "INT8_ADD_pJ",
    "INT8_MULTIPLY_pJ",
    "INT32_ADD_pJ",
    "JUNCTION_uS",
    "LEVEL_CELL_uS",
    "LOGIC_times",
    "OWN_uJ",
    "PRINTED_uJ",
    "PULSE_ns",
    "READ_ns",
    "ROW_DRIVER_pJ",
    "SAR_ADC_fJ",
    "SRAM_BIT_pJ",
    "between",
    "conversion_pJ",
    "ratio",
    "read_pJ",
    "within_factor",
]


def read_pJ(conductance_uS: Figure, volts: Figure) -> Figure:
    """Energy of one read of a cell, V² · G · t, at a voltage, with the time of this module, in pJ.

    The whole of it turns to heat in the cell, so access transistor and wires are left out.
    """
    low, typical, high = (
        getattr(volts, end) ** 2 * getattr(conductance_uS, end) * getattr(READ_ns, end) * 1e-3
        for end in ENDS  # V² · µS · ns = 10⁻¹⁵ J
    )
    return Figure(
        low,
        typical,
        high,
        "pJ",
        f"V²Gt with G: {conductance_uS.source}; V: {volts.source}; t: {READ_ns.source}",
        ((conductance_uS, 1.0), (volts, 2.0), (READ_ns, 1.0)),
    )


def conversion_pJ(code_fJ: Figure, *, bits: int) -> Figure:
    """Energy of one conversion, that of a code times 2^bits, in pJ.

    Raises: ValueError for other than 1 to 16 bits.
    Source: R. H. Walden's figure of merit, IEEE J. Sel. Areas Commun. 17, 539 (1999), here of nominal bits.
    """
    return code_fJ.times(codes(bits) * 1e-3, unit="pJ")


# Cells. A pillar is one junction of the four in FOUR_PILLARS, which all conduct side by side.
_PILLAR_uS = (FOUR_PILLARS.levels_uS[0] + FOUR_PILLARS.levels_uS[-1]) / 2 / 4
_BINARY_uS = sum(BINARY_SOT.levels_uS) / 2

LEVEL_CELL_uS = Figure(
    FOUR_PILLARS.levels_uS[0],
    sum(FOUR_PILLARS.levels_uS) / len(FOUR_PILLARS.levels_uS),
    FOUR_PILLARS.levels_uS[-1],
    "µS",
    "J. Doevenspeck et al., Symposium on VLSI Technology (2021), four pillars: all cells at the lowest "
    "level, at the mean of the five, at the highest",
)
BINARY_CELL_uS = between(
    _PILLAR_uS,
    _BINARY_uS,
    unit="µS",
    source="means of both states: one of four pillars (J. Doevenspeck et al., Symposium on VLSI Technology, "
    "2021) and NVSim's magnetic cell (X. Dong et al., IEEE TCAD 31, 994, 2012), 3 and 6 kΩ",
)
JUNCTION_uS = between(
    _PILLAR_uS,
    (1e3 / 5 + 1e3 / (5 * 2.2)) / 2,
    unit="µS",
    source="means of both states: one of four pillars (J. Doevenspeck et al., Symposium on VLSI Technology, "
    "2021) and the junction of S. Liu et al., arXiv:2211.16588 (2022), 5 kΩ with a magnetoresistance of 1.2; "
    "taken over from devices that do not fluctuate by themselves (assumed)",
)
READ_V = Figure(
    0.1,
    0.25,
    0.4,
    "V",
    "NVSim's magnetic cell, 0.25 V (X. Dong et al., IEEE TCAD 31, 994, 2012); the ends are assumed, a small "
    "signal for a sense amplifier and a read that begins to disturb the cell",
)
JUNCTION_V = Figure(
    0.25,
    0.5,
    1.0,
    "V",
    "the bias of the book's own junction, up to 1 V, sets its deviation while it is read; from the voltage "
    "of a cell (assumed)",
)
READ_ns = Figure(
    1.0,
    2.8,
    10.0,
    "ns",
    "a 1-Mb MRAM chip in 28 nm reads in 2.8 ns (Q. Dong et al., IEEE J. Solid-State Circuits 54, 231, 2019); "
    "the ends are assumed, the nanosecond that S. T. Ahmed et al. (2023), §I, speak of, and a slow converter",
)
PULSE_ns = Figure(
    1.0,
    5.0,
    10.0,
    "ns",
    "write pulses of NVSim's two sample cells, 5 and 10 ns (X. Dong et al., IEEE TCAD 31, 994, 2012); S. T. "
    "Ahmed et al. (2023), §II-D, speak of less than a nanosecond",
)

# Random numbers.
_COINS = "S. Liu et al., arXiv:2211.16588 (2022), calculated"
COIN_pJ = {
    "sot": Figure(
        0.01,
        0.1,
        0.2,
        "pJ",
        f"{_COINS}: 0.1 pJ by spin-orbit torque; 10 fJ to switch a cell (B. Dieny et al., Nature Electronics "
        "3, 2020, as quoted by S. T. Ahmed et al., 2023, §I); twice the typical value assumed as the most",
    ),
    "stt": Figure(
        0.194,
        1.0,
        2.0,
        "pJ",
        f"{_COINS}: 1 pJ by a stochastic write; NVSim's two sample cells take 0.194 and 1 pJ to write (X. "
        "Dong et al., IEEE TCAD 31, 994, 2012); twice the typical value assumed as the most",
    ),
    "vcma": within_factor(
        20.0, 2, unit="pJ", source=f"{_COINS}: 20 pJ by voltage-controlled anisotropy; a factor of 2 assumed"
    ),
}
GAUSSIAN_SAMPLE_pJ = Figure(
    0.0163,
    0.36,
    0.72,
    "pJ",
    "360 fJ a sample on a 65 nm chip (Z. M. Enciso et al., arXiv:2501.04577, 2025), 16.3 fJ on another "
    "(arXiv:2606.07439, 2026); twice the typical value assumed as the most",
)

# Converters and what drives an array.
_ISAAC = "A. Shafiee et al., ISCA 2016, Table I, 32 nm, projected"
_DRIVER_pJ = 4e-3 / (8 * 128) * 100e-9 * 1e12  # 4 mW for 8 · 128 drivers, a read of 100 ns

SAR_ADC_fJ = Figure(
    2.2,
    16e-3 / (8 * 1.28e9) / 2**8 * 1e15,
    34.0,
    "fJ",
    f"of a code: 8 converters of 8 bits and 1.28 GS/s with 16 mW ({_ISAAC}); as the least, the best of its "
    "day, slow (P. Harpe et al., ISSCC 2013, 2.2 fJ a step); as the most, the converter that ISAAC starts "
    "from, by its effective bits (L. Kull et al., ISSCC 2013: 3.1 mW, 8 bits, 1.2 GS/s; 34 fJ a step)",
)
FLASH_ADC_fJ = between(
    15.2e-3 / (32 * 2.1e9) / 2**4 * 1e15,
    100.0,
    unit="fJ",
    source="of a code: 32 converters of 4 bits and 2.1 GS/s with 15.2 mW (G. Yuan et al., FORMS, ISCA 2021); "
    "flash converters in the time domain stay below 100 fJ a step (introduction of IEEE document 9212427). "
    "One comparator for each code takes up to 67 fJ (B. Satapathy and A. Kaur, Circuits Syst. Signal "
    "Process. 42, 5108, 2023, 65 nm)",
)
DAC_fJ = between(
    0.32e-3 / 1.1e9 / 2**8 * 1e15,
    8 * _DRIVER_pJ / 2**8 * 1e3,
    unit="fJ",
    source="of a code: a DAC of 8 bits with 0.32 mW at 1.1 GS/s (H. Chen et al., Symposium on VLSI Circuits, "
    f"2018, 40 nm), and 8 drives of one bit ({_ISAAC})",
)
ROW_DRIVER_pJ = between(
    0.02,
    _DRIVER_pJ,
    unit="pJ",
    source="assumed as the least, a wire of 128 cells, 20 fF, to 1 V; as the most, 4 mW for 1024 drivers "
    f"over a read of 100 ns ({_ISAAC})",
)
DECODER_pJ = between(
    0.01,
    1.0,
    unit="pJ",
    source="assumed, for want of a published number: from a few gates of 45 nm that switch to a tenth of a "
    "read of 8 KB of SRAM, decoder and all (M. Horowitz, ISSCC 2014: 10 pJ)",
)
CONVERSION_ns = Figure(
    1 / 2.1,
    1 / 1.28,
    10.0,
    "ns",
    f"1.28 GS/s ({_ISAAC}); 2.1 GS/s (G. Yuan et al., FORMS, ISCA 2021); 100 MS/s assumed as the slowest",
)

# Logic and memory.
_LOGIC = "M. Horowitz, ISSCC 2014, 45 nm at 0.9 V; a factor of 2 assumed for process, voltage and synthesis"


# What process, voltage and synthesis do to one operation they do to all.
LOGIC_times = within_factor(1.0, 2, unit="times", source=_LOGIC)


def _logic(pJ: float) -> Figure:
    return LOGIC_times.times(pJ, unit="pJ")


INT8_MULTIPLY_pJ, INT8_ADD_pJ, INT32_ADD_pJ = _logic(0.2), _logic(0.03), _logic(0.1)
FP32_MULTIPLY_pJ, FP32_ADD_pJ = _logic(3.7), _logic(0.9)
SRAM_BIT_pJ = Figure(
    10 / 64,
    20 / 64,
    100 / 64,
    "pJ",
    "a bit of 64: 10 pJ from 8 KB, 20 pJ from 32 KB, 100 pJ from 1 MB (M. Horowitz, ISSCC 2014, 45 nm); "
    "writes taken as reads",
)
CLOCK_ns = within_factor(1.0, 2, unit="ns", source="assumed, 0.5 to 2 GHz in 45 nm")

# What others report, of an image.
_TABLE = "S. T. Ahmed et al. (2023), Table IV, as printed"


def _printed(uJ: float, source: str) -> Figure:
    return Figure(uJ, uJ, uJ, "µJ", source)


PRINTED_uJ = {
    "FPGA": _printed(21.09, f"{_TABLE}: H. Awano and M. Hashimoto, DATE 2020"),
    "RRAM": _printed(9.30, f"{_TABLE}: A. Malhotra et al., IEEE Trans. Nanotechnol. (2020)"),
    "domain wall": _printed(0.79, f"{_TABLE}: K. Yang et al., IEEE Trans. Electron Devices 67, 1340 (2020)"),
    "LeNet-5": _printed(0.30, _TABLE),
    "VGG": _printed(2.00, "S. T. Ahmed et al. (2023), §IV-C, as printed"),
}
# Only this one of the three rivals has a public abstract with a number an image.
OWN_uJ = {
    "FPGA": _printed(1e6 / 44.7e3, "H. Awano and M. Hashimoto, DATE 2020, abstract: 44 700 images a joule")
}
