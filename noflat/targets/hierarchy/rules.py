"""The rules of a hierarchy, and how they are drawn."""

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from math import comb
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from noflat.arguments import whole

EMPTY = -1
"""What an empty slot holds."""

Sparsity = Literal["A", "B"]
"""Where the symbols of a rule lie: each anywhere in a part of its own, or all anywhere in order."""

_MOST_PLACEMENTS = 10**6
_MOST_TUPLES = 2**24


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Hierarchy:
    r"""Rules, level by level; a pytree whose leaves they are. `random_hierarchy` draws one.

    Under `vmap` it draws a batch of them, which has the sizes of one.

    Attributes:
        rules: From the classes down the right-hand sides, by parent, rule and place.
        symbols: The symbols v of every level; static.
        blanks: The empty slots $s_0$ per symbol; static.
        sparsity: `A`: child i lies in one of the slots $i(s_0+1), \dots, (i+1)(s_0+1)-1$. `B`: the
            children lie in order, in any slots; static.
    """

    rules: tuple[Int[Array, "*batch _parents synonyms branching"], ...]
    symbols: int = field(metadata={"static": True})
    blanks: int = field(default=0, metadata={"static": True})
    sparsity: Sparsity = field(default="A", metadata={"static": True})

    @property
    def levels(self) -> int:
        """The levels L below the class."""
        return len(self.rules)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return self.rules[0].shape[-3]

    @property
    def synonyms(self) -> int:
        """The rules m of every symbol."""
        return self.rules[0].shape[-2]

    @property
    def branching(self) -> int:
        """The symbols s on the right-hand side of a rule."""
        return self.rules[0].shape[-1]

    @property
    def patch(self) -> int:
        """The slots that a slot is rewritten as, $s(s_0+1)$."""
        return self.branching * (self.blanks + 1)

    @property
    def inputs(self) -> int:
        """The slots of a string, $(s(s_0+1))^L$."""
        return self.patch**self.levels

    @property
    def nodes(self) -> int:
        r"""The symbols that are rewritten, $(s^L-1)/(s-1)$, that of the class included."""
        return sum(self.branching**depth for depth in range(self.levels))

    @property
    def placements(self) -> Int[np.ndarray, "placements branching"]:
        """The slots in which the symbols of a rule may lie, one possibility a row."""
        return _placements(self.branching, self.blanks, self.sparsity)

    @property
    def strings(self) -> int:
        """The different strings of one class, all of the same probability."""
        return (self.synonyms * len(self.placements)) ** self.nodes


@lru_cache
def _placements(branching: int, blanks: int, sparsity: str) -> np.ndarray:
    part = blanks + 1
    if sparsity == "A":
        parts = [range(child * part, (child + 1) * part) for child in range(branching)]
        found = list(itertools.product(*parts))
    else:
        found = list(itertools.combinations(range(branching * part), branching))
    return np.array(found, np.int32)


def random_hierarchy(
    symbols: int,
    levels: int,
    *,
    classes: int | None = None,
    synonyms: int | None = None,
    branching: int = 2,
    blanks: int = 0,
    sparsity: Sparsity = "A",
    key: Key[Array, ""],
) -> Hierarchy:
    r"""Draws the rules of a hierarchy, all choices equally likely.

    For every level the $v^s$ strings of s symbols are shuffled, and each parent gets m of them.

    Args:
        symbols: The symbols v of every level, at least two.
        levels: The levels L below the class.
        classes: The number of classes $n_c$; v where None.
        synonyms: The rules m of every parent; as many as there can be, $v^{s-1}$, where None.
        branching: The symbols s that a rule makes, at least two.
        blanks: The empty slots $s_0$ per symbol; none gives the random hierarchy model.
        sparsity: Where the symbols lie, as in `Hierarchy`.
        key: The JAX key.

    Returns:
        The hierarchy.

    Raises:
        ValueError: If a number is too small, or there are not enough strings for different rules:
            $m \le v^{s-1}$ and $n_cm \le v^s$.

    Example:
        >>> rules = random_hierarchy(4, 2, blanks=1, key=jax.random.key(0))
        >>> rules.inputs, rules.strings
        (16, 4096)

    Reference:
        Cagnetta, Petrini, Tomasini, Favero and Wyart (2024), Phys. Rev. X 14, 031001, section II,
        for $s_0=0$; Tomasini and Wyart (2024), arXiv:2404.10727, section 2.
    """
    whole(symbols, "symbols", "the symbols of every level", least=2)
    whole(levels, "levels", "the levels below the class")
    whole(branching, "branching", "the symbols that a rule makes", least=2)
    whole(blanks, "blanks", "the empty slots per symbol", least=0)
    classes = symbols if classes is None else whole(classes, "classes", "the classes", least=2)
    tuples = symbols**branching
    if synonyms is None:
        synonyms = max(1, min(symbols ** (branching - 1), tuples // classes))
    synonyms = whole(synonyms, "synonyms", "the rules of every symbol")
    _check(symbols, classes, synonyms, branching, blanks, sparsity)
    rules = []
    for depth in range(levels):
        parents = symbols if depth else classes
        drawn = jax.random.permutation(jax.random.fold_in(key, depth), tuples)
        code = drawn[: parents * synonyms].astype("int32")
        digits = [code // symbols**place % symbols for place in reversed(range(branching))]
        rules.append(jnp.stack(digits, axis=-1).reshape(parents, synonyms, branching))
    return Hierarchy(tuple(rules), symbols, blanks, sparsity)


def _check(
    symbols: int, classes: int, synonyms: int, branching: int, blanks: int, sparsity: str
) -> None:
    tuples = symbols**branching
    if tuples > _MOST_TUPLES:
        raise ValueError(
            f"`symbols` and `branching` must leave at most {_MOST_TUPLES} strings for the rules; "
            f"got {symbols}**{branching}"
        )
    if synonyms > symbols ** (branching - 1):
        raise ValueError(
            f"`synonyms` must be at most symbols**(branching - 1) = {symbols ** (branching - 1)}, "
            f"so that all rules are different; got {synonyms}"
        )
    if classes * synonyms > tuples:
        raise ValueError(
            f"`classes` must be at most symbols**branching // synonyms = {tuples // synonyms}, "
            f"so that all rules are different; got {classes}"
        )
    if sparsity not in get_args(Sparsity):
        raise ValueError(f"`sparsity` must be A or B; got {sparsity!r}")
    part = blanks + 1
    count = part**branching if sparsity == "A" else comb(branching * part, branching)
    if count > _MOST_PLACEMENTS:
        raise ValueError(
            f"`blanks` must leave at most {_MOST_PLACEMENTS} placements of a rule; got {count}"
        )
