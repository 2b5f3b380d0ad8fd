"""First-order training with optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from noflat.networks import init
from noflat.training import STATUSES, fit_first_order


def _problem(n=2, count=64):
    points = jax.random.uniform(jax.random.key(0), (count, n), minval=-1, maxval=1)
    return points, jnp.prod(points, axis=1)


def test_deep_network_learns():
    points, values = _problem()
    start = init((2, 8, 8, 1), "tanh", key=jax.random.key(1))
    fit = fit_first_order(start, points, values, optimizer=optax.adam(0.01), steps=400)
    assert float(fit.loss_curve[-1]) < float(fit.loss_curve[0]) / 20
    assert STATUSES[int(fit.status)] == "max_steps"
    assert fit.loss_curve.shape == (401,)


def test_gradient_step_is_the_one_of_the_formula():
    points, values = _problem()
    start = init((2, 3, 1), "tanh", key=jax.random.key(1))
    fit = fit_first_order(start, points, values, optimizer=optax.sgd(0.1), steps=1)

    def loss(weight):
        hidden = jnp.tanh(points @ weight + start.layers[0].bias[None])
        outputs = hidden @ start.layers[1].weight + start.layers[1].bias[None]
        return jnp.mean((outputs[:, 0] - values) ** 2)

    expected = start.layers[0].weight - 0.1 * jax.grad(loss)(start.layers[0].weight)
    np.testing.assert_allclose(fit.network.layers[0].weight, expected, rtol=1e-12)


def test_ensemble_member_equals_its_solo_fit_at_first():
    points, values = _problem()
    keys = jax.random.split(jax.random.key(2), 4)

    def solo(key):
        start = init((2, 4, 1), "silu", key=key)
        return fit_first_order(start, points, values, optimizer=optax.adam(0.01), steps=5)

    together = jax.vmap(solo)(keys)
    np.testing.assert_allclose(together.loss_curve[3], solo(keys[3]).loss_curve, rtol=1e-12)


def test_divergence_is_a_status():
    points, values = _problem()
    start = init((2, 4, 1), "exp", key=jax.random.key(1))
    fit = fit_first_order(start, points, values, optimizer=optax.sgd(1e6), steps=20)
    assert STATUSES[int(fit.status)] == "nonfinite"
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(fit.network))
