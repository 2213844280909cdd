"""What one field of a table says: a number, nothing, a reading out of range, or text."""

import re
from typing import NamedTuple

from noisyweights.datasets.text_tables.units import prefix_of

__all__ = ["ABOVE", "BELOW", "MISSING", "NUMBER", "TEXT", "Field", "parse"]

NUMBER, MISSING, BELOW, ABOVE, TEXT = "number", "missing", "below", "above", "text"

_MISSING = {"", "-", "--", "na", "n/a", "#n/a", "null", "none"}
_SPREADSHEET_ERROR = {"#div/0!", "#num!", "#value!", "#ref!", "#null!", "#name?"}
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|1\.#(ind|inf|qnan|snan)\w*)", re.IGNORECASE)
_OVER = re.compile(
    r"over[\s-]?(flow|load|range|rng)|ovld|ovrld|ovl|ovf|ovfl|ovflw|ovrflw|ovrng|ofl|o\.?l\.?|ovr"
    r"|sat(urated)?|clip(ped)?"
)
_UNDER = re.compile(r"under[\s-]?(flow|range|rng)|unfl|ufl|udf|unf")
_CENSORED = re.compile(r"(<=?|=<|>=?|=>|≤|≥)\s*(.+)")
_NUMBER = re.compile(
    r"([+-]?)((?:\d{1,3}(?:[ \u00a0']\d{3})+|\d*)(?:[.,]\d*)*)(?:[eEdD]([+-]?\d{1,4}))?"
    r"(?:[ \u00a0]?([^\d\s.,+-]\S*))?"
)
_WELL_FORMED = re.compile(r"\d+|\d+[.,]\d*|[.,]\d+|\d{1,3}(,\d{3})+(\.\d*)?|\d{1,3}(\.\d{3})+(,\d*)?")
_SPELLING = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2012\ufe63\uff0d", "-"),
        **dict.fromkeys("\u202f\u2009\u2007", "\u00a0"),
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)


class Field(NamedTuple):
    """Kind of a field; of a number, sign and digits with their marks, power of ten, and unit."""

    kind: str
    body: str = ""
    exponent: int = 0
    unit: str = ""


_BLANK, _TEXT = Field(MISSING), Field(TEXT)


def parse(field: str, *, spaces: bool = True) -> Field:
    """What a field says; `spaces`: whether plain spaces may set thousands apart.

    Which mark is the decimal one is not decided here, but both cannot be anywhere: 1.2.3 is text.
    """
    field = field.strip(' \t\r\n"')
    if not field.isascii():
        field = field.translate(_SPELLING).strip()
    if (match := _NUMBER.fullmatch(field)) and (spaces or " " not in match[2]):
        sign, body, exponent, unit = match.groups(default="")
        body = re.sub("[ \u00a0']", "", body)
        if _WELL_FORMED.fullmatch(body) and (not unit or prefix_of(unit)):
            return Field(NUMBER, sign + body, int(exponent or 0), unit)
    lower = field.lower()
    if lower in _SPREADSHEET_ERROR or (lower in _MISSING and field != "nA") or _NOT_FINITE.fullmatch(field):
        return _BLANK
    if (match := _CENSORED.fullmatch(field)) and parse(match[2]).kind == NUMBER:
        return Field(BELOW if match[1][0] in "<≤" or match[1] == "=<" else ABOVE)
    negative, word = lower.startswith("-"), lower.lstrip("+-")
    if _OVER.fullmatch(word):
        return Field(BELOW if negative else ABOVE)
    return Field(BELOW) if _UNDER.fullmatch(word) else _TEXT
