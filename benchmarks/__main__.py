"""Run every benchmark; with --record, keep the results that the pages show."""

import argparse
from pathlib import Path

from benchmarks import (
    binary,
    coin_flips,
    converted_products,
    crossbar,
    estimators,
    fewer_draws,
    networks,
    sampling,
    stopped_votes,
)

BENCHMARKS = {
    "sampling": sampling,
    "networks": networks,
    "estimators": estimators,
    "fewer_draws": fewer_draws,
    "binary": binary,
    "coin_flips": coin_flips,
    "stopped_votes": stopped_votes,
    "crossbar": crossbar,
    "converted_products": converted_products,
}


def main() -> None:
    """Print each benchmark's table and write its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(BENCHMARKS)}; all if none is named")
    parser.add_argument("--record", action="store_true", help="write to data/benchmarks/ instead of _build/")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}: there is {', '.join(BENCHMARKS)}")
    folder = Path("data" if options.record else "_build") / "benchmarks"
    for name in options.names or BENCHMARKS:
        BENCHMARKS[name].main(["--json", str(folder / f"{name}.json")])


if __name__ == "__main__":
    main()
