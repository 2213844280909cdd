"""What a reader does on the site: search, download a chapter's notebook, launch it, read in the dark."""

import json
from pathlib import Path

import pytest
import yaml
from browsing import ROOT, Visit

CHAPTERS = ("01-device-noise", "02-quadrature", "03-inverse-sampling")


def test_the_index_leads_to_the_front_page(site: Path, visit: Visit) -> None:
    visit.page.goto((site / "index.html").as_uri())
    visit.page.wait_for_url("**/intro.html")
    assert "Noisy Weights" in visit.page.title()


def test_search_finds_from_the_file_system(site: Path, visit: Visit) -> None:
    page = visit.open(site / "search.html", "?q=quadrature")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "links => links.map(link => link.href)")
    assert any("02-quadrature.html" in link for link in found)
    assert visit.complaints == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_offers_its_executed_notebook(site: Path, visit: Visit, chapter: str) -> None:
    page = visit.open(site / f"{chapter}.html")
    links = page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
    assert f"_sources/{chapter}.ipynb" in links
    notebook = json.loads((site / "_sources" / f"{chapter}.ipynb").read_text("utf-8"))
    assert any(cell.get("outputs") for cell in notebook["cells"])


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_launch_buttons_open_the_generated_notebook(site: Path, visit: Visit, chapter: str) -> None:
    address = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
    repository = address.removeprefix("https://github.com/")
    links = visit.open(site / f"{chapter}.html").evaluate("[...document.links].map(link => link.href)")
    assert (
        f"https://colab.research.google.com/github/{repository}/blob/notebooks/book/{chapter}.ipynb" in links
    )
    assert any(link.startswith(f"https://mybinder.org/v2/gh/{repository}/notebooks") for link in links)


def test_dark_mode_is_dark(site: Path, visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark")
    page = visit.open(site / "02-quadrature.html")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(","))) < 200
