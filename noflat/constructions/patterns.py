r"""Patterns of k consecutive signs, by locally connected networks whose weights are written down.

All neurons sit at the place of the pattern and see its k inputs only. The parity depends on the
number of ones, and is a zigzag of it, of k pieces; any other function is a sum over words of fewer
than half, and one neuron tells one word. All weights are whole numbers.
"""

import jax
import numpy as np

from noflat.networks.sparse import SparseNetwork, sparse_network
from noflat.targets.bits import bit_states
from noflat.targets.patterns import Pattern


def parity_detector(inputs: int, size: int, place: int) -> SparseNetwork:
    r"""The product of k consecutive signs, by k neurons in one hidden layer.

    With $t = k + \sum_i x_i$, twice the number of ones,

    $$\prod_i x_i = (-1)^k\Big(1 - \sigma(t) + 2\sum_{j=1}^{k-1}(-1)^{j+1}\sigma(t - 2j)\Big).$$

    The slope in t is -1 or 1 by turns, and 2 is the distance of two values of t.

    Args:
        inputs: The number n of signs.
        size: The k above.
        place: The first of them, from 0.

    Returns:
        A network of ReLU neurons and whole weights.

    Raises:
        ValueError: If the pattern does not fit.

    Example:
        >>> network = parity_detector(6, 3, 2)
        >>> network.neurons, print(network(jnp.array([1, 1, -1, 1, -1, 1])))
        [1]
        (3, None)
    """
    _check(inputs, size, place)
    hidden = np.zeros((inputs, size), int)
    hidden[place : place + size] = 1
    bends = np.arange(size)
    readout = np.where(bends == 0, -1, 2 * (-1) ** (bends + 1)) * (-1) ** size
    parts = [(hidden, size - 2 * bends), (readout[:, None], np.array([(-1) ** size]))]
    return sparse_network(parts, jax.nn.relu)


def word_detectors(pattern: Pattern) -> SparseNetwork:
    r"""Any function of k consecutive signs, by a neuron for each word of the rarer label.

    For a word v of signs $\sigma(\langle v, x\rangle - k + 2)$ is 2 at $x=v$ and 0 elsewhere: the
    output is the commoner label, and its negative where a neuron is on.

    Args:
        pattern: The target, its place a number.

    Returns:
        A network of at most $2^{k-1}$ ReLU neurons and whole weights.

    Raises:
        ValueError: If the pattern does not fit.

    Example:
        >>> pattern = random_pattern(6, 3, 1, key=jax.random.key(1))
        >>> word_detectors(pattern).neurons
        4
    """
    place, size = int(pattern.place), pattern.size
    _check(pattern.inputs, size, place)
    values = np.asarray(pattern.values)
    rarer = 1 if np.sum(values > 0) <= np.sum(values < 0) else -1
    words = 2 * bit_states(size)[values == rarer] - 1
    hidden = np.zeros((pattern.inputs, len(words)), int)
    hidden[place : place + size] = words.T
    bias = np.full(len(words), 2 - size)
    readout = np.full((len(words), 1), rarer)
    return sparse_network([(hidden, bias), (readout, np.array([-rarer]))], jax.nn.relu)


def _check(inputs: int, size: int, place: int) -> None:
    if not 0 < size <= inputs or not 0 <= place <= inputs - size:
        raise ValueError(
            f"`place` must be from 0 to inputs - size, and `size` at least 1; got place {place}, "
            f"size {size} and {inputs} inputs: the pattern must lie within the inputs"
        )
