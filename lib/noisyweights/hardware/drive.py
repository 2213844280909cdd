"""How arrays are driven and read: inputs in steps, weights in slices, and where sums and converters stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from noisyweights.hardware.converters import ConverterErrors

__all__ = ["BIT_SERIAL_ANALOG", "ISAAC", "Drive"]

_CHOICES = {
    "step_sums": ("digital", "analog"),
    "slice_sums": ("digital", "analog"),
    "encoding": ("pairs", "offset"),
    "ranges": ("calibration", "statistics", "worst_case"),
}


@dataclass(frozen=True, kw_only=True)
class Drive:
    """How the arrays of a chip are driven and read. Without one they are driven by levels, on pairs of cells.

    Args:
        step_bits: bits of an input that are driven at once, the lowest first, so that a converter of few bits
            will do; None for all of them, as one voltage. Inputs with a sign are words of two's complement,
            whose highest digit is driven with its sign.
        step_sums: "digital", where each step is converted and its codes are shifted and added, or "analog",
            where a capacitor holds the shifted sum of all steps, which is converted once.
        weight_bits: of a weight, its sign included; None for one cell (or pair) that holds any of its levels.
        slice_bits: bits that each cell of a weight holds, the highest first, which stand side by side in the
            columns of one array; () without `weight_bits`. They hold the magnitude in pairs, a bit less than
            the weight, and all bits with an offset.
        slice_sums: "digital", where each slice is converted by itself, with a range of its own, or "analog",
            where currents of slices are scaled and added before.
        encoding: "pairs" of cells whose currents are subtracted, or "offset": one cell, less the reference of
            a column that stands for 0 and is known exactly, as a mean of many cells. Half of the cells, at
            the cost of currents that do not vanish with the weights.
        ranges: of converters. "calibration" holds a share of what was met, which suits any law;
            "statistics" as many standard deviations as hold that share of a normal law, which asks for two
            moments alone; "worst_case" all that could come, which never clips and wastes bits.
        dac_errors, adc_errors: noise and nonlinearity; None for converters that only round.
        source: where the settings are from.

    A draw of the cells holds for all steps of a product. What is random is as with all draws: the same for
    all inputs.

    Raises: ValueError for another word, bits below 1, or slices that do not cover the bits.
    """

    step_bits: int | None
    step_sums: str
    weight_bits: int | None
    slice_bits: tuple[int, ...]
    slice_sums: str
    encoding: str
    ranges: str
    dac_errors: ConverterErrors | None
    adc_errors: ConverterErrors | None
    source: str

    def __post_init__(self) -> None:
        for name, words in _CHOICES.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} must be one of {', '.join(words)}, got {getattr(self, name)!r}")
        for name, bits in (("step_bits", self.step_bits), ("weight_bits", self.weight_bits)):
            if bits is not None and not (bits >= 1 and bits == int(bits)):
                raise ValueError(f"{name} must be None or whole, and at least 1, got {bits}")
        if not all(bits >= 1 and bits == int(bits) for bits in self.slice_bits):
            raise ValueError(f"slice_bits must be whole numbers of at least 1, got {self.slice_bits}")
        self._check_cover()

    def _check_cover(self) -> None:
        if self.weight_bits is None:
            if self.slice_bits:
                raise ValueError(
                    f"slices of {self.slice_bits} bits need weight_bits, and it is None: give it"
                )
            return
        held, wanted = sum(self.slice_bits), self.magnitude_bits
        if self.weight_bits < 2 or held < wanted:
            raise ValueError(
                f"slices of {self.slice_bits} hold {held} bits, and weights of {self.weight_bits} bits (2 or "
                f"more) as {self.encoding} have {wanted} to hold: give slices that add up to them"
            )
        if held - self.slice_bits[0] >= wanted:
            raise ValueError(
                f"slices of {self.slice_bits} hold {held} bits, so the first is never used for {wanted}: "
                "leave it out"
            )

    @property
    def magnitude_bits(self) -> int | None:
        """Bits of a weight that its slices hold: in pairs without the sign."""
        if self.weight_bits is None:
            return None
        return self.weight_bits - 1 if self.encoding == "pairs" else self.weight_bits

    @property
    def slices(self) -> int:
        """Columns of a weight."""
        return max(1, len(self.slice_bits))

    @property
    def cells_per_weight(self) -> int:
        """Cells of a weight, without references."""
        return self.slices * (2 if self.encoding == "pairs" else 1)

    def steps(self, bits: int | None) -> int:
        """How often an array is driven for an input of so many bits."""
        if self.step_bits is None or bits is None:
            return 1
        return -(-bits // self.step_bits)

    def conversions(self, bits: int | None) -> int:
        """Conversions of an output and tile for an input of so many bits."""
        steps = self.steps(bits) if self.step_sums == "digital" else 1
        return steps * (self.slices if self.slice_sums == "digital" else 1)

    def check_on(self, *, levels: int, columns: int, dac_bits: int | None, adc_bits: int | None) -> None:
        """Raise ValueError for cells, arrays or converters that cannot be driven like this."""
        if self.step_bits is not None and dac_bits is None:
            raise ValueError(
                "inputs of exact converters have no bits to be driven step by step: give dac_bits"
            )
        if self.slice_bits and 2 ** max(self.slice_bits) > levels:
            raise ValueError(
                f"a slice of {max(self.slice_bits)} bits takes {2 ** max(self.slice_bits)} levels, and the "
                f"cell has {levels}: make slices of {int(np.log2(levels))} bits or less"
            )
        if columns < self.slices:
            raise ValueError(
                f"an array of {columns} columns is smaller than the {self.slices} slices of one weight: make "
                "it wider, or take fewer slices of more bits"
            )
        for name, errors, bits in (
            ("dac_errors", self.dac_errors, dac_bits),
            ("adc_errors", self.adc_errors, adc_bits),
        ):
            if errors is not None:
                if bits is None:
                    raise ValueError(f"{name} are those of a converter, and this one is exact: give it bits")
                steps = self.step_bits if name == "dac_errors" and self.step_bits else bits
                errors.check(min(steps, bits), name=name)


ISAAC = Drive(
    step_bits=1,
    step_sums="digital",
    weight_bits=16,
    slice_bits=(2,) * 8,
    slice_sums="digital",
    encoding="offset",
    ranges="worst_case",
    dac_errors=None,
    adc_errors=None,
    source="A. Shafiee et al., ISCA (2016): one bit of an input at a time, weights of 16 bits on eight cells "
    "of 2 bits with a bias, an ADC for each column and step, that holds all that 128 rows can give",
)

BIT_SERIAL_ANALOG = Drive(
    step_bits=1,
    step_sums="analog",
    weight_bits=None,
    slice_bits=(),
    slice_sums="digital",
    encoding="pairs",
    ranges="calibration",
    dac_errors=None,
    adc_errors=None,
    source="T. P. Xiao et al., IEEE Circuits Syst. Mag. 22(4), 26 (2022): whole weights on pairs of cells, "
    "bits of an input added up on capacitors, one conversion with a calibrated range",
)
