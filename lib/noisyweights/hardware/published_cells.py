"""Cells whose statistics were published: how well they are programmed, how they age, and how they are read.

Conductances in µS, times in seconds since programming. Each model is a function of the conductance; a
`PublishedCell` holds those of one device, and puts them on a chip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from noisyweights.hardware import nonidealities
from noisyweights.hardware.cells import LevelCell
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.sonos_statistics import sonos_aged, sonos_deviation_uS, sonos_read_uS

__all__ = [
    "PCM_JOSHI",
    "RRAM_MILO",
    "RRAM_WAN",
    "SONOS_AGRAWAL",
    "PublishedCell",
    "pcm_exponent",
    "pcm_exponent_spread",
    "pcm_programming_uS",
    "pcm_read_uS",
    "rram_milo_uS",
    "rram_wan_uS",
]

DAY_s = 86_400.0
SETTINGS = 256  # programmed to any value and verified: finer than the error of each of them


@dataclass(frozen=True, kw_only=True)
class PublishedCell:
    """A device with its published statistics.

    Args:
        cell: its range, and the levels that it is set to.
        first_s, last_s: since programming, the times that the statistics hold for.
        faults: time in seconds → what happens to written cells by then, as in `Chip`.
        read_noise: time in seconds → standard deviation of a read, as in `Chip`.
        source: where the numbers are from.
    """

    cell: LevelCell
    first_s: float
    last_s: float
    faults: Callable[[float], tuple[Callable[..., np.ndarray], ...]]
    read_noise: Callable[[float], float | Callable[[np.ndarray], np.ndarray]]
    source: str

    def on(self, chip: Chip, *, seconds: float) -> Chip:
        """The chip with these cells, so long after they were programmed.

        Raises: ValueError for a time that nothing was published for.
        """
        if not self.first_s <= seconds <= self.last_s:
            raise ValueError(
                f"these cells are known from {self.first_s:g} to {self.last_s:g} s after programming, and "
                f"not at {seconds:g} s: ask for a time from their first read on"
            )
        return replace(
            chip,
            cell=self.cell,
            faults=self.faults(seconds),
            read_noise=self.read_noise(seconds),
            source=f"{chip.source}; cells {seconds:g} s after programming: {self.source}",
        )


def _settings(low_uS: float, high_uS: float, source: str) -> LevelCell:
    return LevelCell(tuple(map(float, np.linspace(low_uS, high_uS, SETTINGS))), 0.0, source)


# --- phase-change memory

_PCM_FULL_uS, _PCM_FIRST_s, _PCM_READ_s = 25.0, 27.36, 250e-9
_JOSHI = (
    "V. Joshi et al., Nat. Commun. 11, 2473 (2020): Fig. 3b for programming, Methods for drift and read "
    "noise; coefficients as in aihwkit's PCMLikeNoiseModel; 0.25 to 25 µS and 27.36 s as in CrossSim's "
    "PCMJoshi, whose own fit of Fig. 3b is within 3 %"
)


def pcm_programming_uS(conductance_uS: np.ndarray) -> np.ndarray:
    """Error of programming: max(−1.1731 g² + 1.9650 g + 0.2635, 0) µS with g = G/25 µS."""
    g = conductance_uS / _PCM_FULL_uS
    return np.maximum(-1.1731 * g**2 + 1.9650 * g + 0.2635, 0)


def pcm_exponent(conductance_uS: np.ndarray) -> np.ndarray:
    """Mean exponent of drift: −0.0155 ln g + 0.0244, held between 0.049 and 0.1."""
    return np.clip(-0.0155 * np.log(_pcm_share(conductance_uS)) + 0.0244, 0.049, 0.1)


def pcm_exponent_spread(conductance_uS: np.ndarray) -> np.ndarray:
    """Standard deviation of the exponent between cells: −0.0125 ln g − 0.0059, from 0.008 to 0.045."""
    return np.clip(-0.0125 * np.log(_pcm_share(conductance_uS)) - 0.0059, 0.008, 0.045)


def pcm_read_uS(conductance_uS: np.ndarray, *, seconds: float) -> np.ndarray:
    """Deviation of a read: G Q √(ln((t + tᵣ)/(2 tᵣ))), Q = min(0.0088/g^0.65, 0.2), tᵣ = 250 ns.

    The 1/f noise of all the time since programming.
    """
    strength = np.minimum(0.0088 / _pcm_share(conductance_uS) ** 0.65, 0.2)
    return conductance_uS * strength * np.sqrt(np.log((seconds + _PCM_READ_s) / (2 * _PCM_READ_s)))


def _pcm_share(conductance_uS: np.ndarray) -> np.ndarray:
    return np.maximum(conductance_uS / _PCM_FULL_uS, 1e-7)


def _pcm_faults(seconds: float) -> tuple[Callable[..., np.ndarray], ...]:
    drifted = partial(
        nonidealities.drift_apart,
        seconds=seconds, after_s=_PCM_FIRST_s, exponent=pcm_exponent, spread=pcm_exponent_spread,
    )  # fmt: skip
    return partial(nonidealities.program, error_uS=pcm_programming_uS), drifted


PCM_JOSHI = PublishedCell(
    cell=_settings(0.25, 25.0, _JOSHI),
    first_s=_PCM_FIRST_s,
    last_s=3.2e7,  # a year, over which the power law is commonly carried on
    faults=_pcm_faults,
    read_noise=lambda seconds: partial(pcm_read_uS, seconds=seconds),
    source=_JOSHI,
)

# --- filamentary memory

_WAN_FULL_uS = 40.0
# By time: of 1, g, g², … in µS, with g = G/40 µS.
_WAN = {
    1.0: (0.348, 16.030, -43.853, 45.393, -16.815),
    DAY_s: (0.701, 22.086, -50.773, 47.095, -16.458),
    2 * DAY_s: (0.782, 20.274, -43.507, 37.062, -11.934),
}
_WAN_SOURCE = (
    "W. Wan et al., Nature 608, 504 (2022), Extended Data Fig. 3, as read off by aihwkit's "
    "ReRamWan2022NoiseModel; CrossSim's RRAMWan reads 17 % more at 20 µS and half as much again at 39 µS off "
    "the same figure. Noise of single reads was not told apart from it"
)
_MILO = (
    "V. Milo et al., IEEE IRPS (2021), Fig. 4 (IGVVA-100), a line through it as in CrossSim's RRAMMilo: "
    "programming alone, since neither reads nor time were reported"
)


def rram_wan_uS(conductance_uS: np.ndarray, *, seconds: float) -> np.ndarray:
    """How far cells lie from their target at 1 s, a day or two: polynomials of g = G/40 µS.

    Between these times the deviations follow the logarithm of the time.
    """
    g = np.clip(conductance_uS / _WAN_FULL_uS, 0, 1)
    found = np.stack([np.polynomial.polynomial.polyval(g, each) for each in _WAN.values()])
    known = np.log(list(_WAN))
    at = np.clip(np.searchsorted(known, np.log(seconds)), 1, len(known) - 1)
    share = (np.log(seconds) - known[at - 1]) / (known[at] - known[at - 1])
    return np.maximum((1 - share) * found[at - 1] + share * found[at], 0)


def rram_milo_uS(conductance_uS: np.ndarray) -> np.ndarray:
    """Error of programming: −0.009107 G + 4.782321 µS, between 50 and 225 µS."""
    return np.maximum(-0.009107 * conductance_uS + 4.782321, 0)


RRAM_WAN = PublishedCell(
    cell=_settings(1.0, _WAN_FULL_uS, _WAN_SOURCE),
    first_s=1.0,
    last_s=2 * DAY_s,
    # A cell is as far off as its own draw says, at every time.
    faults=lambda seconds: (partial(nonidealities.program, error_uS=partial(rram_wan_uS, seconds=seconds)),),
    read_noise=lambda seconds: 0.0,
    source=_WAN_SOURCE,
)

RRAM_MILO = PublishedCell(
    cell=_settings(50.0, 225.0, _MILO),
    first_s=0.0,
    last_s=np.inf,
    faults=lambda seconds: (partial(nonidealities.program, error_uS=rram_milo_uS),),
    read_noise=lambda seconds: 0.0,
    source=_MILO,
)

# --- flash

_SONOS = (
    "V. Agrawal et al., IEEE IEDM (2022), 21.7: Fig. 10 (drift, spread of 128,000 devices of 40 nm) and 11b "
    "(read noise), coefficients as in CrossSim's SONOS; 1600 nA at 0.1 V are 16 µS"
)

SONOS_AGRAWAL = PublishedCell(
    cell=_settings(1.6e-6, 16.0, _SONOS),
    first_s=0.0,
    last_s=5 * DAY_s,
    faults=lambda seconds: (
        partial(sonos_aged, seconds=seconds),
        partial(nonidealities.program, error_uS=partial(sonos_deviation_uS, seconds=seconds)),
    ),
    read_noise=lambda seconds: sonos_read_uS,
    source=_SONOS,
)
