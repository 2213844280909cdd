"""Mean-field layers in files: what is saved comes back, in this process and in another."""

import importlib
import json
import re
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from saved_networks import same_after_loading
from small import (
    DEVICE,
    EMPIRICAL,
    dense,
    every_network,
    functional,
    inputs,
    one_chip,
    saves,
)

from noisyweights import seeds
from noisyweights.networks.mean_field import inference
from noisyweights.noise import laws


def fresh_predictions(folder, also=""):
    """Predictions of the model in a folder by another process that imports the layers, and another module."""
    np.save(folder / "x.npy", inputs())
    code = (
        f"import noisyweights.networks.mean_field.layers, keras, numpy as np{also}\n"
        "model = keras.models.load_model('model.keras')\n"
        "from noisyweights.networks.mean_field import inference\n"
        "np.save('y.npy', inference.predict_draws(model, np.load('x.npy'), draws=3, seed=1))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return np.load(folder / "y.npy")


def with_other_weights(model):
    noise = seeds.generator(1, "weights")
    for weight in model.weights:
        weight.assign_add(noise.uniform(0, 0.1, size=weight.shape))
    return model


@saves
@every_network
def test_a_saved_network_is_the_same_after_loading(make, data, tmp_path):
    same_after_loading(with_other_weights(make()), data(), tmp_path / "model.keras")


@saves
@pytest.mark.parametrize("law", [DEVICE, EMPIRICAL, laws.bimodal(separation=0.9)], ids=lambda law: law.name)
def test_a_saved_network_keeps_its_law(law, tmp_path):
    loaded = same_after_loading(dense(law=law), inputs(), tmp_path / "model.keras")
    assert [layer.law for layer in loaded.layers] == [law, law]


OWN = """
import keras
from noisyweights.noise.laws.bimodal_law import Bimodal

class Unknown(Bimodal):
    name = "unknown"

@keras.saving.register_keras_serializable(package="own")
class Known(Bimodal):
    def _log_prob(self, z):
        return super()._log_prob(z)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of the user's with two laws, of which Keras knows one; in its own folder."""
    (tmp_path / "laws_of_mine.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("laws_of_mine")
    del sys.modules["laws_of_mine"]


@saves
def test_a_law_of_ones_own_that_keras_knows_is_saved_by_its_class(own, tmp_path):
    law = own.Known(separation=0.5)  # by its name alone it would come back as the library's
    loaded = same_after_loading(dense(law=law), inputs(), tmp_path / "model.keras")
    assert [type(layer.law) for layer in loaded.layers] == [own.Known, own.Known]
    assert loaded.layers[0].law.separation == 0.5


@saves
def test_a_fresh_process_loads_a_law_of_ones_own_with_its_module_imported(own, tmp_path):
    model = dense(law=own.Known(separation=0.5))
    model.save(tmp_path / "model.keras")
    found = fresh_predictions(tmp_path, ", laws_of_mine")
    np.testing.assert_array_equal(found, inference.predict_draws(model, inputs(), draws=3, seed=1))


@saves
def test_a_law_that_keras_does_not_know_has_to_be_named(own, tmp_path):
    model, path = dense(law=own.Unknown(separation=0.5)), tmp_path / "model.keras"
    model.save(path)
    mend = re.escape("give load_model custom_objects={'Unknown': Unknown}")
    with pytest.raises((ValueError, TypeError), match=mend):
        keras.models.load_model(path)
    loaded = keras.models.load_model(path, custom_objects={"Unknown": own.Unknown})
    np.testing.assert_array_equal(one_chip(loaded, inputs()), one_chip(model, inputs()))


@saves
def test_a_saved_network_can_be_trained_on(tmp_path):
    model, x = dense(), inputs()
    model.compile("adam", "mse")
    model.fit(x, x[:, :2], verbose=0)
    loaded = same_after_loading(model, x, tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded.fit(x, x[:, :2], verbose=0).history["first_kl"], float(model.layers[0].kl())
    )


@saves
def test_a_fresh_process_loads_with_the_layers_imported_and_nothing_else(tmp_path):
    model = functional(law=EMPIRICAL)
    model.save(tmp_path / "model.keras")
    found = fresh_predictions(tmp_path)
    np.testing.assert_array_equal(found, inference.predict_draws(model, inputs(), draws=3, seed=1))


@saves
@pytest.mark.parametrize(("old", "new", "message"), [
    ('"format": 1', '"format": 99', "saved in format 99, and this version reads format 1"),
    ('"format": 1, ', "", "saved in format None"),
    ('"law": "bayes_mtj"', '"law": "memristor"', "no law is called 'memristor'"),
])  # fmt: skip
def test_a_file_of_another_version_says_so(old, new, message, tmp_path):
    path, changed = tmp_path / "model.keras", tmp_path / "changed.keras"
    dense().save(path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                text = json.dumps(json.loads(content))
                assert old in text
                content = text.replace(old, new).encode()
            target.writestr(name, content)
    with pytest.raises((ValueError, TypeError), match=message):
        keras.models.load_model(changed)
