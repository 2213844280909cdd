"""Scores of votes, and of first and second choices."""

import numpy as np

from noisyweights.experiments.coin_flips.scores import choice_matrix, runner_up_correlation, score_choices


def test_opinions_are_counted():
    labels = np.array([0, 1, 2, 3])
    found = score_choices(np.array([0, 2, 2, 1]), np.array([1, 1, -1, 2]), labels)
    assert (found.wrong, found.right_after, found.either) == (50, 50, 75)
    never = score_choices(labels, labels[::-1], labels)
    assert (never.wrong, never.either) == (0, 100)
    assert np.isnan(never.right_after)


def test_calls_of_none_are_not_counted():
    found = choice_matrix([0, 0, 1, 1], [1, -1, 0, 1], classes=3)
    np.testing.assert_array_equal(found, [[0, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_likeness_is_of_who_is_second_to_whom():
    first = np.array([0, 0, 1, 1, 2, 2])
    second = np.array([1, 1, 0, 2, 1, 1])
    assert runner_up_correlation((first, second), (first[::-1], second[::-1]), classes=3) == 1
    other = runner_up_correlation((first, second), (first, np.array([2, 2, 0, 2, 0, 0])), classes=3)
    counts = [2, 0, 1, 1, 0, 2], [0, 2, 1, 1, 2, 0]  # 0 to 1, 0 to 2, 1 to 0, …
    assert other == np.corrcoef(*counts)[0, 1] < 0
    assert np.isnan(runner_up_correlation((first, second), (first, np.full(6, -1)), classes=3))
