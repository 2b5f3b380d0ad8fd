"""Sensitivities: of what is known exactly, of what is enumerated, and of the identity."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from noflat.measure import sensitivities
from noflat.targets.hierarchy import (
    Hierarchy,
    Tree,
    classify,
    encode,
    levels_of,
    parse,
    random_hierarchy,
)

SPARSE = random_hierarchy(3, 3, blanks=1, key=jax.random.key(0))
DENSE = random_hierarchy(3, 2, synonyms=2, key=jax.random.key(4))


def symbols_of_levels(hierarchy: Hierarchy):
    """The exact decoder: layer k holds the symbols of level k, the last layer the class."""

    def features(strings):
        read = jax.vmap(parse, (None, 0))(hierarchy, strings)
        return [encode(above, max(hierarchy.symbols, hierarchy.classes)) for above in read]

    return features


def of_input(hierarchy: Hierarchy):
    return lambda strings: [encode(strings, hierarchy.symbols, encoding="zero", dtype="float64")]


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("sparsity", ["A", "B"])
def test_a_layer_that_has_read_a_level_does_not_see_its_choices(sparsity, below):
    hierarchy = random_hierarchy(3, 3, blanks=1, sparsity=sparsity, key=jax.random.key(0))
    features = symbols_of_levels(hierarchy)
    found = sensitivities(hierarchy, features, count=64, below=below, key=jax.random.key(1))
    for table in found:
        assert table.shape == (3, 3)
        layers, levels = np.indices(table.shape) + 1
        np.testing.assert_array_equal(np.asarray(table)[layers >= levels], 0)
        assert np.asarray(table)[layers < levels].min() > 0.1


def test_without_blanks_there_is_one_placement():
    hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
    found = sensitivities(hierarchy, of_input(hierarchy), count=32, key=jax.random.key(1))
    np.testing.assert_array_equal(found.placements, jnp.zeros((1, 2)))
    assert found.synonyms.min() > 0.1


def strings_by_choices(hierarchy: Hierarchy) -> np.ndarray:
    """Every string of a dense hierarchy of two levels: by class, upper rule and lower rules."""
    m = hierarchy.synonyms
    choices = list(itertools.product(range(hierarchy.classes), *[range(m)] * 3))
    label, upper, left, right = (
        jnp.array(column, "int32") for column in zip(*choices, strict=True)
    )
    rules = (upper[:, None], jnp.stack([left, right], axis=1))
    trees = Tree(label, rules, jax.tree.map(jnp.zeros_like, rules))
    strings = jax.vmap(levels_of, (None, 0))(hierarchy, trees)[-1]
    return np.asarray(strings).reshape(hierarchy.classes, m, m, m, -1)


def differing(first: np.ndarray, second: np.ndarray) -> float:
    """In how many slots strings differ on average; the vectors of two symbols are two apart."""
    return float(2 * np.mean(np.sum(first != second, axis=-1)))


def mean_of_seeds(function: Callable[[Array], Array], seeds: int = 16) -> tuple[Any, Any]:
    """The mean over keys, and five times its standard error."""
    found = jax.jit(jax.vmap(function))(jax.random.split(jax.random.key(0), seeds))
    found = np.asarray(found)
    return found.mean(axis=0), 5 * found.std(axis=0, ddof=1) / seeds**0.5


@pytest.mark.parametrize("below", [False, True])
def test_the_input_against_all_strings(below):
    strings = strings_by_choices(DENSE)
    every = strings.reshape(-1, DENSE.inputs)
    apart = differing(every[:, None], every[None, :])
    lower = differing(strings[:, :, :, :, None, None], strings[:, :, None, None, :, :])
    of_class = strings.reshape(DENSE.classes, -1, DENSE.inputs)
    kept = differing(strings[:, :, None], strings[:, None])
    drawn = differing(of_class[:, :, None], of_class[:, None])
    assert drawn > kept + 0.1
    features = of_input(DENSE)
    found, error = mean_of_seeds(
        lambda key: sensitivities(DENSE, features, count=512, below=below, key=key).synonyms[0]
    )
    upper = drawn if below else kept
    np.testing.assert_array_less(np.abs(found - [lower / apart, upper / apart]), error)
    assert error.max() < 0.05


@pytest.mark.parametrize(("blanks", "symbols"), [(1, 3), (2, 2)])
def test_the_input_and_its_placements(blanks, symbols):
    hierarchy = random_hierarchy(symbols, 1, blanks=blanks, key=jax.random.key(0))
    places = blanks + 1
    # A symbol moves with probability 1 - 1/places. That of another string is the same in the same
    # place with probability 1/(symbols places): with all rules in use the symbols are uniform.
    expected = (1 - 1 / places) / (1 - 1 / (symbols * places))
    features = of_input(hierarchy)
    found, error = mean_of_seeds(
        lambda key: sensitivities(hierarchy, features, count=512, key=key).placements[0, 0]
    )
    assert abs(found - expected) < error < 0.1


def test_a_redraw_may_give_what_was_there():
    hierarchy = random_hierarchy(4, 1, branching=3, key=jax.random.key(0))

    def features(strings):
        number = jnp.sum(strings * jnp.array([[1, 4, 16]], "int32"), axis=1)
        return [jax.nn.one_hot(number, 64, dtype="float64")]

    found, error = mean_of_seeds(
        lambda key: sensitivities(hierarchy, features, count=512, key=key).synonyms[0, 0]
    )
    # of 16 rules one is kept, and of all 64 strings one is the same
    assert abs(found - (15 / 16) / (63 / 64)) < error < 0.02


def test_nothing_changes_within_jit_and_vmap():
    hierarchy = random_hierarchy(3, 2, blanks=1, key=jax.random.key(0))

    def measured(hierarchy: Hierarchy, key: Any):
        features = symbols_of_levels(hierarchy)
        return sensitivities(hierarchy, features, count=16, key=key)

    keys = jax.random.split(jax.random.key(2), 3)
    batched = jax.jit(jax.vmap(measured, (None, 0)))(hierarchy, keys)
    for i, key in enumerate(keys):
        for together, alone in zip(batched, measured(hierarchy, key), strict=True):
            # ratios of order one in 32-bit arithmetic, of sums in another order
            np.testing.assert_allclose(together[i], alone, atol=1e-5)


def test_layers_keep_their_place_whatever_their_axes():
    def features(strings):
        ones = encode(strings, 3, encoding="zero")
        return [ones, ones.reshape(len(strings), -1), 3 * ones, ones[:, :1, :1] * 0]

    found = sensitivities(SPARSE, features, count=16, key=jax.random.key(0))
    for table in found:
        np.testing.assert_allclose(table[1], table[0], rtol=1e-5)
        np.testing.assert_allclose(table[2], table[0], rtol=1e-5)
        assert np.isnan(table[3]).all()


def test_one_string():
    with pytest.raises(ValueError, match="`count` must be an integer of at least 2, the strings"):
        sensitivities(SPARSE, of_input(SPARSE), count=1, key=jax.random.key(0))


def test_strings_of_any_class_are_redrawn_within_their_class():
    seen = []

    def features(strings):
        seen.append(strings)
        return [encode(strings, 3)]

    sensitivities(SPARSE, features, count=8, key=jax.random.key(0))
    labels = [np.asarray(jax.vmap(classify, (None, 0))(SPARSE, strings)) for strings in seen]
    assert len(labels) == 1 + 2 * SPARSE.levels
    assert len(set(labels[0])) > 1
    for label in labels:
        np.testing.assert_array_equal(label, labels[0])
