"""Polynomials with rational coefficients, evaluated exactly or under JAX.

A target is data, not a formula: its exponents and coefficients are what the certificates reason
about, so they are integers and fractions from the start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.arguments import whole

Exponents = tuple[int, ...]


@dataclass(frozen=True)
class Polynomial:
    r"""A polynomial $\sum_\alpha c_\alpha x^\alpha$ over the rationals.

    Attributes:
        inputs: The number of variables $n$.
        terms: Pairs of exponents $\alpha$ and coefficient $c_\alpha \neq 0$, ascending in $\alpha$.

    Example:
        >>> product(3).exact([2, 3, Fraction(1, 2)])
        Fraction(3, 1)
    """

    inputs: int
    terms: tuple[tuple[Exponents, Fraction], ...]

    def __post_init__(self) -> None:
        """Checks and sorts the terms."""
        if self.inputs < 1:
            raise ValueError(f"`inputs` must be at least 1; got {self.inputs}")
        for exponents, _ in self.terms:
            are_whole = all(isinstance(e, int) and e >= 0 for e in exponents)
            if len(exponents) != self.inputs or not are_whole:
                raise ValueError(
                    f"`terms` must have {self.inputs} exponents each, whole numbers of at least 0; "
                    f"got {exponents}"
                )
        if len({exponents for exponents, _ in self.terms}) != len(self.terms):
            raise ValueError("`terms` must name each exponent vector once: add their coefficients")
        kept = sorted((tuple(e), Fraction(c)) for e, c in self.terms if c != 0)
        object.__setattr__(self, "terms", tuple(kept))

    @property
    def degree(self) -> int:
        """The largest total degree of a term; 0 for the zero polynomial."""
        return max((sum(exponents) for exponents, _ in self.terms), default=0)

    @property
    def is_product(self) -> bool:
        """Whether this is the product of all its variables."""
        return self.terms == (((1,) * self.inputs, Fraction(1)),)

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, ""]:
        """Evaluates at one point, in the dtype of `x`; runs under jit, vmap and grad."""
        if np.shape(x) != (self.inputs,):
            raise ValueError(
                f"`x` must be one point of shape ({self.inputs},); got {np.shape(x)}. "
                "For a batch use jax.vmap"
            )
        x = jnp.asarray(x)
        total = jnp.zeros((), x.dtype)
        for exponents, coefficient in self.terms:
            powers = [x[i] if e == 1 else x[i] ** e for i, e in enumerate(exponents) if e]
            total = total + float(coefficient) * prod(powers, start=jnp.ones((), x.dtype))
        return total

    def exact(self, x: Sequence[Fraction | int]) -> Fraction:
        """Evaluates at one rational point in exact arithmetic."""
        if len(x) != self.inputs:
            raise ValueError(f"`x` must have {self.inputs} entries; got {len(x)}")
        return sum(
            (c * prod(Fraction(v) ** e for v, e in zip(x, exponents, strict=True)))
            for exponents, c in self.terms
        ) + Fraction(0)


def product(n: int) -> Polynomial:
    r"""The product $x_1 x_2 \cdots x_n$.

    Args:
        n: The number of variables, at least 1.

    Returns:
        The polynomial.

    Raises:
        ValueError: If `n` is not a positive integer.

    Example:
        >>> float(product(3)(jnp.array([2.0, 3.0, 4.0])))
        24.0
    """
    n = whole(n, "n", "the number of variables")
    return Polynomial(n, (((1,) * n, Fraction(1)),))
