"""The device of an edition: from a noise file to a law and back, and what goes wrong on the way."""

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.experiments.device import Device, main


@pytest.fixture(scope="module")
def skewed(tmp_path_factory):
    path = tmp_path_factory.mktemp("device") / "skewed.csv"
    samples = seeds.generator(0, "skewed").exponential(size=2000)
    path.write_text("current (nA)\n" + "\n".join(f"{s:.6f}" for s in samples))
    return path


@pytest.fixture(scope="module")
def device(skewed):
    return Device.open(skewed)


def test_a_skewed_device_gets_the_empirical_law_and_says_why(device):
    assert (device.name, device.unit, device.n, device.reference) == ("skewed", "nA", 2000, False)
    assert device.law.name == "empirical"
    assert device.law.skewness == pytest.approx(2, abs=0.5)
    assert "skewed" in device.reason
    assert device.eq3.name == "bayes_mtj"


def test_saved_and_opened_it_is_the_same(device, tmp_path):
    device.save(tmp_path / "device.json")
    again = Device.open(tmp_path / "device.json")
    assert again == device
    np.testing.assert_array_equal(again.samples(), device.samples())


def test_the_command_says_how_many_readings_it_dropped(skewed, tmp_path, capsys):
    """The pipeline shows these notes on the terminal."""
    lines = skewed.read_text().splitlines()
    holed = tmp_path / "holed.csv"
    holed.write_text("\n".join([*lines[:50], "nan", "", "inf", *lines[50:]]))
    main([str(holed), "--out", str(tmp_path / "device.json")])
    said = capsys.readouterr().out
    assert "note: holed: 2,000 samples, 3 blank or non-finite readings dropped\n" in said
    assert "note: empirical law: skewed" in said


def test_a_file_that_changed_since_is_refused(skewed, tmp_path):
    path = tmp_path / "moving.csv"
    path.write_text(skewed.read_text())
    moving = Device.open(path)
    path.write_text(skewed.read_text() + "\n1.0")
    with pytest.raises(ValueError, match="has changed since"):
        moving.samples()


@pytest.mark.parametrize("damage", ["", "{", '{"name": "x"}', '{"law": {"law": "none"}}'])
def test_a_damaged_device_names_the_mend(tmp_path, damage):
    path = tmp_path / "device.json"
    path.write_text(damage)
    with pytest.raises(ValueError, match="delete it"):
        Device.open(path)


def test_the_command_writes_nothing_for_a_file_that_cannot_be_used(tmp_path):
    (tmp_path / "few.csv").write_text("\n".join(map(str, range(42))))
    with pytest.raises(SystemExit, match="42"):
        main([str(tmp_path / "few.csv"), "--out", str(tmp_path / "device.json")])
    assert not (tmp_path / "device.json").exists()


def test_the_reference_edition_repeats_the_papers_law(skewed, monkeypatch):
    monkeypatch.setattr("noisyweights.experiments.device.REFERENCE", skewed)
    reference = Device.open()
    assert reference.reference
    assert reference.law == reference.eq3
    assert "repeats the paper" in reference.reason
