"""The quadrature experiment's counting, on series whose answer is known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from noisyweights.experiments.quadrature import experiment as quadrature_rules
from noisyweights.experiments.quadrature.experiment import Series
from noisyweights.ledger import verdicts
from noisyweights.noise import laws

CONFIG = replace(quadrature_rules.PROFILES["smoke"], nodes=24, wheeler=6, scales=(1.0,))


@pytest.fixture(scope="module")
def result():
    law = laws.bayes_mtj(A=1.0, B=0.2, C=0.3)
    device = SimpleNamespace(eq3=law, law=law)
    arrays = quadrature_rules.compute(CONFIG, "rules", device)
    return quadrature_rules.collect(CONFIG, device, {"rules": arrays})


def test_the_claims_take_what_is_measured(result):
    measured = quadrature_rules.measurements(result)
    for claim in ("P-quad-var", "P-quad-kl", "P-two-point", "P-wheeler", "P-laguerre"):
        assert verdicts.check_states(claim, measured)


def test_a_cross_entropy_is_exact_with_two_nodes_but_not_with_the_wrong_ones(result):
    assert result.two_point_error < 1e-13
    wrong = quadrature_rules.quadrature.Rule(np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
    assert quadrature_rules._cross_entropy_error(wrong, 0.5) > 0.01


def with_series(result, values):
    nodes = np.arange(2, 2 + values.shape[1])
    series = {key: Series(nodes, values) for key in result.series}
    return replace(result, series=series, exact={"q_D": np.zeros(2), "q_M": np.zeros(2)})


def test_a_rule_settles_at_the_first_count_after_its_last_large_change(result):
    values = np.array([[1.0, 1.0, 1.0, 0.5, 0.5, 0.5], [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]])
    known = with_series(result, values)
    assert known.settles("q_D", "composite", 0) == 3  # changes are 0, 0, ¼, 0, 0
    assert known.settled_error("q_D", 0) == 0.5
    assert known.settles("q_D", "composite", 1) is None
    assert known.settled_error("q_D", 1) == np.inf
    assert known.nodes_ratio("q_D", 0) == 1
    assert known.nodes_ratio("q_D", 1) == np.inf  # ours never settles, the standard one counts as its last


def test_first_unstable_rule():
    assert quadrature_rules.first_unstable(np.array([0, 1e-9, 0.1, np.inf])) == 3
    assert quadrature_rules.first_unstable(np.zeros(4)) == 5
