"""Loads TensorFlow as the library does, its own warnings held back: here they would be errors."""

from noisyweights.quiet_tensorflow import load_tensorflow

load_tensorflow()
