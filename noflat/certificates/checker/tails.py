r"""Checks of the bounds at a given error under standard normal inputs: Theorems 15 and 16.

A block of the squared matrix is $\sqrt{1/w}\,S\sqrt{1/w}$ with rational S and whole weights w. For
any vectors U the eigenvalues of it are at least those of $U^\top SU$, in order, over the largest
eigenvalue of $U^\top wU$; and those are near the diagonal, by Gershgorin.
"""

from collections.abc import Callable
from fractions import Fraction
from math import factorial, isqrt, lcm, prod
from typing import Any

from noflat.certificates.checker.conditions import Data, check_keys, check_same, is_int, require
from noflat.certificates.checker.kernels import ranks, read_error
from noflat.certificates.checker.minors import Exponents, read_monomials
from noflat.certificates.checker.targets import Target

_MOST_ROWS = 128
_MOST_DEGREE = 30
_BITS = 45
"""Of the entries of vectors, times the square root of the weight of their row."""

Chaos = dict[Exponents, Fraction]
Matrix = list[list[int]]
Weight = Callable[[Exponents], int]


def check_chaos_tail(data: Data, target: Target, witness: Data) -> int:
    """What m terms leave of the flattenings of all chaos parts, against the error."""
    check_keys(witness, "parts", "total")
    chaos = _chaos(target)
    parts = witness["parts"]
    require(isinstance(parts, list), "witness: parts must be a list")
    spectra, last = [], 1
    for part in parts:
        require(isinstance(part, dict), "witness: a part is malformed")
        check_keys(part, "degree", "order", "blocks")
        degree, order = part["degree"], part["order"]
        require(
            is_int(degree)
            and is_int(order)
            and last < degree <= target.degree
            and 0 < order < degree,
            "witness: parts must ascend in degree, each of an order between",
        )
        last = degree
        form = {alpha: h for alpha, h in chaos.items() if sum(alpha) == degree}
        factor = Fraction(factorial(order) * factorial(degree - order), factorial(degree))
        values = _spectrum(form, part["blocks"], len(next(iter(chaos))), _factorials, order)
        spectra.append([factor * value for value in values])
    return _least_rank(spectra, _allowed(data, chaos), witness)


