r"""The low-degree algorithm: learns a function of n signs as a polynomial of degree d.

With $\chi_T(x)=\prod_{i\in T}x_i$ a function of signs is $f=\sum_T\hat f(T)\chi_T$. Of N samples
the $D=\sum_{j\le d}\binom nj$ coefficients with $|T|\le d$ are estimated, by averages or by least
squares on all of them at once; what is beyond degree d is given up. Both need the samples only
through two sums, $\frac1N\sum\chi_S\chi_T$ and $\frac1N\sum y\chi_T$, which come in batches.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from math import comb
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float, Int

from noflat.arguments import whole
from noflat.training.products import times

_BATCH = 4096
_MOST_SIGNS = 63
"""Of so many signs a set is one integer of 64 bits."""
"""Samples at a time."""
_MOST_SETS = 2**14
"""More features make a matrix of more than 2 GiB."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class LowDegree:
    r"""A polynomial of degree at most d in n signs, $p=\sum_{|T|\le d}c_T\chi_T$.

    Attributes:
        inputs: The number n of signs; static.
        degree: d; static.
        coefficients: The $c_T$ in the order of `low_degree_sets`.

    Example:
        >>> p = LowDegree(3, 1, jnp.array([0.5, 1.0, 0.0, 2.0]))
        >>> print(p(jnp.array([1.0, 1.0, -1.0])))
        -0.5
    """

    inputs: int = field(metadata={"static": True})
    degree: int = field(metadata={"static": True})
    coefficients: Float[Array, " features"]

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, ""]:
        """Evaluates at one word."""
        return times(characters(x[None], self.degree), self.coefficients)[0]

    def spectrum(self) -> Float[Array, " sets"]:
        """The coefficients of all sets, in the order of `noflat.measure.fourier_coefficients`."""
        sets = low_degree_sets(self.inputs, self.degree)
        empty = jnp.zeros(2**self.inputs, self.coefficients.dtype)
        return empty.at[jnp.asarray(sets)].set(self.coefficients)


def low_degree_sets(n: int, degree: int) -> Int[np.ndarray, " features"]:
    """The sets of at most d of n signs, by their size and then by their number.

    Args:
        n: The number of signs.
        degree: d, from 0 to n.

    Returns:
        For each its number, in which bit i says whether i is in it.

    Raises:
        ValueError: If the degree is above n, or n above 63.

    Example:
        >>> print(low_degree_sets(3, 2))
        [0 1 2 4 3 5 6]
    """
    _check_degree(n, degree)
    if n > _MOST_SIGNS:
        raise ValueError(f"`n` must be at most {_MOST_SIGNS}, for a set is one integer; got {n}")
    return np.concatenate([np.array(sorted(_of_size(n, j)), np.int64) for j in range(degree + 1)])


def _check_degree(n: int, degree: int) -> None:
    n = whole(n, "n", "the number of signs")
    if whole(degree, "degree", "the size of the largest sets", least=0) > n:
        raise ValueError(f"`degree` must be at most `n` = {n}, the number of signs; got {degree}")


def characters(x: Float[Array, "samples n"], degree: int) -> Float[Array, "samples features"]:
    r"""The products $\chi_T(x)$ of at most d signs, one multiplication for each.

    Args:
        x: Words of signs.
        degree: d.

    Returns:
        For every word its products, in the order of `low_degree_sets`; the dtype is that of x.

    Raises:
        ValueError: If the degree is above n.

    Example:
        >>> print(characters(jnp.array([[1.0, -1.0, -1.0]]), 2))
        [[ 1.  1. -1. -1. -1. -1.  1.]]
    """
    n = x.shape[1]
    _check_degree(n, degree)
    columns = [jnp.ones_like(x, shape=(len(x), 1))]
    before = [0]
    for j in range(1, degree + 1):
        sets = sorted(_of_size(n, j))
        place = {number: i for i, number in enumerate(before)}
        last = [number.bit_length() - 1 for number in sets]
        rest = [place[number ^ 1 << i] for number, i in zip(sets, last, strict=True)]
        columns.append(columns[-1][:, np.array(rest)] * x[:, np.array(last)])
        before = sets
    return jnp.concatenate(columns, axis=1)


