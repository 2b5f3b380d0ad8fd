"""Patterns of consecutive signs: labels, correlations and the best linear classifier."""

from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.targets import (
    parity_linear_accuracy,
    parity_pattern,
    pattern_labels,
    random_pattern,
    random_signs,
    spectrum,
)
from noflat.targets.bits import bit_states


def test_labels_of_a_parity_are_products_wherever_it_is():
    x = random_signs(200, 9, key=jax.random.key(0))
    for place in range(7):
        labels = pattern_labels(parity_pattern(9, 3, place), x)
        assert labels.dtype == x.dtype
        assert jnp.array_equal(labels, jnp.prod(x[:, place : place + 3], axis=1))


def test_a_place_may_be_traced():
    x = random_signs(50, 6, key=jax.random.key(0))

    def labels(place):
        return pattern_labels(parity_pattern(6, 2, place), x)

    assert jnp.array_equal(jax.jit(labels)(jnp.int32(3)), labels(3))


def test_random_patterns_are_balanced_functions_of_the_window():
    x = random_signs(400, 7, key=jax.random.key(1))
    pattern = random_pattern(7, 3, 2, key=jax.random.key(2))
    assert pattern.size == 3
    assert pattern.places == 5
    assert int(jnp.sum(jnp.asarray(pattern.values))) == 0
    labels = pattern_labels(pattern, x)
    others = x.at[:, jnp.array([0, 1, 5, 6])].set(1.0)
    assert jnp.array_equal(labels, pattern_labels(pattern, others))


def test_the_spectrum_is_that_of_all_words():
    pattern = random_pattern(5, 3, 1, key=jax.random.key(3))
    words = 2 * bit_states(5) - 1
    labels = np.asarray(pattern_labels(pattern, jnp.asarray(words)))
    found = spectrum(np.asarray(pattern.values))
    assert sum(value**2 for value in found.values()) == 1
    for inputs, value in found.items():
        columns = words[:, [1 + i for i in inputs]]
        assert Fraction(int(np.sum(labels * columns.prod(axis=1))), 32) == value


def test_no_linear_classifier_is_better_on_a_parity():
    for k in (1, 2, 3):
        words = 2 * bit_states(k) - 1
        parity = words.prod(axis=1)
        best = max(
            float(np.mean(np.sign(words @ np.array(weights) + bias + 0.5) == parity))
            for weights in product(range(-3, 4), repeat=k)
            for bias in range(-7, 7)
        )
        assert Fraction(best) == parity_linear_accuracy(k)


def test_the_majority_attains_it():
    for k in range(1, 9):
        words = 2 * bit_states(k) - 1
        agree = np.mean((words.sum(axis=1) > (k + 1) % 2) == (words.prod(axis=1) > 0))
        assert max(agree, 1 - agree) == parity_linear_accuracy(k)


def test_errors():
    with pytest.raises(ValueError, match="`place` must be from 0"):
        parity_pattern(5, 3, 3)
    with pytest.raises(ValueError, match="`inputs` must be at least `size`"):
        random_pattern(2, 3, 0, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`values` must be one for each"):
        spectrum(np.array([1, -1, 1]))
