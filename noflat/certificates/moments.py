r"""Lower bounds for any polynomial in the Taylor sense, without and with hidden biases.

To match a polynomial p is to prescribe the moments $\Lambda(x^\alpha)=\sum_j w_ja_j^\alpha$ of the
nodes in the degrees that count. If a polynomial q vanishes on the nodes, so does $\Lambda(qr)$ for
every r. So $m \ge \dim W/(W\cap I)$, with W all polynomials whose degrees are of a set T, I those
that vanish on the nodes, and the leading forms of $W\cap I$ are killed by every test r that
$\Lambda$ knows and that kills the lower degrees of T. Per degree s of T these tests prove as many
neurons as the rank of $[\Lambda(x^\beta r)]$, $|\beta|=s$. Theorems 10 and 11 of
docs/polynomials.md.
"""

from fractions import Fraction
from math import factorial, gcd, lcm
from typing import Any

import numpy as np
from flint import arb, ctx, fmpz_mat, nmod_mat
from jaxtyping import Int

from noflat.activations import Activation, derivative_balls, vanishing_orders
from noflat.certificates.hankel import (
    PRIME,
    Moments,
    as_nmod,
    derivative_moments,
    dividing,
    hankel,
    minor,
    rank,
    variables_of,
)
from noflat.certificates.pairing import best_sizes
from noflat.certificates.record import Bound
from noflat.conventions import Convention
from noflat.targets.polynomials import Exponents, Polynomial

_MOST_EXACT = 250
"""Up to so many columns the tests are found in exact arithmetic; beyond it monomials serve."""

Tests = list[dict[Exponents, int]]


def moments_bound(
    target: Polynomial, activation: Activation, convention: Convention, most_cells: int
) -> Bound:
    """The bound for neurons without biases (or exp, which absorbs them).

    Args:
        target: The polynomial, of degree 2 or more.
        activation: One of this library.
        convention: Which readout parameters are free.
        most_cells: The largest matrix that is looked at.

    Returns:
        Neurons, theorem and witness.

    Raises:
        ValueError: If no number of neurons can do it.
    """
    moments, known, values = _prescribed(target, activation, convention)
    best: tuple[int, list[dict[str, Any]]] = (0, [])
    for top in sorted(known & {sum(alpha) for alpha in moments}, reverse=True):
        orders = _orders(target.part(top), frozenset(k for k in known if k <= top), most_cells)
        for chosen in dict.fromkeys((orders, tuple(range(top + 1)))):
            below = {k for k in known if k <= top}
            levels = _levels(moments, below, chosen, most_cells)
            best = max(best, (_size(levels), levels), key=lambda found: found[0])
    derivatives = {str(k): str(v) for k, v in sorted(values.items())}
    witness = {"prime": PRIME, "derivatives": derivatives, "levels": best[1]}
    return best[0], "moments", witness


def held_bound(target: Polynomial, convention: Convention, most_cells: int) -> Bound:
    r"""The bound for neurons with biases of their own: on a sum of powers of one homogeneous part.

    Differentiate the part of degree k in one variable and set that to 1: the other entries of the
    nodes, in units of this one, have moments prescribed in all degrees below k.

    Args:
        target: The polynomial.
        convention: Which readout parameters are free.
        most_cells: The largest matrix that is looked at.

    Returns:
        Neurons, theorem and witness.
    """
    best: Bound = (0, "held_variable", {})
    for degree in sorted(set(target.degrees) - convention.free_degrees - {0}, reverse=True):
        part = target.part(degree)
        for variable in _kinds_of_variables(part):
            moments = held_moments(part, variable)
            known = set(range(degree))
            levels = _levels(moments, known, tuple(range(degree)), most_cells)
            if _size(levels) > best[0]:
                witness = {"degree": degree, "variable": variable, "prime": PRIME, "levels": levels}
                best = (_size(levels), "held_variable", witness)
    return best


def held_moments(part: Polynomial, variable: int) -> dict[Exponents, Fraction]:
    r"""The $\Lambda(y^\beta)$ that a sum of k-th powers equal to the part prescribes."""
    k = part.degree
    derivative = part.derivative([int(i == variable) for i in range(part.inputs)])
    moments = {}
    for alpha, c in derivative.terms:
        beta = alpha[:variable] + (0,) + alpha[variable + 1 :]
        value = c * factorial(alpha[variable]) / factorial(k - 1)
        for e in beta:
            value *= factorial(e)
        moments[beta] = value
    return moments


def _kinds_of_variables(part: Polynomial) -> list[int]:
    """Of variables that occur with the same exponents and coefficients, one: a symmetric form."""
    kinds: dict[Any, int] = {}
    for variable in range(part.inputs):
        seen = sorted((alpha[variable], tuple(sorted(alpha)), c) for alpha, c in part.terms)
        if seen[-1][0]:
            kinds.setdefault(tuple(seen), variable)
    return list(kinds.values())


def _prescribed(
    target: Polynomial, activation: Activation, convention: Convention
) -> tuple[dict[Exponents, Fraction], set[int], dict[int, Fraction]]:
    """The moments that are known, the degrees in which they are, and the derivatives used."""
    degree, free = target.degree, convention.free_degrees
    vanishing = vanishing_orders(activation, degree)
    for k in set(target.degrees) & vanishing - free:
        raise ValueError(
            f"no network of {activation.name} without hidden biases matches `target`: it has terms "
            f"of degree {k}, and derivative {k} vanishes at 0; use a `convention` with hidden_bias"
        )
    known = set(range(degree + 1)) - vanishing - free
    units = {k: _unit(activation.name, k)[0] for k in target.degrees if k in known}
    kept = units.get(degree)  # values in different units are not rational multiples of each other
    known -= {k for k, unit in units.items() if unit != kept}
    values = {k: _derivative(activation, k) for k in target.degrees if k in known}
    moments = {
        alpha: value / values[sum(alpha)]
        for alpha, value in derivative_moments(target).items()
        if sum(alpha) in known
    }
    return moments, known, values


