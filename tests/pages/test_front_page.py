"""The front page: answers that what was measured chooses, numbers that nobody typed, and clear errors."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from noisyweights.ledger import claims, outcomes
from noisyweights.ledger.claims import Measurement
from noisyweights.pages import display, front_page
from noisyweights.pages.markup import Column
from page_fixtures import Tags, leave, run

SOURCE = Path(__file__).resolve().parents[2] / "book" / "intro.md"
CHAPTERS = {"05-regression": "Regression", "08-coin-flips": "Coins"}
LOSS = "S-larger/loss_slope"  # a claim of one check: at most 0
FINDING = """# A page

:::{finding} S-larger/loss_slope
question: Do wide networks lose less?
holds: They do.
fails: They lose more.
undecided: That is open.
sentence: With each doubling the loss changes by {measured}, where {required} is asked for.
:::

Prose with {braces}.
"""


def column(value: float, low: float, high: float, *, label: str = "recorded full run", **given) -> Column:
    """A run that measured how a loss changes with width."""
    return Column(label, "full", (Measurement("S-larger", "loss_slope", value, low, high, 3),), **given)


@pytest.fixture
def about_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the claim be one in whose measurement a reader's device has a part."""
    known = dict(claims.load())
    known["S-larger"] = replace(known["S-larger"], device="law")
    monkeypatch.setattr(claims, "load", lambda path=None: known)


def text(html: str) -> str:
    apart = re.sub(r"</?(?:h2|p|li|ul)\b[^>]*>", " ", html)
    return " ".join(re.sub(r"<[^>]+>", "", apart).split())


@pytest.mark.parametrize(
    ("ends", "answer"),
    [((-0.6, -0.4), "They do."), ((0.4, 0.6), "They lose more."), ((-0.6, 0.6), "That is open.")],
)
def test_the_interval_chooses_the_answer(ends: tuple[float, float], answer: str) -> None:
    page = front_page.page(FINDING, [column(sum(ends) / 2, *ends)], chapters=CHAPTERS)
    assert re.findall(r"<strong>(.*?)</strong>", page) == [answer]


@pytest.mark.parametrize(
    ("ends", "answer"),
    [
        ((0.1, 0.2), "More."),
        ((-0.2, -0.1), "Less."),
        ((-0.1, 0.1), "No telling."),
        ((0.0, 0.1), "No telling."),
    ],
)
def test_an_answer_may_hang_on_whether_the_interval_holds_0(ends, answer) -> None:
    signs = "above 0: More.\nbelow 0: Less.\naround 0: No telling.\n"
    source = re.sub(r"holds:.*?(?=sentence)", signs, FINDING, flags=re.DOTALL)
    page = front_page.page(source, [column(sum(ends) / 2, *ends)], chapters=CHAPTERS)
    assert re.findall(r"<strong>(.*?)</strong>", page) == [answer]


def test_the_first_true_condition_counts() -> None:
    source = FINDING.replace("undecided:", "above 0: It grows.\nundecided:")
    assert "<strong>They lose more.</strong>" in front_page.page(source, [column(0.5, 0.4, 0.6)], chapters={})
    moved = source.replace("holds:", "above 0: It grows.\nholds:", 1).replace(
        "above 0: It grows.\nundec", "undec"
    )
    assert "<strong>It grows.</strong>" in front_page.page(moved, [column(0.5, 0.4, 0.6)], chapters={})


def test_a_sentence_holds_the_number_its_interval_and_what_is_required() -> None:
    page = front_page.page(FINDING, [column(-0.5, -0.6, -0.4)], chapters=CHAPTERS)
    expected = "changes by −0.50 points (−0.60 to −0.40), where ≤ 0 points is asked for."
    assert expected in text(page)
    assert '<a href="08-coin-flips.html" title="Coins">Chapter 8</a>' in page
    assert 'href="scoreboard.html#S-larger"' in page
    assert page.endswith("Prose with {braces}.\n")
    assert "Numbers with 95 % intervals: recorded full run." in page


