"""A claim as HTML: its verdicts, its criterion and what was measured, for chapters and scoreboard alike.

Few elements, each a line of Python that escapes what it is given: a language of templates would be one more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from noisyweights.ledger.claims import Claim, Measurement
from noisyweights.ledger.verdicts import Checked, State, Verdict, check_states, verdict
from noisyweights.pages import notation

__all__ = [
    "Column",
    "badge",
    "caption",
    "claim",
    "figure",
    "headline",
    "mark",
    "number",
    "row",
    "scroll",
    "table",
]

_PARTS = {
    "": "your device has no part in it",
    "law": "about your device",
    "formula": "about the paper’s formula, fitted to your device",
}
_MARKS = {
    Verdict.REPRODUCED: "✓",
    Verdict.PARTLY: "◐",
    Verdict.NOT_REPRODUCED: "✗",
    Verdict.UNDECIDED: "?",
    Verdict.NOT_TESTABLE: "⊘",
    Verdict.NOT_MEASURED: "…",
    State.HOLDS: "✓",
    State.FAILS: "✗",
}


@dataclass(frozen=True)
class Column:
    """One run whose measurements stand in a column: its label, its profile and what it measured.

    own_device: whether it is of a reader's device, and so of interest beside the reference.
    """

    label: str
    profile: str
    measurements: tuple[Measurement, ...]
    own_device: bool = False

    def verdict(self, claim: Claim) -> Verdict:
        """Return this run's verdict on a claim."""
        return verdict(claim.id, self.measurements, claims={claim.id: claim})

    def checked(self, claim: Claim) -> tuple[Checked, ...]:
        """Return this run's checks of a claim."""
        return check_states(claim.id, self.measurements, claims={claim.id: claim})


def badge(value: Verdict | State) -> str:
    """Return a verdict or a check's state as a mark and a word: neither rests on colour alone."""
    kind, mark = value.value.replace(" ", "-"), _MARKS[value]
    return f'<span class="nw-badge nw-{kind}"><span aria-hidden="true">{mark}</span> {value.value}</span>'


def mark(value: Verdict | State) -> str:
    """Return a verdict or a check's state as a mark alone, which a screen reader gives in words."""
    kind = value.value.replace(" ", "-")
    return f'<span class="nw-mark nw-{kind}" role="img" aria-label="{value.value}">{_MARKS[value]}</span>'


def scroll(content: str, *, label: str) -> str:
    """Wrap what may be wider than a phone in a region that scrolls by touch and by keyboard."""
    return f'<div class="nw-scroll" role="region" tabindex="0" aria-label="{escape(label)}">{content}</div>'


def figure(image: str) -> str:
    """Wrap an SVG so that a phone scrolls it sideways instead of shrinking it to nothing."""
    return f'<div class="nw-figure" role="group" tabindex="0" aria-label="Figure">{image}</div>'


def table(rows: Sequence[Sequence[str]], *, label: str, kind: str) -> str:
    """Return rows of text as a table that scrolls; the first row and each row's first cell are heads."""
    head, *body = ([escape(cell) for cell in row] for row in rows)
    columns = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for name, *cells in body
    )
    content = f'<table class="{kind}"><thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table>'
    return scroll(content, label=label)


def caption(text: str) -> str:
    """Return the line above a table that says what it shows."""
    return f'<p class="nw-caption">{escape(text)}</p>'


def concerned(claim: Claim, columns: Sequence[Column]) -> list[Column]:
    """Return the runs as they stand beside a claim: a reader's device has no column where it has no part.

    Where nothing else measured such a claim, the run stands for this build.
    """
    if claim.device:
        return list(columns)
    others = [column for column in columns if not column.own_device]
    if any(column.checked(claim) for column in others):
        return others
    return [
        replace(column, label="this build", own_device=False) for column in columns if column.own_device
    ] or others


def headline(claim: Claim, columns: Sequence[Column]) -> tuple[Verdict, Column | None]:
    """Return the verdict that stands for a claim and the run it comes from: the first that measured it."""
    for column in columns:
        found = column.verdict(claim)
        if found not in (Verdict.NOT_MEASURED, Verdict.NOT_TESTABLE):
            return found, column
    return (Verdict.NOT_MEASURED if claim.testable else Verdict.NOT_TESTABLE), None


