"""Interpolants on grids: exact on polynomials, against SciPy, and counted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from noflat.constructions.grid_interpolants import (
    evaluated,
    flat_interpolant,
    grid_interpolant,
    grid_parameters,
    tree_interpolant,
    tree_parameters,
)
from noflat.targets.tree_functions import tree_function

POINTS = np.random.default_rng(0).uniform(-1, 1, (50, 3))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_polynomials_of_degree_below_the_order_are_met(order):
    k = order - 1

    def power(a, b, c):
        return (a + 2) ** k * (b - c) ** 0 + (b * c) ** k

    found = evaluated(grid_interpolant(power, inputs=3, order=order, cells=5), jnp.asarray(POINTS))
    np.testing.assert_allclose(found, power(*POINTS.T), atol=1e-13)


def test_two_points_are_scipys_linear_interpolation():
    lines = np.linspace(-1, 1, 7)
    tree = tree_function(2, 4)
    table = tree.of_columns(*np.meshgrid(*[lines] * 4, indexing="ij"))
    points = np.random.default_rng(1).uniform(-1, 1, (50, 4))
    wanted = RegularGridInterpolator([lines] * 4, np.asarray(table))(points)
    found = evaluated(flat_interpolant(tree, cells=6), jnp.asarray(points), at_once=7)
    np.testing.assert_allclose(found, wanted, atol=1e-14)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_of_two_inputs_deep_is_flat_and_more_cells_are_better_by_the_order(order):
    tree = tree_function(order, 2)
    points = jnp.asarray(POINTS[:, :2])
    exact = jax.vmap(tree)(points)
    errors = []
    for cells in (8, 64):
        deep, flat = (
            evaluated(made(tree, cells=cells), points)
            for made in (tree_interpolant, flat_interpolant)
        )
        np.testing.assert_array_equal(deep, flat)
        errors.append(float(abs(deep - exact).max()))
    assert errors[0] / errors[1] == pytest.approx(8**order, rel=0.6)


def test_points_of_the_grid_and_the_ends_of_the_box_are_met():
    flat = grid_interpolant(lambda a: a**3, inputs=1, order=2, cells=4)
    for x in (-1.0, -0.5, 0.0, 1.0):
        assert float(flat(jnp.array([x]))) == pytest.approx(x**3, abs=1e-15)
    assert float(flat(jnp.array([1.5]))) == 1


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_parameters_are_the_points_of_the_grid(order):
    places = {(0.5,)} if order == 1 else {(j,) for j in range(order)}
    step = max(order - 1, 1)
    points = {cell * step + p for cell in range(6) for (p,) in places}
    assert grid_parameters(order, 6, 3) == len(points) ** 3
    assert tree_parameters(order, 6, 8) == 7 * len(points) ** 2


def test_levels_may_have_grids_of_their_own():
    tree = tree_function(2, 4)
    points = jnp.asarray(np.random.default_rng(2).uniform(-1, 1, (20, 4)))
    first, last = (grid_interpolant(tree.node.function, inputs=2, order=2, cells=g) for g in (3, 7))
    found = evaluated(tree_interpolant(tree, cells=(3, 7)), points)
    wanted = evaluated(lambda x: last(jnp.stack([first(x[:2]), first(x[2:])])), points)
    np.testing.assert_array_equal(found, wanted)
    assert tree_parameters(2, (3, 7), 4) == 2 * 4**2 + 8**2


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: grid_interpolant(min, inputs=2, order=2, cells=0), "`cells` must be an integer"),
        (lambda: grid_interpolant(min, inputs=2, order=0, cells=3), "`order` must be an integer"),
        (lambda: grid_interpolant(min, inputs=0, order=2, cells=3), "`inputs` must be an integer"),
        (
            lambda: grid_interpolant(jnp.add, inputs=2, order=2, cells=3)(jnp.zeros(5)),
            r"`x` must be one point of shape \(2,\); got \(5,\)",
        ),
        (lambda: tree_interpolant(tree_function(2, 4), cells=-1), "`cells` must be an integer"),
        (
            lambda: tree_interpolant(tree_function(2, 4), cells=3)(jnp.zeros(2)),
            r"`x` must be one point of shape \(4,\); got \(2,\)",
        ),
        (lambda: grid_parameters(2, 0, 2), "`cells` must be an integer of at least 1"),
        (lambda: tree_parameters(2, 8, 6), "`inputs` must be a power of two"),
    ],
)
def test_what_is_no_grid_is_told(asked, said):
    with pytest.raises(ValueError, match=said):
        asked()
