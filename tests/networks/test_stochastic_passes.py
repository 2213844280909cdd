"""Passes: the same numbers as one network after another, each computed from its first layer on."""

import keras
import numpy as np
import pytest
from binary_layers import SCALE, convolution, dense, pictures, scramble, settings, small
from scipy import stats

from noisyweights.networks.binary import layers as binary
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.networks.binary.given_values import Given, given, given_to
from noisyweights.networks.binary.layers import ScaledBinaryConv2D, ScaledBinaryDense

RECIPE = models.Binary(scale=models.RandomScale(**SCALE))


def one_by_one(model, x, scales):
    """Every pass from scratch: the layers' own code, without products that are known."""
    found = []
    for at in range(len(scales[0])):
        chosen = [Given(one[at]) for one in scales]
        with given(dict(zip(binary.scaled_layers(model), chosen, strict=True))):
            found.append(model(x, training=False).numpy())
    return np.stack(found)


def shortcuts():
    """Two layers and a sum read one tensor before any scale, and two layers one tensor behind it."""
    x = keras.Input((8, 8, 2))
    plain = keras.layers.Conv2D(4, 3, padding="same")(x)
    left = ScaledBinaryConv2D(4, 3, padding="same", **settings(ScaledBinaryConv2D))(plain)
    right = ScaledBinaryConv2D(4, 1, pool_size=1, **settings(ScaledBinaryConv2D, seed=8))(plain)
    both = keras.layers.Add()([left, right, plain])
    left = ScaledBinaryConv2D(5, 3, pool_size=2, **settings(ScaledBinaryConv2D, seed=9))(both)
    right = ScaledBinaryConv2D(5, 3, pool_size=2, **settings(ScaledBinaryConv2D, seed=10))(both)
    return keras.Model(x, keras.layers.GlobalMaxPooling2D()(keras.layers.Add()([left, right])))


def nested():
    """A layer within a model within the model, which has the name of a layer outside."""
    inside = keras.Sequential(
        [keras.Input((5,)), ScaledBinaryDense(5, name="one", **settings(ScaledBinaryDense, seed=5))]
    )
    x = keras.Input((6,))
    first = ScaledBinaryDense(5, name="one", **settings(ScaledBinaryDense, binary_inputs=False))
    return keras.Model(x, inside(inside(first(x))))


class Subclassed(keras.Model):
    """No graph to be read: nothing is known before."""

    def __init__(self):
        super().__init__()
        self.one = ScaledBinaryDense(5, **settings(ScaledBinaryDense, binary_inputs=False))
        self.other = ScaledBinaryDense(3, **settings(ScaledBinaryDense, seed=4))

    def call(self, x):
        return self.other(self.one(x) - 1)


NETWORKS = {
    "mlp": (lambda: models.mlp(RECIPE, hidden=12, seed=1), (28, 28, 1)),
    "lenet5": (lambda: models.lenet5(RECIPE, seed=1), (28, 28, 1)),
    "resnet18": (lambda: models.resnet18(RECIPE, seed=1, width=2), (32, 32, 3)),
    "shortcuts": (shortcuts, (8, 8, 2)),
    "nested": (nested, (6,)),
    "subclassed": (Subclassed, (6,)),
}


def made(name, n=7):
    make, shape = NETWORKS[name]
    model, x = make(), pictures(n, *shape)
    model(x[:1])
    return scramble(model), x


@pytest.mark.parametrize("name", NETWORKS)
def test_passes_equal_networks_that_are_computed_from_scratch(name):
    model, x = made(name)
    scales = stochastic_passes.stored_samples(model, 4, seed=1)
    scales[0][2] = 0  # a pass in which the first layer's products do not count
    expected = one_by_one(model, x, scales)
    found = stochastic_passes.predict_passes(model, x, scales)
    assert found.shape == (4, 7, expected.shape[-1])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert np.ptp(expected, axis=0).max() > 0.1  # passes differ, and by more than is allowed here
    others = stochastic_passes.stored_samples(model, 4, seed=2)
    assert np.abs(one_by_one(model, x, others) - found).max() > 0.1  # the negative control


