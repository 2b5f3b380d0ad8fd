r"""The spectrum of a function of n signs by the fast Walsh-Hadamard transform, and its sensitivity.

$$\hat f(T)=2^{-n}\sum_x f(x)\prod_{i\in T}x_i,\qquad W_j=\sum_{|T|=j}\hat f(T)^2,$$

in $n2^n$ additions. Average sensitivity is $\sum_jjW_j$, noise sensitivity
$\tfrac12\sum_j(1-\rho^j)W_j$, and the tail beyond degree d is $\sum_{j>d}W_j$: what no polynomial
of degree d explains. Integers stay integers in the transform, so that it is exact there.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Num

from noflat.arguments import whole
from noflat.targets.bits import bit_states
from noflat.targets.parities import random_signs


def all_signs(n: int) -> Float[np.ndarray, "words n"]:
    """All words of n signs: sign i is 1 where bit i of the number of the word is, else -1.

    Args:
        n: The number of signs, at most 20.

    Returns:
        An array of -1 and 1.

    Raises:
        ValueError: If there are more.

    Example:
        >>> print(*all_signs(2))
        [-1. -1.] [ 1. -1.] [-1.  1.] [1. 1.]
    """
    return 2.0 * bit_states(n) - 1


def walsh_sums(values: Num[Array, " words"]) -> Num[Array, " sets"]:
    r"""The sums $\sum_xf(x)\prod_{i\in T}x_i$ for all sets T, by the fast transform.

    Args:
        values: f at all words, in the order of `all_signs`.

    Returns:
        The sums in the dtype of the values, of integers exact as long as it holds them; bit i of
        the number of a set says whether i is in it.

    Raises:
        ValueError: If their number is no power of two.

    Example:
        >>> print(walsh_sums(jnp.array([1, -1, -1, 1])))  # the product of two signs
        [0 0 0 4]
    """
    n = _signs(values.shape[0])
    for i in range(n):
        pairs = values.reshape(-1, 2, 2**i)
        low, high = pairs[:, 0], pairs[:, 1]
        values = jnp.stack([high + low, high - low], axis=1).reshape(-1)
    return values


def fourier_coefficients(values: Float[Array, " words"]) -> Float[Array, " sets"]:
    r"""The Fourier coefficients $\hat f(T)$ of all sets, in the order of `walsh_sums`.

    Args:
        values: f at all words, in the order of `all_signs`.

    Returns:
        The coefficients.

    Example:
        >>> print(fourier_coefficients(jnp.array([1.0, -1.0, -1.0, 1.0])))
        [0. 0. 0. 1.]
    """
    return walsh_sums(values) / values.shape[0]


def degree_weights(values: Float[Array, " words"]) -> Float[Array, " degrees"]:
    r"""The sums $W_j$ of squared Fourier coefficients of degree j, for j from 0 to n.

    Args:
        values: f at all words, in the order of `all_signs`.

    Returns:
        The weights; they add up to $E f^2$.

    Example:
        >>> x = all_signs(3)
        >>> print(degree_weights(jnp.asarray(x[:, 0] + 2 * x[:, 1] * x[:, 2])))
        [0. 1. 4. 0.]
    """
    n = _signs(values.shape[0])
    degrees = np.bitwise_count(np.arange(2**n, dtype=np.uint32)).astype("int32")
    squares = jnp.square(fourier_coefficients(values))
    return jax.ops.segment_sum(squares, jnp.asarray(degrees), num_segments=n + 1)


def average_sensitivity(weights: Float[Array, " degrees"]) -> Float[Array, ""]:
    r"""The average sensitivity $\sum_jjW_j=E\sum_i\tfrac14(f(x)-f(x^{\oplus i}))^2$.

    Args:
        weights: The $W_j$ of `degree_weights`.

    Returns:
        The sensitivity.

    Example:
        >>> print(average_sensitivity(jnp.array([0.0, 1.0, 4.0, 0.0])))
        9.0
    """
    return jnp.sum(jnp.arange(len(weights), dtype=weights.dtype) * weights)


def noise_sensitivity(weights: Float[Array, " degrees"], rho: float) -> Float[Array, ""]:
    r"""The noise sensitivity $\tfrac12\sum_j(1-\rho^j)W_j=E\tfrac14(f(x)-f(y))^2$.

    Each sign of y is that of x, flipped with probability $(1-\rho)/2$.

    Args:
        weights: The $W_j$ of `degree_weights`.
        rho: From 0, where y is independent of x, to 1.

    Returns:
        The sensitivity.

    Example:
        >>> print(noise_sensitivity(jnp.array([0.0, 1.0, 4.0, 0.0]), 0.5))
        1.75
    """
    degrees = jnp.arange(len(weights), dtype=weights.dtype)
    return jnp.sum((1 - rho**degrees) * weights) / 2


def fourier_tails(weights: Float[Array, " degrees"]) -> Float[Array, " degrees"]:
    r"""For every degree d from 0 to n what is beyond it, $\sum_{j>d}W_j$.

    Args:
        weights: The $W_j$ of `degree_weights`.

    Returns:
        The tails; the last one is 0.

    Example:
        >>> print(fourier_tails(jnp.array([0.5, 1.0, 4.0, 0.0])))
        [5. 4. 0. 0.]
    """
    beyond = jnp.cumsum(weights[::-1])[::-1]
    return jnp.append(beyond[1:], jnp.zeros_like(weights[0]))


def exact_average_sensitivity(values: Sequence[Any] | np.ndarray) -> Fraction:
    r"""The average sensitivity by its definition, in rationals: no coefficient is computed.

    Args:
        values: f at all words, in the order of `all_signs`: integers, fractions, or floats, which
            are taken as the rationals that they are.

    Returns:
        $2^{-n}\sum_x\sum_i\tfrac14(f(x)-f(x^{\oplus i}))^2$.

    Raises:
        ValueError: If their number is no power of two.

    Example:
        >>> print(exact_average_sensitivity([0, 1, 1, 0]))
        1/2
    """
    n = _signs(len(values))
    # a list may mix kinds of numbers, of which NumPy would make rounded ones
    given = values if isinstance(values, np.ndarray) else np.array(list(values), object)
    different, places = np.unique(given, return_inverse=True)
    found = [Fraction(value) for value in different.tolist()]
    common = lcm(*(value.denominator for value in found))
    scaled = [int(value * common) for value in found]
    fits = max(map(abs, scaled)) ** 2 * 4 * max(n, 1) * 2**n < 2**62
    whole_values = np.array(scaled, np.int64 if fits else object)[places.reshape(-1)]
    total = 0
    for i in range(n):
        pairs = whole_values.reshape(-1, 2, 2**i)
        total += 2 * int(np.sum((pairs[:, 1] - pairs[:, 0]) ** 2))
    return Fraction(total, 4 * 2**n * common**2)


def sampled_average_sensitivity(
    function: Callable[[Array], Array], n: int, *, samples: int, key: Key[Array, ""]
) -> tuple[float, float]:
    r"""The average sensitivity of a function of many signs, from words drawn at random.

    One sign i of each word is flipped, drawn as well: $\tfrac n4(f(x)-f(x^{\oplus i}))^2$ has the
    average sensitivity as its mean.

    Args:
        function: Of one word; it is vectorized here.
        n: The signs of a word.
        samples: The words.
        key: The JAX key.

    Returns:
        The mean, and its standard error.

    Raises:
        ValueError: If there are fewer than two samples.

    Example:
        >>> found, error = sampled_average_sensitivity(
        ...     jnp.prod, 9, samples=10, key=jax.random.key(0)
        ... )
        >>> found, error
        (9.0, 0.0)
    """
    whole(samples, "samples", "the words", least=2)
    words = random_signs(samples, n, key=jax.random.fold_in(key, 0), dtype=jnp.zeros(0).dtype.name)
    flipped = jax.random.randint(jax.random.fold_in(key, 1), (samples,), 0, n)

    def change(word: Array, i: Array) -> Array:
        return function(word) - function(word * jnp.where(jnp.arange(n) == i, -1, 1))

    found = n / 4 * np.square(np.asarray(jax.jit(jax.vmap(change))(words, flipped), np.float64))
    return float(found.mean()), float(found.std(ddof=1) / samples**0.5)


def _signs(words: int) -> int:
    n = words.bit_length() - 1
    if words != 2**n:
        raise ValueError(f"`values` must be one for each of 1, 2, 4, ... words; got {words}")
    return n
