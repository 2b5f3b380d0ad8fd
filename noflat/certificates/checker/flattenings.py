"""Checks of the bounds for any activation in the uniform sense: Theorem 5 of docs/theory.md."""

from math import comb, factorial, prod
from typing import Any

from noflat.certificates.checker.conditions import Data, check_keys, check_same, is_int, require
from noflat.certificates.checker.minors import (
    Exponents,
    check_minor,
    check_prime,
    code,
    modulo,
    read_monomial,
    read_monomials,
)
from noflat.certificates.checker.targets import Target

_MOST_ROWS = 4096

Label = tuple[Exponents, tuple[int, ...]]


def check_flattening(data: Data, target: Target, witness: Data) -> int:
    """A minor of a flattening of a homogeneous part that does not vanish modulo a prime."""
    check_keys(witness, "degree", "order", "wedge", "prime", "rows", "columns", "minor")
    check_prime(witness["prime"])
    degree, order, wedge = witness["degree"], witness["order"], witness["wedge"]
    n, convention = target.inputs, data["convention"]
    require(is_int(degree) and 1 <= degree, "witness: degree must be that of a part")
    require(
        degree > 1 or not convention["affine_skip"],
        "convention: the degree is taken over by the free readout",
    )
    require(is_int(order) and 0 <= order <= degree, "witness: order must be from 0 to the degree")
    part = {
        code(alpha): modulo(c * prod(map(factorial, alpha)))
        for alpha, c in target.part(degree).items()
    }
    if wedge is None:
        rows, columns = (read_monomials(witness[side], n) for side in ("rows", "columns"))
        _check_degrees(rows, order, columns, degree - order)
        entries = [code(gamma) for gamma in columns]
        matrix = [[part.get(code(beta) + gamma, 0) for gamma in entries] for beta in rows]
        check_minor(witness["minor"], matrix)
        return len(rows)
    require(is_int(wedge) and 0 <= wedge < n, "witness: wedge must be from 0 to n - 1, or null")
    labels, images = (_labels(witness[side], n) for side in ("rows", "columns"))
    _check_degrees([m for m, _ in labels], order, [m for m, _ in images], degree - order - 1)
    require(
        all(len(i) == wedge for _, i in labels) and all(len(j) == wedge + 1 for _, j in images),
        "witness: a row or column has another number of wedges",
    )
    check_minor(witness["minor"], _koszul(part, n, labels, images))
    return -(-len(labels) // comb(n - 1, wedge))


def _check_degrees(rows: list[Exponents], order: int, columns: list[Exponents], left: int) -> None:
    require(
        all(sum(beta) == order for beta in rows) and all(sum(gamma) == left for gamma in columns),
        "witness: a row or column has another degree",
    )


def _labels(found: Any, n: int) -> list[Label]:
    require(
        isinstance(found, list) and 0 < len(found) <= _MOST_ROWS,
        f"witness: rows and columns must be lists of 1 to {_MOST_ROWS}",
    )
    labels = []
    for label in found:
        require(
            isinstance(label, list) and len(label) == 2, "witness: a row or column is malformed"
        )
        indices = read_monomial(label[1], n)
        require(max(indices) <= 1, "witness: a wedge has an index twice")
        chosen = tuple(i for i, e in enumerate(indices) if e)
        labels.append((read_monomial(label[0], n), chosen))
    require(len(set(labels)) == len(labels), "witness: a row or column occurs twice")
    return labels


def _koszul(
    part: dict[int, int], n: int, rows: list[Label], columns: list[Label]
) -> list[list[int]]:
    """The derivative by the row's monomial and one more variable, wedged to the row's indices."""
    by_wedge: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for j, (gamma, indices) in enumerate(columns):
        by_wedge.setdefault(indices, []).append((j, code(gamma)))
    matrix = []
    for beta, indices in rows:
        row = [0] * len(columns)
        for variable in range(n):
            if variable in indices:
                continue
            sign = (-1) ** sum(i < variable for i in indices)
            raised = code(beta) + (1 << (8 * variable))
            for j, gamma in by_wedge.get(tuple(sorted((*indices, variable))), []):
                row[j] = sign * part.get(raised + gamma, 0)
        matrix.append(row)
    return matrix


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
