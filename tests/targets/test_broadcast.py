"""The broadcast process: against the chain of all its configurations."""

import itertools
from collections import Counter
from fractions import Fraction
from math import log

import jax
import numpy as np
import pytest

from noflat.targets import Broadcast, count_classes, sufficient_statistic
from noflat.targets.broadcast import census, decided, log_odds, raised

TREES = [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)]
FLIPS = [Fraction(1, 10), Fraction(3, 10)]


def leaves(process):
    return list(itertools.product((0, 1), repeat=process.leaves))


@pytest.mark.parametrize(("branches", "levels"), TREES)
@pytest.mark.parametrize("flip", FLIPS)
def test_odds_and_statistics_are_those_of_the_chain(branches, levels, flip):
    process = Broadcast(branches, levels, flip)
    chain = process.chain()
    likelihoods = chain.likelihoods(0)
    for x, (zero, one) in zip(leaves(process), likelihoods, strict=True):
        assert process.odds(x) == one / zero
    for level in range(levels):
        names = {}
        tree = [names.setdefault(process.statistic(x, level), len(names)) for x in leaves(process)]
        assert tuple(tree) == sufficient_statistic(chain.likelihoods(level))
        assert len(names) == count_classes(branches, levels - level) ** branches**level


@pytest.mark.parametrize(("branches", "levels"), TREES)
def test_the_law_is_that_of_all_leaves(branches, levels):
    process = Broadcast(branches, levels, Fraction(1, 5))
    wanted = {}
    for x, given in zip(leaves(process), process.chain().likelihoods(0), strict=True):
        (ratio,) = process.statistic(x, 0)
        known = wanted.get(ratio, (0, 0))
        wanted[ratio] = known[0] + given[0], known[1] + given[1]
    assert process.law(levels) == wanted


def majorities(x, branches):
    """The decision level by level, and how often a fair coin was thrown for it."""
    while len(x) > 1:
        blocks = [x[i : i + branches] for i in range(0, len(x), branches)]
        x = [Counter(block).most_common(1)[0][0] for block in blocks]
    return x[0]


def test_decisions_and_numbers_of_ones_are_those_of_all_leaves():
    process = Broadcast(3, 2, Fraction(1, 5))
    hard = process.law(0)
    for _ in range(2):
        hard = decided(raised(hard, 3, process.flip))
    wanted, ones = [[0, 0], [0, 0]], [[0] * 10, [0] * 10]
    for x, given in zip(leaves(process), process.chain().likelihoods(0), strict=True):
        for bit in (0, 1):
            wanted[majorities(list(x), 3)][bit] += given[bit]
            ones[bit][sum(x)] += given[bit]
    assert sorted(hard.values()) == sorted(map(tuple, wanted))
    assert sorted(census(process, 2).values()) == sorted(zip(*ones, strict=True))


def test_a_tie_is_a_fair_coin():
    law = decided(Broadcast(2, 1, Fraction(1, 10)).law(1))
    assert sorted(law.values()) == [
        (Fraction(1, 10), Fraction(9, 10)),
        (Fraction(9, 10), Fraction(1, 10)),
    ]


@pytest.mark.parametrize("flip", [Fraction(p, 40) for p in range(1, 20)])
@pytest.mark.parametrize(("branches", "height"), [(2, 4), (3, 2), (4, 2), (5, 2)])
def test_the_count_of_classes_bounds_and_is_reached(branches, height, flip):
    found = len(Broadcast(branches, 1, flip).law(height))
    assert found == count_classes(branches, height)


@pytest.mark.parametrize("height", range(1, 7))
def test_two_branches_square_the_classes(height):
    before = count_classes(2, height)
    assert count_classes(2, height + 1) == (before**2 + 1) // 2


@pytest.mark.parametrize("branches", range(2, 7))
def test_the_points_are_counted_one_by_one(branches):
    for height in (1, 2):
        below = count_classes(branches, height - 1)
        pairs, odd = divmod(below, 2)
        if pairs > 3:
            continue
        sums = set()
        values = [tuple(int(i == j) for j in range(pairs)) for i in range(pairs)]
        values += [tuple(-entry for entry in value) for value in values]
        values += [(0,) * pairs] * odd
        for chosen in itertools.combinations_with_replacement(values, branches):
            sums.add(tuple(map(sum, zip(*chosen, strict=True))))
        assert len(sums) == count_classes(branches, height)


def test_draws_have_the_law_and_run_compiled():
    process = Broadcast(2, 2, Fraction(1, 5), Fraction(1, 3))
    count, key = 40_000, jax.random.key(0)
    first, x = jax.jit(lambda key: process.sample(count, key=key))(key)
    np.testing.assert_array_equal(x, process.sample(count, key=key)[1])
    found = Counter(
        zip(np.asarray(first).tolist(), map(tuple, np.asarray(x).tolist()), strict=True)
    )
    prior = (Fraction(2, 3), Fraction(1, 3))
    for row, given in zip(leaves(process), process.chain().likelihoods(0), strict=True):
        for bit in (0, 1):
            p = float(prior[bit] * given[bit])
            # five standard deviations
            assert abs(found[bit, row] / count - p) < 5 * (p / count) ** 0.5


def test_log_odds_reach_beyond_floats():
    # 2048 equal leaves at strong noise: the numbers have thousands of digits
    process = Broadcast(2, 11, Fraction(1, 1000), Fraction(1, 3))
    (found,) = log_odds(process, [[1] * 2048])
    # near the largest that two children can tell
    assert 0 < 2 * log(999) - log(2) - found < 0.01
    even = Broadcast(2, 2, Fraction(1, 10), Fraction(1, 3))
    assert log_odds(even, [(0, 1, 1, 0)])[0] == pytest.approx(-log(2), rel=1e-15)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"branches": 1}, "`branches` must be an integer of at least 2"),
        ({"levels": 0}, "`levels` must be an integer of at least 1"),
        ({"flip": Fraction(1, 2)}, "`flip` must be a fraction between 0 and 1/2"),
        ({"start": Fraction(1)}, "`start` must be a fraction between 0 and 1"),
    ],
)
def test_numbers_are_checked(given, said):
    settings = {"branches": 2, "levels": 2, "flip": Fraction(1, 10)} | given
    with pytest.raises(ValueError, match=said):
        Broadcast(**settings)


def test_leaves_and_levels_are_checked():
    process = Broadcast(2, 2, Fraction(1, 10))
    with pytest.raises(ValueError, match="`x` must have 4 bits"):
        process.odds((0, 1))
    with pytest.raises(ValueError, match="`level` must be from 0 to 2"):
        process.statistic((0, 0, 0, 0), 3)
    with pytest.raises(ValueError, match="at most 9 leaves"):
        Broadcast(2, 4, Fraction(1, 10)).chain()
