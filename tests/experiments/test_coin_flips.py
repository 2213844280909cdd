"""The coin-flip experiment: its points, and how they are put together."""

from dataclasses import replace

import numpy as np
import pytest
from lit_pixels import CHECKSUM, lit, show
from made_up_votes import CLOTHES, DIGITS, SHOWN, SMOKE, WHOLE, ballots, made_up, measured

from noisyweights.experiments.coin_flips import experiment, settings
from noisyweights.experiments.coin_flips.compact_arrays import narrow
from noisyweights.experiments.coin_flips.settings import BAYESIAN, TASKS

OTHER = np.full(32, 0xEF, np.uint8)


@pytest.fixture(autouse=True)
def _pictures(monkeypatch):
    """Test sets whose labels are known."""
    show(monkeypatch, lit(SHOWN))


def test_points_are_trainings_by_their_number_and_what_pictures_show():
    names = experiment.points(replace(SMOKE, repeats=2))
    assert names[:8] == (
        "mnist-labels", "fashion-labels",
        "mnist-ff-0", "mnist-conv-0", "fashion-ff-0", "fashion-conv-0", "mnist-bayes-0", "fashion-bayes-0",
    )  # fmt: skip
    assert names[8:] == tuple(name.replace("-0", "-1") for name in names[2:8])
    assert [name for name in names if experiment.uses_device(name)] == [
        "mnist-bayes-0", "fashion-bayes-0", "mnist-bayes-1", "fashion-bayes-1",
    ]  # fmt: skip


COMMON = {"seed", "trained", "tested", "batch_size", "rate"}


@pytest.mark.parametrize(
    ("point", "own"),
    [
        ("mnist-ff-0", {"dropout", "epochs", "hidden", "draws", "coarse"}),
        ("fashion-conv-12", {"conv_dropout", "conv_epochs", "filters", "dense", "draws", "coarse"}),
        ("fashion-bayes-1", {"bayes_epochs", "bayes_draws", "hidden"}),
    ],
)
def test_a_point_is_determined_by_the_settings_that_concern_it(point, own):
    found = experiment.settings(SMOKE, point)
    assert set(found) == COMMON | own
    assert all(value == getattr(SMOKE, name) for name, value in found.items())
    assert experiment.settings(SMOKE, "mnist-labels") == {"tested": 100}


def test_counts_end_with_all_draws():
    assert settings.counts(SMOKE) == (1, 2, 5, 10, 20)
    assert settings.counts(replace(SMOKE, draws=300)) == (1, 2, 5, 10, 20, 50, 100, 200, 300)


def test_what_the_pictures_of_a_set_show_is_a_point():
    found = experiment.compute(SMOKE, "fashion-labels", None)
    np.testing.assert_array_equal(found["labels"], SHOWN[:100].astype(np.uint8), strict=True)
    np.testing.assert_array_equal(found["source"], CHECKSUM)


def test_trainings_are_taken_as_they_are():
    """Other numbers than the settings name, and not as many of each task."""
    points = made_up()
    points |= {"mnist-ff-10": points["mnist-ff-2"], "mnist-ff-4": points.pop("mnist-ff-1")}
    del points["fashion-conv-0"], points["mnist-bayes-0"], points["mnist-bayes-2"]
    points["mnist-ff-4"] = points["mnist-ff-4"] | {"single": np.full(10, 0.4), "product_bias": np.array(0.5)}
    result = experiment.collect(WHOLE, None, points)
    trainings = {task: len(one.standard) for task, one in result.sampled.items()}
    assert trainings == {"mnist-ff": 4, "mnist-conv": 3, "fashion-ff": 3, "fashion-conv": 2}
    np.testing.assert_allclose(
        result.sampled["mnist-ff"].single[:, 0], [0.3, 0.302, 0.4, 0.302]
    )  # 0, 2, 4, 10
    assert len(result.bayesian["mnist"].votes) == 1
    found = measured(points)
    numbers = {
        ("S-unbiased", "product_bias"): 4,
        ("S-mnist-conv", "accuracy_standard"): 3,
        ("S-fashion-conv", "accuracy_8bit"): 2,
        ("S-conv-stable", "worst_loss_ratio"): 2,
        ("S-precision", "worst_loss_4bit"): 2,
        ("S-precision", "second_correlation_4bit"): 4,
    }
    assert {key: found[key].n for key in numbers} == numbers
    assert found["S-unbiased", "product_bias"].value == pytest.approx((0.5 + 0.0001 * (-1 + 1 + 1)) / 4)