def claim(claim: Claim, columns: Sequence[Column]) -> str:
    """Return a claim with all that was measured of it; `columns` are the runs, the weightiest first."""
    part, columns = _part(claim, columns), concerned(claim, columns)
    link = f'<a class="nw-id" href="scoreboard.html#{claim.id}">{claim.id}</a>'
    return (
        f'<article class="nw-claim" aria-label="Claim {claim.id}">'
        f"{_head(claim, columns, link, part)}{_statement(claim)}{_criterion(claim)}"
        f"{_checks_table(claim, columns)}{_difference(claim, columns)}</article>"
    )


def row(
    claim: Claim, columns: Sequence[Column], *, chapter: str, again: Mapping[str, Verdict] | None = None
) -> str:
    """Return a claim as a row of the scoreboard.

    `chapter` is the title of the page that tests it, if any; `again` are the verdicts on claims that ask the
    same anew.
    """
    part, columns = _part(claim, columns), concerned(claim, columns)
    found, _ = headline(claim, columns)
    measured = [column for column in columns if column.checked(claim)]
    # That this build left a recorded claim alone is no news; that a reader's device did is.
    told = [column for column in columns if column in measured or column.own_device] if measured else ()
    name = f'<h3 class="nw-id">{claim.id}</h3>'
    link = f'<a href="{claim.chapter}.html">{escape(chapter)}</a>'
    where = f'<span class="nw-where">{link}</span>' if chapter else ""
    verdict = found.value.replace(" ", "-")
    waiting = "" if measured else " nw-waiting"
    return (
        f'<article class="nw-claim nw-row{waiting}" id="{claim.id}" data-verdict="{verdict}" '
        f'data-chapter="{claim.chapter}" data-title="{escape(chapter or claim.chapter)}">'
        f"{_head(claim, told, name, where + part)}"
        f'<p class="nw-statement">{escape(claim.statement)}</p>{_beside(claim, measured)}'
        f"{_again(again or {})}"
        f"<details><summary>Criterion{' and samples' if measured else ''} of {claim.id}</summary>"
        f'{_criterion(claim)}<p class="nw-why"><b>Why so.</b> {escape(claim.why)}</p>'
        f"{_checks_table(claim, measured)}{_difference(claim, measured)}</details></article>"
    )


def _again(verdicts: Mapping[str, Verdict]) -> str:
    """Return links to claims that ask the same by a criterion which can be decided, with their verdicts."""
    if not verdicts:
        return ""
    links = ", ".join(f'<a href="#{name}">{name}</a> {badge(found)}' for name, found in verdicts.items())
    return f'<p class="nw-again">Asked again, more sharply: {links}</p>'


def _beside(claim: Claim, measured: Sequence[Column]) -> str:
    """Return what is published and, beside it, what each run measured."""
    published = f'{escape(claim.published)} <span class="nw-place">{escape(claim.place)}</span>'
    values = [("published", published)]
    for column in measured:
        label = "measured" if len(measured) == 1 else f"measured, {column.label}"
        values.append((label, f"<ul>{''.join(map(_value, column.checked(claim)))}</ul>"))
    if not measured:
        values.append(("measured", f'<span class="nw-none">{headline(claim, ())[0].value}</span>'))
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in values)
    return f'<dl class="nw-values">{items}</dl>'


def _value(found: Checked) -> str:
    """Return one measured quantity as an item: its state as a mark, its name, its value and interval."""
    name = found.check.quantity.replace("_", " ")
    return (
        f'<li>{mark(found.state)} <span class="nw-quantity">{escape(name)}</span> '
        f"{number(found.measurement)}</li>"
    )


def number(measurement: Measurement) -> str:
    """Return a value and, apart from it, its interval."""
    value, bracket, ends = notation.interval(measurement).partition(" (")
    interval = f' <span class="nw-range">({escape(ends)}</span>' if bracket else ""
    return f'<span class="nw-number"><b>{escape(value)}</b>{interval}</span>'


