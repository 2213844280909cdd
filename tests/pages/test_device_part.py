"""In an edition of a reader's device each row says what the device has to do with it."""

import re

import pytest

from noisyweights.ledger import claims
from noisyweights.ledger.claims import Measurement
from noisyweights.pages import markup
from noisyweights.pages.markup import Column


def column(claim_id: str, value: float, *, label: str, profile: str = "full", own: bool = False) -> Column:
    measured = tuple(
        Measurement.exact(claim_id, check.quantity, value) for check in claims.find(claim_id).checks
    )
    return Column(label, profile, measured, own_device=own)


def shown(claim_id: str, *columns: Column) -> str:
    return re.sub(r"<[^>]+>", " ", markup.claim(claims.find(claim_id), columns))


@pytest.mark.parametrize(
    ("claim_id", "part"),
    [
        ("P-moments", "about your device"),
        ("P-fit-mtj", "about the paper’s formula, fitted to your device"),
        ("P-fit-ecram", "your device has no part in it"),
    ],
)
def test_a_claim_says_what_a_readers_device_has_to_do_with_it(claim_id: str, part: str) -> None:
    reference = column(claim_id, 0, label="reference")
    mine = column(claim_id, 1, label="my cell", own=True)
    assert part in shown(claim_id, reference, mine)
    assert "your device" not in shown(claim_id, reference)


def test_where_it_has_no_part_it_has_no_column() -> None:
    mine = column("P-fit-ecram", 1, label="my cell", own=True)
    text = shown("P-fit-ecram", column("P-fit-ecram", 0, label="reference"), mine)
    assert "my cell" not in text
    assert "Why they differ" not in text
    assert "my cell" not in shown("P-fit-ecram", mine)
    assert "this build" in shown("P-fit-ecram", mine), "nothing else measured it"


@pytest.mark.parametrize(
    ("own", "profile", "reason"),
    [
        (True, "full", "it is the device or the code that differs"),
        (True, "quick", "do not tell which of them decides"),
        (False, "full", "it is the code that differs"),
        (False, "quick", "The runs differ in their budget"),
    ],
)
def test_what_differs_is_named(own: bool, profile: str, reason: str) -> None:
    here = column("P-moments", 1, label="here", profile=profile, own=own)
    assert reason in shown("P-moments", column("P-moments", 0, label="reference"), here)


def test_the_part_is_one_of_those_there_are(tmp_path) -> None:
    text = (claims.DEFAULT_PATH).read_text("utf-8")
    file = tmp_path / "claims.yml"
    file.write_text(text.replace("  device: law\n", "  device: laws\n", 1), "utf-8")
    with pytest.raises(ValueError, match="device 'laws' is none of law, formula; leave it out for none"):
        claims.load(file)
