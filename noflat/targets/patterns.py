r"""Patterns: the label is a function of k consecutive signs, somewhere among n.

$$y = g(x_j, x_{j+1}, \dots, x_{j+k-1}),\qquad x\in\{-1,1\}^n\ \text{uniform},$$

with $g:\{-1,1\}^k\to\{-1,1\}$ balanced. The place j is fixed and not told. With the parity of k
signs no k - 1 inputs say anything of the label; with a random g single inputs mostly correlate.
"""

from fractions import Fraction
from math import comb
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key, Shaped

from noflat.arguments import whole
from noflat.targets.bits import bit_states


class Pattern(NamedTuple):
    """A function of k consecutive signs.

    Attributes:
        values: Its $2^k$ values, -1 or 1: that of the word whose i-th sign is 1 where bit i of its
            number is.
        inputs: n.
        place: The first of the k inputs, from 0.
    """

    values: Shaped[np.ndarray, " words"] | Shaped[Array, " words"]
    inputs: int
    place: Int[Array, ""] | int

    @property
    def size(self) -> int:
        """The number k of signs that it reads."""
        return len(self.values).bit_length() - 1

    @property
    def places(self) -> int:
        """The number n - k + 1 of places where it could be."""
        return self.inputs - self.size + 1


def parity_pattern(inputs: int, size: int, place: Int[Array, ""] | int) -> Pattern:
    r"""The product of k consecutive signs.

    Args:
        inputs: n.
        size: k, at most n.
        place: j, from 0 to n - k.

    Returns:
        The pattern.

    Raises:
        ValueError: If the pattern does not fit.

    Example:
        >>> parity_pattern(5, 2, 1).values
        array([ 1, -1, -1,  1])

    Reference:
        Malach and Shalev-Shwartz (2021), arXiv:2010.01369, for patterns.
    """
    _check(inputs, size, place)
    return Pattern(np.prod(2 * bit_states(size) - 1, axis=1), inputs, place)


def random_pattern(
    inputs: int, size: int, place: Int[Array, ""] | int, *, key: Key[Array, ""]
) -> Pattern:
    r"""A function of k consecutive signs, drawn among those that are 1 on half of the words.

    Args:
        inputs: n.
        size: k, at most n.
        place: j, from 0 to n - k.
        key: The JAX key.

    Returns:
        The pattern.

    Raises:
        ValueError: If the pattern does not fit.

    Example:
        >>> int(random_pattern(5, 3, 1, key=jax.random.key(0)).values.sum())
        0
    """
    _check(inputs, size, place)
    half = np.repeat(np.array([-1, 1]), 2 ** (size - 1))
    return Pattern(jax.random.permutation(key, half), inputs, place)


def pattern_labels(
    pattern: Pattern, x: Shaped[Array, "samples inputs"]
) -> Shaped[Array, " samples"]:
    """The labels of points.

    Args:
        pattern: The target.
        x: Signs, -1 or 1.

    Returns:
        For each point -1 or 1, in the dtype of the points.

    Example:
        >>> pattern_labels(parity_pattern(4, 2, 1), jnp.array([[1, -1, 1, 1], [1, 1, 1, -1]]))
        Array([-1,  1], dtype=int64)
    """
    seen = jax.lax.dynamic_slice_in_dim(x, pattern.place, pattern.size, axis=1)
    powers = 2 ** np.arange(pattern.size, dtype="int32")
    words = jnp.sum((seen > 0).astype("int32") * powers[None, :], axis=1)
    return jnp.asarray(pattern.values)[words].astype(x.dtype)


def spectrum(values: Shaped[np.ndarray, " words"]) -> dict[tuple[int, ...], Fraction]:
    r"""The Fourier coefficients of a function of k signs: its correlations with all products.

    $$\hat g(T) = 2^{-k}\sum_x g(x)\prod_{i\in T}x_i .$$

    A correlation with a product of inputs outside of the pattern is 0, and one of inputs on both
    sides too.

    Args:
        values: In the order of `Pattern`.

    Returns:
        For each set T of inputs, counted from the place of the pattern, its coefficient.

    Raises:
        ValueError: If their number is no power of two, or 1.

    Example:
        >>> found = spectrum(parity_pattern(9, 3, 4).values)
        >>> {inputs: str(value) for inputs, value in found.items() if value}
        {(0, 1, 2): '1'}
    """
    k = len(values).bit_length() - 1
    if k < 1 or len(values) != 2**k:
        raise ValueError(f"`values` must be one for each of 2, 4, ... words; got {len(values)}")
    words = 2 * bit_states(k) - 1
    found = {}
    for subset in bit_states(k):
        chosen = np.flatnonzero(subset)
        total = int(np.sum(np.asarray(values) * np.prod(words[:, chosen], axis=1)))
        found[tuple(chosen.tolist())] = Fraction(total, 2**k)
    return found


def parity_linear_accuracy(size: int) -> Fraction:
    r"""The largest share of labels that a linear classifier gets right on the parity of k signs.

    $$\tfrac12 + 2^{-k}\binom{k-1}{\lfloor(k-1)/2\rfloor}.$$

    Args:
        size: k.

    Returns:
        The share.

    Example:
        >>> [str(parity_linear_accuracy(k)) for k in (1, 2, 3, 4, 5)]
        ['1', '3/4', '3/4', '11/16', '11/16']

    Reference:
        Theorem L1 of `docs/locality.md`, with its proof.
    """
    size = whole(size, "size", "the signs of a pattern")
    return Fraction(1, 2) + Fraction(comb(size - 1, (size - 1) // 2), 2**size)


def _check(inputs: int, size: int, place: Int[Array, ""] | int) -> None:
    whole(size, "size", "the signs of a pattern")
    if whole(inputs, "inputs", "the number of signs") < size:
        raise ValueError(f"`inputs` must be at least `size` = {size}; got {inputs}")
    if isinstance(place, int) and not 0 <= place <= inputs - size:
        raise ValueError(
            f"`place` must be from 0 to inputs - size = {inputs - size}; got {place}: the pattern "
            "must lie within the inputs"
        )
