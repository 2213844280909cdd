"""Files that appear whole or not at all."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["file_sha256", "replacing", "write_if_changed"]


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Give another name to write to, and move what was written to `path` when the block ends well.

    A killed or failed run thus leaves the old file, or none. The folder is made if it is missing.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_if_changed(path: str | os.PathLike, text: str) -> None:
    """Write `text` unless the file already holds it, so that its time of change tells of a change."""
    path = Path(path)
    if path.is_file() and path.read_text("utf-8") == text:
        return
    with replacing(path) as unfinished:
        unfinished.write_text(text, "utf-8")


def file_sha256(path: str | os.PathLike) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
