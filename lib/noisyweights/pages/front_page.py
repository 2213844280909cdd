"""The front page's answers: its findings, filled in from what the chapters measured.

The page is book/intro.md. In it, a block names a quantity of a claim, says in a sentence what it is, and
holds an answer for each way in which its interval may lie; what was measured chooses the answer and fills in
the number:

    :::{finding} P-regression/worst_sigma_e_difference %
    question: Does the shape of the noise matter?
    holds: Hardly.
    fails: Yes.
    undecided: That is open.
    sentence: With another law of the same mean and width, error bars change by {measured}.
    also: P-moments-only
    :::

A % after the quantity shows a share in per cent. The first condition that is true is taken: `holds`, `fails`
and `undecided` speak of the claim's check, `above 0`, `below 0` and `around 0` of the interval. A sentence
may hold {measured}, {required} and other quantities, as {S-unbiased/activation_bias %}. `also` names further
claims that the answer rests on. A line that is indented goes on with the one above. The block

    :::{verdicts}
    question: How many claims hold?
    sentence: Reproduced are {reproduced} of {total} claims.
    :::

counts verdicts; its sentence may name each of them, {tested} and {total}.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from noisyweights.files import write_if_changed
from noisyweights.ledger import claims
from noisyweights.ledger.claims import Check, Claim, Measurement
from noisyweights.ledger.verdicts import Checked, State, Verdict
from noisyweights.pages import markup, notation, runs
from noisyweights.pages.markup import Column

__all__ = ["page"]

_BLOCK = re.compile(r"^:::\{(finding|verdicts)\}[ \t]*(.*?)[ \t]*\n(.*?)^:::[ \t]*\n", re.M | re.S)
_GROUP = re.compile(rf"(?:{_BLOCK.pattern}\n*)+", re.M | re.S)
_FIELD = re.compile(r"(\w[\w ]*): +(.+)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_QUANTITY = re.compile(r"([\w-]+)/(\w+)( %)?")

_CONDITIONS: dict[str, Callable[[Checked], bool]] = {
    "holds": lambda found: found.state is State.HOLDS,
    "fails": lambda found: found.state is State.FAILS,
    "undecided": lambda found: found.state is State.UNDECIDED,
    "above 0": lambda found: found.measurement.low > 0,
    "below 0": lambda found: found.measurement.high < 0,
    "around 0": lambda found: found.measurement.low <= 0 <= found.measurement.high,
}
_EXHAUSTIVE = ({"holds", "fails", "undecided"}, {"above 0", "below 0", "around 0"})
_UNMEASURED = "an amount that is not yet measured"


@dataclass(frozen=True)
class Quantity:
    """A quantity of a claim as the page names it: `P-regression/worst_sigma_e_difference %`."""

    claim: Claim
    check: Check
    percent: bool

    @classmethod
    def read(cls, text: str) -> "Quantity":
        """Find it among the claims; raises ValueError saying what is wrong, with the nearest name."""
        match = _QUANTITY.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} names no quantity of a claim, such as P-moments/max_abs_mean")
        claim = _claim(match[1])
        checks = {check.quantity: check for check in claim.checks}
        if match[2] not in checks:
            raise ValueError(
                f"claim {claim.id} has no quantity {match[2]!r}; {claims.nearest(match[2], checks)}"
            )
        if match[3] and checks[match[2]].unit:
            raise ValueError(f"{text!r} has a unit, {checks[match[2]].unit}: it cannot be shown in per cent")
        return cls(claim, checks[match[2]], bool(match[3]))

    def found(self, column: Column) -> Checked | None:
        """What a run measured of it."""
        return next((one for one in column.checked(self.claim) if one.check == self.check), None)

    def number(self, found: Checked | None) -> str:
        """Its value and interval as HTML, or words where nothing is measured."""
        if found is None:
            return _UNMEASURED
        return markup.number(self._shown(found.measurement))

    def required(self) -> str:
        """What the claim's check demands, in words."""
        if not self.percent:
            return escape(notation.requirement(self.check))
        bound = tuple(100 * end for end in self.check.bound)
        return escape(notation.requirement(replace(self.check, bound=bound, unit="%")))

    def _shown(self, m: Measurement) -> Measurement:
        if not self.percent:
            return m
        return replace(m, value=100 * m.value, low=100 * m.low, high=100 * m.high, unit="%")


