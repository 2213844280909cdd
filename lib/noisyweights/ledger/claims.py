"""The papers' claims and the book's own, with their criteria, and what a measurement of one is."""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from noisyweights.package_data import DATA, shown

__all__ = [
    "CHAPTERS",
    "OWN",
    "PAPERS",
    "SOURCES",
    "Check",
    "Claim",
    "Measurement",
    "find",
    "fully_measured",
    "load",
    "nearest",
]

DEFAULT_PATH = DATA / "claims.yml"

PAPERS = ("patel2024", "ahmed2023", "aimone2023", "liu2022")
OWN = "this_book"  # what stands for a paper where the question is the book's
SOURCES = (*PAPERS, OWN)
CHAPTERS = (
    "01-device-noise",
    "02-quadrature",
    "03-inverse-sampling",
    "04-energy-distance",
    "05-regression",
    "06-faces",
    "07-binary",
    "08-coin-flips",
    "09-crossbar",
    "10-tied-scale",
)
RELATIONS = ("<=", ">=", "within")
DEVICE_PARTS = ("law", "formula")


@dataclass(frozen=True)
class Check:
    """One machine-checkable part of a criterion: `quantity relation bound`; `within` has two bounds."""

    quantity: str
    unit: str
    relation: str
    bound: tuple[float, ...]
    words: str


@dataclass(frozen=True)
class Claim:
    """One claim of a paper or of this book, with the criterion that was fixed before it was measured.

    device: what a reader's own device is to its measurement: "law", "formula" (the paper's formula, fitted to
    the device), or "" where the device has no part. asked_again: claims that ask the same by a criterion that
    can be decided where this one cannot, or that says what this one leaves open.
    """

    id: str
    paper: str
    place: str
    statement: str
    published: str
    chapter: str
    device: str = ""
    criterion: str = ""
    why: str = ""
    checks: tuple[Check, ...] = ()
    testable: bool = True
    reason: str = ""
    asked_again: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """A measured quantity of a claim with its 95 % interval.

    n is the sample size behind the interval, 0 for a value that is computed and not sampled (see `exact`).
    An end that nothing is known about is ±inf. An empty unit stands for the unit of the claim's check.

    Raises ValueError for a value outside its own interval, a NaN, and an n that is negative or not whole.
    """

    claim: str
    quantity: str
    value: float
    low: float
    high: float
    n: int
    unit: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.n != int(self.n):
            raise ValueError(f"measurement {self.claim}/{self.quantity}: n = {self.n} is no whole number")
        object.__setattr__(self, "n", int(self.n))
        if not (self.low <= self.value <= self.high):  # also catches NaN
            raise ValueError(
                f"measurement {self.claim}/{self.quantity}: value {self.value} is not inside its interval "
                f"[{self.low}, {self.high}]; give low <= value <= high, and no NaN"
            )
        if self.n < 0:
            raise ValueError(
                f"measurement {self.claim}/{self.quantity}: n = {self.n}; give a sample size or 0"
            )

    @classmethod
    def exact(cls, claim: str, quantity: str, value: float, unit: str = "") -> "Measurement":
        """Return a computed value, whose interval has no width."""
        return cls(claim, quantity, value, value, value, 0, unit)


