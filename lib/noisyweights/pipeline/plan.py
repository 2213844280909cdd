"""The plan of an edition: its chapters, the points they need, and the files each step depends on.

The Snakefile reads it. Nothing here imports TensorFlow: every job of a cluster reads the Snakefile again.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from noisyweights import datasets
from noisyweights.files import write_if_changed
from noisyweights.pipeline import chapters, dependencies, points_needed
from noisyweights.pipeline.edition import Edition
from noisyweights.pipeline.points_needed import RECORDED

__all__ = ["Chapter", "Plan", "entries", "plan"]

BOOK = Path("book")
TOC = BOOK / "_toc.yml"
CLAIMS = Path("data/claims.yml")
BENCHMARKS = Path("data/benchmarks")
FRONT_PAGE = BOOK / "intro.md"
GENERATED = ("scoreboard", "api/index")  # pages of the table of contents that the pipeline writes

# Another version of one of these may change a number; of any other package, only the looks.
_NUMERIC = ("keras", "numpy", "scipy", "tensorflow", "tensorflow-probability", "chaospy", "sympy")


@dataclass(frozen=True)
class Chapter:
    """A page with code: where it comes from, what it imports, and which experiments it shows.

    gathered: experiments of which it shows what the record holds. profile: that of the other experiments'
    points. An edition that reads the record shows the full run where it holds enough.
    """

    name: str
    title: str
    source: Path
    code: Path
    modules: frozenset[str]
    experiments: tuple[str, ...]
    gathered: tuple[str, ...]
    parametrized: bool
    profile: str


@dataclass(frozen=True)
class Plan:
    """All that one build of an edition has to do.

    points: what is to be computed of each experiment of a chapter. described: see `points_needed.described`.
    data: which image sets each experiment would load now.
    """

    edition: Edition
    chapters: tuple[Chapter, ...]
    points: dict[str, tuple[str, ...]]
    described: dict[str, Any]
    data: dict[str, tuple[str, ...]]

    @property
    def folder(self) -> Path:
        return self.edition.folder

    @property
    def device(self) -> str:
        return str(self.folder / "device.json")

    def versions(self, *experiments: str) -> str:
        """What numbers depend on beside files of the checkout: packages, and the experiments' image sets."""
        packages = [f"{name}={metadata.version(name)}" for name in _NUMERIC]
        return " ".join([*packages, *sorted({state for name in experiments for state in self.data[name]})])

    def chapter(self, name: str) -> Chapter:
        return next(chapter for chapter in self.chapters if chapter.name == name)

    def profile(self, experiment: str) -> str:
        """The profile that an experiment's points are computed in."""
        shown = (chapter.profile for chapter in self.chapters if experiment in chapter.experiments)
        return next(shown, self.edition.profile)

    def lacking(self, experiment: str) -> tuple[str, ...]:
        """Points of the full profile that the record does not hold."""
        return points_needed.computed(self.described[experiment], "full")

    def point_file(self, experiment: str, point: str) -> str:
        return str(self.folder / "points" / experiment / f"{point}.npz")

    def point_files(self, experiment: str) -> list[str]:
        return [self.point_file(experiment, point) for point in self.points[experiment]]

    def device_inputs(self) -> list[str]:
        return [str(self.edition.source), *_sources("noisyweights.experiments.device")]

    def point_inputs(self, experiment: str, point: str) -> list[str]:
        modules = (dependencies.experiment_module(experiment), "noisyweights.experiments.__main__")
        weights = RECORDED / experiment / f"{point}.npz"
        reads_them = bool(self.edition.noise) and self.profile(experiment) == "full" and weights.is_file()
        kept = [str(weights)] if reads_them else []
        return [self.device, *kept, *_measured_devices(), *_sources(*modules)]

    def execute_inputs(self, name: str) -> list[str]:
        chapter = self.chapter(name)
        recorded = [
            file
            for experiment in (*chapter.experiments, *chapter.gathered)
            for file in (RECORDED / f"{experiment}.json", *points_needed.recorded_files(experiment))
        ]
        return [
            str(chapter.code),
            self.device,
            *(file for experiment in chapter.experiments for file in self.point_files(experiment)),
            *(str(path) for path in (CLAIMS, *recorded) if path.exists()),
            *_measured_devices(),
            *sorted(str(path) for path in BENCHMARKS.glob("*.json")),
            *dependencies.files(dependencies.closure(chapter.modules)),
        ]

    def parameters(self, name: str) -> str:
        """What papermill injects into a chapter, as arguments of `noisyweights.pipeline.execute`."""
        if not self.chapter(name).parametrized:
            return ""
        values = {
            "profile": self.chapter(name).profile,
            "device": self.device,
            "points": str(self.folder / "points"),
        }
        return " ".join(f"-p {key} {shlex.quote(value)}" for key, value in values.items())

    def executed(self) -> list[str]:
        return [str(self.folder / "executed" / f"{chapter.name}.ipynb") for chapter in self.chapters]

    def pages(self) -> list[str]:
        """What replaces or joins the sources of the book in its site."""
        woven = [str(self.folder / "pages" / f"{chapter.name}.ipynb") for chapter in self.chapters]
        summed_up = {
            FRONT_PAGE.name: ":::{finding}" in FRONT_PAGE.read_text("utf-8"),
            "scoreboard.md": "scoreboard" in entries(),
        }
        return [*woven, *(str(self.folder / "pages" / name) for name, there in summed_up.items() if there)]

    def front_page_inputs(self) -> list[str]:
        return [str(FRONT_PAGE), *self._measured(), *_sources("noisyweights.pages.front_page")]

    def scoreboard_inputs(self) -> list[str]:
        return [*self._measured(), *_sources("noisyweights.pages.scoreboard")]

    def _measured(self) -> list[str]:
        """The claims, and what was measured of them."""
        return [*self.executed(), str(CLAIMS), *sorted(str(path) for path in RECORDED.glob("*.json"))]

    def titles(self) -> list[str]:
        """The chapters, as arguments of the pages that sum them up."""
        return [word for chapter in self.chapters for word in ("--chapter", chapter.name, chapter.title)]

    def site_inputs(self) -> list[str]:
        chapter_sources = {chapter.source for chapter in self.chapters}
        book = [path for path in sorted(BOOK.rglob("*")) if path.is_file() and path not in chapter_sources]
        library = dependencies.files(dependencies.graph().modules)
        return [*map(str, book), "_config.yml", *library]


