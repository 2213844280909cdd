"""What all tests share: their order (the longest first, so that all processes end together) and a gauge."""

import os
from pathlib import Path

import pytest

# Several processes test at once, and BLAS with more threads than free cores is many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

LONGEST = ("site", "pipeline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the site and the pipeline before all others, which keep their order."""
    folder = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        first = item.path.relative_to(folder).parts[0]
        return LONGEST.index(first) if first in LONGEST else len(LONGEST)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def peak_memory() -> str:
    """Source of `peak()`, a process's largest memory in KiB; it skips tests where nothing says it.

    The obvious ru_maxrss outlives exec: a small child of a large process shows its parent's peak.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("nothing here says how much memory a process took")
    return (
        "def peak():\n"
        "    with open('/proc/self/status') as lines:\n"
        "        return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
    )
