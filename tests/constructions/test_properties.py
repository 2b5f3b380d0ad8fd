"""One table of constructions, and what holds for every one of them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings

from noflat import (
    apply,
    flat_product,
    grouped_product,
    multiplication_gate,
    product,
    product_tree,
)
from noflat.activations import activation, derivatives
from noflat.constructions import plan_flat
from noflat.measure import relative_rms_error, sample

SHORT = (0.5, 0.3, 0.02, 1e-4)
# A construction in a dtype, and the error it stays below there: bfloat16, float16, float32, 64.
TABLE: dict[str, tuple[Callable[..., Any], tuple[float, float, float, float]]] = {
    "gate": (partial(multiplication_gate, "silu"), (0.04, 0.01, 1e-4, 1e-9)),
    "gate of three": (partial(multiplication_gate, "exp", neurons=3), (0.7, 0.4, 0.03, 1e-4)),
    "exact gate": (partial(multiplication_gate, "power2"), (0.02, 3e-3, 1e-6, 1e-14)),
    "short": (partial(flat_product, 2, "exp", kind="short", convention="affine_skip"), SHORT),
    "tree": (partial(product_tree, 5, "silu"), (0.9, 0.4, 5e-3, 1e-6)),
    "groups": (partial(grouped_product, 6, 2, "gelu"), (0.9, 0.5, 5e-3, 1e-6)),
}
DTYPES = ("bfloat16", "float16", "float32", "float64")
each = pytest.mark.parametrize("name", TABLE)


@each
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept_and_the_error_is_of_its_size(name, dtype):
    make, errors = TABLE[name]
    network = make(dtype=dtype)
    assert {leaf.dtype.name for leaf in jax.tree.leaves(network)} == {dtype}
    points = jnp.asarray(sample("cube", network.inputs, 2**8, seed=0), dtype)
    outputs = jax.vmap(network)(points)
    assert outputs.dtype == dtype
    assert outputs.shape == (2**8, 1)
    wide = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), points)
    wanted = np.asarray(jax.vmap(product(network.inputs))(wide))
    error = np.asarray(outputs[:, 0], float) - wanted
    assert np.sqrt(np.mean(error**2) / np.mean(wanted**2)) < errors[DTYPES.index(dtype)]


@each
def test_transformations_change_nothing(name):
    network = TABLE[name][0]()
    points = jnp.asarray(sample("cube", network.inputs, 8, seed=1))
    loop = jnp.stack([apply(network, x) for x in points])
    batch = jax.vmap(apply, in_axes=(None, 0))(network, points)
    compiled = jax.jit(jax.vmap(apply, in_axes=(None, 0)))(network, points)
    # Another order of summation rounds by as much as the floor of the construction.
    floor = TABLE[name][1][3]
    np.testing.assert_allclose(batch, loop, rtol=0, atol=floor)
    np.testing.assert_allclose(compiled, loop, rtol=0, atol=floor)


@each
def test_gradients_are_finite_and_those_of_the_product(name):
    network = TABLE[name][0]()
    points = jnp.asarray(sample("cube", network.inputs, 2**6, seed=2))
    found = jax.jit(jax.vmap(jax.grad(lambda x: apply(network, x)[0])))(points)
    wanted = jax.jit(jax.vmap(jax.grad(product(network.inputs))))(points)
    # A slope loses one more digit group than a value: the square root of the floor is ample.
    np.testing.assert_allclose(found, wanted, rtol=0, atol=TABLE[name][1][3] ** 0.5)
    slopes = jax.jit(jax.grad(lambda network: apply(network, points[0])[0]))(network)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(slopes))


@each
def test_a_network_compiles_once(name):
    network, traces = TABLE[name][0](), []

    @jax.jit
    def traced(network, x):
        traces.append(1)
        return apply(network, x)

    for other in (network, jax.tree.map(jnp.negative, network)):
        traced(other, jnp.ones(network.inputs))
    assert len(traces) == 1


SYMMETRIC = ["exp", "sigmoid", "tanh", "cos", "gaussian"]


def rounding(network, x):
    """What another order of summation may change: some unit roundoffs of all that is summed."""
    first, last = network.layers
    arguments = x @ first.weight
    hidden = network.activation(arguments if first.bias is None else arguments + first.bias)
    return 8 * 2.0**-53 * float(jnp.sum(jnp.abs(hidden * last.weight[:, 0])))


@settings(max_examples=40)
@given(
    n=st.integers(2, 5),
    name=st.sampled_from(SYMMETRIC),
    bias=st.sampled_from([0.0, 0.4, -1.1]),
    scale=st.sampled_from([0.5, 0.125]),
    data=st.data(),
)
def test_cubes_have_the_symmetries_of_the_product(n, name, bias, scale, data):
    values = derivatives(activation(name), n, bias)
    assume(abs(values[n]) >= 0.01)  # no product elsewhere
    network = flat_product(n, name, kind="cube", bias=bias, scale=scale, convention="hidden_bias")
    x = jnp.array(data.draw(st.lists(st.floats(-1, 1), min_size=n, max_size=n)))
    slack, value = rounding(network, x), float(apply(network, x)[0])
    order = data.draw(st.permutations(range(n)))
    assert abs(float(apply(network, x[jnp.array(order)])[0]) - value) <= slack
    index = data.draw(st.integers(0, n - 1))
    assert abs(float(apply(network, x.at[index].multiply(-1))[0]) + value) <= slack
    assert abs(float(apply(network, x.at[index].set(0))[0])) <= slack


@settings(max_examples=30)
@given(
    n=st.integers(2, 4),
    name=st.sampled_from(["exp", "sigmoid", "silu", "gelu", "softplus", "tanh"]),
    bias=st.floats(-1.5, 1.5),
    exponent=st.integers(2, 30),
)
def test_at_any_bias_and_scale_the_error_is_at_most_a_few_times_the_prediction(
    n, name, bias, exponent
):
    values = derivatives(activation(name), n, bias)
    assume(abs(values[n]) >= 0.01)
    wanted: dict[str, Any] = {
        "kind": "cube",
        "bias": bias,
        "scale": 2.0**-exponent,
        "convention": "hidden_bias",
    }
    points = jnp.asarray(sample("cube", n, 2**8, seed=4))
    error = float(relative_rms_error(flat_product(n, name, **wanted), product(n), points))
    assert error < 5 * plan_flat(n, name, **wanted).predicted_error
