"""Compile the pages of an edition into its site."""

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from noisyweights.pipeline import api, chapters
from noisyweights.pipeline.plan import BOOK

__all__ = ["assemble", "compile_site", "manifest"]

CONFIG = Path("_config.yml")
MANIFEST = "manifest.json"


def assemble(pages: Iterable[Path], source: Path) -> None:
    """Bring together what jupyter-book reads: the book, with generated pages in place of chapter sources."""
    shutil.copytree(BOOK, source)
    pages = list(pages)
    woven = [page.stem for page in pages if page.suffix == ".ipynb"]
    for page in pages:
        shutil.copyfile(page, source / page.name)
    for name in woven:
        (source / f"{name}.md").unlink()
    for path in (*source.glob("*.md"), *source.glob("*.ipynb")):
        path.write_text(chapters.linked(path.read_text("utf-8"), woven), "utf-8")
    reference = api.pages()
    for name, text in reference.items():
        path = source / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    toc = yaml.safe_load((BOOK / "_toc.yml").read_text("utf-8"))
    _insert(toc, [{"file": name} for name in reference if name != "api/index"])
    (source / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), "utf-8")


def compile_site(pages: Iterable[Path], out: Path) -> None:
    """Build the site into the folder `out`, which is replaced only when the build had not one warning.

    Raises RuntimeError for a warning; jupyter-book has then printed it.
    """
    from jupyter_book.cli.main import main as jupyter_book
    from sphinx.util.console import nocolor

    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".compiling-") as scratch:
        source = Path(scratch) / "book"
        assemble(pages, source)
        nocolor()
        command = ["build", str(source), "--path-output", scratch, "--config", str(CONFIG)]
        try:
            jupyter_book([*command, "--warningiserror", "--nitpick", "--keep-going", "--quiet"])
        except SystemExit as end:
            if end.code:
                raise RuntimeError(
                    "jupyter-book warns of the above: mend it, the site has no warnings"
                ) from None
        html = Path(scratch) / "_build" / "html"
        (html / MANIFEST).write_text(json.dumps(manifest(html), indent=1) + "\n", "utf-8")
        if out.exists():
            os.replace(out, Path(scratch) / "previous")
        os.replace(html, out)


def manifest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a site, by its name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name != MANIFEST
    }


def _insert(toc: dict | list, sections: list[dict[str, str]]) -> None:
    """Hang the pages of the reference under its index."""
    if isinstance(toc, list):
        for item in toc:
            _insert(item, sections)
    elif toc.get("file") == "api/index":
        toc["sections"] = sections
    else:
        for value in toc.values():
            if isinstance(value, list):
                _insert(value, sections)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compile the site of an edition: what the pipeline calls."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.pipeline.site", description=main.__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args(arguments)
    try:
        compile_site(options.pages, options.out)
    except RuntimeError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
