r"""Rank-one blocks found again: in a probability matrix exactly, in a graph by a clustering.

With $P = X \Pi X^\top$ and $X$ of full rank, the projection onto the range of $P$ is
$X (X^\top X)^{-1} X^\top$. As $X^\top X$ has no entry between communities, the projection has none
either: communities are orthogonal subspaces of $K^2$ dimensions together.
"""

import warnings
from typing import Any, NamedTuple

import flint
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.cluster.vq import kmeans2
from scipy.optimize import linear_sum_assignment
from scipy.sparse.linalg import eigsh

from noflat.arguments import whole
from noflat.targets import BlockModel

_STARTS = 10
"""Of k-means, of which the tightest clustering is kept."""


class Factors(NamedTuple):
    r"""A matrix of rank-one blocks taken apart, exactly: $M = U\, \mathrm{diag}(1/d)\, V$.

    Attributes:
        left: $U$, a column per block that is not zero.
        right: $V$, a row per block.
        pivots: $d$, an entry of each block.
    """

    left: Int[np.ndarray, "nodes blocks"]
    right: Int[np.ndarray, "blocks nodes"]
    pivots: Int[np.ndarray, " blocks"]


def rank_one_factors(
    matrix: Int[np.ndarray, "nodes nodes"], communities: Int[np.ndarray, " nodes"]
) -> Factors:
    r"""Takes a matrix of rank-one blocks apart: a column and a row of each block.

    A block of rank one is $M_{ij} = M_{i b} M_{a j} / M_{ab}$ for any entry $M_{ab} \ne 0$. It is
    tested entry by entry in integers.

    Args:
        matrix: The matrix, in integers below $2^{31}$.
        communities: The community of each node.

    Returns:
        The factors; together they have at most $2nK$ nonzero entries.

    Raises:
        ValueError: If a block has a rank above one.

    Example:
        >>> model = popularity_adjusted(6, 2, key=jax.random.key(0))
        >>> factors = rank_one_factors(model.numerators, model.communities)
        >>> rebuilt = factors.left / factors.pivots @ factors.right
        >>> bool(np.allclose(rebuilt, model.numerators, rtol=1e-14))
        True
    """
    columns, rows, pivots = [], [], []
    labels = np.unique(communities)
    for one in labels:
        for other in labels:
            inside = np.outer(communities == one, communities == other)
            block = np.where(inside, matrix, 0)
            if not block.any():
                continue
            a, b = np.unravel_index(np.argmax(np.abs(block)), block.shape)
            column, row, pivot = block[:, b], block[a], block[a, b]
            if (block * pivot != np.outer(column, row)).any():
                raise ValueError(
                    f"`matrix` must have rank one in every block; that of communities {one} and "
                    f"{other} has more. Are these the communities it was made with?"
                )
            columns.append(column)
            rows.append(row)
            pivots.append(pivot)
    return Factors(np.stack(columns, axis=1), np.stack(rows), np.array(pivots))


def inertia(matrix: Int[np.ndarray, "n n"]) -> tuple[int, int, int]:
    r"""How many eigenvalues of a symmetric matrix are positive, negative and zero, exactly.

    All roots of its characteristic polynomial are real, so by Descartes' rule the changes of sign
    among the coefficients count the positive ones.

    Args:
        matrix: A symmetric matrix of integers.

    Returns:
        The three numbers.

    Raises:
        ValueError: If the matrix is not symmetric.

    Example:
        >>> inertia(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))
        (1, 1, 1)
    """
    if (matrix != matrix.T).any():
        raise ValueError("`matrix` must be symmetric for its eigenvalues to be real; it is not")
    coefficients = flint.fmpz_mat(matrix.tolist()).charpoly().coeffs()
    signs = [-1 if c < 0 else 1 for c in coefficients if c != 0]
    zero = next(i for i, c in enumerate(coefficients) if c != 0)
    positive = sum(a != b for a, b in zip(signs, signs[1:], strict=False))
    return positive, len(matrix) - positive - zero, zero


