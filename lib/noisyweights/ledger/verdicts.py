"""The verdict on a claim, which follows by code alone from its criterion and what was measured."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from noisyweights.ledger.claims import Check, Claim, Measurement, find, nearest

__all__ = ["Checked", "State", "Verdict", "check_states", "state", "verdict"]


class State(StrEnum):
    """Whether a measured interval satisfies one check of a criterion."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"


class Verdict(StrEnum):
    """What the checks of a claim add up to."""

    REPRODUCED = "reproduced"
    PARTLY = "partly"
    NOT_REPRODUCED = "not reproduced"
    UNDECIDED = "undecided"
    NOT_TESTABLE = "not testable here"
    NOT_MEASURED = "not yet measured"


class Checked(NamedTuple):
    """A check, what was measured for it, and whether it holds."""

    check: Check
    measurement: Measurement
    state: State


def state(check: Check, measurement: Measurement) -> State:
    """Return whether the whole interval satisfies a check, the whole violates it, or neither."""
    low, high = measurement.low, measurement.high
    if check.relation == "within":
        floor, ceiling = check.bound
    else:
        floor, ceiling = (-math.inf, check.bound[0]) if check.relation == "<=" else (check.bound[0], math.inf)
    if floor <= low and high <= ceiling:
        return State.HOLDS
    return State.FAILS if high < floor or low > ceiling else State.UNDECIDED


def check_states(
    claim_id: str, measurements: Iterable[Measurement], *, claims: Mapping[str, Claim] | None = None
) -> tuple[Checked, ...]:
    """Pair the checks of one claim with what was measured, in the order of the file; empty when nothing was.

    `measurements` may hold those of other claims too. Raises KeyError for an unknown claim, and ValueError
    for a quantity that the claim does not name, a wrong unit, one measured twice, or a claim measured only
    in part.
    """
    claim = find(claim_id, claims)
    own = [m for m in measurements if m.claim == claim_id]
    if not own:
        return ()
    checks = {check.quantity: check for check in claim.checks}
    measured: dict[str, Measurement] = {}
    for m in own:
        if m.quantity not in checks:
            raise ValueError(
                f"claim {claim_id} has no quantity {m.quantity!r} in data/claims.yml; "
                f"{nearest(m.quantity, checks)}"
            )
        if m.quantity in measured:
            raise ValueError(f"claim {claim_id}: {m.quantity} is measured twice; report it once")
        unit = checks[m.quantity].unit
        if m.unit not in ("", unit):
            raise ValueError(
                f"claim {claim_id}: {m.quantity} is measured in {m.unit!r}, its criterion in data/claims.yml "
                f"is in {unit!r}; convert it"
            )
        measured[m.quantity] = replace(m, unit=unit)
    missing = checks.keys() - measured.keys()
    if missing:
        raise ValueError(
            f"claim {claim_id}: no measurement of {', '.join(sorted(missing))}; measure all that "
            "data/claims.yml asks of it, or nothing (an interval from -inf to inf says that nothing is known)"
        )
    return tuple(Checked(c, measured[q], state(c, measured[q])) for q, c in checks.items())


def verdict(
    claim_id: str, measurements: Iterable[Measurement], *, claims: Mapping[str, Claim] | None = None
) -> Verdict:
    """Return the verdict on one claim.

    Reproduced if all checks hold; if any fails, partly where others hold and not reproduced where none does;
    undecided if none fails and not all hold.
    Raises what `check_states` raises.
    """
    if not find(claim_id, claims).testable:
        return Verdict.NOT_TESTABLE
    states = [checked.state for checked in check_states(claim_id, measurements, claims=claims)]
    if not states:
        return Verdict.NOT_MEASURED
    if all(s is State.HOLDS for s in states):
        return Verdict.REPRODUCED
    if State.FAILS not in states:
        return Verdict.UNDECIDED
    return Verdict.PARTLY if State.HOLDS in states else Verdict.NOT_REPRODUCED
