"""Points of the coin-flip experiment whose votes are made up."""

from dataclasses import replace

import numpy as np
from lit_pixels import CHECKSUM

from noisyweights.experiments.coin_flips import experiment, settings
from noisyweights.experiments.coin_flips.compact_arrays import narrow
from noisyweights.experiments.coin_flips.settings import BAYESIAN, LABELS, PRECISIONS

SMOKE = experiment.PROFILES["smoke"]
WHOLE = replace(SMOKE, trained=None, tested=None, repeats=3, draws=1000)
SHOWN = np.repeat(np.arange(10), 100)
# Whom each class is mistaken for: within its group, as the paper sees it.
DIGITS = {0: 6, 1: 8, 2: 3, 3: 5, 4: 9, 5: 3, 6: 0, 7: 9, 8: 3, 9: 4}
CLOTHES = {0: 6, 1: 3, 2: 4, 3: 0, 4: 2, 5: 7, 6: 0, 7: 5, 8: 6, 9: 5}


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
