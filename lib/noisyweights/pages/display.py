"""What a chapter displays: figures, numbers for the prose, verdicts, parameters and provenance.

Each function displays one output. What a program reads of it (see `recorded`) lies in that output's metadata.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from html import escape
from typing import Any, Protocol

from IPython.display import publish_display_data
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from noisyweights.datasets.source import DataSource
from noisyweights.ledger import claims, outcomes
from noisyweights.ledger import provenance as origin
from noisyweights.ledger.claims import Measurement
from noisyweights.package_data import shown
from noisyweights.pages import markup, notation, svg
from noisyweights.pages.markup import Column

__all__ = ["content", "figure", "number", "parameters", "provenance", "table", "verdicts"]

_HIDDEN = "application/papermill.record/"  # MyST-NB glues an output with this prefix without showing it


class PointsLike(Protocol):
    """Where the points behind a page come from; see `experiments.results.Used`."""

    experiment: str
    seconds: float
    computed: int
    recorded: int
    earlier: Sequence[str]
    unused: Sequence[str]
    commits: Mapping[str, int]
    machines: Mapping[str, int]


class DeviceLike(Protocol):
    """What a page says of the device it was built around."""

    name: str
    source: str
    sha256: str
    unit: str
    n: int
    dropped: int
    law: Any
    reason: str
    reference: bool


def figure(fig: Figure, *, name: str, alt: str) -> None:
    """Display a Matplotlib figure as an inline SVG and glue it as `name`, for the directive {glue:figure}.

    Tag the cell `remove-output`, so that the page shows it once, with number and caption. `alt` says in
    words what the figure shows. Raises ValueError for an empty one.
    """
    if not alt.strip():
        raise ValueError(f"figure {name!r} has no alt text; say in words what it shows")
    image = svg.inline(fig, name=name, alt=alt)
    plt.close(fig)
    publish_display_data(
        {"text/html": markup.figure(image), "text/plain": f"[figure] {alt}"},
        metadata={"scrapbook": {"name": name, "mime_prefix": ""}},
    )


def number(name: str, value: float | int | str, spec: str = "") -> None:
    """Glue a value as `name` for the prose: {glue:text}`name:.3f`.

    With a `spec` (a format, or "auto" for a reader's notation such as 3.20 × 10⁻¹⁶) the text is fixed here,
    with a true minus sign, and the prose says {glue:text}`name`.
    """
    if spec and not isinstance(value, str):
        text = notation.number(float(value)) if spec == "auto" else format(value, spec).replace("-", "−")
        value = text
    elif not isinstance(value, (str, int)):
        value = float(value)
    metadata = {"scrapbook": {"name": name, "mime_prefix": _HIDDEN}}
    publish_display_data({f"{_HIDDEN}text/plain": repr(value)}, metadata=metadata)


def table(rows: Sequence[Sequence[str]], *, label: str) -> None:
    """Display rows of text; the first holds the column heads, the first cell of the others the row's head."""
    plain = "\n".join(" | ".join(row) for row in rows)
    content = markup.caption(label) + markup.table(rows, label=label, kind="nw-numbers")
    publish_display_data({"text/html": content, "text/plain": plain})


def content(html: str, *, plain: str) -> None:
    """Display HTML that a module of the library has made; `plain` is the same for who reads no HTML."""
    publish_display_data({"text/html": html, "text/plain": plain})


def verdicts(
    measurements: Iterable[Measurement],
    *,
    experiment: str,
    profile: str,
    device: DeviceLike,
    recorded: outcomes.Recorded | None = None,
    also: Sequence[str] = (),
) -> None:
    """Display each claim's criterion, this build's measurements, the recorded full run's, and the verdicts.

    `recorded` is what the recorded full run says, see `experiments.results.recorded`. `also` names claims
    that stand there even where this build measured nothing of them, as for want of data.
    Raises KeyError for a claim that does not exist, naming the nearest, and ValueError for quantities that
    the claims do not name, or a claim measured only in part.
    """
    outcome = outcomes.Outcome(
        experiment=experiment,
        profile=profile,
        device={"name": device.name, "sha256": device.sha256, "reference": device.reference},
        measurements=tuple(measurements),
    )
    full = profile == "full" and device.reference
    recorded = None if full else recorded or _earlier_run(experiment)
    words = "the full run" if full else "this build" if device.reference else device.name
    here = Column(words, profile, outcome.measurements, own_device=not device.reference)
    columns = [*([] if recorded is None else [_recorded_column(recorded, reference=device.reference)]), here]
    known = claims.load()
    measured = [m.claim for m in outcome.measurements]
    tested = [claims.find(claim_id, known) for claim_id in dict.fromkeys((*also, *measured))]
    if not tested:
        raise ValueError(f"experiment {experiment!r} measured nothing; give the measurements of its claims")
    blocks = "".join(markup.claim(claim, columns) for claim in tested)
    plain = "\n".join(f"{claim.id}: {here.verdict(claim).value}" for claim in tested)
    publish_display_data(
        {"text/html": f'<div class="nw-verdicts">{blocks}</div>', "text/plain": plain},
        metadata=({outcomes.MEASUREMENTS: outcome.as_json()} if measured else {})
        | ({outcomes.RECORDED: recorded.as_json()} if recorded is not None else {}),
    )


def _earlier_run(experiment: str) -> outcomes.Recorded | None:
    """What a full run measured of whose points none are recorded."""
    path = outcomes.FOLDER / f"{experiment}.json"
    return outcomes.read(path) if path.is_file() else None


def _recorded_column(recorded: outcomes.Recorded, *, reference: bool) -> Column:
    label = "recorded full run" if reference else "reference, recorded full run"
    return Column(label, "full", recorded.outcome.measurements)


def parameters(config: Any, *, profile: str, device: DeviceLike) -> None:
    """Display the one table of what this page was computed with: profile, device, law, and each setting.

    `config` is a frozen dataclass; a field's metadata may hold `words`, which then stand beside its name.
    """
    dropped = f", {device.dropped:,} blank or non-finite readings dropped" if device.dropped else ""
    unit = f" in {device.unit}" if device.unit else ""
    rows = [
        ("setting", "value"),
        ("profile", profile),
        ("device", f"{device.name}: {device.n:,} samples{unit}{dropped}"),
        ("law", f"{device.law.name}. {device.reason}"),
    ]
    for field in fields(config):
        value = getattr(config, field.name)
        words = f" ({field.metadata['words']})" if "words" in field.metadata else ""
        text = str(value) if field.name == "seed" else _setting(value)
        rows.append((field.name.replace("_", " ") + words, text))
    content = markup.table(rows, label="Parameters of this page", kind="nw-parameters")
    plain = "\n".join(f"{name} = {value}" for name, value in rows[1:])
    publish_display_data({"text/html": content, "text/plain": plain})


def _setting(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(_setting, value))
    return notation.setting(value) if type(value) in (int, float) else str(value)


def provenance(
    *,
    experiment: str = "",
    profile: str = "",
    device: DeviceLike | None = None,
    config: Any = None,
    data: Sequence[DataSource] = (),
    points: Sequence[PointsLike] = (),
) -> None:
    """Display where this page's numbers come from: edition, data, seed, time, commit, versions, machine.

    A page without an experiment leaves the first four out. `data` lists what the page used besides the
    device, `points` which points it used. Banners say what a reader must know: uncommitted changes, embedded
    sample data, simulated devices, drawn pictures, recorded points that are not used.
    """
    commit, machine, versions = origin.commit(), origin.machine(), dict(origin.versions())
    duration = origin.elapsed() + sum(used.seconds for used in points)
    settings = json.loads(json.dumps(asdict(config))) if config is not None else {}
    sources = [source for source in data if not device or source.sha256 != device.sha256]
    edition = ""
    if device:
        sources.insert(0, DataSource(device.name, device.source, device.sha256, simulated=device.reference))
        edition = "reference device" if device.reference else f"your device: {device.name}"
    rows = {
        "Edition": escape(edition),
        "Profile": escape(profile),
        "Data": "<br>".join(map(_source, sources)),
        "Points": "<br>".join(map(_points, points)),
        "Seed": escape(str(settings.get("seed", ""))),
        "Runtime": notation.duration(duration),
        "Commit": f"<code>{escape(str(commit))}</code>",
        "Versions": escape(", ".join(f"{name} {version}" for name, version in versions.items())),
        "Machine": escape(str(machine)),
    }
    body = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows.items() if value)
    panel = (
        f'<section class="nw-provenance" aria-label="Provenance">{_banners(commit, sources, points)}'
        f'<p class="nw-title">Where these numbers come from</p><dl>{body}</dl></section>'
    )
    commits = sum((Counter(used.commits) for used in points), Counter())
    facts = {
        "experiment": experiment,
        "config": settings,
        "seed": settings.get("seed"),
        "commit": commits.most_common(1)[0][0] if commits else commit.id,
        "dirty": commit.dirty,
        "duration_s": round(duration, 1),
        "machine": asdict(machine),
        "versions": versions,
    }
    publish_display_data(
        {"text/html": panel, "text/plain": f"commit {commit}, {notation.duration(duration)}"},
        metadata={outcomes.FACTS: facts} if experiment else {},
    )


