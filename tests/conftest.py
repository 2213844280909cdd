"""The order of the tests: what takes longest comes first, so that several processes end together."""

from pathlib import Path

import pytest

LONGEST = ("site", "pipeline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the site and the pipeline before all others, which keep their order."""
    folder = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        first = item.path.relative_to(folder).parts[0]
        return LONGEST.index(first) if first in LONGEST else len(LONGEST)

    items.sort(key=rank)
