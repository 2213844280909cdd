"""Units in headings and in fields: their spelling, their SI prefix, and one unit for a column of several."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["TIME", "UNIT", "UnitScale", "common_scale", "prefix_of", "seconds_of", "split_label", "symbol"]

PREFIXES = {"a": -18, "f": -15, "p": -12, "n": -9, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
TIME = re.compile(r"[fpnµm]?s|sec|min|h")
UNIT = re.compile(r"[afpnµmkMG]?(S|A|V|W|T|Hz|Oe|Ω)|[fpnµm]?s|%")
OF_TIME = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}
SPELT = {"second": "s", "seconds": "s", "volt": "V", "volts": "V", "amp": "A", "amps": "A", "ampere": "A"}
CLEAR = {"conductance": "S", "current": "A", "voltage": "V", "power": "W", "field": "T", "time": "s"}


def symbol(unit: str) -> str:
    """One spelling of a unit: u, μ (Greek) → µ (the sign); ohm, Ω (the sign) → Ω (Greek); volt → V."""
    unit = SPELT.get(unit.lower(), unit)
    unit = re.sub(r"(?i)ohms?$", "Ω", unit).replace("\N{OHM SIGN}", "\N{GREEK CAPITAL LETTER OMEGA}")
    return re.sub(r"^[u\N{GREEK SMALL LETTER MU}](?=[A-Za-zΩ]|$)", "\N{MICRO SIGN}", unit)


def prefix_of(unit: str) -> tuple[int, str] | None:
    """Power of ten and base of a unit: µA → (−6, "A"), k → (3, ""), % → (0, "%"); None for any other text."""
    unit = symbol(unit)
    if UNIT.fullmatch(unit):
        base = next(base for base in ("Hz", "Oe", unit[-1]) if unit.endswith(base))
        return PREFIXES[unit.removesuffix(base)], base
    return (PREFIXES[unit], "") if unit in PREFIXES else None


def seconds_of(unit: str) -> float | None:
    """The unit of time in seconds, None if it is none: ms → 0.001."""
    if unit in OF_TIME:
        return OF_TIME[unit]
    return 10.0 ** PREFIXES[unit[:-1]] if TIME.fullmatch(unit) else None


def split_label(label: str) -> tuple[str, str]:
    """Name and unit ("" where none is clear) in a heading: `G (µS)`, `G [uS]`, `G / uS`, `delta_G_uS`."""
    if bracket := re.fullmatch(r"(.*?)\s*[(\[]\s*([^)\]]+?)\s*[)\]]", label):
        return bracket[1], symbol(bracket[2])
    if (slash := re.fullmatch(r"(.+?)\s*/\s*(\S+)", label)) and UNIT.fullmatch(symbol(slash[2])):
        return slash[1], symbol(slash[2])
    if (suffix := re.fullmatch(r"(.+)[\s_]([^\s_]+)", label)) and UNIT.fullmatch(symbol(suffix[2])):
        name, unit = suffix[1], symbol(suffix[2])
        quantity = re.split(r"[\s_]", name.lower())[-1]
        if len(unit) > 1 or CLEAR.get(quantity) == unit:  # the A of cell_A is no ampere
            return name, unit
    if label.lower() in SPELT:
        return label, symbol(label)
    return label, ""


@dataclass(frozen=True)
class UnitScale:
    """The one unit that a column is read in, of power `power` and base `base`.

    bare: the power of a field without a unit, None where nothing says what it is in.
    """

    unit: str
    power: int
    base: str
    bare: int | None

    def shift(self, unit: str, body: str) -> int:
        """The power of ten that brings a field to the column's unit; raises ValueError for another base."""
        if not unit:
            if self.bare is None and float(re.sub(r"[^\d]", "", body) or 1) != 0:
                raise ValueError(
                    f"has no unit, where others are in {self.unit}: write the unit, or none at all"
                )
            return (self.bare or self.power) - self.power if self.bare is not None else 0
        power, base = prefix_of(unit)
        if base not in ("", self.base) and self.base:
            raise ValueError(f"is in {symbol(unit)}, where others are in {self.unit}: keep one quantity")
        if base and not self.base:
            raise ValueError(f"is in {symbol(unit)}, where others have no unit: write the unit of each")
        return power - self.power


def common_scale(units: Iterable[str], heading: str) -> UnitScale:
    """The unit for a column whose heading says `heading` ("" if nothing) and whose fields say `units`.

    The heading's unit if the fields have its base; else the most frequent one, of equals the larger.
    """
    counted = Counter(symbol(unit) for unit in units if unit)
    told = prefix_of(heading) if heading else None
    if not counted:
        power, base = told if told else (0, "")
        return UnitScale(heading, power, base, bare=power)
    bases = {prefix_of(unit)[1] for unit in counted} - {""}
    if len(bases) > 1:
        raise ValueError(f"readings in {', '.join(sorted(counted))}: keep one quantity in a column")
    base = bases.pop() if bases else told[1] if told else ""
    if told and told[1] == base:
        alone = not any(prefix_of(unit)[1] for unit in counted)  # bare prefixes: 982.7n, 1.2
        return UnitScale(symbol(heading), told[0], base, bare=None if alone and told[0] else told[0])
    best = max(counted, key=lambda unit: (counted[unit], prefix_of(unit)[0]))
    power = prefix_of(best)[0]
    if not base:
        return UnitScale(best, power, "", bare=0)
    prefix = next(key for key, value in PREFIXES.items() if value == power)
    return UnitScale(f"{prefix}{base}", power, base, bare=None)
