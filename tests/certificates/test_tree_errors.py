"""Bounds on errors of trees: their constants, that they are met, and what is refused."""

import json
from fractions import Fraction
from math import factorial, prod

import jax.numpy as jnp
import numpy as np
import pytest
from mutations import changed

from noflat.certificates.checker.conditions import CertificateError
from noflat.certificates.checker.tree_errors import MOST_INPUTS, check_tree_error
from noflat.certificates.tree_errors import (
    LEBESGUE,
    REMAINDERS,
    table_error,
    tree_derivative,
    tree_error,
    triangle_error,
    verify_tree_error,
)
from noflat.constructions.grid_interpolants import evaluated, flat_interpolant, tree_interpolant
from noflat.constructions.triangulations import triangulated_interpolant
from noflat.targets.tree_functions import TreeNode, tree_function

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


def test_a_square_attains_the_bound_of_a_table():
    # of a^2 the interpolant between two points is off by w^2/4 in the middle of a cell
    assert table_error(2, F(2), axes=1, cells=8) == F(1, 4) ** 2 / 4
    assert table_error(2, F(2), axes=2, cells=8) == 2 * F(1, 4) ** 2 / 4


@pytest.mark.parametrize("delta", [F(k, 4) for k in range(17)])
def test_quadratics_attain_the_bound_of_triangles(delta):
    # second derivatives 1, 1 and delta along the edges; t is the share of the long one
    mixed = delta / 2 - 1

    def function(a, b):
        return (a**2 + b**2) / 2 + mixed * a * b

    node = TreeNode(function, 2, F(0), (F(0), F(1)), delta)
    bound = triangle_error(node, cells=2)  # cells of width 1, so [0, 1]^2 is one
    corners = [(F(0), F(0)), (F(1), F(0)), (F(1), F(1))]
    found = []
    shares = {min(F(1), 1 / (2 - delta / 2)) if delta < 4 else F(1), F(1, 3), F(1)}
    for t in shares:
        for half in (F(1, 2), F(1, 3)):
            weights = (t * half, 1 - t, t * (1 - half))
            point = [sum(w * c[k] for w, c in zip(weights, corners, strict=True)) for k in (0, 1)]
            value = sum(w * function(*c) for w, c in zip(weights, corners, strict=True))
            found.append(abs(value - function(*point)))
    assert max(found) == bound


def test_a_plane_is_exact_on_triangles():
    assert triangle_error(TreeNode(max, 2, F(1), (F(1), F(0)), F(0)), cells=3) == 0


def test_errors_of_levels_add_up_each_with_what_is_above():
    found = tree_error("deep", 4, 8, cells=(4, 8, 16))  # its Lipschitz constant is 2
    first, second, third = found.table_errors
    assert (first, second) == (16 * second, 16 * third)
    assert found.bound == 4 * first + 2 * second + third
    even = tree_error("deep", 4, 8, cells=4)
    assert even.bound == 7 * even.table_errors[0] == 7 * first


@pytest.mark.parametrize("cells", [(4, 16), (16, 4), (8, 8)])
@pytest.mark.parametrize(
    ("kind", "made"), [("deep", tree_interpolant), ("triangulated", triangulated_interpolant)]
)
def test_errors_of_levels_of_different_grids_are_bounded(kind, made, cells):
    tree = tree_function(2, 4)
    points = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (2000, 4)))
    found = evaluated(made(tree, cells=cells), points) - evaluated(tree, points)
    bound = tree_error(kind, 2, 4, cells=cells).bound
    assert bound / 4 <= float(abs(found).max()) <= bound


@pytest.mark.parametrize("m", [1, 2, 4])
@pytest.mark.parametrize(
    ("kind", "made", "n"),
    [
        ("deep", tree_interpolant, 2),  # a table of two axes
        ("deep", tree_interpolant, 8),
        ("flat", flat_interpolant, 4),
    ],
)
def test_errors_of_tables_are_bounded(kind, made, n, m):
    tree = tree_function(m, n)
    points = jnp.asarray(np.random.default_rng(m).uniform(-1, 1, (1000, n)))
    found = evaluated(made(tree, cells=5), points) - evaluated(tree, points)
    bound = float(tree_error(kind, m, n, cells=5).bound)
    assert float(abs(found).max()) <= bound
    if n == 2:  # one table, whose bound is nearly met: a smaller one would be passed
        assert float(abs(found).max()) > 2 / 3 * bound


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


GOOD = {
    name: tree_error(*asked, cells=cells)
    for name, (*asked, cells) in {
        "deep, 1": ("deep", 1, 4, 3),
        "deep, 2": ("deep", 2, 2, 4),
        "deep, 4": ("deep", 4, 8, (4, 8, 16)),
        "flat, 1": ("flat", 1, 2, 4),
        "flat, 2": ("flat", 2, 8, 4),
        "flat, 4": ("flat", 4, 4, 5),
        "triangulated, 2": ("triangulated", 2, 4, (4, 16)),
        "triangulated, 3": ("triangulated", 3, 2, 1),
    }.items()
}
EACH = pytest.mark.parametrize("found", GOOD.values(), ids=list(GOOD))


