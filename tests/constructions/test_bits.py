"""One neuron per product of bits, whole functions, and the cosine of a parity."""

from math import log, pi

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from scipy.integrate import dblquad

from noflat.constructions import (
    bit_error,
    bit_network,
    function_error,
    parity_neuron,
    sharpness_for,
)
from noflat.targets import bit_states, multilinear, polynomial, product


def _on(network, states):
    return np.asarray(jax.vmap(network)(jnp.asarray(states, float)))


@pytest.mark.parametrize("beta", [0.5, 3.0, 12.0, 30.0])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_error_of_a_product(k, beta):
    network = bit_network([product(k)], beta)
    assert network.neurons == 1
    errors = np.abs(_on(network, bit_states(k))[:, 0] - bit_states(k).prod(axis=1))
    ball = 1 / (1 + (arb(beta) / 2).exp())
    np.testing.assert_allclose(bit_error(beta), float(ball), rtol=1e-15)
    # 1 - sigmoid rounds by 2^-53
    np.testing.assert_allclose(errors.max(), float(ball), atol=2e-16, rtol=1e-12)
    counts = bit_states(k).sum(axis=1)
    np.testing.assert_allclose(errors[counts >= k - 1], float(ball), atol=2e-16, rtol=1e-12)
    assert (errors[counts < k - 1] < float(ball)).all()


@pytest.mark.parametrize("digits", [0.5, 1, 3, 8, 200])
def test_digits(digits):
    beta = sharpness_for(digits)
    np.testing.assert_allclose(log(1 / bit_error(beta)), digits * log(10), rtol=1e-13)
    assert beta <= 2 * digits * log(10)
    # half of the sharpness gives half of the digits, and a little more
    half = -np.log10(bit_error(digits * log(10)))
    assert digits / 2 * (1 - 1e-13) < half < digits / 2 + 0.31


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
def test_any_function(n):
    states, beta = bit_states(n), 24.0
    random = np.random.default_rng(n)
    values = [random.integers(0, 2, 2**n), random.integers(-9, 10, 2**n), states.sum(axis=1) % 2]
    targets = [multilinear(list(map(int, value))) for value in values]
    network = bit_network(targets, beta)
    monomials = {e for target in targets for e, _ in target.terms if any(e)}
    assert network.neurons == len(monomials) <= 2**n - 1
    errors = np.abs(_on(network, states) - np.stack(values, axis=1)).max(axis=0)
    for error, value, target in zip(errors, values, targets, strict=True):
        size = float(sum(abs(c) for e, c in target.terms if any(e)))
        rounding = 2.0**-50 * (1 + size) * 2**n
        assert error <= bit_error(beta) * size + rounding
        if np.ptp(value):
            assert error <= function_error(n, beta, span=float(np.ptp(value))) + rounding


def test_parity_errs_n_times():
    n, beta = 6, 20.0
    network = bit_network([multilinear([int(s.sum()) % 2 for s in bit_states(n)])], beta)
    error = np.abs(_on(network, bit_states(n))[:, 0] - bit_states(n).sum(axis=1) % 2).max()
    assert n * bit_error(beta) * 0.99 < error <= function_error(n, beta)
    np.testing.assert_allclose(function_error(n, beta), (n + 1) * bit_error(beta), rtol=1e-3)


def test_powers_of_bits_are_the_bits():
    powers = polynomial("x**2*y + 3*x*y**3 - x", variables=("x", "y"))
    plain = polynomial("4*x*y - x", variables=("x", "y"))
    one, other = bit_network([powers], 9.0), bit_network([plain], 9.0)
    np.testing.assert_array_equal(_on(one, bit_states(2)), _on(other, bit_states(2)))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9, 12])
def test_one_cosine_on_all_corners(n):
    signs = 1 - 2 * bit_states(n)
    # in whole numbers: the sum less n is even, and its half is odd where the product is -1
    halves = (n - signs.sum(axis=1)) // 2
    np.testing.assert_array_equal((-1) ** halves, signs.prod(axis=1))
    network = parity_neuron(n)
    assert network.neurons == 1
    error = np.abs(_on(network, signs)[:, 0] - signs.prod(axis=1)).max()
    assert error <= 2 * pi * n * 2.0**-53


def test_between_the_corners_it_is_another_function():
    network = parity_neuron(2)
    difference = lambda y, x: (np.cos(pi / 2 * (x + y - 2)) - x * y) ** 2 / 4
    exact = dblquad(difference, -1, 1, -1, 1)[0]
    np.testing.assert_allclose(exact, 0.5 - 2 * (4 / pi**2) ** 2 + 1 / 9, rtol=1e-9)
    assert abs(float(network(jnp.zeros(2))[0]) + 1) < 1e-15  # where the product is 0


def test_errors():
    with pytest.raises(ValueError, match="`targets` must be one or more polynomials"):
        bit_network([product(2), product(3)], 1.0)
    with pytest.raises(ValueError, match="`targets` must not all be constant"):
        bit_network([multilinear([1, 1])], 1.0)
    with pytest.raises(ValueError, match="`sharpness` must be a positive number"):
        bit_network([product(2)], 0.0)
    with pytest.raises(ValueError, match=r"`digits` must be above log10\(2\)"):
        sharpness_for(0.3)
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1"):
        parity_neuron(0)