def page(source: str, columns: Sequence[Column], *, chapters: Mapping[str, str]) -> str:
    """Return the page, MyST Markdown, with its findings filled in.

    `columns` are the runs, the weightiest first, as `runs.columns` returns them; `chapters` holds the titles
    of the chapters that exist, by name. Raises ValueError naming the line of a finding that cannot be filled
    in.
    """

    def fill(group: re.Match[str]) -> str:
        items = []
        for block in _BLOCK.finditer(source, group.start(), group.end()):
            line = source.count("\n", 0, block.start()) + 1
            try:
                items.append(_item(block, columns, chapters))
            except ValueError as error:
                raise ValueError(f"line {line}: {error}") from None
        return f'```{{raw}} html\n<ul class="nw-findings">{"".join(items)}</ul>{_origin(columns)}\n```\n\n'

    filled = _GROUP.sub(fill, source)
    if left := re.search(r":::\{(finding|verdicts)\}.*", filled):
        raise ValueError(f"{left[0]!r} has no end: close it with a line of three colons")
    return filled


def _item(block: re.Match[str], columns: Sequence[Column], chapters: Mapping[str, str]) -> str:
    """Return one block of the page as an item of the list."""
    kind, argument, body = block.groups()
    fields = _fields(body)
    for needed in ("question", "sentence"):
        if needed not in fields:
            raise ValueError(f"a {kind} needs a {needed}")
    if kind == "verdicts":
        content, name = _verdicts(fields, columns), "nw-finding nw-all"
    else:
        content, name = _finding(Quantity.read(argument), fields, columns, chapters), "nw-finding"
    return f'<li class="{name}"><h2>{escape(fields["question"])}</h2>{content}</li>'


def _fields(body: str) -> dict[str, str]:
    """Return the fields of a block, in their order."""
    fields: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", body).splitlines():
        match = _FIELD.fullmatch(line.strip())
        if match is None or match[1] in fields:
            raise ValueError(f"{line!r} is not a field of its own; write it as `name: text`")
        fields[match[1]] = match[2]
    return fields


def _finding(
    quantity: Quantity, fields: Mapping[str, str], columns: Sequence[Column], chapters: Mapping[str, str]
) -> str:
    """Return the answer to a question, with the number that it rests on."""
    answers = {name: text for name, text in fields.items() if name not in ("question", "sentence", "also")}
    if unknown := answers.keys() - _CONDITIONS.keys():
        raise ValueError(f"no condition {min(unknown)!r}; there are {', '.join(_CONDITIONS)}")
    if not any(every <= answers.keys() for every in _EXHAUSTIVE):
        either = " or ".join(", ".join(name for name in _CONDITIONS if name in one) for one in _EXHAUSTIVE)
        raise ValueError(f"the answers leave a case out: give all of {either}")
    also = [_claim(name) for name in re.split(r",\s*", fields["also"])] if "also" in fields else []
    run, found = _first(quantity, columns)
    sentence = _filled(fields["sentence"], _placeholders(quantity, fields["sentence"], columns))
    if found is None:
        text = f"<strong>Not yet measured.</strong> The claim: {escape(quantity.claim.statement)}"
    else:
        text = f"<strong>{escape(_answer(answers, found))}</strong> {sentence}"
    beside = "".join(
        f'<p class="nw-beside">{escape(column.label)}: <b>{escape(_answer(answers, own))}</b> '
        f"{quantity.number(own)}</p>"
        for column in markup.concerned(quantity.claim, columns)
        if column is not run and column.own_device and (own := quantity.found(column))
    )
    chapter = quantity.claim.chapter
    number = chapter.partition("-")[0].lstrip("0")
    link = f'<a href="{chapter}.html" title="{escape(chapters.get(chapter, ""))}">Chapter {number}</a>'
    places = [link] if chapter in chapters else []
    places += [
        f'<span class="nw-rests"><a href="scoreboard.html#{claim.id}">{claim.id}</a> '
        f"{markup.mark(markup.headline(claim, columns)[0])}</span>"
        for claim in (quantity.claim, *also)
    ]
    if run and run is not columns[0]:
        places.append(f'<span class="nw-source">{escape(_source(run))}</span>')
    return f'<p class="nw-answer">{text}</p>{beside}<p class="nw-places">{" ".join(places)}</p>'


