"""Where a published data set lies: in a folder that the reader names, in the cache, or on the network."""

import gzip
import hashlib
import os
import socket
import zlib
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

__all__ = ["VARIABLE", "cache_folder", "chosen", "fetch", "not_found", "published", "read", "stamp"]

VARIABLE = "NOISYWEIGHTS_DATA"
CONNECT_S, READ_S = 3.0, 20.0  # a reader without a network should wait for neither

_silent: set[str] = set()  # hosts that this process could not reach: not asked again


def published(folder: str) -> Path | None:
    """Return the folder of a data set under the one that NOISYWEIGHTS_DATA names, None if it is not there.

    Raises FileNotFoundError if the variable names no folder and PermissionError if it may not be read.
    """
    if not (named := os.environ.get(VARIABLE)):
        return None
    root = Path(named).expanduser()
    try:
        if not root.is_dir():
            raise FileNotFoundError(
                f"{VARIABLE} is {named!r}, which is no folder: name the one that holds {folder}/, or unset it"
            )
        os.listdir(root)
        return root / folder if (root / folder).is_dir() else None
    except PermissionError as error:
        raise PermissionError(f"{VARIABLE} is {named!r}, which may not be read: chmod u+rx it") from error


def cache_folder() -> Path:
    """Return the folder that downloads and decoded images are kept in; XDG_CACHE_HOME moves it."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("noisyweights"))


def chosen(folder: Path, name: str) -> Path:
    """Return the path of a file of a published set, compressed with gzip or not.

    Raises FileNotFoundError if it is missing, which makes the set incomplete.
    """
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FileNotFoundError(f"{folder} lacks {name} (or {name}.gz): complete the set, or unset {VARIABLE}")


def read(path: Path, *, sha256: str = "") -> bytes:
    """Return the uncompressed content of a file, of which `sha256` (if given) must be the checksum.

    Raises ValueError for a damaged gzip file or another checksum, PermissionError for a file that may not be
    read.
    """
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except PermissionError as error:
        raise PermissionError(f"{path} may not be read: give yourself the right (chmod u+r)") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: a damaged gzip file ({error}): get it again") from error
    found = hashlib.sha256(content).hexdigest()
    if sha256 and found != sha256:
        raise ValueError(
            f"{path}: SHA-256 {found} of its {len(content):,} uncompressed bytes, not {sha256} as published: "
            "get it again"
        )
    return content


def fetch(url: str, *, checksum: str, folder: str) -> Path:
    """Return the path of a download (`checksum` as pooch wants it), which happens once, into the cache.

    A host that did not answer is not asked again in this process. Raises OSError (a ConnectionError, a
    PermissionError for a cache that cannot be written to) if the file is neither there nor to be had.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")  # a page is no place for the news that a download began
    try:
        return Path(
            pooch.retrieve(
                url,
                known_hash=checksum,
                fname=url.rpartition("/")[2],
                path=cache_folder() / folder,
                downloader=_download,
            )
        )
    except ValueError as error:  # pooch has thrown away what does not have the checksum
        _silent.add(_host(url))  # a portal that answers for every host, perhaps
        raise ConnectionError(f"{url} came with another checksum than published: try again later") from error
    except PermissionError as error:
        raise PermissionError(
            f"the cache {cache_folder()} cannot be written to: give yourself the right, set XDG_CACHE_HOME, "
            f"or put the data in a folder that {VARIABLE} names"
        ) from error


def stamp(paths: Iterable[Path]) -> str:
    """Return a short text that changes when a file's name, size or time of change does."""
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def not_found(name: str, folder: str, home: str, error: OSError) -> FileNotFoundError:
    """The error to raise for a set that could not be fetched: where to get it, and where to put it."""
    return FileNotFoundError(
        f"{name} is neither in the cache nor to be downloaded ({error}): get it from {home} and let "
        f"{VARIABLE} name the folder that holds {folder}/"
    )


def _download(url: str, output_file: str, _pooch: object) -> None:
    """Download as pooch does, with little patience and no second try."""
    import pooch

    host = _host(url)
    if host in _silent:
        raise ConnectionError(f"{host} did not answer, or not well, before")
    try:
        if not _resolves(url, host):
            raise ConnectionError(f"the name {host} is not resolved: there is no network")
        pooch.HTTPDownloader(timeout=(CONNECT_S, READ_S), chunk_size=1 << 18)(url, output_file, None)
    except OSError:
        _silent.add(host)
        raise


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _resolves(url: str, host: str) -> bool:
    """Whether the name is known within `CONNECT_S`: no time limit of a download holds for its look-up."""
    import requests

    if requests.utils.get_environ_proxies(url):
        return True  # the proxy looks it up
    found: list[bool] = []

    def look_up() -> None:
        try:
            socket.getaddrinfo(host, None)
            found.append(True)
        except OSError:
            found.append(False)

    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(CONNECT_S)
    return found == [True]
