"""Circuits for parity: right on every word, and as many gates as said."""

from math import log2

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.certificates.pieces import fewest_parity_gates
from noflat.constructions import (
    cosine_parity,
    flat_parity,
    folded_parity,
    parity_of_terms,
    parity_tree,
    step,
)


def words(n):
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


def is_parity(network):
    every = words(network.inputs)
    dtype = network.layers[0].weights.dtype
    found = np.asarray(jax.vmap(network)(jnp.asarray(every, dtype)))[:, 0]
    return np.array_equal(found, every.sum(axis=1) % 2)


@pytest.mark.parametrize("n", range(2, 8))
def test_every_depth_on_every_word(n):
    for hidden_layers in range(1, ((n + 2) // 2 - 1).bit_length() + 1):
        network = folded_parity(n, hidden_layers)
        assert is_parity(network)
        assert network.hidden_layers == hidden_layers
        assert network.neurons == fewest_parity_gates(n, hidden_layers)
    assert network.neurons == network.hidden_layers == int(log2(n))
    assert folded_parity(n, 1).neurons == n // 2


@pytest.mark.parametrize("n", range(1, 8))
def test_the_flat_ones_on_every_word(n):
    assert is_parity(flat_parity(n))
    assert flat_parity(n).widths == (n,)
    assert is_parity(parity_of_terms(n))
    assert parity_of_terms(n).widths == (2 ** (n - 1),)


@pytest.mark.parametrize("n", range(2, 8))
def test_the_trees_on_every_word(n):
    plain, skipping = parity_tree(n), parity_tree(n, skips=True)
    assert is_parity(plain)
    assert is_parity(skipping)
    assert skipping.neurons == n - 1
    left, waiting = n, 0
    while left > 1:
        waiting += left % 2
        left = (left + 1) // 2
    assert plain.neurons == 2 * (n - 1) + waiting
    assert plain.hidden_layers == skipping.hidden_layers == (n - 1).bit_length()


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_one_cosine(n):
    network = cosine_parity(n)
    every = words(n)
    found = jax.vmap(network)(jnp.asarray(every, network.layers[0].weights.dtype))[:, 0]
    np.testing.assert_allclose(found, every.sum(axis=1) % 2, atol=n * 1e-15)
    assert network.neurons == 1


def test_the_gate_says_yes_at_its_threshold():
    for t in (jnp.array([-0.5, 0.0, 0.5]), np.array([-1, 0, 1])):
        assert type(step(t)) is type(t)
        assert step(t).dtype == t.dtype
        np.testing.assert_array_equal(step(t), [0, 1, 1])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: flat_parity(0), "`n` must be an integer of at least 1"),
        (lambda: folded_parity(1, 1), "`n` must be an integer of at least 2"),
        (lambda: folded_parity(8, 4), "`hidden_layers` must be from 1 to 3"),
        (lambda: parity_tree(1), "`n` must be an integer of at least 2"),
        (lambda: parity_of_terms(17), "`n` must be at most 16"),
        (lambda: cosine_parity(2, dtype=int), "`dtype` must be one of floating-point numbers"),
    ],
)
def test_wrong_arguments_are_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()
