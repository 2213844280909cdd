"""What a device must be to serve as a Bayesian weight: data/device_criteria.yml, with its numbers.

The file fixes what is measured, the relation and where the needed value is from; the value is then computed
from the record's sweeps and trained networks. One that the record cannot give stays open, and says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from noisyweights.experiments import catalogue, record
from noisyweights.experiments.crossbar.networks import costs, settings, sweeps
from noisyweights.experiments.crossbar.networks import experiment as networks
from noisyweights.experiments.crossbar.networks.results import Result
from noisyweights.experiments.swapped_networks.needs import Needs
from noisyweights.ledger import claims
from noisyweights.package_data import DATA

__all__ = ["MENDS", "QUANTITIES", "Criteria", "Criterion", "junction_read_pJ", "load", "recorded_sweeps"]

DEFAULT_PATH = DATA / "device_criteria.yml"
METHOD = "mean-field"  # the classifier on random weights, whose sweeps set the values
RELATIONS = ("<=", ">=", "within")
QUANTITIES = (
    "divergence", "sigma_ratio", "sigma_of_range", "step_over_sigma", "drift_of_range", "correlation",
    "spread_of_range", "log_sigma_spread", "read_pJ",
)  # fmt: skip
MENDS = (
    "more_weights", "accuracy_alone", "gain", "finer_step", "recalibrate", "skip_reads", "write_and_verify",
    "set_each_sigma", "cheaper_reads", "none",
)  # fmt: skip
_FIELDS = {"id", "measures", "words", "quantity", "unit", "relation", "needed", "why", "source", "mend"}
_LACKS_SWEEPS = "the record lacks the sweeps of chapter 9 (`make record ARGS=crossbar.networks`)"
_LACKS_NETWORKS = "the record keeps no trained networks (`make record ARGS=regression`)"


@dataclass(frozen=True)
class Criterion:
    """One criterion with its number.

    needed: the bound, two of them for "within"; None where it cannot be computed, and `lacking` says why.
    at: effective number of weights at which a divergence is taken; None for all other quantities. relaxed:
    the bound where only accuracy counts, for a bound by a sweep. regression: what the regression of chapter 5
    tolerates in the same sweep, in words; "" where it did not go through it.
    """

    id: str
    measures: str
    words: str
    quantity: str
    unit: str
    relation: str
    needed: tuple[float, ...] | None
    why: str
    source: str
    mend: str
    at: float | None = None
    relaxed: float | None = None
    regression: str = ""
    lacking: str = ""

    @property
    def title(self) -> str:
        """Its words as they stand alone, without the comma that a sentence goes on after."""
        return self.words.rstrip(",")


@dataclass(frozen=True)
class Criteria:
    """All criteria, and what a verdict needs beside them.

    needs: of the recorded networks; None if there are none. draws: reads in a prediction of chapter 9.
    """

    criteria: tuple[Criterion, ...]
    needs: Needs | None
    draws: int = field(default=settings.PROFILES[record.PROFILE].draws)


def load(
    *, swept: Result | None, needs: Needs | None, read_pJ: float | None, path: Path | None = None
) -> Criteria:
    """Read the criteria and compute their numbers.

    Args:
        swept: as `recorded_sweeps` gives it. needs: as `needs.needs`. read_pJ: as `junction_read_pJ`.
            None for what there is not.
        path: another file than the library's own.

    Raises: FileNotFoundError without a file, ValueError naming the criterion and the field that is malformed.
    """
    file = path or DEFAULT_PATH
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{file} is no list of criteria")
    found = tuple(_criterion(row, file, swept, needs, read_pJ) for row in rows)
    if len({one.id for one in found}) < len(found):
        raise ValueError(f"{file} has two criteria of one id: {', '.join(one.id for one in found)}")
    return Criteria(found, needs)


def recorded_sweeps() -> Result | None:
    """Chapter 9's sweeps as the record holds them, on the reference device.

    None where it lacks a training that went through the sweeps of the random weights, or has none of some
    other method. Raises ValueError for a damaged file.
    """
    name = "crossbar.networks"
    config = catalogue.settings(name, profile=record.PROFILE)
    usable = record.usable(name, sha256=record.reference())
    swept = {f"{METHOD}-{number}" for number in range(config.repeats)}
    kinds = {point.rpartition("-")[0] for point in catalogue.names(name, profile=record.PROFILE)}
    if not swept <= set(usable) or not kinds <= {point.rpartition("-")[0] for point in usable}:
        return None
    points = {point: record.as_point(one).arrays for point, one in usable.items()}
    return networks.collect(config, None, points)


def junction_read_pJ() -> float:
    """Energy of a junction's read at which a pass on the array takes what L-energy allows, typically, in pJ.

    That is a share of the digital rival's pass, less all other items of the array, over the number of reads;
    it is negative where these alone take more.
    """
    config = settings.PROFILES[record.PROFILE]
    array, digital = (costs.bill(config, METHOD, place, passes=1) for place in costs.PLACES)
    (check,) = (one for one in claims.find("L-energy").checks if one.quantity == "energy_ratio")
    reads = [item for item in array.items if item.component == "junction reads"]  # one in each layer
    others = array.energy_pJ.typical - sum(item.total.typical for item in reads)
    return (check.bound[0] * digital.energy_pJ.typical - others) / sum(item.count for item in reads)


def _criterion(
    row: Mapping[str, Any], file: Path, swept: Result | None, needs: Needs | None, read_pJ: float | None
) -> Criterion:
    label = f"{file}: criterion {row.get('id', row)!r}"
    if (names := set(row) - {"at"}) != _FIELDS:
        raise ValueError(f"{label} must have the fields {', '.join(sorted(_FIELDS))}; has {sorted(names)}")
    for name, known in (("relation", RELATIONS), ("quantity", QUANTITIES), ("mend", MENDS)):
        if row[name] not in known:
            raise ValueError(f"{label}: {name} must be one of {', '.join(known)}, got {row[name]!r}")
    plain = {name: str(row[name]) for name in _FIELDS - {"needed"}}
    needed, relaxed, lacking = _number(row["needed"], label, swept, needs, read_pJ)
    at = None
    if row["quantity"] == "divergence":
        found, _, none = _number(row.get("at"), label, swept, needs, read_pJ)
        at, lacking = (found[0], lacking) if found else (None, none)
    regression = _of_regression(row["needed"], swept)
    return Criterion(**plain, needed=needed, at=at, relaxed=relaxed, regression=regression, lacking=lacking)


def _number(
    given: Any, label: str, swept: Result | None, needs: Needs | None, read_pJ: float | None
) -> tuple[tuple[float, ...] | None, float | None, str]:
    """The bound, that for accuracy alone, and why there is none."""
    if isinstance(given, int | float):
        return (float(given),), None, ""
    if not isinstance(given, dict) or len(given) != 1:
        raise ValueError(
            f"{label}: a number must be given, or one of sweep, networks and bill; got {given!r}"
        )
    ((kind, name),) = given.items()
    if kind == "sweep":
        return _swept(name, label, swept)
    if kind == "networks":
        if name not in ("effective_weights", "sigma_of_range"):
            raise ValueError(f"{label}: networks tell effective_weights and sigma_of_range, not {name!r}")
        return (getattr(needs, name), None, "") if needs else (None, None, _LACKS_NETWORKS)
    if (kind, name) == ("bill", "junction_read"):
        return ((read_pJ,), None, "") if read_pJ is not None else (None, None, "no bill was made")
    raise ValueError(f"{label}: {kind} {name!r} is nothing that a number could come from")


def _swept(name: str, label: str, swept: Result | None) -> tuple[tuple[float, ...] | None, float | None, str]:
    known = {sweep.name: sweep for sweep in settings.SWEEPS[METHOD]}
    if name not in known:
        raise ValueError(f"{label}: no sweep is called {name!r}; they are {', '.join(known)}")
    if swept is None:
        return None, None, _LACKS_SWEEPS
    values = settings.swept(swept.config, known[name])
    agrees = networks.agreement(swept, METHOD, known[name])
    both, accuracy = sweeps.tolerated(values, agrees.all(1)), sweeps.tolerated(values, agrees[:, 0])
    if both is None:
        return None, accuracy, f"even the best value tried of {known[name].words} ({values[-1]:g}) is too bad"
    if both == 0:  # nothing but perfection
        return (
            None,
            accuracy,
            f"of {known[name].words}, {values[-2]:g} is too much already, and less was not tried",
        )
    return (float(both),), accuracy, ""


def _of_regression(needed: Any, swept: Result | None) -> str:
    name = needed.get("sweep") if isinstance(needed, dict) else None
    if swept is None or name not in swept.regression_sweeps:
        return ""
    (sweep,) = (one for one in settings.SWEEPS[METHOD] if one.name == name)
    agrees = networks.agreement(swept, "regression", sweep).all(1)
    return sweeps.limit(settings.swept(swept.config, sweep), agrees)
