"""Where the data that come with the library lie, in a checkout and in an installed wheel."""

from pathlib import Path

__all__ = ["DATA"]

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1] / "data"

# A wheel carries a copy inside the package (see force-include in pyproject.toml).
DATA = _CHECKOUT if (_CHECKOUT / "claims.yml").is_file() else _PACKAGE / "_data"
