"""Scale curves from samples: known curves come back, with errors that cover them."""

import numpy as np
import pytest
from scipy import stats

from noisyweights import seeds
from noisyweights.noise.fitting import level_scales

TARGETS = np.array([2.0, 5.0, 10.0, 20.0, 40.0])
TRUE = {
    "constant": ({"deviation_uS": 1.5}, lambda g: 1.5 + 0 * g),
    "proportional": ({"ratio": 0.08}, lambda g: 0.08 * g),
    "power": ({"top_uS": 2.0, "exponent": 0.5}, lambda g: 2 * np.sqrt(g / 40)),
    "affine": ({"floor_uS": 0.5, "ratio": 0.04}, lambda g: 0.5 + 0.04 * g),
}


def measured(scale, *, repeat=0, n=100, unit=None):
    """Levels of a device whose noise is `scale` of the target; Gaussian, or of a unit law."""
    generator = seeds.generator(0, "levels", repeat)
    target = np.repeat(TARGETS, n)
    z = (
        generator.standard_normal(len(target))
        if unit is None
        else unit.rvs(len(target), random_state=generator)
    )
    order = generator.permutation(len(target))  # as a file need not be sorted
    return level_scales.levels(target_uS=target[order], conductance_uS=(target + scale(target) * z)[order])


@pytest.mark.parametrize("family", TRUE)
def test_a_known_curve_comes_back_within_its_errors(family):
    """Of 100 fits, 95 % intervals should cover in 95 ± 2.2; some four of these either way are let pass."""
    true, scale = TRUE[family]
    distances = {name: [] for name in true}
    chi_squares = []
    for repeat in range(100):
        fit = level_scales.fit(measured(scale, repeat=repeat), family=family)
        chi_squares.append(fit.chi_square)
        for name, value in true.items():
            distances[name].append((fit.estimate[name] - value) / fit.standard_error[name])
    for name, values in distances.items():
        assert 87 <= np.sum(np.abs(values) < 1.96) <= 99, name
        assert abs(np.mean(values)) < 4 / np.sqrt(100), name  # four standard errors of a mean without bias
    assert stats.kstest(chi_squares, stats.chi2(len(TARGETS) - len(true)).cdf).pvalue > 1e-3


def test_heavy_tails_make_wider_errors_that_still_cover():
    """Student's t with 9 degrees of freedom has excess kurtosis 1.2; as Gaussian it would cover less."""
    unit = stats.t(9, scale=np.sqrt(7 / 9))
    true, scale = TRUE["proportional"]
    fits = [level_scales.fit(measured(scale, repeat=r, unit=unit), family="proportional") for r in range(100)]
    distances = np.array(
        [(one.estimate["ratio"] - true["ratio"]) / one.standard_error["ratio"] for one in fits]
    )
    assert 86 <= np.sum(np.abs(distances) < 1.96) <= 99
    gaussian = level_scales.fit(measured(scale), family="proportional").standard_error["ratio"]
    assert np.mean([one.standard_error["ratio"] for one in fits]) > 1.1 * gaussian


def test_a_wrong_curve_is_seen():
    """The negative control: noise that grows is not constant, and no chance makes it look so."""
    _, scale = TRUE["power"]
    assert level_scales.fit(measured(scale), family="constant").p_value < 1e-6
    assert level_scales.fit(measured(scale), family="power").p_value > 1e-3


def test_moments_are_those_of_each_level():
    generator = seeds.generator(0, "moments")
    parts = {7.0: generator.gamma(3, size=40), 3.0: generator.normal(1, 2, size=25)}
    target = np.concatenate([np.full(len(part), at) for at, part in parts.items()])
    found = level_scales.levels(target_uS=target, conductance_uS=np.concatenate(list(parts.values())))
    order = sorted(parts, key=lambda at: parts[at].mean())
    np.testing.assert_array_equal(found.target_uS, order)
    np.testing.assert_array_equal(found.count, [len(parts[at]) for at in order])
    for row, at in enumerate(order):
        part = parts[at]
        assert found.conductance_uS[row] == pytest.approx(np.mean(part))
        assert found.deviation_uS[row] == pytest.approx(
            np.sqrt(np.sum((part - part.mean()) ** 2) / (len(part) - 1))
        )
        assert found.skewness[row] == pytest.approx(stats.skew(part, bias=False))
        assert found.excess_kurtosis[row] == pytest.approx(stats.kurtosis(part, bias=False))
    assert found.standard_error_uS == pytest.approx(found.deviation_uS * found.relative_error)


def test_a_curve_through_the_levels_meets_them():
    found = measured(TRUE["affine"][1])
    curve = level_scales.through(found)
    np.testing.assert_allclose(curve(found.conductance_uS), found.deviation_uS, rtol=1e-12)
    assert (curve.low_uS, curve.high_uS) == (found.conductance_uS[0], found.conductance_uS[-1])


@pytest.mark.parametrize(
    ("target", "sample", "message"),
    [
        ([1.0, 2.0], [1.0], r"\(2,\) and \(1,\)"),
        ([1.0] * 8, [1.0] * 7 + [np.nan], "finite target"),
        ([1.0] * 8, range(8), "there is one level"),
        ([1.0] * 8 + [2.0] * 7, range(15), "2 µS has 7 samples from 8 to 14"),
        ([1.0] * 8 + [2.0] * 8, [*range(8), *[3] * 8], "2 µS has 8 samples from 3 to 3"),
    ],
)
def test_bad_samples(target, sample, message):
    with pytest.raises(ValueError, match=message):
        level_scales.levels(target_uS=target, conductance_uS=sample)


def test_bad_fits():
    found = measured(TRUE["affine"][1])
    with pytest.raises(ValueError, match=r"family must be one of constant, .*, got 'cubic'"):
        level_scales.fit(found, family="cubic")
