"""Draws of predictions against a plain loop, whatever the network, the batch and the process."""

import gc
import hashlib
import json
import re
import subprocess
import sys
import weakref
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from small import dense, every_network, functional, inputs, settings

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import array_draws, inference, twins
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.noise import laws

# Products of float32 matrices of other sizes are summed in another order.
ROUNDING = {"rtol": 1e-5, "atol": 1e-5}


def plain_loop(model, x, *, draws, seed):
    """What predict_draws means, with weights set by hand instead of a chip."""
    frozen = {}
    for layer in weight_draws.random_layers(model):
        for weight in layer.random_weights:
            frozen[layer, weight] = getattr(layer, f"{weight}_loc").numpy()
    found = []
    for at in weight_draws.chip_seeds(model, draws=draws, seed=seed):
        for (layer, weight), one in zip(frozen, at, strict=True):
            scale = np.exp(getattr(layer, f"{weight}_log_scale").numpy())
            z = layer.law(0.0, 1.0).sample(scale.shape, seed=tf.constant(one))
            getattr(layer, f"{weight}_loc").assign(frozen[layer, weight] + scale * z)
        logs = [getattr(layer, f"{weight}_log_scale") for layer, weight in frozen]
        kept = [log.numpy() for log in logs]
        for log in logs:
            log.assign(tf.fill(log.shape, -200.0))  # no noise of its own
        found.append(model(x, training=False).numpy())
        for log, old in zip(logs, kept, strict=True):
            log.assign(old)
    for (layer, weight), old in frozen.items():
        getattr(layer, f"{weight}_loc").assign(old)
    return np.stack(found)


@every_network
def test_draws_are_those_of_a_plain_loop_at_every_batch_size(make, data):
    model, x = make(), data()
    expected = plain_loop(model, x, draws=10, seed=3)
    for batch_size in (7, 20):  # others: below
        found = inference.predict_draws(model, x, draws=10, seed=3, batch_size=batch_size)
        np.testing.assert_allclose(found, expected, **ROUNDING)
    assert not np.allclose(inference.predict_draws(model, x, draws=10, seed=4), expected)


@examples(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(1, 23), st.integers(1, 25), st.integers(1, 20))
def test_any_number_of_inputs_of_draws_and_of_inputs_in_a_batch(n, batch_size, draws):
    found = inference.predict_draws(MODEL, inputs(23)[:n], draws=draws, seed=3, batch_size=batch_size)
    assert found.shape == (draws, n, 2)
    np.testing.assert_allclose(found, ALL[:draws, :n], **ROUNDING)


MODEL = dense()
ALL = inference.predict_draws(MODEL, inputs(23), draws=20, seed=3)


def test_draws_are_equal_when_run_twice_and_in_two_processes(other_process):
    again = inference.predict_draws(dense(), inputs(23), draws=20, seed=3)
    np.testing.assert_array_equal(again, ALL)
    assert other_process["digest"] == hashlib.sha256(ALL.tobytes()).hexdigest()


def test_laws_are_coupled_so_that_their_difference_has_less_variance():
    model, x = dense(hidden=30), inputs()
    device, gaussian, other = (
        inference.predict_draws(twins.with_law(model, law), x, draws=100, seed=seed)
        for law, seed in ((settings()["law"], 1), (laws.gaussian(), 1), (laws.gaussian(), 2))
    )
    assert (device - gaussian).var() < 0.2 * (device - other).var()


def test_layers_that_act_only_in_training_stay_out():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dropout(0.9), MeanFieldDense(2, **settings(initial_scale=1e-9))]
    )
    first, second = inference.predict_draws(model, inputs(), draws=2, seed=1)
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_prediction_leaves_the_network_and_its_training_draws_alone():
    model, untouched = functional(), functional()
    before = [variable.numpy().copy() for variable in model.variables]
    inference.predict_draws(model, inputs(), draws=3, seed=1, batch_size=7)
    for variable, old in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, old)
    np.testing.assert_array_equal(model(inputs(), training=True), untouched(inputs(), training=True))


# --- models of other kinds


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.one = MeanFieldDense(3, **settings())
        self.more = [MeanFieldDense(2, **settings())]

    def call(self, x):
        return self.more[0](self.one(x))


@pytest.mark.parametrize(
    "make",
    [Subclass, lambda: keras.Sequential([MeanFieldDense(2, **settings())])],
    ids=["subclass", "unbuilt"],
)
def test_subclasses_and_networks_without_weights_yet(make):
    model = make()
    found = inference.predict_draws(model, inputs(), draws=4, seed=1, batch_size=6)
    assert found.shape == (4, 20, 2)
    np.testing.assert_allclose(found, plain_loop(model, inputs(), draws=4, seed=1), **ROUNDING)


