"""Build an edition of the book: what `make book` calls."""

import argparse
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from noisyweights.pipeline import stamp
from noisyweights.pipeline.edition import Edition
from noisyweights.pipeline.single_build import exclusive

if TYPE_CHECKING:
    from noisyweights.pipeline.plan import Plan

__all__ = ["build", "serve"]

PORT = 8000


def build(edition: "Plan", arguments: Iterable[str] = (), *, files: Sequence[str] = ()) -> bool:
    """Make files of an edition, by default all, by Snakemake; return whether everything succeeded."""
    from snakemake.cli import main as snakemake  # takes a second, which a finished build does not need

    from noisyweights.pipeline import progress
    from noisyweights.pipeline.workers import serving

    progress.register(edition)
    command = [
        *files,  # before the options, one of which would take them for its values
        *("--snakefile", "Snakefile", "--cores", "all", "--scheduler", "greedy", "--logger", progress.NAME),
        *("--nolock", "--rerun-incomplete", "--keep-going", "--max-checksum-file-size", "1GB"),
        *("--config", f"profile={edition.edition.profile}", f"noise={quote(edition.edition.noise)}"),
        f"column={quote(edition.edition.column)}",
        f"cell={quote(edition.edition.cell)}",
        *arguments,
    ]
    points = files or [file for name in edition.points for file in edition.point_files(name)]
    experiments = sorted({Path(file).parent.name for file in points})
    with serving(experiments) if experiments else nullcontext():
        try:
            snakemake(command)
        except SystemExit as end:
            return not end.code
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the book for one profile and one device, and print where its site is."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.pipeline.build", description=main.__doc__)
    parser.add_argument("--profile", default="record")
    parser.add_argument(
        "--noise", default="", help="a file with a column of noise samples; empty: the reference"
    )
    parser.add_argument("--column", default="", help="which of its columns, by heading or place")
    parser.add_argument("--cell", default="", help="which of its cells, by label or place")
    parser.add_argument("--serve", action="store_true", help=f"show the site at http://localhost:{PORT}")
    parser.add_argument("snakemake", nargs="*", help="further arguments of Snakemake, after --")
    options = parser.parse_args(arguments)
    try:
        edition = Edition.of(options.profile, options.noise, options.column, options.cell)
        with exclusive(edition):
            done = (not options.snakemake and stamp.holds(edition)) or _built(edition, options.snakemake)
    except (ValueError, BlockingIOError) as error:
        sys.exit(f"error: {error}")
    if not done:
        sys.exit(f"{edition.name} is not finished: mend what failed, and the same command goes on from here.")
    print(f"Site: {edition.index.resolve()}")
    if options.serve:
        serve(edition)


def _built(edition: Edition, arguments: Sequence[str]) -> bool:
    """Build an edition and stamp it; return whether everything succeeded."""
    from noisyweights.pipeline.plan import plan

    book = plan(edition.profile, edition.noise, edition.column, edition.cell)
    done = build(book, arguments)
    if edition.noise and not done and not Path(book.device).is_file():
        shutil.rmtree(edition.folder)  # there is no edition of a noise file that cannot be read
    elif done and not arguments:
        stamp.write(edition)
    return done


def serve(edition: Edition) -> None:
    """Show the site on this machine, until interrupted."""
    handler = partial(SimpleHTTPRequestHandler, directory=edition.index.parent)
    with ThreadingHTTPServer(("localhost", PORT), handler) as server, suppress(KeyboardInterrupt):
        print(f"http://localhost:{PORT} (stop with Ctrl-C)", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
