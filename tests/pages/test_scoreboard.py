"""The scoreboard: all claims, the recorded verdict first, this build's or the reader's device beside it."""

import html
import re
from dataclasses import replace

import pytest

from noisyweights.ledger import claims, outcomes
from noisyweights.ledger.claims import Measurement
from noisyweights.ledger.outcomes import Recorded
from noisyweights.ledger.verdicts import Verdict
from noisyweights.pages import display, scoreboard
from page_fixtures import FACTS, Tags, leave, run

CHAPTERS = {"01-device-noise": "Device noise"}


def row(page: str, claim_id: str) -> str:
    return re.search(rf'<article[^>]* id="{claim_id}".*?</article>', page)[0]


def test_every_claim_has_a_row_with_its_id_as_anchor() -> None:
    page = scoreboard.page([], [], chapters={})
    assert re.findall(r'<article[^>]* id="([^"]+)"', page) == list(claims.load())
    assert page.count('data-verdict="not-yet-measured"') == len(claims.load())
    assert "Nothing is measured yet" in page


def test_the_markup_is_balanced() -> None:
    page = scoreboard.page([run(1e-3)], [run(0, profile="full")], chapters=CHAPTERS)
    parser = Tags()
    parser.feed("".join(re.findall(r"```\{raw\} html\n(.*?)\n```", page, re.DOTALL)))
    assert not parser.open


def test_counts_add_up() -> None:
    page = scoreboard.page([run(0)], [], chapters=CHAPTERS)
    counts = dict(zip(Verdict, map(int, re.findall(r"<li><b>(\d+)</b>", page)), strict=True))
    assert counts[Verdict.REPRODUCED] == 1
    assert sum(counts.values()) == len(claims.load())
    found = claims.load()
    of_paper = sum(claim.paper == found["P-moments"].paper for claim in found.values())
    assert f"{of_paper} claims: 1 reproduced, {of_paper - 1} not yet measured." in page


def test_a_build_that_left_a_recorded_claim_alone_is_not_mentioned_beside_it() -> None:
    other = (Measurement.exact("P-two-point", "max_error", 0.0),)
    here = replace(run(0), outcome=replace(run(0).outcome, measurements=other))
    page = scoreboard.page([here], [run(0, profile="full")], chapters=CHAPTERS)
    assert "this build" not in row(page, "P-moments")
    assert "this build" in row(page, "P-two-point")
    assert "recorded full run" not in row(page, "P-two-point")


def test_the_recorded_verdict_is_the_headline_and_this_builds_stands_beside_it() -> None:
    text = row(scoreboard.page([run(1e-3)], [run(0, profile="full")], chapters=CHAPTERS), "P-moments")
    assert 'data-verdict="reproduced"' in text
    assert text.index("recorded full run") < text.index("this build: ") < text.index("not reproduced")
    assert "Why they differ" in text


def test_without_a_recorded_run_this_build_has_the_headline() -> None:
    text = row(scoreboard.page([run(1e-3)], [], chapters=CHAPTERS), "P-moments")
    assert 'data-verdict="not-reproduced"' in text
    assert "recorded" not in text


def test_a_readers_device_stands_beside_the_reference() -> None:
    mine = {"name": "my <device>", "sha256": "", "reference": False}
    page = scoreboard.page([run(1e-3, device=mine)], [run(0, profile="full")], chapters=CHAPTERS)
    text = row(page, "P-moments")
    assert 'data-verdict="reproduced"' in text
    assert "reference, recorded full run" in text
    assert "your device (my &lt;device&gt;): " in text
    assert "my <device>" not in re.sub(r"\*\*.*?\*\*", "", page)


def test_what_is_asked_again_is_linked_with_its_verdict() -> None:
    page = scoreboard.page([], [run(0, profile="full")], chapters={})
    assert 'nw-again">Asked again, more sharply: <a href="#P-energy-width">P-energy-width</a>' in row(
        page, "P-energy"
    )
    assert "nw-again" not in row(page, "P-energy-width")
    assert "are asked again so" not in page, "nothing undecided is decided"


def test_undecided_claims_that_other_rows_decide_are_counted() -> None:
    def measured(claim: str, *interval: float) -> list[Measurement]:
        checks = claims.find(claim).checks
        return [Measurement(claim, check.quantity, *interval, 9, check.unit) for check in checks]

    undecided = measured("L-energy", 0.05, 0.01, 0.9)
    for low, high, words in ((0.01, 0.06, "undecided claims 1 are"), (0.01, 0.9, "")):
        found = (*undecided, *measured("L-energy-allowed", 0.05, low, high))
        one = run(0, profile="full")
        page = scoreboard.page(
            [], [replace(one, outcome=replace(one.outcome, measurements=found))], chapters={}
        )
        assert ("asked again so, and decided there" in page) == bool(words)
        assert words in page


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_row_shows_what_is_published_and_what_is_measured_without_a_click() -> None:
    names = ("max_abs_mean", "max_abs_variance_error")
    measured = tuple(Measurement("P-moments", name, 0.5, 0.25, 0.75, 9) for name in names)
    one = run(0, profile="full")
    one = Recorded(replace(one.outcome, measurements=measured), FACTS)
    shown, details = row(scoreboard.page([], [one], chapters=CHAPTERS), "P-moments").split("<details>")
    assert "published exact Fig. 1 bottom, §3.1.1 measured ✗ max abs mean 0.50 (0.25 to 0.75)" in words(shown)
    assert 'role="img" aria-label="fails"' in shown
    assert "Criterion" in details


