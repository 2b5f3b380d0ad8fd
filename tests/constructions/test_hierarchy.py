"""Decoders of hierarchies: exact on every string, of the sizes that the formulas say."""

from itertools import combinations
from math import comb, prod

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sample_hierarchies import SMALL, every_string, named, small

from noflat.constructions.hierarchy import (
    convolutional_decoder,
    count_choices,
    count_decoder,
    decoder_filters,
    flat_decoder,
    flat_decoder_neurons,
    local_decoder,
)
from noflat.targets.hierarchy import (
    EMPTY,
    encode,
    parse,
    random_hierarchy,
    sample_strings,
    sample_trees,
)
from noflat.targets.hierarchy.trees import productions

LARGER = [
    {"symbols": 4, "levels": 2, "blanks": 2},
    {"symbols": 8, "levels": 3, "blanks": 1},
    {"symbols": 4, "levels": 4, "blanks": 1},
    {"symbols": 6, "levels": 2, "branching": 3, "blanks": 1},
    {"symbols": 5, "levels": 3, "synonyms": 2, "classes": 7, "blanks": 1, "sparsity": "B"},
    {"symbols": 3, "levels": 2, "branching": 3, "blanks": 1, "sparsity": "B"},
    {"symbols": 2, "levels": 1, "branching": 4, "blanks": 1, "sparsity": "B"},
    {"symbols": 2, "levels": 4, "blanks": 1, "sparsity": "B"},
]


def outputs(network, hierarchy, strings, dtype="float32"):
    """What a network makes of strings, which it sees as it wants them."""
    vectors = encode(jnp.asarray(strings), hierarchy.symbols, encoding="zero", dtype=dtype)
    if not hasattr(network, "hidden"):
        vectors = vectors.reshape(len(strings), -1)
    return np.asarray(jax.jit(jax.vmap(network))(vectors))


def of_classes(hierarchy, labels):
    return np.eye(hierarchy.classes)[np.asarray(labels)]


@pytest.mark.parametrize("settings", SMALL, ids=named)
@pytest.mark.parametrize("make", [local_decoder, convolutional_decoder, flat_decoder])
def test_decoders_are_exact_on_every_string(make, settings):
    hierarchy = small(settings, seed=3)
    strings, labels = every_string(hierarchy)
    if make is flat_decoder and flat_decoder_neurons(hierarchy) > 20_000:
        pytest.skip("a neuron for each of many strings")
    found = outputs(make(hierarchy), hierarchy, strings)
    np.testing.assert_array_equal(found, of_classes(hierarchy, labels))


@pytest.mark.parametrize("settings", LARGER, ids=named)
def test_decoders_are_exact_on_fresh_strings_of_larger_ones(settings):
    hierarchy = small(settings)
    strings, labels = sample_strings(hierarchy, 3000, key=jax.random.key(1))
    wanted = of_classes(hierarchy, labels)
    for dtype in ("float16", "bfloat16", "float32"):
        decoder = convolutional_decoder(hierarchy, dtype=dtype)
        np.testing.assert_array_equal(outputs(decoder, hierarchy, strings, dtype), wanted)
    local = local_decoder(hierarchy, dtype="float16")
    found = outputs(local, hierarchy, strings[:200], "float16")
    np.testing.assert_array_equal(found, wanted[:200])


@pytest.mark.parametrize("settings", [*SMALL[:4], *SMALL[5:8], *LARGER], ids=named)
def test_one_neuron_fires_in_every_patch_that_is_not_empty(settings):
    hierarchy = small(settings, seed=5)
    strings = sample_strings(hierarchy, 500, key=jax.random.key(1)).inputs
    vectors = encode(strings, hierarchy.symbols, encoding="zero")
    decoder = convolutional_decoder(hierarchy)
    levels = jax.jit(jax.vmap(decoder.hidden))(vectors)
    read = jax.jit(jax.vmap(parse, (None, 0)))(hierarchy, strings)
    for values, symbols, filters in zip(levels, read, decoder_filters(hierarchy), strict=True):
        values = np.asarray(values)
        assert set(np.unique(values)) <= {0.0, 1.0}
        filled = np.asarray(symbols) != EMPTY
        np.testing.assert_array_equal(values.sum(axis=2), filled)
        first = filters.parents[values.argmax(axis=2)]
        np.testing.assert_array_equal(first[filled], np.asarray(symbols)[filled])


