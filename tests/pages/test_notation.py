"""Numbers as a reader writes them."""

import math

import pytest

from noisyweights.ledger.claims import Check, Measurement
from noisyweights.pages import notation


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.0123"),
        (-4.5, "−4.50"),
        (57, "57"),
        (0, "0"),
        (12345.6, "12,346"),
        (3.2e-16, "3.20 × 10⁻¹⁶"),
        (-2.5e9, "−2.50 × 10⁹"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "unknown"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert notation.number(value) == text


def test_what_rounding_leaves_of_a_zero_is_a_zero() -> None:
    assert notation.number(-5.551e-17, among=1.0) == "0"
    assert notation.number(-5.551e-17) == "−5.55 × 10⁻¹⁷"  # a small number in its own right
    assert notation.number(2e-6, among=1e3) == "2.00 × 10⁻⁶"


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "text"),
    [
        (0.01234, 0.0101, 0.0146, "nats", "0.0123 nats (0.0101 to 0.0146)"),
        (-0.02, -0.03, -0.01, "", "−0.020 (−0.030 to −0.010)"),
        (0.0, -1.0, 1.0, "", "0.0 (−1.0 to 1.0)"),
        (91.23, 91.0, 91.46, "%", "91.23 % (91.00 to 91.46)"),
        (1234.0, 1000.0, 1500.0, "", "1,234 (1,000 to 1,500)"),
        (2.34e-7, 2.1e-7, 2.6e-7, "", "2.34 × 10⁻⁷ (2.10 to 2.60 × 10⁻⁷)"),
        (-0.0001, -0.4, 0.4, "", "0.00 (−0.40 to 0.40)"),
        (11.0, 11.0, 11.0, "nodes", "11 nodes"),
        (0.5, -math.inf, math.inf, "", "0.500 (no interval)"),
        (0.5, 0.25, math.inf, "", "0.50 (0.25 to ∞)"),
    ],
)
def test_interval(value: float, low: float, high: float, unit: str, text: str) -> None:
    assert notation.interval(Measurement("P", "q", value, low, high, 9, unit)) == text


@pytest.mark.parametrize(
    ("relation", "bound", "unit", "text"),
    [
        ("<=", (0.02,), "", "≤ 0.02"),
        ("<=", (1e-12,), "", "≤ 1 × 10⁻¹²"),
        (">=", (-0.005,), "nats", "≥ −0.005 nats"),
        ("within", (8.0, 14.0), "nodes", "8 to 14 nodes"),
    ],
)
def test_requirement(relation: str, bound: tuple[float, ...], unit: str, text: str) -> None:
    assert notation.requirement(Check("q", unit, relation, bound, "words")) == text


def test_sample_size_tells_computed_from_sampled() -> None:
    assert notation.sample_size(Measurement.exact("P", "q", 1.0)) == "computed"
    assert notation.sample_size(Measurement("P", "q", 1.0, 0.5, 1.5, 20_000)) == "n = 20,000"


def test_duration() -> None:
    assert [notation.duration(s) for s in (3, 600, 36_000)] == ["3 s", "10 min", "10.0 h"]


@pytest.mark.parametrize(
    ("ends", "text"),
    [((-0.5, 1.0), "0.25 (−0.50 to 1.00)"), ((-math.inf, math.inf), "0.25")],
)
def test_an_estimate_stands_between_its_ends(ends, text):
    assert notation.between(0.25, *ends, digits=2) == text
