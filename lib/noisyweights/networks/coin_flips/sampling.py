"""Sampling by coin flips: a trained network whose weights are tossed, and the classes that it votes for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.networks.coin_flips import kernel_swapping
from noisyweights.networks.coin_flips.coins import Coins
from noisyweights.networks.coin_flips.rescaling import SYNAPTIC, kernel_of

__all__ = ["BALLOTS", "OUT_OF_RANGE", "SAMPLED", "plan", "sample_choices", "sample_votes", "sampled_coins"]

SAMPLED = ("dense", "all")
BALLOTS = ("votes", "softmax")
OUT_OF_RANGE = ("error", "keep")
_INSPECTED = 100  # inputs whose outputs are looked at
_DRAWS_PER_BLOCK = 8  # draws handed out together, whose votes wait for each other


def sample_votes(
    model: keras.Model,
    x: ArrayLike,
    *,
    draws: int,
    precision: int | str,
    sampled_layers: str,
    seed: int,
    rounding: str = "nearest",
    ballot: str = "votes",
    out_of_range: str = "error",
    after: Sequence[int] | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """How many of `draws` networks, each with its weights tossed once for all inputs, chose each class.

    A weight w is sign(w) with probability |w|, else 0 (eqs. 2 and 3). Biases are no coins, and other layers
    stay as they are. The votes are the same for any `batch_size`. Where the defaults follow the paper, the
    other word is what its published code does.

    Args:
        model: classifier with outputs (n, classes), probabilities or not, one for each class.
        x: inputs, (n, …).
        draws: how many networks, K in the paper; memory does not depend on it.
        precision: of a coin's probability, "full" or a number of bits, as in `coins.Coins`.
        sampled_layers: "dense" tosses the kernels of Dense layers, "all" those of convolutions too.
        seed: whole number from which the coins follow, by layer and draw: two precisions, and two networks
            of the same shapes, meet the same random numbers.
        rounding: of the probabilities to `precision`, "nearest", "up" or "gaussian", as in `coins.Coins`.
        ballot: "votes" gives each draw's vote to its largest output, the first among equals; "softmax" adds
            up the probabilities of all draws.
        out_of_range: for a layer with weights outside [−1, 1], "error" or "keep" as it is, not sampled.
        after: numbers of draws, increasing, to tell the votes after each of them.
        batch_size: inputs that go through a network at once; None for what memory suggests.

    Returns: votes (n, classes), which sum to `draws`; with `after`, (len(after), n, classes). Whole numbers,
        or float64 for "softmax".
    Raises: ValueError for inputs that are none, NaN or infinite; no draws; weights that are NaN, or out of
        range; a model without layers to sample or with other outputs; an unknown word.
    Source: Aimone et al. (2023), §II-A.
    """
    if ballot not in BALLOTS:
        raise ValueError(f"ballot must be one of {', '.join(BALLOTS)}, got {ballot!r}")
    x, outputs = _checked(model, x, draws, batch_size)
    coins = _coins(model, sampled_layers, precision, rounding, out_of_range)
    classes = outputs.shape[1]
    stops = _stops(after, draws)
    votes = np.zeros((len(stops), len(x), classes), np.int64 if ballot == "votes" else np.float64)
    reading = _largest if ballot == "votes" else _probabilities(outputs)
    # Nobody hears of draws after the last stop.
    for rows, draw, found in _draws(
        model, x, coins, reading, draws=int(stops[-1]), seed=seed, batch_size=batch_size
    ):
        tally = votes[np.searchsorted(stops, draw, side="right"), rows]
        if ballot == "votes":
            tally[np.arange(len(found)), found] += 1
        else:
            tally += found
    votes = votes.cumsum(0)
    return votes[0] if after is None else votes


def sample_choices(
    model: keras.Model,
    x: ArrayLike,
    *,
    draws: int,
    precision: int | str,
    sampled_layers: str,
    seed: int,
    rounding: str = "nearest",
    out_of_range: str = "error",
    batch_size: int | None = None,
) -> np.ndarray:
    """The class that each draw votes for: shape (draws, n), of the networks that `sample_votes` counts.

    One byte a vote, up to 256 classes. Arguments and errors as `sample_votes`.
    """
    x, outputs = _checked(model, x, draws, batch_size)
    coins = _coins(model, sampled_layers, precision, rounding, out_of_range)
    choices = np.empty((draws, len(x)), np.min_scalar_type(outputs.shape[1] - 1))
    for rows, draw, found in _draws(model, x, coins, _largest, draws=draws, seed=seed, batch_size=batch_size):
        choices[draw, rows] = found
    return choices


def sampled_coins(
    model: keras.Model,
    *,
    precision: int | str,
    sampled_layers: str,
    rounding: str = "nearest",
    out_of_range: str = "error",
) -> dict[str, Coins]:
    """The coins that `sample_votes` tosses, by the name of their layer. Arguments and errors as there."""
    found = _coins(model, sampled_layers, precision, rounding, out_of_range)
    return {layer.name: coins for _, layer, coins in found}


def plan(
    model: keras.Model,
    x: ArrayLike,
    *,
    draws: int,
    precision: int | str,
    sampled_layers: str,
    rounding: str,
    out_of_range: str,
    batch_size: int | None,
) -> tuple[np.ndarray, list[tuple[int, keras.layers.Layer, Coins]], int]:
    """Return what `sample_votes` goes by: inputs as the model takes them, coins, and the number of classes.

    Of each sampled layer: its place among all that could be, by which its seeds are named, the layer, and
    its coins. Arguments and errors as `sample_votes`.
    """
    x, outputs = _checked(model, x, draws, batch_size)
    return x, _coins(model, sampled_layers, precision, rounding, out_of_range), outputs.shape[1]


def _checked(
    model: keras.Model, x: ArrayLike, draws: int, batch_size: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """The inputs as the model takes them, and its outputs for the first of them."""
    x = np.asarray(x, model.variable_dtype)
    if x.ndim < 2 or not len(x):
        raise ValueError(f"x must hold at least one input, (n, …), got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"x has {np.sum(~np.isfinite(x))} NaN or infinite values: mend or leave them out")
    if draws < 1 or draws != int(draws):
        raise ValueError(f"draws must be at least 1, and whole, got {draws}")
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    outputs = model(x[:_INSPECTED], training=False)
    shape = getattr(outputs, "shape", None)
    if shape is None or len(shape) != 2 or shape[1] < 2:
        raise ValueError(f"{model.name} gives outputs {shape}, and votes are for classes: (n, classes)")
    if bad := [weight.path for weight in model.weights if not np.isfinite(weight.numpy()).all()]:
        raise ValueError(f"{model.name} has NaN or infinite weights in {', '.join(bad)}: train it again")
    return x, ops.convert_to_numpy(outputs)


def _draws(model, x, coins, reading, *, draws, seed, batch_size) -> Iterator[tuple[slice, int, np.ndarray]]:
    """For each batch and draw: the batch's place, the draw's number, and what is read off the outputs."""
    layers = [layer for _, layer, _ in coins]
    progress = tqdm(total=len(x) * draws, desc="draws × inputs", unit="", delay=5, leave=False)
    # Two draws at a time: what one does in a single thread, tossing coins among it, the other fills.
    with progress as bar, ThreadPoolExecutor(2) as pool:
        for rows, evaluate in kernel_swapping.batches(
            model, layers, x, batch_size=batch_size, reading=reading
        ):

            def outcome(draw, evaluate=evaluate):
                return evaluate(
                    [one.toss(seeds.generator(seed, "coins", place, draw)) for place, _, one in coins]
                )

            for start in range(0, draws, _DRAWS_PER_BLOCK):
                block = range(start, min(start + _DRAWS_PER_BLOCK, draws))
                for draw, found in zip(block, pool.map(outcome, block), strict=True):
                    yield rows, draw, found
                    bar.update(rows.stop - rows.start)


def _coins(
    model: keras.Model, sampled_layers: str, precision: int | str, rounding: str, out_of_range: str
) -> list[tuple[int, keras.layers.Layer, Coins]]:
    """Coins of each sampled layer, with its place among all layers that could be."""
    for name, word, words in (
        ("sampled_layers", sampled_layers, SAMPLED),
        ("out_of_range", out_of_range, OUT_OF_RANGE),
    ):
        if word not in words:
            raise ValueError(f"{name} must be one of {', '.join(words)}, got {word!r}")
    # Keras has no public way to the layers inside of layers.
    layers = [
        layer for layer in model._flatten_layers() if not list(layer._flatten_layers(include_self=False))
    ]
    if unbuilt := [layer.name for layer in layers if isinstance(layer, SYNAPTIC) and not layer.built]:
        raise ValueError(f"{', '.join(unbuilt)} of {model.name} has no weights yet: call the model once")
    if sampled_layers == "all":
        _refuse_others(layers)
    found = []
    for place, layer in enumerate(layer for layer in layers if isinstance(layer, SYNAPTIC)):
        if sampled_layers == "dense" and not isinstance(layer, keras.layers.Dense):
            continue
        kernel = kernel_of(layer)
        if out_of_range == "keep" and np.abs(kernel).max(initial=0) > 1:
            continue
        try:
            found.append((place, layer, Coins(kernel, precision, rounding)))
        except ValueError as error:
            raise ValueError(f"{layer.name} of {model.name}: {error}") from error
    if not found:
        raise ValueError(
            f"{model.name} has no layer to sample: sampled_layers={sampled_layers!r} takes "
            f"{'Dense layers' if sampled_layers == 'dense' else 'Dense layers and convolutions'}"
            f"{', and those with weights out of range were to be kept' if out_of_range == 'keep' else ''}"
        )
    return found


def _refuse_others(layers: list[keras.layers.Layer]) -> None:
    for layer in layers:
        if not isinstance(layer, SYNAPTIC) and any(len(v.shape) > 1 for v in layer.trainable_weights):
            raise ValueError(
                f"{layer.name} is a {type(layer).__name__}, for whose weights no coins can stand: "
                "sampled_layers='all' takes networks of Dense layers and convolutions"
            )


def _stops(after: Sequence[int] | None, draws: int) -> np.ndarray:
    if after is None:
        return np.array([draws])
    stops = np.asarray(after)
    if stops.ndim != 1 or not len(stops) or stops.dtype.kind not in "iu":
        raise ValueError(f"after must list numbers of draws, got {after!r}")
    if stops[0] < 1 or stops[-1] > draws or (np.diff(stops) < 1).any():
        raise ValueError(f"after must increase from 1 or more to at most {draws} draws, got {list(after)}")
    return stops


def _largest(outputs):
    return ops.argmax(outputs, axis=-1)


def _probabilities(outputs: np.ndarray):
    """What makes probabilities of outputs, which may be so already."""
    already = (outputs >= 0).all() and np.allclose(outputs.sum(1), 1, atol=1e-3)
    return (lambda given: given) if already else ops.softmax