def _head(claim: Claim, columns: Sequence[Column], name: str, notes: str) -> str:
    """Return the line with the verdicts: the headline's, and beside it those of the other runs.

    `notes` say what else belongs there: the page that tests the claim, the device's part in it.
    """
    found, run = headline(claim, columns)
    source = f'<span class="nw-source">{escape(run.label)}</span>' if run else ""
    others = "".join(
        f'<span class="nw-beside">{escape(column.label)}: {badge(column.verdict(claim))}</span>'
        for column in columns
        if column is not run
    )
    return f'<div class="nw-head">{badge(found)}{name}{source}{notes}{others}</div>'


def _part(claim: Claim, columns: Sequence[Column]) -> str:
    """Return, in an edition of a reader's device, whether a claim is about that device."""
    if not any(column.own_device for column in columns):
        return ""
    return f'<span class="nw-part">{_PARTS[claim.device]}</span>'


def _statement(claim: Claim) -> str:
    """Return our paraphrase, the place and the published value."""
    published = f"{escape(claim.place)}; published: {escape(claim.published)}"
    return (
        f'<p class="nw-statement">{escape(claim.statement)} <span class="nw-published">{published}</span></p>'
    )


def _criterion(claim: Claim) -> str:
    """Return a claim's criterion in words, or why it has none."""
    if not claim.testable:
        return f'<p class="nw-criterion"><b>Not testable here.</b> {escape(claim.reason)}</p>'
    return f'<p class="nw-criterion"><b>Criterion.</b> {escape(claim.criterion)}</p>'


def _checks_table(claim: Claim, columns: Sequence[Column]) -> str:
    """Return the checks of a claim, a row each, with what every run measured; empty without checks."""
    if not claim.checks:
        return ""
    runs = [{found.check: found for found in column.checked(claim)} for column in columns]
    heads = "".join(f'<th scope="col">{escape(column.label)}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(check.words)}</th>'
        f'<td data-label="required">{escape(notation.requirement(check))}</td>'
        + "".join(
            f'<td data-label="{escape(column.label)}">{_measured(run.get(check))}</td>'
            for column, run in zip(columns, runs, strict=True)
        )
        + "</tr>"
        for check in claim.checks
    )
    content = (
        '<table class="nw-checks"><thead><tr><th scope="col">quantity</th><th scope="col">required</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )
    return scroll(content, label=f"Measurements for {claim.id}")


def _difference(claim: Claim, columns: Sequence[Column]) -> str:
    """Return a note on why the runs that measured a claim judge it differently; empty when they agree."""
    judged = [(column, column.verdict(claim)) for column in columns]
    judged = [(column, found) for column, found in judged if found is not Verdict.NOT_MEASURED]
    if len({found for _, found in judged}) < 2:
        return ""
    verdicts = "; ".join(f"{escape(column.label)}: {found.value}" for column, found in judged)
    reason = _reason([column for column, _ in judged])
    return f'<p class="nw-note"><b>Why they differ.</b> {verdicts}. {reason}</p>'


def _reason(columns: Sequence[Column]) -> str:
    """Return what differs between runs that judge a claim differently."""
    others_device = len({column.own_device for column in columns}) > 1
    if len({column.profile for column in columns}) == 1:
        what = "it is the device or the code that differs" if others_device else "it is the code that differs"
        return f"The budget is the same: {what}."
    against = " against ".join(f"“{escape(column.profile)}”" for column in columns)
    budget = (
        "A smaller budget gives wider intervals to what is sampled, and other values to what training "
        "decides; a check holds only where the whole interval does."
    )
    if others_device:
        return (
            f"Two things differ, the device and the budget (profile {against}), and these runs alone do not "
            f"tell which of them decides. {budget}"
        )
    return f"The runs differ in their budget: profile {against}. {budget}"


def _measured(found: Checked | None) -> str:
    """Return a cell of the table: value with interval, sample size and state."""
    if found is None:
        return '<span class="nw-none">not measured</span>'
    m = found.measurement
    return (
        f'<span class="nw-value">{escape(notation.interval(m))}</span> '
        f'<span class="nw-n">{notation.sample_size(m)}</span> {badge(found.state)}'
    )
