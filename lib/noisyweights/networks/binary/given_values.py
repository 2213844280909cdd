"""Values that layers take as given instead of drawing or computing them, within a block of a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import keras

__all__ = ["Given", "given", "given_to"]


class Given(NamedTuple):
    """What a layer takes as given within a block of `given`: its scale and, if known, its product."""

    scale: Any
    product: Any = None


_GIVEN: ContextVar[Mapping[int, Given]] = ContextVar("given")


@contextmanager
def given(values: Mapping[keras.layers.Layer, Given]) -> Iterator[None]:
    """Within this block, layers use these scales, (outputs,) each, and products, as they are.

    Layers that it does not name keep what a block around this one gives them.
    """
    token = _GIVEN.set({**_GIVEN.get({}), **{id(layer): value for layer, value in values.items()}})
    try:
        yield
    finally:
        _GIVEN.reset(token)


def given_to(layer: keras.layers.Layer) -> Given | None:
    """What a block around this call gives a layer, None if nothing."""
    return _GIVEN.get({}).get(id(layer))
