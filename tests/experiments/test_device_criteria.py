"""The criteria file: what it must hold, and the numbers that are computed for it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import yaml

from noisyweights.experiments.crossbar.networks import costs
from noisyweights.experiments.crossbar.networks import settings as network_settings
from noisyweights.experiments.crossbar.networks.results import Reached, Result
from noisyweights.experiments.device_verdict import criteria as device_criteria
from noisyweights.experiments.regression.settings import WIDER
from noisyweights.experiments.swapped_networks.needs import Needs

NEEDS = Needs(
    effective_weights=(12.0, 200.0), sigma_of_range=(0.02, 0.2), typical_sigma_of_range=0.05, networks=1
)
ROWS = yaml.safe_load(device_criteria.DEFAULT_PATH.read_text(encoding="utf-8"))


def swept(**harmful: int) -> Result:
    """Sweeps in which so many of the worst values cost 5 points, or, below 0, calibration alone."""
    sweeps = {}
    for sweep in network_settings.SWEEPS["mean-field"]:
        scores = np.tile([80.0, 0.5, 0.05, np.nan], (1, len(sweep.values), 1))
        count = harmful.get(sweep.name, 0)
        if count < 0:
            scores[:, :-count, 2] += 0.1
        else:
            scores[:, :count, 0] -= 5
        sweeps[sweep.name] = scores
    reached = Reached(np.array([[80.0, 0.5, 0.05, 0.8]]), None, sweeps)
    nothing = np.zeros((1, 1))
    return Result(
        network_settings.PROFILES["full"], {"mean-field": reached}, nothing, nothing, nothing, {}, {}
    )


def found(**harmful: int) -> dict[str, device_criteria.Criterion]:
    criteria = device_criteria.load(swept=swept(**harmful), needs=NEEDS, read_pJ=0.5).criteria
    return {one.id: one for one in criteria}


def test_fixed_numbers_are_those_of_the_yardstick():
    """A Gaussian whose deviation is 5 % too large, exactly, and the step that widens by as much."""
    fixed = {row["id"]: row["needed"] for row in ROWS}
    assert fixed["shape"] == pytest.approx(math.log(WIDER) + 0.5 / WIDER**2 - 0.5, rel=0.01)
    assert fixed["resolution"] == pytest.approx(math.sqrt(12 * (WIDER**2 - 1)), rel=0.01)
    step, rng = fixed["resolution"], np.random.default_rng(0)
    rounded = step * np.round(rng.normal(size=400_000) / step)
    assert rounded.std() == pytest.approx(WIDER, abs=0.005)  # 4 standard errors of 1/√(2n)


def test_sweeps_networks_and_bills_give_the_other_numbers():
    """Programming errors: 20, 10, 5, 2 … %; the first three cost accuracy, so 2 % is the worst that holds."""
    criteria = found(programming=3, correlation=2, sigma_ratio=-4, sigma_spread=0)
    needed = {name: one.needed for name, one in criteria.items()}
    assert needed["drift"] == needed["spread_of_means"] == (2,)
    assert needed["correlation"] == (0.9,)
    assert needed["spread_of_sigma"] == (1,)
    assert needed["sigma_range"] == (10,)
    assert criteria["sigma_range"].relaxed == 1  # accuracy holds throughout
    assert criteria["shape"].at == 12
    assert needed["sigma_of_range"] == (0.02, 0.2)
    assert needed["energy"] == (0.5,)


def test_what_the_regression_tolerates_stands_beside():
    """Errors 1, 0.5, 0.2, 0.04 … too large: 5 % is allowed, so the fourth value, 2 %, is the worst."""
    errors = np.array([1, 0.5, 0.2, 0.04, 0.01, 0])
    sweeps = {"programming": np.stack([errors, 0 * errors], -1)[np.newaxis]}
    result = replace(swept(), regression_sweeps=sweeps)
    criteria = device_criteria.load(swept=result, needs=NEEDS, read_pJ=0.5).criteria
    words = {one.id: one.regression for one in criteria}
    assert words["drift"] == words["spread_of_means"] == "2"
    assert words["correlation"] == words["shape"] == ""


def test_where_nothing_but_perfection_holds_no_number_is_made_up():
    criteria = found(programming=5)
    assert criteria["drift"].needed is None
    assert "1 is too much already" in criteria["drift"].lacking
    assert "too bad" in found(sigma_ratio=6)["sigma_range"].lacking


def test_what_the_record_lacks_is_said():
    criteria = device_criteria.load(swept=None, needs=None, read_pJ=None).criteria
    lacking = {one.id: one.lacking for one in criteria}
    assert [name for name, why in lacking.items() if not why] == ["resolution"]
    assert "make record" in lacking["drift"]
    assert "make record" in lacking["shape"]


def test_a_junction_at_the_energy_allowed_makes_a_pass_a_tenth():
    """Put the number onto the bill itself, and hold the bills' totals against each other."""
    config = network_settings.PROFILES["full"]
    array, digital = (costs.bill(config, "mean-field", place, passes=1) for place in costs.PLACES)
    each = next(item.each for item in array.items if item.component == "junction reads")
    pJ = device_criteria.junction_read_pJ()
    priced = array.repriced("junction reads", replace(each, low=pJ, typical=pJ, high=pJ))
    assert priced.energy_pJ.typical / digital.energy_pJ.typical == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"relation": "<"}, "relation must be"),
        ({"mend": "pray"}, "mend must be"),
        ({"quantity": "luck"}, "quantity must be"),
        ({"needed": {"sweep": "luck"}}, "no sweep is called 'luck'"),
        ({"needed": {"networks": "luck"}}, "not 'luck'"),
        ({"needed": {"bill": "luck"}}, "nothing that a number"),
        ({"needed": "much"}, "'much'"),
        ({"reason": "because"}, "must have the fields"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path, changed, named):
    row = next(row for row in ROWS if row["id"] == "drift")
    path = tmp_path / "criteria.yml"
    path.write_text(yaml.safe_dump([row | changed]))
    with pytest.raises(ValueError, match=named):
        device_criteria.load(swept=None, needs=NEEDS, read_pJ=0.5, path=path)


def test_two_criteria_of_one_id_are_refused(tmp_path):
    path = tmp_path / "criteria.yml"
    path.write_text(yaml.safe_dump([ROWS[0], ROWS[0]]))
    with pytest.raises(ValueError, match="two criteria of one id"):
        device_criteria.load(swept=None, needs=NEEDS, read_pJ=0.5, path=path)


def test_without_a_whole_record_there_are_no_sweeps(tmp_path, monkeypatch):
    monkeypatch.setattr(device_criteria.record, "FOLDER", tmp_path)
    assert device_criteria.recorded_sweeps() is None
