"""Scores of class probabilities, held against scikit-learn, SciPy and cases counted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics

from noisyweights.scores import metrics

rng = np.random.default_rng(8)
P = rng.dirichlet(np.ones(4), size=300)
LABELS = rng.integers(4, size=300)
WEIGHTS = rng.uniform(size=300)


def test_accuracy_brier_and_nll_are_those_of_scikit_learn() -> None:
    top = P.argmax(1)
    assert metrics.accuracy(P, LABELS) == pytest.approx(sklearn_metrics.accuracy_score(LABELS, top))
    assert metrics.accuracy(P, LABELS, weights=WEIGHTS) == pytest.approx(
        sklearn_metrics.accuracy_score(LABELS, top, sample_weight=WEIGHTS)
    )
    assert metrics.class_nll(P, LABELS).mean() == pytest.approx(sklearn_metrics.log_loss(LABELS, P))
    # Of two classes, scikit-learn's score counts one class alone: half of the two.
    p, binary = np.stack([1 - P[:, 0], P[:, 0]], 1), LABELS % 2
    half = sklearn_metrics.brier_score_loss(binary, p[:, 1])
    assert metrics.brier_score(p, binary).mean() == pytest.approx(2 * half)


def test_an_impossible_label_costs_infinitely_much() -> None:
    np.testing.assert_array_equal(metrics.class_nll([[1, 0], [1, 0]], [0, 1]), [0, np.inf])


def test_calibration_error_of_a_constructed_case() -> None:
    # Ten points at 0.9 of which 7 are right, ten at 0.6 of which 6 are: (0.2 + 0)/2.
    p = np.repeat([[0.9, 0.1], [0.6, 0.4]], 10, axis=0)
    labels = np.array([0] * 7 + [1] * 3 + [0] * 6 + [1] * 4)
    assert metrics.expected_calibration_error(p, labels, bins=10) == pytest.approx(0.1)
    curve = metrics.reliability_curve(p, labels, bins=10)
    np.testing.assert_allclose(curve, [[0.6, 0.9], [0.6, 0.7], [0.5, 0.5]])
    # One bin hides what cancels: accuracy 0.65 against confidence 0.75.
    assert metrics.expected_calibration_error(p, labels, bins=1) == pytest.approx(0.1)
    halved = metrics.expected_calibration_error(p, labels, bins=10, weights=[2] * 10 + [0] * 10)
    assert halved == pytest.approx(0.2)


def test_bins_of_equal_mass_hold_equally_many() -> None:
    curve = metrics.reliability_curve(P, LABELS, bins=5, binning="equal mass")
    np.testing.assert_allclose(curve.share, 0.2, atol=1 / 300)  # a point on an edge


def test_bins_of_equal_mass_count_a_weight_of_k_as_k_points() -> None:
    times = rng.integers(0, 6, size=300)  # as a bootstrap has them, zeros too
    weighted = metrics.reliability_curve(P, LABELS, bins=5, binning="equal mass", weights=times)
    repeated = metrics.reliability_curve(
        np.repeat(P, times, axis=0), np.repeat(LABELS, times), bins=5, binning="equal mass"
    )
    np.testing.assert_allclose(weighted, repeated)
    np.testing.assert_allclose(weighted.share, 0.2, atol=5 / times.sum())  # a point on an edge


def test_calibrated_labels_pass_and_overconfident_ones_fail() -> None:
    generator = np.random.default_rng(9)
    p = generator.dirichlet(np.ones(3), size=20_000)
    labels = (generator.random((len(p), 1)) > p.cumsum(1)).sum(1)
    # Fifteen bins: Σ √(2·share·a(1 − a)/(π n)) ≤ √(15/(2π·20000)) = 0.011, the mean of a calibrated case.
    assert metrics.expected_calibration_error(p, labels, bins=15) < 0.02
    sharp = p**2 / np.sum(p**2, axis=1, keepdims=True)
    assert metrics.expected_calibration_error(sharp, labels, bins=15) > 0.05


def test_entropy_is_that_of_scipy_in_either_unit() -> None:
    np.testing.assert_allclose(metrics.entropy(P, unit="nats"), stats.entropy(P, axis=1), rtol=1e-12)
    np.testing.assert_allclose(metrics.entropy(P, unit="bits"), stats.entropy(P, axis=1, base=2), rtol=1e-12)
    assert metrics.entropy([1, 0], unit="bits") == 0
    np.testing.assert_array_equal(metrics.entropy([[[0.5, 0.5]]], unit="bits"), [[1]])


def test_mutual_information_of_extremes() -> None:
    agree = np.tile(P, (5, 1, 1))
    np.testing.assert_allclose(metrics.mutual_information(agree, unit="nats"), 0, atol=1e-12)
    opposed = [[[1, 0]], [[0, 1]]]  # each draw is sure, of another class
    np.testing.assert_allclose(metrics.mutual_information(opposed, unit="bits"), [1])
    draws = rng.dirichlet(np.ones(3), size=(6, 10))
    mean = draws.mean(0, keepdims=True)
    divergences = np.mean(np.sum(draws * np.log(draws / mean), axis=-1), axis=0)
    np.testing.assert_allclose(metrics.mutual_information(draws, unit="nats"), divergences, rtol=1e-10)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auroc_counts_pairs(points: list[tuple[int, bool]]) -> None:
    scores, positive = map(np.array, zip(*points, strict=True))
    if positive.all() or not positive.any():
        with pytest.raises(ValueError, match="both kinds"):
            metrics.auroc(scores, positive)
        return
    gaps = scores[positive][:, np.newaxis] - scores[~positive]
    assert metrics.auroc(scores, positive) == pytest.approx(np.mean((gaps > 0) + 0.5 * (gaps == 0)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.accuracy([[0.5, 0.6]], [0]), "sum to 1.1"),
        (lambda: metrics.accuracy([[1.5, -0.5]], [0]), "apply softmax"),
        (lambda: metrics.accuracy([[1.0]], [0]), "one class"),
        (lambda: metrics.accuracy([0.5, 0.5], [0]), "give 2 axes"),
        (lambda: metrics.accuracy([[np.nan, 0.5]], [0]), "not finite"),
        (lambda: metrics.accuracy([[0.5, 0.5]], [2]), "1 labels are no class, the first 2"),
        (lambda: metrics.brier_score([[0.5, 0.5]], [-1]), "classes are 0 to 1"),
        (lambda: metrics.class_nll([[0.5, 0.5]], [0.5]), "the first 0.5"),
        (lambda: metrics.class_nll([[0.5, 0.5]], [0, 1]), r"labels have shape \(2,\)"),
        (lambda: metrics.accuracy(np.empty((0, 2)), []), "empty"),
        (lambda: metrics.expected_calibration_error([[0.5, 0.5]], [0], bins=0), "0 bins"),
        (lambda: metrics.reliability_curve([[0.5, 0.5]], [0], bins=2, binning="even"), "equal mass"),
        (lambda: metrics.entropy([0.5, 0.5], unit="hartleys"), "choose 'nats' or 'bits'"),
        (lambda: metrics.mutual_information(P, unit="nats"), "give 3 axes"),
        (lambda: metrics.auroc([0.1, 0.2], [0, 2]), "both kinds"),
    ],
)
def test_bad_input_is_named_with_the_mend(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
