"""Monomials as a witness writes them, and minors that do not vanish modulo a prime."""

from fractions import Fraction
from typing import Any

from noflat.certificates.checker.conditions import (
    CertificateError,
    check_same,
    is_int,
    require,
)

PRIME = 2**61 - 1

_MOST_BY_HAND = 300
"""Up to so many rows Python eliminates in a second or two, and needs no other library."""

_MOST_ROWS = 4096
"""The largest minor that is computed: some ten seconds."""

_MOST_FACTORS = 100

Exponents = tuple[int, ...]


def read_monomial(text: Any, n: int) -> Exponents:
    """Reads '0 0 2', the square of variable 0 times variable 2, in the only way it is written."""
    require(isinstance(text, str) and len(text) <= 400, "witness: a monomial is malformed")
    parts = text.split(" ") if text else []
    require(
        all(part.isascii() and part.isdigit() and len(part) <= 2 for part in parts),
        "witness: a monomial is malformed",
    )
    # no exponent of a product of two may overflow its eight bits in `code`
    require(len(parts) <= _MOST_FACTORS, "witness: a monomial is of too high a degree")
    variables = [int(part) for part in parts]
    require(
        variables == sorted(variables)
        and all(i < n for i in variables)
        and " ".join(map(str, variables)) == text,
        "witness: a monomial must list its variables, ascending",
    )
    exponents = [0] * n
    for i in variables:
        exponents[i] += 1
    return tuple(exponents)


def read_monomials(found: Any, n: int) -> list[Exponents]:
    """Reads a list of monomials, each once."""
    require(
        isinstance(found, list) and 0 < len(found) <= _MOST_ROWS,
        f"witness: rows and columns must be lists of 1 to {_MOST_ROWS}",
    )
    monomials = [read_monomial(text, n) for text in found]
    require(len(set(monomials)) == len(monomials), "witness: a row or column occurs twice")
    return monomials


def code(exponents: Exponents) -> int:
    """A whole number per monomial; that of a product is the sum, for exponents up to 255."""
    require(max(exponents) < 128, "witness: a monomial is of too high a degree")
    return sum(e << (8 * i) for i, e in enumerate(exponents))


def modulo(value: Fraction | int) -> int:
    """A fraction modulo the prime."""
    exact = Fraction(value)
    require(exact.denominator % PRIME != 0, "witness: a denominator vanishes modulo the prime")
    return exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME


def check_prime(found: Any) -> None:
    """Requires the prime of this library."""
    check_same(found, PRIME, "prime")


def check_minor(found: Any, rows: list[list[int]]) -> None:
    """Requires a square matrix whose determinant modulo the prime is as said, and not zero."""
    require(all(len(row) == len(rows) for row in rows), "witness: a minor is not square")
    require(is_int(found), "witness: a minor must be an integer")
    determinant = _by_blocks(rows)
    require(determinant != 0, "witness: a minor vanishes modulo the prime")
    require(determinant == found, "witness: a minor has another determinant")


def _by_blocks(rows: list[list[int]]) -> int:
    """The determinant as the product of those of the blocks that the matrix falls into."""
    parent = list(range(len(rows)))

    def root(column: int) -> int:
        while parent[column] != column:
            parent[column] = column = parent[parent[column]]
        return column

    nonzero = [[j for j, entry in enumerate(row) if entry] for row in rows]
    if not all(nonzero):
        return 0
    for first, *others in nonzero:
        for column in others:
            parent[root(column)] = root(first)
    blocks: dict[int, tuple[list[int], list[int]]] = {}
    for j in range(len(rows)):
        blocks.setdefault(root(j), ([], []))[1].append(j)
    for i, (first, *_) in enumerate(nonzero):
        blocks[root(first)][0].append(i)
    orders = zip(*blocks.values(), strict=True)  # of rows and of columns, block by block
    value = (-1) ** sum(_is_odd([i for block in order for i in block]) for order in orders)
    for chosen, columns in blocks.values():
        if len(chosen) != len(columns):
            return 0
        block = [[rows[i][j] for j in columns] for i in chosen]
        determinant = _large(block) if len(block) > _MOST_BY_HAND else _determinant(block)
        value = value * determinant % PRIME
    return value % PRIME


def _is_odd(order: list[int]) -> bool:
    """Whether an odd number of exchanges sorts a permutation: each cycle of even length is one."""
    seen, odd = set(), False
    for start in order:
        place, length = start, 0
        while place not in seen:
            seen.add(place)
            place, length = order[place], length + 1
        odd ^= length > 0 and length % 2 == 0
    return odd


def _determinant(rows: list[list[int]]) -> int:
    """By elimination modulo the prime, a pivot row at a time."""
    left, determinant = [[entry % PRIME for entry in row] for row in rows], 1
    while left:
        place = next((i for i, row in enumerate(left) if row[0]), None)
        if place is None:
            return 0
        pivot = left.pop(place)
        determinant = (-1) ** place * determinant * pivot[0] % PRIME
        inverse, rest = pow(pivot[0], -1, PRIME), pivot[1:]
        left = [_reduced(row, row[0] * inverse % PRIME, rest) for row in left]
    return determinant


def _reduced(row: list[int], factor: int, pivot: list[int]) -> list[int]:
    if not factor:
        return row[1:]
    return [(a - factor * b) % PRIME for a, b in zip(row[1:], pivot, strict=True)]


def _large(rows: list[list[int]]) -> int:
    """The same by FLINT, for minors that would take Python minutes."""
    try:
        from flint import nmod_mat
    except ImportError:
        raise CertificateError(
            f"witness: a minor of {len(rows)} rows is checked by python-flint: install it"
        ) from None
    entries = [entry % PRIME for row in rows for entry in row]
    return int(nmod_mat(len(rows), len(rows), entries, PRIME).det())
