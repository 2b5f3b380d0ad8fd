"""Searches end in the class, and never above the supremum where that is known."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from noflat.measure import (
    SparseFit,
    clustered_points,
    clustered_supremum,
    correlation,
    gradient_ascent,
    most_active,
    neuron_ascent,
    repaired,
)
from noflat.measure.rademacher_ascents import _threshold

M, S, N = 12, 5, 3


def sphere(m, n, seed=0):
    points = jax.random.normal(jax.random.key(seed), (m, n), "float64")
    return points / jnp.linalg.norm(points, axis=1, keepdims=True)


def fair_signs(m, seed=0):
    return jax.random.rademacher(jax.random.key(seed + 50), (m,), "float64")


def in_the_class(fit, points, k, bound=1.0):
    """By NumPy, one point and one neuron after the other."""
    weights, thresholds = np.asarray(fit.weights), np.asarray(fit.thresholds)
    for point in np.asarray(points):
        sums = [float(np.dot(w, point) - b) for w, b in zip(weights, thresholds, strict=True)]
        if sum(value > 0 for value in sums) > k:
            return False
    lengths = np.linalg.norm(weights, axis=1)
    fair = set(np.asarray(fit.readout).tolist()) <= {-1.0, 1.0}
    return bool(fair and np.all(thresholds >= 0) and np.all(lengths <= bound))


def plain_correlation(fit, points, signs):
    total = 0.0
    for point, sign in zip(np.asarray(points), np.asarray(signs), strict=True):
        for w, b, u in zip(*(np.asarray(part) for part in fit), strict=True):
            total += sign * u * max(0.0, float(np.dot(w, point) - b))
    return total / len(points)


@settings(max_examples=40)
@given(seed=some.integers(0, 10**6), k=some.integers(1, S), same=some.booleans())
def test_repaired_networks_are_in_the_class(seed, k, same):
    draws = np.random.default_rng(seed)
    weights = draws.normal(size=(S, N))
    weights /= 1.01 * np.linalg.norm(weights, axis=1, keepdims=True)
    if same:  # ties at every point
        weights[:] = weights[0]
    before = SparseFit(
        jnp.asarray(weights),
        jnp.asarray(np.maximum(draws.normal(size=S) / 4, 0)),
        jnp.asarray(draws.choice([-1.0, 1.0], size=S)),
    )
    points = jnp.asarray(sphere(M, N, 3))
    after = repaired(before, points, k)
    assert in_the_class(after, points, k)
    assert bool(jnp.all(after.thresholds >= before.thresholds))
    again = repaired(after, points, k)
    np.testing.assert_array_equal(again.thresholds, after.thresholds)
    if int(most_active(before, points)) <= k:
        np.testing.assert_array_equal(after.thresholds, before.thresholds)


def test_the_repair_is_needed():
    crowd = SparseFit(jnp.tile(sphere(1, N), (S, 1)), jnp.zeros(S), jnp.ones(S))
    assert not in_the_class(crowd, sphere(M, N, 3), 1)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_threshold_against_a_fine_grid(seed):
    points, signs = sphere(M, N, seed), fair_signs(M, seed)
    room = jax.random.bernoulli(jax.random.key(seed), 0.8, (M,))
    weights = sphere(1, N, 90 + seed)[0]
    gain, level, readout = _threshold(weights, points=points, signs=signs, room=room)
    inner = np.asarray(points @ weights)
    least = max([0.0, *inner[~np.asarray(room)]])
    grid = np.linspace(least, 1, 4001)
    found = np.maximum(inner[None] - grid[:, None], 0) @ np.asarray(signs)
    # the slope is at most the number of points
    assert np.abs(found).max() <= float(gain) + 1e-12 <= np.abs(found).max() + M / 4000
    exact = np.maximum(inner - float(level), 0) @ np.asarray(signs) * float(readout)
    assert exact == pytest.approx(float(gain), abs=1e-12)
    assert float(level) >= least


METHODS = {"neuron": partial(neuron_ascent, sweeps=6), "gradient": gradient_ascent}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["clusters", "sphere"])
def test_searches_end_in_the_class_and_below_the_supremum(method, kind):
    m, s, k = 24, 6, 2
    points = jnp.asarray(clustered_points(m, s, k, 4)) if kind == "clusters" else sphere(m, 4)
    for seed in range(3):
        signs = fair_signs(m, seed)
        fit = METHODS[method](points, signs, s, k, bound=1.5, key=jax.random.key(seed))
        assert in_the_class(fit, points, k, 1.5)
        found = float(correlation(fit, points, signs))
        assert found == pytest.approx(plain_correlation(fit, points, signs))
        assert 0 < found <= 1.5 * k
        if kind == "clusters":
            assert found <= clustered_supremum(np.asarray(signs), s, k, bound=1.5) + 1e-12


def test_on_clusters_the_best_of_some_restarts_is_the_supremum():
    m, s, k = 24, 6, 2
    points = jnp.asarray(clustered_points(m, s, k, 4))

    def reached(signs, key):
        return correlation(neuron_ascent(points, signs, s, k, key=key), points, signs)

    signs = jnp.stack([fair_signs(m, seed) for seed in range(4)])
    keys = jax.random.split(jax.random.key(0), 8)
    found = jax.jit(jax.vmap(jax.vmap(reached, (None, 0)), (0, None)))(signs, keys)
    suprema = [clustered_supremum(np.asarray(one), s, k) for one in signs]
    np.testing.assert_allclose(found.max(axis=1), suprema)


def test_ascent_of_neurons_never_falls():
    points, signs = sphere(30, 4), fair_signs(30)
    start = gradient_ascent(points, signs, 6, 2, key=jax.random.key(0), steps=20)
    values = [float(correlation(start, points, signs))]
    for sweeps in (1, 3):
        fit = neuron_ascent(points, signs, 6, 2, start=start, sweeps=sweeps, key=jax.random.key(1))
        assert in_the_class(fit, points, 2)
        values.append(float(correlation(fit, points, signs)))
    assert values[0] < values[1] <= values[2] + 1e-12


def test_single_precision_ends_in_the_class():
    points, signs = sphere(24, 4).astype("float32"), fair_signs(24).astype("float32")
    for method in METHODS.values():
        fit = method(points, signs, 6, 1, key=jax.random.key(0))
        assert fit.weights.dtype == jnp.float32
        assert in_the_class(fit, points, 1)


@pytest.mark.parametrize("method", METHODS.values())
def test_what_is_refused(method):
    points, signs = sphere(4, 2), fair_signs(4)
    with pytest.raises(ValueError, match="`k` must be at most `s` = 2"):
        method(points, signs, 2, 3, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`bound` must be a positive number"):
        method(points, signs, 2, 1, bound=-1.0, key=jax.random.key(0))
