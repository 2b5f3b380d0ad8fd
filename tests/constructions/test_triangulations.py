"""Triangulated trees: the network is the interpolant, and its neurons are counted."""

import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions.grid_interpolants import evaluated
from noflat.constructions.triangulations import (
    triangulated_interpolant,
    triangulated_neurons,
    triangulated_tree,
)
from noflat.targets.tree_functions import TreeFunction, TreeNode, tree_function


@pytest.mark.parametrize(
    ("inputs", "cells"), [(2, 1), (2, 5), (4, 4), (8, 3), (4, (2, 5)), (8, (5, 1, 3))]
)
def test_the_network_is_interpolation_in_triangles(inputs, cells):
    tree = tree_function(2, inputs)
    network = triangulated_tree(tree, cells=cells, dtype="float64")
    points = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (60, inputs)))
    found = evaluated(lambda x: network(x)[0], points)
    wanted = evaluated(triangulated_interpolant(tree, cells=cells), points)
    np.testing.assert_allclose(found, wanted, atol=1e-14)
    assert network.neurons == triangulated_neurons(inputs, cells)
    assert network.hidden_layers == 4 * tree.levels


def test_corners_of_triangles_are_met_and_planes_are_exact():
    tree = tree_function(2, 2)
    network = triangulated_tree(tree, cells=4, dtype="float64")
    corners = np.stack(np.meshgrid(*[np.linspace(-1, 1, 5)] * 2), axis=-1).reshape(-1, 2)
    found = evaluated(lambda x: network(x)[0], jnp.asarray(corners))
    np.testing.assert_allclose(found, tree.of_columns(*corners.T), atol=1e-15)

    plane = TreeNode(lambda a, b: a / 2 - b / 3 + 1 / 8, 2, tree.node.lipschitz, ())
    points = jnp.asarray(np.random.default_rng(1).uniform(-1, 1, (40, 4)))
    flat = TreeFunction(plane, 4)
    network = triangulated_tree(flat, cells=3, dtype="float64")
    found = evaluated(lambda x: network(x)[0], points)
    np.testing.assert_allclose(found, evaluated(flat, points), atol=1e-14)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": 0}, "`cells` must be an integer of at least 1"),
        ({"cells": -1}, "`cells` must be an integer of at least 1"),
        ({"cells": (2, 2, 2)}, "`cells` must be one number, or one for each of 2 levels"),
        ({"dtype": "int8"}, "`dtype` must be one of floating-point numbers; got int8"),
        ({"dtype": "foo"}, "`dtype` must be one of floating-point numbers; got foo"),
    ],
)
def test_what_makes_no_network_is_told(change, said):
    tree = tree_function(2, 4)
    with pytest.raises(ValueError, match=said):
        triangulated_tree(tree, **({"cells": 2} | change))
    if "cells" in change:
        with pytest.raises(ValueError, match=said):
            triangulated_interpolant(tree, **change)
        with pytest.raises(ValueError, match=said):
            triangulated_neurons(4, **change)


def test_a_point_of_another_shape_is_told():
    with pytest.raises(ValueError, match=r"`x` must be one point of shape \(4,\); got \(2,\)"):
        triangulated_interpolant(tree_function(2, 4), cells=2)(jnp.zeros(2))
