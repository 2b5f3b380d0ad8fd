"""Tree functions: their bounds hold, in exact arithmetic, and nodes are no smoother than told."""

from fractions import Fraction
from math import comb

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noflat.targets.tree_functions import bent_node, folded, tree_function

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


def test_what_is_no_tree_is_told():
    with pytest.raises(ValueError, match="`inputs` must be a power of two, at least 2; got 6"):
        tree_function(2, 6)
    with pytest.raises(ValueError, match="`smoothness` must be at least 1; got 0"):
        bent_node(0)
