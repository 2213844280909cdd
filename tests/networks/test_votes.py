"""What is read off votes."""

import numpy as np
import pytest
from scipy import stats

from noisyweights import seeds
from noisyweights.networks.coin_flips.votes import (
    count,
    first_choice,
    second_choice,
    vote_entropy,
    vote_information,
)


def test_choices_are_counted_for_each_class():
    choices = np.array([[0, 2], [0, 1], [1, 2], [0, 2]], np.uint8)
    np.testing.assert_array_equal(count(choices, 4), [[3, 1, 0, 0], [0, 1, 3, 0]])
    np.testing.assert_array_equal(count(choices[:, 0], 2), [3, 1])
    assert count(np.zeros((3, 0), int), 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (np.zeros((0, 5), int), "at least one draw"),
        (3, "at least one draw"),
        ([[0, 3]], "whole numbers from 0 to 2"),
        ([[-1, 1]], "whole numbers from 0 to 2"),
        ([[0.5, 1]], "whole numbers from 0 to 2"),
    ],
)
def test_choices_that_are_none_are_refused(choices, message):
    with pytest.raises(ValueError, match=message):
        count(choices, 3)


def test_first_and_second_choice():
    votes = [[1, 5, 3], [0, 9, 0], [4, 4, 1], [2, 3, 3]]
    np.testing.assert_array_equal(first_choice(votes), [1, 1, 0, 1])
    np.testing.assert_array_equal(second_choice(votes), [2, -1, 1, 2])  # -1: nobody else got a vote
    both = np.array([votes, votes[::-1]])
    np.testing.assert_array_equal(second_choice(both)[1], [2, 1, -1, 2])


def test_votes_are_left_alone():
    votes = np.array([[1, 5, 3]])
    second_choice(votes)
    np.testing.assert_array_equal(votes, [[1, 5, 3]])


def test_entropy_and_information_are_in_bits():
    votes = seeds.generator(0, "votes").integers(0, 50, (20, 10)) + np.eye(10, dtype=int)[3]
    np.testing.assert_allclose(vote_entropy(votes), stats.entropy(votes, base=2, axis=1), rtol=1e-12)
    np.testing.assert_allclose(vote_entropy([[7, 0, 0, 0], [5, 5, 5, 5]]), [0, 2])
    np.testing.assert_allclose(vote_information([[7, 0, 0, 0], [5, 5, 5, 5]]), [2, 0])


@pytest.mark.parametrize("read", [first_choice, second_choice, vote_entropy, vote_information])
@pytest.mark.parametrize(
    ("votes", "says"),
    [(3, "two or more"), ([[3]], "two or more"), ([[0, 0]], "at least one"), ([[-1, 3]], "not be negative")],
)
def test_what_are_no_votes(read, votes, says):
    with pytest.raises(ValueError, match=says):
        read(votes)
