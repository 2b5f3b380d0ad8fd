"""Errors of networks."""

import jax.numpy as jnp
import numpy as np
import pytest

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


def test_tiny_values_do_not_underflow():
    zero = Network(
        (Layer(jnp.zeros((100, 1), "float32")), Layer(jnp.zeros((1, 1), "float32"))),
        activation("tanh"),
    )
    points = jnp.asarray(sample("cube", 100, 64, seed=0), "float32")
    error = relative_rms_error(zero, product(100), points)  # products near 1e-40
    assert error.dtype == "float32"
    assert float(error) == 1


def test_one_output():
    two = Network((Layer(jnp.zeros((2, 1))), Layer(jnp.zeros((1, 2)))), activation("tanh"))
    for measure in (relative_rms_error, sup_error):
        with pytest.raises(ValueError, match="`network` must have one output; got 2"):
            measure(two, product(2), jnp.zeros((4, 2)))
