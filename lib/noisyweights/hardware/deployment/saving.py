"""Files of deployed networks: every cell and converter, and the chip, seed and calibration behind them.

A file holds the conductances themselves, so that a network predicts after loading as it did before, whatever
has become of the generators and the functions that made them.
"""

from __future__ import annotations

import json
import os
import tempfile
import weakref
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from noisyweights.files import replacing
from noisyweights.hardware import chip_files
from noisyweights.hardware.array.crossbar import Crossbar, Readout
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.converters import Converter
from noisyweights.hardware.deployment.coin_draws import CoinReads
from noisyweights.hardware.deployment.driven import DrivenProduct
from noisyweights.hardware.deployment.layers import ArrayBinary, ArrayLayer
from noisyweights.hardware.deployment.patches import Patches
from noisyweights.networks.mean_field import cloning, layer_laws

__all__ = ["Deployment", "StoredArray", "deployment_of", "load", "remember", "save"]

_FORMAT, _VERSION = "deployed network of noisyweights", 1
_HEADER, _CALIBRATION, _NETWORK = "deployment.json", "calibration.npy", "network.keras"
_CELLS = ("positive_uS", "negative_uS", "deviation_uS", "gain_uS")
_COINS = ("off_uS", "on_uS", "odds")


@dataclass(frozen=True, eq=False)
class Deployment:
    """What a network was deployed with: the arguments of `deployment.deploy`."""

    chip: Chip
    calibration: np.ndarray
    seed: int
    positions: str


_DEPLOYMENTS: weakref.WeakKeyDictionary[keras.Model, Deployment] = weakref.WeakKeyDictionary()


def remember(
    model: keras.Model, *, chip: Chip, calibration: ArrayLike, seed: int, positions: str = "shared"
) -> None:
    """Note what a network was deployed with, for as long as it lives."""
    _DEPLOYMENTS[model] = Deployment(chip, np.array(calibration), int(seed), positions)


def deployment_of(model: keras.Model) -> Deployment:
    """What a network was deployed with.

    Raises: ValueError for a model that comes neither from `deployment.deploy` nor from `load`.
    """
    if model not in _DEPLOYMENTS:
        raise ValueError(
            f"{model.name} comes neither from deployment.deploy nor from saving.load: deploy it, and a model "
            "without arrays is saved by its own save()"
        )
    return _DEPLOYMENTS[model]


def save(model: keras.Model, path: str | os.PathLike) -> None:
    """Write a deployed network to one file, which appears whole or not at all.

    Args:
        model: from `deployment.deploy`, or from `load`.
        path: of the file, with any ending; one that is there is replaced.

    Raises: ValueError for a model that was not deployed, for a function among the chip's faults that no file
        can name (see `chip_files`), and for an activation without a name; nothing is written then.
    """
    made = deployment_of(model)
    header = {
        "format": _FORMAT,
        "version": _VERSION,
        "chip": chip_files.written(made.chip),
        "seed": made.seed,
        "positions": made.positions,
    }
    calibration = BytesIO()
    np.save(calibration, made.calibration, allow_pickle=False)
    stored = cloning.cloned(model, lambda one: _stored(one) if isinstance(one, ArrayLayer) else None)
    with tempfile.TemporaryDirectory() as folder, replacing(path) as unfinished:
        network = Path(folder, _NETWORK)
        stored.save(network)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(_HEADER, json.dumps(header, indent=1))
            file.writestr(_CALIBRATION, calibration.getvalue())
            file.write(network, _NETWORK)


def load(path: str | os.PathLike) -> keras.Model:
    """Return the deployed network of a file by `save`: the same cells, converters and predictions.

    To the bit, but that products may round otherwise on another processor, or by another TensorFlow.

    Args:
        path: of the file. A law, a fault or a layer of your own has to be registered with Keras as it was
            when the file was written, by `keras.saving.register_keras_serializable`.

    Raises: FileNotFoundError for no file; ValueError for one that is damaged, was not written by `save`, or
        by another version of it, and for a fault that Keras does not know by its name.
    """
    parts = _parts(path)
    header = json.loads(parts[_HEADER])
    if header.get("version") != _VERSION:
        raise ValueError(
            f"{path} has version {header.get('version')} of the format, and this version of noisyweights "
            f"reads version {_VERSION}: load it with the one that saved it"
        )
    chip = chip_files.read(header["chip"])
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder, _NETWORK)
        network.write_bytes(parts[_NETWORK])
        stored = keras.models.load_model(network, compile=False)
    model = cloning.cloned(stored, lambda one: one.array(chip) if isinstance(one, StoredArray) else None)
    calibration = np.load(BytesIO(parts[_CALIBRATION]), allow_pickle=False)
    made = {name: header[name] for name in ("seed", "positions")}
    remember(model, chip=chip, calibration=calibration, **made)
    return model


def _parts(path: str | os.PathLike) -> dict[str, bytes]:
    """The parts of a file, each checked against its checksum."""
    with open(path, "rb") as whole:  # what cannot be opened says so by itself
        try:
            with zipfile.ZipFile(whole) as file:
                names = file.namelist()
                parts = {name: file.read(name) for name in (_HEADER, _CALIBRATION, _NETWORK) if name in names}
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise ValueError(f"{path} is damaged, or no file by deployment.saving.save: {error}") from error
    try:
        known = json.loads(parts[_HEADER])["format"] == _FORMAT
    except (KeyError, TypeError, ValueError):
        known = False
    if not known or len(parts) < 3:
        raise ValueError(f"{path} was not written by deployment.saving.save; it holds {', '.join(names)}")
    return parts


