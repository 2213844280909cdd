"""The promise of `Law.quantile` where the density is large: its error against that of rounding."""

import numpy as np
import pytest

from noisyweights.noise import laws
from noisyweights.noise.laws.empirical_law import smoothed

RNG = np.random.default_rng(11)
LAWS = {
    "gaussian": laws.gaussian(),
    "narrow pair": laws.bimodal(separation=0.999999),
    "lognormal": smoothed(RNG.lognormal(sigma=2.5, size=5000)),
    "glitch": laws.empirical(samples=np.append(RNG.normal(size=4999), 1e6)),
    "narrow peaks": laws.empirical(
        samples=np.where(RNG.random(5000) < 0.2, -1, 1) + 1e-5 * RNG.normal(size=5000)
    ),
}


def misses(law, dtype, spacings):
    """How far u lies outside of what points so many spacings to both sides have."""
    u = np.concatenate([RNG.random(200_000), 10 ** RNG.uniform(-7, -0.5, size=20_000)]).astype(dtype)
    u = u[(u > 0) & (u < 1)]
    z = law.quantile(u).numpy()
    s = spacings * np.spacing(np.abs(z)).astype(float)
    low, high = (law.cdf(z.astype(float) + side * s).numpy() for side in (-1, 1))
    return max((low - u).max(), (u - high).max())


@pytest.mark.parametrize("name", LAWS)
def test_the_error_is_that_of_rounding_and_no_more(name):
    assert misses(LAWS[name], np.float32, 1.5) <= 1e-6
    assert misses(LAWS[name], np.float64, 1.5) <= 1e-9


def test_rounding_alone_can_be_more_than_the_rest():
    """The negative control, and why the bound names it."""
    assert misses(LAWS["narrow pair"], np.float32, 0.5) > 5e-6
