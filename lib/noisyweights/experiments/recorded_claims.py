"""What the recorded full run says of every claim."""

from dataclasses import dataclass

from tqdm import tqdm

from noisyweights.experiments import results
from noisyweights.experiments.device import Device
from noisyweights.ledger import claims, outcomes, verdicts
from noisyweights.ledger.claims import Claim
from noisyweights.ledger.outcomes import Recorded
from noisyweights.ledger.verdicts import Checked, Verdict

__all__ = ["RUNS", "Stated", "load"]

RUNS = (  # the experiments from which the book's chapters draw their verdicts
    "device_noise",
    "quadrature",
    "inverse_sampling",
    "energy_distance",
    "regression",
    "faces",
    "binary",
    "coin_flips",
    "coin_flips.epochs",
    "crossbar.networks",
    "tied_scale",
)


@dataclass(frozen=True)
class Stated:
    """A claim, the verdict on it, and its checks with what was measured; `experiment` is "" without any."""

    claim: Claim
    verdict: Verdict
    checks: tuple[Checked, ...]
    experiment: str


def load() -> tuple[Stated, ...]:
    """All claims in the order of data/claims.yml, as measured on the reference device.

    Computed from the recorded points; of experiments that are not recorded whole, an earlier run's
    measurements count. Raises ValueError for a damaged file of the record.
    """
    runs = outcomes.read_all() | _from_points()
    measured = {m.claim: run.outcome for run in runs.values() for m in run.outcome.measurements}
    return tuple(_stated(claim, measured.get(claim.id)) for claim in claims.load().values())


def _from_points() -> dict[str, Recorded]:
    device = Device.open()
    found = (results.recorded(name, device=device) for name in tqdm(RUNS, desc="record", disable=None))
    return {run.outcome.experiment: run for run in found if run is not None}


def _stated(claim: Claim, outcome: outcomes.Outcome | None) -> Stated:
    measurements = outcome.measurements if outcome else ()
    return Stated(
        claim=claim,
        verdict=verdicts.verdict(claim.id, measurements),
        checks=verdicts.check_states(claim.id, measurements),
        experiment=outcome.experiment if outcome else "",
    )
