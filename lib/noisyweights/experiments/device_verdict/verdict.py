"""Whether a device can be a Bayesian weight: what was measured of it against the criteria, in sentences.

What a file does not tell is never guessed. A criterion that is missed gives a condition where something mends
it, and makes the device unfit where nothing does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from itertools import product

import numpy as np

from noisyweights.experiments.device_verdict import mends
from noisyweights.experiments.device_verdict.criteria import Criteria, Criterion
from noisyweights.experiments.device_verdict.mends import Shape, Situation
from noisyweights.noise import sums
from noisyweights.scores.estimates import Interval

__all__ = ["Finding", "Measured", "State", "Verdict", "divergence_of", "judge"]

Quantity = float | Interval | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is known of a device; None where its file does not tell. A number, or one with its 95 % interval.

    skewness, excess_kurtosis: of the noise, whatever its mean and width. sigma_ratio: widest over narrowest
    standard deviation that can be set. sigma_of_range: standard deviation over the range of means that can be
    set.
    step_over_sigma: step between readings. drift_over_sigma: size of the change of the mean from the first to
    the last of `reads` successive reads. correlation: of successive reads. fresh_after: reads until one is
    independent of the first. spread_over_sigma: deviation of the means of cells that are set alike, over σ
    within. log_sigma_spread: deviation of log σ between cells. read_pJ: energy of a read.

    Raises: ValueError for NaN, an interval that does not hold its value, or a number out of its range.
    """

    skewness: Quantity = None
    excess_kurtosis: Quantity = None
    sigma_ratio: Quantity = None
    sigma_of_range: Quantity = None
    step_over_sigma: Quantity = None
    drift_over_sigma: Quantity = None
    correlation: Quantity = None
    fresh_after: float | None = None
    spread_over_sigma: Quantity = None
    log_sigma_spread: Quantity = None
    read_pJ: Quantity = None
    reads: int | None = None

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(self)):
            value = getattr(self, name)
            if value is None:
                continue
            low, middle, high = _ends(value)
            if not low <= middle <= high:
                raise ValueError(f"{name} is {value}: give low ≤ value ≤ high, and no NaN")
            least = _LEAST.get(name, 0.0)
            if middle < least:
                raise ValueError(f"{name} is {middle:g}, and must be at least {least:g}")
            if name == "correlation" and middle > 1:
                raise ValueError(f"a correlation is at most 1, got {middle:g}")


_LEAST = {"skewness": -np.inf, "excess_kurtosis": -2.0, "sigma_ratio": 1.0, "correlation": -1.0}


class State(StrEnum):
    """What came of one criterion."""

    MET = "met"
    CONDITION = "met on a condition"
    UNFIT = "not met, and nothing mends it"
    OPEN = "cannot be told"


