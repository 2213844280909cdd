"""Trainings of `binary.cifar10` in one process on an accelerator: as many as a time allows, a file for each.

A later call goes on where this one stopped. Networks are kept for the next training of their kind, which is
then not compiled again.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from noisyweights.experiments import catalogue, points
from noisyweights.experiments.binary import cifar10
from noisyweights.experiments.points import Point
from noisyweights.quiet_tensorflow import load_tensorflow

load_tensorflow()

import keras  # noqa: E402 isort: skip  (quietly)

__all__ = ["EXPERIMENT", "Networks", "compute", "missing", "run"]

EXPERIMENT = "binary.cifar10"


class Networks:
    """The networks of each kind, one to train and one in float32 to test, made once and begun again.

    Called with a point, they have the weights and the random states that the point starts from.
    """

    def __init__(self, config: cifar10.Config):
        self._config = config
        self._kept: dict[tuple[str, str], tuple[keras.Model, keras.Model]] = {}

    def __call__(self, point: str) -> tuple[keras.Model, keras.Model]:
        topology, method, _ = point.split("-")
        made = cifar10.networks(self._config, point)
        kept = self._kept.setdefault((topology, method), made)
        for old, new in zip(kept, made, strict=True):
            for variable, value in zip(old.variables, new.variables, strict=True):
                variable.assign(value.value)
        return kept


def compute(networks: Networks, point: str, *, profile: str, config: cifar10.Config) -> Point:
    """One point, by networks that may have been trained for others before."""
    start = time.perf_counter()
    arrays = cifar10.train_and_test(config, point, *networks(point))
    return Point(
        experiment=EXPERIMENT,
        point=point,
        profile=profile,
        settings=catalogue.point_settings(EXPERIMENT, point, config=config),
        device="",
        arrays=arrays,
        seconds=time.perf_counter() - start,
        made=points.making(EXPERIMENT, device=None),
    )


def missing(config: cifar10.Config, directory: Path, *, only: Sequence[str] = ("",)) -> list[str]:
    """The points that no file in `directory` holds, of those whose names begin with one of `only`."""
    return [
        point
        for point in cifar10.points(config)
        if point.startswith(tuple(only)) and not (directory / f"{point}.npz").is_file()
    ]


def run(
    networks: Networks,
    wanted: Sequence[str],
    directory: Path,
    *,
    profile: str,
    config: cifar10.Config,
    seconds: float = float("inf"),
) -> Iterator[Point]:
    """Train the points that are wanted, write each to `directory`, and yield it.

    No training begins that would not end within `seconds`, by what the last of its kind took.
    """
    end, taken = time.monotonic() + seconds, {}
    for point in tqdm(wanted, desc=EXPERIMENT, unit="training"):
        kind, start = point.rpartition("-")[0], time.monotonic()
        if start + taken.get(kind, 0) > end:
            continue
        computed = compute(networks, point, profile=profile, config=config)
        taken[kind] = time.monotonic() - start
        points.write_point(directory / f"{point}.npz", computed)
        yield computed


def main(arguments: Sequence[str] | None = None) -> None:
    """Train networks on CIFAR-10 until all points are there or the time is over."""
    parser = argparse.ArgumentParser(
        prog="python -m noisyweights.experiments.binary.accelerated", description=main.__doc__
    )
    parser.add_argument("--out", required=True, type=Path, help="folder of the points")
    parser.add_argument("--profile", default="full", choices=catalogue.PROFILES)
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="no training begins that would end later"
    )
    parser.add_argument(
        "--only",
        action="append",
        help="how the points' names begin, as in resnet18-proposed; may be repeated",
    )
    options = parser.parse_args(arguments)
    config = catalogue.settings(EXPERIMENT, profile=options.profile)
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = missing(config, options.out, only=options.only or ("",))
    for point in run(
        Networks(config),
        wanted,
        options.out,
        profile=options.profile,
        config=config,
        seconds=options.seconds,
    ):
        tqdm.write(f"{point.point}: {float(point.arrays['accuracy']):.2f} % in {point.seconds:.0f} s")


if __name__ == "__main__":
    main()
