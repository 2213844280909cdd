"""Rebuild data/devices/*.csv by simulation: `python data/build_devices.py` (`--out` for elsewhere)."""

import argparse
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from noisyweights.noise.simulation import fluctuators, magnetics

CELLS = 20_000
BLOCK = 2_500  # cells that share one random stream: any block can be rebuilt without the others
WAIT_NS = 300.0
STEP_PS = 20.0
FIRST_SEED = {"bayes_mtj": 1000, "ecram": 2000}  # of block 0; each next block has the next seed
DECIMALS = 6

NOTICE = """\
SIMULATED, NOT MEASURED: no measured trace of this device is public. See data/README.md.
One reading of each of {cells} different cells, so the rows are independent draws of the array's pooled noise.
Built by data/build_devices.py, seeds from {seed} on."""


def bayes_mtj_block(block: int) -> np.ndarray:
    """Conductance in µS of one block of junctions, each scaled by the nominal junction's middle and range."""
    nominal, seed = magnetics.BAYES_MTJ, FIRST_SEED["bayes_mtj"] + block
    junctions = magnetics.vary(nominal, spread=magnetics.BAYES_MTJ_SPREAD, cells=BLOCK, seed=seed)
    hard_axis = magnetics.read_cells(junctions, wait_ns=WAIT_NS, step_ps=STEP_PS, seed=seed)
    return magnetics.conductance_uS(nominal, hard_axis)


def ecram_block(block: int) -> np.ndarray:
    """Conductance in µS, less the cell's mean, of one block of two-level ensembles."""
    seed = FIRST_SEED["ecram"] + block
    return fluctuators.snapshot(fluctuators.ensembles(fluctuators.ECRAM, cells=BLOCK, seed=seed), seed=seed)


def bayes_mtj_csv() -> str:
    """The whole file for the Bayes-MTJ."""
    nominal = magnetics.BAYES_MTJ
    low, middle, high = magnetics.conductance_uS(nominal, [-1.0, 0.0, 1.0])
    about = [
        "Bayes-MTJ: stochastic Landau-Lifshitz-Gilbert macrospin of a circular easy-plane junction,",
        "read along its hard axis; conductance = middle + half range * m_z.",
        f"middle {middle:.5f} uS, half range {(high - low) / 2:.5f} uS (of the nominal junction)",
        f"nominal: {nominal}",
        f"anisotropy energy of the nominal junction: {float(magnetics.anisotropy_kT(nominal)):.4f} kT",
        f"cell to cell: {magnetics.BAYES_MTJ_SPREAD}",
        f"read {WAIT_NS} ns after a start uniform on the sphere, time step {STEP_PS} ps",
    ]
    return _csv("bayes_mtj", "conductance_uS", about, map(bayes_mtj_block, _blocks("bayes_mtj")))


def ecram_csv() -> str:
    """The whole file for the ECRAM."""
    about = [
        "ECRAM: ensemble of two-level fluctuators, drawn from its stationary law;",
        "conductance less the cell's mean.",
        f"cells: {fluctuators.ECRAM}",
    ]
    return _csv("ecram", "delta_conductance_uS", about, map(ecram_block, _blocks("ecram")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "devices", help="folder to write to"
    )
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("bayes_mtj.csv", bayes_mtj_csv()), ("ecram.csv", ecram_csv())):
        partial = out / f"{name}.partial"
        partial.write_bytes(text.encode())
        os.replace(partial, out / name)
        print(out / name)


def _blocks(name: str) -> Iterator[int]:
    return iter(tqdm(range(CELLS // BLOCK), desc=name, unit="block"))


def _csv(name: str, column: str, about: list[str], blocks: Iterator[np.ndarray]) -> str:
    lines = [*NOTICE.format(cells=CELLS, seed=FIRST_SEED[name]).splitlines(), *about]
    text = io.StringIO("".join(f"# {line}\n" for line in lines) + f"{column}\n")
    text.seek(0, io.SEEK_END)
    np.savetxt(text, np.concatenate(list(blocks)), fmt=f"%.{DECIMALS}f")
    return text.getvalue()


if __name__ == "__main__":
    main()
