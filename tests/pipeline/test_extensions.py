"""The site's two Sphinx extensions: what screen readers stumble over is mended, and MathJax comes along."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from noisyweights.pipeline import accessible, offline


def app(folder: Path, output: str = "html") -> SimpleNamespace:
    return SimpleNamespace(outdir=folder, builder=SimpleNamespace(format=output))


def test_toggles_get_names_and_lists_get_items() -> None:
    assert accessible.mend("<summary><span>x</span></summary>") == (
        '<summary aria-label="Show the pages below"><span>x</span></summary>'
    )
    assert accessible.mend('<div role="doc-biblioentry">') == '<div role="listitem">'


def test_only_the_lists_of_signatures_become_lines() -> None:
    list_ = "<dl><dd>a,</dd></dl>"
    signature = f'<dt class="sig sig-object py" id="f">f({list_})</dt>'
    mended = accessible.mend(f"{signature}<dd>{list_}</dd>")
    assert '<span class="sig-lines"><span class="sig-line">a,</span></span>)</dt>' in mended
    assert mended.endswith(f"<dd>{list_}</dd>")


def test_every_page_of_a_finished_site_is_mended(tmp_path: Path) -> None:
    page = tmp_path / "api" / "index.html"
    page.parent.mkdir()
    page.write_text("<summary><span>", "utf-8")
    accessible.finish(app(tmp_path), RuntimeError("the build failed"))
    accessible.finish(app(tmp_path, "latex"), None)
    assert page.read_text("utf-8") == "<summary><span>"
    accessible.finish(app(tmp_path), None)
    assert "aria-label" in page.read_text("utf-8")


def test_the_site_loads_the_mathjax_that_is_copied_into_it(tmp_path: Path) -> None:
    config = SimpleNamespace()
    offline.configure(app(tmp_path), config)
    offline.copy(app(tmp_path), None)
    script = tmp_path / "_static" / config.mathjax_path
    assert script.stat().st_size > 1e5
    assert list((script.parent / "input" / "tex" / "extensions").iterdir())
    offline.copy(app(tmp_path), None)  # a second build finds the first one's copy


@pytest.mark.parametrize(("output", "exception"), [("latex", None), ("html", RuntimeError())])
def test_a_build_without_a_site_gets_no_copy(
    tmp_path: Path, output: str, exception: Exception | None
) -> None:
    offline.copy(app(tmp_path, output), exception)
    assert not list(tmp_path.iterdir())
