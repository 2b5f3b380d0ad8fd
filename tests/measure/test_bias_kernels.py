"""The kernel of large biases: closed form, quadrature in many digits, sampling, linear dynamics."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import binom, multivariate_normal

from noflat.measure.bias_kernels import (
    activity_counts,
    bias_kernel,
    bias_kernel_between,
    joint_activity,
    linear_losses,
    linear_steps,
    sampled_bias_kernel,
    sphere_points,
)

BIASES = (0.0, 0.1, 1.0, 2.5, 6.0)
CORRELATIONS = (-1.0, -0.999, -0.9, -0.3, 0.0, 0.4, 0.9, 0.999, 1.0)


def craig(correlation, bias):
    """Another integral of the same: (1/pi) int exp(-B^2/(2 sin^2 u)) du up to arccos(-rho)/2."""
    with mpmath.workdps(20):
        end = mpmath.acos(-mpmath.mpf(correlation)) / 2

        def integrand(u):
            if u < mpmath.mpf(10) ** -15:
                return mpmath.mpf(bias == 0)
            return mpmath.exp(-(mpmath.mpf(bias) ** 2) / (2 * mpmath.sin(u) ** 2))

        return float(mpmath.quad(integrand, mpmath.linspace(0, end, 5)) / mpmath.pi)


@pytest.mark.parametrize("bias", BIASES)
def test_closed_form_in_many_digits(bias):
    found = joint_activity(jnp.array(CORRELATIONS), bias)
    exact = np.array([craig(correlation, bias) for correlation in CORRELATIONS])
    # relative to the probability of one; what is near -1 has the factor 1 + rho in the kernel
    errors = np.abs(found - exact) * (1 + np.array(CORRELATIONS)) / ndtr(-bias)
    assert errors.max() < 5e-15


def test_closed_form_against_the_bivariate_normal():
    for correlation, bias in ((-0.5, 0.3), (0.2, 1.0), (0.8, 1.5)):
        law = multivariate_normal(cov=[[1, correlation], [correlation, 1]])
        found = float(joint_activity(jnp.array(correlation), bias))
        assert found == pytest.approx(law.cdf([-bias, -bias]), rel=1e-6)


def test_special_correlations():
    rho = jnp.linspace(-1, 1, 21)
    np.testing.assert_allclose(
        joint_activity(rho, 0.0), (np.pi - np.arccos(rho)) / (2 * np.pi), atol=1e-15
    )
    for bias in (0.5, 3.0):
        ends = joint_activity(jnp.array([-1.0, 0.0, 1.0]), bias)
        np.testing.assert_allclose(ends[1:], [ndtr(-bias) ** 2, ndtr(-bias)], rtol=1e-14)
        assert abs(ends[0]) < 1e-15


def test_the_ellipse_of_the_quadrature():
    """Theorem K1: on that of parameter 3 around [0, a] the real part of 1/(1+sin t) exceeds .39."""
    points = 50_000
    turn = np.exp(1j * np.linspace(0, 2 * np.pi, points, endpoint=False))
    ellipse = (3 * turn + 1 / (3 * turn)) / 2
    largest = np.pi / 4 * (1 + ellipse)
    least = (1 / (1 + np.sin(largest))).real.min()
    assert 0.3968 == round(least, 4)
    # half of a step along the longer axis, times the largest derivative inside
    high = np.cosh(np.pi / 3)
    between = np.pi / points * (np.pi / 4 * 5 / 3) * high / (1 - high / 2) ** 2
    assert least - between > 0.393
    # smaller ones are inside
    for a in (0.001, 0.5, 1.5):
        x = a / 2 * (1 + ellipse) / (np.pi / 4) - 1
        assert np.all((x.real / (5 / 3)) ** 2 + (x.imag / (4 / 3)) ** 2 < 1)


def gauss_nodes(count):
    """Of Legendre's polynomial in as many digits as mpmath has, by Newton's steps from floats."""
    for start in np.polynomial.legendre.leggauss(count)[0]:
        x = mpmath.mpf(start)
        for _ in range(4):  # from 1e-16 to 1e-100 in three
            before, last = mpmath.mpf(1), x
            for k in range(2, count + 1):
                before, last = last, ((2 * k - 1) * x * last - (k - 1) * before) / k
            slope = count * (x * last - before) / (x * x - 1)
            x -= last / slope
        yield x, 2 / ((1 - x * x) * slope**2)


def test_the_quadrature_errs_by_less_than_is_said():
    """Theorem K1: 64 nodes in 100 digits, against more of another kind."""
    with mpmath.workdps(100):
        nodes = list(gauss_nodes(64))
        assert abs(sum(weight for _, weight in nodes) - 2) < mpmath.mpf(10) ** -95
        for bias, end in ((0.5, 1.57), (3, 1.57), (3, 1), (6, 1.5)):

            def integrand(x, end=end, bias=bias):
                return mpmath.exp(-(bias**2) / (1 + mpmath.sin(end * (1 + x) / 2)))

            found = sum(weight * integrand(x) for x, weight in nodes)
            exact = mpmath.quad(integrand, [-1, 0, 1])
            error = abs(found - exact) * end / (4 * mpmath.pi)
            assert error < mpmath.mpf(10) ** -60 * mpmath.exp(-0.39 * bias**2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernel_is_what_its_entries_say(dtype):
    points = sphere_points(7, 3, key=jax.random.key(0)).astype(dtype)
    for bias in (0.0, 1.3):
        found = bias_kernel(points, bias)
        assert found.dtype == dtype
        compiled, room = jax.jit(bias_kernel)(points, bias), 20 * float(jnp.finfo(dtype).eps)
        np.testing.assert_allclose(found, compiled.T, rtol=0, atol=room)
        for i in range(7):
            for j in range(7):
                rho = 1.0 if i == j else float(points[i] @ points[j])
                exact = (1 + rho) * craig(rho, bias)
                assert float(found[i, j]) == pytest.approx(
                    exact, abs=20 * float(jnp.finfo(dtype).eps)
                )


def test_kernel_is_positive_definite_also_of_opposite_points():
    points = sphere_points(6, 4, key=jax.random.key(1))
    points = jnp.concatenate([points, -points])
    for bias in (0.0, 2.0):
        found = np.asarray(bias_kernel(points, bias))
        assert np.linalg.eigvalsh(found)[0] > 0
        assert abs(found[0, 6]) < 1e-15


def test_derivatives():
    points = sphere_points(4, 3, key=jax.random.key(2))

    def total(points, bias):
        return jnp.sum(bias_kernel(points, bias) ** 2)

    slope = jax.grad(total, 1)(points, 0.7)
    around = [float(total(points, 0.7 + h)) for h in (1e-5, -1e-5)]
    assert float(slope) == pytest.approx((around[0] - around[1]) / 2e-5, rel=1e-8)
    slopes = jax.grad(total)(points, 0.7)
    step = 1e-5 * jax.random.normal(jax.random.key(3), points.shape)
    # the diagonal is that of points of length 1, whatever the step does to the length
    change = float(total(points + step, 0.7) - total(points - step, 0.7))
    assert float(jnp.sum(slopes * step)) == pytest.approx(change / 2, rel=1e-7)
    bent = jax.grad(lambda bias: jnp.sum(joint_activity(jnp.array([1.0]), bias)))(0.7)
    assert float(bent) == pytest.approx(-np.exp(-(0.7**2) / 2) / np.sqrt(2 * np.pi), rel=1e-12)


def test_kernel_between_sets_of_points():
    points = sphere_points(5, 3, key=jax.random.key(4))
    both = bias_kernel(points, 1.0)
    np.testing.assert_allclose(bias_kernel_between(points[:3], points[3:], 1.0), both[:3, 3:])


def test_counts_are_those_of_a_plain_loop():
    points = sphere_points(3, 4, key=jax.random.key(5))
    key = jax.random.key(6)
    found = activity_counts(points, 0.5, neurons=4100, key=key)
    again = np.zeros((3, 3), int)
    for first, size in ((0, 4096), (4096, 4)):
        for neuron in np.asarray(jax.random.normal(jax.random.fold_in(key, first), (size, 4))):
            active = np.asarray(points) @ neuron >= 0.5
            again += np.outer(active, active)
    np.testing.assert_array_equal(found, again)


def test_counts_follow_the_closed_form():
    points = sphere_points(8, 3, key=jax.random.key(7))
    counts = activity_counts(points, 1.0, neurons=50_000, key=jax.random.key(8))
    chance = np.asarray(joint_activity(jnp.clip(points @ points.T, -1, 1), 1.0))
    tails = binom(50_000, chance)
    p = 2 * np.minimum(tails.cdf(counts), tails.sf(counts - 1))[np.triu_indices(8)]
    assert 36 * p.min() > 0.001
    # and would not follow that of another bias
    other = binom(50_000, np.asarray(joint_activity(jnp.clip(points @ points.T, -1, 1), 1.1)))
    assert 36 * 2 * other.sf(counts - 1).min() < 1e-9


def test_standard_errors():
    points = sphere_points(4, 3, key=jax.random.key(9))
    runs = [
        sampled_bias_kernel(points, 1.0, neurons=500, key=jax.random.key(seed))
        for seed in range(200)
    ]
    means, errors = (np.array(part) for part in zip(*runs, strict=True))
    assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(means.std(axis=0, ddof=1), rel=0.25)


def test_linear_dynamics():
    points = sphere_points(6, 3, key=jax.random.key(10))
    kernel = np.asarray(bias_kernel(points, 1.0))
    labels = np.array([1.0, -1, 1, 1, -1, 1])
    rate = 1 / np.linalg.eigvalsh(kernel)[-1]
    output, losses = np.zeros(6), []
    for _ in range(200):
        losses.append(((output - labels) ** 2).sum() / 2)
        output = output - rate * kernel @ (output - labels)
    np.testing.assert_allclose(linear_losses(kernel, labels, range(200), rate=rate), losses)
    last = int(np.flatnonzero(np.array(losses) <= 0.01 * losses[0])[0])
    found = linear_steps(kernel, labels, rate=rate)
    assert last - 1 < found <= last
    share = (found - last + 1) * np.log(losses[last] / losses[last - 1])
    assert losses[last - 1] * np.exp(share) == pytest.approx(0.01 * losses[0])


def test_linear_dynamics_beyond_the_first_block_and_those_that_diverge():
    assert linear_steps(np.eye(1), np.ones(1), rate=1e-3) == pytest.approx(
        -np.log(10) / np.log1p(-1e-3)
    )
    assert linear_steps(np.eye(1), np.ones(1), rate=1e-3, most=500) == np.inf
    assert linear_steps(np.diag([1.0, 9.0]), np.ones(2), rate=0.5) == np.inf
    assert linear_steps(np.diag([1.0, 0.0]), np.ones(2), rate=0.5, most=1000) == np.inf


def test_errors():
    with pytest.raises(ValueError, match="`share` must be below 1"):
        linear_steps(np.eye(1), np.ones(1), rate=1.0, share=1.5)
    with pytest.raises(ValueError, match="`neurons` must be an integer of at least 2"):
        sampled_bias_kernel(jnp.eye(2), 0.0, neurons=1, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`dimension` must be an integer of at least 1"):
        sphere_points(3, 0, key=jax.random.key(0))
