"""Exact sums of powers near approximate ones: proved where there is one, and only there."""

from fractions import Fraction

import numpy as np
import pytest

from noflat.constructions.waring import proved_powers
from noflat.targets import monomial, polynomial, product

CUBE = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1]], float)
SIGNS = np.prod(CUBE, axis=1) / 24
RANDOM = np.random.default_rng(2)


def coefficients(nodes, weights, form):
    """Of the sum of powers, exactly, for the monomials of the form."""
    found = {}
    for exponents, _ in form.terms:
        ways, left = 1, form.degree
        for e in exponents:
            ways *= np.prod([Fraction(left - i, i + 1) for i in range(e)], initial=Fraction(1))
            left -= e
        total = sum(
            Fraction(float(w))
            * np.prod([Fraction(float(a)) ** e for a, e in zip(node, exponents, strict=True)])
            for node, w in zip(nodes, weights, strict=True)
        )
        found[exponents] = ways * total
    return found


@pytest.mark.parametrize("noise", [0.0, 1e-3, 1e-2])
def test_the_half_cube_is_found_again(noise):
    form = product(3)
    start = CUBE + noise * RANDOM.standard_normal(CUBE.shape)
    found = proved_powers(form, start, SIGNS)
    assert found is not None
    assert found.radius < 1e-30
    assert found.nodes.shape == (4, 3)
    made = coefficients(found.nodes, found.weights, form)
    for exponents, c in form.terms:
        assert float(made[exponents] - c) == pytest.approx(0, abs=1e-14)


def test_zeros_in_the_nodes():
    form = polynomial("x**3 + 2*y**3")
    found = proved_powers(form, np.array([[1.01, 0.0], [0.0, 1.25]]), np.ones(2))
    assert found is not None
    np.testing.assert_allclose(found.nodes, [[1, 0], [0, 2 ** (1 / 3)]], atol=1e-15)


def test_no_two_cubes_make_x_squared_y():
    """They come as near as one likes, with weights that grow, and never there."""
    form = monomial((2, 1))
    for t in (0.1, 0.01, 0.001):
        nodes = np.array([[1.0, t], [1.0, 0.0]])
        near = proved_powers(form, nodes, np.array([1 / (3 * t), -1 / (3 * t)]))
        assert near is None or near.radius > 0.5


def test_a_sum_that_is_none_is_not_proved():
    for _ in range(20):
        nodes = RANDOM.standard_normal((3, 3))
        assert proved_powers(product(3), nodes, RANDOM.standard_normal(3)) is None


def test_fewer_entries_than_coefficients_are_not_tried():
    assert proved_powers(product(4), RANDOM.standard_normal((8, 4)), np.ones(8)) is None


def test_a_solution_that_is_not_isolated_by_the_weights_is_left_alone():
    """With all weights positive no sum of even powers is negative somewhere."""
    form = polynomial("x**2 - y**2")
    assert proved_powers(form, np.eye(2), np.ones(2)) is None
    assert proved_powers(form, np.eye(2), np.array([1.0, -1.0])) is not None
