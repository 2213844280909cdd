"""Reads of one array with fresh noise for every input, as others compute them: NumPy and aihwkit."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np

__all__ = ["DEVIATION", "INPUTS", "OUTPUTS", "analog_layer", "redrawn", "redrawn_at_best"]

INPUTS, OUTPUTS, DEVIATION = 784, 400, 0.02


def redrawn(x: np.ndarray, mean: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Both conductances of each pair drawn again for every input, with normal noise."""
    positive, negative = np.maximum(mean, 0.0), np.maximum(-mean, 0.0)
    each = DEVIATION / np.sqrt(2)

    def read(count: int, repeat: int) -> np.ndarray:
        rng = np.random.default_rng(repeat)
        return np.stack(
            [row @ (rng.normal(positive, each) - rng.normal(negative, each)) for row in x[:count]]
        )

    return read


def redrawn_at_best(x: np.ndarray, mean: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Half of the draws, in half of the bits, and none where the input is 0."""

    def read(count: int, repeat: int) -> np.ndarray:
        rng, found = np.random.default_rng(repeat), np.empty((count, OUTPUTS), np.float32)
        for at, row in enumerate(x[:count]):
            driven = np.flatnonzero(row)
            z = rng.standard_normal((len(driven), OUTPUTS), np.float32)
            found[at] = row[driven] @ (mean[driven] + np.float32(DEVIATION) * z)
        return found

    return read


def analog_layer(x: np.ndarray) -> Callable[[int, int], object]:
    """aihwkit's linear layer with weight noise, fresh for each input, and nothing else that is not ideal."""
    torch = importlib.import_module("torch")
    layers = importlib.import_module("aihwkit.nn")
    configs = importlib.import_module("aihwkit.simulator.configs")
    kinds = importlib.import_module("aihwkit.simulator.parameters.enums")
    config = configs.InferenceRPUConfig()
    config.mapping.max_input_size = config.mapping.max_output_size = 0  # one array
    forward = config.forward
    forward.inp_res = forward.out_res = -1  # no converters
    forward.inp_bound = forward.out_bound = forward.inp_noise = forward.out_noise = 0.0
    forward.bound_management = kinds.BoundManagementType.NONE
    forward.noise_management = kinds.NoiseManagementType.NONE
    forward.w_noise, forward.w_noise_type = DEVIATION, kinds.WeightNoiseType.ADDITIVE_CONSTANT
    layer = layers.AnalogLinear(INPUTS, OUTPUTS, bias=False, rpu_config=config).eval()
    inputs = torch.from_numpy(x)

    def read(count: int, repeat: int) -> object:
        with torch.no_grad():
            return layer(inputs[:count])

    return read
