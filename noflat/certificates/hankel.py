r"""Ranks of Hankel matrices of monomials, proved by minors modulo a prime.

A linear form $\Lambda$ on polynomials has the matrix $[\Lambda(x^{\beta+\gamma})]$ with monomials
$\beta$ for rows and $\gamma$ for columns. With $\Lambda(x^\alpha)=\alpha!\,c_\alpha$ its rows are
the partial derivatives of $p=\sum c_\alpha x^\alpha$, up to the scale of each column. A minor that
is not zero modulo a prime is not zero, so that a rank modulo a prime is a lower bound for the rank.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import factorial, prod
from typing import NamedTuple

import numpy as np
from flint import nmod_mat
from jaxtyping import Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from noflat.targets.polynomials import Exponents, Polynomial

PRIME = 2**61 - 1

MOST_CELLS = 4_000_000
"""The largest matrix that is looked at, unless more is asked for: some seconds."""

Moments = Mapping[Exponents, Fraction]
"""A linear form by its nonzero values on monomials."""


class Minor(NamedTuple):
    """A largest minor that is not zero modulo the prime.

    Attributes:
        rows: Their indices, ascending.
        columns: Theirs.
        value: The determinant modulo the prime.
    """

    rows: list[int]
    columns: list[int]
    value: int


def minor(matrix: Int[np.ndarray, "rows columns"]) -> Minor:
    """The minor of the first independent rows and columns of every block.

    Args:
        matrix: A matrix modulo the prime.

    Returns:
        The minor; as many rows as the rank.
    """
    rows, columns, value = [], [], 1
    for block_rows, block_columns in blocks(matrix):
        block = as_nmod(matrix[np.ix_(block_rows, block_columns)])
        chosen_rows, chosen_columns, determinant = _dense_minor(block)
        rows += [int(block_rows[i]) for i in chosen_rows]
        columns += [int(block_columns[j]) for j in chosen_columns]
        value = value * determinant % PRIME
    if not rows:
        return Minor([], [], 1)
    if _is_odd(rows) != _is_odd(columns):  # the blocks' rows and columns are sorted apart
        value = PRIME - value
    return Minor(sorted(rows), sorted(columns), value)


def rank(matrix: Int[np.ndarray, "rows columns"]) -> int:
    """The rank modulo the prime."""
    return sum(as_nmod(matrix[np.ix_(*block)]).rank() for block in blocks(matrix))


def blocks(matrix: Int[np.ndarray, "rows columns"]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The rows and columns of the blocks that a matrix falls into; none of a block of zeros.

    Rows and columns are joined where they meet in an entry. Structured forms fall into many small
    blocks, whose ranks cost little: those of a product are of one multidegree each.
    """
    entries = coo_array(matrix)
    height, width = matrix.shape
    graph = coo_array(
        (np.ones(entries.nnz, bool), (entries.row, entries.col + height)), (height + width,) * 2
    )
    count, labels = connected_components(graph, directed=False)
    of_rows, of_columns = (_members(part, count) for part in (labels[:height], labels[height:]))
    return [(r, c) for r, c in zip(of_rows, of_columns, strict=True) if r.size and c.size]


