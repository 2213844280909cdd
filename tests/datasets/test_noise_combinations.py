"""One sample in any combination of traits comes back exactly, or the file is refused: never other numbers."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import assume, given, settings
from noise_files import SAMPLES, Traits, expected, says_unit, traits, write

from noisyweights.datasets import read_noise
from noisyweights.datasets.text_tables.units import prefix_of

USUAL = {
    "columns": "tR", "delimiter": ";", "decimal": ".", "thousands": "", "heading": True,
    "preamble": "comments", "footer": "statistics", "encoding": "utf-8", "unit": "heading", "minus": "-",
    "power": "E", "end": "\n", "quotes": False, "packed": False,
}  # fmt: skip


def check(path, how: Traits) -> None:
    """The file's readings are those that were written."""
    path.write_bytes(write(how))
    found = read_noise(path)
    scale = 10.0 ** prefix_of(found.unit)[0] if says_unit(how) else 1.0
    np.testing.assert_allclose(
        found.samples * scale, expected(how), rtol=1e-12, atol=0
    )  # rounding of a product
    assert (found.dropped, found.censored) == (0, (0, 0))


@settings(max_examples=60, deadline=None)
@given(how=traits)
def test_no_combination_gives_other_numbers(tmp_path_factory, how):
    assume(write(how) is not None)
    with suppress(ValueError):  # any other error, and other numbers, fail
        check(tmp_path_factory.mktemp("any") / "noise.csv", how)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize(
    "trait",
    [{}, {"delimiter": ","}, {"delimiter": "\t", "decimal": ","}, {"delimiter": "  "}, {"columns": "tRw"},
     {"unit": "glued"}, {"encoding": "utf-16"}, {"preamble": "pairs"}, {"quotes": True}],
    ids=str,
)  # fmt: skip
def test_usual_combinations_are_read(tmp_path, sample, trait):
    """The negative control of the test above, which a reader that refuses all would pass."""
    check(tmp_path / "noise.csv", Traits(sample=sample, **USUAL | trait))