def test_passes_against_plain_arrays():
    model, x = small(), pictures(9, 6)
    scales = stochastic_passes.stored_samples(model, 3, seed=1)
    found = stochastic_passes.predict_passes(model, x, scales)
    for at, prediction in enumerate(found):
        hidden = dense(model.layers[0], x, scales[0][at])
        expected = dense(model.layers[1], hidden, scales[1][at])
        np.testing.assert_allclose(prediction, expected, rtol=1e-4, atol=1e-5)


def test_scales_of_0_leave_biases_of_what_was_pooled():
    x = keras.Input((6, 6, 2))
    layer = ScaledBinaryConv2D(3, 3, pool_size=2, **settings(ScaledBinaryConv2D))
    model = scramble(keras.Model(x, layer(x)))
    x, scales = pictures(4, 6, 6, 2), [np.float32([[0, 0, 0], [0, 1, 0]])]
    found = stochastic_passes.predict_passes(model, x, scales)
    np.testing.assert_allclose(found[0], np.broadcast_to(layer.bias, found[0].shape), rtol=1e-6)
    np.testing.assert_allclose(found[1], convolution(layer, x, scales[0][1]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["lenet5", "nested"])
def test_the_batch_size_does_not_matter(name):
    model, x = made(name, n=11)
    scales = stochastic_passes.stored_samples(model, 3, seed=1)
    predict = stochastic_passes.predictor(model, passes=3)
    expected = predict(x, scales)
    np.testing.assert_array_equal(predict(x, scales), expected)
    for size in (1, 4, 11):
        found = stochastic_passes.predict_passes(model, x, scales, batch_size=size)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "shared"), [("lenet5", 1), ("shortcuts", 2), ("nested", 1), ("subclassed", 0)]
)
def test_what_no_scale_bears_on_is_computed_outside_of_the_passes(monkeypatch, name, shared):
    """Every product is traced once; those that are known enter a pass as they are."""
    model, x = made(name)
    traced = []
    for kind in (ScaledBinaryConv2D, ScaledBinaryDense):
        product = kind.product

        def spy(self, inputs, training=False, product=product):
            within = given_to(self) is not None
            traced.append((self, within))
            return product(self, inputs, training=training)

        monkeypatch.setattr(kind, "product", spy)
    layers = binary.scaled_layers(model)
    compiled = stochastic_passes._Passes(model, layers, 3)
    scales = stochastic_passes.stored_samples(model, 3, seed=1)
    for variable, one in zip(compiled.scales, scales, strict=True):
        variable.assign(one)
    compiled(x)
    outside = [layer for layer, within in traced if not within]
    assert len(outside) == shared
    assert not {id(layer) for layer in outside} & {id(layer) for layer, within in traced if within}
    assert {id(layer) for layer, _ in traced} == {id(layer) for layer in layers}


def test_stored_vectors_are_draws_of_the_gaussians_that_were_learnt():
    model, n = small(), 4000
    model.layers[0].scale_loc.assign(np.linspace(1.5, 2.5, 8))  # far from 0
    for layer in model.layers:
        layer.log_clip.assign(np.log(1e3))
    exact = stochastic_passes.stored_samples(model, n, seed=1, rounded=False)
    loc, scale = model.layers[0].scale_distribution()
    assert exact[0].dtype == np.float32
    for at in range(8):  # one in a thousand right ones would fail, were the seed another
        assert stats.kstest(exact[0][:, at], stats.norm(loc[at], scale[at]).cdf).pvalue > 1e-3 / 8
    assert stats.kstest(exact[0][:, 0], stats.norm(loc[0] + 0.2 * scale[0], scale[0]).cdf).pvalue < 1e-9
    correlations = np.corrcoef(np.concatenate(exact, axis=1).T)[~np.eye(11, dtype=bool)]
    assert np.abs(correlations).max() < 5 / np.sqrt(n)


