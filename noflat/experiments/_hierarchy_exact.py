"""What needs no training: networks written down, bounds, correlations, and strings to look at."""

from math import comb
from typing import Any

from noflat.experiments.records import Row

_SHAPES = (
    {"symbols": 4, "levels": 2, "branching": 2, "blanks": 0, "sparsity": "A"},
    {"symbols": 4, "levels": 2, "branching": 2, "blanks": 2, "sparsity": "A"},
    {"symbols": 6, "levels": 2, "branching": 2, "blanks": 1, "sparsity": "A"},
    {"symbols": 8, "levels": 3, "branching": 2, "blanks": 1, "sparsity": "A"},
    {"symbols": 4, "levels": 4, "branching": 2, "blanks": 1, "sparsity": "A"},
    {"symbols": 4, "levels": 3, "branching": 2, "blanks": 2, "sparsity": "A"},
    {"symbols": 4, "levels": 2, "branching": 3, "blanks": 1, "sparsity": "A"},
    {"symbols": 6, "levels": 2, "branching": 3, "blanks": 1, "sparsity": "A"},
    {"symbols": 4, "levels": 2, "branching": 2, "blanks": 1, "sparsity": "B"},
    {"symbols": 4, "levels": 2, "branching": 3, "blanks": 1, "sparsity": "B"},
)
"""The hierarchies that networks are written down for, in turn."""
_FLAT = ((2, 2), (2, 3), (2, 4), (3, 2), (3, 3), (4, 2), (4, 3), (6, 2), (6, 3), (8, 2))
"""Symbols and levels of those whose flat networks are bounded."""
_RULES = 5
"""Draws of rules for each of these: the bound depends on them."""
_CORRELATED = ((4, 2), (6, 2), (8, 2), (4, 3), (6, 3), (8, 3))
"""Symbols and levels of those whose correlations are averaged."""
_AT_ONCE = 10000
"""Strings that a decoder reads at once."""
_SHOWN = ((0, 0), (1, 0), (1, 1))
"""Of the strings to look at the blanks and the class; every slot is a row, parents by position."""


