"""Coins against their expectation, and weights kept in the range of a probability."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import stats

from noisyweights import seeds
from noisyweights.networks.coin_flips.coins import Coins
from noisyweights.networks.coin_flips.unit_range import UnitRange, UnitRangeUniform, starting

PRECISIONS = ["full", 16, 8, 4, 2, 1]
WEIGHTS = np.concatenate([seeds.generator(0, "weights").uniform(-1, 1, 288), np.linspace(-1, 1, 11), [1e-3]])


def tosses(coins, count=4000, name="tosses"):
    return np.stack([coins.toss(seeds.generator(1, name, draw)) for draw in range(count)])


def nearest(weights, precision):
    """The nearest of the levels that the paper counts, 256 for 8 bits: found by search, not by rounding."""
    if precision == "full":
        return weights
    levels = np.arange(2**precision + 1) / 2**precision
    found = levels[np.abs(np.abs(weights)[:, None] - levels).argmin(1)]
    return np.sign(weights) * found


def outside(shown, weights):
    """Which coins show a one more or less often than the binomial law allows, one set in a million."""
    count = (shown != 0).sum(0)
    level = 1e-6 / len(weights)
    p = np.abs(weights)
    return (stats.binom.cdf(count, len(shown), p) < level) | (
        stats.binom.sf(count - 1, len(shown), p) < level
    )


@pytest.mark.parametrize("precision", PRECISIONS)
def test_coins_show_their_weight_on_average(precision):
    shown = tosses(Coins(WEIGHTS, precision))
    assert shown.dtype == np.int8
    expected = nearest(WEIGHTS, precision)
    assert (np.sign(expected) * np.abs(shown) == shown).all()  # a coin has the sign of its weight, or none
    assert not outside(shown, expected).any()


@pytest.mark.parametrize("precision", [1, 4, 8])
def test_a_coarse_random_number_shows_more_ones(precision):
    """Against a number r of b bits, 0 to 2ᵇ − 1, the share of r < 2ᵇ|w|."""
    numbers = np.arange(2**precision) / 2**precision
    expected = np.mean(numbers < np.abs(WEIGHTS)[:, None], axis=1)
    shown = tosses(Coins(WEIGHTS, precision, "up"))
    assert not outside(shown, expected).any()
    assert outside(shown, nearest(WEIGHTS, precision)).any()
    assert (np.sign(shown).sum(0) * WEIGHTS >= 0).all()


def test_odds_of_noisy_coins_are_those_of_clipped_noise():
    weights = np.array([-1.0, -0.5, 0.0, 0.03, 1.0])
    odds = Coins(weights, 4, "gaussian").odds
    exact = [stats.norm(w, 1 / 16).expect(lambda x: min(abs(x), 1.0)) for w in weights]
    np.testing.assert_allclose(odds, exact, atol=1e-6)
    assert (odds[4], odds[2]) == pytest.approx((0.975, 0.0499), abs=1e-4)  # |w| would be 1 and 0
    shown = np.mean(
        [Coins(weights, 4, "gaussian").toss(seeds.generator(1, "noisy", k)) != 0 for k in range(4000)], axis=0
    )
    # Five counts of 4000 tosses, each within what is left 1 time in 10,000.
    assert (np.abs(shown - odds) <= stats.norm.isf(1e-5) * np.sqrt(odds * (1 - odds) / 4000)).all()


def test_the_interval_would_catch_coins_of_other_weights():
    shown = tosses(Coins(WEIGHTS, "full"))
    assert outside(shown, np.clip(WEIGHTS * 1.2, -1, 1)).any()
    assert outside(shown, nearest(WEIGHTS, 2)).any()


def test_coins_are_independent_of_each_other_and_of_earlier_tosses():
    shown = tosses(Coins(np.full(40, 0.5), "full")).astype(float)
    size = len(shown)
    between = np.corrcoef(shown.T)[np.triu_indices(40, 1)]
    later = [np.corrcoef(one[1:], one[:-1])[0, 1] for one in shown.T]
    # A correlation of n independent pairs is normal with variance 1/n: 820 of them, one set in a million.
    assert max(np.abs(between).max(), np.abs(later).max()) < stats.norm.isf(1e-6 / 820 / 2) / np.sqrt(size)


def test_certain_coins_are_certain_at_every_precision():
    for precision in PRECISIONS:
        shown = tosses(Coins(np.array([-1.0, 0.0, 1.0]), precision), count=50)
        assert (shown == [-1, 0, 1]).all()


def test_precisions_meet_the_same_random_numbers():
    full, eight, one = (tosses(Coins(WEIGHTS, precision), count=400) for precision in ("full", 8, 1))
    # They differ where the number falls between a probability and its rounded value, at most 2⁻⁹ away.
    assert (full != eight).mean() < 2**-9
    assert (full != one).mean() > 0.1


def test_noise_in_place_of_rounding_has_the_mean_of_a_clipped_gaussian():
    weights = np.array([-0.95, -0.5, 0.0, 0.03, 0.5, 1.0])
    shown = tosses(Coins(weights, 4, "gaussian"), count=20_000)
    w, sigma = weights, 2.0**-4
    noisy = [stats.norm(mean, sigma).expect(lambda v: np.clip(v, -1, 1), lb=-2, ub=2) for mean in w]
    error = shown.std(0) / np.sqrt(len(shown))
    assert (np.abs(shown.mean(0) - noisy) < 5 * error).all()  # one in two million for each
    assert (shown[:, 2] != 0).any()  # where rounding would leave a zero alone


@pytest.mark.parametrize(
    ("weights", "changes", "says"),
    [
        ([0.5, 1.001], {}, "reach from 0.5 to 1.001"),
        ([0.5, -1.5], {}, "scaling.renormalise"),
        ([0.5, np.nan], {}, r"lies in \[-1, 1\]"),
        ([0.5], {"precision": 0}, "from 1 to 32 bits, got 0"),
        ([0.5], {"precision": 33}, "got 33"),
        ([0.5], {"precision": "half"}, "'full' or"),
        ([0.5], {"precision": True}, "got True"),
        ([0.5], {"precision": 2.5}, "got 2.5"),
        ([0.5], {"rounding": "down"}, "nearest, up, gaussian, got 'down'"),
    ],
)
def test_what_no_coin_can_be(weights, changes, says):
    with pytest.raises(ValueError, match=says):
        Coins(np.array(weights), **{"precision": "full"} | changes)


# --- weights in range


@examples(max_examples=30, deadline=None, derandomize=True)
@given(
    # Of subnormal numbers TensorFlow makes 0.
    st.lists(st.floats(-1e6, 1e6, width=32, allow_subnormal=False), min_size=1, max_size=20),
    st.floats(-1, 0.4, allow_subnormal=False),
    st.floats(0.5, 1),
)
def test_the_constraint_moves_weights_to_the_nearest_in_range(weights, low, high):
    found = np.asarray(UnitRange(low, high)(keras.ops.convert_to_tensor(np.float32(weights))))
    allowed = np.float32([low, high])
    for weight, moved in zip(np.float32(weights), found, strict=True):
        inside = allowed[0] <= weight <= allowed[1]
        assert moved == (weight if inside else allowed[np.abs(allowed - weight).argmin()])


@pytest.mark.parametrize(
    ("where", "low", "high", "kept"),
    [("paper", -0.99, 0.99, (-1, 1)), ("published code", 0.25, 0.75, (0, 1))],
)
def test_weights_start_and_stay_where_they_are_said_to(where, low, high, kept):
    layer = keras.layers.Dense(200, **starting(where, seed=1))
    layer.build((None, 100))
    found = stats.kstest(layer.kernel.numpy().ravel(), stats.uniform(low, high - low).cdf)
    assert found.pvalue > 1e-3  # a fixed seed
    assert (layer.kernel_constraint.minimum, layer.kernel_constraint.maximum) == kept


def test_training_never_leaves_the_range():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, **starting("paper", seed=1))])
    model.compile(keras.optimizers.SGD(10.0), "mse")
    rng = seeds.generator(0, "training")
    model.fit(rng.normal(size=(64, 4)), 10 * rng.normal(size=(64, 3)), epochs=2, verbose=0)
    assert np.abs(model.layers[0].kernel.numpy()).max() == 1


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, as it saves
def test_both_survive_saving(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, **starting("published code", seed=7))])
    model.save(tmp_path / "model.keras")
    layer = keras.models.load_model(tmp_path / "model.keras").layers[0]
    assert layer.kernel_initializer.get_config() == {"minimum": 0.25, "maximum": 0.75, "seed": 7}
    assert layer.kernel_constraint.get_config() == {"minimum": 0.0, "maximum": 1.0}


@pytest.mark.parametrize("bounds", [(-1.01, 1.0), (0.0, 2.0), (0.5, 0.5), (0.5, -0.5), (np.nan, 1.0)])
def test_intervals_that_are_no_probabilities(bounds):
    for kind in (UnitRange, UnitRangeUniform):
        with pytest.raises(ValueError, match=r"lies in \[-1, 1\], which does not hold"):
            kind(*bounds)
    with pytest.raises(ValueError, match="paper, published code, got 'book'"):
        starting("book")
