"""Tree functions: their bounds hold, in exact arithmetic, and nodes are no smoother than told."""

from fractions import Fraction
from math import comb

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noflat.targets.tree_functions import bent_node, cells_by_level, folded, tree_function

INSIDE = st.fractions(-1, 1, max_denominator=64)
ORDERS = (1, 2, 3, 4)


@pytest.mark.parametrize("order", ORDERS)
@given(points=st.tuples(INSIDE, INSIDE, INSIDE, INSIDE))
def test_values_and_slopes_are_bounded(order, points):
    node = bent_node(order)
    a, b, c, d = points
    assert abs(node.function(a, b)) <= 1
    apart = max(abs(a - c), abs(b - d))
    assert abs(node.function(a, b) - node.function(c, d)) <= node.lipschitz * apart


@pytest.mark.parametrize("order", ORDERS)
@given(a=INSIDE, b=INSIDE, step=st.fractions(Fraction(1, 99), Fraction(1, 2), max_denominator=99))
def test_differences_are_at_most_derivatives(order, a, b, step):
    # a j-th difference is an average of the j-th derivative, times the step to the j
    node = bent_node(order)
    for j, bound in enumerate(node.derivatives, start=1):
        for along in ((1, 0), (0, 1)):
            terms = [
                (-1) ** (j - i)
                * comb(j, i)
                * node.function(*(x + i * step / j * e for x, e in zip((a, b), along, strict=True)))
                for i in range(j + 1)
            ]
            if max(a, b) + step <= 1:
                assert abs(sum(terms)) <= bound * (step / j) ** j


@pytest.mark.parametrize("order", ORDERS)
def test_the_last_derivative_jumps(order):
    # across the line the m-th difference over its step to the m depends on where it is taken
    node, step = bent_node(order), Fraction(1, 1000)
    found = []
    for start in (Fraction(-1, 2), Fraction(1, 2)):  # of b; the line is at b = a + 2/3, a = -2/3
        signs = [(-1) ** (order - i) * comb(order, i) for i in range(order + 1)]
        terms = [node.function(Fraction(-2, 3), start + i * step) for i in range(order + 1)]
        found.append(sum(s * t for s, t in zip(signs, terms, strict=True)) / step**order)
    assert abs(found[0] - found[1]) >= node.derivatives[-1] / 2


def test_a_tree_is_its_nodes_one_after_the_other():
    tree = tree_function(2, 4)
    h, x = tree.node.function, np.array([0.3, -0.8, 0.1, 0.9])
    assert float(tree(jnp.asarray(x))) == pytest.approx(h(h(x[0], x[1]), h(x[2], x[3])), abs=1e-15)
    assert tree.levels == 2
    assert folded(lambda a, b: a - b, [1, 2, 3, 5]) == 1


@pytest.mark.parametrize("order", ORDERS[1:])
@given(a=INSIDE, b=INSIDE, step=st.fractions(0, 1, max_denominator=64))
def test_along_the_diagonal_second_differences_are_at_most_told(order, a, b, step):
    node = bent_node(order)
    if max(abs(a), abs(b)) + step <= 1:
        ends = node.function(a + step, b + step) + node.function(a - step, b - step)
        assert abs(ends - 2 * node.function(a, b)) <= node.diagonal * step**2


def relu_forms(forms):
    """A level of nodes of order 1: from forms in what is before it to forms and rows of ReLUs.

    A form is a list of weights, the constant first; as with skips, of all inputs and ReLUs.
    """
    rows, found = [], []
    size = len(forms[0])
    for a, b in zip(forms[::2], forms[1::2], strict=True):
        u = [(3 * x - 3 * y) / 8 for x, y in zip(a, b, strict=True)]
        u[0] += Fraction(1, 4)
        rows += [u, [-x for x in u]]
        plane = [(x + y) / 6 for x, y in zip(a, b, strict=True)]
        plane[0] -= Fraction(2, 3)
        bend = [Fraction(0)] * len(forms)  # two ReLUs for each of half as many nodes
        bend[len(rows) - 2] = bend[len(rows) - 1] = Fraction(4, 3)
        found.append(plane + bend)
    assert all(len(form) == size + len(rows) for form in found)
    return rows, found


def test_of_order_1_a_tree_is_two_relus_for_each_node():
    # |u| = relu(u) + relu(-u): who knows the line needs no grid
    tree = tree_function(1, 8)
    forms = [[Fraction(k == i) for k in range(9)] for i in range(1, 9)]
    layers = []
    for _ in range(tree.levels):
        rows, forms = relu_forms(forms)
        layers.append(rows)
    assert sum(map(len, layers)) == 14
    draw = np.random.default_rng(0)
    for point in draw.integers(-60, 61, (300, 8)).tolist():
        x = [Fraction(k, 60) for k in point]
        values = [Fraction(1), *x]
        for rows in layers:
            sums = [sum(w * v for w, v in zip(row, values, strict=True)) for row in rows]
            values += [max(s, Fraction(0)) for s in sums]
        (last,) = forms
        assert sum(w * v for w, v in zip(last, values, strict=True)) == tree.of_columns(*x)


def test_cells_are_one_number_or_one_for_each_level():
    assert cells_by_level(3, 8) == (3, 3, 3)
    assert cells_by_level((1, 2, 3), 8) == (1, 2, 3)
    with pytest.raises(ValueError, match="`cells` must be one number, or one for each of 3"):
        cells_by_level((1, 2), 8)
    with pytest.raises(ValueError, match="`cells` must be an integer of at least 1"):
        cells_by_level((1, 0, 3), 8)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: tree_function(2, 6), "`inputs` must be a power of two, at least 2; got 6"),
        (lambda: tree_function(2, 8.0), "`inputs` must be an integer of at least 2"),
        (lambda: tree_function(2, 1), "`inputs` must be an integer of at least 2"),
        (lambda: bent_node(0), "`smoothness` must be an integer of at least 1"),
        (lambda: bent_node(1.5), "`smoothness` must be an integer of at least 1"),
        (lambda: tree_function(2, 4)(jnp.zeros(3)), r"`x` must be one point of shape \(4,\)"),
        (lambda: tree_function(2, 4)(jnp.zeros((5, 4))), r"got \(5, 4\). For many use jax.vmap"),
        (lambda: tree_function(2, 4).of_columns(0, 0), "`columns` must be 4, one for each leaf"),
        (lambda: folded(min, [1, 2, 3]), "`leaves` must be a power of two"),
        (lambda: folded(min, []), "`leaves` must be an integer of at least 1"),
        (lambda: folded([min], [1, 2, 3, 4]), "`function` must be one for each of 2 levels"),
    ],
)
def test_what_is_no_tree_is_told(asked, said):
    with pytest.raises(ValueError, match=said):
        asked()
