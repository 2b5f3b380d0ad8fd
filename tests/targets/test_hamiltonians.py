"""Rings: sums of bonds, partition functions by a second route, samples by their own law."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from noflat.targets import (
    HamiltonianClasses,
    RingHamiltonian,
    polynomial,
    product,
    translates,
)

BONDS = tuple(
    polynomial(text, variables=("x", "y"))
    for text in ("x**2 - 2*x*y", "2*x**2*y - x/2 + y**3", "x**4/3 + x*y")
)
HALF = Fraction(1, 2)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("bond", BONDS)
@pytest.mark.parametrize("n", [2, 3, 7])
def test_a_pattern_at_all_its_places(bond, n, closed):
    point = [Fraction(k * k - 3, 5) for k in range(n)]
    places = range(n if closed else n - 1)
    expected = sum(bond.exact([point[i], point[(i + 1) % n]]) for i in places)
    assert translates(bond, n, closed=closed).exact(point) == expected
    ring = RingHamiltonian.uniform(bond, n, closed=closed)
    assert ring.polynomial == translates(bond, n, closed=closed)
    found = ring.energies(np.array([[float(value) for value in point]]))
    np.testing.assert_allclose(found, float(expected), rtol=1e-13)


def test_a_pattern_of_three():
    triple = translates(product(3), 5)
    assert len(triple.terms) == 5
    assert triple.exact([1, 2, 3, 4, 5]) == 6 + 24 + 60 + 20 + 10


def _quadrature(ring, nodes=20):
    """The integral over the cube, node by node."""
    t, w = np.polynomial.legendre.leggauss(nodes)
    n = ring.inputs
    grid = np.stack(np.meshgrid(*[t] * n, indexing="ij"), axis=-1).reshape(-1, n)
    weights = np.prod(np.stack(np.meshgrid(*[w] * n, indexing="ij"), axis=-1).reshape(-1, n), 1)
    values = np.exp(-np.asarray(jax.jit(jax.vmap(ring.polynomial))(jnp.asarray(grid))))
    return grid, weights * values


@pytest.mark.parametrize(
    "ring",
    [
        RingHamiltonian.uniform(BONDS[0], 2),
        RingHamiltonian.uniform(BONDS[1], 3),
        RingHamiltonian.uniform(BONDS[2], 3, closed=False),
        RingHamiltonian((BONDS[0], BONDS[1], BONDS[2], BONDS[1])),
    ],
)
def test_two_ways_to_the_partition_function(ring):
    _, weights = _quadrature(ring)
    # both sums are of positive terms: some units of roundoff per variable
    assert abs(ring.log_partition() - np.log(weights.sum())) < 1e-13
    assert abs(ring.log_partition() - ring.log_partition(nodes=96)) < 1e-13


def test_a_long_ring_is_its_largest_eigenvalue():
    ring = RingHamiltonian.uniform(BONDS[0], 400)
    t, w = np.polynomial.legendre.leggauss(48)
    kernel = np.exp(-(t[:, None] ** 2 - 2 * np.outer(t, t)))
    largest = np.abs(np.linalg.eigvals(kernel * w)).max()
    assert abs(ring.log_partition() / 400 - np.log(largest)) < 1e-13


@pytest.mark.parametrize("u", [0.0, 0.003, 0.4, 0.77, 1.0])
def test_the_first_variable_is_a_quantile_of_its_marginal(u):
    ring = RingHamiltonian((BONDS[1], BONDS[0]))
    x, y = ring.transport(np.array([[u, 0.3]]))[0]
    weight = lambda a, b: float(np.exp(-ring.energies(np.array([[a, b]])))[0])
    t, w = np.polynomial.legendre.leggauss(30)
    marginal = lambda a: sum(weight(a, b) * c for b, c in zip(t, w, strict=True))
    mass = quad(marginal, -1, x)[0] / quad(marginal, -1, 1)[0]
    assert abs(mass - u) < 1e-11
    below = quad(lambda b: weight(x, b), -1, y)[0] / quad(lambda b: weight(x, b), -1, 1)[0]
    assert abs(below - 0.3) < 1e-11


def test_samples_have_the_moments_of_the_density():
    ring = RingHamiltonian((BONDS[0], BONDS[1], BONDS[2], BONDS[0]))
    grid, weights = _quadrature(ring)
    points = ring.sample(2**14, key=jax.random.key(1))
    for i, j in ((0, 0), (0, 1), (1, 2), (2, 3), (3, 0), (0, 2)):
        exact = float((weights * grid[:, i] * grid[:, j]).sum() / weights.sum())
        values = points[:, i] * points[:, j]
        assert abs(values.mean() - exact) < 4 * values.std() / 2**7


def test_the_posterior_is_bayes_rule():
    rings = tuple(RingHamiltonian.uniform(bond, 3) for bond in BONDS)
    model = HamiltonianClasses((HALF, Fraction(1, 3), Fraction(1, 6)), rings)
    points = np.random.default_rng(0).uniform(-1, 1, (64, 3))
    sizes = np.array([_quadrature(ring)[1].sum() for ring in rings])
    densities = np.exp(-np.stack([ring.energies(points) for ring in rings], axis=1)) / sizes
    joint = densities * np.array([float(p) for p in model.priors])
    found = np.exp(model.log_posteriors(points))
    np.testing.assert_allclose(found, joint / joint.sum(axis=1, keepdims=True), rtol=1e-12)


def test_labels_follow_the_priors_and_are_the_same_for_a_key():
    rings = tuple(RingHamiltonian.uniform(bond, 3) for bond in BONDS[:2])
    model = HamiltonianClasses((Fraction(3, 4), Fraction(1, 4)), rings)
    labels, points = model.sample(4000, key=jax.random.key(0))
    assert abs(np.mean(labels == 0) - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 4000)
    again, same = model.sample(4000, key=jax.random.key(0))
    np.testing.assert_array_equal(labels, again)
    np.testing.assert_array_equal(points, same)
    assert np.abs(points).max() <= 1


def test_errors():
    with pytest.raises(ValueError, match="`n` must be an integer of at least 2"):
        translates(BONDS[0], 1)
    with pytest.raises(ValueError, match="`bonds` must be two or more polynomials in 2 variables"):
        RingHamiltonian((product(3), product(2)))
    ring = RingHamiltonian.uniform(BONDS[0], 3)
    with pytest.raises(ValueError, match="`priors` must be 2 numbers"):
        HamiltonianClasses((HALF,), (ring, ring))
    with pytest.raises(ValueError, match="`hamiltonians` must be in the same variables"):
        HamiltonianClasses((HALF, HALF), (ring, RingHamiltonian.uniform(BONDS[0], 4)))
