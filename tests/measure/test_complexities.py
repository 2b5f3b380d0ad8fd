"""Sample complexities: read off a grid, over seeds, with intervals that hold what they promise."""

import numpy as np
import pytest

from noflat.measure import Crossing, crossing, paired_ratio, sample_complexity
from noflat.measure.complexities import widened

GRID = np.geomspace(100, 1600, 9)


def straight(size: float) -> np.ndarray:
    """Errors that fall linearly in ln P through a tenth at `size`: interpolation is exact."""
    return 0.1 - 0.2 * np.log(GRID / size)


@pytest.mark.parametrize("size", [100.1, 317.0, 400.0, 1599.0])
def test_a_straight_curve_is_read_exactly(size):
    assert crossing(GRID, straight(size)).size == pytest.approx(size, rel=1e-12)


def test_of_several_crossings_the_last_counts():
    errors = [0.3, 0.05, 0.2, 0.0, 0.0]
    found = crossing([1, 2, 4, 8, 16], errors).size
    assert found == pytest.approx(4 * 2**0.5)
    assert found == crossing([4, 8], [0.2, 0.0]).size


def test_an_error_at_the_level_is_learned():
    assert crossing([1, 2, 4], [0.5, 0.1, 0.1]).size == pytest.approx(2)


@pytest.mark.parametrize(
    ("errors", "side"), [([0.5, 0.2], "above"), ([0.05, 0.2], "above"), ([0.1, 0.0], "below")]
)
def test_a_crossing_outside_the_grid_is_no_number(errors, side):
    assert crossing([1, 2], errors) == Crossing(None, side)


def test_the_level_is_free():
    errors = straight(400.0)
    assert crossing(GRID, errors + 0.2, 0.3).size == pytest.approx(400, rel=1e-12)


@pytest.mark.parametrize("sizes", [[], [2, 1], [1, 1], [0, 1]])
def test_sizes_in_disorder(sizes):
    with pytest.raises(ValueError, match="`sizes` must be positive and ascending"):
        crossing(sizes, [0.5] * len(sizes))


@pytest.mark.parametrize("errors", [[0.5], [0.5, float("nan")]])
def test_errors_that_are_not_there(errors):
    with pytest.raises(ValueError, match="`errors` must hold a finite number for each of the 2"):
        crossing([1, 2], errors)


def test_a_level_of_nothing():
    with pytest.raises(ValueError, match="`level` must be a positive error; got 0"):
        crossing([1, 2], [0.5, 0.0], 0)


def test_the_mean_over_seeds_is_geometric():
    sizes = np.array([200.0, 400.0, 800.0])
    found = sample_complexity(GRID, np.array([straight(size) for size in sizes]))
    assert found.size == pytest.approx(400, rel=1e-12)
    # the mean of curves that are straight in ln P is straight, through the mean of ln P
    assert found.of_mean.size == pytest.approx(400, rel=1e-12)
    assert found.low < 400 < found.high
    assert found.censored == 0
    assert [one.size for one in found.of_seeds] == pytest.approx(sizes.tolist(), rel=1e-12)


def test_of_steep_curves_the_mean_one_waits_for_the_last_seed():
    errors = np.array([np.where(size > GRID, 0.8, 0.0) for size in (200, 400, 800)])
    found = sample_complexity(GRID, errors)
    assert found.size is not None
    assert found.of_mean.size is not None
    assert found.of_mean.size > 1.5 * found.size


def test_equal_seeds_have_no_interval_and_one_seed_has_all():
    errors = np.array([straight(300.0)] * 4)
    found = sample_complexity(GRID, errors)
    assert found.low == pytest.approx(found.size) == found.high
    alone = sample_complexity(GRID, errors[:1])
    assert (alone.low, alone.high) == (0, np.inf)
    assert alone.size == pytest.approx(300)


def test_a_censored_seed_leaves_the_median():
    errors = np.array([straight(size) for size in (200.0, 400.0, 10_000.0)])
    found = sample_complexity(GRID, errors)
    assert found.censored == 1
    assert found.of_seeds[2] == Crossing(None, "above")
    assert found.size == pytest.approx(400)
    assert found.low == pytest.approx(200)
    assert found.high == np.inf


def test_a_censored_median_is_no_number():
    errors = np.array([straight(size) for size in (50.0, 20.0, 400.0, 60.0)])
    found = sample_complexity(GRID, errors)
    assert found.size is None
    assert (found.low, found.censored) == (0, 3)
    assert found.high == pytest.approx(400)


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_the_interval_holds_the_truth(seeds):
    generator = np.random.default_rng(seeds)
    trials, held = 300, 0
    for _ in range(trials):
        sizes = 400 * np.exp(0.2 * generator.normal(size=seeds))
        found = sample_complexity(GRID, np.array([straight(size) for size in sizes]))
        held += found.low <= 400 <= found.high
    # 99 % less what few seeds cost, and four standard deviations of the count
    assert held / trials > 0.97 - 4 * (0.03 * 0.97 / trials) ** 0.5


def test_the_widening_ends_with_many_seeds():
    assert widened(10**6, 10**6 - 1) == pytest.approx(1, abs=1e-5)
    assert widened(2, 1) > widened(3, 2) > widened(4, 3)


def test_no_seed():
    with pytest.raises(ValueError, match="`errors` must have a row for every seed; got none"):
        sample_complexity(GRID, np.zeros((0, 9)))


def test_no_resample():
    with pytest.raises(ValueError, match="`resamples` must be an integer of at least 1"):
        sample_complexity(GRID, np.zeros((2, 9)), resamples=0)


def test_ratios_of_paired_seeds_scatter_less_than_their_sizes():
    generator = np.random.default_rng(0)
    rules = np.exp(generator.normal(0, 0.5, size=6))
    sizes = 800 * rules * np.exp(generator.normal(0, 0.05, size=6))
    ratio, low, high = paired_ratio(sizes, 100 * rules)
    assert low < 8 < high
    assert ratio == pytest.approx(8, rel=0.1)
    assert high / low < 1.5
    assert paired_ratio([30.0], [10.0])[1:] == (0, np.inf)


def test_intervals_of_ratios_cover():
    generator = np.random.default_rng(1)
    covered = 0
    for _ in range(300):
        over = np.exp(generator.normal(1.0, 0.3, size=6))
        _, low, high = paired_ratio(over, np.ones(6), resamples=400)
        covered += low <= np.e <= high
    assert covered >= 300 * 0.99 - 3 * (300 * 0.99 * 0.01) ** 0.5 - 1


@pytest.mark.parametrize(
    "pair", [([1.0], [1.0, 2.0]), ([0.0], [1.0]), ([np.nan], [1.0]), ([], [])], ids=str
)
def test_sizes_that_do_not_pair_off(pair):
    with pytest.raises(ValueError, match="`sizes` and `others` must be positive"):
        paired_ratio(*pair)
    with pytest.raises(ValueError, match="`resamples` must be an integer of at least 1"):
        paired_ratio([1.0], [1.0], resamples=0)
