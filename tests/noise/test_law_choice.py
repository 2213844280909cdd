"""Which law is chosen, by what is predicted of held-out samples, and which samples are refused."""

import math

import numpy as np
import pytest
from device_samples import ECRAM, MTJ, PAIR, draw

from noisyweights import seeds
from noisyweights.noise import fitting, laws
from noisyweights.noise.fitting.families import FAMILIES


def test_held_out_gain_is_the_divergence_between_the_laws():
    samples = draw(MTJ, 20_000, "held out")
    scores = fitting.held_out(samples, families=["gaussian", "bayes_mtj", "empirical"], seed=0)
    gain = scores.gain("bayes_mtj")
    divergence = -MTJ.entropy + 0.5 * math.log(2 * math.pi) + 0.5
    assert gain.low < divergence < gain.high
    # Fitting three parameters to n costs 3/2n nats; the empirical law has hundreds to fit.
    assert scores.gain("empirical", "bayes_mtj").high < 0
    assert scores.gain("gaussian") == (0, 0, 0)
    assert scores.mean("bayes_mtj") - scores.mean("gaussian") == pytest.approx(gain.value)
    assert scores.outside("bayes_mtj") == 0
    assert len(scores.log_prob["empirical"]) == 20_000


def test_an_impossible_sample_counts_as_such():
    scores = fitting.HeldOut({"gaussian": np.array([-1.0, -2.0]), "bayes_mtj": np.array([-1.0, -math.inf])})
    assert scores.outside("bayes_mtj") == 1
    assert scores.mean("bayes_mtj") == -math.inf
    assert scores.gain("bayes_mtj") == (-math.inf, -math.inf, -math.inf)


def skewed(n):
    return seeds.generator(7, "skewed").lognormal(size=n)


def unequal_peaks(n):
    g = seeds.generator(7, "unequal")
    return np.where(g.uniform(size=n) < 0.2, -3.0, 3.0) + g.normal(size=n)


@pytest.mark.parametrize(
    ("samples", "family", "words"),
    [
        (draw(laws.gaussian(), 2000, "choice"), "gaussian", "the Gaussian fits"),
        (draw(PAIR, 2000, "choice"), "bimodal", "the pair of Gaussians fits"),
        (draw(MTJ, 5000, "choice"), "bayes_mtj", "the Bayes-MTJ law (eq. 3) fits"),
        (draw(ECRAM, 6000, "choice"), "ecram", "the ECRAM law (eq. 13) fits"),
        (skewed(2000), "empirical", "heavy-tailed (excess kurtosis"),
        (skewed(2000), "empirical", "skewed (skewness"),
        (unequal_peaks(3000), "empirical", "two peaks"),
        (draw(laws.gaussian(), 100, "choice"), "gaussian", "(100 samples)"),
    ],
    ids=["gaussian", "pair", "eq3", "eq13", "heavy", "skewed", "unequal", "few"],
)
def test_choice_and_its_reason(samples, family, words):
    choice = fitting.choose(samples, seed=1)
    assert choice.law.name == choice.family
    assert choice.family == family
    assert words in choice.reason
    assert set(choice.fits) == set(FAMILIES)
    if choice.family in choice.goodness:
        assert min(choice.goodness[choice.family].ks_p, choice.goodness[choice.family].ad_p) >= 0.01


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_telegraph_noise_is_a_bit_with_its_bias(share):
    choice = fitting.choose(np.where(np.arange(1000) < 1000 * share, 0.25, 1.5), seed=1)
    assert choice.law == laws.biased_two_point(probability=1 - share)
    assert f"0.25 in {share:g} and 1.5 in {1 - share:g}" in choice.reason
    assert "0 at the centre" in choice.at_boundary["bayes_mtj"]


def test_noise_read_with_a_coarse_step_still_gets_a_law():
    samples = np.round(4 * draw(laws.gaussian(), 3000, "coarse"))
    assert fitting.choose(samples, seed=1).family == "empirical"


# Bad input -------------------------------------------------------------------------------------------------


GOOD = np.linspace(-1, 1, 101) ** 3


@pytest.mark.parametrize("call", [fitting.fit, fitting.choose, fitting.held_out])
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (
            np.where(np.arange(101) % 50 == 3, np.nan, GOOD),
            r"2 of 101 samples are NaN or infinite, the first at 3",
        ),
        (np.append(GOOD, np.inf), "1 of 102"),
        (np.full(200, 4.5), "all 200 samples equal 4.5"),
        (GOOD[:99], "got 99 samples.*100 or more"),
        ([], "got 0 samples"),
        (np.ones((100, 2)), r"one column, got shape \(100, 2\)"),
        (["a", "b"] * 60, "must be numbers"),
    ],
    ids=["nan", "infinite", "constant", "short", "empty", "table", "text"],
)
def test_samples_that_cannot_be_fitted_are_named(call, samples, message):
    keywords = {
        "fit": {"family": "bayes_mtj"},
        "choose": {"seed": 0},
        "held_out": {"families": [], "seed": 0},
    }
    with pytest.raises(ValueError, match=message):
        call(samples, **keywords[call.__name__])


def test_what_is_asked_for_must_exist():
    with pytest.raises(ValueError, match="no family is called 'weibull'; the families are gaussian"):
        fitting.fit(GOOD, family="weibull")
    with pytest.raises(ValueError, match=r"gaussian is unbounded.*leave out loc"):
        fitting.fit(GOOD, family="gaussian", loc=0.0)
    with pytest.raises(ValueError, match=r"half_width = 2.0 bounds the distance from loc"):
        fitting.fit(GOOD, family="ecram", half_width=2.0)
    with pytest.raises(
        ValueError, match=r"half_width = 0.5 does not hold all samples: one lies 1.0 from the centre"
    ):
        fitting.fit(GOOD, family="ecram", loc=0.0, half_width=0.5)
