r"""Proved bounds on the error of interpolants of compositions, deep and flat, in exact rationals.

One table: the interpolant of degree $m-1$ on a cell of width w has on one axis the error
$\rho_m\beta_mw^m$, with $\beta_m$ a bound on the m-th derivative, and axes before it multiply by
their Lebesgue constant $\Lambda_m$. A tree of tables adds up the errors of its levels, each
stretched by the Lipschitz constants above it. The derivatives of a whole tree follow from those of
a node by Faa di Bruno's formula, which has positive terms only: so bounds go in and a bound comes
out.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import factorial
from typing import NamedTuple

REMAINDERS = {1: Fraction(1, 2), 2: Fraction(1, 8), 4: Fraction(1, 1944)}
r"""The $\rho_m$ above: the largest $\prod|t-t_j|/m!$ on $[0,1]$ over the points of a cell."""

LEBESGUE = {1: Fraction(1), 2: Fraction(1), 4: Fraction(16312, 10000)}
r"""At least the $\Lambda_m$ above; that of four points is $7(1+2\sqrt7)/27=1.63113\dots$"""


class TreeError(NamedTuple):
    """A bound with all it is made of.

    Attributes:
        kind: `deep`, a table for each node, or `flat`, one for the whole tree.
        derivatives: Bounds on the pure partial derivatives of a node, of the orders 1 to m.
        lipschitz: Of a node, in the maximum norm.
        levels: Of the tree, which has as many inputs as two to that power.
        cells: On each axis.
        table_error: Of one table.
        bound: Of the whole: no point of the box has a larger error.
    """

    kind: str
    derivatives: tuple[Fraction, ...]
    lipschitz: Fraction
    levels: int
    cells: int
    table_error: Fraction
    bound: Fraction


def tree_error(
    kind: str,
    derivatives: Sequence[Fraction],
    lipschitz: Fraction,
    *,
    levels: int,
    cells: int,
) -> TreeError:
    r"""Bounds the error of an interpolant of a tree on the box, in exact arithmetic.

    Deep: $\sum_{l=1}^{D}L^{D-l}\varepsilon$ with $\varepsilon$ the error of a table of two axes.
    Flat: that of one table of $2^D$ axes whose derivatives are those of the tree.

    Args:
        kind: `deep` or `flat`.
        derivatives: Bounds on both pure partial derivatives of a node, of the orders 1 to m.
        lipschitz: The L above.
        levels: The D above.
        cells: On each axis of a table over $[-1,1]$.

    Returns:
        The bound.

    Raises:
        ValueError: If m has no constants here, or a number is out of its range.

    Example:
        >>> from noflat.certificates.tree_errors import tree_error, verify_tree_error
        >>> found = tree_error("deep", [Fraction(1), Fraction(2)], Fraction(3), levels=2, cells=4)
        >>> found.table_error, found.bound, verify_tree_error(found)
        (Fraction(1, 8), Fraction(1, 2), None)

    Reference:
        Theorems R1 to R3 of docs/rates.md; Mhaskar and Poggio (2016), Deep vs. shallow networks.
    """
    given = tuple(Fraction(bound) for bound in derivatives)
    _check(kind, given, lipschitz, levels, cells)
    m, axes = len(given), 2 if kind == "deep" else 2**levels
    last = given[-1] if kind == "deep" else tree_derivative(given, levels)
    table = _table_error(m, last, axes, Fraction(2, cells))
    stretched = sum((Fraction(lipschitz) ** above for above in range(levels)), Fraction(0))
    bound = table * stretched if kind == "deep" else table
    return TreeError(kind, given, Fraction(lipschitz), levels, cells, table, bound)


def verify_tree_error(found: TreeError) -> None:
    """Recomputes a bound from its ingredients.

    Args:
        found: What is claimed.

    Raises:
        ValueError: If an ingredient is out of its range, or a number is not what follows.
    """
    again = tree_error(
        found.kind, found.derivatives, found.lipschitz, levels=found.levels, cells=found.cells
    )
    for name in TreeError._fields:
        if getattr(found, name) != getattr(again, name):
            raise ValueError(
                f"`{name}` must be {getattr(again, name)}, which follows from the rest; got "
                f"{getattr(found, name)}"
            )


def tree_derivative(derivatives: Sequence[Fraction], levels: int) -> Fraction:
    r"""Bounds the last pure derivative of a tree: $m!\,[t^m]\,P(P(\cdots P(t)))$.

    A leaf is seen through one node of each level, a composition of D functions of one variable
    whose derivatives are at most $\beta_j$; and $P(t)=\sum_j\beta_jt^j/j!$.

    Example:
        >>> from noflat.certificates.tree_errors import tree_derivative
        >>> tree_derivative([Fraction(2), Fraction(1)], 2)  # f'' g'^2 + f' g''
        Fraction(6, 1)
    """
    m = len(derivatives)
    series = [Fraction(0), *(b / factorial(j) for j, b in enumerate(derivatives, start=1))]
    found = series
    for _ in range(levels - 1):
        power, total = [Fraction(1)] + [Fraction(0)] * m, [Fraction(0)] * (m + 1)
        for coefficient in series:
            total = [t + coefficient * p for t, p in zip(total, power, strict=True)]
            power = [sum(power[i] * found[k - i] for i in range(k + 1)) for k in range(m + 1)]
        found = total
    return found[m] * factorial(m)


def _table_error(m: int, derivative: Fraction, axes: int, width: Fraction) -> Fraction:
    stretched = sum((LEBESGUE[m] ** before for before in range(axes)), Fraction(0))
    return REMAINDERS[m] * derivative * width**m * stretched


def _check(
    kind: str, derivatives: tuple[Fraction, ...], lipschitz: Fraction, levels: int, cells: int
) -> None:
    if kind not in ("deep", "flat"):
        raise ValueError(f"`kind` must be deep or flat; got {kind!r}")
    if len(derivatives) not in REMAINDERS:
        raise ValueError(
            f"`derivatives` must be of as many orders as one of {list(REMAINDERS)}; got "
            f"{len(derivatives)}"
        )
    if min(*derivatives, lipschitz) < 0:
        raise ValueError("`derivatives` and `lipschitz` must be bounds, not negative")
    if levels < 1 or cells < 1:
        raise ValueError(f"`levels` and `cells` must be at least 1; got {levels} and {cells}")
