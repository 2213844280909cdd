"""Tied layers: divergence and gradients against differences, free scales as a limit, Keras's habits."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from small import convolutional, dense, inputs, one_chip, saves, settings

from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import tied_layers, twins, variational
from noisyweights.networks.mean_field.cell_mappings import COMMON_MODES, Pair, Single
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.networks.mean_field.tied_layers import TiedDense
from noisyweights.noise import laws, scale_curves

RANGE = {"low_uS": 2.0, "high_uS": 50.0}
CURVE = scale_curves.power(**RANGE, top_uS=5.0, exponent=0.5)
CELLS = {
    **{mode: Pair(CURVE, mode) for mode in COMMON_MODES},
    "single": Single(CURVE),
    "table": Pair(scale_curves.table(levels_uS=[2, 20, 50], deviations_uS=[0.5, 2, 1]), "weight"),
}
every_cell = pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS.keys())


def one_layer(cells, **changes):
    """A layer of four weights in double precision, so that differences tell its gradient."""
    own = settings(law=laws.gaussian(), biases="none", prior_scale=0.7) | changes
    layer = TiedDense(2, cells=cells, largest=0.8, dtype="float64", **own)
    layer.build((None, 2))
    layer.kernel_loc.assign([[0.5, -0.3], [0.04, 0.79]])
    if layer.kernel_raw is not None:
        start = np.array([[-1.0, 0.4], [0.2, -0.6]])
        layer.kernel_raw.assign(start if layer.kernel_raw.shape.rank else start[0, 0])
    return layer


def exact_divergence(layer):
    """By SciPy's density, integrated for each weight."""
    total, z = 0.0, np.linspace(-12, 12, 4801)
    for loc, log_scale in zip(
        np.ravel(layer.kernel_loc.numpy()), np.ravel(layer.kernel_log_scale), strict=True
    ):
        x, p = loc + np.exp(log_scale) * z, stats.norm.pdf(z)
        log_p = stats.norm.logpdf(z) - log_scale
        total += np.trapezoid(p * (log_p - stats.norm.logpdf(x, scale=0.7)), z)
    return total


@every_cell
def test_the_divergence_is_that_of_the_tied_scale(cells):
    layer = one_layer(cells)
    assert float(layer.kl()) == pytest.approx(exact_divergence(layer), rel=1e-9)


