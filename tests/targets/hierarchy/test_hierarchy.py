"""The hierarchy model against all of its strings, listed one by one, and against its definition."""

import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noflat.targets.hierarchy import (
    EMPTY,
    HIDDEN,
    ILLEGAL,
    Tree,
    class_counts,
    classify,
    encode,
    levels_of,
    parse,
    posterior,
    productions,
    random_hierarchy,
    redrawn,
    sample_strings,
    sample_trees,
    trees,
    tuple_correlations,
    tuple_counts,
)

SMALL = [
    {"symbols": 2, "levels": 2},
    {"symbols": 2, "levels": 2, "blanks": 1},
    {"symbols": 2, "levels": 2, "blanks": 1, "sparsity": "B"},
    {"symbols": 3, "levels": 2, "synonyms": 2, "classes": 2},
    {"symbols": 3, "levels": 2, "synonyms": 1, "blanks": 1, "sparsity": "B"},
    {"symbols": 2, "levels": 3, "synonyms": 1, "blanks": 1},
    {"symbols": 2, "levels": 1, "branching": 3, "blanks": 1, "sparsity": "B"},
]


def hierarchy_of(seed=0, **shape):
    return random_hierarchy(**shape, key=jax.random.key(seed))


def all_trees(hierarchy):
    """Every tree, batched."""
    nodes = hierarchy.nodes
    radices = [hierarchy.classes]
    radices += [hierarchy.synonyms] * nodes + [len(hierarchy.placements)] * nodes
    digits = np.array(list(itertools.product(*map(range, radices))), np.int32)
    ends = np.cumsum([hierarchy.branching**depth for depth in range(hierarchy.levels)])[:-1]
    rules, placements = digits[:, 1 : nodes + 1], digits[:, nodes + 1 :]
    return Tree(
        jnp.asarray(digits[:, 0]),
        tuple(map(jnp.asarray, np.split(rules, ends, axis=1))),
        tuple(map(jnp.asarray, np.split(placements, ends, axis=1))),
    )


def strings_of(hierarchy, found):
    return jax.vmap(levels_of, (None, 0))(hierarchy, found)[-1]


