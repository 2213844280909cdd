"""Figures of one's own in place of the library's, from a YAML file whose names and units are checked."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

import yaml

from noisyweights.hardware.costs import areas, figures
from noisyweights.hardware.costs.ranges import ENDS, Figure, between

__all__ = ["FIGURES", "read", "template"]


def _of(module: Any) -> dict[str, Figure]:
    return {
        name: getattr(module, name) for name in module.__all__ if isinstance(getattr(module, name), Figure)
    }


# By name: all that a bill may hang on, products and printed results left out.
FIGURES: Mapping[str, Figure] = MappingProxyType(
    _of(figures) | {f"COIN_pJ.{name}": coin for name, coin in figures.COIN_pJ.items()} | _of(areas)
)
_FIELDS = (*ENDS, "source")
_PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
_QUANTITY = re.compile(r"\s*([-+.\deE]+?)\s*(?:([fpnµumkM]?)(J|V|S|s|m²|m2)|(times|×|x))\s*")
_WORDS = {
    "J": "an energy",
    "V": "a voltage",
    "S": "a conductance",
    "s": "a time",
    "m²": "an area",
    "": "a factor",
}


def read(file: str | Path) -> dict[Figure, Figure]:
    """Return own figures by those that they replace, for `Bill.with_figures`.

    The file maps names of figures to a quantity, `READ_V: 200 mV`, or to a range with its source,
    `SAR_ADC_fJ: {low: 8 fJ, typical: 12 fJ, high: 0.02 pJ, source: our converter}`. Without `typical` it is
    the geometric mean of the ends. Units may have any SI prefix, and have to be of the figure's kind.
    `template` writes such a file of all figures.

    Args:
        file: YAML, encoded in UTF-8.

    Raises: OSError for a file that cannot be read; ValueError, which names the line and the mend, for YAML
        that is none, an unknown or repeated name, a missing, unknown or wrong unit, and a range out of order.
    """
    file = Path(file)
    try:
        root = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: no YAML in UTF-8: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise ValueError(f"{file}: write a figure a line, such as 'READ_V: 200 mV'")
    found: dict[Figure, Figure] = {}
    for name, node, place in _entries(root, f"{file}, line"):
        if name not in FIGURES:
            _fail(place, f"{name} is no figure{_nearest(name, FIGURES)}: `noisyweights figures` lists them")
        found[FIGURES[name]] = _figure(name, node, place)
    return found


def template() -> str:
    """All figures as a YAML file that `read` takes, each with its range, unit and source."""
    blocks = (
        "\n".join(
            [
                f"{name}:",
                *(f"  {end}: {getattr(figure, end)!r} {figure.unit}" for end in ENDS),
                f"  source: {json.dumps(figure.source, ensure_ascii=False)}",  # which is YAML too
            ]
        )
        for name, figure in FIGURES.items()
    )
    return "\n".join(blocks) + "\n"


def _figure(name: str, node: yaml.Node, place: str) -> Figure:
    """One figure; its source begins with its name, so that two of unlike things are never equal."""
    unit = FIGURES[name].unit
    if isinstance(node, yaml.ScalarNode):
        value = _value(node.value, name, unit, place)
        return _checked(Figure, (value, value, value, unit, f"{name}: {place}"), place)
    if not isinstance(node, yaml.MappingNode):
        _fail(place, f"{name} is a list: write '{name}: {{low: …, typical: …, high: …, source: …}}'")
    given: dict[str, Any] = {}
    for field, value, at in _entries(node, place.rpartition(" ")[0]):
        if field not in _FIELDS:
            _fail(
                at, f"{field} is no part of a figure{_nearest(field, _FIELDS)}: it has {', '.join(_FIELDS)}"
            )
        if not isinstance(value, yaml.ScalarNode):
            _fail(at, f"{field} of {name} has to be one quantity or text")
        given[field] = (
            value.value if field == "source" else _value(value.value, f"{field} of {name}", unit, at)
        )
    source = f"{name}: {given.pop('source', place)}"
    if set(given) == {"low", "high"}:
        if not 0 < given["low"] <= given["high"]:
            _fail(place, f"{name} needs 0 < low ≤ high, got {given['low']:g} and {given['high']:g} {unit}")
        return between(**given, unit=unit, source=source)
    if "typical" not in given:
        _fail(place, f"{name} lacks its typical value: give it, or both ends")
    ends = {end: given.get(end, given["typical"]) for end in ENDS}
    return _checked(Figure, (*ends.values(), unit, source), place)


def _value(text: str, words: str, unit: str, place: str) -> float:
    """A quantity in `unit`."""
    kind = _QUANTITY.fullmatch(f"1 {unit}").group(3) or ""
    match = _QUANTITY.fullmatch(text)
    try:
        number = float(match.group(1) if match else text)
    except ValueError:
        _fail(place, f"{words} is {text!r}: write a number and a unit, such as '1 {unit}'")
    if not match and not kind:
        return number
    if not match:
        _fail(place, f"{words} has no unit: write '{text} {unit}', if that is what it is in")
    own = (match.group(3) or "").replace("2", "²")
    if own != kind.replace("2", "²"):
        _fail(place, f"{words} is {_WORDS[kind]}, and {text!r} {_WORDS[own]}: give it in {unit}")
    return number * _size(match) / _size(_QUANTITY.fullmatch(f"1 {unit}"))


def _size(quantity: re.Match[str]) -> float:
    """A quantity's unit in the unit without a prefix."""
    if quantity.group(4):
        return 1.0
    return _PREFIXES[quantity.group(2)] ** (2 if quantity.group(3).startswith("m") else 1)


def _checked(make: Any, arguments: tuple[Any, ...], place: str) -> Figure:
    try:
        return make(*arguments)
    except ValueError as error:
        _fail(place, str(error))


def _entries(node: yaml.MappingNode, where: str) -> list[tuple[str, yaml.Node, str]]:
    """Names, values and places, "FILE, line N", of a mapping; raises ValueError for a name that repeats."""
    found: dict[str, tuple[yaml.Node, str]] = {}
    for key, value in node.value:
        place = f"{where} {key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            _fail(place, "a name has to be one word, such as READ_V")
        if key.value in found:
            _fail(place, f"{key.value} stands there twice, first in {found[key.value][1]}: keep one")
        found[key.value] = value, place
    return [(name, *rest) for name, rest in found.items()]


def _nearest(name: str, known: Any) -> str:
    close = difflib.get_close_matches(str(name), known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _fail(place: str, words: str) -> NoReturn:
    raise ValueError(f"{place}: {words}")
