"""The coin-flip experiment: its points, how they are put together, and what is measured of made-up votes."""

from dataclasses import replace

import numpy as np
import pytest
from lit_pixels import CHECKSUM, lit, show

from noisyweights.experiments.coin_flips import experiment, settings
from noisyweights.experiments.coin_flips.compact_arrays import narrow
from noisyweights.experiments.coin_flips.settings import BAYESIAN, LABELS, PRECISIONS, TASKS
from noisyweights.ledger.claims import fully_measured
from noisyweights.ledger.verdicts import verdict

SMOKE = experiment.PROFILES["smoke"]
WHOLE = replace(SMOKE, trained=None, tested=None, repeats=3, draws=1000)
SHOWN = np.repeat(np.arange(10), 100)
OTHER = np.full(32, 0xEF, np.uint8)
# Whom each class is mistaken for: within its group, as the paper sees it.
DIGITS = {0: 6, 1: 8, 2: 3, 3: 5, 4: 9, 5: 3, 6: 0, 7: 9, 8: 3, 9: 4}
CLOTHES = {0: 6, 1: 3, 2: 4, 3: 0, 4: 2, 5: 7, 6: 0, 7: 5, 8: 6, 9: 5}


@pytest.fixture(autouse=True)
def _pictures(monkeypatch):
    """Test sets whose labels are known."""
    show(monkeypatch, lit(SHOWN))


def ballots(accuracy, second, *, called=None):
    """1000 votes for each picture: a right first choice, this share, has 600 of them, and a wrong one 550."""
    found = np.zeros((1000, 10), int)
    for at, label in enumerate(SHOWN):
        # In each hundred of one class, the last ones are mistaken for the class that is like it.
        right = at % 100 < round(100 * accuracy) and label not in (called or {})
        first, other = (label, second[label]) if right else (second[label], label)
        found[at, first], found[at, other] = (600, 400) if right else (550, 450)
    return found


PRINTED = {
    "mnist-ff": (98, 94, 94, 94),
    "mnist-conv": (99, 99, 99, 99),
    "fashion-ff": (88, 65, 65, 65),
    "fashion-conv": (90, 90, 90, 90),
}


def made_up(
    *,
    accuracies=PRINTED,
    slope=-0.5,
    single=0.3,
    called=None,
    digits=DIGITS,
    product_bias=0.0,
    activation_bias=0.1,
):
    """Points of three trainings; accuracies by task: without coins, and of each precision."""
    after = settings.counts(WHOLE)
    points = {name: {"labels": SHOWN, "source": CHECKSUM} for name in LABELS}
    for name in experiment.points(WHOLE)[2:]:
        task, _, repeat = name.rpartition("-")
        if task in BAYESIAN:
            points[name] = {
                "votes": ballots(0.9, DIGITS),
                "first": SHOWN,
                "second": (SHOWN + 1) % 10,
                "entropy": np.full(1000, 0.5, np.float32),
                "source": CHECKSUM,
            }
            continue
        standard, *sampled = accuracies[task]
        second = digits if task.startswith("mnist") else CLOTHES
        calls = called if task == "fashion-ff" else None
        votes = [ballots(share / 100, second, called=calls) for share in sampled]
        points[name] = {
            "standard": np.where(np.arange(1000) % 100 < round(standard), SHOWN, (SHOWN + 1) % 10),
            "runner_up": np.array([second[label] for label in SHOWN]),
            **{f"votes_{precision}": v for precision, v in zip(PRECISIONS, votes, strict=True)},
            "by_count": sampled[0] - 5 / np.array(after) + 0.01 * int(repeat),
            "error": 0.3 * np.array(after, float) ** slope,
            "single": np.full(10, single) + 0.001 * int(repeat),
            "coarse": np.full(8, 90.0),
            "product_bias": np.array(product_bias + 0.0001 * (int(repeat) - 1)),
            "product_slope": np.array(1.0),
            "activation_bias": np.array(activation_bias),
            "offset": np.array(0.5),
            "expected": np.array(94.0),
            "source": CHECKSUM,
        }
    return {name: narrow(arrays) for name, arrays in points.items()}


def measured(points):
    found = experiment.measurements(experiment.collect(WHOLE, None, points))
    return {(one.claim, one.quantity): one for one in found}


def verdicts(**changes):
    found = [*measured(made_up(**changes)).values()]
    return {claim: verdict(claim, found).value for claim in {one.claim for one in fully_measured(found)}}


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


