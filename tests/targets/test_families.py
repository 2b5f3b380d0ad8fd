"""Families: each against another definition of it."""

from fractions import Fraction
from itertools import permutations
from math import comb, prod

import jax
import pytest
from flint import fmpz_mat, fmpz_poly

from noflat.targets import (
    determinant,
    elementary_symmetric,
    monomial,
    permanent,
    power_sum,
    product,
    quadratic_form,
    random_polynomial,
)

POINT = [3, -2, 5, 7, 1, -4, 2, 9, -1]


@pytest.mark.parametrize("n", range(1, 7))
def test_elementary_symmetric_by_its_generating_function(n):
    generating = fmpz_poly([1])
    for x in POINT[:n]:
        generating *= fmpz_poly([1, x])
    for d in range(1, n + 1):
        form = elementary_symmetric(n, d)
        assert form.exact(POINT[:n]) == int(generating[d])
        assert len(form.terms) == comb(n, d)
    assert elementary_symmetric(n, n) == product(n)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_matrix_forms(n):
    entries = POINT[: n * n]
    assert determinant(n).exact(entries) == int(fmpz_mat(n, n, entries).det())
    sums = [prod(entries[i * n + j] for i, j in enumerate(s)) for s in permutations(range(n))]
    assert permanent(n).exact(entries) == sum(sums)


def test_power_sums_and_monomials():
    assert power_sum(4, 3).exact([1, 2, 3, -4]) == 1 + 8 + 27 - 64
    assert monomial((2, 0, 3)).exact([3, 5, -2]) == 9 * -8
    assert power_sum(3, 2) == quadratic_form([[1, 0, 0], [0, 1, 0], [0, 0, 1]])


def test_quadratic_form_takes_the_symmetric_part():
    matrix = [[Fraction(1, 2), 3], [-1, 2]]
    assert quadratic_form(matrix).exact([5, 7]) == Fraction(25, 2) + 2 * 35 + 2 * 49
    assert quadratic_form([[0, 1], [-1, 0]]).terms == ()


def test_random_polynomials_are_of_their_key():
    first, again, other = (random_polynomial(3, 4, key=jax.random.key(k)) for k in (1, 1, 2))
    assert first == again != other
    assert first.degree == 4
    assert all(abs(c) <= 9 and c.denominator == 1 for _, c in first.terms)
    form = random_polynomial(4, 3, homogeneous=True, largest=2, key=jax.random.key(0))
    assert form.is_homogeneous
    assert {abs(c) for _, c in form.terms} == {1, 2}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: elementary_symmetric(3, 4), "`d` must be at most the number of variables 3"),
        (lambda: elementary_symmetric(40, 20), "more than the 200000 that are handled"),
        (lambda: determinant(9), "`n` must be at most 8: det of size 9"),
        (lambda: permanent(0), "`n` must be"),
        (lambda: quadratic_form([[1, 2]]), "`matrix` must be square"),
        (lambda: monomial((1, -1)), "`exponents` must be"),
        (lambda: random_polynomial(60, 12, key=jax.random.key(0)), "more than the 200000"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
