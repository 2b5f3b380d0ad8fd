"""The bias and the scale that are chosen: none nearby is better, and each is allowed."""

from typing import Any

import jax.numpy as jnp
import pytest

from noflat.activations import activation, derivatives, simple_zeros
from noflat.constructions import plan_flat
from noflat.constructions.operands import operands_of
from noflat.constructions.search import best_block

DOUBLE = jnp.dtype("float64")


def chosen(name, kind, n, **wanted) -> Any:
    return best_block(activation(name), kind, operands_of((1,) * n, n, "cube"), DOUBLE, **wanted)


@pytest.mark.parametrize("name", ["exp", "silu", "tanh", "cos"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [2, 3, 6])
def test_no_scale_nearby_is_better(name, dtype, n):
    plan = plan_flat(n, name, kind="cube", convention="hidden_bias", dtype=dtype)
    (block,) = plan.levels[0]
    for factor in (2.0**-3, 2.0**-0.5, 2.0**0.5, 2.0**3):
        other = plan_flat(
            n,
            name,
            kind="cube",
            convention="hidden_bias",
            bias=block.bias,
            scale=block.scale * factor,
            dtype=dtype,
        )
        assert other.predicted_error >= plan.predicted_error


def test_a_cube_of_an_odd_function_needs_a_bias_for_even_products():
    assert chosen("tanh", "cube", 2, hidden_bias=False) is None
    block = chosen("tanh", "cube", 2)
    assert abs(derivatives(activation("tanh"), 2, block.bias)[2]) > 0.1


@pytest.mark.parametrize("n", range(2, 9))
def test_half_cubes_sit_at_a_simple_zero(n):
    for name in ("silu", "gaussian", "cos"):
        block = chosen(name, "half", n)
        assert block.bias in simple_zeros(activation(name), n - 1)
    assert chosen("exp", "half", n) is None
    assert (chosen("exp", "half", n, skip=True) is None) == (n > 2)


def test_only_a_half_cube_of_two_and_the_short_grid_use_the_skip():
    assert chosen("exp", "half", 2, skip=True).skip
    assert chosen("exp", "short", 3, skip=True).skip
    # For one variable the linear term is the product itself.
    assert not chosen("tanh", "half", 1, skip=True).skip
    assert not chosen("silu", "half", 4, skip=True).skip
    assert not chosen("exp", "cube", 2, skip=True).skip
    assert chosen("exp", "short", 3) is None
    assert chosen("exp", "short", 1, skip=True) is None


@pytest.mark.parametrize("n", [20, 30])
def test_large_half_cubes_do_not_search_for_zeros(n):
    # The search takes minutes there: bias 0 is known by parity, sin and cos by their period.
    for name in ("gelu", "silu", "softplus", "gaussian"):
        assert chosen(name, "half", n).bias == 0
        assert chosen(name, "half", n - 1) is None
    assert chosen("sin", "half", n).bias != 0
    assert chosen("cos", "half", n).bias == 0


def test_the_kink_of_the_squared_relu():
    assert chosen("relu_squared", "cube", 2).bias == 0
    assert chosen("relu_squared", "cube", 3) is None
    assert chosen("relu_squared", "half", 2) is None
    assert chosen("relu", "cube", 2) is None


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_scales_and_weights_stay_in_the_range_of_the_dtype(dtype):
    limits = jnp.finfo(dtype)
    for name, n in (("silu", 1), ("tanh", 1), ("sigmoid", 6), ("gaussian", 8)):
        operands = operands_of((1,) * n, n, "gaussian")
        block = best_block(activation(name), "cube", operands, jnp.dtype(dtype))
        assert block is not None
        assert block.scale >= float(limits.tiny)
        assert abs(block.weights).max() <= float(limits.max)


def test_noise_below_asks_for_a_larger_scale():
    quiet = operands_of((1, 1, 1), 9, "cube")
    noisy = tuple(tuple(y._replace(noise=1e-6) for y in row) for row in quiet)
    exp = activation("exp")
    calm, wary = (best_block(exp, "cube", given, DOUBLE) for given in (quiet, noisy))
    # And where its own rounding counts a thousand times, a block takes a larger scale too.
    heard = best_block(exp, "cube", quiet, DOUBLE, gains=(1e3, 1e3, 1e3))
    assert calm is not None
    assert wary is not None
    assert heard is not None
    assert wary.scale > 4 * calm.scale
    assert heard.scale > 2 * calm.scale
