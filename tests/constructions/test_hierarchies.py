"""Networks that read hierarchies: exact on every string, as many neurons as the formulas say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import (
    convolutional_decoder,
    decoder_filters,
    flat_decoder,
    flat_decoder_neurons,
    local_decoder,
    local_decoder_neurons,
    neurons_of_rule,
)
from noflat.networks.sparse import layer_matrix
from noflat.targets.hierarchy import EMPTY, encode, random_hierarchy, sample_strings

SHAPES = [
    {"symbols": 4, "levels": 2},
    {"symbols": 4, "levels": 2, "blanks": 2},
    {"symbols": 3, "levels": 3, "blanks": 1, "synonyms": 2, "classes": 4},
    {"symbols": 3, "levels": 2, "branching": 3, "blanks": 1},
    {"symbols": 4, "levels": 4, "blanks": 0},
    {"symbols": 3, "levels": 2, "blanks": 1, "sparsity": "B"},
    {"symbols": 4, "levels": 2, "blanks": 2, "sparsity": "B"},
    {"symbols": 2, "levels": 2, "branching": 3, "blanks": 1, "sparsity": "B"},
    {"symbols": 2, "levels": 1, "branching": 4, "blanks": 1, "sparsity": "B"},
]


def hierarchy_of(seed=0, **shape):
    return random_hierarchy(**shape, key=jax.random.key(seed))


def drawn(hierarchy, count=2000):
    return sample_strings(hierarchy, count, key=jax.random.key(9))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_convolutional_decoder_is_exact(shape, dtype):
    hierarchy = hierarchy_of(**shape)
    strings, labels = drawn(hierarchy)
    decoder = convolutional_decoder(hierarchy, dtype=dtype)
    x = encode(strings, hierarchy.symbols, encoding="zero", dtype=dtype)
    outputs = jax.jit(lambda decoder, x: decoder(x))(decoder, x)
    assert outputs.dtype == dtype
    expected = jax.nn.one_hot(labels, hierarchy.classes, dtype=dtype)
    assert np.array_equal(outputs, expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_of_a_patch_one_neuron_is_active_and_of_an_empty_one_none(shape):
    hierarchy = hierarchy_of(**shape)
    strings, _ = drawn(hierarchy)
    decoder = convolutional_decoder(hierarchy)
    layers = decoder.layers(encode(strings, hierarchy.symbols, encoding="zero"))
    filled = strings != EMPTY
    for layer in layers:
        filled = filled.reshape(len(strings), -1, hierarchy.patch).any(axis=-1)
        assert np.array_equal(np.asarray(layer != 0).sum(axis=-1), filled)
        assert np.array_equal(np.asarray(layer).sum(axis=-1), filled)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_local_decoder_is_the_convolutional_one_unrolled(shape):
    hierarchy = hierarchy_of(**shape)
    strings, _ = drawn(hierarchy, 100)
    x = encode(strings, hierarchy.symbols, encoding="zero")
    local = local_decoder(hierarchy)
    outputs = jax.vmap(local)(x.reshape(len(strings), -1))
    assert np.array_equal(outputs, convolutional_decoder(hierarchy)(x))
    assert local.neurons == local_decoder_neurons(hierarchy)
    assert local.hidden_layers == hierarchy.levels


@pytest.mark.parametrize(
    ("shape", "neurons", "filters"),
    [
        ({"symbols": 4, "levels": 2, "blanks": 2}, 112, 32),
        ({"symbols": 8, "levels": 3, "blanks": 1}, 1344, 192),
        ({"symbols": 4, "levels": 4, "blanks": 1}, 1360, 64),
        ({"symbols": 6, "levels": 2, "branching": 3, "blanks": 1}, 1512, 432),
        ({"symbols": 4, "levels": 2, "blanks": 1, "sparsity": "B"}, 240, 96),
    ],
    ids=str,
)
def test_counts(shape, neurons, filters):
    hierarchy = hierarchy_of(**shape)
    assert local_decoder_neurons(hierarchy) == neurons
    assert convolutional_decoder(hierarchy).filters == filters


@pytest.mark.parametrize(("branching", "blanks"), [(2, 1), (2, 3), (3, 1), (4, 1)])
def test_a_rule_of_sparsity_b_is_found_wherever_it_lies_and_nothing_else(branching, blanks):
    hierarchy = hierarchy_of(symbols=2, levels=1, branching=branching, blanks=blanks, sparsity="B")
    (filters,) = decoder_filters(hierarchy)
    patches = []
    for placement in hierarchy.placements:
        for number in range(2**branching):
            patch = np.full(hierarchy.patch, EMPTY)
            patch[placement] = [number >> place & 1 for place in range(branching)]
            patches.append(patch)
    x = np.asarray(encode(jnp.asarray(np.array(patches), "int32"), 2, encoding="zero"))
    sums = np.einsum("njv,jvk->nk", x, filters.weights) - filters.threshold
    assert np.all(np.sum(sums > 0, axis=1) == 1)
    assert sums.max() == 1
    assert filters.weights.shape[2] == 2 * hierarchy.synonyms * neurons_of_rule(hierarchy)


@pytest.mark.parametrize(
    "shape",
    [
        {"symbols": 4, "levels": 2},
        {"symbols": 4, "levels": 2, "blanks": 2},
        {"symbols": 2, "levels": 3, "blanks": 1},
        {"symbols": 3, "levels": 3, "synonyms": 2, "classes": 2},
        {"symbols": 2, "levels": 2, "branching": 3, "blanks": 1},
    ],
    ids=str,
)
def test_a_flat_decoder_is_exact(shape):
    hierarchy = hierarchy_of(**shape)
    strings, labels = drawn(hierarchy, 1000)
    flat = flat_decoder(hierarchy)
    x = encode(strings, hierarchy.symbols, encoding="zero").reshape(len(strings), -1)
    expected = jax.nn.one_hot(labels, hierarchy.classes, dtype="float32")
    assert np.array_equal(jax.vmap(flat)(x), expected)
    assert flat.widths == (flat_decoder_neurons(hierarchy),)
    hidden = layer_matrix(flat.layers[0], (flat.inputs, flat.neurons))
    assert set(np.unique(hidden)) == {0.0, 1.0}


def test_flat_decoders_that_are_refused():
    with pytest.raises(ValueError, match="`most` must be at least 16777216, the neurons needed"):
        flat_decoder(hierarchy_of(symbols=8, levels=3))
    with pytest.raises(ValueError, match="`hierarchy` must be of sparsity A"):
        flat_decoder(hierarchy_of(symbols=4, levels=2, sparsity="B"))
