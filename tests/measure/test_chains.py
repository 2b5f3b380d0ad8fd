"""Signal and noise of one step: exact moments by enumeration, and their limits."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.measure.chains import chain_moments, children_found, modeled_step
from noflat.targets.parities import random_parity
from noflat.training.chains import link, link_slope


@pytest.mark.parametrize("tokens", [3, 5, 8])
def test_moments_are_those_of_all_words(tokens):
    words = np.array(list(itertools.product((-1.0, 1.0), repeat=tokens)))
    z = words.mean(axis=1)
    r = np.asarray((link(z) - words[:, 0] * words[:, 1]) * link_slope(z)) / tokens
    parts = -r[:, None] * words
    found = chain_moments(tokens)
    assert found.signal == pytest.approx(parts[:, 0].mean() - parts[:, 2].mean())
    assert found.noise == pytest.approx(parts[:, 2].std())
    assert found.common == pytest.approx((parts[:, :2].mean(axis=1)).std())
    assert found.split == pytest.approx((parts[:, 0] - parts[:, 1]).std())


def test_the_limits_of_many_tokens():
    found = chain_moments(4000)
    assert found.signal * 4000**2 == pytest.approx(8, rel=5e-3)
    assert found.noise * 4000**1.5 == pytest.approx(8 * 2**0.5, rel=5e-3)
    assert found.split * 4000**2.5 == pytest.approx(32 * 30**0.5, rel=1e-2)


def test_a_model_of_many_samples_finds_all_children():
    tree = random_parity(16, 8, key=jax.random.key(0))
    found = [
        float(
            children_found(modeled_step(tree.children, 16, n, key=jax.random.key(1)), tree.children)
        )
        for n in (10.0, 1e7)
    ]
    assert found[0] < 1 == found[1]
    wrong = jnp.zeros((7, 23)).at[:, :2].set(1.0)
    assert float(children_found(wrong, tree.children)) < 0.5