def test_whole_numbers_go_in_as_numbers_or_as_indices():
    pixels = seeds.generator(0, "pixels").integers(0, 256, size=(5, 4), dtype=np.uint8)
    np.testing.assert_array_equal(
        inference.predict_draws(MODEL, pixels, draws=2, seed=1),
        inference.predict_draws(MODEL, pixels.astype(float), draws=2, seed=1),
    )
    words = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            keras.layers.Embedding(7, 4),
            keras.layers.Flatten(),
            MeanFieldDense(2, **settings()),
        ]
    )
    found = inference.predict_draws(words, [[0, 5, 6], [1, 1, 1]], draws=2, seed=1)
    assert (found[:, 0] != found[:, 1]).all()


def test_a_layer_that_is_added_later_counts():
    model = keras.Sequential([keras.Input((4,)), MeanFieldDense(3, **settings())])
    assert inference.predict_draws(model, inputs(), draws=2, seed=1).shape == (2, 20, 3)
    model.add(MeanFieldDense(5, **settings()))
    assert inference.predict_draws(model, inputs(), draws=2, seed=1).shape == (2, 20, 5)


def test_weights_that_change_count():
    model = dense()
    before = inference.predict_draws(model, inputs(), draws=2, seed=1)
    model.layers[-1].bias.assign_add([1.0, 2.0])
    np.testing.assert_allclose(
        inference.predict_draws(model, inputs(), draws=2, seed=1) - before,
        np.broadcast_to([1.0, 2.0], before.shape),
        atol=1e-5,
    )


def test_a_network_is_freed_with_its_graph():
    model = dense()
    inference.predict_draws(model, inputs(), draws=2, seed=1)
    inference.predict_draws(model, inputs(), draws=2, seed=1, batch_size=3)
    assert model in array_draws._PREDICTORS
    gone = [weakref.ref(model), weakref.ref(model.layers[0].kernel_loc.value)]
    del model
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


def test_many_networks_in_turn_bring_no_warning_of_retracing(caplog):
    for _ in range(5):
        inference.predict_draws(dense(), inputs(), draws=1, seed=1)
    assert not [record for record in caplog.records if "retracing" in record.getMessage()]


# --- bad input


@pytest.mark.parametrize(
    ("model", "x", "changes", "message"),
    [
        (MODEL, np.zeros((0, 4)), {}, "at least one input, (n, …), got shape (0, 4)"),
        (MODEL, np.zeros(4), {}, "at least one input, (n, …), got shape (4,)"),
        (MODEL, [[0, 0, 0, np.nan], [0, 0, np.inf, np.nan]], {}, "x has 3 NaN or infinite values"),
        (MODEL, [["a"] * 4], {}, "could not convert string to float"),
        (MODEL, np.zeros((2, 3)), {}, "expected axis -1 of input shape to have value 4"),
        (MODEL, np.zeros((2, 4)), {"draws": 0}, "draws must be at least 1, and whole, got 0"),
        (MODEL, np.zeros((2, 4)), {"draws": 2.5}, "draws must be at least 1, and whole, got 2.5"),
        (MODEL, np.zeros((2, 4)), {"batch_size": 0}, "batch_size must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_bad_input(model, x, changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        inference.predict_draws(model, x, **({"draws": 2, "seed": 1} | changes))


def test_a_network_without_random_weights_is_refused():
    with pytest.raises(ValueError, match="has no random weights"):
        inference.predict_draws(
            keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]), inputs(), draws=1, seed=1
        )


# --- another process

OTHER = """
from noisyweights.networks.mean_field import inference
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
from small import dense, inputs
import numpy as np

draws = inference.predict_draws(dense(), inputs(23), draws=20, seed=3)
large, x = dense(features=784, hidden=400, units=10), np.zeros((1000, 784), np.float32)
inference.predict_draws(large, x, draws=16, seed=1)
before = peak()
output = inference.predict_draws(large, x, draws=100, seed=1).nbytes
grown = 1024 * (peak() - before)
digest = hashlib.sha256(draws.tobytes()).hexdigest()
print(json.dumps({"digest": digest, "grown": grown, "output": output}))
"""


@pytest.fixture(scope="module")
def other_process(peak_memory):
    command = [sys.executable, "-c", peak_memory + OTHER, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_memory_does_not_grow_with_draws_beyond_the_output(other_process):
    # All kernels would be 121 MiB and all hidden layers 152; an allocator may keep some of either for reuse.
    assert other_process["grown"] < other_process["output"] + 15 * 2**20
