"""Strings drawn as trees: every choice of a rule and of a placement, from the class down."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from noflat.arguments import whole
from noflat.targets.hierarchy.rules import EMPTY, Hierarchy

_SHUFFLED = 2**20
"""So many strings are shuffled to draw without replacement; of more, repeated ones are redrawn."""


class Tree(NamedTuple):
    """Where a string comes from: everything that was drawn, from the class down.

    Attributes:
        label: The class.
        rules: For every depth which rule each node is rewritten by; a node is a symbol that is not
            empty, so that there are $s^t$ of them at depth t.
        placements: For every depth where the symbols of each node's rule lie, as a row of
            `Hierarchy.placements`.
    """

    label: Int[Array, "*batch"]
    rules: tuple[Int[Array, "*batch nodes"], ...]
    placements: tuple[Int[Array, "*batch nodes"], ...]


def draw_tree(hierarchy: Hierarchy, label: Int[Array, ""], *, key: Key[Array, ""]) -> Tree:
    """Draws one of the strings of a class, as a tree; all are equally likely.

    Args:
        hierarchy: The rules.
        label: The class.
        key: The JAX key.

    Returns:
        The tree; `levels_of` makes the string.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=1, key=jax.random.key(0))
        >>> tree = draw_tree(hierarchy, jnp.int32(3), key=jax.random.key(1))
        >>> [rules.shape for rules in tree.rules]
        [(1,), (2,)]
    """
    high = jnp.array([[hierarchy.synonyms], [len(hierarchy.placements)]], "int32")
    drawn = jax.random.randint(key, (2, hierarchy.nodes), 0, high, dtype="int32")
    return _tree(hierarchy, label, drawn)


def _tree(hierarchy: Hierarchy, label: Array, drawn: Array) -> Tree:
    """A tree from the rules and the placements of all its nodes, from the class down."""
    ends = np.cumsum([hierarchy.branching**depth for depth in range(hierarchy.levels)])[:-1]
    rules, placements = (tuple(jnp.split(row, ends)) for row in drawn)
    return Tree(jnp.asarray(label, "int32"), rules, placements)


def sample_trees(
    hierarchy: Hierarchy, count: int, *, replace: bool = True, key: Key[Array, ""]
) -> Tree:
    r"""Draws trees, as many of each class as can be: the class of the i-th is $i \bmod n_c$.

    Args:
        hierarchy: The rules.
        count: How many.
        replace: Whether a tree may come twice. Without replacement all sets of different trees are
            equally likely: where there are few trees they are shuffled, where there are many those
            that came before are drawn anew until none did.
        key: The JAX key; with replacement a tree depends on it and on its number only.

    Returns:
        The trees, batched.

    Raises:
        ValueError: If `count` is no count or, without replacement, above the number of strings.

    Example:
        >>> hierarchy = random_hierarchy(2, 2, key=jax.random.key(0))
        >>> trees = sample_trees(hierarchy, 16, replace=False, key=jax.random.key(1))
        >>> strings = jax.vmap(levels_of, (None, 0))(hierarchy, trees)[-1]
        >>> len(np.unique(strings, axis=0))
        16
    """
    whole(count, "count", "the strings to draw")
    labels = jnp.arange(count, dtype="int32") % hierarchy.classes
    if replace:
        return _drawn(hierarchy, labels, key, 0)
    if count > (most := hierarchy.classes * hierarchy.strings):
        raise ValueError(f"`count` must be at most {most} without replacement; got {count}")
    if most <= _SHUFFLED:
        return _shuffled(hierarchy, labels, key)

    def again(carry: tuple) -> tuple:
        trees, repeated, attempt = carry

        def choose(old: Array, new: Array) -> Array:
            return jnp.where(repeated.reshape(-1, *(1,) * (old.ndim - 1)), new, old)

        trees = jax.tree.map(choose, trees, _drawn(hierarchy, labels, key, attempt))
        return trees, _repeated(trees), attempt + 1

    trees = _drawn(hierarchy, labels, key, 0)
    start = (trees, _repeated(trees), jnp.int32(1))
    return jax.lax.while_loop(lambda carry: jnp.any(carry[1]), again, start)[0]


def _drawn(hierarchy: Hierarchy, labels: Array, key: Array, attempt: Array | int) -> Tree:
    """A tree for each label, all independent."""
    numbers = jnp.arange(len(labels), dtype="uint32")
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, numbers)
    keys = jax.vmap(jax.random.fold_in, (0, None))(keys, attempt)
    return jax.vmap(lambda label, key: draw_tree(hierarchy, label, key=key))(labels, keys)


def _shuffled(hierarchy: Hierarchy, labels: Array, key: Array) -> Tree:
    """All trees of every class are numbered and shuffled; a label takes the next of its class."""
    keys = jax.random.split(key, hierarchy.classes)
    order = jax.vmap(lambda key: jax.random.permutation(key, hierarchy.strings))(keys)
    of_class = labels[:, None] == jnp.arange(hierarchy.classes, dtype=labels.dtype)[None, :]
    earlier = jnp.sum(jnp.where(of_class, jnp.cumsum(of_class, axis=0) - 1, 0), axis=1)
    number = order[labels, earlier].astype("int32")
    digits = []
    for radix in (hierarchy.synonyms, len(hierarchy.placements)):
        for _ in range(hierarchy.nodes):
            digits.append(number % radix)
            number = number // radix
    drawn = jnp.stack(digits, axis=-1).reshape(len(labels), 2, hierarchy.nodes)
    return jax.vmap(_tree, (None, 0, 0))(hierarchy, labels, drawn)


def _repeated(trees: Tree) -> Array:
    """Which trees came before in the list."""
    columns = [leaf.reshape(len(trees.label), -1).T for leaf in jax.tree.leaves(trees)]
    table = jnp.concatenate(columns)
    order = jnp.lexsort(table)  # stable: of equal trees the first comes first
    table = table[:, order]
    same = jnp.all(table[:, 1:] == table[:, :-1], axis=0)
    return jnp.zeros(len(order), bool).at[order[1:]].set(same)


def levels_of(hierarchy: Hierarchy, tree: Tree) -> tuple[Int[Array, " slots"], ...]:
    """The strings of a tree, level by level.

    Args:
        hierarchy: The rules.
        tree: One tree.

    Returns:
        From the one below the class down to the input, each with `EMPTY` in its empty slots.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=1, key=jax.random.key(0))
        >>> tree = draw_tree(hierarchy, jnp.int32(3), key=jax.random.key(1))
        >>> [string.shape for string in levels_of(hierarchy, tree)]
        [(4,), (16,)]
    """
    slots, found = jnp.zeros(1, "int32"), []
    for depth, (_, children, placed) in enumerate(_rewritten(hierarchy, tree), start=1):
        slots = (slots[:, None] * hierarchy.patch + placed).reshape(-1)
        empty = jnp.full(hierarchy.patch**depth, EMPTY, "int32")
        found.append(empty.at[slots].set(children.reshape(-1)))
    return tuple(found)


def _rewritten(hierarchy: Hierarchy, tree: Tree) -> Iterator[tuple[Array, Array, Array]]:
    """For every depth its symbols, what each is rewritten as, and where in its patch."""
    symbols, table = tree.label[None], jnp.asarray(hierarchy.placements)
    for rules, chosen, placed in zip(hierarchy.rules, tree.rules, tree.placements, strict=True):
        children = rules[symbols, chosen]
        yield symbols, children, table[placed]
        symbols = children.reshape(-1)


class Productions(NamedTuple):
    """The rules that one depth of a tree was rewritten by, as what they start from and make.

    Attributes:
        symbols: The symbol of each node.
        patches: What it became, with `EMPTY` in empty slots.
        slots: Where in the patch the symbols lie.
    """

    symbols: Int[Array, "*batch nodes"]
    patches: Int[Array, "*batch nodes patch"]
    slots: Int[Array, "*batch nodes branching"]


def productions(hierarchy: Hierarchy, tree: Tree) -> tuple[Productions, ...]:
    """What a learner is shown who sees the symbols of every level: patches, and what they mean.

    Args:
        hierarchy: The rules.
        tree: One tree.

    Returns:
        For every depth, from the class down, its productions; empty patches are left out.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=1, key=jax.random.key(0))
        >>> tree = draw_tree(hierarchy, jnp.int32(3), key=jax.random.key(1))
        >>> [made.patches.shape for made in productions(hierarchy, tree)]
        [(1, 4), (2, 4)]
    """
    return tuple(
        Productions(symbols, filled(hierarchy, children, placed), placed)
        for symbols, children, placed in _rewritten(hierarchy, tree)
    )


def filled(
    hierarchy: Hierarchy,
    children: Int[Array, "*batch branching"],
    slots: Int[Array, "*batch branching"],
) -> Int[Array, "*batch patch"]:
    """The patch that has these symbols in these slots, and is empty elsewhere."""
    empty = jnp.full((*children.shape[:-1], hierarchy.patch), EMPTY, "int32")
    return jnp.put_along_axis(empty, slots, children, axis=-1, inplace=False)


class Sample(NamedTuple):
    """Strings with their classes.

    Attributes:
        inputs: The strings; an empty slot is `EMPTY`.
        labels: The classes.
    """

    inputs: Int[Array, "samples slots"]
    labels: Int[Array, " samples"]


def sample_strings(
    hierarchy: Hierarchy, count: int, *, replace: bool = True, key: Key[Array, ""]
) -> Sample:
    """Draws strings, as `sample_trees` does, with their classes.

    Args:
        hierarchy: The rules.
        count: How many.
        replace: Whether a string may come twice.
        key: The JAX key; with replacement a longer sample begins with a shorter one.

    Returns:
        Strings and classes, made on the device.

    Raises:
        ValueError: As `sample_trees`.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=1, key=jax.random.key(0))
        >>> strings, labels = sample_strings(hierarchy, 8, key=jax.random.key(1))
        >>> bool((jax.vmap(classify, (None, 0))(hierarchy, strings) == labels).all())
        True
    """
    trees = sample_trees(hierarchy, count, replace=replace, key=key)
    return Sample(jax.vmap(levels_of, (None, 0))(hierarchy, trees)[-1], trees.label)


def redrawn(
    hierarchy: Hierarchy,
    tree: Tree,
    level: int,
    what: Literal["rules", "placements"],
    *,
    key: Key[Array, ""],
) -> Tree:
    r"""The same tree with the synonyms, or the placements, of one level drawn anew.

    Args:
        hierarchy: The rules.
        tree: One tree.
        level: Counted from the input: 1 is what the lowest symbols were rewritten by, L is what the
            class was.
        what: `rules`: other synonyms, all slots kept. `placements`: other slots, all symbols kept.
        key: The JAX key.

    Returns:
        The tree; its class is the same.

    Raises:
        ValueError: If there is no such level, or nothing such to draw.

    Reference:
        Tomasini and Wyart (2024), section 4: the operators $p_l$ and $\tau_l$.
    """
    if not 1 <= level <= hierarchy.levels:
        raise ValueError(f"`level` must be between 1 and {hierarchy.levels}; got {level}")
    if what not in ("rules", "placements"):
        raise ValueError(f"`what` must be rules or placements; got {what!r}")
    depth = hierarchy.levels - level
    anew = getattr(draw_tree(hierarchy, tree.label, key=key), what)
    kept = list(getattr(tree, what))
    kept[depth] = anew[depth]
    return tree._replace(**{what: tuple(kept)})
