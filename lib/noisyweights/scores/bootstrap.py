"""How far predictions differ, and how sure that is: draws and test points resampled, in pairs.

SciPy's bootstrap resamples along one axis; here draws and points are resampled together, and the same for all
predictions, with one interval over a whole curve.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights import seeds
from noisyweights.scores.estimates import Estimate
from noisyweights.scores.input_checks import finite

__all__ = ["LEVEL", "Bootstrap", "paired_bootstrap"]

Array = NDArray[np.float64]
Statistic = Callable[[Array, Array], ArrayLike]

LEVEL = 0.95
NUMBERS = 1 << 23  # averages over draws held at a time


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """A statistic of several predictions, as measured and as it came out of resampled data.

    All intervals are symmetric: the value ± the 95 % quantile of the replicates' largest distance from it.
    Over an array of values, such as a curve, this covers all of them at once.

    Attributes:
        values: the statistic of each prediction.
        replicates: the same of resampled data, replicates first; all predictions shared each resampling.
        n: number of test points.
    """

    values: Mapping[Hashable, Array]
    replicates: Mapping[Hashable, Array]
    n: int

    def estimate(self, name: Hashable) -> Estimate:
        """The statistic of one prediction."""
        value = self.values[name]
        return self._symmetric(value, np.abs(self.replicates[name] - value))

    def difference(self, first: Hashable, second: Hashable) -> Estimate:
        """The statistic of the first prediction less that of the second."""
        value = self.values[first] - self.values[second]
        return self._symmetric(value, np.abs(self.replicates[first] - self.replicates[second] - value))

    def largest_gap(self, *groups: Sequence[Hashable], level: float = LEVEL) -> Estimate:
        """The largest difference in size between two predictions of a group, over values and groups.

        A largest gap is a seminorm, ‖d̂‖ = ‖d‖ + at most ‖d̂ − d‖: the interval is as wide as the
        replicates' ‖d* − d̂‖, and right although noise makes a largest gap larger. Its low end is at least 0.

        Args:
            groups: names of the predictions that are held against each other.
            level: of the interval; 1 − 0.05/k for the low ends of k gaps that are to hold together.

        Raises: ValueError for a group of fewer than two predictions.
        """
        if not groups or any(len(group) < 2 for group in groups):
            raise ValueError(f"groups {groups} hold no pair: name at least two predictions in each")

        def gap(of: Callable[[Hashable], Array]) -> Array:
            spreads = [np.ptp(np.stack([of(name) for name in group]), axis=0) for group in groups]
            return np.stack(spreads).max(axis=(0, *range(2, spreads[0].ndim + 1)))

        value = gap(lambda name: self.values[name][np.newaxis])
        moved = gap(lambda name: self.replicates[name] - self.values[name])
        found = self._symmetric(value[0], moved, level)
        return found._replace(low=max(found.low, 0.0))

    def _symmetric(self, value: Array, distance: Array, level: float = LEVEL) -> Estimate:
        largest = distance.reshape(len(distance), -1).max(axis=1)
        radius = np.quantile(largest, level, method="higher")
        ends = (value, value - radius, value + radius)
        return Estimate(*(float(end) if np.ndim(end) == 0 else end for end in ends), self.n)


def paired_bootstrap(
    statistic: Callable[[Array, Array], ArrayLike],
    predictions: Mapping[Hashable, ArrayLike],
    *,
    resample: Collection[str],
    replicates: int,
    seed: int,
) -> Bootstrap:
    """Measure a statistic of each prediction on the data and on resampled data, the same for all.

    Predictions that share their random numbers draw by draw, and their test points, move together when these
    are resampled, so that their differences are known far better than either. Draws (chips) and points are
    resampled independently of each other, with replacement. Where a draw and a point interact, this
    overstates the variance: the part σ²/(draws·n) is counted up to three times. As any bootstrap it takes
    (D − 1)/D of the part that D draws share, which understates where the draws are few.
    Source: A. B. Owen, Ann. Appl. Stat. 1, 386 (2007), "The pigeonhole bootstrap".

    Args:
        statistic: f(average, weights), a number or an array. `average`, shape (n, …), is the mean over draws
            of a prediction; `weights`, shape (n,), are the points' and sum to 1. Whatever is a function of
            averages over draws can be had: put what is to be averaged (CDF at the target, probabilities, an
            output and its square, two predictions side by side) along the last axis.
        predictions: by name, arrays of shape (draws, n, …).
        resample: of "draws" and "points", what the interval generalises over: "draws" alone speaks of
            these test points, "points" alone of these chips.
        replicates: number of resampled data sets; 500 settle an interval's end to some 5 % of its width.
        seed: of the resampling.

    Raises: ValueError for NaN, predictions that differ in draws or points, one draw or point to resample,
        fewer than 40 replicates, and a statistic that is not finite.
    """
    arrays = {name: finite(f"predictions {name!r}", array) for name, array in predictions.items()}
    draws, n = _common_shape({name: array.shape for name, array in arrays.items()})
    resample = set(resample)
    if not resample or resample - {"draws", "points"}:
        raise ValueError(f"resample is {sorted(resample)}: name 'draws', 'points' or both")
    for what, count in (("draws", draws), ("points", n)):
        if what in resample and count < 2:
            raise ValueError(f"{count} of {what} cannot be resampled: give more, or leave it out")
    if replicates < 40:
        raise ValueError(f"{replicates} replicates do not show a 95 % quantile: take at least 40, say 500")

    equal = np.full(n, 1 / n)
    values = {name: _statistic(statistic, array.mean(0), equal, name) for name, array in arrays.items()}
    found: dict[Hashable, list[Array]] = {name: [] for name in arrays}
    size = max(1, NUMBERS // max(array[0].size for array in arrays.values()))
    for start in range(0, replicates, size):
        batch = range(start, min(start + size, replicates))
        generators = [seeds.generator(seed, "paired bootstrap", i) for i in batch]
        of_draws = np.stack([_weights(g, draws, "draws" in resample) for g in generators])
        of_points = [_weights(g, n, "points" in resample) for g in generators]
        for name, array in arrays.items():
            averages = (of_draws @ array.reshape(draws, -1)).reshape(len(batch), *array.shape[1:])
            found[name] += [
                _statistic(statistic, average, weights, name)
                for average, weights in zip(averages, of_points, strict=True)
            ]
    return Bootstrap(values, {name: np.stack(rows) for name, rows in found.items()}, n)


def _common_shape(shapes: Mapping[Hashable, tuple[int, ...]]) -> tuple[int, int]:
    if not shapes or any(len(shape) < 2 for shape in shapes.values()):
        raise ValueError(f"predictions have shapes {shapes}: give at least one, of (draws, n, …)")
    leading = {shape[:2] for shape in shapes.values()}
    if len(leading) > 1:
        raise ValueError(f"predictions have shapes {shapes}: pairs need the same draws and the same points")
    return leading.pop()


def _weights(generator: np.random.Generator, count: int, resample: bool) -> Array:
    if not resample:
        return np.full(count, 1 / count)
    return np.bincount(generator.integers(count, size=count), minlength=count) / count


def _statistic(statistic: Statistic, average: Array, weights: Array, name: Hashable) -> Array:
    value = np.asarray(statistic(average, weights), dtype=np.float64)
    if not np.all(np.isfinite(value)):
        raise ValueError(
            f"the statistic of {name!r} is {value}: it must be finite, also when a point is left out"
        )
    return value
