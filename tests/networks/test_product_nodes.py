"""Streamed networks: the same as the dense one, in little memory."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat import apply, count_neurons, count_synapses, flat_product
from noflat.activations import activation
from noflat.constructions import plan_flat
from noflat.constructions.plans import build, stream
from noflat.networks import Network, ProductNodes

DOUBLE = jnp.dtype("float64")


@pytest.mark.parametrize("n", [3, 13])
@pytest.mark.parametrize(
    ("name", "kind", "bias"),
    [("exp", "cube", 0.0), ("sigmoid", "cube", 0.7), ("exp", "corner", 0.0), ("sin", "half", None)],
)
def test_streamed_and_built_and_dense_agree(name, kind, bias, n):
    if kind == "half" and n % 2 == 0:
        name = "cos"
    plan = plan_flat(n, name, kind=kind, bias=bias, scale=0.5, convention="hidden_bias+output_bias")
    streamed, built = stream(plan.levels[0][0], DOUBLE), build(plan, DOUBLE)
    dense = streamed.dense()
    assert isinstance(dense, Network)
    for network in (built, dense):
        assert network.widths == streamed.widths
        assert count_neurons(network) == count_neurons(streamed) == plan.neurons
        assert count_synapses(network) == count_synapses(streamed)
        assert network.hidden_layers == streamed.hidden_layers == 1
    x = jnp.linspace(0.4, 1.3, n)
    outputs = np.array([float(apply(network, x)[0]) for network in (streamed, built, dense)])
    # Rounding: what is summed, times the unit roundoff, times a few for the order of summation.
    hidden = activation(name)(x @ dense.layers[0].weight + (bias or 0.0))
    size = float(jnp.sum(jnp.abs(dense.layers[1].weight)) * jnp.max(jnp.abs(hidden)))
    np.testing.assert_allclose(outputs, outputs[0], rtol=0, atol=16 * 2.0**-53 * size)


def _streamed(n, nodes, half, bias=None, output_bias=None):
    return ProductNodes(
        scale=jnp.array(0.7),
        bias=None if bias is None else jnp.array(bias),
        weight=jnp.array(1.3),
        output_bias=None if output_bias is None else jnp.array(output_bias),
        inputs=n,
        nodes=nodes,
        factors=(-1.0, 1.0),
        half=half,
        activation=activation("softplus"),
    )


@pytest.mark.parametrize("n", [1, 2, 5, 13])
@pytest.mark.parametrize(
    ("nodes", "half"), [((-1.0, 1.0), False), ((-1.0, 1.0), True), ((0.0, 1.0), False)]
)
def test_streamed_equals_dense(n, nodes, half):
    network = _streamed(n, nodes, half, bias=0.4, output_bias=-0.2)
    dense = network.dense()
    x = jax.random.normal(jax.random.key(n), (n,)) / n**0.5
    np.testing.assert_allclose(apply(network, x), apply(dense, x), rtol=1e-9, atol=1e-9)
    assert count_neurons(network) == count_neurons(dense)
    assert count_synapses(network) == count_synapses(dense)
    assert network.widths == dense.widths


@pytest.mark.parametrize(
    ("name", "kind", "factor"),
    [
        ("exp", "cube", jnp.sinh),
        ("exp", "corner", jnp.expm1),
        ("cos", "half", jnp.sin),
    ],
)
def test_twenty_inputs_in_closed_form(name, kind, factor):
    # Theorem 1f: 2^20 neurons against 20 factors, at a scale where little cancels.
    network = flat_product(20, name, kind=kind, scale=1.0, convention="output_bias")
    assert isinstance(network, ProductNodes)
    x = jnp.linspace(1.1, 1.6, 20)
    np.testing.assert_allclose(apply(network, x)[0], jnp.prod(factor(x)), rtol=1e-9)


def test_memory_does_not_grow_with_the_neurons():
    network = flat_product(24, "exp", scale=1.0)
    compiled = jax.jit(lambda x: apply(network, x)).lower(jnp.ones(24)).compile()
    # Blocks of 2^12 sums of 12 numbers; 2^24 neurons with their weights would be three gibibytes.
    analysis = compiled.memory_analysis()
    assert analysis is not None
    assert analysis.temp_size_in_bytes < 2**22


def test_transformations():
    dtype = "float32"
    network = flat_product(14, "gelu", scale=0.25, dtype=dtype)
    assert isinstance(network, ProductNodes)
    points = jnp.asarray(np.random.default_rng(0).uniform(1, 2, (3, 14)), dtype)
    loop = jnp.stack([apply(network, x) for x in points])
    assert loop.dtype == dtype
    batch = jax.jit(jax.vmap(apply, in_axes=(None, 0)))(network, points)
    scale = float(jnp.abs(network.weight)) * 2**7 * float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(batch, loop, rtol=0, atol=100 * scale)
    slopes = jax.grad(lambda network, x: apply(network, x)[0], argnums=(0, 1))(network, points[0])
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(slopes))


@pytest.mark.usefixtures("unchecked")
def test_wrong_uses_are_refused():
    network = flat_product(14, "exp")
    with pytest.raises(ValueError, match=r"`x` must be one point of shape \(14,\); got \(2, 14\)"):
        apply(network, jnp.ones((2, 14)))
    large = flat_product(26, "exp")
    assert isinstance(large, ProductNodes)
    with pytest.raises(ValueError, match="`dense` would need 13 GiB .* 67108864 neurons; evaluate"):
        large.dense()
    with pytest.raises(ValueError, match=r"2\^40 neurons.*product_tree"):
        flat_product(40, "exp")
