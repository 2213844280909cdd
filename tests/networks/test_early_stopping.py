"""Votes that end early: the evidence by quadrature, the error by simulation, the draws by all votes."""

import numpy as np
import pytest
from coin_networks import HOW, images, mlp
from scipy import integrate, stats

from noisyweights import seeds
from noisyweights.networks.coin_flips import early_stopping, sampling, votes

SAMPLED = {key: value for key, value in HOW.items() if key != "draws"}


@pytest.mark.parametrize("tally", [(3, 1), (13, 0), (0, 1), (40, 38), (5, 5)])
def test_evidence_is_the_integral_of_likelihood_ratios(tally):
    a, b = max(tally), min(tally)
    integral = integrate.quad(lambda p: 2 * (2 * p) ** a * (2 - 2 * p) ** b, 0.5, 1, epsabs=0, epsrel=1e-11)[
        0
    ]
    others = np.array([[*tally, 0], [min(tally), 0, max(tally)]])
    np.testing.assert_allclose(early_stopping.log_evidence(others), np.log(integral), rtol=1e-9)


def ends(probabilities, rule, *, runs=2000, draws=400, name="votes"):
    """Which class each run ends on, −1 where it does not end, and after how many draws."""
    rng = seeds.generator(0, name)
    tally, chosen = np.zeros((runs, len(probabilities)), int), np.full(runs, -1)
    taken = np.full(runs, draws)
    for draw in range(draws):
        tally += rng.multinomial(1, probabilities, size=runs)
        ending = (chosen < 0) & rule(tally)
        chosen[ending], taken[ending] = tally[ending].argmax(1), draw + 1
    return chosen, taken


@pytest.mark.parametrize(
    "probabilities", [(0.5, 0.5), (0.49, 0.51), (0.34, 0.33, 0.33), (0.3, 0.3, 0.2, 0.1, 0.1)]
)
def test_votes_seldom_end_on_a_class_that_is_not_the_most_likely(probabilities):
    error, best = 0.05, np.max(probabilities)
    chosen, _ = ends(probabilities, lambda tally: early_stopping.are_decided(tally, error=error))
    wrong = np.sum((chosen >= 0) & (np.take(probabilities, chosen) < best))
    # A bound for any law: it must not be passed by more than chance, here once in a million runs.
    assert wrong <= stats.binom.isf(1e-6, len(chosen), error)


def test_two_classes_alike_are_told_apart_by_chance_as_seldom():
    """Each is as likely, so that any end is one too many: the bound itself, for either of the two."""
    chosen, _ = ends((0.5, 0.5), lambda tally: early_stopping.are_decided(tally, error=0.05))
    assert np.sum(chosen >= 0) <= 2 * stats.binom.isf(1e-6, len(chosen), 0.05)


def test_the_control_looks_at_every_draw_as_if_it_were_the_only_one():
    def naive(tally):
        counts = np.sort(tally, -1)
        return stats.beta.sf(0.5, counts[:, -1] + 1, counts[:, -2] + 1) > 1 - 0.05

    chosen, _ = ends((0.48, 0.52), naive)
    assert np.mean(chosen == 0) > 0.15


def test_clear_votes_end_soon_and_close_ones_late():
    def rule(tally):
        return early_stopping.are_decided(tally, error=0.01)

    mean = [ends((p, 1 - p), rule, runs=200)[1].mean() for p in (0.99, 0.8, 0.6)]
    assert mean[0] < 12
    assert mean[0] < mean[1] < mean[2]
    unanimous = np.eye(10, dtype=int)[:1] * np.arange(1, 30)[:, None]
    assert early_stopping.are_decided(unanimous, error=0.01).argmax() + 1 == 13


@pytest.mark.parametrize("batch_size", [None, 7])
def test_draws_are_those_of_all_votes_up_to_the_end(batch_size):
    model, x, at_most = mlp(), images(), 60
    found = early_stopping.sample_until_decided(
        model, x, at_most=at_most, error=0.05, batch_size=batch_size, **SAMPLED
    )
    choices = sampling.sample_choices(model, x, draws=at_most, **SAMPLED)
    assert found.decided.any()
    assert not found.decided.all()
    np.testing.assert_array_equal(found.draws[~found.decided], at_most)
    for place, draws in enumerate(found.draws):
        np.testing.assert_array_equal(found.votes[place], votes.count(choices[:draws, place], 4))
    before = np.stack([votes.count(choices[: n - 1, k], 4) for k, n in enumerate(found.draws)])
    assert not early_stopping.are_decided(before, error=0.05).any()
    np.testing.assert_array_equal(early_stopping.are_decided(found.votes, error=0.05), found.decided)
    every = votes.first_choice(votes.count(choices, 4))
    np.testing.assert_array_equal(found.first_choice[~found.decided], every[~found.decided])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"error": 0.0}, "error is a probability between 0 and 1, such as 0.01, got 0.0"),
        ({"error": 1.0}, "error is a probability"),
        ({"at_most": 0}, "draws must be at least 1, and whole, got 0"),
        ({"precision": 40}, "precision must be"),
    ],
)
def test_bad_input(changes, message):
    with pytest.raises(ValueError, match=message):
        early_stopping.sample_until_decided(
            mlp(), images(), **{"at_most": 9, "error": 0.1} | SAMPLED | changes
        )
    with pytest.raises(ValueError, match="every input needs at least one"):
        early_stopping.are_decided([[0, 0]], error=0.1)
    with pytest.raises(ValueError, match="two or more, got"):
        early_stopping.log_evidence([1])
