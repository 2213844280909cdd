"""Intervals of differences between predictions, held against simulations whose truth is known."""

import subprocess
import sys

import numpy as np
import pytest

from noisyweights.scores import metrics
from noisyweights.scores.estimates import Estimate

BOTH = ("draws", "points")


def mean(average: np.ndarray, weights: np.ndarray) -> float:
    return weights @ average


def predictions(seed: int, draws: int = 25, n: int = 40) -> dict[str, np.ndarray]:
    """Two laws 0.1 apart on average, whose difference varies with draw, with point and with both."""
    generator = np.random.default_rng(seed)
    common = 5 * generator.normal(size=(draws, n))
    gap = 0.1 + 0.3 * generator.normal(size=(draws, 1)) + 0.3 * generator.normal(size=n)
    return {"a": common + gap + 0.5 * generator.normal(size=(draws, n)), "b": common}


def bootstrap(arrays: dict[str, np.ndarray], resample: tuple[str, ...], seed: int) -> metrics.Bootstrap:
    return metrics.paired_bootstrap(mean, arrays, resample=resample, replicates=199, seed=seed)


def unpaired(arrays: dict[str, np.ndarray], resample: tuple[str, ...], seed: int) -> metrics.Bootstrap:
    """The mistake that matters most: each prediction resampled by itself."""
    alone = {
        name: bootstrap({name: array}, resample, 1000 * i + seed)
        for i, (name, array) in enumerate(arrays.items())
    }
    values = {name: found.values[name] for name, found in alone.items()}
    replicates = {name: found.replicates[name] for name, found in alone.items()}
    return metrics.Bootstrap(values, replicates, alone["a"].n)


def coverage(resample: tuple[str, ...], make=bootstrap) -> tuple[float, float]:
    """How often intervals hold the true difference, and their half-width over that which 95 % would need."""
    found = [make(predictions(seed), resample, seed).difference("a", "b") for seed in range(200)]
    errors = np.abs([value - 0.1 for value, *_ in found])
    half_widths = [high - value for value, _, high, _ in found]
    return np.mean(errors <= half_widths), np.mean(half_widths) / np.quantile(errors, 0.95)


def is_right(held: float, width: float) -> bool:
    # 95 % of 200 simulations ± 1.5 % (one σ), less some 2 % that so few draws cost. The 95 % quantile of 200
    # errors is known to 7 %, and draws and points that interact make the interval wider by a few per cent.
    return held > 0.90 and width < 1.3


def test_resampling_both_covers_and_resampling_one_alone_does_not() -> None:
    assert is_right(*coverage(BOTH))
    # The controls: chips vary too, points vary too, and a difference has to be resampled in pairs.
    assert coverage(("points",))[0] < 0.90
    assert coverage(("draws",))[0] < 0.93
    assert not is_right(*coverage(BOTH, unpaired))


def test_pairs_are_known_better_than_either() -> None:
    boot = metrics.paired_bootstrap(mean, predictions(0), resample=BOTH, replicates=200, seed=0)
    difference, single = boot.difference("a", "b"), boot.estimate("a")
    assert difference.value == pytest.approx(boot.values["a"] - boot.values["b"])
    assert difference.high - difference.low < (single.high - single.low) / 2
    assert difference.n == 40


def test_the_interval_of_a_mean_over_points_is_the_textbook_one() -> None:
    x = np.random.default_rng(1).normal(size=(1, 400))
    boot = metrics.paired_bootstrap(mean, {"x": x}, resample=("points",), replicates=2000, seed=0)
    value, low, high, _ = boot.estimate("x")
    assert value == pytest.approx(x.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * x.std() / 20, rel=0.08)  # 2000 replicates: σ 2.5 %


