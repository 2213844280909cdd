"""Deployed networks in files: what they predict after loading, here and in another process, and bad files."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from noisyweights.hardware import chip_files, nonidealities
from noisyweights.hardware.chip import COINS, DOMAIN_WALL, IDEAL, SCALES
from noisyweights.hardware.converters import ConverterErrors
from noisyweights.hardware.deployment import array_layers_of, deploy, saving, successive_reads
from noisyweights.hardware.drive import Drive
from noisyweights.networks.mean_field import inference
from noisyweights.noise import laws, scale_curves

import keras  # isort: skip  (the library loads TensorFlow quietly)
from deployable import binary_network, coin_network, network, pixels, random_network

# Keras copies weights to NumPy by an __array__ without `copy`; deterministic networks warn of it as well.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

STUCK = partial(nonidealities.stick, low=0.05, high=0.0, low_uS=40.0, high_uS=70.0)
FLAWED = replace(
    DOMAIN_WALL, faults=(*DOMAIN_WALL.faults, STUCK), row_ohm=0.5, column_ohm=0.5, rows=9, columns=4
)


def inside(start=0):
    """A network within the network, and a layer that is used twice."""
    keras.utils.set_random_seed(start)
    image, given = keras.Input((8, 8, 1)), keras.Input((6,))
    shared = keras.layers.Dense(6, "tanh")
    inner = keras.Model(given, shared(shared(given)), name="inner")
    x = keras.layers.Conv2D(3, 3, strides=2, padding="same", activation="relu")(image)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(image, inner(keras.layers.Dense(6)(keras.layers.Flatten()(x))))


CURVE = scale_curves.power(low_uS=20.0, high_uS=90.0, top_uS=1.0, exponent=0.5)
DRIVE = Drive(
    step_bits=2, step_sums="digital", weight_bits=5, slice_bits=(2, 2), slice_sums="digital",
    encoding="pairs", ranges="statistics", dac_errors=None, source="a test",
    adc_errors=ConverterErrors(noise_lsb=0.3, inl_lsb=(0.0, 0.4, 0.0)),
)  # fmt: skip
CASES = {
    "driven": (random_network, replace(DOMAIN_WALL, drive=DRIVE, read_noise=CURVE)),
    "mean field": (lambda: random_network(laws.gaussian()), FLAWED),
    "scales": (binary_network, SCALES),
    "coins": (coin_network, COINS),
    "deterministic": (inside, replace(DOMAIN_WALL, junctions=None)),
    "empirical": (
        lambda: random_network(laws.empirical(samples=np.random.default_rng(0).normal(size=200))),
        IDEAL,
    ),
}


def given(name):
    return pixels(6).reshape(6, -1)[:, :12] if name == "coins" else pixels(6)


def deployed(name):
    make, chip = CASES[name]
    positions = "fresh" if name == "driven" else "shared"
    return deploy(make(), chip, calibration=given(name), seed=3, positions=positions)


@pytest.mark.parametrize("name", CASES)
def test_a_loaded_network_has_the_same_cells_converters_and_draws(name, tmp_path):
    model, x = deployed(name), given(name)
    saving.save(model, tmp_path / "chip.zip")
    loaded = saving.load(tmp_path / "chip.zip")
    layers = list(zip(array_layers_of(model), array_layers_of(loaded), strict=True))
    for old, new in layers:
        assert (old.name, old.readout, old.law, old.patches) == (new.name, new.readout, new.law, new.patches)
        np.testing.assert_array_equal(old.crossbar.positive_uS, new.crossbar.positive_uS)
        np.testing.assert_array_equal(old.read_uS, new.read_uS)
    np.testing.assert_array_equal(loaded(x), model(x))
    if any(layer.random_weights for layer, _ in layers):
        settings = {"draws": 3, "seed": 1}
        draws = [inference.predict_draws(one, x, **settings) for one in (model, loaded)]
        np.testing.assert_array_equal(*draws)
        assert np.ptp(draws[0], axis=0).max() > 0
    made, again = saving.deployment_of(model), saving.deployment_of(loaded)
    assert (again.seed, again.positions) == (3, made.positions)
    assert chip_files.written(again.chip) == chip_files.written(made.chip)
    np.testing.assert_array_equal(again.calibration, x)


def test_what_a_file_tells_is_enough_to_deploy_the_network_again(tmp_path):
    model = random_network()
    saving.save(deploy(model, FLAWED, calibration=pixels(6), seed=3), tmp_path / "chip.zip")
    loaded = saving.load(tmp_path / "chip.zip")
    made = saving.deployment_of(loaded)
    again = deploy(model, made.chip, calibration=made.calibration, seed=made.seed)
    np.testing.assert_array_equal(loaded(pixels()), again(pixels()))
    other = deploy(model, made.chip, calibration=made.calibration, seed=made.seed + 1)
    assert np.abs(loaded(pixels()).numpy() - other(pixels())).max() > 0


READ = """
import sys
import numpy as np
from noisyweights.hardware.deployment import saving, successive_reads
from noisyweights.networks.mean_field import inference
model, x = saving.load(sys.argv[1]), np.load(sys.argv[2])
draws = inference.predict_draws(model, x, draws=3, seed=1)
reads = successive_reads.predict_successive(model, x, draws=2, correlation=0.5, seed=1)
np.savez(sys.argv[3], draws=draws, reads=reads)
"""


def test_another_process_draws_the_same(tmp_path):
    model, x = deployed("mean field"), pixels()
    saving.save(model, tmp_path / "chip.zip")
    np.save(tmp_path / "x.npy", x)
    files = [str(tmp_path / name) for name in ("chip.zip", "x.npy", "found.npz")]
    subprocess.run([sys.executable, "-c", READ, *files], check=True, capture_output=True)
    found = np.load(tmp_path / "found.npz")
    np.testing.assert_array_equal(found["draws"], inference.predict_draws(model, x, draws=3, seed=1))
    settings = {"draws": 2, "correlation": 0.5, "seed": 1}
    np.testing.assert_array_equal(found["reads"], successive_reads.predict_successive(model, x, **settings))


@keras.saving.register_keras_serializable(package="tests")
def halved(conductance_uS, *, rng, factor=0.5):
    return conductance_uS * factor


def test_a_function_of_ones_own_is_known_by_its_name():
    chip = replace(IDEAL, faults=(halved, partial(halved, factor=0.25)))
    settings = chip_files.written(chip)
    assert settings["faults"] == [
        {"function": "tests>halved", "amounts": {}},
        {"function": "tests>halved", "amounts": {"factor": 0.25}},
    ]
    first, second = chip_files.read(json.loads(json.dumps(settings))).faults
    assert first is halved
    assert (second.func, second.keywords) == (halved, {"factor": 0.25})
    settings["faults"][0]["function"] = "os>system"
    with pytest.raises(ValueError, match="has a fault os>system, which is none of nonidealities"):
        chip_files.read(settings)
    settings["faults"] = [{"kind": "Popen", "args": "true"}]
    with pytest.raises(ValueError, match="no settings of a chip"):
        chip_files.read(settings)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda cells, *, rng: cells, "faults holds <function <lambda>"),
        (partial(nonidealities.program, 1.0, error_uS=0.4), "with amounts that have no name"),
        (partial(nonidealities.program, error_uS=np.ones(3)), "whose error_uS is neither a number"),
    ],
)
def test_what_no_file_can_name(fault, message, tmp_path):
    model = deploy(network(), IDEAL, calibration=pixels(), seed=0)
    saving.remember(model, chip=replace(IDEAL, faults=(fault,)), calibration=pixels(), seed=0)
    with pytest.raises(ValueError, match=message):
        saving.save(model, tmp_path / "chip.zip")
    assert not list(tmp_path.iterdir())


def test_a_lambda_for_an_activation_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation=lambda x: x, name="odd")])
    found = deploy(model, IDEAL, calibration=np.ones((3, 4)), seed=0)
    with pytest.raises(ValueError, match="odd has a lambda for its activation"):
        saving.save(found, tmp_path / "chip.zip")
    with pytest.raises(ValueError, match="comes neither from deployment"):
        saving.save(model, tmp_path / "chip.zip")


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "chip.zip"
    saving.save(deployed("deterministic"), path)
    whole = path.read_bytes()
    for part in (whole[: len(whole) // 2], b"", b"not a zip file", whole[:2000] + b"\0" * 50 + whole[2050:]):
        path.write_bytes(part)
        with pytest.raises(ValueError, match=r"chip\.zip is damaged, or no file by"):
            saving.load(path)
    network().save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"was not written by .*; it holds metadata\.json"):
        saving.load(tmp_path / "model.keras")
    path.write_bytes(whole)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    later = json.loads(parts["deployment.json"]) | {"version": 2}
    with zipfile.ZipFile(path, "w") as file:
        for name, part in (parts | {"deployment.json": json.dumps(later)}).items():
            file.writestr(name, part)
    with pytest.raises(ValueError, match="has version 2 of the format"):
        saving.load(path)
    with pytest.raises(FileNotFoundError):
        saving.load(tmp_path / "none.zip")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "chip.zip"
    model = deployed("deterministic")
    saving.save(model, path)
    whole = path.read_bytes()
    monkeypatch.setattr(zipfile.ZipFile, "write", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        saving.save(model, path)
    assert path.read_bytes() == whole
    assert [one.name for one in tmp_path.iterdir()] == ["chip.zip"]
