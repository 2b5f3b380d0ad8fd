"""Passes in closed form against automatic differentiation of the network itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.activations import ACTIVATIONS
from noflat.conventions import Convention
from noflat.networks import apply, init
from noflat.training.sensitivities import forward, gradient, jacobian, rows

ALL = Convention(hidden_bias=True, output_bias=True, affine_skip=True)
# A few hundred additions of numbers of order one, each rounded twice along two ways.
CLOSE = dict(rtol=1e-11, atol=1e-12)


def _case(name, hidden, convention):
    network = init((3, *hidden, 1), name, convention=convention, key=jax.random.key(0))
    moved = [leaf + 0.1 for leaf in jax.tree.leaves(network)]  # biases and skip are drawn zero
    network = jax.tree.unflatten(jax.tree.structure(network), moved)
    points = jax.random.uniform(jax.random.key(1), (17, 3), "float64", minval=-1, maxval=1)
    return network, points


@pytest.mark.parametrize(
    ("name", "hidden", "convention"),
    [
        *((name, (5,), ALL) for name in sorted(ACTIVATIONS)),
        ("tanh", (4, 6, 3), ALL),
        ("exp", (4, 6, 3), Convention()),
        ("silu", (1,), Convention()),
    ],
)
def test_all_derivatives_are_those_of_the_network(name, hidden, convention):
    network, points = _case(name, hidden, convention)

    def outputs(network):
        return jax.vmap(apply, in_axes=(None, 0))(network, points)[:, 0]

    turned = rows(network)
    passed = forward(turned, points.T)
    np.testing.assert_allclose(passed.outputs, outputs(network), **CLOSE)
    expected = jax.jacrev(outputs)(network)
    each = jacobian(turned, passed)
    got = jax.vmap(rows, in_axes=-1)(each)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **CLOSE), got, expected)
    weights = jnp.linspace(-1.0, 2.0, 17)
    summed = rows(gradient(turned, passed, weights))
    expected = jax.grad(lambda network: jnp.sum(weights * outputs(network)))(network)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **CLOSE), summed, expected)


def test_rows_twice_is_the_network_itself():
    network, _ = _case("tanh", (4, 6), ALL)
    again = rows(rows(network))
    jax.tree.map(np.testing.assert_array_equal, again, network)
    assert rows(network).layers[0].weight.shape == (4, 3)


def test_the_dtype_of_the_network_is_kept():
    network = init((2, 3, 1), "gelu", dtype="float32", key=jax.random.key(0))
    turned = rows(network)
    passed = forward(turned, jnp.ones((2, 4), "float32"))
    leaves = jax.tree.leaves((passed, gradient(turned, passed, passed.outputs)))
    assert {leaf.dtype.name for leaf in leaves} == {"float32"}