def load(path: str | Path | None = None) -> Mapping[str, Claim]:
    """Read and validate the claims, in the order of the file, by id.

    Without a path the file is the library's own. Raises FileNotFoundError when there is none, and ValueError
    naming file, claim and field for one that is malformed.
    """
    file = Path(path) if path else DEFAULT_PATH
    if not file.is_file():
        raise FileNotFoundError(
            f"no claims at {file}: they come with the library, so install it again, or pass the path of a "
            "claims.yml"
        )
    return _load(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(file: Path, modified: int) -> Mapping[str, Claim]:
    """Parse a claims file; `modified` only makes an edited file a new entry of the cache."""
    mend = f"mend it there, or restore it with `git checkout -- {shown(file)}`"
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is not readable as YAML ({error}); {mend}") from error
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{file} is not a list of claims; {mend}")
    claims: dict[str, Claim] = {}
    for number, row in enumerate(rows, start=1):
        label = row.get("id", f"number {number}") if isinstance(row, dict) else f"number {number}"
        try:
            claim = _claim(row)
        except ValueError as error:
            raise ValueError(f"{file}, claim {label}: {error}; {mend}") from None
        if claim.id in claims:
            raise ValueError(f"{file}, claim {claim.id}: the id occurs twice; {mend}")
        claims[claim.id] = claim
    for claim in claims.values():
        if unknown := [other for other in claim.asked_again if other == claim.id or other not in claims]:
            raise ValueError(
                f"{file}, claim {claim.id}: asked_again names {unknown[0]!r}, no other claim; {mend}"
            )
    return MappingProxyType(claims)


def _claim(row: Any) -> Claim:
    """Return the claim that a row of the file describes; raise ValueError saying what is wrong with it."""
    _demand_fields(
        row,
        {"id": str, "paper": str, "place": str, "statement": str, "published": str, "chapter": str},
        {"device": str, "criterion": str, "why": str, "checks": list, "testable": bool, "reason": str}
        | {"asked_again": list},
    )
    row = row | {"asked_again": tuple(row.get("asked_again", ()))}
    if row["paper"] not in SOURCES:
        raise ValueError(f"paper {row['paper']!r} is none of {', '.join(SOURCES)}")
    if row["chapter"] not in CHAPTERS:
        raise ValueError(f"chapter {row['chapter']!r} is none of {', '.join(CHAPTERS)}")
    if row.get("device", "law") not in DEVICE_PARTS:
        raise ValueError(
            f"device {row['device']!r} is none of {', '.join(DEVICE_PARTS)}; leave it out for none"
        )
    if not row.get("testable", True):
        if not row.get("reason"):
            raise ValueError("a claim that is not testable needs a reason")
        if row.get("checks"):
            raise ValueError("a claim that is not testable has no checks")
        return Claim(**row)
    if not (row.get("criterion") and row.get("why") and row.get("checks")):
        raise ValueError("a testable claim needs criterion, why and checks")
    checks = tuple(_check(entry) for entry in row["checks"])
    names = [check.quantity for check in checks]
    if len(set(names)) < len(names):
        raise ValueError(f"a quantity is checked twice in {names}")
    return Claim(**{**row, "checks": checks})


def _check(entry: Any) -> Check:
    """Return one check of a row; raise ValueError saying what is wrong with it."""
    _demand_fields(
        entry,
        {"quantity": str, "unit": str, "relation": str, "bound": (int, float, list), "words": str},
        {},
    )
    relation, bound = entry["relation"], entry["bound"]
    if relation not in RELATIONS:
        raise ValueError(f"relation {relation!r} of {entry['quantity']} is none of {', '.join(RELATIONS)}")
    bounds = bound if isinstance(bound, list) else [bound]
    if not all(isinstance(b, (int, float)) and math.isfinite(b) for b in bounds):
        raise ValueError(f"bound {bound!r} of {entry['quantity']} is not made of finite numbers")
    if len(bounds) != (2 if relation == "within" else 1) or bounds != sorted(bounds):
        raise ValueError(
            f"bound {bound!r} of {entry['quantity']} does not fit {relation!r}: "
            "give [low, high] to within, one number to the others"
        )
    return Check(**{**entry, "bound": tuple(float(b) for b in bounds)})


def _demand_fields(row: Any, needed: Mapping[str, Any], allowed: Mapping[str, Any]) -> None:
    """Raise ValueError unless a row has all the needed fields, none but the known ones, and their types."""
    if not isinstance(row, dict):
        raise ValueError(f"{row!r} is not a set of fields")
    missing, unknown = needed.keys() - row.keys(), row.keys() - needed.keys() - allowed.keys()
    if missing or unknown:
        raise ValueError(f"missing fields {sorted(missing)}, unknown fields {sorted(map(str, unknown))}")
    for name, value in row.items():
        kinds = {**needed, **allowed}[name]
        if not isinstance(value, kinds):
            raise ValueError(f"field {name} is {value!r}, which is not a {kinds}")


def find(claim_id: str, claims: Mapping[str, Claim] | None = None) -> Claim:
    """Return a claim by id; raise KeyError naming the nearest known id when there is none."""
    claims = load() if claims is None else claims
    if claim_id not in claims:
        raise KeyError(f"no claim {claim_id!r} in data/claims.yml; {nearest(claim_id, claims)}")
    return claims[claim_id]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that a misspelt one is nearest to, for an error."""
    known = list(known)
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f"did you mean {match[0]!r}?" if match else "none is known"


def fully_measured(
    measurements: Iterable[Measurement], *, claims: Mapping[str, Claim] | None = None
) -> list[Measurement]:
    """The measurements of those claims of which every quantity is among them, in their order.

    What several experiments measure of one claim counts once the last of them has run.
    Raises KeyError for an unknown claim.
    """
    found = list(measurements)
    measured = {(m.claim, m.quantity) for m in found}
    complete = {
        m.claim
        for m in found
        if all((m.claim, check.quantity) in measured for check in find(m.claim, claims).checks)
    }
    return [m for m in found if m.claim in complete]
