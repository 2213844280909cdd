"""Verdicts on devices: what passes, what fails, on which conditions, and what no file tells."""

import math

import numpy as np
import pytest

from noisyweights.experiments.device_verdict.criteria import Criteria, Criterion
from noisyweights.experiments.device_verdict.mends import reads_skipped
from noisyweights.experiments.device_verdict.verdict import (
    Finding,
    Measured,
    State,
    Verdict,
    divergence_of,
    judge,
)
from noisyweights.experiments.swapped_networks.needs import Needs
from noisyweights.scores.estimates import Interval

NEEDS = Needs(
    effective_weights=(10.0, 200.0), sigma_of_range=(0.02, 0.2), typical_sigma_of_range=0.05, networks=1
)
GAUSSIAN = {"skewness": 0.0, "excess_kurtosis": 0.0}
IDEAL = GAUSSIAN | {
    "sigma_ratio": 30.0, "sigma_of_range": 0.05, "step_over_sigma": 0.01, "drift_over_sigma": 0.0,
    "correlation": 0.0, "spread_over_sigma": 0.0, "log_sigma_spread": 0.0, "read_pJ": 0.01, "reads": 10_000,
}  # fmt: skip


def one(
    quantity: str, relation: str, *needed: float, unit: str = "", mend: str = "none", **more
) -> Criterion:
    return Criterion(quantity, quantity, quantity, quantity, unit, relation, needed, "", "", mend, **more)


ALL = (
    one("divergence", "<=", 0.0023, unit="nats", mend="more_weights", at=10.0),
    one("sigma_ratio", ">=", 4.0, mend="accuracy_alone", relaxed=1.0),
    one("sigma_of_range", "within", 0.02, 0.2, mend="gain"),
    one("step_over_sigma", "<=", 1.11, mend="finer_step"),
    Criterion("drift", "drift", "drift", "drift_of_range", "%", "<=", (2.0,), "", "", "recalibrate"),
    Criterion(
        "correlation", "correlation", "correlation", "correlation", "", "<=", (0.9,), "", "", "skip_reads"
    ),
    one("spread_of_range", "<=", 2.0, unit="%", mend="write_and_verify"),
    one("log_sigma_spread", "<=", 0.5, mend="set_each_sigma"),
    one("read_pJ", "<=", 0.5, unit="pJ", mend="cheaper_reads"),
)


def verdict(measured: dict, criteria=ALL, needs: Needs | None = NEEDS) -> Verdict:
    return judge(Measured(**measured), Criteria(criteria, needs, draws=50))


def finding(measured: dict, quantity: str, **more) -> Finding:
    return next(one for one in verdict(measured, **more).findings if one.criterion.quantity == quantity)


def test_an_ideal_gaussian_is_fit():
    found = verdict(IDEAL)
    assert (found.word, found.headline, found.reasons) == ("fit", "fit", ())
    assert all(one.state is State.MET for one in found.findings)


def test_nothing_is_guessed_of_a_file_that_tells_the_shape_alone():
    found = verdict(GAUSSIAN)
    assert found.word == "fit"
    assert "8 of 9 criteria stay open" in found.headline
    assert len(found.of(State.OPEN)) == 8
    assert all("Cannot be told from this file" in one for one in found.of(State.OPEN))
    assert verdict({}).headline == "cannot be told"


def test_two_point_noise_fails_in_few_weights_and_not_in_many():
    """κ²/(48 n²) with κ = −2: 0.0052 nats at 4 weights, above 0.0023, which takes 6.02; 0.0008 at 10."""
    two_point = {"skewness": 0.0, "excess_kurtosis": -2.0}
    few = (one("divergence", "<=", 0.0023, unit="nats", mend="more_weights", at=4.0),)
    found = verdict(two_point, few)
    assert found.word == "fit if"
    assert found.findings[0].measured.value == pytest.approx(4 / 48 / 16)
    assert "0.00521 nats" in found.of(State.CONDITION)[0]
    assert "at least 7 weights" in found.of(State.CONDITION)[0]
    assert "error is about 33 %" in found.of(State.CONDITION)[0]  # κ/n = 2/6.02
    assert finding(two_point, "divergence").state is State.MET
    # In steps as wide as two of its deviations it is seen for what it is.
    assert finding(two_point | {"step_over_sigma": 2.0}, "step_over_sigma").state is State.CONDITION


def test_shapes_that_no_recorded_network_smooths_are_unfit():
    """Skewness 3 of one sign takes 0.75/0.0023 = 326 weights, and the networks have less than 200."""
    assert verdict(IDEAL | {"skewness": 3.0, "excess_kurtosis": 14.0}).word == "unfit"
    infinite = verdict(IDEAL | {"excess_kurtosis": math.inf})
    assert infinite.word == "unfit"
    assert "infinite" in infinite.reasons[0]


def test_the_shape_needs_no_network_for_its_number():
    bare = (one("divergence", "<=", 0.0023, unit="nats", mend="more_weights", at=None),)
    found = verdict({"skewness": 0.0, "excess_kurtosis": -1.2}, bare, needs=None)
    assert found.word == "fit if"
    assert "at least 4 weights" in found.of(State.CONDITION)[0]  # 3.6


def test_a_trace_of_drift_is_unfit():
    """100 σ in 1000 reads is 500 % of the range, of which 2 may drift: in 4 reads, and a prediction is 50."""
    drifting = verdict(IDEAL | {"drift_over_sigma": 100.0, "reads": 1000})
    assert drifting.word == "unfit"
    assert "every 4 reads" in drifting.reasons[0]
    slow = verdict(IDEAL | {"drift_over_sigma": 4.0, "reads": 1000})
    assert slow.word == "fit if"
    assert slow.of(State.CONDITION)[0].endswith(
        "20 %, where at most 2 % is needed: it must be calibrated every 100 reads."
    )
    unknown = verdict(IDEAL | {"drift_over_sigma": 4.0, "reads": None})
    assert "10 times as often" in unknown.of(State.CONDITION)[0]


