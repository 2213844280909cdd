"""Running summaries against the draws that they sum up."""

import re

import keras
import numpy as np
import pytest
from small import dense, inputs, settings

from noisyweights.networks.mean_field import inference, running
from noisyweights.networks.mean_field.layers import MeanFieldDense

MODEL = dense()
ALL = {"seed": 3, "standard_error": 0.0, "at_most": 100}


@pytest.fixture(scope="module")
def draws():
    return inference.predict_draws(MODEL, inputs(), draws=100, seed=3).astype(float)


def test_moments_quantiles_and_votes_are_those_of_all_draws(draws):
    found = running.summarise(MODEL, inputs(), **ALL, levels=(0.1, 0.5, 0.9), votes=True)
    assert found.draws == 100
    assert not found.reached
    np.testing.assert_allclose(found.mean, draws.mean(0), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.deviation, draws.std(0, ddof=1), rtol=1e-10)
    np.testing.assert_array_equal(found.votes.sum(-1), 100)
    np.testing.assert_array_equal(found.votes[..., 1], (draws[..., 1] > draws[..., 0]).sum(0))
    # A quantile of 100 draws lies between two of them, and the grid moves either by a cell.
    for level, value in zip((0.1, 0.5, 0.9), found.quantiles, strict=True):
        lower, upper = (np.quantile(draws, level, axis=0, method=word) for word in ("lower", "higher"))
        assert (value >= lower - 2 * found.resolution).all()
        assert (value <= upper + 2 * found.resolution).all()
    assert (found.resolution < 0.15 * found.deviation).all()


def test_draws_stop_where_the_mean_is_known_as_well_as_wanted():
    wanted = 0.2
    found = running.summarise(MODEL, inputs(), seed=3, standard_error=wanted, at_most=4000, at_least=8)
    assert found.reached
    assert found.standard_error.max() <= wanted
    assert 8 < found.draws < 4000
    enough = (found.deviation.max() / wanted) ** 2  # draws that this spread needs
    assert enough <= found.draws < 2 * enough + 8
    more = running.summarise(MODEL, inputs(), seed=3, standard_error=wanted, at_most=16, at_least=16)
    assert more.draws == 16
    assert not more.reached


def test_a_stopped_mean_is_near_the_true_one():
    """Of a layer alone the mean is exact; five standard errors leave a chance of a millionth."""
    model = keras.Sequential([keras.Input((4,)), MeanFieldDense(2, **settings())])
    exact = inputs(3) @ model.layers[0].kernel_loc.numpy()
    found = running.summarise(model, inputs(3), seed=1, standard_error=0.05, at_most=2000)
    assert (np.abs(found.mean - exact) < 5 * found.standard_error).all()
    assert (found.standard_error > 0).all()


def test_several_outputs_have_a_summary_each():
    given = keras.Input((4,))
    hidden = MeanFieldDense(3, **settings())(given)
    model = keras.Model(given, {"a": hidden, "b": keras.layers.Dense(1)(hidden)})
    found = running.summarise(model, inputs(), **ALL | {"at_most": 40})
    expected = inference.predict_draws(model, inputs(), draws=40, seed=3)
    for name in ("a", "b"):
        np.testing.assert_allclose(found[name].mean, expected[name].mean(0), rtol=1e-5, atol=1e-6)


def test_a_quantile_beyond_the_grid_is_not_made_up():
    one = running._Running(np.zeros((2, 1)), np.array([0.5, 0.01]), votes=False)
    one.add(np.array([[0.0], [5.0], [7.0], [9.0]]))
    np.testing.assert_array_equal(one.quantiles()[0], [np.inf])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"standard_error": -1.0}, "standard_error must be finite and not negative, got -1.0"),
        ({"at_least": 1}, "2 ≤ at_least ≤ at_most must hold, got 1 and 100"),
        ({"at_most": 8}, "2 ≤ at_least ≤ at_most must hold, got 32 and 8"),
        ({"levels": (0.5, 1.0)}, "levels are probabilities in (0, 1), got [0.5 1. ]"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
    ],
)
def test_bad_input(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        running.summarise(MODEL, inputs(), **ALL | changes)
