"""What is said of width: how distances change from end to end, and the width that is enough."""

import numpy as np
import pytest

from noisyweights.experiments.compared_laws import LAWS
from noisyweights.experiments.energy_distance import width_claims
from noisyweights.ledger import verdicts
from noisyweights.ledger.verdicts import State, Verdict

WIDTHS = (2, 4, 8)


def known(*by_width):
    """Distances (widths, trainings, laws) that two laws share, and all trainings but for a hair."""
    trainings = np.array([0.999, 1.0, 1.001])
    return np.array(by_width)[:, None, None] * trainings[:, None] * np.ones(2)


def test_change_from_end_to_end():
    found = width_claims.change(known(0.2, 0.9, 0.1))
    assert found.value == pytest.approx(np.log(0.5), abs=1e-9)
    # Every training changes alike, so that nothing is left to chance.
    assert found.high - found.low < 1e-9
    apart = known(0.2, 0.9, 0.1)
    apart[-1, :, 1] = 0.4
    assert width_claims.change(apart).value == pytest.approx(np.log(2), abs=1e-3)  # the larger of two laws


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ((0.2, 0.04, 0.03), (4, 4, 4)),
        ((0.04, 0.03, 0.02), (2, 2, 2)),
        ((0.04, 0.2, 0.03), (8, 8, 8)),  # once more above the bound: not yet enough
        ((0.2, 0.2, 0.2), (16, 16, np.inf)),  # beyond what was tried
        ((0.2, 0.0501, 0.03), (8, 4, 8)),  # an interval about the bound
        ((0.2, 0.0499, 0.03), (4, 4, 8)),
    ],
)
def test_the_width_that_is_enough(distances, expected):
    assert tuple(width_claims.enough(known(*distances), WIDTHS, bound=0.05)) == expected


def test_a_single_training_says_nothing():
    found = width_claims.enough(known(0.2, 0.04, 0.03)[:, :1], WIDTHS, bound=0.05)
    assert tuple(found) == (4, 2, np.inf)


def made_up(slope, *, depths=(1, 2, 4), widths=(2, 8, 32)):
    """What is measured of distances that are powers of the width, in three trainings."""
    spread = np.array([0.99, 1.0, 1.01])[:, None] * np.ones(len(LAWS))
    distances = 0.1 * np.array(widths, float)[:, None, None] ** slope * spread
    of = dict.fromkeys(depths, distances)
    return width_claims.measurements(of, of, widths=widths)


@pytest.mark.parametrize(
    ("slope", "width", "law"),
    [(-1.0, Verdict.REPRODUCED, State.HOLDS), (0.1, Verdict.NOT_REPRODUCED, State.FAILS)],
)
def test_verdicts_follow_the_slope_put_in(slope, width, law):
    found = made_up(slope)
    (checked,) = verdicts.check_states("P-energy-law", found)
    assert checked.state is law
    states = {one.check.quantity: one.state for one in verdicts.check_states("P-energy-width", found)}
    if slope > 0:  # nothing is known of a width beyond the widest
        assert states["change_depth_2"] is State.FAILS
    assert verdicts.verdict("P-energy-width", found) is width


def test_other_networks_leave_the_row_out():
    found = made_up(-1.0, depths=(1, 3))
    assert {one.claim for one in found} == {"P-energy-law"}