def test_a_share_is_shown_in_per_cent_and_so_is_what_is_required() -> None:
    source = FINDING.replace(LOSS, "P-moments/max_abs_mean %")
    measured = [
        Measurement("P-moments", one, 0.25, 0.2, 0.3, 9) for one in ("max_abs_mean", "max_abs_variance_error")
    ]
    page = front_page.page(source, [Column("this build", "quick", tuple(measured))], chapters={})
    assert "by 25.0 % (20.0 to 30.0), where ≤ 1 × 10⁻¹⁰ % is asked for" in text(page)
    assert "this build, profile quick" in page


def test_other_quantities_may_stand_in_a_sentence() -> None:
    source = FINDING.replace("{required}", "{P-moments/max_abs_mean}")
    assert "where an amount that is not yet measured is asked for" in text(
        front_page.page(source, [column(-0.5, -0.6, -0.4)], chapters={})
    )


def test_a_finding_that_is_not_measured_says_so_in_words() -> None:
    page = front_page.page(FINDING, [], chapters=CHAPTERS)
    assert "Not yet measured. The claim: Larger networks may lose less" in text(page)
    assert "They do." not in page


def test_a_number_of_another_run_than_the_first_names_it() -> None:
    empty = Column("recorded full run", "full", ())
    here = replace(column(-0.5, -0.6, -0.4, label="this build"), profile="quick")
    page = text(front_page.page(FINDING, [empty, here], chapters={}))
    assert "this build, profile quick" in page
    assert "recorded full run, where nothing else is said" in page


def test_a_readers_device_has_no_answer_where_it_has_no_part() -> None:
    mine = column(0.5, 0.4, 0.6, label="your device (x)", own_device=True)
    page = front_page.page(FINDING, [column(-0.5, -0.6, -0.4), mine], chapters={})
    assert "They lose more" not in page


@pytest.mark.usefixtures("about_the_device")
def test_a_readers_device_stands_beside_the_reference_with_its_own_answer() -> None:
    mine = column(0.5, 0.4, 0.6, label="your device (<x>)", own_device=True)
    page = front_page.page(FINDING, [column(-0.5, -0.6, -0.4), mine], chapters={})
    assert "your device (&lt;x&gt;): They lose more. 0.50 points (0.40 to 0.60)" in text(page)
    again = front_page.page(FINDING, [column(-0.5, -0.6, -0.4), replace(mine, own_device=False)], chapters={})
    assert "They lose more" not in again


def test_verdicts_are_counted() -> None:
    """Those of the papers: the book's own questions are no claims of theirs."""
    source = ":::{verdicts}\nquestion: How many?\nsentence: {reproduced} of {tested}, of {total}.\n:::\n"
    papers = sum(claim.paper in claims.PAPERS for claim in claims.load().values())
    page = front_page.page(source, [column(-0.5, -0.6, -0.4)], chapters={})
    assert f"How many? 1 of 1, of {papers}." in text(page)
    assert re.findall(r"flex-grow:(\d+)", page) == ["1", str(papers - 1)]


