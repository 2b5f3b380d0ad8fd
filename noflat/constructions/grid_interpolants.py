r"""Interpolants on grids, as tables: what one level of a grid costs in any dimension.

The box $[-1,1]^d$ is cut into $G^d$ cells. On each the interpolant is the tensor-product Lagrange
polynomial of degree $m-1$ in every variable: of the midpoint for $m=1$, of $m$ equally spaced
points with the corners among them else. Its parameters are the values at the points, $G^d$ or
$(G(m-1)+1)^d$. A value needs $m^d$ of them, and those are asked of the target when they are needed:
a table of $10^{15}$ entries is counted, not stored.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from noflat.targets.tree_functions import TreeFunction, folded


def grid_parameters(order: int, cells: int, inputs: int) -> int:
    """The points of a grid.

    Args:
        order: The m above.
        cells: The G above.
        inputs: The d above.

    Returns:
        How many values a table of the interpolant has.

    Example:
        >>> [grid_parameters(m, 8, 2) for m in (1, 2, 4)]
        [64, 81, 625]
    """
    return (cells if order == 1 else cells * (order - 1) + 1) ** inputs


def tree_parameters(order: int, cells: int, inputs: int) -> int:
    """The entries of all tables of a tree, one table for each node, as if nodes were different.

    Example:
        >>> tree_parameters(2, 8, 8)
        567
    """
    return (inputs - 1) * grid_parameters(order, cells, 2)


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

    Example:
        >>> flat = grid_interpolant(lambda a, b: a * b, inputs=2, order=2, cells=4)
        >>> print(flat(jnp.array([0.3, -0.7])).round(6))
        -0.21
    """

    def interpolant(x: Float[Array, " inputs"]) -> Float[Array, ""]:
        axes = [stencil(x[i], order=order, cells=cells) for i in range(inputs)]
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
    tree: TreeFunction, *, cells: int
) -> Callable[[Float[Array, " inputs"]], Float[Array, ""]]:
    r"""The interpolants of the nodes, composed along the tree: what is deep.

    A node reads values that may lie a little outside $[-1,1]$, and takes the nearest point inside;
    since the true values lie inside, that is no farther from them.

    Args:
        tree: The function; the order is the smoothness of its nodes.
        cells: On each of the two axes of a node.

    Returns:
        A function of one point.

    Example:
        >>> tree = tree_function(2, 8)
        >>> x = jnp.linspace(-1, 1, 8)
        >>> bool(abs(tree_interpolant(tree, cells=64)(x) - tree(x)) < 1e-3)
        True
    """
    node = grid_interpolant(tree.node.function, inputs=2, order=tree.node.smoothness, cells=cells)
    return lambda x: folded(lambda a, b: node(jnp.stack([a, b])), list(x))


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
