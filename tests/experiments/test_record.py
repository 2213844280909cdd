"""The record: what is kept, what of it is used today, and what may be added to it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from toy_experiment import NAME, OTHER, REFERENCE, Toy, device

from noisyweights.experiments import points, record
from noisyweights.experiments.points import read_point, write_point
from noisyweights.experiments.record import State
from noisyweights.ledger.provenance import Commit


def states() -> dict[str, State]:
    return {point: kept.state for point, kept in record.kept(NAME).items()}


def computed(path: Path, point: str = "width-3", *, device: SimpleNamespace = REFERENCE) -> Path:
    """A point of the full profile in a file."""
    write_point(path, points.compute(NAME, point, profile="full", device=device))
    return path


def test_what_is_adopted_is_kept(toy: Toy, tmp_path: Path) -> None:
    target = record.adopt(computed(tmp_path / "x.npz"))
    assert target == record.path(NAME, "width-3") == record.FOLDER / NAME / "width-3.npz"
    assert states() == {"width-3": State.CURRENT}
    (kept,) = record.kept(NAME).values()
    assert (kept.point, kept.path) == ("width-3", target)
    assert record.as_point(kept).sha256 == read_point(tmp_path / "x.npz").sha256
    assert record.as_point(kept).made == read_point(tmp_path / "x.npz").made


def test_without_a_record_nothing_is_kept(toy: Toy) -> None:
    assert record.kept(NAME) == {}
    assert record.usable(NAME, device=REFERENCE) == {}


def test_a_point_by_earlier_code_is_marked_and_used(toy: Toy) -> None:
    toy.record("width-2", "width-3")
    toy.code = "code of tomorrow"
    assert states() == {"width-2": State.EARLIER_CODE, "width-3": State.EARLIER_CODE}
    assert record.usable(NAME, device=REFERENCE).keys() == {"width-2", "width-3"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"full": Config(seed=1', '"full": Config(seed=2'),
        ('return point != "width-2"', "return False"),
    ],
    ids=["another seed", "no device any more"],
)
def test_a_point_with_other_settings_is_not_used(toy: Toy, old: str, new: str) -> None:
    toy.record("width-3")
    toy.edit(old, new)
    assert states() == {"width-3": State.OTHER_SETTINGS}
    assert record.usable(NAME, device=REFERENCE) == {}


def test_settings_that_only_count_points_leave_each_as_it_is(toy: Toy) -> None:
    toy.record("width-3")
    toy.edit("widths=(2, 3, 4)", "widths=(3,)")
    assert states() == {"width-3": State.CURRENT}


def test_a_point_that_is_named_otherwise_today_is_not_used(toy: Toy) -> None:
    settings = "def settings(config, point):\n    return {{'seed': 1, 'w': {}[point]}}\n\ndef uses_device"
    toy.edit("def uses_device", settings.format("{'width-3': 3}"))
    toy.record("width-3")
    toy.edit("def uses_device", settings.format("{'width-2': 2}"))
    with pytest.raises(KeyError):  # it is a point of today, and the experiment does not know it
        record.kept(NAME)
    toy.edit("widths=(2, 3, 4)", "widths=(2,)")
    source = (toy.folder / f"{NAME}.py").read_text("utf-8")
    toy.write(source.replace("def uses_device", settings.format("{'width-2': 2}")))
    assert states() == {"width-3": State.OTHER_SETTINGS}


def test_a_devices_points_are_its_own_and_those_without_a_device_are_everyones(toy: Toy) -> None:
    toy.record("width-2", "width-3")
    assert record.usable(NAME, device=REFERENCE).keys() == {"width-2", "width-3"}
    assert record.usable(NAME, device=OTHER).keys() == {"width-2"}
    assert record.usable(NAME, sha256=REFERENCE.sha256).keys() == {"width-2", "width-3"}
    assert record.usable(NAME, sha256=OTHER.sha256).keys() == {"width-2"}


@pytest.mark.parametrize(
    ("law", "state"),
    [
        ({"levels": (0.1 * (1 + 1e-8), 0.2)}, State.CURRENT),
        ({"levels": (0.1 * (1 + 1e-4), 0.2)}, State.EARLIER_CODE),
        ({"levels": (0.1, 0.2, 0.3)}, State.EARLIER_CODE),
        ({"law": "another"}, State.EARLIER_CODE),
        ({"width": 1.0}, State.EARLIER_CODE),
    ],
    ids=["rounded otherwise", "other numbers", "more numbers", "another law", "another parameter"],
)
def test_a_law_that_is_fitted_otherwise_is_earlier_code(toy: Toy, law: dict, state: State) -> None:
    toy.record("width-2", "width-3")
    found = record.usable(NAME, device=device(REFERENCE.scale, **law))
    assert {point: kept.state for point, kept in found.items()} == {
        "width-2": State.CURRENT,
        "width-3": state,
    }


def test_what_a_kill_left_unfinished_is_not_seen(toy: Toy) -> None:
    toy.record("width-3")
    (record.FOLDER / NAME / ".123-width-2.npz").write_bytes(b"half")
    assert states().keys() == {"width-3"}


@pytest.mark.parametrize("part", ["header", "arrays"])
def test_a_damaged_file_says_how_the_record_is_mended(toy: Toy, part: str) -> None:
    toy.record("width-3")
    path = record.path(NAME, "width-3")
    content = path.read_bytes()
    path.write_bytes(content[:90] + bytes([content[90] ^ 1]) + content[91:] if part == "arrays" else b"")
    mend = r"width-3\.npz is damaged .*git checkout -- data/recorded"
    if part == "header":
        with pytest.raises(ValueError, match=mend):
            record.kept(NAME)
    else:
        with pytest.raises(ValueError, match=mend):
            record.as_point(record.kept(NAME)["width-3"])


def test_weights_serve_other_devices_and_not_the_one_they_are_of(toy: Toy) -> None:
    """Were they given to the reference too, a point that is recorded anew would only be read again."""
    toy.record("width-2", "width-3")
    np.testing.assert_array_equal(record.weights(NAME, "width-3", device=OTHER), [1, 1, 1])
    assert record.weights(NAME, "width-3", device=REFERENCE) is None
    assert record.weights(NAME, "width-2", device=OTHER) is None, "no device has a part in it"
    assert record.weights(NAME, "width-4", device=OTHER) is None, "it is not recorded"


def test_weights_of_other_settings_serve_nobody(toy: Toy) -> None:
    toy.record("width-3")
    toy.edit('"full": Config(seed=1', '"full": Config(seed=2')
    assert record.weights(NAME, "width-3", device=OTHER) is None


def test_another_device_does_without_trainings_whose_weights_are_not_kept(toy: Toy) -> None:
    def wanted(of: SimpleNamespace, profile: str = "full") -> tuple[str, ...]:
        return record.wanted(NAME, profile=profile, sha256=of.sha256)

    everything = ("width-2", "width-3", "width-4")
    toy.record("width-2", "width-3")
    toy.edit('"weights"', '"biases"')
    assert wanted(OTHER) == everything, "width-3 keeps weights, width-4 is not recorded"
    toy.record("width-4")
    assert wanted(OTHER) == ("width-2", "width-3")
    assert wanted(OTHER, "smoke") == ("width-2", "width-3"), "the record holds the full profile alone"
    assert wanted(REFERENCE) == everything
    toy.record("width-3")
    assert wanted(OTHER) == everything, "no training of the kind keeps weights"


def test_an_experiment_without_weights_is_not_asked_for_them(toy: Toy) -> None:
    toy.record("width-3")
    toy.edit("device, trained=None", "device")
    assert record.weights(NAME, "width-3", device=OTHER) is None


def test_points_of_other_settings_or_devices_are_not_adopted(toy: Toy, tmp_path: Path) -> None:
    other = computed(tmp_path / "other.npz", device=OTHER)
    with pytest.raises(ValueError, match="width-3 was computed on another device; only the reference"):
        record.adopt(other)
    mine = computed(tmp_path / "mine.npz")
    toy.edit('"full": Config(seed=1', '"full": Config(seed=2')
    with pytest.raises(ValueError, match=f"{NAME}/width-3 was computed with other settings"):
        record.adopt(mine)
    assert not record.FOLDER.exists()


@pytest.mark.parametrize("commit", [Commit("c0ffee", True), Commit("", None)], ids=["dirty", "no git"])
def test_points_that_no_commit_made_are_not_adopted(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit: Commit
) -> None:
    monkeypatch.setattr(points, "_commit", lambda: commit)
    file = computed(tmp_path / "x.npz")
    with pytest.raises(ValueError, match=r"uncommitted changes.*commit them, and compute it again"):
        record.adopt(file)
    assert not record.FOLDER.exists()


def test_a_point_that_is_adopted_again_takes_the_place_of_the_first(toy: Toy, tmp_path: Path) -> None:
    toy.record("width-3")
    toy.code = "code of tomorrow"
    record.adopt(computed(tmp_path / "x.npz"))
    assert states() == {"width-3": State.CURRENT}
    assert [path.name for path in (record.FOLDER / NAME).iterdir()] == ["width-3.npz"]