def low_degree_averages(
    x: Float[Array, "samples n"], y: Float[Array, " samples"], degree: int, *, batch: int = _BATCH
) -> LowDegree:
    r"""The coefficients as averages, $c_T=\frac1N\sum_iy_i\chi_T(x_i)$.

    Each is unbiased on uniform signs, with a variance of $(\mathbf E f^2-\hat f(T)^2)/N$, since
    $\chi_T^2=1$: `noflat.measure.averages_error` adds them up.

    Args:
        x: Words of signs.
        y: The value at each.
        degree: d.
        batch: Words at a time.

    Returns:
        The polynomial.

    Raises:
        ValueError: If there is not one value for every word, or none.

    Example:
        >>> x = jnp.asarray(all_signs(3))
        >>> print(low_degree_averages(x, 3 * x[:, 1] * x[:, 2], 2).coefficients)
        [0. 0. 0. 0. 0. 0. 3.]

    Reference:
        Linial, Mansour and Nisan (1993), Journal of the ACM 40(3), 607-620.
    """
    _check(x, y, degree)
    _, products = _sums(x, y, degree, batch, False)
    return LowDegree(x.shape[1], degree, products)


def low_degree_least_squares(
    x: Float[Array, "samples n"],
    y: Float[Array, " samples"],
    degree: int,
    *,
    ridge: float = 0.0,
    batch: int = _BATCH,
) -> LowDegree:
    r"""The coefficients by least squares on the $\chi_T$ with $|T|\le d$.

    They minimize $\frac1N\sum_i(y_i-p(x_i))^2+\lambda\lVert c\rVert^2$. Of several minimizers at
    $\lambda=0$ it is the shortest. Near N = D without a ridge the error is large: `noflat.measure`
    has `least_squares_error`.

    Args:
        x: Words of signs.
        y: The value at each.
        degree: d.
        ridge: The $\lambda$ above.
        batch: Words at a time.

    Returns:
        The polynomial.

    Raises:
        ValueError: If there is not one value for every word, or none; if the ridge is negative; or
            if there are more than $2^{14}$ features.

    Example:
        >>> x = jnp.asarray(all_signs(3))
        >>> values = 3 * x[:, 1] * x[:, 2] - x[:, 0]
        >>> print(jnp.round(low_degree_least_squares(x, values, 2).coefficients, 9) + 0.0)
        [ 0. -1.  0.  0.  0.  0.  3.]
    """
    _check(x, y, degree)
    if (features := low_degree_features(x.shape[1], degree)) > _MOST_SETS:
        raise ValueError(
            f"`degree` must leave at most {_MOST_SETS} features to least squares; {degree} makes "
            f"{features}: take a lower one, or `low_degree_averages`"
        )
    gram, products = _sums(x, y, degree, batch, True)
    return LowDegree(x.shape[1], degree, solve_low_degree(gram, products, ridge))


def low_degree_features(n: int, degree: int) -> int:
    r"""The number $D=\sum_{j\le d}\binom nj$ of sets of at most d of n signs.

    Args:
        n: The number of signs.
        degree: d.

    Returns:
        D.

    Example:
        >>> low_degree_features(14, 3)
        470
    """
    return sum(comb(n, j) for j in range(degree + 1))


