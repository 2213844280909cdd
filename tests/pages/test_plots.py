"""The look of figures: contrast on both pages, laws that differ without colour, deterministic inline SVG."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from noisyweights.pages import plots, svg

PAGES = {"light": "#ffffff", "dark": "#121212", "the theme's dark": "#14181e"}


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2, from the relative luminance of sRGB."""

    def luminance(color: str) -> float:
        channels = np.array(to_rgb(color))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("law", plots.LAWS)
def test_every_law_is_seen_on_every_page(law: str, page: str) -> None:
    assert contrast(plots.LAWS[law]["color"], PAGES[page]) >= 3


def test_negative_control_a_usual_yellow_is_not_seen() -> None:
    assert contrast("#ffd700", PAGES["light"]) < 3


@pytest.mark.parametrize("key", ["color", "linestyle", "marker", "label"])
def test_no_two_laws_look_alike(key: str) -> None:
    for one, other in itertools.combinations(plots.LAWS.values(), 2):
        assert one[key] != other[key]


def test_an_unknown_law_names_the_known() -> None:
    with pytest.raises(KeyError, match="no style for law 'cauchy': there is gaussian, device"):
        plots.law_style("cauchy")


def draw():
    """Draw a figure that uses every helper, clip paths, markers, hatching and mathematics."""
    figure, (left, right) = plots.subplots(1, 2, height=2.5)
    x = np.linspace(-1, 1, 50)
    plots.histogram(left, np.sin(np.arange(500.0)), bins=20)
    plots.curve(left, x, x**2, law="device", markers=True)
    plots.band(right, x, x, x - 0.1, x + 0.1, law="bimodal", label="with a band")
    right.set(xlabel=r"$\sigma_e$", ylabel="value")
    right.axhline(0, color="black")
    left.text(0, 0.5, "black text", color="black")
    right.legend()
    return figure


@pytest.fixture(scope="module")
def image() -> str:
    figure = draw()
    text = svg.inline(figure, name="a figure", alt='Curves & "bands"')
    plt.close(figure)
    return text


def test_the_svg_is_well_formed_and_speaks(image: str) -> None:
    root = ET.fromstring(image)
    assert root.tag.endswith("svg")
    assert (root.get("role"), root.get("aria-label")) == ("img", 'Curves & "bands"')


def test_the_svg_scales_with_its_column(image: str) -> None:
    root = ET.fromstring(image)
    assert root.get("width") is None
    assert root.get("height") is None
    assert len(root.get("viewBox").split()) == 4
    assert "width: 100%" in root.get("style")


def test_text_and_axes_take_the_pages_colour(image: str) -> None:
    assert "currentColor" in image
    assert svg.INK not in image
    assert "#000000" not in image
    assert ET.fromstring(image).get("fill") == "currentColor"  # for glyphs that name no fill


def test_the_ground_is_transparent(image: str) -> None:
    assert not re.search(r"fill: #fff", image)


def test_ids_are_the_figures_own_and_all_are_found(image: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', image)
    assert len(set(ids)) == len(ids)
    assert all(name.startswith(("a-figure-", "plot-a-figure")) for name in ids)
    targets = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', image)
    assert targets
    assert {a or b for a, b in targets} <= set(ids)


def test_equal_figures_are_equal_to_the_byte(image: str) -> None:
    figure = draw()
    again = svg.inline(figure, name="a figure", alt='Curves & "bands"')
    plt.close(figure)
    assert again == image
    assert "<dc:date" not in image
