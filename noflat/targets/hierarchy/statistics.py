r"""What a hierarchy says exactly: posteriors of strings seen in part, and what a tuple tells.

A message counts, in whole numbers, the ways in which a slot can become what is seen below it. It
goes up the tree, for a posterior, or down it, for the classes that a tuple of the lowest level
comes from. All rules and placements are equally likely, so that counts are probabilities.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from noflat.targets.hierarchy.rules import EMPTY, Hierarchy

HIDDEN = -3
"""A slot of which nothing is seen."""

Message = list[int]
"""The counts of a slot: for each symbol, then for the empty one."""


def class_counts(hierarchy: Hierarchy, seen: Sequence[int]) -> list[int]:
    """In how many ways each class becomes a string of which some slots are seen.

    Args:
        hierarchy: The rules.
        seen: What every slot holds: a symbol, `EMPTY`, or `HIDDEN` where it is not seen.

    Returns:
        For each class how many of its strings agree with what is seen, a whole number.

    Raises:
        ValueError: If there are not as many slots as inputs, or one holds something else.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
        >>> class_counts(hierarchy, [HIDDEN] * 4) == [hierarchy.strings] * 4
        True
    """
    if len(seen) != hierarchy.inputs:
        raise ValueError(f"`seen` must have {hierarchy.inputs} slots; got {len(seen)}")
    messages = [_leaf(hierarchy.symbols, int(value)) for value in seen]
    for rules in reversed(hierarchy.rules):
        patches = [
            messages[first : first + hierarchy.patch]
            for first in range(0, len(messages), hierarchy.patch)
        ]
        table = np.asarray(rules).tolist()
        messages = [_upward(hierarchy, table, patch) for patch in patches]
    return messages[0][:-1]


def posterior(hierarchy: Hierarchy, seen: Sequence[int]) -> list[Fraction]:
    """The exact probabilities of the classes, of equal prior ones, given some slots of a string.

    Args:
        hierarchy: The rules.
        seen: What every slot holds, as for `class_counts`.

    Returns:
        For each class its probability.

    Raises:
        ValueError: As `class_counts`, or if no string agrees with what is seen.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
        >>> sum(posterior(hierarchy, [2, 3, HIDDEN, HIDDEN]))
        Fraction(1, 1)
    """
    counts = class_counts(hierarchy, seen)
    if not any(counts):
        raise ValueError("`seen` must agree with a string of some class; none does")
    return [Fraction(count, sum(counts)) for count in counts]


def tuple_counts(hierarchy: Hierarchy, node: int = 0) -> np.ndarray:
    """How often each tuple of the lowest level comes from each class.

    Args:
        hierarchy: The rules.
        node: Which of the $s^{L-1}$ lowest nodes, from the left.

    Returns:
        Whole numbers of Python by class, symbol of that node, and rule of that symbol: of the
        $m^L$ choices of rules on the way from the class to the tuple those that lead to it. A row
        is the same for all rules of a symbol, which are synonyms.

    Raises:
        ValueError: If there is no such node.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
        >>> counts = tuple_counts(hierarchy)
        >>> counts.shape, [int(count) for count in counts.sum(axis=(1, 2))]
        ((4, 4, 4), [16, 16, 16, 16])
    """
    lowest = hierarchy.branching ** (hierarchy.levels - 1)
    if not 0 <= node < lowest:
        raise ValueError(f"`node` must be between 0 and {lowest - 1}; got {node}")
    counts = np.eye(hierarchy.classes, dtype=object)
    for depth, rules in enumerate(hierarchy.rules[:-1], start=1):
        below = hierarchy.branching ** (hierarchy.levels - 1 - depth)
        child = node // below % hierarchy.branching
        made = np.asarray(rules)[:, :, child]
        step = np.array(
            [[int(np.sum(row == symbol)) for symbol in range(hierarchy.symbols)] for row in made],
            dtype=object,
        )
        counts = counts @ step
    return np.repeat(counts[:, :, None], hierarchy.synonyms, axis=2)


def tuple_correlations(hierarchy: Hierarchy, node: int = 0) -> np.ndarray:
    r"""What a tuple tells about the class: $C(\alpha,\mu)=P(\alpha,\mu)-P(\alpha)P(\mu)$, exactly.

    Args:
        hierarchy: The rules.
        node: Which of the lowest nodes, from the left.

    Returns:
        Fractions by class, symbol of that node, and rule of that symbol.

    Raises:
        ValueError: If there is no such node.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
        >>> sum(tuple_correlations(hierarchy).ravel())
        Fraction(0, 1)

    Reference:
        Cagnetta, Petrini, Tomasini, Favero and Wyart (2024), section V.
    """
    counts = tuple_counts(hierarchy, node)
    ways = hierarchy.classes * hierarchy.synonyms**hierarchy.levels
    joint = counts * Fraction(1, ways)
    return joint - joint.sum(axis=0)[None] * Fraction(1, hierarchy.classes)


def _leaf(symbols: int, value: int) -> Message:
    if value == HIDDEN:
        return [1] * (symbols + 1)
    if not -1 <= value < symbols:
        raise ValueError(
            f"`seen` must hold symbols below {symbols}, EMPTY = {EMPTY} or HIDDEN = {HIDDEN}; "
            f"got {value}"
        )
    return [int(value == symbol) for symbol in (*range(symbols), EMPTY)]


def _upward(hierarchy: Hierarchy, rules: list, patch: list[Message]) -> Message:
    """The counts of a slot from those of the slots that it is rewritten as."""
    of_parent = [
        sum(_ways(hierarchy, children, patch) for children in synonyms) for synonyms in rules
    ]
    empty = 1
    for message in patch:
        empty *= message[-1]
    return [*of_parent, empty]


def _ways(hierarchy: Hierarchy, children: list[int], patch: list[Message]) -> int:
    """In how many ways one rule makes a patch, over all placements of its symbols."""
    part = hierarchy.blanks + 1
    ways = [1] + [0] * len(children)  # by how many children lie in the slots so far
    for slot, message in enumerate(patch):
        for placed in reversed(range(len(ways))):
            ways[placed] *= message[-1]
            free = hierarchy.sparsity == "B" or slot // part == placed - 1
            if placed and free:
                ways[placed] += ways[placed - 1] * message[children[placed - 1]]
    return ways[-1]