@pytest.mark.parametrize("settings", [*SMALL, *LARGER], ids=named)
def test_the_neuron_that_fires_is_of_the_rule_that_made_the_patch(settings):
    """Theorem H3, level by level: whole weights up to 2, one bias, one neuron, the value 1."""
    hierarchy = small(settings, seed=2)
    trees = sample_trees(hierarchy, 200, key=jax.random.key(3))
    made = jax.jit(jax.vmap(productions, (None, 0)))(hierarchy, trees)
    levels = zip(decoder_filters(hierarchy), reversed(made), reversed(trees.rules), strict=True)
    for filters, production, chosen in levels:
        assert set(np.unique(filters.weights)) <= {0, 1, 2}
        assert filters.bias < 0
        patches = np.asarray(production.patches).reshape(-1, hierarchy.patch)
        ones = patches[:, :, None] == np.arange(hierarchy.symbols)
        sums = np.einsum("fts,pts->pf", filters.weights, ones.astype(int)) + filters.bias
        assert ((sums == 1).sum(axis=1) == 1).all()
        assert ((sums > 0).sum(axis=1) == 1).all()
        fired = sums.argmax(axis=1) // count_choices(hierarchy)  # filters come rule by rule
        rules = np.asarray(production.symbols) * hierarchy.synonyms + np.asarray(chosen)
        np.testing.assert_array_equal(fired, rules.ravel())


@pytest.mark.parametrize(
    ("symbols", "levels", "branching", "blanks", "neurons", "filters"),
    [
        (4, 2, 2, 2, 112, 32),
        (8, 3, 2, 1, 1344, 192),
        (4, 4, 2, 1, 1360, 64),
        (6, 2, 3, 1, 1512, 432),
    ],
)
def test_sizes_that_are_known(symbols, levels, branching, blanks, neurons, filters):
    hierarchy = random_hierarchy(
        symbols, levels, branching=branching, blanks=blanks, key=jax.random.key(0)
    )
    assert count_decoder(hierarchy) == (neurons, filters)


@pytest.mark.parametrize("settings", [*SMALL, *LARGER], ids=named)
def test_sizes_are_those_of_the_networks(settings):
    hierarchy = small(settings)
    local, shared = local_decoder(hierarchy), convolutional_decoder(hierarchy)
    assert count_decoder(hierarchy) == (local.neurons, shared.filters)
    assert local.neurons == shared.neurons
    assert local.hidden_layers == hierarchy.levels
    of_levels = [level.weights.any(axis=(1, 2)).sum() for level in decoder_filters(hierarchy)]
    assert shared.filters == sum(of_levels)
    if flat_decoder_neurons(hierarchy) < 5000:
        flat = flat_decoder(hierarchy)
        assert flat.neurons == flat_decoder_neurons(hierarchy)
        assert flat.hidden_layers == 1


