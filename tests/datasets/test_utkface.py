"""Photographs of faces: names are read, sizes reduced, decoded arrays kept, and damage named."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noisyweights import datasets
from noisyweights.datasets import archives
from noisyweights.datasets import utkface_set as utkface

AGES = (1, 8, 26, 26, 35, 61, 90, 116)


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine without data, and with an empty cache."""
    monkeypatch.delenv("NOISYWEIGHTS_DATA", raising=False)
    monkeypatch.setattr(archives, "cache_folder", lambda: tmp_path / "cache")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A small UTKFace as published: smooth pictures, and two names that lack a field."""
    folder = tmp_path / "data" / "UTKFace"
    folder.mkdir(parents=True)
    for k, age in enumerate(AGES):
        picture(40 + 20 * k).save(folder / f"{age}_{k % 2}_{k % 5}_2017011617452{k}.jpg.chip.jpg")
    for k in range(2):
        picture(0).save(folder / f"39_1_2017011617452{k}.jpg.chip.jpg")
    (folder / "Thumbs.db").write_bytes(b"")
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(folder.parent))
    return folder


def picture(tone: int) -> Image.Image:
    """A plain colour in which one half is darker in red."""
    pixels = np.full((200, 200, 3), tone, np.uint8)
    pixels[:, 100:, 0] = tone // 2
    return Image.fromarray(pixels)


def cached() -> list[Path]:
    return sorted(path for path in archives.cache_folder().rglob("*") if path.is_file())


def test_the_published_layout_is_read(folder):
    faces = datasets.utkface(size=16, dataset="real")
    assert faces.ages.tolist() == sorted(AGES, key=lambda age: f"{age}_")  # names in the order of text
    assert faces.ages.dtype == np.float32
    assert faces.images.shape == (len(AGES), 16, 16, 3)
    assert faces.images.dtype == np.uint8
    assert len(faces.skipped) == 2
    assert all(name.startswith("39_1_") for name in faces.skipped)
    assert not faces.source.drawn
    assert "8 of 8 faces" in faces.source.origin
    first = faces.images[faces.ages == 1][0]
    # A plain half stays plain; JPEG rounds colours by a few steps.
    assert np.abs(first[:, :6].astype(int) - 40).max() <= 4
    assert np.abs(first[:, 10:, 0].astype(int) - 20).max() <= 4


def test_decoded_faces_are_kept_and_read_again(folder, monkeypatch):
    first = datasets.utkface(size=16)
    assert len(cached()) == 1
    monkeypatch.setattr(utkface, "_decode", lambda *_: pytest.fail("decoded again"))
    again = datasets.utkface(size=16)
    np.testing.assert_array_equal(first.images, again.images)
    assert first.source == again.source


def test_other_content_is_not_taken_from_the_cache(folder):
    first = datasets.utkface(size=16)
    path = next(path for path in folder.iterdir() if path.name.startswith("1_"))
    picture(200).save(path)
    again = datasets.utkface(size=16)
    assert first.source.sha256 != again.source.sha256
    assert not np.array_equal(first.images, again.images)
    path.rename(path.with_name("2" + path.name[1:]))  # the age is in the name
    assert datasets.utkface(size=16).source.sha256 != again.source.sha256


def test_a_damaged_cache_is_replaced(folder):
    first = datasets.utkface(size=16)
    (kept,) = cached()
    whole = kept.read_bytes()
    for damage in (whole[:-7], b"", whole[:200]):
        kept.write_bytes(damage)
        np.testing.assert_array_equal(datasets.utkface(size=16).images, first.images)
        assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written_to_costs_time_alone(folder, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(archives, "cache_folder", lambda: tmp_path / "file" / "cache")
    assert len(datasets.utkface(size=16).ages) == len(AGES)


def test_a_full_disk_leaves_nothing_half_written(folder, monkeypatch):
    def full(path, array):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(utkface.np, "save", full)
    assert len(datasets.utkface(size=16).ages) == len(AGES)
    assert cached() == []


def test_a_limit_takes_a_choice_that_the_seed_fixes(folder, monkeypatch):
    opened = []
    decode = utkface._decode
    monkeypatch.setattr(utkface, "_decode", lambda paths, size: opened.extend(paths) or decode(paths, size))
    some = datasets.utkface(size=16, limit=5, seed=1)
    assert len(opened) == 5
    assert cached() == []
    same, other = (datasets.utkface(size=16, limit=5, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(some.images, same.images)
    assert some.source == same.source
    assert other.source.sha256 != some.source.sha256
    assert "5 of 8 faces" in some.source.origin
    everything = datasets.utkface(size=16, limit=99)
    assert everything.source == datasets.utkface(size=16).source
    shown = {image.tobytes(): age for image, age in zip(everything.images, everything.ages, strict=True)}
    assert all(shown[image.tobytes()] == age for image, age in zip(some.images, some.ages, strict=True))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (picture(9).resize((100, 200)), "100 × 200 pixels of mode RGB"),
        (picture(9).convert("L"), "200 × 200 pixels of mode L"),
        (picture(9).convert("CMYK"), "200 × 200 pixels of mode CMYK"),
    ],
)
def test_another_size_or_mode_is_an_error(folder, image, message):
    image.save(folder / "50_0_0_20170101.jpg.chip.jpg")
    with pytest.raises(ValueError, match=rf"50_0_0_20170101.*\({message}\): get it again, or remove it"):
        datasets.utkface(size=16)
    assert cached() == []


@pytest.mark.parametrize("part", [0, 20, 700])
def test_a_truncated_photograph_is_an_error(folder, part):
    path = folder / "50_0_0_20170101.jpg.chip.jpg"
    Image.effect_noise((200, 200), 60).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[:part])
    with pytest.raises(ValueError, match=r"50_0_0_20170101.*get it again, or remove it"):
        datasets.utkface(size=16)


def test_a_photograph_or_folder_that_may_not_be_read(folder, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refuse)
        with pytest.raises(PermissionError, match=r"jpg may not be read: .*chmod u\+r"):
            datasets.utkface(size=16)
    monkeypatch.setattr(archives, "published", lambda name: folder)
    monkeypatch.setattr(utkface.os, "listdir", refuse)
    with pytest.raises(PermissionError, match=r"chmod u\+rx"):
        datasets.utkface(size=16)


def test_a_folder_without_photographs_is_an_error(folder):
    for path in folder.glob("*_*_*_*.jpg"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match="holds no photograph named age_gender_race_time"):
        datasets.utkface(size=16)


def test_without_the_set_faces_are_drawn():
    faces = datasets.utkface(size=16, limit=70, seed=3)
    assert faces.source.drawn
    np.testing.assert_array_equal(faces.images, datasets.drawn_faces(70, size=16, seed=3).images)
    with pytest.raises(FileNotFoundError, match=r"UTKFace is nowhere: .*let NOISYWEIGHTS_DATA name"):
        datasets.utkface(size=16, dataset="real")


def test_drawn_faces_can_be_asked_for(folder):
    assert datasets.utkface(size=16, limit=3, dataset="sample").source.drawn


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dataset": "fake"}, "dataset 'fake' is none of auto, real, sample"),
        ({"size": 7}, "size 7: give 8 to 200 pixels"),
        ({"size": 201}, "size 201"),
        ({"limit": 0}, "limit 0: give how many faces to take, or None"),
    ],
)
def test_other_arguments_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        datasets.utkface(**{"size": 16, **wrong})


def test_a_fingerprint_follows_the_folder(folder):
    before = datasets.fingerprint("utkface")
    assert before.startswith("real ")
    (folder / "50_0_0_1.jpg").write_bytes(b"")
    assert datasets.fingerprint("utkface") != before


def test_the_checksum_is_that_of_names_and_contents(folder):
    chosen = sorted(path for path in folder.glob("*_*_*_*.jpg"))
    parts = [path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest() for path in chosen]
    assert datasets.utkface(size=16).source.sha256 == hashlib.sha256(b"".join(parts)).hexdigest()