def test_stored_vectors_are_rounded_within_the_range_of_their_layer():
    model = small(initial_scale=2.0)
    rounded, exact = (
        stochastic_passes.stored_samples(model, 500, seed=1, rounded=one) for one in (True, False)
    )
    for layer, few, many in zip(model.layers, rounded, exact, strict=True):
        end = layer.largest_scale()
        assert (many.min(), many.max()) == (0, np.float32(end))
        grid = np.linspace(0, end, 16)
        np.testing.assert_allclose(grid[np.abs(many[..., None] - grid).argmin(-1)], few, rtol=1e-5, atol=1e-6)
    fewer = stochastic_passes.stored_samples(model, 20, seed=1)
    np.testing.assert_array_equal(fewer[0], rounded[0][:20])
    assert (stochastic_passes.stored_samples(model, 20, seed=2)[0] != fewer[0]).any()


def test_passes_choose_among_all_stored_vectors_alike_and_apart_in_each_layer():
    n, count = 8, 8000
    samples = [np.arange(n, dtype=np.float32)[:, None] * np.ones(k, np.float32) for k in (3, 5)]
    found = stochastic_passes.choose(samples, passes=count, seed=1)
    assert [one.shape for one in found] == [(count, 3), (count, 5)]
    chosen = np.stack([one[:, 0] for one in found]).astype(int)
    for one, which in zip(found, chosen, strict=True):
        np.testing.assert_array_equal(one, samples[0][which][:, :1] * np.ones(one.shape[1]))
    low, high = stats.binom(count, 1 / n).interval(1 - 1e-6)
    for which in chosen:
        counts = np.bincount(which, minlength=n)
        assert ((counts >= low) & (counts <= high)).all()
    both = stats.binom(count, 1 / n).interval(1 - 1e-6)
    assert both[0] <= np.sum(chosen[0] == chosen[1]) <= both[1]  # layers choose apart
    np.testing.assert_array_equal(stochastic_passes.choose(samples, passes=count, seed=1)[1], found[1])


def test_bad_arguments_are_refused():
    model, x = small(), pictures(4, 6)
    scales = stochastic_passes.stored_samples(model, 2, seed=1)
    predict = stochastic_passes.predictor(model, passes=2)
    for wrong, message in [
        ([scales[0]], "must have the shapes"),
        ([scales[0], scales[1][:1]], "must have the shapes"),
        ([scales[0], -1 - scales[1]], "must be finite and not negative"),
        ([scales[0] * np.nan, scales[1]], "must be finite and not negative"),
        ([scales[0] + np.inf, scales[1]], "must be finite and not negative"),
    ]:
        with pytest.raises(ValueError, match=message):
            predict(x, wrong)
    with pytest.raises(ValueError, match="x must hold at least one input"):
        predict(x[:0], scales)
    with pytest.raises(ValueError, match="x has 6 NaN or infinite values: leave them out"):
        predict(np.concatenate([x, np.full((1, 6), np.nan)]), scales)
    with pytest.raises(ValueError, match="passes and batch_size must be at least 1, got 0 and 1000"):
        stochastic_passes.predictor(model, passes=0)
    with pytest.raises(ValueError, match="passes and batch_size must be at least 1, got 0 and 1000"):
        stochastic_passes.predict_passes(model, x, [])
    with pytest.raises(ValueError, match="has no random scales"):
        stochastic_passes.predictor(small(binary.BinaryDense), passes=1)
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        stochastic_passes.stored_samples(model, 0, seed=1)
    with pytest.raises(ValueError, match="passes must be at least 1, and whole, got 0"):
        stochastic_passes.choose(scales, passes=0, seed=1)
