"""A report from readings to the screen, the page and JSON."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import noisyweights as nw
from noisyweights.device_report import as_json, html_page, screen
from noisyweights.device_report.report import Report

WORDS = {"fit", "fit if", "unfit", "cannot be told"}


def autoregressive(n: int, phi: float, *, seed: int) -> np.ndarray:
    steps = np.random.default_rng(seed).standard_normal(n)
    steps[1:] *= np.sqrt(1 - phi**2)
    found = steps.copy()
    for k in range(1, n):
        found[k] += phi * found[k - 1]
    return found


@pytest.fixture(scope="module")
def slow() -> Report:
    """1500 Gaussian readings of φ = 0.98, worth 1500 · 0.02 / 1.98 = 15 independent ones."""
    samples = 50 + autoregressive(1500, 0.98, seed=3)
    return nw.noise.report(samples, unit="µS", name="slow <cell>", interval_s=0.5, networks=False)


@pytest.fixture(scope="module")
def cells() -> Report:
    """Three cells at two levels whose σ grows fourfold."""
    rng = np.random.default_rng(1)
    cell, level = np.repeat(["a", "b", "c"], 400), np.tile(np.repeat([5.0, 20.0], 200), 3)
    samples = level + np.where(level == 5, 0.1, 0.4) * rng.standard_normal(1200)
    return nw.noise.report(samples, unit="µS", cell=cell, level=level, networks=False)


def test_readings_that_follow_too_fast_are_worth_few(slow: Report) -> None:
    assert 4 < slow.independent < 50
    assert slow.choice.family == "gaussian", "memory is no shape"
    assert slow.measured.correlation.low < 0.98 < slow.measured.correlation.high + 0.02
    finding = next(one for one in slow.verdict.findings if one.criterion.id == "correlation")
    assert finding.state.value != "met"


def test_json_holds_what_scripts_ask_for(slow: Report, cells: Report) -> None:
    found = json.loads(json.dumps(as_json.content(slow), allow_nan=False))
    keys = {"n", "unit", "cells", "independent_reads", "drift", "telegraph", "law", "verdict"}
    assert keys <= found.keys()
    assert (found["n"], found["unit"], found["cells"]) == (1500, "µS", 1)
    assert found["independent_reads"] == pytest.approx(slow.independent)
    assert (found["drift"], found["telegraph"], found["law"]["name"]) == (None, None, "gaussian")
    assert found["verdict"] in WORDS
    several = json.loads(json.dumps(as_json.content(cells), allow_nan=False))
    assert (several["cells"], several["levels"]) == (3, 2)
    assert [one["label"] for one in several["groups"]] == [part.group.label for part in cells.parts]
    sigmas = {one["level"]: one["sigma"]["value"] for one in several["groups"]}
    assert sigmas.keys() == {part.group.level for part in cells.parts}


def test_repeated_readings_count_once_on_the_screen_and_for_scripts() -> None:
    reads = np.random.default_rng(2).standard_normal(500)
    held = nw.noise.report(np.repeat(reads, 10), unit="µA", interval_s=0.01, networks=False)
    found = as_json.content(held)
    assert (found["n"], found["repeats"], found["outliers"]) == (5000, 10, [])
    assert found["independent_reads"] <= 500
    (part,) = held.parts
    assert part.dynamics.interval_s == pytest.approx(0.1)
    assert "5,000 readings repeat 500 reads, each 10 times in a row" in " ".join(screen.text(held).split())


@pytest.mark.parametrize("stay", [0.98, 0.0])
def test_two_levels_are_named_whether_or_not_their_jumps_are_resolved(stay: float) -> None:
    rng = np.random.default_rng(7)
    state, states = 0, []
    for draw, fresh in zip(rng.random(2000), rng.random(2000) < 0.5, strict=True):
        state = state if draw < stay else int(fresh)
        states.append(state)
    samples = 10 + np.array(states) + 0.1 * rng.standard_normal(2000)
    found = as_json.content(nw.noise.report(samples, unit="nA", networks=False))["telegraph"]
    assert found["resolved"] == (stay > 0)
    assert [one["level"]["value"] for one in found["levels"]] == pytest.approx([10, 11], abs=0.02)
    assert all((one["dwell_reads"] is not None) == (stay > 0) for one in found["levels"])


def test_levels_tell_how_far_sigma_can_be_set(cells: Report) -> None:
    assert len(cells.parts) == 6
    assert cells.measured.sigma_ratio.low < 4 < cells.measured.sigma_ratio.high
    assert cells.choice.family == "gaussian", "levels of different widths are no heavy tails"


def test_the_screen_begins_with_the_verdict(slow: Report) -> None:
    lines = re.sub(r"\x1b\[\d+m", "", screen.text(slow)).splitlines()
    assert lines[0] == f"slow <cell>: {slow.verdict.headline}"
    assert max(map(len, lines)) <= 100
    for word in ("What was read", "Over time", "Law"):
        assert word in lines
    assert any("independent" in line for line in lines)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_needs_nothing_else(slow: Report, cells: Report) -> None:
    for report, figures in ((slow, 4), (cells, 5)):
        text = html_page.page(report)
        page = _Page(text)
        links = [value for name, value in page.attributes if name in ("src", "href", "xlink:href")]
        assert all(link.startswith("#") for link in links)
        assert "@import" not in text
        assert page.tags.count("figure") == figures
        assert re.findall(r"Fig\. (\w+) ", text) == [str(k) for k in range(1, figures + 1)]
        assert report.verdict.headline in text
    assert "slow &lt;cell&gt;" in html_page.page(slow)


def test_a_sweep_is_no_noise() -> None:
    with pytest.raises(ValueError, match="as a sweep or transient does: read the noise at a constant"):
        nw.noise.report(np.linspace(-1, 1, 201) ** 3, networks=False)


@pytest.mark.parametrize("name", ["cell", "level"])
def test_each_reading_needs_its_cell_and_level(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} has shape \(99,\) and samples \(100,\)"):
        nw.noise.report(np.random.default_rng(0).standard_normal(100), networks=False, **{name: np.zeros(99)})
