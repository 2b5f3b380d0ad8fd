"""Networks with dense weights: how they start, and how exactly they are summed."""

import itertools
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat import (
    Convention,
    apply,
    count_neurons,
    count_synapses,
    flat_product,
    multiplication_gate,
)
from noflat.activations import activation
from noflat.networks import Layer, Network, init

ALL = Convention(hidden_bias=True, output_bias=True, affine_skip=True)


def _network(dtype=jnp.float64):
    start = init((3, 5, 4, 2), "tanh", convention=ALL, dtype=dtype, key=jax.random.key(0))
    leaves, tree = jax.tree.flatten(start)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    filled = [jax.random.normal(k, x.shape, x.dtype) for k, x in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(tree, filled)


@chex.variants(with_jit=True, without_jit=True)  # pyright: ignore[reportCallIssue]
class Evaluation(chex.TestCase):
    def test_is_the_formula(self):
        network, x = _network(), jnp.array([0.3, -1.2, 0.8])
        one, two, last = network.layers
        hidden = jnp.tanh(jnp.tanh(x @ one.weight + one.bias) @ two.weight + two.bias)
        expected = hidden @ last.weight + last.bias + x @ network.skip
        chex.assert_trees_all_close(self.variant(apply)(network, x), expected, rtol=1e-12)


def test_vmap_equals_loop():
    network, points = _network(), jax.random.normal(jax.random.key(2), (7, 3))
    batch = jax.vmap(apply, in_axes=(None, 0))(network, points)
    loop = jnp.stack([apply(network, x) for x in points])
    np.testing.assert_allclose(batch, loop, rtol=1e-12)


def test_counts():
    network = _network()
    assert (network.widths, network.hidden_layers, count_neurons(network)) == ((5, 4), 2, 9)
    assert count_synapses(network) == 15 + 20 + 8 + 6  # the skip's weights are synapses too
    pruned = Network((Layer(jnp.array([[1.0, 0.0]])), Layer(jnp.ones((2, 1)))), activation("exp"))
    assert count_synapses(pruned) == 3


@pytest.mark.parametrize("switches", [*itertools.product((False, True), repeat=3)])
def test_init_has_what_the_convention_allows(switches):
    convention = Convention(*switches)
    network = init((3, 4, 5, 2), "tanh", convention=convention, key=jax.random.key(0))
    assert [layer.bias is not None for layer in network.layers] == [
        convention.hidden_bias,
        convention.hidden_bias,
        convention.output_bias,
    ]
    assert (network.skip is not None) == convention.affine_skip
    leaves = jax.tree.leaves(network)
    assert len(leaves) == 3 + 2 * convention.hidden_bias + convention.output_bias + (
        convention.affine_skip
    )
    assert network.inputs == 3
    assert network.widths == (4, 5)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_init_is_normal_with_unit_gain(dtype):
    network = init((400, 300, 1), "exp", dtype=dtype, key=jax.random.key(0))
    weight = np.asarray(network.layers[0].weight, float)
    assert {leaf.dtype for leaf in jax.tree.leaves(network)} == {jnp.dtype(dtype)}
    # 120000 draws: the standard error of the deviation is 1/490 of it.
    assert weight.std() * 400**0.5 == pytest.approx(1, abs=0.01)
    assert weight.mean() * 400**0.5 == pytest.approx(0, abs=0.015)
    again = init((400, 300, 1), "exp", dtype=dtype, key=jax.random.key(0))
    other = init((400, 300, 1), "exp", dtype=dtype, key=jax.random.key(1))
    np.testing.assert_array_equal(weight, again.layers[0].weight)
    assert not np.array_equal(weight, other.layers[0].weight)


def test_widths_are_checked():
    for widths in ((2, 1), (2,), (2, 0, 1), (0, 2, 1)):
        with pytest.raises(ValueError, match="`widths` must be inputs, one or more hidden widths"):
            init(widths, "exp", key=jax.random.key(0))


@pytest.mark.parametrize("network", [flat_product(3, "exp"), flat_product(13, "exp")])
def test_products_of_matrices_ask_for_full_precision(network):
    # A GPU would else round float32 factors to ten bits, and hidden values cancel to twenty.
    program = str(jax.make_jaxpr(apply)(network, jnp.ones(network.inputs)))
    assert program.count("dot_general") == program.count("Precision.HIGHEST,") > 0


@pytest.mark.usefixtures("unchecked")
def test_a_batch_is_refused_with_the_way_out():
    network = flat_product(3, "exp", convention="affine_skip")
    with pytest.raises(ValueError, match=r"shape \(3,\); got \(5, 3\).*jax.vmap\(apply, in_axes"):
        apply(network, jnp.ones((5, 3)))


@pytest.mark.usefixtures("unchecked")
def test_a_point_may_be_a_list():
    gate: Any = multiplication_gate("silu")
    np.testing.assert_allclose(apply(gate, [0.5, -0.5]), [-0.25], rtol=1e-9)
    with pytest.raises(ValueError, match=r"`x` must be one point of shape \(2,\); got \(3,\)"):
        apply(gate, [1.0, 2.0, 3.0])
