"""Areas of cells and circuits, and who says so: what a chip takes, each in the process of its source.

Nothing is scaled from one process to another, and the sources' lie between 28 and 45 nm.
"""

from __future__ import annotations

from noisyweights.hardware.costs.ranges import Figure, between, codes, within_factor

__all__ = [
    "BINARY_CELL_um2",
    "DAC_um2",
    "DECODER_ROW_um2",
    "FLASH_ADC_um2",
    "FP32_ADD_um2",
    "FP32_MULTIPLY_um2",
    "GAUSSIAN_SAMPLER_um2",
    "INT8_ADD_um2",
    "INT8_MULTIPLY_um2",
    "INT32_ADD_um2",
    "LEVEL_CELL_um2",
    "LOGIC_AREA_times",
    "ROW_DRIVER_um2",
    "SAR_ADC_um2",
    "SRAM_BIT_um2",
    "converter_um2",
]

_ISAAC = "A. Shafiee et al., ISCA 2016, Table I, 32 nm, projected"
_NVSIM = "NVSim's magnetic cell, 54 F² (X. Dong et al., IEEE TCAD 31, 994, 2012)"
_CELL_um2 = 54 * 0.04**2  # F: the 40 nm of S. T. Ahmed et al. (2023), §IV-C
_GATE = "a NAND gate of NanGate's open cell library (2011), 45 nm, takes 0.798 µm²"
_GATE_um2 = 0.798

# Cells.
BINARY_CELL_um2 = between(
    _CELL_um2,
    2 * _CELL_um2,
    unit="µm²",
    source=f"{_NVSIM} at 40 nm, with one transistor; twice for the two of a spin-orbit cell (S. T. Ahmed et "
    "al., 2023, §III-C; assumed). Junctions that fluctuate, and coins, are taken as large",
)
LEVEL_CELL_um2 = between(
    _CELL_um2,
    4 * _CELL_um2,
    unit="µm²",
    source=f"{_NVSIM} at 40 nm; four times for four pillars on one track (assumed)",
)

# Converters and what drives an array: those for each code grow as two to the bits.
SAR_ADC_um2 = within_factor(
    9600 / 8 / 2**8,
    2,
    unit="µm²",
    source=f"of a code: 8 converters of 8 bits with 9600 µm² ({_ISAAC}); 1500 µm² for the one that it starts "
    "from (L. Kull et al., ISSCC 2013, 8 bits, 32 nm). A factor of 2 assumed",
)
FLASH_ADC_um2 = within_factor(
    9100 / 32 / 2**4,
    2,
    unit="µm²",
    source="of a code: 32 converters of 4 bits with 9100 µm² (G. Yuan et al., FORMS, ISCA 2021, 32 nm). A "
    "factor of 2 assumed",
)
DAC_um2 = between(
    8 * 170 / (8 * 128) / 2**8,
    438 / 2**8,
    unit="µm²",
    source=f"of a code: 8 drivers of one bit ({_ISAAC}: 170 µm² for 1024), and a DAC of 8 bits, 438 µm² as "
    "measured on the picture of a chip (H. Chen et al., Symposium on VLSI Circuits, 2018, 40 nm)",
)
ROW_DRIVER_um2 = between(
    170 / (8 * 128),
    4 * _GATE_um2,
    unit="µm²",
    source=f"170 µm² for 1024 drivers ({_ISAAC}); as the most, four gates (assumed), of which {_GATE}",
)
DECODER_ROW_um2 = between(
    _GATE_um2,
    8 * _GATE_um2,
    unit="µm²",
    source=f"of each row of an array: one gate to eight (assumed), of which {_GATE}",
)

# Logic and memory.
_LOGIC = (
    "areas beside M. Horowitz's energies (ISSCC 2014), synthesised in 45 nm, as W. Dally shows them (NIPS "
    "tutorial, 2015); a factor of 2 assumed for process and synthesis"
)
LOGIC_AREA_times = within_factor(1.0, 2, unit="times", source=_LOGIC)


def _logic(um2: float) -> Figure:
    return LOGIC_AREA_times.times(um2, unit="µm²")


INT8_ADD_um2, INT32_ADD_um2, INT8_MULTIPLY_um2 = _logic(36), _logic(137), _logic(282)
FP32_ADD_um2, FP32_MULTIPLY_um2 = _logic(4184), _logic(7700)
GAUSSIAN_SAMPLER_um2 = between(
    360,
    3600,
    unit="µm²",
    source="assumed, for want of a published number: ten to a hundred adders of 8 bits (36 µm² in 45 nm, W. "
    "Dally, NIPS tutorial, 2015), such as a sum of uniform numbers takes, or a table with its interpolation",
)
SRAM_BIT_um2 = Figure(
    0.346,
    2 * 0.346,
    4 * 0.346,
    "µm²",
    "a cell of 0.346 µm² in 45 nm (K. Mistry et al., IEDM 2007); twice and four times assumed, for what "
    "stands around the cells of a large and of a small memory",
)


def converter_um2(code_um2: Figure, *, bits: int) -> Figure:
    """Area of a converter, that of a code times 2^bits, in µm²: a capacitor or a comparator for each code.

    Raises: ValueError for other than 1 to 16 bits.
    """
    return code_um2.times(codes(bits))
