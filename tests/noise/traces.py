"""Traces with known answers, for the tests of dynamics."""

import numpy as np
from scipy import signal

from noisyweights.noise.simulation import fluctuators


def autoregression(rho: float, readings: int, *, seed: int) -> np.ndarray:
    """Stationary first-order autoregression of unit variance: its autocorrelation is rho**lag."""
    innovations = np.random.default_rng(seed).standard_normal(readings) * np.sqrt(1 - rho**2)
    innovations[0] /= np.sqrt(1 - rho**2)
    return signal.lfilter([1], [1, -rho], innovations)


def one_fluctuator(*, occupancy: float, switching_time_s: float, readings: int, seed: int) -> np.ndarray:
    """One two-level fluctuator of amplitude 1, read every second; zero-mean."""
    ensemble = fluctuators.Ensemble(
        amplitude_uS=np.ones((1, 1)),
        occupancy=np.full((1, 1), occupancy),
        switching_time_s=np.full((1, 1), switching_time_s),
    )
    return fluctuators.telegraph(ensemble, interval_s=1.0, readings=readings, seed=seed)[:, 0]
