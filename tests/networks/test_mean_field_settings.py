"""Settings of mean-field layers that are refused, and laws that are taken."""

import numpy as np
import pytest
from small import every_law, settings

from noisyweights.networks.mean_field import layer_laws
from noisyweights.networks.mean_field.layers import MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws
from noisyweights.noise.laws.gaussian_law import Gaussian


class Wide(Gaussian):
    """Equal to the Gaussian law by its configuration, but of variance 4."""

    def _quantile(self, u):
        return 2 * super()._quantile(u)


class Shifted(Gaussian):
    name = "shifted"

    def _quantile(self, u):
        return super()._quantile(u) + 0.1


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"law": "gaussian"}, TypeError, "law must be one of noise.laws, got 'gaussian'"),
        ({"law": {"law": "gaussian"}}, TypeError, "law must be one of noise.laws"),
        ({"law": Wide()}, ValueError, r"gaussian has .* and 3\.99|gaussian has .* and 4"),
        ({"law": Shifted()}, ValueError, r"shifted has 0\.1"),
        ({"prior_scale": 0}, ValueError, "prior_scale is a standard deviation.*got 0"),
        ({"prior_scale": float("nan")}, ValueError, "got nan"),
        ({"initial_scale": -1}, ValueError, "initial_scale"),
        ({"initial_scale": float("inf")}, ValueError, "got inf"),
        ({"kl_weight": -1}, ValueError, "kl_weight"),
        ({"kl_weight": float("nan")}, ValueError, "kl_weight"),
        ({"biases": True}, ValueError, "biases must be one of none, fixed, learned, random, got True"),
    ],
)
def test_bad_settings(changes, error, message):
    MeanFieldDense(2, **settings(law=laws.gaussian()))  # so that an equal law has passed
    with pytest.raises(error, match=message):
        MeanFieldDense(2, **settings(**changes))


def test_bad_shapes():
    with pytest.raises(ValueError, match="units must be at least 1, got 0"):
        MeanFieldDense(0, **settings())
    with pytest.raises(ValueError, match="filters must be at least 1, got 0"):
        MeanFieldConv2D(0, 3, **settings())
    with pytest.raises(ValueError, match="at least 1, got 0"):
        MeanFieldConv2D(2, 0, **settings())
    with pytest.raises(ValueError, match="padding must be 'valid' or 'same', got 'causal'"):
        MeanFieldConv2D(2, 3, padding="causal", **settings())


@every_law
def test_every_law_of_the_library_passes_the_check(law):
    layer_laws.check_moments(law)


def test_extreme_laws_pass_the_check_too():
    heavy = laws.empirical(samples=np.random.default_rng(1).standard_t(3, size=2000))
    for law in (laws.two_point(), laws.bimodal(separation=0.9999), laws.bayes_mtj(A=1, B=1e-4, C=0), heavy):
        layer_laws.check_moments(law)