@pytest.mark.usefixtures("about_the_device")
def test_verdicts_of_a_readers_device_are_counted_where_it_has_a_part() -> None:
    mine = column(0.5, 0.4, 0.6, label="your device (x)", own_device=True)
    source = ":::{verdicts}\nquestion: How many?\nsentence: {reproduced} of {tested}.\n:::\n"
    beside = text(front_page.page(source, [column(-0.5, -0.6, -0.4), mine], chapters={}))
    others = sum(bool(claim.device) for claim in claims.load().values()) - 1
    assert f"your device (x), where it has a part: 1 ✗ not reproduced {others} … not yet measured" in beside


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (LOSS, "S-large/loss_slope", "line 3: no claim 'S-large'.*did you mean 'S-larger'"),
        (LOSS, "S-larger/slope", "claim S-larger has no quantity 'slope'; did you mean 'loss_slope'"),
        (LOSS, "S-larger", "'S-larger' names no quantity"),
        (LOSS, f"{LOSS} %", "has a unit, points: it cannot be shown in per cent"),
        (
            "undecided: That is open.\n",
            "",
            "leave a case out: give all of holds, fails, undecided or above 0",
        ),
        ("holds", "hold", "no condition 'hold'; there are holds, fails"),
        ("{required}", "{P-moments/mean}", "did you mean 'max_abs_mean'"),
        ("question: Do", "Do", "is not a field of its own"),
        ("sentence:", "sentences:", "a finding needs a sentence"),
        ("asked for.\n:::\n", "asked for.\n", "has no end"),
        ("asked for.\n", "asked for.\nalso: P-moment\n", "did you mean 'P-moments'"),
    ],
)
def test_an_error_names_the_line_and_the_mend(old: str, new: str, complaint: str) -> None:
    assert old in FINDING
    with pytest.raises(ValueError, match=complaint):
        front_page.page(FINDING.replace(old, new), [column(-0.5, -0.6, -0.4)], chapters={})


def test_an_unknown_count_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no \{won\} here; there are reproduced, partly"):
        front_page.page(":::{verdicts}\nquestion: How many?\nsentence: {won}.\n:::\n", [], chapters={})


def everything(value: float, low: float, high: float) -> Column:
    """A run that measured every quantity of every claim as one number."""
    measured = (
        Measurement(claim.id, check.quantity, value, low, high, 3)
        for claim in claims.load().values()
        for check in claim.checks
    )
    return Column("recorded full run", "full", tuple(measured))


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [everything(-2, -3, -1)],
        [everything(0.05, -100, 100)],
        [everything(1e-3, 1e-4, 2e-3)],
        [everything(70, 60, 80)],
        [everything(0, float("-inf"), float("inf"))],
    ],
)
def test_the_page_of_the_book_can_be_filled_in_whatever_was_measured(columns: list[Column]) -> None:
    page = front_page.page(SOURCE.read_text("utf-8"), columns, chapters=CHAPTERS)
    (block,) = re.findall(r"```\{raw\} html\n(<ul.*?)\n```", page, flags=re.DOTALL)
    parser = Tags()
    parser.feed(block)
    assert not parser.open
    assert block.count("<h2>") == 7
    assert ":::{" not in page
    assert not re.search(r"[{}]", block)
    assert not re.search(r"\b(nan|inf)\b", block)


def test_no_result_is_typed_into_the_page_of_the_book() -> None:
    findings = re.findall(r"^:::\{.*?^:::$", SOURCE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"\{.*?\}|^:::.*$|(above|below|around) 0:", "", "".join(findings), flags=re.MULTILINE)
    assert len(findings) == 7
    assert not re.search(r"\d", prose)


def test_command_line(shown, notebook, device, config, tmp_path) -> None:
    leave(run(1e-3, profile="full"), outcomes.FOLDER)
    display.verdicts(run(0).outcome.measurements, experiment="device_noise", profile="quick", device=device)
    display.provenance(experiment="device_noise", profile="quick", device=device, config=config)
    source, out = tmp_path / "intro.md", tmp_path / "out" / "intro.md"
    source.write_text(FINDING.replace(LOSS, "P-moments/max_abs_mean"))
    out.parent.mkdir()
    arguments = [
        "--notebooks",
        str(notebook(shown)),
        "--chapter",
        "01-device-noise",
        "Noise",
        "--out",
        str(out),
    ]
    front_page.main([str(source), *arguments])
    assert "They lose more. With each doubling the loss changes by 0.001000" in text(out.read_text("utf-8"))


def test_command_line_ends_with_the_file_the_line_and_the_error(tmp_path) -> None:
    source = tmp_path / "intro.md"
    source.write_text(FINDING.replace(LOSS, "S-large/loss_slope"))
    with pytest.raises(SystemExit, match=r"error: .*intro.md: line 3: no claim 'S-large'"):
        front_page.main([str(source), "--out", str(tmp_path / "x.md"), "--recorded", str(tmp_path)])
