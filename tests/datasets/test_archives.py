"""Where data are looked for: the reader's folder, the cache, the network; each may fail, and none twice."""

import gzip
import hashlib
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from noisyweights.datasets import archives

URL = "https://data.example.org/set/file.bin"


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine without data, cache or proxies, whose process has asked no host yet."""
    for name in ("NOISYWEIGHTS_DATA", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(archives, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(archives, "_silent", set())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])


@pytest.fixture
def pooch(monkeypatch):
    """A stand-in for pooch: `retrieve` calls the downloader, which fails with `error` if there is one."""
    fake = SimpleNamespace(error=None, asked=[], timeouts=[])
    fake.get_logger = lambda: SimpleNamespace(setLevel=lambda level: None)

    def downloader(*, timeout, chunk_size):
        def download(url, output_file, _):
            fake.asked.append(url)
            fake.timeouts.append(timeout)
            if fake.error:
                raise fake.error
            Path(output_file).write_bytes(b"content")

        return download

    def retrieve(url, *, known_hash, fname, path, downloader):
        target = Path(path) / fname
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file():
            downloader(url, str(target), None)
        if known_hash != "md5:" + hashlib.md5(b"content").hexdigest():
            target.unlink()
            raise ValueError("hash")
        return str(target)

    fake.HTTPDownloader, fake.retrieve = downloader, retrieve
    monkeypatch.setitem(sys.modules, "pooch", fake)
    return fake


MD5 = "md5:" + hashlib.md5(b"content").hexdigest()


def test_a_download_happens_once_and_with_little_patience(pooch, tmp_path):
    for _ in range(2):
        path = archives.fetch(URL, checksum=MD5, folder="set")
        assert path == tmp_path / "cache/set/file.bin"
        assert path.read_bytes() == b"content"
    assert pooch.asked == [URL]
    assert max(*pooch.timeouts[0]) <= 30


def test_a_host_that_does_not_answer_is_asked_once(pooch):
    pooch.error = ConnectionError("no route")
    for message in ("no route", "did not answer, or not well, before", "did not answer, or not well, before"):
        with pytest.raises(ConnectionError, match=message):
            archives.fetch(URL, checksum=MD5, folder="set")
    assert pooch.asked == [URL]


def test_a_name_that_is_not_resolved_costs_no_download(pooch, monkeypatch):
    def unknown(*_):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ConnectionError, match=r"data\.example\.org is not resolved"):
        archives.fetch(URL, checksum=MD5, folder="set")
    assert pooch.asked == []


def test_a_resolver_that_hangs_is_not_waited_for(pooch, monkeypatch):
    import threading

    release = threading.Event()
    monkeypatch.setattr(archives, "CONNECT_S", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: release.wait(20))
    with pytest.raises(ConnectionError, match="not resolved"):
        archives.fetch(URL, checksum=MD5, folder="set")
    release.set()


def test_behind_a_proxy_the_name_is_not_looked_up(pooch, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("looked up"))
    assert archives.fetch(URL, checksum=MD5, folder="set").is_file()


def test_a_download_with_another_checksum_is_none(pooch, tmp_path):
    with pytest.raises(ConnectionError, match="another checksum than published: try again later"):
        archives.fetch(URL, checksum="md5:00", folder="set")
    assert not list((tmp_path / "cache").rglob("*.bin"))
    with pytest.raises(ConnectionError, match="did not answer, or not well, before"):
        archives.fetch(URL, checksum=MD5, folder="other")
    assert pooch.asked == [URL]


def test_a_cache_that_cannot_be_written_to_says_so(pooch, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    with pytest.raises(PermissionError, match=r"the cache .* cannot be written to: .*NOISYWEIGHTS_DATA"):
        archives.fetch(URL, checksum=MD5, folder="set")


def test_the_named_folder_is_used_if_it_has_the_set(monkeypatch, tmp_path):
    assert archives.published("mnist") is None
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(tmp_path))
    assert archives.published("mnist") is None
    (tmp_path / "mnist").mkdir()
    assert archives.published("mnist") == tmp_path / "mnist"


def test_a_variable_that_names_no_folder_is_a_mistake(monkeypatch, tmp_path):
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere', which is no folder: name the one"):
        archives.published("mnist")


def test_a_folder_that_may_not_be_read(monkeypatch, tmp_path):
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(tmp_path))

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(archives.os, "listdir", refuse)  # the rights of a folder do not bind root
    with pytest.raises(PermissionError, match="may not be read: chmod"):
        archives.published("mnist")


def test_compressed_or_not(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"content"))
    sha256 = hashlib.sha256(b"content").hexdigest()
    for name in "ab":
        assert archives.read(archives.chosen(tmp_path, name), sha256=sha256) == b"content"
    with pytest.raises(FileNotFoundError, match=r"lacks c \(or c.gz\): complete the set"):
        archives.chosen(tmp_path, "c")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "another"])
def test_a_damaged_file_is_named(tmp_path, damage):
    whole = gzip.compress(bytes(range(256)) * 9)
    content = {
        "truncated": whole[:-9],
        "flipped": whole[:40] + bytes([whole[40] ^ 255]) + whole[41:],
        "another": gzip.compress(b"another"),
    }[damage]
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="get it again") as caught:
        archives.read(path, sha256=hashlib.sha256(bytes(range(256)) * 9).hexdigest())
    assert str(path) in str(caught.value)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PermissionError, match=r"chmod u\+r"):
        archives.read(tmp_path / "file")


def test_a_stamp_follows_name_size_and_time(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"1")
    stamps = [archives.stamp([path])]
    assert archives.stamp([path]) == stamps[0]
    path.write_bytes(b"22")
    stamps.append(archives.stamp([path]))
    stamps.append(archives.stamp([path.rename(tmp_path / "b")]))
    assert len(set(stamps)) == 3
