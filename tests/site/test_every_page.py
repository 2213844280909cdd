"""Every page of the site, at both widths, from the file system and without a network."""

from pathlib import Path

from browsing import Report

Reports = dict[str, Report]


def test_no_page_complains_or_asks_the_network(reports: Reports) -> None:
    assert {name: report.complaints for name, report in reports.items() if report.complaints} == {}
    assert {name: report.elsewhere for name, report in reports.items() if report.elsewhere} == {}


def test_no_page_is_seriously_inaccessible(reports: Reports) -> None:
    assert {name: report.violations for name, report in reports.items() if report.violations} == {}


def test_no_page_is_wider_than_the_screen(reports: Reports) -> None:
    assert {name: report.overflow for name, report in reports.items() if report.overflow > 0} == {}


def test_formulas_are_typeset(reports: Reports) -> None:
    for name, report in reports.items():
        assert report.formulas["typeset"] >= report.formulas["written"], name
        assert report.formulas["wrong"] == [], name
    assert sum(report.formulas["written"] for report in reports.values()) > 20, (
        "this test looked at no formulas"
    )


def test_figures_have_a_number_and_a_text_in_words(reports: Reports) -> None:
    figures = [(name, figure) for name, report in reports.items() for figure in report.figures]
    for name, figure in figures:
        assert len(figure["words"]) > 20, (name, figure)
        assert figure["number"].startswith("Fig."), (name, figure)
    assert len({name for name, _ in figures}) >= 3, "each chapter has figures"


def test_links_within_the_site_lead_somewhere(reports: Reports) -> None:
    broken = {
        (name, link)
        for name, report in reports.items()
        for link in report.links
        if link.startswith("file:")
        and not Path(link.removeprefix("file://").partition("#")[0].partition("?")[0]).is_file()
    }
    assert not broken
