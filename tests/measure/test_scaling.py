"""Laws of sample complexity: exponents that were put in come out, and curves collapse."""

import itertools

import numpy as np
import pytest

from noflat.measure import collapse, scaling_fit

CELLS = list(itertools.product([1, 2, 3], [16, 36, 64]))
FACTORS = {
    "blanks + 1": [cell[0] for cell in CELLS],
    "rules": [cell[1] for cell in CELLS],
}
TRUTH = np.array([2.5 * parts**2 * rules**0.9 for parts, rules in CELLS])


def seeded(generator: np.random.Generator, seeds: int, *, shared: float = 0.0) -> np.ndarray:
    """Sample complexities by cell and seed, a fifth apart; seeds may share part of their luck."""
    own = generator.normal(size=(len(CELLS), seeds))
    common = generator.normal(size=seeds)
    return TRUTH[:, None] * np.exp(0.2 * ((1 - shared) ** 0.5 * own + shared**0.5 * common))


def test_an_exact_law_is_found():
    found = scaling_fit(np.repeat(TRUTH[:, None], 2, axis=1).tolist(), FACTORS)
    assert list(found.exponents) == ["blanks + 1", "rules"]
    np.testing.assert_allclose(found.exponents["blanks + 1"], 2, rtol=1e-10)
    np.testing.assert_allclose(found.exponents["rules"], 0.9, rtol=1e-10)
    np.testing.assert_allclose(found.prefactor, 2.5, rtol=1e-10)
    assert max(found.residual, found.noise) < 1e-10


@pytest.mark.parametrize(("paired", "shared"), [(False, 0.0), (True, 0.0), (True, 0.7)])
def test_the_intervals_hold_the_truth(paired, shared):
    generator = np.random.default_rng(0)
    trials, held = 200, np.zeros(3)
    for _ in range(trials):
        sizes = seeded(generator, 5, shared=shared).tolist()
        found = scaling_fit(sizes, FACTORS, paired=paired, resamples=1000)
        estimates = [*found.exponents.values(), found.prefactor]
        for i, (one, truth) in enumerate(zip(estimates, (2, 0.9, 2.5), strict=True)):
            held[i] += one.low <= truth <= one.high
    # four standard deviations below 98 %
    assert held.min() / trials > 0.98 - 4 * (0.02 * 0.98 / trials) ** 0.5


def test_what_seeds_share_is_kept_only_if_they_are_paired():
    sizes = seeded(np.random.default_rng(1), 8, shared=0.9).tolist()

    def width(paired: bool) -> float:
        found = scaling_fit(sizes, FACTORS, paired=paired).exponents["blanks + 1"]
        return found.high - found.low

    # luck that all cells share moves the prefactor, and not the exponents
    assert width(True) < width(False)


@pytest.mark.parametrize(("paired", "shared"), [(False, 0.0), (True, 0.5)])
def test_the_residual_of_a_true_law_is_the_noise(paired, shared):
    generator = np.random.default_rng(2)
    found = [
        scaling_fit(
            seeded(generator, 5, shared=shared).tolist(), FACTORS, paired=paired, resamples=1
        )
        for _ in range(400)
    ]
    squares = np.array([[one.residual**2, one.noise**2] for one in found])
    difference = squares[:, 0] - squares[:, 1]
    assert abs(difference.mean()) < 5 * difference.std() / len(found) ** 0.5


def test_a_false_law_leaves_more_than_the_noise():
    sizes = TRUTH[:, None] * np.exp(0.02 * np.random.default_rng(3).normal(size=(len(CELLS), 5)))
    found = scaling_fit(sizes.tolist(), {"rules": FACTORS["rules"]})
    assert found.residual > 10 * found.noise


def test_cells_may_differ_in_their_seeds_and_all_count_the_same():
    few = scaling_fit([[1, 1], [4, 4]], {"factor": [1, 2]})
    many = scaling_fit([[1, 1], [4] * 50], {"factor": [1, 2]})
    assert few.exponents["factor"].value == pytest.approx(many.exponents["factor"].value)


@pytest.mark.parametrize(
    ("sizes", "factors", "options", "message"),
    [
        ([[1, 2], [3]], {"f": [1, 2]}, {}, "`sizes` must have at least two seeds in every cell"),
        ([], {"f": []}, {}, "`sizes` must have at least two seeds in every cell"),
        ([[1, 2], [0, 3]], {"f": [1, 2]}, {}, "`sizes` must be positive numbers"),
        ([[1, 2], [2, 3]], {"f": [1, -2]}, {}, "`factors` must be positive numbers"),
        ([[1, 2], [2, 3]], {"f": [1]}, {}, "one value for each of the 2 cells; got 1 of 'f'"),
        ([[1, 2], [2, 3]], {"f": [2, 2]}, {}, "`factors` must determine their exponents"),
        ([[1, 2], [2, 3]], {"f": [1, 2], "g": [1, 3]}, {}, "`factors` must determine"),
        ([[1, 2], [2, 3, 4]], {"f": [1, 2]}, {"paired": True}, "`sizes` of paired cells"),
    ],
)
def test_cells_that_say_nothing(sizes, factors, options, message):
    with pytest.raises(ValueError, match=message):
        scaling_fit(sizes, factors, **options)


def curve(scale: float, points: int = 9) -> tuple[list[float], list[float]]:
    """An error that falls from 0.8 to 0 in ln P around `scale`."""
    sizes = scale * np.geomspace(0.1, 10, points)
    return sizes.tolist(), (0.4 - 0.4 * np.tanh(np.log(sizes / scale))).tolist()


def test_the_true_scales_collapse_the_curves():
    scales = [1.0, 4.0, 9.0]
    found = collapse([curve(100 * scale) for scale in scales], scales)
    assert found.spread < 1e-12
    assert found.unscaled == pytest.approx(np.std(np.log(scales)))
    assert found.share_left < 1e-20


def test_equal_scales_change_nothing():
    curves = [curve(100), curve(300)]
    found = collapse(curves, [7.0, 7.0])
    assert found.spread == pytest.approx(found.unscaled)
    assert found.share_left == pytest.approx(1)


def test_wrong_scales_drive_curves_apart():
    assert collapse([curve(100), curve(300)], [3.0, 1.0]).share_left == pytest.approx(4)


def test_grids_need_not_agree():
    found = collapse([curve(100, 201), curve(300, 157)], [1.0, 3.0])
    # linear interpolation on steps of ln P of at most 0.03, of a second derivative at most one
    assert found.spread < 0.03**2


@pytest.mark.parametrize(
    ("scales", "levels", "message"),
    [
        ([1.0], (0.1,), "`scales` must be one for each of at least two curves; got 1 for 2"),
        ([1.0, 0.0], (0.1,), "`scales` must be positive numbers"),
        ([1.0, 2.0], (0.9,), "`levels` must be crossed by every curve; at 0.9 one is below"),
        ([1.0, 2.0], (1e-6,), "`levels` must be crossed by every curve; at 1e-06 one is above"),
    ],
)
def test_curves_that_do_not_compare(scales, levels, message):
    with pytest.raises(ValueError, match=message):
        collapse([curve(100), curve(300)], scales, levels=levels)


def test_one_curve():
    with pytest.raises(ValueError, match="at least two curves; got 1 for 1"):
        collapse([curve(100)], [1.0])
