"""How many samples of a device's noise are too few, whoever is asked: a reader of files, a fit, a law."""

__all__ = ["MINIMUM_SAMPLE_SIZE"]

MINIMUM_SAMPLE_SIZE = 100  # below, even the width is uncertain by 7 %, and no law can be told from another
