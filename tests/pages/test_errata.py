"""The errata page: its computations show what its prose says."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import pytest
import sympy as sp

PAGE = Path(__file__).resolve().parents[2] / "book" / "errata.md"


@pytest.fixture(scope="module")
def ran() -> tuple[list[str], dict]:
    """Run the page's cells in order; return what each printed, and the names that are left."""
    names: dict = {}
    printed = []
    for cell in jupytext.read(PAGE, fmt="md:myst").cells:
        if cell.cell_type == "code" and "display." not in cell.source:
            with redirect_stdout(io.StringIO()) as text:
                exec(compile(cell.source, str(PAGE), "exec"), names)
            printed.append(text.getvalue())
    return printed, names


@pytest.mark.parametrize(
    "words",
    [
        "printed: stationary points []",
        "correct: stationary points [{mu: y/2, sigma: sqrt(2)/2}]",
        "Q_D(-1) = 0\nQ_D(0) = 1/2",
        "negative for 50% of the test inputs",
        "VGG: proposed − IR-Net = +0.22 points\nResNet-18: proposed − IR-Net = -1.00 points",
        "22.37 µJ an image\nratio 74.6 instead of 70.3",
        "label 0: NLL 0.36, detected: False\nlabel 1: NLL 1.61, detected: True",
        "of 11,689,512, 99.91%",
        "printed shares add up to 99.90 %",
        "784-40-10: 31,760 coins",
        "784-400-10: 317,600 coins",
    ],
)
def test_the_page_prints(ran, words: str) -> None:
    assert any(words in text for text in ran[0])


def test_neither_printed_difference_follows_from_table_iii(ran) -> None:
    tables = [text for text in ran[0] if "among them" in text]
    assert len(tables) == 1
    assert "True" not in tables[0]


def test_eq_12_inverts_the_derived_polynomial_and_not_the_printed_one(ran) -> None:
    """The numbers stand for any device; the printed polynomial is the negative control."""
    names = ran[1]
    at = {names["A"]: sp.Rational(3, 2), names["B"]: sp.Rational(1, 4), names["C"]: sp.Rational(1, 5)}
    step = (1 + names["inverse"]).subs(at).subs(names["u"], sp.Rational(1, 100))
    derived, printed = (names[name].subs(at).subs(names["x"], step) for name in ("derived", "printed"))
    assert float(derived) == pytest.approx(0.01, rel=1e-12)
    assert abs(float(printed) - 0.01) > 0.1
