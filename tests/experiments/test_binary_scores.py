"""Scores of the binary experiments on predictions that are made up."""

import numpy as np
import pytest
from binary_cases import LABELS, STEPS, predicted

from noisyweights.experiments.binary import experiment
from noisyweights.experiments.binary.scores import Predicted, score, score_shifts


@pytest.mark.parametrize(("before", "after", "expected"), [(0.9, 0.5, 1.0), (0.5, 0.9, 0.0), (0.9, 0.8, 1.0)])
def test_doubt_tells_shifted_pictures_from_others_as_it_was_made_to(before, after, expected):
    plain, shifted = predicted(92, 100, sure=before), predicted(92, 50, sure=after)
    shifted = np.broadcast_to(shifted, (2, STEPS + 1, 50, 10))
    found = score_shifts(
        Predicted(plain, np.zeros(100)), Predicted(shifted, np.zeros(shifted.shape[:3])), LABELS[:100]
    )
    assert np.isnan(found["auroc_information"]).all()  # a single draw tells nothing
    for kind in ("entropy", "maximum_probability"):
        assert np.isnan(found[f"auroc_{kind}"][:, 0]).all()
        assert (found[f"auroc_{kind}"][:, 1:] == expected).all()
    np.testing.assert_allclose(found["shifted_accuracy"], 92)
    known = -np.log([after, (1 - after) / 9])  # of right and of wrong pictures
    np.testing.assert_allclose(found["shifted_nll"], 0.92 * known[0] + 0.08 * known[1])
    threshold = -np.log([before, (1 - before) / 9]) @ [0.92, 0.08]
    np.testing.assert_allclose(found["shifted_detected"], 100 * (known > threshold) @ [0.92, 0.08])


def test_information_is_that_of_the_pictures_compared():
    """Draws agree on half of the plain pictures, on none of those shifted first, on all of the last."""
    p = np.tile(predicted(90, 4), (2, 2, 1, 1))
    plain = Predicted(predicted(90, 8), np.array([0, 0, 1, 1, 9, 9, 9, 9]))
    information = np.stack([np.full((2, 4), 1.0), np.array([[2.0] * 4, [0.0] * 4])])
    found = score_shifts(plain, Predicted(p, information), LABELS[:8])
    np.testing.assert_allclose(found["shifted_information"], [[1, 1], [2, 0]])
    # Against 0, 0, 1, 1: what is 1 wins half and ties half; what is 0 loses half and ties half.
    np.testing.assert_allclose(found["auroc_information"][:, 1], [0.75, 0.25])


def test_scores_are_of_the_mean_probabilities():
    draws = np.eye(4)[[[0, 1], [2, 1]]]  # two draws of two pictures: sure of different classes, and of one
    draws = np.concatenate([draws, [[[0.25] * 4] * 2] * 2])  # and two draws that know nothing
    found = score(experiment.predicted(draws), np.array([2, 1]))
    mean = np.array([[3, 1, 3, 1], [1, 5, 1, 1]]) / 8
    assert found["accuracy"] == 50  # the first among equals is wrong
    assert found["nll"] == pytest.approx(-np.log([3 / 8, 5 / 8]).mean())
    assert found["calibration_error"] == pytest.approx((3 / 8 + 3 / 8) / 2)
    entropy = -(mean * np.log2(mean)).sum(1)
    assert found["entropy"] == pytest.approx(entropy.mean())
    assert found["information"] == pytest.approx(entropy.mean() - 1)  # half of the draws have 2 bits
