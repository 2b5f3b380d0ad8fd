"""Checks of the bounds for any activation in the uniform sense: Theorem 5 of docs/theory.md."""

from math import comb
from typing import Any

from noflat.certificates.checker.conditions import Data, check_keys, check_same, is_int, require

_MOST_ROWS = 1024
"""The largest minor that is eliminated; that for six variables has 216 rows."""


def check_flattening(data: Data, n: int, witness: Data) -> int:
    """A minor of a Koszul flattening that does not vanish modulo a prime, hence not at all."""
    check_keys(witness, "order", "wedge", "prime", "rows", "columns")
    order, wedge, prime = witness["order"], witness["wedge"], witness["prime"]
    require(
        is_int(order) and is_int(wedge) and 0 <= order < n and 0 <= wedge < n,
        "witness: order and wedge must be integers from 0 to n - 1",
    )
    check_same(prime, 2**61 - 1, "prime")
    rows = _labels(witness["rows"], n, order, wedge)
    columns = _labels(witness["columns"], n, n - order - 1, wedge + 1)
    require(0 < len(rows) == len(columns), "witness: the minor is empty or not square")
    position = {label: j for j, label in enumerate(columns)}
    matrix = []
    for monomial, indices in rows:
        row: dict[int, int] = {}
        for variable in set(range(n)) - set(indices) - set(monomial):
            # the product's derivative is the monomial of the variables left, if none repeats
            left = tuple(i for i in range(n) if i not in monomial and i != variable)
            joined = tuple(sorted((*indices, variable)))
            column = position.get((left, joined))
            if column is not None and len(set(monomial)) == order:
                row[column] = (-1) ** joined.index(variable) % prime
        matrix.append(row)
    require(_nonsingular(matrix, prime), "witness: the minor vanishes modulo the prime")
    return -(-len(rows) // comb(n - 1, wedge))


def _labels(found: Any, n: int, degree: int, wedge: int) -> list[tuple[tuple[int, ...], ...]]:
    require(
        isinstance(found, list) and len(found) <= _MOST_ROWS,
        f"witness: rows and columns must be lists of at most {_MOST_ROWS}",
    )
    labels = []
    for label in found:
        require(
            isinstance(label, list)
            and len(label) == 2
            and all(isinstance(part, list) for part in label)
            and all(is_int(i) and 0 <= i < n for part in label for i in part)
            and len(label[0]) == degree
            and sorted(label[0]) == label[0]
            and len(label[1]) == wedge
            and sorted(set(label[1])) == label[1],
            "witness: a row or column is malformed",
        )
        labels.append((tuple(label[0]), tuple(label[1])))
    require(labels == sorted(set(labels)), "witness: rows and columns must ascend, each once")
    return labels


def _nonsingular(rows: list[dict[int, int]], prime: int) -> bool:
    """Sparse elimination modulo the prime."""
    left = [dict(row) for row in rows]
    while left:
        left.sort(key=len, reverse=True)
        pivot_row = left.pop()
        if not pivot_row:
            return False
        column, pivot = next(iter(pivot_row.items()))
        inverse = pow(pivot, -1, prime)
        for row in left:
            if column not in row:
                continue
            factor = row[column] * inverse % prime
            for j, value in pivot_row.items():
                updated = (row.get(j, 0) - factor * value) % prime
                if updated:
                    row[j] = updated
                else:
                    row.pop(j, None)
    return True


def check_catalecticant(data: Data, n: int, witness: Data) -> int:
    """Squarefree monomials of one degree, each paired by the product with its complement alone."""
    check_keys(witness, "order", "subsets")
    require(is_int(witness["order"]), "witness: order must be an integer")
    check_same(witness["order"], n // 2, "order")
    check_same(witness["subsets"], comb(n, n // 2), "subsets")
    return comb(n, n // 2)


def check_border_rank(data: Data, n: int, witness: Data) -> int:
    """The border rank of the product as the literature has it; nothing is recomputed."""
    check_keys(witness)
    return 2 ** (n - 1)
