"""Points: what is written comes back whole, what is damaged says so, and each tells by what it was made."""

import threading
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from toy_experiment import NAME, OTHER, REFERENCE, Toy

from noisyweights.experiments import points
from noisyweights.experiments.points import Point, read_header, read_point, write_point
from noisyweights.files import replacing
from noisyweights.ledger import provenance

_COMMIT = points._commit.__wrapped__  # which the experiment of these tests does without


def a_point(**changes: object) -> Point:
    fields = {
        "experiment": "toy",
        "point": "one",
        "profile": "smoke",
        "settings": {"seed": 1, "widths": [2, 3]},
        "device": "0" * 64,
        "arrays": {"x": np.linspace(0, 1, 5), "n": np.array(3), "empty": np.zeros((0, 2), np.float32)},
        "seconds": 0.25,
        "made": {"code": "ab", "machine": {"cores": 2}},
    }
    return Point(**(fields | changes))


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    write_point(tmp_path / "new" / "one.npz", a_point())
    read = read_point(tmp_path / "new" / "one.npz")
    assert read.origin == a_point().origin
    assert (read.profile, read.seconds, read.made) == ("smoke", 0.25, a_point().made)
    for name, array in a_point().arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array, strict=True)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["one.npz"]


def test_a_point_tells_of_itself_without_its_arrays(tmp_path: Path) -> None:
    write_point(tmp_path / "one.npz", a_point())
    header = read_header(tmp_path / "one.npz")
    assert header["made"] == a_point().made
    assert header["sha256"] == a_point().sha256
    assert header.keys() >= a_point().origin.keys()


def test_the_checksum_is_of_the_numbers_and_not_of_the_clock() -> None:
    reference = a_point().sha256
    assert a_point(seconds=9.0, made={}, profile="full").sha256 == reference
    assert a_point(device="1" * 64).sha256 != reference
    assert a_point(settings={"seed": 2, "widths": [2, 3]}).sha256 != reference
    changed = a_point().arrays | {"x": np.nextafter(a_point().arrays["x"], 2)}
    assert a_point(arrays=changed).sha256 != reference
    renamed = {"y" if name == "x" else name: array for name, array in a_point().arrays.items()}
    assert a_point(arrays=renamed).sha256 != reference
    retyped = a_point().arrays | {"n": np.array(3, np.int32)}
    assert a_point(arrays=retyped).sha256 != reference
    same_bytes = a_point().arrays | {"n": np.array(3, np.uint64)}
    assert a_point(arrays=same_bytes).sha256 != reference
    reshaped = a_point().arrays | {"empty": np.zeros((2, 0), np.float32)}
    assert a_point(arrays=reshaped).sha256 != reference


