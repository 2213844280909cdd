"""The scoreboard: every claim, with the recorded full run's verdict and this build's beside it."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from noisyweights.files import write_if_changed
from noisyweights.ledger import claims
from noisyweights.ledger.claims import Claim
from noisyweights.ledger.outcomes import Recorded
from noisyweights.ledger.provenance import Commit
from noisyweights.ledger.verdicts import Verdict
from noisyweights.pages import markup, notation, runs
from noisyweights.pages.markup import Column

__all__ = ["page"]

TITLES = {
    "patel2024": "Patel et al. 2024: the shape of the weight distribution",
    "ahmed2023": "Ahmed et al. 2023: binary networks with Bayesian scales",
    "aimone2023": "Aimone et al. 2023: coin flips for weights",
    "liu2022": "Liu et al. 2022: one cell for mean and spread",
    claims.OWN: "This book: questions of its own",
}

_INTRODUCTION = """# Scoreboard

All {total} claims: those of the four papers, and a few of this book. Each has a criterion that was fixed
before anything was measured; the verdict follows from it by code alone. A check *holds* when the whole 95 %
interval of the measured quantity satisfies it, *fails* when the whole interval violates it, and is
*undecided* in between, as whenever there is no interval. All checks hold: reproduced. One fails: partly where
others hold, not reproduced where none does. None fails, and not all hold: undecided. The first badge is the
recorded full run's where there is one.
{shown}"""

_SORT = "```{raw} html\n:file: _static/sort.html\n```"  # no .js, which would be on every page


def page(here: Sequence[Recorded], results: Sequence[Recorded], *, chapters: Mapping[str, str]) -> str:
    """Return the page as MyST Markdown.

    `here` is what this build's chapters measured, `results` the recorded runs, `chapters` the titles of the
    chapters that exist, by name. Raises KeyError for a claim that does not exist, and what
    `verdicts.check_states` raises, for instance for a claim that two chapters measured.
    """
    known = claims.load()
    columns = runs.columns(here, results)
    verdicts = {claim.id: markup.headline(claim, columns)[0] for claim in known.values()}
    parts = [_introduction(len(known), columns), _raw(_counts(verdicts.values()))]
    parts += [_asked_again(known, verdicts), _raw(_choices())]
    for paper in claims.SOURCES:
        own = [claim for claim in known.values() if claim.paper == paper]
        rows = [
            markup.row(
                claim,
                columns,
                chapter=chapters.get(claim.chapter, ""),
                again={name: verdicts[name] for name in claim.asked_again},
            )
            for claim in own
        ]
        parts += [f"## {TITLES[paper]}", _summary(paper, own, verdicts), _raw("".join(rows))]
    parts += [_SORT]
    if here or results:
        parts += ["## Where these results come from", _raw(_origins(here, results))]
    return "\n\n".join(parts) + "\n"


def _introduction(total: int, columns: Sequence[Column]) -> str:
    """Return the title and what the verdicts mean."""
    named = " and ".join(f"**{column.label}** (profile `{column.profile}`)" for column in columns)
    shown = f"Shown: {named}." if named else "Nothing is measured yet."
    return _INTRODUCTION.format(total=total, shown=shown)


def _counts(verdicts: Iterable[Verdict]) -> str:
    """Return how many claims there are of each verdict."""
    count = Counter(verdicts)
    items = "".join(f"<li><b>{count[kind]}</b> {markup.badge(kind)}</li>" for kind in Verdict)
    return f'<ul class="nw-counts">{items}</ul>'


def _asked_again(known: Mapping[str, Claim], verdicts: Mapping[str, Verdict]) -> str:
    """Return how many of the undecided claims other rows decide."""
    undecided = [claim for claim in known.values() if verdicts[claim.id] is Verdict.UNDECIDED]
    settled = {Verdict.REPRODUCED, Verdict.PARTLY, Verdict.NOT_REPRODUCED}
    decided = [
        one for one in undecided if one.asked_again and {verdicts[n] for n in one.asked_again} <= settled
    ]
    if not decided:
        return ""
    return (
        "A criterion that turned out badly chosen stays, and so does its verdict; a sharper one may stand "
        f"beside it. Of the {len(undecided)} undecided claims {len(decided)} are asked again so, and decided "
        "there."
    )


def _choices() -> str:
    """Return the radio buttons that filter and sort the rows, and the place where sorted ones go.

    The style sheet filters. To sort takes a script, since who hears the page is to hear it in that order.
    """
    shown = {f"nw-show-{kind.value.replace(' ', '-')}": kind.value for kind in Verdict}
    show = {"nw-show-all": "all"} | shown
    sort = {f"nw-sort-{by}": by for by in ("paper", "verdict", "chapter")}
    return (
        f'<fieldset class="nw-filter"><legend>Show</legend>{_radios("nw-show", show)}</fieldset>'
        '<fieldset class="nw-filter nw-sort" hidden><legend>Sort by</legend>'
        f'{_radios("nw-sort", sort)}</fieldset><div class="nw-sorted"></div>'
    )


def _radios(name: str, choices: Mapping[str, str]) -> str:
    """Return radio buttons by id and word; the first is chosen."""
    first = next(iter(choices))
    return "".join(
        f'<label><input type="radio" name="{name}" id="{key}" value="{word}"'
        f"{' checked' if key == first else ''}> {word}</label>"
        for key, word in choices.items()
    )


def _summary(paper: str, own: Sequence[Claim], verdicts: Mapping[str, Verdict]) -> str:
    """Return a paper's citation and its counts in words."""
    count = Counter(verdicts[claim.id] for claim in own)
    words = ", ".join(f"{count[kind]} {kind.value}" for kind in Verdict if count[kind])
    cited = "Asked here first" if paper == claims.OWN else f"{{cite:t}}`{paper}`"
    return f"{cited}, {len(own)} claims: {words}."


def _origins(here: Sequence[Recorded], results: Sequence[Recorded]) -> str:
    """Return a table of the runs behind the verdicts."""
    rows = [("experiment", "profile", "device", "seed", "runtime", "commit", "machine")]
    for run in (*results, *here):
        facts, machine = run.facts, run.facts["machine"]
        rows.append(
            (
                run.outcome.experiment.replace("_", " "),
                run.outcome.profile + (", recorded" if run in results else ", this build"),
                run.outcome.device["name"],
                str(facts["seed"]),
                notation.duration(facts["duration_s"]),
                str(Commit(facts["commit"], facts["dirty"])),
                f"{machine['cpu']}, {machine['cores']} cores",
            )
        )
    return markup.table(rows, label="Runs behind the verdicts", kind="nw-numbers")


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the scoreboard of what executed notebooks measured, beside the recorded results."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.pages.scoreboard", description=main.__doc__)
    runs.add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        here, results = runs.gather(options.notebooks, options.recorded)
        text = page(here, results, chapters=dict(options.chapters))
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"error: {error.args[0] if isinstance(error, KeyError) else error}")
    write_if_changed(options.out, text)


if __name__ == "__main__":
    main()