def _unit(name: str, order: int) -> tuple[str, arb]:
    """What a derivative at 0 is a rational multiple of."""
    if name == "gelu" and order >= 2:
        return "density", 1 / (2 * arb.pi()).sqrt()
    if name == "erf":
        return "density", 2 / arb.pi().sqrt()
    if name == "softplus" and order == 0:
        return "log", arb(2).log()
    return "1", arb(1)


def _derivative(activation: Activation, order: int) -> Fraction:
    """A derivative at 0 in its unit: a whole number over a power of two; guessed, then checked."""
    precision = 256 + 32 * order
    ball = derivative_balls(activation, order, precision=precision)[order]
    with ctx.workprec(precision):
        whole = (ball / _unit(activation.name, order)[1] * 2 ** (order + 1)).unique_fmpz()
    if whole is None:
        raise ValueError(f"`activation` {activation.name}: derivative {order} at 0 is not known")
    return Fraction(int(whole), 2 ** (order + 1))


def _orders(part: Polynomial, known: frozenset[int], most_cells: int) -> tuple[int, ...]:
    """The degrees T whose partial derivatives are the most, by pairs that the moments know."""
    top = part.degree
    moments = derivative_moments(part)
    ranks = []
    for s in range(top // 2 + 1):
        rows, columns = dividing(list(moments), s), dividing(list(moments), top - s)
        fits = len(rows) * len(columns) <= most_cells
        ranks.append(rank(hankel(moments, rows, columns)) if fits else 0)
    weights = [ranks[min(s, top - s)] for s in range(top + 1)]
    return best_sizes(weights, frozenset(top - k for k in known))


def _levels(
    moments: Moments, known: set[int], orders: tuple[int, ...], most_cells: int
) -> list[dict[str, Any]]:
    """The levels of the witness, one per degree of T that proves something."""
    denominator = lcm(*(value.denominator for value in moments.values()))
    whole = {alpha: value * denominator for alpha, value in moments.items()}
    support = list(whole)
    levels = []
    for s in orders:
        lower = [r for r in orders if r < s]
        degrees = _test_degrees(s, lower, known, {sum(alpha) for alpha in support})
        rows = dividing(support, s)
        columns = [gamma for t in degrees for gamma in dividing(support, t)]
        if not rows or not columns or len(rows) * len(columns) > most_cells:
            continue
        under = [beta for r in lower for beta in dividing(support, r)]
        tests = _tests(whole, under, columns)
        found = minor(_values(moments, rows, columns, tests))
        if found.rows:
            levels.append(
                {
                    "order": s,
                    "rows": [variables_of(rows[i]) for i in found.rows],
                    "tests": [_written(tests[j]) for j in found.columns],
                    "minor": found.value,
                }
            )
    return levels


def _test_degrees(s: int, lower: list[int], known: set[int], occurring: set[int]) -> list[int]:
    """The degrees of tests for a level: those that prove something, and if need be that kill."""
    degrees = [t for t in range(max(known) + 1) if all(r + t in known for r in (*lower, s))]
    proving = [t for t in degrees if s + t in occurring]
    killed = all(r + t not in occurring for r in lower for t in proving)
    return proving if killed else degrees


def _size(levels: list[dict[str, Any]]) -> int:
    return sum(len(level["rows"]) for level in levels)


def _tests(moments: Moments, under: list[Exponents], columns: list[Exponents]) -> Tests:
    """Polynomials that the linear form kills together with every monomial under the level."""
    killed = hankel(moments, under, columns) if under else np.zeros((0, len(columns)), np.int64)
    touched = [j for j in range(len(columns)) if killed[:, j].any()]
    alone = [{columns[j]: 1} for j in sorted(set(range(len(columns))) - set(touched))]
    if not touched or len(touched) > _MOST_EXACT:
        return alone
    some = [i for i in range(len(under)) if killed[i].any()]
    exact = fmpz_mat(
        len(some),
        len(touched),
        [
            int(moments.get(tuple(map(sum, zip(under[i], columns[j], strict=True))), 0))
            for i in some
            for j in touched
        ],
    )
    kernel, nullity = exact.nullspace()
    return alone + [
        {columns[j]: c // divisor for j, c in zip(touched, vector, strict=True) if c}
        for vector in ([int(kernel[i, k]) for i in range(len(touched))] for k in range(nullity))
        for divisor in [gcd(*vector)]
    ]


def _values(
    moments: Moments, rows: list[Exponents], columns: list[Exponents], tests: Tests
) -> Int[np.ndarray, "rows tests"]:
    """The linear form of every row times every test, modulo the prime."""
    matrix = hankel(moments, rows, columns)
    position = {gamma: j for j, gamma in enumerate(columns)}
    if len(tests) == len(columns):  # every column alone
        return matrix
    selection = nmod_mat(len(columns), len(tests), PRIME)
    for k, test in enumerate(tests):
        for gamma, c in test.items():
            selection[position[gamma], k] = c
    product = as_nmod(matrix) * selection
    return np.array([int(v) for v in product.entries()], np.int64).reshape(len(rows), len(tests))


def _written(test: dict[Exponents, int]) -> list[list[str]]:
    return [[variables_of(gamma), str(c)] for gamma, c in sorted(test.items())]
