"""Parities as trees: tokens are products of their children, and the last one is the parity."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.targets.parities import random_parity, random_signs


@pytest.mark.parametrize(("d", "k"), [(2, 2), (8, 4), (24, 16)])
def test_tokens_are_products_of_their_children(d, k):
    tree = random_parity(d, k, key=jax.random.key(d))
    signs = random_signs(50, d, key=jax.random.key(1))
    tokens = np.asarray(tree.tokens(signs))
    assert tokens.shape == (50, d + k - 1)
    assert (tokens[:, :d] == signs).all()
    first, second = np.asarray(tree.children).T
    assert (tokens[:, d:] == tokens[:, first] * tokens[:, second]).all()
    assert (tokens[:, -1] == tree.parity(signs)).all()
    assert sum(tree.levels) == tree.targets == k - 1
    assert len(set(np.asarray(tree.leaves).tolist())) == k
    # every token but the last one is the child of one other
    assert sorted(np.concatenate([first, second]))[k:] == list(range(d, d + k - 2))


def test_signs_are_fair_and_told_by_their_key():
    signs = random_signs(4000, 5, key=jax.random.key(0))
    assert set(np.unique(signs)) == {-1, 1}
    assert np.abs(np.asarray(signs).mean(axis=0)).max() < 5 / 4000**0.5
    assert (signs == random_signs(4000, 5, key=jax.random.key(0))).all()
    assert random_signs(1, 1, key=jax.random.key(0), dtype="float64").dtype == jnp.float64


@pytest.mark.parametrize(("d", "k"), [(4, 8), (8, 3)])
def test_a_subset_that_makes_no_tree_is_refused(d, k):
    with pytest.raises(ValueError, match=f"`k` must be a power of two and at most `d` = {d}"):
        random_parity(d, k, key=jax.random.key(0))
