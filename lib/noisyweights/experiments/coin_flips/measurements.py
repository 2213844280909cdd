"""What chapter 8 measures of its claims on Table I's networks, with intervals over trainings.

Claims on CIFAR-10 are measured in `cifar10`; S-holdout, S-larger and S-fashion-epochs in `withheld`,
`variants` and `epochs`.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from noisyweights.experiments.coin_flips.results import Result, Sampled
from noisyweights.experiments.coin_flips.scores import entropy_auroc, runner_up_correlation, score_choices
from noisyweights.experiments.coin_flips.settings import PRECISIONS, TASKS
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import votes
from noisyweights.scores.replicates import largest, mean_interval, ratio_interval

__all__ = ["measurements"]

_WORDS = {"full": "sampled", 8: "8bit", 4: "4bit"}
_BOOT, _SANDAL = 9, 5  # classes of Fashion-MNIST


def measurements(result: Result) -> list[Measurement]:
    """Quantities of the claims on Table I's networks, and the half of S-entropy that is on MNIST.

    A part of a set does not tell the accuracies of Table I: then the claims on these are left out.
    """
    found = _of_digits(result)
    config = result.config
    if config.trained or config.tested or any(result.sources[task].embedded for task in TASKS):
        return found
    return [*found, *_of_single_draws(result), *_of_accuracies(result), *_of_losses(result),
            *_of_precisions(result), *_of_runners_up(result), *_of_boots(result)]  # fmt: skip


def _interval(claim: str, quantity: str, values: np.ndarray, unit: str = "") -> Measurement:
    return Measurement(claim, quantity, *mean_interval(values), len(values), unit)


def _choices(sampled: Sampled, precision: int | str = "full") -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """First and second choices of each training, (n,) each."""
    for ballots in sampled.votes[precision]:
        yield votes.first_choice(ballots), votes.second_choice(ballots)


def _fewest(result: Result) -> int:
    """The number of trainings of the task that has the fewest."""
    return min(len(result.sampled[task].standard) for task in TASKS)


def _losses(result: Result, precision: int | str, *, against: int | str | None) -> dict[str, np.ndarray]:
    """Points that votes at a precision lose against another, or without coins: by task, (trainings,)."""
    found = {}
    for task in TASKS:
        sampled, labels = result.sampled[task], result.labels[task]
        found[task] = sampled.accuracy(labels, against) - sampled.accuracy(labels, precision)
    return found


def _of_digits(result: Result) -> list[Measurement]:
    """Claims on the feed-forward network and MNIST that a part of the set can tell."""
    sampled, labels = result.sampled["mnist-ff"], result.labels["mnist-ff"]
    logs = np.log(result.counts)
    usual = np.isfinite(sampled.error[0])
    slopes = np.array([np.polyfit(logs[usual], np.log(error[usual]), 1)[0] for error in sampled.error])
    found = [
        _interval("S-unbiased", "product_bias", sampled.product_bias),
        _interval("S-unbiased", "activation_bias", sampled.activation_bias),
        _interval("S-unbiased-slope", "product_slope", sampled.product_slope),
    ]
    if result.counts[-1] >= 1000:
        gain = sampled.by_count[:, -1] - sampled.by_count[:, result.counts.index(100)]
        found.append(_interval("S-convergence", "error_exponent", slopes))
        found.append(_interval("S-convergence", "accuracy_gain_100_to_1000", gain, "points"))
    right = [score_choices(first, second, labels).right_after / 100 for first, second in _choices(sampled)]
    return [
        *found,
        _interval("S-second-right", "share_second_right", np.array(right)),
        _interval("S-entropy", "auroc_mnist", entropy_auroc(sampled.votes["full"], labels)),
    ]


def _of_single_draws(result: Result) -> list[Measurement]:
    single = result.sampled["mnist-ff"].single
    within = ((single >= 0.2) & (single <= 0.5)).mean(1)
    return [
        _interval("S-single", "mean_single_accuracy", single.mean(1)),
        _interval("S-single", "share_in_range", within),
    ]


def _of_accuracies(result: Result) -> list[Measurement]:
    """Table I: S-mnist-ff, S-mnist-conv, S-fashion-ff and S-fashion-conv."""
    found = []
    for task in TASKS:
        sampled, labels = result.sampled[task], result.labels[task]
        found.append(_interval(f"S-{task}", "accuracy_standard", sampled.accuracy(labels), "%"))
        found += [
            _interval(f"S-{task}", f"accuracy_{_WORDS[precision]}", sampled.accuracy(labels, precision), "%")
            for precision in PRECISIONS
        ]
    loss = _losses(result, "full", against=None)["fashion-ff"]
    return [*found, _interval("S-fashion-ff", "sampling_loss", loss, "points")]


def _of_losses(result: Result) -> list[Measurement]:
    """What convolutional networks lose, alone and over what feed-forward ones do."""
    losses = _losses(result, "full", against=None)
    found, ratios = [], []
    for name in ("mnist", "fashion"):
        lost = losses[f"{name}-conv"]
        found.append(_interval("S-conv-stable", f"conv_loss_{name}", lost, "points"))
        ratios.append(partial(ratio_interval, lost, losses[f"{name}-ff"]))
    return [*found, Measurement("S-conv-stable", "worst_loss_ratio", *largest(ratios), _fewest(result))]


def _of_precisions(result: Result) -> list[Measurement]:
    found = []
    for bits in PRECISIONS[1:]:
        lost = [partial(mean_interval, one) for one in _losses(result, bits, against="full").values()]
        found.append(
            Measurement("S-precision", f"worst_loss_{bits}bit", *largest(lost), _fewest(result), "points")
        )
        digits = result.sampled["mnist-ff"]
        pairs = zip(_choices(digits), _choices(digits, bits), strict=True)
        alike = np.array([runner_up_correlation(exact, coarse, classes=10) for exact, coarse in pairs])
        found.append(_interval("S-precision", f"second_correlation_{bits}bit", alike))
    return found


def _of_runners_up(result: Result) -> list[Measurement]:
    """Shares of the runners-up that stay within groups of classes that look alike."""
    shares: dict[str, list[float]] = {}
    for task, groups in {
        "mnist-ff": {"share_4_7_9": ((4, 7, 9), (4, 7, 9)), "share_3_to_2_5": ((3,), (2, 5))},
        "fashion-ff": {"share_shoes": ((5, 7, 9), (5, 7, 9))},
    }.items():
        labels = result.labels[task]
        for first, second in _choices(result.sampled[task]):
            for name, (of, to) in groups.items():
                # The label itself counts as a runner-up only behind another of the group.
                inside = np.isin(second, to) & ((second != labels) | np.isin(first, of))
                shares.setdefault(name, []).append(float(inside[np.isin(labels, of)].mean()))
            if task == "mnist-ff":
                between = np.concatenate([second[labels == 2] == 5, second[labels == 5] == 2])
                shares.setdefault("share_2_5", []).append(float(between.mean()))
    return [_interval("S-second", name, np.array(values)) for name, values in shares.items()]


def _of_boots(result: Result) -> list[Measurement]:
    """How many ankle boots are called sandals, and how many of these have boot as the runner-up."""
    boots = result.labels["fashion-ff"] == _BOOT
    called, behind = [], []
    for first, second in _choices(result.sampled["fashion-ff"]):
        sandals = boots & (first == _SANDAL)
        called.append(sandals.sum() / boots.sum())
        behind.append(np.mean(second[sandals] == _BOOT) if sandals.any() else 0.0)
    return [
        _interval("S-boots", "share_called_sandal", np.array(called)),
        _interval("S-boots", "share_boot_second", np.array(behind)),
    ]
