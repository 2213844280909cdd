"""Pages: what a chapter is made of, from a number in its prose to the scoreboard."""

from noisyweights import lazy_loading

__all__ = [
    "array_picture",
    "display",
    "front_page",
    "markup",
    "notation",
    "plots",
    "runs",
    "scoreboard",
    "svg",
]
__getattr__ = lazy_loading.modules(__name__)
