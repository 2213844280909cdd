"""Ledger: the claims, what was measured of them and by what, and the verdicts that follow."""

from noisyweights import lazy_loading

__all__ = ["claims", "code", "outcomes", "provenance", "verdicts"]
__getattr__ = lazy_loading.modules(__name__)
