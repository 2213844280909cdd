"""The idx format: arrays come back, the published header is read, and damage is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from noisyweights.datasets import idx


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, max_side=5)))
def test_what_is_written_is_read(array):
    again = idx.decode(idx.encode(array))
    assert again.dtype == np.uint8
    np.testing.assert_array_equal(again, array)


def test_the_header_is_the_published_one():
    """MNIST's test labels begin with the numbers 2049 and 10,000, its images with 2051, 10,000, 28, 28."""
    assert idx.encode(np.zeros(10_000, np.uint8))[:8].hex() == "0000080100002710"
    images = idx.encode(np.zeros((10_000, 28, 28), np.uint8))
    assert images[:16].hex() == "00000803000027100000001c0000001c"
    assert len(images) == 16 + 10_000 * 28 * 28


WHOLE = idx.encode(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_short_anywhere_is_refused(length):
    with pytest.raises(ValueError, match="get it again"):
        idx.decode(WHOLE[:length])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (WHOLE + b"\0", r"25 values where 24 \(2, 3, 4\) are announced"),
        (b"\x89PNG\r\n", r"not an idx file \(it begins with 89 50 4e 47\)"),
        (b"", r"not an idx file \(it begins with nothing\)"),
        (b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", "numbers of kind 0x0d: only unsigned bytes"),
        (b"\0\0\x08\x00", "not an idx file"),
    ],
)
def test_other_bytes_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        idx.decode(content)


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((1,) * 5, np.uint8), np.array(1, np.uint8)])
def test_other_arrays_are_refused(array):
    with pytest.raises(ValueError, match="give uint8 with 1 to 4"):
        idx.encode(array)
