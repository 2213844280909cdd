"""Products of 784 × 400 with 8-bit converters and Gaussian read noise, beside aihwkit at like settings.

    python -m benchmarks.converted_products [--reads 512] [--repeats 5] [--samples 40] [--json out.json]

Both convert inputs and outputs to 255 even codes, symmetric about 0, and read weights whose noise has one
deviation and is fresh for every input. Two questions: whether the outputs agree within their noise, and how
many products a second each gives. Agreement is judged by two numbers, each 1 where both compute the same:

- the root mean square of the difference of mean outputs, in standard errors of that difference;
- the ratio of the variances of outputs between reads.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import contest
from benchmarks.contest import Goal, Rival
from benchmarks.noisy_reads import DEVIATION, INPUTS, OUTPUTS
from benchmarks.subjects import digits, digits_source
from noisyweights.hardware.array.crossbar import Readout
from noisyweights.hardware.array.fresh_reads import fresh_reads
from noisyweights.hardware.converters import Converter
from noisyweights.noise import laws

__all__ = ["Agreement", "agreement", "aihwkit_read", "main", "our_read"]

BITS, CODES = 8, 127  # to either side of 0
OURS, THEIRS = "noisyweights fresh_reads, converted", "aihwkit, converted"
SUBJECT = f"{INPUTS} × {OUTPUTS}, {BITS} bits"
GOAL = Goal(SUBJECT, THEIRS, 2)

Read = Callable[[NDArray[np.float32], int], NDArray[np.float32]]


@dataclass(frozen=True)
class Agreement:
    """How near the outputs of two simulators are to each other.

    Attributes:
        difference: root mean square of the difference of mean outputs, in its standard errors.
        variance_ratio: of the first to the second.
        outputs, samples: how many outputs were looked at, and how often each was read.
    """

    difference: float
    variance_ratio: float
    outputs: int
    samples: int

    @property
    def holds(self) -> bool:
        """Whether both lie within 2 % of 1, or four standard errors of as few outputs."""
        error = max(0.02, 4 / np.sqrt(2 * self.outputs), 4 * np.sqrt(2 / (self.outputs * self.samples)))
        return abs(self.difference - 1) < error and abs(self.variance_ratio - 1) < error

    def __str__(self) -> str:
        return (
            f"outputs of {OURS} and {THEIRS}: means differ by {self.difference:.3f} standard errors (root "
            f"mean square; 1 if both are the same), variances by the ratio {self.variance_ratio:.3f}, over "
            f"{self.outputs} outputs of {self.samples} reads: {'agree' if self.holds else 'do NOT agree'}"
        )


def our_read(mean: NDArray[np.float32], end: float) -> Read:
    """Reads by this library, with the ends of the ADC at ± `end`."""
    deviation = np.full_like(mean, DEVIATION)
    dac, adc = (Converter(BITS, -one * (CODES + 1) / CODES, one) for one in (1.0, end))
    readout = Readout(dac, adc, len(mean))

    def read(x: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        return fresh_reads(x, mean, deviation, law=laws.gaussian(), seed=seed, readout=readout)

    return read


def aihwkit_read(mean: NDArray[np.float32], end: float) -> Read:
    """Reads by an analog layer of aihwkit. Raises: ImportError where it cannot be imported."""
    torch = importlib.import_module("torch")
    layers = importlib.import_module("aihwkit.nn")
    configs = importlib.import_module("aihwkit.simulator.configs")
    kinds = importlib.import_module("aihwkit.simulator.parameters.enums")
    config = configs.InferenceRPUConfig()
    config.mapping.max_input_size = config.mapping.max_output_size = 0  # one array
    config.mapping.weight_scaling_omega = 0.0  # weights as they are
    forward = config.forward
    forward.inp_bound, forward.out_bound = 1.0, end
    forward.inp_res = forward.out_res = 1 / (2 * CODES)
    forward.inp_noise = forward.out_noise = 0.0
    forward.bound_management = kinds.BoundManagementType.NONE
    forward.noise_management = kinds.NoiseManagementType.NONE
    forward.w_noise, forward.w_noise_type = DEVIATION, kinds.WeightNoiseType.ADDITIVE_CONSTANT
    layer = layers.AnalogLinear(*mean.shape, bias=False, rpu_config=config).eval()
    layer.set_weights(torch.from_numpy(mean.T.copy()))

    def read(x: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        with torch.no_grad():
            return layer(torch.from_numpy(x)).numpy()

    return read


def agreement(first: Read, second: Read, x: NDArray[np.float32], *, samples: int) -> Agreement:
    """Compare two simulators on inputs that each reads so many times."""
    reads = [np.stack([read(x, 1000 + at) for at in range(samples)]) for read in (first, second)]
    means, variances = ([function(one, 0) for one in reads] for function in (np.mean, _variance))
    freedom = 2 * samples - 2
    # The square of Student's t is freedom / (freedom − 2) on average.
    error = np.sqrt(np.add(*variances) / samples * freedom / (freedom - 2))
    return Agreement(
        float(np.sqrt(np.mean((np.subtract(*means) / error) ** 2))),
        float(variances[0].mean() / variances[1].mean()),
        means[0].size,
        samples,
    )


def _variance(reads: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    return reads.var(axis, ddof=1)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status: 1 where both do not agree."""
    parser = contest.parser(__doc__, repeats=5)
    parser.add_argument("--reads", type=int, default=512, help="inputs of the products in a repeat")
    parser.add_argument("--samples", type=int, default=40, help="reads of each input for the agreement")
    options = contest.options(parser, arguments, reads=1, samples=3)
    x = digits(options.reads)
    mean = np.random.default_rng(0).normal(0, 0.05, (INPUTS, OUTPUTS)).astype(np.float32)
    end = float(np.abs(x @ mean).max()) * 1.2  # no clipping
    ours = our_read(mean, end)
    field = [Rival(SUBJECT, OURS, options.reads, lambda count, repeat: ours(x[:count], repeat))]
    found = None
    try:
        theirs = aihwkit_read(mean, end)
    except ImportError as error:
        print(f"aihwkit takes no part: {error}")
    else:
        field.append(Rival(SUBJECT, THEIRS, options.reads, lambda count, repeat: theirs(x[:count], repeat)))
        found = agreement(ours, theirs, x[:50], samples=options.samples)
    rows = contest.measure(field, repeats=options.repeats)
    outcomes = contest.outcomes([GOAL], rows)
    print(contest.table(rows, subject="product", unit="reads"))
    print(*outcomes, *([] if found is None else [found]), sep="\n")
    if options.json:
        contest.write(
            options.json,
            benchmark="converted_products",
            peers=("aihwkit", "torch"),
            repeats=options.repeats,
            images=digits_source(),
            reads=[row.named(subject="product", unit="reads") for row in rows],
            goals=[outcome.record() for outcome in outcomes],
            agreement=None if found is None else asdict(found) | {"holds": found.holds},
        )
    return 0 if found is None or found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
