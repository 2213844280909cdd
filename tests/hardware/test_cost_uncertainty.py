"""Uncertainty of bills: shared figures move together, wide ranges are drawn as said, gaps are solved."""

import numpy as np
import pytest
from scipy import stats

from noisyweights.hardware.costs import Bill, Item, figures, uncertainty
from noisyweights.hardware.costs.ranges import Figure, between, within_factor

PRICE = between(1.0, 100.0, unit="pJ", source="a price")
OTHER = within_factor(10.0, 1.1, unit="pJ", source="another")


def bill(*lines):
    return Bill(tuple(Item(*line) for line in lines), (), ())


def test_the_typical_value_is_the_median_and_the_ends_are_met():
    lopsided = Figure(1.0, 2.0, 50.0, "pJ", "two ends and a middle")
    assert uncertainty.relative(lopsided, [0.0, 0.25, 0.5, 0.75, 1.0]) == pytest.approx(
        [0.5, 0.5**0.5, 1.0, 5.0, 25.0]
    )


def test_one_figure_is_log_uniform():
    (drawn,) = uncertainty.drawn_pJ(bill(("a", 3, PRICE)), draws=4000, seed=1)
    # A right law fails once in a million.
    assert stats.kstest(drawn / 3, stats.loguniform(1.0, 100.0).cdf).pvalue > 1e-6
    assert stats.kstest(drawn / 3, stats.uniform(1.0, 99.0).cdf).pvalue < 1e-6


def test_a_figure_is_the_same_in_all_items_and_bills():
    code = between(1.0, 10.0, unit="fJ", source="a code")
    four, eight = (figures.conversion_pJ(code, bits=bits) for bits in (4, 8))
    first, second = uncertainty.drawn_pJ(bill(("x", 5, four)), bill(("y", 2, eight)), draws=50, seed=2)
    assert second / first == pytest.approx(np.full(50, 2 * 2**4 / 5))
    alike = within_factor(4.0, 1.5, unit="pJ", source="one"), within_factor(4.0, 1.5, unit="pJ", source="two")
    apart = uncertainty.drawn_pJ(*(bill(("x", 1, one)) for one in alike), draws=50, seed=2)
    assert not np.allclose(*apart)


def test_a_read_goes_with_the_square_of_its_voltage():
    read = figures.read_pJ(figures.BINARY_CELL_uS, figures.READ_V)
    found = uncertainty.swings(bill(("reads", 1, read)))
    for figure, power in ((figures.BINARY_CELL_uS, 1), (figures.READ_V, 2), (figures.READ_ns, 1)):
        low, high = found[figure]
        assert high / low == pytest.approx((figure.high / figure.low) ** power)
    assert set(found) == {figures.BINARY_CELL_uS, figures.READ_V, figures.READ_ns}


def test_small_errors_add_in_quadrature():
    first, second = (within_factor(10.0, 1.01, unit="pJ", source=name) for name in ("first", "second"))
    (drawn,) = uncertainty.drawn_pJ(bill(("a", 3, first), ("b", 4, second)), draws=20_000, seed=3)
    # A log-uniform range of ±δ has the deviation δ/√3; 20,000 draws know it to 0.4 %; allowed is 2.5.
    expected = 10 * np.log(1.01) / np.sqrt(3) * np.hypot(3, 4)
    assert drawn.std() == pytest.approx(expected, rel=0.025)


def test_the_figure_that_moves_most_comes_first():
    one = bill(("a", 1, PRICE), ("b", 1, OTHER))
    found = uncertainty.swings(one)
    assert list(found) == [PRICE, OTHER]
    assert found[PRICE] == pytest.approx((11.0, 110.0))
    assert found[OTHER] == pytest.approx((10 + 10 / 1.1, 10 + 11.0))
    against = uncertainty.swings(one, over=bill(("a", 2, PRICE)))
    assert against[PRICE] == pytest.approx(((1 + 10) / 2, (100 + 10) / 200))


def test_what_a_figure_would_have_to_be():
    one = bill(("a", 1, PRICE), ("b", 1, OTHER))  # 20 pJ, typically
    found = uncertainty.needed(one, pJ=15.0)
    assert found == pytest.approx({PRICE: 5.0, OTHER: 5.0})
    assert uncertainty.needed(one, pJ=10.0) == {PRICE: None, OTHER: None}
    read = figures.read_pJ(figures.BINARY_CELL_uS, figures.READ_V)
    quarter = uncertainty.needed(bill(("reads", 1, read)), pJ=read.typical / 4)
    assert quarter[figures.READ_V] == pytest.approx(figures.READ_V.typical / 2)
    with pytest.raises(ValueError, match="an energy is positive, got 0 pJ"):
        uncertainty.needed(one, pJ=0)
    mixed = figures.read_pJ(figures.BINARY_CELL_uS, figures.READ_V)
    twice = Figure(1.0, 1.0, 1.0, "pJ", "V alone", ((figures.READ_V, 1.0),))
    with pytest.raises(ValueError, match="voltage of a read stands on the bill with the powers 1, 2"):
        uncertainty.needed(bill(("reads", 1, mixed), ("more", 1, twice)), pJ=1.0)
