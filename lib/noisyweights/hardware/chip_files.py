"""Chips as JSON can hold them: settings by name, and what happens to cells by function and amount.

A fault is a function. Written down are its name and its amounts, never code: a file from elsewhere then runs
nothing that is not here already, and can be read by eye. So a fault is a function of `nonidealities`, or one
of your own that Keras knows by name, alone or as `functools.partial` with its amounts by keyword.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import keras

from noisyweights.hardware import cells, chip, converters, drive, nonidealities
from noisyweights.hardware.chip import Chip
from noisyweights.noise import scale_curves
from noisyweights.noise.scale_curves import ScaleCurve

__all__ = ["read", "written"]

_KINDS = {
    name: kind
    for module in (cells, chip, converters, drive)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
_MEND = (
    "take a function of nonidealities, or one of your own under keras.saving.register_keras_serializable, "
    "alone or as functools.partial(function, amount=…)"
)


def written(chip: Chip) -> dict[str, Any]:
    """A chip's settings as JSON can hold them.

    Raises: ValueError for a fault that has no name or whose amounts are no numbers or words, and TypeError
        for a part of a kind that is none of `cells` or `chip`.
    """
    return _written(chip, "the chip")


def read(settings: dict[str, Any]) -> Chip:
    """The chip that `written` wrote down.

    Raises: ValueError for settings of another version, or a fault that is neither one of `nonidealities` nor
        registered with Keras.
    """
    try:
        return _read(settings)
    except (KeyError, TypeError) as error:
        raise ValueError(f"these are no settings of a chip as this version has them: {error}") from error


def _written(part: Any, name: str) -> Any:
    if dataclasses.is_dataclass(part) and _KINDS.get(type(part).__name__) is type(part):
        fields = {field.name: getattr(part, field.name) for field in dataclasses.fields(part) if field.init}
        return {"kind": type(part).__name__, **{key: _written(fields[key], key) for key in fields}}
    if isinstance(part, tuple | list):
        return [_written(one, name) for one in part]
    if part is None or isinstance(part, str | bool | Real):
        return int(part) if isinstance(part, Integral) and not isinstance(part, bool) else _plain(part)
    if isinstance(part, ScaleCurve):
        return {"scale_curve": part.get_config()}
    if callable(part):
        return _function_written(part, name)
    raise TypeError(f"{name} is a {type(part).__name__}, which is no part of a chip that can be written down")


def _plain(part: str | bool | Real | None) -> str | bool | float | None:
    return part if part is None or isinstance(part, str | bool) else float(part)


def _function_written(function: Callable, name: str) -> dict[str, Any]:
    own, amounts = function, {}
    if isinstance(function, functools.partial):
        own, amounts = function.func, function.keywords
        if function.args:
            raise ValueError(f"{name} holds {function!r}, with amounts that have no name: {_MEND}")
    for key, value in amounts.items():
        if not isinstance(value, Real | str | ScaleCurve | None):
            raise ValueError(
                f"{name} holds {function!r}, whose {key} is neither a number nor a curve: {_MEND}"
            )
    called = getattr(own, "__name__", "")
    if called not in nonidealities.__all__ or getattr(nonidealities, called) is not own:
        called = keras.saving.get_registered_name(own) if called else ""
        if not called or keras.saving.get_registered_object(called) is not own:
            raise ValueError(f"{name} holds {own!r}, which has no name that a file can hold: {_MEND}")
    return {"function": called, "amounts": {key: _written(value, key) for key, value in amounts.items()}}


def _read(part: Any) -> Any:
    if isinstance(part, list):
        return tuple(map(_read, part))
    if not isinstance(part, dict):
        return part
    if "function" in part:
        called, amounts = part["function"], part["amounts"]
        known = called in nonidealities.__all__
        own = getattr(nonidealities, called) if known else keras.saving.get_registered_object(called)
        if own is None:
            raise ValueError(
                f"the chip has a fault {called}, which is none of nonidealities and not known to Keras: "
                "import the module that registers it by keras.saving.register_keras_serializable"
            )
        named = {key: _read(value) for key, value in amounts.items()}
        return functools.partial(own, **named) if named else own
    if "scale_curve" in part:
        return scale_curves.from_config(part["scale_curve"])
    return _KINDS[part["kind"]](**{key: _read(value) for key, value in part.items() if key != "kind"})
