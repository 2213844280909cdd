"""Tests that end early, and what is said of a fit at its boundary."""

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.noise import fitting


def test_what_is_not_plain_is_tested_in_full():
    samples = seeds.generator(2, "whole").normal(size=400)
    fit = fitting.fit(samples, family="gaussian")
    early = fitting.sequential_test(fit, samples, level=0.01, replicates=60, seed=3)
    assert early == fitting.goodness_of_fit(fit, samples, replicates=60, seed=3)


def test_a_plain_misfit_ends_the_test_with_a_bound_on_p():
    samples = seeds.generator(2, "plain").gamma(1, size=4000)
    fit = fitting.fit(samples, family="gaussian")
    early = fitting.sequential_test(fit, samples, level=0.01, replicates=199, seed=3)
    assert early.replicates == 20
    assert max(early.ks_p, early.ad_p) < 0.005
    whole = fitting.goodness_of_fit(fit, samples, replicates=199, seed=3)
    assert whole.ks_p == whole.ad_p == 0.005  # all that 199 replicates can say
    assert (early.ks, early.ad) == (whole.ks, whole.ad)


@pytest.mark.parametrize("step", [0.0, 1.0])
def test_a_sample_outside_of_a_bounded_law_is_no_error(step):
    samples = np.append(np.round(30 * seeds.generator(2, "outside").normal(size=2000)), 6000.0)
    choice = fitting.choose(samples, seed=1, step=step)
    assert choice.family == "empirical"
    assert "1 of 2001 samples stand apart from all others, the furthest at 6000" in choice.reason


def test_a_fit_at_the_boundary_says_what_that_means():
    generator = seeds.generator(2, "telegraph")
    samples = np.where(generator.uniform(size=1500) < 0.5, 0.0, 1.0) + 0.02 * generator.normal(size=1500)
    fit = fitting.fit(samples, family="bayes_mtj")
    assert fit.at_boundary
    sentence = fitting.explained(fit, samples)
    assert "the density is 0 at the centre" in sentence
    assert "not constants of the device" in sentence
    inside = fitting.fit(samples, family="bimodal")
    assert fitting.explained(inside, samples) == ""
    choice = fitting.choose(samples, seed=1)
    assert choice.family == "bimodal"
    assert choice.at_boundary["bayes_mtj"] == sentence
    assert "bimodal" not in choice.at_boundary


def test_an_edge_is_named_where_the_range_was_given():
    samples = seeds.generator(2, "flat").uniform(-1, 1, size=2000)
    fit = fitting.fit(samples, family="bayes_mtj", loc=0.0, half_width=1.001)
    sentence = fitting.explained(fit, samples)
    assert "so wide that the density no longer depends on B" in sentence
    assert "outermost" not in sentence  # the range was not for the samples to say
