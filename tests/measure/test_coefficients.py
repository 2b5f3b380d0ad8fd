"""Slopes of fresh neurons at a parity: closed form, samples, bound, and gradients of a network."""

from math import comb

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.measure import (
    mean_squared_coefficient,
    sampled_squared_coefficient,
    squared_coefficient_bound,
)
from noflat.networks import WindowNetwork
from noflat.targets.bits import bit_states


@pytest.mark.parametrize("slope", [True, False])
@pytest.mark.parametrize("bias", [0.0, 0.5, 1.0])
def test_squares_of_all_orders_add_up(slope, bias):
    n = 9
    found = sum(
        comb(n, m) * mean_squared_coefficient(n, m, slope=slope, bias=bias) for m in range(n + 1)
    )
    expected = 0.5 if slope else (1 + bias**2) / 2
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("slope", [True, False])
def test_samples_agree_with_the_closed_form(slope):
    for n, m in ((3, 2), (6, 1), (8, 3)):
        found, error = sampled_squared_coefficient(n, m, slope=slope, draws=3000, seed=n)
        exact = mean_squared_coefficient(n, m, slope=slope)
        assert abs(found - exact) < 4 * error
        assert exact < squared_coefficient_bound(n, m, slope=slope)


@pytest.mark.parametrize("bias", [0.0, 1.0, 3.0])
def test_slopes_stay_below_the_variance_of_a_step(bias):
    n = 7
    found = [mean_squared_coefficient(n, m, slope=True, bias=bias) for m in range(n + 1)]
    bounds = [squared_coefficient_bound(n, m, slope=True, bias=bias) for m in range(n + 1)]
    assert all(one < bound for one, bound in zip(found, bounds, strict=True))
    total = sum(comb(n, m) * found[m] for m in range(1, n + 1))
    # without a bias a neuron is on at x or at -x, half of the words: nothing is to be gained
    assert total == pytest.approx(0.25, rel=1e-12) if bias == 0 else total < 0.25


def test_the_bound_of_order_0_needs_a_symmetric_law():
    """A bias that keeps a neuron on makes its mean slope 1, and all others 0."""
    words = 2 * bit_states(3) - 1
    on = (words.sum(axis=1) + 4 > 0).astype(float)
    assert on.mean() ** 2 == 1 > squared_coefficient_bound(3, 0, slope=True)
    assert np.all((words.T @ on) == 0)


def test_a_fresh_network_is_given_these_slopes():
    n, k, place = 8, 3, 2
    words = jnp.asarray(2.0 * bit_states(n) - 1)
    labels = jnp.prod(words[:, place : place + k], axis=1)
    for kind, seen in (("fcn", n), ("lcn", k)):
        network = WindowNetwork(kind, n, k, channels=200)
        params = network.init(jax.random.key(0), words[0])["params"]
        params = params | {"readout": jnp.ones_like(params["readout"])}

        def loss(params, network=network):
            return -jnp.mean(labels * network.apply({"params": params}, words))

        slopes = jax.grad(loss)(params)
        weight, readout = np.asarray(slopes["weight"]), np.asarray(slopes["readout"])
        squares = weight[place] ** 2 if kind == "fcn" else weight[place, 0] ** 2
        readouts = readout**2 if kind == "fcn" else readout[place] ** 2
        for found, order, slope in ((squares, k - 1, True), (readouts, k, False)):
            error = found.std(ddof=1) / found.size**0.5
            exact = mean_squared_coefficient(seen, order, slope=slope)
            assert abs(found.mean() - exact) < 4 * error
        if kind == "lcn":  # at other places there is nothing to be learned
            assert np.abs(np.delete(readout, place, axis=0)).max() < 1e-12


def test_they_vanish_as_a_power_of_the_inputs():
    for k in (2, 3, 4):
        first, last = (mean_squared_coefficient(n, k - 1, slope=True) for n in (32, 64))
        assert np.log2(last / first) == pytest.approx(1 - k, rel=0.1)


def test_errors():
    with pytest.raises(ValueError, match="`order` must be at most `inputs`"):
        mean_squared_coefficient(3, 4)
    with pytest.raises(ValueError, match="`inputs` must be at most 12"):
        sampled_squared_coefficient(13, 2, draws=10, seed=0)
    with pytest.raises(ValueError, match="`draws` must be an integer of at least 2"):
        sampled_squared_coefficient(4, 2, draws=1, seed=0)
