"""What neither side of the miniature uses."""

__all__ = ["NOTHING"]

NOTHING = 0
