"""A page of the site in a browser that cannot reach the network, and what there is to say of it."""

from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "record-reference" / "site"
EVERY = 12  # of the reference's pages is looked at closely
AGAIN = 4  # of the pages is held against axe at a second width too, which finds the same at both
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_LINKS = "[...document.links].map(link => link.href)"
_FORMULAS = """() => ({
    written: document.querySelectorAll('.math').length,
    typeset: document.querySelectorAll('mjx-container').length,
    wrong: [...document.querySelectorAll('mjx-merror')].map(node => node.textContent),
})"""
_FIGURES = """() => [...document.querySelectorAll('figure')].map(figure => {
    const picture = figure.querySelector('img, svg');
    const words = picture && (picture.getAttribute('alt') || picture.getAttribute('aria-label')
        || picture.querySelector('title')?.textContent
        || document.getElementById(picture.getAttribute('aria-labelledby'))?.textContent);
    const number = figure.querySelector('.caption-number')?.textContent;
    return {id: figure.id, words: words || '', number: number || ''};
})"""


@dataclass
class Visit:
    """A tab of the browser, and what it complained of since it was opened."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.elsewhere.append(request.url)

    def open(self, path: Path, query: str = "") -> Page:
        """Load a page, and wait for its formulas where it has any."""
        self.page.goto(path.as_uri() + query, wait_until="load")
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        return self.page


@dataclass
class Report:
    """What one page looked like at one width."""

    complaints: list[str]
    elsewhere: list[str]
    violations: dict[str, list[str]]
    overflow: int
    formulas: dict
    figures: list[dict]
    links: list[str]


def pages(site: Path) -> list[Path]:
    """Pages of a site; its index only leads to the front page."""
    found = {path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts}
    return sorted(found - {site / "index.html"})


def survey(browser: Browser, site: Path, width: str) -> dict[str, Report]:
    """Visit every page once on a desktop, and of the reference a part on a phone.

    The reference's pages come from one template, so axe, which takes longest, looks at the same part.
    """
    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    context = browser.new_context(viewport=size, offline=True)
    reports = {}
    for number, path in enumerate(pages(site)):
        closely = path.parent.name != "api" or number % EVERY == 0
        if width == "phone" and not closely:
            continue
        visit = Visit(context.new_page())
        page = visit.open(path)
        # axe would fetch style sheets again, which a browser refuses to a page from the file system.
        options = {"preload": False, "resultTypes": ["violations"]}
        tested = closely and (width == "desktop" or number % AGAIN == 0)
        violations = Axe().run(page, options=options).response["violations"] if tested else []
        reports[path.relative_to(site).as_posix()] = Report(
            complaints=visit.complaints,
            elsewhere=visit.elsewhere,
            violations={
                violation["id"]: [node["html"][:200] for node in violation["nodes"][:3]]
                for violation in violations
                if violation["impact"] in ("serious", "critical")
            },
            overflow=page.evaluate(_OVERFLOW),
            formulas=page.evaluate(_FORMULAS),
            figures=page.evaluate(_FIGURES),
            links=page.evaluate(_LINKS),
        )
        page.close()
    context.close()
    return reports
