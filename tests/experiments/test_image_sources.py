"""Whose pictures points were computed on."""

import numpy as np
import pytest
from lit_pixels import CHECKSUM, LABELS, SAMPLE, SOURCE, lit, show

from noisyweights.experiments import image_sources

OTHER = np.full(32, 0xEF, np.uint8)


def test_points_of_the_same_pictures_have_them_in_common():
    points = {"a-0": {"source": CHECKSUM}, "a-1": {"source": CHECKSUM.copy()}}
    np.testing.assert_array_equal(image_sources.common(points), CHECKSUM)


@pytest.mark.parametrize("theirs", [{"source": OTHER}, {}])
def test_points_of_different_pictures_are_not_compared(theirs):
    points = {"a-0": {"source": CHECKSUM}, "a-1": {"source": CHECKSUM}, "b-0": theirs}
    with pytest.raises(ValueError, match="b-0 was computed on other pictures than a-0: compute both anew"):
        image_sources.common(points)


def test_a_source_is_known_by_its_checksum(monkeypatch):
    show(monkeypatch, lit(LABELS))
    assert image_sources.source("mnist", CHECKSUM) == SOURCE
    assert image_sources.source("mnist", np.full(32, 0xCD, np.uint8)) == SAMPLE  # whatever would load now
    unknown = image_sources.source("mnist", OTHER)
    assert (unknown.name, unknown.sha256, unknown.embedded) == ("made up", "ef" * 32, False)
