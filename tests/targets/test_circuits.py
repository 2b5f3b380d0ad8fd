"""Circuits: they compute the polynomial, share what they can, and count what is known."""

from fractions import Fraction

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from sample_expressions import expressions

from noflat.targets import determinant, elementary_symmetric, monomial, polynomial, product
from noflat.targets.circuits import circuit

NAMES = ["x", "y", "z1", "z2"]


@given(expressions)
def test_it_expands_to_the_polynomial(text):
    found, target = circuit(text, variables=NAMES), polynomial(text, variables=NAMES)
    assert found.expand() == target
    point = [Fraction(2, 3), Fraction(-3), Fraction(1, 5), Fraction(4)]
    assert found.exact(point) == target.exact(point)
    assert circuit(target).expand() == target
    values = list(found.exact_values(point))
    assert len(values) == 4 + len(found.gates) + 1
    assert values[-1] == target.exact(point)


@given(expressions, st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_it_runs_under_jit(text, point):
    found = circuit(text, variables=NAMES)
    exact = float(found.exact([Fraction(v) for v in point]))
    value = float(jax.jit(found)(jnp.array(point)))
    size = polynomial(text, variables=NAMES)
    largest = sum(abs(float(c)) for _, c in size.terms) + 1
    # a program keeps its intermediate values within powers of what it started from
    np.testing.assert_allclose(value, exact, atol=1e-10 * largest + 1e-9)


@pytest.mark.parametrize(
    ("text", "products", "squares", "depth"),
    [
        ("x*y*z*w", 3, 0, 2),
        ("x*y*z*w*u", 4, 0, 3),
        ("(x + y)**8", 0, 3, 3),
        ("x**7", 2, 2, 4),
        ("x**15", 2, 3, 5),
        ("x**2 + y**2", 0, 2, 1),
        ("(x + y)*(x - y) + x*y", 1, 2, 1),
        ("2*x*3*y + x*y/5", 1, 0, 1),
        ("x*(2*x)", 0, 1, 1),
        ("x + 2*y - 3", 0, 0, 0),
        ("x*y - x*y + z", 0, 0, 0),
        ("1 + x + x**2 + x**3 + x**4", 1, 2, 2),
    ],
)
def test_counts(text, products, squares, depth):
    found = circuit(text)
    assert 2 * found.products + found.squares <= 2 * products + squares
    assert found.depth <= depth or found.products + found.squares < products + squares


@pytest.mark.parametrize(
    ("target", "most"),
    [(determinant(3), 9), (elementary_symmetric(6, 3), 10), (product(9), 8), (monomial((5, 3)), 6)],
)
def test_what_comes_multiplied_out_is_factored(target, most):
    found = circuit(target)
    assert found.expand() == target
    assert len(found.gates) <= most < sum(sum(e) - 1 for e, _ in target.terms) or most <= 8


def test_gates_come_in_order_and_are_needed():
    found = circuit("(x*y + z)**2 * (x*y - z) + 0*x**9")
    for g, gate in enumerate(found.gates):
        assert all(i < found.inputs + g for form in gate for i, _ in form.terms)
    used = {
        i for form in (found.output, *(f for g in found.gates for f in g)) for i, _ in form.terms
    }
    assert set(range(found.inputs, found.inputs + len(found.gates))) <= used


def test_errors():
    with pytest.raises(ValueError, match="`x` must have 2 entries; got 3"):
        circuit("x*y").exact([1, 2, 3])
    with pytest.raises(ValueError, match="`x` must be one point of shape"):
        circuit("x*y")(jnp.zeros(3))
