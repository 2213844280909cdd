"""What is written for people: chapters keep the house's rhythm, and links in the documents lead somewhere."""

import re
from pathlib import Path

import jupytext
import pytest

from noisyweights.ledger import claims

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


LIBRARY = ROOT / "lib/noisyweights"


def folder_of(claim: claims.Claim) -> Path:
    """Where CONTRIBUTING says that the code behind a claim is: the folder named as the chapter's file is."""
    return LIBRARY / "experiments" / claim.chapter.partition("-")[2].replace("-", "_")


def spelled_out(claim: str, folder: Path) -> set[str]:
    """Modules in a folder that name a claim; "A-memory" is no part of "A-memory-binary"."""
    name = re.compile(rf"(?<![\w-]){claim}(?![\w-])")
    return {path.name for path in folder.rglob("*.py") if name.search(path.read_text("utf-8"))}


@pytest.mark.parametrize("claim", claims.load().values(), ids=lambda claim: claim.id)
def test_the_code_behind_a_claim_is_where_contributing_says(claim):
    if not spelled_out(claim.id, LIBRARY / "experiments"):
        pytest.skip("its criterion is fixed, and nothing measures it yet")
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+\.py)`", text.partition("What is measured")[2].partition("2. ")[0]))
    modules = spelled_out(claim.id, folder_of(claim))
    assert modules & named, f"{claim.id} is in {modules} of {folder_of(claim)}, not in one of {named}"
    assert len(modules) <= 3


def test_a_claim_of_another_chapter_is_not_found():
    assert not spelled_out("S-entropy", LIBRARY / "experiments/binary")
    assert spelled_out("A-memory-binary", LIBRARY / "experiments/binary") == {"stored_bits.py"}


def test_the_house_is_drawn_with_all_its_rooms():
    drawn = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    chapters = {path.stem.partition("-")[2].replace("-", "_") for path in CHAPTERS}
    rooms = {path.parent.name for path in LIBRARY.rglob("__init__.py") if path.parent != LIBRARY}
    shared = {path.stem for path in LIBRARY.glob("[!_]*.py")}
    undrawn = {
        name for name in (rooms | shared) - chapters if not re.search(rf"`(?:\w+/)*{name}(?:/|\.py)?`", drawn)
    }
    assert not undrawn
