"""A report as one HTML file that needs nothing else, and as a part of a page of the book.

Elements are written as in `pages.markup`, where it says why.
"""

import re
from collections.abc import Callable, Iterable
from html import escape
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from noisyweights.device_report import facts, figures
from noisyweights.device_report.report import Report
from noisyweights.experiments.device_verdict import mends
from noisyweights.experiments.device_verdict.verdict import Finding, State
from noisyweights.pages import markup, notation, svg

__all__ = ["body", "page"]

_STYLE = Path(__file__).with_name("report.css")
_NUMBER = '<span class="caption-number">Fig. N </span>'  # of a figure, until all are in their order
_KINDS = {State.MET: "holds", State.CONDITION: "partly", State.UNFIT: "fails", State.OPEN: "undecided"}
_WORDS = {"fit": "holds", "fit if": "partly", "unfit": "fails", "cannot be told": "undecided"}


def page(report: Report) -> str:
    """The report as an HTML document, for light and dark, desktop and phone."""
    title = f"{report.trace.name}: can this noise be a Bayesian weight?"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text('utf-8')}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body(report)}</main></body></html>\n"
    )


def body(report: Report, *, level: int = 2) -> str:
    """The report's sections, without a page around them; their headings are of this level."""
    sections = {
        "What was read": _facts(facts.read(report)),
        "Over time": _over_time(report),
        "Its law": _law(report),
        "Does its shape matter?": _shape(report),
        "What limits it": _limits(report),
    }
    texts = (
        f"<section><h{level}>{escape(title)}</h{level}>{content}</section>"
        for title, content in sections.items()
    )
    numbers = count(1)
    numbered = re.sub(re.escape(_NUMBER), lambda _: _NUMBER.replace("N", str(next(numbers))), "".join(texts))
    return _verdict(report) + numbered


def _verdict(report: Report) -> str:
    verdict = report.verdict
    conditions = [one.sentence for one in verdict.findings if one.state is State.CONDITION]
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in (*verdict.reasons, *conditions))
    kind = _WORDS[verdict.word]
    return f'<p class="nw-verdict nw-{kind}">{escape(verdict.headline)}</p>' + (
        f"<ul>{items}</ul>" if items else ""
    )


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    """Labels, each with all that is said of it in a row."""
    items = "".join(
        f"<div><dt>{escape(label)}</dt>{''.join(f'<dd>{escape(text)}</dd>' for _, text in said)}</div>"
        for label, said in groupby(rows, key=itemgetter(0))
    )
    return f'<dl class="nw-facts">{items}</dl>'


def _sentence(words: str) -> str:
    """Words with a capital first, a full stop last, and commands set as such."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(mends.capital(words.rstrip(".")) + "."))


def _over_time(report: Report) -> str:
    part, unit = facts.timed(report), report.trace.unit
    text = _facts(facts.over_time(report))
    if part is None:
        return text
    found = part.motion
    where = f" of {part.group.label}" if part.group.label else ""
    drawn = _figure(
        "readings",
        f"Readings{where} in order of time, with their trend.",
        lambda: figures.over_time(
            part.group.samples,
            part.course,
            part.dynamics.outliers.mask,
            interval_s=report.trace.interval_s * part.group.repeats,
            unit=unit,
        ),
    )
    return (
        text
        + drawn
        + _figure(
            "memory",
            f"Allan deviation over averaging time, and power spectrum{where}, with 95 % intervals.",
            lambda: figures.memory(found.allan, found.spectrum, unit=unit),
        )
    )


def _law(report: Report) -> str:
    return _facts(facts.law(report)) + _figure(
        "law",
        "Histogram of the noise with the chosen law and a Gaussian; its quantiles against a Gaussian’s.",
        lambda: figures.law_and_quantiles(report.noise, report.choice.law, unit=report.trace.unit),
    )


def _shape(report: Report) -> str:
    criterion = next(one for one in report.criteria.criteria if one.quantity == "divergence")
    level, measured = criterion.needed[0], report.measured
    drawn = _figure(
        "shape",
        "Divergence of a sum of weights from the Gaussian, over the effective number of weights.",
        lambda: figures.shape(
            skewness=measured.skewness.value,
            excess_kurtosis=measured.excess_kurtosis.value,
            level=level,
            weights=criterion.at,
        ),
    )
    rows = [("network", "quantity", "Gaussian weights", "this law", "difference")]
    for row, change in facts.differences(report):
        values = (notation.number(row.gaussian), notation.number(row.swapped))
        rows.append((facts.network(row), row.quantity, *values, change))
    table = (
        markup.table(rows, label="The record’s trained networks", kind="nw-numbers") if len(rows) > 1 else ""
    )
    missing = report.swapped.missing.values() if report.swapped else ()
    return drawn + table + "".join(f"<p>{_sentence(reason)}</p>" for reason in missing)


def _limits(report: Report) -> str:
    rows = "".join(map(_limit, report.verdict.findings))
    table = (
        '<table class="nw-limits"><thead><tr><th scope="col">what</th><th scope="col">measured</th>'
        f'<th scope="col">needed</th><th scope="col">verdict</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    text = markup.scroll(table, label="What limits the device")
    own = [part for part in report.parts if part.sigma > 0]
    if len(own) < 2:
        return text
    means, deviations = [float(part.kept.mean()) for part in own], [part.sigma for part in own]
    errors = [part.sigma / np.sqrt(2 * max(part.independent, 2.0)) for part in own]
    rows, more = facts.by_group(report)
    if rows:
        table = markup.table(rows, label="Noise of each cell and level", kind="nw-numbers")
        text += f"<p>The noise of each cell and level, with 95 % intervals:</p>{table}"
    if more:
        text += f"<p>{more} more are in the JSON.</p>"
    return text + _figure(
        "levels",
        "Standard deviation of each cell and level over its mean.",
        lambda: figures.levels(means, deviations, errors, unit=report.trace.unit),
    )


def _limit(one: Finding) -> str:
    criterion, measured = one.criterion, one.measured
    number = "—" if measured is None else facts.with_ends(measured, criterion.unit)
    needed = "not known" if criterion.needed is None else mends.bound(criterion)
    kind = _KINDS[one.state]
    return (
        f'<tr><th scope="row">{escape(mends.capital(criterion.title))}</th>'
        f'<td data-label="measured">{escape(number)}</td><td data-label="needed">{escape(needed)}</td>'
        f'<td><span class="nw-badge nw-{kind}">{escape(one.state.value)}</span>'
        f"<p>{escape(one.sentence)}</p><details><summary>Why this is needed</summary>"
        f"<p>{escape(criterion.why)} Source: {escape(criterion.source)}.</p></details></td></tr>"
    )


def _figure(name: str, alt: str, draw: Callable[[], Figure]) -> str:
    figure = draw()
    image = svg.inline(figure, name=f"report-{name}", alt=alt)
    plt.close(figure)
    return f"<figure>{markup.figure(image)}<figcaption>{_NUMBER}{escape(alt)}</figcaption></figure>"
