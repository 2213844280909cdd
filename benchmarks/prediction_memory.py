"""The memory that a prediction by many draws takes beyond its output."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.mean_field_networks import mean_field
from benchmarks.subjects import MLP
from noisyweights.networks.mean_field import inference

__all__ = ["Memory", "memory"]


@dataclass(frozen=True)
class Memory:
    """Memory that `predict_draws` took at its peak, its output apart, both in MiB."""

    draws: int
    inputs: int
    output_mib: float
    working_mib: float

    def __str__(self) -> str:
        return (
            f"{self.draws} draws for {self.inputs} inputs: {self.working_mib:.1f} MiB of memory "
            f"beyond an output of {self.output_mib:.1f} MiB"
        )


def memory(draws: int, inputs: int) -> Memory:
    """Measure in a fresh process, whose memory nothing else has stretched."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_memory, draws, inputs).result()


def _memory(draws: int, inputs: int) -> Memory:
    model, x = mean_field(MLP, inputs), np.zeros((inputs, 784), np.float32)
    inference.predict_draws(model, x, draws=1, seed=0)  # compile
    # Linux forgets the peak at this sign. Without it, that of loading TensorFlow would hide the prediction's.
    Path("/proc/self/clear_refs").write_text("5")
    before = _status_mib("VmRSS")
    found = inference.predict_draws(model, x, draws=draws, seed=0)
    output = found.nbytes / 2**20
    return Memory(draws, inputs, output, _status_mib("VmHWM") - before - output)


def _status_mib(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024
