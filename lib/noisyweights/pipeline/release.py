"""What is published beside the site: an archive of it with checksums, and notebooks to launch."""

import argparse
import gzip
import hashlib
import io
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode, v4

from noisyweights import __version__
from noisyweights.files import replacing
from noisyweights.pipeline import chapters
from noisyweights.pipeline.lock import LOCK, pins
from noisyweights.pipeline.plan import Plan, plan
from noisyweights.pipeline.site import CONFIG, MANIFEST

__all__ = ["archive", "launchable", "write_notebooks", "write_site"]

SUMS = "SHA256SUMS"


def archive(site: Path, *, name: str) -> bytes:
    """The site as a .tar.gz whose bytes follow from its content alone: no times or owners, names in order."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(f"{name}/{path.relative_to(site).as_posix()}")
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(entry, file)
    return packed.getvalue()


def write_site(site: Path, out: Path) -> None:
    """Write the site's archive, its manifest, and the sums of both, as `sha256sum --check` reads them."""
    name = f"noisy-weights-site-{__version__}"
    contents = {f"{name}.tar.gz": archive(site, name=name), f"{name}.json": (site / MANIFEST).read_bytes()}
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {file}\n" for file, content in contents.items())
    for file, content in {**contents, SUMS: sums.encode()}.items():
        with replacing(out / file) as unfinished:
            unfinished.write_bytes(content)


def launchable(page: NotebookNode, *, source: str) -> NotebookNode:
    """A chapter's notebook with a first cell that installs the library where it is missing, as on Colab."""
    install = (
        "import importlib.util\n\n"
        'if importlib.util.find_spec("noisyweights") is None:\n'
        f'    %pip install --quiet "noisyweights @ {source}"'
    )
    cells = [v4.new_code_cell(install, id="install", metadata={"tags": ["remove-cell"]}), *page.cells]
    return v4.new_notebook(cells=cells, metadata=page.metadata)


def write_notebooks(book: Plan, out: Path, *, config: Mapping[str, Any], commit: str) -> None:
    """Write the tree of the branch that the launch buttons open: the notebooks, and what Binder installs.

    `config` is the site's, which names the repository; `commit` is the one that made the notebooks.
    """
    repository = config["repository"]
    source = f"git+{repository['url']}@{commit}"
    woven = [page for page in map(Path, book.pages()) if page.suffix == ".ipynb"]
    for page in woven:
        notebook = launchable(nbformat.read(page, as_version=4), source=source)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = chapters.linked(cell.source, [page.stem for page in woven])
        with replacing(out / repository["path_to_book"] / page.name) as unfinished:
            nbformat.write(notebook, unfinished)
    texts = {
        "README.md": f"Generated notebooks of <{repository['url']}>, made from its commit `{commit}`.\n",
        "requirements.txt": f"-c constraints.txt\njupyterlab\nnoisyweights @ {source}\n",
        "constraints.txt": "\n".join(pins(LOCK.read_text("utf-8"))) + "\n",
        "runtime.txt": "python-3.11\n",
    }
    for file, text in texts.items():
        with replacing(out / file) as unfinished:
            unfinished.write_text(text, "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write what is published of a built edition: what the publishing workflow calls."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.pipeline.release", description=main.__doc__)
    parser.add_argument("--profile", default="record")
    parser.add_argument("--commit", required=True, help="the commit that the edition was built from")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args(arguments)
    book = plan(options.profile)
    if not book.edition.index.is_file():
        raise SystemExit(
            f"error: there is no site of {book.edition.name}: make book PROFILE={options.profile}"
        )
    config = yaml.safe_load(CONFIG.read_text("utf-8"))
    shutil.rmtree(options.out, ignore_errors=True)
    write_site(book.edition.index.parent, options.out / "site")
    write_notebooks(book, options.out / "notebooks", config=config, commit=options.commit)


if __name__ == "__main__":
    main()
