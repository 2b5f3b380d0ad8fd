"""From plans to weights: merged readouts, and what no weight may be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import (
    Plan,
    flat_product,
    plan_flat,
    plan_grouped,
    plan_tree,
    product_tree,
)
from noflat.constructions.plans import build, check_error, resolve_dtype, stream

DOUBLE = jnp.dtype("float64")


def level_by_level(plan, x):
    """The same network without merging: every block's output is computed before the next level."""
    activation, values = plan.levels[0][0].activation, np.asarray(x)
    for level in plan.levels:
        outputs, start = [], 0
        for block in level:
            operands = values[start : start + block.operands]
            start += block.operands
            hidden = activation(jnp.asarray(block.bias + block.scale * block.vertices @ operands))
            skip = block.skip_weights @ operands
            outputs.append(float(block.weights @ np.asarray(hidden)) + block.constant + skip)
        assert start == len(values)
        values = np.array(outputs)
    return values


@pytest.mark.parametrize(
    "plan",
    [
        plan_flat(3, "exp", convention="output_bias"),
        plan_flat(3, "exp", convention="affine_skip"),
        plan_flat(2, "sigmoid", convention="hidden_bias", richardson=2),
        plan_tree(7, "silu"),
        plan_tree(6, "tanh"),
        plan_grouped(5, 4, "exp"),
        plan_grouped(7, 3, "cos", halved=True),
    ],
    ids=lambda plan: f"{plan.neurons} neurons",
)
def test_merging_changes_nothing_but_rounding(plan):
    network = build(plan, DOUBLE)
    inputs = network.inputs
    assert network.neurons == plan.neurons
    assert network.hidden_layers == len(plan.levels)
    points = np.random.default_rng(0).uniform(0.5, 1, (5, inputs))
    merged = np.asarray(jax.vmap(network)(jnp.asarray(points)))[:, 0]
    separate = [level_by_level(plan, point)[0] for point in points]
    # Both round alike, and differently: each is within some times the prediction of the product.
    np.testing.assert_allclose(merged, separate, rtol=50 * plan.predicted_error)


def test_a_plan_counts_without_building():
    plan = plan_flat(30, "exp")
    assert isinstance(plan, Plan)
    assert plan.neurons == 2**30


def test_biases_that_are_zero_are_left_out():
    bare = build(plan_flat(3, "tanh"), DOUBLE)
    assert [layer.bias for layer in bare.layers] == [None, None]
    assert bare.skip is None
    biased = build(plan_flat(2, "tanh", convention="hidden_bias"), DOUBLE)
    assert biased.layers[0].bias is not None
    assert biased.layers[1].bias is None


def test_streaming_keeps_the_numbers_of_the_block():
    (block,) = plan_flat(5, "sigmoid", convention="output_bias", kind="corner").levels[0]
    streamed = stream(block, DOUBLE)
    assert streamed.neurons == block.neurons == 31
    assert streamed.bias is None
    assert float(streamed.scale) == block.scale
    assert float(streamed.weight) == block.weight
    assert streamed.output_bias is not None
    assert float(streamed.output_bias) == block.constant


def test_dtypes_are_resolved():
    assert resolve_dtype(None) == jnp.float64
    assert resolve_dtype("bfloat16") == jnp.bfloat16
    with jax.enable_x64(False):
        assert resolve_dtype(None) == jnp.float32
    for wrong in (int, bool, complex):
        with pytest.raises(ValueError, match="`dtype` must be one of floating-point numbers; got"):
            resolve_dtype(wrong)


def test_weights_beyond_a_gibibyte_are_refused():
    with pytest.raises(ValueError, match="33554432 neurons on 24 values would need 6 GiB of"):
        build(plan_flat(24, "exp", richardson=2), DOUBLE)


@pytest.mark.parametrize("write", [build, lambda plan, dtype: stream(plan.levels[0][0], dtype)])
def test_weights_beyond_the_dtype_are_refused(write):
    plan = plan_flat(6, "exp", scale=2.0**-10, dtype="float16")
    with pytest.raises(ValueError, match="`dtype` float16 cannot hold a weight of 1.8e.16: use a"):
        write(plan, jnp.dtype("float16"))


@pytest.mark.usefixtures("unchecked")
def test_an_error_below_the_floor_is_refused():
    plan = plan_tree(4, "silu", dtype="float32")
    for allowed in (None, 1.0, plan.predicted_error, plan.predicted_error / 2):
        check_error(plan, allowed, jnp.dtype("float32"), "a tree of 4 variables")
    floor = f"{plan.predicted_error:.2g}"
    with pytest.raises(ValueError, match="`error`=.* floor of float32 for a tree.*" + floor):
        check_error(plan, 1e-9, jnp.dtype("float32"), "a tree of 4 variables")
    for refused in (float("nan"), 0.0, -1.0, "0.1"):
        with pytest.raises(ValueError, match="`error` must be a positive number, or None; got"):
            check_error(plan, refused, jnp.dtype("float32"), "a tree of 4 variables")


def test_a_network_of_no_use_is_built_with_a_warning():
    with pytest.warns(UserWarning, match=r"rounding in bfloat16 leaves nothing of a tree of 32"):
        product_tree(32, "exp", dtype="bfloat16")
    with pytest.warns(UserWarning, match=r"of a flat product of 12 .* a network of zeros has 1"):
        flat_product(12, "tanh", convention="hidden_bias", dtype="float32")
    flat_product(12, "tanh", convention="hidden_bias", dtype="float32", scale=1.0)  # no surprise


def test_the_box_is_the_smallest_that_reaches_the_error():
    neurons = [
        flat_product(2, "silu", convention="hidden_bias", error=error, dtype="float64").neurons
        for error in (1e-4, 1e-8)
    ]
    assert neurons == [2, 3]  # silu vanishes at 0: the corner needs no output bias
    with pytest.raises(ValueError, match="`error`=1e-14 is below the floor of float64"):
        flat_product(2, "silu", convention="hidden_bias", error=1e-14, dtype="float64")


def test_the_dtype_is_one_that_jax_keeps():
    for dtype in ("foo", "int32", 5):
        with pytest.raises(ValueError, match="`dtype` must be one of floating-point numbers"):
            product_tree(2, "silu", dtype=dtype)
    with jax.enable_x64(False), pytest.raises(ValueError, match="'jax_enable_x64', True"):
        product_tree(2, "silu", dtype="float64")
