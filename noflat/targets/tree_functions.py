r"""Compositions along a binary tree: functions of many variables made of functions of two.

A complete binary tree on $n=2^D$ leaves has a node $h:[-1,1]^2\to[-1,1]$ at each of its $n-1$ inner
places. What is known of the node is exact: how far it is Lipschitz, and how large its derivatives
are. It has m derivatives that are bounded and no more, so that a grid of equal cells gains nothing
beyond order m. It is two polynomials that meet at a line: a method that knows the line does better.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import perm
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Float

from noflat.arguments import whole


class TreeNode(NamedTuple):
    r"""A function of two variables in $[-1,1]$ and with values there.

    Attributes:
        function: Of a and b; of numbers, fractions or arrays that broadcast.
        smoothness: The m of $W^m_\infty$.
        lipschitz: The L of $|h(a,b)-h(a',b')|\le L\max(|a-a'|,|b-b'|)$.
        derivatives: Of each order from 1 to m a bound on both pure partial derivatives.
        diagonal: A bound on the second derivative along (1, 1); None where m is 1.
    """

    function: Callable[[Any, Any], Any]
    smoothness: int
    lipschitz: Fraction
    derivatives: tuple[Fraction, ...]
    diagonal: Fraction | None = None


class TreeFunction(NamedTuple):
    """One node at all places of a complete binary tree.

    Attributes:
        node: The function of two variables.
        inputs: The number of leaves, a power of two.
    """

    node: TreeNode
    inputs: int

    @property
    def levels(self) -> int:
        """The nodes on the way from a leaf to the root."""
        return self.inputs.bit_length() - 1

    def of_columns(self, *columns: Any) -> Any:
        """Its value at numbers, fractions or arrays that broadcast, one for each leaf."""
        if len(columns) != self.inputs:
            raise ValueError(
                f"`columns` must be {self.inputs}, one for each leaf; got {len(columns)}"
            )
        return folded(self.node.function, columns)

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, ""]:
        """Its value at one point."""
        return self.of_columns(*coordinates(x, self.inputs))


def coordinates(x: Any, inputs: int) -> list[Any]:
    """The coordinates of one point.

    Args:
        x: Of shape (inputs,).
        inputs: How many there must be.

    Returns:
        One after the other.

    Raises:
        ValueError: If x has another shape.

    Example:
        >>> from noflat.targets.tree_functions import coordinates
        >>> coordinates(np.array([1, 2]), 2) == [1, 2]
        True
    """
    if np.shape(x) != (inputs,):
        raise ValueError(
            f"`x` must be one point of shape ({inputs},); got {np.shape(x)}. For many use jax.vmap"
        )
    return [x[i] for i in range(inputs)]


def folded(
    function: Callable[[Any, Any], Any] | Sequence[Callable[[Any, Any], Any]], leaves: Any
) -> Any:
    """Combines neighbors until one is left.

    Args:
        function: Of two of them; or one for each level, that of the leaves first.
        leaves: As many as a power of two.

    Returns:
        The last one.

    Raises:
        ValueError: If there are not so many leaves, or functions for as many levels.

    Example:
        >>> from noflat.targets.tree_functions import folded
        >>> folded(lambda a, b: f"({a}{b})", "wxyz")
        '((wx)(yz))'
    """
    values = list(leaves)
    levels = _levels(len(values), "leaves", least=1)
    functions = [function] * levels if callable(function) else list(function)
    if len(functions) != levels:
        raise ValueError(
            f"`function` must be one for each of {levels} levels; got {len(functions)}"
        )
    for combine in functions:
        values = [combine(a, b) for a, b in zip(values[::2], values[1::2], strict=True)]
    return values[0]


def cells_by_level(cells: int | Sequence[int], inputs: int) -> tuple[int, ...]:
    """How many cells a grid has on each axis, for each level of a tree.

    Args:
        cells: One number for all levels, or one for each, that of the leaves first.
        inputs: The number of leaves.

    Returns:
        A number for each level.

    Raises:
        ValueError: If one is not a positive integer, or there are not as many as levels.

    Example:
        >>> from noflat.targets.tree_functions import cells_by_level
        >>> cells_by_level(4, 8), cells_by_level([8, 4], 4)
        ((4, 4, 4), (8, 4))
    """
    levels = _levels(inputs, "inputs", least=2)
    many = list(cells) if isinstance(cells, Sequence) else [cells] * levels
    if len(many) != levels:
        raise ValueError(
            f"`cells` must be one number, or one for each of {levels} levels; got {cells}"
        )
    return tuple(whole(count, "cells", "the cells on an axis") for count in many)


def _levels(leaves: Any, name: str, *, least: int) -> int:
    """Of a complete binary tree with so many leaves."""
    count = whole(leaves, name, "a power of two", least=least)
    if count & (count - 1):
        raise ValueError(f"`{name}` must be a power of two, at least {least}; got {leaves}")
    return count.bit_length() - 1


def bent_node(smoothness: int) -> TreeNode:
    r"""A plane and a power that is bent at a line which passes no dyadic point.

    $$h(a,b)=\tfrac13\,\tfrac{a+b}2+\tfrac23\,s_m\!\big(\tfrac{3a-3b+2}8\big),\qquad
      s_m(u)=u^{m-1}|u|\ \ (m\text{ even}),\quad s_m(u)=2|u|^m-1\ \ (m\text{ odd}).$$

    The argument u is in $[-\tfrac12,1]$ and zero at $b-a=\tfrac23$. The m-th derivative of $s_m$
    jumps there; so h is in $W^m_\infty$ and not in $C^m$. With $c=1$ for even and 2 for odd m,

    $$|\partial^jh|\le\tfrac13\cdot\tfrac12[j=1]+\tfrac23\,c\,\tfrac{m!}{(m-j)!}
      \big(\tfrac38\big)^j,\qquad L=\max(\tfrac13,\tfrac cm\cdot\tfrac{m^2}2)=\tfrac{cm}2 .$$

    Since u depends on $a-b$ alone, h is affine along (1, 1).

    Args:
        smoothness: The m above.

    Returns:
        The node.

    Raises:
        ValueError: If m is not a positive integer.

    Example:
        >>> node = bent_node(2)
        >>> node.lipschitz, node.derivatives, node.function(Fraction(1), Fraction(-1))
        (Fraction(1, 1), (Fraction(2, 3), Fraction(3, 16)), Fraction(2, 3))
    """
    m = whole(smoothness, "smoothness", "the derivatives of a node")
    factor = 1 if m % 2 == 0 else 2

    def function(a: Any, b: Any) -> Any:
        u = (3 * a - 3 * b + 2) / 8
        power = u ** (m - 1) * abs(u)
        return (a + b) / 6 + 2 * (power if m % 2 == 0 else 2 * power - 1) / 3

    bounds = [
        Fraction(j == 1, 6) + Fraction(2, 3) * factor * perm(m, j) * Fraction(3, 8) ** j
        for j in range(1, m + 1)
    ]
    diagonal = Fraction(0) if m > 1 else None
    return TreeNode(function, m, Fraction(factor * m, 2), tuple(bounds), diagonal)


def tree_function(smoothness: int, inputs: int) -> TreeFunction:
    """The tree of bent nodes.

    Args:
        smoothness: Of its nodes.
        inputs: The number of leaves.

    Returns:
        The function.

    Raises:
        ValueError: If the number of leaves is no power of two from 2.

    Example:
        >>> tree = tree_function(2, 8)
        >>> tree.levels, tree.of_columns(*[Fraction(0)] * 8)
        (3, Fraction(13, 216))
    """
    return TreeFunction(bent_node(smoothness), 2 ** _levels(inputs, "inputs", least=2))
