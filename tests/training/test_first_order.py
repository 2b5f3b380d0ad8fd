"""First-order training with optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from noflat.networks import apply, init
from noflat.training import STATUSES, fit_first_order, fit_sampled


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
    _has_a_finite_loss(fit.network, points, values)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_divergence_in_the_last_step_is_one(steps):
    points, values = _problem()
    start = init((2, 4, 1), "exp", key=jax.random.key(1))
    fit = fit_first_order(start, points, values, optimizer=optax.sgd(1e4), steps=steps)
    assert STATUSES[int(fit.status)] == "nonfinite"
    _has_a_finite_loss(fit.network, points, values)


def _has_a_finite_loss(network, points, values):
    outputs = jax.vmap(apply, in_axes=(None, 0))(network, points)[:, 0]
    assert np.isfinite(jnp.mean((outputs - values) ** 2))


def test_padding_changes_nothing():
    points, values = _problem()
    key, adam = jax.random.key(3), optax.adamw(0.01)
    plain = init((2, 3, 4, 1), "exp", key=key)
    padded = init((2, 6, 5, 1), "exp", active=(3, 4), key=key)
    options = dict(optimizer=adam, steps=30)
    alone = fit_first_order(plain, points, values, **options)
    within = fit_first_order(padded, points, values, active=(3, 4), **options)
    # thirty steps multiply the rounding of one by a small factor each
    np.testing.assert_allclose(within.loss_curve, alone.loss_curve, rtol=1e-10)
    first, second, readout = within.network.layers
    np.testing.assert_allclose(second.weight[:3, :4], alone.network.layers[1].weight, rtol=1e-8)
    assert not first.weight[:, 3:].any()
    assert not first.bias[3:].any()
    assert not second.weight[3:].any()
    assert not readout.weight[4:].any()


def test_kept_losses_are_every_so_many():
    points, values = _problem()
    start = init((2, 4, 1), "tanh", key=jax.random.key(1))
    options = dict(optimizer=optax.adam(0.01), steps=12)
    all_of_them = fit_first_order(start, points, values, **options).loss_curve
    some = fit_first_order(start, points, values, every=4, **options).loss_curve
    np.testing.assert_allclose(some, all_of_them[::4], rtol=1e-12)
    with pytest.raises(ValueError, match="`every` must divide `steps` = 12; got 5"):
        fit_first_order(start, points, values, every=5, **options)


@pytest.mark.parametrize("rates", [(0.01,), (0.01, 0.003, 1e-5)])
def test_a_goal_ends_each_member_by_itself(rates):
    points, values = _problem()
    start = init((2, 8, 1), "tanh", key=jax.random.key(1))

    def fit(rate, goal):
        how = dict(optimizer=optax.adam(rate), steps=600, every=20, goal=goal)
        return fit_first_order(start, points, values, **how)

    goal = float(fit(0.01, 0.0).loss_curve[0]) / 4
    found = jax.vmap(lambda rate: fit(rate, goal))(jnp.array(rates))
    for i, rate in enumerate(rates):
        whole = fit(rate, 0.0).loss_curve
        below = np.flatnonzero(whole[:-1] < goal)
        stretches = int(below[0]) + 1 if len(below) else 30
        assert int(found.steps[i]) == 20 * stretches
        assert STATUSES[int(found.status[i])] == ("converged" if len(below) else "max_steps")
        expected = np.append(whole[:stretches], [whole[stretches]] * (31 - stretches))
        np.testing.assert_allclose(found.loss_curve[i], expected, rtol=1e-10)
    assert int(found.status[0]) == STATUSES.index("converged")
    assert int(found.steps[0]) < 600


def test_fresh_points_for_every_step():
    def draw(key):
        points = jax.random.normal(key, (32, 2), "float64")
        return points, points[:, 0] * points[:, 1]

    start, key = init((2, 4, 1), "silu", key=jax.random.key(1)), jax.random.key(5)
    fit = fit_sampled(start, draw, optimizer=optax.sgd(0.05), steps=3, key=key)
    by_hand = start
    for step in range(3):
        points, values = draw(jax.random.fold_in(key, step))
        one = fit_first_order(by_hand, points, values, optimizer=optax.sgd(0.05), steps=1)
        np.testing.assert_allclose(fit.loss_curve[step], one.loss_curve[0], rtol=1e-12)
        by_hand = one.network
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10), fit.network, by_hand)


def test_absolute_errors(unchecked):
    """Against autodiff of the loss as it is written down."""
    points, values = _problem()
    start = init((2, 4, 4, 1), "tanh", key=jax.random.key(1))

    def loss(network):
        return jnp.mean(jnp.abs(jax.vmap(network)(points)[:, 0] - values))

    options = dict(optimizer=optax.sgd(0.1), steps=1, loss="absolute")
    fit = fit_first_order(start, points, values, **options)
    np.testing.assert_allclose(fit.loss_curve[0], loss(start), rtol=1e-14)
    by_hand = jax.tree.map(lambda w, slope: w - 0.1 * slope, start, jax.grad(loss)(start))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), fit.network, by_hand)
    with pytest.raises(ValueError, match="`loss` must be one of squared, absolute; got 'cubed'"):
        fit_first_order(start, points, values, **(options | {"loss": "cubed"}))


def test_several_outputs_are_refused():
    points, values = _problem()
    with pytest.raises(ValueError, match="`network` must have one output; got 2"):
        fit_first_order(
            init((2, 3, 2), "tanh", key=jax.random.key(0)),
            points,
            values,
            optimizer=optax.sgd(0.1),
            steps=1,
        )


def test_padded_weights_stay_whatever_the_optimizer_does():
    points, values = _problem()
    start = init((2, 4, 1), "tanh", active=(3,), key=jax.random.key(1))
    noisy = optax.chain(optax.sgd(0.01), optax.add_noise(0.1, 0.5, jax.random.key(2)))
    fit = fit_first_order(start, points, values, optimizer=noisy, steps=3, active=(3,))
    assert not fit.network.layers[0].weight[:, 3:].any()
    assert not fit.network.layers[1].weight[3:].any()
    assert fit.network.layers[0].weight[:, :3].all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y[:, None]), r"`values` must have the shape \(64,\); got \(64, 1\)"),
        (lambda x, y: (x[:, :1], y), r"`points` must have the shape \(samples, 2\); got \(64, 1\)"),
        (lambda x, y: (x.astype("float32"), y), "must have one dtype; got float32, float64"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(change, message, unchecked):
    points, values = change(*_problem())
    start = init((2, 3, 1), "tanh", key=jax.random.key(0))
    with pytest.raises(ValueError, match=message):
        fit_first_order(start, points, values, optimizer=optax.sgd(0.1), steps=1)