@given(
    symbols=st.integers(2, 5),
    levels=st.integers(1, 3),
    branching=st.integers(2, 3),
    data=st.data(),
)
def test_rules_are_different_and_as_many_as_asked_for(symbols, levels, branching, data):
    synonyms = data.draw(st.integers(1, symbols ** (branching - 1)))
    classes = data.draw(st.integers(2, max(2, symbols**branching // synonyms)))
    hierarchy = hierarchy_of(
        symbols=symbols, levels=levels, branching=branching, synonyms=synonyms, classes=classes
    )
    assert (hierarchy.classes, hierarchy.levels) == (classes, levels)
    for depth, rules in enumerate(hierarchy.rules):
        made = np.asarray(rules)
        assert made.shape == (symbols if depth else classes, synonyms, branching)
        assert 0 <= made.min() <= made.max() < symbols
        assert len(np.unique(made.reshape(-1, branching), axis=0)) == made.shape[0] * synonyms


def test_all_sets_of_rules_are_about_equally_likely():
    keys = jax.random.split(jax.random.key(0), 3000)
    first = jax.vmap(lambda key: random_hierarchy(2, 1, key=key).rules[0][0, 0])(keys)
    counts = np.unique(np.asarray(first), axis=0, return_counts=True)[1]
    assert len(counts) == 4
    assert np.all(np.abs(counts - 750) < 5 * 750**0.5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"synonyms": 5}, r"`synonyms` must be at most symbols\*\*\(branching - 1\) = 4"),
        (
            {"classes": 5, "synonyms": 4},
            r"`classes` must be at most symbols\*\*branching // synonyms = 4",
        ),
        ({"symbols": 1}, "`symbols` must be an integer of at least 2"),
        ({"levels": 0}, "`levels` must be an integer of at least 1"),
        ({"branching": 1}, "`branching` must be an integer of at least 2"),
        ({"blanks": -1}, "`blanks` must be an integer of at least 0"),
        ({"sparsity": "C"}, "`sparsity` must be A or B; got 'C'"),
        ({"branching": 13}, "`symbols` and `branching` must leave at most"),
        ({"blanks": 1000, "branching": 2}, "`blanks` must leave at most 1000000 placements"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        hierarchy_of(**({"symbols": 4, "levels": 2} | wrong))


@pytest.mark.parametrize("shape", SMALL, ids=str)
def test_every_tree_makes_a_string_of_its_own_which_is_read_back(shape):
    hierarchy = hierarchy_of(**shape)
    found = all_trees(hierarchy)
    strings = np.asarray(strings_of(hierarchy, found))
    assert len(np.unique(strings, axis=0)) == len(strings)
    assert len(strings) == hierarchy.classes * hierarchy.strings
    read = jax.vmap(parse, (None, 0))(hierarchy, jnp.asarray(strings))
    assert np.array_equal(read[-1][:, 0], found.label)
    above = jax.vmap(levels_of, (None, 0))(hierarchy, found)[:-1]
    for one, other in zip(reversed(read[:-1]), above, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("shape", SMALL[:5], ids=str)
def test_all_other_strings_have_no_class(shape):
    hierarchy = hierarchy_of(**shape)
    strings = np.asarray(strings_of(hierarchy, all_trees(hierarchy)))
    legal = set(map(tuple, strings.tolist()))
    generator = np.random.default_rng(0)
    near = strings[generator.integers(len(strings), size=2000)].copy()
    places = generator.integers(hierarchy.inputs, size=2000)
    near[np.arange(2000), places] = generator.integers(EMPTY, hierarchy.symbols, size=2000)
    read = np.asarray(jax.vmap(classify, (None, 0))(hierarchy, jnp.asarray(near)))
    for string, label in zip(map(tuple, near.tolist()), read, strict=True):
        assert (label >= 0) == (string in legal)
        assert label != EMPTY


def test_an_empty_string_is_read_as_empty():
    hierarchy = hierarchy_of(symbols=4, levels=2, blanks=1)
    nothing = jnp.full(16, EMPTY, "int32")
    assert int(classify(hierarchy, nothing)) == EMPTY
    assert int(classify(hierarchy, nothing.at[0].set(1))) == ILLEGAL


@pytest.mark.parametrize("shape", SMALL, ids=str)
def test_counts_and_posteriors_are_those_of_all_strings(shape):
    hierarchy = hierarchy_of(**shape)
    found = all_trees(hierarchy)
    strings, labels = np.asarray(strings_of(hierarchy, found)), np.asarray(found.label)
    generator = np.random.default_rng(1)
    for _ in range(20):
        seen = strings[generator.integers(len(strings))].copy()
        seen[generator.random(len(seen)) < 0.6] = HIDDEN
        agree = np.all((strings == seen) | (seen == HIDDEN), axis=1)
        expected = np.bincount(labels[agree], minlength=hierarchy.classes)
        assert class_counts(hierarchy, seen.tolist()) == expected.tolist()
        share = [Fraction(int(count), int(expected.sum())) for count in expected]
        assert posterior(hierarchy, seen.tolist()) == share


def test_a_string_that_no_class_makes_has_no_posterior():
    hierarchy = hierarchy_of(symbols=3, levels=1, synonyms=1)
    legal = {tuple(rule) for rule in np.asarray(hierarchy.rules[0]).reshape(-1, 2).tolist()}
    other = next(pair for pair in itertools.product(range(3), repeat=2) if pair not in legal)
    with pytest.raises(ValueError, match="`seen` must agree with a string of some class"):
        posterior(hierarchy, list(other))
    with pytest.raises(ValueError, match="`seen` must have 2 slots; got 3"):
        class_counts(hierarchy, [0, 1, 2])
    with pytest.raises(ValueError, match="`seen` must hold symbols below 3"):
        class_counts(hierarchy, [0, 3])


@pytest.mark.parametrize("shape", SMALL, ids=str)
def test_tuples_tell_of_the_class_what_all_trees_say(shape):
    hierarchy = hierarchy_of(**shape)
    found = all_trees(hierarchy)
    made = jax.vmap(productions, (None, 0))(hierarchy, found)[-1]
    rules, labels = np.asarray(found.rules[-1]), np.asarray(found.label)
    for node in range(rules.shape[1]):
        size = (hierarchy.classes, hierarchy.rules[-1].shape[0], hierarchy.synonyms)
        counted = np.zeros(size, int)
        np.add.at(counted, (labels, np.asarray(made.symbols)[:, node], rules[:, node]), 1)
        joint = counted.astype(object) * Fraction(1, len(labels))
        of_tuple, of_class = joint.sum(axis=0)[None], joint.sum(axis=(1, 2))[:, None, None]
        assert np.all(tuple_correlations(hierarchy, node) == joint - of_tuple * of_class)
        counts = tuple_counts(hierarchy, node)
        assert np.all(counts * sum(counted.ravel().tolist()) == counted * int(counts.sum()))
        # synonyms have one row, and all of them the same
        assert np.all(counts == counts[:, :, :1])


def test_a_node_that_is_not_there():
    with pytest.raises(ValueError, match="`node` must be between 0 and 1; got 2"):
        tuple_counts(hierarchy_of(symbols=3, levels=2), 2)


def test_with_replacement_a_longer_sample_begins_with_a_shorter_one():
    hierarchy = hierarchy_of(symbols=4, levels=2, blanks=1)
    short, long = (sample_strings(hierarchy, n, key=jax.random.key(3)) for n in (10, 25))
    assert np.array_equal(short.inputs, long.inputs[:10])
    assert np.array_equal(long.labels, np.arange(25) % 4)


def test_sampling_under_jit_and_vmap_is_sampling():
    def drawn(key):
        hierarchy = random_hierarchy(3, 2, blanks=1, key=key)
        return sample_strings(hierarchy, 9, key=key)

    keys = jax.random.split(jax.random.key(0), 3)
    together = jax.jit(jax.vmap(drawn))(keys)
    for number, key in enumerate(keys):
        assert np.array_equal(drawn(key).inputs, together.inputs[number])


@pytest.mark.parametrize("redrawing", [False, True])
def test_without_replacement_no_string_comes_twice(monkeypatch, redrawing):
    if redrawing:
        monkeypatch.setattr(trees, "_SHUFFLED", 0)
    hierarchy = hierarchy_of(symbols=2, levels=2, blanks=1)
    every = hierarchy.classes * hierarchy.strings
    found = sample_strings(hierarchy, every // 4, replace=False, key=jax.random.key(1))
    assert len(np.unique(found.inputs, axis=0)) == every // 4
    assert np.array_equal(np.asarray(found.labels), np.arange(every // 4) % 2)
    with pytest.raises(ValueError, match=f"`count` must be at most {every} without replacement"):
        sample_strings(hierarchy, every + 1, replace=False, key=jax.random.key(1))


def test_all_strings_can_be_drawn():
    hierarchy = hierarchy_of(symbols=3, levels=2)
    found = sample_strings(hierarchy, 81, replace=False, key=jax.random.key(1))
    assert len(np.unique(found.inputs, axis=0)) == 81


@pytest.mark.parametrize("redrawing", [False, True])
def test_all_sets_without_replacement_are_equally_likely(monkeypatch, redrawing):
    if redrawing:
        monkeypatch.setattr(trees, "_SHUFFLED", 0)
    hierarchy = hierarchy_of(symbols=2, levels=1, blanks=0)  # two classes of two strings

    def drawn(key):
        found = sample_trees(hierarchy, 3, replace=False, key=key)
        return found.rules[0][:, 0]

    rules = np.asarray(jax.vmap(drawn)(jax.random.split(jax.random.key(0), 4000)))
    assert np.all(rules[:, 0] != rules[:, 2])
    counts = np.bincount(2 * rules[:, 0] + rules[:, 1], minlength=4)
    assert np.all(np.abs(counts - 1000) < 5 * 1000**0.5)


def test_strings_of_a_class_are_equally_likely():
    hierarchy = hierarchy_of(symbols=2, levels=2, synonyms=2, blanks=0)
    strings = np.asarray(sample_strings(hierarchy, 8000, key=jax.random.key(0)).inputs)
    counts = np.unique(strings, axis=0, return_counts=True)[1]
    assert len(counts) == 16
    assert np.all(np.abs(counts - 500) < 5 * 500**0.5)


@pytest.mark.parametrize("what", ["rules", "placements"])
@pytest.mark.parametrize("level", [1, 2])
def test_redrawn_choices_are_those_of_one_level(what, level):
    hierarchy = hierarchy_of(symbols=4, levels=2, blanks=2)
    found = sample_trees(hierarchy, 200, key=jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), 200)
    anew = jax.vmap(lambda tree, key: redrawn(hierarchy, tree, level, what, key=key))(found, keys)
    for name in ("rules", "placements"):
        for depth in range(2):
            same = np.array_equal(getattr(found, name)[depth], getattr(anew, name)[depth])
            assert same == (name != what or depth != 2 - level)
    before, after = strings_of(hierarchy, found), strings_of(hierarchy, anew)
    assert np.array_equal(found.label, jax.vmap(classify, (None, 0))(hierarchy, after))
    if what == "rules":
        assert np.array_equal(before == EMPTY, after == EMPTY)
    with pytest.raises(ValueError, match="`level` must be between 1 and 2; got 3"):
        redrawn(hierarchy, jax.tree.map(lambda leaf: leaf[0], found), 3, what, key=keys[0])


def test_productions_are_the_rules_of_the_tree():
    hierarchy = hierarchy_of(symbols=4, levels=3, blanks=1, sparsity="B")
    found = sample_trees(hierarchy, 50, key=jax.random.key(0))
    made = jax.vmap(productions, (None, 0))(hierarchy, found)
    for depth, part in enumerate(made):
        rules = np.asarray(hierarchy.rules[depth])
        expected = rules[np.asarray(part.symbols), np.asarray(found.rules[depth])]
        held = np.take_along_axis(np.asarray(part.patches), np.asarray(part.slots), axis=-1)
        assert np.array_equal(held, expected)
        assert np.all(np.sum(np.asarray(part.patches) != EMPTY, axis=-1) == 2)


@pytest.mark.parametrize("symbols", [2, 4, 9])
def test_encodings(symbols):
    every = jnp.arange(EMPTY, symbols, dtype="int32")
    ones = np.asarray(encode(every, symbols, encoding="zero", dtype="float64"))
    assert np.array_equal(ones, np.concatenate([np.zeros((1, symbols)), np.eye(symbols)]))
    white = np.asarray(encode(every, symbols, dtype="float64"))
    shift = (symbols - 1) ** -0.5
    np.testing.assert_allclose(white, ones * (1 + shift) - shift, atol=1e-15)
    # over the symbols an entry has the second moment that is said
    assert np.mean(white[1:] ** 2) == pytest.approx(2 / symbols)


@pytest.mark.usefixtures("unchecked")
def test_an_encoding_that_is_not_known():
    with pytest.raises(ValueError, match="`encoding` must be whitened or zero; got 'none'"):
        encode(jnp.zeros(3, "int32"), 4, encoding="none")
