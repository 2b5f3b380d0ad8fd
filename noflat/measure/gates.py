"""Networks of gates on many words: by sparse matrices, with noise on what gates read.

A compiled circuit has thousands of neurons of few synapses, and is evaluated on a million words. A
product with a sparse matrix takes as many steps per word as there are synapses.
"""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Shaped
from scipy.sparse import csr_matrix

from noflat.arguments import whole
from noflat.networks.sparse import SparseNetwork
from noflat.targets.boolean import BooleanCircuit

Noise = Callable[[int, np.ndarray], np.ndarray]
"""From the number of a layer, 0 for the inputs, and its values to values that are off."""

_AT_ONCE = 2**13
"""So many words are evaluated at once; the values of a layer of all of them stay in the cache."""


def words_of(inputs: int, most: int, *, seed: int) -> Iterator[Shaped[np.ndarray, "words inputs"]]:
    """Words of bits in batches: all there are, or random ones where there are more.

    Args:
        inputs: The bits of a word.
        most: So many words at most.
        seed: Of the random ones.

    Returns:
        Arrays of zeros and ones; all $2^n$ words in ascending order, lowest bit first, if those are
        at most `most`, and `most` random ones else.

    Example:
        >>> [len(batch) for batch in words_of(14, 2**14, seed=0)]
        [8192, 8192]
    """
    draw = np.random.default_rng([seed, inputs])
    exhaustive = 2**inputs <= most
    count = 2**inputs if exhaustive else whole(most, "most", "how many words")
    for first in range(0, count, _AT_ONCE):
        numbers = np.arange(first, min(first + _AT_ONCE, count))
        if exhaustive:
            yield (numbers[:, None] >> np.arange(inputs) & 1).astype(np.int8)
        else:
            yield draw.integers(0, 2, (len(numbers), inputs), dtype=np.int8)


def gate_outputs(
    network: SparseNetwork,
    words: Shaped[np.ndarray, "words inputs"],
    *,
    noise: Noise = lambda layer, values: values,
) -> Float[np.ndarray, "words outputs"]:
    """The outputs of a ReLU network on many words, in float32; what is a small integer is exact.

    Args:
        network: With or without skips; its activation is taken to be the ReLU.
        words: A row per word.
        noise: Applied to the inputs and to the values of each hidden layer, of shape (neurons,
            words).

    Returns:
        The outputs, a row per word.

    Example:
        >>> network = circuit_network(trace(lambda a, b: a + b, 2, 2))
        >>> print(gate_outputs(network, np.array([[1, 0, 1, 1]])))  # 1 + 3
        [[0. 0. 1.]]
    """
    seen = network.inputs
    rows = seen + network.neurons if network.skips else 2 * max(network.sizes)
    values = np.empty((rows, len(words)), np.float32)
    values[:seen] = noise(0, words.T.astype(np.float32))
    for number, (layer, size) in enumerate(
        zip(network.layers, network.sizes[1:], strict=True), start=1
    ):
        entries = np.asarray(layer.weights, np.float32), (layer.columns, layer.rows)
        sums = csr_matrix(entries, shape=(size, seen)) @ values[:seen]
        if layer.bias is not None:
            sums += np.asarray(layer.bias, np.float32)[:, None]
        if number == len(network.layers):
            return sums.T
        hidden = noise(number, np.maximum(sums, 0))
        first = seen if network.skips else 0
        values[first : first + size] = hidden
        seen = first + size
    raise AssertionError("a network has a readout")


def wrong_words(
    network: SparseNetwork, circuit: BooleanCircuit, *, most: int, seed: int
) -> tuple[int, int]:
    """On how many words a network differs from the interpreter of its circuit.

    Args:
        network: What the circuit was compiled into.
        circuit: The circuit.
        most: All words are tried if there are no more, and so many random ones else.
        seed: Of the random ones.

    Returns:
        The words on which any output differs by anything, and the words tried.

    Example:
        >>> adder = trace(lambda a, b: a + b, 4, 4)
        >>> wrong_words(circuit_network(adder), adder, most=1000, seed=0)
        (0, 256)
    """
    wrong = tried = 0
    for words in words_of(circuit.inputs, most, seed=seed):
        wrong += int((gate_outputs(network, words) != circuit(words)).any(axis=1).sum())
        tried += len(words)
    return wrong, tried


def reading_noise(radius: float, *, restored: bool, seed: int) -> Noise:
    """Noise of random signs: every value that gates read is off by the radius, or not at all.

    Inputs are off by the radius. In a restoring network every second layer is one of restoring
    pairs, whose difference gates read: each of the two is off by half of the radius.

    Args:
        radius: How far off.
        restored: Whether the values between gates are off, too; only for a restoring network.
        seed: Of the signs.

    Returns:
        A function for `gate_outputs`.

    Example:
        >>> xor = trace(lambda a, b: a ^ b, 1, 1)
        >>> noise = reading_noise(3 / 16, restored=True, seed=0)
        >>> network = circuit_network(xor, restoring=True)
        >>> print(gate_outputs(network, np.array([[1, 0]]), noise=noise).round()[0])
        [1.]
    """
    draw = np.random.default_rng(seed)

    def noise(layer: int, values: np.ndarray) -> np.ndarray:
        if layer and (layer % 2 or not restored):
            return values
        size = np.float32(radius if layer == 0 else radius / 2)
        return values + size * draw.choice(np.array([-1, 1], np.float32), values.shape)

    return noise
