"""Flattening: the product matrix, its synapses counted by blocks of rows, and what is refused."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.networks import (
    SparseNetwork,
    count_flat_synapses,
    flatten,
    flattening_cost,
    layer_matrices,
    linear_network,
    sparse_layer,
)


def random_network(sizes, seed):
    draws = np.random.default_rng(seed)
    pairs = zip(sizes, sizes[1:], strict=False)
    return linear_network([draws.integers(-1, 2, shape) for shape in pairs])


@pytest.mark.parametrize("seed", range(5))
def test_flat_does_the_same_and_is_counted(seed):
    deep = random_network((7, 5, 9, 6), seed)
    flat = flatten(deep)
    matrices = [matrix.toarray() for matrix in layer_matrices(deep)]
    product = matrices[0] @ matrices[1] @ matrices[2]
    points = jnp.arange(28).reshape(4, 7) - 11
    np.testing.assert_array_equal(jax.vmap(flat)(points), jax.vmap(deep)(points))
    np.testing.assert_array_equal(jax.vmap(flat)(points), np.asarray(points) @ product)
    nonzero = np.count_nonzero(product)
    assert (flat.synapses, flat.hidden_layers) == (nonzero, 0)
    assert {count_flat_synapses(deep, block=block) for block in (1, 3, 512)} == {nonzero}
    assert flattening_cost(deep) == Fraction(nonzero, deep.synapses)


def test_what_cancels_is_no_synapse():
    deep = linear_network([np.array([[1, 1]]), np.array([[1, 2], [-1, 3]])])
    assert count_flat_synapses(deep) == 1
    assert flatten(deep).synapses == 1


def test_integers_are_of_64_bits():
    large = linear_network([np.array([[2**30]], np.int32)] * 2)
    (weight,) = np.asarray(flatten(large).layers[0].weights)
    assert weight == 2**60


def test_a_tolerance_takes_rounding_errors_for_zero():
    deep = linear_network([np.array([[0.1, 0.2, -0.3]]), np.ones((3, 1))])
    assert count_flat_synapses(deep) == 1
    assert count_flat_synapses(deep, tolerance=1e-15) == 0


@pytest.mark.parametrize(
    "network",
    [
        SparseNetwork((sparse_layer(np.eye(2)), sparse_layer(np.eye(2))), (2, 2, 2), jnp.tanh),
        SparseNetwork(
            (sparse_layer(np.eye(2)), sparse_layer(np.ones((4, 1)))), (2, 2, 1), None, True
        ),
        SparseNetwork((sparse_layer(np.eye(2), np.ones(2)),), (2, 2)),
    ],
)
def test_only_linear_chains_are_flattened(network):
    with pytest.raises(ValueError, match="`network` must be linear"):
        layer_matrices(network)


def test_wrong_arguments_are_told():
    deep = random_network((2, 2), 0)
    with pytest.raises(ValueError, match="`tolerance` must be at least 0"):
        count_flat_synapses(deep, tolerance=-1.0)
    with pytest.raises(ValueError, match="`block` must be"):
        count_flat_synapses(deep, block=0)
    with pytest.raises(ValueError, match="must have a synapse"):
        flattening_cost(linear_network([np.zeros((2, 2))]))