def _members(labels: np.ndarray, count: int) -> list[np.ndarray]:
    """The indices of each label, ascending."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.cumsum(np.bincount(labels, minlength=count))[:-1])


def _dense_minor(matrix: nmod_mat) -> Minor:
    rank = matrix.rank()
    rows = range(rank) if rank == matrix.nrows() else _pivots(matrix.transpose())
    columns = range(rank) if rank == matrix.ncols() else _pivots(matrix)
    square = matrix
    if rank < max(matrix.nrows(), matrix.ncols()):
        square = nmod_mat(rank, rank, [matrix[i, j] for i in rows for j in columns], PRIME)
    return Minor([*rows], [*columns], int(square.det()))


def _pivots(matrix: nmod_mat) -> list[int]:
    reduced, rank = matrix.rref()
    pivots, column = [], 0
    for row in range(rank):
        while int(reduced[row, column]) == 0:
            column += 1
        pivots.append(column)
        column += 1
    return pivots


def _is_odd(values: list[int]) -> bool:
    """Whether an odd number of exchanges sorts them: their number less that of their cycles."""
    order = np.argsort(values)
    graph = coo_array((np.ones(len(values), bool), (np.arange(len(values)), order)))
    cycles = connected_components(graph, directed=False, return_labels=False)
    return bool((len(values) - cycles) % 2)


def derivative_moments(target: Polynomial) -> dict[Exponents, Fraction]:
    r"""The linear form $\Lambda(x^\alpha)=\alpha!\,c_\alpha$: all derivatives of p at 0.

    Example:
        >>> from noflat.targets import monomial
        >>> derivative_moments(monomial((3, 1)))
        {(3, 1): Fraction(6, 1)}
    """
    return {alpha: c * prod(map(factorial, alpha)) for alpha, c in target.terms}


def dividing(support: Sequence[Exponents], degree: int) -> list[Exponents]:
    """The monomials of one degree that divide one of the support, ascending.

    Args:
        support: Monomials of one or more degrees, in the same variables.
        degree: The degree asked for.

    Returns:
        Their exponents; where that is faster, with some that divide none.

    Example:
        >>> dividing([(2, 0), (1, 1)], 1)
        [(0, 1), (1, 0)]
    """
    if not support:
        return []
    bounds = tuple(map(max, zip(*support, strict=True)))
    if _count_divisors(bounds, degree) <= 2 * len(support):
        return sorted(_divisors(bounds, degree))
    return sorted({beta for alpha in support for beta in _divisors(alpha, degree)})


def _count_divisors(alpha: Exponents, degree: int) -> int:
    counts = [1] + [0] * degree
    for e in alpha:
        counts = [sum(counts[max(0, k - e) : k + 1]) for k in range(degree + 1)]
    return counts[degree]


def _divisors(alpha: Exponents, degree: int) -> list[Exponents]:
    partial: list[tuple[Exponents, int]] = [((), degree)]
    left = sum(alpha)
    for e in alpha:
        left -= e
        partial = [
            ((*beta, b), rest - b)
            for beta, rest in partial
            for b in range(max(0, rest - left), min(e, rest) + 1)
        ]
    return [beta for beta, _ in partial]


def hankel(
    moments: Moments, rows: Sequence[Exponents], columns: Sequence[Exponents]
) -> Int[np.ndarray, "rows columns"]:
    r"""The matrix $[\Lambda(x^{\beta+\gamma})]$ modulo the prime.

    Args:
        moments: The linear form.
        rows: The monomials $\beta$.
        columns: The monomials $\gamma$.

    Returns:
        The matrix.
    """
    matrix = np.zeros((len(rows), len(columns)), np.int64)
    support = [alpha for alpha, value in moments.items() if value]
    if not (support and rows and columns):
        return matrix
    values = np.array([modulo(moments[alpha]) for alpha in support], np.int64)
    largest = max(map(max, (*support, *rows, *columns)))
    codes = _codes([support, rows, columns], 2 * largest + 1)
    if codes is None:  # too many variables for a machine word
        return _by_lookup(matrix, dict(zip(support, values.tolist(), strict=True)), rows, columns)
    order = np.argsort(codes[0])
    known, values = codes[0][order], values[order]
    for i, code in enumerate(codes[1]):
        sums = code + codes[2]
        places = np.minimum(np.searchsorted(known, sums), len(known) - 1)
        matrix[i] = np.where(known[places] == sums, values[places], 0)
    return matrix


def _codes(groups: list[Sequence[Exponents]], base: int) -> list[np.ndarray] | None:
    """Exponents as the digits of one number, so that sums of exponents are sums of numbers."""
    inputs = len(groups[0][0])
    if base**inputs >= 2**62:
        return None
    powers = np.array([base**i for i in range(inputs)], np.int64)
    return [np.array(group, np.int64) @ powers for group in groups]


def _by_lookup(
    matrix: np.ndarray,
    values: dict[Exponents, int],
    rows: Sequence[Exponents],
    columns: Sequence[Exponents],
) -> np.ndarray:
    position = {gamma: j for j, gamma in enumerate(columns)}
    for i, beta in enumerate(rows):
        for alpha, value in values.items():
            gamma = tuple(a - b for a, b in zip(alpha, beta, strict=True))
            if gamma in position:
                matrix[i, position[gamma]] = value
    return matrix


def modulo(value: Fraction) -> int:
    """A fraction modulo the prime.

    Example:
        >>> modulo(Fraction(1, 2)) * 2 % (2**61 - 1)
        1
    """
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME


def as_nmod(matrix: Int[np.ndarray, "rows columns"]) -> nmod_mat:
    """The matrix as FLINT has it."""
    rows, columns = matrix.shape
    return nmod_mat(rows, columns, matrix.ravel().tolist(), PRIME)


def variables_of(exponents: Exponents) -> str:
    """A monomial as the list of its variables, from 0: what a witness says.

    Example:
        >>> variables_of((2, 0, 1))
        '0 0 2'
    """
    return " ".join(str(i) for i, e in enumerate(exponents) for _ in range(e))
