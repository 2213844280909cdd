"""The Bayesian networks: what draws say together, on weights set by hand, and what is kept of a training."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from lit_pixels import CHECKSUM, LABELS, lit, show
from scipy import special, stats

from noisyweights.experiments import mean_field_training
from noisyweights.experiments.coin_flips import bayesian, experiment, tasks
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.trained_weights import pack
from noisyweights.noise import laws

CONFIG = replace(experiment.PROFILES["smoke"], hidden=1, trained=None, tested=None, bayes_draws=64)
DEVICES = {
    name: SimpleNamespace(law=law) for name, law in (("two", laws.two_point()), ("flat", laws.uniform()))
}


def kept(scale):
    """Weights of a network whose output 4 is N(0, scale²), whose output 7 is 1/2, and whose others are −9."""
    network = tasks.make_network(CONFIG, "mnist-bayes", seed=1)
    twin = mean_field_training.classifier_twin(
        network, law=laws.gaussian(), examples=1, seed=1, prior_scale=1.0, initial_scale=1e-9
    )
    first, last = (layer for layer in twin.layers if hasattr(layer, "kernel_loc"))
    first.kernel_loc.assign(np.zeros((784, 1)))
    first.bias.assign([1])  # whatever the picture shows
    last.kernel_loc.assign(np.zeros((1, 10)))
    last.kernel_log_scale.assign(np.log(np.where(np.arange(10) == 4, scale, 1e-9))[None])
    last.bias.assign(np.select([np.arange(10) == 4, np.arange(10) == 7], [0, 0.5], -9))
    return pack(twin, np.float16)


def test_draws_are_read_under_the_devices_law(monkeypatch):
    """With two values, output 4 is 1 or −1: the mean probabilities follow from the votes alone."""
    show(monkeypatch, lit(LABELS))
    found = experiment.compute(CONFIG, "mnist-bayes-0", DEVICES["two"], trained=kept(1.0))
    fours = int(found["votes"][0, 4])
    np.testing.assert_array_equal(
        found["votes"],
        np.tile(
            np.where(np.arange(10) == 4, fours, 0) + np.where(np.arange(10) == 7, 64 - fours, 0), (30, 1)
        ),
    )
    other = experiment.compute(CONFIG, "mnist-bayes-1", DEVICES["two"], trained=kept(1.0))
    assert (fours, other["votes"][0, 4]) == (28, 29)  # each training has its own draws
    outputs = np.full((2, 10), -9.0)
    outputs[:, 7], outputs[:, 4] = 0.5, (1, -1)
    mean = np.array([fours, 64 - fours]) / 64 @ special.softmax(outputs, axis=1)
    np.testing.assert_allclose(found["entropy"], np.full(30, stats.entropy(mean, base=2)), rtol=1e-5)
    assert (found["first"] == mean.argmax()).all()
    assert (found["second"] == {4: 7, 7: 4}[int(mean.argmax())]).all()
    np.testing.assert_array_equal(found["source"], CHECKSUM)


def test_one_training_serves_all_devices(monkeypatch):
    """Trained with Gaussian weights, whatever the device, and kept as rounded as it is read."""
    show(monkeypatch, lit(LABELS))
    plain_epochs, trained_under = [], []
    train_plain = coin_networks.train
    monkeypatch.setattr(
        coin_networks,
        "train",
        lambda *args, **others: (plain_epochs.append(others["epochs"]), train_plain(*args, **others)),
    )
    train = mean_field_training.mean_field_classifier

    def noting(*args, law, **others):
        trained_under.append((law, others["epochs"], others["prior_scale"], others["initial_scale"]))
        return train(*args, law=law, **others)

    monkeypatch.setattr(mean_field_training, "mean_field_classifier", noting)
    config = replace(CONFIG, hidden=3, bayes_epochs=3)
    two, flat = (experiment.compute(config, "fashion-bayes-1", device) for device in DEVICES.values())
    assert plain_epochs == [3, 3]
    assert trained_under == [(laws.gaussian(), 3, 1.0, 0.01)] * 2
    assert two["weights"].dtype == np.float16
    assert two["weights"].shape == (2 * (784 * 3 + 3 * 10) + 3 + 10 + 2,)  # and each layer's kl_weight
    np.testing.assert_array_equal(two["weights"], flat["weights"])
    assert not np.array_equal(two["entropy"], flat["entropy"])
    again = experiment.compute(config, "fashion-bayes-1", DEVICES["flat"], trained=two["weights"])
    assert again.keys() == flat.keys()
    for name, array in flat.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name, strict=True)
    assert len(trained_under) == 2


def test_what_draws_say_together():
    """By hand: three draws of three classes for one picture, of odds 11 : 8 : 1 twice, and 2 : 4 : 14."""
    draws = np.log([[[11, 8, 1]], [[11, 8, 1]], [[2, 4, 14]]]).astype(np.float32)
    found = bayesian.opinion(draws)
    np.testing.assert_array_equal(found["votes"], [[2, 0, 1]])
    # Mean probabilities of 24, 20 and 16 in 60: the second by them has no vote.
    assert (found["first"], found["second"]) == (0, 1)
    np.testing.assert_allclose(found["entropy"], stats.entropy([[24], [20], [16]], base=2), rtol=1e-6)
