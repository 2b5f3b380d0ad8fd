"""Checks of the bounds for any polynomial by moments of the nodes: Theorems 10 to 12."""

from fractions import Fraction
from math import factorial, prod
from typing import Any

from noflat.certificates.checker.conditions import Data, check_keys, check_same, is_int, require
from noflat.certificates.checker.derivatives import values_at_zero
from noflat.certificates.checker.kernels import ranks
from noflat.certificates.checker.minors import (
    PRIME,
    Exponents,
    check_minor,
    check_prime,
    code,
    modulo,
    read_monomial,
    read_monomials,
)
from noflat.certificates.checker.targets import Target, read_fraction

Moments = dict[Exponents, Fraction]

_MOST_LEVELS = 101
_MOST_TESTS = 4_000_000
"""Of the terms of tests times the terms of the target, where they have to be multiplied out."""


def check_moments(data: Data, target: Target, witness: Data) -> int:
    """Neurons without hidden biases: the moments that the target prescribes."""
    check_keys(witness, "prime", "derivatives", "levels")
    check_prime(witness["prime"])
    convention, name = data["convention"], data["activation"]
    require(
        not convention["hidden_bias"] or name == "exp",
        "convention: with hidden biases this theorem holds for exp alone, which absorbs them",
    )
    degree = target.degree
    values = values_at_zero(name, degree)
    known = {k for k in range(degree + 1) if values[k][1]} - free_degrees(convention)
    occurring = {sum(alpha) for alpha in target.terms} & known
    require(degree in occurring, "witness: no derivative reaches the degree of the target")
    # moments in different units are no rational multiples of each other: those of one are used
    known -= {k for k in occurring if values[k][0] != values[degree][0]}
    used = {k: values[k][1] for k in sorted(occurring & known)}
    check_same(witness["derivatives"], {str(k): str(v) for k, v in used.items()}, "derivatives")
    moments = {
        alpha: c * prod(map(factorial, alpha)) / used[sum(alpha)]
        for alpha, c in target.terms.items()
        if sum(alpha) in used
    }
    return _check_levels(witness["levels"], target.inputs, moments, known)


def check_held_variable(data: Data, target: Target, witness: Data) -> int:
    """Neurons with biases of their own: powers that sum to one part, one entry of the nodes 1."""
    check_keys(witness, "degree", "variable", "prime", "levels")
    check_prime(witness["prime"])
    degree, variable = witness["degree"], witness["variable"]
    require(
        is_int(degree) and 1 <= degree <= target.degree,
        "witness: degree must be that of a part of the target",
    )
    require(
        degree not in free_degrees(data["convention"]),
        "convention: the degree is taken over by the free readout",
    )
    require(
        is_int(variable) and 0 <= variable < target.inputs, "witness: variable must be one of them"
    )
    moments: Moments = {}
    for alpha, c in target.part(degree).items():
        if alpha[variable]:
            beta = tuple(0 if i == variable else e for i, e in enumerate(alpha))
            # the multinomial coefficient of y^beta in (x + u.y)^(degree - 1)
            left = alpha[variable] - 1
            ways = Fraction(factorial(degree - 1), factorial(left) * prod(map(factorial, beta)))
            moments[beta] = c * alpha[variable] / ways
    return _check_levels(witness["levels"], target.inputs, moments, set(range(degree)))


