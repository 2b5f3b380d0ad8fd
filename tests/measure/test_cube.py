"""The transform against sums over all words, and sensitivities against flips and draws."""

from fractions import Fraction
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noflat.measure import (
    all_signs,
    average_sensitivity,
    degree_weights,
    exact_average_sensitivity,
    fourier_coefficients,
    fourier_tails,
    noise_sensitivity,
    sampled_average_sensitivity,
    walsh_sums,
)
from noflat.targets import (
    index_sensitivity,
    index_weights,
    indexed,
    majority,
    majority_sensitivity,
    spectrum,
)

functions = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.integers(-9, 9), min_size=2**n, max_size=2**n)
)


@given(functions)
@settings(max_examples=40, deadline=None)
def test_sums_are_those_over_all_words(values):
    n = len(values).bit_length() - 1
    x = all_signs(n).astype(int)
    found = np.asarray(jax.jit(walsh_sums)(jnp.asarray(values)))
    assert found.dtype == np.int64
    for number in range(2**n):
        chosen = [i for i in range(n) if number >> i & 1]
        assert found[number] == np.sum(np.array(values) * np.prod(x[:, chosen], axis=1))


def test_coefficients_are_those_of_a_pattern():
    values = np.random.default_rng(0).integers(0, 2, 16) * 2 - 1
    found = np.asarray(fourier_coefficients(jnp.asarray(values, float)))
    for chosen, coefficient in spectrum(values).items():
        assert found[sum(1 << i for i in chosen)] == float(coefficient)


@given(functions)
@settings(max_examples=40, deadline=None)
def test_weights_and_sensitivities_are_those_of_the_definition(values):
    n = len(values).bit_length() - 1
    x = all_signs(n)
    f = np.array(values, float)
    weights = degree_weights(jnp.asarray(f))
    assert np.sum(weights) == pytest.approx(np.mean(f**2))
    exact = exact_average_sensitivity(values)
    flips = sum(np.mean((f - f[np.arange(2**n) ^ (1 << i)]) ** 2) / 4 for i in range(n))
    assert float(exact) == pytest.approx(flips)
    assert average_sensitivity(weights) == pytest.approx(float(exact))
    tails = np.asarray(fourier_tails(weights))
    assert tails.sum() == pytest.approx(float(exact))  # each degree j is in j tails
    rho = 0.3
    agree = np.prod((1 + rho * x[:, None, :] * x[None, :, :]) / 2, axis=2)
    pairs = np.mean(np.sum(agree * (f[:, None] - f[None, :]) ** 2, axis=1)) / 4
    assert noise_sensitivity(weights, rho) == pytest.approx(pairs)
    assert noise_sensitivity(weights, 1.0) == 0
    for d in range(n + 1):  # the inequality that turns noise into tails
        most = 2 * noise_sensitivity(weights, rho) / (1 - rho ** (d + 1))
        assert tails[d] <= most + 1e-9


def test_exact_sensitivity_takes_fractions_and_floats_as_they_are():
    assert exact_average_sensitivity([0, Fraction(1, 3)]) == Fraction(1, 36)
    assert exact_average_sensitivity([Fraction(1, 2), Fraction(1, 3)]) == Fraction(1, 144)
    assert exact_average_sensitivity(np.array([0.0, 0.1])) == Fraction(0.1) ** 2 / 4
    assert exact_average_sensitivity([2**70, -(2**70)]) == 2**140
    # an array of both would be one of floats
    assert exact_average_sensitivity([2**63 + 1, -1]) == Fraction((2**63 + 2) ** 2, 4)


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_the_index_has_its_closed_forms(bits):
    x = jnp.asarray(all_signs(bits + 2**bits))
    values = jax.jit(jax.vmap(lambda word: indexed(word, bits)))(x)
    assert exact_average_sensitivity(np.asarray(values)) == index_sensitivity(bits)
    expected = np.zeros(bits + 2**bits + 1)
    expected[: bits + 2] = [float(weight) for weight in index_weights(bits)]
    np.testing.assert_array_equal(degree_weights(values), expected)


@pytest.mark.parametrize("n", [3, 5, 9, 11])
def test_majority_has_its_closed_form(n):
    values = jax.vmap(majority)(jnp.asarray(all_signs(n)))
    assert exact_average_sensitivity(np.asarray(values)) == majority_sensitivity(n)
    plain = Fraction(
        sum(sum(word) == 0 for word in np.asarray(all_signs(n - 1)).astype(int).tolist()) * n,
        2 ** (n - 1),
    )
    assert majority_sensitivity(n) == plain


def test_drawn_sensitivity_is_within_its_error():
    for n, function, exact in (
        (9, majority, majority_sensitivity(9)),
        (11, lambda x: indexed(x, 3), index_sensitivity(3)),
    ):
        key = jax.random.key(0)
        found, error = sampled_average_sensitivity(function, n, samples=20_000, key=key)
        assert 0 < error < 0.1
        assert abs(found - float(exact)) < 4 * error


def test_degrees_of_products():
    n = 5
    for d in range(n + 1):
        x = jnp.asarray(all_signs(n))
        values = sum(jnp.prod(x[:, list(chosen)], axis=1) for chosen in combinations(range(n), d))
        weights = degree_weights(jnp.broadcast_to(values, (2**n,)))
        assert np.flatnonzero(weights).tolist() == [d]


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_told():
    with pytest.raises(ValueError, match="`values` must be one for each of 1, 2, 4"):
        walsh_sums(jnp.ones(3))
    with pytest.raises(ValueError, match="`values` must be one for each"):
        exact_average_sensitivity([1, 2, 3])
    with pytest.raises(ValueError, match="`samples` must be an integer of at least 2"):
        sampled_average_sensitivity(jnp.sum, 3, samples=1, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`n` must be odd"):
        majority_sensitivity(4)
    with pytest.raises(ValueError, match="`n` must be odd"):
        majority(jnp.ones(2))
    with pytest.raises(ValueError, match="`x` must have 6 signs for 2 bits"):
        indexed(jnp.ones(5), 2)
    with pytest.raises(ValueError, match="`bits` must be an integer"):
        index_sensitivity(0)
