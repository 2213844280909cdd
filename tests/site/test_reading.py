"""What a reader does on the site: search, download a chapter's notebook, launch it, read in the dark."""

import json
from pathlib import Path

import pytest
import yaml
from browsing import ROOT, Visit
from playwright.sync_api import Browser, Page

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


def test_the_front_page_answers_above_the_fold(site: Path, visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 1280, "height": 900})
    page = visit.open(site / "intro.html")
    findings = page.locator(".nw-finding")
    assert findings.count() == 7
    ends = findings.evaluate_all("all => all.map(one => one.getBoundingClientRect().bottom)")
    assert max(ends) <= 1000  # fonts differ: the last line of a card may lie below
    for link in page.locator(".nw-findings a").evaluate_all("all => all.map(one => one.href)"):
        page.goto(link)
        assert page.title()


def shown(page: Page, what: str) -> list[str]:
    return page.locator(what).evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => one.id)"
    )


def test_the_scoreboard_sorts_and_filters(site: Path, visit: Visit) -> None:
    page = visit.open(site / "scoreboard.html")
    papers = shown(page, ".nw-row")
    page.focus("#nw-sort-paper")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("#nw-sort-verdict")
    verdicts = page.locator(".nw-row").evaluate_all("all => all.map(one => one.dataset.verdict)")
    groups = [one for one, before in zip(verdicts, ["", *verdicts], strict=False) if one != before]
    assert len(groups) == len(set(groups)) > 1
    assert sorted(shown(page, ".nw-row")) == sorted(papers)
    headings = page.locator(".nw-sorted h2").all_inner_texts()
    assert [heading.lower() for heading in headings] == [group.replace("-", " ") for group in groups]
    page.check(f"#nw-show-{groups[-1]}")
    assert page.locator(".nw-sorted h2:visible").all_inner_texts() == headings[-1:]
    page.check("#nw-show-all")
    page.check("#nw-sort-chapter")
    chapters = page.locator(".nw-row").evaluate_all("all => all.map(one => one.dataset.chapter)")
    assert chapters == sorted(chapters)
    page.check("#nw-sort-paper")
    assert shown(page, ".nw-row") == papers
    assert visit.complaints == []


def test_a_link_to_a_paper_brings_its_order_back(site: Path, visit: Visit) -> None:
    page = visit.open(site / "scoreboard.html")
    page.check("#nw-sort-verdict")
    heading = page.locator("section[hidden]").first.get_attribute("id")
    page.evaluate("id => { location.hash = id }", heading)
    page.wait_for_function("document.querySelector('#nw-sort-paper').checked")
    assert page.locator(f"#{heading}").is_visible()


def test_without_a_script_the_scoreboard_is_whole_and_does_not_offer_to_sort(
    site: Path, browser: Browser
) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "scoreboard.html").as_uri())
    assert page.locator(".nw-row").count() > 50
    assert not page.is_visible("#nw-sort-verdict")
    page.check("#nw-show-reproduced")
    assert (
        page.locator(".nw-row:visible").count() == page.locator('.nw-row[data-verdict="reproduced"]').count()
    )
    context.close()