@pytest.mark.parametrize("damage", ["cut", "flip", "text", "empty", "no header"])
def test_a_damaged_file_names_itself_and_the_mend(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "one.npz"
    write_point(path, a_point())
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "flip":  # in the first array, behind the header of its entry
            path.write_bytes(content[:90] + bytes([content[90] ^ 1]) + content[91:])
        case "text":
            path.write_text("not an array", "utf-8")
        case "empty":
            path.write_bytes(b"")
        case "no header":
            np.savez(path, x=np.zeros(3))
    with pytest.raises(ValueError, match=r"one\.npz is damaged .*: delete it, and it is computed anew"):
        read_point(path)
    if damage != "flip":
        with pytest.raises(ValueError, match=r"one\.npz is damaged .*: delete it, and it is computed anew"):
            read_header(path)


def test_a_point_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no computed point .*one\.npz"):
        read_point(tmp_path / "one.npz")


def test_a_point_that_was_exchanged_does_not_match_its_checksum(tmp_path: Path) -> None:
    write_point(tmp_path / "one.npz", a_point())
    with np.load(tmp_path / "one.npz") as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(tmp_path / "one.npz", **(arrays | {"x": np.zeros(5)}))
    with pytest.raises(ValueError, match="does not match its checksum"):
        read_point(tmp_path / "one.npz")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_point(tmp_path / "one.npz", a_point())
    with pytest.raises(TypeError):
        write_point(tmp_path / "one.npz", a_point(settings={"seed": object()}))
    assert read_point(tmp_path / "one.npz").origin == a_point().origin
    assert len(list(tmp_path.iterdir())) == 1


def test_who_reads_while_it_is_written_finds_the_old_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What numpy has written when the last array is due is most of a file, but no point."""
    path = tmp_path / "one.npz"
    write_point(path, a_point(seconds=1.0))
    seen = []

    def spied(file, **arrays) -> None:
        file.write(b"half of it")
        file.flush()
        seen.append(read_point(path).seconds)
        file.seek(0)
        original(file, **arrays)

    original = np.savez_compressed
    monkeypatch.setattr(np, "savez_compressed", spied)
    write_point(path, a_point(seconds=2.0))
    assert seen == [1.0]
    assert read_point(path).seconds == 2.0


def test_a_reader_finds_a_whole_file_at_any_moment(tmp_path: Path) -> None:
    """Many times over: the name must never lead to nothing, to half a text, or to two mixed."""
    path, texts = tmp_path / "file", {letter * 50_000 for letter in "ab"}
    path.write_text("a" * 50_000)
    stop = threading.Event()
    found: set[str] = set()

    def read() -> None:
        while not stop.is_set():
            found.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(200):
            with replacing(path) as unfinished:
                unfinished.write_text("ab"[number % 2] * 50_000)
    finally:
        stop.set()
        reader.join()
    assert found <= texts
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_computed_point_says_by_what_it_was_made(toy: Toy) -> None:
    point = points.compute(NAME, "width-3", profile="smoke", device=REFERENCE)
    assert point.arrays["value"] == 6.0
    assert point.settings == {"seed": 1}
    assert point.device == REFERENCE.sha256
    assert point.seconds > 0
    made = point.made
    assert (made["code"], made["commit"], made["dirty"]) == ("code of today and laws", "c0ffee", False)
    assert made["law"] == REFERENCE.law.get_config()
    assert made["versions"] == provenance.versions()
    assert made["machine"]["cpu"] == provenance.machine().cpu


def test_a_point_without_a_device_is_the_same_for_all(toy: Toy) -> None:
    mine, reference = (
        points.compute(NAME, "width-2", profile="smoke", device=device) for device in (OTHER, REFERENCE)
    )
    assert (mine.device, mine.made["law"], mine.made["code"]) == ("", None, "code of today")
    assert mine.sha256 == reference.sha256


def test_trained_weights_are_handed_on(toy: Toy) -> None:
    weights = np.array([7.0, 8.0])
    point = points.compute(NAME, "width-3", profile="smoke", device=OTHER, trained=weights)
    np.testing.assert_array_equal(point.arrays["weights"], weights)


def test_which_experiments_take_trained_weights(toy: Toy) -> None:
    assert points.takes_trained(NAME)
    toy.edit("device, trained=None", "device")
    assert not points.takes_trained(NAME)


@pytest.mark.parametrize("wrong", ["None", "'text'", "np.array(object())"])
def test_a_result_that_is_no_array_of_numbers(toy: Toy, wrong: str) -> None:
    toy.edit('{"value": value', f'{{"value": {wrong}')
    with pytest.raises(TypeError, match="gives 'value' with dtype"):
        points.compute(NAME, "width-2", profile="smoke", device=REFERENCE)


def test_the_code_of_a_point_holds_the_laws_where_the_device_has_a_part() -> None:
    alone, with_laws = (points.code_of("inverse_sampling", device=device) for device in (False, True))
    assert alone != with_laws
    assert alone != points.code_of("regression", device=False)
    assert points.code_of("inverse_sampling", device=True) == with_laws


def test_what_characterises_a_device_is_not_in_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(points.code, "fingerprint", lambda *roots, outside: asked.append((roots, outside)))
    points.code_of("regression", device=False)
    compute = "noisyweights.experiments.regression.experiment.compute"
    assert asked == [((compute,), ("noisyweights.experiments.device",))]


def test_a_process_keeps_the_commit_that_it_prepared_with(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run computes by the code it loaded, whatever is committed meanwhile."""
    commits = iter([provenance.Commit("first", False), provenance.Commit("second", True)])
    monkeypatch.setattr(provenance, "commit", lambda *, apart: next(commits))
    monkeypatch.setattr(points, "_commit", cache(_COMMIT))
    points.prepare(NAME)
    made = points.making(NAME, device=None)
    assert (made["commit"], made["dirty"]) == ("first", False)
