r"""Proved bounds on the error of interpolants of compositions, deep and flat, in exact rationals.

One table: the interpolant of degree $m-1$ on a cell of width w has on one axis the error
$\rho_m\beta_mw^m$, with $\beta_m$ a bound on the m-th derivative, and axes before it multiply by
their Lebesgue constant $\Lambda_m$. On triangles the interpolant is off by second derivatives along
the three edges. A tree of tables adds up the errors of its levels, each stretched by the Lipschitz
constants above it. The derivatives of a whole tree follow from those of a node by Faa di Bruno's
formula, which has positive terms only: so bounds go in and a bound comes out.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import factorial
from typing import Any, NamedTuple

from noflat.arguments import whole
from noflat.certificates.checker.tree_errors import check_tree_error
from noflat.targets.tree_functions import TreeFunction, TreeNode, cells_by_level, tree_function

FORMAT = "noflat-tree-error-1"

KINDS = ("deep", "flat", "triangulated")

REMAINDERS = {1: Fraction(1, 2), 2: Fraction(1, 8), 4: Fraction(1, 1944)}
r"""The $\rho_m$ above: the largest $\prod|t-t_j|/m!$ on $[0,1]$ over the points of a cell."""

LEBESGUE = {1: Fraction(1), 2: Fraction(1), 4: Fraction(16312, 10000)}
r"""At least the $\Lambda_m$ above; that of four points is $7(1+2\sqrt7)/27=1.63113\dots$"""


class TreeError(NamedTuple):
    """A bound with all it is made of.

    Attributes:
        kind: `deep`, a table for each node; `flat`, one for the whole tree; or `triangulated`, a
            piecewise-linear interpolant on triangles for each node.
        smoothness: The m of the nodes, those of `bent_node`.
        inputs: The leaves of the tree.
        cells: On each axis: a number for each level, that of the leaves first; of a flat table one.
        derivatives: Bounds on the pure partial derivatives of a node, of the orders 1 to m.
        diagonal: A bound on its second derivative along (1, 1); None where m is 1.
        lipschitz: Of a node, in the maximum norm.
        remainder: What the product of a cell is at most over m!, `REMAINDERS`; None of triangles.
        lebesgue: The Lebesgue constant of an axis, `LEBESGUE`; None of triangles.
        table_errors: Of one table of each level; of a flat table one.
        bound: Of the whole: no point of the box has a larger error.
    """

    kind: str
    smoothness: int
    inputs: int
    cells: tuple[int, ...]
    derivatives: tuple[Fraction, ...]
    diagonal: Fraction | None
    lipschitz: Fraction
    remainder: Fraction | None
    lebesgue: Fraction | None
    table_errors: tuple[Fraction, ...]
    bound: Fraction

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data, fractions as texts: what the checker reads."""
        return {"format": FORMAT} | {name: _plain(v) for name, v in self._asdict().items()}


