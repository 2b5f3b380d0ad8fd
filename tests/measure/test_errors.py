"""Errors of networks."""

import jax.numpy as jnp
import numpy as np

from noflat import product
from noflat.activations import activation
from noflat.measure import relative_rms_error, sample, sup_error
from noflat.networks import Layer, Network


def test_by_hand():
    # the network 0 misses the product by all of it; the network 1 + 0 by a known amount
    zero = Network((Layer(jnp.zeros((2, 1))), Layer(jnp.zeros((1, 1)))), activation("tanh"))
    one = Network(
        (Layer(jnp.zeros((2, 1))), Layer(jnp.zeros((1, 1)), jnp.ones(1))), activation("tanh")
    )
    points = jnp.asarray(sample("cube", 2, 64, seed=0))
    values = np.prod(points, axis=1)
    assert float(relative_rms_error(zero, product(2), points)) == 1
    expected = np.sqrt(np.sum((1 - values) ** 2) / np.sum(values**2))
    np.testing.assert_allclose(relative_rms_error(one, product(2), points), expected, rtol=1e-12)
    np.testing.assert_allclose(
        sup_error(one, product(2), points), np.abs(1 - values).max(), rtol=1e-12
    )