def cross_entries(model: BlockModel) -> int:
    r"""How many entries between communities the projection onto the range of $P$ has, exactly.

    The projection is $C (C^\top C)^{-1} C^\top$ with $C$ as many independent columns of $P$ as
    its rank, in rational numbers. It is 0 where $X$ has full rank.

    Args:
        model: The model; a few dozen nodes are quick.

    Returns:
        The number of entries that are not zero.

    Example:
        >>> cross_entries(popularity_adjusted(16, 2, key=jax.random.key(0)))
        0

    Reference:
        Koo, Tang and Trosset (2021), on $V V^\top$ of the probability matrix.
    """
    matrix = flint.fmpz_mat(model.numerators.tolist())
    reduced, _, rank = matrix.rref()
    leading = [next(j for j in range(model.nodes) if reduced[i, j] != 0) for i in range(rank)]
    basis = flint.fmpq_mat(flint.fmpz_mat(model.numerators[:, leading].tolist()))
    inverse = (basis.transpose() * basis).inv()
    projection = basis * inverse * basis.transpose()
    labels = model.communities
    return sum(
        projection[i, j] != 0
        for i in range(model.nodes)
        for j in range(model.nodes)
        if labels[i] != labels[j]
    )


def affinity(
    graph: Bool[np.ndarray, "nodes nodes"], communities: int
) -> Float[np.ndarray, "nodes nodes"]:
    r"""$n \hat V \hat V^\top$, with the $K^2$ eigenvectors of the signature of a block model.

    These are the ones of the $K(K+1)/2$ largest and the $K(K-1)/2$ smallest eigenvalues, as $\Pi$
    has so many of either sign. Between communities entries fall as $n^{-1/2}$.

    Args:
        graph: The adjacency matrix.
        communities: $K$; the graph must have more than $K^2 + 1$ nodes.

    Returns:
        The affinities.

    Raises:
        ValueError: If the graph has too few nodes.

    Example:
        >>> model = popularity_adjusted(64, 2, key=jax.random.key(0))
        >>> affinity(adjacency(model, key=jax.random.key(1)), 2).shape
        (64, 64)

    Reference:
        Koo, Tang and Trosset (2021), orthogonal spectral clustering.
    """
    count = whole(communities, "communities", "their number")
    if len(graph) <= count**2 + 1:
        raise ValueError(
            f"`graph` must have more than {count**2 + 1} nodes for {count} communities; "
            f"got {len(graph)}"
        )
    basis = [_eigenvectors(graph.astype(float), count * (count + 1) // 2, "LA")]
    if count > 1:
        basis.append(_eigenvectors(graph.astype(float), count * (count - 1) // 2, "SA"))
    vectors = np.concatenate(basis, axis=1)
    return len(graph) * vectors @ vectors.T


def _eigenvectors(
    matrix: Float[np.ndarray, "nodes nodes"], count: int, which: str
) -> Float[np.ndarray, "nodes count"]:
    # from a start that is given, so that it is the same each time
    start = np.random.default_rng(0).standard_normal(len(matrix))
    # far below the noise of a graph; SciPy's own signature takes it for an integer
    tolerance: Any = 1e-8
    return np.asarray(eigsh(matrix, count, which=which, v0=start, tol=tolerance)[1])


def cross_affinity(model: BlockModel) -> float:
    r"""What the root mean square of `affinity` between communities should be, to first order.

    With $E$ the noise of the graph and $P^+$ the pseudo-inverse, the projection moves by
    $E P^+ + P^+ E$ between communities. The entries of $E$ are independent, so that

    $$n^2\, \mathbb E (\hat V \hat V^\top)_{ij}^2 \approx
      n^2 \sum_k \bigl[ P_{ik}(1 - P_{ik}) (P^+_{kj})^2 + P_{jk}(1 - P_{jk}) (P^+_{ki})^2 \bigr],$$

    of order $1/n$, as the entries of $P^+$ are of order $n^{-2}$.

    Args:
        model: The model; every community must be popular enough for $X$ to have full rank.

    Returns:
        The root of the mean over all pairs between communities.

    Example:
        >>> model = popularity_adjusted(64, 2, key=jax.random.key(0))
        >>> bool(0.5 < cross_affinity(model) < 5)
        True
    """
    nodes, count = model.popularity.shape
    latent = np.zeros((nodes, count, count))
    latent[np.arange(nodes), model.communities] = model.popularity / model.denominator
    flat = latent.reshape(nodes, -1)
    swap = np.arange(count**2).reshape(count, count).T.ravel()
    scaled = flat @ np.linalg.inv(flat.T @ flat)
    # the squares of the entries of a product of rank K^2, as a product of rank K^4
    first, second = (_pairs_of_columns(part) for part in (scaled[:, swap], scaled))
    chance = model.numerators / model.denominator**2
    moved = chance * (1 - chance) @ first @ second.T
    cross = model.communities[:, None] != model.communities
    return float(nodes * np.sqrt((moved + moved.T)[cross].mean()))


def _pairs_of_columns(matrix: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n dd"]:
    return (matrix[:, :, None] * matrix[:, None, :]).reshape(len(matrix), -1)


def orthogonal_clusters(
    affinities: Float[np.ndarray, "nodes nodes"], communities: int, *, seed: int = 0
) -> Int[np.ndarray, " nodes"]:
    r"""Communities from affinities: spectral clustering of $|n \hat V \hat V^\top|$.

    Args:
        affinities: What `affinity` returns.
        communities: $K$.
        seed: Of the starts of k-means.

    Returns:
        The community of each node, by numbers that mean nothing else.

    Example:
        >>> model = popularity_adjusted(400, 2, key=jax.random.key(0))
        >>> found = orthogonal_clusters(affinity(adjacency(model, key=jax.random.key(1)), 2), 2)
        >>> label_error(found, model.communities) < 0.05
        True

    Reference:
        Koo, Tang and Trosset (2021), orthogonal spectral clustering.
    """
    weights = np.abs(affinities)
    # a node without an edge has no affinity, and stays anywhere
    scale = 1 / np.sqrt(np.maximum(weights.sum(axis=1), np.finfo(float).tiny ** 0.25))
    vectors = _eigenvectors(scale[:, None] * weights * scale, communities, "LA")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return _kmeans(vectors / np.maximum(lengths, np.finfo(float).eps), communities, seed)


def leading_clusters(
    graph: Bool[np.ndarray, "nodes nodes"], communities: int, *, seed: int = 0
) -> Int[np.ndarray, " nodes"]:
    r"""Communities as for a stochastic block model: k-means on $K$ leading eigenvectors.

    It looks for $K$ points where this model has $K$ subspaces, and is here to be compared with.

    Args:
        graph: The adjacency matrix.
        communities: $K$.
        seed: Of the starts of k-means.

    Returns:
        The community of each node, by numbers that mean nothing else.

    Example:
        >>> graph = np.kron(np.eye(2), np.ones((8, 8))) > 0
        >>> label_error(leading_clusters(graph, 2), np.arange(16) // 8)
        0.0
    """
    return _kmeans(_eigenvectors(graph.astype(float), communities, "LM"), communities, seed)


def _kmeans(points: Float[np.ndarray, "nodes d"], count: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    found = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="One of the clusters is empty")
        for _ in range(_STARTS):
            centers, labels = kmeans2(points, count, minit="++", rng=generator)
            found.append((float(((points - centers[labels]) ** 2).sum()), labels))
    return min(found, key=lambda pair: pair[0])[1]


def label_error(found: Int[np.ndarray, " nodes"], true: Int[np.ndarray, " nodes"]) -> float:
    """The share of nodes in a wrong community, under the best matching of names.

    Args:
        found: A community for each node, from 0.
        true: The communities they are in, from 0.

    Returns:
        The share: 0 where the two agree up to names.

    Example:
        >>> label_error(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 0]))
        0.25
    """
    count = int(max(found.max(), true.max())) + 1
    together = np.zeros((count, count), int)
    np.add.at(together, (found, true), 1)
    rows, columns = linear_sum_assignment(together, maximize=True)
    return 1 - int(together[rows, columns].sum()) / len(true)
