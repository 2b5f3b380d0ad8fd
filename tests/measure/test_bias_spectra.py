"""Bounds on eigenvalues: each holds, is what its formula says, and is exact where it should be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import eval_hermitenorm, factorial, ndtr

from noflat.measure.bias_kernels import bias_kernel, sphere_points
from noflat.measure.bias_spectra import (
    constancy,
    decoupling_bounds,
    indicator_coefficients,
    power_eigenvalues,
    separation,
    series_bounds,
    worst_case_bound,
)


@pytest.mark.parametrize("bias", [0.0, 0.7, 3.0])
def test_coefficients_are_integrals(bias):
    found = indicator_coefficients(bias, 8)
    for k in range(8):

        def integrand(z, k=k):
            return eval_hermitenorm(k, z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi * factorial(k))

        assert found[k] == pytest.approx(quad(integrand, bias, 30, epsabs=1e-13)[0], abs=1e-12)


@pytest.mark.parametrize("bias", [0.0, 2.0, 8.0])
def test_coefficients_sum_to_the_active_share(bias):
    sums = np.cumsum(indicator_coefficients(bias, 20_000) ** 2) / ndtr(-bias)
    assert np.all(np.diff(sums) >= 0)
    # of order k^(-3/2) each
    assert 1 - 0.03 < sums[-1] < 1


def test_series_is_the_kernel():
    points = sphere_points(9, 6, key=jax.random.key(0))
    gram = np.asarray(points @ points.T)
    for bias in (0.0, 1.5):
        weights = indicator_coefficients(bias, 400) ** 2
        series = sum(w * (1 + gram) * gram**k for k, w in enumerate(weights))
        off = ~np.eye(9, dtype=bool)
        found = np.asarray(bias_kernel(points, bias))[off]
        np.testing.assert_allclose(series[off], found, rtol=0, atol=1e-15)


@pytest.mark.parametrize("shape", [(4, 2), (12, 3), (20, 40)])
def test_bounds_hold(shape):
    for seed in range(3):
        points = sphere_points(*shape, key=jax.random.key(seed))
        if seed == 2:  # opposite points, and some that almost coincide
            points = jnp.concatenate([points, -points, points + 0.01 * points[::-1]])
            points = points / jnp.linalg.norm(points, axis=1, keepdims=True)
        gram = np.asarray(points @ points.T)
        ends = power_eigenvalues(gram)
        assert np.all(np.diff(ends[:, 0]) >= -1e-12)
        assert np.all(np.diff(ends[:, 1]) <= 1e-12)
        for bias in (0.0, 1.0, 3.0, 6.0):
            values = np.linalg.eigvalsh(np.asarray(bias_kernel(points, bias)))
            room = 1e-13 * len(points) * ndtr(-bias)
            for low, high in (series_bounds(ends, bias), decoupling_bounds(gram, bias)):
                assert low <= values[0] + room
                assert high >= values[-1] - room
            assert values[0] <= 2 * ndtr(-bias) + room


def test_bounds_of_two_points_are_exact():
    for rho in (-0.9, 0.3, 0.8):
        gram = np.array([[1, rho], [rho, 1]])
        points = jnp.array([[1.0, 0.0], [rho, (1 - rho**2) ** 0.5]])
        for bias in (0.0, 1.0):
            values = np.linalg.eigvalsh(np.asarray(bias_kernel(points, bias)))
            low, high = series_bounds(power_eigenvalues(gram, 200), bias)
            if rho > 0:  # the eigenvectors of all terms are the same, in the same order
                assert (low, high) == (pytest.approx(values[0]), pytest.approx(values[1]))
            else:
                assert low < values[0] < values[1] < high


def test_tail_of_the_series_counts():
    gram = np.asarray([[1.0, 0.2], [0.2, 1.0]])
    lows = [series_bounds(power_eigenvalues(gram, terms), 2.0).low for terms in (1, 2, 4, 40)]
    assert lows == sorted(lows)
    assert lows[0] == pytest.approx(2 * ndtr(-2.0) * 0.4)


def test_decoupling_is_its_formula_and_tends_to_the_diagonal():
    points = sphere_points(5, 4, key=jax.random.key(3))
    points = jnp.concatenate([points, -points[:1]])
    gram = np.asarray(points @ points.T)
    sums = [
        sum(
            (1 + rho) / 2 * np.exp(-(3.0**2) / 2 * (1 - rho) / (1 + rho))
            for j, rho in enumerate(row)
            if j != i and rho > -1 + 1e-12
        )
        for i, row in enumerate(gram)
    ]
    low, high = decoupling_bounds(gram, 3.0)
    assert high == pytest.approx(2 * ndtr(-3.0) * (1 + max(sums)))
    assert low == pytest.approx(2 * ndtr(-3.0) * max(0.0, 1 - max(sums)))
    far = decoupling_bounds(gram, 30.0)
    assert far.low / (2 * ndtr(-30.0)) == pytest.approx(1, abs=1e-5)
    # theorem K3 in the kernel itself
    shares = [
        np.linalg.eigvalsh(np.asarray(bias_kernel(points, bias)))[0] / (2 * ndtr(-bias))
        for bias in (0.0, 4.0, 20.0)
    ]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1, abs=1e-2)


def test_separation_and_the_older_bound():
    points = np.array([[1.0, 0.0], [np.cos(0.3), np.sin(0.3)], [-np.cos(0.1), np.sin(0.1)]])
    distances = [
        np.linalg.norm(points[i] - sign * points[j])
        for i in range(3)
        for j in range(i)
        for sign in (1, -1)
    ]
    gram = points @ points.T
    assert separation(gram) == pytest.approx(min(distances))
    assert worst_case_bound(gram, 1.0) == pytest.approx(min(distances) * np.exp(-0.5) / 900)


def test_constancy():
    assert constancy(np.array([3.0, 3.0])) == 0
    assert constancy(np.array([9.0, 11.0])) == pytest.approx(0.1)


def test_errors():
    with pytest.raises(ValueError, match="`gram` must be that of points of length 1"):
        power_eigenvalues(2 * np.eye(2))
    with pytest.raises(ValueError, match="`bias` must be 0 or more"):
        decoupling_bounds(np.eye(2), -1.0)
    with pytest.raises(ValueError, match="`count` must be an integer of at least 1"):
        indicator_coefficients(0.0, 0)
    with pytest.raises(ValueError, match="`ratios` must be a positive number"):
        constancy(np.array([0.0, 1.0]))
