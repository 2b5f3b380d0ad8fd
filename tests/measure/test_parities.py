"""Checks of parity: they accept what is right, by both ways, and refuse what is not."""

import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import cosine_parity, flat_parity, folded_parity, parity_tree, step
from noflat.measure import of_the_sum, wrong_parities, wrong_parities_of_sums
from noflat.networks import SparseLayer, SparseNetwork, sparse_layer


@pytest.mark.parametrize("network", [flat_parity(6), folded_parity(9, 2), cosine_parity(5)])
def test_both_ways_agree(network):
    assert wrong_parities(network) == wrong_parities_of_sums(network) == 0


def test_the_network_of_the_sum_is_the_network():
    network = folded_parity(7, 2)
    alone = of_the_sum(network)
    for ones in range(8):
        bits = jnp.arange(7) < ones
        assert network(bits.astype(int)) == alone(jnp.array([ones]))


def test_a_spoiled_gate_is_found():
    network = folded_parity(8, 2)
    first = network.layers[0]
    assert first.bias is not None
    spoiled = SparseLayer(first.rows, first.columns, first.weights, first.bias.at[0].add(1))
    changed = SparseNetwork((spoiled, *network.layers[1:]), network.sizes, step, skips=True)
    assert wrong_parities(changed) > 0
    assert wrong_parities_of_sums(changed) > 0


def test_wrong_words_are_counted():
    one_bit = SparseNetwork((sparse_layer(np.array([[1], [0], [0]])),), (3, 1), None)
    assert wrong_parities(one_bit) == 4


def test_a_network_that_tells_bits_apart_is_refused():
    with pytest.raises(ValueError, match="`network` must give all inputs one weight; neuron 0"):
        of_the_sum(parity_tree(4))
    with pytest.raises(ValueError, match="`network` must give all inputs one weight"):
        wrong_parities_of_sums(parity_tree(4, skips=True))


def test_too_many_bits_are_told():
    with pytest.raises(ValueError, match="`network` must have at most 22 inputs; got 23"):
        wrong_parities(flat_parity(23))