def tree_error(kind: str, smoothness: int, inputs: int, *, cells: int | Sequence[int]) -> TreeError:
    r"""Bounds the error of an interpolant of `tree_function` on the box, in exact arithmetic.

    Deep and triangulated: $\sum_{l=1}^{D}L^{D-l}\varepsilon_l$ with $\varepsilon_l$ the error of a
    table of level l, the leaves' being the first. Flat: that of one table of $2^D$ axes whose
    derivatives are those of the tree.

    Args:
        kind: `deep`, `flat` or `triangulated`.
        smoothness: The m of the nodes; 1, 2 or 4 for tables, from 2 on for triangles.
        inputs: The leaves, a power of two.
        cells: On each axis of a table over $[-1,1]$; or so for each level, that of the leaves
            first, where there is a table for each node.

    Returns:
        The bound.

    Raises:
        ValueError: If m has no constants here, or a number is out of its range.

    Example:
        >>> from noflat.certificates.tree_errors import tree_error, verify_tree_error
        >>> found = tree_error("deep", 2, 8, cells=16)
        >>> found.table_errors[0], found.bound, verify_tree_error(found)
        (Fraction(3, 4096), Fraction(9, 4096), None)
        >>> print(tree_error("triangulated", 2, 8, cells=(16, 16, 32)).bound)
        27/32768

    Reference:
        Theorems R1 to R3 and R6 of docs/rates.md; Mhaskar and Poggio (2016), Deep vs. shallow
        networks.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}; got {kind!r}")
    tree = tree_function(smoothness, inputs)
    node, m = tree.node, tree.node.smoothness
    if kind == "flat":
        grids = (whole(cells, "cells", "the cells on an axis of a flat table"),)
    else:
        grids = cells_by_level(cells, tree.inputs)
    tables = [_one_error(kind, tree, grid) for grid in grids]
    above = range(len(tables) - 1, -1, -1)
    bound = sum((node.lipschitz**k * e for k, e in zip(above, tables, strict=True)), Fraction(0))
    return TreeError(
        kind,
        m,
        tree.inputs,
        grids,
        node.derivatives,
        node.diagonal,
        node.lipschitz,
        None if kind == "triangulated" else REMAINDERS[m],
        None if kind == "triangulated" else LEBESGUE[m],
        tuple(tables),
        bound,
    )


def _one_error(kind: str, tree: TreeFunction, cells: int) -> Fraction:
    node = tree.node
    if kind == "triangulated":
        return triangle_error(node, cells=cells)
    if kind == "deep":
        return table_error(node.smoothness, node.derivatives[-1], axes=2, cells=cells)
    last = tree_derivative(node.derivatives, tree.levels)
    return table_error(node.smoothness, last, axes=tree.inputs, cells=cells)


def verify_tree_error(found: TreeError) -> None:
    """Has the checker recompute a bound, from the target on, by other routes.

    Args:
        found: What is claimed.

    Raises:
        CertificateError: A ValueError, if a bound on the node is not one, or a number is not what
            follows from the rest.
    """
    check_tree_error(found.to_dict())


def table_error(order: int, derivative: Fraction, *, axes: int, cells: int) -> Fraction:
    r"""That of one table: $\rho_m\beta_mw^m(1+\Lambda_m+\dots+\Lambda_m^{d-1})$.

    Args:
        order: The m above: 1, 2 or 4.
        derivative: A bound on the m-th pure partial derivatives.
        axes: The d above.
        cells: On each axis of $[-1,1]^d$, of width $w=2/G$.

    Returns:
        The bound.

    Raises:
        ValueError: If m has no constants here.

    Example:
        >>> from noflat.certificates.tree_errors import table_error
        >>> table_error(2, Fraction(2), axes=1, cells=8)
        Fraction(1, 64)
    """
    if order not in REMAINDERS:
        raise ValueError(
            f"`smoothness` must be one of {', '.join(map(str, REMAINDERS))} for tables, whose "
            f"constants are known here; got {order}"
        )
    stretched = sum((LEBESGUE[order] ** before for before in range(axes)), Fraction(0))
    return REMAINDERS[order] * derivative * Fraction(2, cells) ** order * stretched


def triangle_error(node: TreeNode, *, cells: int) -> Fraction:
    r"""That of one piecewise-linear interpolant on the triangles of cells of width w.

    With barycentric coordinates $\lambda$ it is at most
    $\tfrac{w^2}2\big(\beta_2\lambda_1(\lambda_0+\lambda_2)+\delta\lambda_0\lambda_2\big)$, where
    $\delta$ bounds the second derivative along (1, 1). The largest such number is
    $\tfrac{w^2}2\,\beta_2^2/(4\beta_2-\delta)$ where $\delta\le2\beta_2$, and
    $\tfrac{w^2}8\delta$ else.

    Args:
        node: The function, twice differentiable but for jumps of the second derivative.
        cells: On each axis of $[-1,1]^2$, of width $w=2/G$.

    Returns:
        The bound.

    Raises:
        ValueError: If nothing is known of the second derivatives of the node.

    Example:
        >>> from noflat.certificates.tree_errors import triangle_error
        >>> triangle_error(tree_function(2, 2).node, cells=4)  # w^2/8 times 3/16
        Fraction(3, 512)
    """
    if len(node.derivatives) < 2 or node.diagonal is None:
        raise ValueError(
            f"`smoothness` must be at least 2 for triangles, whose error is bounded by second "
            f"derivatives; got {node.smoothness}"
        )
    beta, delta = node.derivatives[1], node.diagonal
    steep = delta > 2 * beta or not beta
    largest = delta / 4 if steep else beta**2 / (4 * beta - delta)
    return Fraction(2, cells) ** 2 / 2 * largest


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


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Fraction) else value
