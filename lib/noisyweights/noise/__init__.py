"""Noise: what a device does, as distributions, fits, quadratures and samplers."""

from noisyweights.quiet import load_tensorflow

load_tensorflow()
