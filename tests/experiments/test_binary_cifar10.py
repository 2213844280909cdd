"""The experiment on CIFAR-10: its networks, and its measurements on trainings that are made up."""

import importlib.util
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments.binary import accelerated
from noisyweights.experiments.binary import cifar10 as binary_cifar
from noisyweights.experiments.binary.cifar10 import TOPOLOGIES
from noisyweights.experiments.binary.recipes import METHODS
from noisyweights.experiments.points import read_point
from noisyweights.ledger.verdicts import verdict

SMOKE, FULL = binary_cifar.PROFILES["smoke"], binary_cifar.PROFILES["full"]
PRINTED = {
    "vgg_small": {"relu": 93.31, "tanh": 91.23, "dropout": 92.79, "irnet": 89.96, "proposed": 90.62},
    "resnet18": {"relu": 93.77, "tanh": 91.33, "dropout": 93.44, "irnet": 91.5, "proposed": 90.5},
}


@pytest.fixture(autouse=True)
def pictures(monkeypatch):
    """A few pictures whose class is their brightness."""

    def cifar10(*, split):
        labels = np.arange(120) % 10
        images = np.broadcast_to(25 * labels[:, None, None, None], (120, 32, 32, 3)).astype(np.uint8)
        return LabelledImages(images, labels, tuple("abcdefghij"), DataSource("CIFAR-10", split, "ab" * 32))

    monkeypatch.setattr(binary_cifar.datasets, "cifar10", cifar10)


def made_up(accuracies, *, config=FULL):
    return {
        name: {
            "accuracy": np.array(accuracies[topology][method] + 0.1 * (int(at) - 1)),
            "source": np.full(32, 0xAB, np.uint8),
        }
        for name in binary_cifar.points(config)
        for topology, method, at in [name.split("-")]
    }


def verdicts(accuracies):
    found = binary_cifar.measurements(binary_cifar.collect(FULL, None, made_up(accuracies)))
    return {claim: verdict(claim, found).value for claim in ("A-cifar-vgg", "A-cifar-resnet")}


def test_what_the_paper_prints_reproduces_its_claims():
    assert verdicts(PRINTED) == dict.fromkeys(("A-cifar-vgg", "A-cifar-resnet"), "reproduced")


def test_a_method_that_falls_behind_does_not():
    behind = {name: methods | {"proposed": 80.0} for name, methods in PRINTED.items()}
    assert "reproduced" not in verdicts(behind).values()


def test_a_part_of_the_set_measures_nothing():
    config = replace(FULL, trained=5000)
    assert not binary_cifar.measurements(binary_cifar.collect(config, None, made_up(PRINTED, config=config)))


def test_points_of_different_pictures_are_refused():
    points = made_up(PRINTED) | {"resnet18-relu-3": {"source": np.zeros(32, np.uint8)}}
    with pytest.raises(ValueError, match="resnet18-relu-3 was computed on other pictures"):
        binary_cifar.collect(FULL, None, points)


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("method", METHODS)
def test_every_network_predicts_ten_classes_and_varies_pictures_in_training_alone(topology, method):
    network = binary_cifar.make_network(SMOKE, topology, method, seed=1)
    assert network.output_shape == (None, 10)
    varied = network.get_layer(index=2)
    x = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    assert np.array_equal(varied(x, training=False), x)
    assert not np.array_equal(varied(x, training=True), x)


def test_a_point_trains_and_tests_a_network():
    found = binary_cifar.compute(SMOKE, "vgg_small-relu-0", None)
    assert 0 <= found["accuracy"] <= 100
    assert bytes(found["source"]).hex() == "ab" * 32


def test_trainings_that_share_a_network_are_those_of_networks_of_their_own(tmp_path):
    config = replace(SMOKE, repeats=2)
    only = ("vgg_small-proposed", "vgg_small-dropout")
    wanted = accelerated.missing(config, tmp_path, only=only)
    assert wanted == [f"vgg_small-{method}-{at}" for at in "01" for method in ("dropout", "proposed")]
    list(accelerated.run(accelerated.Networks(config), wanted, tmp_path, profile="smoke", config=config))
    assert not accelerated.missing(config, tmp_path, only=only)
    for point in wanted[2:]:  # the first of each kind has networks that are its own
        alone = binary_cifar.compute(config, point, None)
        together = read_point(tmp_path / f"{point}.npz").arrays
        np.testing.assert_array_equal(together["losses"], alone["losses"])


def test_no_training_begins_that_would_end_too_late(tmp_path):
    config = replace(SMOKE, repeats=5)
    wanted = accelerated.missing(config, tmp_path, only=("vgg_small-relu",))
    networks = accelerated.Networks(config)
    done = accelerated.run(networks, wanted, tmp_path, profile="smoke", config=config, seconds=1e-3)
    assert [point.point for point in done] == wanted[:1]


def test_trainings_in_a_coarser_precision_keep_weights_in_float32():
    config = replace(SMOKE, precision="mixed_bfloat16")
    trained, tested = binary_cifar.networks(config, "resnet18-proposed-0")
    assert {str(weight.dtype) for weight in trained.weights} == {"float32"}
    assert trained.get_layer("resnet18").layers[1].compute_dtype == "bfloat16"
    assert tested.get_layer("resnet18").layers[1].compute_dtype == "float32"
    x = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    assert np.isfinite(trained(x, training=True)).all()
    trained, tested = binary_cifar.networks(config, "vgg_small-proposed-0")  # which takes a third of the time
    found = binary_cifar.train_and_test(config, "vgg_small-proposed-0", trained, tested)
    assert np.isfinite(found["losses"]).all()
    for one, other in zip(trained.get_weights(), tested.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_settings_of_a_point_are_what_determines_it():
    longer = replace(FULL, binary_epochs=FULL.binary_epochs + 1, repeats=9)
    same = [binary_cifar.settings(one, "vgg_small-relu-0") for one in (FULL, longer)]
    other = [binary_cifar.settings(one, "vgg_small-irnet-0") for one in (FULL, longer)]
    assert same[0] == same[1]
    assert other[0] != other[1]


@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="another backend of Keras is not installed")
def test_the_experiment_loads_without_tensorflow():
    code = (
        "import os, sys; os.environ['KERAS_BACKEND'] = 'jax'\n"
        "sys.modules |= {'tensorflow': None, 'tensorflow_probability': None}  # as if they were not there\n"
        "from noisyweights.experiments import points\n"
        "from noisyweights.experiments.binary import accelerated, cifar10, recipes\n"
        "from noisyweights.networks import classifiers\n"
        "from noisyweights.networks.binary import layers, models, stochastic_passes\n"
        "recipe = recipes.recipe(cifar10.PROFILES['smoke'], 'proposed')\n"
        "network, pixels = models.mlp(recipe, hidden=3, seed=1), cifar10.np.zeros((2, 28, 28, 1), 'f4')\n"
        "assert network(pixels).shape == (2, 10)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
