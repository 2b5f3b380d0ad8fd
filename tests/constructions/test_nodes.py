"""Nodes and weights in exact arithmetic: each way against the moments that it must have."""

from fractions import Fraction
from math import comb

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from noflat.constructions.node_search import _searched, pools, searched
from noflat.constructions.nodes import (
    Nodes,
    diagonalized,
    grid,
    part_moments,
    quadratic,
    simplex_grid,
    solved,
)
from noflat.targets import (
    elementary_symmetric,
    monomial,
    permanent,
    polynomial,
    product,
    quadratic_form,
)

exponents = st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(any).map(tuple)
matrices = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.lists(st.fractions(-3, 3, max_denominator=3), min_size=n, max_size=n),
        min_size=n,
        max_size=n,
    )
)


def all_degrees(part):
    return frozenset(range(part.degree + 1))


@given(exponents, st.booleans())
def test_a_grid_leaves_its_monomial_only(exponents, zero):
    part = monomial(exponents)
    nodes = grid(part, zero=zero)
    size = 1
    for e in exponents:
        size *= e + 1
    assert len(set(nodes.points)) == size
    assert nodes.have([part_moments(part, all_degrees(part))])
    assert not zero or any(not any(point) for point in nodes.points)


@given(matrices)
def test_a_quadratic_form_takes_its_rank_and_two(rows):
    rows = [[rows[i][j] + rows[j][i] for j in range(len(rows))] for i in range(len(rows))]
    if not any(map(any, rows)):
        return
    form = quadratic_form(rows)
    squares = diagonalized(form)
    x = [Fraction(k * k + 1, k + 2) for k in range(form.inputs)]
    summed = sum(c * sum(a * b for a, b in zip(v, x, strict=True)) ** 2 for c, v in squares)
    assert summed == form.exact(x)
    nodes = quadratic(form)
    assert len(nodes.points) == len(squares) + 2
    assert not any(nodes.points[-1])
    assert nodes.have([part_moments(form, all_degrees(form))])


@given(exponents)
def test_the_simplex_grid_has_weights_for_any_moments(exponents):
    part, n = monomial(exponents), len(exponents)
    points = simplex_grid(n, part.degree)
    assert len(points) == comb(n + part.degree, n)
    wanted = [part_moments(p, all_degrees(part)) for p in (part, monomial((1,) + (0,) * (n - 1)))]
    nodes = solved(points, wanted)
    assert nodes is not None
    assert nodes.have(wanted)
    assert len(nodes.weights) == 2


def test_too_few_points_have_no_weights():
    wanted = [part_moments(product(2), frozenset({0, 1, 2}))]
    assert solved(simplex_grid(2, 1), wanted) is None


@settings(max_examples=10)
@given(st.sampled_from(["x*y*z", "x**3 - 2*y**3", "x**2*y - z**3", "x*y + y*z"]))
def test_what_is_searched_has_the_moments(text):
    part = polynomial(text)
    wanted = [part_moments(part, all_degrees(part))]
    points = [*pools(part)][-1]
    nodes = searched(wanted, points)
    assert nodes is not None
    assert nodes.have(wanted)
    assert searched(wanted, points) is nodes  # what was found is kept
    _searched.cache_clear()
    assert searched(wanted, points) == nodes  # the same seed, the same nodes


@pytest.mark.parametrize(
    ("n", "degree", "neurons"), [(3, 2, 5), (4, 3, 10), (5, 3, 12), (5, 4, 22)]
)
def test_elementary_symmetric_forms_take_few(n, degree, neurons):
    part = elementary_symmetric(n, degree)
    wanted = [part_moments(part, all_degrees(part))]
    found = [searched(wanted, points) for points in pools(part)]
    assert min(len(nodes.points) for nodes in found if nodes is not None) == neurons


@pytest.mark.parametrize(
    ("part", "powers"),
    [
        (permanent(3), 16),
        (elementary_symmetric(6, 3), 7),
        (elementary_symmetric(7, 3), 8),
        (elementary_symmetric(5, 5), 16),
        (monomial((2, 1)), 3),
        (monomial((2, 2)), 4),
        (monomial((1, 1, 2)), 6),
    ],
)
def test_waring_ranks_from_the_literature_are_found(part, powers):
    """Glynn's for the permanent, Lee's for elementary symmetric forms, and those of monomials."""
    wanted = [part_moments(part, frozenset({part.degree}))]
    found = [searched(wanted, points) for points in pools(part)]
    nodes = min((n for n in found if n is not None), key=lambda n: len(n.points))
    assert nodes.have(wanted)
    assert len(nodes.points) == powers


def test_a_wrong_weight_is_found():
    nodes = grid(product(2), zero=True)
    wanted = [part_moments(product(2), frozenset({0, 1, 2}))]
    for j in range(4):
        row = [w + (i == j) for i, w in enumerate(nodes.weights[0])]
        assert not Nodes(nodes.points, (tuple(row),)).have(wanted)


def test_the_last_pool_spares_what_no_term_uses():
    assert len([*pools(product(3))][-1]) == 27 + 3 * 4  # and -3, -2, 2, 3 on each axis
    many = elementary_symmetric(8, 2)
    assert all(sum(a != 0 for a in point) <= 2 for point in [*pools(many)][-1])
