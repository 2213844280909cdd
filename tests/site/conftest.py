"""The smoke edition of the real book in a headless browser, without a network."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "smoke-reference" / "site"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


@dataclass
class Visit:
    """One page in the browser, and what it complained of while it loaded."""

    page: sync_api.Page
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("request", self._request)

    def _console(self, message: sync_api.ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _request(self, request: sync_api.Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.elsewhere.append(request.url)

    def open(self, path: Path) -> "Visit":
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("networkidle")
        # MathJax announces its end; a page without formulas does not load it.
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        return self


@pytest.fixture(scope="session")
def site() -> Path:
    """The site of the smoke edition, built now where it is not up to date."""
    make = ["make", "--no-print-directory", "-o", "environment", f"BIN={Path(sys.executable).parent}"]
    build = subprocess.run(
        [*make, "book", "PROFILE=smoke"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    return SITE


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    """Debian's Chromium; playwright's own download is not needed."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt install chromium, to test the site in a browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def visit(request: pytest.FixtureRequest, browser: sync_api.Browser) -> Iterator[Visit]:
    """A new page, once as wide as a desktop and once as a phone, that cannot reach the network."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    yield Visit(context.new_page())
    context.close()
