"""Polynomials with rational coefficients, evaluated exactly or under JAX.

A target is data, not a formula: its exponents and coefficients are what the certificates reason
about, so they are integers and fractions from the start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import product as cartesian
from math import comb, factorial, prod

import jax.numpy as jnp
import numpy as np
from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from jaxtyping import Array, Float

from noflat.arguments import whole

Exponents = tuple[int, ...]


@dataclass(frozen=True)
class Polynomial:
    r"""A polynomial $\sum_\alpha c_\alpha x^\alpha$ over the rationals.

    Sums, differences, products and whole powers are polynomials again; a number stands for a
    constant one.

    Attributes:
        inputs: The number of variables $n$.
        terms: Pairs of exponents $\alpha$ and coefficient $c_\alpha \neq 0$, ascending in $\alpha$.
        names: What the variables are called where it is printed; x1, x2, ... if empty. Equality
            does not ask for them.

    Example:
        >>> product(3).exact([2, 3, Fraction(1, 2)])
        Fraction(3, 1)
        >>> print((product(2) - 1) ** 2)
        1 - 2*x1*x2 + x1**2*x2**2
    """

    inputs: int
    terms: tuple[tuple[Exponents, Fraction], ...]
    names: tuple[str, ...] = field(default=(), compare=False)

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
        if self.names and len(set(self.names)) != self.inputs:
            raise ValueError(f"`names` must be {self.inputs} different ones; got {self.names}")
        kept = sorted((tuple(e), Fraction(c)) for e, c in self.terms if c != 0)
        object.__setattr__(self, "terms", tuple(kept))

    # --- what it is ----------------------------------------------------------------------------

    @cached_property
    def coefficients(self) -> dict[Exponents, Fraction]:
        """The nonzero coefficients by exponents."""
        return dict(self.terms)

    @property
    def degree(self) -> int:
        """The largest total degree of a term; 0 for the zero polynomial."""
        return max(self.degrees, default=0)

    @property
    def degrees(self) -> tuple[int, ...]:
        """The total degrees that occur, ascending."""
        return tuple(sorted({sum(exponents) for exponents, _ in self.terms}))

    @property
    def is_homogeneous(self) -> bool:
        """Whether all terms have one degree; the zero polynomial is no form."""
        return len(self.degrees) == 1

    @property
    def is_monomial(self) -> bool:
        """Whether it has one term."""
        return len(self.terms) == 1

    @property
    def is_product(self) -> bool:
        """Whether this is the product of all its variables."""
        return self.terms == (((1,) * self.inputs, Fraction(1)),)

    def coefficient(self, exponents: Sequence[int]) -> Fraction:
        """The coefficient of one monomial."""
        return self.coefficients.get(tuple(exponents), Fraction(0))

    def __str__(self) -> str:
        """Python's and SymPy's way to write it, terms of low degree first."""
        names = self.names or tuple(f"x{i + 1}" for i in range(self.inputs))
        ordered = sorted(self.terms, key=lambda t: (sum(t[0]), tuple(-e for e in t[0])))
        text = " + ".join(_term(c, exponents, names) for exponents, c in ordered)
        return text.replace("+ -", "- ") or "0"

    # --- its values ----------------------------------------------------------------------------

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, ""]:
        """Evaluates at one point, in the dtype of `x`; runs under jit, vmap and grad."""
        if np.shape(x) != (self.inputs,):
            raise ValueError(
                f"`x` must be one point of shape ({self.inputs},); got {np.shape(x)}. "
                "For a batch use jax.vmap"
            )
        x = jnp.asarray(x)
        if len(self.terms) > _UNROLLED:
            return self._gathered(x)
        total = jnp.zeros((), x.dtype)
        for exponents, coefficient in self.terms:
            powers = [x[i] if e == 1 else x[i] ** e for i, e in enumerate(exponents) if e]
            total = total + float(coefficient) * prod(powers, start=jnp.ones((), x.dtype))
        return total

    def _gathered(self, x: Float[Array, " inputs"]) -> Float[Array, ""]:
        """The same from a table of powers: a program whose size is not that of the polynomial."""
        highest = max(max(exponents) for exponents, _ in self.terms)
        rows = [jnp.ones_like(x)]
        for _ in range(highest):
            rows.append(rows[-1] * x)
        exponents = np.array([exponents for exponents, _ in self.terms])
        coefficients = jnp.asarray([float(c) for _, c in self.terms], x.dtype)
        monomials = jnp.stack(rows)[exponents, np.arange(self.inputs)[None]].prod(axis=1)
        return jnp.sum(coefficients * monomials)

    def exact(self, x: Sequence[Fraction | int]) -> Fraction:
        """Evaluates at one rational point in exact arithmetic."""
        if len(x) != self.inputs:
            raise ValueError(f"`x` must have {self.inputs} entries; got {len(x)}")
        return sum(
            (c * prod(Fraction(v) ** e for v, e in zip(x, exponents, strict=True) if e))
            for exponents, c in self.terms
        ) + Fraction(0)

    # --- what is made of it --------------------------------------------------------------------

    def __add__(self, other: "Polynomial | Fraction | int") -> "Polynomial":
        """The sum."""
        return self._combined(other, 1)

    __radd__ = __add__

    def __sub__(self, other: "Polynomial | Fraction | int") -> "Polynomial":
        """The difference."""
        return self._combined(other, -1)

    def __rsub__(self, other: Fraction | int) -> "Polynomial":
        """A number less this."""
        return -self + other

    def __neg__(self) -> "Polynomial":
        """The negative."""
        return self * -1

    def __mul__(self, other: "Polynomial | Fraction | int") -> "Polynomial":
        """The product."""
        return self._from_flint(self._flint * self._like(other)._flint)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> "Polynomial":
        """A whole power."""
        return self._from_flint(self._flint ** whole(exponent, "exponent", "the power", least=0))

    def derivative(self, exponents: Sequence[int]) -> "Polynomial":
        r"""The partial derivative $\partial^\beta p$.

        Args:
            exponents: The $\beta$: how often each variable is differentiated by.

        Returns:
            The derivative.

        Raises:
            ValueError: If there is not one order per variable.

        Example:
            >>> print(monomial((3, 1)).derivative((2, 0)))
            6*x1*x2
        """
        if len(exponents) != self.inputs or min(exponents) < 0:
            raise ValueError(f"`exponents` must be {self.inputs} orders; got {exponents}")
        falling = {
            tuple(e - b for e, b in zip(alpha, exponents, strict=True)): c
            * prod(factorial(e) // factorial(e - b) for e, b in zip(alpha, exponents, strict=True))
            for alpha, c in self.terms
            if all(e >= b for e, b in zip(alpha, exponents, strict=True))
        }
        return self._with(falling)

    def part(self, degree: int) -> "Polynomial":
        """The homogeneous part of that degree.

        Example:
            >>> print((product(2) + 1).part(2))
            x1*x2
        """
        return self._with({e: c for e, c in self.terms if sum(e) == degree})

    def substitute(self, values: "Sequence[Polynomial]") -> "Polynomial":
        """Puts a polynomial in for each variable.

        Args:
            values: One per variable, all in the same variables.

        Returns:
            The polynomial in those variables.

        Raises:
            ValueError: If they are too few or too many, or not in the same variables.

        Example:
            >>> x, y = monomial((1, 0)), monomial((0, 1))
            >>> print(product(2).substitute([x + y, x - y]))
            x1**2 - x2**2
        """
        if len(values) != self.inputs or len({value.inputs for value in values}) != 1:
            raise ValueError(
                f"`values` must be {self.inputs} polynomials in the same variables; got {values}"
            )
        context = _context(values[0].inputs)
        parts = [value._flint for value in values]
        return values[0]._from_flint(self._flint.compose(*parts, ctx=context))

    def hermite(self) -> dict[Exponents, Fraction]:
        r"""The coefficients $h_\alpha$ with $p = \sum_\alpha h_\alpha \prod_i He_{\alpha_i}(x_i)$.

        The $He_k$ are the monic Hermite polynomials, orthogonal under the standard normal law with
        $E\,He_k^2 = k!$. The terms with $|\alpha| = k$ are the k-th Gaussian chaos of p.

        Example:
            >>> monomial((2,)).hermite()  # x^2 = He_2 + He_0
            {(2,): Fraction(1, 1), (0,): Fraction(1, 1)}
        """
        total: dict[Exponents, Fraction] = {}
        for alpha, c in self.terms:
            for halves in cartesian(*(range(e // 2 + 1) for e in alpha)):
                # x^e = sum_m e! / (2^m m! (e - 2m)!) He_(e-2m)
                factor = prod(
                    comb(e, 2 * m) * (factorial(2 * m) // (2**m * factorial(m)))
                    for e, m in zip(alpha, halves, strict=True)
                )
                left = tuple(e - 2 * m for e, m in zip(alpha, halves, strict=True))
                total[left] = total.get(left, Fraction(0)) + c * factor
        return {alpha: h for alpha, h in total.items() if h != 0}

    def _combined(self, other: "Polynomial | Fraction | int", sign: int) -> "Polynomial":
        total = dict(self.terms)
        for exponents, c in self._like(other).terms:
            total[exponents] = total.get(exponents, Fraction(0)) + sign * c
        return self._with(total)

    def _like(self, other: "Polynomial | Fraction | int") -> "Polynomial":
        """The other operand as a polynomial in the same variables."""
        if isinstance(other, Polynomial):
            if other.inputs != self.inputs:
                raise ValueError(
                    f"`other` must have the same {self.inputs} variables; got {other.inputs}"
                )
            return other
        return self._with({(0,) * self.inputs: Fraction(other)})

    def _with(self, coefficients: dict[Exponents, Fraction]) -> "Polynomial":
        return Polynomial(self.inputs, tuple(coefficients.items()), self.names)

    @cached_property
    def _flint(self) -> fmpq_mpoly:
        terms = {e: fmpq(c.numerator, c.denominator) for e, c in self.terms}
        return _context(self.inputs).from_dict(terms)

    def _from_flint(self, value: fmpq_mpoly) -> "Polynomial":
        terms = value.to_dict().items()  # its numbers are of FLINT, exponents included
        return self._with({tuple(map(int, e)): Fraction(int(c.p), int(c.q)) for e, c in terms})


_UNROLLED = 64
"""Up to so many terms an evaluation is written out term by term."""


def _context(inputs: int) -> fmpq_mpoly_ctx:
    return fmpq_mpoly_ctx.get(("x", inputs), "lex")


def _term(coefficient: Fraction, exponents: Exponents, names: tuple[str, ...]) -> str:
    powers = [
        name if e == 1 else f"{name}**{e}" for name, e in zip(names, exponents, strict=True) if e
    ]
    if abs(coefficient) != 1 or not powers:
        powers = [str(abs(coefficient)), *powers]
    return ("-" if coefficient < 0 else "") + "*".join(powers)
