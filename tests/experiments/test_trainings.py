"""Trainings of a kind: in the order of their numbers, however many, and none of another kind."""

import numpy as np
import pytest

from noisyweights.experiments import trainings

POINTS = {
    f"{kind}-{number}": {"value": np.array([number, 0])}
    for kind, number in (("relu", 10), ("relu", 2), ("fashion-relu", 1), ("relu", 7), ("relu-wide", 0))
}


def test_trainings_come_in_the_order_of_their_numbers():
    assert list(trainings.of_kind(POINTS, "relu")) == [2, 7, 10]
    assert trainings.stacked(POINTS, "relu", "value").tolist() == [[2, 0], [7, 0], [10, 0]]


def test_names_are_those_that_are_found():
    assert trainings.named("long", 2, separator=".") == ("long.0", "long.1")
    points = {name: {} for name in trainings.named("fashion-tanh", 3)}
    assert list(trainings.of_kind(points, "fashion-tanh")) == [0, 1, 2]


@pytest.mark.parametrize(("kind", "separator"), [("tanh", "-"), ("fashion", "-"), ("relu", ".")])
def test_a_kind_without_a_training_is_named(kind, separator):
    with pytest.raises(ValueError, match=f"no point of {kind} .*relu-wide-0.*compute {kind}{separator}0"):
        trainings.of_kind(POINTS, kind, separator=separator)
    with pytest.raises(ValueError, match="there are none"):
        trainings.stacked({}, kind, "value", separator=separator)
