"""Bills as pictures: where energy, time, area and storage go, what they hang on, and designs to choose."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from noisyweights.pages.plots import LAWS
from noisyweights.pages.svg import INK

__all__ = ["QUANTITIES", "draw_front", "draw_layers", "draw_swings", "kind_legend"]

QUANTITIES = {  # of a table of a bill: words, and how much of its unit makes one of what is shown
    "energy": ("energy, nJ", 1e3),
    "time": ("time, µs", 1e3),
    "area": ("area, mm²", 1e6),
    "storage": ("10³ cells or bits", 1e3),
}
_COLORS = [LAWS[law]["color"] for law in ("device", "gaussian", "bimodal", "ecram", "empirical", "uniform")]
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "----")
_SMALL = 6.5  # points of what is written at ticks
_TICKS = (1.0, 2.0, 3.0, 5.0)
_PLACES = {"array": ("#c8581a", "s"), "digital": ("#2f7fc1", "o")}


def draw_layers(axes: Sequence[Axes], table: Sequence[Mapping[str, Any]], *, kinds: Sequence[str]) -> None:
    """Draw each quantity of a bill on an axis of its own, a bar a layer, divided by kinds of components.

    Args:
        axes: four, in the order of QUANTITIES.
        table: rows of a bill by layer and component, with quantity, layer, kind and typical.
        kinds: at most six, from the left.

    Raises: ValueError for a kind that is not among them.
    """
    layers = list(dict.fromkeys(row["layer"] for row in table if row["layer"]))
    shared = any(not row["layer"] for row in table)
    if unknown := {row["kind"] for row in table} - set(kinds):
        raise ValueError(f"the table has {', '.join(sorted(unknown))}, and kinds only {', '.join(kinds)}")
    places = [*layers, *([""] if shared else [])]
    for axis, (quantity, (words, unit)) in zip(axes, QUANTITIES.items(), strict=True):
        left = np.zeros(len(places))
        for kind, color, hatch in zip(kinds, _COLORS, _HATCHES, strict=False):
            sizes = np.array([_total(table, quantity, kind, layer) for layer in places]) / unit
            axis.barh(range(len(places)), sizes, left=left, height=0.72, **_look(color, hatch))
            left += sizes
        axis.set(yticks=range(len(places)), ylim=(len(places) - 0.4, -0.6))
        axis.set_yticklabels([*(str(at + 1) for at in range(len(layers))), *(["all"] if shared else [])])
        axis.tick_params(labelsize=_SMALL)
        axis.locator_params(axis="x", nbins=3)
        axis.set_xlim(0, 1.06 * left.max())
        total = left.sum()
        axis.set_title(f"{words}: {total:,.0f}" if total >= 100 else f"{words}: {total:.3g}", fontsize=7)


def kind_legend(axis: Axes, kinds: Sequence[str]) -> None:
    """Say on an axis of its own which colour and hatching each kind of `draw_layers` has."""
    looks = zip(kinds, _COLORS, _HATCHES, strict=False)
    patches = [Patch(label=kind, **_look(color, hatch)) for kind, color, hatch in looks]
    axis.axis("off")
    axis.legend(
        handles=patches, loc="center", ncols=len(patches), fontsize=7.5, handlelength=1.6, columnspacing=1.2
    )


def _look(color: str, hatch: str) -> dict[str, Any]:
    return {"facecolor": (color, 0.75), "hatch": hatch, "edgecolor": INK, "linewidth": 0.3}


def _total(table: Sequence[Mapping[str, Any]], quantity: str, kind: str, layer: str) -> float:
    wanted = {"quantity": quantity, "kind": kind, "layer": layer}
    return sum(row["typical"] for row in table if all(row[name] == value for name, value in wanted.items()))


def draw_swings(
    axis: Axes, swings: Mapping[str, tuple[float, float]], *, typical: float, label: str, title: str
) -> None:
    """Draw a tornado: how many times each figure alone moves a sum, from its low end to its high one.

    The axis is logarithmic, so that a bar is as long as the ratio of its ends.

    Args:
        axis: where.
        swings: the two sums by what the figure is called, the widest first.
        typical: the sum with all figures typical.
        label, title: of the axis; the title also names the widest.
    """
    names = list(swings)[::-1]
    ends = np.sort([swings[name] for name in names], axis=1)
    widths = ends[:, 1] - ends[:, 0]
    axis.barh(range(len(names)), widths, left=ends[:, 0], color="#c8581a", height=0.6)
    axis.use_sticky_edges = False  # else bars touch the frame
    axis.set_xscale("log")
    axis.margins(x=0.09)
    axis.xaxis.set(
        major_locator=LogLocator(subs=_TICKS), major_formatter=FuncFormatter(lambda x, _: f"{x:g}")
    )
    axis.xaxis.set_minor_locator(NullLocator())
    axis.axvline(typical, color=INK, linewidth=0.8, linestyle="-")
    axis.set(yticks=range(len(names)), yticklabels=names)
    axis.set_xlabel(label, fontsize=7)
    axis.set_title(title, fontsize=7.5)
    axis.tick_params(labelsize=_SMALL)


def draw_front(axis: Axes, placed: Sequence[Any], *, objective: int, words: str) -> None:
    """Draw designs by their energy and one more objective, with intervals, numbered from the first.

    Those that no other beats in all objectives are filled, and numbered below; squares are arrays, circles
    logic. Both axes are logarithmic, so that an interval down to nothing leaves the frame.

    Args:
        axis: where.
        placed: with `objectives`, the last of them the energy, each an interval of value, low and high;
            `on_front`, and a `place`, "array" or "digital".
        objective: which one stands upwards.
        words: what it is called.
    """
    shown = [one.objectives[objective] for one in placed]
    finite = [[y.value, *(end for end in (y.low, y.high) if 0 < end < np.inf)] for y in shown]
    bottom, top = min(map(min, finite)) / 1.25, max(map(max, finite)) * 1.15
    numbered = {True: 0, False: 0}
    for number, (one, y) in enumerate(zip(placed, shown, strict=True), start=1):
        color, marker = _PLACES[one.place]
        x = one.objectives[-1]
        lines = {"color": color, "linewidth": 1.0, "linestyle": "-", "alpha": 0.7}
        axis.plot([x.low, x.high], [y.value] * 2, **lines)
        if np.isfinite([y.low, y.high]).all():
            axis.plot([x.value] * 2, [max(y.low, bottom / 2), y.high], **lines)
        looks = {"marker": marker, "color": color, "markerfacecolor": color if one.on_front else "none"}
        axis.plot([x.value], [y.value], linestyle="none", markersize=6, **looks)
        # Left and right by turns, since neighbours lie close.
        left, numbered[one.on_front] = numbered[one.on_front] % 2 == 0, numbered[one.on_front] + 1
        offset = (-3 if left else 3, -11 if one.on_front else 5)
        where = {"xytext": offset, "textcoords": "offset points", "ha": "right" if left else "left"}
        axis.annotate(str(number), (x.value, y.value), fontsize=8, **where)
    _logarithmic(axis, "x", (1.0,))
    _logarithmic(axis, "y", _TICKS)
    axis.set_ylim(bottom, top)
    axis.set_xlabel("energy of a prediction, nJ", fontsize=9)
    axis.set_ylabel(words, fontsize=9)
    axis.tick_params(labelsize=8)


def _logarithmic(axis: Axes, name: str, steps: tuple[float, ...]) -> None:
    """Make the "x" or "y" axis logarithmic, with numbers at these steps of each decade."""
    axis.set(**{f"{name}scale": "log"})
    ticks = getattr(axis, f"{name}axis")
    ticks.set_major_locator(LogLocator(subs=steps))
    ticks.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    ticks.set_minor_locator(NullLocator())
