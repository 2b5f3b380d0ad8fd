"""The claim itself: the gap between flat and deep is exponential, and the errors are as planned."""

from math import floor, log2

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from noflat import (
    Convention,
    apply,
    count_neurons,
    flat_product,
    grouped_product,
    lower_bound,
    multiplication_gate,
    product,
    product_tree,
)
from noflat.constructions import plan_flat, plan_tree
from noflat.measure import relative_rms_error, sample

ACTIVATIONS = (
    "exp",
    "softplus",
    "sigmoid",
    "tanh",
    "silu",
    "gelu",
    "sin",
    "cos",
    "erf",
    "gaussian",
)


def _error(network, n, dtype=jnp.float64, count=2**12):
    points = jnp.asarray(sample("cube", n, count, seed=1), dtype)
    return float(relative_rms_error(network, product(n), points))


def test_grouped_networks_have_those_neurons():
    for n, layers, neurons in ((4, 2, 12), (8, 2, 28), (16, 2, 80), (16, 3, 60), (20, 3, 76)):
        assert count_neurons(grouped_product(n, layers, "exp")) == neurons
        assert grouped_product(n, layers, "exp").hidden_layers == layers
        assert count_neurons(grouped_product(n, layers, "cos", halved=True)) == neurons // 2


def test_deep_tree_of_32_in_float32():
    """4 * 31 neurons and an error below 1e-3.

    The rms of a product of 32 inputs is heavy tailed: over other points it scatters, from 2e-4 to
    a few 1e-3 over some thousand of them.
    """
    tree = product_tree(32, "silu", dtype=jnp.float32)
    assert count_neurons(tree) == 4 * 31
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(tree))
    assert _error(tree, 32, jnp.float32, 2**13) < 1e-3


@settings(max_examples=40)
@given(n=st.integers(2, 10), name=st.sampled_from(ACTIVATIONS), data=st.data())
def test_gap(n, name, data):
    """Flat over deep is 2^n/(4(n-1)), its half, or short of it by the one or two vertices saved."""
    switch = st.booleans()
    allowed = Convention(data.draw(switch), data.draw(switch), data.draw(switch))
    tree = plan_tree(n, name)
    assert tree.neurons == 4 * (n - 1)
    assert len(tree.levels) == floor(log2(n))
    try:
        flat = plan_flat(n, name, convention=allowed)
    except ValueError:
        assert not allowed.hidden_bias  # the derivative of that order vanishes at 0
        return
    saved = 2**n - flat.neurons
    assert saved in (0, 1, 2, 2 ** (n - 1))
    assert saved != 1 or allowed.output_bias or name in ("silu", "gelu", "tanh", "sin", "erf")
    assert lower_bound(product(n), name, convention=allowed).neurons <= flat.neurons


@settings(max_examples=25)
@given(
    n=st.integers(2, 4),
    name=st.sampled_from(ACTIVATIONS),
    bias=st.floats(-1.0, 1.0),
    start=st.integers(2, 4),
)
def test_error_of_a_cube_falls_by_four_when_the_scale_is_halved(n, name, bias, start):
    from noflat.activations import activation, derivatives

    values = [abs(value) for value in derivatives(activation(name), n + 6, bias)]
    # near a zero of the leading or of the error's derivative the order is another
    assume(values[n] >= 0.05 and values[n + 2] >= 0.05 * values[n])
    options = {"kind": "cube", "bias": bias, "convention": Convention(hidden_bias=True)}
    first, second = (
        _error(flat_product(n, name, scale=2.0**-k, **options), n) for k in (start + 3, start + 4)
    )
    floor_ = plan_flat(n, name, **options).predicted_error
    assume(second > 30 * floor_)
    assert 3.5 < first / second < 4.5


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_planned_error_is_what_is_measured(name, dtype):
    both = Convention(hidden_bias=True, output_bias=True)
    for n in (2, 3, 4):
        plan = plan_flat(n, name, convention=both, dtype=dtype)
        error = _error(flat_product(n, name, convention=both, dtype=dtype), n, dtype)
        assert plan.predicted_error / 20 < error < 2 * plan.predicted_error
    tree = plan_tree(8, name, dtype=dtype)
    error = _error(product_tree(8, name, dtype=dtype), 8, dtype)
    assert tree.predicted_error / 20 < error < 2 * tree.predicted_error


def test_gates():
    for neurons, limit in ((2, 1e-4), (3, 1e-8), (4, 1e-9), (8, 1e-11)):
        gate = multiplication_gate("silu", neurons=neurons)
        assert count_neurons(gate) == neurons
        assert _error(gate, 2) < limit
    for name, neurons in (("power2", 2), ("relu_squared", 4)):
        gate = multiplication_gate(name, neurons=neurons)
        assert count_neurons(gate) == neurons
        assert _error(gate, 2) < 1e-15
    with pytest.raises(ValueError, match="`neurons` of a gate"):
        multiplication_gate("silu", neurons=5)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32, jnp.float64])
@pytest.mark.parametrize(
    "build",
    [
        lambda dtype: multiplication_gate("silu", dtype=dtype),
        lambda dtype: multiplication_gate("tanh", neurons=3, dtype=dtype),
        lambda dtype: flat_product(2, "exp", convention="affine_skip", dtype=dtype),
        lambda dtype: product_tree(2, "gelu", dtype=dtype),
    ],
)
def test_properties_of_every_construction(build, dtype):
    network = build(dtype)
    x = jnp.array([0.5, -0.75], dtype)
    assert {leaf.dtype for leaf in jax.tree.leaves(network)} == {jnp.dtype(dtype)}
    out = apply(network, x)
    assert out.dtype == dtype
    tolerance = 0.5 if dtype in (jnp.bfloat16, jnp.float16) else 0.02
    np.testing.assert_allclose(float(out[0]), -0.375, rtol=tolerance)
    gradient = jax.jit(jax.grad(lambda x: apply(network, x)[0]))(x)
    assert np.isfinite(np.asarray(gradient, float)).all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: flat_product(0, "exp"), "`n` must be"),
        (lambda: product_tree(1, "exp"), "`n` must be"),
        (lambda: flat_product(3, "silu"), "hidden_bias"),
        (lambda: flat_product(2, "tanh", kind="half", convention="hidden_bias"), "half"),
        (lambda: product_tree(8, "sigmoid", dtype=jnp.float32, error=1e-9), "floor of float32"),
        (lambda: flat_product(6, "exp", dtype=jnp.float32, error=1e-6), "floor of float32"),
        (lambda: grouped_product(8, 9, "exp"), "`hidden_layers` must be"),
        (lambda: product_tree(4, "exp", halved=True), "`activation` exp"),
        (lambda: multiplication_gate("cosh"), "`activation` must be one of"),
        (lambda: flat_product(2, "exp", convention="free"), "`convention` must be"),
    ],
)
def test_errors(build, message):
    with pytest.raises(ValueError, match=message):
        build()
