"""Reading: what no rule makes is not read, and what the vectors of symbols are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_hierarchies import SMALL, every_string, named, small

from noflat.targets.hierarchy import (
    EMPTY,
    ILLEGAL,
    classify,
    encode,
    parse,
    random_hierarchy,
    sample_strings,
)


def all_strings(hierarchy):
    """Everything that the slots can hold."""
    grids = np.indices((hierarchy.symbols + 1,) * hierarchy.inputs)
    return grids.reshape(hierarchy.inputs, -1).T.astype(np.int32) + EMPTY


@pytest.mark.parametrize(
    "settings",
    [
        {"symbols": 2, "levels": 1, "blanks": 2},
        {"symbols": 2, "levels": 1, "blanks": 2, "sparsity": "B"},
        {"symbols": 3, "levels": 1, "branching": 3, "synonyms": 4, "blanks": 1},
        {"symbols": 3, "levels": 1, "branching": 3, "synonyms": 4, "blanks": 1, "sparsity": "B"},
        {"symbols": 3, "levels": 2, "synonyms": 2},
        {"symbols": 3, "levels": 2, "classes": 2, "synonyms": 1},
        {"symbols": 5, "levels": 2, "synonyms": 2, "classes": 3},
    ],
    ids=named,
)
def test_of_all_that_slots_can_hold_just_the_strings_have_a_class(settings):
    hierarchy = small(settings)
    made, labels = every_string(hierarchy)
    known = dict(zip(map(bytes, made), labels.tolist(), strict=True))
    strings = all_strings(hierarchy)
    read = np.asarray(jax.jit(jax.vmap(classify, (None, 0)))(hierarchy, strings))
    for string, found in zip(strings, read.tolist(), strict=True):
        nothing = EMPTY if (string == EMPTY).all() else ILLEGAL
        assert found == known.get(bytes(string), nothing)


def test_an_empty_string_is_empty_at_every_level():
    for settings in SMALL[:4]:
        hierarchy = small(settings)
        for level in jax.jit(parse)(hierarchy, jnp.full(hierarchy.inputs, EMPTY, "int32")):
            assert (level == EMPTY).all()


def test_what_is_illegal_stays_so_further_up():
    hierarchy = random_hierarchy(4, 3, synonyms=2, key=jax.random.key(0))
    string = sample_strings(hierarchy, 1, key=jax.random.key(1)).inputs[0]
    made = {tuple(pair) for pair in np.asarray(hierarchy.rules[-1]).reshape(-1, 2).tolist()}
    wrong = next(pair for pair in np.ndindex(4, 4) if pair not in made)
    lowest, middle, top = parse(hierarchy, string.at[2:4].set(jnp.array(wrong, "int32")))
    assert lowest[1] == middle[0] == top[0] == ILLEGAL
    whole = parse(hierarchy, string)
    assert lowest[0] == whole[0][0]
    assert (lowest[2:] == whole[0][2:]).all()
    assert middle[1] == whole[1][1]


def test_legal_patches_that_no_rule_above_makes():
    hierarchy = random_hierarchy(4, 2, classes=2, synonyms=2, key=jax.random.key(0))
    made = {tuple(pair) for pair in np.asarray(hierarchy.rules[0]).reshape(-1, 2).tolist()}
    wrong = next(pair for pair in np.ndindex(4, 4) if pair not in made)
    string = hierarchy.rules[1][jnp.array(wrong), 0].reshape(-1)
    lowest, top = parse(hierarchy, string)
    assert tuple(lowest.tolist()) == wrong
    assert top[0] == ILLEGAL


@pytest.mark.parametrize("sparsity", ["A", "B"])
def test_symbols_outside_their_parts_too_few_and_too_many(sparsity):
    hierarchy = random_hierarchy(2, 1, blanks=1, sparsity=sparsity, key=jax.random.key(0))

    def read(*string):
        return int(classify(hierarchy, jnp.array(string, "int32")))

    assert read(0, EMPTY, EMPTY, 1) >= 0
    assert (read(0, 1, EMPTY, EMPTY) >= 0) == (sparsity == "B")
    assert read(0, EMPTY, EMPTY, EMPTY) == ILLEGAL
    assert read(0, 1, EMPTY, 1) == ILLEGAL
    assert read(ILLEGAL, EMPTY, 1, EMPTY) == ILLEGAL


@given(st.integers(2, 9), st.sampled_from(["float32", "float64"]))
def test_whitened_vectors_are_as_the_docstring_says(symbols, dtype):
    all_symbols = jnp.arange(EMPTY, symbols, dtype="int32")
    zero = encode(all_symbols, symbols, encoding="zero", dtype=dtype)
    white = encode(all_symbols, symbols, dtype=dtype)
    assert zero.dtype == white.dtype == dtype
    np.testing.assert_array_equal(zero, np.eye(symbols + 1, symbols, -1))
    shift = (symbols - 1) ** -0.5
    rounding = 8 * symbols * np.finfo(dtype).eps
    np.testing.assert_allclose(white[0], -shift, atol=rounding)
    np.testing.assert_allclose(white[1:].max(axis=1), 1, atol=rounding)
    squares = np.asarray(white**2).sum(axis=1)
    np.testing.assert_allclose(squares[1:], 2, atol=rounding)
    np.testing.assert_allclose(squares[0], symbols / (symbols - 1), atol=rounding)
    mean = (1 - (symbols - 1) ** 0.5) / symbols
    np.testing.assert_allclose(np.asarray(white[1:]).mean(axis=0), mean, atol=rounding)


@pytest.mark.usefixtures("unchecked")
def test_an_encoding_has_a_last_axis_and_a_wrong_one_is_told():
    strings = jnp.zeros((3, 4), "int32")
    assert encode(strings, 5).shape == (3, 4, 5)
    with pytest.raises(ValueError, match="`encoding` must be whitened or zero; got 'one'"):
        encode(strings, 5, encoding="one")  # pyright: ignore[reportArgumentType]
