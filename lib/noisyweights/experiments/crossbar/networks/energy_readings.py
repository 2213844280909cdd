"""Readings of the scale paper's words on energy: what each makes of our count, and the order alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
from scipy import optimize

from noisyweights.experiments.binary import recipes
from noisyweights.experiments.crossbar.networks.costs import PASSES, SHARED, published
from noisyweights.experiments.crossbar.networks.energy_claims import DRAWS, alike, central, on_word_lines
from noisyweights.experiments.crossbar.networks.settings import CHIPS, Config
from noisyweights.hardware import costs
from noisyweights.hardware.costs import Bill, figures, uncertainty
from noisyweights.hardware.costs.workloads import Workload, scaled_workloads
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models
from noisyweights.scores.estimates import Interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["READINGS", "Reading", "counted", "decided_below", "decides", "order_alike"]

_BITS = CHIPS["scales"].adc_bits
_PIXELS = (28, 28, 1)  # of the data set that the energies are of


@dataclass(frozen=True)
class Reading:
    """One assumption within the paper's words, all else as `costs.published` counts.

    words: what the paper says. count: the bill of a topology, "lenet5" or "vgg_small", under it.
    """

    title: str
    words: str
    count: Callable[[Config, str], Bill]


@cache
def _works(config: Config, topology: str, *, pixels: tuple[int, ...] | None = None) -> tuple[Workload, ...]:
    """Workloads of a topology; with `pixels`, of inputs of that shape."""
    network = getattr(models, topology)(recipes.recipe(config, "proposed"), seed=0)
    if pixels:
        network = keras.models.clone_model(network, input_tensors=keras.Input(pixels))
    return scaled_workloads(network)


def _bill(works: tuple[Workload, ...], *, passes: int = PASSES) -> Bill:
    chip = CHIPS["scales"]
    array = costs.Array.of(chip, columns_per_adc=SHARED)
    stored = {"vectors": chip.scales.vectors, "cells_per_scale": 2}
    return costs.scale_bayes_of(works, array=array, passes=passes, **stored)


def _as_counted(config: Config, topology: str) -> Bill:
    return published(config, topology, adc_bits=_BITS)


def _against_a_reference(config: Config, topology: str) -> Bill:
    return published(config, topology, adc_bits=1)


def _of_digits(config: Config, topology: str) -> Bill:
    return _bill(_works(config, topology, pixels=_PIXELS))


def _in_a_nanosecond(config: Config, topology: str) -> Bill:
    one = figures.READ_ns
    own = figures.Figure(one.low, one.low, one.low, one.unit, "as the paper speaks of it")
    return _as_counted(config, topology).with_figures({one: own})


def _of_one_pass(config: Config, topology: str) -> Bill:
    return _bill(_works(config, topology), passes=1)


def _one_read_each(config: Config, topology: str) -> Bill:
    """Every crossbar is read once a pass, however many places its kernel has."""
    works = (replace(work, positions=1) for work in _works(config, topology))
    return _bill(tuple(works))


def _word_lines(config: Config, topology: str) -> Bill:
    return on_word_lines(config, topology, adc_bits=_BITS)


READINGS: tuple[Reading, ...] = (
    Reading("as counted", "", _as_counted),
    Reading(
        "pixels on word lines of one bit",
        "“activating multiple wordlines in parallel”; no DAC is named",
        _word_lines,
    ),
    Reading("a comparison in place of an ADC", "“compared to a reference”", _against_a_reference),
    Reading("pictures of 28 × 28, grey", "“on the MNIST dataset”", _of_digits),
    Reading("reads of a nanosecond", "“nanosecond latency”", _in_a_nanosecond),
    Reading("one pass, not ten", "the table counts “Image”s", _of_one_pass),
    Reading("each crossbar read once a pass", "the design was “scaled up” from one crossbar", _one_read_each),
)


@cache
def order_alike(config: Config) -> Mapping[str, tuple[Bill, Bill]]:
    """Bills of LeNet-5 with random weights and with random scales, with the same converters in both.

    "flash": those of the scales' chip. "successive": those of the weights' chip.
    """
    weights, scales = (alike(config)[name] for name in ("weights", "scales"))

    def with_adc(bill: Bill, code: figures.Figure, bits: int) -> Bill:
        return bill.repriced("ADC", figures.conversion_pJ(code, bits=bits))

    kinds = {
        "flash": (figures.FLASH_ADC_fJ, CHIPS["scales"].adc_bits),
        "successive": (figures.SAR_ADC_fJ, CHIPS["mean-field"].adc_bits),
    }
    return MappingProxyType(
        {name: (with_adc(weights, *kind), with_adc(scales, *kind)) for name, kind in kinds.items()}
    )


def decides(config: Config) -> dict[figures.Figure, Interval]:
    """Of A-energy-order's first ratio: what it would be if one figure were known to be typical, by figure.

    Intervals are the central 95 % of what the other figures allow; the figure that lifts the lower end most
    is first.
    """
    bills = [alike(config)[name] for name in ("weights", "scales")]
    found = {one: _known(config, one, one.typical) for one in uncertainty.figures_of(*bills)}
    return dict(sorted(found.items(), key=lambda item: -item[1].low))


def decided_below(config: Config, figure: figures.Figure) -> float:
    """The most that a figure may be, in its unit, for A-energy-order's first ratio to lie above 1 throughout.

    Raises: ValueError where it does not do so at the figure's low end, or does at its high one.
    """
    ends = np.log([figure.low, figure.high])
    return float(
        np.exp(optimize.brentq(lambda at: _known(config, figure, np.exp(at)).low - 1, *ends, xtol=1e-3))
    )


def _known(config: Config, figure: figures.Figure, value: float) -> Interval:
    """Energy of random weights over that of random scales if a figure were known, and all others were not."""
    known = figures.Figure(value, value, value, figure.unit, f"known: {figure.source}")
    bills = (alike(config)[name].with_figures({figure: known}) for name in ("weights", "scales"))
    weights, scales = uncertainty.drawn_pJ(*bills, draws=DRAWS, seed=config.seed)
    return central(weights / scales)


def counted(config: Config) -> list[Measurement]:
    """Quantities of A-energy-order-alike."""
    found = []
    for name, bills in order_alike(config).items():
        weights, scales = uncertainty.drawn_pJ(*bills, draws=DRAWS, seed=config.seed)
        found.append(Measurement("A-energy-order-alike", f"ratio_{name}", *central(weights / scales), 0, "×"))
    return found
