"""The closest curve of eq. 3: it finds a law that is one, and none where the readings have another shape."""

import numpy as np
import pytest

from noisyweights.experiments.device_noise import closest
from noisyweights.noise import laws

PROBABILITY = (np.arange(4001) + 0.5) / 4001


@pytest.mark.parametrize(("B", "C"), [(0.2, 0.3), (1.5, 0.0), (0.25, -0.04)])
def test_the_cdf_is_that_of_the_law(B, C):
    peak = 2 * B * -np.expm1(-1 / B) - 2 * np.exp(-1 / B)  # ∫ of the exponential part over A
    law = laws.bayes_mtj(A=(1 - 4 * C / 3) / peak, B=B, C=C)
    x = np.linspace(-1.2, 1.2, 49)
    expected = np.asarray(law.cdf(x * float(law.support[1])))
    np.testing.assert_allclose(closest.cdf(x, B=B, C=C), expected, atol=1e-12)


def test_an_eq3_is_found_again_where_a_gaussian_is_not():
    law = laws.bayes_mtj(A=(1 - 4 * 0.3 / 3) / (0.4 * -np.expm1(-5) - 2 * np.exp(-5)), B=0.2, C=0.3)
    found = closest.closest(np.asarray(law(5.0, 2.0).quantile(PROBABILITY)))
    # A search stops a little above the least distance, 0.
    assert found.ks < 2e-3 < found.ks_gaussian
    assert found.half_width == pytest.approx(2.0 * float(law.support[1]), rel=0.05)
    assert found.outside < 1e-3


def test_two_peaks_are_no_eq3():
    found = closest.closest(np.asarray(laws.bimodal(separation=0.95)(0.0, 1.0).quantile(PROBABILITY)))
    assert found.ks > 0.05


def test_readings_that_are_alike_are_refused():
    with pytest.raises(ValueError, match="all 5 readings are 3"):
        closest.closest(np.full(5, 3.0))
