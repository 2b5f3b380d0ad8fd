"""Bounds on eigenvalues: each holds, is what its formula says, and is exact where it should be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import eval_hermitenorm, factorial, log_ndtr, ndtr

from noflat.measure.bias_kernels import bias_kernel, sphere_points
from noflat.measure.bias_spectra import (
    constancy,
    decoupling_bounds,
    indicator_coefficients,
    least_angle,
    pair_bound,
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


def pair_by_integral(angle, bias):
    """Theorem K5: (1 - cos) P(cos) + (1/pi) int exp(-B^2/(1+cos t)) dt, P by that integral too."""

    def integrand(t):
        return np.exp(-(bias**2) / (1 + np.cos(t)))

    gap = quad(integrand, 0, angle, epsabs=1e-15)[0] / np.pi
    return (1 - np.cos(angle)) * (ndtr(-bias) - gap / 2) + gap


@pytest.mark.parametrize("bias", [0.0, 0.5, 2.0, 6.0])
@pytest.mark.parametrize("angle", [1e-3, 0.3, 1.2, 3.0])
def test_two_points_have_the_value_of_their_pair(angle, bias):
    points = jnp.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    kernel = np.asarray(bias_kernel(points, bias))
    assert least_angle(np.asarray(points @ points.T)) == pytest.approx(angle, rel=1e-9)
    # exact at two points, and what the closed form of H leaves of it after cancellation
    room = 1e-14 * ndtr(-bias)
    assert pair_bound(kernel) == pytest.approx(np.linalg.eigvalsh(kernel)[0], rel=0, abs=room)
    value = pair_by_integral(angle, bias)
    assert pair_bound(kernel) == pytest.approx(value, rel=1e-10, abs=room)
    assert value <= (angle / np.pi + angle**2 / 4) * np.exp(-(bias**2) / 2)


def test_nearest_pair_is_the_least_of_all_and_bounds_the_eigenvalue():
    for seed in range(3):
        points = sphere_points(9, 4, key=jax.random.key(seed))
        points = jnp.concatenate([points, -points[:2]])
        for bias in (0.0, 1.5, 5.0):
            kernel = np.asarray(bias_kernel(points, bias))
            vectors = [np.eye(11)[i] - np.eye(11)[j] for i in range(11) for j in range(i)]
            loop = min(float(v @ kernel @ v) / 2 for v in vectors)
            found, room = pair_bound(kernel), 1e-13 * ndtr(-bias)
            assert found == pytest.approx(loop, rel=0, abs=room)
            # that of the least angle, which opposite points do not change
            near = pair_by_integral(least_angle(np.asarray(points @ points.T)), bias)
            assert found == pytest.approx(near, rel=0, abs=room)
            assert np.linalg.eigvalsh(kernel)[0] <= found + room


def test_smallest_eigenvalue_of_opposite_points_is_not_small():
    points = jnp.array([[1.0, 0.0], [-1.0, 0.0]])
    gram = np.asarray(points @ points.T)
    assert worst_case_bound(gram, 1.0) == 0
    assert least_angle(gram) == pytest.approx(np.pi)
    values = np.linalg.eigvalsh(np.asarray(bias_kernel(points, 1.0)))
    np.testing.assert_allclose(values, 2 * ndtr(-1.0))


def test_separation_of_points_caps_the_eigenvalue():
    """After theorem K5: theta/pi + theta^2/4 is below 0.79 times the distance, up to pi/2."""
    angles = np.linspace(1e-6, np.pi / 2, 2000)
    ratios = (angles / np.pi + angles**2 / 4) / (2 * np.sin(angles / 2))
    assert ratios.max() == pytest.approx((1 + np.pi**2 / 8) / 8**0.5)
    assert 0.789 < ratios.max() < 0.79


def test_older_bound_is_not_for_all_biases():
    """It passes the diagonal at about 100 sqrt(2/pi) n^2/delta; logarithms, as both underflow."""
    separated, n = 2**0.5, 2
    last = 100 * (2 / np.pi) ** 0.5 * n**2 / separated

    def above(bias):
        older = np.log(separated / (100 * n**2)) - bias**2 / 2
        return older > np.log(2) + log_ndtr(-bias)

    assert not above(0.99 * last)
    assert above(1.01 * last)
    assert above(80 * n**2 / separated)


def test_constancy():
    assert constancy(np.array([3.0, 3.0])) == 0
    assert constancy(np.array([9.0, 11.0])) == pytest.approx(0.1)


def test_errors():
    with pytest.raises(ValueError, match="`gram` must be that of points of length 1"):
        power_eigenvalues(2 * np.eye(2))
    with pytest.raises(ValueError, match="`kernel` must be that of 2 points or more"):
        pair_bound(np.eye(1))
    with pytest.raises(ValueError, match="`gram` must be that of 2 points or more"):
        least_angle(np.eye(1))
    with pytest.raises(ValueError, match="`gram` must be that of points of length 1"):
        least_angle(2 * np.eye(2))
    with pytest.raises(ValueError, match="`bias` must be 0 or more"):
        decoupling_bounds(np.eye(2), -1.0)
    with pytest.raises(ValueError, match="`count` must be an integer of at least 1"):
        indicator_coefficients(0.0, 0)
    with pytest.raises(ValueError, match="`ratios` must be a positive number"):
        constancy(np.array([0.0, 1.0]))