@keras.saving.register_keras_serializable(package="noisyweights")
class StoredArray(keras.layers.Layer):
    """An `ArrayLayer` as a file of Keras holds it: arrays of float64 as weights, all else as configuration.

    Args:
        settings: what is no array.
        shapes: of each array, by name.
    """

    def __init__(self, *, settings: dict[str, Any], shapes: dict[str, list[int]], **kwargs):
        super().__init__(**{"trainable": False} | kwargs)
        self.settings, self.shapes = settings, shapes
        self._arrays = {
            name: self.add_weight(shape=tuple(shape), dtype="float64", initializer="zeros", name=name)
            for name, shape in shapes.items()
        }
        self.built = True

    def array(self, chip: Chip | None = None) -> ArrayLayer:
        """The layer whose arrays these are, on a chip that tells how it is driven."""
        arrays = {name: np.asarray(value) for name, value in self._arrays.items()}
        return _array_layer(self.name, self.settings, arrays, chip)

    def call(self, inputs):
        """What the array computes without a draw."""
        return self.array()(inputs)

    def compute_output_shape(self, input_shape):
        return self.array().compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        law = self.settings["law"]
        settings = self.settings | {"law": None if law is None else layer_laws.saved(law)}
        return {**super().get_config(), "settings": settings, "shapes": self.shapes}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> StoredArray:
        law = config["settings"]["law"]
        settings = config["settings"] | {"law": None if law is None else layer_laws.restored(law)}
        return cls(**config | {"settings": settings})


def _stored(layer: ArrayLayer) -> StoredArray:
    if getattr(layer.activation, "__name__", "") == "<lambda>":
        raise ValueError(f"{layer.name} has a lambda for its activation, which no file can name: define it")
    patches, readout = layer.patches, layer.readout
    settings: dict[str, Any] = {
        "law": layer.law,
        "activation": keras.activations.serialize(layer.activation),
        "rows": readout.rows,
        "slices": layer.slices,
        "fresh": "reads" in layer.random_weights,
        "patches": None if patches is None else [patches.kernel_size, patches.strides, patches.padding],
    }
    settings |= {name: _numbers(getattr(readout, name)) for name in ("dac", "adc")}
    if layer.driven is not None:
        settings["driven"] = [_numbers(one) for one in (layer.driven.dac, *layer.driven.adcs)]
    arrays = {name: getattr(layer.crossbar, name) for name in _CELLS}
    arrays |= {"read_uS": layer.read_uS, "mean_uS": layer._mean_uS, "bias": layer._bias}
    if layer._drawn is not None:
        arrays |= {name: getattr(layer._drawn, name) for name in _COINS}
    if isinstance(layer, ArrayBinary):
        settings |= {"binary_inputs": layer.binary_inputs, "pool_size": layer.pool_size}
        mean, variance = layer._moving
        arrays |= {"moving_mean": mean, "moving_variance": variance, "scales": layer.scales}
    values = {name: np.asarray(value, np.float64) for name, value in arrays.items()}
    shapes = {name: list(value.shape) for name, value in values.items()}
    found = StoredArray(settings=settings, shapes=shapes, name=layer.name)
    for name, value in values.items():
        found._arrays[name].assign(value)
    return found


def _array_layer(
    name: str, settings: dict[str, Any], arrays: dict[str, np.ndarray], chip: Chip | None
) -> ArrayLayer:
    patches = settings["patches"]
    if patches is not None:
        size, strides, padding = patches
        patches = Patches(tuple(size), tuple(strides), padding)
    given = {
        "read_uS": arrays["read_uS"],
        "mean_uS": arrays["mean_uS"],
        "rows": settings["rows"],
        "slices": settings["slices"],
        "fresh": settings["fresh"],
        "patches": patches,
        "bias": arrays["bias"],
        "name": name,
    }
    if "odds" in arrays:
        given["drawn"] = CoinReads(*(arrays[one] for one in _COINS))
    crossbar = Crossbar(*(arrays[one] for one in _CELLS))
    if "driven" in settings and chip is not None:
        given["driven"] = DrivenProduct(chip, gain_uS=crossbar.gain_uS, slices=settings["slices"])
        given["driven"].dac, *adcs = map(_converter, settings["driven"])
        given["driven"].adcs = tuple(adcs)
    if "scales" in arrays:
        own = {one: arrays[one] for one in ("moving_mean", "moving_variance", "scales")}
        own |= {one: settings[one] for one in ("binary_inputs", "pool_size")}
        found: ArrayLayer = ArrayBinary(crossbar, **own, **given)
    else:
        activation = keras.activations.deserialize(settings["activation"])
        found = ArrayLayer(crossbar, law=settings["law"], activation=activation, **given)
    found.readout = Readout(_converter(settings["dac"]), _converter(settings["adc"]), settings["rows"])
    return found


def _numbers(one: Converter | None) -> list[float] | None:
    return None if one is None else [one.bits, one.low, one.high]


def _converter(numbers: list[float] | None) -> Converter | None:
    return None if numbers is None else Converter(*numbers)
