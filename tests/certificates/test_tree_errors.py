"""Bounds on errors of trees: their constants, that they are met, and what is refused."""

from fractions import Fraction
from math import factorial, prod

import numpy as np
import pytest

from noflat.certificates.tree_errors import (
    LEBESGUE,
    REMAINDERS,
    TreeError,
    tree_derivative,
    tree_error,
    verify_tree_error,
)

F = Fraction


@pytest.mark.parametrize("m", sorted(REMAINDERS))
def test_constants_hold_and_are_sharp(m):
    places = [F(1, 2)] if m == 1 else [F(j, m - 1) for j in range(m)]
    fine = [F(k, 400) for k in range(401)]
    largest = max(abs(prod(t - p for p in places)) for t in fine) / factorial(m)
    assert largest <= REMAINDERS[m] <= largest * F(1001, 1000)
    sums = [
        sum(
            abs(prod((t - q) / (p - q) for q in places if q != p))
            for p in places
        )
        for t in fine
    ]  # fmt: skip
    assert max(sums) <= LEBESGUE[m] <= max(sums) * F(1001, 1000)


def test_the_constant_of_four_points_is_at_least_its_square_root():
    # 7 (1 + 2 sqrt 7) / 27 <= q where (27 q / 7 - 1)^2 >= 28
    assert (27 * LEBESGUE[4] / 7 - 1) ** 2 >= 28


def test_a_square_attains_the_bound():
    # of a^2 the interpolant between two points is off by w^2/4 in the middle of a cell
    found = tree_error("deep", [F(2), F(2)], F(2), levels=1, cells=8)
    assert found.bound == 2 * F(1, 4) ** 2 / 4


def test_errors_of_levels_add_up():
    found = tree_error("deep", [F(1)], F(3), levels=3, cells=2)
    assert found.table_error == 1
    assert found.bound == 1 + 3 + 9


def test_derivatives_of_compositions():
    # f(f(t)) of exp(t) - 1 cut after four terms: 1, 2, 5, 15, Bell's numbers
    ones = [F(1)] * 4
    assert [tree_derivative(ones[:m], 2) for m in (1, 2, 3, 4)] == [1, 2, 5, 15]
    assert tree_derivative([F(1, 2), F(3)], 1) == 3
    # (f o g)'''' by finite differences, with derivatives at their bounds at 0
    f = np.polynomial.Polynomial([0, 2, 1 / 2, 3 / 6, 4 / 24])
    composed = f(f(f))
    wanted = composed.deriv(4)(0)
    assert float(tree_derivative([F(2), F(1), F(3), F(4)], 3)) == pytest.approx(wanted)


GOOD = tree_error("flat", [F(1), F(1, 3)], F(3, 2), levels=2, cells=4)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "deep"},
        {"derivatives": (F(1), F(1, 4))},
        {"derivatives": (F(1, 2), F(1, 3))},
        {"levels": 3},
        {"cells": 5},
        {"table_error": GOOD.table_error / 2},
        {"bound": GOOD.bound * F(999, 1000)},
    ],
)
def test_mutations_are_refused(change):
    verify_tree_error(GOOD)
    with pytest.raises(ValueError, match="which follows from the rest"):
        verify_tree_error(GOOD._replace(**change))


def test_a_deep_bound_depends_on_the_lipschitz_constant():
    deep = tree_error("deep", [F(1), F(1, 3)], F(3, 2), levels=2, cells=4)
    with pytest.raises(ValueError, match="`bound` must be"):
        verify_tree_error(deep._replace(lipschitz=F(1)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "wide"}, "`kind` must be deep or flat; got 'wide'"),
        ({"derivatives": (F(1),) * 3}, "`derivatives` must be of as many orders as one of"),
        ({"derivatives": (F(-1),)}, "must be bounds, not negative"),
        ({"levels": 0}, "`levels` and `cells` must be at least 1; got 0 and 4"),
    ],
)
def test_what_is_out_of_range_is_told(change, said):
    with pytest.raises(ValueError, match=said):
        verify_tree_error(TreeError(**(GOOD._asdict() | change)))
