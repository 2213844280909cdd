"""Pictures of bills: bars are as long as what they stand for, and none touches its frame."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import pyplot as plt

from noisyweights.pages import bill_pictures
from noisyweights.scores.estimates import Interval

ROWS = [
    {"quantity": quantity, "layer": layer, "kind": kind, "typical": 1e3 * (place + 1)}
    for quantity in bill_pictures.QUANTITIES
    for place, (layer, kind) in enumerate(
        (("one", "cells"), ("one", "logic"), ("two", "logic"), ("", "logic"))
    )
]


@pytest.fixture
def axes():
    figure, found = plt.subplots(1, 4)
    yield found
    plt.close(figure)


def test_layers_are_stacked_by_kinds(axes):
    bill_pictures.draw_layers(axes, ROWS, kinds=["cells", "logic"])
    bars = [(bar.get_x(), bar.get_width()) for bar in axes[0].patches]
    assert bars == [(0, 1), (0, 0), (0, 0), (1, 2), (0, 3), (0, 4)]
    assert "energy, nJ: 10" in (axes[0].get_title(loc=side) for side in ("left", "center"))
    assert axes[0].get_xlim() == pytest.approx((0, 1.06 * 4))
    assert [one.get_text() for one in axes[0].get_yticklabels()] == ["1", "2", "all"]
    with pytest.raises(ValueError, match="the table has logic, and kinds only cells"):
        bill_pictures.draw_layers(axes, ROWS, kinds=["cells"])


def test_a_tornado_has_room_on_both_sides(axes):
    swings = {"wide": (9.0, 1.0), "narrow": (4.0, 6.0)}
    bill_pictures.draw_swings(axes[0], swings, typical=5.0, label="pJ", title="it")
    assert [(bar.get_x(), bar.get_width()) for bar in axes[0].patches] == [(4, 2), (1, 8)]
    low, high = axes[0].get_xlim()
    # A ninth of the bars' length in logarithms, 9 times.
    assert low == pytest.approx(9**-0.09)
    assert high == pytest.approx(9**1.09)
    assert [one.get_text() for one in axes[0].get_yticklabels()] == ["narrow", "wide"]


def test_designs_are_numbered_and_filled_on_the_front(axes):
    placed = [
        SimpleNamespace(objectives=(Interval(1, 0, 2), Interval(10, 5, 20)), on_front=held, place=place)
        for held, place in ((True, "array"), (False, "digital"))
    ]
    placed[1].objectives = (Interval(2, -np.inf, np.inf), Interval(30, 20, 40))
    bill_pictures.draw_front(axes[0], placed, objective=0, words="error")
    assert [one.get_text() for one in axes[0].texts] == ["1", "2"]
    markers = [line for line in axes[0].lines if line.get_marker() not in ("None", None, "")]
    assert [line.get_markerfacecolor() == "none" for line in markers] == [False, True]
    # One vertical interval: that of a single training has no ends.
    assert len(axes[0].lines) == 2 + 2 + 1
