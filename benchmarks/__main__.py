"""Run every benchmark; with --record, keep the results that the pages show."""

import argparse
from pathlib import Path

from benchmarks import sampling

BENCHMARKS = {"sampling": sampling}


def main() -> None:
    """Print each benchmark's table and write its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write to data/benchmarks/ instead of _build/")
    options = parser.parse_args()
    folder = Path("data" if options.record else "_build") / "benchmarks"
    for name, benchmark in BENCHMARKS.items():
        benchmark.main(["--json", str(folder / f"{name}.json")])


if __name__ == "__main__":
    main()
