"""Crossings: the closed form against a linear network of many neurons, and its lower bound."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtr

from noflat.measure.bias_flips import flip_factor, step_weights
from noflat.measure.bias_kernels import bias_kernel, sphere_points
from noflat.measure.bias_spectra import decoupling_bounds


def test_step_weights_are_the_sum_of_all_steps():
    points = sphere_points(5, 3, key=jax.random.key(0))
    kernel = np.asarray(bias_kernel(points, 0.5))
    labels = np.array([1.0, -1, 1, -1, 1])
    rate = 0.9 / np.linalg.eigvalsh(kernel)[-1]
    total = np.zeros(5)
    for _ in range(7):
        total = total + rate * (labels - kernel @ total)
    np.testing.assert_allclose(step_weights(kernel, labels, 7, rate=rate), total)
    end = step_weights(kernel, labels, 1e6, rate=rate)
    np.testing.assert_allclose(kernel @ end, labels)


def test_factor_against_neurons_that_move():
    """A frozen network of many neurons, each moved as the linear dynamics say."""
    n, d, bias, width = 6, 4, 1.0, 400_000
    points = sphere_points(n, d, key=jax.random.key(1))
    weights = np.array([1.0, -2.0, 0.5, 1.5, -1.0, 2.0])
    factor = float(
        flip_factor(
            points, jnp.asarray(weights), jnp.array(bias), draws=20_000, key=jax.random.key(2)
        )
    )
    x = np.asarray(points)
    random = np.random.default_rng(3)
    before = random.normal(size=(width, d)) @ x.T - bias
    signs = random.choice([-1.0, 1.0], width)
    moves = signs[:, None] * ((before >= 0) @ (weights[:, None] * (x @ x.T + 1))) / width**0.5
    after = before + moves
    share = float(np.mean((before >= 0) != (after >= 0)))
    # 400 000 x 6 pairs of which about 0.2 % cross
    assert share * width**0.5 == pytest.approx(factor, rel=0.05)


def test_factor_is_at_least_that_of_each_point_alone():
    points = sphere_points(8, 3, key=jax.random.key(4))
    for seed in range(3):
        weights = jax.random.normal(jax.random.key(seed), (8,))
        for bias in (0.0, 2.0):
            factor = float(flip_factor(points, weights, jnp.array(bias), key=jax.random.key(5)))
            alone = np.exp(-(bias**2) / 2) / (2 * np.pi) ** 0.5 * float(jnp.mean(jnp.abs(weights)))
            assert factor >= alone * (1 - 1e-12)
            compiled = jax.jit(flip_factor)
            again = float(compiled(points, weights, jnp.array(bias), key=jax.random.key(5)))
            assert again == pytest.approx(factor)


def test_the_bound_of_large_biases():
    """Proposition K4 at its end: phi/(2 Phi) for labels 1 and -1, whatever the points."""
    points = sphere_points(7, 3, key=jax.random.key(6))
    labels = np.array([1.0, -1, -1, 1, 1, -1, 1])
    away = []
    for bias in (2.0, 6.0, 12.0):
        kernel = np.asarray(bias_kernel(points, bias))
        rate = 1 / np.linalg.eigvalsh(kernel)[-1]
        end = np.abs(step_weights(kernel, labels, 1e6, rate=rate)).mean()
        away.append(abs(2 * ndtr(-bias) * end - 1))
    assert away == sorted(away, reverse=True)
    # by theorem K3 at most eps/(1 - eps)
    gram = np.asarray(points @ points.T)
    eps = 1 - decoupling_bounds(gram, 12.0).low / (2 * ndtr(-12.0))
    assert away[-1] <= eps / (1 - eps) < 0.1


def test_errors():
    with pytest.raises(ValueError, match="`draws` must be an integer of at least 1"):
        flip_factor(jnp.eye(2), jnp.ones(2), jnp.array(0.0), draws=0, key=jax.random.key(0))


def test_larger_rates_go_past_the_end_and_back():
    found = step_weights(2 * np.eye(2), np.ones(2), 1, rate=0.75)
    np.testing.assert_allclose(found, 0.75)  # y - f = (1 - 1.5) y, and f = 2 alpha
    with pytest.raises(ValueError, match="`rate` must be at most 1/2, .*got 0.75 and 0.5 steps"):
        step_weights(2 * np.eye(2), np.ones(2), 0.5, rate=0.75)
