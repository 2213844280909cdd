"""Networks to sample by coin flips, pictures for them, and how they are sampled."""

import keras
import numpy as np
from keras import layers

from noisyweights import seeds
from noisyweights.networks.coin_flips import sampling
from noisyweights.networks.coin_flips.rescaling import SYNAPTIC

HOW = {"draws": 9, "precision": "full", "sampled_layers": "dense", "seed": 3}


def spread(model, width=0.9):
    """Weights all over the range, and biases too."""
    rng = seeds.generator(0, "weights")
    for variable in model.weights:
        if "seed" not in variable.path:
            variable.assign(rng.uniform(-width, width, variable.shape))
    return model


def mlp(last="softmax"):
    return spread(
        keras.Sequential(
            [
                keras.Input((6, 5)),
                layers.Flatten(),
                layers.Dense(12, activation="relu"),
                layers.Dropout(0.5, seed=1),
                layers.Dense(8, activation="relu", use_bias=False),
                layers.Dense(4, activation=last),
            ]
        )
    )


def images(n=23, kind="pixels"):
    rng = seeds.generator(0, "images")
    levels = rng.integers(256, size=(n, 6, 5)) * (rng.random((n, 6, 5)) < 0.5)
    levels[:, :, 0] = 0  # a column that no image uses
    x = {"pixels": levels / np.float32(255), "bytes": levels, "numbers": rng.normal(size=levels.shape)}
    return x[kind].astype(np.float32)


def plain_loop(model, x, *, draws, precision, sampled_layers, seed, **coins):
    """The outputs of each draw, (draws, n, classes): weights set by hand."""
    tossed = sampling.sampled_coins(model, precision=precision, sampled_layers=sampled_layers, **coins)
    could = [layer for layer in model._flatten_layers() if isinstance(layer, SYNAPTIC)]
    kept = [layer.kernel.numpy() for layer in could]
    found = []
    for draw in range(draws):
        for place, layer in enumerate(could):
            if layer.name in tossed:
                layer.kernel.assign(tossed[layer.name].toss(seeds.generator(seed, "coins", place, draw)))
        found.append(model.predict(x, verbose=0))
    for layer, old in zip(could, kept, strict=True):
        layer.kernel.assign(old)
    return np.stack(found)


def counted(outputs):
    return np.stack([np.bincount(column, minlength=outputs.shape[2]) for column in outputs.argmax(2).T])
