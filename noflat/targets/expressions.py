"""`polynomial`: any expression multiplied out, exactly."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import comb
from typing import Any

from noflat.targets.parser import MOST_DEGREE, Algebra, is_sympy, names_in, read, read_terms
from noflat.targets.polynomials import Polynomial

MOST_TERMS = 50_000
"""Beyond so many terms nothing here finishes."""


def polynomial(expression: Any, *, variables: Sequence[str] | None = None) -> Polynomial:
    """The polynomial that an expression multiplies out to.

    Args:
        expression: A string such as `"x*y*z + 2*w**3"` with `+ - * / ** ^ ( )`, whole numbers,
            decimals and fractions, all exact; a SymPy expression or `Poly`; a dictionary from
            tuples of exponents to whole numbers, fractions or their text; or a `Polynomial`.
        variables: The names of the variables in order, of which some may not occur; where None
            those that occur, sorted, x2 before x10.

    Returns:
        The polynomial.

    Raises:
        ValueError: If it is no polynomial over the rationals, or too large: of a degree above 100,
            in more than 100 variables, or of more than 50 000 terms.

    Example:
        >>> from noflat.targets import polynomial
        >>> print(polynomial("(x + y)**2 - x*(x - 1/2)"))
        1/2*x + 2*x*y + y**2
        >>> polynomial({(1, 1): "1/3"}).exact([3, 5])
        Fraction(5, 1)
    """
    if isinstance(expression, Polynomial):
        found = expression
    elif isinstance(expression, Mapping):
        found = read_terms(expression)
        if variables is not None:
            found = Polynomial(found.inputs, found.terms, tuple(variables))
    elif isinstance(expression, str) or is_sympy(expression):
        names = names_in(expression, variables)
        found = read(expression, names, _Expanded(names))
    else:
        raise ValueError(
            "`expression` must be a string, a SymPy expression, a dictionary of exponents and "
            f"coefficients, or a Polynomial; got {type(expression).__name__}"
        )
    if found.degree > MOST_DEGREE:
        raise ValueError(f"`expression` must have a degree of at most {MOST_DEGREE}")
    return found


class _Expanded(Algebra[Polynomial]):
    """Sums and products of polynomials, refused before they grow too large."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def number(self, value: Fraction) -> Polynomial:
        exponents = (0,) * len(self.names)
        return Polynomial(len(self.names), ((exponents, value),), self.names)

    def variable(self, index: int) -> Polynomial:
        exponents = tuple(int(i == index) for i in range(len(self.names)))
        return Polynomial(len(self.names), ((exponents, Fraction(1)),), self.names)

    def total(self, parts: Sequence[Polynomial]) -> Polynomial:
        terms: dict[tuple[int, ...], Fraction] = {}
        for part in parts:
            for exponents, coefficient in part.terms:
                terms[exponents] = terms.get(exponents, Fraction(0)) + coefficient
        return Polynomial(len(self.names), tuple(terms.items()), self.names)

    def product(self, factors: Sequence[tuple[Polynomial, int]]) -> Polynomial:
        found = self.number(Fraction(1))
        for factor, exponent in factors:
            self._check(found, factor, exponent)
            found = found * factor**exponent
        return found

    def constant(self, part: Polynomial) -> Fraction | None:
        return part.coefficient((0,) * len(self.names)) if part.degree == 0 else None

    def _check(self, left: Polynomial, right: Polynomial, exponent: int) -> None:
        degree = left.degree + right.degree * exponent
        if degree > MOST_DEGREE:
            raise OverflowError(f"has a degree above {MOST_DEGREE}")
        powers = comb(len(right.terms) + exponent - 1, exponent) if right.terms else 0
        most = min(len(left.terms) * powers, comb(len(self.names) + degree, degree))
        if most > MOST_TERMS:
            raise OverflowError(f"may have more than {MOST_TERMS} terms")
        bits = sum(
            max(c.numerator.bit_length() + c.denominator.bit_length() for _, c in p.terms) * k
            for p, k in ((left, 1), (right, exponent))
            if p.terms
        )
        if bits * most > 8 * _MOST_BYTES:
            raise OverflowError("has coefficients of too many digits")


_MOST_BYTES = 10**8
"""Of the numbers of one product."""
