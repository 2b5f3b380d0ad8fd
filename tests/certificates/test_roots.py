"""Where polynomials are not negative: by factors, and against values."""

from fractions import Fraction as F
from itertools import product

import numpy as np
import pytest

from noflat.certificates.checker.roots import is_nonnegative, roots_inside


def times(*factors):
    found = np.array([F(1)])
    for factor in factors:
        found = np.convolve(found, np.array([F(c) for c in factor], object))
    return found.tolist()


HALF, THIRD, OUTSIDE, AT_0, AT_1 = [-1, 2], [-1, 3], [-2, 1], [0, 1], [-1, 1]


@pytest.mark.parametrize(
    ("factors", "holds"),
    [
        ([HALF, HALF], True),
        ([HALF], False),
        ([HALF] * 3, False),
        ([HALF] * 4, True),
        ([HALF] * 2 + [THIRD], False),
        ([HALF] * 2 + [THIRD] * 2, True),
        ([HALF] * 2 + [THIRD] * 3, False),
        ([OUTSIDE], False),
        ([OUTSIDE, OUTSIDE, OUTSIDE], False),
        ([OUTSIDE, OUTSIDE], True),
        ([AT_0], True),
        ([AT_1], False),
        ([AT_0, AT_1], False),
        ([AT_0, AT_1, [-1]], True),
        ([AT_0, AT_1, [-1], HALF, HALF], True),
        ([[-1], HALF, HALF], False),
        ([[1, 0, 1]], True),
        ([[0]], True),
        ([[3]], True),
        ([[-3]], False),
        ([[-2, 0, 1], [-2, 0, 1]], True),
    ],
)
def test_even_roots_are_allowed_inside(factors, holds):
    assert is_nonnegative(times(*factors)) == holds
    assert is_nonnegative([*times(*factors), F(0)]) == holds


def test_against_values():
    fine = [F(k, 60) for k in range(61)]
    told = set()
    for coefficients in product((-1, 0, 2), repeat=4):
        values = [sum(c * x**i for i, c in enumerate(coefficients)) for x in fine]
        found = is_nonnegative([F(c) for c in coefficients])
        assert not found or min(values) >= 0
        assert found or min(values) < F(1, 100)
        told.add(found)
    assert told == {True, False}


def test_distinct_roots_are_counted_in_the_open_interval():
    assert roots_inside(times(HALF, HALF, THIRD, OUTSIDE, AT_0), [0, 1]) == 2
