r"""The fewest coordinates in which a polynomial can be written.

The directions v with $\partial_v p = 0$ do not matter; the linear forms that vanish on all of them
are what p is a polynomial in. A power of a linear form is so a polynomial in one variable.
"""

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat

from noflat.targets import Polynomial, monomial
from noflat.targets.polynomials import Exponents

Forms = tuple[tuple[Fraction, ...], ...]


def essential(target: Polynomial) -> tuple[Polynomial, Forms]:
    """A polynomial in as few variables as there can be, and the forms that go in for them.

    Args:
        target: The polynomial p, of degree at least 1.

    Returns:
        The polynomial q and linear forms L, a row of coefficients each, with p(x) = q(Lx).

    Example:
        >>> from noflat.constructions.coordinates import essential
        >>> from noflat.targets import polynomial
        >>> q, forms = essential(polynomial("(x + 2*y)**2"))
        >>> print(q, [*map(str, forms[0])])
        x1**2 ['1', '2']
    """
    n = target.inputs
    columns: dict[Exponents, list[Fraction]] = {}
    for exponents, c in target.terms:
        for i, e in enumerate(exponents):
            if e:
                lowered = (*exponents[:i], e - 1, *exponents[i + 1 :])
                columns.setdefault(lowered, [Fraction(0)] * n)[i] += e * c
    entries = [fmpq(v.numerator, v.denominator) for row in columns.values() for v in row]
    reduced, rank = fmpq_mat(len(columns), n, entries).rref()
    if rank == n:
        return target, tuple(tuple(Fraction(int(i == j)) for j in range(n)) for i in range(n))
    forms = tuple(
        tuple(Fraction(int(reduced[i, j].p), int(reduced[i, j].q)) for j in range(n))
        for i in range(rank)
    )
    # at the pivots L is the identity: x is y there, and 0 elsewhere
    zero = monomial((0,) * rank) * 0
    pivots = [next(j for j, v in enumerate(row) if v) for row in forms]
    values = [zero] * n
    for i, pivot in enumerate(pivots):
        values[pivot] = monomial(tuple(int(k == i) for k in range(rank)))
    return target.substitute(values), forms


def pulled_back(point: Sequence[Fraction], forms: Forms) -> tuple[Fraction, ...]:
    """The node in the variables x of one in those of q: a neuron of Lx is one of x."""
    return tuple(
        sum((a * row[j] for a, row in zip(point, forms, strict=True)), Fraction(0))
        for j in range(len(forms[0]))
    )
