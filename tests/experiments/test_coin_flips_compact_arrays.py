"""How votes and choices are kept."""

import numpy as np
import pytest

from noisyweights.experiments.coin_flips.compact_arrays import narrow, widen


def test_the_same_numbers_in_fewer_bytes():
    arrays = {
        "votes_full": np.array([[1000, 0], [1, 999]]),
        "votes": np.array([[65_535, 0]]),
        "standard": np.array([9, 0]),
        "source": np.full(32, 0xAB, np.uint8),
        "error": np.array([0.1, np.nan]),
        "product_bias": np.array(0.1, np.float32),
        "weights": np.array([0.1], np.float16),
        "right": np.array([True, False]),
    }
    found = narrow(arrays)
    kept = {name: array.dtype.name for name, array in found.items()}
    assert kept == {
        "votes_full": "uint16",
        "votes": "uint16",
        "standard": "uint8",
        "source": "uint8",
        "error": "float64",
        "product_bias": "float32",
        "weights": "float16",
        "right": "bool",
    }
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        np.testing.assert_array_equal(narrow(found)[name], found[name], strict=True)


@pytest.mark.parametrize(
    ("name", "value", "kept"), [("votes", 65_536, "uint16"), ("first", 256, "uint8"), ("second", -1, "uint8")]
)
def test_what_would_be_lost_is_refused(name, value, kept):
    with pytest.raises(ValueError, match=f"{name} holds {value} to {value}, and {kept} keeps 0 to"):
        narrow({name: np.array([value])})


def test_wide_numbers_can_be_subtracted():
    wide = widen(np.array([1, 2], np.uint16))
    np.testing.assert_array_equal(wide - 2, [-1, 0])
    np.testing.assert_array_equal(widen(np.array([0.5], np.float32)), np.float32([0.5]), strict=True)
    np.testing.assert_array_equal(widen(np.array([True])), np.array([True]), strict=True)