def _answer(answers: Mapping[str, str], found: Checked) -> str:
    """Return the first answer whose condition is true."""
    return next(text for name, text in answers.items() if _CONDITIONS[name](found))


def _placeholders(own: Quantity, sentence: str, columns: Sequence[Column]) -> dict[str, str]:
    """Return what each placeholder of a sentence stands for."""
    known = {"measured": own.number(_first(own, columns)[1]), "required": own.required()}
    for name in _PLACEHOLDER.findall(sentence):
        if name not in known:
            other = Quantity.read(name)
            known[name] = other.number(_first(other, columns)[1])
    return known


def _filled(sentence: str, known: Mapping[str, str]) -> str:
    """Return a sentence as HTML, its placeholders filled in."""
    names = _PLACEHOLDER.findall(sentence)
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no {{{unknown[0]}}} here; there are {', '.join(known)}")
    return _PLACEHOLDER.sub(lambda match: known[match[1]], escape(sentence, quote=False))


def _first(quantity: Quantity, columns: Sequence[Column]) -> tuple[Column | None, Checked | None]:
    """Return the weightiest run that measured a quantity, and what it measured."""
    for column in columns:
        if found := quantity.found(column):
            return column, found
    return None, None


def _verdicts(fields: Mapping[str, str], columns: Sequence[Column]) -> str:
    """Return how many of the papers' claims there are of each verdict, as a sentence and as bars."""
    known = [claim for claim in claims.load().values() if claim.paper in claims.PAPERS]
    count = Counter(markup.headline(claim, columns)[0] for claim in known)
    untested = count[Verdict.NOT_MEASURED] + count[Verdict.NOT_TESTABLE]
    words = {kind.value: str(count[kind]) for kind in Verdict}
    words |= {"tested": str(len(known) - untested), "total": str(len(known))}
    sentence = _filled(fields["sentence"], {name: f"<b>{number}</b>" for name, number in words.items()})
    bars = _bar(count)
    for column in columns[1:]:
        if column.own_device:
            own = Counter(column.verdict(claim) for claim in known if claim.device)
            bars += f'<p class="nw-beside">{escape(column.label)}, where it has a part:</p>{_bar(own)}'
    link = '<p class="nw-places"><a href="scoreboard.html">The scoreboard, claim by claim</a></p>'
    return f'<p class="nw-answer">{sentence}</p>{bars}{link}'


def _bar(count: Mapping[Verdict, int]) -> str:
    """Return counts of verdicts as one bar, and in words."""
    shown = [kind for kind in Verdict if count[kind]]
    parts = "".join(
        f'<span class="nw-{kind.value.replace(" ", "-")}" style="flex-grow:{count[kind]}"></span>'
        for kind in shown
    )
    words = "".join(f"<li><b>{count[kind]}</b> {markup.badge(kind)}</li>" for kind in shown)
    return f'<div class="nw-bar" aria-hidden="true">{parts}</div><ul class="nw-tally">{words}</ul>'


def _origin(columns: Sequence[Column]) -> str:
    """Return which run the numbers are of that say nothing else."""
    if not columns:
        return ""
    other = ", where nothing else is said" if len(columns) > 1 else ""
    return (
        f'<p class="nw-from">Numbers with 95 % intervals: {escape(_source(columns[0]))}{other}. '
        "What stands in bold follows from the interval by code, as each verdict does.</p>"
    )


def _source(run: Column) -> str:
    """Return which run a number is of."""
    return run.label if run.profile == "full" else f"{run.label}, profile {run.profile}"


def _claim(name: str) -> Claim:
    try:
        return claims.find(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from None


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill in the findings of the front page from executed notebooks and recorded results."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.pages.front_page", description=main.__doc__)
    parser.add_argument("source", type=Path, help="the page with its findings to fill in")
    runs.add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        columns = runs.columns(*runs.gather(options.notebooks, options.recorded))
        source = options.source.read_text("utf-8")
        text = page(source, columns, chapters=dict(options.chapters))
    except KeyError as error:
        sys.exit(f"error: {error.args[0]}")
    except (ValueError, OSError) as error:
        sys.exit(f"error: {options.source}: {error}")
    write_if_changed(options.out, text)


if __name__ == "__main__":
    main()
