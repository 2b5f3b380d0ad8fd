r"""Staircases: sums of products that grow by a few variables at a time.

$x_1+x_1x_2+\dots+x_1\cdots x_k$ has the degree of the parity of k bits, and each term shows the
way to the next: knowing the first, the second is a product of two.
"""

from fractions import Fraction

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from noflat.arguments import whole
from noflat.targets.polynomials import Polynomial


def staircase(k: int, *, leap: int = 1, inputs: int | None = None) -> Polynomial:
    r"""The staircase $\sum_{j=1}^{k/l} x_1 x_2 \cdots x_{jl}$ of leap l.

    On signs its terms are uncorrelated and of variance 1 each, so that the variance is their
    number. The parity alone, $x_1\cdots x_k$, is the staircase of leap k.

    Args:
        k: The degree.
        leap: The l above: by how many variables a term grows; it divides `k`.
        inputs: The number of variables, at least `k`; `k` where None.

    Returns:
        The polynomial of k/l terms.

    Raises:
        ValueError: If `leap` does not divide `k`, or `inputs` is below it.

    Example:
        >>> print(staircase(3), "and", staircase(4, leap=2))
        x1 + x1*x2 + x1*x2*x3 and x1*x2 + x1*x2*x3*x4
        >>> lower_bound(staircase(3), "exp").neurons
        6

    Reference:
        Abbe, Boix-Adsera and Misiakiewicz (2022), arXiv:2202.08658; of leaps (2023),
        arXiv:2302.11055.
    """
    k, leap = whole(k, "k", "the degree"), whole(leap, "leap", "by how much a term grows")
    inputs = k if inputs is None else whole(inputs, "inputs", "the number of variables")
    if k % leap or inputs < k:
        raise ValueError(
            f"`leap` must divide `k` = {k} and `inputs` be at least that; got {leap} and {inputs}"
        )
    ones = [(1,) * j + (0,) * (inputs - j) for j in range(leap, k + 1, leap)]
    return Polynomial(inputs, tuple((exponents, Fraction(1)) for exponents in ones))


def staircase_values(
    x: Float[Array, "... inputs"], k: Int[Array, ""] | int, leap: Int[Array, ""] | int
) -> Float[Array, "..."]:
    r"""The values of staircases whose degree and leap are numbers of a compiled program.

    Args:
        x: The points, of at least k variables.
        k: The degree.
        leap: By how many variables a term grows; it divides k, or what it leaves is left out.

    Returns:
        The values of `staircase(k, leap=leap)`.

    Example:
        >>> x = jnp.array([1.0, -1.0, -1.0, -1.0])
        >>> [float(staircase_values(x, 4, leap)) for leap in (1, 2, 4)]
        [0.0, -2.0, -1.0]
    """
    numbers = 1 + jnp.arange(x.shape[-1])
    terms = (numbers <= k) & (numbers % leap == 0)
    return jnp.cumprod(x, axis=-1) @ terms.astype(x.dtype)