def test_drift_counts_by_the_networks_width_where_the_file_tells_no_range():
    found = finding(GAUSSIAN | {"drift_over_sigma": 0.2}, "drift_of_range")
    assert (found.state, found.measured.value) == (State.MET, pytest.approx(1.0))  # 0.2 σ of 5 %
    bare = finding(GAUSSIAN | {"drift_over_sigma": 0.2}, "drift_of_range", needs=None)
    assert (bare.state, bare.measured) == (State.OPEN, None)
    assert "is 0.2; what share" in bare.sentence


def test_reads_that_remember_are_skipped():
    """0.99 to the 11th is 0.895, the first at or below 0.9."""
    found = verdict(IDEAL | {"correlation": 0.99})
    assert found.of(State.CONDITION)[0].endswith("only one read in 11 may be used.")
    assert 0.99**11 <= 0.9 < 0.99**10
    assert verdict(IDEAL | {"correlation": 1.0}).word == "unfit"
    assert reads_skipped(0.99, 0.9, 40.0) == 40  # a long memory counts
    assert reads_skipped(0.5, 0.9, 40.0) == 1


def test_skipped_reads_must_fit_between_two_calibrations():
    """4 σ in 1000 reads leave 100 between calibrations, and 50 draws of one read in 11 take 550."""
    slow = IDEAL | {"drift_over_sigma": 4.0, "reads": 1000}
    both = verdict(slow | {"correlation": 0.99})
    assert both.word == "unfit"
    assert "takes 550 reads" in both.reasons[0]
    assert verdict(slow | {"correlation": 0.8}).word == "fit if"


@pytest.mark.parametrize(
    ("changed", "state", "end"),
    [
        ({"sigma_ratio": 2.0}, State.CONDITION, "for which 1 will do, and not calibration."),
        ({"sigma_of_range": 0.01}, State.CONDITION, "read 2 times as strongly as the mean."),
        ({"sigma_of_range": 0.4}, State.CONDITION, "4 fresh reads must be averaged for each draw."),
        ({"sigma_of_range": 0.0}, State.UNFIT, "no noise that could be read more strongly."),
        ({"step_over_sigma": 2.22}, State.CONDITION, "steps must be 2 times finer."),
        ({"spread_over_sigma": 1.0}, State.CONDITION, "until its own mean reads right."),
        ({"log_sigma_spread": 1.0}, State.CONDITION, "the width of every cell must be set by itself."),
        ({"read_pJ": 1.0}, State.CONDITION, "to cost at most 0.5 pJ."),
    ],
)
def test_what_is_missed_says_what_mends_it(changed, state, end):
    (sentence,) = verdict(IDEAL | changed).of(state)
    assert sentence.endswith(end)


def test_a_range_that_accuracy_needs_too_is_unfit():
    wide = (one("sigma_ratio", ">=", 10.0, mend="accuracy_alone", relaxed=4.0),)
    assert verdict({"sigma_ratio": 2.0}, wide).word == "unfit"
    assert verdict({"sigma_ratio": 5.0}, wide).word == "fit if"


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [(0.1, 0.2, State.MET), (1.0, 1.3, State.OPEN), (1.2, 1.3, State.CONDITION)],
)
def test_an_interval_must_lie_on_one_side(low, high, state):
    value = Interval((low + high) / 2, low, high)
    found = finding(IDEAL | {"step_over_sigma": value}, "step_over_sigma")
    assert found.state is state
    assert ("too short to tell" in found.sentence) == (state is State.OPEN)


def test_an_interval_around_a_range_is_open():
    assert finding(IDEAL | {"sigma_of_range": Interval(0.1, 0.01, 0.4)}, "sigma_of_range").state is State.OPEN
    assert (
        finding(IDEAL | {"sigma_of_range": Interval(0.3, 0.25, 0.4)}, "sigma_of_range").state
        is State.CONDITION
    )


def test_a_divergence_runs_over_both_intervals():
    """At 10 weights: κ from −1 to 2 gives 0 to 4/4800, γ from −0.5 to −0.1 adds 0.01/120 to 0.25/120."""
    found = divergence_of(Interval(-0.3, -0.5, -0.1), Interval(0.5, -1, 2), weights=10.0)
    assert found == pytest.approx((0.09 / 120 + 0.25 / 4800, 0.01 / 120, 0.25 / 120 + 4 / 4800))
    assert divergence_of(None, 0.0, weights=10.0) is None


def test_a_number_that_the_record_lacks_leaves_a_criterion_open():
    lacking = (
        Criterion("a", "widths", "width", "sigma_ratio", "", ">=", None, "", "", "none", lacking="no sweep"),
    )
    found = verdict({"sigma_ratio": 2.0}, lacking)
    assert found.word == "cannot be told"
    assert found.of(State.OPEN) == ("Width is 2; what is needed is not known: no sweep.",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"skewness": np.nan}, {"correlation": 1.5}, {"sigma_ratio": 0.5}, {"drift_over_sigma": -1.0},
        {"excess_kurtosis": -3.0}, {"read_pJ": Interval(1.0, 2.0, 3.0)},
    ],
)  # fmt: skip
def test_impossible_measurements_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("correlation", "correlation|most 1")):
        Measured(**wrong)
