"""Adam in one pass over memory: what Keras's Adam computes, by TensorFlow's own kernel for it."""

from __future__ import annotations

import keras
import tensorflow as tf

__all__ = ["FusedAdam"]


@keras.saving.register_keras_serializable(package="noisyweights")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, to rounding, in a fraction of its time on a CPU.

    Keras takes some ten passes over each variable in a step, TensorFlow's kernel one. In a small network the
    optimizer takes as long as the products, and a mean-field network has two numbers for each weight. For the
    TensorFlow backend; gradients of embeddings, which are sparse, and `amsgrad` go the way of Keras.

    Args: those of `keras.optimizers.Adam`.

    Source: Kingma & Ba (2015), the form before §2.1 with ε̂, as Keras and TensorFlow have it.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Move one variable against its gradient, as Keras asks for."""
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        stored = variable.value if isinstance(variable, keras.Variable) else variable  # TensorFlow's own
        dtype = stored.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        place = self._get_variable_index(variable)
        moments = (self._momentums[place], self._velocities[place])
        first, second = (tf.cast(beta, dtype) for beta in (self.beta_1, self.beta_2))
        tf.raw_ops.ResourceApplyAdam(
            var=stored.handle,
            m=moments[0].value.handle,
            v=moments[1].value.handle,
            beta1_power=tf.pow(first, step),
            beta2_power=tf.pow(second, step),
            lr=tf.cast(learning_rate, dtype),
            beta1=first,
            beta2=second,
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )
