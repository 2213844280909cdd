"""What a chapter displays, and that a book takes it without a warning."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from displayed import html, moments

from noisyweights.datasets.source import DataSource
from noisyweights.ledger import outcomes
from noisyweights.pages import display, plots

CUSTOM_CSS = Path(__file__).resolve().parents[2] / "book" / "_static" / "custom.css"


def test_a_figure_is_glued_under_its_name(shown) -> None:
    figure, _ = plots.subplots()
    display.figure(figure, name="curves", alt="Three curves")
    (output,) = shown
    assert output["metadata"]["scrapbook"] == {"name": "curves", "mime_prefix": ""}
    assert "<svg" in html(output)
    assert output["data"]["text/plain"] == "[figure] Three curves"


def test_a_figure_is_not_shown_twice(shown) -> None:
    """A figure that stays open is drawn again by Jupyter's backend when the cell ends."""
    figure, _ = plots.subplots()
    display.figure(figure, name="curves", alt="Three curves")
    assert not plots.plt.fignum_exists(figure.number)


def test_a_figure_needs_words(shown) -> None:
    figure, _ = plots.subplots()
    with pytest.raises(ValueError, match="figure 'curves' has no alt text"):
        display.figure(figure, name="curves", alt=" ")
    plots.plt.close(figure)


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (np.float64(-0.5), "", "-0.5"),
        (np.float32(0.5), "", "0.5"),
        (57, "", "57"),
        (3.2e-16, "auto", "'3.20 × 10⁻¹⁶'"),
        (-1.5, ".2f", "'−1.50'"),
        (20_000, ",", "'20,000'"),
        ("eq. 3", "", "'eq. 3'"),
    ],
)
def test_a_number_is_glued_as_text_that_can_be_formatted(shown, value, spec: str, text: str) -> None:
    display.number("x", value, spec)
    (output,) = shown
    assert output["data"] == {"application/papermill.record/text/plain": text}
    assert output["metadata"]["scrapbook"]["name"] == "x"


def test_parameters_are_one_table(shown, config, device) -> None:
    display.parameters(config, profile="quick", device=device)
    text = html(shown[0])
    for words in (
        "quick",
        "20,000 samples in µS, 3 blank or non-finite readings dropped",
        "20240101",
        "2, 4, 8",
        "1 × 10⁻⁸",
    ):
        assert words in text
    assert text.count("<table") == 1


@dataclasses.dataclass(frozen=True)
class Explained:
    """Settings with words beside a name."""

    draws: int = dataclasses.field(default=1_000_000, metadata={"words": "in all"})
    names: tuple[str, ...] = ("a", "b")
    exact: bool = True


def test_parameters_explain_themselves(shown, device) -> None:
    display.parameters(Explained(), profile="quick", device=device)
    text = html(shown[0])
    for words in ("in all", "1,000,000", "a, b", "True"):
        assert words in text


def test_a_table_has_heads_and_escapes_its_text(shown) -> None:
    display.table([("law", "draws a second"), ("a < b", "1,000")], label="Speed")
    text = html(shown[0])
    assert '<th scope="col">draws a second</th>' in text
    assert '<th scope="row">a &lt; b</th><td>1,000</td>' in text
    assert 'aria-label="Speed"' in text


def test_provenance_says_what_a_reader_must_know(shown, config, device, monkeypatch) -> None:
    monkeypatch.setattr(display.origin, "commit", lambda: display.origin.Commit("c0ffee1234567", True))
    monkeypatch.setattr(display.origin, "elapsed", lambda: 12.0)
    sample = DataSource("MNIST", "embedded", "cd34" * 16, embedded=True)
    points = [used(computed=3, seconds=7000), used(computed=1, seconds=188)]
    display.provenance(
        experiment="x", profile="quick", device=device, config=config, data=[sample], points=points
    )
    text = html(shown[0])
    for words in ("uncommitted changes", "Simulated device", "Embedded sample data", "c0ffee1234", "2.0 h"):
        assert words in text
    assert "sha256 ab12ab12ab12" in text
    assert shown[0]["metadata"][outcomes.FACTS]["dirty"] is True


def used(**changes: object) -> SimpleNamespace:
    """Where the points of a page come from."""
    nothing = {"seconds": 0.0, "computed": 0, "recorded": 0, "earlier": (), "unused": ()}
    return SimpleNamespace(experiment="sums", commits={}, machines={}, **nothing | changes)


def test_provenance_says_which_points_a_page_used(shown) -> None:
    points = used(seconds=90.0, computed=2, recorded=5, earlier=("b",))
    points.commits, points.machines = {"c0ffee1234567": 4, "decaf12345678": 1}, {"a <CPU>": 5}
    display.provenance(experiment="x", points=[points])
    assert (
        "sums: 5 of the record (commit <code>c0ffee1234</code>, <code>decaf12345</code>; a &lt;CPU&gt;), "
        "1 of them computed by earlier code, 2 of this build; 90 s in all"
    ) in html(shown[0])
    assert "Not used" not in html(shown[0])