def test_every_quantity_follows_from_the_votes():
    accuracies = {
        "mnist-ff": (98, 94, 93, 92),
        "mnist-conv": (99, 98, 97, 96),
        "fashion-ff": (88, 65, 64, 60),
        "fashion-conv": (90, 89, 85, 80),
    }
    words = ("standard", "sampled", "8bit", "4bit")
    expected = {
        (f"S-{task}", f"accuracy_{word}"): value
        for task, values in accuracies.items()
        for word, value in zip(words, values, strict=True)
    } | {
        ("S-unbiased", "product_bias"): 0.002,
        ("S-unbiased", "activation_bias"): 0.1,
        ("S-convergence", "error_exponent"): -0.4,
        ("S-convergence", "accuracy_gain_100_to_1000"): 5 / 100 - 5 / 1000,
        ("S-second-right", "share_second_right"): 1,
        ("S-entropy", "auroc_mnist"): 1,  # wrong answers are in more doubt, all of them
        ("S-single", "mean_single_accuracy"): 0.301,
        ("S-single", "share_in_range"): 1,
        ("S-fashion-ff", "sampling_loss"): 88 - 65,
        ("S-conv-stable", "conv_loss_mnist"): 99 - 98,
        ("S-conv-stable", "conv_loss_fashion"): 90 - 89,
        ("S-conv-stable", "worst_loss_ratio"): (99 - 98) / (98 - 94),
        ("S-precision", "worst_loss_8bit"): 89 - 85,
        ("S-precision", "worst_loss_4bit"): 89 - 80,
        ("S-second", "share_4_7_9"): 1,
        ("S-second", "share_3_to_2_5"): 0.94,  # the others' runner-up is 3 itself, behind a 5
        ("S-second", "share_2_5"): 0,
        ("S-second", "share_shoes"): 1,
        ("S-boots", "share_called_sandal"): 1 - 0.65,
        ("S-boots", "share_boot_second"): 1,
    }
    found = measured(made_up(accuracies=accuracies, product_bias=0.002, slope=-0.4))
    seconds = [seconds_by_pair(accuracies["mnist-ff"][at] / 100) for at in (1, 2, 3)]  # exact, 8 and 4 bits
    expected |= {
        ("S-precision", "second_correlation_8bit"): np.corrcoef(seconds[0], seconds[1])[0, 1],
        ("S-precision", "second_correlation_4bit"): np.corrcoef(seconds[0], seconds[2])[0, 1],
    }
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key].value == pytest.approx(value, abs=1e-9), key
        assert found[key].n == 3


def seconds_by_pair(accuracy):
    """How often made-up votes for digits have one class second to another: of the 90 pairs."""
    found = dict.fromkeys(((of, to) for of in range(10) for to in range(10) if of != to), 0.0)
    for label, other in DIGITS.items():
        found[label, other] += 100 * accuracy
        found[other, label] += 100 * (1 - accuracy)
    return [*found.values()]


def test_precisions_that_agree_correlate_fully():
    found = measured(made_up())
    assert found["S-precision", "second_correlation_8bit"].value == pytest.approx(1)
    assert found["S-precision", "worst_loss_8bit"].value == 0


def test_a_draw_out_of_range_is_one_less_within():
    points = made_up()
    points["mnist-ff-0"]["single"][:5] = [0.19, 0.51, 0.2, 0.5, 0.35]
    found = measured(points)["S-single", "share_in_range"]
    assert found.value == pytest.approx((0.8 + 1 + 1) / 3)


def test_a_runner_up_that_is_the_class_itself_is_no_likeness():
    """A 4 that is called 0, and then 4, says nothing of 4, 7 and 9; one called 9, and then 4, does."""
    points = made_up()
    for name in ("mnist-ff-0", "mnist-ff-1", "mnist-ff-2"):
        some = points[name]["votes_full"][SHOWN == 4]
        some[:6] = 600 * np.eye(10)[0] + 400 * np.eye(10)[4]
        points[name]["votes_full"][SHOWN == 4] = some
    assert measured(points)["S-second", "share_4_7_9"].value == pytest.approx(1 - 6 / 300)


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


def test_what_the_paper_sees_reproduces_its_claims():
    found = verdicts(called={9: 5})
    wanted = ("S-single", "S-unbiased", "S-convergence", "S-second-right", "S-mnist-ff", "S-mnist-conv")
    wanted += ("S-fashion-conv", "S-conv-stable", "S-precision", "S-second", "S-boots")
    assert {claim: found[claim] for claim in wanted} == dict.fromkeys(wanted, "reproduced")
    assert verdicts()["S-fashion-ff"] == "reproduced"  # not where all boots are called sandals beside


@pytest.mark.parametrize(
    ("claim", "changes", "word"),
    [
        ("S-single", {"single": 0.6}, "not reproduced"),
        ("S-convergence", {"slope": -0.2}, "partly"),
        ("S-mnist-ff", {"accuracies": PRINTED | {"mnist-ff": (98, 80, 80, 80)}}, "partly"),
        ("S-conv-stable", {"accuracies": PRINTED | {"mnist-conv": (99, 90, 90, 90)}}, "partly"),
        ("S-precision", {"accuracies": PRINTED | {"mnist-conv": (99, 99, 90, 90)}}, "partly"),
        ("S-boots", {"called": None}, "partly"),
        ("S-fashion-ff", {"accuracies": PRINTED | {"fashion-ff": (88, 86, 86, 86)}}, "partly"),
        ("S-unbiased", {"product_bias": 0.02}, "partly"),
        ("S-unbiased", {"activation_bias": 0.005}, "partly"),
        ("S-second", {"digits": {label: (label + 1) % 10 for label in range(10)}}, "partly"),
    ],
)
def test_what_it_does_not_see_does_not(claim, changes, word):
    assert verdicts(**changes)[claim] == word


@pytest.mark.parametrize("part", [{"trained": 2000}, {"tested": 500}])
def test_a_part_of_the_sets_measures_no_accuracy(part):
    found = experiment.measurements(experiment.collect(replace(WHOLE, **part), None, made_up()))
    assert {one.claim for one in found} == {
        "S-unbiased", "S-convergence", "S-second-right", "S-entropy",
    }  # fmt: skip


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


@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_a_sample_of_one_set_measures_no_accuracy(name):
    sample = {"source": np.full(32, 0xCD, np.uint8)}
    points = made_up()
    points |= {point: points[point] | sample for point in points if point.startswith(name)}
    found = experiment.measurements(experiment.collect(WHOLE, None, points))
    assert {one.claim for one in found} == {"S-unbiased", "S-convergence", "S-second-right", "S-entropy"}


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
