"""The bill of a saved network as text for a terminal, and as JSON for scripts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from noisyweights.hardware import chip, costs
from noisyweights.hardware.costs import Bill, own_figures

__all__ = ["DESIGNS", "as_json", "count", "text"]

_COLUMNS_PER_ADC = 8  # as chapter 9 has it
_LANES = 256
_VECTORS = chip.SCALES.scales.vectors


def _on(preset: chip.Chip) -> costs.Array:
    return costs.Array.of(preset, columns_per_adc=_COLUMNS_PER_ADC)


_SCALES = {"vectors": _VECTORS, "cells_per_scale": 2}
# Each on the chip that chapter 9 puts it on.
DESIGNS: dict[str, Callable[..., Bill]] = {
    "weights": lambda model, passes: costs.mean_field(model, array=_on(chip.DOMAIN_WALL), passes=passes),
    "scales": lambda model, passes: costs.scale_bayes(
        model, array=_on(chip.SCALES), passes=passes, **_SCALES
    ),
    "coins": lambda model, passes: costs.coin_flips(model, array=_on(chip.COINS), coin="sot", passes=passes),
    "digital": lambda model, passes: costs.digital(
        model, arithmetic="int8", drawn=True, lanes=_LANES, passes=passes
    ),
}


def count(file: Path, *, design: str, passes: int, figures: Path | None) -> Bill:
    """The bill of a saved Keras network by one of DESIGNS, with figures of one's own where there are any.

    Raises: OSError, KeyError and ValueError for a file that cannot be read, a network that cannot be counted,
        and figures that are wrong.
    """
    own = own_figures.read(figures) if figures else {}
    import keras

    from noisyweights.networks.binary import layers as _binary  # noqa: F401  (so that they can be loaded)
    from noisyweights.networks.mean_field import any_layer as _any_layer  # noqa: F401

    if not file.is_file():
        raise ValueError(f"there is no file {file}")
    return DESIGNS[design](keras.saving.load_model(file, compile=False), passes).with_figures(own)


def text(bill: Bill) -> str:
    """Totals with their ranges, and where the energy goes, layer by layer, dearest first."""
    energy, time, area = bill.energy_uJ, bill.latency_ns.times(1e-3, unit="µs"), bill.area_mm2
    lines = [
        f"{words:8} {one.typical:10.3g} {one.unit:4} ({one.low:.3g} to {one.high:.3g})"
        for words, one in (("energy", energy), ("time", time), ("area", area))
    ]
    lines += [f"storage  {bill.cells:,} cells, {bill.memory_bits:,} bits", ""]
    rows = sorted(
        (row for row in bill.table() if row["quantity"] == "energy"), key=lambda row: -row["typical"]
    )
    total = bill.energy_pJ.typical
    lines += [
        f"{row['typical'] / total:6.1%}  {row['layer'] or 'all layers':24} {row['component']}" for row in rows
    ]
    return "\n".join(lines)


def as_json(bill: Bill) -> dict[str, Any]:
    """`{"totals": {…}, "table": [{"quantity", "layer", "component", …}]}`."""
    totals = {"energy": bill.energy_pJ, "time": bill.latency_ns, "area": bill.area_mm2}
    return {
        "totals": {
            name: {"low": one.low, "typical": one.typical, "high": one.high, "unit": one.unit}
            for name, one in totals.items()
        },
        "cells": bill.cells,
        "memory_bits": bill.memory_bits,
        "table": bill.table(),
    }
