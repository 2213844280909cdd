"""Designs that one could order: each method of the chapter on its chip or in logic, with bill and scores."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from noisyweights.experiments.binary import recipes
from noisyweights.experiments.crossbar.networks import energy_claims
from noisyweights.experiments.crossbar.networks.classifiers import make_network
from noisyweights.experiments.crossbar.networks.costs import LANES, PASSES, SHARED, bill, of_members
from noisyweights.experiments.crossbar.networks.results import Result
from noisyweights.experiments.crossbar.networks.settings import CHIPS, Config
from noisyweights.hardware import costs
from noisyweights.hardware.costs import Bill, areas, figures
from noisyweights.hardware.costs.bills import NUMBER_BITS, Item, built, itemised
from noisyweights.networks.binary import models

__all__ = ["DESIGNS", "Design", "bill_of", "kept", "of_lenet", "scores_of"]

_FETCH = "weight fetch"
# Of a layer with random scales, what differs from draw to draw though its sums do not.
_AFTER_SUMS = (
    "scale multiply", "shift", "comparators", "scale cell reads", "scale ADC", "random bits",
    "random bits, read",
)  # fmt: skip


@dataclass(frozen=True)
class Design:
    """A method in a place, "array" or "digital", which is logic of 8 bits.

    keeps: whether what is the same in all draws is computed or fetched once.
    """

    title: str
    method: str
    place: str
    keeps: bool = False


DESIGNS: tuple[Design, ...] = (
    *(
        Design(f"{title}, digital", method, "digital", keeps=True)
        for method, title in (
            ("plain", "one network"),
            ("dropout", "dropout"),
            ("ensemble", "ensemble"),
            ("mean-field", "random weights"),
        )
    ),
    Design("random scales, digital", "scales", "digital", keeps=True),
    Design("random weights, array", "mean-field", "array"),
    Design("random scales, array", "scales", "array"),
    Design("random scales, array, first sums kept", "scales", "array", keeps=True),
    Design("coins, array", "coins", "array"),
)


@cache
def bill_of(config: Config, design: Design) -> Bill:
    """Bill of a prediction by a design, of `config.draws` draws where it draws."""
    draws = 1 if design.method == "plain" else config.draws
    one = (
        bill(config, design.method, "array", passes=1)
        if design.place == "array"
        else _digital(config, design)
    )
    if design.method == "ensemble":
        return of_members(one, config.members)
    if not design.keeps or draws == 1:
        return one.times(draws)
    first = one.items[0].layer
    if design.method == "mean-field":
        found = kept(one, draws=draws, fixed={})
    elif design.method == "dropout":  # behind the first layer
        found = kept(one, draws=draws, fixed={first: ()})
    else:
        found = kept(one, draws=draws, fixed={first: _AFTER_SUMS}) + _kept_sums(config, first, draws)
    if design.place == "array":
        return found
    # Draws side by side take a sum for each multiplier and draw.
    beside = built(("sums of draws", NUMBER_BITS * LANES * (draws - 1), areas.SRAM_BIT_um2, ""))
    return found + Bill((), (), beside)


def _digital(config: Config, design: Design) -> Bill:
    """Bill of one draw in logic, or of one network."""
    network = make_network(config, design.method, seed=0)
    if design.method == "scales":
        return costs.digital_scales(network, vectors=CHIPS["scales"].scales.vectors, lanes=LANES, passes=1)
    drawn = design.method == "mean-field"
    return costs.digital(network, arithmetic="int8", drawn=drawn, lanes=LANES, passes=1)


def _kept_sums(config: Config, layer: str, draws: int) -> Bill:
    """Sums of the first layer of random scales in memory: written once, read in every draw."""
    bits = NUMBER_BITS * config.hidden
    items = itemised(("kept sums in SRAM", bits * (1 + draws), figures.SRAM_BIT_pJ), layer=layer)
    return Bill(items, (), built(("kept sums in SRAM", bits, areas.SRAM_BIT_um2, ""), layer=layer))


def kept(one: Bill, *, draws: int, fixed: Mapping[str, Collection[str]]) -> Bill:
    """The bill of so many draws from that of one, where what they have in common is done once.

    Weights, or their means and deviations, are fetched once. `fixed` names layers whose sums are the same in
    all draws, each with those of its components that are needed in every draw all the same.

    Raises: ValueError for a layer that is not on the bill.
    """
    if unknown := set(fixed) - {item.layer for item in one.items}:
        raise ValueError(f"the bill has no layers {', '.join(sorted(unknown))}")

    def times(item: Item) -> Item:
        again = item.component in fixed[item.layer] if item.layer in fixed else item.component != _FETCH
        return replace(item, count=item.count * draws) if again else item

    steps = (step if step.layer in fixed else replace(step, count=step.count * draws) for step in one.steps)
    return Bill(tuple(map(times, one.items)), tuple(steps), one.parts)


@cache
def of_lenet(config: Config) -> Mapping[str, Bill]:
    """Bills of ten passes of LeNet-5 by the four ways to draw: three on arrays, and logic."""
    array = costs.Array.of(CHIPS["coins"], columns_per_adc=SHARED)
    network = models.lenet5(recipes.recipe(config, "proposed"), seed=0)
    same = energy_claims.alike(config)
    return {
        "random weights": same["weights"],
        "random scales": same["scales"],
        "coins": costs.coin_flips(network, array=array, coin="sot", passes=PASSES),
        "digital, 8 bits": same["digital"],
    }


def scores_of(result: Result, design: Design) -> np.ndarray:
    """Scores of a design's method, (trainings, scores) by SCORES: on its chip, or in software."""
    reached = result.reached[design.method]
    return reached.array if design.place == "array" else reached.software
