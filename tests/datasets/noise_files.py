"""Files of one known sample, in any combination of the traits that such files have."""

import gzip
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

__all__ = ["SAMPLES", "Traits", "expected", "says_unit", "traits", "write"]

N = 140
_RNG = np.random.default_rng(7)
SAMPLES = {
    "around 1000": [f"{x:.2f}" for x in _RNG.normal(1002, 9, N)],
    "whole, around 1000": [f"{x:.0f}" for x in _RNG.normal(1002, 9, N)],
    "above 1000": [f"{x:.2f}" for x in _RNG.uniform(1400, 1700, N)],
    "whole, above 1000": [f"{x:.0f}" for x in _RNG.uniform(1100, 9900, N)],
    "millions": [f"{x:.1f}" for x in _RNG.uniform(0.98e6, 1.02e6, N)],
    "around zero": [f"{x:.4f}" for x in _RNG.normal(-0.1, 1.0, N)],
    "three decimals": [f"{x:.3f}" for x in _RNG.normal(5.0, 0.4, N)],
    "around 40": [f"{x:.4f}" for x in _RNG.normal(41, 0.3, N)],
    "one decimal": [f"{x:.1f}" for x in _RNG.normal(412, 20, N)],
    "powers": [f"{x:.6e}" for x in _RNG.normal(4.1e-5, 1e-6, N)],
    "bits": [str(x) for x in _RNG.integers(0, 2, N)],
}
PREAMBLES = {
    "none": [],
    "comments": ["# cell 7, 300 K", "// read at 0.1 V"],
    "words": ["Instrument 7", "room temperature", ""],
    "pairs": ["Model{d}X54", "Record Length{d}140", "Vertical Units{d}V", "{d}"],
    "tags": ["Setup{d}sampling", "Dimension1{d}400{d}400"],
}
FOOTERS = {
    "none": [],
    "statistics": ["Mean{d}40.97", "Std{d}0.27", "N{d}140"],
    "words": ["End of data"],
    "blank": ["", "  "],
    "remark": ["# done"],
}


@dataclass(frozen=True)
class Traits:
    """How a file is written.

    columns: what stands beside the readings, R. unit: of the readings: "heading", "field", "glued", "mixed"
    (of several prefixes), "column" (in one of its own) or "none".
    """

    sample: str
    columns: str
    delimiter: str
    decimal: str
    thousands: str
    heading: bool
    preamble: str
    footer: str
    encoding: str
    unit: str
    minus: str
    power: str
    end: str
    quotes: bool
    packed: bool


traits = st.builds(
    Traits,
    sample=st.sampled_from(list(SAMPLES)),
    columns=st.sampled_from(["R", "tR", "iR", "Rt", "wR", "dR", "tRw"]),
    delimiter=st.sampled_from([",", ";", "\t", " ", ", ", "; ", "  "]),
    decimal=st.sampled_from([".", ","]),
    thousands=st.sampled_from(["", "", ",", ".", " ", "\u00a0", "'"]),
    heading=st.booleans(),
    preamble=st.sampled_from(list(PREAMBLES)),
    footer=st.sampled_from(list(FOOTERS)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    unit=st.sampled_from(["heading", "none", "field", "glued", "mixed", "column"]),
    minus=st.sampled_from(["-", "\u2212"]),
    power=st.sampled_from(["e", "E", "D"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quotes=st.booleans(),
    packed=st.booleans(),
)


def expected(how: Traits) -> np.ndarray:
    """The readings, in siemens if the file says a unit, and else as they are."""
    scale = Decimal("1e-6") if says_unit(how) else 1
    return np.array([float(Decimal(text) * scale) for text in SAMPLES[how.sample]])


def says_unit(how: Traits) -> bool:
    return how.unit in ("field", "glued", "mixed", "column") or (how.unit == "heading" and how.heading)


def write(how: Traits) -> bytes | None:
    """The bytes of the file; None for traits that contradict each other."""
    if how.thousands and how.thousands == how.decimal:
        return None
    if how.thousands == "." and how.sample in ("whole, above 1000", "bits"):
        return None  # no file of points alone says that they are no decimal ones
    if how.encoding == "cp1252" and how.minus == "\u2212":
        return None
    rows = [how.delimiter.join(_fields(how, k)) for k in range(N)]
    names = {"t": "t (s)", "i": "index", "w": "mode", "d": "date", "R": "G"}
    heads = [names[c] + (" (µS)" if c == "R" and how.unit == "heading" else "") for c in how.columns]
    if how.unit == "column":
        heads.insert(how.columns.index("R") + 1, "unit")
    above = [line.format(d=how.delimiter) for line in PREAMBLES[how.preamble]]
    above += [how.delimiter.join(heads)] if how.heading else []
    below = [line.format(d=how.delimiter) for line in FOOTERS[how.footer]]
    text = how.end.join([*above, *rows, *below]) + how.end
    content = text.encode(how.encoding)
    return gzip.compress(content) if how.packed else content


def _fields(how: Traits, k: int) -> list[str]:
    given = {
        "t": lambda: [f"{k * 0.01:.2f}".replace(".", how.decimal)],
        "i": lambda: [str(k)],
        "w": lambda: ["auto"],
        "d": lambda: [f"2024-02-01T10:{k // 60:02d}:{k % 60:02d}"],
        "R": lambda: _reading(how, k),
    }
    fields = [field for c in how.columns for field in given[c]()]
    return [f'"{field}"' for field in fields] if how.quotes else fields


def _reading(how: Traits, k: int) -> list[str]:
    text, unit = SAMPLES[how.sample][k], "uS"
    if how.unit == "mixed" and "e" not in text and k % 3 == 0:
        text, unit = format(Decimal(text) * 1000, "f"), "nS"
    number = _written(text, how)
    match how.unit:
        case "field":
            return [f"{number} {unit}"]
        case "glued" | "mixed":
            return [f"{number}{unit}"]
        case "column":
            return [number, unit]
    return [number]


def _written(text: str, how: Traits) -> str:
    mantissa, _, power = text.partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, part = digits.partition(".")
    whole = f"{int(whole):,}".replace(",", how.thousands)
    number = sign + whole + (how.decimal + part if part else "") + (how.power + power if power else "")
    return number.replace("-", how.minus)
