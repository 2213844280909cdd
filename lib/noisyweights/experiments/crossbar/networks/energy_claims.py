"""What published figures allow: energies when every figure varies by itself, and Table IV reconstructed."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.experiments.binary import recipes
from noisyweights.experiments.crossbar.networks.costs import LANES, PASSES, SHARED, bill, published, rivals
from noisyweights.experiments.crossbar.networks.settings import CHIPS, Config
from noisyweights.hardware import costs
from noisyweights.hardware.costs import Bill, figures, uncertainty
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models
from noisyweights.scores.estimates import Interval

__all__ = ["DRAWS", "TOPOLOGIES", "alike", "central", "counted", "on_word_lines", "suffice"]

DRAWS = 100_000  # of all figures: a share of 2.5 % is known to 0.05 points
TOPOLOGIES = {"lenet": ("lenet5", "LeNet-5"), "vgg": ("vgg_small", "VGG")}  # of models, and of PRINTED_uJ


@cache
def alike(config: Config) -> dict[str, Bill]:
    """Bills of ten passes of LeNet-5 as "scales", "weights" on an array, and in "digital" logic.

    Random scales on the chip of Table IV, random weights on that of this chapter, and logic that draws its
    weights.
    """
    network = models.lenet5(recipes.recipe(config, "proposed"), seed=0)
    array = costs.Array.of(CHIPS["mean-field"], columns_per_adc=SHARED)
    return {
        "scales": published(config, "lenet5", adc_bits=CHIPS["scales"].adc_bits),
        "weights": costs.mean_field(network, array=array, passes=PASSES),
        "digital": costs.digital(network, arithmetic="int8", drawn=True, lanes=LANES, passes=PASSES),
    }


def central(values: ArrayLike) -> Interval:
    """Median of draws and the ends of their central 95 %."""
    low, value, high = np.quantile(values, (0.025, 0.5, 0.975))
    return Interval(float(value), float(low), float(high))


def suffice(config: Config, topology: str) -> int:
    """How many figures alone, within their range, bring a topology's bill to the printed energy."""
    model, printed = TOPOLOGIES[topology]
    found = uncertainty.needed(
        published(config, model, adc_bits=CHIPS["scales"].adc_bits),
        pJ=figures.PRINTED_uJ[printed].typical * 1e6,
    )
    return sum(value is not None and one.low <= value <= one.high for one, value in found.items())


@cache
def on_word_lines(config: Config, topology: str, *, adc_bits: int) -> Bill:
    """The bill of Table IV's design with pixels of one bit on word lines, as all other inputs, and no DACs.

    The paper names decoders, flash ADCs and comparators, and no DAC; its activations are of 1 bit. Arguments
    as in `costs.published`.
    """
    chip = replace(CHIPS["scales"], adc_bits=adc_bits, dac_bits=1)
    network = getattr(models, topology)(recipes.recipe(config, "proposed"), seed=0)
    found = costs.scale_bayes(
        network,
        array=costs.Array.of(chip, columns_per_adc=SHARED),
        vectors=chip.scales.vectors,
        cells_per_scale=2,
        passes=PASSES,
    )
    items = (
        replace(item, component="row drivers", each=figures.ROW_DRIVER_pJ)
        if item.component == "DAC"
        else item
        for item in found.items
    )
    return replace(found, items=tuple(items))


def counted(config: Config) -> list[Measurement]:
    """Quantities of A-energy-allowed, -one-figure, -below and -order, and of L-energy-allowed."""
    bits = CHIPS["scales"].adc_bits
    bills = {name: published(config, model, adc_bits=bits) for name, (model, _) in TOPOLOGIES.items()}
    drawn = dict(
        zip(bills, uncertainty.drawn_pJ(*bills.values(), draws=DRAWS, seed=config.seed), strict=True)
    )
    found = []
    for name, (_, printed) in TOPOLOGIES.items():
        below = (drawn[name] * 1e-6 < figures.PRINTED_uJ[printed].typical).mean()
        found.append(Measurement.exact("A-energy-allowed", f"place_{name}", below))
        found.append(
            Measurement.exact("A-energy-one-figure", f"figures_{name}", suffice(config, name), "figures")
        )
    for name, energy in rivals().items():
        below = (drawn["lenet"] * 1e-6 < energy.typical).mean()
        found.append(
            Measurement.exact("A-energy-below", f"share_below_{name.lower().replace(' ', '_')}", below)
        )
    scales, weights, digital = uncertainty.drawn_pJ(*alike(config).values(), draws=DRAWS, seed=config.seed)
    array, logic = uncertainty.drawn_pJ(
        *(bill(config, "mean-field", place, passes=1) for place in ("array", "digital")),
        draws=DRAWS,
        seed=config.seed,
    )
    ratios = (
        ("A-energy-order", "ratio_weights_to_scales", weights / scales, "×"),
        ("A-energy-order", "ratio_digital_to_weights", digital / weights, "×"),
        ("L-energy-allowed", "energy_ratio", array / logic, ""),
    )
    return found + [
        Measurement(claim, name, *central(values), 0, unit) for claim, name, values, unit in ratios
    ]
