"""Networks of few active neurons: against their functions at all words, and by what they cost."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.certificates import certify_sparse_activation
from noflat.constructions import (
    dense_parity,
    extremal_network,
    gated_experts,
    index_network,
    junta_network,
    lifted,
    lifted_parity,
    majority_network,
)
from noflat.measure import all_signs, exact_average_sensitivity
from noflat.targets import index_sensitivity, indexed


def at_all_words(network):
    x = jnp.asarray(all_signs(network.inputs), network.layers[0].weight.dtype)
    return np.asarray(jax.jit(jax.vmap(network))(x))[:, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("weight", [0.5, 1.0])
@pytest.mark.parametrize("bits", [1, 2, 3])
def test_the_index_is_exact_with_one_active_neuron(bits, weight, dtype):
    x = jnp.asarray(all_signs(bits + 2**bits))
    wanted = np.asarray(jax.vmap(lambda word: indexed(word, bits))(x))
    for signs in (True, False):
        network = index_network(bits, signs=signs, address_weight=weight, dtype=dtype)
        assert network.neurons == 2**bits
        assert network.layers[0].weight.dtype == dtype
        np.testing.assert_array_equal(at_all_words(network), wanted if signs else wanted / 2 + 0.5)
        found = certify_sparse_activation(network)
        squared = (bits * Fraction(weight) ** 2 + Fraction(1, 4)) * (4 if signs else 1)
        assert (found.active, found.weight_squared) == (1, squared)
        assert index_sensitivity(bits) / (1 if signs else 4) <= found.bound


def test_a_smaller_weight_of_the_address_would_not_do():
    with pytest.raises(ValueError, match="`address_weight` must be at least 1/2.*got 0.49"):
        index_network(2, address_weight=0.49)
    network = index_network(2)
    first = network.layers[0]
    low = first.weight.at[:2].mul(0.9)
    changed = network.layers[0]._replace(weight=low, bias=0.5 - 0.45 * 2 + 0 * first.bias)
    other = type(network)((changed, network.layers[1]), network.activation)
    assert certify_sparse_activation(other).active > 1


@pytest.mark.parametrize("margin", [1, 2])
@pytest.mark.parametrize(("p", "copies"), [(1, 1), (2, 3), (4, 1), (5, 2)])
def test_a_junta_is_exact_and_only_its_word_s_neurons_are_active(p, copies, margin):
    values = np.random.default_rng(p).integers(-8, 9, 2**p) * margin * copies
    network = junta_network(values, copies=copies, margin=margin, inputs=p + 2)
    np.testing.assert_array_equal(at_all_words(network), np.tile(values, 4))
    found = certify_sparse_activation(network)
    assert (found.active, found.mean_square) == (copies, copies**2)
    assert found.weight_squared == p * Fraction(int(np.abs(values).max()), margin * copies) ** 2


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 2, 3, 6, 8])
def test_the_extremal_family_attains_the_bound(p, k):
    network = extremal_network(p, k)
    found = certify_sparse_activation(network)
    values = at_all_words(network)
    assert found.active == k
    assert found.weight_squared == p
    assert exact_average_sensitivity(values) == found.bound == found.uniform_bound == 4 * k**2 * p
    energy = int(np.mean(values**2))
    assert found.degree(energy) == p - 1
    assert found.degree(Fraction(999, 1000) * energy) == p


@pytest.mark.parametrize("p", [1, 2, 5, 8])
def test_a_parity_costs_what_it_must(p):
    """Corollary S3: 4 k^2 W^2 is at least the sensitivity, and that of a junta is no more."""
    parity = np.prod(all_signs(p), axis=1)
    prices = []
    for network in (junta_network(parity), dense_parity(p)):
        np.testing.assert_array_equal(at_all_words(network), parity)
        found = certify_sparse_activation(network)
        prices.append(4 * found.active**2 * found.weight_squared)
    assert prices[0] == exact_average_sensitivity(parity) == p < prices[1]


def test_gated_experts_are_those_of_the_address():
    draw = np.random.default_rng(0)
    experts = draw.normal(size=(8, 5))
    network = gated_experts(experts)
    x = all_signs(8)
    address = ((x[:, :3] > 0) * 2 ** np.arange(3)).sum(axis=1)
    wanted = np.maximum(np.sum(experts[address] * x[:, 3:], axis=1), 0)
    np.testing.assert_allclose(at_all_words(network), wanted, atol=1e-12)
    assert certify_sparse_activation(network).active == 1
    low = gated_experts(experts, gate=0.2 * np.abs(experts).sum(axis=1).max())
    assert certify_sparse_activation(low).active > 1


@pytest.mark.parametrize("chosen", [(0,), (1, 3), (0, 2, 5), (1, 2, 3, 4), tuple(range(6))])
def test_lifted_parity_is_right_and_the_printed_sum_constant(chosen):
    m = 6
    y = all_signs(m)
    x = np.asarray(jax.vmap(lifted)(jnp.asarray(y)))
    np.testing.assert_array_equal(x[:, :: m + 1], y)
    even = np.sum(y[:, list(chosen)] < 0, axis=1) % 2 == 0

    def on_lifted(network):
        first = network.layers[0]
        sums = x @ np.asarray(first.weight) + np.asarray(first.bias)
        return np.asarray(jax.vmap(network)(jnp.asarray(x)))[:, 0], np.sum(sums > 0, axis=1)

    values, active = on_lifted(lifted_parity(m, chosen))
    np.testing.assert_array_equal(values, even)
    assert active.max() == 1
    printed, _ = on_lifted(lifted_parity(m, chosen, sums=range(-m, m + 1)[m % 2 :: 2]))
    assert set(printed) == {float(len(chosen) % 2 == 0)}
    assert len(set(even)) == 2


@pytest.mark.parametrize(("p", "n"), [(1, 3), (4, 4), (5, 7), (6, None)])
def test_a_dense_network_of_p_neurons_is_the_parity(p, n):
    network = dense_parity(p, inputs=n)
    words = all_signs(network.inputs)
    np.testing.assert_array_equal(at_all_words(network), np.prod(words[:, :p], axis=1))
    # all neurons are active where all signs are 1; |u| = 2 but for the first
    found = certify_sparse_activation(network)
    assert (found.active, found.weight_squared) == (p, (4 if p > 1 else 1) * p)


def test_two_neurons_are_the_majority():
    found = at_all_words(majority_network(7))
    np.testing.assert_array_equal(found, np.sign(all_signs(7).sum(axis=1)))
    with pytest.raises(ValueError, match="`n` must be odd, so that there is a majority; got 4"):
        majority_network(4)


def test_wrong_arguments_are_told():
    with pytest.raises(ValueError, match="`values` must be one for each of 2, 4, 8"):
        junta_network([1, 2, 3])
    with pytest.raises(ValueError, match="`margin` must be 1 or 2"):
        junta_network([1, 2], margin=3)
    with pytest.raises(ValueError, match="`inputs` must be an integer of at least 2"):
        junta_network([1, 2, 3, 4], inputs=1)
    with pytest.raises(ValueError, match="`copies` must be an integer"):
        extremal_network(2, 0)
    with pytest.raises(ValueError, match="`bits` must be at most 16 signs"):
        index_network(17)
    with pytest.raises(ValueError, match=r"`experts` must have a row.*got \(3, 2\)"):
        gated_experts(np.ones((3, 2)))
    with pytest.raises(ValueError, match="`gate` must be a positive number"):
        gated_experts(np.ones((2, 2)), gate=0)
    for chosen in ((), (0, 4)):
        with pytest.raises(ValueError, match="`chosen` must be some of the signs 0 to 3"):
            lifted_parity(4, chosen)
