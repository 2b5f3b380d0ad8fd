"""A wide layer with trained biases: each step is the gradient's, each count a plain count."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.measure.bias_kernels import bias_kernel, linear_steps, sphere_points
from noflat.training.wide import Wide, activity_kernel, fit_wide, start_wide, wide_outputs

POINTS = sphere_points(6, 3, key=jax.random.key(0))
LABELS = jnp.array([1.0, -1, 1, 1, -1, -1])
FIT = jax.jit(fit_wide, static_argnames=("width", "share"))


def plain(points, labels, network, rate, steps):
    """The same by loops over neurons."""
    columns, readout = (np.array(part) for part in network)
    weights, biases = columns[:-1].T, columns[-1]
    start = points @ weights.T > biases
    ever, losses = np.zeros_like(start), []
    for taken in range(steps + 1):
        sums = points @ weights.T - biases
        left = np.maximum(sums, 0) @ readout - labels
        losses.append((left**2).sum() / 2)
        ever |= (sums > 0) != start
        if taken == steps:
            break
        for r in range(len(readout)):
            on = sums[:, r] > 0
            weights[r] -= rate * readout[r] * (left * on) @ points
            biases[r] += rate * readout[r] * (left * on).sum()
    return losses, weights, biases, start, sums > 0, ever


def test_start_is_zero_and_paired():
    network = start_wide(8, 3, jnp.array(0.7), key=jax.random.key(1))
    np.testing.assert_array_equal(wide_outputs(network, POINTS), np.zeros(6))
    np.testing.assert_array_equal(network.weights[:, :4], network.weights[:, 4:])
    np.testing.assert_array_equal(network.weights[-1], np.full(8, 0.7))
    np.testing.assert_allclose(network.readout**2, np.full(8, 1 / 8))


def test_outputs_are_the_formula():
    network = Wide(jax.random.normal(jax.random.key(2), (4, 5)), jnp.arange(5.0))
    for x, found in zip(POINTS, wide_outputs(network, POINTS), strict=True):
        sums = [x @ network.weights[:3, r] - network.weights[3, r] for r in range(5)]
        assert float(found) == pytest.approx(sum(r * max(float(sums[r]), 0) for r in range(5)))


@pytest.mark.parametrize("steps", [1, 9])
def test_training_is_that_of_a_plain_loop(steps):
    key, rate = jax.random.key(3), 0.3
    fit = FIT(POINTS, LABELS, jnp.array(0.4), jnp.array(rate), width=40, most=steps, key=key)
    network = start_wide(40, 3, jnp.array(0.4), key=key)
    losses, weights, biases, start, end, ever = plain(
        np.asarray(POINTS), np.asarray(LABELS), network, rate, steps
    )
    assert int(fit.taken) == steps
    assert float(fit.loss) == pytest.approx(losses[-1], rel=1e-12)
    np.testing.assert_allclose(fit.network.weights, np.r_[weights.T, biases[None]], atol=1e-13)
    assert float(fit.active_start) == pytest.approx(start.mean())
    assert float(fit.active_end) == pytest.approx(end.mean())
    assert float(fit.flipped) == pytest.approx((start != end).mean())
    assert float(fit.ever_flipped) == pytest.approx(ever.mean())
    assert float(fit.ever_flipped) >= float(fit.flipped) > 0
    np.testing.assert_allclose(fit.start_kernel, activity_kernel(POINTS, jnp.asarray(start)))


def test_one_step_is_the_gradient():
    network = start_wide(20, 3, jnp.array(0.2), key=jax.random.key(4))

    def loss(weights):
        return jnp.sum((wide_outputs(Wide(weights, network.readout), POINTS) - LABELS) ** 2) / 2

    fit = FIT(
        POINTS, LABELS, jnp.array(0.2), jnp.array(0.1), width=20, most=1, key=jax.random.key(4)
    )
    moved = network.weights - 0.1 * jax.grad(loss)(network.weights)
    np.testing.assert_allclose(fit.network.weights, moved, atol=1e-14)
    # the Gram matrix of the gradients of all outputs
    slopes = jax.jacobian(lambda w: wide_outputs(Wide(w, network.readout), POINTS))(network.weights)
    slopes = slopes.reshape(6, -1)
    np.testing.assert_allclose(fit.start_kernel, slopes @ slopes.T, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_wide_networks_do_what_the_kernel_says(dtype):
    kernel = np.asarray(bias_kernel(POINTS, 0.5))
    rate = 1 / np.linalg.eigvalsh(kernel)[-1]
    predicted = linear_steps(kernel, np.asarray(LABELS), rate=rate)
    points, labels, bias, step = (
        jnp.asarray(x, dtype) for x in (POINTS, LABELS, jnp.array(0.5), jnp.array(rate))
    )
    found = [
        FIT(points, labels, bias, step, width=width, key=jax.random.key(5))
        for width in (64, 1 << 15)
    ]
    near, far = (abs(float(fit.steps) / predicted - 1) for fit in found[::-1])
    assert near < 0.1 < far
    assert found[0].network.weights.dtype == found[0].loss.dtype == dtype
    # between two steps: the one before was not enough
    assert int(found[1].taken) - 1 < float(found[1].steps) <= int(found[1].taken)


def test_members_are_those_alone():
    keys = jax.random.split(jax.random.key(6), 2)

    def one(key):
        return fit_wide(POINTS, LABELS, jnp.array(0.0), jnp.array(0.2), width=64, key=key)

    together = jax.jit(jax.vmap(one))(keys)
    for member in range(2):
        alone = jax.jit(one)(keys[member])
        assert float(together.steps[member]) == pytest.approx(float(alone.steps))
        assert int(together.taken[member]) == int(alone.taken)


def test_what_never_gets_there():
    few = FIT(
        POINTS, LABELS, jnp.array(0.0), jnp.array(0.2), width=64, most=2, key=jax.random.key(7)
    )
    assert (float(few.steps), int(few.taken)) == (np.inf, 2)
    wild = FIT(POINTS, LABELS, jnp.array(0.0), jnp.array(1e200), width=64, key=jax.random.key(7))
    assert float(wild.steps) == np.inf
    dead = FIT(POINTS, LABELS, jnp.array(9.0), jnp.array(0.2), width=64, key=jax.random.key(7))
    assert (float(dead.active_start), float(dead.loss)) == (0.0, 3.0)


def test_errors():
    with pytest.raises(ValueError, match="`width` must be even"):
        start_wide(7, 3, jnp.array(0.0), key=jax.random.key(0))
    with pytest.raises(ValueError, match="`share` must be a positive number"):
        fit_wide(POINTS, LABELS, jnp.array(0.0), jnp.array(0.1), width=8, share=0.0,
                 key=jax.random.key(0))  # fmt: skip
