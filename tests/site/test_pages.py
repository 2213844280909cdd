"""Every page of the site, at both widths, from the file system and without a network."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from .conftest import Visit

# axe would fetch style sheets again, which a browser refuses to a page from the file system.
AXE = {"preload": False}


def pages(site: Path) -> list[Path]:
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts]


def test_no_page_complains_or_asks_the_network(site: Path, visit: Visit) -> None:
    for path in pages(site):
        visit.open(path)
        assert not visit.complaints, (path.name, visit.complaints)
        assert not visit.elsewhere, (path.name, visit.elsewhere)


def test_no_page_violates_accessibility_seriously(site: Path, visit: Visit) -> None:
    found = {}
    for path in pages(site):
        visit.open(path)
        for violation in Axe().run(visit.page, options=AXE).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found[path.name, violation["id"]] = [node["html"][:200] for node in violation["nodes"]][:3]
    assert not found


def test_no_page_is_wider_than_the_screen(site: Path, visit: Visit) -> None:
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    overflow = {path.name: visit.open(path).page.evaluate(wider) for path in pages(site)}
    assert {name: pixels for name, pixels in overflow.items() if pixels > 0} == {}


def test_formulas_are_typeset(site: Path, visit: Visit) -> None:
    count = "[document.querySelectorAll('.math').length, document.querySelectorAll('mjx-container').length]"
    errors = "[...document.querySelectorAll('mjx-merror, .MathJax_Error')].map(node => node.textContent)"
    seen = 0
    for path in pages(site):
        visit.open(path)
        formulas, typeset = visit.page.evaluate(count)
        assert typeset >= formulas, path.name
        assert visit.page.evaluate(errors) == [], path.name
        seen += formulas
    assert seen > 20, "the book has formulas: this test looked at none"


def test_figures_have_a_number_and_a_text_in_words(site: Path, visit: Visit) -> None:
    described = """() => [...document.querySelectorAll('figure')].map(figure => {
        const picture = figure.querySelector('img, svg');
        const words = picture && (picture.getAttribute('alt') || picture.getAttribute('aria-label')
            || picture.querySelector('title')?.textContent
            || document.getElementById(picture.getAttribute('aria-labelledby'))?.textContent);
        return [figure.id, words || '', figure.querySelector('.caption-number')?.textContent || ''];
    })"""
    figures = []
    for path in pages(site):
        figures += [(path.name, *figure) for figure in visit.open(path).page.evaluate(described)]
    assert [figure for figure in figures if len(figure[2]) < 20 or not figure[3].startswith("Fig.")] == []
    assert len({name for name, *_ in figures}) >= 3, "each chapter has figures"


def test_links_within_the_site_lead_somewhere(site: Path, visit: Visit) -> None:
    targets = "[...document.querySelectorAll('a[href^=\\"file:\\"], a:not([href*=\\":\\"])')].map(link => link.href)"
    broken = set()
    for path in pages(site):
        for url in visit.open(path).page.evaluate(targets):
            target = Path(url.removeprefix("file://").partition("#")[0].partition("?")[0])
            if url and not target.is_file():
                broken.add((path.name, url))
    assert not broken
