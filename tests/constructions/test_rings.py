"""A site network around a ring: three ways to evaluate it, and what it costs."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import (
    count_weights,
    deep_polynomial,
    flat_polynomial,
    multiplication_gate,
    ring_sum,
    unrolled,
)
from noflat.measure import sample
from noflat.targets import polynomial, translates

PATTERNS = {
    "x**2 - 2*x*y": ("x", "y"),
    "x**4 - 2*x*y + y": ("x", "y"),
    "x*y*z - x**2 + 1/2": ("x", "y", "z"),
}


@pytest.mark.parametrize("n", [3, 4, 7])
@pytest.mark.parametrize("text", PATTERNS)
def test_three_ways_around_the_ring(text, n):
    pattern = polynomial(text, variables=PATTERNS[text])
    site = deep_polynomial(pattern, "silu")
    ring, points = unrolled(site, n), jnp.asarray(sample("cube", n, 64, seed=0))
    shared = jax.vmap(lambda x: ring_sum(site, x))(points)[:, 0]
    alone = sum(
        jax.vmap(site)(jnp.stack([points[:, (i + k) % n] for k in range(pattern.inputs)], 1))[:, 0]
        for i in range(n)
    )
    target = jax.vmap(translates(pattern, n))(points)
    # rounding of readouts of some 1e5 in float64, over a few dozen neurons
    for found in (shared, jax.vmap(ring)(points)[:, 0]):
        np.testing.assert_allclose(found, alone, atol=1e-9)
        np.testing.assert_allclose(found, target, atol=1e-7)


def test_skips_and_several_outputs():
    site = flat_polynomial(
        "x*y + x", "silu", convention="hidden_bias+output_bias+affine_skip", scale=0.1
    )
    x = jnp.array([0.5, -1.0, 0.25])
    expected = sum(float(site(jnp.array([x[i], x[(i + 1) % 3]]))[0]) for i in range(3))
    np.testing.assert_allclose(ring_sum(site, x)[0], expected, atol=1e-11)
    np.testing.assert_allclose(unrolled(site, 3)(x)[0], expected, atol=1e-11)


@pytest.mark.parametrize("n", [2, 5, 16])
def test_neurons_grow_and_weights_do_not(n):
    site = multiplication_gate("exp")
    ring = unrolled(site, n)
    assert ring.neurons == 4 * n
    assert ring.synapses == n * site.synapses
    assert count_weights(site) == 12
    found = [np.unique(np.asarray(part.weight)) for part in ring.layers]
    kept = [np.unique(np.asarray(part.weight)) for part in site.layers]
    for ours, theirs in zip(found, kept, strict=True):
        assert set(ours) - {0.0} == set(theirs)


@pytest.mark.parametrize("n", [4, 6, 12])
def test_a_quadratic_ring_takes_three_neurons_a_variable(n):
    # Theorem H4, as in its proof: every second variable times what it meets, and n / 2 squares
    pattern = polynomial("3*x**2 - 2*x*y", variables=("x", "y"))
    ring = translates(pattern, n)
    x = [Fraction(k * k - 7, 5) for k in range(n)]
    products = sum(x[i] * (3 * x[i] - 2 * x[i - 1] - 2 * x[(i + 1) % n]) for i in range(0, n, 2))
    assert products + 3 * sum(x[j] ** 2 for j in range(1, n, 2)) == ring.exact(x)
    assert deep_polynomial(ring, "silu").neurons == 4 * (n // 2) + 2 * (n // 2) == 3 * n


def test_a_ring_that_is_too_short():
    site = multiplication_gate("silu")
    with pytest.raises(ValueError, match="`site` must have at most as many inputs"):
        unrolled(site, 1)
    with pytest.raises(ValueError, match="`site` must have at most as many inputs"):
        ring_sum(site, jnp.ones(1))
