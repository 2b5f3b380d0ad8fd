r"""Piecewise-linear interpolants on a triangulated square as ReLU networks, alone and along a tree.

The square is cut into $G\times G$ cells and each cell along its diagonal (1, 1): the Kuhn
triangulation. In units of cells the hat function of the grid point (i, j) is

$$\varphi(X,Y)=\sigma\big(1+\min(0,X,Y)-\max(0,X,Y)\big),\quad X=s-i,\ Y=r-j,$$

and $\max(0,X,Y)=\sigma(X)+\sigma(Y-\sigma(X))$. The interpolant is the sum of hats times values,
exactly.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.sparse import coo_array

from noflat.constructions.plans import resolve_dtype
from noflat.networks.sparse import SparseNetwork, sparse_network
from noflat.targets.tree_functions import TreeFunction, cells_by_level, coordinates, folded


class _Combination(NamedTuple):
    """A linear combination of inputs and neurons, which are numbered one after the other."""

    sources: np.ndarray
    weights: np.ndarray


class _Layer:
    """Neurons of one layer, entered one block after the other."""

    def __init__(self, before: int) -> None:
        self.before, self.size = before, 0
        self.entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.biases: list[np.ndarray] = []

    def add(self, biases: Any, *parts: tuple[Any, Any]) -> np.ndarray:
        """Neurons of these biases; a part is a source of each neuron and its weight."""
        biases = np.asarray(biases, float).ravel()
        columns = self.size + np.arange(len(biases))
        for sources, weight in parts:
            weights = np.broadcast_to(np.asarray(weight, float), columns.shape)
            self.entries.append((np.broadcast_to(sources, columns.shape), columns, weights))
        return self._placed(biases)

    def read(self, form: _Combination) -> np.ndarray:
        """A copy of a form that is at least -1, plus 1."""
        column = np.full(len(form.sources), self.size)
        self.entries.append((form.sources, column, form.weights))
        return self._placed(np.ones(1))

    def _placed(self, biases: np.ndarray) -> np.ndarray:
        self.biases.append(biases)
        first, self.size = self.size, self.size + len(biases)
        return self.before + np.arange(first, self.size)

    def matrix(self) -> tuple[Any, np.ndarray]:
        rows, columns, weights = map(np.concatenate, zip(*self.entries, strict=True))
        return (
            coo_array((weights, (rows, columns)), shape=(self.before, self.size)),
            np.concatenate(self.biases),
        )


def triangulated_tree(
    tree: TreeFunction, *, cells: int | Sequence[int], dtype: Any = None
) -> SparseNetwork:
    r"""The piecewise-linear interpolants of all nodes, composed, as one ReLU network with skips.

    A node takes four layers: 2 neurons that copy its operands, $2(G+1)$ that tell how far the first
    one is from each grid line, $2(G+1)^2$ for the maxima and minima, and a hat for each grid point.
    So the network has $4\log_2n$ hidden layers and $(n-1)(3(G+1)^2+2(G+1)+2)$ neurons. Its values
    lie between those of the table, so that no node leaves the square.

    Args:
        tree: The function.
        cells: The G above; or one for each level, that of the leaves first.
        dtype: Of weights and biases, floating-point; JAX's default where None.

    Returns:
        The network.

    Raises:
        ValueError: If a number of cells is not a positive integer, or the dtype cannot hold
            weights.

    Example:
        >>> network = triangulated_tree(tree_function(2, 4), cells=4)
        >>> network.neurons == triangulated_neurons(4, 4), network.hidden_layers
        (True, 8)

    Reference:
        Theorem R4 of docs/rates.md; He, Li, Xu and Zheng (2020), ReLU deep neural networks and
        linear finite elements, for hat functions as networks.
    """
    grids, dtype = cells_by_level(cells, tree.inputs), resolve_dtype(dtype)
    forms = [_Combination(np.array([i]), np.ones(1)) for i in range(tree.inputs)]
    parts: list[tuple[Any, Any]] = []
    seen = tree.inputs
    for grid in grids:
        pairs = list(zip(forms[::2], forms[1::2], strict=True))
        layers, hats = _level(pairs, grid, seen)
        values = np.asarray(_table(tree.node.function, grid), float).ravel()
        parts += [layer.matrix() for layer in layers]
        seen = layers[-1].before + layers[-1].size
        forms = [_Combination(hat, values) for hat in hats]
    (last,) = forms
    zeros = np.zeros(len(last.sources), int)
    parts.append((coo_array((last.weights, (last.sources, zeros)), shape=(seen, 1)), np.zeros(1)))
    return sparse_network(parts, jax.nn.relu, skips=True, dtype=dtype)


def triangulated_neurons(inputs: int, cells: int | Sequence[int]) -> int:
    """The neurons of `triangulated_tree`, by the formula there."""
    grids = cells_by_level(cells, inputs)
    return sum(
        inputs // 2**level * (3 * (grid + 1) ** 2 + 2 * (grid + 1) + 2)
        for level, grid in enumerate(grids, start=1)
    )


def _level(
    pairs: list[tuple[_Combination, _Combination]], cells: int, seen: int
) -> tuple[list[_Layer], list[np.ndarray]]:
    """The four layers of the nodes of a level, and the hats of each node."""
    lines = np.arange(cells + 1)
    i, j = (index.ravel() for index in np.meshgrid(lines, lines, indexing="ij"))
    half = cells / 2  # from [0, 2] to cells
    copies = _Layer(seen)
    read = [(copies.read(a), copies.read(b)) for a, b in pairs]
    axis = _Layer(copies.before + copies.size)
    sides = [
        (axis.add(-lines, (a, half)), axis.add(lines, (a, -half)))
        for a, _ in read
    ]  # fmt: skip
    corners = _Layer(axis.before + axis.size)
    extremes = [
        (
            corners.add(-j, (b, half), (above[i], -1)),
            corners.add(j, (b, -half), (below[i], -1)),
        )
        for (_, b), (above, below) in zip(read, sides, strict=True)
    ]
    last = _Layer(corners.before + corners.size)
    hats = [
        last.add(np.ones(len(i)), (above[i], -1), (below[i], -1), (high, -1), (low, -1))
        for (above, below), (high, low) in zip(sides, extremes, strict=True)
    ]
    return [copies, axis, corners, last], hats


def _table(function: Callable[..., Any], cells: int) -> Any:
    lines = -1 + 2 * np.arange(cells + 1) / cells
    return function(lines[:, None], lines[None, :])


def triangulated_interpolant(
    tree: TreeFunction, *, cells: int | Sequence[int]
) -> Callable[[Float[Array, " inputs"]], Float[Array, ""]]:
    """What the network is inside the box, from the three corners of the triangle a point is in.

    Outside the box the two differ: the network falls to 0, and this goes on in a straight line.

    Args:
        tree: The function.
        cells: As for `triangulated_tree`.

    Returns:
        A function of one point of the box.

    Raises:
        ValueError: If a number of cells is not a positive integer, or a point of another shape.

    Example:
        >>> tree, x = tree_function(2, 4), jnp.array([0.3, -0.9, 0.1, 0.8])
        >>> value = triangulated_interpolant(tree, cells=4)(x)
        >>> bool(abs(value - triangulated_tree(tree, cells=4)(x)[0]) < 1e-5)
        True
    """
    function = tree.node.function

    def node(a: Array, b: Array, cells: int) -> Array:
        s, r = (a + 1) * (cells / 2), (b + 1) * (cells / 2)
        i, j = (jnp.clip(jnp.floor(v), 0, cells - 1) for v in (s, r))
        x, y = s - i, r - j
        right = jnp.asarray(x >= y, s.dtype)  # the third corner is (1, 0), else (0, 1)

        def at(u: Any, v: Any) -> Array:
            return function((i + u) * (2 / cells) - 1, (j + v) * (2 / cells) - 1)

        low, high = jnp.minimum(x, y), jnp.maximum(x, y)
        third = at(right, 1 - right)
        return (1 - high) * at(0, 0) + (high - low) * third + low * at(1, 1)

    nodes = [partial(node, cells=grid) for grid in cells_by_level(cells, tree.inputs)]
    return lambda x: folded(nodes, coordinates(x, tree.inputs))