@every_cell
@pytest.mark.parametrize("what", ["kl", "sample"])
def test_gradients_go_through_the_tie(cells, what):
    """Against differences in each variable; the slope of σ(µ) is in both."""
    layer = one_layer(cells)

    def value():
        if what == "kl":
            return layer.kl()
        return tf.reduce_sum(layer.sample("kernel", tf.constant([3, 4])) ** 2)

    variables = layer.trainable_variables
    with tf.GradientTape() as tape:
        tape.watch([one.value for one in variables])
        found = value()
    gradients = tape.gradient(found, [one.value for one in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        start = variable.numpy()
        for at in np.ndindex(start.shape):
            step = np.zeros_like(start)
            step[at] = 1e-6
            ends = []
            for sign in (1, -1):
                variable.assign(start + sign * step)
                ends.append(float(value()))
            variable.assign(start)
            slope = (ends[0] - ends[1]) / 2e-6
            assert np.asarray(gradient)[at] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_draws_have_the_scale_of_the_cells():
    layer = one_layer(CELLS["weight"])
    drawn = layer.sample("kernel", tf.constant([1, 2]), (4000,)).numpy()
    np.testing.assert_allclose(drawn.std(0) / np.exp(layer.kernel_log_scale), 1, atol=4 / np.sqrt(8000))
    np.testing.assert_allclose(drawn.mean(0), layer.kernel_loc.numpy(), atol=4 * 0.1 / np.sqrt(4000))


def test_noise_that_hangs_on_nothing_is_a_free_scale():
    """With σ(G) constant a tied network is a mean-field one of that scale: same draws, same divergence."""
    model = dense(biases="learned")
    largest = [float(np.abs(layer.kernel_loc.numpy()).max()) for layer in model.layers]
    flat = Pair(scale_curves.constant(**RANGE, deviation_uS=4.0), "lowest")
    tied = tied_layers.with_cells(model, flat)
    for layer, widest in zip(model.layers, largest, strict=True):
        scale = widest / 48 * 4 * np.sqrt(2)
        layer.kernel_log_scale.assign(np.full(layer.kernel_log_scale.shape, np.log(scale)))
    x = inputs()
    np.testing.assert_allclose(one_chip(tied, x), one_chip(model, x), rtol=1e-5, atol=1e-6)
    assert float(variational.kl_divergence(tied)) == pytest.approx(float(variational.kl_divergence(model)))


@pytest.mark.parametrize("cells", [CELLS["layer"], CELLS["table"]], ids=["layer", "table"])
def test_a_network_on_cells_trains_within_their_range(cells):
    tied = tied_layers.with_cells(dense(), cells)
    x = inputs(40)
    kept = {one.path: one.numpy() for one in tied.trainable_variables}
    variational.train(
        tied, x, 9 * x[:, :2], loss="mse", epochs=8, batch_size=20, seed=1,
        optimizer=keras.optimizers.Adam(0.2),
    )  # fmt: skip
    for layer in weight_draws.random_layers(tied):
        assert np.abs(layer.kernel_loc.numpy()).max() == pytest.approx(layer.largest)  # more was wanted
        for one in layer.conductances_uS():
            assert 2 - 1e-4 <= one.min() <= one.max() <= 50 + 1e-4
    for one in tied.trainable_variables:
        assert (one.numpy() != kept[one.path]).any(), one.path


def nearest_there_is(layer, wanted):
    """The scale that a common mode for each weight can give, and that is nearest to a wanted one."""
    loc = layer.kernel_loc.value
    ends = (layer.cells.scale(loc, tf.fill(loc.shape, end), largest=layer.largest) for end in (-5.3, 5.3))
    return np.clip(wanted, *ends)


def test_a_start_is_as_near_to_the_free_scales_as_cells_come():
    model = dense(initial_scale=0.05)
    tied = tied_layers.with_cells(model, CELLS["weight"])
    fresh = TiedDense(3, cells=CELLS["weight"], largest=1.0, **settings(initial_scale=0.05))
    fresh.build((None, 4))
    for layer in (*tied.layers, fresh):  # common modes are tried a quarter of a logit apart
        np.testing.assert_allclose(np.exp(layer.kernel_log_scale), nearest_there_is(layer, 0.05), rtol=0.06)
    for layer, free in zip(tied.layers, model.layers, strict=True):
        np.testing.assert_array_equal(layer.kernel_loc.numpy(), free.kernel_loc.numpy())
    assert nearest_there_is(fresh, 0.05).max() > 0.06  # some cannot be so narrow


def test_what_else_a_network_holds_stays_as_it_is():
    model = convolutional(biases="fixed")
    for weight in model.weights:
        weight.assign_add(np.full(weight.shape, 0.01))
    tied = tied_layers.with_cells(model, CELLS["single"])
    assert [type(one).__name__ for one in weight_draws.random_layers(tied)] == ["TiedConv2D", "TiedDense"]
    for old, new in zip(model.layers, tied.layers, strict=True):
        if isinstance(old, keras.layers.BatchNormalization):
            np.testing.assert_array_equal(old.moving_mean.numpy(), new.moving_mean.numpy())
        if old in weight_draws.random_layers(model):
            np.testing.assert_array_equal(old.bias.numpy(), new.bias.numpy())
            assert float(old.kl_weight) == float(new.kl_weight)
            assert not new.bias.trainable
    x = inputs(features=60).reshape(20, 6, 5, 2)
    assert one_chip(tied, x).shape == one_chip(model, x).shape


@saves
@pytest.mark.parametrize("cells", [CELLS["single"], CELLS["table"]], ids=["single", "table"])
def test_a_saved_network_is_the_same_after_loading(cells, tmp_path):
    tied, path = tied_layers.with_cells(dense(), cells), tmp_path / "tied.keras"
    for weight in tied.weights:
        weight.assign_add(np.full(weight.shape, 0.001))
    tied.save(path)
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(one_chip(loaded, inputs()), one_chip(tied, inputs()))
    assert loaded.layers[0].cells == cells
    assert loaded.layers[0].largest == tied.layers[0].largest


def test_another_law_keeps_the_cells():
    tied = tied_layers.with_cells(dense(law=laws.gaussian()), CELLS["layer"])
    other = twins.with_law(tied, laws.uniform())
    assert [type(layer) for layer in other.layers] == [TiedDense, TiedDense]
    for one, layer in zip(other.layers, tied.layers, strict=True):
        assert one.law == laws.uniform()
        np.testing.assert_array_equal(one.kernel_log_scale, layer.kernel_log_scale)


def test_bad_cells():
    own = settings()
    with pytest.raises(TypeError, match="cells must be one of cell_mappings, such as Pair, got 'pair'"):
        TiedDense(2, cells="pair", largest=1.0, **own)
    with pytest.raises(ValueError, match=r"largest is a weight.*got 0"):
        TiedDense(2, cells=CELLS["single"], largest=0, **own)
    with pytest.raises(ValueError, match="biases of a tied layer are not random"):
        TiedDense(2, cells=CELLS["single"], largest=1.0, **own | {"biases": "random"})
    with pytest.raises(ValueError, match="has no mean-field layers to put on cells"):
        tied_layers.with_cells(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), CELLS["single"])
    blank = keras.Sequential([keras.Input((2,)), MeanFieldDense(1, name="blank", **own)])
    blank.layers[0].kernel_loc.assign([[0.0], [0.0]])
    with pytest.raises(ValueError, match="all weights of blank are 0"):
        tied_layers.with_cells(blank, CELLS["single"])
