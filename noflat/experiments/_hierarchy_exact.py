"""What needs no training: networks written down, bounds, correlations, and strings to look at."""

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
_FLAT = (
    *((symbols, 2, 2, 10) for symbols in range(2, 9)),
    *((symbols, 3, 2, 10) for symbols in range(2, 6)),
    (6, 3, 2, 3),
    (2, 4, 2, 10),
    *((symbols, 2, 3, 10) for symbols in range(2, 4)),
    (4, 2, 3, 3),
)
"""Symbols, levels and branching of those whose flat networks are bounded, and how many draws."""
_MOST_ROWS = 1296
"""Rows of the matrices whose ranks are taken: all of them, here."""
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
    from noflat.constructions import convolutional_decoder, count_decoder, local_decoder
    from noflat.targets.hierarchy import encode, random_hierarchy, sample_strings

    @jax.jit
    def wrong(hierarchy: Any, decoder: Any, key: Any) -> Any:
        strings, labels = sample_strings(hierarchy, at_once, key=key)
        outputs = jax.vmap(decoder)(encode(strings, hierarchy.symbols, encoding="zero"))
        right = jax.nn.one_hot(labels, hierarchy.classes, dtype=outputs.dtype)
        return jnp.sum(jnp.any(outputs != right, axis=1))

    at_once = min(_AT_ONCE, settings.strings)
    batches = -(-settings.strings // at_once)
    rows = []
    for number in range(settings.rule_sets):
        shape: Any = _SHAPES[number % len(_SHAPES)]
        key = named_key(settings.seed, "decoders", number)
        hierarchy = random_hierarchy(**shape, key=key)
        decoder, size = convolutional_decoder(hierarchy), count_decoder(hierarchy)
        keys = jax.random.split(jax.random.fold_in(key, 1), batches)
        rows.append(
            {"rule_set": number}
            | shape
            | {"strings": batches * at_once}
            | {"wrong": sum(int(wrong(hierarchy, decoder, key)) for key in keys)}
            | {"neurons": local_decoder(hierarchy).neurons, "formula": size.neurons}
            | {"filters": decoder.filters, "filters_formula": size.filters}
        )
    return rows


def flat_rows(settings: Any) -> list[Row]:
    """A row per shape without blanks: what a flat network costs beside a deep one."""
    from noflat.arguments import named_key, numbered_keys
    from noflat.certificates.matricizations import matricization_bound, verify_matricization
    from noflat.constructions import count_decoder, flat_decoder_neurons
    from noflat.targets.hierarchy import random_hierarchy

    rows = []
    for symbols, levels, branching, draws in _FLAT:
        if symbols ** (branching**levels) > settings.flat_strings:
            continue
        key = named_key(settings.seed, "flat", symbols, levels, branching)
        drawn = [
            random_hierarchy(symbols, levels, branching=branching, key=one)
            for one in numbered_keys(key, range(draws))
        ]
        bounds = [matricization_bound(hierarchy, most=_MOST_ROWS) for hierarchy in drawn]
        bounds.sort(key=lambda bound: bound.rank)
        median = bounds[(draws - 1) // 2]
        size = count_decoder(drawn[0])
        rows.append(
            {"symbols": symbols, "levels": levels, "branching": branching, "draws": draws}
            | {"largest": _largest_rank(symbols, len(median.split), branching**levels)}
            | {"verified": verify_matricization(median)}
            | {"least": bounds[0].rank, "rank": median.rank, "most": bounds[-1].rank}
            | {"bound": median.fewest_products(output_bias=True)}
            | {"any_bound": median.fewest_integer_neurons(1)}
            | {"deep": size.neurons, "filters": size.filters}
            | {"flat": flat_decoder_neurons(drawn[0])}
        )
    return rows


def _largest_rank(symbols: int, half: int, leaves: int) -> int:
    """No rank is larger: that of its rows, or of its columns, whose blocks add up to ones."""
    return min(symbols**half, (symbols - 1) * symbols ** (leaves - half) + 1)


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