def check_kernel_tail(data: Data, target: Target, witness: Data) -> int:
    """What is left of the kernel as a whole."""
    check_keys(witness, "blocks", "total", "rank_per_neuron", "free_rank")
    per_neuron, free = ranks(data, witness)
    chaos = _chaos(target)
    values = _spectrum(chaos, witness["blocks"], target.inputs, _kernel_weight, None)
    rank = _least_rank([values], _allowed(data, chaos), witness)
    return max(0, -(-(rank - free) // per_neuron))


def _least_rank(spectra: list[list[Fraction]], allowed: Fraction, witness: Data) -> int:
    """The fewest terms that leave no more than that; the witness says what none leave."""
    ordered = [sorted(values, reverse=True) for values in spectra]

    def left(rank: int) -> Fraction:
        return sum((sum(values[rank:], Fraction(0)) for values in ordered), Fraction(0))

    rank = 0
    while left(rank) > allowed:
        rank += 1
    check_same(witness["total"], str(left(0)), "total")
    return rank


def _allowed(data: Data, chaos: Chaos) -> Fraction:
    """The squared error times the mean square of the target."""
    norm = sum((h * h * _factorials(alpha) for alpha, h in chaos.items()), Fraction(0))
    return read_error(data) ** 2 * norm


def _chaos(target: Target) -> Chaos:
    """Hermite coefficients, from x He_k = He_(k+1) + k He_(k-1), a variable at a time."""
    require(target.degree <= _MOST_DEGREE, f"target: of degree at most {_MOST_DEGREE} here")
    powers = [[Fraction(1)]]
    for _ in range(target.degree):
        last = powers[-1]
        raised = [Fraction(0), *last]
        for k in range(1, len(last)):
            raised[k - 1] += k * last[k]
        powers.append(raised)
    found = dict(target.terms)
    for i in range(target.inputs):
        expanded: Chaos = {}
        for alpha, c in found.items():
            for k, factor in enumerate(powers[alpha[i]]):
                if factor:
                    key = (*alpha[:i], k, *alpha[i + 1 :])
                    expanded[key] = expanded.get(key, Fraction(0)) + factor * c
        found = expanded
    return {alpha: c for alpha, c in found.items() if c}


def _factorials(beta: Exponents) -> int:
    return prod(factorial(e) for e in beta)


def _kernel_weight(beta: Exponents) -> int:
    return _factorials(beta) << sum(beta)


def _spectrum(
    chaos: Chaos, blocks: Any, inputs: int, weight: Weight, order: int | None
) -> list[Fraction]:
    """Lower bounds of eigenvalues, block by block; no two blocks may meet in a column."""
    require(isinstance(blocks, list) and len(blocks) > 0, "witness: blocks must be a list")
    moments = {alpha: h * _factorials(alpha) for alpha, h in chaos.items()}
    whole = lcm(*(value.denominator for value in moments.values()))
    matrices = [_rows(block, inputs, order) for block in blocks]
    listed = [block["rows"] for block in blocks]
    require(listed == sorted(map(sorted, listed)), "witness: rows and blocks must ascend, as texts")
    every = [beta for rows in matrices for beta in rows]
    require(len(set(every)) == len(every), "witness: a row occurs twice")
    entries = [[_row(moments, beta, whole) for beta in rows] for rows in matrices]
    columns = [{gamma for row in block for gamma in row} for block in entries]
    union = set().union(*columns)
    require(len(union) == sum(map(len, columns)), "witness: two blocks share a column")
    require(bool(union), "witness: a row is 0")
    common = lcm(*map(weight, union))
    found, largest = [], 1
    scale = 2 ** (_BITS + (max(map(weight, every)).bit_length() + 1) // 2)
    for block, rows, part in zip(blocks, matrices, entries, strict=True):
        factors = {gamma: common // weight(gamma) for row in part for gamma in row}
        values, norm = _eigenvalues(part, factors, [*map(weight, rows)], block["vectors"], scale)
        found += values
        largest = max(largest, norm)
    return [Fraction(value, common * whole**2 * largest) for value in found]


def _rows(block: Any, inputs: int, order: int | None) -> list[Exponents]:
    require(isinstance(block, dict), "witness: a block is malformed")
    check_keys(block, "rows", "vectors")
    rows = read_monomials(block["rows"], inputs)
    require(len(rows) <= _MOST_ROWS, f"witness: a block must have at most {_MOST_ROWS} rows")
    require(
        order is None or all(sum(beta) == order for beta in rows),
        "witness: a row has another degree",
    )
    return rows


def _row(moments: Chaos, beta: Exponents, whole: int) -> dict[Exponents, int]:
    return {
        tuple(a - b for a, b in zip(alpha, beta, strict=True)): int(value * whole)
        for alpha, value in moments.items()
        if all(a >= b for a, b in zip(alpha, beta, strict=True))
    }


def _eigenvalues(
    rows: list[dict[Exponents, int]],
    factors: dict[Exponents, int],
    weights: list[int],
    vectors: Any,
    scale: int,
) -> tuple[list[int], int]:
    """Those that the vectors of a block prove, all positive, and what to divide them by."""
    size = len(rows)
    require(
        isinstance(vectors, list)
        and 0 < len(vectors) <= size
        and all(isinstance(v, list) and len(v) == size for v in vectors)
        and all(is_int(e) and abs(e) <= 2 * scale for v in vectors for e in v),
        "witness: vectors must be whole numbers, at most as many as there are rows",
    )
    require(all(next(filter(None, v), 1) > 0 for v in vectors), "witness: a vector begins below 0")
    # of one row every number proves the same, so one is chosen
    require(
        size > 1 or vectors == [[isqrt(scale**2 // weights[0])]], "witness: one row has one vector"
    )
    squared = [
        [sum(v * b[g] * factors[g] for g, v in a.items() if g in b) for b in rows] for a in rows
    ]
    inside = _congruent(squared, vectors)
    norm = _congruent([[w * (i == j) for j in range(size)] for i, w in enumerate(weights)], vectors)
    off = max(sum(map(abs, row)) - abs(row[i]) for i, row in enumerate(inside))
    values = [row[i] - off for i, row in enumerate(inside)]
    require(min(values) > 0, "witness: a vector proves nothing")
    order = [(-value, vector) for value, vector in zip(values, vectors, strict=True)]
    require(order == sorted(order), "witness: vectors must be those of falling eigenvalues")
    return values, max(sum(map(abs, row)) for row in norm)


def _congruent(matrix: Matrix, vectors: Matrix) -> Matrix:
    images = [
        [sum(m * e for m, e in zip(row, vector, strict=True) if m and e) for row in matrix]
        for vector in vectors
    ]
    return [
        [sum(a * b for a, b in zip(vector, image, strict=True)) for image in images]
        for vector in vectors
    ]
