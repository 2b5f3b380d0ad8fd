r"""Strassen's multiplication $X \mapsto F X$ with a fixed matrix, as a deep linear network.

Where $F$ is fixed, the seven products of Strassen's identity are linear in $X$. A level is a layer
that makes seven combinations of the four blocks of $X$, and one that puts the seven products
together; the combinations of the blocks of $F$ are weights and cost nothing.
"""

import numpy as np
import scipy.sparse

from noflat.arguments import whole
from noflat.networks import SparseNetwork, linear_network

# The blocks in the order 11, 12, 21, 22; a row per product.
OF_FIXED = (
    (1, 0, 0, 1),
    (0, 0, 1, 1),
    (1, 0, 0, 0),
    (0, 0, 0, 1),
    (1, 1, 0, 0),
    (-1, 0, 1, 0),
    (0, 1, 0, -1),
)
OF_INPUT = (
    (1, 0, 0, 1),
    (1, 0, 0, 0),
    (0, 1, 0, -1),
    (-1, 0, 1, 0),
    (0, 0, 0, 1),
    (1, 1, 0, 0),
    (0, 0, 1, 1),
)
# A row per block of the result.
OF_PRODUCTS = (
    (1, 0, 0, 1, -1, 0, 1),
    (0, 0, 1, 0, 1, 0, 0),
    (0, 1, 0, 1, 0, 0, 0),
    (1, -1, 1, 0, 0, 1, 0),
)


def strassen(fixed: np.ndarray, levels: int) -> SparseNetwork:
    r"""The deep linear network $X \mapsto F X$ with so many levels of Strassen's recursion.

    Inputs and outputs are the entries of $X$ and $FX$, row by row. With no level it is the flat
    network, whose $N^3$ weights are the entries of $F$, each repeated for the $N$ columns of $X$.

    Args:
        fixed: $F$, a square matrix of integers or floats; integers stay exact.
        levels: How often blocks are halved; $N$ must be divisible by 2 so many times.

    Returns:
        A network of 2 `levels` hidden layers, with `strassen_synapses(N, levels)` synapses where no
        combination of entries of $F$ vanishes, and fewer where one does.

    Raises:
        ValueError: If `fixed` is not square, or cannot be halved so often.

    Example:
        >>> network = strassen(np.array([[1, 2], [3, 5]]), levels=1)
        >>> print(network(jnp.array([1, 0, 0, 1])), network.synapses)
        [1 2 3 5] 31

    Reference:
        Strassen (1969); Lin, Tegmark and Rolnick (2017), section III G.
    """
    fixed = np.asarray(fixed)
    levels = whole(levels, "levels", "how often blocks are halved", least=0)
    if fixed.ndim != 2 or fixed.shape[0] != fixed.shape[1] or not fixed.size:
        raise ValueError(f"`fixed` must be a square matrix; got one of shape {fixed.shape}")
    size = _check(fixed.shape[0], levels)
    before, after = [], []
    for level in range(levels):
        split, join = _level(size >> level, fixed.dtype)
        copies = scipy.sparse.eye_array(7**level).astype(fixed.dtype)
        before.append(scipy.sparse.kron(copies, split, "csr"))
        after.insert(0, scipy.sparse.kron(copies, join, "csr"))
    return linear_network([*before, _products(_leaves(fixed, levels)), *after])


def _check(size: int, levels: int) -> int:
    if size % 2**levels:
        raise ValueError(
            f"`levels` must be at most how often {size} can be halved; got {levels}: take fewer, "
            "or pad the matrix with zeros"
        )
    return size


def _level(size: int, dtype: np.dtype) -> tuple[scipy.sparse.sparray, scipy.sparse.sparray]:
    """From a matrix to its seven combinations, and from seven products to a matrix."""
    blocks = np.arange(size**2).reshape(2, size // 2, 2, size // 2).transpose(0, 2, 1, 3).ravel()
    one = scipy.sparse.eye_array((size // 2) ** 2).astype(dtype)
    split = scipy.sparse.kron(np.array(OF_INPUT, dtype).T, one, "csr")
    join = scipy.sparse.kron(np.array(OF_PRODUCTS, dtype).T, one, "csc")
    places = np.argsort(blocks)
    return split[places], join[:, places]


def _leaves(fixed: np.ndarray, levels: int) -> np.ndarray:
    """What the products of the last level multiply by, of shape (products, rows, columns)."""
    leaves = fixed[None]
    for _ in range(levels):
        count, size, _ = leaves.shape
        blocks = leaves.reshape(count, 2, size // 2, 2, size // 2).transpose(0, 1, 3, 2, 4)
        blocks = blocks.reshape(count, 4, size // 2, size // 2)
        parts = np.einsum("pb,cbij->cpij", np.array(OF_FIXED, fixed.dtype), blocks)
        leaves = parts.reshape(7 * count, size // 2, size // 2)
    return leaves


def _products(leaves: np.ndarray) -> scipy.sparse.csr_array:
    """The layer that multiplies each block by its own matrix, column by column."""
    count, size, _ = leaves.shape
    product, i, k = np.nonzero(leaves)
    column = np.arange(size)
    start = (product * size**2)[:, None]
    rows = start + size * k[:, None] + column
    columns = start + size * i[:, None] + column
    weights = np.repeat(leaves[product, i, k], size)
    side = count * size**2
    return scipy.sparse.csr_array((weights, (rows.ravel(), columns.ravel())), (side, side))


def strassen_synapses(size: int, levels: int) -> int:
    r"""The synapses of $X \mapsto F X$ with $L$ levels of Strassen's recursion, $F$ generic.

    Twelve nonzero coefficients make the combinations of $X$ and twelve put the products together,
    each for $(N/2)^2$ entries, and seven products of half the size remain:

    $$s(N, L) = 24 \sum_{l<L} 7^l \Bigl(\frac{N}{2^{l+1}}\Bigr)^2
      + 7^L \Bigl(\frac{N}{2^L}\Bigr)^3
      = 8 N^2 \Bigl(\bigl(\tfrac74\bigr)^L - 1\Bigr) + \bigl(\tfrac78\bigr)^L N^3 .$$

    Args:
        size: $N$, of the $N \times N$ matrices.
        levels: $L$; $N$ must be divisible by 2 so many times.

    Returns:
        Their number.

    Raises:
        ValueError: If `levels` is negative, or `size` cannot be halved so often.

    Example:
        >>> [strassen_synapses(48, levels) for levels in (0, 1)]
        [110592, 110592]
    """
    size = _check(
        whole(size, "size", "rows of the matrices"),
        whole(levels, "levels", "how often blocks are halved", least=0),
    )
    joints = sum(7**level * (size >> (level + 1)) ** 2 for level in range(levels))
    return 24 * joints + 7**levels * (size >> levels) ** 3


def best_levels(size: int) -> int:
    r"""The number of levels with the fewest synapses: halve while blocks are larger than 48.

    Another level on blocks of size $M$ replaces $M^3$ synapses by $6 M^2 + \frac78 M^3$, which are
    fewer exactly for $M > 48$.

    Args:
        size: $N$, of the $N \times N$ matrices.

    Returns:
        $L$, at most how often `size` can be halved.

    Raises:
        ValueError: If `size` is not a positive integer.

    Example:
        >>> [best_levels(size) for size in (48, 64, 1024)]
        [0, 1, 5]
    """
    size, levels = whole(size, "size", "rows of the matrices"), 0
    while size % 2 == 0 and size > 48:
        size, levels = size // 2, levels + 1
    return levels