def curves(seed: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    y = generator.normal(size=1000)
    outputs = 0.3 * generator.normal(size=(50, 1000))
    scale = np.sqrt(1 - 0.3**2)
    other = outputs + 0.02 * generator.normal(size=outputs.shape) + shift
    return {
        "gaussian": metrics.gaussian_cdf(outputs, scale, y),
        "device": metrics.gaussian_cdf(other, scale, y),
    }


def curve(average: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return metrics.calibration_curve(average, levels=np.linspace(0, 1, 21), kind="quantile", weights=weights)


def test_curves_are_found_equivalent_or_not() -> None:
    same = metrics.paired_bootstrap(curve, curves(0), resample=BOTH, replicates=200, seed=0)
    assert same.difference("device", "gaussian").within(0.02)
    assert same.largest_gap(("device", "gaussian")).high < 0.02
    shifted = metrics.paired_bootstrap(curve, curves(0, 0.2), resample=BOTH, replicates=200, seed=0)
    assert not shifted.difference("device", "gaussian").within(0.02)
    assert shifted.largest_gap(("device", "gaussian")).low > 0.02


def test_the_largest_gap_is_taken_over_values_and_groups() -> None:
    levels = {"a": [0.0, 0.0], "b": [0.1, -0.3], "c": [0.2, 0.1], "far": [9.0, 9.0]}
    arrays = {name: np.tile(values, (3, 4, 1)) for name, values in levels.items()}
    boot = metrics.paired_bootstrap(
        lambda average, weights: weights @ average, arrays, resample=BOTH, replicates=40, seed=0
    )
    value, low, high, _ = boot.largest_gap(("a", "b", "c"))
    assert (value, low, high) == pytest.approx((0.4, 0.4, 0.4))
    assert boot.largest_gap(("a", "b"), ("a", "c")).value == pytest.approx(0.3)
    assert boot.largest_gap(("a", "far"), ("a", "c")).value == pytest.approx(9)


def test_the_largest_gap_between_equal_laws_reaches_down_to_zero() -> None:
    held = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        arrays = {name: generator.normal(size=(5, 60, 4)) for name in "ab"}
        boot = metrics.paired_bootstrap(
            lambda average, weights: weights @ average, arrays, resample=BOTH, replicates=99, seed=seed
        )
        held += boot.largest_gap(("a", "b")).low == 0
    assert held >= 90  # 95 or more of 100 expected; 89 or fewer 1 time in 80


def test_classification_metrics_go_through() -> None:
    generator = np.random.default_rng(2)
    p = generator.dirichlet(np.ones(3), size=(20, 200))
    labels = generator.integers(3, size=200)
    boot = metrics.paired_bootstrap(
        lambda average, weights: metrics.expected_calibration_error(
            average, labels, bins=10, weights=weights
        ),
        {"p": p},
        resample=BOTH,
        replicates=40,
        seed=0,
    )
    found = boot.estimate("p")
    assert found.low < found.value < found.high


def test_batches_and_processes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"resample": BOTH, "replicates": 50, "seed": 4}
    whole = metrics.paired_bootstrap(mean, predictions(0), **arguments)
    monkeypatch.setattr("noisyweights.scores.bootstrap.NUMBERS", 200)
    parts = metrics.paired_bootstrap(mean, predictions(0), **arguments)
    for name in "ab":  # products of matrices of other sizes round otherwise
        np.testing.assert_allclose(whole.replicates[name], parts.replicates[name], rtol=1e-12)


def test_equivalence_asks_for_the_whole_interval() -> None:
    assert Estimate(0.0, -0.1, 0.1, 5).within(0.1)
    assert not Estimate(0.0, -0.1, 0.11, 5).within(0.1)
    assert not Estimate(np.zeros(2), np.array([-0.1, -0.3]), np.zeros(2), 5).within(0.2)
    with pytest.raises(ValueError, match="declare a positive one"):
        Estimate(0.0, 0.0, 0.0, 5).within(0.0)


X = np.ones((3, 4))


@pytest.mark.parametrize(
    ("arrays", "changes", "message"),
    [
        ({}, {}, "give at least one"),
        ({"a": X[0]}, {}, "of \\(draws, n, …\\)"),
        ({"a": X, "b": X[:2]}, {}, "the same draws and the same points"),
        ({"a": np.full((3, 4), np.nan)}, {}, "predictions 'a' hold 12 values"),
        ({"a": X[:1]}, {}, "1 of draws cannot be resampled"),
        ({"a": X[:, :1]}, {}, "1 of points cannot be resampled"),
        ({"a": X}, {"resample": ("chips",)}, "name 'draws', 'points' or both"),
        ({"a": X}, {"resample": ()}, "name 'draws', 'points' or both"),
        ({"a": X}, {"replicates": 10}, "at least 40"),
        ({"a": X}, {"statistic": lambda average, weights: np.nan}, "statistic of 'a' is nan"),
    ],
)
def test_bad_input_is_named_with_the_mend(arrays, changes, message: str) -> None:
    arguments = {"statistic": mean, "resample": BOTH, "replicates": 50, "seed": 0} | changes
    with pytest.raises(ValueError, match=message):
        metrics.paired_bootstrap(arguments.pop("statistic"), arrays, **arguments)


@pytest.mark.parametrize("groups", [(), (("a",),)])
def test_a_gap_needs_pairs(groups) -> None:
    boot = metrics.paired_bootstrap(mean, {"a": X}, resample=BOTH, replicates=40, seed=0)
    with pytest.raises(ValueError, match="at least two predictions"):
        boot.largest_gap(*groups)


def test_metrics_do_without_tensorflow() -> None:
    code = "import sys, noisyweights.scores.metrics; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
