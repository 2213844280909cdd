"""Readings by cell and level."""

import dataclasses

import numpy as np
import pytest

from noisyweights.datasets.noise_traces import NoiseTrace
from noisyweights.experiments.device_readings import groups


def trace(n: int = 600, **given: object) -> NoiseTrace:
    named = {"unit": "µS", "name": "t", "column": "", "source": "", "sha256": "", "dropped": 0}
    return NoiseTrace(samples=np.arange(n, dtype=float), **(named | given))


def test_a_trace_of_one_cell_is_one_group() -> None:
    (only,) = groups.of_trace(trace())
    assert (only.label, only.cell, len(only.samples)) == ("", 0, 600)
    assert np.isnan(only.level)


def test_cells_and_levels_are_kept_apart_in_order_of_time() -> None:
    cell, level = np.arange(600) % 2, np.repeat([5.0, 1.0, 9.0], 200)
    found = groups.of_trace(trace(cells=("a", "b"), cell=cell, level=level))
    assert [one.label for one in found] == [f"{c} at {g:g} µS" for c in "ab" for g in (1, 5, 9)]
    assert all(len(one.samples) == 100 and (np.diff(one.samples) == 2).all() for one in found)
    assert all(cell[one.samples.astype(int)].tolist() == [one.cell] * 100 for one in found)


def test_a_level_for_every_reading_is_a_sweep() -> None:
    with pytest.raises(ValueError, match="600 levels in 600 readings are a sweep"):
        groups.of_trace(trace(level=np.linspace(0, 1, 600)))


def test_readings_that_repeat_reads_count_once() -> None:
    once = np.random.default_rng(0).standard_normal(600)
    (only,) = groups.of_trace(dataclasses.replace(trace(), samples=np.repeat(once, 4)))
    assert only.repeats == 4
    np.testing.assert_array_equal(only.samples, once)


def test_reads_too_few_behind_many_readings_are_refused() -> None:
    held = np.repeat(np.random.default_rng(0).standard_normal(60), 10)
    with pytest.raises(ValueError, match="600 readings repeat 60 reads, each 10 times in a row"):
        groups.of_trace(dataclasses.replace(trace(), samples=held))
