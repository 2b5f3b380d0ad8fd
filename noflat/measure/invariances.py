r"""What a representation still sees of the choices that do not change the class.

Two strings of a hierarchy that differ in their synonyms, or in where their symbols lie, are of one
class. A network that has learned the hierarchy maps them to one point, layer by layer: the synonyms
and the placements of level l are gone from its l-th hidden layer on.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import whole
from noflat.targets.hierarchy import Hierarchy, Tree, draw_tree, levels_of, redrawn

Features = Callable[[Int[Array, "samples slots"]], Sequence[Float[Array, "samples ..."]]]
"""A representation: strings go in, and for each layer what it makes of them comes out."""


class Sensitivities(NamedTuple):
    """How far a redraw moves each layer, relative to the distance of two strings.

    Attributes:
        synonyms: $S_{k,l}$, by layer and level.
        placements: $D_{k,l}$, by layer and level.
    """

    synonyms: Float[Array, "layers levels"]
    placements: Float[Array, "layers levels"]


def sensitivities(
    hierarchy: Hierarchy,
    features: Features,
    *,
    count: int,
    below: bool = False,
    key: Key[Array, ""],
) -> Sensitivities:
    r"""How sensitive a representation is to the synonyms and to the placements of each level.

    $$S_{k,l} = \frac{E\,\lVert f_k(x) - f_k(p_lx)\rVert^2}{E\,\lVert f_k(x) - f_k(x')\rVert^2},$$

    and $D_{k,l}$ the same with $\tau_l$ for $p_l$. Here x and x' are independent strings of any
    class, $p_l$ draws anew by which synonym every symbol of level l was rewritten, and $\tau_l$
    where the result was placed; all other choices are kept, those below a symbol that changes as
    the numbers of its rules, which are in no order. The level is counted from the input. Numerator
    and denominator are unbiased. Zero is invariance; one is what a redraw into an independent
    string would give, which is no upper bound.

    A redraw may give what was there: a symbol keeps its rule with probability 1/m, and its
    placement with one over their number. So it is in the code of the paper, which differs in two
    other respects. It draws the levels below l anew as well (`below`), where here a symbol that did
    not change keeps all that lies below it; and it averages the denominator over all pairs of n
    strings, each with itself included, which makes the ratios larger by $n/(n-1)$. Where there is
    only one placement, as without blanks, all $D_{k,l}$ are zero.

    Args:
        hierarchy: The rules.
        features: The layers $f_k$, written for many strings; usually the hidden layers and last
            the logits. A layer may have any axes after that of the strings.
        count: How many strings, at least two.
        below: Whether the choices of all levels below l are drawn anew too.
        key: The JAX key. All layers and levels see the same strings.

    Returns:
        Both sensitivities; nan for a layer that is constant.

    Raises:
        ValueError: If `count` is below two.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=1, key=jax.random.key(0))
        >>> def symbols_read(strings):
        ...     read = jax.vmap(parse, (None, 0))(hierarchy, strings)
        ...     return [encode(above, 4) for above in read]
        >>> found = sensitivities(hierarchy, symbols_read, count=64, key=jax.random.key(1))
        >>> print(found.placements[0, 0], found.placements[0, 1] > 0.1)
        0.0 True

    Reference:
        Tomasini and Wyart (2024), arXiv:2404.10727, section 4.
    """
    whole(count, "count", "the strings, of which two are compared", least=2)
    key_trees, key_anew = jax.random.split(key)
    trees = _any_class(hierarchy, count, key_trees)
    layers = _flat(features(_strings(hierarchy, trees)))
    distances = jnp.stack([_distance(layer) for layer in layers])

    def moved(level: int, what: Literal["rules", "placements"]) -> Array:
        anew = _anew(hierarchy, trees, level, what, below, jax.random.fold_in(key_anew, level))
        pairs = zip(layers, _flat(features(_strings(hierarchy, anew))), strict=True)
        moves = [jnp.mean(jnp.sum((new - old) ** 2, axis=1)) for old, new in pairs]
        return jnp.stack(moves) / distances

    levels = range(1, hierarchy.levels + 1)
    return Sensitivities(
        jnp.stack([moved(level, "rules") for level in levels], axis=1),
        jnp.stack([moved(level, "placements") for level in levels], axis=1),
    )


def _any_class(hierarchy: Hierarchy, count: int, key: Array) -> Tree:
    """Independent trees: their classes are drawn, so that two may be of one class."""
    key_labels, key_trees = jax.random.split(key)
    labels = jax.random.randint(key_labels, (count,), 0, hierarchy.classes, dtype="int32")
    keys = jax.random.split(key_trees, count)
    return jax.vmap(lambda label, key: draw_tree(hierarchy, label, key=key))(labels, keys)


def _anew(
    hierarchy: Hierarchy,
    trees: Tree,
    level: int,
    what: Literal["rules", "placements"],
    below: bool,
    key: Array,
) -> Tree:
    for redrawn_level in range(level, 0, -1) if below else (level,):
        keys = jax.random.split(jax.random.fold_in(key, redrawn_level), len(trees.label))
        trees = jax.vmap(
            lambda tree, key, level=redrawn_level: redrawn(hierarchy, tree, level, what, key=key)
        )(trees, keys)
    return trees


def _strings(hierarchy: Hierarchy, trees: Tree) -> Array:
    return jax.vmap(levels_of, (None, 0))(hierarchy, trees)[-1]


def _flat(layers: Sequence[Array]) -> list[Array]:
    return [layer.reshape(layer.shape[0], -1) for layer in layers]


def _distance(layer: Array) -> Array:
    """The mean squared distance of two different strings: twice the unbiased variance."""
    return 2 * jnp.sum(jnp.var(layer, axis=0, ddof=1))
