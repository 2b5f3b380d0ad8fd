"""The transformer in training: its curves, what it sees, and that a chain of thought helps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.networks.transformers import Transformer
from noflat.targets.cube import majority
from noflat.targets.parities import random_parity, random_signs
from noflat.training.transformers import OneToken, fit_transformer


def test_a_position_sees_no_later_one():
    network = Transformer(6, layers=2, width=8, key=jax.random.key(0))
    tokens = random_signs(3, 6, key=jax.random.key(1))
    changed = tokens.at[:, 4].multiply(-1)
    before, after = network(tokens), network(changed)
    assert np.asarray(before.outputs[:, :4]) == pytest.approx(
        np.asarray(after.outputs[:, :4]), abs=1e-6
    )
    assert (np.asarray(before.outputs[:, 4:]) != np.asarray(after.outputs[:, 4:])).all()
    shares = np.asarray(before.shares)
    assert shares.shape == (2, 3, 6, 6)
    assert shares.sum(axis=3) == pytest.approx(np.ones((2, 3, 6)), abs=1e-6)
    assert (np.triu(shares[0, 0], 1) == 0).all()


def test_the_chain_of_thought_is_learned_where_the_parity_alone_is_not():
    tree = random_parity(10, 8, key=jax.random.key(0))
    how = {"width": 16, "rate": 1e-2, "steps": 300, "checks": 3, "key": jax.random.key(1)}
    told, alone = (
        jax.jit(lambda chain=chain: fit_transformer(tree, chain=chain, **how))()
        for chain in (True, False)
    )
    assert told.losses.shape == told.accuracies.shape == told.entropies.shape == (3,)
    assert told.active.shape == (4, 1)
    assert 0.2 < told.active[0, 0] < 0.8
    assert told.accuracies[-1] > 0.95
    # 128 fair guesses are within five standard deviations
    assert abs(float(jnp.mean(alone.accuracies)) - 0.5) < 5 * 0.5 / (3 * 128) ** 0.5
    assert told.entropies[-1] < told.entropies[0]


def test_the_share_of_active_neurons_is_that_of_positive_sums():
    network = Transformer(5, layers=2, width=8, key=jax.random.key(0))
    tokens = random_signs(3, 5, key=jax.random.key(1))
    seen = network(tokens)
    assert seen.active.shape == (2, 3, 5)
    # again with a hidden sum that is never positive, and one that always is
    for bias, share in ((-1e3, 0.0), (1e3, 1.0)):
        network.blocks[1].up.bias[...] = jnp.full(32, bias, "float32")
        active = np.asarray(network(tokens).active)
        assert (active[1] == share).all()
        assert (active[0] == np.asarray(seen.active)[0]).all()
    assert 0 < float(seen.active.min())
    assert float(seen.active.max()) < 1


def test_another_task_of_one_token():
    task = OneToken(3, majority)
    fit = jax.jit(
        lambda: fit_transformer(
            task, chain=True, width=8, rate=1e-2, steps=200, checks=2, key=jax.random.key(0)
        )
    )()
    assert fit.accuracies[-1] == 1
    signs = random_signs(8, 3, key=jax.random.key(2))
    expected = jnp.sign(signs[:, 0] + signs[:, 1] + signs[:, 2])
    assert (task.tokens(signs)[:, -1] == expected).all()
    assert (task.tokens(signs)[:, :-1] == signs).all()


def test_checks_must_divide_steps():
    tree = random_parity(4, 2, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`checks` must divide `steps` = 10; got 3"):
        fit_transformer(tree, chain=True, steps=10, checks=3, key=jax.random.key(0))
