"""A signal in one of k patches: its law, and the best classifiers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from noflat.targets import random_signal, sample_signals, signal_linear_accuracy, signal_log_odds

LAW = random_signal(5, 3, 0.3, key=jax.random.key(0), dtype="float64")
DATA = sample_signals(LAW, 40000, key=jax.random.key(1))


def test_one_patch_holds_the_signal_with_its_sign():
    patches = DATA.inputs.reshape(-1, 5, 3)
    along = jnp.sum(patches @ LAW.signal, axis=1)
    error = 0.3 * 5**0.5 / len(along) ** 0.5
    assert abs(jnp.mean(along * DATA.labels) - 1) < 5 * error
    rest = patches - (patches @ LAW.signal)[..., None] * LAW.signal[None, None, :]
    # noise only, in two of three directions
    assert jnp.mean(jnp.sum(rest**2, axis=(1, 2))) == pytest.approx(5 * 2 * 0.09, rel=0.02)
    assert jnp.sum(DATA.labels) == 0


def test_every_input_correlates_as_the_signal_over_the_places():
    found = jnp.mean(DATA.inputs * DATA.labels[:, None], axis=0).reshape(5, 3)
    assert jnp.all(jnp.abs(found - LAW.signal[None, :] / 5) < 5 * 0.6 / 200)


def test_the_best_linear_accuracy_is_that_of_equal_weights():
    def accuracy(weights):
        found = weights / jnp.linalg.norm(weights)
        return float(norm.cdf(found / 0.3).mean())

    found = minimize(lambda t: -accuracy(jnp.asarray(t)), [1.0, 0.5, 0.2, 0.1, 0.4])
    assert -found.fun == pytest.approx(signal_linear_accuracy(5, 0.3), abs=1e-6)
    sums = jnp.sum(DATA.inputs.reshape(-1, 5, 3) @ LAW.signal, axis=1)
    share = float(jnp.mean(sums * DATA.labels > 0))
    assert abs(share - signal_linear_accuracy(5, 0.3)) < 4 * 0.25 / 200


def linear_accuracy(v, c):
    """Of the sign of <v, x> + c, by the law: the mean over places and labels."""
    along, length = v @ np.asarray(LAW.signal), np.linalg.norm(v)
    return float(norm.cdf(np.stack([along + c, along - c]) / (0.3 * length)).mean())


def test_no_direction_and_no_bias_is_better():
    """Theorem L2 in all 15 inputs: by the law, which samples agree with, and by optimization."""
    draw, best = np.random.default_rng(0), signal_linear_accuracy(5, 0.3)
    patches = np.asarray(DATA.inputs).reshape(-1, 5, 3)
    for number in range(200):
        v, c = draw.normal(size=(5, 3)), 0.3 * draw.normal()
        assert linear_accuracy(v, c) < best
        if number < 3:
            sums = np.einsum("pid,id->p", patches, v) + c
            share = np.mean(sums * np.asarray(DATA.labels) > 0)
            assert abs(share - linear_accuracy(v, c)) < 4 * 0.5 / 200
    # from the right side of every patch: with a wrong sign in one it ends in a lesser maximum
    start = np.append(np.asarray(LAW.signal) + 0.3 * draw.normal(size=(5, 3)), 0.1)
    found = minimize(lambda t: -linear_accuracy(t[:15].reshape(5, 3), t[15]), start)
    assert -found.fun == pytest.approx(best, abs=1e-6)


def test_the_odds_are_those_of_the_mixture():
    def density(x, sign):
        means = sign * jnp.kron(jnp.eye(5), LAW.signal)
        return jnp.sum(jnp.exp(-jnp.sum((x[None, :] - means) ** 2, axis=1) / (2 * 0.09)))

    for x in DATA.inputs[:5]:
        expected = jnp.log(density(x, 1.0) / density(x, -1.0))
        assert float(signal_log_odds(LAW, x)) == pytest.approx(float(expected), rel=1e-9)


def test_errors():
    with pytest.raises(ValueError, match="`noise` must be a positive number"):
        random_signal(5, 3, 0.0, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`patches` must be an integer"):
        random_signal(0, 3, 0.1, key=jax.random.key(0))
