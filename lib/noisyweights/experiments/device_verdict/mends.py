"""What mends a missed criterion of a device, in a sentence with its number, or that nothing does."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from noisyweights import number_words
from noisyweights.experiments.device_verdict.criteria import Criterion
from noisyweights.experiments.swapped_networks.needs import Needs
from noisyweights.noise import sums

__all__ = ["Shape", "Situation", "bound", "capital", "conflicts", "mend", "reads_skipped", "with_unit"]

_TRUSTED = 0.25  # relative error of the leading terms, from which on a sentence names it


@dataclass(frozen=True)
class Shape:
    """Skewness and excess kurtosis of a device's noise."""

    skewness: float
    excess_kurtosis: float


@dataclass(frozen=True)
class Situation:
    """What a mend looks at beside its own criterion; None where it is not known.

    draws: reads in a prediction. reads: after which drift has used up what it may. skipped: one read in so
    many is fresh enough, infinite if none ever is.
    """

    shape: Shape | None
    needs: Needs | None
    draws: int
    reads: float | None
    skipped: float | None


def mend(criterion: Criterion, measured: float | None, situation: Situation) -> tuple[bool, str]:
    """Whether a missed criterion can be mended, and the sentence's end that says how, or why not."""
    return _MENDS[criterion.mend](criterion, measured, situation)


def conflicts(situation: Situation) -> list[str]:
    """Conditions that exclude each other: a prediction's fresh reads must fit between two calibrations."""
    if situation.reads is None or situation.skipped is None or not np.isfinite(situation.skipped):
        return []
    taken = situation.draws * situation.skipped
    if taken <= situation.reads or situation.reads < situation.draws:  # the latter says so by itself
        return []
    return [
        f"A prediction of {situation.draws} fresh draws takes {taken:,.0f} reads, and after "
        f"{situation.reads:,.0f} the mean has drifted too far."
    ]


def reads_skipped(correlation: float, needed: float, fresh_after: float | None) -> float:
    """One read in how many is used, so that successive ones are correlated by at most `needed`.

    Correlation falls with the distance as a power of that of neighbours, as for one relaxation time; where
    `fresh_after` is larger, memory is longer than that, and it counts. Infinite for a correlation of 1.
    """
    if correlation <= needed:
        return 1.0
    if correlation >= 1 or needed <= 0:
        return np.inf
    power = np.ceil(np.log(needed) / np.log(correlation) - 1e-9)
    return float(max(power, np.ceil(fresh_after or 1)))


def bound(criterion: Criterion) -> str:
    """The needed value in words: "at most 0.0023 nats"."""
    first, last = (with_unit(one, criterion.unit) for one in (criterion.needed[0], criterion.needed[-1]))
    words = {"<=": f"at most {first}", ">=": f"at least {first}", "within": f"{first} to {last}"}
    return words[criterion.relation]


def with_unit(value: float, unit: str) -> str:
    """A number with three digits that count, all digits of one in the thousands, and its unit."""
    digits = number_words.order(value) + 1 if 1e3 <= abs(value) < 1e6 else 3
    return f"{number_words.setting(value, digits=digits)} {unit}".rstrip()


def capital(sentence: str) -> str:
    """The sentence with a capital first, unless it begins with a symbol such as σ."""
    first = sentence[:1]
    return (first.upper() if first.isascii() else first) + sentence[1:]


def _more_weights(criterion: Criterion, measured: float | None, situation: Situation) -> tuple[bool, str]:
    shape = {"skewness": situation.shape.skewness, "excess_kurtosis": situation.shape.excess_kurtosis}
    needed = sums.weights_needed(criterion.needed[0], **shape, signs="same")
    if not np.isfinite(needed):
        return False, "its kurtosis is infinite, so the rule names no number of weights that would do."
    error = float(sums.divergence_of_equal(needed, **shape, signs="same").error)
    doubt = f" (by a rule whose error is about {100 * error:.0f} % there)" if error > _TRUSTED else ""
    condition = f"every sum must have an effective number of at least {np.ceil(needed):.0f} weights{doubt}"
    if situation.needs is None:
        told = "" if measured is not None else "; how many networks have is not in the record"
        return True, capital(f"{condition}{told}.") if measured is None else f"{condition}."
    most = situation.needs.effective_weights[1]
    if needed > most:
        return (
            False,
            f"{condition}, and of the recorded networks' sums nine in ten have less than {most:.0f}.",
        )
    return True, f"{condition}, which nine in ten of the recorded networks' sums do not all have."


def _accuracy_alone(criterion: Criterion, measured: float, situation: Situation) -> tuple[bool, str]:
    if criterion.relaxed is None or measured < criterion.relaxed:
        return False, "accuracy asks for it too."
    return True, f"only accuracy may count, for which {criterion.relaxed:.3g} will do, and not calibration."


def _gain(criterion: Criterion, measured: float, situation: Situation) -> tuple[bool, str]:
    low, high = criterion.needed
    if measured < low:
        times = low / measured if measured else np.inf
        if not np.isfinite(times):
            return False, "there is no noise that could be read more strongly."
        return True, f"the fluctuation must be read {times:.3g} times as strongly as the mean."
    reads = np.ceil((measured / high) ** 2)
    return True, f"{reads:,.0f} fresh reads must be averaged for each draw."


def _finer_step(criterion: Criterion, measured: float, situation: Situation) -> tuple[bool, str]:
    return True, f"the converter's steps must be {measured / criterion.needed[0]:.3g} times finer."


def _recalibrate(criterion: Criterion, measured: float, situation: Situation) -> tuple[bool, str]:
    reads = situation.reads
    if reads is None:
        more = measured / criterion.needed[0]
        return True, f"it must be calibrated {more:.3g} times as often as once in such a trace."
    if reads < situation.draws:
        return False, (
            f"it would have to be calibrated every {reads:.3g} reads, before the {situation.draws} of a "
            "single prediction are done."
        )
    return True, f"it must be calibrated every {np.floor(reads):,.0f} reads."


def _skip_reads(criterion: Criterion, measured: float, situation: Situation) -> tuple[bool, str]:
    if situation.skipped is None or not np.isfinite(situation.skipped):
        return False, "no read is ever fresh."
    return True, f"only one read in {situation.skipped:,.0f} may be used."


def _always(words: str) -> Callable[[Criterion, float, Situation], tuple[bool, str]]:
    return lambda criterion, measured, situation: (True, words.format(needed=bound(criterion)))


_MENDS: dict[str, Callable[[Criterion, float | None, Situation], tuple[bool, str]]] = {
    "more_weights": _more_weights,
    "accuracy_alone": _accuracy_alone,
    "gain": _gain,
    "finer_step": _finer_step,
    "recalibrate": _recalibrate,
    "skip_reads": _skip_reads,
    "write_and_verify": _always("every cell must be set until its own mean reads right."),
    "set_each_sigma": _always("the width of every cell must be set by itself."),
    "cheaper_reads": _always("a read must be shorter or weaker, to cost {needed}."),
    "none": lambda criterion, measured, situation: (False, "nothing mends it."),
}
