"""Trees of gates: neurons, layers, and errors that add up instead of growing."""

import dataclasses
from math import floor, log2

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat import apply, count_neurons, product, product_tree
from noflat.activations import derivatives
from noflat.constructions import plan_grouped, plan_tree
from noflat.constructions.levels import plan_levels
from noflat.constructions.plans import Plan, build
from noflat.measure import relative_rms_error, sample

DOUBLE = jnp.dtype("float64")


@pytest.mark.parametrize("n", [*range(2, 10), 12, 13, 16, 31, 32, 100])
def test_neurons(n):
    for halved, each in ((False, 4), (True, 2)):
        plan = plan_tree(n, "cos", halved=halved)
        assert plan.neurons == each * (n - 1)
        assert len(plan.levels) == floor(log2(n))
        left = n
        for level in plan.levels:
            assert {block.operands for block in level} <= {2, 3}
            assert sum(block.operands for block in level) == left
            left = len(level)
        assert left == 1


def test_groups_of_three_come_first():
    for n in (*range(2, 18), 24, 25, 31, 32, 33):
        sizes = [[block.operands for block in level] for level in plan_tree(n, "exp").levels]
        needed = n > 3 * 2 ** (floor(log2(n)) - 1)  # then one layer of them is not enough
        assert any(3 in layer for layer in sizes[1:]) == needed


def test_widths_of_the_binary_tree():
    tree = product_tree(32, "silu")
    assert tree.widths == (64, 32, 16, 8, 4)
    assert count_neurons(tree) == 124
    first = 32 * 4  # every gate reads two inputs with four neurons
    between = sum(width * 2 * 4 for width in (32, 16, 8, 4))  # two gates of four neurons each
    assert tree.synapses == first + between + 4


@pytest.mark.parametrize("n", [2, 5, 8, 16])
@pytest.mark.parametrize("halved", [False, True])
def test_multiplies(n, halved):
    tree = product_tree(n, "gelu", halved=halved)
    plan = plan_tree(n, "gelu", halved=halved)
    points = jnp.asarray(sample("cube", n, 2**10, seed=5))
    assert float(relative_rms_error(tree, product(n), points)) < 4 * plan.predicted_error


def test_thirty_two_inputs_in_single_precision():
    tree = product_tree(32, "silu", dtype=jnp.float32)
    assert count_neurons(tree) == 124
    assert {leaf.dtype for leaf in jax.tree.leaves(tree)} == {jnp.dtype(jnp.float32)}
    # The rms over random points is heavy tailed: a handful of large products decide it, so that
    # from one set of points to another it moves between 3e-4 and 4e-3. So the middle one of five.
    errors = []
    for seed in range(5):
        points = jnp.asarray(sample("cube", 32, 2**13, seed=seed), jnp.float32)
        errors.append(float(relative_rms_error(tree, product(32), points)))
    assert np.median(errors) < 1e-3


def test_error_sum():
    # To first order the error is the sum over the gates of scale^2 sigma_4/(6 sigma_2) (u^2 + v^2).
    plan = plan_tree(4, "exp")
    scale = 2.0**-8  # large enough for float64 to show the second order
    plan = Plan(rescaled(plan, [scale, scale]), plan.predicted_error)
    tree = build(plan, DOUBLE)
    x = np.array([0.9, -0.7, 0.8, 0.6])
    relative = float(apply(tree, jnp.asarray(x))[0]) / x.prod() - 1
    expected = 0.0
    for gate, pair in ((0, x[:2]), (0, x[2:]), (1, np.array([x[0] * x[1], x[2] * x[3]]))):
        block = plan.levels[gate][0]
        values = derivatives(block.activation, 4, block.bias)
        expected += scale**2 * values[4] / (6 * values[2]) * float(pair @ pair)
    assert relative == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", ["exp", "silu"])
def test_a_tree_is_exact_in_the_taylor_sense(name, derivatives_along):
    # Theorem 2: along a line through 0 the derivatives below n vanish, and the n-th is n! P
    line = jnp.array([0.3, -0.7, 0.9, 0.5])
    plan = plan_tree(4, name)
    tree = build(Plan(rescaled(plan, [0.25, 0.25]), plan.predicted_error), DOUBLE)
    # some hundreds of roundings of values that are divided by two scales squared
    exact = [0.0] * 4 + [24 * float(jnp.prod(line))]
    assert derivatives_along(tree, line, 4) == pytest.approx(exact, abs=1e-9)


def rescaled(plan, scales):
    return tuple(
        tuple(dataclasses.replace(block, scale=scale) for block in level)
        for level, scale in zip(plan.levels, scales, strict=True)
    )


def test_rescaled_levels():
    # Deeper operands are smaller, and the scale grows as they shrink: times 3^(2^l / 2) or so.
    plan = plan_tree(32, "exp")
    scales = [level[0].scale for level in plan.levels]
    assert scales == sorted(set(scales))
    for level in plan.levels:
        assert len(set(level)) == 1
    # One scale for all levels is worse by far.
    points = jnp.asarray(sample("cube", 32, 2**11, seed=1))
    planned, fixed = (
        float(relative_rms_error(build(p, DOUBLE), product(32), points))
        for p in (plan, Plan(rescaled(plan, scales[:1] * 5), 0.0))
    )
    assert fixed > 10 * planned


@pytest.mark.parametrize("name", ["exp", "tanh", "cos"])
def test_groups_of_three_are_better_first(name):
    # Every neuron sums its operands anew: a group of three above the first layer feels that.
    early, late = (
        plan_levels(groups, name, False, "cube", DOUBLE)
        for groups in (((3, 3), (2,)), ((2, 2, 2), (3,)))
    )
    points = jnp.asarray(sample("cube", 6, 2**11, seed=1))
    errors = [
        float(relative_rms_error(build(plan, DOUBLE), product(6), points)) for plan in (early, late)
    ]
    assert early.neurons == late.neurons == 20
    assert errors[0] < errors[1] / 5
    for plan, error in zip((early, late), errors, strict=True):
        assert plan.predicted_error / 30 < error < 4 * plan.predicted_error


def test_normal_inputs_ask_for_smaller_scales():
    cube, normal = (plan_tree(4, "exp", inputs=inputs) for inputs in ("cube", "gaussian"))
    for level, other in zip(cube.levels, normal.levels, strict=True):
        assert other[0].scale < level[0].scale


def test_a_tree_is_a_grouped_product_of_pairs():
    assert plan_tree(16, "silu") == plan_grouped(16, 4, "silu")


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_refused():
    for n in (1, 0, -3, True, 4.0, "4"):
        with pytest.raises(ValueError, match="`n` must be an integer of at least 2, .* got"):
            product_tree(n, "exp")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="exp has no bias for a half of 2 factors: leave `halved`"):
        product_tree(4, "exp", halved=True)
    with pytest.raises(ValueError, match="relu has no bias for a cube of 2 factors: take another"):
        product_tree(4, "relu")
    with pytest.raises(ValueError, match="below the floor of float32 for a tree of 8 variables: a"):
        product_tree(8, "silu", dtype="float32", error=1e-9)
    with pytest.raises(ValueError, match="`inputs` must be one of cube, gaussian; got 'ball'"):
        product_tree(4, "silu", inputs="ball")  # pyright: ignore[reportArgumentType]
