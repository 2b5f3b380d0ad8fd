r"""Lower bounds for any activation: ranks of flattenings, which border rank cannot undercut.

The map $\partial^\alpha\otimes e_I \mapsto \sum_i \partial_i\partial^\alpha f\otimes e_i\wedge e_I$
from $S^aV^*\otimes\Lambda^pV$ to $S^{d-a-1}V\otimes\Lambda^{p+1}V$ has rank $\binom{n-1}{p}$ on the
power of a linear form. Hence $m \ge \mathrm{rank}/\binom{n-1}{p}$, for sums of m powers and for
limits of such sums. With p = 0 it is the catalecticant. Theorem 5 of docs/theory.md.
"""

from functools import cache
from itertools import combinations, combinations_with_replacement
from math import comb

from flint import nmod_mat

from noflat.certificates.record import Bound
from noflat.targets import Polynomial

PRIME = 2**61 - 1

_KOSZUL_INPUTS = 6
"""Up to this many variables all Koszul flattenings are computed; beyond it catalecticants."""

_EXPLICIT_INPUTS = 8
"""Up to this many variables the witness lists the rows and columns of a minor."""


@cache
def flattening_bound(target: Polynomial) -> Bound:
    """The best computed bound from flattenings of the top-degree form.

    Args:
        target: The product of its variables.

    Returns:
        Neurons, theorem and witness.
    """
    n, d = target.inputs, target.degree
    if n > _EXPLICIT_INPUTS:
        order = n // 2
        return comb(n, order), "catalecticant", {"order": order, "subsets": comb(n, order)}
    wedges = range(n - 1) if n <= _KOSZUL_INPUTS else (0,)
    best: tuple[int, int, int, nmod_mat] | None = None
    for wedge in wedges:
        for order in range((d + 1) // 2 + 1):
            if d - order - 1 < 0:
                continue
            matrix = _matrix(target, order, wedge)
            bound = -(-matrix.rank() // comb(n - 1, wedge))
            if best is None or bound > best[0]:
                best = (bound, order, wedge, matrix)
    assert best is not None  # order 0 and wedge 0 always give a matrix
    bound, order, wedge, matrix = best
    rows, columns = _labels(n, order, wedge), _labels(n, d - order - 1, wedge + 1)
    return (
        bound,
        "flattening",
        {
            "order": order,
            "wedge": wedge,
            "prime": PRIME,
            "rows": [rows[i] for i in _pivots(matrix.transpose())],
            "columns": [columns[j] for j in _pivots(matrix)],
        },
    )


def _labels(n: int, degree: int, wedge: int) -> list[list[list[int]]]:
    """Pairs of a monomial, as the sorted list of its variables, and a set of wedge indices."""
    return [
        [list(monomial), list(indices)]
        for monomial in combinations_with_replacement(range(n), degree)
        for indices in combinations(range(n), wedge)
    ]


def _matrix(target: Polynomial, order: int, wedge: int) -> nmod_mat:
    n, d = target.inputs, target.degree
    rows, columns = _labels(n, order, wedge), _labels(n, d - order - 1, wedge + 1)
    position = {(tuple(m), tuple(i)): j for j, (m, i) in enumerate(columns)}
    matrix = nmod_mat(len(rows), len(columns), PRIME)
    derivatives: dict[tuple[int, ...], list[tuple[tuple[int, ...], int]]] = {}
    for row, (monomial, indices) in enumerate(rows):
        for variable in set(range(n)) - set(indices):
            key = tuple(sorted((*monomial, variable)))
            if key not in derivatives:
                derivatives[key] = _derivative(target, key)
            joined = tuple(sorted((*indices, variable)))
            sign = (-1) ** joined.index(variable)
            for rest, value in derivatives[key]:
                column = position[rest, joined]
                matrix[row, column] = (int(matrix[row, column]) + sign * value) % PRIME
    return matrix


def _derivative(
    target: Polynomial, variables: tuple[int, ...]
) -> list[tuple[tuple[int, ...], int]]:
    """The terms of a derivative of the top form: variables of each monomial, and coefficient."""
    terms = []
    for exponents, coefficient in target.terms:
        if sum(exponents) != target.degree:
            continue
        left, value = list(exponents), coefficient
        for variable in variables:
            value *= left[variable]
            left[variable] -= 1
        if value != 0:
            rest = tuple(i for i, e in enumerate(left) for _ in range(e))
            terms.append((rest, value.numerator * pow(value.denominator, -1, PRIME) % PRIME))
    return terms


def _pivots(matrix: nmod_mat) -> list[int]:
    reduced, rank = matrix.rref()
    pivots, column = [], 0
    for row in range(rank):
        while int(reduced[row, column]) == 0:
            column += 1
        pivots.append(column)
    return pivots
