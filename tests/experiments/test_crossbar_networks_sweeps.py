"""Sweeps of a chip: each changes one thing, from bad to good, and what it tolerates is said in words."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights.experiments.crossbar.networks import sweeps as crossbar_sweeps
from noisyweights.experiments.crossbar.networks.settings import CHIPS, SWEEPS
from noisyweights.experiments.crossbar.networks.sweeps import CORRELATION, limit, perfected, tolerated
from noisyweights.hardware.array import crossbar

# The field of a chip that a sweep of another name changes.
PARTS = {
    **dict.fromkeys(("levels", "sign_spread", "coin_spread"), "cell"),
    **dict.fromkeys(("programming", "stuck"), "faults"),
    **dict.fromkeys(("sigma_ratio", "sigma_levels", "sigma_spread"), "junctions"),
}


@pytest.mark.parametrize(
    ("method", "sweep"),
    [(method, sweep) for method, all_of in SWEEPS.items() for sweep in all_of if sweep is not CORRELATION],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_sweep_changes_one_thing_of_a_perfect_chip(method, sweep):
    perfect = perfected(CHIPS[method])
    assert perfect.dac_bits is None
    assert perfect.adc_bits is None
    assert perfect.read_noise == 0
    assert perfect.faults == ()
    fields = {name for name in perfect.__dataclass_fields__ if name != "source"}
    of_part = {"vectors": "scales", "scale_spread": "scales", "coin_bits": "coin_bits"}
    part = of_part.get(sweep.name, sweep.name if sweep.name in fields else PARTS.get(sweep.name))
    expected = {"row_ohm", "column_ohm"} if sweep.name == "wires" else {part}
    found = set()
    for value in sweep.values:
        changed = sweep.changed(perfect, value)
        found |= {name for name in fields if getattr(changed, name) != getattr(perfect, name)}
    assert found == expected


@pytest.mark.parametrize("sweep", crossbar_sweeps.MEAN_FIELD, ids=lambda sweep: sweep.name)
def test_values_of_a_sweep_go_from_bad_to_good(sweep):
    """By how far weights on the worst, the middle and the best chip are from those wanted."""
    if sweep.name in {"adc_bits", "dac_bits"}:
        assert np.all(np.diff(sweep.values) > 0)
        return
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(0, 1, (60, 20)), np.exp(rng.normal(-2, 1, (60, 20)))
    errors = []
    for value in sweep.values[::5]:
        chip = sweep.changed(perfected(CHIPS["mean-field"]), value)
        placed = crossbar.place(mean, deviation, cell=chip.cell, rng=np.random.default_rng(1))
        placed = replace(
            placed,
            deviation_uS=chip.junctions.set_to(placed.deviation_uS, power=None, rng=np.random.default_rng(2)),
        )
        for fault in chip.faults:
            placed = replace(placed, positive_uS=fault(placed.positive_uS, rng=np.random.default_rng(3)))
        wires = {"row_ohm": chip.row_ohm, "column_ohm": chip.column_ohm}
        placed = placed.wired(rows=chip.rows, columns=chip.columns, **wires)
        noise = chip.read_noise * np.hypot(placed.positive_uS, placed.negative_uS) / placed.gain_uS
        errors.append(
            np.abs(placed.weights - mean).sum() + np.abs(placed.deviations - deviation).sum() + noise.sum()
        )
    assert errors[0] > 2 * errors[1]


@pytest.mark.parametrize(
    ("holds", "first"), [("1111", 4), ("0011", 2), ("1011", 2), ("0001", 1), ("1110", None), ("0000", None)]
)
def test_tolerated_is_the_worst_from_which_on_all_hold(holds, first):
    assert tolerated((4, 3, 2, 1), [one == "1" for one in holds]) == first


def test_limits_are_said_in_words():
    assert limit((10, 1, 0), [False, True, True]) == "1"
    assert limit((10, 1, 0), [False, False, True]) == "below 1"
    assert limit((2, 4, 8), [False, False, False]) == "better than tried"