def test_what_is_collected_is_what_was_computed():
    points = made_up()
    points["mnist-bayes-1"]["second"][0] = 7
    result = experiment.collect(WHOLE, None, points)
    assert result.config is WHOLE
    assert result.counts == (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
    digits, bayes = result.sampled["mnist-ff"], result.bayesian["mnist"]
    np.testing.assert_array_equal(digits.votes["full"][1], ballots(0.94, DIGITS), strict=True)
    np.testing.assert_array_equal(result.sampled["fashion-ff"].votes[4][0], ballots(0.65, CLOTHES))
    np.testing.assert_array_equal(digits.runner_up[0], [DIGITS[label] for label in SHOWN])
    assert digits.votes["full"].dtype == digits.standard.dtype == bayes.second.dtype == np.int64
    np.testing.assert_array_equal(bayes.first, np.tile(SHOWN, (3, 1)))
    np.testing.assert_array_equal(bayes.second[:, :2], [[1, 1], [7, 1], [1, 1]])
    assert set(result.labels) == set(result.sources) == {*TASKS, *BAYESIAN}
    assert digits.accuracy(SHOWN).tolist() == [98] * 3
    assert result.sampled["mnist-conv"].accuracy(SHOWN, 4).tolist() == [99] * 3


@pytest.mark.parametrize("kind", [*TASKS, *BAYESIAN])
def test_a_task_without_trainings_is_missed(kind):
    points = {name: arrays for name, arrays in made_up().items() if not name.startswith(kind)}
    with pytest.raises(ValueError, match=f"no point of {kind}"):
        experiment.collect(WHOLE, None, points)


def test_a_readers_device_may_have_other_pictures():
    """A reader who has the sample alone tests Bayesian networks on it, and takes the others as recorded."""
    sample = {"source": np.full(32, 0xCD, np.uint8)}
    points = made_up()
    points |= {name: points[name] | sample for name in points if name.startswith("fashion-ff")}
    with pytest.raises(ValueError, match="fashion-conv-0 was computed on other pictures than fashion-ff-0"):
        experiment.collect(WHOLE, None, points)
    points = made_up()
    points |= {name: points[name] | sample for name in points if name.startswith("fashion-bayes")}
    points |= {"fashion-labels": {"labels": SHOWN[::-1], **sample}}
    result = experiment.collect(WHOLE, None, points)
    assert result.sources["fashion-bayes"].embedded
    np.testing.assert_array_equal(result.labels["fashion-bayes"], SHOWN[::-1])
    assert {one.claim for one in experiment.measurements(result)} >= {"S-mnist-ff", "S-boots"}


def test_labels_come_with_the_points_or_from_the_same_pictures():
    other = {name: arrays | {"source": OTHER} for name, arrays in made_up().items()}
    other["mnist-labels"]["labels"] = narrow({"labels": SHOWN[::-1]})["labels"]
    result = experiment.collect(WHOLE, None, other)
    np.testing.assert_array_equal(result.labels["mnist-conv"], SHOWN[::-1], strict=True)
    assert result.sources["mnist-ff"].sha256 == "ef" * 32
    here = made_up()
    del here["mnist-labels"], here["fashion-labels"]
    np.testing.assert_array_equal(experiment.collect(WHOLE, None, here).labels["fashion-ff"], SHOWN)
    del other["mnist-labels"], other["fashion-labels"]
    with pytest.raises(
        ValueError, match=r"points of mnist-ff were computed on other pictures .* mnist-labels"
    ):
        experiment.collect(WHOLE, None, other)
