"""A Sphinx extension that mends what the theme and docutils leave unreadable to a screen reader."""

import re
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["mend", "setup"]

_SIGNATURE = re.compile(r'<dt class="sig sig-object.*?</dt>', re.DOTALL)


def mend(html: str) -> str:
    """Return a page with names for its toggles, list items in its lists, and signatures without lists."""
    html = html.replace("<summary><span", '<summary aria-label="Show the pages below"><span')
    html = html.replace('role="doc-biblioentry"', 'role="listitem"')
    return _SIGNATURE.sub(_lines, html)


def _lines(signature: re.Match[str]) -> str:
    """Long signatures: lines in place of a definition list that defines nothing."""
    text = signature[0].replace("<dl>", '<span class="sig-lines">').replace("</dl>", "</span>")
    return text.replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page of the finished site."""
    if exception is None and app.builder.format == "html":
        for path in Path(app.outdir).rglob("*.html"):
            path.write_text(mend(path.read_text("utf-8")), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
