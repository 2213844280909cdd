"""What both sides of the miniature stand on."""

__all__ = ["BASE"]

BASE = 3.0
