"""Few nodes out of many: linear programs propose, exact arithmetic decides.

Of all weights on a pool of points that have the moments asked for, those of least weighted sum of
absolute values sit on few points, no more than there are independent moments. Random costs give
different ones; the fewest are kept, and their weights are computed anew over the rationals.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from itertools import product as cartesian
from math import comb

import numpy as np
from scipy.optimize import linprog

from noflat.constructions.nodes import Moments, Nodes, Point, solved
from noflat.targets import Polynomial
from noflat.targets.polynomials import Exponents

_TRIES = 12
_PATIENCE = 4
_WORK = 500_000
_LARGEST = 300_000
"""Entries of a linear program that takes about a second."""

_USED = 1e-3
"""The cost of a point that is there already, which is nothing but keeps the weights small."""

_SMALL = 1e-7
"""Weights below it are none: HiGHS keeps its constraints to 1e-7, and exact weights are checked."""


def searched(
    wanted: Sequence[Moments],
    pool: Sequence[Point],
    *,
    origin_is_free: bool = False,
    seed: int = 0,
) -> Nodes | None:
    """The fewest nodes of a pool that are found to have the moments, or None.

    Args:
        wanted: Sets of moments in the same degrees.
        pool: The points to choose from.
        origin_is_free: Whether a node at the origin costs nothing.
        seed: Of the costs.

    Returns:
        Nodes with exact weights.
    """
    asked = tuple((m.inputs, m.degrees, frozenset(m.values.items())) for m in wanted)
    return _searched(asked, tuple(pool), origin_is_free, seed)


_Asked = tuple[int, frozenset[int], frozenset[tuple[Exponents, Fraction]]]
"""Moments that can be a key."""


@lru_cache(maxsize=256)
def _searched(
    asked: tuple[_Asked, ...], pool: tuple[Point, ...], origin_is_free: bool, seed: int
) -> Nodes | None:
    """Kept, since most activations and conventions ask for the same moments of a target."""
    wanted = [Moments(inputs, degrees, dict(values)) for inputs, degrees, values in asked]
    rows = list(wanted[0].monomials())
    if not rows or len(rows) * len(pool) > _LARGEST:
        return None
    exponents = np.array(rows)
    points = np.array([[float(a) for a in point] for point in pool])
    matrix = np.prod(points[None] ** exponents[:, None], axis=2)
    targets = [np.array([float(m.values.get(b, 0)) for b in rows]) for m in wanted]
    free = origin_is_free * ~np.any(points, axis=1)
    random, best, fewest = np.random.default_rng(seed), None, len(pool) + 1
    failed = 0
    for _ in range(max(2, min(_TRIES, _WORK // (len(rows) * len(pool))))):
        if failed == _PATIENCE:
            break
        cost = np.where(free, _USED, 1 + random.random(len(pool)))
        chosen = _support(matrix, targets, cost)
        if chosen is None:
            return best
        number = int(np.sum(~free[chosen]))
        found = solved([pool[j] for j in chosen], wanted) if number < fewest else None
        failed += 1
        if found is not None:
            best, fewest, failed = found, number, 0
    return best


def _support(
    matrix: np.ndarray, targets: Sequence[np.ndarray], cost: np.ndarray
) -> list[int] | None:
    """The points that carry weight, one set of moments after the other; those used cost nothing."""
    used = np.zeros(len(cost), bool)
    for target in targets:
        now = np.where(used, _USED, cost)
        found = linprog(
            np.concatenate([now, now]),
            A_eq=np.hstack([matrix, -matrix]),
            b_eq=target,
            method="highs-ds",
        )
        if found.x is None:
            return None
        weights = found.x[: len(cost)] - found.x[len(cost) :]
        used |= np.abs(weights) > _SMALL * max(1.0, np.abs(weights).max())
    return [int(j) for j in np.flatnonzero(used)]


def pools(target: Polynomial) -> Iterator[list[Point]]:
    """Sets of points to choose from: signs, few of them -1; all signs; a grid; signs and zeros.

    In the last are signs and zeros on the variables of each term, or on all where there are few,
    and whole numbers to the degree on each axis.
    """
    n, d = target.inputs, target.degree
    if sum(comb(n, size) for size in range(d // 2 + 1)) <= _MOST_CORNERS:
        yield [
            tuple(Fraction(-1 if i in chosen else 1) for i in range(n))
            for size in range(d // 2 + 1)
            for chosen in combinations(range(n), size)
        ]
    if 2**n <= 2 * _MOST_CORNERS:
        yield [tuple(map(Fraction, signs)) for signs in cartesian((-1, 1), repeat=n)]
    if 5**n <= _MOST_CORNERS:
        yield [tuple(map(Fraction, point)) for point in cartesian(range(-2, 3), repeat=n)]
    supports = [[i for i, e in enumerate(exponents) if e] for exponents, _ in target.terms]
    if 3**n <= _MOST_CORNERS:
        supports = [[*range(n)]]
    points = dict.fromkeys(
        _on(n, dict(zip(support, signs, strict=True)))
        for support in supports
        for signs in cartesian((-1, 0, 1), repeat=len(support))
    )
    axes = range(-d, d + 1)
    points |= dict.fromkeys(_on(n, {i: s}) for i in range(n) for s in axes)
    yield [*points]


_MOST_CORNERS = 1000


def _on(n: int, entries: Mapping[int, int]) -> Point:
    return tuple(Fraction(entries.get(i, 0)) for i in range(n))
