r"""The parity of some of the signs, and the chain of thought that leads to it.

On signs the parity of k bits is their product. Of a subset that is not known nothing smaller tells
anything: every product of fewer of its bits is uncorrelated with it. Written as a binary tree of
products of two, each step is of two values that are there already, and the k - 1 values in between,
the last of them the parity, are the tokens of a chain of thought.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import whole


@dataclass(frozen=True)
class ParityTree:
    """The parity of k of d signs, as a balanced tree of products of two.

    Attributes:
        inputs: The number d of signs.
        leaves: Which k of them, in the order of the tree's leaves; k is a power of two.

    Example:
        >>> tree = ParityTree(4, jnp.array([3, 0]))
        >>> print(tree.tokens(jnp.array([[1.0, -1.0, -1.0, -1.0]])))
        [[ 1. -1. -1. -1. -1.]]
        >>> print(tree.children)
        [[3 0]]
    """

    inputs: int
    leaves: Int[Array | np.ndarray, " k"]

    @property
    def targets(self) -> int:
        """The tokens after the inputs, k - 1; the last one is the parity."""
        return len(self.leaves) - 1

    @property
    def levels(self) -> tuple[int, ...]:
        """How many of these each level of the tree has, from below: k/2, ..., 2, 1."""
        return tuple(len(self.leaves) >> level for level in range(1, len(self.leaves).bit_length()))

    @property
    def children(self) -> Int[Array, "targets 2"]:
        """The positions of the two tokens that each of these is the product of."""
        below, first, found = jnp.asarray(self.leaves), self.inputs, []
        for count in self.levels:
            found.append(below.reshape(count, 2))
            below = jnp.arange(first, first + count, dtype=below.dtype)
            first += count
        return jnp.concatenate(found)

    def tokens(self, signs: Float[Array, "samples inputs"]) -> Float[Array, "samples positions"]:
        """The inputs, and after them the values of the tree, level by level from below."""
        values = signs[:, self.leaves]
        found = [signs]
        for _ in self.levels:
            values = values[:, ::2] * values[:, 1::2]
            found.append(values)
        return jnp.concatenate(found, axis=1)

    def parity(self, signs: Float[Array, "samples inputs"]) -> Float[Array, " samples"]:
        """The last token alone."""
        return jnp.prod(signs[:, self.leaves], axis=1)


def random_parity(d: int, k: int, *, key: Key[Array, ""]) -> ParityTree:
    """The parity of k of d signs, drawn with the order of its tree.

    Args:
        d: The number of signs.
        k: How many of them count, a power of two from 2 to d.
        key: The JAX key.

    Returns:
        The parity.

    Raises:
        ValueError: If `k` is no such number.

    Example:
        >>> tree = random_parity(32, 8, key=jax.random.key(0))
        >>> tree.levels, tree.children.shape
        ((4, 2, 1), (7, 2))

    Reference:
        Kim and Suzuki (2025), arXiv:2410.08633, section 3.1.
    """
    d, k = whole(d, "d", "the number of signs"), whole(k, "k", "the bits that count", least=2)
    if k > d or k & (k - 1):
        raise ValueError(f"`k` must be a power of two and at most `d` = {d}; got {k}")
    return ParityTree(d, jax.random.permutation(key, d)[:k].astype("int32"))


def random_signs(
    samples: int, d: int, *, key: Key[Array, ""], dtype: str = "float32"
) -> Float[Array, "samples d"]:
    """Independent fair signs.

    Args:
        samples: How many words.
        d: The signs of each.
        key: The JAX key.
        dtype: Of the entries.

    Returns:
        An array of -1 and 1.

    Example:
        >>> float(jnp.abs(random_signs(3, 4, key=jax.random.key(0))).sum())
        12.0
    """
    return jax.random.rademacher(key, (samples, d), dtype=dtype)
