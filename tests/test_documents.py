"""What is written for people: chapters keep the house's rhythm, and links in the documents lead somewhere."""

import re
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted(path for path in (ROOT / "book").glob("*.md") if "kernelspec:" in path.read_text("utf-8"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_cells_are_short_and_define_nothing(chapter):
    for cell in jupytext.read(chapter, fmt="md:myst").cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 15, cell.source
            assert not {"def", "class"} & set(cell.source.split())


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md"])
def test_relative_links_lead_to_files(name):
    document = ROOT / name
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8"))
    missing = [t for t in targets if "://" not in t and not (document.parent / t).exists()]
    assert not missing
