"""Hankel matrices and minors, against exact ranks and plain loops."""

from fractions import Fraction
from itertools import product as cartesian

import hypothesis.strategies as st
import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given

from noflat.certificates.hankel import (
    PRIME,
    blocks,
    derivative_moments,
    dividing,
    hankel,
    minor,
    modulo,
    rank,
)
from noflat.targets import elementary_symmetric, monomial

small = st.integers(-3, 3)
monomials = st.tuples(*[st.integers(0, 3)] * 3)


@given(st.lists(st.lists(small, min_size=4, max_size=4), min_size=1, max_size=5))
def test_the_minor_has_the_rank_and_its_determinant(rows):
    matrix = np.array(rows, np.int64) % PRIME
    found = minor(matrix)
    assert rank(matrix) == len(found.rows)
    assert found.rows == sorted(found.rows)
    assert found.columns == sorted(found.columns)
    exact = fmpq_mat([[fmpq(v) for v in row] for row in rows])
    assert len(found.rows) == len(found.columns) == exact.rank()
    if found.rows:
        chosen = fmpq_mat([[fmpq(rows[i][j]) for j in found.columns] for i in found.rows])
        determinant = int(chosen.det().p)
        assert found.value == determinant % PRIME != 0


@given(st.permutations(range(6)), st.permutations(range(6)), st.lists(small, min_size=6))
def test_blocks_are_put_together_with_their_sign(rows, columns, entries):
    # three blocks of rank 1 or 2, shuffled
    matrix = np.zeros((6, 6), np.int64)
    for k in range(3):
        matrix[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = [
            [1, entries[2 * k]],
            [entries[2 * k + 1], 2],
        ]
    matrix = matrix[np.ix_(rows, columns)]
    assert len(blocks(matrix)) >= 3
    found = minor(matrix % PRIME)
    square = matrix[np.ix_(found.rows, found.columns)].tolist()
    assert found.value == int(fmpq_mat([[fmpq(v) for v in row] for row in square]).det().p) % PRIME


@given(st.dictionaries(monomials, st.fractions(-3, 3, max_denominator=5), max_size=6))
def test_hankel_by_a_plain_loop(moments):
    rows = [e for e in cartesian(range(3), repeat=3) if sum(e) <= 2]
    found = hankel(moments, rows, rows)
    for i, beta in enumerate(rows):
        for j, gamma in enumerate(rows):
            alpha = tuple(b + g for b, g in zip(beta, gamma, strict=True))
            assert found[i, j] == modulo(moments.get(alpha, Fraction(0)))


def test_hankel_beyond_a_machine_word():
    n = 40
    form = monomial((2, 1, 1) + (0,) * (n - 3))
    moments = derivative_moments(form)
    rows, columns = (dividing(list(moments), k) for k in (1, 3))
    matrix = hankel(moments, rows, columns)
    narrow = monomial((2, 1, 1))
    small_rows, small_columns = (dividing([(2, 1, 1)], k) for k in (1, 3))
    np.testing.assert_array_equal(
        matrix, hankel(derivative_moments(narrow), small_rows, small_columns)
    )
    assert rank(matrix) == 3


@given(st.lists(monomials, min_size=1, max_size=4), st.integers(0, 5))
def test_dividing(support, degree):
    every = {
        beta
        for beta in cartesian(range(4), repeat=3)
        if sum(beta) == degree
        and any(all(b <= a for b, a in zip(beta, alpha, strict=True)) for alpha in support)
    }
    found = dividing(support, degree)
    assert found == sorted(set(found))
    assert every <= set(found)
    assert all(sum(beta) == degree for beta in found)


@pytest.mark.parametrize(("n", "d"), [(4, 2), (5, 3), (6, 4)])
def test_partials_of_elementary_symmetric_have_full_rank(n, d):
    moments = derivative_moments(elementary_symmetric(n, d))
    for order in range(d + 1):
        rows, columns = dividing(list(moments), order), dividing(list(moments), d - order)
        assert rank(hankel(moments, rows, columns)) == min(len(rows), len(columns))
