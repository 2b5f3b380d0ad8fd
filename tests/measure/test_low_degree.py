"""Closed forms of the low-degree algorithm's error, each against what it is about."""

from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gamma

from noflat.measure import (
    all_signs,
    average_sensitivity,
    averages_error,
    best_ridge,
    certified_samples,
    degree_weights,
    fourier_coefficients,
    least_samples,
    least_squares_error,
    ridge_error,
    walsh_sums,
)
from noflat.training import (
    gram_of_sums,
    low_degree_averages,
    low_degree_features,
    low_degree_sets,
    solve_low_degree,
)

N = 8
VALUES = jax.random.normal(jax.random.key(1), (2**N,), "float64") + jnp.asarray(
    2 * all_signs(N)[:, 0]
)
WEIGHTS = degree_weights(VALUES)
FLAT = np.array([0.5, 1.0, 1.0, 0.25])


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_averages_over_all_training_sets_of_two_words(degree):
    words = jnp.asarray(all_signs(2))
    values = jnp.array([1.0, -2.0, 0.5, 3.0])
    errors = []
    for pair in product(range(4), repeat=2):
        chosen = np.array(pair)
        fit = low_degree_averages(words[chosen], values[chosen], degree)
        errors.append(float(jnp.mean((jax.vmap(fit)(words) - values) ** 2)))
    assert averages_error(degree_weights(values), degree, 2) == pytest.approx(np.mean(errors))


def errors_of(samples, degree, noise, seeds):
    sets = low_degree_sets(N, degree)
    spectrum = fourier_coefficients(VALUES)

    def one(key):
        draw, more = jax.random.split(key)
        chosen = jax.random.randint(draw, (samples,), 0, 2**N)
        told = VALUES[chosen] + noise * jax.random.normal(more, (samples,))
        sums = jnp.zeros(2**N).at[chosen].add(told) / samples
        found = jnp.zeros_like(spectrum).at[sets].set(walsh_sums(sums)[sets])
        return jnp.sum((found - spectrum) ** 2)

    return np.asarray(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(samples), seeds)))


@pytest.mark.parametrize("noise", [0.0, 1.5])
@pytest.mark.parametrize("degree", [1, 3, 8])
@pytest.mark.parametrize("samples", [5, 100])
def test_averages_against_sampling(samples, degree, noise):
    errors = errors_of(samples, degree, noise, 2000)
    predicted = averages_error(WEIGHTS, degree, samples, noise=noise)
    assert abs(errors.mean() - predicted) < 4.5 * errors.std() / 2000**0.5


def gaussian_errors(features, samples, ridge, seeds, tail=0.25, seen=2.5):
    """Least squares of independent normal features, by NumPy."""
    generator = np.random.default_rng(features * samples)
    true = np.full(features, (seen / features) ** 0.5)
    errors = []
    for _ in range(seeds):
        x = generator.normal(size=(samples, features))
        y = x @ true + tail**0.5 * generator.normal(size=samples)
        if ridge:
            gram = x.T @ x / samples + ridge * np.eye(features)
            found = np.linalg.solve(gram, x.T @ y / samples)
        else:
            found = np.linalg.lstsq(x, y, rcond=None)[0]
        errors.append(tail + np.sum((found - true) ** 2))
    return np.array(errors)


@pytest.mark.parametrize("samples", [2, 4, 12, 40])
def test_least_squares_is_exact_for_normal_features(samples):
    assert low_degree_features(3, 2) == 7
    errors = gaussian_errors(7, samples, 0.0, 4000)
    predicted = least_squares_error(FLAT, 2, samples)
    assert abs(errors.mean() - predicted) < 5 * errors.std() / 4000**0.5


def inverse_moment(degrees):
    """The mean of 1/t for a chi-squared t, by its density."""

    def density(t):
        return np.exp(-t / 2) * t ** (degrees / 2 - 2) / 2 ** (degrees / 2) / gamma(degrees / 2)

    return quad(density, 0, 1)[0] + quad(density, 1, np.inf)[0]


def test_least_squares_is_infinite_between():
    """Proposition S6 with one feature, whose trace is 1 over a chi-squared number."""
    weights = np.array([1.0, 0.25])  # degree 0: the constant alone is seen
    for samples in (3, 4, 7):
        predicted = 0.25 * (1 + inverse_moment(samples))
        assert least_squares_error(weights, 0, samples) == pytest.approx(predicted)
    assert [least_squares_error(weights, 0, samples) for samples in (1, 2)] == [np.inf] * 2
    # of seven features from one sample less to one more, and nowhere if nothing is beyond them
    errors = [least_squares_error(FLAT, 2, samples) for samples in range(1, 20)]
    assert [n for n, error in enumerate(errors, start=1) if error == np.inf] == [6, 7, 8]
    assert least_squares_error(np.array([1.0, 1.0, 0.0]), 1, 3) == 0


