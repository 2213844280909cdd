"""Samples of devices whose law is known, for the tests of fits."""

from collections.abc import Hashable

import numpy as np

from noisyweights import seeds
from noisyweights.noise import laws
from noisyweights.noise.law import Law

MTJ = laws.bayes_mtj(A=1.5, B=0.25, C=0.4)
ECRAM = laws.ecram(A=1.5, B=0.1, C=0.2)
PAIR = laws.bimodal(separation=0.9)

# A check that is made of random numbers and would fail by chance raises a false alarm with this probability;
# seeds are fixed, so that it does so once or never.
ALARM = 1e-4


def draw(law: Law, n: int, *names: Hashable, loc: float = 0.0, half_width: float = 1.0) -> np.ndarray:
    """Samples of a device: `law` put on loc ± half_width, or with loc and scale where it is unbounded."""
    scale = half_width * getattr(law, "raw_scale", 1.0)
    return loc + scale * law.quantile(seeds.generator(7, *names).uniform(size=n)).numpy()
