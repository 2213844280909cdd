"""An edition: the book for one profile and one device, in a folder of its own."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from noisyweights.files import file_sha256

__all__ = ["BUILD", "REFERENCE", "Edition"]

PROFILES = ("record", "smoke", "quick", "full")
BUILD = Path("_build")
REFERENCE = Path("data/devices/bayes_mtj.csv")


@dataclass(frozen=True)
class Edition:
    """Profile and noise file of one build of the book; an empty `noise` means the reference device.

    column, cell: which of the file's columns and cells, "" for what shows itself.

    The profile "record" is the full run as it is recorded; the others compute their points.
    """

    profile: str
    noise: str
    name: str
    column: str = ""
    cell: str = ""

    @classmethod
    def of(cls, profile: str, noise: str = "", column: str = "", cell: str = "") -> "Edition":
        """Name the edition: `<profile>-reference`, or `<profile>-<file's stem>-<8 digits of its checksum>`.

        The name holds the file's content, and the column and the cell if they are named: another measurement
        under an old name is another edition, and so is another column or cell. Raises ValueError for an
        unknown profile, for a noise file that is not there, and for a column or cell of none.
        """
        if profile not in PROFILES:
            raise ValueError(f"no profile is called {profile!r}: PROFILE is one of {', '.join(PROFILES)}")
        for name, chosen in (("COLUMN", column), ("CELL", cell)):
            if chosen and not noise:
                raise ValueError(f"{name} is {chosen!r}, but there is no NOISE: name the file that it is of")
        if not noise:
            return cls(profile, "", f"{profile}-reference")
        path = Path(noise).expanduser()
        if not path.is_file():
            raise ValueError(f"there is no noise file {noise}: NOISE names a file with a column of samples")
        checksum = file_sha256(path)
        stem = _word(path.stem) or "noise"
        if column or cell:
            chosen = "\0".join([checksum, column, *([cell] if cell else [])])
            checksum = hashlib.sha256(chosen.encode()).hexdigest()
            stem = "-".join(filter(None, (stem, _word(column), _word(cell))))
        return cls(profile, str(path), f"{profile}-{stem}-{checksum[:8]}", column, cell)

    @property
    def folder(self) -> Path:
        """Where everything of this edition lies, relative to the checkout."""
        return BUILD / self.name

    @property
    def source(self) -> Path:
        """The noise file that the edition is built around."""
        return Path(self.noise) if self.noise else REFERENCE

    @property
    def index(self) -> Path:
        """The site's front page."""
        return self.folder / "site" / "index.html"


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")
