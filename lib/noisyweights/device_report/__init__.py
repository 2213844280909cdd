"""A device engineer's answer: can this noise be a Bayesian weight, and what must be changed?"""

from noisyweights import lazy_loading

__all__ = ["as_json", "figures", "html_page", "measures", "report", "screen"]
__getattr__ = lazy_loading.modules(__name__)
