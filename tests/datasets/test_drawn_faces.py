"""Drawn faces: the same ones again, at every size, of the ages they should have, and their age shows."""

import numpy as np
import pytest

from noisyweights.datasets.drawn_people import BLOCK
from noisyweights.datasets.face_drawing import drawn_faces


@pytest.fixture(scope="module")
def faces():
    return drawn_faces(1600, size=24, seed=5)


def test_shapes_and_kinds(faces):
    assert faces.images.shape == (1600, 24, 24, 3)
    assert (faces.images.dtype, faces.ages.dtype) == (np.uint8, np.float32)
    assert faces.source.drawn
    assert not faces.source.embedded
    assert not faces.source.simulated
    assert faces.skipped == ()


def test_the_same_seed_draws_the_same_faces(faces):
    few = drawn_faces(BLOCK + 7, size=24, seed=5)
    np.testing.assert_array_equal(few.images, faces.images[: BLOCK + 7])
    np.testing.assert_array_equal(few.ages, faces.ages[: BLOCK + 7])
    assert few.source == drawn_faces(BLOCK + 7, size=24, seed=5).source
    assert few.source.sha256 != drawn_faces(BLOCK + 7, size=24, seed=6).source.sha256


def test_the_same_faces_come_at_every_size():
    small, large = (drawn_faces(BLOCK, size=size, seed=5) for size in (24, 96))
    np.testing.assert_array_equal(small.ages, large.ages)
    reduced = large.images.reshape(BLOCK, 24, 4, 24, 4, 3).mean((2, 4))
    alike = [correlation(a, b) for a, b in zip(small.images, reduced, strict=True)]
    assert min(alike) > 0.75
    assert np.mean(alike) > 0.93
    others = [correlation(a, b) for a, b in zip(small.images, np.roll(reduced, 1, axis=0), strict=True)]
    assert np.mean(others) < 0.6  # the negative control: other people


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


def test_no_two_faces_are_the_same(faces):
    assert len({image.tobytes() for image in faces.images}) == 1600


def test_ages_are_whole_years_spread_as_in_collections_of_photographs(faces):
    ages = drawn_faces(6400, size=8, seed=1).ages
    assert np.array_equal(ages, np.round(ages))
    assert ages.min() >= 1
    assert ages.max() <= 116
    # UTKFace: mean 33.3, standard deviation 19.9; a rough likeness is meant, so a few years either way.
    assert abs(ages.mean() - 33.3) < 4
    assert abs(ages.std() - 19.9) < 4
    assert np.mean(ages <= 5) > 0.05
    assert np.mean(ages >= 70) > 0.03


def test_age_can_be_seen_but_not_exactly(faces):
    """Ridge regression on pixels and their squares, held-out: better than the mean, and far from perfect."""
    flat = faces.images.reshape(1600, -1) / 255 - 0.5
    features = np.concatenate([flat, flat**2], axis=1)
    train, test = slice(0, 1300), slice(1300, None)
    centre = faces.ages[train].mean()

    def error(targets: np.ndarray) -> float:
        x = features[train]
        weights = np.linalg.solve(x @ x.T + 30 * np.eye(len(x)), targets[train] - centre)
        predicted = features[test] @ (x.T @ weights) + centre
        return float(np.sqrt(np.mean((predicted - targets[test]) ** 2)))

    spread = faces.ages[test].std()
    assert 0.15 * spread < error(faces.ages) < 0.75 * spread
    shuffled = np.random.default_rng(0).permutation(faces.ages)
    assert error(shuffled) > 0.95 * spread  # the negative control: the ages of others


@pytest.mark.parametrize(("n", "size"), [(-1, 24), (3, 7), (3, 201)])
def test_other_arguments_are_refused(n, size):
    with pytest.raises(ValueError, match="give 0 or more, and 8 to 200 pixels"):
        drawn_faces(n, size=size, seed=0)


def test_no_faces_are_an_empty_set():
    assert drawn_faces(0, size=24, seed=0).images.shape == (0, 24, 24, 3)
