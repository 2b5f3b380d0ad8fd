"""Trees: every one of them, as many as the formula says, and how they are drawn."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sample_hierarchies import SMALL, every_string, every_tree, named, small

from noflat.targets.hierarchy import (
    EMPTY,
    Tree,
    classify,
    draw_tree,
    levels_of,
    parse,
    random_hierarchy,
    redrawn,
    sample_strings,
    sample_trees,
    trees,
)

draw = jax.jit(sample_trees, static_argnums=1, static_argnames="replace")
sample = jax.jit(sample_strings, static_argnums=1, static_argnames="replace")
grown = jax.jit(jax.vmap(levels_of, (None, 0)))
read = jax.jit(jax.vmap(classify, (None, 0)))


def equal(ours, theirs):
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_array_equal(one, other)


def tree_of(batch, number):
    return jax.tree.map(lambda leaf: leaf[number], batch)


@pytest.mark.parametrize("settings", SMALL, ids=named)
def test_every_tree_has_a_string_of_its_own_and_is_read_back(settings):
    hierarchy = small(settings)
    strings, labels = every_string(hierarchy)
    assert set(Counter(labels.tolist()).values()) == {hierarchy.strings}
    assert len(np.unique(strings, axis=0)) == len(strings) == hierarchy.classes * hierarchy.strings
    filled = (strings != EMPTY).sum(axis=1)
    assert set(filled.tolist()) == {hierarchy.branching**hierarchy.levels}
    np.testing.assert_array_equal(read(hierarchy, strings), labels)


@pytest.mark.parametrize("settings", SMALL, ids=named)
def test_reading_gives_the_levels_of_the_tree(settings):
    hierarchy = small(settings, seed=1)
    drawn = draw(hierarchy, 50, key=jax.random.key(2))
    made = grown(hierarchy, drawn)
    found = jax.jit(jax.vmap(parse, (None, 0)))(hierarchy, made[-1])
    equal(found, (*reversed(made[:-1]), drawn.label[:, None]))


@pytest.mark.parametrize("sparsity", ["A", "B"])
def test_jit_and_vmap_over_rules_draw_what_eager_draws(sparsity):
    def both(key):
        rules, own = jax.random.split(key)
        hierarchy = random_hierarchy(3, 2, blanks=1, sparsity=sparsity, key=rules)
        return sample_strings(hierarchy, 12, key=own)

    keys = jax.random.split(jax.random.key(0), 4)
    together = jax.jit(jax.vmap(both))(keys)
    for member, key in enumerate(keys):
        equal(tree_of(together, member), jax.jit(both)(key))
    equal(tree_of(together, 3), both(keys[3]))


def test_a_longer_sample_begins_with_a_shorter_one_and_classes_take_turns():
    hierarchy = random_hierarchy(3, 2, blanks=1, key=jax.random.key(0))
    long = sample(hierarchy, 40, key=jax.random.key(1))
    for count in (1, 7, 39):
        short = sample(hierarchy, count, key=jax.random.key(1))
        equal(short, jax.tree.map(lambda leaf, count=count: leaf[:count], long))
    np.testing.assert_array_equal(long.labels, np.arange(40) % 3)


def test_rules_and_placements_are_drawn_uniformly():
    hierarchy = random_hierarchy(2, 1, blanks=1, key=jax.random.key(0))
    drawn = draw(hierarchy, 4000, key=jax.random.key(1))
    seen = Counter(zip(*(np.asarray(leaf).ravel() for leaf in jax.tree.leaves(drawn)), strict=True))
    assert len(seen) == 16
    # 2000 of each class over 8 trees: 250 each, with a deviation of 15
    assert max(abs(count - 250) for count in seen.values()) < 5 * 15


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("settings", SMALL[:1] + SMALL[4:6], ids=named)
def test_without_replacement_all_strings_come_once(settings, shuffled, monkeypatch):
    if not shuffled:
        monkeypatch.setattr(trees, "_SHUFFLED", 0)
    hierarchy = small(settings)
    every = hierarchy.classes * hierarchy.strings
    for count in {every if every < 600 else 600, 5}:
        strings, labels = sample(hierarchy, count, replace=False, key=jax.random.key(count))
        assert len(np.unique(strings, axis=0)) == count
        np.testing.assert_array_equal(labels, np.arange(count) % hierarchy.classes)
        np.testing.assert_array_equal(read(hierarchy, strings), labels)


@pytest.mark.parametrize("shuffled", [True, False])
def test_without_replacement_every_set_is_as_likely(shuffled, monkeypatch):
    if not shuffled:
        monkeypatch.setattr(trees, "_SHUFFLED", 0)
    hierarchy = random_hierarchy(2, 1, blanks=1, synonyms=1, key=jax.random.key(0))
    assert hierarchy.strings == 4

    def four(key):
        return sample_trees(hierarchy, 4, replace=False, key=key)

    drawn = jax.jit(jax.vmap(four))(jax.random.split(jax.random.key(1), 6000))
    number = np.asarray(drawn.placements[0][..., 0])
    pairs = Counter(frozenset(row) for row in number[:, ::2].tolist())  # both of class 0
    assert len(pairs) == 6
    # 6000 over 6 sets: 1000 each, with a deviation of 29
    assert max(abs(count - 1000) for count in pairs.values()) < 5 * 29


def test_of_more_strings_than_are_shuffled_repeated_ones_are_redrawn():
    hierarchy = random_hierarchy(8, 2, blanks=2, key=jax.random.key(0))
    assert hierarchy.classes * hierarchy.strings > 2**20 > hierarchy.strings
    strings, labels = sample(hierarchy, 20_000, replace=False, key=jax.random.key(1))
    kept = sample(hierarchy, 20_000, key=jax.random.key(1)).inputs
    first = np.unique(np.asarray(kept), axis=0, return_index=True)[1]
    assert len(first) < 20_000  # so that there was something to redraw
    assert len(np.unique(strings, axis=0)) == 20_000
    same = (np.asarray(strings) == np.asarray(kept)).all(axis=1)
    assert same.sum() > 20_000 - 2 * (20_000 - len(first))
    np.testing.assert_array_equal(read(hierarchy, strings), labels)


@pytest.mark.parametrize("what", ["rules", "placements"])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_redrawing_changes_one_level_and_keeps_the_class(what, level):
    hierarchy = random_hierarchy(4, 3, blanks=1, key=jax.random.key(0))
    before = draw(hierarchy, 64, key=jax.random.key(1))
    keys = jax.random.split(jax.random.key(2), 64)

    def anew(tree: Tree, key):
        return redrawn(hierarchy, tree, level, what, key=key)

    after = jax.jit(jax.vmap(anew))(before, keys)
    for field in ("rules", "placements"):
        pairs = zip(getattr(before, field), getattr(after, field), strict=True)
        for depth, (old, new) in enumerate(pairs):
            if (field, depth) == (what, 3 - level):
                share = float(jnp.mean(old == new))
                # one of four, over 64 to 256 draws: a deviation of at most 0.055
                assert abs(share - 0.25) < 5 * 0.055
            else:
                np.testing.assert_array_equal(old, new)
    old, new = (grown(hierarchy, tree) for tree in (before, after))
    np.testing.assert_array_equal(read(hierarchy, new[-1]), before.label)
    for depth, (one, other) in enumerate(zip(old, new, strict=True)):
        if depth < 3 - level:
            np.testing.assert_array_equal(one, other)
        if what == "rules":
            np.testing.assert_array_equal(one == EMPTY, other == EMPTY)


def test_every_tree_is_listed():
    hierarchy = small(SMALL[0])
    assert len(every_tree(hierarchy).label) == hierarchy.classes * hierarchy.strings
    one = draw_tree(hierarchy, jnp.int32(1), key=jax.random.key(0))
    assert int(classify(hierarchy, levels_of(hierarchy, one)[-1])) == 1


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_told():
    hierarchy, key = small(SMALL[0]), jax.random.key(0)
    tree = draw_tree(hierarchy, jnp.int32(0), key=key)
    with pytest.raises(ValueError, match="`count` must be an integer of at least 1"):
        sample_trees(hierarchy, 0, key=key)
    with pytest.raises(ValueError, match="`count` must be at most 16 without replacement; got 17"):
        sample_strings(hierarchy, 17, replace=False, key=key)
    for level in (0, 3):
        with pytest.raises(ValueError, match="`level` must be between 1 and 2"):
            redrawn(hierarchy, tree, level, "rules", key=key)
    with pytest.raises(ValueError, match="`what` must be rules or placements; got 'label'"):
        redrawn(hierarchy, tree, 1, "label", key=key)  # pyright: ignore[reportArgumentType]
