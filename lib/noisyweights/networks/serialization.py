"""The format in which a saved model holds the configuration of our layers."""

from typing import Any

__all__ = ["FORMAT", "of_this_format"]

FORMAT = 1


def of_this_format(config: dict[str, Any], layer: type) -> dict[str, Any]:
    """Return a saved configuration without its "format".

    Raises: ValueError for one of another format, as another version of this library saved it.
    """
    config = dict(config)
    if (found := config.pop("format", None)) != FORMAT:
        raise ValueError(
            f"this {layer.__name__} was saved in format {found}, and this version reads format {FORMAT}: "
            "load it with the version of noisyweights that saved it"
        )
    return config
