"""Readings out of a text table whose layout nobody wrote down.

Readers of tables, such as NumPy's and pandas', want to be told what is told here by the rows themselves:
delimiter, decimal mark, preamble, units, and which column holds the readings.
"""

from noisyweights.datasets.text_tables.resolution import step_of
from noisyweights.datasets.text_tables.table import Table, read_table
from noisyweights.datasets.text_tables.units import split_label

__all__ = ["Table", "read_table", "split_label", "step_of"]
