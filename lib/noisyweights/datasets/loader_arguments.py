"""What loaders of image sets can be asked for: a split, and the real set or what stands in for it."""

__all__ = ["CHOICES", "SPLITS", "check_dataset", "check_split"]

SPLITS = ("train", "test")
CHOICES = ("auto", "real", "sample")


def check_split(word: str) -> None:
    """Raise ValueError for a word that names no split."""
    _check("split", word, SPLITS)


def check_dataset(word: str) -> None:
    """Raise ValueError for a word that tells no choice between the real set and its sample."""
    _check("dataset", word, CHOICES)


def _check(what: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise ValueError(f"{what} {word!r} is none of {', '.join(words)}")
