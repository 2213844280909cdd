"""Costs of a prediction: energy, time and storage, counted from the network and priced by published figures.

Five ways to compute: three on arrays of magnetic cells, two in digital logic. Each gives a bill, layer by
layer and item by item, whose range runs from all figures at their low ends to all at their high ends, the
widest there is.
"""

from noisyweights.hardware.costs.array_bills import coin_flips, mean_field, scale_bayes, scale_bayes_of
from noisyweights.hardware.costs.arrays import Array
from noisyweights.hardware.costs.bills import Bill, Item, Part
from noisyweights.hardware.costs.digital_bills import ARITHMETICS, digital, digital_scales

__all__ = [
    "ARITHMETICS",
    "Array",
    "Bill",
    "Item",
    "Part",
    "coin_flips",
    "digital",
    "digital_scales",
    "mean_field",
    "scale_bayes",
    "scale_bayes_of",
]
