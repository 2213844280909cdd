"""The scoreboard: every claim, with the recorded full run's verdict and this build's beside it."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from noisyweights.evidence import claims, markup, recorded
from noisyweights.evidence.claims import Claim, Verdict
from noisyweights.evidence.markup import Column
from noisyweights.evidence.recorded import Outcome, Recorded
from noisyweights.files import write_if_changed

__all__ = ["page"]

TITLES = {
    "patel2024": "Patel et al. 2024: the shape of the weight distribution",
    "ahmed2023": "Ahmed et al. 2023: binary networks with Bayesian scales",
    "aimone2023": "Aimone et al. 2023: coin flips for weights",
    "liu2022": "Liu et al. 2022: one cell for mean and spread",
}

_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_INTRODUCTION = """# Scoreboard

All {total} claims of the four papers. Each has a criterion that was fixed before anything was measured; the
verdict follows from it by code alone. A check *holds* when the whole 95 % interval of the measured quantity
satisfies it, *fails* when the whole interval violates it, and is *undecided* in between. All checks hold:
reproduced. Some hold: partly. None holds: not reproduced. The first badge is the recorded full run's where
there is one. {shown}"""


def page(outcomes: Iterable[Outcome], results: Mapping[str, Recorded], *, chapters: Mapping[str, str]) -> str:
    """Return the page as MyST Markdown.

    `outcomes` is what this build's chapters measured, `results` the recorded runs by experiment, `chapters`
    the titles of the chapters that exist, by name. Raises what `claims.check_states` raises, for instance for
    a claim that two chapters measured.
    """
    known = claims.load()
    outcomes = tuple(outcomes)
    for outcome in outcomes:
        for measurement in outcome.measurements:
            claims.find(measurement.claim, known)
    columns = _columns(outcomes, results)
    verdicts = {claim.id: markup.headline(claim, columns)[0] for claim in known.values()}
    parts = [_introduction(len(known), columns), _raw(_counts(verdicts.values()) + _filter())]
    for paper in claims.PAPERS:
        own = [claim for claim in known.values() if claim.paper == paper]
        parts += [f"## {TITLES[paper]}", _summary(paper, own, verdicts)]
        parts += [
            _raw(
                "".join(markup.row(claim, columns, chapter=chapters.get(claim.chapter, "")) for claim in own)
            )
        ]
    return "\n\n".join(parts) + "\n"


def _columns(outcomes: Sequence[Outcome], results: Mapping[str, Recorded]) -> list[Column]:
    """Return the runs, the weightiest first: the recorded one, then this build or the reader's device."""
    devices = {outcome.device["name"]: outcome for outcome in outcomes if not outcome.device["reference"]}
    columns = []
    if results:
        label = "reference, recorded full run" if devices else "recorded full run"
        measured = [m for result in results.values() for m in result.outcome.measurements]
        columns.append(Column(label, "full", tuple(measured)))
    if outcomes:
        label = f"your device ({', '.join(devices)})" if devices else "this build"
        measured = [m for outcome in outcomes for m in outcome.measurements]
        columns.append(Column(label, outcomes[0].profile, tuple(measured)))
    return columns


def _introduction(total: int, columns: Sequence[Column]) -> str:
    """Return the title and what the verdicts mean."""
    runs = " and ".join(f"**{column.label}** (profile `{column.profile}`)" for column in columns)
    shown = f"Shown: {runs}." if runs else "Nothing is measured yet."
    return _INTRODUCTION.format(total=total, shown=shown)


def _counts(verdicts: Iterable[Verdict]) -> str:
    """Return how many claims there are of each verdict."""
    count = Counter(verdicts)
    items = "".join(f"<li><b>{count[kind]}</b> {markup.badge(kind)}</li>" for kind in Verdict)
    return f'<ul class="nw-counts">{items}</ul>'


def _filter() -> str:
    """Return radio buttons that the style sheet filters the rows by, without a script."""
    choices = "".join(
        f'<label><input type="radio" name="nw-show" id="nw-show-{kind.value.replace(" ", "-")}"> '
        f"{kind.value}</label>"
        for kind in Verdict
    )
    return (
        '<fieldset class="nw-filter"><legend>Show</legend>'
        f'<label><input type="radio" name="nw-show" id="nw-show-all" checked> all</label>{choices}</fieldset>'
    )


def _summary(paper: str, own: Sequence[Claim], verdicts: Mapping[str, Verdict]) -> str:
    """Return a paper's citation and its counts in words."""
    count = Counter(verdicts[claim.id] for claim in own)
    words = ", ".join(f"{count[kind]} {kind.value}" for kind in Verdict if count[kind])
    return f"{{cite:t}}`{paper}`, {len(own)} claims: {words}."


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```"


def _chapters(book: Path) -> dict[str, str]:
    """Return the titles of the chapters whose sources lie in the book's folder."""
    titles = {}
    for name in claims.CHAPTERS:
        source = book / f"{name}.md"
        heading = source.is_file() and re.search(
            r"^# (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE
        )
        if heading:
            titles[name] = heading[1].strip()
    return titles


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the scoreboard of what executed notebooks measured, beside the recorded results."""
    parser = argparse.ArgumentParser(
        prog="python -m noisyweights.evidence.scoreboard", description=main.__doc__
    )
    parser.add_argument("--notebooks", nargs="*", default=[], type=Path, help="executed notebooks")
    parser.add_argument("--book", default=Path("book"), type=Path, help="folder of the chapters' sources")
    parser.add_argument("--recorded", default=recorded.FOLDER, type=Path, help="folder of recorded results")
    parser.add_argument("--out", required=True, type=Path, help="the page to write")
    options = parser.parse_args(arguments)
    try:
        outcomes = [outcome for notebook in options.notebooks for outcome in recorded.outcomes(notebook)[0]]
        results = recorded.read_all(options.recorded)
        text = page(outcomes, results, chapters=_chapters(options.book))
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"error: {error.args[0] if isinstance(error, KeyError) else error}")
    write_if_changed(options.out, text)


if __name__ == "__main__":
    main()
