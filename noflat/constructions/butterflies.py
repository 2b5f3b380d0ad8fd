r"""Fast transforms as deep linear networks: $\log_2 n$ layers of two synapses per value.

The matrix of the Walsh-Hadamard transform and that of the Fourier transform have no zero entry, so
the flat network has $n^2$ synapses and the deep one $2 n \log_2 n$: flattening costs
$n / (2 \log_2 n)$.
"""

from typing import Any

import numpy as np
import scipy.sparse

from noflat.arguments import whole
from noflat.networks import SparseNetwork, linear_network


def walsh_hadamard(n: int) -> SparseNetwork:
    r"""The Walsh-Hadamard transform $y_j = \sum_i (-1)^{i \cdot j} x_i$ in integers.

    $i \cdot j$ counts the binary digits that are 1 in both. As
    $H_n = H_2 \otimes \cdots \otimes H_2$, layer $l$ is $I \otimes H_2 \otimes I$: it adds and
    subtracts the values that differ in digit $l$.

    Args:
        n: The number of inputs, a power of two of at least 2.

    Returns:
        A network of $\log_2 n$ layers of $2 n$ synapses, with weights 1 and -1 of 32 bits.

    Raises:
        ValueError: If `n` is no such power of two.

    Example:
        >>> transform = walsh_hadamard(4)
        >>> print(transform(jnp.array([1, 2, 3, 4], "int32")), transform.synapses)
        [10 -2 -4  0] 16

    Reference:
        Lin, Tegmark and Rolnick (2017), section III G, for the Fourier transform.
    """
    pair = np.array([[1, 1], [1, -1]], np.int32)
    digits = _digits(n)
    return linear_network([_within(pair, 2**low, n) for low in range(digits)])


def fourier(n: int) -> SparseNetwork:
    r"""The discrete Fourier transform $y_j = \sum_i e^{-2\pi\mathrm i\, ij/n} x_i$.

    With $D$ the diagonal of $e^{-2\pi\mathrm i\, j/s}$, $j < s/2$, two transforms of size $s/2$, of
    the even and the odd inputs, make one of size $s$:

    $$F_s = \begin{pmatrix} I & D \\ I & -D \end{pmatrix}
      \begin{pmatrix} F_{s/2} & \\ & F_{s/2} \end{pmatrix} \Pi_s .$$

    The permutations $\Pi$ together reverse the binary digits of the inputs. They are multiplied
    into the first layer, whose rows they permute, and cost no synapse. The error is about
    $\log_2 n$ roundings of the size of the output.

    Args:
        n: The number of inputs, a power of two of at least 2.

    Returns:
        A network of $\log_2 n$ layers of $2 n$ synapses, with complex weights of 128 bits where JAX
        has them and of 64 elsewhere; a complex weight is one synapse.

    Raises:
        ValueError: If `n` is no such power of two.

    Example:
        >>> transform = fourier(4)
        >>> impulse = jnp.zeros(4, transform.layers[0].weights.dtype).at[0].set(1)
        >>> bool((transform(impulse) == 1).all())
        True

    Reference:
        Cooley and Tukey (1965), at radix two; Lin, Tegmark and Rolnick (2017), section III G.
    """
    digits = _digits(n)
    layers = [_within(np.array([[1, 1], [1, -1]], complex), 1, n)]
    for half in (2**digit for digit in range(1, digits)):
        turn = scipy.sparse.diags_array(np.exp(-1j * np.pi * np.arange(half) / half))
        one = _identity(half, complex)
        # transposed, since values are rows here
        merge = scipy.sparse.block_array([[one, one], [turn, -turn]])
        copies = _identity(n // (2 * half), complex)
        layers.append(scipy.sparse.csr_array(scipy.sparse.kron(copies, merge)))
    layers[0] = layers[0][_reversed(digits)]
    return linear_network(layers)


def _digits(n: int) -> int:
    n = whole(n, "n", "the number of inputs", least=2)
    if n & (n - 1):
        raise ValueError(f"`n` must be a power of two, for layers that join pairs; got {n}")
    return n.bit_length() - 1


def _within(pair: np.ndarray, apart: int, n: int) -> scipy.sparse.csr_array:
    """The pair's matrix on all pairs of values whose places are so far apart."""
    one, copies = (_identity(size, pair.dtype) for size in (apart, n // (2 * apart)))
    inner = scipy.sparse.kron(scipy.sparse.csr_array(pair), one)
    return scipy.sparse.csr_array(scipy.sparse.kron(copies, inner))


def _identity(size: int, dtype: Any) -> scipy.sparse.csr_array:
    return scipy.sparse.csr_array(scipy.sparse.eye_array(size).astype(dtype))


def _reversed(digits: int) -> np.ndarray:
    """For each number its binary digits read backwards."""
    places = np.zeros(1, int)
    for _ in range(digits):
        places = np.concatenate([2 * places, 2 * places + 1])
    return places
