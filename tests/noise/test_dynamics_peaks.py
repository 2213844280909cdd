"""Levels of readings without memory."""

import numpy as np
import pytest

from noisyweights.noise.dynamics import peaks


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_two_levels_are_found_with_their_noise_and_shares(share: float) -> None:
    """True values lie in 95 % intervals; 40 traces, of which fewer than 32 has chance 1e-5."""
    held = np.zeros(3)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        upper = rng.random(2000) < share
        samples = np.where(upper, 12.0, 10.0) + 0.2 * rng.standard_normal(2000)
        low, high = peaks.peaks(samples)
        held += [
            low.level.low <= 10 <= low.level.high,
            high.level.low <= 12 <= high.level.high,
            high.occupancy.low <= share <= high.occupancy.high,
        ]
        assert low.noise == pytest.approx(0.2, rel=0.1)
        assert high.noise == pytest.approx(0.2, rel=0.25)  # of 200 readings at least
        assert low.occupancy.value + high.occupancy.value == pytest.approx(1)
    assert (held >= 32).all()


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="100"):
        peaks.peaks(np.zeros(5))