@EACH
def test_accepted(found):
    verify_tree_error(found)
    data = found.to_dict()
    assert check_tree_error(data) == found.bound
    assert check_tree_error(json.loads(json.dumps(data))) == found.bound


@pytest.mark.parametrize("kind", ["deep", "flat", "triangulated"])
@pytest.mark.parametrize("m", [1, 2, 4])
@pytest.mark.parametrize("n", [2, 4, 8, 16, MOST_INPUTS])
def test_every_tree_is_accepted(kind, m, n):
    if (kind, m) != ("triangulated", 1):
        verify_tree_error(tree_error(kind, m, n, cells=8))


@EACH
def test_every_mutation_is_refused(found):
    mutants = list(changed(found.to_dict()))
    assert len(mutants) > 100
    for mutant in mutants:
        with pytest.raises(CertificateError):
            check_tree_error(mutant)


@EACH
def test_numbers_that_agree_with_each_other_but_not_with_the_target_are_refused(found):
    """A bound that is half of what is true, with all that it would follow from."""
    for scaled in ("derivatives", "remainder", "table_errors", "lipschitz"):
        if (value := getattr(found, scaled)) is None:
            continue
        parts = value if isinstance(value, tuple) else (value,)
        half = tuple(part / 2 for part in parts)
        forged = found._replace(**{scaled: half if isinstance(value, tuple) else half[0]})
        if scaled != "lipschitz":
            forged = forged._replace(
                table_errors=tuple(e / 2 for e in found.table_errors), bound=found.bound / 2
            )
        with pytest.raises(CertificateError):
            verify_tree_error(forged)
    nothing = found._replace(
        derivatives=(F(0),) * found.smoothness,
        lipschitz=F(0),
        table_errors=(F(0),) * len(found.cells),
        bound=F(0),
    )
    with pytest.raises(CertificateError, match="derivatives: that of order 1 must be"):
        verify_tree_error(nothing)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "wide"}, "kind: must be deep, flat or triangulated"),
        ({"inputs": 2 * MOST_INPUTS}, "inputs: must be a power of two from 2 to 256"),
        ({"cells": [4, 0, 16]}, "cells: must be one for each table"),
        ({"cells": [4, 8, 2**32]}, "cells: must be one for each table"),
        ({"cells": [4, 8]}, "cells: must be one for each table"),
        ({"diagonal": "1"}, "diagonal must be 0"),
        ({"lipschitz": "3/2"}, "lipschitz must be 2"),
        ({"remainder": "1/1945"}, "remainder: the product of a cell is larger somewhere"),
        ({"remainder": "1/5000000000"}, "remainder: a quotient of more than 32 bits"),
        ({"lebesgue": "1631/1000"}, "lebesgue: the sum of sizes is larger somewhere"),
        ({"lebesgue": "1632/1000"}, "lebesgue must be in lowest terms"),
        ({"lebesgue": "2"}, "table_errors: one must be"),
        ({"table_errors": ["1", "1"]}, "table_errors: must be one for each of `cells`"),
        ({"bound": "1/1000000"}, "bound must be"),
        ({"bound": 0.5}, "number: float is not exact plain data"),
    ],
)
def test_the_first_condition_that_fails_is_named(change, said):
    with pytest.raises(CertificateError, match=said):
        check_tree_error(GOOD["deep, 4"].to_dict() | change)


def test_triangles_refuse_less_than_their_error_and_more():
    data = GOOD["triangulated, 3"].to_dict()
    less = str(GOOD["triangulated, 3"].bound * F(999_999, 1_000_000))
    with pytest.raises(CertificateError, match="is exceeded in a triangle"):
        check_tree_error(data | {"table_errors": [less], "bound": less})
    with pytest.raises(CertificateError, match="is met nowhere"):
        check_tree_error(data | {"table_errors": ["1"], "bound": "1"})


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("asked", "cells", "said"),
    [
        (("wide", 2, 4), 4, "`kind` must be one of deep, flat, triangulated; got 'wide'"),
        (("deep", 3, 4), 4, "`smoothness` must be one of 1, 2, 4 for tables"),
        (("triangulated", 1, 4), 4, "`smoothness` must be at least 2 for triangles"),
        (("deep", 2, 6), 4, "`inputs` must be a power of two"),
        (("deep", 2, 1.5), 4, "`inputs` must be an integer of at least 2"),
        (("deep", 2, 4), 1.5, "`cells` must be an integer of at least 1"),
        (("deep", 2, 4), (4, 4, 4), "`cells` must be one number, or one for each of 2 levels"),
        (("flat", 2, 4), (4, 4), "`cells` must be an integer of at least 1"),
        (("flat", 2, 4), 0, "`cells` must be an integer of at least 1"),
    ],
)
def test_what_is_out_of_range_is_told(asked, cells, said):
    with pytest.raises(ValueError, match=said):
        tree_error(*asked, cells=cells)
