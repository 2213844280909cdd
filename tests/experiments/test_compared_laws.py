"""The laws that the book compares: their names, and the order that arrays of results follow."""

from types import SimpleNamespace

from noisyweights.experiments import compared_laws
from noisyweights.noise import laws


def test_arrays_in_the_order_of_the_names_are_in_that_of_the_laws(monkeypatch):
    monkeypatch.setattr(compared_laws, "ecram", laws.gaussian)  # not fitted here
    found = compared_laws.controls(SimpleNamespace(law=laws.uniform()))
    assert tuple(found) == compared_laws.LAWS
    assert tuple(compared_laws.compared(SimpleNamespace(law=laws.uniform()))) == compared_laws.LAWS[:3]
