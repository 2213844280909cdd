"""A chapter between its forms: MyST source, code-only notebook for papermill, page for jupyter-book."""

import argparse
import json
import re
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode, v4

from noisyweights.files import replacing

__all__ = ["code", "code_only", "is_chapter", "linked", "parameters", "read", "title", "weave"]

_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_EXECUTION_TAGS = {"parameters", "raises-exception", "skip-execution"}
_INJECTED = "injected-parameters"
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


def is_chapter(text: str) -> bool:
    """Whether a page is a notebook: its header names a kernel."""
    header = re.match(r"---\n(.*?)\n---\n", text, flags=re.DOTALL)
    return header is not None and "kernelspec:" in header[1]


def read(path: str | Path) -> NotebookNode:
    """Read a MyST text notebook."""
    return jupytext.reads(Path(path).read_text("utf-8"), fmt="md:myst")


def title(text: str) -> str:
    """First heading of a page; raises ValueError when there is none."""
    heading = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    if heading is None:
        raise ValueError("a page needs a title: a line that starts with '# '")
    return heading[1].strip()


def code(notebook: NotebookNode) -> str:
    """All code of a notebook, cell after cell."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def code_only(notebook: NotebookNode) -> str:
    """The notebook (JSON) that papermill runs: code and what steers its execution, nothing of the prose.

    An edit to prose, captions or display tags leaves it as it is, byte for byte, so nothing runs again.
    """
    cells = [
        v4.new_code_cell(
            cell.source, id=f"cell-{number}", metadata={"tags": sorted(_EXECUTION_TAGS & set(_tags(cell)))}
        )
        for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code")
    ]
    return _dump(v4.new_notebook(cells=cells, metadata={"kernelspec": _KERNEL}))


def parameters(notebook: NotebookNode) -> bool:
    """Whether the notebook has a cell of parameters."""
    return any("parameters" in _tags(cell) for cell in notebook.cells)


def weave(source: NotebookNode, executed: NotebookNode) -> str:
    """The page (notebook as JSON): prose and display tags of `source`, outputs of `executed`.

    What differs between two equal runs (ids, times, addresses, progress bars) is left out, the cell of
    parameters is hidden, and the one that papermill injected is dropped. Raises ValueError when the two have
    not the same code.
    """
    ran = [cell for cell in executed.cells if _INJECTED not in _tags(cell)]
    if [cell.source for cell in ran] != [cell.source for cell in source.cells if cell.cell_type == "code"]:
        raise ValueError("the executed notebook is not of this source: execute the chapter again")
    cells, outputs = [], iter(ran)
    for number, cell in enumerate(source.cells):
        metadata = dict(cell.metadata)
        if cell.cell_type != "code":
            cells.append(v4.new_markdown_cell(cell.source, id=f"cell-{number}", metadata=metadata))
            continue
        if "parameters" in _tags(cell):
            metadata["tags"] = [*_tags(cell), "remove-cell"]
        page_cell = v4.new_code_cell(cell.source, id=f"cell-{number}", metadata=metadata)
        page_cell.execution_count = sum(before.cell_type == "code" for before in cells) + 1
        shown = [output for output in next(outputs).outputs if output.get("name") != "stderr"]
        page_cell.outputs = [_lasting(output, page_cell.execution_count) for output in shown]
        cells.append(page_cell)
    header = {key: value for key, value in source.metadata.items() if key != "jupytext"}
    header |= {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return _dump(v4.new_notebook(cells=cells, metadata=header))


def linked(text: str, chapters: Collection[str]) -> str:
    """Prose whose links to the sources of chapters lead to their pages."""
    names = "|".join(map(re.escape, chapters))
    return re.sub(rf"\]\(({names})\.md(?=[)#])", r"](\1.ipynb", text) if chapters else text


def _lasting(output: NotebookNode, execution_count: int) -> NotebookNode:
    """An output without what changes from run to run."""
    output = NotebookNode(output)
    if "execution_count" in output:
        output.execution_count = execution_count
    if "text/plain" in output.get("data", {}):
        output.data["text/plain"] = _ADDRESS.sub("at 0x…", output.data["text/plain"])
    return output


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _dump(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Weave one page: what the pipeline calls."""
    parser = argparse.ArgumentParser(
        prog="python -m noisyweights.pipeline.chapters", description=main.__doc__
    )
    parser.add_argument("source", type=Path, help="the chapter (.md)")
    parser.add_argument("executed", type=Path, help="its executed notebook")
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    try:
        page = weave(read(options.source), nbformat.read(options.executed, as_version=4))
    except ValueError as error:
        sys.exit(f"error: {options.source}: {error}")
    with replacing(options.out) as unfinished:
        unfinished.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
