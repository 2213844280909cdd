"""The claims as text for a terminal, and as JSON for scripts."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from noisyweights.experiments.recorded_claims import Stated, load
from noisyweights.ledger.verdicts import Checked, Verdict
from noisyweights.pages import notation

__all__ = ["as_json", "load", "text"]

_COLOURS = {
    Verdict.REPRODUCED: "green",
    Verdict.PARTLY: "yellow",
    Verdict.UNDECIDED: "yellow",
    Verdict.NOT_REPRODUCED: "red",
}
_WORD = 17  # as wide as the longest verdict


def text(stated: Sequence[Stated]) -> str:
    """Each claim with its verdict, its published value and a line for each check; then the counts."""
    blocks = [_block(one) for one in stated]
    count = Counter(one.verdict for one in stated)
    words = ", ".join(f"{count[verdict]} {verdict.value}" for verdict in Verdict if count[verdict])
    return "\n".join([*blocks, f"{len(stated)} claims: {words}"])


def _block(one: Stated) -> str:
    verdict = click.style(f"{one.verdict.value:<{_WORD}}", fg=_COLOURS.get(one.verdict))
    lines = [f"{verdict} {click.style(one.claim.id, bold=True)}  published: {one.claim.published}"]
    return "\n".join([*lines, *(f"{'':{_WORD}} {_line(checked)}" for checked in one.checks)])


def _line(checked: Checked) -> str:
    check, measurement, state = checked
    measured = notation.interval(measurement)
    return f"{check.quantity} {measured}; wanted {notation.requirement(check)}: {state.value}"


def as_json(stated: Sequence[Stated]) -> dict[str, Any]:
    """`{"claims": [{"id", "verdict", …}]}`; an end of an interval that nothing is known of is null."""
    return {"claims": [_claim(one) for one in stated]}


def _claim(one: Stated) -> dict[str, Any]:
    claim = one.claim
    return {
        "id": claim.id,
        "verdict": one.verdict.value,
        "paper": claim.paper,
        "place": claim.place,
        "statement": claim.statement,
        "published": claim.published,
        "criterion": claim.criterion,
        "chapter": claim.chapter,
        "experiment": one.experiment,
        "measured": [_check(checked) for checked in one.checks],
    }


def _check(checked: Checked) -> dict[str, Any]:
    check, measurement, state = checked
    return {
        "quantity": check.quantity,
        "unit": check.unit,
        "value": _finite(measurement.value),
        "interval": [_finite(measurement.low), _finite(measurement.high)],
        "n": measurement.n,
        "required": {"relation": check.relation, "bound": list(check.bound)},
        "state": state.value,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