def solve_low_degree(
    gram: Float[Array, "features features"],
    products: Float[Array, " features"],
    ridge: float | Float[Array, ""] = 0.0,
) -> Float[Array, " features"]:
    r"""Solves $(G+\lambda)c=g$: by Cholesky, and for the shortest solution at $\lambda=0$ by eigh.

    Args:
        gram: $G_{ST}=\frac1N\sum\chi_S\chi_T$.
        products: $g_T=\frac1N\sum y\chi_T$.
        ridge: $\lambda$, from 0 on; a traced one must be positive.

    Returns:
        c. Without a ridge an eigenvalue below $10D\varepsilon$ of the largest counts as 0.

    Raises:
        ValueError: If the ridge is negative.

    Example:
        >>> print(solve_low_degree(jnp.ones((2, 2)), jnp.ones(2)).round(9))
        [0.5 0.5]
    """
    if isinstance(ridge, jax.Array) or ridge > 0:
        weight = jnp.asarray(ridge, gram.dtype)
        lower = jnp.linalg.cholesky(gram + weight * jnp.eye(len(gram), dtype=gram.dtype))
        return cho_solve((lower, True), products)
    if ridge != 0:
        raise ValueError(f"`ridge` must be at least 0; got {ridge}")
    values, vectors = jnp.linalg.eigh(gram)
    kept = values > 10 * len(values) * float(jnp.finfo(gram.dtype).eps) * values[-1]
    inverse = jnp.where(kept, 1, 0) / jnp.where(kept, values, 1)
    return times(vectors, inverse * times(vectors.T, products))


def gram_of_sums(
    sums: Float[Array, " sets"], n: int, degree: int
) -> Float[Array, "features features"]:
    r"""The matrix of all $\frac1N\sum\chi_S\chi_T$ from one Walsh-Hadamard transform.

    $\chi_S\chi_T=\chi_{S\triangle T}$, so that it holds only the $\frac1N\sum\chi_U$, each at many
    places: for n up to 20 no product of signs is made.

    Args:
        sums: $\frac1N\sum_i\chi_U(x_i)$ of all sets U.
        n: The number of signs.
        degree: d.

    Returns:
        The matrix, in the order of `low_degree_sets`.

    Raises:
        ValueError: If there are not $2^n$ sums.

    Example:
        >>> counts = jnp.array([2.0, 0.0, 1.0, 1.0])  # of four samples of two signs
        >>> print(gram_of_sums(walsh_sums(counts) / 4, 2, 1))
        [[ 1.  -0.5  0. ]
         [-0.5  1.   0.5]
         [ 0.   0.5  1. ]]
    """
    if sums.shape != (2**n,):
        raise ValueError(f"`sums` must be one for each of the {2**n} sets; got {sums.shape}")
    sets = low_degree_sets(n, degree)
    return sums[jnp.asarray(sets[:, None] ^ sets[None, :])]


def _of_size(n: int, size: int) -> Iterator[int]:
    return (sum(1 << i for i in chosen) for chosen in combinations(range(n), size))


def _check(x: Any, y: Any, degree: int) -> None:
    if not len(x) or y.shape != x.shape[:1]:
        raise ValueError(
            f"`y` must have a value for every word of `x`, at least one; got {y.shape} of {x.shape}"
        )
    low_degree_sets(x.shape[1], degree)


@partial(jax.jit, static_argnums=(2, 3, 4))
def _sums(x: Array, y: Array, degree: int, batch: int, gram: bool) -> tuple[Array, Array]:
    """The means of products of two features, if asked for, and of values times features."""
    samples, batch = len(y), min(whole(batch, "batch", "the words at a time"), len(y))
    more = -samples % batch
    words = jnp.pad(x, ((0, more), (0, 0))).reshape(-1, batch, x.shape[1])
    values = jnp.pad(y, (0, more)).reshape(-1, batch)
    real = jnp.pad(jnp.ones_like(y), (0, more)).reshape(-1, batch)
    features = low_degree_features(x.shape[1], degree)
    side = features if gram else 0

    def step(total: tuple[Array, Array], part: tuple[Array, Array, Array]) -> tuple[Any, None]:
        found = characters(part[0], degree) * part[2][:, None]
        squares = times(found.T, found) if gram else total[0]
        return (total[0] + squares, total[1] + times(found.T, part[1])), None

    start = (jnp.zeros_like(x, shape=(side, side)), jnp.zeros_like(x, shape=(features,)))
    (grams, products), _ = jax.lax.scan(step, start, (words, values, real))
    return grams / samples, products / samples
