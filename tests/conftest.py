"""What all tests share: their order, and a gauge of memory.

Quick tests come first, so that something is seen at once; then the longest, so that all processes end
together.
"""

import os
from pathlib import Path

import pytest

# Several processes test at once, and BLAS with more threads than free cores is many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ORDER = ("ledger", "scores", "pages", "site", "pipeline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by the folders of `ORDER`; all others come behind and keep their order."""
    folder = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        first = item.path.relative_to(folder).parts[0]
        return ORDER.index(first) if first in ORDER else len(ORDER)

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
