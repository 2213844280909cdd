"""Other values in the place of a layer's weights, for as long as a block runs."""

from __future__ import annotations

from collections.abc import Iterable

import keras
import tensorflow as tf

__all__ = ["DrawnValues"]


class DrawnValues(keras.StatelessScope):
    """Within this block, reads of the variables give these values; all other state is as it ever was.

    A plain `keras.StatelessScope` holds back every assignment until its end. This one lets through what is
    assigned to other variables, statistics of BatchNormalization and states of seeds among them, also from
    within a loop of the graph, whose tensors nothing outside could read. Losses that layers add are kept in
    `losses`.

    Args:
        values: pairs of a variable and its value, of the same shape.

    Raises: ValueError for another shape, and when a layer assigns to one of the variables.
    """

    def __init__(self, values: Iterable[tuple[keras.Variable, tf.Tensor]]):
        super().__init__(state_mapping=values, collect_losses=True)

    def get_current_value(self, variable: keras.Variable) -> tf.Tensor | None:
        """The variable's value here, or in the block around this one; None where it is its own."""
        value = super().get_current_value(variable)
        if value is None and self.original_scope is not None:
            return self.original_scope.get_current_value(variable)
        return value

    def add_update(self, update: tuple[keras.Variable, tf.Tensor]) -> None:
        """Assign a value to a variable that is not replaced."""
        variable, value = update
        if super().get_current_value(variable) is not None:
            raise ValueError(
                f"{variable.path} is assigned to when its layer is called, so no draw can take its place: "
                "leave it out by `where`"
            )
        if self.original_scope is not None:
            self.original_scope.add_update(update)
        else:
            variable._direct_assign(value)  # `assign` would come back here
