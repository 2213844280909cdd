"""What tests of published image sets share: a machine that has none of them."""

import pytest

from noisyweights.datasets import archives


@pytest.fixture
def bare_machine(monkeypatch, tmp_path):
    """A machine without data, cache or network."""

    def unreachable(url, **_):
        raise ConnectionError("no network")

    monkeypatch.delenv("NOISYWEIGHTS_DATA", raising=False)
    monkeypatch.setattr(archives, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(archives, "fetch", unreachable)
