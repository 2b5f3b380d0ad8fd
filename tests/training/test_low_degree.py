"""The low-degree algorithm by two routes, and on functions that it can and cannot have."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.measure import all_signs, fourier_coefficients, walsh_sums
from noflat.training import (
    LowDegree,
    characters,
    gram_of_sums,
    low_degree_averages,
    low_degree_features,
    low_degree_least_squares,
    low_degree_sets,
    solve_low_degree,
)

N = 6
WORDS = jnp.asarray(all_signs(N))
KEY = jax.random.key(0)


def values_of(kind):
    values = jax.random.normal(jax.random.fold_in(KEY, 7), (2**N,), "float64")
    if kind == "any":
        return values
    low = fourier_coefficients(values)[low_degree_sets(N, 2)]
    return characters(WORDS, 2) @ low


def drawn(samples, values, number=0):
    chosen = jax.random.randint(jax.random.fold_in(KEY, number), (samples,), 0, 2**N)
    return chosen, WORDS[chosen], values[chosen]


@pytest.mark.parametrize("degree", range(N + 1))
def test_characters_against_products_one_by_one(degree):
    found = characters(WORDS[::5], degree)
    sets = low_degree_sets(N, degree)
    assert found.shape[1] == len(set(sets.tolist())) == low_degree_features(N, degree)
    assert sorted(sets, key=lambda number: (int(number).bit_count(), number)) == sets.tolist()
    for column, number in zip(found.T, sets.tolist(), strict=True):
        chosen = [i for i in range(N) if number >> i & 1]
        np.testing.assert_array_equal(column, np.prod(np.asarray(WORDS[::5])[:, chosen], axis=1))


@pytest.mark.parametrize("batch", [1, 7, 50, 4096])
@pytest.mark.parametrize("degree", [0, 1, 3])
def test_averages_against_the_transform_of_counts(degree, batch):
    values = values_of("any")
    chosen, x, y = drawn(50, values)
    counts = jnp.zeros(2**N).at[chosen].add(1.0)
    wanted = walsh_sums(counts * values)[low_degree_sets(N, degree)] / 50
    found = low_degree_averages(x, y, degree, batch=batch)
    np.testing.assert_allclose(found.coefficients, wanted, atol=1e-14)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("samples", [10, 22, 60])
def test_least_squares_against_numpy_and_the_transform(samples, ridge):
    values = values_of("any")
    chosen, x, y = drawn(samples, values, samples)
    features = np.asarray(characters(x, 2))
    more = np.sqrt(ridge * samples) * np.eye(features.shape[1])
    wanted = np.linalg.lstsq(
        np.concatenate([features, more]), np.append(y, np.zeros(len(more))), rcond=1e-8
    )[0]
    found = low_degree_least_squares(x, y, 2, ridge=ridge, batch=16).coefficients
    np.testing.assert_allclose(found, wanted, atol=1e-8)
    counts = jnp.zeros(2**N).at[chosen].add(1.0) / samples
    gram = gram_of_sums(walsh_sums(counts), N, 2)
    np.testing.assert_allclose(gram, features.T @ features / samples, atol=1e-12)
    products = walsh_sums(counts * values)[low_degree_sets(N, 2)]
    again = solve_low_degree(gram, products, ridge)
    np.testing.assert_allclose(found, again, atol=1e-8)


def test_all_words_give_the_coefficients_themselves():
    values = values_of("any")
    for fit in (low_degree_averages, low_degree_least_squares):
        found = fit(WORDS, values, 3)
        wanted = fourier_coefficients(values)[low_degree_sets(N, 3)]
        np.testing.assert_allclose(found.coefficients, wanted, atol=1e-12)


def test_a_polynomial_of_that_degree_is_found_from_few_samples_by_least_squares_only():
    values = values_of("low")
    _, x, y = drawn(60, values, 3)
    exact = low_degree_least_squares(x, y, 2)
    np.testing.assert_allclose(jax.vmap(exact)(WORDS), values, atol=1e-9)
    rough = low_degree_averages(x, y, 2)
    assert float(jnp.mean((jax.vmap(rough)(WORDS) - values) ** 2)) > 0.05


def test_the_spectrum_predicts_as_the_polynomial_does():
    _, x, y = drawn(40, values_of("any"), 4)
    fit = low_degree_averages(x, y, 3)
    predicted = jax.vmap(fit)(WORDS)
    np.testing.assert_allclose(fourier_coefficients(predicted), fit.spectrum(), atol=1e-12)
    np.testing.assert_allclose(jax.jit(lambda p, w: p(w))(fit, WORDS[5]), fit(WORDS[5]))


def test_dtypes_are_kept():
    _, x, y = drawn(40, values_of("any"), 5)
    x, y = x.astype("float32"), y.astype("float32")
    double = low_degree_least_squares(x.astype("float64"), y.astype("float64"), 1)
    for fit in (low_degree_averages, low_degree_least_squares):
        assert fit(x, y, 1).coefficients.dtype == jnp.float32
    found = low_degree_least_squares(x, y, 1).coefficients
    # the condition of 7 signs on 40 words, times the rounding of float32
    np.testing.assert_allclose(found, double.coefficients, atol=1e-5)


def test_a_ridge_under_jit():
    gram, products = jnp.eye(3) * 2, jnp.ones(3)
    found = jax.jit(solve_low_degree)(gram, products, jnp.array(2.0))
    np.testing.assert_allclose(found, 0.25)


def test_degree_zero_is_the_mean():
    fit = low_degree_averages(WORDS[:5], jnp.arange(5.0), 0)
    assert isinstance(fit, LowDegree)
    assert float(fit(WORDS[0])) == 2.0


def test_what_is_refused():
    x, y = WORDS[:4], jnp.zeros(4)
    with pytest.raises(ValueError, match="`degree` must be at most `n` = 6"):
        low_degree_averages(x, y, 7)
    with pytest.raises(ValueError, match="`degree` must be an integer of at least 0"):
        low_degree_sets(N, -1)
    with pytest.raises(ValueError, match="`y` must have a value for every word"):
        low_degree_least_squares(x[:0], y[:0], 1)
    with pytest.raises(ValueError, match="`ridge` must be at least 0; got -1"):
        low_degree_least_squares(x, y, 1, ridge=-1.0)
    with pytest.raises(ValueError, match="`sums` must be one for each of the 64 sets"):
        gram_of_sums(jnp.zeros(8), N, 1)
    with pytest.raises(ValueError, match="`batch` must be an integer of at least 1"):
        low_degree_averages(x, y, 1, batch=0)
    with pytest.raises(ValueError, match="features to least squares; 10 makes"):
        low_degree_least_squares(jnp.ones((2, 16)), jnp.zeros(2), 10)
