r"""The popularity adjusted block model: random graphs whose blocks have rank one.

Every node $i$ is in one community $z_i$ and has a popularity $\lambda_{i,k}$ in each community $k$.
Nodes are joined independently with probability
$P_{ij} = \lambda_{i, z_j} \lambda_{j, z_i}$. Popularities are fractions of one denominator, so that
$P$ is known exactly.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Int, Key

from noflat.arguments import generator, whole


class BlockModel(NamedTuple):
    r"""A popularity adjusted block model in integers.

    Attributes:
        popularity: $q \lambda_{i,k}$, a row per node and a column per community.
        communities: $z_i$, the community of each node.
        denominator: $q$.
    """

    popularity: Int[np.ndarray, "nodes communities"]
    communities: Int[np.ndarray, " nodes"]
    denominator: int

    @property
    def nodes(self) -> int:
        """Their number."""
        return len(self.popularity)

    @property
    def numerators(self) -> Int[np.ndarray, "nodes nodes"]:
        r"""$q^2 P$, the diagonal included."""
        towards = self.popularity[:, self.communities]
        return towards * towards.T


def popularity_adjusted(
    n: int, communities: int, *, zeros: float = 0.0, key: Key[Array, ""]
) -> BlockModel:
    r"""Draws a model: popularities uniform on 0.10, 0.11, ..., 1.00, some of them zero.

    Communities are of equal size, up to one node. Without zeros they are no denser within than
    between: which node is where is told by the ranks of the blocks, not by the numbers of edges.

    Args:
        n: The number of nodes.
        communities: $K$, the number of communities; node $i$ is in community $i$ modulo $K$.
        zeros: The probability of a popularity of exactly zero, in communities not the node's own.
        key: The JAX key.

    Returns:
        The model, with denominator 100.

    Raises:
        ValueError: If there are more communities than nodes, or `zeros` is not in [0, 1).

    Example:
        >>> model = popularity_adjusted(6, 2, key=jax.random.key(0))
        >>> model.numerators.shape, bool((model.numerators == model.numerators.T).all())
        ((6, 6), True)

    Reference:
        Sengupta and Chen (2018), a block model for node popularity in networks with community
        structure. Zeros are those of Noroozi, Rimal and Pensky, the sparse popularity adjusted
        stochastic block model.
    """
    n = whole(n, "n", "the number of nodes")
    count = whole(communities, "communities", "their number")
    if count > n:
        raise ValueError(f"`communities` must be at most the number of nodes {n}; got {count}")
    if not 0 <= zeros < 1:
        raise ValueError(f"`zeros` must be in [0, 1), the share of zeros; got {zeros}")
    draws = generator(key)
    popularity = draws.integers(10, 101, (n, count))
    labels = np.arange(n) % count
    foreign = labels[:, None] != np.arange(count)
    popularity[foreign & (draws.random((n, count)) < zeros)] = 0
    return BlockModel(popularity, labels, 100)


def adjacency(model: BlockModel, *, key: Key[Array, ""]) -> Bool[np.ndarray, "nodes nodes"]:
    """Draws a graph: its adjacency matrix, symmetric and without loops.

    Args:
        model: The model.
        key: The JAX key.

    Returns:
        Whether two nodes are joined.

    Example:
        >>> model = popularity_adjusted(6, 2, key=jax.random.key(0))
        >>> graph = adjacency(model, key=jax.random.key(1))
        >>> bool((graph == graph.T).all()), int(graph.trace())
        (True, 0)
    """
    draws = generator(key).random((model.nodes, model.nodes))
    upper = np.triu(draws * model.denominator**2 < model.numerators, 1)
    return upper | upper.T