@pytest.mark.parametrize("samples", [150, 299, 600])
@pytest.mark.parametrize("ridge", [0.02, 0.5])
def test_a_ridge_in_the_limit(samples, ridge):
    weights = np.zeros(25)
    weights[2], weights[3] = 2.5, 0.25
    assert low_degree_features(24, 2) == 301
    errors = gaussian_errors(301, samples, ridge, 12)
    # the limit holds up to O(1/N), the spread to be seen beside it
    assert errors.mean() == pytest.approx(ridge_error(weights, 2, samples, ridge), rel=0.05)


def test_without_its_ridge_it_is_least_squares():
    weights = np.zeros(25)
    weights[1], weights[3] = 2.0, 1.0
    for samples in (60, 1200):
        predicted = ridge_error(weights, 2, samples, 1e-9)
        # 1 beside N - D
        assert predicted == pytest.approx(least_squares_error(weights, 2, samples), rel=0.01)


def test_the_best_ridge_is_best():
    for samples in (5, 20, 37, 300):
        best = best_ridge(WEIGHTS, 2, samples)
        least = ridge_error(WEIGHTS, 2, samples, best)
        for factor in (0.5, 0.9, 1.1, 2.0):
            assert ridge_error(WEIGHTS, 2, samples, factor * best) > least
        assert least < least_squares_error(WEIGHTS, 2, samples)
    assert best_ridge(np.array([0.0, 0.0, 1.0]), 1, 5) == float("inf")


def test_the_peak_is_there_on_signs_and_the_ridge_avoids_it():
    degree, features = 2, low_degree_features(N, 2)
    sets, spectrum = low_degree_sets(N, degree), fourier_coefficients(VALUES)
    ridge = best_ridge(WEIGHTS, degree, features)

    def one(key, samples, weight):
        chosen = jax.random.randint(key, (samples,), 0, 2**N)
        counts = jnp.zeros(2**N).at[chosen].add(1.0) / samples
        gram = gram_of_sums(walsh_sums(counts), N, degree)
        found = solve_low_degree(gram, walsh_sums(counts * VALUES)[sets], weight)
        return jnp.sum(spectrum.at[sets].add(-found) ** 2)

    keys = jax.random.split(jax.random.key(5), 40)
    at = [np.median([one(key, samples, 0.0) for key in keys]) for samples in (features, 150)]
    calm = np.median([one(key, features, ridge) for key in keys])
    assert at[0] > 5 * at[1]
    assert at[0] > 3 * calm
    assert calm == pytest.approx(ridge_error(WEIGHTS, degree, features, ridge), rel=0.25)
    # an approximation on signs
    assert at[1] == pytest.approx(least_squares_error(WEIGHTS, degree, 150), rel=0.25)


@pytest.mark.parametrize("error", [0.3, 1.0, 4.0])
def test_the_least_samples_are_the_least(error):
    found = least_samples(WEIGHTS, error)
    assert averages_error(WEIGHTS, found.degree, found.samples) <= error * (1 + 1e-12)
    for degree in range(N + 1):
        fewer = averages_error(WEIGHTS, degree, max(1, found.samples - 1))
        assert fewer > error or found.samples == 1


@pytest.mark.parametrize("error", [0.5, 2.0, 8.0])
def test_certified_samples_are_enough(error):
    sensitivity = float(average_sensitivity(WEIGHTS))
    found = certified_samples(sensitivity, float(WEIGHTS.sum()), N, error)
    assert averages_error(WEIGHTS, found.degree, found.samples) <= error
    assert found.samples >= least_samples(WEIGHTS, error).samples


def test_certified_samples_grow_as_a_power():
    sizes = [certified_samples(Fraction(1, 2), 1, n, 0.24) for n in (100, 200)]
    assert sizes[0].degree == sizes[1].degree == 2
    # D is n(n + 1)/2 + 1
    assert sizes[1].samples / sizes[0].samples == pytest.approx(4, rel=0.01)


def test_what_is_refused():
    with pytest.raises(ValueError, match="`degree` must be at most the 3 signs"):
        averages_error(FLAT, 4, 10)
    with pytest.raises(ValueError, match="`samples` must be an integer of at least 1"):
        least_squares_error(FLAT, 1, 0)
    with pytest.raises(ValueError, match="`ridge` must be a positive number"):
        ridge_error(FLAT, 1, 5, 0.0)
    with pytest.raises(ValueError, match="`error` must be a positive number"):
        least_samples(FLAT, 0.0)
    with pytest.raises(ValueError, match="`mean_square` must be a positive number"):
        certified_samples(1.0, 0.0, 4, 0.1)
