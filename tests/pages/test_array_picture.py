"""The picture of an array: cells as full as they conduct, junctions as wide as they fluctuate."""

import numpy as np
import pytest
from matplotlib.patches import Circle, Rectangle

from noisyweights.pages import array_picture, plots

PICTURE = {
    "positive_uS": np.array([[10.0, 60.0]]),
    "negative_uS": np.array([[35.0, 9.0]]),  # a cell that programming left below its range
    "junction_uS": np.array([[2.0, 4.0]]),
    "inputs": np.array([0.25]),
    "input_codes": np.array([64]),
    "output_codes": np.array([[-7, 5], [3, 2]]),
    "products": np.array([[-0.11, 0.5], [0.2, 0.4]]),
    "wanted_mean": np.array([-0.1, 0.3]),
    "wanted_deviation": np.array([0.05, 0.25]),
}


@pytest.fixture
def axis():
    _, axis = plots.subplots()
    array_picture.draw_array(axis, PICTURE, low_uS=10, high_uS=60)
    yield axis
    plots.plt.close("all")


def test_cells_are_filled_by_their_share_of_the_range(axis):
    boxes = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    grounds, fills = boxes[::2], boxes[1::2]
    shares = [fill.get_height() / ground.get_height() for ground, fill in zip(grounds, fills, strict=True)]
    assert shares == pytest.approx([0, 0.5, 1, 0])
    for ground, fill in zip(grounds, fills, strict=True):
        assert fill.get_xy() == ground.get_xy()


def test_junctions_are_as_wide_as_they_fluctuate(axis):
    first, second = (patch.radius for patch in axis.patches if isinstance(patch, Circle))
    assert second == pytest.approx(2 * first)


def test_inputs_codes_products_and_what_was_wanted_are_written(axis):
    texts = [text.get_text() for text in axis.texts]
    for text in ("0.25", "64", "−7", "−0.11", "5", "0.50", "read 2", "−0.10 ± 0.05", "0.30 ± 0.25"):
        assert texts.count(text) == 1, text
    low, high = axis.get_ylim()
    assert all(low < text.get_position()[1] < high for text in axis.texts)
