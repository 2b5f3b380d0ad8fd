r"""Lower bounds for any activation: ranks of flattenings, which border rank cannot undercut.

The map $\partial^\beta\otimes e_I \mapsto \sum_i \partial_i\partial^\beta f\otimes e_i\wedge e_I$
from $S^aV^*\otimes\Lambda^pV$ to $S^{k-a-1}V\otimes\Lambda^{p+1}V$ has rank $\binom{n-1}{p}$ on the
k-th power of a linear form. Hence $m \ge \mathrm{rank}/\binom{n-1}{p}$, for sums of m powers and
for limits of such sums. The catalecticant $\partial^\beta\mapsto\partial^\beta f$ has rank 1 on it.
Theorem 5 of docs/theory.md.
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from noflat.certificates.hankel import (
    PRIME,
    derivative_moments,
    dividing,
    hankel,
    minor,
    rank,
    variables_of,
)
from noflat.certificates.record import Bound
from noflat.targets import Polynomial
from noflat.targets.polynomials import Exponents

_EXPLICIT_INPUTS = 8
"""Up to this many variables the witness of a product lists the rows and columns of a minor."""


class Shape(NamedTuple):
    """One flattening of a form: of degree k, by a derivatives and p wedges; None: catalecticant."""

    degree: int
    order: int
    wedge: int | None
    rows: int
    columns: int

    def proves(self, rank: int, inputs: int) -> int:
        """The bound that a rank of it gives."""
        return -(-rank // (1 if self.wedge is None else comb(inputs - 1, self.wedge)))


@cache
def flattening_bound(
    target: Polynomial, degrees: tuple[int, ...], most_cells: int, first: int = 0
) -> Bound:
    """The best bound from flattenings of homogeneous parts, of all shapes that are small enough.

    Args:
        target: The polynomial.
        degrees: The degrees of the parts to look at, each at least 1.
        most_cells: The largest matrix that is looked at.
        first: A bound that is known already: shapes that cannot give more are left out.

    Returns:
        Neurons, theorem and witness; no neurons where no shape gives more.
    """
    n = target.inputs
    if target.is_product and n > _EXPLICIT_INPUTS:
        return comb(n, n // 2), "catalecticant", {"order": n // 2, "subsets": comb(n, n // 2)}
    best: Bound = (first, "flattening", {})
    shapes = [
        shape
        for degree in degrees
        for shape in _shapes(target.part(degree))
        if shape.rows * shape.columns <= most_cells or shape.rows == 1
    ]
    # catalecticants first, then by size: most of the others then have no chance
    for shape in sorted(shapes, key=lambda s: (s.wedge is not None, s.rows * s.columns)):
        if shape.proves(min(shape.rows, shape.columns), n) <= best[0]:
            continue
        part = target.part(shape.degree)
        matrix = _matrix(part, shape)
        bound = shape.proves(rank(matrix), n)
        if bound > best[0]:
            best = (bound, "flattening", _witness(part, shape, matrix))
    return best


def _witness(part: Polynomial, shape: Shape, matrix: Int[np.ndarray, "rows columns"]) -> dict:
    rows, columns = _labels(part, shape)
    found = minor(matrix)
    return {
        "degree": shape.degree,
        "order": shape.order,
        "wedge": shape.wedge,
        "prime": PRIME,
        "rows": [rows[i] for i in found.rows],
        "columns": [columns[j] for j in found.columns],
        "minor": found.value,
    }


def _shapes(part: Polynomial) -> Iterator[Shape]:
    """All flattenings of a form up to transposition."""
    n, k, support = part.inputs, part.degree, [alpha for alpha, _ in part.terms]
    sizes = [len(dividing(support, a)) for a in range(k + 1)]
    for order in range(k // 2 + 1):
        yield Shape(k, order, None, sizes[order], sizes[k - order])
    for wedge in range(1, n - 1):  # with 0 and n - 1 it is a catalecticant again
        for order in range(k):
            # the transposed flattening has order k - a - 1 and wedge n - p - 1
            if (order, wedge) <= (k - order - 1, n - wedge - 1):
                rows = sizes[order] * comb(n, wedge)
                columns = sizes[k - order - 1] * comb(n, wedge + 1)
                yield Shape(k, order, wedge, rows, columns)


def _sides(part: Polynomial, shape: Shape) -> tuple[list[Exponents], list[Exponents]]:
    """The monomials of the rows and of the columns."""
    support = [alpha for alpha, _ in part.terms]
    left = shape.degree - shape.order - (shape.wedge is not None)
    return dividing(support, shape.order), dividing(support, left)


def _labels(part: Polynomial, shape: Shape) -> tuple[list, list]:
    """Rows and columns as text: a monomial, and a set of wedge indices where there are wedges."""
    monomials, images = _sides(part, shape)
    if shape.wedge is None:
        return [*map(variables_of, monomials)], [*map(variables_of, images)]
    return _pairs(monomials, part.inputs, shape.wedge), _pairs(images, part.inputs, shape.wedge + 1)


def _pairs(monomials: list[Exponents], inputs: int, wedge: int) -> list[list[str]]:
    return [
        [variables_of(beta), " ".join(map(str, indices))]
        for indices in combinations(range(inputs), wedge)
        for beta in monomials
    ]


def _matrix(part: Polynomial, shape: Shape) -> Int[np.ndarray, "rows columns"]:
    """The flattening modulo the prime; with wedges, a block per pair of sets one index apart."""
    n, moments = part.inputs, derivative_moments(part)
    monomials, images = _sides(part, shape)
    if shape.wedge is None:
        return hankel(moments, monomials, images)
    first = [*combinations(range(n), shape.wedge)]
    second = [*combinations(range(n), shape.wedge + 1)]
    position = {indices: j for j, indices in enumerate(second)}
    blocks = [hankel(moments, [_raised(b, v) for b in monomials], images) for v in range(n)]
    height, width = len(monomials), len(images)
    matrix: Int[np.ndarray, "rows columns"] = np.zeros(
        (height * len(first), width * len(second)), np.int64
    )
    for i, indices in enumerate(first):
        for variable in sorted(set(range(n)) - set(indices)):
            joined = tuple(sorted((*indices, variable)))
            j, block = position[joined], blocks[variable]
            if joined.index(variable) % 2:
                block = np.where(block, PRIME - block, 0)
            matrix[i * height : (i + 1) * height, j * width : (j + 1) * width] = block
    return matrix


def _raised(beta: Exponents, variable: int) -> Exponents:
    return (*beta[:variable], beta[variable] + 1, *beta[variable + 1 :])