def test_weights_that_are_stored_are_those_of_one_patch_of_each_level():
    hierarchy = random_hierarchy(4, 3, blanks=1, key=jax.random.key(0))
    shared, local = convolutional_decoder(hierarchy), local_decoder(hierarchy)
    patches = [hierarchy.patch**2, hierarchy.patch, 1, 1]
    layers = zip(local.layers, patches, strict=True)
    assert shared.shared_weights == sum(len(layer.weights) // n for layer, n in layers)
    # 16 filters see four slots: one symbol in each, or the four neurons of that symbol
    assert shared.shared_weights == 16 * 4 + 2 * 16 * 4 * 4 + 16


@pytest.mark.parametrize(("branching", "blanks"), [(2, 1), (2, 3), (3, 1), (3, 2), (4, 1)])
def test_choices_of_sparsity_b_are_enumerated(branching, blanks):
    hierarchy = random_hierarchy(
        2, 1, branching=branching, blanks=blanks, sparsity="B", key=jax.random.key(0)
    )
    later = {row[1:] for row in combinations(range(hierarchy.patch), branching)}
    assert count_choices(hierarchy) == len(later)
    assert len(later) * hierarchy.patch == branching * comb(hierarchy.patch, branching)


def test_the_flat_decoder_of_sparsity_a_does_not_grow_with_blanks():
    sizes = [
        flat_decoder(random_hierarchy(3, 2, blanks=blanks, key=jax.random.key(0)))
        for blanks in (0, 1, 2)
    ]
    assert [network.neurons for network in sizes] == [81] * 3
    assert [network.layers[0].weights.size for network in sizes] == [
        81 * 4 * n**2 for n in (1, 2, 3)
    ]


def test_slots_of_leaves_are_disjoint_and_all():
    hierarchy = random_hierarchy(2, 3, branching=2, blanks=1, synonyms=1, key=jax.random.key(0))
    layer = flat_decoder(hierarchy).layers[0]
    for neuron in range(flat_decoder_neurons(hierarchy)):
        slots = np.asarray(layer.rows)[np.asarray(layer.columns) == neuron] // hierarchy.symbols
        assert sorted(slots.tolist()) == list(range(hierarchy.inputs))


def test_a_string_that_lacks_a_symbol_has_no_class():
    for sparsity in ("A", "B"):
        hierarchy = random_hierarchy(
            3, 2, synonyms=2, blanks=1, sparsity=sparsity, key=jax.random.key(0)
        )
        strings = sample_strings(hierarchy, 300, key=jax.random.key(1)).inputs
        fewer = np.array(strings)
        first = (fewer != EMPTY).argmax(axis=1)
        fewer[np.arange(300), first] = EMPTY
        for make in (local_decoder, convolutional_decoder):
            assert not outputs(make(hierarchy), hierarchy, fewer).any()


def test_a_large_batch_is_read_right():
    hierarchy = random_hierarchy(8, 3, blanks=1, key=jax.random.key(0))
    decoder = convolutional_decoder(hierarchy)

    @jax.jit
    def right(key):
        strings, labels = sample_strings(hierarchy, 20_000, key=key)
        found = jax.vmap(decoder)(encode(strings, 8, encoding="zero"))
        return jnp.all(found == jax.nn.one_hot(labels, 8, dtype=found.dtype))

    assert right(jax.random.key(1))


def test_integers_are_decoded_too():
    hierarchy = small(SMALL[1])
    strings, labels = every_string(hierarchy)
    ones = encode(jnp.asarray(strings), 3, encoding="zero").astype("int32")
    for decoder, vectors in (
        (local_decoder(hierarchy, dtype="int32"), ones.reshape(len(ones), -1)),
        (convolutional_decoder(hierarchy, dtype="int32"), ones),
    ):
        found = jax.jit(jax.vmap(decoder))(vectors)
        assert found.dtype == jnp.int32
        np.testing.assert_array_equal(found, of_classes(hierarchy, labels))


def test_too_many_neurons_are_told():
    hierarchy = random_hierarchy(8, 3, blanks=1, key=jax.random.key(0))
    assert flat_decoder_neurons(hierarchy) == 8 * 8**7 == prod([8] * 8)
    with pytest.raises(ValueError, match="`hierarchy` must need at most 100000 .* needs 16777216"):
        flat_decoder(hierarchy)
    with pytest.raises(ValueError, match="at most 80 neurons .* needs 81: take `local_decoder`"):
        flat_decoder(random_hierarchy(3, 2, key=jax.random.key(0)), most=80)
