r"""Deep linear networks of two random layers: of low rank, and of sparse matrices.

Both are products that are much denser than their factors. The flat network is the product itself.
"""

import numpy as np
import scipy.sparse
from jaxtyping import Array, Key

from noflat.arguments import generator, whole
from noflat.networks import SparseNetwork, linear_network


def low_rank(n: int, rank: int, *, key: Key[Array, ""]) -> SparseNetwork:
    r"""A random $n \times n$ matrix of rank at most $k$ as $(n \times k)(k \times n)$, in integers.

    The deep network has $2nk$ synapses. The factors are positive, so that no entry of the product
    vanishes and the flat network has $n^2$: flattening costs $n/(2k)$.

    Args:
        n: The number of inputs, and of outputs.
        rank: $k$, the hidden width.
        key: The JAX key.

    Returns:
        The network, with weights from 1 to 9 of 32 bits.

    Raises:
        ValueError: If `n` or `rank` is not a positive integer.

    Example:
        >>> print(flattening_cost(low_rank(32, 2, key=jax.random.key(0))))
        8

    Reference:
        Lin, Tegmark and Rolnick (2017), section III G.
    """
    n = whole(n, "n", "the number of inputs")
    rank = whole(rank, "rank", "the hidden width")
    draws = generator(key)
    shapes = ((n, rank), (rank, n))
    return linear_network([draws.integers(1, 10, shape, np.int32) for shape in shapes])


def sparse_pair(
    n: int, density: float, *, signs: bool = False, key: Key[Array, ""]
) -> SparseNetwork:
    r"""The product of two random sparse $n \times n$ matrices of weights 1, in integers.

    Args:
        n: The number of inputs, of hidden values and of outputs.
        density: $p$, the probability of a synapse.
        signs: Whether weights are 1 or -1 by a fair coin, so that paths may cancel.
        key: The JAX key.

    Returns:
        The network, about $2pn^2$ synapses of 32 bits.

    Raises:
        ValueError: If `n` is not a positive integer or `density` not between 0 and 1.

    Example:
        >>> network = sparse_pair(200, 0.05, key=jax.random.key(0))
        >>> bool(abs(flattening_cost(network) - sparse_pair_cost(200, 0.05)) < 0.2)
        True

    Reference:
        Lin, Tegmark and Rolnick (2017), section III G, for weights that do not cancel.
    """
    n, density = whole(n, "n", "the number of inputs"), _density(density)

    draws = generator(key)

    def layer() -> scipy.sparse.csr_array:
        there = draws.random((n, n)) < density
        sign = draws.choice(np.array([-1, 1], np.int32), (n, n)) if signs else np.int32(1)
        return scipy.sparse.csr_array(there * sign)

    return linear_network([layer(), layer()])


def sparse_pair_cost(n: int, density: float, *, signs: bool = False) -> float:
    r"""The expected synapses of the flat network over those of the deep one.

    Each of $n$ paths between an input and an output is there with probability $p^2$, and paths of
    weight 1 cannot cancel, which gives

    $$C_s = \frac{1 - (1-p^2)^n}{2p} .$$

    With signs an entry is zero too where half of an even number of paths is negative:

    $$C_s = \frac{1 - \sum_m \binom nm p^{2m} (1-p^2)^{n-m} \binom{m}{m/2} 2^{-m}}{2p},
      \qquad m \text{ even}.$$

    For weights drawn from a density nothing cancels, and the first formula holds.

    Args:
        n: The number of inputs, of hidden values and of outputs.
        density: $p$, the probability of a synapse.
        signs: Whether weights are 1 or -1 by a fair coin.

    Returns:
        $C_s$.

    Raises:
        ValueError: If `n` is not a positive integer or `density` not between 0 and 1.

    Example:
        >>> [f"{sparse_pair_cost(1000, 0.1, signs=signs):.2f}" for signs in (False, True)]
        ['5.00', '4.36']

    Reference:
        Lin, Tegmark and Rolnick (2017), section III G; with signs derived in docs/linear.md.
    """
    n, density = whole(n, "n", "the number of inputs"), _density(density)
    paths = np.arange(0, n + 1, 2) if signs else np.zeros(1, int)
    from scipy.stats import binom  # a quarter of the time that importing the constructions takes

    halved = binom.pmf(paths // 2, paths, 0.5)
    zero = float(np.sum(binom.pmf(paths, n, density**2) * halved))
    return (1 - zero) / (2 * density)


def _density(density: float) -> float:
    if not 0 < density < 1:
        raise ValueError(
            f"`density` must be between 0 and 1, the probability of a synapse; got {density}"
        )
    return density