@dataclass(frozen=True)
class Finding:
    """One criterion held against a device: what was measured, in the criterion's unit, and a sentence."""

    criterion: Criterion
    state: State
    measured: Interval | None
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Whether a device is fit: "fit", "fit if", "unfit", or "cannot be told" where nothing was measured."""

    word: str
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...] = field(default=())

    def of(self, state: State) -> tuple[str, ...]:
        """Sentences of the findings in a state."""
        return tuple(one.sentence for one in self.findings if one.state is state)

    @property
    def headline(self) -> str:
        """The verdict in a line."""
        untold = len(self.of(State.OPEN))
        rest = (
            f", as far as this file tells: {untold} of {len(self.findings)} criteria stay open"
            if untold
            else ""
        )
        if self.word == "fit if":
            count = len(self.of(State.CONDITION))
            return f"fit if {'a condition is' if count == 1 else f'{count} conditions are'} met{rest}"
        return self.word if self.word in ("unfit", "cannot be told") else self.word + rest


def judge(measured: Measured, criteria: Criteria) -> Verdict:
    """Hold what was measured of a device against the criteria.

    A value with an interval meets a criterion if the whole interval does, and misses it if none of it does;
    between these the file is too short to tell. "unfit" if one criterion is missed for good, or if its
    conditions exclude each other: `reasons` tells.
    """
    situation = _situation(measured, criteria)
    findings = tuple(_finding(one, measured, criteria, situation) for one in criteria.criteria)
    reasons = [one.sentence for one in findings if one.state is State.UNFIT]
    reasons += mends.conflicts(situation)
    states = {one.state for one in findings}
    if reasons:
        word = "unfit"
    elif states == {State.OPEN}:
        word = "cannot be told"
    else:
        word = "fit if" if State.CONDITION in states else "fit"
    return Verdict(word, findings, tuple(reasons))


def divergence_of(skewness: Quantity, excess_kurtosis: Quantity, *, weights: float) -> Interval | None:
    """Divergence of a sum of so many equal weights of one sign, nats: least and largest over both intervals.

    None if either is not known.
    """
    if skewness is None or excess_kurtosis is None:
        return None
    skews, tails = (_reach(*_ends(one)) for one in (skewness, excess_kurtosis))

    def value(skew: float, tail: float) -> float:
        tail = max(tail, skew**2 - 2)  # no law has less
        found = sums.divergence_of_equal(weights, skewness=skew, excess_kurtosis=tail, signs="same")
        return float(found.value)

    middle = value(_ends(skewness)[1], _ends(excess_kurtosis)[1])
    ends = [value(*pair) for pair in product(skews, tails)]
    return Interval(middle, min(middle, *ends), max(middle, *ends))


def _situation(measured: Measured, criteria: Criteria) -> Situation:
    """What the mends look at beside their own criterion."""
    needed = {one.id: one.needed for one in criteria.criteria}
    shape = None
    if measured.skewness is not None and measured.excess_kurtosis is not None:
        shape = Shape(_ends(measured.skewness)[1], _ends(measured.excess_kurtosis)[1])
    drift, allowed = _of_range("drift_over_sigma", measured, criteria), needed.get("drift")
    reads = None
    if drift and allowed and measured.reads:
        reads = measured.reads * allowed[0] / drift.value if drift.value else np.inf
    correlation, kept = measured.correlation, needed.get("correlation")
    skipped = None
    if correlation is not None and kept:
        skipped = mends.reads_skipped(_ends(correlation)[1], kept[0], measured.fresh_after)
    return Situation(shape, criteria.needs, criteria.draws, reads, skipped)


def _finding(criterion: Criterion, measured: Measured, criteria: Criteria, situation: Situation) -> Finding:
    value = _MEASURES[criterion.quantity](measured, criteria, criterion)
    number = mends.with_unit(value.value, criterion.unit) if value else ""
    if value is None and criterion.quantity == "divergence" and situation.shape:
        # The rule gives the number needed, though the record does not tell how many there are.
        state, sentence = mends.mend(criterion, None, situation)
        return Finding(criterion, State.CONDITION if state else State.UNFIT, None, sentence)
    if value is None:
        return Finding(criterion, State.OPEN, None, _untold(criterion, measured))
    if criterion.needed is None:
        sentence = f"{criterion.words} is {number}; what is needed is not known: {criterion.lacking}."
        return Finding(criterion, State.OPEN, value, mends.capital(sentence))
    low, high = (_holds(criterion, end) for end in value[1:])
    inside = criterion.relation != "within" or low or high or _one_side(criterion, value)
    at = f" at {criterion.at:.0f} effective weights" if criterion.at else ""
    what = f"{criterion.words}{at} is {number}, where {mends.bound(criterion)} is needed"
    if low and high:
        return Finding(criterion, State.MET, value, mends.capital(what + "."))
    if low or high or not inside:
        ends = " to ".join(mends.with_unit(end, criterion.unit) for end in value[1:])
        sentence = f"The file is too short to tell: {what}, and the measurement leaves {ends}."
        return Finding(criterion, State.OPEN, value, sentence)
    mendable, mend = mends.mend(criterion, value.value, situation)
    state = State.CONDITION if mendable else State.UNFIT
    return Finding(criterion, state, value, mends.capital(f"{what}: {mend}"))


def _untold(criterion: Criterion, measured: Measured) -> str:
    raw = getattr(measured, criterion.quantity.replace("_of_range", "_over_sigma"), None)
    if raw is None:
        return f"Cannot be told from this file: {criterion.measures}."
    share = "what share of the range of means that is, neither this file nor the record tells"
    return mends.capital(f"{criterion.measures} is {_ends(raw)[1]:.3g}; {share}.")


def _holds(criterion: Criterion, value: float) -> bool:
    first, last = criterion.needed[0], criterion.needed[-1]
    return {"<=": value <= first, ">=": value >= first, "within": first <= value <= last}[criterion.relation]


def _one_side(criterion: Criterion, value: Interval) -> bool:
    return value.high < criterion.needed[0] or value.low > criterion.needed[-1]


def _ends(value: float | Interval) -> tuple[float, float, float]:
    """Low end, value, high end."""
    if isinstance(value, tuple):
        return float(value[1]), float(value[0]), float(value[2])
    return float(value), float(value), float(value)


def _reach(low: float, _middle: float, high: float) -> tuple[float, float]:
    """The least and the largest size in an interval, with their signs."""
    least = 0.0 if low <= 0 <= high else min(low, high, key=abs)
    return least, max(low, high, key=abs)


def _of_range(name: str, measured: Measured, criteria: Criteria) -> Interval | None:
    """A shift in standard deviations, in per cent of the range of means; None where either is not known."""
    value, own = getattr(measured, name), measured.sigma_of_range
    if value is None or (own is None and criteria.needs is None):
        return None
    share = _ends(own)[1] if own is not None else criteria.needs.typical_sigma_of_range
    low, middle, high = (100 * share * end for end in _ends(value))
    return Interval(middle, low, high)


def _plain(name: str) -> Callable[[Measured, Criteria, Criterion], Interval | None]:
    def found(measured: Measured, criteria: Criteria, criterion: Criterion) -> Interval | None:
        value = getattr(measured, name)
        if value is None:
            return None
        low, middle, high = _ends(value)
        return Interval(middle, low, high)

    return found


def _divergence(measured: Measured, criteria: Criteria, criterion: Criterion) -> Interval | None:
    if criterion.at is None:
        return None
    return divergence_of(measured.skewness, measured.excess_kurtosis, weights=criterion.at)


_MEASURES = {
    "divergence": _divergence,
    "sigma_ratio": _plain("sigma_ratio"),
    "sigma_of_range": _plain("sigma_of_range"),
    "step_over_sigma": _plain("step_over_sigma"),
    "drift_of_range": lambda measured, criteria, _: _of_range("drift_over_sigma", measured, criteria),
    "correlation": _plain("correlation"),
    "spread_of_range": lambda measured, criteria, _: _of_range("spread_over_sigma", measured, criteria),
    "log_sigma_spread": _plain("log_sigma_spread"),
    "read_pJ": _plain("read_pJ"),
}
