"""A report on a device's noise: how it moves, its law, whether its shape matters, and a verdict."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from noisyweights.datasets.noise_traces import NoiseTrace
from noisyweights.device_report import measures
from noisyweights.experiments.device_readings import law, parts
from noisyweights.experiments.device_readings.parts import Part
from noisyweights.experiments.device_verdict import criteria, verdict
from noisyweights.experiments.device_verdict.criteria import Criteria
from noisyweights.experiments.device_verdict.verdict import Measured, Verdict
from noisyweights.experiments.swapped_networks import needs, swap
from noisyweights.experiments.swapped_networks.swap import Swapped
from noisyweights.noise.fitting.selection import Choice

__all__ = ["Report", "of_trace", "report"]


@dataclass(frozen=True, eq=False)
class Report:
    """All that is known of a device's noise.

    trace: what was read. parts: cells and levels, the first `parts.MOST` of them with what they show in
    order of time. noise: all of theirs as one sample, float64 (m,); choice: its law. swapped: the record's
    trained networks under that law; None if they were not asked for. measured, criteria, verdict: what the
    device was held against. seconds: how long it took.
    """

    trace: NoiseTrace
    parts: tuple[Part, ...]
    noise: NDArray[np.float64]
    choice: Choice
    swapped: Swapped | None
    measured: Measured
    criteria: Criteria
    verdict: Verdict
    seconds: float

    @property
    def independent(self) -> float:
        """How many independent reads all readings are worth."""
        return sum(part.independent for part in self.parts)


def report(
    samples: ArrayLike,
    *,
    unit: str = "",
    name: str = "samples",
    interval_s: float = float("nan"),
    cell: ArrayLike | None = None,
    level: ArrayLike | None = None,
    step: float = float("nan"),
    read_pJ: float | None = None,
    networks: bool = True,
    seed: int = 0,
) -> Report:
    """Report on readings in order of time.

    Args:
        samples: readings (n,), 100 or more.
        unit, name: of the readings, for what is printed.
        interval_s: seconds between readings, if known.
        cell: label of the cell of each reading (n,), for several cells.
        level: what was programmed for each reading (n,), in the unit of the readings.
        step: smallest step between readings, if known.
        read_pJ: energy of a read in pJ, if known.
        networks: whether the record's trained networks are tried under the device's law.
        seed: of the tests, the bootstrap and the networks' draws.

    Raises: ValueError for readings that are no noise: too few, constant, not finite, a sweep.
    """
    values = np.asarray(samples, float)
    cells, places = (
        ((), None) if cell is None else np.unique(np.asarray(cell).astype(str), return_inverse=True)
    )
    for label, other in (("cell", places), ("level", level)):
        if other is not None and np.shape(other) != values.shape:
            raise ValueError(
                f"{label} has shape {np.shape(other)} and samples {values.shape}: give one for each reading"
            )
    trace = NoiseTrace(
        samples=values,
        unit=unit,
        name=name,
        column="",
        source="",
        sha256="",
        dropped=0,
        interval_s=interval_s,
        cells=tuple(cells),
        cell=places,
        level=None if level is None else np.asarray(level, float),
        step=step,
    )
    return of_trace(trace, read_pJ=read_pJ, networks=networks, seed=seed)


def of_trace(trace: NoiseTrace, *, read_pJ: float | None, networks: bool, seed: int) -> Report:
    """Report on a trace that `datasets.read_noise` has read; arguments and errors as `report`."""
    start = time.perf_counter()
    with tqdm(total=4, desc="report", unit="part", disable=None, leave=False) as bar:
        own = parts.of_trace(trace, seed=seed)
        bar.update()
        noise = parts.pooled(own)
        choice = law.choose(trace, own, noise, seed=seed)
        bar.update()
        trained, missing = swap.recorded_networks()
        swapped = None
        if networks:
            swapped = swap.swap(choice.law, trained, missing=missing, settings=swap.REPORT, seed=seed)
        bar.update()
        held = criteria.load(
            swept=criteria.recorded_sweeps(),
            needs=needs.needs(trained),
            read_pJ=criteria.junction_read_pJ(),
        )
        found = measures.measured(own, noise, step=trace.step, read_pJ=read_pJ)
    judged = verdict.judge(found, held)
    return Report(trace, own, noise, choice, swapped, found, held, judged, time.perf_counter() - start)
