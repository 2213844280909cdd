"""A law in name alone."""

__all__ = ["Point"]


class Point:
    """All mass at 0."""

    def get_config(self) -> dict[str, str]:
        """Return what is asked of every law."""
        return {"law": "point"}