def decoder_rows(settings: Any) -> list[Row]:
    """A row per rule set: the networks written down, and what they read of fresh strings."""
    import jax
    import jax.numpy as jnp

    from noflat.arguments import named_key
    from noflat.constructions import convolutional_decoder, local_decoder, local_decoder_neurons
    from noflat.targets.hierarchy import encode, random_hierarchy, sample_strings

    rows = []
    for number in range(settings.rule_sets):
        shape: Any = _SHAPES[number % len(_SHAPES)]
        key = named_key(settings.seed, "decoders", number)
        hierarchy = random_hierarchy(**shape, key=key)
        decoder = convolutional_decoder(hierarchy)

        @jax.jit
        def wrong(key: Any, hierarchy: Any = hierarchy, decoder: Any = decoder) -> Any:
            strings, labels = sample_strings(hierarchy, min(_AT_ONCE, settings.strings), key=key)
            outputs = decoder(encode(strings, hierarchy.symbols, encoding="zero"))
            right = jax.nn.one_hot(labels, hierarchy.classes, dtype=outputs.dtype)
            return jnp.sum(jnp.any(outputs != right, axis=1))

        batches = -(-settings.strings // _AT_ONCE)
        keys = jax.random.split(jax.random.fold_in(key, 1), batches)
        local = local_decoder(hierarchy)
        rows.append(
            {"rule_set": number}
            | shape
            | {"strings": batches * min(_AT_ONCE, settings.strings)}
            | {"wrong": sum(int(wrong(key)) for key in keys)}
            | {"neurons": local.neurons, "formula": _neurons(**shape, shared=False)}
            | {"filters": decoder.filters, "filters_formula": _neurons(**shape, shared=True)}
        )
        assert local.neurons == local_decoder_neurons(hierarchy)
    return rows


def _neurons(
    symbols: int, levels: int, branching: int, blanks: int, sparsity: str, *, shared: bool
) -> int:
    r"""$\sum_lp^{L-l}vm$ neurons, or $Lvm$ filters, times those of a rule."""
    patch = branching * (blanks + 1)
    rule = 1 if sparsity == "A" else comb(patch - 1, branching - 1)
    places = [1 if shared else patch**depth for depth in range(levels)]
    return sum(places) * symbols**branching * rule


def flat_rows(settings: Any) -> list[Row]:
    """A row per hierarchy without blanks: what a flat network costs beside a deep one."""
    from noflat.arguments import named_key
    from noflat.certificates.matricizations import matricization
    from noflat.constructions import flat_decoder_neurons, local_decoder_neurons
    from noflat.targets.hierarchy import random_hierarchy

    rows = []
    for symbols, levels in _FLAT if settings.rule_sets >= 20 else _FLAT[:4]:
        drawn = [
            random_hierarchy(
                symbols, levels, key=named_key(settings.seed, "flat", symbols, levels, number)
            )
            for number in range(_RULES)
        ]
        ranks = sorted(matricization(hierarchy).rank for hierarchy in drawn)
        half = 2 ** (levels - 1)
        rows.append(
            {"symbols": symbols, "levels": levels}
            | {"deep": local_decoder_neurons(drawn[0]), "flat": flat_decoder_neurons(drawn[0])}
            | {"most": symbols**half, "least_rank": ranks[0], "rank": ranks[_RULES // 2]}
            | {"bound": ranks[_RULES // 2] - 1}
            | {"any_bound": -(-(ranks[_RULES // 2] - 1) // (half + 1)), "draws": _RULES}
        )
    return rows


def correlation_rows(settings: Any) -> list[Row]:
    """A row per shape: how much a tuple tells about the class, exactly, over draws of rules."""
    import numpy as np

    from noflat.arguments import named_key
    from noflat.measure.fits import mean_interval
    from noflat.targets.hierarchy import random_hierarchy, tuple_counts

    rows = []
    for symbols, levels in _CORRELATED:
        found = []
        for number in range(settings.draws):
            key = named_key(settings.seed, "correlations", symbols, levels, number)
            counts = tuple_counts(random_hierarchy(symbols, levels, key=key))[:, :, 0]
            found.append(float(np.mean((counts.astype(float) / symbols ** (levels - 2) - 1) ** 2)))
        low, high = mean_interval(found)
        rows.append(
            {"symbols": symbols, "levels": levels, "draws": settings.draws}
            | {"measured": float(np.mean(found)), "low": low, "high": high}
            | {"law": symbols ** (2.0 - levels), "exact": _variance(symbols, levels)}
        )
    return rows


def _variance(symbols: int, levels: int) -> float:
    r"""The mean of $(n_cP(\alpha|\mu)-1)^2$ over rules with $m=n_c=v$, $s=2$.

    At two levels it is the relative variance of a hypergeometric count, $(v-1)/(v+1)$; every level
    more averages over v symbols whose deviations add up to nothing, and divides by $v+1$.
    """
    return (symbols - 1) / (symbols + 1) ** (levels - 1)


def tree_rows(settings: Any) -> list[Row]:
    """A row per node of some strings: where it lies, what it is, and what it was made from."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from noflat.arguments import named_key
    from noflat.targets.hierarchy import draw_tree, levels_of, random_hierarchy

    rows = []
    for number, (blanks, label) in enumerate(_SHOWN):
        hierarchy = random_hierarchy(4, 2, blanks=blanks, key=named_key(settings.seed, "trees"))
        key = jax.random.fold_in(named_key(settings.seed, "trees", blanks), label)
        tree = draw_tree(hierarchy, jnp.int32(label), key=key)
        strings = [np.array([label]), *map(np.asarray, levels_of(hierarchy, tree))]
        for depth, string in enumerate(strings):
            rows += [
                {"string": number, "blanks": blanks, "label": label, "depth": depth}
                | {"slot": slot, "symbol": int(symbol), "slots": len(string)}
                for slot, symbol in enumerate(string)
            ]
    return rows
