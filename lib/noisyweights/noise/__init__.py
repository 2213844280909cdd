"""Noise: what a device does, as distributions, fits, quadratures and samplers."""
