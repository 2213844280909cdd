"""The forms of a chapter: what its code-only notebook leaves out, and what its page puts together."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, v4

from noisyweights.pipeline import chapters

SOURCE = """---
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# A question

Prose with $x^2$ and a [link](02-other.md#part).

```{code-cell} ipython3
:tags: [parameters]

profile = "quick"
```

More prose.

```{code-cell} ipython3
:tags: [remove-output]

print(profile)
```
"""


@pytest.fixture
def notebook(tmp_path: Path) -> NotebookNode:
    return reading(SOURCE, tmp_path)


def reading(text: str, folder: Path) -> NotebookNode:
    (folder / "chapter.md").write_text(text, "utf-8")
    return chapters.read(folder / "chapter.md")


def executed(notebook: NotebookNode, *, address: str = "0x7f0000001234") -> NotebookNode:
    """What papermill makes of the code-only notebook, times and ids included."""
    ran = nbformat.reads(chapters.code_only(notebook), as_version=4)
    injected = v4.new_code_cell('profile = "smoke"', metadata={"tags": ["injected-parameters"]})
    ran.cells.insert(1, injected)
    for number, cell in enumerate(ran.cells):
        cell.execution_count = number + 1
        cell.metadata["papermill"] = {"start_time": f"2026-01-01T00:00:0{number}", "duration": 0.1}
    ran.cells[-1].outputs = [
        v4.new_output("execute_result", {"text/plain": f"<object at {address}>"}, execution_count=3)
    ]
    return ran


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("More prose.", "Other prose."),
        ("remove-output", "hide-input"),
        ("# A question", "# Another question"),
    ],
)
def test_an_edit_to_prose_or_display_leaves_the_code_as_it_is(
    notebook: NotebookNode, tmp_path: Path, old: str, new: str
) -> None:
    assert chapters.code_only(reading(SOURCE.replace(old, new), tmp_path)) == chapters.code_only(notebook)


@pytest.mark.parametrize(("old", "new"), [("print(profile)", "print(1)"), ("parameters", "hide-input")])
def test_an_edit_to_code_or_its_execution_changes_it(
    notebook: NotebookNode, tmp_path: Path, old: str, new: str
) -> None:
    assert chapters.code_only(reading(SOURCE.replace(old, new), tmp_path)) != chapters.code_only(notebook)


def test_a_page_has_the_prose_and_the_outputs(notebook: NotebookNode) -> None:
    page = nbformat.reads(chapters.weave(notebook, executed(notebook)), as_version=4)
    assert [cell.cell_type for cell in page.cells] == ["markdown", "code", "markdown", "code"]
    assert "remove-cell" in page.cells[1].metadata["tags"], "parameters are hidden"
    assert page.cells[3].metadata["tags"] == ["remove-output"]
    assert page.cells[3].outputs[0].data["text/plain"] == "<object at 0x…>"
    assert [cell.execution_count for cell in page.cells if cell.cell_type == "code"] == [1, 2]
    assert not any("injected-parameters" in cell.metadata.get("tags", []) for cell in page.cells)


def test_two_equal_runs_make_the_same_page(notebook: NotebookNode) -> None:
    first, second = executed(notebook), executed(notebook, address="0x7fabcdef0000")
    second.cells[2].metadata["papermill"]["duration"] = 0.7
    assert chapters.weave(notebook, first) == chapters.weave(notebook, second)


def test_a_page_of_other_code_is_refused(notebook: NotebookNode, tmp_path: Path) -> None:
    edited = reading(SOURCE.replace("print(profile)", "print(1)"), tmp_path)
    with pytest.raises(ValueError, match="execute the chapter again"):
        chapters.weave(edited, executed(notebook))


def test_what_is_a_chapter() -> None:
    assert chapters.is_chapter(SOURCE)
    assert not chapters.is_chapter("# A page\n\nkernelspec: no header\n")
    assert chapters.title(SOURCE) == "A question"
    with pytest.raises(ValueError, match="a page needs a title"):
        chapters.title("no heading")


def test_links_to_sources_lead_to_pages() -> None:
    text = "[a](02-other.md#part), [b](02-other.md), [c](plain.md), `02-other.md`"
    assert (
        chapters.linked(text, ["02-other"])
        == "[a](02-other.ipynb#part), [b](02-other.ipynb), [c](plain.md), `02-other.md`"
    )
    assert json.loads(chapters.linked(json.dumps([text]), ["02-other"]))[0].startswith(
        "[a](02-other.ipynb#part)"
    )
