"""Build an edition of the book: what `make book` calls."""

import argparse
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

from snakemake.cli import main as snakemake

from noisyweights.pipeline import dependencies, progress
from noisyweights.pipeline.edition import Edition
from noisyweights.pipeline.plan import Plan, plan
from noisyweights.pipeline.single_build import alone
from noisyweights.pipeline.workers import serving

__all__ = ["build", "serve"]

PORT = 8000


def build(edition: Plan, arguments: Iterable[str] = ()) -> bool:
    """Run the Snakefile for an edition; return whether everything succeeded."""
    progress.register(edition)
    command = [
        *("--snakefile", "Snakefile", "--cores", "all", "--scheduler", "greedy", "--logger", progress.NAME),
        *("--nolock", "--rerun-incomplete", "--keep-going", "--max-checksum-file-size", "1GB"),
        *("--config", f"profile={edition.edition.profile}", f"noise={quote(edition.edition.noise)}"),
        *arguments,
    ]
    modules = [
        dependencies.experiment_module(name)
        for name in edition.points
        if not all(Path(file).is_file() for file in edition.point_files(name))
    ]
    with serving(modules) if modules else nullcontext():
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
    parser.add_argument("--serve", action="store_true", help=f"show the site at http://localhost:{PORT}")
    parser.add_argument("snakemake", nargs="*", help="further arguments of Snakemake, after --")
    options = parser.parse_args(arguments)
    try:
        edition = Edition.of(options.profile, options.noise)
        with alone(edition):
            book = plan(options.profile, options.noise)
            done = build(book, options.snakemake)
            if edition.noise and not done and not Path(book.device).is_file():
                shutil.rmtree(edition.folder)  # there is no edition of a noise file that cannot be read
    except (ValueError, BlockingIOError) as error:
        sys.exit(f"error: {error}")
    if not done:
        sys.exit(f"{edition.name} is not finished: mend what failed, and the same command goes on from here.")
    print(f"Site: {edition.index.resolve()}")
    if options.serve:
        serve(edition)


def serve(edition: Edition) -> None:
    """Show the site on this machine, until interrupted."""
    handler = partial(SimpleHTTPRequestHandler, directory=edition.index.parent)
    with ThreadingHTTPServer(("localhost", PORT), handler) as server, suppress(KeyboardInterrupt):
        print(f"http://localhost:{PORT} (stop with Ctrl-C)", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
