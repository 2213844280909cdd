"""Costs of a prediction: energy, time and storage, counted from the network and priced by published figures.

Four ways to compute: three on arrays of magnetic cells, one in digital logic. Each gives a bill, item by
item, whose range runs from all figures at their low ends to all at their high ends, the widest there is.
"""

from noisyweights.hardware.costs.array_bills import coin_flips, mean_field, scale_bayes
from noisyweights.hardware.costs.arrays import Array
from noisyweights.hardware.costs.bills import Bill, Item
from noisyweights.hardware.costs.digital_bills import ARITHMETICS, digital

__all__ = ["ARITHMETICS", "Array", "Bill", "Item", "coin_flips", "digital", "mean_field", "scale_bayes"]