@cache
def plan(profile: str, noise: str = "", column: str = "", cell: str = "") -> Plan:
    """Read the book and write the code-only notebooks of its chapters where their code changed.

    Raises ValueError for a book, profile, noise file or folder of image sets that cannot be what it should.
    """
    edition = Edition.of(profile, noise, column, cell)
    read = list(_chapters(edition))
    experiments = dependencies.all_experiments()
    described = points_needed.described(edition, experiments)
    profiles = points_needed.profiles(edition, [chapter.experiments for chapter in read], described)
    found = [
        replace(chapter, profile=profiles[chapter.experiments[0]]) if chapter.experiments else chapter
        for chapter in read
    ]
    shown = sorted({name for chapter in found for name in chapter.experiments})
    points = {name: points_needed.computed(described[name], profiles[name]) for name in shown}
    return Plan(edition, tuple(found), points, described, _data(experiments))


def entries(toc: dict | list | None = None) -> Iterator[str]:
    """Pages that the table of contents lists, in order, without their endings."""
    if toc is None:
        toc = yaml.safe_load(TOC.read_text("utf-8"))
    if isinstance(toc, list):
        for item in toc:
            yield from entries(item)
        return
    for key, value in toc.items():
        if key in ("root", "file"):
            yield value.removesuffix(".md")
        elif isinstance(value, list):
            yield from entries(value)


def _chapters(edition: Edition) -> Iterator[Chapter]:
    for name in entries():
        if name in GENERATED:
            continue
        source = BOOK / f"{name}.md"
        if not source.is_file():
            raise ValueError(f"{TOC} lists {name}, but there is no {source}")
        text = source.read_text("utf-8")
        if not chapters.is_chapter(text):
            continue
        notebook = chapters.read(source)
        code = chapters.code(notebook)
        chapter = Chapter(
            name=name,
            title=chapters.title(text),
            source=source,
            code=edition.folder / "code" / f"{name}.ipynb",
            modules=dependencies.imported(code, where=str(source)),
            experiments=dependencies.experiments(code, where=str(source)),
            gathered=dependencies.experiments(code, where=str(source), by="gather"),
            parametrized=chapters.parameters(notebook),
            profile=edition.profile,
        )
        write_if_changed(chapter.code, chapters.code_only(notebook))
        yield chapter


def _data(experiments: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """State of the image sets that each experiment would load: other data than a build had are seen by it."""
    needed = {name: dependencies.data_sets(name) for name in experiments}
    try:
        state = {name: datasets.fingerprint(name) for name in set().union(*needed.values())}
    except OSError as error:
        raise ValueError(str(error)) from None
    return {name: tuple(f"{wanted}={state[wanted]}" for wanted in sets) for name, sets in needed.items()}


def _sources(*modules: str) -> list[str]:
    return dependencies.files(dependencies.closure(modules))


def _measured_devices() -> list[str]:
    return sorted(str(path) for path in Path("data/devices").glob("*.csv"))
