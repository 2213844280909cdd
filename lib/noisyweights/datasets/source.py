"""Where data come from: what a page says of the set or file behind its numbers."""

from dataclasses import dataclass

__all__ = ["DataSource"]


@dataclass(frozen=True)
class DataSource:
    """Data that a page used.

    `embedded`: a small sample for the real set. `simulated`: a device computed from physics, not measured.
    `drawn`: pictures made by a program in place of photographs.
    """

    name: str
    origin: str
    sha256: str
    embedded: bool = False
    simulated: bool = False
    drawn: bool = False
