r"""Lower bounds at a given error under standard normal inputs: what is left of squared spectra.

The k-th chaos of a neuron is a k-th power of a linear form, so the flattening of the k-th chaos of
a network of m neurons has rank at most m, and its distance from that of the target is at least the
tail of the singular values beyond the m-th; the chaos parts add up. For exp, sin and cos the kernel
$f((x+y)/\sqrt2)$ has such a rank as a whole. Theorems 15 and 16 of docs/polynomials.md.

The matrices have square roots in a scaling of rows and columns, which is taken out of them: with
orthonormal $V$ and $U = DV$ the eigenvalues of $DSD$ are about the diagonal of $U^\top SU$. Floats
propose a $U$ of whole numbers; what it proves is computed exactly.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from math import factorial, isqrt, lcm, prod
from typing import Any, NamedTuple

import numpy as np
from flint import fmpz_mat

from noflat.certificates.hankel import blocks, dividing, variables_of
from noflat.certificates.kernels import RANK_PER_NEURON, free_rank
from noflat.certificates.record import Bound
from noflat.conventions import Convention
from noflat.targets import Polynomial
from noflat.targets.polynomials import Exponents

_BITS = 45
"""The binary digits of the entries of U, over the square roots of the weights."""

MOST_ROWS = 128
"""The largest block whose eigenvalues are proved; the checker reads no larger one."""

MOST_GAUSSIAN_DEGREE = 30
"""Beyond it neither side looks, so that no factorial grows out of hand."""


class Spectrum(NamedTuple):
    """Lower bounds of the eigenvalues of a matrix, and the data that proves them.

    Attributes:
        values: The bounds, descending.
        blocks: For each block its rows and the columns of U.
    """

    values: list[Fraction]
    blocks: list[dict[str, Any]]


def gaussian_tail_bound(
    target: Polynomial,
    activation: str | None,
    convention: Convention,
    error: Fraction,
    most_cells: int,
) -> Bound:
    """The bound at a relative rms error under standard normal inputs; None is any activation.

    Args:
        target: The polynomial.
        activation: The name of the activation, or None.
        convention: Which biases and skip are free.
        error: The relative rms error.
        most_cells: The largest matrix that is looked at; its rows times the terms are no more.

    Returns:
        Neurons, theorem and witness.
    """
    chaos = target.hermite()
    allowed = error**2 * sum(h**2 * prod(map(factorial, alpha)) for alpha, h in chaos.items())
    best = _chaos_bound(chaos, allowed, most_cells)
    if activation in RANK_PER_NEURON:
        computed = _kernel_bound(chaos, allowed, activation, convention, most_cells)
        if computed[2]["blocks"]:
            best = max(computed, best, key=lambda bound: bound[0])
    return best


def _chaos_bound(chaos: Mapping[Exponents, Fraction], allowed: Fraction, most_cells: int) -> Bound:
    """Of each chaos part the flattening in the middle: its singular values are the most even."""
    spectra, parts = [], []
    for degree in sorted({sum(alpha) for alpha in chaos} - {0, 1}):
        part, order = {a: h for a, h in chaos.items() if sum(a) == degree}, degree // 2
        support = [*part]
        rows, columns = dividing(support, order), dividing(support, degree - order)
        found = _spectrum(part, rows, columns, _factorials, most_cells)
        if found.blocks:
            factor = Fraction(factorial(order) * factorial(degree - order), factorial(degree))
            spectra.append([factor * value for value in found.values])
            parts.append({"degree": degree, "order": order, "blocks": found.blocks})
    rank, total = _least_rank(spectra, allowed)
    return rank, "chaos_tail", {"parts": parts, "total": str(total)}


def _kernel_bound(
    chaos: Mapping[Exponents, Fraction],
    allowed: Fraction,
    name: str,
    convention: Convention,
    most_cells: int,
) -> Bound:
    support = [*chaos]
    degree = max(map(sum, support))
    rows = [beta for s in range(degree + 1) for beta in dividing(support, s)]
    spectrum = _spectrum(chaos, rows, rows, _kernel_weight, most_cells)
    rank, total = _least_rank([spectrum.values], allowed)
    per_neuron, free = RANK_PER_NEURON[name], free_rank(convention)
    witness = {
        "blocks": spectrum.blocks,
        "total": str(total),
        "rank_per_neuron": per_neuron,
        "free_rank": free,
    }
    return max(0, -(-(rank - free) // per_neuron)), "kernel_tail", witness


def _least_rank(spectra: list[list[Fraction]], allowed: Fraction) -> tuple[int, Fraction]:
    """The fewest terms that leave no more than allowed, and what none leave."""
    longest = max(map(len, spectra), default=0)
    padded = [[*values, *[Fraction(0)] * (longest - len(values))] for values in spectra]
    largest_last = [sum(column, Fraction(0)) for column in zip(*padded, strict=True)][::-1]
    tails = [*accumulate(largest_last, initial=Fraction(0))][::-1]
    return next(r for r, tail in enumerate(tails) if tail <= allowed), tails[0]


def _factorials(beta: Exponents) -> int:
    return prod(map(factorial, beta))


def _kernel_weight(beta: Exponents) -> int:
    return _factorials(beta) * 2 ** sum(beta)


def _spectrum(
    chaos: Mapping[Exponents, Fraction],
    rows: Sequence[Exponents],
    columns: Sequence[Exponents],
    weight: Callable[[Exponents], int],
    most_cells: int,
) -> Spectrum:
    r"""Lower bounds for the squared singular values of a weighted Hankel matrix of a chaos.

    It is $[h_{\beta+\gamma}(\beta+\gamma)!/\sqrt{w_\beta w_\gamma}]$.
    """
    if max(len(rows) * len(columns), len(rows) * len(chaos)) > most_cells:
        return Spectrum([], [])
    moments = {alpha: h * _factorials(alpha) for alpha, h in chaos.items()}
    whole = lcm(*(v.denominator for v in moments.values()))
    weights = [weight(gamma) for gamma in columns]
    common = lcm(*weights)
    position = {gamma: j for j, gamma in enumerate(columns)}
    entries: list[dict[int, int]] = [{} for _ in rows]
    pattern = np.zeros((len(rows), len(columns)), np.int64)
    for i, beta in enumerate(rows):
        for alpha, value in moments.items():
            j = position.get(tuple(a - b for a, b in zip(alpha, beta, strict=True)))
            if j is not None:
                entries[i][j] = int(value * whole)
                pattern[i, j] = 1
    names = [variables_of(beta) for beta in rows]
    # a bound does not need all of the blocks
    kept = [sorted(b, key=lambda i: names[i]) for b, _ in blocks(pattern) if len(b) <= MOST_ROWS]
    largest_weight = max((weight(rows[i]) for chosen in kept for i in chosen), default=1)
    scale = 2 ** (_BITS + (largest_weight.bit_length() + 1) // 2)
    found, largest = [], 1
    for chosen in kept:
        squared = _squared([entries[i] for i in chosen], [common // w for w in weights])
        diagonal = [weight(rows[i]) for i in chosen]
        vectors = _proposed(squared, diagonal, scale)
        values, norm = _proved(squared, diagonal, vectors)
        largest = max(largest, norm)
        order = sorted(range(len(values)), key=lambda i: (-values[i], vectors[i]))
        listed = {"rows": [names[i] for i in chosen], "vectors": [vectors[i] for i in order]}
        found.append((listed, values))
    found.sort(key=lambda pair: pair[0]["rows"])
    every = sorted((value for _, values in found for value in values), reverse=True)
    unit = common * whole**2 * largest
    return Spectrum([Fraction(value, unit) for value in every], [block for block, _ in found])


def _squared(rows: list[dict[int, int]], factors: list[int]) -> list[list[int]]:
    """The products of rows with rows, each column times its factor."""
    return [
        [sum(a * b[j] * factors[j] for j, a in row.items() if j in b) for b in rows] for row in rows
    ]


def _proposed(squared: list[list[int]], weights: list[int], scale: int) -> list[list[int]]:
    """The columns of U in whole numbers, of the eigenvalues that are clear of rounding."""
    if len(weights) == 1:
        return [[isqrt(scale**2 // weights[0])]]
    scaling = 1 / np.sqrt(np.array(weights, float))
    largest = max(row[i] for i, row in enumerate(squared))
    inside = np.array([[float(Fraction(v, largest)) for v in row] for row in squared])
    values, vectors = np.linalg.eigh(scaling[:, None] * inside * scaling)
    kept = [i for i in reversed(range(len(values))) if values[i] > 1e-9 * values[-1]]
    columns = np.rint(float(scale) * scaling[:, None] * vectors[:, kept])
    return [_signed([int(entry) for entry in column]) for column in columns.T]


def _signed(vector: list[int]) -> list[int]:
    """The one of a vector and its negative whose first entry that is not 0 is positive."""
    return [-v for v in vector] if next(filter(None, vector), 0) < 0 else vector


def _proved(
    squared: list[list[int]], weights: list[int], vectors: list[list[int]]
) -> tuple[list[int], int]:
    """Lower bounds of as many eigenvalues as vectors, to be divided by the number beside them.

    By Gershgorin's circles, and by Ostrowski for vectors that are nearly orthonormal.

    Raises:
        ArithmeticError: If one is not positive, which takes eigenvalues lost in rounding.
    """
    rows, size = fmpz_mat(vectors), len(weights)
    columns = rows.transpose()
    diagonal = fmpz_mat([[w * (i == j) for j in range(size)] for i, w in enumerate(weights)])
    product = [[int(v) for v in row] for row in (rows * fmpz_mat(squared) * columns).tolist()]
    norm = [[int(v) for v in row] for row in (rows * diagonal * columns).tolist()]
    off = max(sum(map(abs, row)) - abs(row[i]) for i, row in enumerate(product))
    values = [row[i] - off for i, row in enumerate(product)]
    if min(values) <= 0:
        raise ArithmeticError("an eigenvalue that floats see is lost in rounding")
    return values, max(sum(map(abs, row)) for row in norm)
