"""Chips: draws that are named by their place, held still, stacked, and coupled across laws."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import DEVICE, LAWS, convolutional, dense, functional, inputs, settings

from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import twins
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.noise import laws


class Block(keras.layers.Layer):
    """A layer of layers, one of them in a list."""

    def __init__(self):
        super().__init__(name="block")
        self.one = MeanFieldDense(4, name="one", **settings())
        self.others = [MeanFieldDense(4, name="other", **settings(biases="random"))]

    def call(self, x):
        return self.others[0](self.one(x))


def seeds_of(model, draws=3):
    return tf.constant(weight_draws.chip_seeds(model, draws=draws, seed=1))


def test_random_layers_are_found_however_deep_and_once():
    given = keras.Input((4,))
    inner, plain = dense(units=4), keras.layers.Dense(4)
    model = keras.Model(given, Block()(inner(plain(inner(given)))))
    names = [layer.name for layer in weight_draws.random_layers(model)]
    assert sorted(names) == ["first", "last", "one", "other"]
    assert seeds_of(model).shape == (3, 5, 2)


def test_the_order_of_layers_is_the_same_in_a_copy():
    model = functional()
    names = [layer.name for layer in weight_draws.random_layers(model)]
    assert [
        layer.name for layer in weight_draws.random_layers(twins.with_law(model, laws.uniform()))
    ] == names


def test_seeds_are_different_for_every_weight_draw_and_seed_and_stay_the_same():
    model = functional()
    found = weight_draws.chip_seeds(model, draws=20, seed=1)
    assert found.dtype == np.int32
    assert len(np.unique(found.reshape(-1, 2), axis=0)) == found.size // 2
    np.testing.assert_array_equal(weight_draws.chip_seeds(functional(), draws=5, seed=1), found[:5])
    assert (weight_draws.chip_seeds(model, draws=20, seed=2) != found).any(-1).all()


def test_a_chip_holds_its_weights_still_and_ends_with_its_block():
    model, x = functional(), inputs()
    one, other = seeds_of(model)[:2]
    with weight_draws.chip(model, one):
        first, again = model(x), model(x, training=False)
        assert not model.losses
    with weight_draws.chip(model, other):
        different = model(x)
    np.testing.assert_array_equal(first, again)
    assert (first != different).numpy().all()
    assert (model(x, training=False) != first).numpy().all()
    with pytest.raises(RuntimeError, match="inside"), weight_draws.chip(model, one):
        raise RuntimeError("inside")
    assert weight_draws.drawn(weight_draws.random_layers(model)[0], "kernel") is None


def test_chips_of_two_models_do_not_mix_and_may_be_nested():
    model, other, x = dense(), dense(seed=7), inputs()
    at = seeds_of(model)
    with weight_draws.chip(model, at[0]):
        expected = model(x)
    with weight_draws.chip(other, at[0]):
        assert weight_draws.drawn(model.layers[0], "kernel") is None
        outer = other(x)
        with weight_draws.chip(model, at[0]):
            np.testing.assert_array_equal(model(x), expected)
            np.testing.assert_array_equal(other(x), outer)


def test_seeds_of_another_shape_are_refused():
    model = dense()
    with pytest.raises(ValueError, match="a row of chip_seeds"):
        weight_draws.chip(model, seeds_of(model)).__enter__()


def test_another_thread_draws_for_itself():
    model, x, found = dense(), inputs(), []
    with weight_draws.chip(model, seeds_of(model)[0]):
        held = model(x)
        thread = threading.Thread(target=lambda: found.append(model(x)))
        thread.start()
        thread.join()
    assert (found[0] != held).numpy().all()


def test_a_graph_keeps_the_chip_that_it_was_traced_with():
    model, x = dense(), tf.constant(inputs())

    @tf.function
    def run(at):
        with weight_draws.chip(model, at):
            return model(x, training=False)

    for at in seeds_of(model):
        with weight_draws.chip(model, at):
            expected = model(x)
        # A graph may fuse a product and a sum that are rounded apart outside of it.
        np.testing.assert_allclose(run(at), expected, rtol=1e-5, atol=1e-6)


def test_a_shared_layer_has_one_draw_on_a_chip():
    shared = MeanFieldDense(4, **settings())
    given = keras.Input((4,))
    model = keras.Model(given, [shared(given), shared(given)])
    with weight_draws.chip(model, seeds_of(model)[0]):
        np.testing.assert_array_equal(*model(inputs()))


@pytest.mark.parametrize("biases", ["learned", "random", "none"])
def test_stacked_chips_are_the_chips_of_the_stack(biases):
    model, x = dense(biases=biases), inputs()
    at = seeds_of(model)[0]
    with weight_draws.chip(model, at, stack=3):
        kernels = [weight_draws.drawn(layer, "kernel").numpy() for layer in model.layers]
        offsets = [
            weight_draws.drawn(layer, "bias").numpy()[:, None] if biases == "random" else np.zeros((3, 1, 1))
            for layer in model.layers
        ]
        outputs = model(x).numpy()
    assert outputs.shape == (3, 20, 2)
    for chip in range(3):
        hidden = np.tanh(x @ kernels[0][chip] + offsets[0][chip])
        expected = hidden @ kernels[1][chip] + offsets[1][chip]
        np.testing.assert_allclose(outputs[chip], expected, atol=1e-5)  # float32 sums of 5 products


def test_convolutions_cannot_be_stacked():
    model = convolutional()
    with (
        pytest.raises(ValueError, match="stacked in dense layers only"),
        weight_draws.chip(model, seeds_of(model)[0], stack=2),
    ):
        model(np.zeros((1, 6, 5, 2), np.float32))


def test_laws_are_drawn_from_the_same_uniforms():
    model = dense(hidden=50)
    at = seeds_of(model)[0]
    noise = {}
    for name, law in LAWS.items():
        twin = twins.with_law(model, law)
        with weight_draws.chip(twin, at):
            layer = twin.layers[0]
            noise[name] = (weight_draws.drawn(layer, "kernel") - layer.kernel_loc).numpy().ravel()
    order = np.argsort(noise["gaussian"])
    for z in noise.values():
        # Noise is the difference of floats of order 1, and where a law is dense draws differ by less.
        assert (np.diff(z[order]) > -1e-6).all()
    with weight_draws.chip(model, seeds_of(model)[1]):
        unrelated = (
            (weight_draws.drawn(model.layers[0], "kernel") - model.layers[0].kernel_loc).numpy().ravel()
        )
    assert (np.diff(unrelated[order]) < 0).any()  # negative control


def test_models_without_random_weights_or_without_weights_are_refused():
    with pytest.raises(ValueError, match="has no random weights: build it of mean-field layers"):
        weight_draws.random_layers(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match=r"unbuilt of sequential.* has no weights yet: call the model once"):
        weight_draws.random_layers(keras.Sequential([MeanFieldDense(2, name="unbuilt", **settings())]))


@pytest.mark.parametrize("draws", [0, -1])
def test_no_draws_are_refused(draws):
    with pytest.raises(ValueError, match=f"draws must be at least 1, and whole, got {draws}"):
        weight_draws.chip_seeds(dense(law=DEVICE), draws=draws, seed=1)
