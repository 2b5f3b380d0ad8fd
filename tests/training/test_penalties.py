"""Training with penalties: against a plain loop of Adam, its curves, and what each penalty does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.measure import activity, all_signs
from noflat.networks import init
from noflat.targets.parities import random_signs
from noflat.training import fit_penalized

STEPS = {"steps": 300, "checks": 3, "rate": 0.01}


def draw(key):
    """The parity of two of four signs."""
    x = random_signs(64, 4, key=key)
    return x, x[:, 0] * x[:, 1]


def start(width=16):
    return init((4, width, 1), "relu", dtype="float32", key=jax.random.key(0))


def penalized(network, x, y, decay, cost):
    """The loss from its definition, in float64."""
    first, last = network.layers
    hidden = jax.nn.relu(x @ first.weight + first.bias[None])
    error = jnp.mean((hidden @ last.weight[:, 0] + last.bias[0] - y) ** 2)
    sizes = jnp.sum(first.weight**2) + jnp.sum(last.weight**2)
    return error + decay / 2 * sizes + cost * jnp.mean(hidden @ jnp.abs(last.weight[:, 0]))


def test_against_a_plain_loop_of_adam():
    key, decay, cost, steps, rate = jax.random.key(1), 0.02, 0.03, 4, 0.05
    fit = fit_penalized(
        start(), draw, rate=rate, decay=decay, cost=cost, steps=steps, checks=2, key=key
    )
    network = jax.tree.map(lambda leaf: leaf.astype("float64"), start())
    first = second = jax.tree.map(jnp.zeros_like, network)
    for t in range(steps):
        x, y = (a.astype("float64") for a in draw(jax.random.fold_in(key, t)))
        slope = jax.grad(penalized)(network, x, y, decay, cost)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, second, slope)
        now, a, b = rate * (1 - t / steps), 1 - 0.9 ** (t + 1), 1 - 0.999 ** (t + 1)
        network = jax.tree.map(
            lambda w, m, v, now=now, a=a, b=b: w - now * (m / a) / (jnp.sqrt(v / b) + 1e-8),
            network,
            first,
            second,
        )
    # four steps in float32; a gradient near zero is magnified by Adam's division
    for found, expected in zip(jax.tree.leaves(fit.network), jax.tree.leaves(network), strict=True):
        assert np.asarray(found) == pytest.approx(np.asarray(expected), abs=1e-4)


def test_the_curves_are_what_fresh_words_show():
    key = jax.random.key(1)
    fit = fit_penalized(start(), draw, **STEPS, key=key)
    assert fit.losses.shape == fit.counts.shape == fit.most.shape == (4,)
    for network, at in ((start(), 0), (fit.network, 3)):
        x, y = draw(jax.random.fold_in(key, STEPS["steps"] + at))
        seen = activity(network, x)
        assert float(fit.counts[at]) == pytest.approx(16 * float(seen.share), rel=1e-6)
        assert int(fit.most[at]) == int(seen.most)
        error = jnp.mean((jax.vmap(network)(x)[:, 0] - y) ** 2)
        assert float(fit.losses[at]) == pytest.approx(float(error), rel=1e-4, abs=1e-9)
    assert fit.losses[-1] < 0.05


def test_a_cost_of_activity_lowers_what_is_active_and_the_bound():
    words = jnp.asarray(all_signs(4), "float32")
    every = jax.jit(
        jax.vmap(
            lambda decay, cost: activity(
                fit_penalized(
                    start(), draw, **STEPS, decay=decay, cost=cost, key=jax.random.key(1)
                ).network,
                words,
            )
        )
    )
    found = every(jnp.array([0.0, 0.0, 1e-2]), jnp.array([0.0, 3e-2, 3e-2]))
    assert found.share[0] > found.share[1]
    assert found.weighted_bound[1] < found.weighted_bound[0] / 2
    assert found.weighted_bound[2] < found.weighted_bound[0] / 2


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="`checks` must divide `steps` = 10; got 3"):
        fit_penalized(start(), draw, rate=0.1, steps=10, checks=3, key=jax.random.key(0))
    deep = init((4, 3, 3, 1), "relu", dtype="float32", key=jax.random.key(0))
    with pytest.raises(ValueError, match="`network` must be a dense Network of one.*got 2"):
        fit_penalized(deep, draw, rate=0.1, steps=10, checks=2, key=jax.random.key(0))
