r"""Interpolants on grids, as tables: what one level of a grid costs in any dimension.

The box $[-1,1]^d$ is cut into $G^d$ cells. On each the interpolant is the tensor-product Lagrange
polynomial of degree $m-1$ in every variable: of the midpoint for $m=1$, of $m$ equally spaced
points with the corners among them else. Its parameters are the values at the points, $G^d$ for
$m=1$ and $(G(m-1)+1)^d$ else. A value needs $m^d$ of them, and those are asked of the target when
they are needed: a table of $10^{15}$ entries is counted, not stored.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from noflat.arguments import whole
from noflat.targets.tree_functions import TreeFunction, cells_by_level, coordinates, folded


def grid_parameters(order: int, cells: int, inputs: int) -> int:
    """The points of a grid.

    Args:
        order: The m above.
        cells: The G above.
        inputs: The d above.

    Returns:
        How many values a table of the interpolant has.

    Raises:
        ValueError: If one of them is not a positive integer.

    Example:
        >>> [grid_parameters(m, 8, 2) for m in (1, 2, 4)]
        [64, 81, 625]
    """
    m, grid, axes = _grid(order, cells, inputs)
    return (grid if m == 1 else grid * (m - 1) + 1) ** axes


def _grid(order: int, cells: int, inputs: int) -> tuple[int, int, int]:
    return (
        whole(order, "order", "the points of a cell on an axis"),
        whole(cells, "cells", "the cells on an axis"),
        whole(inputs, "inputs", "the axes"),
    )


def tree_parameters(order: int, cells: int | Sequence[int], inputs: int) -> int:
    """The entries of all tables of a tree, one table for each node, as if nodes were different.

    Args:
        order: The m above.
        cells: The G above; or one for each level, that of the leaves first.
        inputs: The leaves of the tree.

    Returns:
        Their sum.

    Raises:
        ValueError: If one of them is not a positive integer, or the tree is none.

    Example:
        >>> tree_parameters(2, 8, 8), tree_parameters(2, (8, 8, 4), 8)
        (567, 511)
    """
    grids = cells_by_level(cells, inputs)
    return sum(
        inputs // 2**level * grid_parameters(order, grid, 2)
        for level, grid in enumerate(grids, start=1)
    )


def places(order: int) -> tuple[float, ...]:
    """Where in a cell of width 1 the points of a grid are."""
    return (0.5,) if order == 1 else tuple(j / (order - 1) for j in range(order))


def stencil(
    x: Float[Array, ""], *, order: int, cells: int
) -> tuple[Float[Array, " order"], Float[Array, " order"]]:
    """The points of the grid on one axis that a value needs, and their weights.

    Args:
        x: A coordinate; beyond the ends of the box the nearest end is taken.
        order: The m above.
        cells: The G above.

    Returns:
        Points and weights.

    Example:
        >>> points, weights = stencil(jnp.array(0.25), order=2, cells=2)
        >>> print(points, weights)
        [0. 1.] [0.75 0.25]
    """
    scaled = (jnp.clip(x, -1, 1) + 1) * (cells / 2)
    cell = jnp.clip(jnp.floor(scaled), 0, cells - 1)
    at = places(order)
    weights = [
        prod((scaled - cell - at[k]) / (at[j] - at[k]) for k in range(order) if k != j)
        for j in range(order)
    ]
    points = (cell + jnp.asarray(at, scaled.dtype)) * (2 / cells) - 1
    return points, jnp.stack([jnp.asarray(weight, scaled.dtype) for weight in weights])


def grid_interpolant(
    function: Callable[..., Any], *, inputs: int, order: int, cells: int
) -> Callable[[Float[Array, " inputs"]], Float[Array, ""]]:
    """The interpolant of a function on a grid over the whole box: what is flat.

    Args:
        function: Of as many arrays as there are inputs, which broadcast.
        inputs: The d above.
        order: The m above.
        cells: The G above.

    Returns:
        A function of one point. Outside the box it is that of the nearest point of it.

    Raises:
        ValueError: If a number is not a positive integer, or a point of another shape.

    Example:
        >>> flat = grid_interpolant(lambda a, b: a * b, inputs=2, order=2, cells=4)
        >>> print(flat(jnp.array([0.3, -0.7])).round(6))
        -0.21
    """
    order, cells, inputs = _grid(order, cells, inputs)

    def interpolant(x: Float[Array, " inputs"]) -> Float[Array, ""]:
        axes = [stencil(c, order=order, cells=cells) for c in coordinates(x, inputs)]
        columns = [
            points.reshape([order if k == i else 1 for k in range(inputs)])
            for i, (points, _) in enumerate(axes)
        ]
        values = function(*columns)
        for _, weights in axes:
            values = jnp.tensordot(weights, values, 1)
        return values

    return interpolant


def tree_interpolant(
    tree: TreeFunction, *, cells: int | Sequence[int]
) -> Callable[[Float[Array, " inputs"]], Float[Array, ""]]:
    r"""The interpolants of the nodes, composed along the tree: what is deep.

    A node reads values that may lie a little outside $[-1,1]$, and takes the nearest point inside;
    since the true values lie inside, that is no farther from them.

    Args:
        tree: The function; the order is the smoothness of its nodes.
        cells: On each of the two axes of a node; or so for each level, that of the leaves first.

    Returns:
        A function of one point.

    Raises:
        ValueError: If a number is not a positive integer, or a point of another shape.

    Example:
        >>> tree = tree_function(2, 8)
        >>> x = jnp.linspace(-1, 1, 8)
        >>> bool(abs(tree_interpolant(tree, cells=64)(x) - tree(x)) < 1e-3)
        True
    """
    node, order = tree.node.function, tree.node.smoothness
    grids = [
        grid_interpolant(node, inputs=2, order=order, cells=count)
        for count in cells_by_level(cells, tree.inputs)
    ]
    nodes = [lambda a, b, grid=grid: grid(jnp.stack([a, b])) for grid in grids]
    return lambda x: folded(nodes, coordinates(x, tree.inputs))


def flat_interpolant(
    tree: TreeFunction, *, cells: int
) -> Callable[[Float[Array, " inputs"]], Float[Array, ""]]:
    """The interpolant of the whole tree on one grid, which does not see the tree."""
    return grid_interpolant(
        tree.of_columns, inputs=tree.inputs, order=tree.node.smoothness, cells=cells
    )


def evaluated(
    function: Callable[[Array], Array], points: Float[Array, "points inputs"], *, at_once: int = 64
) -> Float[Array, " points"]:
    """A function at many points, a few at a time: a stencil of many inputs is large."""
    return jax.jit(lambda x: jax.lax.map(function, x, batch_size=at_once))(points)
