"""Run the code-only notebook of a chapter through papermill, on a kernel that needs no network port."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import papermill
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from papermill.exceptions import PapermillExecutionError

from noisyweights.files import replacing

__all__ = ["SocketKernelManager", "execute", "explain"]


class SocketKernelManager(AsyncKernelManager):
    """A kernel of this very Python, reached through sockets in the file system.

    Kernels that start together race for TCP ports, and one loses. A kernel that a user installed under the
    name `python3` may be of another environment.
    """

    def __init__(self, **settings: object) -> None:
        # Sockets named after the working folder, as is the default, would be another race.
        self._sockets = TemporaryDirectory(prefix="kernel-")
        mine = {"transport": "ipc", "ip": f"{self._sockets.name}/socket"}
        super().__init__(**mine | {"kernel_spec_manager": KernelSpecManager(kernel_dirs=[])} | settings)


def execute(source: Path, out: Path, *, parameters: dict[str, str], failed: Path) -> None:
    """Execute `source` into `out`, which appears only when every cell ran.

    Raises PapermillExecutionError when a cell fails; the notebook up to that cell then lies in `failed`.
    """
    os.environ.setdefault(
        "PYDEVD_DISABLE_FILE_VALIDATION", "1"
    )  # the debugger warns of frozen modules otherwise
    failed.unlink(missing_ok=True)
    with replacing(out) as unfinished:
        try:
            papermill.execute_notebook(
                source,
                unfinished,
                parameters=parameters,
                progress_bar=False,
                kernel_manager_class=f"{__name__}.{SocketKernelManager.__name__}",
            )
        except PapermillExecutionError:
            failed.parent.mkdir(parents=True, exist_ok=True)
            os.replace(unfinished, failed)
            raise


def explain(error: PapermillExecutionError, *, chapter: str, failed: Path) -> str:
    """What a person needs to know of a failed cell: the cell, the error, and where to look further."""
    source = "\n".join(f"    {line}" for line in error.source.strip().splitlines())
    return (
        f"{chapter}: a cell fails with {error.ename}: {error.evalue}\n\n{source}\n\n"
        f"The notebook up to this cell, with the traceback: {failed}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Execute one chapter: what the pipeline calls."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.pipeline.execute", description=main.__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--failed", type=Path, required=True, help="where a notebook that fails is left")
    parser.add_argument(
        "-p", dest="parameters", nargs=2, action="append", default=[], metavar=("NAME", "VALUE")
    )
    options = parser.parse_args(arguments)
    try:
        execute(options.source, options.out, parameters=dict(options.parameters), failed=options.failed)
    except PapermillExecutionError as error:
        sys.exit(f"error: {explain(error, chapter=options.source.stem, failed=options.failed)}")


if __name__ == "__main__":
    main()
