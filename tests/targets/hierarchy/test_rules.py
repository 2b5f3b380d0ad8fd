"""Rules: all different, of the shapes that were asked for, and drawn alike inside jit and vmap."""

from math import comb

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noflat.targets.hierarchy import random_hierarchy


@st.composite
def settings(draw):
    symbols, branching = draw(st.integers(2, 6)), draw(st.integers(2, 3))
    synonyms = draw(st.integers(1, symbols ** (branching - 1)))
    return {
        "symbols": symbols,
        "levels": draw(st.integers(1, 3)),
        "classes": draw(st.integers(2, symbols**branching // synonyms)),
        "synonyms": synonyms,
        "branching": branching,
        "blanks": draw(st.integers(0, 2)),
        "sparsity": draw(st.sampled_from("AB")),
    }


@given(settings(), st.integers(0, 9))
def test_rules_are_different_and_as_many_as_asked_for(settings, seed):
    hierarchy = random_hierarchy(**settings, key=jax.random.key(seed))
    v, s, m = settings["symbols"], settings["branching"], settings["synonyms"]
    assert (hierarchy.symbols, hierarchy.branching, hierarchy.synonyms) == (v, s, m)
    assert (hierarchy.classes, hierarchy.levels) == (settings["classes"], settings["levels"])
    for depth, rules in enumerate(hierarchy.rules):
        parents = v if depth else settings["classes"]
        assert rules.shape == (parents, m, s)
        assert rules.dtype == jnp.int32
        assert 0 <= rules.min() <= rules.max() < v
        assert len(np.unique(rules.reshape(-1, s), axis=0)) == parents * m


@given(settings())
def test_sizes_are_the_formulas(settings):
    hierarchy = random_hierarchy(**settings, key=jax.random.key(0))
    s, blanks, levels = settings["branching"], settings["blanks"], settings["levels"]
    placements = (blanks + 1) ** s if settings["sparsity"] == "A" else comb(s * (blanks + 1), s)
    assert hierarchy.placements.shape == (placements, s)
    assert hierarchy.patch == s * (blanks + 1)
    assert hierarchy.inputs == hierarchy.patch**levels
    assert hierarchy.nodes == (s**levels - 1) // (s - 1)
    assert hierarchy.strings == (settings["synonyms"] * placements) ** hierarchy.nodes


@given(settings())
def test_placements_are_ordered_and_of_sparsity_a_in_their_parts(settings):
    hierarchy = random_hierarchy(**settings, key=jax.random.key(0))
    placed = hierarchy.placements
    assert len(np.unique(placed, axis=0)) == len(placed)
    assert (np.diff(placed, axis=1) > 0).all()
    assert 0 <= placed.min() <= placed.max() < hierarchy.patch
    if settings["sparsity"] == "A":
        assert (placed // (settings["blanks"] + 1) == np.arange(settings["branching"])).all()


def test_what_is_left_out_is_as_large_as_can_be():
    hierarchy = random_hierarchy(3, 2, branching=3, key=jax.random.key(0))
    assert (hierarchy.classes, hierarchy.synonyms) == (3, 9)
    many = random_hierarchy(3, 2, classes=4, key=jax.random.key(0))
    assert (many.classes, many.synonyms) == (4, 2)


def test_keys_inside_vmap_and_jit_draw_the_same_rules():
    keys = jax.random.split(jax.random.key(0), 5)
    together = jax.jit(jax.vmap(lambda key: random_hierarchy(3, 2, blanks=1, key=key)))(keys)
    assert (together.classes, together.synonyms, together.branching) == (3, 3, 2)
    for member, key in enumerate(keys):
        alone = random_hierarchy(3, 2, blanks=1, key=key)
        for ours, theirs in zip(together.rules, alone.rules, strict=True):
            np.testing.assert_array_equal(ours[member], theirs)
    distinct = {tuple(np.asarray(together.rules[0][member]).ravel()) for member in range(5)}
    assert len(distinct) > 1


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"symbols": 1}, "`symbols` must be an integer of at least 2"),
        ({"levels": 0}, "`levels` must be an integer of at least 1"),
        ({"branching": 1}, "`branching` must be an integer of at least 2"),
        ({"blanks": -1}, "`blanks` must be an integer of at least 0"),
        ({"classes": 1}, "`classes` must be an integer of at least 2"),
        ({"synonyms": 0}, "`synonyms` must be an integer of at least 1"),
        ({"synonyms": 4}, r"`synonyms` must be at most .* = 3, so that all .* different; got 4"),
        ({"classes": 4, "synonyms": 3}, "`classes` must be at most .* = 3, so .*; got 4"),
        ({"classes": 10}, "`classes` must be at most .* = 9, so .*; got 10"),
        ({"sparsity": "C"}, "`sparsity` must be A or B; got 'C'"),
        ({"symbols": 5000}, r"`symbols` and `branching` must leave at most .*; got 5000\*\*2"),
        ({"blanks": 1000}, "`blanks` must leave at most 1000000 placements of a rule; got"),
    ],
)
def test_wrong_arguments_are_told(changed, said):
    with pytest.raises(ValueError, match=said):
        random_hierarchy(**{"symbols": 3, "levels": 2} | changed, key=jax.random.key(0))
