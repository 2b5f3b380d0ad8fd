r"""Flattening a deep linear network: its product matrix, and what that costs in synapses.

A linear network without hidden layers is one matrix, so the flat network that does the same at zero
error is unique: $M_1 M_2 \cdots M_k$. Its synapses are the nonzero entries, and the flattening cost
is their number over that of the deep network. Nothing is estimated: in integers it is exact.
"""

from fractions import Fraction

import numpy as np
import scipy.sparse

from noflat.arguments import whole
from noflat.networks.sparse import SparseNetwork, linear_network


def layer_matrices(network: SparseNetwork) -> list[scipy.sparse.csr_array]:
    r"""The matrices $M_1, \dots, M_k$ of a deep linear network $x \mapsto x M_1 \cdots M_k$.

    Args:
        network: The network.

    Returns:
        One sparse matrix per layer, of shape (values before, values after). Integers are of 64
        bits, whatever those of the weights.

    Raises:
        ValueError: If the network is not linear, or not a chain of layers.

    Example:
        >>> deep = linear_network([np.array([[1], [2]]), np.array([[3, 4]])])
        >>> [matrix.shape for matrix in layer_matrices(deep)]
        [(2, 1), (1, 2)]
    """
    biases = [layer.bias for layer in network.layers if layer.bias is not None]
    if network.activation is not None or network.skips or biases:
        raise ValueError(
            "`network` must be linear, with no activation, no bias and no skips, for its product "
            "matrix to be all of it; build it with `linear_network`"
        )
    return [
        scipy.sparse.csr_array(
            (_wide(layer.weights), (np.asarray(layer.rows), np.asarray(layer.columns))), shape
        )
        for layer, *shape in zip(network.layers, network.sizes, network.sizes[1:], strict=False)
    ]


def _wide(weights: object) -> np.ndarray:
    weights = np.asarray(weights)
    return weights.astype(np.int64) if np.issubdtype(weights.dtype, np.integer) else weights


def flatten(network: SparseNetwork) -> SparseNetwork:
    r"""The network of one layer that does the same: $x \mapsto x M$ with $M = M_1 \cdots M_k$.

    Entries that cancel are no synapses. They cancel exactly in integers, while sums of floats may
    leave a rounding error in place of zero: use integers, or `count_flat_synapses` with a
    tolerance.

    Args:
        network: A deep linear network.

    Returns:
        The flat network, without hidden layers; integer weights are of 64 bits where JAX has them.

    Raises:
        ValueError: If the network is not linear, or not a chain of layers.

    Example:
        >>> deep = linear_network([np.array([[1], [2]]), np.array([[3, 4]])])
        >>> flat = flatten(deep)
        >>> print(flat(jnp.array([1, 1])), flat.hidden_layers)
        [ 9 12] 0

    Reference:
        Lin, Tegmark and Rolnick (2017), section III G.
    """
    matrices = layer_matrices(network)
    product = matrices[0]
    for matrix in matrices[1:]:
        product = product @ matrix
    return linear_network([product])


def count_flat_synapses(network: SparseNetwork, *, tolerance: float = 0.0, block: int = 512) -> int:
    r"""The nonzero entries of $M_1 \cdots M_k$, without holding all of it.

    Args:
        network: A deep linear network.
        tolerance: Entries of at most this size are zero. Right for integers is 0; for floats
            anything between the rounding error of a sum and the least entry.
        block: How many rows of the product are held at a time.

    Returns:
        Their number.

    Raises:
        ValueError: If the network is not linear, `tolerance` is negative or `block` not positive.

    Example:
        >>> count_flat_synapses(walsh_hadamard(64))
        4096
    """
    if not tolerance >= 0:
        raise ValueError(f"`tolerance` must be at least 0; got {tolerance}")
    block = whole(block, "block", "the rows that are held at a time")
    first, *later = layer_matrices(network)
    count = 0
    for start in range(0, network.inputs, block):
        rows = first[start : start + block]
        for matrix in later:
            rows = rows @ matrix
        count += int(np.count_nonzero(np.abs(rows.data) > tolerance))
    return count


def flattening_cost(network: SparseNetwork, *, tolerance: float = 0.0) -> Fraction:
    r"""$C_s$: the synapses of the flat network over those of the deep one.

    Below 1 flattening saves synapses.

    Args:
        network: A deep linear network.
        tolerance: Entries of the product of at most this size are zero.

    Returns:
        The cost, as a fraction.

    Raises:
        ValueError: If the network is not linear, or has no synapse.

    Example:
        >>> print(flattening_cost(walsh_hadamard(1024)))
        256/5

    Reference:
        Lin, Tegmark and Rolnick (2017), equation (26), where it is the least number over all flat
        networks; at zero error a linear map has only one.
    """
    if not network.synapses:
        raise ValueError("`network` must have a synapse for a cost to be a ratio; it has none")
    return Fraction(count_flat_synapses(network, tolerance=tolerance), network.synapses)