def test_each_run_has_its_column() -> None:
    page = scoreboard.page([run(1e-3)], [run(0, profile="full")], chapters=CHAPTERS)
    shown = words(row(page, "P-moments").split("<details>")[0])
    assert "measured, recorded full run ✓ max abs mean 0" in shown
    assert "measured, this build ✗ max abs mean 0.001" in shown


def test_every_row_shows_what_is_published_and_says_what_is_not_measured() -> None:
    page = scoreboard.page([], [], chapters=CHAPTERS)
    for claim in claims.load().values():
        shown = row(page, claim.id).split("<details>")[0]
        assert html.escape(claim.published) in shown
        assert "measured not yet measured" in words(shown)


def test_rows_can_be_sorted_by_a_script_and_filtered_without() -> None:
    page = scoreboard.page([run(0)], [], chapters=CHAPTERS)
    assert 'data-chapter="01-device-noise" data-title="Device noise"' in row(page, "P-moments")
    assert 'data-title="04-energy-distance"' in row(page, "P-energy")
    assert '<fieldset class="nw-filter nw-sort" hidden>' in page
    assert page.count(" checked>") == 2
    assert page.index(":file: _static/sort.html") > page.rindex("<article")


def test_a_row_links_to_its_chapter_only_if_there_is_one() -> None:
    page = scoreboard.page([], [], chapters=CHAPTERS)
    assert '<a href="01-device-noise.html">Device noise</a>' in row(page, "P-moments")
    assert "href" not in row(page, "P-energy-kl")


def test_the_runs_behind_the_verdicts_are_named() -> None:
    page = scoreboard.page([], [run(0, profile="full")], chapters=CHAPTERS)
    for words in ("full, recorded", "c0ffee1234", "2.0 h", "a CPU, 2 cores"):
        assert words in page


def test_an_unknown_claim_and_one_measured_by_two_chapters_are_errors() -> None:
    one = run(0)
    wrong = replace(one.outcome, measurements=(Measurement.exact("P-moment", "max_abs_mean", 0.0),))
    with pytest.raises(KeyError, match="did you mean 'P-moments'"):
        scoreboard.page([Recorded(wrong, FACTS)], [], chapters={})
    with pytest.raises(ValueError, match="P-moments: max_abs_mean is measured twice"):
        scoreboard.page([one, one], [], chapters={})


def built(shown, notebook, device, config, tmp_path, *, value: float, profile: str, **given: object) -> str:
    """The scoreboard of a book of one page that measured P-moments."""
    measured = run(value).outcome.measurements
    display.verdicts(measured, experiment="device_noise", profile=profile, device=device, **given)
    display.provenance(experiment="device_noise", profile=profile, device=device, config=config)
    out = tmp_path / "scoreboard.md"
    book = ["--chapter", "01-device-noise", "Device noise", "--recorded", str(outcomes.FOLDER)]
    scoreboard.main(["--notebooks", str(notebook(shown)), *book, "--out", str(out)])
    return out.read_text(encoding="utf-8")


def test_command_line(shown, notebook, device, config, tmp_path) -> None:
    text = built(shown, notebook, device, config, tmp_path, value=0, profile="quick")
    assert text.startswith("# Scoreboard\n")
    assert 'data-verdict="reproduced"' in row(text, "P-moments")
    assert '<a href="01-device-noise.html">Device noise</a>' in row(text, "P-moments")
    assert "Shown: **this build** (profile `quick`)." in text


def test_what_a_page_says_of_the_recorded_run_goes_before_an_earlier_file(
    shown, notebook, device, config, tmp_path
) -> None:
    leave(run(1e-3, profile="full"), outcomes.FOLDER)
    full = run(0, profile="full")
    text = built(shown, notebook, device, config, tmp_path, value=1e-3, profile="quick", recorded=full)
    assert 'data-verdict="reproduced"' in row(text, "P-moments")
    assert "**recorded full run** (profile `full`) and **this build** (profile `quick`)" in text
    assert text.count("full, recorded") == 1


def test_an_earlier_file_counts_where_no_page_says_more(shown, notebook, device, config, tmp_path) -> None:
    leave(run(0, profile="full"), outcomes.FOLDER)
    text = built(shown, notebook, device, config, tmp_path, value=1e-3, profile="quick")
    assert 'data-verdict="reproduced"' in row(text, "P-moments")


def test_a_page_of_the_full_run_is_the_recorded_run(shown, notebook, device, config, tmp_path) -> None:
    leave(run(1e-3, profile="full"), outcomes.FOLDER)
    text = built(shown, notebook, device, config, tmp_path, value=0, profile="full")
    assert 'data-verdict="reproduced"' in row(text, "P-moments")
    assert "Shown: **recorded full run** (profile `full`)." in text


def test_the_full_profile_on_a_readers_device_is_no_recorded_run(
    shown, notebook, device, config, tmp_path
) -> None:
    device.reference = False
    text = built(shown, notebook, device, config, tmp_path, value=0, profile="full")
    assert "Shown: **your device (test junction)** (profile `full`)." in text


def test_command_line_ends_with_the_error(shown, notebook, device, tmp_path) -> None:
    display.verdicts(run(0).outcome.measurements, experiment="device_noise", profile="quick", device=device)
    arguments = ["--notebooks", str(notebook(shown)), "--out", str(tmp_path / "x.md")]
    with pytest.raises(SystemExit, match=r"error: .* shows no provenance of device_noise"):
        scoreboard.main(arguments)
