r"""A network whose synapses are listed one by one: for maps that are mostly zeros.

Layer $l$ maps the values before it to $h_l = \sigma(h_{l-1} W_l + b_l)$, and the last layer does so
without $\sigma$. A deep linear network is one with no activation at all. With `skips` every layer
sees the inputs and all earlier layers, $[x, h_1, \dots, h_{l-1}]$: a circuit of any shape. Weights
may be integers, so that a network can be compared with its target exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Shaped

from noflat.networks.dense import one_point


class SparseLayer(NamedTuple):
    """An affine map, synapse by synapse.

    Attributes:
        rows: For each synapse the value that it comes from.
        columns: For each synapse the neuron that it goes to.
        weights: Its weight; none of them is zero.
        bias: Of each neuron, or None.
    """

    rows: Int[Array, " synapses"]
    columns: Int[Array, " synapses"]
    weights: Shaped[Array, " synapses"]
    bias: Shaped[Array, " outputs"] | None = None


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class SparseNetwork:
    """A network of sparse layers; a pytree whose leaves are the weights and where they are.

    Attributes:
        layers: The affine maps; the last one is the readout.
        sizes: The numbers of inputs, of neurons of each hidden layer, and of outputs; static.
        activation: The function between the layers, None for a linear network; static.
        skips: Whether a layer sees the inputs and all earlier layers; static.
    """

    layers: tuple[SparseLayer, ...]
    sizes: tuple[int, ...] = field(metadata={"static": True})
    activation: Callable | None = field(default=None, metadata={"static": True})
    skips: bool = field(default=False, metadata={"static": True})

    @property
    def inputs(self) -> int:
        """The number of input variables."""
        return self.sizes[0]

    @property
    def widths(self) -> tuple[int, ...]:
        """The neurons of each hidden layer."""
        return self.sizes[1:-1]

    @property
    def hidden_layers(self) -> int:
        """The number of layers of neurons."""
        return len(self.layers) - 1

    @property
    def neurons(self) -> int:
        """All applications of the activation; those of a linear network are its hidden values."""
        return sum(self.widths)

    @property
    def synapses(self) -> int:
        """All nonzero weights, biases aside."""
        return sum(len(layer.weights) for layer in self.layers)

    def __call__(self, x: Shaped[Array, " inputs"]) -> Shaped[Array, " outputs"]:
        """Evaluates at one point."""
        values = one_point(x, self.inputs)
        for layer, size in zip(self.layers[:-1], self.sizes[1:], strict=False):
            hidden = _affine(layer, values, size)
            if self.activation is not None:
                hidden = self.activation(hidden)
            values = jnp.concatenate([values, hidden]) if self.skips else hidden
        return _affine(self.layers[-1], values, self.sizes[-1])


def _affine(layer: SparseLayer, values: Array, size: int) -> Array:
    products = values[layer.rows] * layer.weights
    sums = jnp.zeros(size, products.dtype).at[layer.columns].add(products)
    return sums if layer.bias is None else sums + layer.bias


def sparse_layer(weight: Any, bias: Any = None, *, dtype: Any = None) -> SparseLayer:
    """Lists the nonzero entries of a matrix.

    Args:
        weight: Of shape (inputs, outputs), dense or one of SciPy's sparse matrices.
        bias: Of each output, or None.
        dtype: Of weights and bias, each in its own where None. What it rounds to zero is no
            synapse.

    Returns:
        The layer.

    Example:
        >>> layer = sparse_layer(np.array([[1, 0], [2, 3]]))
        >>> print(layer.rows, layer.columns, layer.weights)
        [0 1 1] [0 0 1] [1 2 3]
    """
    if hasattr(weight, "tocoo"):
        entries = weight.tocoo()
        rows, columns, weights = entries.row, entries.col, entries.data
    else:
        rows, columns = np.nonzero(weight)
        weights = np.asarray(weight)[rows, columns]
    weights = np.asarray(weights, dtype)
    kept = weights != 0
    return SparseLayer(
        jnp.asarray(rows[kept], jnp.int32),
        jnp.asarray(columns[kept], jnp.int32),
        jnp.asarray(weights[kept]),
        None if bias is None else jnp.asarray(np.asarray(bias, dtype)),
    )


def layer_matrix(layer: SparseLayer, shape: tuple[int, int]) -> Shaped[np.ndarray, "before after"]:
    """The matrix whose nonzero entries a layer lists, dense, in any dtype.

    Args:
        layer: The layer.
        shape: The values before it and the values after it.

    Returns:
        The matrix, in the dtype of the weights; SciPy's sparse ones have none of 16 bits.

    Example:
        >>> from noflat.networks.sparse import layer_matrix
        >>> print(layer_matrix(sparse_layer(np.array([[1, 0], [2, 3]])), (2, 2)))
        [[1 0]
         [2 3]]
    """
    weights = np.asarray(layer.weights)
    matrix = np.zeros(shape, weights.dtype)
    np.add.at(matrix, (np.asarray(layer.rows), np.asarray(layer.columns)), weights)
    return matrix


def sparse_network(
    parts: Sequence[tuple[Any, Any]],
    activation: Callable | None = None,
    *,
    skips: bool = False,
    dtype: Any = None,
) -> SparseNetwork:
    """Lists the synapses of a network that is given by matrices.

    Args:
        parts: For each layer its matrix of shape (values before, values after), dense or sparse,
            and its bias or None. With skips the values before are the inputs and the neurons of
            all earlier layers, in this order.
        activation: The function between the layers, None for a linear network.
        skips: Whether every layer sees the inputs and all earlier layers.
        dtype: Of weights and biases, each in its own where None.

    Returns:
        The network.

    Raises:
        ValueError: If there is no layer, or one does not fit what it sees.

    Example:
        >>> hidden = np.array([[1.0, 1.0]]), np.array([0.0, -0.5])
        >>> tent = sparse_network([hidden, (np.array([[2.0], [-4.0]]), None)], jax.nn.relu)
        >>> tent.sizes, print(tent(jnp.array([0.75])))
        [0.5]
        ((1, 2, 1), None)
    """
    if not parts:
        raise ValueError(
            "`parts` must be a matrix and a bias for each layer, one or more; got none"
        )
    seen, sizes = parts[0][0].shape[0], [parts[0][0].shape[0]]
    for matrix, _ in parts:
        if matrix.shape[0] != seen:
            raise ValueError(
                f"`parts` must fit: a layer that sees {seen} values is given a matrix of shape "
                f"{matrix.shape}"
            )
        sizes.append(matrix.shape[1])
        seen = sum(sizes) if skips else sizes[-1]
    layers = tuple(sparse_layer(matrix, bias, dtype=dtype) for matrix, bias in parts)
    return SparseNetwork(layers, tuple(sizes), activation, skips)


def linear_network(matrices: Sequence[Any]) -> SparseNetwork:
    r"""The deep linear network $x \mapsto x M_1 M_2 \cdots M_k$, synapses listed.

    Args:
        matrices: $M_1, \dots, M_k$, each of shape (inputs, outputs), dense or sparse.

    Returns:
        A network of k - 1 hidden layers and no activation.

    Raises:
        ValueError: If there is no matrix, or two neighbors do not fit.

    Example:
        >>> deep = linear_network([np.eye(3)[:, :1], np.ones((1, 3))])
        >>> deep.synapses, print(deep(jnp.array([2.0, 0.0, 0.0])))
        [2. 2. 2.]
        (4, None)
    """
    if not matrices:
        raise ValueError("`matrices` must be at least one: a linear network is a product of them")
    for before, after in zip(matrices, matrices[1:], strict=False):
        if before.shape[1] != after.shape[0]:
            raise ValueError(
                f"`matrices` must fit: one of shape {before.shape} is followed by one of shape "
                f"{after.shape}"
            )
    return sparse_network([(matrix, None) for matrix in matrices])
