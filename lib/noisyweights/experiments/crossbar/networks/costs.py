"""Costs of the book's networks: bills of a prediction on arrays and in digital logic, and what Table IV says.

§IV-C of the scale paper, and the last claim of the array paper's abstract.
"""

from dataclasses import replace
from functools import cache

from noisyweights.experiments.binary import recipes
from noisyweights.experiments.binary.settings import Settings
from noisyweights.experiments.crossbar.networks.classifiers import make_network
from noisyweights.experiments.crossbar.networks.settings import CHIPS, Config
from noisyweights.hardware import costs
from noisyweights.hardware.costs import Bill, figures
from noisyweights.hardware.costs.figures import Figure
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models

__all__ = [
    "LANES",
    "PASSES",
    "PLACES",
    "bill",
    "counted",
    "of_members",
    "published",
    "rivals",
    "shared",
    "sized",
]

PASSES = 10  # T of Table IV
SHARED = 8  # columns that take turns at a converter
LANES = 256  # multipliers of the digital rival
_FETCH = "weight fetch"  # once for all draws that are made side by side
_DRAW = ("Gaussian samples", "draw, multiply", "draw, add")  # once for all images of a draw
PLACES = ("array", "digital")


@cache
def bill(config: Config, method: str, place: str, *, passes: int) -> Bill:
    """Bill of a prediction of one of the chapter's methods, "array" or "digital".

    An ensemble is as many networks as it has members, on the same multipliers; what is left out by dropout is
    no draw of weights.

    Raises: ValueError for a method that has no chip, on an array, or another place.
    """
    if place not in PLACES:
        raise ValueError(f"place must be one of {', '.join(PLACES)}, got {place!r}")
    network = make_network(config, method, seed=0)
    if place == "digital":
        one = costs.digital(network, arithmetic="int8", drawn=method == "mean-field", lanes=LANES, passes=1)
        return of_members(one, config.members) if method == "ensemble" else one.times(passes)
    if method not in CHIPS:
        raise ValueError(f"{method} has no chip here: those with one are {', '.join(CHIPS)}")
    settings = {"array": costs.Array.of(CHIPS[method], columns_per_adc=SHARED), "passes": passes}
    if method == "mean-field":
        return costs.mean_field(network, **settings)
    if method == "coins":
        return costs.coin_flips(network, coin="sot", **settings)
    vectors = CHIPS["scales"].scales.vectors
    return costs.scale_bayes(network, vectors=vectors, cells_per_scale=2, **settings)


def of_members(one: Bill, members: int) -> Bill:
    """The bill of so many networks of one kind, each with weights of its own, one after the other."""
    parts = (replace(part, count=part.count * members) if part.holds else part for part in one.parts)
    return replace(one.times(members), parts=tuple(parts))


@cache
def published(settings: Settings, topology: str, *, adc_bits: int, width: int | None = None) -> Bill:
    """Bill of Table IV's design: "lenet5" or "vgg_small", ten passes; `width` as in `binary.models`."""
    recipe = recipes.recipe(settings, "proposed")
    size = {} if width is None else {"width": width}
    network = getattr(models, topology)(recipe, seed=0, **size)
    chip = CHIPS["scales"]
    return costs.scale_bayes(
        network,
        array=costs.Array.of(replace(chip, adc_bits=adc_bits), columns_per_adc=SHARED),
        vectors=chip.scales.vectors,
        cells_per_scale=2,
        passes=PASSES,
    )


def shared(config: Config, *, images: int, draws: int = 1) -> float:
    """Energy of a draw on the array over that in logic, typical, where logic works on several at once.

    Images that share a draw share the weights that it takes, fetched and drawn. Draws that are made side by
    side share the fetch of means and deviations. An array is read for each image and draw all the same.
    """
    array_pJ, digital_pJ = (
        bill(config, "mean-field", place, passes=1).energy_pJ.typical for place in ("array", "digital")
    )
    items = bill(config, "mean-field", "digital", passes=1).items
    fetch, drawn = (
        sum(item.total.typical for item in items if item.component in names) for names in ((_FETCH,), _DRAW)
    )
    return array_pJ / (digital_pJ - fetch * (1 - 1 / (images * draws)) - drawn * (1 - 1 / images))


def sized(settings: Settings, uJ: float, *, adc_bits: int) -> tuple[int, Bill]:
    """The widest VGG-Small whose bill is typically no more than so many µJ, and that bill.

    Raises: ValueError where even a width of 1 costs more.
    """
    width, found = 1, published(settings, "vgg_small", adc_bits=adc_bits, width=1)
    if found.energy_uJ.typical > uJ:
        raise ValueError(f"the smallest VGG costs {found.energy_uJ.typical:.3g} µJ, more than {uJ}")
    while (
        wider := published(settings, "vgg_small", adc_bits=adc_bits, width=width + 1)
    ).energy_uJ.typical <= uJ:
        width, found = width + 1, wider
    return width, found


def rivals() -> dict[str, Figure]:
    """Energies of an image that Table IV's rivals report: their own where public, or else as printed."""
    return {
        name: figures.OWN_uJ.get(name, figures.PRINTED_uJ[name]) for name in ("FPGA", "RRAM", "domain wall")
    }


def counted(config: Config) -> list[Measurement]:
    """Quantities of A-energy, A-energy-ratio and L-energy, with the range of the figures behind them."""
    bits = CHIPS["scales"].adc_bits
    lenet, vgg = (published(config, name, adc_bits=bits).energy_uJ for name in ("lenet5", "vgg_small"))
    # One draw of the chapter's network, fully connected as Bayesian networks on arrays are.
    ratio = bill(config, "mean-field", "array", passes=1).over(
        bill(config, "mean-field", "digital", passes=1)
    )
    found = {
        ("A-energy", "energy_lenet", "µJ"): lenet,
        ("A-energy", "energy_vgg", "µJ"): vgg,
        ("L-energy", "energy_ratio", ""): ratio,
    }
    for name, energy in rivals().items():
        found["A-energy-ratio", f"ratio_{name.lower().replace(' ', '_')}", "×"] = figures.ratio(energy, lenet)
    return [
        Measurement(claim, name, one.typical, one.low, one.high, 0, unit)
        for (claim, name, unit), one in found.items()
    ]