def check_partials(data: Data, target: Target, witness: Data) -> int:
    """Exp, sin and cos: the dimension of the span of all partial derivatives."""
    check_keys(witness, "prime", "blocks", "rank_per_neuron", "free_rank")
    check_prime(witness["prime"])
    per_neuron, free = ranks(data, witness)
    moments = {alpha: c * prod(map(factorial, alpha)) for alpha, c in target.terms.items()}
    coded = {code(alpha): modulo(value) for alpha, value in moments.items()}
    blocks = witness["blocks"]
    require(
        isinstance(blocks, list) and 0 < len(blocks) <= _MOST_LEVELS, "witness: blocks malformed"
    )
    rank, reached = 0, -1
    for block in blocks:
        require(isinstance(block, dict), "witness: a block is malformed")
        check_keys(block, "rows", "columns", "minor")
        rows = read_monomials(block["rows"], target.inputs)
        columns = read_monomials(block["columns"], target.inputs)
        require(len(rows) == len(columns), "witness: a minor is not square")
        require(
            max(map(sum, [*rows, *columns])) <= target.degree,
            "witness: a row or column is of a higher degree than the target",
        )
        if len(blocks) > 1:
            # the rows of a block and the columns of one of lower degree meet above degree d, where
            # there is nothing: the blocks are the diagonal of a triangle
            degrees = {sum(beta) for beta in rows}, {target.degree - sum(g) for g in columns}
            require(
                degrees[0] == degrees[1] and len(degrees[0]) == 1,
                "witness: a block must pair one degree with the rest of the target's",
            )
            (order,) = degrees[0]
            require(order > reached, "witness: blocks must ascend")
            reached = order
        codes = [code(gamma) for gamma in columns]
        check_minor(
            block["minor"], [[coded.get(code(beta) + c, 0) for c in codes] for beta in rows]
        )
        rank += len(rows)
    return max(0, -(-(rank - free) // per_neuron))


def free_degrees(convention: Data) -> set[int]:
    """The degrees that free parameters of the readout take over."""
    return {0, 1} if convention["affine_skip"] else {0} if convention["output_bias"] else set()


def _check_levels(levels: Any, n: int, moments: Moments, known: set[int]) -> int:
    """The neurons that the levels prove together."""
    require(
        isinstance(levels, list)
        and 0 < len(levels) <= _MOST_LEVELS
        and all(isinstance(level, dict) for level in levels),
        "witness: levels must be a list of objects",
    )
    for level in levels:
        check_keys(level, "order", "rows", "tests", "minor")
        require(is_int(level["order"]) and level["order"] >= 0, "witness: an order is malformed")
    orders = [level["order"] for level in levels]
    require(orders == sorted(set(orders)), "witness: orders must ascend, each once")
    coded = {code(alpha): modulo(value) for alpha, value in moments.items()}
    total = 0
    for level in levels:
        order = level["order"]
        rows = read_monomials(level["rows"], n)
        require(all(sum(beta) == order for beta in rows), "witness: a row has another degree")
        tests = _tests(level["tests"], n)
        require(len(tests) == len(rows), "witness: a minor is not square")
        degrees = {sum(gamma) for test in tests for gamma in test}
        require(
            all(r + t in known for r in orders if r <= order for t in degrees),
            "witness: a test needs a moment that is not prescribed",
        )
        _check_killed(tests, moments, {r for r in orders if r < order})
        check_minor(level["minor"], _products(rows, tests, coded))
        total += len(rows)
    return total


def _tests(found: Any, n: int) -> list[dict[Exponents, Fraction]]:
    require(
        isinstance(found, list) and all(isinstance(test, list) and test for test in found),
        "witness: tests must be lists of terms",
    )
    tests = []
    for test in found:
        require(
            all(isinstance(term, list) and len(term) == 2 for term in test),
            "witness: a term of a test is malformed",
        )
        terms = [(read_monomial(m, n), read_fraction(c, "witness: a coefficient")) for m, c in test]
        monomials = [m for m, _ in terms]
        require(
            monomials == sorted(set(monomials)) and all(c != 0 for _, c in terms),
            "witness: the terms of a test must ascend, none 0",
        )
        tests.append(dict(terms))
    return tests


def _check_killed(
    tests: list[dict[Exponents, Fraction]], moments: Moments, lower: set[int]
) -> None:
    """Requires that every test times every monomial of a lower degree has the moment 0."""
    work = 0
    for test in tests:
        sums: dict[Exponents, Fraction] = {}
        for gamma, c in test.items():
            size = sum(gamma)
            if not lower & {sum(alpha) - size for alpha in moments}:
                continue
            work += len(moments)
            require(work <= _MOST_TESTS, "witness: the tests are too long")
            for alpha, value in moments.items():
                if sum(alpha) - size in lower and all(map(int.__ge__, alpha, gamma)):
                    beta = tuple(map(int.__sub__, alpha, gamma))
                    sums[beta] = sums.get(beta, Fraction(0)) + c * value
        require(not any(sums.values()), "witness: a test does not vanish on the lower degrees")


def _products(
    rows: list[Exponents], tests: list[dict[Exponents, Fraction]], coded: dict[int, int]
) -> list[list[int]]:
    written = [[(code(gamma), modulo(c)) for gamma, c in test.items()] for test in tests]
    return [
        [sum(c * coded.get(beta + g, 0) for g, c in test) % PRIME for test in written]
        for beta in map(code, rows)
    ]
