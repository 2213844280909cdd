"""An array of cells as a picture: what each cell holds, what drives the rows, what the columns read."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from noisyweights.pages.plots import LAWS
from noisyweights.pages.svg import INK

__all__ = ["draw_array"]

_PLACES = (0.0, 1.0, 2.0)  # of a weight's two cells and of its junction, in its three columns
_PITCH = 3.7  # from weight to weight
_SIDE = 0.74  # of a cell
_LEFT = (-2.5, -1.0)  # where inputs and their codes end
_LINE = 0.75  # of the text below
_COLORS = {"+": LAWS["gaussian"]["color"], "−": LAWS["device"]["color"], "σ": LAWS["bimodal"]["color"]}


def draw_array(axis: Axes, picture: Mapping[str, np.ndarray], *, low_uS: float, high_uS: float) -> None:
    """Draw a small array on an axis of its own, rows from the left, columns downwards.

    A cell is a track with a domain wall: it is filled up to where the wall stands. A junction is a circle
    whose radius grows with its standard deviation.

    Args:
        picture: positive_uS, negative_uS, junction_uS (inputs, outputs), of the cells; inputs and
            input_codes (inputs,); output_codes and products (reads, outputs); wanted_mean and
            wanted_deviation (outputs,).
        low_uS, high_uS: range of the cells.
    """
    rows, columns = picture["positive_uS"].shape
    wire = {"color": INK, "alpha": 0.35, "linewidth": 0.8, "linestyle": "-", "zorder": 1}
    for column in range(columns):
        axis.text(_PITCH * column + _PLACES[1], 1.8, f"output {column + 1}", ha="center", fontsize=8.5)
        for place, (sign, color) in zip(_PLACES, _COLORS.items(), strict=True):
            x = _PITCH * column + place
            axis.plot([x, x], [0.8, 0.3 - rows], **wire)
            axis.text(x, 0.95, sign, ha="center", color=color, fontsize=9)
        _write_column(axis, picture, column, -rows - 0.3)
    _write(axis, _LEFT[0], 1.1, "input", style="italic")
    _write(axis, _LEFT[1], 1.1, "code", style="italic")
    for row, (value, code) in enumerate(zip(picture["inputs"], picture["input_codes"], strict=True)):
        axis.plot([-0.8, _PITCH * (columns - 1) + 2.6], [-row, -row], **wire)
        _write(axis, _LEFT[0], -row, f"{value:.2f}")
        _write(axis, _LEFT[1], -row, f"{code}")
    reads = [f"read {read + 1}" for read in range(len(picture["products"]))]
    for line, text in enumerate((*reads, "wanted"), start=1):
        _write(axis, _LEFT[1], -rows - 0.3 - _LINE * line, text)
    for at in np.ndindex(rows, columns):
        _draw_weight(axis, picture, at, (low_uS, high_uS))
    axis.set(xlim=(-4.0, _PITCH * columns - 0.7), ylim=(-rows - 0.8 - _LINE * (len(reads) + 1), 2.4))
    axis.set_aspect("equal")
    axis.axis("off")


def _draw_weight(
    axis: Axes, picture: Mapping[str, np.ndarray], at: tuple[int, int], range_uS: tuple[float, float]
) -> None:
    """Two cells and a junction at one crossing."""
    row, column = at
    for place, sign, name in zip(_PLACES, _COLORS, ("positive_uS", "negative_uS"), strict=False):
        left, bottom = _PITCH * column + place - _SIDE / 2, -row - _SIDE / 2
        filled = np.clip((picture[name][at] - range_uS[0]) / (range_uS[1] - range_uS[0]), 0, 1)
        ground = {"facecolor": (_COLORS[sign], 0.15), "edgecolor": _COLORS[sign], "linewidth": 0.9}
        axis.add_patch(Rectangle((left, bottom), _SIDE, _SIDE, zorder=2, **ground))
        wall = {"facecolor": _COLORS[sign], "edgecolor": "none"}
        axis.add_patch(Rectangle((left, bottom), _SIDE, _SIDE * filled, zorder=3, **wall))
    radius = _SIDE / 2 * picture["junction_uS"][at] / picture["junction_uS"].max()
    middle = (_PITCH * column + _PLACES[2], -row)
    axis.add_patch(Circle(middle, radius, facecolor=_COLORS["σ"], edgecolor="none", zorder=3))


def _write_column(axis: Axes, picture: Mapping[str, np.ndarray], column: int, top: float) -> None:
    """Below a weight's columns: code and product of each read, and what was wanted."""
    reads = zip(picture["output_codes"][:, column], picture["products"][:, column], strict=True)
    mean, deviation = (picture[f"wanted_{name}"][column] for name in ("mean", "deviation"))
    lines = [("code", "product"), *((f"{code:d}", f"{product:.2f}") for code, product in reads)]
    lines.append(("", f"{mean:.2f} ± {deviation:.2f}"))
    for line, texts in enumerate(lines):
        style = "italic" if line in (0, len(lines) - 1) else "normal"
        for place, text in zip((0.8, 2.4), texts, strict=True):
            _write(axis, _PITCH * column + place, top - _LINE * line, text.replace("-", "−"), style=style)


def _write(axis: Axes, x: float, y: float, text: str, *, style: str = "normal") -> None:
    axis.text(x, y, text, ha="right", va="center", fontsize=8.5, style=style)
