"""One step on a chain of thought: its gradient by two ways, and what the model then makes."""

from math import log

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.targets.parities import random_parity, random_signs
from noflat.training.chains import (
    attention,
    chain_loss,
    first_gradient,
    first_gradients,
    fit_levels,
    free_run,
    link,
    link_slope,
)


def test_the_link_reads_the_product_of_two_signs_off_their_mean():
    for a in (-1.0, 1.0):
        for b in (-1.0, 1.0):
            assert float(link(jnp.array((a + b) / 2))) == a * b
            assert float(link_slope(jnp.array((a + b) / 2))) == 0
    t = jnp.linspace(-1, 1, 21)
    slopes = np.asarray(jax.vmap(jax.grad(link))(t))
    assert slopes == pytest.approx(np.asarray(link_slope(t)), abs=1e-12)


def test_the_closed_gradient_is_that_of_the_loss():
    tree = random_parity(12, 8, key=jax.random.key(0))
    tokens = tree.tokens(random_signs(100, 12, key=jax.random.key(1), dtype="float64"))
    exact = jax.grad(chain_loss)(jnp.zeros((7, 19)), tokens)
    assert first_gradient(tokens, 7) == pytest.approx(np.asarray(exact), abs=1e-14)


def test_chunks_add_up_to_the_whole():
    tree = random_parity(8, 4, key=jax.random.key(0))

    def draw(key):
        return tree.tokens(random_signs(16, 8, key=key, dtype="float64"))

    key = jax.random.key(5)
    found = first_gradients(draw, (1, 2, 5), 3, key=key)
    for count, gradient in zip((1, 2, 5), found, strict=True):
        whole = jnp.concatenate([draw(jax.random.fold_in(key, i)) for i in range(count)])
        assert gradient == pytest.approx(np.asarray(first_gradient(whole, 3)), abs=1e-14)


def test_attention_sees_what_is_before_and_adds_up_to_one():
    shares = np.asarray(attention(jax.random.normal(jax.random.key(0), (3, 7))))
    assert shares.sum(axis=1) == pytest.approx(np.ones(3))
    assert (shares[0, 4:] == 0).all()
    assert (shares[2, 6:] == 0).all()


def test_a_model_that_looks_at_the_children_makes_the_chain():
    tree = random_parity(16, 8, key=jax.random.key(2))
    logits = np.full((7, 23), -np.inf)
    for target, children in enumerate(np.asarray(tree.children)):
        logits[target, children] = 0.0
    signs = random_signs(40, 16, key=jax.random.key(3), dtype="float64")
    assert (free_run(jnp.asarray(logits), signs) == tree.tokens(signs)).all()


def test_one_step_learns_and_so_does_one_per_level():
    d, tree = 32, random_parity(32, 8, key=jax.random.key(1))
    signs = random_signs(8192, d, key=jax.random.key(2))
    new = random_signs(500, d, key=jax.random.key(3))
    rate = 0.5 * log(d)
    told = -rate * d**2 * first_gradient(tree.tokens(signs), tree.targets)
    for logits in (told, fit_levels(tree, signs, rate=rate)):
        right = free_run(logits, new)[:, -1] * tree.parity(new) > 0
        assert float(jnp.mean(right)) > 0.95
