r"""Nodes of one hidden layer for any polynomial, in exact arithmetic.

Neurons at nodes $a_j$ with one bias b and readout weights $w_j$ have the Taylor polynomial

$$\sum_j w_j\,\sigma(b + a_j\cdot x) = \sum_\ell \frac{\sigma^{(\ell)}(b)}{\ell!}
  \sum_j w_j (a_j\cdot x)^\ell .$$

So weights for a part $p_k$ have the moments $\sum_j w_ja_j^\beta = \beta!\,c_\beta$ in degree k,
over $\sigma^{(k)}(b)$, and 0 in every other degree in which the derivative does not vanish and no
free readout parameter takes over. That is linear, and over the rationals.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from itertools import product as cartesian
from math import factorial, prod
from typing import NamedTuple

from flint import fmpq, fmpq_mat

from noflat.targets import Polynomial
from noflat.targets.polynomials import Exponents

Point = tuple[Fraction, ...]


class Moments(NamedTuple):
    r"""The moments that the weights of nodes must have.

    Attributes:
        inputs: The number of variables.
        degrees: The degrees $\ell$ in which they are prescribed.
        values: Those that are not 0.
    """

    inputs: int
    degrees: frozenset[int]
    values: Mapping[Exponents, Fraction]

    def monomials(self) -> Iterator[Exponents]:
        """All monomials of those degrees."""
        for degree in sorted(self.degrees):
            for chosen in combinations_with_replacement(range(self.inputs), degree):
                yield tuple(chosen.count(i) for i in range(self.inputs))


class Nodes(NamedTuple):
    """Nodes, with weights for one or more sets of moments.

    Attributes:
        points: The $a_j$, all different.
        weights: The $w_j$ of each set.
    """

    points: tuple[Point, ...]
    weights: tuple[tuple[Fraction, ...], ...]

    def have(self, wanted: Sequence[Moments]) -> bool:
        """Whether the weights have these moments, each set its own: exactly."""
        return all(
            sum((w * _power(a, beta) for a, w in zip(self.points, weights, strict=True)), _ZERO)
            == moments.values.get(beta, 0)
            for moments, weights in zip(wanted, self.weights, strict=True)
            for beta in moments.monomials()
        )


_ZERO = Fraction(0)


def part_moments(part: Polynomial, degrees: frozenset[int]) -> Moments:
    r"""The moments $\beta!\,c_\beta$ of a form, and none in the other degrees given.

    Example:
        >>> from noflat.constructions.nodes import part_moments
        >>> from noflat.targets import monomial
        >>> part_moments(monomial((2, 1)), frozenset({0, 3})).values
        {(2, 1): Fraction(2, 1)}
    """
    values = {alpha: c * prod(map(factorial, alpha)) for alpha, c in part.terms}
    return Moments(part.inputs, degrees, values)


def solved(points: Sequence[Point], wanted: Sequence[Moments]) -> Nodes | None:
    """The weights of given nodes, or None where there are none; nodes without weight are dropped.

    All sets of moments must have the same degrees.
    """
    rows = list(wanted[0].monomials())
    width = len(points) + len(wanted)
    entries = [
        _fmpq(v)
        for beta in rows
        for v in (*(_power(a, beta) for a in points), *(m.values.get(beta, 0) for m in wanted))
    ]
    reduced, rank = fmpq_mat(len(rows), width, entries).rref()
    pivots = _pivots(reduced, rank)
    if any(pivot >= len(points) for pivot in pivots):
        return None
    weights = [[_ZERO] * len(points) for _ in wanted]
    for row, pivot in enumerate(pivots):
        for k in range(len(wanted)):
            found = reduced[row, len(points) + k]
            weights[k][pivot] = Fraction(int(found.p), int(found.q))
    return dropped(points, weights)


def dropped(points: Sequence[Point], weights: Sequence[Sequence[Fraction]]) -> Nodes:
    """Without the nodes that have no weight."""
    kept = [j for j in range(len(points)) if any(row[j] for row in weights)]
    rows = tuple(tuple(row[j] for j in kept) for row in weights)
    return Nodes(tuple(points[j] for j in kept), rows)


def without_origin(nodes: Nodes) -> Nodes:
    """Without the node at the origin."""
    kept = [j for j, point in enumerate(nodes.points) if any(point)]
    rows = tuple(tuple(row[j] for j in kept) for row in nodes.weights)
    return Nodes(tuple(nodes.points[j] for j in kept), rows)


def _pivots(reduced: fmpq_mat, rank: int) -> list[int]:
    pivots, column = [], 0
    for row in range(rank):
        while reduced[row, column] == 0:
            column += 1
        pivots.append(column)
        column += 1
    return pivots


def _power(point: Sequence[Fraction], beta: Exponents) -> Fraction:
    return prod((a**e for a, e in zip(point, beta, strict=True) if e), start=Fraction(1))


def _fmpq(value: Fraction | int) -> fmpq:
    return fmpq(value.numerator, value.denominator)


# --- formulas ------------------------------------------------------------------------------------


def grid(monomial: Polynomial, *, zero: bool) -> Nodes:
    r"""A monomial on a product grid: $\prod(r_i+1)$ nodes, by tensor divided differences.

    They leave of all monomials of degree at most d only this one: any other has an exponent below
    $r_i$ in some variable, and the divided difference in it is 0.

    Args:
        monomial: $c\,x^r$.
        zero: Whether the origin is one of the nodes; otherwise they are symmetric where they can.

    Example:
        >>> from noflat.constructions.nodes import grid
        >>> from noflat.targets import monomial
        >>> len(grid(monomial((2, 1)), zero=True).points)
        6
    """
    ((exponents, coefficient),) = monomial.terms
    sides = [[Fraction(t) for t in _side(e, zero)] for e in exponents]
    size = coefficient * prod(map(factorial, exponents))
    points = tuple(cartesian(*sides))
    weights = tuple(
        size / prod(t - u for t, side in zip(a, sides, strict=True) for u in side if u != t)
        for a in points
    )
    return Nodes(points, (weights,))


def _side(exponent: int, zero: bool) -> list[int]:
    """As many nodes as the exponent and one more, small and nearly symmetric."""
    if exponent == 0:
        return [0]
    if exponent % 2 and not zero:  # -1, 1; -2, -1, 1, 2; ...
        half = range(1, exponent // 2 + 2)
        return [*(-t for t in reversed(half)), *half]
    half = exponent // 2
    return [*range(-half, exponent - half + 1)]


def quadratic(form: Polynomial) -> Nodes:
    r"""A quadratic form of rank r with r + 2 nodes, whatever its signature.

    In coordinates where the form is $\sum_k c_ky_k^2/2$ take partial sums $S_k$ of the weights with
    $1/S_k = 1/S_{k-1} - 1/c_k$, and $S_{r+1}=0$. The vectors $h_k = (1,\dots,1,-S_{k-1}/w_k,0,
    \dots)$ are orthogonal to each other and to 1 under the weights, and $h_k$ has the square $c_k$:
    they are the coordinates of the nodes. The last node is moved to the origin.

    Example:
        >>> from noflat.constructions.nodes import quadratic
        >>> from noflat.targets import product
        >>> len(quadratic(product(2)).points)
        4
    """
    diagonal = diagonalized(form)
    inverses = [Fraction(1)]
    steps = [1 / (2 * c) for c, _ in diagonal]  # the moments of c y^2 are 2c
    while 0 in (partial := _partial_sums(inverses[0], steps)):
        inverses[0] += 1
    sums = [1 / v for v in partial] + [_ZERO]
    weights = [sums[0], *(b - a for a, b in zip(sums, sums[1:], strict=False))]
    r = len(diagonal)
    columns = [
        [Fraction(1)] * k + [-sums[k - 1] / weights[k]] + [_ZERO] * (r + 1 - k)
        for k in range(1, r + 1)
    ]
    coordinates = [[h[j] - h[r + 1] for h in columns] for j in range(r + 2)]
    points = [
        tuple(
            sum((y * form_[i] for y, (_, form_) in zip(row, diagonal, strict=True)), _ZERO)
            for i in range(form.inputs)
        )
        for row in coordinates
    ]
    return Nodes(tuple(points), (tuple(weights),))


def _partial_sums(start: Fraction, steps: Sequence[Fraction]) -> list[Fraction]:
    found = [start]
    for step in steps:
        found.append(found[-1] - step)
    return found


def diagonalized(form: Polynomial) -> list[tuple[Fraction, Point]]:
    """A quadratic form as a sum of c times squares of independent linear forms, by Lagrange.

    Example:
        >>> from noflat.constructions.nodes import diagonalized
        >>> from noflat.targets import product
        >>> [str(c) for c, _ in diagonalized(product(2))]
        ['1', '-4']
    """
    n, found = form.inputs, []
    matrix = [[_ZERO] * n for _ in range(n)]
    for exponents, c in form.terms:
        i, j = (k for k, e in enumerate(exponents) for _ in range(e))
        matrix[i][j] += c / 2
        matrix[j][i] += c / 2
    while any(map(any, matrix)):
        vector = _anisotropic(matrix)
        image = [sum((row[j] * vector[j] for j in range(n)), _ZERO) for row in matrix]
        value = sum((v * w for v, w in zip(vector, image, strict=True)), _ZERO)
        found.append((1 / value, tuple(image)))
        for i in range(n):
            for j in range(n):
                matrix[i][j] -= image[i] * image[j] / value
    return found


def _anisotropic(matrix: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """A vector on which the form is not 0: a coordinate, or the sum of two."""
    n = len(matrix)
    i = next((i for i in range(n) if matrix[i][i]), None)
    if i is not None:
        return [Fraction(k == i) for k in range(n)]
    i, j = next((i, j) for i in range(n) for j in range(i) if matrix[i][j])
    return [Fraction(k in (i, j)) for k in range(n)]


def simplex_grid(n: int, degree: int) -> list[Point]:
    """The points of whole coordinates at least 0 that add up to at most the degree.

    A polynomial of that degree that vanishes on them is 0, so they have weights for any moments.
    """
    return [
        tuple(Fraction(chosen.count(i)) for i in range(n))
        for size in range(degree + 1)
        for chosen in combinations_with_replacement(range(n), size)
    ]
