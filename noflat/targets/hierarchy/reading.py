"""A string read upward, exactly, and as the vectors that a network sees."""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from noflat.targets.hierarchy.rules import EMPTY, Hierarchy

ILLEGAL = -2
"""What `parse` reads where no rule makes what it sees."""

Encoding = Literal["whitened", "zero"]


def parse(
    hierarchy: Hierarchy, string: Int[Array, " slots"]
) -> tuple[Int[Array, " slots_of_level"], ...]:
    """Reads a string upward, exactly, level by level.

    Args:
        hierarchy: The rules.
        string: The input, with `EMPTY` in empty slots.

    Returns:
        The strings above it, from the lowest up to the class, which is the only slot of the last:
        `EMPTY` where nothing lies below, `ILLEGAL` where no rule makes what does.

    Example:
        >>> hierarchy = random_hierarchy(4, 3, key=jax.random.key(0))
        >>> strings, labels = sample_strings(hierarchy, 1, key=jax.random.key(1))
        >>> [above.shape for above in parse(hierarchy, strings[0])]
        [(4,), (2,), (1,)]
    """
    found = []
    for rules in reversed(hierarchy.rules):
        string = _parents(hierarchy, rules, string.reshape(-1, hierarchy.patch))
        found.append(string)
    return tuple(found)


def classify(hierarchy: Hierarchy, string: Int[Array, " slots"]) -> Int[Array, ""]:
    """The class of a string, by `parse`; `ILLEGAL` or `EMPTY` where it has none."""
    return parse(hierarchy, string)[-1][0]


def _parents(hierarchy: Hierarchy, rules: Array, patches: Array) -> Array:
    """What each patch was rewritten from."""
    parents, synonyms, branching = rules.shape
    weights = jnp.array([hierarchy.symbols**place for place in reversed(range(branching))], "int32")
    codes = jnp.sum(rules * weights[None, None, :], axis=-1, dtype="int32").reshape(-1)
    of_code = jnp.full(hierarchy.symbols**branching, ILLEGAL, "int32")
    of_code = of_code.at[codes].set(jnp.repeat(jnp.arange(parents, dtype="int32"), synonyms))
    filled = patches != EMPTY
    place = jnp.cumsum(filled, axis=1, dtype="int32") - 1  # which child it would be
    child = filled[:, :, None] & (
        place[:, :, None] == jnp.arange(branching, dtype="int32")[None, None, :]
    )
    children = jnp.sum(jnp.where(child, patches[:, :, None], 0), axis=1, dtype="int32")
    legal = jnp.sum(filled, axis=1) == branching
    if hierarchy.sparsity == "A":
        part = jnp.arange(hierarchy.patch, dtype="int32") // (hierarchy.blanks + 1)
        legal &= jnp.all(~filled | (place == part[None, :]), axis=1)
    legal &= jnp.all(patches != ILLEGAL, axis=1)
    code = jnp.where(legal, jnp.sum(children * weights[None, :], axis=1, dtype="int32"), 0)
    read = jnp.where(legal, of_code[code], ILLEGAL)
    return jnp.where(jnp.any(filled, axis=1), read, EMPTY)


def encode(
    strings: Int[Array, "*slots"],
    symbols: int,
    *,
    encoding: Encoding = "whitened",
    dtype: str = "float32",
) -> Float[Array, "*slots symbols"]:
    r"""Symbols as vectors.

    With `zero` the vector of a symbol has a one in its place, and that of an empty slot is zero.
    With `whitened` every entry x of these becomes $x(1+a)-a$, $a=(v-1)^{-1/2}$, as in the code of
    the paper. The entry of the symbol itself then has the square 1, and so have the others
    together, so that a symbol's vector has the squared length 2 at every v, and an empty slot's
    $va^2=v/(v-1)$. With two symbols the entries are $\pm1$ with mean zero; with more the mean of
    an entry, over symbols drawn uniformly, is $(1-\sqrt{v-1})/v$, and entries are correlated.

    Args:
        strings: Any number of slots.
        symbols: The number of symbols v.
        encoding: `whitened` or `zero`.
        dtype: Of the vectors.

    Returns:
        A last axis is added, of v entries.

    Raises:
        ValueError: If `encoding` is neither.

    Example:
        >>> print(encode(jnp.array([1, EMPTY]), 2, encoding="zero"))
        [[0. 1.]
         [0. 0.]]
    """
    if encoding not in get_args(Encoding):
        raise ValueError(f"`encoding` must be whitened or zero; got {encoding!r}")
    ones = jax.nn.one_hot(strings, symbols, dtype=dtype)
    shift = (symbols - 1) ** -0.5
    return ones if encoding == "zero" else ones * (1 + shift) - shift
