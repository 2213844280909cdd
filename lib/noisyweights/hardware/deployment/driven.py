"""Products of arrays that are driven in steps and read in slices, with converters that err.

See `drive.Drive`; in TensorFlow, for `layers.ArrayLayer`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from scipy import stats

from noisyweights.hardware.chip import Chip
from noisyweights.hardware.converters import Converter, ConverterErrors, calibrate, spanning
from noisyweights.hardware.drive import Drive

__all__ = ["DrivenProduct", "through"]

MOST = 1 << 20  # numbers that are looked at for one quantile


def through(x: tf.Tensor, conductance: tf.Tensor) -> tf.Tensor:
    """Currents of inputs (n, …, rows): of one array (rows, columns), or one a place (…, rows, columns)."""
    if len(conductance.shape) == 2:
        return tf.tensordot(x, conductance, 1)
    return tf.einsum("n...i,...io->n...o", x, conductance)


class DrivenProduct:
    """x·W of an array whose columns are slices of weights, by steps of the inputs.

    Args:
        chip: whose `drive` is not None.
        gain_uS: conductance of a weight of one in each column, (outputs · slices,), a weight's slices side by
            side.
        slices: columns of a weight.

    Attributes:
        dac: of an input; adcs: of each slice, one if slices are added before. Set by `calibrate`.
    """

    def __init__(self, chip: Chip, *, gain_uS: np.ndarray, slices: int):
        self.drive: Drive = chip.drive
        self.slices = slices
        self._chip = chip
        gains = gain_uS.reshape(-1, slices)
        self.set_gain(gain_uS)
        self._scaled = tf.constant(gains[:1] / gains[:1, :1], tf.float32)  # the same for all outputs
        self.dac: Converter | None = None
        self.adcs: tuple[Converter, ...] = ()

    def set_gain(self, gain_uS: np.ndarray) -> None:
        """Other gains, in the same ratio between a weight's slices."""
        self._gain_uS = tf.constant(gain_uS.reshape(-1, self.slices), tf.float32)

    @property
    def noisy(self) -> bool:
        """Whether a conversion differs from one read to the next."""
        errors = (self.drive.dac_errors, self.drive.adc_errors)
        return any(one is not None and one.noise_lsb > 0 for one in errors)

    def multiply(self, x: tf.Tensor, conductance: tf.Tensor, seed: tf.Tensor | None) -> tf.Tensor:
        """Products (n, …, outputs) of inputs (n, …, rows); without a seed converters have no noise."""
        seeds = _Seeds(seed)
        found = 0.0
        for weight, current in self._currents(x, conductance, seeds):
            found += weight * self._converted(current, seeds)
        gain = self._gain_uS if self.drive.slice_sums == "digital" else self._gain_uS[:, :1]
        return tf.reduce_sum(found / gain, -1)

    def calibrate(self, met: list[tuple[tf.Tensor, tf.Tensor]], *, signs: bool) -> None:
        """Set the converters by what was met: inputs with the conductances of that read.

        Args:
            met: inputs (n, …, rows) and conductances, as in `multiply`.
            signs: whether inputs are −1 and 1, which take no DAC.

        Raises: ValueError for inputs that are all 0, or statistics of a coverage of 1.
        """
        chip, drive = self._chip, self.drive
        if not signs and chip.dac_bits is not None:
            values = np.concatenate([_sample(x) for x, _ in met])
            coverage = 1.0 if drive.ranges == "worst_case" else chip.coverage
            self.dac = _ranged(values, chip.dac_bits, drive.ranges, coverage)
        if chip.adc_bits is None:
            return
        columns: list[list[np.ndarray]] = []
        for x, conductance in met:
            for _, current in self._currents(x, conductance, _Seeds(None)):
                columns.append([_sample(one) for one in tf.unstack(current, axis=-1)])
        largest = max(float(np.abs(x).max()) for x, _ in met)
        ends = self._worst_uA(largest, rows=int(met[0][0].shape[-1]))
        kept = map(np.concatenate, zip(*columns, strict=True))
        self.adcs = tuple(self._adc(*each) for each in zip(kept, ends, strict=True))

    def _adc(self, currents: np.ndarray, end: float) -> Converter:
        # A slice that no weight uses is read as if all were used.
        if self.drive.ranges == "worst_case" or not currents.any():
            return spanning(-end, end, bits=self._chip.adc_bits)
        return _ranged(currents, self._chip.adc_bits, self.drive.ranges, self._chip.coverage)

    def _worst_uA(self, largest: float, *, rows: int) -> list[float]:
        """The largest current of each column that is converted, whatever the weights and inputs."""
        cells = self._chip.cell.levels_uS
        span = (cells[-1] - cells[0]) * min(rows, self._chip.rows)
        if self.dac is not None:
            largest = max(abs(self.dac.low), abs(self.dac.high))
            if self._serial and self.drive.step_sums == "digital":
                largest = (2**self.drive.step_bits - 1) * self.dac.step
        if self.drive.slice_sums == "analog":
            return [span * largest * float(tf.reduce_sum(1 / self._scaled))]
        return [span * largest] * self.slices

    @property
    def _serial(self) -> bool:
        dac, bits = self.dac, self.drive.step_bits
        return dac is not None and bits is not None and bits < dac.bits

    def _currents(
        self, x: tf.Tensor, conductance: tf.Tensor, seeds: _Seeds
    ) -> Iterator[tuple[float, tf.Tensor]]:
        """What is converted one by one: its weight in the sum, and currents (n, …, outputs, columns)."""
        steps = list(self._steps(x, seeds))
        if self.drive.step_sums == "analog":
            steps = [(1.0, tf.add_n([weight * driven for weight, driven in steps]))]
        for start in range(0, int(x.shape[-1]), self._chip.rows):
            tile = slice(start, start + self._chip.rows)
            for weight, driven in steps:
                current = through(driven[..., tile], conductance[..., tile, :])
                current = tf.reshape(current, tf.concat([tf.shape(current)[:-1], [-1, self.slices]], 0))
                if self.drive.slice_sums == "analog":
                    current = tf.reduce_sum(current / self._scaled, -1, keepdims=True)
                yield weight, current

    def _steps(self, x: tf.Tensor, seeds: _Seeds) -> Iterator[tuple[float, tf.Tensor]]:
        """Weights and driven numbers of the steps, whose weighted sum is the input as its codes say."""
        dac, errors = self.dac, self.drive.dac_errors
        if dac is None:
            yield 1.0, x
            return
        codes = tf.round((tf.clip_by_value(x, dac.low, dac.high) - dac.low) / dac.step)
        if not self._serial:
            yield 1.0, dac.low + dac.step * _erring(codes, errors, 2**dac.bits - 1, seeds)
            return
        # Words of two's complement: all digits count up, and the highest of a word with a sign both ways.
        number, bits = tf.cast(codes, tf.int32) + round(dac.low / dac.step), self.drive.step_bits
        for place in range(0, dac.bits, bits):
            digit = tf.bitwise.right_shift(number, place)
            if place + bits < dac.bits:
                digit = tf.bitwise.bitwise_and(digit, 2**bits - 1)
            digit = tf.cast(digit, tf.float32)
            size = _erring(tf.abs(digit), errors, 2**bits - 1, seeds)
            yield float(2**place), dac.step * tf.where(digit < 0, -size, size)

    def _converted(self, current: tf.Tensor, seeds: _Seeds) -> tf.Tensor:
        if not self.adcs:
            return current
        bits = self.adcs[0].bits
        low, step = (
            tf.constant([getattr(adc, name) for adc in self.adcs], tf.float32) for name in ("low", "step")
        )
        place = tf.clip_by_value((current - low) / step, 0.0, 2.0**bits - 1)
        place = _erring(place, self.drive.adc_errors, 2**bits - 1, seeds)
        return low + step * tf.round(tf.clip_by_value(place, 0.0, 2.0**bits - 1))


