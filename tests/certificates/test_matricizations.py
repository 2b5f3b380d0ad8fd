"""Bounds for flat networks of a hierarchy: what they say, and what their checker refuses."""

import itertools

import jax
import numpy as np
import pytest
from sympy import Matrix

from noflat.certificates.matricizations import matricization, verify_matricization
from noflat.constructions import flat_decoder, flat_decoder_neurons
from noflat.networks.sparse import layer_matrix
from noflat.targets.hierarchy import classify, random_hierarchy

SMALL = [(2, 2, 2), (3, 2, 2), (4, 2, 2), (2, 3, 2), (2, 4, 2), (3, 1, 2), (2, 2, 3)]


def hierarchy_of(symbols, levels, branching=2, seed=0):
    return random_hierarchy(symbols, levels, branching=branching, key=jax.random.key(seed))


def table(hierarchy, half):
    """The matrix, by the target's own reading of every string."""
    leaves = hierarchy.branching**hierarchy.levels
    every = np.array(list(itertools.product(range(hierarchy.symbols), repeat=leaves)), np.int32)
    labels = np.asarray(jax.vmap(classify, (None, 0))(hierarchy, every)) + 1
    axes = [*half, *(leaf for leaf in range(leaves) if leaf not in half)]
    cube = labels.reshape((hierarchy.symbols,) * leaves).transpose(axes)
    return cube.reshape(hierarchy.symbols ** len(half), -1)


@pytest.mark.parametrize("shape", SMALL)
@pytest.mark.parametrize("seed", range(2))
def test_the_rank_is_that_of_all_strings(shape, seed):
    hierarchy = hierarchy_of(*shape, seed=seed)
    bound = matricization(hierarchy)
    matrix = table(hierarchy, bound.half)
    assert bound.rank == Matrix(matrix.tolist()).rank() if len(matrix) <= 16 else True
    assert bound.rank == np.linalg.matrix_rank(matrix.astype(float))
    assert verify_matricization(bound) == bound.rank


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (4, 2, 2), (2, 3, 2)])
def test_no_flat_network_is_smaller_than_proved(shape):
    hierarchy = hierarchy_of(*shape)
    bound = matricization(hierarchy)
    half = len(bound.half)
    assert bound.neurons() <= flat_decoder_neurons(hierarchy)
    flat = flat_decoder(hierarchy)
    weights = layer_matrix(flat.layers[0], (flat.inputs, flat.neurons))
    by_leaf = weights.reshape(2 * half, hierarchy.symbols, flat.neurons)[list(bound.half)]
    # what a neuron gets from the half: sums of one weight per leaf
    sums = [
        {float(sum(one)) for one in itertools.product(*by_leaf[:, :, neuron].tolist())}
        for neuron in range(flat.neurons)
    ]
    values = max(map(len, sums))
    assert values == half + 1
    assert bound.neurons(values) <= flat.neurons


def test_a_split_by_subtrees_proves_no_more_than_the_symbols():
    hierarchy = hierarchy_of(4, 3)
    assert matricization(hierarchy, half=range(4)).rank <= 4
    assert matricization(hierarchy).rank > 100


def test_parity_has_a_small_rank():
    ranks = {matricization(hierarchy_of(2, 3, seed=seed)).rank for seed in range(6)}
    assert max(ranks) <= 2


MUTATIONS = {
    "a row twice": (lambda b: b._replace(rows=(b.rows[1], *b.rows[1:])), "must not be zero"),
    "a column twice": (
        lambda b: b._replace(columns=(b.columns[1], *b.columns[1:])),
        "must not be zero",
    ),
    "a row less": (lambda b: b._replace(rows=b.rows[1:]), "must be as many"),
    "nothing": (lambda b: b._replace(rows=(), columns=()), "must be as many"),
    "a short row": (lambda b: b._replace(rows=(b.rows[0][:1], *b.rows[1:])), "must fill"),
    "an unknown symbol": (
        lambda b: b._replace(rows=((9,) * len(b.half), *b.rows[1:])),
        "strings that the rules make",
    ),
    "a leaf twice": (lambda b: b._replace(half=(0, 0)), "`half` must be some"),
    "a leaf that is none": (lambda b: b._replace(half=(0, 7)), "`half` must be some"),
    "two parents": (
        lambda b: b._replace(rules=(b.rules[0], (b.rules[1][0],) * len(b.rules[1]))),
        "one parent",
    ),
    "all of one class": (
        lambda b: b._replace(
            rules=((tuple(rule for of in b.rules[0] for rule in of),), b.rules[1])
        ),
        "must not be zero",
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.usefixtures("unchecked")
def test_the_checker_refuses(name):
    change, message = MUTATIONS[name]
    bound = matricization(hierarchy_of(4, 2))
    with pytest.raises(ValueError, match=message):
        verify_matricization(change(bound))


def test_what_no_bound_is_known_for():
    partly = random_hierarchy(4, 2, synonyms=3, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`hierarchy` must make every string of leaves"):
        matricization(partly)
    with pytest.raises(ValueError, match="`half` must be some but not all of the 4 leaves"):
        matricization(hierarchy_of(4, 2), half=(0, 0))
    with pytest.raises(ValueError, match="`values` must be an integer of at least 1"):
        matricization(hierarchy_of(4, 2)).neurons(0)
