"""Chains: against sums over all paths, and what a sufficient statistic is."""

import itertools
from fractions import Fraction

import jax
import numpy as np
import pytest

from noflat.targets import MarkovChain, factor, random_chain, sufficient_statistic
from noflat.targets.markov import bayes, direction

HALF = Fraction(1, 2)


def joint(chain):
    """The probability of every path, by multiplication alone."""
    law = {}
    for path in itertools.product(*map(range, chain.sizes)):
        p = chain.start[path[0]]
        for step, here, there in zip(chain.steps, path, path[1:], strict=False):
            p *= step[here][there]
        law[path] = p
    return law


@pytest.mark.parametrize("sizes", [(2, 3), (2, 3, 4), (3, 2, 2, 5)])
def test_likelihoods_and_posteriors_are_sums_over_paths(sizes):
    chain = random_chain(sizes, seed=len(sizes))
    law = joint(chain)
    assert sum(law.values()) == 1
    for level in range(chain.levels + 1):
        for x in range(sizes[-1]):
            both = [
                sum(p for path, p in law.items() if path[level] == y and path[-1] == x)
                for y in range(sizes[level])
            ]
            alone = chain.marginal(level)
            likelihood = chain.likelihoods(level)[x]
            assert [p * q for p, q in zip(alone, likelihood, strict=True)] == both
            assert chain.posterior(level, x) == tuple(p / sum(both) for p in both)


@pytest.mark.parametrize("seed", range(4))
def test_statistics_follow_from_each_other_and_give_the_posterior(seed):
    # pairs of symbols of the last level that differ only in name are put together
    chain = random_chain((2, 3, 4, 3), seed=seed)
    twice = tuple(
        tuple(Fraction(int(j // 2 == i)) * (Fraction(1, 3) if j % 2 else Fraction(2, 3))
              for j in range(6))
        for i in range(3)
    )  # fmt: skip
    chain = MarkovChain(chain.start, (*chain.steps, twice))
    statistics = [sufficient_statistic(chain.likelihoods(i)) for i in range(4)]
    composed = statistics[-1]
    for fine, coarse in reversed(list(zip(statistics[1:], statistics, strict=False))):
        table = factor(fine, coarse)
        composed = tuple(table[value] for value in composed)
    assert composed == statistics[0]
    assert len(set(composed)) == 3 < chain.sizes[-1]
    for x, y in itertools.combinations(range(6), 2):
        same = chain.posterior(0, x) == chain.posterior(0, y)
        assert same == (composed[x] == composed[y])


def test_a_middle_of_one_symbol_leaves_one_class():
    chain = random_chain((3, 1, 5), seed=0)
    assert set(sufficient_statistic(chain.likelihoods(0))) == {0}


def test_a_generic_chain_distills_nothing():
    chain = random_chain((2, 3, 40), seed=1)
    for level in range(2):
        assert len(set(sufficient_statistic(chain.likelihoods(level)))) == 40


def test_what_never_occurs_is_a_class_of_its_own():
    zero, one = Fraction(0), Fraction(1)
    assert sufficient_statistic([(zero, zero), (one, zero), (HALF, zero)]) == (0, 1, 1)
    assert direction([zero, zero]) == (0, 0)
    with pytest.raises(ValueError, match="never occurs"):
        bayes((HALF, HALF), (zero, zero))


def test_no_table_where_the_coarser_statistic_tells_more():
    with pytest.raises(ValueError, match="x = 1 is in class 0 of `fine`"):
        factor((0, 0), (0, 1))


def test_draws_have_the_law_and_run_compiled():
    chain = random_chain((2, 3, 2), seed=2)
    count = 20_000
    key = jax.random.key(0)
    drawn = jax.jit(lambda key: chain.sample(count, key=key))(key)
    np.testing.assert_array_equal(drawn[2], chain.sample(count, key=key)[2])
    found = np.zeros((2, 3, 2))
    np.add.at(found, tuple(map(np.asarray, drawn)), 1 / count)
    for path, p in joint(chain).items():
        # five standard deviations
        assert abs(found[path] - p) < 5 * (float(p) / count) ** 0.5


@pytest.mark.parametrize(
    ("start", "steps", "said"),
    [
        ((HALF, HALF), (((HALF, HALF),),), "`steps\\[0\\]` must have a row"),
        ((HALF, HALF, HALF), (), "`start` must have rows of probabilities"),
        ((HALF, HALF), (((HALF, HALF), (Fraction(1),)),), "of equal length"),
        ((Fraction(3, 2), Fraction(-1, 2)), (), "`start` must have rows of probabilities"),
    ],
)
def test_laws_are_checked(start, steps, said):
    with pytest.raises(ValueError, match=said):
        MarkovChain(start, steps)


def test_levels_and_sizes_are_checked():
    chain = random_chain((2, 2), seed=0)
    with pytest.raises(ValueError, match="`level` must be from 0 to 1"):
        chain.likelihoods(2)
    with pytest.raises(ValueError, match="`sizes` must be two or more"):
        random_chain((2,), seed=0)
