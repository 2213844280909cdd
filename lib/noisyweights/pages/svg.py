"""A Matplotlib figure as an inline SVG that takes its text colour from the page around it."""

import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

__all__ = ["INK", "inline"]

INK = "#010203"  # drawn in this colour, a mark takes the colour of the page's text

_BLACK = "#000000"  # Matplotlib's own ink, for figures drawn without our style
_MAX_SCALE = 1.2  # a figure grows by so much at most beyond its size in print
_CSS_INCH = 96


def inline(figure: Figure, *, name: str, alt: str) -> str:
    """Return a figure as an `<svg>` element: transparent, responsive, and the same for equal figures.

    Ids are prefixed by `name`, so that several figures can share a page; `alt` is what a screen reader says.
    """
    buffer = io.StringIO()
    settings = {"svg.hashsalt": name, "svg.fonttype": "path"}
    with mpl.rc_context(settings):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None}, bbox_inches="tight")
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(f"{INK}|{_BLACK}", "currentColor", text)
    text = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{_identifier(name)}-", text)
    return text.replace(text[: text.index(">") + 1], _root(text, name=name, alt=alt), 1)


def _root(text: str, *, name: str, alt: str) -> str:
    """Return the opening tag: sized by its viewBox, filled like text where Matplotlib names no fill."""
    box = re.search(r'viewBox="([^"]+)"', text)[1]
    width = float(box.split()[2]) / 72 * _CSS_INCH  # Matplotlib's SVG unit is the point
    return (
        f'<svg class="nw-plot" role="img" aria-label="{escape(alt)}" id="plot-{_identifier(name)}" '
        f'viewBox="{box}" fill="currentColor" style="width: 100%; max-width: {_MAX_SCALE * width:.0f}px; '
        'height: auto" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )


def _identifier(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)