def test_a_page_says_which_recorded_points_it_does_not_use(shown) -> None:
    display.provenance(experiment="x", points=[used(computed=2), used(computed=1, unused=("a-0", "b<1"))])
    text = html(shown[0])
    assert "<b>Not used</b>: 2 recorded points of sums, computed with other settings (a-0, b&lt;1)." in text
    assert text.count("Not used") == 1
    assert "of the record" not in text


def test_what_most_points_were_made_from_is_the_commit_of_a_page(shown, monkeypatch) -> None:
    monkeypatch.setattr(display.origin, "commit", lambda: display.origin.Commit("c0ffee1234567", False))
    first, second = used(recorded=1), used(recorded=4)
    first.commits, second.commits = {"a" * 40: 2}, {"a" * 40: 2, "b" * 40: 3}
    display.provenance(experiment="x", points=[used(computed=3)])
    display.provenance(experiment="x", points=[used(computed=1), second])
    display.provenance(experiment="x", points=[second, first])
    facts = [output["metadata"][outcomes.FACTS] for output in shown]
    assert [fact["commit"] for fact in facts] == ["c0ffee1234567", "b" * 40, "a" * 40]


def test_drawn_pictures_are_said_to_be_so(shown) -> None:
    display.provenance(data=[DataSource("drawn faces", "a program", "ef56" * 16, drawn=True)])
    assert "<b>Synthetic pictures</b>: drawn faces are drawn by a program" in html(shown[0])
    assert "Simulated device" not in html(shown[0])


def test_the_splits_of_a_set_share_a_banner_but_not_a_checksum(shown) -> None:
    splits = [DataSource("MNIST", "data/samples/mnist", digit * 64, embedded=True) for digit in "12"]
    display.provenance(data=splits)
    assert html(shown[0]).count("Embedded sample data") == 1
    for digit in "12":
        assert f"sha256 {digit * 12}" in html(shown[0])


def test_provenance_has_no_banner_without_a_reason(shown, config, device, monkeypatch) -> None:
    """The negative control of the test above: a clean tree, a measured device, full data."""
    monkeypatch.setattr(display.origin, "commit", lambda: display.origin.Commit("c0ffee1234567", False))
    device.reference = False
    display.provenance(experiment="x", profile="quick", device=device, config=config)
    assert "nw-banner" not in html(shown[0])
    assert "your device: test junction" in html(shown[0])


def test_a_page_without_an_experiment_has_provenance_too(shown) -> None:
    display.provenance()
    assert "Versions" in html(shown[0])
    assert "Seed" not in html(shown[0])
    assert shown[0]["metadata"] == {}


def test_everything_displayed_has_a_style(shown, config, device) -> None:
    figure, _ = plots.subplots()
    display.figure(figure, name="curves", alt="Three curves")
    display.verdicts(moments(0), experiment="x", profile="quick", device=device)
    display.parameters(config, profile="quick", device=device)
    display.provenance(experiment="x", profile="quick", device=device, config=config)
    classes = {
        name
        for output in shown
        for value in re.findall(r'class="([^"]+)"', html(output))
        for name in value.split()
    }
    styled = set(re.findall(r"\.(nw-[a-z-]+)", CUSTOM_CSS.read_text(encoding="utf-8")))
    # Wrappers that only carry a meaning, and the hook for whoever looks for plots.
    assert {name for name in classes if name.startswith("nw-")} - styled <= {"nw-verdicts", "nw-plot"}


PAGE = """# A chapter

The gain is {glue:text}`gain:.3f` and the error {glue:text}`error`; see {numref}`fig-curves`.

```{glue:figure} curves
:name: fig-curves

Curves and $\\\\sigma$.
```
"""


def test_a_book_takes_it_all_without_a_warning(shown, config, device, tmp_path) -> None:
    figure, _ = plots.subplots()
    display.figure(figure, name="curves", alt="Three curves")
    display.number("gain", np.float64(0.01234))
    display.number("error", 3.2e-16, "auto")
    display.parameters(config, profile="quick", device=device)
    display.verdicts(moments(0), experiment="device_noise", profile="quick", device=device)
    display.provenance(experiment="device_noise", profile="quick", device=device, config=config)
    tags = [["remove-output"], *[["remove-input"]] * 5]
    cells = [
        {
            "cell_type": "code",
            "source": "0",
            "execution_count": 1,
            "metadata": {"tags": tag},
            "outputs": [output],
        }
        for tag, output in zip(tags, shown, strict=True)
    ]
    cells.insert(0, {"cell_type": "markdown", "source": PAGE.replace("\\\\", "\\"), "metadata": {}})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "index.ipynb").write_text(json.dumps(book), encoding="utf-8")
    (tmp_path / "book" / "conf.py").write_text(
        "extensions = ['myst_nb']\nnb_execution_mode = 'off'\nnumfig = True\n"
    )
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "book", "site"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert '<span class="caption-number">Fig. 1 </span>' in page
    assert re.search(
        r"The gain is <span[^>]*>0\.012</span> and the error <span[^>]*>3\.20 × 10⁻¹⁶</span>", page
    )
    assert page.count('aria-label="Three curves"') == 1
    assert "nw-verdicts" in page
    assert "nw-provenance" in page
