"""Measurements to display, and the HTML of what was displayed."""

from noisyweights.ledger.claims import Measurement


def moments(value: float) -> list[Measurement]:
    """Fabricate the two computed quantities of P-moments."""
    names = ("max_abs_mean", "max_abs_variance_error")
    return [Measurement.exact("P-moments", name, value) for name in names]


def html(output: dict) -> str:
    return output["data"]["text/html"]
