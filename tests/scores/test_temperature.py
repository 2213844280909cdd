"""Temperature scaling: what is put in is found, and the first choice stays."""

import numpy as np
import pytest
from scipy import special

from noisyweights.scores.temperature import fitted_temperature, tempered


def test_a_temperature_that_was_put_in_is_found():
    """Labels drawn from softmax(z), and probabilities of softmax(z T): their temperature is T."""
    rng = np.random.default_rng(3)
    z = 2 * rng.standard_normal((20000, 5))
    labels = np.array([rng.choice(5, p=p) for p in special.softmax(z, -1)])
    for temperature in (0.5, 1.0, 3.0):
        found = fitted_temperature(special.softmax(z * temperature, -1), labels)
        assert found == pytest.approx(temperature, rel=0.03)  # some four standard errors of 20000 labels


def test_tempering_is_undone_by_its_inverse_and_keeps_the_first_choice():
    p = np.random.default_rng(4).dirichlet(np.ones(4), size=50)
    for temperature in (0.3, 2.0):
        other = tempered(p, temperature)
        np.testing.assert_allclose(tempered(other, 1 / temperature), p)
        np.testing.assert_array_equal(other.argmax(-1), p.argmax(-1))
    np.testing.assert_allclose(tempered(p, 1e6), 0.25, atol=1e-4)
    np.testing.assert_array_equal(tempered([[1.0, 0.0]], 5.0), [[1.0, 0.0]])


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf, np.nan])
def test_temperatures_that_are_none_are_refused(temperature):
    with pytest.raises(ValueError, match="positive and finite"):
        tempered([[0.5, 0.5]], temperature)


def test_a_label_without_probability_is_refused():
    with pytest.raises(ValueError, match="no temperature mends"):
        fitted_temperature([[1.0, 0.0], [0.5, 0.5]], [1, 0])