def _points(used: PointsLike) -> str:
    """Which points of an experiment a page used, and what made them."""
    parts = []
    if used.recorded:
        commits = ", ".join(f"<code>{escape(commit[:10])}</code>" for commit in sorted(used.commits))
        machines = ", ".join(escape(machine) for machine in sorted(used.machines))
        parts.append(f"{used.recorded} of the record (commit {commits}; {machines})")
    if used.earlier:
        parts.append(f"{len(used.earlier)} of them computed by earlier code")
    if used.computed:
        parts.append(f"{used.computed} of this build")
    return f"{escape(used.experiment)}: {', '.join(parts)}; {notation.duration(used.seconds)} in all"


def _banners(commit: origin.Commit, sources: Sequence[DataSource], points: Sequence[PointsLike]) -> str:
    """Return the warnings that a reader must not overlook."""
    texts = []
    if commit.dirty:
        texts.append(
            "Computed with <b>uncommitted changes</b>: the commit below does not hold all that made "
            "these numbers."
        )
    for source in sources:
        if source.embedded:
            texts.append(
                f"<b>Embedded sample data</b>: {escape(source.name)} is a small sample in place of the "
                "full set."
            )
        if source.simulated:
            texts.append(
                f"<b>Simulated device</b>: {escape(source.name)} is computed from physics, not measured."
            )
        if source.drawn:
            texts.append(
                f"<b>Synthetic pictures</b>: {escape(source.name)} are drawn by a program, in place of "
                "photographs that may not be passed on."
            )
    for used in points:
        if used.unused:
            texts.append(
                f"<b>Not used</b>: {len(used.unused)} recorded points of {escape(used.experiment)}, computed "
                f"with other settings ({escape(', '.join(used.unused))})."
            )
    once = dict.fromkeys(texts)  # the splits of a set share its banner
    return "".join(f'<p class="nw-banner">{text}</p>' for text in once)


def _source(source: DataSource) -> str:
    return (
        f'{escape(source.name)} <span class="nw-origin">{escape(shown(source.origin))}</span> '
        f"<code>sha256 {escape(source.sha256[:12])}…</code>"
    )