class _Seeds:
    """Seeds that follow from one, a new one each time; None from none."""

    def __init__(self, seed: tf.Tensor | None):
        self._seed, self._count = seed, 0

    def __call__(self) -> tf.Tensor | None:
        self._count += 1
        if self._seed is None:
            return None
        return tf.random.experimental.stateless_fold_in(self._seed, self._count)


def _erring(codes: tf.Tensor, errors: ConverterErrors | None, last: int, seeds: _Seeds) -> tf.Tensor:
    """Codes with their nonlinearity and noise, the latter alike for all inputs."""
    if errors is None:
        return codes
    found = codes
    if errors.inl_lsb:
        table = tf.constant(errors.inl_lsb, tf.float32)
        place = codes * ((len(errors.inl_lsb) - 1) / last)
        before = tf.clip_by_value(tf.floor(place), 0.0, len(errors.inl_lsb) - 2.0)
        left = tf.gather(table, tf.cast(before, tf.int32))
        right = tf.gather(table, tf.cast(before, tf.int32) + 1)
        found = found + left + (place - before) * (right - left)
    seed = seeds() if errors.noise_lsb else None
    if seed is not None:
        noise = tf.random.stateless_normal(tf.shape(codes)[1:], seed)
        found = found + errors.noise_lsb * noise
    return found


def _ranged(values: np.ndarray, bits: int, ranges: str, coverage: float) -> Converter:
    if ranges != "statistics":
        return calibrate(values, bits=bits, coverage=coverage)
    if coverage == 1:
        raise ValueError(
            "no range holds all of a normal law: give a coverage below 1, or ranges by calibration"
        )
    end = np.abs(values.mean()) + stats.norm.isf((1 - coverage) / 2) * values.std()
    if not end:
        raise ValueError("calibration needs values other than 0")
    return spanning(0.0 if values.min() >= 0 else -end, end, bits=bits)


def _sample(values: tf.Tensor) -> np.ndarray:
    """Some of the numbers, evenly taken, where they are many."""
    flat = np.ravel(values)
    return flat[:: -(-len(flat) // MOST)]
