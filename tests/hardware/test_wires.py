"""Wires with resistance: the elimination against all nodes at once, one cell by hand, and the iteration."""

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware.array.wires import approximate_currents_uA, column_currents_uA


def dense(conductance, volts, row_ohm, column_ohm):
    """Nodal analysis branch by branch with a dense solver: another formulation of the same circuit."""
    rows, columns = conductance.shape
    names = [(wire, i, j) for wire in "rc" for i in range(rows) for j in range(columns)]
    number = {name: at for at, name in enumerate(names)}
    matrix, source = np.zeros((len(names), len(names))), np.zeros(len(names))

    def branch(one, other, siemens, at=0.0):
        here = number[one]
        matrix[here, here] += siemens
        if other is None:
            source[here] += siemens * at
            return
        there = number[other]
        matrix[there, there] += siemens
        matrix[here, there] -= siemens
        matrix[there, here] -= siemens

    for i in range(rows):
        for j in range(columns):
            branch(("r", i, j), ("r", i, j - 1) if j else None, 1 / row_ohm, volts[i])
            branch(("c", i, j), ("c", i + 1, j) if i + 1 < rows else None, 1 / column_ohm)
            branch(("r", i, j), ("c", i, j), conductance[i, j] * 1e-6)
    found = np.linalg.solve(matrix, source)
    return np.array([found[number["c", rows - 1, j]] / column_ohm * 1e6 for j in range(columns)])


def array(rows=6, columns=5, high=100.0):
    rng = seeds.generator(0, "array", rows, columns)
    return rng.uniform(5, high, (rows, columns)), rng.uniform(-0.2, 0.3, rows)


@pytest.mark.parametrize("resistances", [(5.0, 5.0), (1.0, 40.0), (300.0, 2.0)])
def test_currents_are_those_of_a_dense_formulation(resistances):
    conductance, volts = array()
    row_ohm, column_ohm = resistances
    found = column_currents_uA(conductance, volts, row_ohm=row_ohm, column_ohm=column_ohm)
    np.testing.assert_allclose(found, dense(conductance, volts, *resistances), rtol=1e-9)


@pytest.mark.parametrize("shape", [(2, 9), (9, 2), (1, 5), (5, 1)])
def test_wide_arrays_are_solved_as_tall_ones_are(shape):
    conductance, volts = array(*shape)
    conductance[0, -1] = 0.0  # a cell that is not there
    found = column_currents_uA(conductance, volts, row_ohm=200.0, column_ohm=7.0)
    np.testing.assert_allclose(found, dense(conductance, volts, 200.0, 7.0), rtol=1e-9)


def test_one_cell_is_three_resistors_in_a_row():
    found = column_currents_uA([[50.0]], [0.2], row_ohm=1000.0, column_ohm=3000.0)
    np.testing.assert_allclose(found, [0.2 / (1000 + 3000 + 1e6 / 50) * 1e6], rtol=1e-12)


def test_perfect_wires_give_the_product():
    conductance, volts = array()
    expected = volts @ conductance
    np.testing.assert_array_equal(column_currents_uA(conductance, volts, row_ohm=0, column_ohm=0), expected)
    # One perfect wire of two: as a resistance that does not matter.
    for ohms in ((0.0, 10.0), (10.0, 0.0)):
        found = column_currents_uA(conductance, volts, row_ohm=ohms[0], column_ohm=ohms[1])
        nearly = [max(one, 1e-6) for one in ohms]
        np.testing.assert_allclose(found, dense(conductance, volts, *nearly), rtol=1e-5)


def test_the_network_is_linear_in_its_inputs():
    conductance, volts = array()
    many = np.stack([[volts, 2 * volts], [volts[::-1], volts + volts[::-1]]])
    found = column_currents_uA(conductance, many, row_ohm=5, column_ohm=5)
    assert found.shape == (2, 2, 5)
    np.testing.assert_allclose(found[0, 1], 2 * found[0, 0], rtol=1e-9)
    np.testing.assert_allclose(found[1, 1], found[0, 0] + found[1, 0], rtol=1e-9)


@pytest.mark.parametrize("ohms", [(0.1, 0.1), (500.0, 500.0), (0.0, 50.0), (50.0, 0.0), (2e4, 3.0)])
@pytest.mark.parametrize("shape", [(16, 7), (5, 12), (1, 1)])
def test_the_iteration_is_as_close_as_it_says_in_any_circuit(shape, ohms):
    conductance, volts = array(*shape)
    conductance[0, -1] = 0.0  # a cell that is not there
    wires = {"row_ohm": ohms[0], "column_ohm": ohms[1]}
    parts = [column_currents_uA(conductance, np.maximum(sign * volts, 0), **wires) for sign in (1, -1)]
    found = approximate_currents_uA(conductance, np.stack([volts, -volts]), **wires, tolerance=1e-4)
    for sign, currents in zip((1, -1), found, strict=True):
        assert (np.abs(currents - sign * (parts[0] - parts[1])) <= 1e-4 * (parts[0] + parts[1])).all()


def test_what_is_left_is_said_and_holds():
    # Cells that conduct as well as their wires, far from the driver: the slowest kind.
    conductance, volts = np.full((12, 12), 500.0), np.ones(12)
    wires = {"row_ohm": 200.0, "column_ohm": 200.0}
    with pytest.raises(
        ArithmeticError, match=r"known to 0\.[0-9]* of themselves, not to 0.001: allow more"
    ) as told:
        approximate_currents_uA(conductance, volts, **wires, iterations=4)
    left = float(str(told.value).split("known to ")[1].split(" ")[0])
    exact = column_currents_uA(conductance, volts, **wires)
    loose = approximate_currents_uA(conductance, volts, **wires, iterations=4, tolerance=1.01 * left)
    assert 1e-3 < np.abs(loose / exact - 1).max() <= 1.01 * left
    with pytest.raises(ArithmeticError):
        approximate_currents_uA(conductance, volts, **wires, iterations=4, tolerance=0.98 * left)


@pytest.mark.parametrize("solve", [column_currents_uA, approximate_currents_uA])
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"conductance_uS": [[1.0, -1.0]]}, "conductances must be finite and not negative"),
        ({"conductance_uS": [[1.0, np.nan]]}, "conductances must be finite and not negative"),
        ({"conductance_uS": [1.0, 2.0]}, r"shape \(rows, columns\), got \(2,\)"),
        ({"volts": [0.1, 0.2]}, r"volts must have shape \(…, 1\)"),
        ({"volts": [np.inf]}, "volts finite"),
        ({"row_ohm": -1.0}, "resistances must be finite and not negative"),
        ({"column_ohm": np.nan}, "resistances must be finite and not negative"),
    ],
)
def test_circuits_that_are_none(solve, changes, says):
    circuit = {"conductance_uS": [[1.0, 2.0]], "volts": [0.1], "row_ohm": 1.0, "column_ohm": 1.0}
    with pytest.raises(ValueError, match=says):
        solve(**circuit | changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"iterations": 0}, "iterations must be at least 1, got 0"),
        ({"tolerance": 0.0}, "tolerance must be positive and finite, got 0"),
        ({"tolerance": np.nan}, "tolerance must be positive and finite, got nan"),
    ],
)
def test_iterations_that_cannot_end_are_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        approximate_currents_uA([[1.0]], [0.1], row_ohm=1, column_ohm=1, **changes)
