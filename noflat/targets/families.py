"""Families of polynomials that the literature knows something of."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, permutations
from math import comb

import jax
from jaxtyping import Array, Key

from noflat.arguments import whole
from noflat.targets.polynomials import Exponents, Polynomial

_MOST_TERMS = 200_000
"""Beyond so many terms a family is refused: nothing here finishes on it."""


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
    return monomial((1,) * whole(n, "n", "the number of variables"))


def monomial(exponents: Sequence[int]) -> Polynomial:
    r"""The monomial $x_1^{r_1} \cdots x_n^{r_n}$.

    Args:
        exponents: The $r_i$, at least 0 each.

    Returns:
        The polynomial.

    Raises:
        ValueError: If an exponent is no whole number of at least 0, or there is none.

    Example:
        >>> print(monomial((2, 0, 1)))
        x1**2*x3
    """
    powers = tuple(whole(e, "exponents", "the powers of the variables", least=0) for e in exponents)
    return Polynomial(len(powers), ((powers, Fraction(1)),))


def elementary_symmetric(n: int, d: int) -> Polynomial:
    r"""The elementary symmetric polynomial $e_{n,d}$: the sum of all products of d variables.

    Args:
        n: The number of variables.
        d: The degree, at most n.

    Returns:
        The polynomial, of $\binom nd$ terms.

    Raises:
        ValueError: If `d` is above `n`, or the terms are too many.

    Example:
        >>> print(elementary_symmetric(3, 2))
        x1*x2 + x1*x3 + x2*x3
    """
    n = whole(n, "n", "the number of variables")
    d = whole(d, "d", "the degree")
    if d > n:
        raise ValueError(f"`d` must be at most the number of variables {n}; got {d}")
    _check_terms(comb(n, d), f"e({n}, {d})")
    ones = Fraction(1)
    return Polynomial(n, tuple((_squarefree(n, s), ones) for s in combinations(range(n), d)))


def power_sum(n: int, d: int) -> Polynomial:
    r"""The power sum $x_1^d + \dots + x_n^d$.

    Args:
        n: The number of variables.
        d: The degree.

    Returns:
        The polynomial.

    Raises:
        ValueError: If one is no positive integer.

    Example:
        >>> print(power_sum(2, 3))
        x1**3 + x2**3
    """
    n = whole(n, "n", "the number of variables")
    d = whole(d, "d", "the degree")
    return Polynomial(
        n, tuple((tuple(d * (i == j) for j in range(n)), Fraction(1)) for i in range(n))
    )


def determinant(n: int) -> Polynomial:
    """The determinant of an n by n matrix of variables, row by row.

    Args:
        n: The size of the matrix; the polynomial has n^2 variables and n! terms.

    Returns:
        The polynomial.

    Raises:
        ValueError: If `n` is no positive integer, or the terms are too many.

    Example:
        >>> print(determinant(2))
        x1*x4 - x2*x3
    """
    return _matrix_form(n, "det", signed=True)


def permanent(n: int) -> Polynomial:
    """The permanent of an n by n matrix of variables, row by row.

    Arguments and errors are those of `determinant`.

    Example:
        >>> print(permanent(2))
        x1*x4 + x2*x3
    """
    return _matrix_form(n, "perm", signed=False)


def quadratic_form(matrix: Sequence[Sequence[Fraction | int]]) -> Polynomial:
    r"""The quadratic form $x^\top Q x$.

    Args:
        matrix: The square matrix Q of rationals; only its symmetric part counts.

    Returns:
        The polynomial.

    Raises:
        ValueError: If the matrix is empty or not square.

    Example:
        >>> print(quadratic_form([[1, 1], [1, 0]]))
        x1**2 + 2*x1*x2
    """
    n = len(matrix)
    if n < 1 or any(len(row) != n for row in matrix):
        raise ValueError("`matrix` must be square with at least one row")
    terms: dict[Exponents, Fraction] = {}
    for i, row in enumerate(matrix):
        for j, entry in enumerate(row):
            exponents = tuple((k == i) + (k == j) for k in range(n))
            terms[exponents] = terms.get(exponents, Fraction(0)) + Fraction(entry)
    return Polynomial(n, tuple(terms.items()))


def random_polynomial(
    n: int, d: int, *, homogeneous: bool = False, largest: int = 9, key: Key[Array, ""]
) -> Polynomial:
    """A polynomial with random whole coefficients on all monomials of degree at most d.

    Args:
        n: The number of variables.
        d: The degree.
        homogeneous: Whether only those of degree d are taken.
        largest: Coefficients are uniform on the integers from minus this to this.
        key: The JAX key.

    Returns:
        The polynomial.

    Raises:
        ValueError: If a number is out of range, or the terms are too many.

    Example:
        >>> random_polynomial(3, 2, key=jax.random.key(0)).degree
        2
    """
    n = whole(n, "n", "the number of variables")
    d = whole(d, "d", "the degree")
    largest = whole(largest, "largest", "the size of a coefficient")
    _check_terms(comb(n + d - 1, d) if homogeneous else comb(n + d, d), "a random polynomial")
    degrees = (d,) if homogeneous else range(d + 1)
    monomials = [
        tuple(chosen.count(i) for i in range(n))
        for degree in degrees
        for chosen in combinations_with_replacement(range(n), degree)
    ]
    drawn = jax.random.randint(key, (len(monomials),), -largest, largest + 1).tolist()
    return Polynomial(n, tuple((e, Fraction(c)) for e, c in zip(monomials, drawn, strict=True)))


def _matrix_form(n: int, name: str, *, signed: bool) -> Polynomial:
    n = whole(n, "n", "the size of the matrix")
    if n > 8:
        raise ValueError(f"`n` must be at most 8: {name} of size {n} has {n}! terms")
    terms = []
    for image in permutations(range(n)):
        chosen = [row * n + column for row, column in enumerate(image)]
        swaps = sum(image[i] > image[j] for i, j in combinations(range(n), 2))
        sign = -1 if signed and swaps % 2 else 1
        terms.append((_squarefree(n * n, chosen), Fraction(sign)))
    return Polynomial(n * n, tuple(terms))


def _squarefree(n: int, chosen: Sequence[int]) -> Exponents:
    exponents = [0] * n
    for i in chosen:
        exponents[i] = 1
    return tuple(exponents)


def _check_terms(count: int, what: str) -> None:
    if count > _MOST_TERMS:
        raise ValueError(f"{what} has {count} terms, more than the {_MOST_TERMS} that are handled")
