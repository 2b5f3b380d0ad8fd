"""Sparse networks: the same as their dense matrices, in floats and in integers."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse

from noflat.activations import activation
from noflat.networks import (
    Layer,
    Network,
    SparseLayer,
    SparseNetwork,
    count_neurons,
    count_synapses,
    linear_network,
    sparse_layer,
    sparse_network,
)
from noflat.networks.sparse import layer_matrix


def random_matrix(shape, share, seed):
    generator = np.random.default_rng(seed)
    return generator.standard_normal(shape) * (generator.random(shape) < share)


@chex.variants(with_jit=True, without_jit=True)
class TestEvaluation(chex.TestCase):
    def test_as_the_dense_network(self):
        first, second = random_matrix((5, 7), 0.4, 0), random_matrix((7, 2), 0.6, 1)
        bias = np.arange(7.0)
        sparse = SparseNetwork(
            (sparse_layer(first, bias), sparse_layer(second)), (5, 7, 2), jnp.tanh
        )
        layers = (Layer(jnp.asarray(first), jnp.asarray(bias)), Layer(jnp.asarray(second)))
        dense = Network(layers, activation("tanh"))
        points = jnp.asarray(random_matrix((11, 5), 1, 2))
        found = self.variant(jax.vmap(sparse))(points)
        # seven and five terms of size one
        np.testing.assert_allclose(found, jax.vmap(dense)(points), atol=1e-14)
        assert (count_neurons(sparse), count_synapses(sparse)) == (7, dense.synapses)

    def test_integers_stay_integers(self):
        matrices = [scipy.sparse.random(9, 9, 0.3, random_state=i) for i in range(3)]
        integers = [(10 * matrix).astype(int) for matrix in matrices]
        network = linear_network(integers)
        product = integers[0] @ integers[1] @ integers[2]
        points = jnp.arange(9) - 4
        found = self.variant(network)(points)
        assert found.dtype == points.dtype
        np.testing.assert_array_equal(found, np.arange(-4, 5) @ product.toarray())

    def test_skips_see_the_inputs_and_all_earlier_layers(self):
        # x0 and x1, then their maximum relu(x0 - x1) + x1, then its square by hand
        gate = SparseLayer(jnp.array([0, 1]), jnp.array([0, 0]), jnp.array([1.0, -1.0]))
        top = SparseLayer(jnp.array([1, 2]), jnp.array([0, 0]), jnp.array([1.0, 1.0]))
        network = SparseNetwork((gate, top), (2, 1, 1), jax.nn.relu, skips=True)
        points = jnp.asarray(random_matrix((20, 2), 1, 3))
        found = self.variant(jax.vmap(network))(points)[:, 0]
        np.testing.assert_allclose(found, points.max(axis=1), rtol=1e-15)
        assert (network.neurons, network.synapses, network.hidden_layers) == (1, 4, 1)


def test_zeros_that_are_stored_are_no_synapses():
    stored = scipy.sparse.coo_array((np.array([0.0, 2.0]), ([0, 1], [1, 0])), shape=(2, 2))
    assert len(sparse_layer(stored).weights) == 1


@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.coo_array])
def test_a_cast_drops_what_it_rounds_to_zero(form):
    layer = sparse_layer(form(np.array([[1e-30, 0.1]])), np.array([0.1, 1e-30]), dtype="float16")
    assert layer.columns.tolist() == [1]
    assert (layer.weights.dtype, layer.bias.dtype) == (jnp.float16, jnp.float16)
    np.testing.assert_array_equal(layer.bias, np.array([0.1, 0], np.float16))
    assert sparse_layer(form(np.array([[1, 2]])), np.array([0.5, 0])).weights.dtype == int


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64", "int32"])
def test_the_matrix_of_a_layer_is_the_one_it_was_made_of(dtype):
    matrix = (4 * random_matrix((3, 4), 0.5, 0)).astype(jnp.dtype(dtype))
    found = layer_matrix(sparse_layer(matrix), matrix.shape)
    assert found.dtype == matrix.dtype
    np.testing.assert_array_equal(found, matrix)


@pytest.mark.parametrize("skips", [False, True])
def test_a_network_of_parts_is_that_of_its_layers(skips):
    first, second = random_matrix((3, 4), 0.5, 0), random_matrix((7 if skips else 4, 2), 0.5, 1)
    bias = np.arange(4.0)
    found = sparse_network([(first, bias), (second, None)], jnp.tanh, skips=skips)
    layers = (sparse_layer(first, bias), sparse_layer(second))
    expected = SparseNetwork(layers, (3, 4, 2), jnp.tanh, skips)
    chex.assert_trees_all_equal(found, expected)
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    single = sparse_network([(first, bias), (second, None)], skips=skips, dtype="float32")
    assert {leaf.dtype.name for leaf in jax.tree.leaves(single)} == {"int32", "float32"}


def test_parts_must_fit():
    parts = [(np.ones((2, 3)), None), (np.ones((5, 1)), None)]
    assert sparse_network(parts, skips=True).sizes == (2, 3, 1)
    with pytest.raises(ValueError, match=r"`parts` must fit: .* sees 3 values .* \(5, 1\)"):
        sparse_network(parts)
    with pytest.raises(ValueError, match="`parts` must be a matrix and a bias for each layer"):
        sparse_network([])


def test_matrices_must_fit():
    with pytest.raises(ValueError, match="is followed by one of shape"):
        linear_network([np.ones((2, 3)), np.ones((2, 3))])
    with pytest.raises(ValueError, match="at least one"):
        linear_network([])
