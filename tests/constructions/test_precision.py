"""The error to expect: its order, its size, and where it ends, against what is measured."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import flat_product, plan_flat, plan_grouped, plan_tree
from noflat.constructions.blocks import Kind
from noflat.constructions.operands import operands_of
from noflat.constructions.plans import build
from noflat.constructions.precision import (
    convergence_order,
    predicted_error,
    truncation,
    unit_roundoff,
)
from noflat.measure import sample

FREE = {
    "cube": "hidden_bias",
    "half": "hidden_bias",
    "corner": "hidden_bias+output_bias",
    "short": "hidden_bias+affine_skip",
}


def measured_error(network, n, dtype, inputs="cube", count=2**11):
    """The relative rms error; the target is that of the rounded points, in float64."""
    points = jnp.asarray(sample(inputs, n, count, seed=3), dtype)
    outputs = np.asarray(jax.vmap(network)(points)[:, 0], np.float64)
    wanted = np.prod(np.asarray(points, np.float64), axis=1)
    return float(np.sqrt(np.sum((outputs - wanted) ** 2) / np.sum(wanted**2)))


def measured_over_predicted(plan, n, dtype, inputs="cube"):
    network = build(plan, jnp.dtype(dtype))
    return measured_error(network, n, dtype, inputs) / plan.predicted_error


# The prediction takes the error terms for independent and of typical size; over a few thousand
# points the rms of a product is one of a handful of large ones.
LEAST, MOST = 1 / 12, 3


@pytest.mark.parametrize(("n", "dtype"), [(2, "float64"), (3, "float32"), (6, "float64")])
@pytest.mark.parametrize(
    ("name", "kind", "richardson", "inputs"),
    [
        ("exp", "cube", 1, "gaussian"),
        ("silu", "cube", 1, "cube"),
        ("tanh", "cube", 1, "cube"),
        ("gaussian", "cube", 1, "gaussian"),
        ("sigmoid", "cube", 2, "cube"),
        ("exp", "cube", 2, "gaussian"),
        ("gelu", "cube", 3, "cube"),
        ("softplus", "corner", 1, "cube"),
        ("silu", "corner", 1, "gaussian"),
        ("exp", "short", 1, "cube"),
        ("erf", "short", 1, "gaussian"),
        ("gelu", "half", 1, "cube"),
        ("cos", "half", 1, "gaussian"),
    ],
)
def test_the_planned_error_is_met_by_flat_products(name, kind, richardson, inputs, n, dtype):
    plan = plan_flat(
        n, name, kind=kind, convention=FREE[kind], richardson=richardson, inputs=inputs, dtype=dtype
    )
    assert LEAST < measured_over_predicted(plan, n, dtype, inputs) < MOST


@pytest.mark.parametrize(("name", "dtype"), [("silu", "bfloat16"), ("cos", "float16")])
@pytest.mark.parametrize("kind", FREE)
def test_the_planned_error_is_met_in_half_precision(name, kind, dtype):
    plan = plan_flat(2, name, kind=kind, convention=FREE[kind], dtype=dtype)
    assert LEAST < measured_over_predicted(plan, 2, dtype) < MOST


@pytest.mark.parametrize(
    ("name", "kind", "n", "neurons"),
    [
        ("power2", "half", 2, 2),
        ("power2", "corner", 2, 3),
        ("relu_squared", "cube", 2, 4),
        ("power3", "half", 3, 4),
        ("power4", "half", 4, 8),
        ("power4", "cube", 4, 16),
        ("power4", "short", 4, 14),
    ],
)
@pytest.mark.parametrize("dtype", ["float64"])
def test_exact_products_are_exact_but_for_rounding(name, kind, n, neurons, dtype):
    plan = plan_flat(n, name, kind=kind, convention=FREE[kind], dtype=dtype)
    assert plan.neurons == neurons
    assert convergence_order(plan.levels[0][0]) == 0
    assert plan.levels[0][0].scale == 1.0
    # Powers of a sum round with its largest values: up to six times the typical ones.
    assert measured_over_predicted(plan, n, dtype) < 8
    assert plan.predicted_error < 30 * unit_roundoff(jnp.dtype(dtype))


@pytest.mark.parametrize(
    ("name", "halved"),
    [("exp", False), ("silu", False), ("tanh", False), ("silu", True), ("cos", True)],
)
@pytest.mark.parametrize(
    ("n", "layers", "dtype"),
    [
        (4, 3, "float64"),
        (7, 2, "float32"),
        (9, 2, "float64"),
        (16, 2, "float32"),
    ],
)
def test_the_planned_error_is_met_by_grouped_products(n, layers, name, halved, dtype):
    plan = plan_grouped(n, layers, name, halved=halved, dtype=dtype)
    assert LEAST < measured_over_predicted(plan, n, dtype) < MOST


@pytest.mark.parametrize("name", ["exp", "silu", "gelu", "sigmoid"])
@pytest.mark.parametrize(
    ("n", "dtype"), [(5, "float32"), (6, "float64"), (7, "float64"), (13, "float32")]
)
def test_the_planned_error_is_met_by_trees(n, name, dtype):
    plan = plan_tree(n, name, dtype=dtype)
    assert LEAST < measured_over_predicted(plan, n, dtype) < MOST


@pytest.mark.parametrize(
    ("n", "name", "dtype"),
    [
        (32, "exp", "float32"),
        (32, "tanh", "float32"),
        (64, "exp", "float64"),
        (64, "silu", "float64"),
        (64, "tanh", "float64"),
    ],
)
def test_the_planned_error_is_met_by_large_trees(n, name, dtype):
    # Single sets of points scatter by a factor of ten there: the median of five.
    plan = plan_tree(n, name, dtype=dtype)
    network = build(plan, jnp.dtype(dtype))
    evaluate = jax.jit(jax.vmap(network))
    errors = []
    for seed in range(5):
        points = np.random.default_rng(seed).uniform(-1, 1, (2**13, n)).astype(dtype)
        wanted = np.prod(points.astype(float), axis=1)
        miss = np.asarray(evaluate(jnp.asarray(points))[:, 0], float) - wanted
        errors.append(float(np.sqrt(np.sum(miss**2) / np.sum(wanted**2))))
    assert 1 / 40 < np.median(errors) / plan.predicted_error < MOST


@pytest.mark.parametrize(
    ("name", "kind", "n", "richardson", "largest"),
    [
        ("exp", "cube", 2, 1, 2.0**-2),
        ("silu", "cube", 4, 1, 2.0**-2),
        ("tanh", "cube", 3, 2, 2.0**-4),
        ("sigmoid", "cube", 2, 3, 2.0**-1),
        ("cos", "half", 3, 1, 2.0**-2),
        ("silu", "half", 2, 1, 2.0**-6),
        ("exp", "corner", 2, 1, 2.0**-6),
        ("sin", "corner", 3, 1, 2.0**-2),
        ("exp", "short", 2, 1, 2.0**-6),
    ],
)
def test_half_the_scale_divides_the_error_until_the_floor(name, kind, n, richardson, largest):
    wanted = {"kind": kind, "convention": FREE[kind], "richardson": richardson}
    planned = plan_flat(n, name, **wanted).levels[0][0]
    wanted["bias"] = planned.bias
    order = convergence_order(planned)
    scale, errors = largest, []
    while plan_flat(n, name, scale=scale, **wanted).predicted_error > 30 * predicted_error(
        [(planned, operands_of((1,) * n, n, "cube"))], jnp.dtype("float64")
    ):
        errors.append(measured_error(flat_product(n, name, scale=scale, **wanted), n, "float64"))
        scale /= 2
    assert len(errors) >= 3
    ratios = np.array(errors[:-1]) / errors[1:]
    # The next order is smaller by the largest scale, or by its square.
    np.testing.assert_allclose(ratios, 2.0**order, rtol=0.15)


def test_orders_of_the_kinds():
    orders: dict[tuple[str, Kind, int], int] = {
        ("exp", "cube", 1): 2,
        ("exp", "cube", 2): 4,
        ("exp", "cube", 5): 10,
        ("exp", "corner", 1): 1,
        ("exp", "short", 1): 1,
        ("gelu", "half", 1): 1,
        ("sin", "half", 1): 2,
        ("sin", "corner", 1): 2,
    }
    for (name, kind, richardson), order in orders.items():
        plan = plan_flat(
            3, name, kind=kind, convention=FREE[kind], richardson=richardson, scale=0.1
        )
        bias = 0.0 if name != "gelu" else plan.levels[0][0].bias
        block = dataclasses.replace(plan.levels[0][0], bias=bias)
        assert convergence_order(block) == order, (name, kind, richardson)


def test_the_truncation_is_that_of_the_theorem():
    # Theorem 1a for the gate of exp: scale^2 / 6 (x^2 + y^2), weighted with (x y)^2 on the square.
    (block,) = plan_flat(2, "exp", kind="cube", scale=2.0**-10).levels[0]
    row = operands_of((1, 1), 2, "cube")[1]
    # E x^6 y^2 and E x^4 y^4 over E x^2 y^2
    rms = math.sqrt(2 * (1 / 7) * 3 + 2 * (1 / 5) ** 2 * 9)
    assert truncation(block, row, block.scale) == pytest.approx(2.0**-20 / 6 * rms, rel=1e-5)


@pytest.mark.parametrize(("dtype", "bits"), [("float64", 53), ("float32", 24), ("bfloat16", 8)])
def test_unit_roundoff(dtype, bits):
    assert unit_roundoff(jnp.dtype(dtype)) == 2.0**-bits
