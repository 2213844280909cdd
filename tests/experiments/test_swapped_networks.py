"""Laws swapped into trained networks: known differences, their intervals, and the rule for sums."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from noisyweights import datasets
from noisyweights.experiments import mean_field_training, trained_weights
from noisyweights.experiments.crossbar.networks import classifiers
from noisyweights.experiments.crossbar.networks import settings as network_settings
from noisyweights.experiments.energy_distance import experiment as energy
from noisyweights.experiments.regression import experiment as regression
from noisyweights.experiments.swapped_networks import recorded, swap, tasks
from noisyweights.experiments.swapped_networks.recorded import Trained
from noisyweights.experiments.swapped_networks.tasks import Settings
from noisyweights.noise import laws

SMALL = Settings(
    energy_draws=4000, regression_draws=1000, regression_inputs=40,
    digits_draws=4, digits_pictures=60, clothes_draws=4, clothes_pictures=60, replicates=40,
)  # fmt: skip


def summed(width: int, number: int = 0) -> Trained:
    """A network whose output at the origin is a sum of `width` equal weights, of variance 1."""
    config = energy.PROFILES["smoke"]
    network = energy.make_network(config, depth=1, width=width, reading="learned", seed=number)
    hidden, last = network.layers
    hidden.bias.assign(np.ones(width))  # and ELU keeps them
    last.bias.assign([0.0])
    last.kernel_loc.assign(np.zeros((width, 1)))
    last.kernel_log_scale.assign(np.full((width, 1), -0.5 * np.log(width)))
    return Trained("energy distance", f"depth 1, width {width}", number, "", network)


def known() -> list[Trained]:
    """One network of each task, of little use."""
    settings = regression.PROFILES["full"]
    _, both = regression.make_network(settings, depth=4, width=16, seed=0)
    twin = mean_field_training.regression_twin(both, config=settings, law=laws.gaussian(), examples=9, seed=0)
    config = network_settings.PROFILES["smoke"]
    plain = classifiers.make_network(config, "mean-field", seed=0)
    clothes = mean_field_training.classifier_twin(
        plain, law=laws.gaussian(), examples=9, seed=0, **classifiers.KERNEL
    )
    pictures = trained_weights.pack(clothes, "float16")
    return [
        summed(2),
        recorded.regression_network(settings, "magnitude.0", trained_weights.pack(twin, "float32")),
        replace(recorded.classifier(config, "mean-field-0", pictures), task="digits"),
        recorded.classifier(config, "mean-field-0", pictures),
    ]


@pytest.fixture(autouse=True)
def digits(monkeypatch) -> None:
    """Other pictures of ten classes, in place of a set that does not come with the library."""
    other = datasets.fashion_mnist
    monkeypatch.setattr(datasets, "mnist", lambda *, split, dataset: other(split=split, dataset="sample"))


@pytest.fixture(scope="module")
def networks() -> list[Trained]:
    return known()


def test_the_gaussian_in_its_own_place_changes_nothing(networks):
    found = swap.swap(laws.gaussian(), networks, missing={"faces": "x"}, settings=SMALL, seed=1)
    rows = {"energy distance": 1, "regression": 4, "digits": 3, "clothes": 3}
    assert [row.task for row in found.rows] == [task for task, count in rows.items() for _ in range(count)]
    assert all(row.difference.value == 0 and row.gaussian == row.swapped for row in found.rows)
    assert found.missing == {"faces": "x"}
    assert [one.predicted for one in found.divergences] == [0, 0]


def test_two_flat_weights_are_a_triangle():
    """Its distance to the standard normal law is known: the largest gap of the two exact CDFs."""
    pair = [summed(2, number) for number in range(2)]
    found = swap.swap(laws.uniform(), pair, missing={}, settings=SMALL, seed=1)
    (row,) = found.rows
    x = np.linspace(-3, 3, 2001)
    triangle = stats.triang.cdf(x, 0.5, loc=-np.sqrt(6), scale=2 * np.sqrt(6))
    gap = np.abs(triangle - stats.norm.cdf(x)).max()
    assert row.swapped == pytest.approx(gap, abs=1.6 / np.sqrt(SMALL.energy_draws))  # a KS quantile: 1 %
    assert (row.trainings, row.draws) == (2, 4000)
    assert row.difference.low < row.swapped - row.gaussian < row.difference.high


def test_the_rule_agrees_with_what_is_measured():
    """Eight flat weights: κ²/(48·8²) = 0.00047, and the exact divergence 0.00053; and two, where it fails."""
    many, few = (
        swap.swap(laws.uniform(), [summed(width)], missing={}, settings=SMALL, seed=1).divergences[0]
        for width in (8, 2)
    )
    assert many.weights == pytest.approx(8, rel=1e-5)
    assert many.predicted == pytest.approx(1.44 / 48 / 64, rel=1e-4)
    assert many.measured.low <= many.predicted * (1 + many.error) <= many.measured.high
    # Of a triangle: its entropy is ½ + log √6.
    truth = 0.5 * np.log(2 * np.pi * np.e) - 0.5 - np.log(np.sqrt(6))
    assert few.measured.low <= truth <= few.measured.high
    assert few.predicted < 0.6 * truth
    assert few.error > 0.5


def test_a_law_without_density_has_no_measured_divergence():
    found = swap.swap(laws.two_point(), [summed(4)], missing={}, settings=SMALL, seed=1)
    assert found.divergences[0].measured is None
    assert found.divergences[0].predicted == pytest.approx(4 / 48 / 16, rel=1e-4)


def test_distances_count_what_was_drawn_again():
    sample = np.array([0.3, -1.0, 0.8, 2.0])
    counts = np.array([[1, 1, 1, 1], [2, 0, 1, 1]])
    expected = [stats.kstest(np.repeat(sample, count), "norm").statistic for count in counts]
    np.testing.assert_allclose(tasks._distances(sample, counts), expected)


def test_draws_in_stacks_are_the_network_s():
    trained = summed(3)
    found = tasks.draw_outputs(trained.network, np.zeros((1, 1)), draws=7000, seed=2)
    assert found.shape == (7000, 1, 1)
    assert found.std() == pytest.approx(1, abs=4 / np.sqrt(2 * 7000))
    assert not np.array_equal(found[:2000], found[5000:])  # another stack, other weights


def test_the_interval_over_trainings_is_a_student_s_without_noise_of_draws():
    """Ten values, no draws: ± 1.96 s/√n, by the bootstrap's deviation of √(n − 1)/n s, stretched."""
    values = np.random.default_rng(0).normal(3, 2, 10)
    found = swap.over_trainings(values, np.tile(values, (50, 1)), seed=0)
    expected = 1.96 * values.std(ddof=1) / np.sqrt(10)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(expected, rel=0.12)  # 1000 replicates, ten values
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_noise_of_draws_widens_the_interval():
    values = np.zeros(4)
    replicates = np.random.default_rng(1).normal(0, 1, (400, 4))
    found = swap.over_trainings(values, replicates, seed=0)
    assert found.high == pytest.approx(1.96 / np.sqrt(4) * np.sqrt(4 / 3), rel=0.12)
    assert swap.over_trainings(values[:1], replicates[:, :1], seed=0)[1:] == (-np.inf, np.inf)


def test_an_empty_record_says_what_it_lacks(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded.record, "FOLDER", tmp_path)
    found, missing = swap.recorded_networks()
    assert found == []
    assert set(missing) == {"energy distance", "regression", "digits", "clothes"}
    assert "make record ARGS=regression" in missing["regression"]


def test_digits_that_a_network_was_trained_on_tell_nothing(networks, monkeypatch):
    own = [one for one in networks if one.task == "digits"]
    monkeypatch.setattr(recorded, "kept", lambda task, trainings: own if task == "digits" else [])
    monkeypatch.setattr(datasets, "fingerprint", lambda name: "sample 0")
    found, missing = swap.recorded_networks()
    assert (found, "as published into mnist/" in missing["digits"]) == ([], True)
    monkeypatch.setattr(datasets, "fingerprint", lambda name: "real 0")
    assert swap.recorded_networks()[0] == own
