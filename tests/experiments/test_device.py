"""The device of an edition: from a noise file to a law and back, and what goes wrong on the way."""

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.device_report import report
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


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Three cells of other means beside each other, each with the same Gaussian noise."""
    path = tmp_path_factory.mktemp("cells") / "cells.csv"
    noise = seeds.generator(0, "cells").normal(size=(400, 3)) + np.array([5.0, 9.0, 90.0])
    rows = (",".join(f"{x:.5f}" for x in row) for row in noise)
    path.write_text("cell 1 (uS),cell 2 (uS),cell 3 (uS)\n" + "\n".join(rows))
    return path, np.round(noise, 5)


def in_one_width(noise):
    """Noise of groups of one length, a column each, about the mean of all and in the width of all."""
    widths = noise.std(axis=0, ddof=1)
    return ((noise - noise.mean(axis=0)) * np.sqrt(np.mean(widths**2)) / widths).T.ravel() + noise.mean()


def test_of_several_cells_the_noise_within_each_is_taken(cells):
    path, noise = cells
    device = Device.open(path)
    np.testing.assert_allclose(device.samples(), in_one_width(noise), atol=1e-12)  # rounding of means
    assert (device.n, device.law.name) == (1200, "gaussian")
    assert device.left_out == ("The law is of the noise within each of 3 cells or levels, in one width.",)


def test_of_several_levels_the_noise_within_each_is_taken(tmp_path):
    path = tmp_path / "levels.csv"
    noise = seeds.generator(0, "levels").normal(size=(2, 300)) + np.array([[5.0], [90.0]])
    path.write_text("target,G (uS)\n" + "\n".join(f"{9 * k},{x:.5f}" for k in (0, 1) for x in noise[k]))
    device = Device.open(path)
    np.testing.assert_allclose(device.samples(), in_one_width(np.round(noise, 5).T), atol=1e-12)


@pytest.mark.parametrize(
    ("drift", "glitch", "said"),
    [(0.0, 40.0, "1 of 1000 readings is far outside of all others"), (6.0, 0.0, "They drift steadily, by 6")],
)
def test_the_chapters_take_the_readings_that_the_reports_law_is_made_of(tmp_path, drift, glitch, said):
    path = tmp_path / "odd.csv"
    values = seeds.generator(3, "odd").normal(size=1000) + drift * np.linspace(0, 1, 1000)
    values[500] += glitch
    path.write_text("G (uS)\n" + "\n".join(f"{x:.5f}" for x in values))
    device = Device.open(path)
    found = report.of_trace(device.trace(), read_pJ=None, networks=False, seed=0)
    np.testing.assert_array_equal(device.samples(), found.noise)
    assert device.law == found.choice.law
    assert device.reason == found.choice.reason
    assert device.n == len(found.noise) == 1000 - (glitch > 0)
    assert said in device.left_out[0]
    assert np.ptp(device.samples()) < 8  # all as they stand reach further


def test_of_the_reference_every_reading_is_taken():
    """Its recorded points were computed of all of them."""
    device = Device.open()
    assert device.left_out == ()
    np.testing.assert_array_equal(device.samples(), device.trace().samples)


@pytest.mark.parametrize("choice", [{"column": "cell 2"}, {"column": "2"}, {"cell": "cell 2"}])
def test_a_chosen_column_or_cell_is_kept_with_the_device(cells, tmp_path, choice):
    path, noise = cells
    Device.open(path, **choice).save(tmp_path / "device.json")
    again = Device.open(tmp_path / "device.json")
    np.testing.assert_array_equal(again.samples(), noise[:, 1])
    assert Device.open(tmp_path / "device.json", **choice) == again
    with pytest.raises(ValueError, match="name the noise file to choose another"):
        Device.open(tmp_path / "device.json", column="cell 3")


def test_the_command_takes_a_column_and_says_what_was_passed_over(cells, tmp_path, capsys):
    path, noise = cells
    main([str(path), "--column=cell 3", "--out", str(tmp_path / "device.json")])
    assert Device.open(tmp_path / "device.json").loc == pytest.approx(noise[:, 2].mean(), abs=1)
    main([str(path), "--out", str(tmp_path / "device.json")])
    assert "note: cells: 3 cells, kept apart\n" in capsys.readouterr().out


def test_a_bit_is_for_the_report_and_not_for_the_chapters(tmp_path):
    path = tmp_path / "bits.csv"
    bits = seeds.generator(0, "bits").integers(2, size=500)
    path.write_text("bit\n" + "\n".join(map(str, bits)))
    with pytest.raises(
        ValueError, match=r"bits\.csv: .* as a bit does.*`noisyweights device .*bits\.csv` says"
    ):
        Device.open(path)


def test_codes_of_a_converter_do_not_hide_a_gaussian(tmp_path):
    file = tmp_path / "codes.csv"
    codes = np.random.default_rng(3).normal(128, 10, 3000).round().astype(int)
    file.write_text("code\n" + "\n".join(map(str, codes)) + "\n", "utf-8")
    assert Device.open(file).law.name == "gaussian"


def test_readings_that_remember_each_other_are_no_other_law(tmp_path):
    """An AR(1) process of φ = 0.98: as independent readings its 1500 would contradict every law."""
    steps = np.random.default_rng(4).standard_normal(1500)
    values = [50.0]
    for step in steps:
        values.append(50 + 0.98 * (values[-1] - 50) + np.sqrt(1 - 0.98**2) * step)
    file = tmp_path / "slow.csv"
    file.write_text("G (uS)\n" + "\n".join(f"{value:.5f}" for value in values) + "\n", "utf-8")
    device = Device.open(file)
    assert device.law.name == "gaussian"
    assert "independent" in device.reason
