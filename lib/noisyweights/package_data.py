"""Where the data that come with the library lie, in a checkout and in an installed wheel."""

import os
from pathlib import Path

__all__ = ["DATA", "shown"]

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1] / "data"

# A wheel carries a copy inside the package (see force-include in pyproject.toml).
DATA = _CHECKOUT if (_CHECKOUT / "claims.yml").is_file() else _PACKAGE / "_data"


def shown(path: str | os.PathLike) -> str:
    """How a page calls a file: from data/ on if it is ours, as it was given otherwise."""
    absolute = Path(path).resolve()
    return f"data/{absolute.relative_to(DATA).as_posix()}" if absolute.is_relative_to(DATA) else str(path)
