"""What all tests share: their order, and a gauge of memory.

Quick tests come first, so that something is seen at once; then the longest files, so that all processes end
together.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Several processes test at once, and BLAS with more threads than free cores is many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes says more about the machine than about the code.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")

# A process takes the next file when it has done one, so a long file at the end would keep all others waiting.
ORDER = (
    "ledger",
    "pages",  # quick
    "site/test_every_page.py",  # builds the book where that is not done: test_reading.py finds it built
    "pipeline/test_one_chapter.py",
    "pipeline",
    "noise/test_dependence.py",
    "experiments/test_binary_cifar10.py",
    "networks/test_classifiers.py",
    "noise/test_fit_errors.py",
    "noise/test_law_choice.py",
    "networks/test_coin_sampling.py",
    "experiments",
    "noise",
    "networks",
    "hardware",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by the files and folders of `ORDER`; all others come behind and keep their order."""
    folder = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(folder)
        return min(map(ORDER.index, {path.as_posix(), path.parts[0]} & set(ORDER)), default=len(ORDER))

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
