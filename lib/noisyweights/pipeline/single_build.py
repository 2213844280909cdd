"""One build of an edition at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from noisyweights.pipeline.edition import Edition

__all__ = ["exclusive"]

_held: set[Path] = set()


@contextmanager
def exclusive(edition: Edition) -> Iterator[None]:
    """Hold the edition's lock, which the kernel frees when the process dies, however it dies.

    Snakemake's own lock outlives a killed run. Raises BlockingIOError, naming the process, while another
    build lives.
    """
    path = edition.folder / "building"
    if path in _held:  # the Snakefile asks again within the build that holds it
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise BlockingIOError(
                f"process {file.read().strip()} is building {edition.name}: wait for it or stop it"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
