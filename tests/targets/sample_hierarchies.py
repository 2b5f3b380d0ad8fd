"""Small hierarchies, and all their trees one by one: what tests of hierarchies share."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np

from noflat.targets.hierarchy import Hierarchy, Tree, levels_of, random_hierarchy

SMALL = [
    {"symbols": 2, "levels": 2},
    {"symbols": 3, "levels": 2, "blanks": 1},
    {"symbols": 2, "levels": 2, "blanks": 1, "sparsity": "B"},
    {"symbols": 3, "levels": 2, "classes": 2, "synonyms": 2, "blanks": 1, "sparsity": "B"},
    {"symbols": 3, "levels": 2, "classes": 4, "synonyms": 1, "blanks": 1},
    {"symbols": 2, "levels": 2, "branching": 3},
    {"symbols": 2, "levels": 2, "branching": 3, "blanks": 1, "synonyms": 1},
    {"symbols": 2, "levels": 2, "branching": 3, "blanks": 1, "synonyms": 1, "sparsity": "B"},
    {"symbols": 2, "levels": 3, "blanks": 1, "synonyms": 1},
    {"symbols": 3, "levels": 1, "blanks": 2, "sparsity": "B"},
]
"""All of their strings are few enough to list."""


def small(settings: dict, seed: int = 0) -> Hierarchy:
    """One of them."""
    return random_hierarchy(**settings, key=jax.random.key(seed))


def named(settings: dict) -> str:
    """What a test with these settings is called."""
    return "-".join(f"{name[:2]}{value}" for name, value in settings.items())


def every_tree(hierarchy: Hierarchy) -> Tree:
    """All trees of all classes, batched."""
    nodes, digits = hierarchy.nodes, [range(hierarchy.classes)]
    digits += [range(hierarchy.synonyms)] * nodes
    digits += [range(len(hierarchy.placements))] * nodes
    table = np.array(list(product(*digits)), np.int32)
    ends = np.cumsum([hierarchy.branching**depth for depth in range(hierarchy.levels)])[:-1]
    rules, placements = (
        tuple(map(jnp.asarray, np.split(part, ends, axis=1)))
        for part in (table[:, 1 : nodes + 1], table[:, nodes + 1 :])
    )
    return Tree(jnp.asarray(table[:, 0]), rules, placements)


def every_string(hierarchy: Hierarchy) -> tuple[np.ndarray, np.ndarray]:
    """The strings of all trees, with their classes."""
    trees = every_tree(hierarchy)
    strings = jax.jit(jax.vmap(levels_of, (None, 0)))(hierarchy, trees)[-1]
    return np.asarray(strings), np.asarray(trees.label)
