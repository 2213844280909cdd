"""The API reference: everything offered is described, and docstrings come through as they are meant."""

import re

from noisyweights.pipeline import api


def test_every_public_name_is_described_or_linked() -> None:
    pages = api.pages()
    for module in api.modules():
        page = pages[f"api/{module.removeprefix('noisyweights.')}"]
        for name in api.public(module):
            directive = re.search(rf"^:+\{{py:(class|function|data)\}} {name}\b", page, flags=re.MULTILINE)
            assert directive or f"`{name} <noisyweights." in page, (module, name)


def test_the_index_lists_every_module() -> None:
    index = api.pages()["api/index"]
    for module in api.modules():
        name = module.removeprefix("noisyweights.")
        assert f"[{name}]({name}.md)" in index


def test_signatures_carry_full_names_and_no_self() -> None:
    page = api.pages()["api/experiments.points"]
    assert (
        ":{py:function} read_point(path: str | os.PathLike) -> noisyweights.experiments.points.Point" in page
    )
    assert "profile: str, device: noisyweights.experiments.device.Device" in page
    assert "(self" not in page
    assert ":{py:property} sha256\n:type: str" in page


def test_docstrings_are_not_taken_for_markup() -> None:
    inline = api._inline
    assert inline("a*b * c < d costs $1", "noisyweights.files") == r"a\*b \* c \< d costs \$1"
    assert inline("see `replacing`", "noisyweights.files") == "see `replacing`", (
        "files is not in the reference"
    )
    full = "noisyweights.experiments.results.run"
    assert inline("see `run`", "noisyweights.experiments.results") == f"see {{py:obj}}`run <{full}>`"
    assert inline("write {glue:text}`name`", "noisyweights.files") == "write `` {glue:text}`name` ``"
