r"""The probability matrix of a block model as a deep linear network of one hidden layer.

A matrix of $K \times K$ blocks of rank one goes through $K^2$ hidden values: for each pair $(k, l)$
the sum over community $k$, weighted by popularity in community $l$.
"""

import numpy as np
import scipy.sparse

from noflat.networks import SparseNetwork, linear_network
from noflat.targets import BlockModel


def factorized(model: BlockModel) -> SparseNetwork:
    r"""The deep network $x \mapsto x P = x\, X \Pi X^\top$, in integers: it returns $q^2 x P$.

    Row $i$ of $X$, of shape $n \times K^2$, holds $\lambda_{i,l}$ at the pairs $(z_i, l)$, and
    $\Pi$ swaps $(k, l)$ and $(l, k)$. A permutation costs nothing, so the synapses are the nonzero
    popularities, twice: $2nK$ where none is zero, against $n^2$ of the flat network, and flattening
    costs $n/(2K)$. With $a_{kl}$ the number of nodes of community $k$ that are popular in community
    $l$, the deep network has $\sum_{kl} (a_{kl} + a_{lk})$ synapses over the pairs where both are
    not 0, and the flat one $\sum_{kl} a_{kl} a_{lk}$.

    Args:
        model: The model, with denominator $q$.

    Returns:
        A network with one hidden value for every block that is not zero.

    Example:
        >>> network = factorized(popularity_adjusted(30, 3, key=jax.random.key(0)))
        >>> network.synapses, count_flat_synapses(network)
        (180, 900)

    Reference:
        Koo, Tang and Trosset (2021), popularity adjusted block models are generalized random dot
        product graphs, for $P = X \Pi X^\top$.
    """
    nodes, count = model.popularity.shape
    row = np.repeat(np.arange(nodes), count)
    own, other = np.repeat(model.communities, count), np.tile(np.arange(count), nodes)
    values = model.popularity.ravel()

    def factor(first: np.ndarray, second: np.ndarray) -> scipy.sparse.csc_array:
        places = (row, first * count + second)
        return scipy.sparse.csc_array((values, places), (nodes, count**2))

    into, out = factor(own, other), factor(other, own)
    alive = (abs(into).sum(axis=0) > 0) & (abs(out).sum(axis=0) > 0)
    return linear_network([into[:, alive], out[:, alive].T])
