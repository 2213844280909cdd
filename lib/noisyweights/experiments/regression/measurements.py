"""What the regression measures of the claims P-regression, P-moments-only and P-narrow-deep."""

from functools import partial

from noisyweights.experiments.compared_laws import LAWS
from noisyweights.experiments.regression.results import Result
from noisyweights.ledger.claims import Measurement
from noisyweights.scores.replicates import largest

__all__ = ["measurements"]


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-regression, P-moments-only and P-narrow-deep."""
    others = ("device", "bimodal")
    n = result.trainings()
    quantities = {"mean": "mean", "epistemic": "sigma_e", "aleatoric": "sigma_a"}
    found = [
        Measurement(
            "P-regression",
            f"worst_{name}_difference",
            *largest(partial(result.difference, quantity, law) for law in others),
            n,
        )
        for quantity, name in quantities.items()
    ]
    shape = largest(partial(result.shape_effect, law) for law in LAWS[1:])
    return [
        *found,
        Measurement("P-moments-only", "worst_shape_effect", *shape, n),
        Measurement("P-moments-only", "sigma_effect", *result.width_effect(), n),
        *(
            Measurement(
                "P-narrow-deep",
                f"nll_difference_{law}",
                *result.nll_difference(law, variant="narrow-deep"),
                result.trainings("narrow-deep"),
            )
            for law in others
        ),
    ]
