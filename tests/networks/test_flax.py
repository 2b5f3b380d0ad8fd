"""The bridge to Flax: there and back, and what does not belong is refused."""

from typing import Any

import chex
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from noflat import Convention, apply, flat_product, from_flax, product_tree, to_flax
from noflat.activations import silu
from noflat.networks import init
from noflat.networks.flax import MLP


@pytest.mark.parametrize(
    ("convention", "dtype"),
    [
        (Convention(), "float64"),
        (Convention(hidden_bias=True), "float32"),
        (Convention(hidden_bias=True, affine_skip=True), "float64"),
    ],
)
def test_there_and_back(convention, dtype):
    network = init((2, 5, 3), "silu", convention=convention, dtype=dtype, key=jax.random.key(1))
    if network.skip is not None:
        network = jax.tree.map(lambda leaf: leaf + 0.25, network)
    module, variables = to_flax(network)
    points = jax.random.normal(jax.random.key(2), (2, 3, 2), dtype)
    expected = jax.vmap(jax.vmap(apply, in_axes=(None, 0)), in_axes=(None, 0))(network, points)
    outputs: Any = module.apply(variables, points)
    assert outputs.dtype == dtype
    tolerance = 8 * float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=tolerance)
    chex.assert_trees_all_equal(from_flax(module, variables), network)
    # Weights that Flax drew have the same shapes.
    drawn = module.init(jax.random.key(0), points)
    chex.assert_trees_all_equal_shapes_and_dtypes(drawn, variables)


def test_a_module_of_ones_own_by_the_function_itself():
    variables = to_flax(init((2, 3, 1), "silu", key=jax.random.key(0)))[1]
    module = MLP((3, 1), (True, True), nn.silu)
    assert from_flax(module, variables).activation == silu
    # Flax's gelu is the tanh form unless it is told otherwise: of that name, not that function.
    for function in (nn.gelu, lambda t: t * t):
        with pytest.raises(ValueError, match="`activation` must be one of .*pass an Activation"):
            from_flax(MLP((3, 1), (True, True), function), variables)


def test_wrong_variables_are_refused():
    module, variables = to_flax(init((2, 3, 1), "tanh", key=jax.random.key(0)))
    whole = variables["params"]
    first = whole["layers_0"]
    for params in (
        {},
        {"layers_0": first},
        {**whole, "layers_2": first},
        {**whole, "skip": {"kernel": jnp.zeros((2, 1))}},
        {**whole, "layers_0": {"kernel": first["kernel"]}},
        {**whole, "layers_0": {**first, "kernel": first["kernel"].T}},
        {**whole, "layers_0": {**first, "bias": jnp.zeros(4)}},
    ):
        with pytest.raises(ValueError, match=r"`variables` must hold params of shapes .*as `to_fl"):
            from_flax(module, {"params": params})
    with pytest.raises(ValueError, match="`variables` must hold params"):
        from_flax(module, {})
    with pytest.raises(ValueError, match="got ProductNodes: hand over its `.dense"):
        to_flax(flat_product(13, "exp"))


def test_constructed_network_is_a_start_for_training_in_flax():
    module: Any
    module, variables = to_flax(product_tree(2, "silu", dtype=jnp.float32))
    points = jax.random.uniform(jax.random.key(0), (64, 2), jnp.float32, -1.0, 1.0)
    wanted = jnp.prod(points, axis=1, keepdims=True) + 0.1  # a little beside the product

    def loss(variables):
        return jnp.mean((module.apply(variables, points) - wanted) ** 2)

    with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes
        optimizer = optax.adam(1e-4)
        state = optimizer.init(variables)
        before, gradient = jax.value_and_grad(loss)(variables)
        updates, _ = optimizer.update(gradient, state, variables)
    trained: Any = optax.apply_updates(variables, updates)
    assert np.isclose(before, 0.01, rtol=0.01)
    assert from_flax(module, trained).widths == (4,)
    assert not np.array_equal(
        from_flax(module, trained).layers[0].weight, product_tree(2, "silu").layers[0].weight
    )
