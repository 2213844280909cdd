"""The claims file, and measurements of claims."""

from pathlib import Path

import pytest

from noisyweights.ledger import claims
from noisyweights.ledger.claims import Measurement

FILE = claims.DEFAULT_PATH
M = Measurement


def test_every_claim_of_the_list_is_there() -> None:
    counts = {paper: sum(c.paper == paper for c in claims.load().values()) for paper in claims.SOURCES}
    # L-classify and L-regress share one line of the papers' list and are two claims here; S-fashion-epochs
    # came later, and thirteen readings of rows that no measurement could decide.
    assert counts == {"patel2024": 25, "ahmed2023": 21, "aimone2023": 18, "liu2022": 8, "this_book": 4}


def test_prefixes_tell_the_paper() -> None:
    prefix = {"patel2024": "P-", "ahmed2023": "A-", "aimone2023": "S-", "liu2022": "L-", "this_book": "T-"}
    assert all(c.id.startswith(prefix[c.paper]) for c in claims.load().values())


def test_every_claim_has_sentences_that_end() -> None:
    for claim in claims.load().values():
        for text in (claim.statement, claim.criterion, claim.why) if claim.testable else (claim.reason,):
            assert text.rstrip(")").endswith("."), (claim.id, text)


def test_unknown_claim_names_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"P-wheelr.*did you mean 'P-wheeler'"):
        claims.find("P-wheelr")


def test_a_claim_measured_in_part_waits_for_the_rest() -> None:
    whole = [M.exact("P-fit-mtj", check.quantity, 0.0) for check in claims.find("P-fit-mtj").checks]
    other = M.exact("P-wheeler", "first_unstable_nodes", 11)
    assert claims.fully_measured([*whole[:-1], other]) == [other]
    assert claims.fully_measured([other, *whole]) == [other, *whole]


def test_computed_values_have_no_width() -> None:
    m = M.exact("P-wheeler", "first_unstable_nodes", 11)
    assert (m.low, m.value, m.high, m.n) == (11, 11, 11, 0)


@pytest.mark.parametrize("interval", [(0.5, 0.6, 0.7), (0.5, float("nan"), 0.7), (float("nan"), 0.4, 0.7)])
def test_a_value_lies_inside_its_interval(interval) -> None:
    value, low, high = interval
    with pytest.raises(ValueError, match="not inside its interval"):
        M("P-fit-mtj", "ks_distance", value, low, high, 10)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  paper: patel2024", "  paper: patel2042", "P-fit-mtj: paper 'patel2042'"),
        ("  chapter: 01-device-noise", "  chapter: 01-noise", "chapter '01-noise'"),
        ('relation: "<="', 'relation: "<"', "relation '<'"),
        ("bound: 0.02", "bound: [0.02, 0.01]", "does not fit"),
        ("bound: 0.02", "bound: .nan", "finite"),
        ("  published: curve\n", "", "missing fields .'published'"),
        ("  why: >-", "  wy: >-", "unknown fields .'wy'"),
        ("- id: P-moments", "- id: P-fit-mtj", "twice"),
        ("[P-wheeler-symbolic", "[P-wheeler", "P-wheeler: asked_again names 'P-wheeler', no other claim"),
        ("[P-wheeler-symbolic", "[P-wheelr", "P-wheeler: asked_again names 'P-wheelr', no other claim"),
        ("- id: P-moments", "- id: [", "not readable as YAML"),
    ],
)
def test_a_malformed_file_says_where(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "claims.yml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        claims.load(file)
    assert f"git checkout -- {file}" in str(caught.value)


def test_the_mend_names_the_file_as_the_repository_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims.yaml, "safe_load", lambda text: None)
    claims._load.cache_clear()
    with pytest.raises(ValueError, match=r"git checkout -- data/claims\.yml"):
        claims.load()


def test_a_missing_file_says_where_claims_live(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.yml.*come with the library"):
        claims.load(tmp_path / "none.yml")
