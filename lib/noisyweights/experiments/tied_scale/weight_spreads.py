"""How wide the weights of a trained network are, large and small ones, and where their common modes are."""

import numpy as np

from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field.cell_mappings import CellMapping
from noisyweights.networks.mean_field.tied_layers import Tied

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["BINS", "QUANTILES", "common_modes", "scales", "spreads"]

BINS = np.linspace(0, 1, 11)  # of |µ|, in units of the largest of the layer
QUANTILES = (0.1, 0.5, 0.9)


def scales(cells: CellMapping, mean: np.ndarray, *, raw: float | None = None) -> np.ndarray:
    """σ of weights with these means (n,) on cells, both in units of the largest weight.

    Args:
        cells: of each weight.
        mean: between −1 and 1.
        raw: what is set beside the mean, alike for all: the logit of a place in the range of common modes.
    """
    beside = None
    if raw is not None:
        beside = keras.ops.convert_to_tensor(np.broadcast_to(np.float64(raw), cells.raw_shape(mean.shape)))
    return cells.scale(keras.ops.convert_to_tensor(mean), beside, largest=1.0).numpy()


def spreads(network: keras.Model) -> np.ndarray:
    """Quantiles of σ in bins of |µ|, in units of the largest |µ| of the layer: (layers, bins, quantiles).

    NaN in a bin without weights.
    """
    found = []
    for layer in weight_draws.random_layers(network):
        loc = np.abs(layer.kernel_loc.numpy())
        scale = np.exp(np.asarray(layer.kernel_log_scale)) / loc.max()
        place = np.minimum(np.digitize(loc / loc.max(), BINS) - 1, len(BINS) - 2)
        held = [scale[place == bin_] for bin_ in range(len(BINS) - 1)]
        found.append(
            [np.quantile(one, QUANTILES) if len(one) else np.full(len(QUANTILES), np.nan) for one in held]
        )
    return np.array(found)


def common_modes(network: keras.Model) -> np.ndarray:
    """Quantiles of the mean conductance of a weight's cells, as a place in their range: (layers, quantiles).

    NaN for weights that are on no cells.
    """
    found = np.full((len(weight_draws.random_layers(network)), len(QUANTILES)), np.nan)
    for row, layer in zip(found, weight_draws.random_layers(network), strict=True):
        if isinstance(layer, Tied):
            centre = np.mean(layer.conductances_uS(), axis=0)
            curve = layer.cells.curve
            row[:] = np.quantile((centre - curve.low_uS) / curve.width_uS, QUANTILES)
    return found
