"""Whether a network computes the parity of its bits: on all words, or on all numbers of ones.

A network whose neurons give all inputs one weight depends on the bits through their sum alone, and
is then a network of one input: n + 1 values say all that $2^n$ words do.
"""

import numpy as np

from noflat.measure.batches import outputs
from noflat.networks.sparse import SparseLayer, SparseNetwork, layer_matrix, sparse_layer

_BITS = 22
"""More are too many words to try."""
_CHUNK = 2**14
"""Words at a time."""
_ROUNDING = 1e-3
"""Far above the rounding of a float output and far below the distance of two parities."""


def of_the_sum(network: SparseNetwork) -> SparseNetwork:
    """The network as a function of the sum of its inputs, where it is one.

    Args:
        network: Of any activation, with or without skips.

    Returns:
        The same with one input, the sum.

    Raises:
        ValueError: If some neuron or output gives two inputs different weights.

    Example:
        >>> alone = of_the_sum(folded_parity(100, 3))
        >>> alone.inputs, alone.neurons, int(alone(jnp.array([77]))[0])
        (1, 9, 1)
    """
    sizes = network.sizes
    layers = tuple(
        _one_input(layer, network.inputs, (sum(sizes[: i + 1]), sizes[i + 1]))
        if network.skips or i == 0
        else layer
        for i, layer in enumerate(network.layers)
    )
    return SparseNetwork(layers, (1, *sizes[1:]), network.activation, network.skips)


def wrong_parities(network: SparseNetwork) -> int:
    """On how many of all $2^n$ words the output is not the parity.

    Args:
        network: Of n inputs and one output.

    Returns:
        Their number.

    Raises:
        ValueError: If n is above 22.

    Example:
        >>> wrong_parities(parity_tree(5)), wrong_parities(flat_parity(1))
        (0, 0)
    """
    n = network.inputs
    if n > _BITS:
        raise ValueError(
            f"`network` must have at most {_BITS} inputs; got {n}: for more bits use "
            "`wrong_parities_of_sums`"
        )
    wrong = 0
    for first in range(0, 2**n, _CHUNK):
        numbers = np.arange(first, min(first + _CHUNK, 2**n))
        words = (numbers[:, None] >> np.arange(n)) & 1
        wrong += _wrong(network, words, words.sum(axis=1) % 2)
    return wrong


def wrong_parities_of_sums(network: SparseNetwork) -> int:
    """At how many of the n + 1 numbers of ones the output is not the parity.

    Args:
        network: Of n inputs, which it sees through their sum, and one output.

    Returns:
        Their number; 0 proves that the network is right on all $2^n$ words.

    Raises:
        ValueError: If some neuron gives two inputs different weights.

    Example:
        >>> wrong_parities_of_sums(folded_parity(1000, 4))
        0
    """
    sums = np.arange(network.inputs + 1)
    return _wrong(of_the_sum(network), sums[:, None], sums % 2)


def _wrong(network: SparseNetwork, points: np.ndarray, parities: np.ndarray) -> int:
    distance = np.abs(outputs(network, points)[:, 0] - parities)
    return int(np.sum(~(distance <= _ROUNDING)))


def _one_input(layer: SparseLayer, inputs: int, shape: tuple[int, int]) -> SparseLayer:
    """Joins the synapses from the inputs, which must have one weight per neuron."""
    matrix = layer_matrix(layer, shape)
    from_first = matrix[:1]
    if np.any(matrix[:inputs] != from_first):
        neuron = int(np.argmax(np.any(matrix[:inputs] != from_first, axis=0)))
        raise ValueError(
            f"`network` must give all inputs one weight; neuron {neuron} of a layer does not, so "
            "the output may depend on which bits are set: use `wrong_parities`"
        )
    return sparse_layer(np.concatenate([from_first, matrix[inputs:]]), layer.bias)
