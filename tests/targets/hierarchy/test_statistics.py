"""Exact statistics: all of them by counting over all trees."""

from fractions import Fraction
from itertools import combinations, product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_hierarchies import SMALL, every_string, every_tree, named, small

from noflat.targets.hierarchy import (
    EMPTY,
    HIDDEN,
    Hierarchy,
    class_counts,
    posterior,
    random_hierarchy,
    tuple_correlations,
    tuple_counts,
)


def agreeing(strings, labels, seen):
    """How many strings of each class agree, by going through them."""
    fits = ((seen == HIDDEN) | (strings == seen)).all(axis=1)
    return np.bincount(labels[fits], minlength=labels.max() + 1).tolist()


@pytest.mark.parametrize("chosen", SMALL, ids=named)
def test_posteriors_are_counts_of_strings(chosen):
    hierarchy, generator = small(chosen), np.random.default_rng(0)
    strings, labels = every_string(hierarchy)
    for trial in range(30):
        seen = strings[generator.integers(len(strings))].copy()
        seen[generator.random(len(seen)) < trial / 30] = HIDDEN
        if trial % 5 == 0:  # also what no string has
            seen[generator.integers(len(seen))] = generator.integers(EMPTY, hierarchy.symbols)
        wanted = agreeing(strings, labels, seen)
        assert class_counts(hierarchy, seen.tolist()) == wanted
        if any(wanted):
            shares = [Fraction(count, sum(wanted)) for count in wanted]
            assert posterior(hierarchy, seen.tolist()) == shares


@settings(max_examples=20)
@given(st.lists(st.sampled_from([HIDDEN, EMPTY, 0, 1, 2]), min_size=16, max_size=16))
def test_any_pattern(seen):
    hierarchy = small(SMALL[3])
    assert class_counts(hierarchy, seen) == agreeing(*every_string(hierarchy), np.array(seen))


def node_tuples(hierarchy, node):
    """By counting over all trees: the class, the symbol of a lowest node, and its rule."""
    trees = every_tree(hierarchy)
    symbols = np.asarray(trees.label)[:, None]
    for rules, chosen in zip(hierarchy.rules[:-1], trees.rules[:-1], strict=True):
        symbols = np.asarray(rules)[symbols, np.asarray(chosen)].reshape(len(symbols), -1)
    found = (np.asarray(trees.label), symbols[:, node], np.asarray(trees.rules[-1])[:, node])
    parents = hierarchy.rules[-1].shape[0]
    counts = np.zeros((hierarchy.classes, parents, hierarchy.synonyms), np.int64)
    np.add.at(counts, found, 1)
    return counts


@pytest.mark.parametrize("chosen", SMALL, ids=named)
def test_tuples_are_counted_over_all_trees(chosen):
    hierarchy = small(chosen)
    for node in range(hierarchy.branching ** (hierarchy.levels - 1)):
        every = node_tuples(hierarchy, node)
        # of the choices of rules and placements, those beside the way to the node are free
        free = hierarchy.strings // hierarchy.synonyms**hierarchy.levels
        np.testing.assert_array_equal(tuple_counts(hierarchy, node) * free, every)
        total = int(every.sum())
        correlations = tuple_correlations(hierarchy, node)
        for place in np.ndindex(every.shape):
            joint = Fraction(int(every[place]), total)
            label = Fraction(int(every[place[0]].sum()), total)
            tuples = Fraction(int(every[:, place[1], place[2]].sum()), total)
            assert correlations[place] == joint - label * tuples


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("symbols", "levels", "branching", "synonyms"),
    [(4, 2, 2, 4), (8, 3, 2, 8), (6, 3, 3, 20), (5, 4, 2, 3)],
)
def test_synonyms_tell_the_same_exactly(symbols, levels, branching, synonyms, seed):
    hierarchy = random_hierarchy(
        symbols, levels, branching=branching, synonyms=synonyms, key=jax.random.key(seed)
    )
    for node in {0, branching ** (levels - 1) - 1}:
        correlations = tuple_correlations(hierarchy, node)
        assert (correlations == correlations[:, :, :1]).all()
        assert all(value == 0 for value in correlations.sum(axis=(1, 2)))
        assert all(value == 0 for value in correlations.sum(axis=0).ravel())


def every_level(v, pairs):
    """All ways to give each of v symbols v of the pairs, as rules of a level."""
    if not pairs:
        yield ()
        return
    for rules in combinations(pairs, v):
        for others in every_level(v, [pair for pair in pairs if pair not in rules]):
            yield (rules, *others)


@pytest.mark.parametrize(("v", "levels"), [(2, 2), (2, 3), (2, 4), (3, 2)])
def test_what_a_tuple_tells_on_average_over_all_rules(v, levels):
    """Proposition H2, in rationals: the lowest level may be any, as H1 says."""
    pairs = list(product(range(v), repeat=2))
    of_level = [jnp.array(rules, "int32") for rules in every_level(v, pairs)]
    for node in {0, 2 ** (levels - 1) - 1}:
        signals, draws = np.zeros((v, v), object), 0
        for upper in product(of_level, repeat=levels - 1):
            counts = tuple_counts(Hierarchy((*upper, of_level[0]), v), node)[:, :, 0]
            shares = v * counts * np.array(Fraction(1)) / counts.sum(axis=0)
            signals, draws = signals + (shares - 1) ** 2, draws + 1
        assert (signals / draws == Fraction(v - 1, (v + 1) ** (levels - 1))).all()


def test_wrong_arguments_are_told():
    hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`seen` must have 4 slots; got 3"):
        class_counts(hierarchy, [0, 1, 2])
    for value in (4, -2, -4):
        with pytest.raises(ValueError, match=f"`seen` must hold symbols below 4.*got {value}"):
            class_counts(hierarchy, [0, 1, 2, value])
    with pytest.raises(ValueError, match="`seen` must agree with a string of some class"):
        posterior(hierarchy, [0, 1, 2, EMPTY])
    for node in (-1, 2):
        with pytest.raises(ValueError, match=f"`node` must be between 0 and 1; got {node}"):
            tuple_counts(hierarchy, node)
