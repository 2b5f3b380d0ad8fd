"""The readout by QR, against least squares of NumPy."""

import jax.numpy as jnp
import numpy as np

from noflat.training.readouts import solve_readout


def _problem():
    random = np.random.default_rng(0)
    features, values = random.standard_normal((30, 4)), random.standard_normal(30)
    return features, values


def test_independent_features():
    features, values = _problem()
    found = solve_readout(jnp.asarray(features), jnp.asarray(values), jnp.ones(4))
    expected, *_ = np.linalg.lstsq(features, values)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-12)
    np.testing.assert_allclose(found.residual, values - features @ expected, atol=1e-13)
    np.testing.assert_allclose(features @ found.inverse, found.basis, atol=1e-13)


def test_equal_features_give_a_finite_readout():
    features, values = _problem()
    features[:, 3] = features[:, 0]
    found = solve_readout(jnp.asarray(features), jnp.asarray(values), jnp.ones(4))
    assert np.isfinite(found.weights).all()
    np.testing.assert_allclose(found.basis.T @ found.basis, np.eye(4), atol=1e-14)


def test_padded_features_get_nothing():
    features, values = _problem()
    features[:, 3] = 0
    real = jnp.array([1.0, 1.0, 1.0, 0.0])
    found = solve_readout(jnp.asarray(features), jnp.asarray(values), real)
    alone = solve_readout(jnp.asarray(features[:, :3]), jnp.asarray(values), jnp.ones(3))
    np.testing.assert_allclose(found.weights[:3], alone.weights, rtol=1e-12)
    assert found.weights[3] == 0
