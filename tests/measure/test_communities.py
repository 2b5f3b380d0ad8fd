"""Rank-one blocks: taken apart exactly, and found again in graphs."""

import jax
import numpy as np
import pytest

from noflat.measure import (
    affinity,
    cross_affinity,
    cross_entries,
    inertia,
    label_error,
    leading_clusters,
    orthogonal_clusters,
    rank_one_factors,
)
from noflat.targets import BlockModel, adjacency, popularity_adjusted


def model_of(n, count, zeros=0.0, seed=0):
    return popularity_adjusted(n, count, zeros=zeros, key=jax.random.key(seed))


@pytest.mark.parametrize("zeros", [0.0, 0.3])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_factors_multiply_to_the_matrix(count, zeros):
    model = model_of(24, count, zeros)
    left, right, pivots = rank_one_factors(model.numerators, model.communities)
    assert np.count_nonzero(left) + np.count_nonzero(right) <= 2 * 24 * count
    total = sum(
        np.outer(column, row) // pivot
        for column, row, pivot in zip(left.T, right, pivots, strict=True)
    )
    np.testing.assert_array_equal(total, model.numerators)


def test_wrong_communities_are_refused():
    model = model_of(12, 2)
    with pytest.raises(ValueError, match="must have rank one in every block"):
        rank_one_factors(model.numerators, np.roll(model.communities, 1) ^ (np.arange(12) < 4))


@pytest.mark.parametrize("n", [1, 4, 7])
def test_inertia_agrees_with_eigenvalues(n):
    draws = np.random.default_rng(n)
    half = draws.integers(-3, 4, (n, max(1, n - 2)))
    matrix = half @ np.diag(draws.choice([-1, 1], half.shape[1])) @ half.T
    values = np.linalg.eigvalsh(matrix)
    # eigenvalues of so small integers are not as small as this and not zero
    wanted = ((values > 1e-9).sum(), (values < -1e-9).sum(), (abs(values) <= 1e-9).sum())
    assert inertia(matrix) == wanted


def test_inertia_is_of_symmetric_matrices():
    with pytest.raises(ValueError, match="`matrix` must be symmetric"):
        inertia(np.array([[0, 1], [2, 0]]))


@pytest.mark.parametrize("zeros", [0.0, 0.2])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_signature_and_the_orthogonal_subspaces(count, zeros):
    model = model_of(20, count, zeros)
    positive, negative = count * (count + 1) // 2, count * (count - 1) // 2
    assert inertia(model.numerators) == (positive, negative, 20 - count**2)
    assert cross_entries(model) == 0


def test_without_full_rank_subspaces_need_not_be_orthogonal():
    # both communities are as popular everywhere: P has rank one and tells nothing
    popularity = np.repeat(np.arange(1, 9)[:, None], 2, axis=1)
    model = BlockModel(popularity, np.arange(8) % 2, 10)
    assert inertia(model.numerators) == (1, 0, 7)
    assert cross_entries(model) > 0


def test_affinities_are_a_projection():
    graph = adjacency(model_of(60, 3), key=jax.random.key(1))
    found = affinity(graph, 3) / 60
    # eigenvectors are found to about 1e-8
    np.testing.assert_allclose(found @ found, found, atol=1e-7)
    np.testing.assert_allclose(np.trace(found), 9, rtol=1e-7)


def test_the_first_order_value_is_met():
    models = [model_of(400, 2, 0.2, seed) for seed in range(12)]
    graphs = [adjacency(model, key=jax.random.key(9 + i)) for i, model in enumerate(models)]
    ratios = []
    for model, graph in zip(models, graphs, strict=True):
        cross = model.communities[:, None] != model.communities
        found = np.sqrt((affinity(graph, 2)[cross] ** 2).mean())
        ratios.append(found / cross_affinity(model))
    spread = np.std(ratios, ddof=1) / np.sqrt(len(ratios))
    assert abs(np.mean(ratios) - 1) < 3 * spread < 0.05


def test_communities_are_found_where_leading_eigenvectors_fail():
    model = model_of(480, 3, 0.2)
    graph = adjacency(model, key=jax.random.key(1))
    found = orthogonal_clusters(affinity(graph, 3), 3)
    again = orthogonal_clusters(affinity(graph, 3), 3)
    np.testing.assert_array_equal(found, again)
    error = label_error(found, model.communities)
    assert error < 0.03
    assert label_error(leading_clusters(graph, 3), model.communities) > 3 * error


def test_a_node_without_edges_is_put_somewhere():
    model = model_of(120, 2, 0.2)
    graph = adjacency(model, key=jax.random.key(2))
    graph[0] = graph[:, 0] = False
    assert set(orthogonal_clusters(affinity(graph, 2), 2)) == {0, 1}


def test_names_of_communities_do_not_matter():
    true = np.arange(30) % 3
    renamed = np.array([2, 0, 1])[true]
    assert label_error(renamed, true) == 0
    renamed[:3] = (renamed[:3] + 1) % 3
    assert label_error(renamed, true) == pytest.approx(0.1)


def test_too_few_nodes_are_told():
    with pytest.raises(ValueError, match="`graph` must have more than 10 nodes"):
        affinity(np.ones((10, 10), bool), 3)
