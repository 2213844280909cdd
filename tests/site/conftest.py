"""The book as `make book` builds it, built where it is not up to date, in a headless browser."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import ROOT, SITE, WIDTHS, Report, Visit, survey
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def site() -> Path:
    """The site, once for all the processes that pytest may run."""
    make = ["make", "--no-print-directory", "-o", "environment", f"BIN={Path(sys.executable).parent}"]
    SITE.parents[1].mkdir(exist_ok=True)
    with (SITE.parents[1] / "site-tests").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build = subprocess.run(
            [*make, "book"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert build.returncode == 0, build.stdout + build.stderr
    return SITE


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; playwright's own download is not needed."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None and os.environ.get("CI"):
        pytest.fail("no chromium on this machine, and a CI that skips the site tests nothing")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt install chromium, to test the site in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=WIDTHS)
def reports(request: pytest.FixtureRequest, browser: Browser, site: Path) -> dict[str, Report]:
    """What every page looks like, once on a desktop and once on a phone."""
    return survey(browser, site, request.param)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A new tab that cannot reach the network."""
    context = browser.new_context(offline=True)
    yield Visit(context.new_page())
    context.close()
