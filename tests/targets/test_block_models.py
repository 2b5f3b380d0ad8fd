"""The popularity adjusted block model: its probabilities, its zeros and its graphs."""

from fractions import Fraction

import jax
import numpy as np
import pytest

from noflat.targets import adjacency, popularity_adjusted


@pytest.mark.parametrize(("n", "count"), [(5, 1), (12, 3), (31, 4)])
def test_probabilities_by_the_formula(n, count):
    model = popularity_adjusted(n, count, zeros=0.3, key=jax.random.key(n))
    labels, popularity = model.communities, model.popularity
    for i, j in np.ndindex(n, n):
        of_i = Fraction(int(popularity[i, labels[j]]), model.denominator)
        of_j = Fraction(int(popularity[j, labels[i]]), model.denominator)
        assert Fraction(int(model.numerators[i, j]), model.denominator**2) == of_i * of_j
    assert (popularity[np.arange(n), labels] > 0).all()
    assert set(np.bincount(labels)) <= {n // count, n // count + 1}


def test_graphs_have_the_expected_number_of_edges():
    model = popularity_adjusted(300, 3, zeros=0.2, key=jax.random.key(0))
    chance = np.triu(model.numerators / model.denominator**2, 1)
    graph = adjacency(model, key=jax.random.key(1))
    assert (graph == graph.T).all()
    assert not graph.diagonal().any()
    assert not graph[model.numerators == 0].any()
    # five standard deviations of the sum of independent draws
    deviation = np.sqrt((chance * (1 - chance))[chance > 0].sum())
    assert abs(np.triu(graph).sum() - chance.sum()) < 5 * deviation


def test_the_same_key_gives_the_same():
    first, again, other = (popularity_adjusted(20, 2, key=jax.random.key(s)) for s in (0, 0, 1))
    assert (first.popularity == again.popularity).all()
    assert (first.popularity != other.popularity).any()


@pytest.mark.parametrize(
    ("arguments", "zeros", "said"),
    [
        ((3, 4), 0.0, "`communities` must be at most"),
        ((0, 1), 0.0, "`n` must be"),
        ((4, 2), 1.0, "`zeros` must be in"),
    ],
)
def test_wrong_arguments_are_told(arguments, zeros, said):
    with pytest.raises(ValueError, match=said):
        popularity_adjusted(*arguments, zeros=zeros, key=jax.random.key(0))
