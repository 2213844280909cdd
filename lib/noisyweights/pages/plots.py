"""How figures look: one style for the book's column, one colour, line and marker for each law.

All colours keep a contrast of 3 : 1 or more on the light and on the dark page, and no two laws differ by
colour alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike

from noisyweights.pages.svg import INK

__all__ = ["LAWS", "STYLE", "band", "curve", "histogram", "law_style", "log_scale", "subplots"]

WIDTH = 6.2  # inches: the text column
_GRID_ALPHA = 0.18

LAWS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "gaussian": {"color": "#2f7fc1", "linestyle": "-", "marker": "o", "label": "Gaussian"},
        "device": {"color": "#c8581a", "linestyle": (0, (6, 1.5)), "marker": "s", "label": "device"},
        "bimodal": {
            "color": "#0a8f68",
            "linestyle": (0, (6, 1.5, 1, 1.5)),
            "marker": "^",
            "label": "bimodal",
        },
        "ecram": {"color": "#b0559a", "linestyle": (0, (1.2, 1.2)), "marker": "D", "label": "ECRAM"},
        "empirical": {"color": "#808080", "linestyle": (0, (3, 1)), "marker": "x", "label": "empirical"},
        "uniform": {
            "color": "#9a7400",
            "linestyle": (0, (4, 1, 1, 1, 1, 1)),
            "marker": "v",
            "label": "uniform",
        },
        "two_point": {"color": "#7a6ff0", "linestyle": (0, (1, 2.5)), "marker": "P", "label": "two-point"},
    }
)

STYLE: Mapping[str, Any] = MappingProxyType(
    {
        "figure.figsize": (WIDTH, 3.4),
        "figure.facecolor": "none",
        "figure.constrained_layout.use": True,
        "axes.facecolor": "none",
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.labelsize": 11,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": mpl.cycler(
            color=[look["color"] for look in LAWS.values()],
            linestyle=[look["linestyle"] for look in LAWS.values()],
        ),
        "axes.unicode_minus": True,
        "grid.color": INK,
        "grid.alpha": _GRID_ALPHA,
        "grid.linewidth": 0.6,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": 10,
        "ytick.labelsize": 10,
        "text.color": INK,
        "font.size": 10.5,
        "hatch.color": INK,
        "legend.frameon": False,
        "legend.fontsize": 10,
        "legend.handlelength": 3.2,
        "lines.linewidth": 1.9,
        "lines.markersize": 5,
        "patch.edgecolor": INK,
        "mathtext.fontset": "dejavusans",
    }
)


def subplots(rows: int = 1, columns: int = 1, *, height: float = 3.4, **options: Any) -> tuple[Figure, Any]:
    """Return what `plt.subplots` returns, in the book's style: as wide as the text, `height` inches high.

    The style stays in force for what is drawn afterwards.
    """
    mpl.rcParams.update(STYLE)
    return plt.subplots(rows, columns, figsize=(WIDTH, height), **options)


def log_scale(axis: Axes, which: str) -> None:
    """Make the "x" or "y" axis, or both ("xy"), logarithmic, with numbers at the decades alone."""
    for name in which:
        axis.set(**{f"{name}scale": "log"})
        getattr(axis, f"{name}axis").set_minor_formatter(NullFormatter())


def law_style(name: str, **changes: Any) -> dict[str, Any]:
    """Return colour, line style and label of a law, for `Axes.plot`; raises KeyError for an unknown one."""
    if name not in LAWS:
        raise KeyError(f"no style for law {name!r}: there is {', '.join(LAWS)}")
    look = {key: value for key, value in LAWS[name].items() if key != "marker"}
    return look | changes


def curve(axis: Axes, x: ArrayLike, y: ArrayLike, *, law: str, markers: bool = False, **changes: Any) -> None:
    """Draw y over x in a law's style; `markers` adds its marker where the points themselves matter."""
    marker = {"marker": LAWS[law]["marker"]} if markers else {}
    axis.plot(np.asarray(x), np.asarray(y), **law_style(law, **(marker | changes)))


def histogram(axis: Axes, samples: ArrayLike, *, bins: int | ArrayLike = 60, label: str = "samples") -> None:
    """Draw the density histogram of samples (n,) as a grey ground for curves."""
    color = LAWS["empirical"]["color"]
    axis.hist(
        np.asarray(samples), bins=bins, density=True, histtype="stepfilled", facecolor=(color, 0.35),
        edgecolor=color, linewidth=0.8, linestyle="-", label=label,
    )  # fmt: skip


def band(
    axis: Axes, x: ArrayLike, y: ArrayLike, low: ArrayLike, high: ArrayLike, *, law: str, **changes: Any
) -> None:
    """Draw y over x in a law's style, with the interval from `low` to `high` as a tint around it."""
    curve(axis, x, y, law=law, **changes)
    color = changes.get("color", LAWS[law]["color"])
    axis.fill_between(np.asarray(x), np.asarray(low), np.asarray(high), color=color, alpha=0.22, linewidth=0)
